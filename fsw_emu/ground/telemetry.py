# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets out of a byte stream: PUS packets, one after the other."""

from __future__ import annotations

import re
from binascii import crc_hqx
from dataclasses import dataclass

from fsw_emu.packets.ccsds import COUNT_MODULO, PRIMARY_HEADER_BYTES
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.pus import TM_MAX_BYTES, TM_MIN_BYTES, Tm, read_tm

#: how a PUS-A telemetry packet begins: version 0, TM, secondary header; flags 3; 0x10
_HEADER = re.compile(rb"[\x08-\x0f].[\xc0-\xff].[\x00-\x03].\x10", re.DOTALL)
_HEADER_BYTES = 7

_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Received:
    """A telemetry packet and the byte of the stream at which it begins."""

    tm: Tm
    position: int


class TelemetryReader:
    """Splits a stream into telemetry packets, in chunks of any size.

    What is no packet, by length, header or checksum, is passed byte by byte until the next
    one, and reported as one fault for each run of such bytes. The sequence count of each
    APID and destination tells what is missing. A packet that comes twice in a row is given
    out once.
    """

    def __init__(self) -> None:
        self.faults: FaultLog[Fault] = FaultLog()
        self.n_packets = 0
        self._buffer = bytearray()
        self._offset = 0  # of the buffer in the stream
        self._bad: tuple[int, str] | None = None  # position and cause of the run under way
        self._last: dict[tuple[int, int], Tm] = {}

    @property
    def position(self) -> int:
        """Bytes taken from the stream."""
        return self._offset + len(self._buffer)

    def feed(self, chunk: bytes) -> list[Received]:
        """Take the next bytes, return the packets that are whole now."""
        self._buffer += chunk
        return self._scan(final=False)

    def finish(self) -> list[Received]:
        """The stream has ended: return the packets that a false header had held back."""
        received = self._scan(final=True)
        self._end_bad(self._offset)
        return received

    def _scan(self, *, final: bool) -> list[Received]:
        buffer, at = self._buffer, 0
        received: list[Received] = []
        while at + _HEADER_BYTES <= len(buffer):
            size = self._size_at(at)
            if size and at + size > len(buffer) and not final:
                break
            cause = self._cause(at, size)
            if cause is None:
                self._end_bad(self._offset + at)
                received += self._take(bytes(buffer[at : at + size]), self._offset + at)
                at += size
                continue
            if self._bad is None:
                self._bad = (self._offset + at, cause)
            found = _HEADER.search(buffer, at + 1)
            at = found.start() if found else len(buffer) - _HEADER_BYTES + 1
        if final and at < len(buffer):
            self._bad = self._bad or (self._offset + at, "the stream ends within a packet")
            at = len(buffer)
        del buffer[:at]
        self._offset += at
        return received

    def _size_at(self, at: int) -> int:
        """Bytes of the packet whose header begins here; 0 where none can begin."""
        if _HEADER.match(self._buffer, at) is None:
            return 0
        length = int.from_bytes(self._buffer[at + 4 : at + PRIMARY_HEADER_BYTES], "big")
        size = length + PRIMARY_HEADER_BYTES + 1
        return size if TM_MIN_BYTES <= size <= TM_MAX_BYTES else 0

    def _cause(self, at: int, size: int) -> str | None:
        """Why no packet begins here; None if one does."""
        if not size:
            return "no packet header"
        packet = self._buffer[at : at + size]
        if len(packet) < size:
            return "the stream ends within a packet"
        if crc_hqx(packet, 0xFFFF):
            return "checksum mismatch"
        if int.from_bytes(packet[14:17], "big") >= _MICROSECONDS:
            return "microseconds beyond 999,999"
        return None

    def _end_bad(self, position: int) -> None:
        if self._bad is None:
            return
        start, cause = self._bad
        self._bad = None
        self.faults.append(Fault(start, "telemetry", f"{cause}, {position - start} bytes skipped"))

    def _take(self, packet: bytes, position: int) -> list[Received]:
        tm = read_tm(packet)
        source = (tm.primary.apid, tm.header.destination)
        last = self._last.get(source)
        self._last[source] = tm
        if last is not None:
            self._check_count(last, tm, position)
            if tm == last:
                return []
        self.n_packets += 1
        return [Received(tm, position)]

    def _check_count(self, last: Tm, tm: Tm, position: int) -> None:
        step = (tm.primary.count - last.primary.count) % COUNT_MODULO
        if step == 1:
            return
        if tm == last:
            what = "packet repeated"
        elif 1 < step <= COUNT_MODULO // 2:
            what = f"{step - 1} packets missing"
        else:
            what = "count goes back"
        where = f"telemetry APID {tm.primary.apid} destination {tm.header.destination}"
        counts = f"count {tm.primary.count} after {last.primary.count}"
        self.faults.append(Fault(position, where, f"{counts}: {what}"))
