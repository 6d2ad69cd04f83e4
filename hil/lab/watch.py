# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The tests' end of a link: what came stays to be asked for, and others may watch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from fsw_emu.packets.pcap import Direction
from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.around import LinkAround
from hil.faults.link import FaultyLink
from hil.link import Counters, Link, LinkClosed, Receiver

#: what came and nobody asked for is kept up to this; then the oldest goes
MAX_KEPT_BYTES = 64 << 20
_ITEM_BYTES = 64  # of an item besides its data, about

#: how long is waited for what is asked for
RECEIVE_S = 10.0

Watcher = Callable[["WatchedLink", Direction, Sequence[Item]], None]


class WatchedLink(LinkAround):
    """A link that takes what comes by itself; a receiver that is attached gets it as well.

    name: in the lab. watchers: called with all that passes. counters: of that, over all its
    links. lost: items that came and went because nobody asked for them.
    """

    def __init__(self, name: str, link: Link) -> None:
        super().__init__(link)
        self.counters = Counters()
        self.name = name
        self.watchers: list[Watcher] = []
        self.lost = 0
        self._bare = link  # without faults
        self._faulty: FaultyLink | None = None
        self._kept: deque[Item] = deque()
        self._kept_bytes = 0
        self._came = asyncio.Event()
        link.attach(self)

    def renew(self, link: Link) -> None:
        """Go on with another link, as its peer does."""
        self.closed_because = link.closed_because
        self._bare = self._link = link
        self._faulty = None
        link.attach(self)

    def wrap(self, around: Callable[[Link], FaultyLink]) -> None:
        """Put faults round the link that this one has, and no others."""
        self.unwrap()
        self._link = self._faulty = around(self._bare)
        self._link.attach(self)

    def unwrap(self) -> None:
        """No faults any more; what they held back goes on first."""
        faulty, self._faulty, self._link = self._faulty, None, self._bare
        if faulty is not None:
            faulty.release_all()
            if self.closed_because is None:  # who attaches to one that is closed is told again
                self._link.attach(self)

    def attach(self, receiver: Receiver) -> None:
        self._receiver = receiver  # the link under it has us already

    def send(self, items: Sequence[Item]) -> None:
        super().send(items)
        carried = [item for item in items if self.carries(item)]
        self.counters.sent.add(carried)
        self.counters.sent.refused += len(items) - len(carried)
        for watcher in self.watchers:
            watcher(self, "out", carried)

    def received(self, items: Sequence[Item]) -> None:
        self.counters.received.add(items)
        for watcher in self.watchers:
            watcher(self, "in", items)
        self._kept.extend(items)
        self._kept_bytes += sum(map(_size, items))
        while self._kept_bytes > MAX_KEPT_BYTES:
            self._kept_bytes -= _size(self._kept.popleft())
            self.lost += 1
        self._came.set()
        super().received(items)

    def closed(self, reason: str) -> None:
        super().closed(reason)
        self._came.set()

    async def receive(self, *, timeout_s: float = RECEIVE_S) -> Item:
        """The next packet or time-code. TimeoutError, LinkClosed."""
        async with asyncio.timeout(timeout_s):
            while not self._kept:
                if self.closed_because is not None:
                    raise LinkClosed(self.closed_because)
                self._came.clear()
                await self._came.wait()
        item = self._kept.popleft()
        self._kept_bytes -= _size(item)
        return item

    async def packet(
        self, *, protocol: int | None = None, timeout_s: float = RECEIVE_S
    ) -> SpwPacket:
        """The next packet, or the next of a protocol; what came before it is dropped. TimeoutError,
        LinkClosed."""
        async with asyncio.timeout(timeout_s):
            while True:
                item = await self.receive(timeout_s=timeout_s)
                if isinstance(item, SpwPacket) and protocol in (None, *item.data[1:2]):
                    return item

    def forget(self) -> None:
        """Drop what came until now."""
        self._kept.clear()
        self._kept_bytes = 0


def _size(item: Item) -> int:
    return _ITEM_BYTES + (len(item.data) if isinstance(item, SpwPacket) else 0)
