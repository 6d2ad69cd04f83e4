# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Framings: what is built is read, however it is cut; what is wrong is told by position."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
import spacepackets.ccsds as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import u8, u16, u32

from fsw_emu.packets import ce, fee, pcap, pcapng, pus
from fsw_emu.packets.capture import framed
from fsw_emu.packets.ccsds import PrimaryHeader, read_primary_header
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.framings import gresb
from fsw_emu.packets.recording import RecordingReader, sniff
from fsw_emu.packets.spacewire import SpwPacket

spw = st.binary(max_size=60)


class Reader(Protocol):
    faults: list[Fault]

    def feed(self, chunk: bytes) -> list[Any]: ...

    def finish(self) -> Any: ...


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The same bytes in pieces."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    edges = [0, *cuts, len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def read(make: Callable[[], Reader], chunks: list[bytes]) -> tuple[list[Any], list[Fault]]:
    reader = make()
    out = [item for chunk in chunks for item in reader.feed(chunk)]
    out += reader.finish() or []
    return out, reader.faults


# GRESB


@given(st.lists(st.tuples(spw, st.booleans(), st.booleans())), st.data())
def test_gresb_reads_what_it_builds(packets: list[Any], data: st.DataObject) -> None:
    stream, expected = b"", []
    for packet, eep, truncated in packets:
        expected.append(SpwPacket(packet, eep, len(stream), truncated))
        stream += gresb.build(packet, eep=eep, truncated=truncated)
    got, faults = read(gresb.Host, data.draw(cut(stream)))
    assert (got, faults) == (expected, [])
    assert [p.offset for p in got] == [p.offset for p in expected]


@pytest.mark.verifies("A26")
@pytest.mark.parametrize(
    ("flags", "eep", "truncated"),
    [(0, 0, 0), (0x80, 1, 0), (0x01, 1, 0), (0x40, 0, 1), (0x02, 0, 1), (0xC0, 1, 1)],
)
def test_gresb_flags_from_either_end(flags: int, eep: int, truncated: int) -> None:
    got, faults = read(gresb.Host, [bytes([flags, 0, 0, 1, 7])])
    assert got == [SpwPacket(b"\x07", bool(eep), 0, bool(truncated))]
    assert faults == []


def test_gresb_unknown_flags_and_a_cut_end_are_told_by_position() -> None:
    stream = gresb.build(b"abc") + bytes([0x10, 0, 0, 1, 9]) + gresb.build(b"defg")[:-1]
    got, faults = read(gresb.Host, [stream])
    assert [p.data for p in got] == [b"abc", b"\x09"]
    assert [f.position for f in faults] == [7, 12]


def test_gresb_refuses_what_does_not_fit() -> None:
    assert len(gresb.build(bytes(gresb.MAX_PACKET_BYTES))) == gresb.MAX_PACKET_BYTES + 4
    with pytest.raises(ValueError, match="do not fit"):
        gresb.build(bytes(gresb.MAX_PACKET_BYTES + 1))


# pcap


@pytest.mark.verifies("A25")
@given(st.lists(st.tuples(spw, st.integers(0, 2**32 * 10**9 - 1))), st.data())
def test_pcap_reads_what_it_writes(packets: list[Any], data: st.DataObject) -> None:
    stream, expected = pcap.file_header(), []
    for packet, time_ns in packets:
        expected.append(pcap.PcapRecord(time_ns, b"ab" + packet, len(stream), len(packet) + 2, 149))
        stream += pcap.record(framed(packet, prefix=b"ab"), time_ns=time_ns)
    assert read(pcap.PcapReader, data.draw(cut(stream))) == (expected, [])
    got, faults = read(RecordingReader, data.draw(cut(stream)))
    assert [(p.data, p.prefix, p.offset) for p in got] == [
        (e.data[2:], b"ab", e.offset) for e in expected
    ]
    assert faults == []


