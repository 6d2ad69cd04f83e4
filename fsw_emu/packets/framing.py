# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What every framing of a byte stream does, so that links and recordings use the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.spacewire import Item


class FramingLost(ValueError):
    """The stream cannot be followed any more: the connection has to end, for the reason said."""


class Framing(Protocol):
    """One end of a byte stream. Holds at most one packet of what it has read."""

    @property
    def faults(self) -> FaultLog[Fault]:
        """What was wrong with the bytes, by position in the stream."""

    def feed(self, chunk: bytes) -> list[Item]:
        """Take the next bytes, return what is whole now. FramingLost."""

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
