# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What crosses a SpaceWire link: packets with their end marker, and time-codes; protocol
identifiers, and the prefix that announces a space packet (ECSS-E-ST-50-12C, -51C, -53C)."""

from __future__ import annotations

from dataclasses import dataclass

#: protocol identifiers, the byte after the logical address (ECSS-E-ST-50-51C; SMILE's FEE data)
RMAP, CCSDS_PTP, FEE_DATA = 0x01, 0x02, 0xF0
#: logical addresses of the SMILE links
DPU_ADDRESS, FEE_ADDRESS = 0x50, 0x51
#: bytes below are path addresses, which routers strip (ECSS-E-ST-50-12C)
FIRST_LOGICAL_ADDRESS = 32

#: CCSDS packet transfer protocol towards the DPU: target address, protocol, reserved, user
#: (ECSS-E-ST-50-53C; the four bytes of the SMILE link)
PTP_PREFIX = bytes.fromhex("fe020000")


@dataclass(frozen=True)
class SpwPacket:
    """One packet of a link or a recording; offset is where its framing begins in the input."""

    data: bytes
    eep: bool = False  # ended by an error end of packet
    offset: int = 0
    truncated: bool = False  # the bridge cut it
    prefix: bytes = b""  # what the recording keeps before a packet


@dataclass(frozen=True)
class TimeCode:
    """A time-code: a counter of six bits and two flags, 00 in a time-code proper."""

    count: int
    flags: int = 0

    def to_byte(self) -> int:
        return self.flags << 6 | self.count

    @classmethod
    def of(cls, byte: int) -> TimeCode:
        return cls(byte & 0x3F, byte >> 6)

    def follows(self, last: TimeCode) -> bool:
        """Whether it is the one that ticks after ``last``; another is taken over, silently."""
        return self.count == (last.count + 1) & 0x3F


#: what crosses a link
Item = SpwPacket | TimeCode


def strip_ptp(packet: bytes) -> bytes:
    """The space packet in a CCSDS PTP packet; ValueError for another protocol."""
    if len(packet) < len(PTP_PREFIX) or packet[1] != PTP_PREFIX[1]:
        raise ValueError("not a CCSDS packet transfer protocol packet")
    return packet[len(PTP_PREFIX) :]