@pytest.mark.verifies("A25")
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit_ns"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_pcap_of_either_byte_order_and_resolution(order: str, magic: int, unit_ns: int) -> None:
    stream = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 100, 149)
    stream += struct.pack(order + "IIII", 5, 7, 3, 9) + b"xyz"
    got, faults = read(pcap.PcapReader, [stream])
    assert got == [pcap.PcapRecord(5_000_000_000 + 7 * unit_ns, b"xyz", 24, 9, 149)]
    assert faults == []
    packet = read(RecordingReader, [stream])[0][0]
    assert (packet.data, packet.prefix, packet.truncated) == (b"z", b"xy", True)


@given(u32, u32)
def test_pcap_record_lengths_that_lie_are_faults(snaplen: int, size: int) -> None:
    limit = min(snaplen or 16 << 20, 16 << 20)
    stream = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen, 149)
    stream += struct.pack("<IIII", 0, 0, size, size)
    got, faults = read(pcap.PcapReader, [stream, b"abc"[: min(size, 3)]])
    if size > limit:
        assert [f.position for f in faults] == [24]
        assert "limit" in faults[0].what
    elif size > 3:
        assert "ends within" in faults[0].what
    else:
        assert len(got) == 1


def test_pcap_of_another_link_is_one_fault() -> None:
    stream = pcap.file_header(link_type=147) + pcap.record(b"abc", time_ns=0) * 3
    got, faults = read(RecordingReader, [stream])
    assert got == []
    assert [f.what for f in faults] == ["link type 147 is not SpaceWire (149)"]


def test_pcap_writer_refuses_what_it_cannot_hold() -> None:
    for data, time_ns in ((bytes(pcap.SNAPLEN + 1), 0), (b"", -1), (b"", 2**32 * 10**9)):
        with pytest.raises(ValueError, match=r"fit|range"):
            pcap.record(data, time_ns=time_ns)
    with pytest.raises(ValueError, match="prefix"):
        framed(b"", prefix=b"a")


# Recordings


def test_recordings_are_told_apart() -> None:
    assert sniff(gresb.build(b"\x50\xf0\x00")) == "gresb"
    assert sniff(pcap.file_header()) == "pcap"
    assert sniff(bytes.fromhex("0a0d0d0a1c000000")) == "pcapng"
    for start in (b"", b"SIMPLE", b"\0\0\0\1\x50\xf0", b"\x08\0\0\x09\x50\xf0"):
        with pytest.raises(ValueError, match="neither"):
            sniff(start)


