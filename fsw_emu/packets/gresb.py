# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""GRESB framing: flags:8 size:24 (big-endian) packet (GRESB user's manual).

Sources read the flags from either end of the byte, so both are understood where nothing else
is asked for: error end of packet 0x80 or 0x01, truncated 0x40 or 0x02 (ASSUMED). Written are 0x80
and 0x40.
"""

from __future__ import annotations

from typing import Literal

from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.spacewire import SpwPacket

HEADER_BYTES = 4
MAX_PACKET_BYTES = 0xFFFFFF

Flags = Literal["either", "high", "low"]

#: error end of packet, truncated
_BITS: dict[Flags, tuple[int, int]] = {
    "either": (0x81, 0x42),
    "high": (0x80, 0x40),
    "low": (0x01, 0x02),
}


def known_flags(flags: int, end: Flags = "either") -> bool:
    """Whether a flags byte has no bit but those above."""
    eep, truncated = _BITS[end]
    return not flags & ~(eep | truncated)


def build(packet: bytes, *, eep: bool = False, truncated: bool = False) -> bytes:
    """Frame one packet; ValueError for more than 16,777,215 bytes."""
    if len(packet) > MAX_PACKET_BYTES:
        raise ValueError(f"{len(packet)} bytes do not fit a GRESB packet")
    flags = (0x80 if eep else 0) | (0x40 if truncated else 0)
    return bytes([flags]) + len(packet).to_bytes(3, "big") + packet


class GresbReader:
    """Splits a stream into packets, in chunks of any size.

    Holds at most one packet, 16 MiB. Nothing marks the beginning of a packet, so unknown
    flags are reported and the size is believed. ``flags``: the end of the byte they are at.
    """

    def __init__(self, flags: Flags = "either") -> None:
        self._flags: Flags = flags
        self.faults: FaultLog[Fault] = FaultLog()
        self._buffer = bytearray()
        self._offset = 0  # of the buffer in the input

    def feed(self, chunk: bytes) -> list[SpwPacket]:
        """Take the next bytes, return the packets that are whole now."""
        buffer = self._buffer
        buffer += chunk
        packets, at = [], 0
        while at + HEADER_BYTES <= len(buffer):
            size = int.from_bytes(buffer[at + 1 : at + HEADER_BYTES], "big")
            end = at + HEADER_BYTES + size
            if end > len(buffer):
                break
            packets.append(self._packet(buffer[at], bytes(buffer[at + HEADER_BYTES : end]), at))
            at = end
        del buffer[:at]
        self._offset += at
        return packets

    def finish(self) -> None:
        """The input has ended: a tail that is no whole packet is a fault."""
        if not self._buffer:
            return
        self._fault(0, f"the recording ends within a packet, {len(self._buffer)} bytes into it")
        self._offset += len(self._buffer)
        self._buffer.clear()

    def _packet(self, flags: int, data: bytes, at: int) -> SpwPacket:
        if not known_flags(flags, self._flags):
            self._fault(at, f"unknown flags {flags:#04x}")
        eep, truncated = _BITS[self._flags]
        return SpwPacket(data, bool(flags & eep), self._offset + at, bool(flags & truncated))

    def _fault(self, at: int, what: str) -> None:
        self.faults.append(Fault(self._offset + at, "GRESB recording", what))
