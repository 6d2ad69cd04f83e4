# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""SpaceWire packets in captures, pcap or pcapng.

They go under link type 149 (USER2), each after a prefix of two bytes, as the JAXA tool pcap-nc has
it. What the prefix says is not known: it is kept, zeros are written (ASSUMED).
"""

from __future__ import annotations

from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pcap import SPACEWIRE, PcapReader, PcapRecord
from fsw_emu.packets.pcapng import PcapngReader
from fsw_emu.packets.spacewire import SpwPacket

PREFIX_BYTES = 2


def framed(packet: bytes, *, prefix: bytes = bytes(PREFIX_BYTES)) -> bytes:
    """The data of a record that holds one SpaceWire packet."""
    if len(prefix) != PREFIX_BYTES:
        raise ValueError("the prefix has two bytes")
    return prefix + packet


class CaptureReader:
    """SpaceWire packets of a capture: the interface of GresbReader."""

    def __init__(self, reader: PcapReader | PcapngReader, prefix_bytes: int = PREFIX_BYTES) -> None:
        self._prefix_bytes = prefix_bytes
        self._reader = reader
        self._foreign: set[int] = set()
        self.faults = reader.faults

    def feed(self, chunk: bytes) -> list[SpwPacket]:
        """Take the next bytes, return the packets that are whole now."""
        records = self._reader.feed(chunk)
        return [packet for one in records if (packet := self._packet(one)) is not None]

    def finish(self) -> None:
        """The input has ended: a tail that is no whole record is a fault."""
        self._reader.finish()

    def _packet(self, one: PcapRecord) -> SpwPacket | None:
        if one.link_type != SPACEWIRE:
            if one.link_type not in self._foreign:
                self._foreign.add(one.link_type)
                what = f"link type {one.link_type} is not SpaceWire ({SPACEWIRE})"
                self.faults.append(Fault(one.offset, "capture", what))
            return None
        prefix, data = one.data[: self._prefix_bytes], one.data[self._prefix_bytes :]
        if len(prefix) == self._prefix_bytes:
            cut = one.original_bytes > len(one.data)
            return SpwPacket(data, offset=one.offset, truncated=cut, prefix=prefix)
        self.faults.append(Fault(one.offset, "capture", "a record without its prefix"))
        return None
