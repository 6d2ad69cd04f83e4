# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``loop:NAME``: both ends in this process, in one event loop.

Who opens a name first waits for others, as a server does; they are its clients.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from fsw_emu.packets.spacewire import Item
from hil.address import Address
from hil.link import (
    HIGH_WATER_BYTES,
    MAX_BACKLOG_BYTES,
    Attach,
    Link,
    LinkClosed,
    Port,
    Receiver,
    memory_bytes,
)

#: who waits by which name: names are of the event loop
_waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, LoopPort]] = WeakKeyDictionary()

#: between attempts to connect again [s]
_RETRY_S = 0.05


class LoopLink(Link):
    """One of two ends; what one sends the other receives in the next turn of the loop."""

    def __init__(self, address: str, gone: Callable[[LoopLink], None] | None = None) -> None:
        super().__init__(address)
        self._gone = gone
        self._peer: LoopLink | None = None
        self._held = False
        self._waiting: list[Item] = []  # for this end to receive
        self._waiting_bytes = 0
        self._turn: asyncio.Handle | None = None
        self._taken = asyncio.Event()  # by this end's receiver

    def attach(self, receiver: Receiver) -> None:
        super().attach(receiver)
        if self.closed_because is not None:
            asyncio.get_running_loop().call_soon(receiver.closed, self.closed_because)
        self._schedule()

    def carries(self, item: Item) -> bool:  # noqa: ARG002
        return True

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
        self._waiting_bytes += memory_bytes(items)
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
            peer._close(f"the peer {reason}" if reason == "closed" else reason)
        if self._gone is not None:
            self._gone(self)
        if self._receiver is not None:
            self._receiver.closed(reason)


def pair(address: str = "loop:") -> tuple[Link, Link]:
    """Two ends that are connected."""
    return _connected(LoopLink(address), LoopLink(address))


def _connected(one: LoopLink, other: LoopLink) -> tuple[LoopLink, LoopLink]:
    one._peer, other._peer = other, one
    return one, other


class LoopPort(Port):
    """One who waits for others, or one of the others."""

    def __init__(self, address: Address, attach: Attach, clients: int, reconnect: bool) -> None:
        self.address = address.text
        self._name = address.path
        self._attach = attach
        self._clients = clients
        self._links: list[LoopLink] = []
        self._reconnect = reconnect
        self._retrying: asyncio.Handle | None = None

    @property
    def links(self) -> Sequence[Link]:
        return tuple(self._links)

    def open(self) -> None:
        """Wait for others, or connect with who waits. ConnectionRefusedError."""
        waits = self._names().setdefault(self._name, self)
        if waits is not self:
            waits.take(self)

    def take(self, client: LoopPort) -> None:
        """Connect with one of the others. ConnectionRefusedError."""
        if len(self._links) >= self._clients:
            self.refused += 1
            raise ConnectionRefusedError(f"{self.address}: it has its client already")
        made = _connected(
            LoopLink(self.address, self._gone), LoopLink(client.address, client._gone)
        )
        for port, link in zip((self, client), made, strict=True):
            port._links.append(link)
            port._attach(link)

    async def stop(self) -> None:
        self._reconnect = False
        if self._retrying is not None:
            self._retrying.cancel()
        if self._names().get(self._name) is self:
            del self._names()[self._name]

    def _gone(self, link: LoopLink) -> None:
        self._links.remove(link)
        if self._names().get(self._name) is not self and self._reconnect:
            # both receivers are told first that this one is down
            self._retrying = asyncio.get_running_loop().call_soon(self._retry)

    def _retry(self) -> None:
        """Connect with who waits, later if nobody does."""
        self._retrying = asyncio.get_running_loop().call_later(_RETRY_S, self._retry)
        if (waits := self._names().get(self._name)) is not None:
            with contextlib.suppress(ConnectionRefusedError):
                waits.take(self)
                self._retrying.cancel()

    @staticmethod
    def _names() -> dict[str, LoopPort]:
        return _waiting.setdefault(asyncio.get_running_loop(), {})


async def open_port(address: Address, attach: Attach, *, clients: int, reconnect: bool) -> Port:
    """As hil.ports.open_port."""
    address.expect("loop:NAME")
    port = LoopPort(address, attach, clients, reconnect)
    port.open()
    return port
