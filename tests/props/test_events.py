# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of events: nothing is lost, nothing grows, C and model write the same bytes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from events_sets import SIDES, event_sets, packet, window
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import event_arrays
from tight import Guarded, octets

from fsw_emu.codecs.events import compress_events, decompress_events
from fsw_emu.core import EVENT_DTYPE, Core, CoreError, EventsCodec
from fsw_emu.model import events as model
from fsw_emu.model import events_decode
from fsw_emu.model.crc import crc16

KINDS = {"none": model.RAW, "events": model.CODED, "aec": model.AEC}
SHORT = -3
FRAMING = 13  # bytes that a packet has about its body

codecs = st.sampled_from(["events", "events", "aec", "none"])
sizes = st.sampled_from([1024, 300, 140, 77])


@pytest.mark.verifies("EVC-1..15")
@given(events=event_sets(), codec=codecs, packet_bytes=sizes)
def test_the_model_writes_and_reads_the_same(
    core: Core, events: bytes, codec: str, packet_bytes: int
) -> None:
    packets = core.events_encode(events, codec=codec, packet_bytes=packet_bytes)
    assert packets == model.encode(events, kind=KINDS[codec], packet_bytes=packet_bytes)
    assert b"".join(events_decode.decode(one) for one in packets) == events
    read, ok = core.events_decode(packets)
    assert read == events
    assert ok.all()


@pytest.mark.verifies("EVC-2", "EVC-5")
@given(events=event_sets(), codec=codecs, packet_bytes=sizes)
def test_every_packet_is_read_alone_and_does_not_grow(
    core: Core, events: bytes, codec: str, packet_bytes: int
) -> None:
    first = 0
    for one in core.events_encode(events, codec=codec, packet_bytes=packet_bytes):
        read, ok = core.events_decode([one])
        n = int(ok.sum())
        assert ok[first : first + n].all()
        assert read == events[: 64 * first].translate(bytes(256)) + events[
            64 * first : 64 * (first + n)
        ] + bytes(len(events) - 64 * (first + n))
        assert len(one) <= min(64 * n + FRAMING, packet_bytes)
        first += n
    assert 64 * first == len(events)


