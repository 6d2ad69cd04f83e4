# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Coded housekeeping packets: as the model, back again, contained on loss."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.model import aec
from fsw_emu.model import hkdelta as model
from fsw_emu.model.crc import crc16

CODECS = st.sampled_from(["hkdelta", "aec", "none", "auto"])
INTERVALS = st.sampled_from([1, 2, 3, 7, 64, 65535])
SPREADS = [0, 0, 0.3, 1, 5, 200, 9000, 1e6]


def column(rng: np.random.Generator, n: int, spread: float, step: int, walk: float) -> Any:
    """A word of n packets around a level, with jumps now and then."""
    values = rng.integers(0, 65536) + step * np.arange(n) + rng.normal(0, spread, n)
    values += np.cumsum(rng.normal(0, walk, n))
    return np.rint(values + (rng.random(n) < 0.03) * rng.integers(0, 3000)).astype(np.int64)


def kind_of_packets(seed: int, n: int, length: int, *, checked: bool = False) -> list[bytes]:
    """Packets with words of all kinds; checked: they end with their checksum."""
    rng = np.random.default_rng(seed)
    columns = [
        column(rng, n, rng.choice(SPREADS), rng.choice([0, 0, 1, 8, -1, 1000]), rng.choice([0, 9]))
        for _ in range((length + 1) // 2)
    ]
    packets = [row.astype(">u2").tobytes()[:length] for row in np.array(columns).T & 0xFFFF]
    return [with_checksum(packet[:-2]) if checked else packet for packet in packets]


def with_checksum(data: bytes) -> bytes:
    return data + crc16(data).to_bytes(2, "big")


@st.composite
def housekeeping(draw: st.DrawFn, most: int = 20) -> list[bytes]:
    """Packets of one kind, seldom of two; now and then every byte is drawn."""
    packets: list[bytes] = []
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        n, length = draw(st.integers(1, most)), draw(st.sampled_from([2, 3, 4, 5, 8, 11, 24]))
        seed = draw(st.integers(0, 2**32 - 1))
        packets += kind_of_packets(seed, n, length, checked=draw(st.booleans()))
    if draw(st.integers(0, 9)) == 9:
        packets = draw(st.lists(st.binary(min_size=3, max_size=3), min_size=1, max_size=9))
    return packets


@pytest.mark.verifies("HKC-8", "HKC-9")
def test_noise_of_every_width_as_the_model(core: Core) -> None:
    """So that the law's scale of each class has its say."""
    spreads = 2.0 ** np.concatenate([np.arange(-3, 1, 0.1), np.arange(1, 13.5, 0.5)])
    noise = np.random.default_rng(11).normal(30_000, spreads, (300, len(spreads)))
    packets = [row.astype(">u2").tobytes() for row in np.rint(noise).astype(np.int64) & 0xFFFF]
    assert core.hk_encode(packets) == model.encode(packets, 64)


@pytest.mark.verifies("HKC-1", "HKC-2")
@given(housekeeping(), CODECS, INTERVALS)
def test_round_trip(core: Core, packets: list[bytes], codec: Any, full_every: int) -> None:
    coded = core.hk_encode(packets, codec=codec, full_every=full_every)
    assert coded == core.hk_encode(packets, codec=codec, full_every=full_every)
    assert sum(map(len, coded)) <= sum(map(len, packets)) + 6 * len(packets)
    assert codec in ("aec", "auto") or [*map(len, coded)] <= [len(p) + 6 for p in packets]
    back, ok = core.hk_decode(coded)
    assert back == packets
    assert ok.all()


@pytest.mark.verifies(
    "HKC-5", "HKC-6", "HKC-7", "HKC-8", "HKC-9", "HKC-10", "HKC-11", "HKC-12", "HKC-13", "HKC-14"
)
@given(housekeeping(), INTERVALS)
def test_as_the_model(core: Core, packets: list[bytes], full_every: int) -> None:
    coded = core.hk_encode(packets, full_every=full_every)
    assert coded == model.encode(packets, full_every)
    assert model.decode(coded) == dict(enumerate(packets))


@pytest.mark.verifies("HKC-3", "HKC-12")
@pytest.mark.parametrize(
    "packets",
    [
        [b"\xff\xff"] * 3,  # a checksum of nothing: no word is coded
        kind_of_packets(56, 40, 6),  # a code ends in a zero byte
        [*kind_of_packets(1, 2, 6), *kind_of_packets(1, 2, 6, checked=True), bytes(range(6))],
    ],
    ids=["empty", "zeros", "checked"],
)
def test_ends_of_codes(core: Core, packets: list[bytes]) -> None:
    coded = core.hk_encode(packets)
    assert coded == model.encode(packets)
    assert core.hk_decode(coded)[0] == packets


def packets_that_go_wild(seed: int) -> list[bytes]:
    """Words that are quiet and words of noise; in the last two packets all go anywhere."""
    rng = np.random.default_rng(seed)
    length = int(rng.integers(2, 60))
    words = (length + 1) // 2
    noisy = rng.random(words) < rng.choice([0, 0.3, 0.6])
    spread = np.where(noisy, rng.choice([1e5, 9000, 300], words), rng.choice([0, 0, 1], words))
    steady = rng.integers(0, 65536, words) + np.rint(rng.normal(0, 1, (7, words)) * spread)
    rows = np.concatenate([steady.astype(int), rng.integers(0, 65536, (2, words))])
    return [row.astype(">u2").tobytes()[:length] for row in rows & 0xFFFF]


@pytest.mark.verifies("HKC-12")
def test_codes_that_carry_or_do_not_fit(core: Core) -> None:
    """Where a code may overflow into bytes before, through bytes of ones, or run out of room:
    after each way of coding a word. What differences do not shorten goes as a full packet."""
    for seed in (1735, 262, 93, 586, 24, 28, 123, 206, 226, 566, 1409):
        packets = packets_that_go_wild(seed)
        coded = core.hk_encode(packets)
        assert coded == model.encode(packets)
        assert core.hk_decode(coded)[0] == packets
        assert sum(packet[0] == model.FULL for packet in coded) > 1


@pytest.mark.verifies("HKC-15")
@given(st.integers(1, 30), st.integers(2, 25), st.integers(0, 2**32 - 1))
def test_a_block_as_the_model(core: Core, n: int, length: int, seed: int) -> None:
    packets = kind_of_packets(seed, n, length)
    words = [model.values(packet) for packet in packets]
    planes = [words[i][w] for w in range(len(words[0])) for i in range(n)]
    code = aec.encode(np.array(planes, np.uint16), bits=16, block_size=16, rsi=128, preprocess=True)
    head = b"\xcd\0\0\0" + bytes([n - 1]) + length.to_bytes(2, "big")
    expected = with_checksum(head + code)
    coded = core.hk_encode(packets, codec="aec", full_every=256)
    assert coded == ([expected] if len(expected) < n * (length + 6) else coded[:n])


def lost(packets: list[bytes], back: list[bytes], ok: NDArray[np.bool_]) -> set[int]:
    """Which are told as lost; the others have to be what they were."""
    missing = set(range(len(back), len(packets)))
    for i, packet in enumerate(back):
        assert packet == (packets[i] if ok[i] else b"")
        missing |= set() if ok[i] else {i}
    return missing


@pytest.mark.verifies("HKC-3", "HKC-4")
@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(0, 20))
def test_loss_costs_up_to_the_next_full_one(core: Core, seed: int, checked: bool, at: int) -> None:
    packets = kind_of_packets(seed, 21, 8, checked=checked)
    coded = core.hk_encode(packets, full_every=5)
    full = [i for i, packet in enumerate(coded) if packet[0] >= 0x80] + [21]
    following = min(i for i in full if i > at)
    back, ok = core.hk_decode(coded[:at] + coded[at + 1 :])
    assert lost(packets, back, ok) == set(range(at, following))
    again, ok = core.hk_decode(coded[: at + 1] + coded[at:])  # twice
    assert (again, ok.all()) == (packets, True)


