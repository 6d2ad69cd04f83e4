# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The telemetry ladder: C and model agree, each level comes back whole, damage is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import event_arrays, u16
from tight import Guarded, octets, state, tight

from fsw_emu.core import EVENT_DTYPE, Core, CoreError, LadderPacket, LadderState
from fsw_emu.model import ladder as model

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC, RANGE = -1, -2, -3, -4, -5, -6, -8
INNER = np.array([6, 7, 8, 11, 12, 13, 16, 17, 18])
OUTER = np.setdiff1d(np.arange(25), INNER)
levels = st.integers(0, 2)


@st.composite
def sets(draw: st.DrawFn, most: int = 12) -> dict[str, Any]:
    """Arguments of a packet, but for its level."""
    events = draw(event_arrays(most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {
        "events": events,
        "node": draw(st.integers(0, 3)),
        "frame_counter": draw(u16),
        "threshold": draw(st.integers(0, 40) | u16),
        "pha": rng.integers(0, 2**24, len(events), dtype=np.uint32),
        "grades": rng.integers(0, 256, len(events), dtype=np.uint8),
    }


def some(n: int) -> dict[str, Any]:
    events = np.zeros(n, EVENT_DTYPE)
    events["row"], events["col"] = np.arange(n) % 639, np.arange(n) % 384
    events["pixels"] = 500 + np.arange(25 * n).reshape(n, 25) % 70
    pha, grades = np.arange(n, dtype=np.uint32), np.arange(n).astype(np.uint8)
    return {
        "events": events, "node": 2, "frame_counter": 77, "threshold": 530, "pha": pha,
        "grades": grades,
    }  # fmt: skip


def by_model(of: dict[str, Any], level: int) -> bytes:
    events = [
        model.Event(int(e["row"]), int(e["col"]), e["pixels"].tolist(), int(pha), int(grade))
        for e, pha, grade in zip(of["events"], of["pha"], of["grades"], strict=True)
    ]
    rest = {name: of[name] for name in ("node", "frame_counter", "threshold")}
    return model.encode(events, level=level, **rest)


@pytest.mark.verifies("LADDER-1..5")
@given(of=sets(), level=levels)
def test_packets_are_those_of_the_model(core: Core, of: dict[str, Any], level: int) -> None:
    packet = core.ladder_encode(level=level, **of)
    assert packet == by_model(of, level)
    assert len(packet) == core.ladder_bytes(level, len(of["events"]))


@pytest.mark.verifies("LADDER-2..5")
@given(of=sets(), level=levels)
def test_each_level_comes_back(core: Core, of: dict[str, Any], level: int) -> None:
    made = core.ladder_decode(core.ladder_encode(level=level, **of))
    assert (made.level, made.node) == (level, of["node"])
    assert (made.frame_counter, made.threshold) == (of["frame_counter"], of["threshold"])
    events, records = of["events"], made.records
    zeros = np.zeros_like(events["pixels"])
    told = {
        "row": events["row"], "col": events["col"], "pixels": zeros, "outer_map": 0,
        "outer_sum": 0, "pha": 0, "grade": 0, "spare": 0,
    }  # fmt: skip
    if level == 0:
        told["pixels"] = events["pixels"]
    elif level == 1:
        zeros[:, INNER] = events["pixels"][:, INNER]
        outer = events["pixels"][:, OUTER]
        bits = np.packbits(outer > of["threshold"], axis=1).astype(np.uint16)
        told |= {"outer_map": bits[:, 0] << 8 | bits[:, 1], "outer_sum": outer.sum(1, np.uint32)}
    else:
        told |= {"pha": of["pha"], "grade": of["grades"]}
    for name, expected in told.items():
        np.testing.assert_array_equal(records[name], np.broadcast_to(expected, records[name].shape))


def events_of(packet: LadderPacket) -> NDArray[Any]:
    made = np.zeros(len(packet.records), EVENT_DTYPE)
    for name in EVENT_DTYPE.names or ():
        made[name] = packet.records[name]
    return made


@pytest.mark.verifies("LADDER-3", "LADDER-4")
@given(of=sets(), level=st.integers(1, 2), split=u16)
def test_poorer_levels_can_be_made_of_richer_ones(
    core: Core, of: dict[str, Any], level: int, split: int
) -> None:
    """On board or later on the ground: of the windows, and the pulse height of the inner pixels
    is the same of windows and of what level 1 leaves of them."""
    windows = core.ladder_decode(core.ladder_encode(level=0, **of))
    again = of | {"events": events_of(windows)}
    assert core.ladder_encode(level=level, **again) == core.ladder_encode(level=level, **of)
    inner = core.ladder_decode(core.ladder_encode(level=1, **of))

    def heights(packet: LadderPacket) -> NDArray[np.uint32]:
        pixels = packet.records["pixels"][:, INNER]
        return np.where(pixels > split, pixels, 0).sum(axis=1, dtype=np.uint32)

    graded = [
        core.ladder_encode(level=2, **(of | {"events": events_of(p), "pha": heights(p)}))
        for p in (windows, inner)
    ]
    assert graded[0] == graded[1]


@pytest.mark.verifies("LADDER-5")
@pytest.mark.parametrize("level", range(3))
def test_every_bit_and_every_byte_counts(core: Core, level: int) -> None:
    packet = core.ladder_encode(level=level, **some(2))
    for bit in range(8 * len(packet)):
        damaged = bytearray(packet)
        damaged[bit // 8] ^= 0x80 >> bit % 8
        with pytest.raises(CoreError):
            core.ladder_decode(bytes(damaged))
    for n in range(len(packet)):
        with pytest.raises(CoreError):
            core.ladder_decode(packet[:n])
    with pytest.raises(CoreError):
        core.ladder_decode(packet + b"\0")


@pytest.mark.verifies("LADDER-1")
@pytest.mark.parametrize("level", range(3))
def test_the_largest_and_the_smallest_packet(core: Core, level: int) -> None:
    for n in (0, 1024):
        packet = core.ladder_encode(level=level, **some(n))
        assert len(packet) == 10 + n * (54, 27, 8)[level] <= 65535
        assert len(core.ladder_decode(packet).records) == n
    with pytest.raises(CoreError, match="range"):
        core.ladder_encode(level=level, **some(1025))
    assert core.ladder_bytes(level, 1025) == 20 + 1025 * (54, 27, 8)[level]


@pytest.mark.verifies("LADDER-1")
@given(n=st.integers(0, 65535) | st.integers(0, 5).map(lambda k: 1024 * k), level=levels)
def test_bytes_are_those_of_the_model(core: Core, n: int, level: int) -> None:
    assert core.ladder_bytes(level, n) == model.size(level, n)


states = st.builds(
    lambda deepest, patience, up, calm: LadderState(deepest, patience, min(up, deepest), calm),
    st.integers(0, 2), st.integers(0, 4) | st.just(65535), levels, st.integers(0, 3),
)  # fmt: skip
loads = st.integers(0, 4000)
budgets = st.integers(0, 60000)


@pytest.mark.verifies("LADDER-6..8")
@given(first=states, readouts=st.lists(st.tuples(loads, budgets), max_size=20))
def test_levels_are_those_of_the_model(
    core: Core, first: LadderState, readouts: list[tuple[int, int]]
) -> None:
    now, expected = first, model.State(first.deepest, first.patience, first.level, first.calm)
    for n, budget in readouts:
        now, expected = core.ladder_level(now, n, budget), model.choose(expected, n, budget)
        assert (now.level, now.calm) == (expected.level, expected.calm)
        fits = core.ladder_bytes(now.level, n) <= budget
        assert fits or now.level == now.deepest


@pytest.mark.verifies("LADDER-6", "BEYOND-1")
@given(n=loads, budget=budgets)
def test_flight_stays_with_windows(core: Core, n: int, budget: int) -> None:
    assert core.ladder_level(LadderState(), n, budget) == LadderState()


@pytest.mark.verifies("LADDER-7", "LADDER-8")
@given(first=states, n=loads, budget=budgets)
def test_a_steady_rate_ends_in_a_steady_level(
    core: Core, first: LadderState, n: int, budget: int
) -> None:
    """Whatever went before: at most two steps, all in one direction, and then none."""
    now, seen = LadderState(first.deepest, min(first.patience, 4), first.level), [first.level]
    for _ in range(12):
        now = core.ladder_level(now, n, budget)
        seen.append(now.level)
    steps = np.diff(seen)
    assert (steps <= 0).all() or (steps >= 0).all()
    assert seen[-1] == seen[-2] == seen[-3]


@pytest.mark.verifies("LADDER-8")
def test_a_rate_about_the_budget_does_not_make_it_swing(core: Core) -> None:
    budget, now, seen = core.ladder_bytes(0, 1000), LadderState(deepest=2, patience=3), []
    for n in (1000, 1001, 999, 1001, 800, 900, 740, 740, 760, 740, 740, 740, 1000):
        now = core.ladder_level(now, n, budget)
        seen.append(now.level)
    assert seen == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]


def header(csxi: SimpleNamespace, **of: int) -> Any:
    good = {"level": 2, "node": 3, "n_events": 2, "threshold": 9, "frame_counter": 8}
    return csxi.ffi.new("struct sxi_ladder_header *", good | of)


@pytest.mark.parametrize("level", range(3))
def test_a_packet_fits_its_room(csxi: SimpleNamespace, core: Core, level: int) -> None:
    ffi, lib, of = csxi.ffi, csxi.lib, some(2)
    head = header(csxi, level=level, node=2, frame_counter=77, threshold=530)
    events = ffi.from_buffer("struct sxi_event[]", of["events"])
    pha, grades = ffi.new("uint32_t[]", [0, 1]), ffi.new("uint8_t[]", [0, 1])

    def encode(out: Any, room: int) -> int:
        return int(lib.sxi_ladder_encode(head, events, pha, grades, out, room))

    packet = tight(csxi, core.ladder_bytes(level, 2), encode)
    assert packet == by_model(of, level)
    size = ffi.sizeof("struct sxi_ladder_record")
    for n in (0, 1, 2, 3):
        told, memory = header(csxi, level=9), Guarded(csxi, "uint8_t", n * size)
        before, records = state(csxi, told), ffi.cast("struct sxi_ladder_record *", memory.pointer)
        status = lib.sxi_ladder_decode(told, octets(csxi, packet), len(packet), records, n)
        assert status == (2 if n > 1 else ROOM)
        assert memory.is_intact()
        assert state(csxi, told) == (before if n < 2 else state(csxi, head))


def test_what_cannot_be_written(csxi: SimpleNamespace) -> None:
    ffi, lib, null = csxi.ffi, csxi.lib, csxi.ffi.NULL
    events, out = ffi.new("struct sxi_event[2]"), Guarded(csxi, "uint8_t", 118)
    pha, grades = ffi.new("uint32_t[]", [0, 0xFFFFFF]), ffi.new("uint8_t[]", 2)
    good = [header(csxi), events, pha, grades, out.pointer, 118]
    for at in range(5):
        assert lib.sxi_ladder_encode(*good[:at], null, *good[at + 1 :]) == PARAM
    for bad in ({"level": 3}, {"node": 4}, {"n_events": 1025}):
        assert lib.sxi_ladder_encode(header(csxi, **bad), *good[1:]) == PARAM
    assert out.is_untouched()
    assert lib.sxi_ladder_encode(*good) == 26
    for level, size in ((0, 118), (1, 64)):
        head = header(csxi, level=level)
        assert lib.sxi_ladder_encode(head, events, null, null, out.pointer, 118) == size
    pha[1] = 0x1000000
    assert lib.sxi_ladder_encode(*good) == RANGE
    assert out.is_intact()


def sealed(head: str, body: bytes) -> bytes:
    whole = bytes.fromhex(head) + body
    return whole + model.crc16(whole).to_bytes(2, "big")


NO_PACKET = {
    "nothing": (b"", SHORT),
    "nine bytes": (sealed("b100000000000000", b"")[:9], SHORT),
    "another version": (sealed("b200000000000000", b""), FORMAT),
    "another level": (sealed("b130000000000000", b""), FORMAT),
    "another node": (sealed("b104000000000000", b""), FORMAT),
    "too many events": (sealed("b120000004010000", bytes(8 * 1025)), FORMAT),
    "fewer bytes than its events": (sealed("b120000000010000", bytes(7)), LENGTH),
    "more bytes than its events": (sealed("b120000000010000", bytes(9)), LENGTH),
    "another checksum": (sealed("b120000000010000", bytes(8))[:-1] + b"\0", CRC),
}


@pytest.mark.verifies("LADDER-5")
@pytest.mark.parametrize("name", NO_PACKET)
def test_what_is_no_packet(csxi: SimpleNamespace, name: str) -> None:
    data, expected = NO_PACKET[name]
    told, records = header(csxi), csxi.ffi.new("struct sxi_ladder_record[1025]")
    before, memory = state(csxi, told), octets(csxi, data)
    assert csxi.lib.sxi_ladder_decode(told, memory, len(data), records, 1025) == expected
    assert state(csxi, told) == before


def test_null_and_levels_that_cannot_be(csxi: SimpleNamespace) -> None:
    ffi, lib, null = csxi.ffi, csxi.lib, csxi.ffi.NULL
    data, records = (
        octets(csxi, sealed("b120000000000000", b"")),
        ffi.new("struct sxi_ladder_record[1]"),
    )
    good = [header(csxi), data, 10, records, 1]
    for at in (0, 1, 3):
        assert lib.sxi_ladder_decode(*good[:at], null, *good[at + 1 :]) == PARAM
    assert lib.sxi_ladder_decode(*good) == 0
    assert lib.sxi_ladder_bytes(3, 0) == lib.sxi_ladder_bytes(0, 65536) == PARAM
    assert lib.sxi_ladder_level(null, 0, 0) == PARAM
    for of, n in (([3, 0, 0, 0], 0), ([1, 0, 2, 0], 0), ([2, 0, 0, 0], 65536)):
        ctx = ffi.new("struct sxi_ladder *", of)
        before = state(csxi, ctx)
        assert lib.sxi_ladder_level(ctx, n, 0) == PARAM
        assert state(csxi, ctx) == before
