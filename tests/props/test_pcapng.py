# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""pcapng: what is written is read, however it is cut; what is wrong is told by position."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import u32

from fsw_emu.packets import pcapng
from fsw_emu.packets.capture import framed
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pcap import PcapRecord
from fsw_emu.packets.recording import RecordingReader

BEGINNING = pcapng.section_header("made by hand") + pcapng.interface()
packets = st.lists(st.tuples(st.binary(max_size=40), st.integers(0, 2**64 - 1)), max_size=8)


def read(*chunks: bytes) -> tuple[list[PcapRecord], list[Fault]]:
    reader = pcapng.PcapngReader()
    out = [one for chunk in chunks for one in reader.feed(chunk)]
    reader.finish()
    return out, reader.faults


def block(order: str, kind: int, body: bytes) -> bytes:
    """A block as the draft has it, apart from the product's writer."""
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str, major: int = 1) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, major, 0, -1))


def interface(order: str, link: int = 149, snaplen: int = 0, options: bytes = b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen) + options)


def enhanced(order: str, data: bytes, *, size: int, number: int = 0, ticks: int = 0) -> bytes:
    high, low = divmod(ticks, 1 << 32)
    return block(order, 6, struct.pack(order + "5I", number, high, low, size, size) + data)


@given(packets, st.data())
def test_reads_what_it_writes(packets: list[tuple[bytes, int]], data: st.DataObject) -> None:
    stream, expected = BEGINNING, []
    for packet, time_ns in packets:
        record = framed(packet, prefix=b"ab")
        expected.append(PcapRecord(time_ns, record, len(stream), len(record), 149))
        stream += pcapng.packet(record, time_ns=time_ns)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*chunks) == (expected, [])
    reader = RecordingReader()
    got = [one for chunk in chunks for one in reader.feed(chunk)]
    assert [(p.data, p.prefix, p.offset) for p in got] == [
        (e.data[2:], b"ab", e.offset) for e in expected
    ]


@given(st.text(max_size=80))
def test_the_comment_comes_back(comment: str) -> None:
    reader = pcapng.PcapngReader()
    reader.feed(pcapng.section_header(comment))
    assert reader.comment == comment
    assert reader.faults == []


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("resolution", "ticks", "time_ns"),
    [(None, 5, 5_000), (9, 5, 5), (3, 5, 5_000_000), (0x80 | 1, 3, 1_500_000_000), (12, 5000, 5)],
)
def test_either_byte_order_and_any_resolution(
    order: str, resolution: int | None, ticks: int, time_ns: int
) -> None:
    options = b"" if resolution is None else struct.pack(order + "HHB3x", 9, 1, resolution)
    options += struct.pack(order + "HHq", 14, 8, 100)
    foreign = block(order, 5, b"statistics") + block(order, 0xBAD, b"")
    stream = section(order) + interface(order, options=options) + foreign
    at = len(stream)
    stream += enhanced(order, b"abxyz", size=5, ticks=ticks)
    stream += block(order, 3, struct.pack(order + "I", 3) + b"abc")
    got, faults = read(stream)
    assert faults == []
    assert got[0] == PcapRecord(100_000_000_000 + time_ns, b"abxyz", at, 5, 149)
    assert (got[1].data, got[1].time_ns) == (b"abc", 0)


@pytest.mark.parametrize("offset_s", [-5, -(2**63), 2**62, 2**63 - 1, 2**64 // 10**9 + 1])
def test_a_time_out_of_range_is_a_fault_of_its_packet(offset_s: int) -> None:
    """It is kept, without a time; and so is what follows."""
    strange = interface("<", options=struct.pack("<HHq", 14, 8, offset_s))
    stream = BEGINNING + strange
    bad, good = enhanced("<", b"abcd", size=4, number=1), enhanced("<", b"abok", size=4, ticks=7)
    got, faults = read(stream + bad + good)
    assert [(one.data, one.time_ns) for one in got] == [(b"abcd", 0), (b"abok", 7)]
    assert [fault.position for fault in faults] == [len(stream)]
    assert "out of range" in faults[0].what


def test_sections_of_both_orders_in_one_file() -> None:
    stream = b"".join(
        section(o) + interface(o, link) + enhanced(o, b"ab", size=2)
        for o, link in (("<", 149), (">", 1), ("<", 149))
    )
    got, faults = read(stream)
    assert ([one.link_type for one in got], faults) == ([149, 1, 149], [])
    reader = RecordingReader()
    assert len(reader.feed(stream)) == 2
    assert [fault.what for fault in reader.faults] == ["link type 1 is not SpaceWire (149)"]


@given(u32, u32, st.sampled_from("<>"))
def test_lengths_that_lie_end_the_reading(size: int, again: int, order: str) -> None:
    start = section(order)
    stream = start + struct.pack(order + "II", 5, size) + bytes(8) + struct.pack(order + "I", again)
    got, faults = read(stream)
    assert got == []
    if (size, again) != (20, 20) and not (size == 12 and again == 0):
        assert [fault.position for fault in faults] == [len(start)]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (enhanced("<", b"abcd", size=5), "a packet of 5 bytes in 4"),
        (enhanced("<", b"", size=0xFFFFFFFF), "a packet of 4294967295 bytes in 0"),
        (enhanced("<", b"abcd", size=4, number=1), "interface 1 of 1"),
        (block("<", 3, struct.pack("<I", 9) + b"abcd"), "a packet of 9 bytes in 4"),
        (block("<", 6, b"short"), "requires a buffer"),
        (interface("<", options=struct.pack("<HH", 9, 60)), "an option of 60 bytes in 0"),
        (section("<", major=2), "version 2"),
    ],
)
def test_a_wrong_block_is_passed(bad: bytes, what: str) -> None:
    rest = section("<") + interface("<") + enhanced("<", b"abok", size=4)
    got, faults = read(BEGINNING + bad + rest)
    assert [one.data for one in got] == [b"abok"]
    assert [fault.position for fault in faults] == [len(BEGINNING)]
    assert what in faults[0].what


@pytest.mark.parametrize(
    "stream",
    [b"\n\r\r\n" + bytes(20), section("<")[:-1], block("<", 6, bytes(20)), BEGINNING + b"tail"],
)
def test_what_is_no_capture_is_a_fault(stream: bytes) -> None:
    assert (len(read(stream)[0]), len(read(stream)[1])) == (0, 1)


def test_the_writer_refuses_what_it_cannot_hold() -> None:
    wrong: list[Any] = [(bytes(262_145), 0), (b"", -1), (b"", 1 << 64)]
    for data, time_ns in wrong:
        with pytest.raises(ValueError, match=r"fit|range"):
            pcapng.packet(data, time_ns=time_ns)
    with pytest.raises(ValueError, match="option"):
        pcapng.section_header("a" * 65_536)


@given(st.binary(max_size=300), st.data())
def test_any_blocks_cut_anyhow_read_the_same(rest: bytes, data: st.DataObject) -> None:
    stream = BEGINNING + rest
    at = data.draw(st.integers(0, len(stream)))
    assert read(stream[:at], stream[at:]) == read(stream)
