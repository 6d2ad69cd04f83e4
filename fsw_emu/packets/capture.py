# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What crossed a SpaceWire link, in captures, pcap or pcapng.

Packets and time-codes go under link type 149 (USER2), each after a prefix of two bytes, as the JAXA
tool pcap-nc has it: a flag and a zero, with which the header of SSDTP2 begins as well, so its flags
are taken (ASSUMED A65). Space packets go under link type 148 (USER1) as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fsw_emu.packets import pcapng
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pcap import (
    SNAPLEN,
    SPACE_PACKET,
    SPACEWIRE,
    Direction,
    PcapReader,
    PcapRecord,
)
from fsw_emu.packets.pcapng import PcapngReader
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode

PREFIX_BYTES = 2

#: the first byte of the prefix: how a packet ends, or that it is a time-code
END, ERROR_END, UNENDED, TIME_CODE_SENT, TIME_CODE = 0x00, 0x01, 0x02, 0x30, 0x31

_END_PREFIX, _ERROR_PREFIX, _TIME_CODE_PREFIX = (
    bytes([flag, 0]) for flag in (END, ERROR_END, TIME_CODE)
)


class Recorded(NamedTuple):
    """An item of a recording, which side of the recorder it came from, and when.

    time_ns: since 1970 UTC, or since another moment; 0 where nothing tells. interface: the name
    of the link, if it has one. offset: where it begins in the input.
    """

    item: Item
    time_ns: int = 0
    direction: Direction = ""
    interface: str = ""
    offset: int = 0


def framed(packet: bytes, *, prefix: bytes = bytes(PREFIX_BYTES)) -> bytes:
    """The data of a record that holds one SpaceWire packet."""
    if len(prefix) != PREFIX_BYTES:
        raise ValueError("the prefix has two bytes")
    return prefix + packet


def _spacewire(item: Item) -> tuple[bytes, int]:
    """The data of the record that holds an item, and how many bytes it had before it was cut; if
    that was by the bridge, nobody knows, and it is one more."""
    if isinstance(item, TimeCode):
        return _TIME_CODE_PREFIX + bytes([item.to_byte(), 0]), 0
    data = (_ERROR_PREFIX if item.eep else _END_PREFIX) + item.data
    if item.truncated:
        return data[:SNAPLEN], len(data) + 1
    return (data, 0) if len(data) <= SNAPLEN else (data[:SNAPLEN], len(data))


def _space_packet(item: Item) -> tuple[bytes, int]:
    if isinstance(item, TimeCode) or not item.data.startswith(PTP_PREFIX):
        raise ValueError("not a space packet")
    data = item.data[len(PTP_PREFIX) :]
    return data[:SNAPLEN], len(data) + item.truncated


class CaptureWriter:
    """Builds a pcapng capture: what its methods return, one after the other, is the file."""

    def __init__(self) -> None:
        self._interfaces: dict[tuple[str, int], int] = {}

    def begin(self, comment: str) -> bytes:
        """The beginning of the file. ValueError for a comment beyond 65,535 bytes."""
        return pcapng.section_header(comment)

    def build(
        self,
        items: Iterable[Item],
        *,
        time_ns: int,
        direction: Direction = "",
        interface: str = "",
        link_type: int = SPACEWIRE,
    ) -> bytes:
        """Items that went one way at one time, in order. Under link type SPACE_PACKET go packets
        of the packet transfer protocol, without their prefix: ValueError for another, or a time
        before 1970."""
        parts = []
        number = self._interfaces.get((interface, link_type))
        if number is None:
            number = self._interfaces[interface, link_type] = len(self._interfaces)
            parts.append(pcapng.interface(link_type=link_type, name=interface))
        record = _spacewire if link_type == SPACEWIRE else _space_packet
        parts.append(
            pcapng.packets(
                map(record, items), time_ns=time_ns, interface=number, direction=direction
            )
        )
        return b"".join(parts)


class CaptureReader:
    """Items of a capture, in chunks of any size. ``prefix_bytes``: 2, or 0 for a capture whose
    records are packets."""

    def __init__(self, reader: PcapReader | PcapngReader, prefix_bytes: int = PREFIX_BYTES) -> None:
        self._prefix_bytes = prefix_bytes
        self._reader = reader
        self._foreign: set[int] = set()
        self.faults = reader.faults

    def feed(self, chunk: bytes) -> list[Recorded]:
        """Take the next bytes, return the items that are whole now."""
        records = self._reader.feed(chunk)
        return [
            Recorded(item, one.time_ns, one.direction, one.interface, one.offset)
            for one in records
            if (item := self._item(one)) is not None
        ]

    def finish(self) -> None:
        """The input has ended: a tail that is no whole record is a fault."""
        self._reader.finish()

    def _item(self, one: PcapRecord) -> Item | None:
        cut = one.original_bytes > len(one.data)
        if one.link_type == SPACE_PACKET:
            return SpwPacket(PTP_PREFIX + one.data, offset=one.offset, truncated=cut)
        if one.link_type != SPACEWIRE:
            if one.link_type not in self._foreign:
                self._foreign.add(one.link_type)
                what = f"link type {one.link_type} is not SpaceWire ({SPACEWIRE})"
                self.faults.append(Fault(one.offset, "capture", what))
            return None
        prefix, data = one.data[: self._prefix_bytes], one.data[self._prefix_bytes :]
        if len(prefix) < self._prefix_bytes:
            self.faults.append(Fault(one.offset, "capture", "a record without its prefix"))
            return None
        flag = prefix[0] if prefix else END
        if flag in (TIME_CODE, TIME_CODE_SENT) and len(data) == 2:
            return TimeCode.of(data[0])
        return SpwPacket(data, flag == ERROR_END, one.offset, cut or flag == UNENDED, prefix)
