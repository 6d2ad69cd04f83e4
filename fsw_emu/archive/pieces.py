# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A file of PUS packets back to back, cut into packets and what lies between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from fsw_emu.archive.row import Direction
from fsw_emu.packets.framings.pus_tcp import PusTcp
from fsw_emu.packets.ptp import HEADER_BYTES
from fsw_emu.packets.pus import read_tm
from fsw_emu.packets.spacewire import Item, SpwPacket

#: bytes behind which no packet can begin that is not whole yet: the length field's bound there
_UNDECIDED_BYTES = 1024
#: longest piece that is no packet: longer stretches come as several
STRANGE_BYTES = 1 << 16

_LOOKED_AT = 1_000
_TELECOMMAND = 0x10


@dataclass(frozen=True)
class Piece:
    """A packet with a right checksum, or bytes that hold none; these have the direction of what
    came before them, telemetry at the beginning."""

    raw: bytes
    direction: Direction
    is_packet: bool


def pieces(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """All bytes of a stream, in order, none of them twice."""
    cut = _Cut()
    framing = PusTcp()
    for chunk in chunks:
        cut.take(chunk)
        yield from cut.packets(framing.feed(chunk))
        yield from cut.strange(keep=_UNDECIDED_BYTES)
    yield from cut.packets(framing.flush())
    yield from cut.strange(keep=0)


def dated(found: Iterator[Piece], *, otherwise_ns: int) -> Iterator[tuple[Piece, int]]:
    """Each with a time of reception that a file does not tell (ASSUMED), ns since 1970 UTC: of
    telemetry its onboard time, of anything else that of the telemetry before it, or of the first.

    otherwise_ns: where none is among the first 1,000 pieces.
    """
    head: list[Piece] = []
    for piece in found:
        head.append(piece)
        if _is_telemetry(piece) or len(head) == _LOOKED_AT:
            break
    time_ns = otherwise_ns
    if head and _is_telemetry(head[-1]):
        time_ns = read_tm(head[-1].raw).header.time.unix_ns
    for piece in chain(head, found):
        if _is_telemetry(piece):
            time_ns = read_tm(piece.raw).header.time.unix_ns
        yield piece, time_ns


def _is_telemetry(piece: Piece) -> bool:
    return piece.is_packet and piece.direction == "tm"


class _Cut:
    """The bytes that have not been given out, and where in the stream they begin."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._at = 0
        self._direction: Direction = "tm"

    def take(self, chunk: bytes) -> None:
        self._bytes += chunk

    def packets(self, items: Iterable[Item]) -> Iterator[Piece]:
        """The packets, each after what lies before it."""
        done = 0  # of the bytes: those before are deleted once, not packet by packet
        for item in items:
            if not isinstance(item, SpwPacket):
                continue
            begin = item.offset - self._at
            if begin > done:
                yield from self._strange(done, begin)
            raw = item.data[HEADER_BYTES:]
            self._direction = "tc" if raw[0] & _TELECOMMAND else "tm"
            yield Piece(raw, self._direction, True)
            done = begin + len(raw)
        self._drop(done)

    def strange(self, *, keep: int) -> Iterator[Piece]:
        """What is too far back to become a packet, in pieces of some size."""
        ready = len(self._bytes) - keep
        if ready <= 0 or (keep and ready < STRANGE_BYTES):
            return
        yield from self._strange(0, ready)
        self._drop(ready)

    def _strange(self, begin: int, end: int) -> Iterator[Piece]:
        for at in range(begin, end, STRANGE_BYTES):
            raw = bytes(self._bytes[at : min(at + STRANGE_BYTES, end)])
            yield Piece(raw, self._direction, False)

    def _drop(self, size: int) -> None:
        del self._bytes[:size]
        self._at += size
