# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets out of a byte stream: one behind the other, with bytes that are none between.

A packet is what has a telemetry header, the length it says and, where packets have one, the right
checksum.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Collection
from dataclasses import dataclass

_TOO_FEW = "the stream ends within a packet"
_HEADER_BYTES = 9  # up to type and subtype
_TELEMETRY = range(0x08, 0x10)  # first byte: version 0, telemetry, with a data field header


@dataclass(frozen=True)
class Piece:
    """A whole packet, or, where there is a problem, bytes that are none (left out); position is
    the byte of the stream at which they begin."""

    position: int
    data: bytes
    problem: str


class PacketSplitter:
    """Splits a stream, in chunks of any size.

    Behind bytes that are no packet only an APID of ``apids`` begins the next one. Without
    checksums lengths are believed.
    """

    def __init__(self, apids: Collection[int], *, crc: bool) -> None:
        self._apids = apids
        self._crc = crc
        self._buffer = bytearray()
        self._offset = 0  # of the buffer in the stream
        self._problem = ""  # why the bytes before are no packet
        self._bad_from = 0  # where they begin

    def feed(self, chunk: bytes) -> list[Piece]:
        """Take the next bytes, return what is whole now."""
        self._buffer += chunk
        return self._scan(final=False)

    def finish(self) -> list[Piece]:
        """The stream has ended: return the rest."""
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> list[Piece]:
        pieces: list[Piece] = []
        buffer, at = self._buffer, 0
        while at < len(buffer):
            size, problem = self._look(at)
            if problem == _TOO_FEW and not final:
                break
            if problem:
                if not self._problem:
                    self._problem, self._bad_from = problem, self._offset + at
                at = self._next(at + 1)
                continue
            if self._problem:
                pieces.append(self._bad(at))
            pieces.append(Piece(self._offset + at, bytes(buffer[at : at + size]), ""))
            at += size
        if final and self._problem:
            pieces.append(self._bad(at))
        del buffer[:at]
        self._offset += at
        return pieces

    def _look(self, at: int) -> tuple[int, str]:
        """The size of the packet that begins here, and why it is none."""
        buffer = self._buffer
        if buffer[at] not in _TELEMETRY:
            return 0, "no packet header"
        if at + _HEADER_BYTES > len(buffer):
            return 0, _TOO_FEW
        apid = (buffer[at] & 7) << 8 | buffer[at + 1]
        if self._problem and apid not in self._apids:
            return 0, "no packet header"
        size = int.from_bytes(buffer[at + 4 : at + 6], "big") + 7
        if size < _HEADER_BYTES:
            return 0, "no packet header"
        if at + size > len(buffer):
            return 0, _TOO_FEW
        if self._crc and crc_hqx(memoryview(buffer)[at : at + size], 0xFFFF):
            return 0, "checksum mismatch"
        return size, ""

    def _next(self, at: int) -> int:
        """Where the next packet could begin."""
        while at < len(self._buffer) and self._buffer[at] not in _TELEMETRY:
            at += 1
        return at

    def _bad(self, at: int) -> Piece:
        size = self._offset + at - self._bad_from
        piece = Piece(self._bad_from, b"", f"{self._problem}, {size} bytes skipped")
        self._problem = ""
        return piece
