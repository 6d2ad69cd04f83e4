# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``loop:NAME``: both ends in this process, in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.link import HIGH_WATER_BYTES, MAX_BACKLOG_BYTES, Link, LinkClosed


class LoopLink(Link):
    """One of two ends; what one sends the other receives in the next turn of the loop."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self._peer: LoopLink | None = None
        self._held = False
        self._waiting: list[Item] = []  # for this end to receive
        self._waiting_bytes = 0
        self._turn: asyncio.Handle | None = None
        self._taken = asyncio.Event()  # by this end's receiver

    def attach(self, receiver: object) -> None:
        super().attach(receiver)  # type: ignore[arg-type]
        self._schedule()

    def send(self, items: Sequence[Item]) -> None:
        peer = self._peer
        if peer is None:
            raise LinkClosed(self.closed_because or "closed")
        self.counters.sent.add(items)
        peer._take(items)

    async def drain(self) -> None:
        peer = self._peer
        while peer is not None and peer._waiting_bytes > HIGH_WATER_BYTES:
            peer._taken.clear()
            await peer._taken.wait()
            peer = self._peer
        if peer is None:
            raise LinkClosed(self.closed_because or "closed")

    def hold(self, held: bool) -> None:
        self._held = held
        self._schedule()

    async def close(self, reason: str = "closed") -> None:
        self._close(reason)

    def _take(self, items: Sequence[Item]) -> None:
        self._waiting.extend(items)
        self._waiting_bytes += sum(len(i.data) for i in items if isinstance(i, SpwPacket))
        if self._waiting_bytes > MAX_BACKLOG_BYTES:
            self._close("the peer does not read")
            return
        self._schedule()

    def _schedule(self) -> None:
        ready = self._waiting and not self._held and self._receiver is not None
        if ready and self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        self._turn = None
        if self._held or self._receiver is None or not self._waiting:
            return
        items, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self._taken.set()
        self.counters.received.add(items)
        self._receiver.received(items)

    def _close(self, reason: str) -> None:
        peer, self._peer = self._peer, None
        if self.closed_because is not None:
            return
        self.closed_because = reason
        self._taken.set()
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        if peer is not None:
            peer._deliver()
            peer._close(reason)
        if self._receiver is not None:
            self._receiver.closed(reason)


def pair(address: str = "loop:") -> tuple[Link, Link]:
    """Two ends that are connected."""
    one, other = LoopLink(address), LoopLink(address)
    one._peer, other._peer = other, one
    return one, other
