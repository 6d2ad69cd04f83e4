# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Classic pcap files, read and written in pieces (libpcap savefile format, version 2.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from fsw_emu.packets.fault import Fault, FaultLog

#: which way a packet went, as whoever recorded it saw it: received, sent, not told
Direction = Literal["in", "out", ""]

SPACE_PACKET, SPACEWIRE = 148, 149  # link types
SNAPLEN = 262_144  # what we write: no FEE or PUS packet is longer

_MAX_RECORD_BYTES = 16 << 20
_FILE_BYTES, _RECORD_BYTES = 24, 16
#: magic as it stands in the file -> (struct byte order, nanoseconds in a fraction)
_MAGIC = {
    bytes.fromhex("a1b2c3d4"): (">", 1000),
    bytes.fromhex("d4c3b2a1"): ("<", 1000),
    bytes.fromhex("a1b23c4d"): (">", 1),
    bytes.fromhex("4d3cb2a1"): ("<", 1),
}


@dataclass(frozen=True)
class PcapRecord:
    """One record: time since the file's epoch [ns], bytes, where it begins in the input."""

    time_ns: int
    data: bytes
    offset: int
    original_bytes: int  # before the capture cut it
    link_type: int
    direction: Direction = ""
    interface: str = ""  # its name, where it has one


def is_pcap(start: bytes) -> bool:
    """Whether a file that starts so is a pcap file."""
    return start[:4] in _MAGIC


def file_header(*, link_type: int = SPACEWIRE) -> bytes:
    """The beginning of a file: little-endian, nanoseconds."""
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAPLEN, link_type)


def record(data: bytes, *, time_ns: int) -> bytes:
    """One record for a file of ours; ValueError for data beyond SNAPLEN or a negative time."""
    if len(data) > SNAPLEN:
        raise ValueError(f"{len(data)} bytes do not fit a record")
    seconds, fraction = divmod(time_ns, 1_000_000_000)
    if not 0 <= seconds <= 0xFFFFFFFF:
        raise ValueError(f"time {time_ns} ns is out of range")
    return struct.pack("<IIII", seconds, fraction, len(data), len(data)) + data


class PcapReader:
    """Splits a pcap file into records, in chunks of any size.

    A record length beyond the file's snaplen or 16 MiB, or a wrong file header, leaves
    nothing to go by: it is reported and the rest of the input ignored.
    """

    def __init__(self) -> None:
        self.faults: FaultLog[Fault] = FaultLog()
        self.link_type: int | None = None  # known after 24 bytes
        self._buffer = bytearray()
        self._offset = 0
        self._order = ""
        self._fraction_ns = 1
        self._limit = 0
        self._lost = False

    def feed(self, chunk: bytes) -> list[PcapRecord]:
        """Take the next bytes, return the records that are whole now."""
        if self._lost:
            return []
        self._buffer += chunk
        if self.link_type is None and len(self._buffer) >= _FILE_BYTES:
            self._read_file_header()
        return [] if self.link_type is None else self._records(self.link_type)

    def finish(self) -> None:
        """The input has ended: a tail that is no whole record is a fault."""
        if self._buffer:
            self._lose(0, f"the file ends within a record, {len(self._buffer)} bytes into it")

    def _read_file_header(self) -> None:
        start = bytes(self._buffer[:_FILE_BYTES])
        if start[:4] not in _MAGIC:
            self._lose(0, "not a pcap file")
            return
        self._order, self._fraction_ns = _MAGIC[start[:4]]
        snaplen, link_type = struct.unpack_from(self._order + "II", start, 16)
        self._limit = min(snaplen or _MAX_RECORD_BYTES, _MAX_RECORD_BYTES)
        self.link_type = link_type & 0xFFFF  # above: how many bytes of checksum follow a frame
        del self._buffer[:_FILE_BYTES]
        self._offset += _FILE_BYTES

    def _records(self, link_type: int) -> list[PcapRecord]:
        buffer = self._buffer
        records: list[PcapRecord] = []
        at = 0
        while at + _RECORD_BYTES <= len(buffer):
            seconds, fraction, size, original = struct.unpack_from(self._order + "IIII", buffer, at)
            if size > self._limit:
                self._lose(
                    at, f"a record of {size} bytes, the limit is {self._limit}; rest ignored"
                )
                return records
            end = at + _RECORD_BYTES + size
            if end > len(buffer):
                break
            time_ns = seconds * 1_000_000_000 + fraction * self._fraction_ns
            data = bytes(buffer[at + _RECORD_BYTES : end])
            records.append(PcapRecord(time_ns, data, self._offset + at, original, link_type))
            at = end
        del buffer[:at]
        self._offset += at
        return records

    def _lose(self, at: int, what: str) -> None:
        self.faults.append(Fault(self._offset + at, "pcap file", what))
        self._buffer.clear()
        self._lost = True
