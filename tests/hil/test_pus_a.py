# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands and telemetry as values, against spacepackets and the vectors of public tools."""

from __future__ import annotations

import dataclasses

import crcmod
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import PacketType, SequenceFlags, SpacePacketHeader
from spacepackets.ecss.tm_pus_a import PusTm
from strategies import u8, u32

from fsw_emu.packets import pus
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm, read_tc, read_tm

crc16 = crcmod.mkCrcFun(0x11021, initCrc=0xFFFF, rev=False, xorOut=0)

apids, counts = st.integers(0, 2047), st.integers(0, 16383)


@pytest.mark.verifies("TC-1", "TC-2", "TC-3")
def test_the_ping_of_the_mission() -> None:
    """TC(17,1), sequence count 1, of which acceptance and completion are reported."""
    ping = bytes.fromhex("1941c0010005191101 00db8e")
    assert build_tc(apid=321, count=1, type=17, subtype=1) == ping
    tc = read_tc(ping)
    assert (tc.primary.telecommand, tc.primary.apid, tc.primary.count) == (True, 321, 1)
    assert (tc.pus_version, tc.ack, tc.type, tc.subtype, tc.source) == (1, 9, 17, 1, 0)
    assert (tc.data, tc.pec_ok) == (b"", True)


def test_telemetry_of_public_tools() -> None:
    pong = bytes.fromhex("0941c005000d10110200000003e803d09005f3f9")
    time = SmileTime(1000, 250_000)
    assert build_tm(apid=321, count=5, type=17, subtype=2, time=time) == pong
    report = bytes.fromhex("094cc001000d100319000000000000000000676a")
    zero = SmileTime(0, 0)
    assert build_tm(apid=332, count=1, type=3, subtype=25, time=zero, sync=0) == report


@pytest.mark.verifies("TC-1", "TC-2", "TC-3", "TC-4")
@given(apids, counts, u8, u8, st.integers(0, 15), u8, st.binary(max_size=60))
@example(0, 0, 0, 0, 15, 255, bytes(492))
def test_telecommands(
    apid: int, count: int, type_: int, subtype: int, ack: int, source: int, data: bytes
) -> None:
    packet = build_tc(
        apid=apid, count=count, type=type_, subtype=subtype, ack=ack, source=source, data=data
    )
    head = SpacePacketHeader.unpack(packet)
    assert (head.packet_type, head.sec_header_flag) == (PacketType.TC, True)
    assert (head.apid, head.seq_count) == (apid, count)
    assert head.seq_flags == SequenceFlags.UNSEGMENTED
    assert head.data_len == len(packet) - 7
    assert packet[6:10] == bytes([0x10 | ack, type_, subtype, source])
    assert packet[10:-2] == data
    assert crc16(packet) == 0
    tc = read_tc(packet)
    assert (tc.ack, tc.type, tc.subtype, tc.source) == (ack, type_, subtype, source)
    assert (tc.data, tc.pec_ok) == (data, True)


@given(apids, counts, u8, u8, u8, u32, st.integers(0, 999_999), st.binary(max_size=60))
@example(0, 0, 0, 0, 0, 0, 0, bytes(866))
def test_telemetry(
    apid: int, count: int, type_: int, subtype: int, destination: int, coarse: int, fine: int,
    data: bytes,
) -> None:  # fmt: skip
    packet = build_tm(
        apid=apid, count=count, type=type_, subtype=subtype, destination=destination,
        time=SmileTime(coarse, fine), data=data,
    )  # fmt: skip
    theirs = PusTm.unpack(
        packet, timestamp_len=9, has_message_counter=False, dest_id_len=None
    )  # destination, time and synchronisation are one opaque field to the judge
    assert (theirs.apid, theirs.seq_count) == (apid, count)
    assert (theirs.service, theirs.subservice) == (type_, subtype)
    assert bytes(theirs.source_data) == data
    time = coarse.to_bytes(4, "big") + fine.to_bytes(3, "big")
    assert bytes(theirs.pus_tm_sec_header.timestamp) == bytes([destination]) + time + b"\x05"
    tm = read_tm(packet)
    assert (tm.header.type, tm.header.subtype, tm.header.destination) == (
        *(type_, subtype, destination),
    )
    assert (tm.header.time, tm.header.sync) == (SmileTime(coarse, fine), pus.SYNCHRONISED)
    assert (tm.data, tm.pec_ok) == (data, True)


@pytest.mark.verifies("TC-3", "TC-4")
def test_what_does_not_fit() -> None:
    tc = {"apid": 321, "count": 1, "type": 17, "subtype": 1}
    for wrong in (
        {"apid": 2048}, {"count": 16384}, {"type": 256}, {"subtype": -1}, {"ack": 16},
        {"source": 256}, {"data": bytes(493)},
    ):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011
            build_tc(**tc | wrong)  # type: ignore[arg-type]
    tm = tc | {"time": SmileTime(1, 2)}
    for more in (
        {"time": SmileTime(1, 1_000_000)}, {"time": SmileTime(1 << 32, 0)}, {"sync": 256},
        {"destination": 256}, {"data": bytes(867)},
    ):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011
            build_tm(**tm | more)  # type: ignore[arg-type]


@pytest.mark.verifies("TC-5")
@given(st.binary(max_size=30), st.data())
def test_a_telecommand_that_was_hit(data: bytes, draw: st.DataObject) -> None:
    """A flipped bit is found; a packet that is not as long as it says is refused."""
    packet = bytearray(build_tc(apid=321, count=1, type=8, subtype=1, data=data))
    for size in range(len(packet)):
        with pytest.raises(ValueError, match="bytes"):
            read_tc(bytes(packet[:size]))
    bit = draw.draw(st.integers(0, 8 * len(packet) - 1).filter(lambda b: b // 8 not in (4, 5)))
    packet[bit // 8] ^= 1 << bit % 8
    assert not read_tc(bytes(packet)).pec_ok


@given(st.binary(max_size=40))
def test_any_bytes(packet: bytes) -> None:
    for read in (read_tc, read_tm):
        try:
            value = read(packet)
        except ValueError:
            continue
        assert dataclasses.is_dataclass(value)
