# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets by spacepackets' PUS-A class, checksums by crcmod."""

from __future__ import annotations

import crcmod
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import PacketType, SequenceFlags
from spacepackets.ecss.tm_pus_a import PusTm
from spacepackets.util import ByteFieldU8
from strategies import tm_headers

from fsw_emu.core import Core, TmPacket

#: destination, seconds, microseconds, synchronisation: one opaque field to the judge, which in
#: reading does not step over a destination id of its own (0.32)
OPAQUE_BYTES = 9

crc16 = crcmod.mkCrcFun(0x11021, initCrc=0xFFFF, rev=False, xorOut=0)

source_data = st.one_of(st.binary(max_size=60), st.just(b"\x5a" * 866))
PONG = TmPacket(321, 5, 17, 2, 0, 1000, 250_000, 5)


def time_field(packet: TmPacket) -> bytes:
    return (
        packet.coarse.to_bytes(4, "big")
        + packet.fine_us.to_bytes(3, "big")
        + packet.sync.to_bytes(1, "big")
    )


@pytest.mark.verifies(
    "TM-1", "TM-2", "TM-3", "TM-4", "TM-5", "TM-6", "TM-7", "TM-8", "TM-9", "TM-10"
)
@given(packet=tm_headers, data=source_data)
@example(packet=PONG, data=b"")
def test_spacepackets_reads_ours(core: Core, packet: TmPacket, data: bytes) -> None:
    built = core.tm_build(packet, data)
    read = PusTm.unpack(
        built, timestamp_len=OPAQUE_BYTES, has_message_counter=False, dest_id_len=None
    )
    primary, secondary = read.space_packet_header, read.pus_tm_sec_header
    assert primary.packet_type == PacketType.TM
    assert primary.sec_header_flag
    assert primary.seq_flags == SequenceFlags.UNSEGMENTED
    assert primary.ccsds_version == 0
    assert (primary.apid, primary.seq_count) == (packet.apid, packet.count)
    assert (read.service, read.subservice) == (packet.type, packet.subtype)
    assert bytes(secondary.timestamp) == bytes([packet.destination]) + time_field(packet)
    assert bytes(read.source_data) == data


@pytest.mark.verifies(
    "TM-1", "TM-2", "TM-3", "TM-4", "TM-5", "TM-6", "TM-7", "TM-8", "TM-9", "TM-10", "TM-11"
)
@given(packet=tm_headers, data=source_data)
@example(packet=PONG, data=b"")
def test_we_read_what_spacepackets_writes(core: Core, packet: TmPacket, data: bytes) -> None:
    theirs = PusTm(
        service=packet.type,
        subservice=packet.subtype,
        timestamp=time_field(packet),
        source_data=data,
        apid=packet.apid,
        seq_count=packet.count,
        destination_id=ByteFieldU8(packet.destination),
    ).pack()
    assert core.tm_build(packet, data) == theirs
    assert core.tm_parse(bytes(theirs)) == (packet, data)


@pytest.mark.verifies("TM-11", "CRC-1")
@given(packet=tm_headers, data=source_data)
def test_crcmod_agrees(core: Core, packet: TmPacket, data: bytes) -> None:
    built = core.tm_build(packet, data)
    assert crc16(built[:-2]) == int.from_bytes(built[-2:], "big")
    assert crc16(built) == 0
