# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The CCSDS packet transfer protocol: a space packet in a SpaceWire packet (ECSS-E-ST-50-53C)."""

from __future__ import annotations

from dataclasses import dataclass

from fsw_emu.packets.spacewire import CCSDS_PTP, path_bytes

HEADER_BYTES = 4


@dataclass(frozen=True)
class PtpPacket:
    """One packet. ``user``: a byte that the two ends may use as they like."""

    target: int
    space_packet: bytes
    user: int = 0
    path: bytes = b""  # to the target, stripped on the way

    def to_bytes(self) -> bytes:
        """The packet. ValueError for a byte that is none."""
        return self.path + bytes([self.target, CCSDS_PTP, 0, self.user]) + self.space_packet


def read_ptp(packet: bytes, *, eep: bool = False) -> PtpPacket:
    """What a target makes of a packet. ValueError for one that it discards, with the reason: an
    error end of packet, another protocol, a reserved byte that is not 0."""
    start = path_bytes(packet)
    if len(packet) < start + HEADER_BYTES:
        raise ValueError("ends within its header")
    target, protocol, reserved, user = packet[start : start + HEADER_BYTES]
    if protocol != CCSDS_PTP:
        raise ValueError(f"protocol {protocol:#04x}")
    if reserved:
        raise ValueError(f"the reserved byte is {reserved:#04x}")
    if eep:
        raise ValueError("error end of packet")
    return PtpPacket(target, packet[start + HEADER_BYTES :], user, packet[:start])