@pytest.mark.verifies("EVC-2")
@given(events=event_sets(), data=st.data())
def test_what_is_lost_is_told(core: Core, events: bytes, data: st.DataObject) -> None:
    """Any order, repeats, packets that are missing or have bits turned over."""
    packets = core.events_encode(events, packet_bytes=200)
    order = data.draw(st.lists(st.integers(0, len(packets) - 1), max_size=2 * len(packets)))
    at, bit = data.draw(st.integers(0, len(packets) - 1)), data.draw(st.integers(0, 7))
    damaged = bytearray(packets[at])
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << bit
    expected = np.zeros(len(events) // 64, bool)
    for i in order:
        said = events_decode.parse(packets[i])
        expected[said.first : said.first + said.n_events] = True
    received = [packets[i] for i in order] + [bytes(damaged), b"", b"\xc9"]
    if not order:
        with pytest.raises(ValueError, match="whole"):
            core.events_decode(received)
        return
    read, ok = core.events_decode(received)
    assert (ok == expected).all()
    there = np.frombuffer(events, np.uint8).reshape(-1, 64) * expected[:, None]
    assert read == there.tobytes()


@given(events=event_sets(max_events=6), data=st.data())
def test_any_bit_turned_over_is_found(
    csxi: SimpleNamespace, core: Core, events: bytes, data: st.DataObject
) -> None:
    one = bytearray(core.events_encode(events)[0])
    place = data.draw(st.integers(0, 8 * len(one) - 1))
    one[place // 8] ^= 128 >> place % 8
    said = csxi.ffi.new("struct sxi_events_packet *")
    before = bytes(csxi.ffi.buffer(said))
    assert csxi.lib.sxi_events_parse(said, octets(csxi, bytes(one)), len(one)) < 0
    assert bytes(csxi.ffi.buffer(said)) == before


@given(events=event_sets(max_events=4), data=st.data())
def test_a_body_that_no_coder_wrote(
    csxi: SimpleNamespace, core: Core, events: bytes, data: st.DataObject
) -> None:
    """With a checksum that fits, coder and model read the same, or nothing, and stay in bounds."""
    codec = data.draw(codecs)
    body = bytearray(core.events_encode(events, codec=codec)[0][:-2])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(8, 8 * len(body) - 1) | st.integers(88, 140))
        place = min(place, 8 * len(body) - 1)
        body[place // 8] ^= 128 >> place % 8
    one = bytes(body) + crc16(bytes(body)).to_bytes(2, "big")
    try:
        expected = events_decode.decode(one)
    except (ValueError, EOFError):
        expected = b""
    n = int.from_bytes(one[9:11], "big") if expected else 8
    out = Guarded(csxi, "uint8_t", 64 * n)
    ctx = csxi.ffi.new("struct sxi_events_decoder *")
    size = csxi.lib.sxi_events_decode(ctx, octets(csxi, one), len(one), out.pointer, 64 * n)
    assert max(size, 0) == len(expected)
    assert out.is_intact()
    if expected:
        assert out.inside.tobytes() == expected


def test_bodies_that_end_anywhere(csxi: SimpleNamespace, core: Core) -> None:
    """Among others in a gap of more than 16 bits."""
    [one] = core.events_encode(flat(run(1)) + flat(run(1, row=828, sequence=101)))
    body = events_decode.parse(one).body
    assert events_decode.read_parameters(events_decode.Reader(body)).gap_k > 16
    ctx, out = csxi.ffi.new("struct sxi_events_decoder *"), Guarded(csxi, "uint8_t", 128)
    for size in range(11, len(one) - 2):
        cut = one[:1] + (size + 2).to_bytes(2, "big") + one[3:size]
        data = cut + crc16(cut).to_bytes(2, "big")
        given = octets(csxi, data)
        assert csxi.lib.sxi_events_decode(ctx, given, len(data), out.pointer, 128) == SHORT
        assert out.is_intact()


@example(events=bytes(64 * 40), packet_bytes=1024)  # by CCSDS 121
@given(events=event_sets(), packet_bytes=sizes)
def test_auto_is_the_shortest(core: Core, events: bytes, packet_bytes: int) -> None:
    lengths = {
        codec: sum(map(len, core.events_encode(events, codec=codec, packet_bytes=packet_bytes)))
        for codec in ("auto", *KINDS)
    }
    assert lengths["auto"] == min(lengths.values())


def run(n: int, **words: int) -> list[list[int]]:
    """Words before the pixels of n events of a node, one a row."""
    given = {"type": 0x0501, "frame": 7, "sequence": 100, "col": 50, "row": 9} | words
    return [
        [0x50F0, 54, given["type"], given["frame"], given["sequence"] + i, given["col"],
         given["row"] + i]
        for i in range(n)
    ]  # fmt: skip


def flat(heads: list[list[int]], **pixels: int) -> bytes:
    """Events without noise: 100 ADU, 300 in the centre, but for the pixels given (p7=190)."""
    made = []
    for head in heads:
        values = [100] * 12 + [300] + [100] * 12
        for name, value in pixels.items():
            values[int(name[1:])] = value
        made.append(packet(head, values))
    return b"".join(made)


def coded(core: Core, events: bytes) -> tuple[events_decode.Packet, events_decode.Read]:
    [one] = core.events_encode(events)
    assert events_decode.decode(one) == events
    assert core.events_decode([one])[0] == events
    said = events_decode.parse(one)
    return said, events_decode.read_parameters(events_decode.Reader(said.body))


@pytest.mark.verifies("EVC-8", "EVC-12", "EVC-13")
def test_parameters_of_gaps(core: Core) -> None:
    """Rows of 384 columns: gaps of 383; a sequence that is consecutive, or one with gaps."""
    _, read = coded(core, flat(run(6)))
    assert (read.gap_k, read.sequence_k) == (8, model.CONSECUTIVE)
    heads = [[*head[:4], head[4] + 9 * i, *head[5:]] for i, head in enumerate(run(6))]
    _, read = coded(core, flat(heads))
    assert (read.gap_k, read.sequence_k) == (8, 3)


@pytest.mark.verifies("EVC-9", "EVC-10")
@pytest.mark.parametrize(
    "second",
    [
        {"type": 0x0503}, {"type": 0x0511}, {"frame": 8}, {"frame": 6}, {"row": 0}, {"col": 400},
        {"sequence": 90},
    ],
)  # fmt: skip
def test_what_begins_a_run(core: Core, second: dict[str, int]) -> None:
    """Another header, a place before the last one or outside the node."""
    heads = run(4) + run(4, **({"row": 20, "sequence": 104} | second))
    one_run, _ = coded(core, flat(run(8)))
    two_runs, _ = coded(core, flat(heads))
    assert len(two_runs.body) > len(one_run.body) + 4


@pytest.mark.verifies("EVC-14", "EVC-15")
def test_a_side_with_a_part_of_the_charge(core: Core) -> None:
    """Costs little more than one without, whichever side it is."""
    whole, _ = coded(core, flat(run(12)))
    events = b"".join(
        flat([head], **{f"p{SIDES[i % 4]}": 190}) if i % 3 == 0 else flat([head])
        for i, head in enumerate(run(12))
    )
    split, read = coded(core, events)
    assert read.middles == [0, 0, 0, 200, 90]
    assert len(split.body) - len(whole.body) <= 4


@pytest.mark.verifies("EVC-14")
def test_middles_are_numbers_modulo_2_to_the_16(core: Core) -> None:
    """Sides so far above the background that they are below it."""
    sides = {f"p{side}": 35_000 for side in SIDES}
    events = b"".join(
        flat([head], **(sides | ({"p7": 40_000} if i % 3 == 0 else {})))
        for i, head in enumerate(run(12))
    )
    _, read = coded(core, events)
    assert [middle & 0xFFFF for middle in read.middles[2::2]] == [34_900, 39_900]


@pytest.mark.verifies("EVC-7")
def test_numbers_of_every_width(core: Core) -> None:
    for value in [0, 1, 2, 3, 0x1FFF, 0x3FFF, 0x4000, 0x7FFF, 0x8000, 0xFFFF]:
        coded(core, flat(run(2, frame=value)) + flat(run(1, frame=value, row=value)))


@pytest.mark.verifies("EVC-4")
def test_planes_hold_up_to_64_events(core: Core) -> None:
    packets = core.events_encode(flat(run(80)), codec="aec", packet_bytes=4096)
    assert [events_decode.parse(one).n_events for one in packets] == [64, 16]


@pytest.mark.verifies("EVC-9", "EVC-12")
def test_a_gap_beyond_what_the_parameter_allows(core: Core) -> None:
    """Begins a run, among many that are short."""
    _, read = coded(core, flat(run(60)) + flat(run(1, row=60000, sequence=160)))
    assert (60000 - 68) * 384 >> read.gap_k >= model.ESCAPE


def test_events_of_noise_take_little_more_than_their_entropy(core: Core) -> None:
    """5 ADU: 25 pixels of 4.37 bits, of which sides and centre take 2.2 and 4.1 bits more."""
    rng, position, made = np.random.default_rng(4), 800, []
    for i in range(600):
        position += int(rng.geometric(1 / 876))
        head = [0x50F0, 54, 0x501, 9, 300 + i, position % 384, position // 384]
        made.append(packet(head, window(rng, 100, 5, i % 4 if rng.random() < 0.25 else None)))
    packets = core.events_encode(b"".join(made))
    assert sum(map(len, packets)) <= 16.8 * len(made)
    assert max(map(len, packets)) <= 1024
    read, ok = core.events_decode(packets)
    assert read == b"".join(made)
    assert ok.all()


@pytest.mark.verifies("EVC-3", "EVC-5")
def test_noise_goes_as_it_is(core: Core) -> None:
    noise = np.random.default_rng(1).bytes(64 * 5)
    for codec in ("events", "aec", "none"):
        [one] = core.events_encode(noise, codec=codec)
        assert one[0] == 0xC8
        assert one[11:-2] == noise
        assert len(core.events_encode(noise, codec=codec, packet_bytes=77)) == 5


def test_sets_are_whole_and_of_one_size(core: Core) -> None:
    events = flat(run(3))
    assert core.events_encode(b"") == []
    assert core.events_encode(b"", codec="auto") == []
    with pytest.raises(ValueError, match="no whole number"):
        core.events_encode(events[:-1])
    with pytest.raises(ValueError, match="is none of"):
        core.events_encode(events, codec="zip")  # type: ignore[arg-type]
    with pytest.raises(CoreError):
        core.events_encode(events, packet_bytes=76)
    with pytest.raises(ValueError, match="whole"):
        core.events_decode([])


@pytest.mark.verifies("EVC-1")
def test_packets_of_another_set_are_left_out(core: Core) -> None:
    events = flat(run(9))
    packets = core.events_encode(events, codec="none", packet_bytes=128)
    other = core.events_encode(events[:64])
    for mixed in (other + packets, packets + other):
        read, ok = core.events_decode(mixed)
        assert (read, ok.all()) == (events, True)
        assert core.events_decode(mixed, total=1)[0] == events[:64]
    with pytest.raises(ValueError, match="of 2 is whole"):
        core.events_decode(packets, total=2)
    for no_list in (packets[0], [1, 2], "text"):
        with pytest.raises(TypeError):
            core.events_decode(no_list)  # type: ignore[arg-type]


def test_a_large_set_of_which_next_to_nothing_came(core: Core) -> None:
    """What is said is believed up to 65,536 events, or 64 times what came, or when expected."""
    events = flat(run(3))
    [one] = core.events_encode(events)
    for total, good in ((65536, True), (65537, False), (2**24 - 1, False)):
        head = one[:3] + total.to_bytes(3, "big") + one[6:-2]
        packet = head + crc16(head).to_bytes(2, "big")
        if good:
            assert core.events_decode([packet])[1].sum() == 3
        else:
            with pytest.raises(ValueError, match=f"of {total} events, of which 3"):
                core.events_decode([packet])
    head = one[:3] + (65537).to_bytes(3, "big") + one[6:-2]
    _, ok = core.events_decode([head + crc16(head).to_bytes(2, "big")], total=65537)
    assert (len(ok), ok.sum()) == (65537, 3)


@given(events=event_arrays(max_size=12), codec=codecs)
def test_a_table_of_events_comes_back_as_one(events: NDArray[Any], codec: EventsCodec) -> None:
    packets = compress_events(events, codec=codec, packet_bytes=300)
    if not len(events):
        assert packets == []
        return
    back, ok = decompress_events(packets[::-1])
    assert ok.all()
    assert isinstance(back, np.ndarray)
    assert back.dtype == EVENT_DTYPE
    assert (back == events).all()


@given(events=event_sets())
def test_event_packets_come_back_as_bytes(events: bytes) -> None:
    back, ok = decompress_events(compress_events(events))
    assert ok.all()
    assert back == events


@pytest.mark.parametrize("events", [np.zeros(3), np.zeros((2, 2), EVENT_DTYPE), "events"])
def test_what_is_no_table_of_events(events: Any) -> None:
    with pytest.raises(TypeError, match="structured array"):
        compress_events(events)
