# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""PUS-A telemetry packets as tailored for SMILE (MIB v1.8.1; EID-1298)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fsw_emu.model.crc import crc16

MAX_BYTES = 886
OVERHEAD_BYTES = 18 + 2  # header, packet error control

#: status of a packet that is refused
SHORT, FORMAT, LENGTH, CRC = -3, -4, -5, -6

#: packet identification, sequence control, length | PUS version, type, subtype, destination |
#: seconds | microseconds (24 bits) and synchronisation
_HEADER = struct.Struct(">HHH BBBB I I")


@dataclass(frozen=True)
class Header:
    """What varies; time in seconds since 2018-01-01 UTC and microseconds, sync 5 or 0."""

    apid: int
    count: int
    type: int
    subtype: int
    destination: int
    coarse: int
    fine_us: int
    sync: int


def build(header: Header, data: bytes) -> bytes:
    """A whole packet around source data; ValueError for what fits no packet."""
    if header.apid >= 1 << 11 or header.count >= 1 << 14 or header.fine_us >= 1_000_000:
        raise ValueError(header)
    if header.sync not in (0, 5) or len(data) + OVERHEAD_BYTES > MAX_BYTES:
        raise ValueError(header, len(data))
    version, telemetry, secondary_header, unsegmented = 0, 0, 1, 3
    packet = _HEADER.pack(
        version << 13 | telemetry << 12 | secondary_header << 11 | header.apid,
        unsegmented << 14 | header.count,
        len(data) + OVERHEAD_BYTES - 7,
        0x10,
        header.type,
        header.subtype,
        header.destination,
        header.coarse,
        header.fine_us << 8 | header.sync,
    )
    packet += data
    return packet + crc16(packet).to_bytes(2, "big")


def check(packet: bytes) -> int:
    """0 for a packet that may be used, or the status that says why not."""
    if len(packet) < OVERHEAD_BYTES:
        return SHORT
    identification, control, length, pus, *_, fine = _HEADER.unpack_from(packet)
    if identification >> 11 != 0b00001 or control >> 14 != 3:
        return FORMAT
    if pus >> 4 & 7 != 1 or fine >> 8 >= 1_000_000:
        return FORMAT
    if len(packet) > MAX_BYTES or length != len(packet) - 7:
        return LENGTH
    return 0 if crc16(packet[:-2]) == int.from_bytes(packet[-2:], "big") else CRC


def read(packet: bytes) -> tuple[Header, bytes]:
    """Header and source data of a packet that passed the check."""
    identification, control, _, _, kind, subtype, destination, coarse, fine = _HEADER.unpack_from(
        packet
    )
    header = Header(
        apid=identification & 0x7FF,
        count=control & 0x3FFF,
        type=kind,
        subtype=subtype,
        destination=destination,
        coarse=coarse,
        fine_us=fine >> 8,
        sync=fine & 0xFF,
    )
    return header, packet[18:-2]
