# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A link round another: what it does not change passes as it is."""

from __future__ import annotations

from collections.abc import Sequence

from fsw_emu.packets.spacewire import Item
from hil.link import Link, Receiver


class LinkAround(Link):
    """Subclasses override what they change."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.address)
        self.counters = link.counters  # what really crossed
        self._link = link
        self.closed_because = link.closed_because

    def attach(self, receiver: Receiver) -> None:
        super().attach(receiver)
        self._link.attach(self)

    def carries(self, item: Item) -> bool:
        return self._link.carries(item)

    def send(self, items: Sequence[Item]) -> None:
        self._link.send(items)

    async def drain(self) -> None:
        await self._link.drain()

    def hold(self, held: bool) -> None:
        self._link.hold(held)

    async def close(self, reason: str = "closed") -> None:
        await self._link.close(reason)
        self.closed_because = self._link.closed_because

    def received(self, items: Sequence[Item]) -> None:
        if self._receiver is not None:
            self._receiver.received(items)

    def closed(self, reason: str) -> None:
        self.closed_because = reason
        if self._receiver is not None:
            self._receiver.closed(reason)