@pytest.mark.verifies("HKC-4")
@pytest.mark.parametrize("checked", [False, True])
def test_each_bit_is_guarded(core: Core, checked: bool) -> None:
    packets = kind_of_packets(6, 6, 9, checked=checked)
    for codec in ("hkdelta", "aec"):
        coded = core.hk_encode(packets, codec=codec, full_every=6)
        assert len(coded) == 1 or max(packet[0] for packet in coded[3:]) < 0x80
        which = min(3, len(coded) - 1)
        for bit in range(8 * len(coded[which])):
            flipped = bytearray(coded[which])
            flipped[bit // 8] ^= 0x80 >> bit % 8
            damaged = [*coded[:which], bytes(flipped), *coded[which + 1 :]]
            if codec == "aec":
                with pytest.raises(ValueError, match="no packet is whole"):
                    core.hk_decode(damaged)
            else:
                back, ok = core.hk_decode(damaged)
                assert lost(packets, back, ok) == {3, 4, 5}


@given(st.lists(st.binary(max_size=30), max_size=8), st.integers(0, 2**32 - 1))
def test_any_bytes(core: Core, noise: list[bytes], seed: int) -> None:
    packets = kind_of_packets(seed, 3, 24)
    coded = core.hk_encode(packets)
    mixed = [coded[0], *noise, *coded[1:], *noise]
    back, ok = core.hk_decode(mixed)
    assert back[0] == packets[0]
    found = {i: packet for i, packet in enumerate(back) if ok[i]}
    assert found == model.decode(mixed)


def test_lists_that_are_none(core: Core) -> None:
    assert core.hk_encode([]) == []
    with pytest.raises(ValueError, match="no packet is whole"):
        core.hk_decode([])
    for wrong in (0, -1, 65536):
        with pytest.raises(ValueError, match="full_every"):
            core.hk_encode([b"ab"], full_every=wrong)
    with pytest.raises(ValueError, match="codec"):
        core.hk_encode([b"ab"], codec="pocket")  # type: ignore[arg-type]


def test_every_way_is_taken() -> None:
    """The packets that the properties draw reach every way of coding a word."""
    taken: set[str] = set()
    for seed in range(8):
        packets = kind_of_packets(seed, 40, 24 + seed % 2)
        interval = model.Interval(0, packets[0], checked=False)
        for packet in packets[1:]:
            for word, value in zip(interval.words, model.values(packet), strict=True):
                expected = word.expected()
                taken |= {"flat"} if expected.flat else {f"shift {expected.shift}"}
                taken |= {f"prediction {word._best()}"}
                cell = expected.cell(value)
                if not expected.flat and expected.below(cell) == expected.below(cell + 1):
                    taken |= {"escape"}
            interval.encode(packet)
    ways = {"flat", "escape", *(f"prediction {i}" for i in range(3))}
    assert ways | {f"shift {i}" for i in range(11)} <= taken


@pytest.mark.verifies("HKC-2")
def test_numbers_far_beyond_what_came(core: Core) -> None:
    """After 65,536 packets that are lost in a row, packets are taken for damaged."""
    packets = kind_of_packets(1, 3, 8)
    coded = core.hk_encode(packets, codec="none")

    def numbered(number: int) -> bytes:
        return with_checksum(coded[0][:1] + number.to_bytes(3, "big") + coded[0][4:-2])

    back, ok = core.hk_decode([*coded, numbered(3 + 65537), numbered(2**24 - 1)])
    assert (back, len(ok)) == (packets, 3)
    back, ok = core.hk_decode([*coded, numbered(3 + 65536)])
    assert (len(back), ok.sum(), ok[-1]) == (3 + 65537, 4, True)
    with pytest.raises(ValueError, match="from number 65537 on"):
        core.hk_decode([numbered(65537)])
    for no_list in (coded[0], [1, 2], "text"):
        with pytest.raises(TypeError):
            core.hk_decode(no_list)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            core.hk_encode(no_list)  # type: ignore[arg-type]
