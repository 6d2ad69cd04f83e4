# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What every framing of a byte stream does, so that links and recordings use the same ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Protocol

from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.spacewire import Item


class FramingLost(ValueError):
    """The stream cannot be followed any more: the connection has to end, for the reason said.
    ``items``: what was whole before, of the bytes just fed."""

    def __init__(self, why: str, items: Sequence[Item] = ()) -> None:
        super().__init__(why)
        self.items = items


class Framing(Protocol):
    """One end of a byte stream. Holds at most one packet of what it has read."""

    @property
    def faults(self) -> FaultLog[Fault]:
        """What was wrong with the bytes, by position in the stream."""

    def feed(self, chunk: bytes) -> list[Item]:
        """Take the next bytes, return what is whole now. FramingLost."""

    def flush(self) -> list[Item]:
        """The stream has ended: what waited for more behind something that is no packet. To be
        asked before ``finish``."""

    def finish(self) -> None:
        """The stream has ended: a tail that is no whole packet is a fault."""

    def build(self, items: Iterable[Item]) -> bytes:
        """The bytes that carry them, in order. ValueError for one that the framing cannot carry
        (see ``carries``), and then for all."""

    def carries(self, item: Item) -> bool:
        """Whether the framing can carry it: end marker, time-code, protocol, size."""

    def answers(self) -> bytes:
        """What has to go back to the peer for what was read, other than by its receiver: replies
        to requests of the bridge's own protocol. Empties it."""


class StreamFraming(ABC):
    """What framings share: the bytes that wait for the rest of their packet, and what was wrong.

    Each byte is copied a fixed number of times, however small the chunks are.
    """

    def __init__(self) -> None:
        self.faults: FaultLog[Fault] = FaultLog()
        self._rest = bytearray()
        self._wanted = 1  # bytes with which it is worth to look again
        self._offset = 0  # of what waits, in the stream
        self._lost: str | None = None

    def feed(self, chunk: bytes) -> list[Item]:
        """Take the next bytes, return what is whole now. FramingLost, then and ever after."""
        if self._lost is not None:
            raise FramingLost(self._lost)
        if self._rest:
            self._rest += chunk
            if len(self._rest) < self._wanted:
                return []
            chunk = bytes(self._rest)
            self._rest.clear()
        items: list[Item] = []
        try:
            used, self._wanted = self._split(chunk, items)
        except FramingLost as lost:
            self._lost, lost.items = str(lost), items
            raise
        if used < len(chunk):
            self._rest += chunk[used:] if used else chunk
        self._offset += used
        return items

    def flush(self) -> list[Item]:
        """Nothing: of this framing only a packet waits for more."""
        return []

    def finish(self) -> None:
        """The stream has ended: a tail that is no whole packet is a fault."""
        if self._rest:
            self._fault(0, f"the stream ends within a packet, {len(self._rest)} bytes into it")
            self._offset += len(self._rest)
            self._rest.clear()

    def answers(self) -> bytes:
        """Nothing: this framing asks its peer for nothing that it would answer."""
        return b""

    @abstractmethod
    def _split(self, data: bytes, items: list[Item]) -> tuple[int, int]:
        """Append what is whole; how many bytes that took, and with how many behind them there may
        be more. FramingLost."""

    def _fault(self, at: int, what: str) -> None:
        self.faults.append(Fault(self._offset + at, "stream", what))
