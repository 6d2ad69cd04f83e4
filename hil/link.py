# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One end of a SpaceWire link, whatever carries it.

A link hands what it receives to its receiver as it comes, in stretches, within the event loop. It
reads nothing before it has a receiver. Sending never waits: whoever sends much awaits ``drain``
between stretches. A peer that does not read is cut off once ``MAX_BACKLOG_BYTES`` wait for it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fsw_emu.packets.spacewire import Item, SpwPacket

#: drain waits above it
HIGH_WATER_BYTES = 1 << 20
#: a link with more to send than this is closed
MAX_BACKLOG_BYTES = 64 << 20
#: what an item takes besides its data, so that empty packets do not fill the memory
ITEM_BYTES = 100


class LinkClosed(ConnectionError):
    """The link is down; its text says why."""


class Receiver(Protocol):
    """Who takes what comes over a link. Its methods must not raise."""

    def received(self, items: Sequence[Item]) -> None:
        """The next packets and time-codes, in order, at least one."""

    def closed(self, reason: str) -> None:
        """The link is down, nothing more comes."""


@dataclass
class Traffic:
    """What went one way."""

    packets: int = 0
    bytes: int = 0
    eeps: int = 0
    time_codes: int = 0
    refused: int = 0  # sent: the transport cannot carry it

    def add(self, items: Sequence[Item]) -> None:
        packets = size = eeps = 0
        for item in items:
            if isinstance(item, SpwPacket):
                packets += 1
                size += len(item.data)
                if item.eep:
                    eeps += 1
        self.packets += packets
        self.bytes += size
        self.eeps += eeps
        self.time_codes += len(items) - packets

    @property
    def memory_bytes(self) -> int:
        """What all of it took while it waited."""
        return self.bytes + ITEM_BYTES * (self.packets + self.time_codes)


def memory_bytes(items: Iterable[Item]) -> int:
    """What items take while they wait."""
    return sum(
        ITEM_BYTES + (len(item.data) if isinstance(item, SpwPacket) else 0) for item in items
    )


@dataclass
class Counters:
    """What went over a link, both ways, and what was wrong with its framing."""

    sent: Traffic = field(default_factory=Traffic)
    received: Traffic = field(default_factory=Traffic)
    faults: int = 0
    #: what the peer does where it could do otherwise -> how often
    notes: Counter[str] = field(default_factory=Counter)


class Link(ABC):
    """One end of one connection."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.counters = Counters()
        self.closed_because: str | None = None
        self._receiver: Receiver | None = None

    def attach(self, receiver: Receiver) -> None:
        """Who takes what comes from now on."""
        self._receiver = receiver

    @abstractmethod
    def carries(self, item: Item) -> bool:
        """Whether the transport can carry it."""

    @abstractmethod
    def send(self, items: Sequence[Item]) -> None:
        """Send them in order. What the transport cannot carry is counted as refused and left out.
        LinkClosed."""

    @abstractmethod
    async def drain(self) -> None:
        """Wait until less than HIGH_WATER_BYTES wait to be sent. LinkClosed."""

    @abstractmethod
    def hold(self, held: bool) -> None:
        """Stop reading from the peer, or go on: what it sends meanwhile waits on its side."""

    @abstractmethod
    async def close(self, reason: str = "closed") -> None:
        """Send what waits, end the connection, tell the receiver. Closing twice is once."""


class Port(ABC):
    """Where links come from: a client's connections, a server's accepted ones.

    ``attach`` is called with each new link and gives it a receiver.
    """

    address: str  # as others reach it: with the port number that was taken
    refused: int = 0  # connections turned away: there were as many clients as allowed

    @property
    @abstractmethod
    def links(self) -> Sequence[Link]:
        """Those that are up."""

    @abstractmethod
    async def stop(self) -> None:
        """No further links; those that are up stay."""

    async def close(self) -> None:
        """No further links; those that are up are closed."""
        await self.stop()
        await asyncio.gather(*(link.close() for link in self.links))


Attach = Callable[[Link], None]
