# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Two links, of whatever transports: what comes over one goes on over the other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from fsw_emu.packets.spacewire import Item
from hil.link import Counters, Link, LinkClosed, Traffic

#: of memory, that came and went before the other side is asked whether it keeps up
_STRIDE_BYTES = 512 << 10


class Side:
    """One side of a bridge: its link, when it is up, and what came over all its links."""

    def __init__(self, around: Callable[[Link], Link]) -> None:
        self.link: Link | None = None
        self.links = 0  # that were up, also this one
        self.undelivered = 0  # items that came while the other side was down
        self.last_reason = ""  # why the last one ended
        self._around = around
        self._other: Side = self
        self._past = Counters()  # of links that are down
        self._asked_at = 0
        self._drain: asyncio.Task[None] | None = None
        self._replacing: asyncio.Task[None] | None = None

    def attach(self, link: Link) -> None:
        """Of a port: a new link. The one that was there is closed: the peer has come again."""
        old, self.link = self.link, self._around(link)
        if old is not None:
            self._forget(old)
            self._replacing = asyncio.create_task(old.close("another link took its place"))
        self.links += 1
        self._asked_at = 0
        self.link.attach(_Taker(self, self.link))

    @property
    def counters(self) -> Counters:
        """Of all its links together."""
        if self.link is None:
            return self._past
        return _sum(self._past, self.link.counters)

    def received(self, link: Link, items: Sequence[Item]) -> None:
        """Pass it on; now and then wait for the other side."""
        other = self._other.link
        if other is None:
            self.undelivered += len(items)
            return
        try:
            other.send(items)
        except LinkClosed:
            self.undelivered += len(items)
            return
        moved = link.counters.received.memory_bytes + other.counters.sent.memory_bytes
        if not 0 <= moved - self._asked_at < _STRIDE_BYTES and self._drain is None:
            self._asked_at = moved
            self._drain = asyncio.get_running_loop().create_task(self._wait(link, other))

    def closed(self, link: Link, reason: str) -> None:
        if link is self.link:
            self.link, self.last_reason = None, reason
            self._forget(link)

    async def hold(self) -> None:
        """Take nothing more."""
        for task in (self._drain, self._replacing):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if self.link is not None:
            self.link.hold(True)

    async def close(self) -> None:
        """Close the link, if it is up."""
        if self.link is not None:
            await self.link.close("the bridge ends")

    async def _wait(self, link: Link, other: Link) -> None:
        """Hold what comes until the other side has less to send."""
        link.hold(True)
        try:
            await other.drain()
        except LinkClosed:
            pass
        finally:
            link.hold(False)
            self._drain = None

    def _forget(self, link: Link) -> None:
        self._past = _sum(self._past, link.counters)


class _Taker:
    """The receiver of one link of a side."""

    def __init__(self, side: Side, link: Link) -> None:
        self._side, self._link = side, link

    def received(self, items: Sequence[Item]) -> None:
        self._side.received(self._link, items)

    def closed(self, reason: str) -> None:
        self._side.closed(self._link, reason)


class Bridge:
    """Two sides. Either may be down: what comes over the other meanwhile is counted and
    dropped, as nothing else bounds it. What a transport cannot carry is counted as refused."""

    def __init__(
        self,
        *,
        around_a: Callable[[Link], Link] = lambda link: link,
        around_b: Callable[[Link], Link] = lambda link: link,
    ) -> None:
        """around: what is put round each link of a side, as a recorder or faults."""
        self.a, self.b = Side(around_a), Side(around_b)
        self.a._other, self.b._other = self.b, self.a

    async def close(self) -> None:
        for side in (self.a, self.b):
            await side.hold()
        for side in (self.a, self.b):
            await side.close()


def _sum(one: Counters, other: Counters) -> Counters:
    def traffic(a: Traffic, b: Traffic) -> Traffic:
        return Traffic(
            a.packets + b.packets,
            a.bytes + b.bytes,
            a.eeps + b.eeps,
            a.time_codes + b.time_codes,
            a.refused + b.refused,
        )

    return Counters(
        traffic(one.sent, other.sent),
        traffic(one.received, other.received),
        one.faults + other.faults,
        one.notes + other.notes,
    )
