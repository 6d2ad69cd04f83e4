# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What crosses a SpaceWire link: packets with their end marker, and time-codes; protocol
identifiers, and the prefix that announces a space packet (ECSS-E-ST-50-12C, -51C, -53C)."""

from __future__ import annotations

from dataclasses import dataclass, field

#: protocol identifiers, the byte after the logical address (ECSS-E-ST-50-51C; SMILE's FEE data)
RMAP, CCSDS_PTP, FEE_DATA = 0x01, 0x02, 0xF0
#: logical addresses of the SMILE links
DPU_ADDRESS, FEE_ADDRESS = 0x50, 0x51
#: address and RMAP key of a board where nothing else is said: a GRSPW2 after reset (ASSUMED A48)
BOARD_ADDRESS, BOARD_KEY = 0xFE, 0x00
#: bytes below are path addresses, which routers strip (ECSS-E-ST-50-12C)
FIRST_LOGICAL_ADDRESS = 32
#: longer paths are not looked for, whatever comes
MAX_PATH_BYTES = 32
_PATH_ADDRESSES = bytes(range(FIRST_LOGICAL_ADDRESS))

#: CCSDS packet transfer protocol towards the DPU: target address, protocol, reserved, user
#: (ECSS-E-ST-50-53C; the four bytes of the SMILE link)
PTP_PREFIX = bytes.fromhex("fe020000")


@dataclass(frozen=True)
class SpwPacket:
    """One packet of a link or a recording; offset is where its framing begins in the input, which
    makes it no other packet."""

    data: bytes
    eep: bool = False  # ended by an error end of packet
    offset: int = field(default=0, compare=False)
    truncated: bool = False  # the bridge cut it
    prefix: bytes = b""  # what the recording keeps before a packet

    def __init__(
        self,
        data: bytes,
        eep: bool = False,
        offset: int = 0,
        truncated: bool = False,
        prefix: bytes = b"",
    ) -> None:
        # A third of the time that the initialiser of a frozen dataclass takes: links make
        # hundreds of thousands a second.
        own = self.__dict__
        own["data"] = data
        own["eep"] = eep
        own["offset"] = offset
        own["truncated"] = truncated
        own["prefix"] = prefix


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
        """Whether it is the one that ticks after ``last`` (63 is followed by 0); another is taken
        over, silently."""
        return not self.flags and self.count == (last.count + 1) & 0x3F


#: what crosses a link
Item = SpwPacket | TimeCode


def path_bytes(data: bytes, at: int = 0) -> int:
    """How many path addresses lead the packet at ``at``, MAX_PATH_BYTES at most."""
    head = data[at : at + MAX_PATH_BYTES]
    return len(head) - len(head.lstrip(_PATH_ADDRESSES))
