# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""pcapng captures, read and written in pieces (IETF draft-ietf-opsawg-pcapng).

Read are sections of either byte order, interfaces of any time resolution, enhanced and simple
packets; blocks of other types are passed. Written is one section, whose interfaces may come
between packets.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.pcap import SNAPLEN, SPACEWIRE, Direction, PcapRecord

SECTION, INTERFACE, SIMPLE_PACKET, ENHANCED_PACKET = 0x0A0D0D0A, 1, 3, 6
MAGIC = SECTION.to_bytes(4, "big")  # the same from either end

_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_MIN_BLOCK_BYTES, _MAX_BLOCK_BYTES = 12, 16 << 20
_END, _COMMENT, _USER_APPLICATION = 0, 1, 4  # options
_NAME, _TIME_RESOLUTION, _TIME_OFFSET = 2, 9, 14  # options of an interface
_FLAGS = 2  # option of a packet; its bits 0 and 1 are the direction
_DIRECTIONS: tuple[Direction, ...] = ("", "in", "out", "")
_MICROSECONDS = 6  # the resolution where none is told: 10^-6 s
_MAX_INTERFACES = 65_536
_UNKNOWN_LENGTH = 0xFFFFFFFFFFFFFFFF  # of a section: its end tells


def is_pcapng(start: bytes) -> bool:
    """Whether a file that starts so is a pcapng file."""
    return start[:4] == MAGIC


def section_header(comment: str, *, application: str = "fsw-emu") -> bytes:
    """The beginning of a file: little-endian. ValueError for a comment beyond 65,535 bytes."""
    fixed = struct.pack("<IHHQ", _BYTE_ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH)
    options = _option(_COMMENT, comment.encode()) + _option(_USER_APPLICATION, application.encode())
    return _block(SECTION, fixed + options + _option(_END, b""))


def interface(*, link_type: int = SPACEWIRE, name: str = "") -> bytes:
    """One interface more, numbered from 0, that packets are of; its times are nanoseconds.
    ValueError for a name beyond 65,535 bytes."""
    options = _option(_NAME, name.encode()) if name else b""
    options += _option(_TIME_RESOLUTION, b"\x09") + _option(_END, b"")
    return _block(INTERFACE, struct.pack("<HHI", link_type, 0, SNAPLEN) + options)


def packet(
    data: bytes,
    *,
    time_ns: int,
    interface: int = 0,
    direction: Direction = "",
    original_bytes: int = 0,
) -> bytes:
    """One packet; time since 1970 UTC. original_bytes: what it had before it was cut to data.
    ValueError for data beyond SNAPLEN or a time beyond 64 bit."""
    one = data, original_bytes
    return packets([one], time_ns=time_ns, interface=interface, direction=direction)


def packets(
    records: Iterable[tuple[bytes, int]],
    *,
    time_ns: int,
    interface: int = 0,
    direction: Direction = "",
) -> bytes:
    """Packets of one time, each with its original_bytes."""
    if not 0 <= time_ns < 1 << 64:
        raise ValueError(f"time {time_ns} ns is out of range")
    high, low = time_ns >> 32, time_ns & 0xFFFFFFFF
    ends, pack, fixed = _ENDS[direction], _PACKET.pack, _PACKET.size + 4
    parts: list[bytes] = []
    for data, original in records:
        size = len(data)
        if size > SNAPLEN:
            raise ValueError(f"{size} bytes do not fit a packet")
        end = ends[size & 3]
        block = fixed + size + len(end)
        parts += (
            pack(ENHANCED_PACKET, block, interface, high, low, size, max(size, original)),
            data,
            end,
            block.to_bytes(4, "little"),
        )
    return b"".join(parts)


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", _MIN_BLOCK_BYTES + len(body))
    return kind.to_bytes(4, "little") + size + body + size


def _option(code: int, value: bytes) -> bytes:
    if len(value) > 0xFFFF:
        raise ValueError(f"an option of {len(value)} bytes")
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


_PACKET = struct.Struct("<IIIIIII")
#: what follows the data of a packet: padding, by its size modulo 4, and options
_ENDS: dict[Direction, list[bytes]] = {
    direction: [
        bytes(-size % 4)
        + (_option(_FLAGS, bits.to_bytes(4, "little")) + _option(_END, b"")) * (bits > 0)
        for size in range(4)
    ]
    for bits, direction in enumerate(_DIRECTIONS[:3])
}


@dataclass(frozen=True)
class _Interface:
    link_type: int
    snaplen: int  # 0: no limit
    ticks: int  # a second
    offset_s: int
    name: str


class _Damaged(ValueError):
    """A block that cannot be what it says."""


