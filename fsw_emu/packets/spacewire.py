# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A SpaceWire packet, and the prefix that announces a space packet in one."""

from __future__ import annotations

from dataclasses import dataclass

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


def strip_ptp(packet: bytes) -> bytes:
    """The space packet in a CCSDS PTP packet; ValueError for another protocol."""
    if len(packet) < len(PTP_PREFIX) or packet[1] != PTP_PREFIX[1]:
        raise ValueError("not a CCSDS packet transfer protocol packet")
    return packet[len(PTP_PREFIX) :]
