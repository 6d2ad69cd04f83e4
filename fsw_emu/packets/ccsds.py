# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Space packet primary header (CCSDS 133.0-B-2 4.1.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

PRIMARY_HEADER_BYTES = 6
COUNT_MODULO = 1 << 14


@dataclass(frozen=True)
class PrimaryHeader:
    """The six bytes; data_bytes is what follows them (length field + 1)."""

    version: int
    telecommand: bool
    secondary_header: bool
    apid: int
    sequence_flags: int
    count: int
    data_bytes: int

    @property
    def packet_bytes(self) -> int:
        return PRIMARY_HEADER_BYTES + self.data_bytes

    def to_bytes(self) -> bytes:
        identification = (
            self.version << 13 | self.telecommand << 12 | self.secondary_header << 11 | self.apid
        )
        control = self.sequence_flags << 14 | self.count
        return struct.pack(">HHH", identification, control, self.data_bytes - 1)


def read_primary_header(data: bytes) -> PrimaryHeader:
    """Read the first six bytes; ValueError for fewer."""
    if len(data) < PRIMARY_HEADER_BYTES:
        raise ValueError(f"{len(data)} bytes are less than a space packet header")
    identification, control, length = struct.unpack_from(">HHH", data)
    return PrimaryHeader(
        version=identification >> 13,
        telecommand=bool(identification >> 12 & 1),
        secondary_header=bool(identification >> 11 & 1),
        apid=identification & 0x7FF,
        sequence_flags=control >> 14,
        count=control & 0x3FFF,
        data_bytes=length + 1,
    )