class PcapngReader:
    """Splits a pcapng file into packets, in chunks of any size: the interface of PcapReader.

    Holds at most one block, 16 MiB. A block whose lengths are impossible leaves nothing to go by:
    it is reported and the rest of the input ignored. A block whose inside is wrong is reported
    and passed.
    """

    def __init__(self) -> None:
        self.faults: FaultLog[Fault] = FaultLog()
        self.comment = ""  # of the last section begun
        self._buffer = bytearray()
        self._offset = 0
        self._order = ""
        self._interfaces: list[_Interface] = []
        self._lost = False

    def feed(self, chunk: bytes) -> list[PcapRecord]:
        """Take the next bytes, return the packets that are whole now."""
        if self._lost:
            return []
        self._buffer += chunk
        records: list[PcapRecord] = []
        at = 0
        try:
            while (size := self._block_bytes(at)) and at + size <= len(self._buffer):
                records += self._block(at, size)
                at += size
        except _Damaged as error:
            self._lose(at, f"{error}; rest ignored")
            return records
        del self._buffer[:at]
        self._offset += at
        return records

    def finish(self) -> None:
        """The input has ended: a tail that is no whole block is a fault."""
        if self._buffer:
            self._lose(0, f"the file ends within a block, {len(self._buffer)} bytes into it")

    def _block_bytes(self, at: int) -> int:
        """The length of the block at a place of the buffer; 0 where that is not known yet."""
        buffer = self._buffer
        if buffer[at : at + 4] == MAGIC:
            if at + _MIN_BLOCK_BYTES > len(buffer):
                return 0
            self._order = self._byte_order(bytes(buffer[at + 8 : at + 12]))
        elif at + 8 > len(buffer):
            return 0
        elif not self._order:
            raise _Damaged("not a pcapng file")
        size: int = struct.unpack_from(self._order + "I", buffer, at + 4)[0]
        if not _MIN_BLOCK_BYTES <= size <= _MAX_BLOCK_BYTES or size % 4:
            raise _Damaged(f"a block of {size} bytes")
        return size

    @staticmethod
    def _byte_order(magic: bytes) -> str:
        for order in "<>":
            if struct.unpack(order + "I", magic)[0] == _BYTE_ORDER_MAGIC:
                return order
        raise _Damaged("a section without a byte order")

    def _block(self, at: int, size: int) -> list[PcapRecord]:
        block = bytes(self._buffer[at : at + size])
        kind, _ = self._unpack("II", block, 0)
        (again,) = self._unpack("I", block, size - 4)
        if again != size:
            raise _Damaged(f"a block of {size} bytes, its end says {again}")
        body = block[8:-4]
        try:
            if kind == SECTION:
                self._begin_section(body)
            elif kind == INTERFACE:
                self._add_interface(body)
            elif kind == ENHANCED_PACKET:
                return [self._enhanced(body, self._offset + at)]
            elif kind == SIMPLE_PACKET:
                return [self._simple(body, self._offset + at)]
        except (ValueError, struct.error) as error:
            self.faults.append(Fault(self._offset + at, "pcapng file", f"block {kind}: {error}"))
        return []

    def _begin_section(self, body: bytes) -> None:
        self._interfaces = []
        self.comment = ""
        major = self._unpack("IHHQ", body, 0)[1]
        if major != 1:
            raise ValueError(f"version {major}")
        self.comment = self._options(body[16:]).get(_COMMENT, b"").decode("utf-8", "replace")

    def _add_interface(self, body: bytes) -> None:
        link_type, _, snaplen = self._unpack("HHI", body, 0)
        options = self._options(body[8:])
        told = options.get(_TIME_RESOLUTION, bytes([_MICROSECONDS]))
        (resolution,) = self._unpack("B", told, 0)
        base, power = (2, resolution & 0x7F) if resolution & 0x80 else (10, resolution)
        (offset_s,) = self._unpack("q", options.get(_TIME_OFFSET, bytes(8)), 0)
        name = options.get(_NAME, b"").decode("utf-8", "replace")
        if len(self._interfaces) == _MAX_INTERFACES:
            raise ValueError(f"more than {_MAX_INTERFACES} interfaces")
        self._interfaces.append(_Interface(link_type, snaplen, base**power, offset_s, name))

    def _enhanced(self, body: bytes, offset: int) -> PcapRecord:
        number, high, low, size, original = self._unpack("IIIII", body, 0)
        one = self._interface(number)
        if size > len(body) - 20:
            raise ValueError(f"a packet of {size} bytes in {len(body) - 20}")
        ticks = high << 32 | low
        time_ns = one.offset_s * 1_000_000_000 + ticks * 1_000_000_000 // one.ticks
        if not 0 <= time_ns < 1 << 64:
            what = f"block {ENHANCED_PACKET}: time {time_ns} ns is out of range"
            self.faults.append(Fault(offset, "pcapng file", what))
            time_ns = 0
        data, rest = body[20 : 20 + size], body[20 + size + -size % 4 :]
        bits = 0
        if rest:
            told = self._options(rest).get(_FLAGS, bytes(4))
            (bits,) = self._unpack("I", told, 0)
        return PcapRecord(
            time_ns, data, offset, original, one.link_type, _DIRECTIONS[bits & 3], one.name
        )

    def _simple(self, body: bytes, offset: int) -> PcapRecord:
        """A packet of interface 0 without a time."""
        (original,) = self._unpack("I", body, 0)
        one = self._interface(0)
        size = min(original, one.snaplen or original)
        if size > len(body) - 4:
            raise ValueError(f"a packet of {size} bytes in {len(body) - 4}")
        data = body[4 : 4 + size]
        return PcapRecord(0, data, offset, original, one.link_type, interface=one.name)

    def _interface(self, number: int) -> _Interface:
        if number >= len(self._interfaces):
            raise ValueError(f"interface {number} of {len(self._interfaces)}")
        return self._interfaces[number]

    def _options(self, data: bytes) -> dict[int, bytes]:
        """The first option of each code."""
        found: dict[int, bytes] = {}
        at = 0
        while at < len(data):
            code, size = self._unpack("HH", data, at)
            at += 4
            if code == _END:
                break
            if size > len(data) - at:
                raise ValueError(f"an option of {size} bytes in {len(data) - at}")
            found.setdefault(code, data[at : at + size])
            at += size + -size % 4
        return found

    def _unpack(self, form: str, data: bytes, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self._order + form, data, at)

    def _lose(self, at: int, what: str) -> None:
        self.faults.append(Fault(self._offset + at, "pcapng file", what))
        self._buffer.clear()
        self._lost = True