@given(st.lists(spw, min_size=1), st.data())
def test_recording_of_gresb_in_pieces(packets: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(gresb.build(b"\x50\xf0" + p) for p in packets)
    got, faults = read(RecordingReader, data.draw(cut(stream)))
    assert [p.data[2:] for p in got] == packets
    assert faults == []


# Headers


@given(st.integers(0, 7), st.booleans(), st.booleans(), st.integers(0, 2047), st.integers(0, 3),
       st.integers(0, 0x3FFF), st.integers(1, 0x10000))  # fmt: skip
def test_primary_header_both_ways_and_as_spacepackets(
    version: int, tc: bool, secondary: bool, apid: int, flags: int, count: int, size: int
) -> None:
    header = PrimaryHeader(version, tc, secondary, apid, flags, count, size)
    assert read_primary_header(header.to_bytes()) == header
    other = sp.SpacePacketHeader(
        packet_type=sp.PacketType.TC if tc else sp.PacketType.TM,
        apid=apid, seq_count=count, data_len=size - 1, sec_header_flag=secondary,
        seq_flags=sp.SequenceFlags(flags), ccsds_version=version,
    )  # fmt: skip
    assert bytes(other.pack()) == header.to_bytes()


@given(st.builds(
    fee.FeeHeader, u8, u8, u16, st.integers(0, 15), st.booleans(), st.integers(0, 3),
    st.integers(0, 1), st.integers(0, 3), u16, u16
))  # fmt: skip
def test_fee_header_both_ways(header: fee.FeeHeader) -> None:
    assert fee.read_fee_header(header.to_bytes() + b"more") == header


@pytest.mark.verifies("NODE-1", "NODE-2")
def test_fee_nodes() -> None:
    assert [fee.node_name(1 - i % 2, i // 2) for i in range(4)] == list(fee.NODES)


@pytest.mark.verifies("TM-7", "TM-8")
@given(u32, st.integers(0, 999_999))
def test_time_both_ways_and_as_datetime(coarse: int, fine_us: int) -> None:
    time = pus.SmileTime(coarse, fine_us)
    assert pus.SmileTime.from_iso(time.iso()) == time
    expected = datetime(2018, 1, 1, tzinfo=UTC) + timedelta(seconds=coarse, microseconds=fine_us)
    assert datetime.fromisoformat(time.iso()) == expected


def test_time_zones_and_range() -> None:
    assert pus.SmileTime.from_iso("2018-01-01T01:00:00+01:00") == pus.SmileTime(0, 0)
    assert pus.SmileTime.from_iso("2018-01-01") == pus.SmileTime(0, 0)
    for text in ("2017-12-31T23:59:59Z", "2160-01-01", "yesterday"):
        with pytest.raises(ValueError, match=r"range|format"):
            pus.SmileTime.from_iso(text)


@pytest.mark.verifies("TM-1", "TM-7", "TM-8")
def test_the_telemetry_packet_of_the_database() -> None:
    packet = bytes.fromhex("0941c005000d1011020000 0003e803d09005f3f9".replace(" ", ""))
    tm = pus.read_tm(packet)
    assert (tm.primary.apid, tm.primary.count, tm.pec_ok, tm.data) == (321, 5, True, b"")
    assert tm.header == pus.TmHeader(1, 17, 2, 0, pus.SmileTime(1000, 250_000), 5)
    assert not pus.read_tm(packet[:-1] + b"\0").pec_ok
    for wrong in (packet[:-1], packet + b"\0", b""):
        with pytest.raises(ValueError, match="bytes"):
            pus.read_tm(wrong)


@pytest.mark.verifies("GND-1")
def test_entity_names() -> None:
    assert (len(ce.GROUP_FIELDS), len(set(ce.GROUP_FIELDS))) == (47, 47)
    assert (len(ce.FRAME_FIELDS), len(set(ce.FRAME_FIELDS))) == (57, 57)
    name = ce.ce_filename(
        obsid=42, counter=7, coarse=1000, fine_us=250_001, packet_count=3, product=ce.ED_WP
    )
    assert name == "0000000042_00007_000001000249856_00003_SXI-SCI-ED_WP.ce"
    assert ce.is_stacked(0x14012)
    assert not ce.is_stacked(0x14110)


# Anything


@given(st.binary(max_size=400), st.data())
@pytest.mark.parametrize("make", [gresb.Host, pcap.PcapReader, pcapng.PcapngReader])
def test_any_bytes_cut_anyhow_read_the_same(
    make: Callable[[], Reader], stream: bytes, data: st.DataObject
) -> None:
    assert read(make, data.draw(cut(stream))) == read(make, [stream])


@given(st.binary(max_size=400), st.data())
def test_any_pcap_records_cut_anyhow_read_the_same(rest: bytes, data: st.DataObject) -> None:
    stream = pcap.file_header() + rest
    assert read(pcap.PcapReader, data.draw(cut(stream))) == read(pcap.PcapReader, [stream])


@given(st.binary(max_size=60))
def test_any_bytes_are_a_header_or_a_value_error(data: bytes) -> None:
    for reader in (read_primary_header, fee.read_fee_header, pus.read_tm, ce.entity_bytes, sniff):
        try:
            reader(data)  # type: ignore[operator]
        except ValueError:
            continue
