# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Front-end electronics at the other end of a link, as the testbed takes one."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Sequence

from fsw_emu.dpu.fee_port import Received
from fsw_emu.packets.spacewire import FEE_DATA, Item, SpwPacket
from hil.link import HIGH_WATER_BYTES, Link, LinkClosed, memory_bytes

#: packets that a cycle is handed at once
_STRETCH = 1024


class FeePeer:
    """A testbed's Fee over a link: it has power of its own, which the unit only stops using.

    Replies come with the next cycle. What it sends faster than cycles take waits on its side, once
    there is a MiB here. ``lost``: packets to it while no link was there. ``attach`` is for a port.
    """

    def __init__(self) -> None:
        self.link_now: Link | None = None
        self.lost = 0
        self._replies: list[Item] = []
        self._data: deque[Item] = deque()
        self._bytes = 0

    def attach(self, link: Link) -> None:
        """The link to it from now on."""
        self.link_now = link
        link.attach(_End(self, link))

    def take(self, link: Link, items: Sequence[Item]) -> None:
        """What came over a link."""
        for item in items:
            data = isinstance(item, SpwPacket) and item.data[1:2] == bytes([FEE_DATA])
            (self._data if data else self._replies).append(item)
        self._bytes += memory_bytes(items)
        if self._bytes >= HIGH_WATER_BYTES:
            link.hold(True)

    def gone(self, link: Link) -> None:
        """A link is down."""
        if self.link_now is link:
            self.link_now = None

    @property
    def n_frames(self) -> int:
        """Its readouts are its own: none is known of."""
        return 0

    def power(self, on: bool, now_ns: int) -> None:
        """Without power nothing of it is seen."""
        del now_ns
        if on:
            self._data.clear()
            self._replies.clear()
            self._go_on()

    def received(self, items: Sequence[Item], now_ns: int) -> Sequence[Item]:
        """Send; the replies that have come."""
        del now_ns
        if items and self.link_now is None:
            self.lost += len(items)
        elif items and self.link_now is not None:
            with contextlib.suppress(LinkClosed):
                self.link_now.send(items)
        replies, self._replies = self._replies, []
        return replies

    def due_ns(self) -> int | None:
        """At once, where something has come."""
        return 0 if self._data else None

    def produce(self, now_ns: int) -> Sequence[Received]:
        """What came of readouts, a stretch of it."""
        del now_ns
        stretch = [self._data.popleft() for _ in range(min(_STRETCH, len(self._data)))]
        if not self._data:
            self._go_on()
        return stretch

    def link(self, up: bool) -> None:
        """A fault of the scenario: packets are lost, the connection stays."""

    def stick(self, field: str, value: int | None) -> None:
        """Its registers cannot be reached from here: nothing happens."""

    def freeze(self, on: bool) -> None:
        """Neither can its housekeeping."""

    def raise_flag(self, name: str) -> None:
        """Nor its flags."""

    def _go_on(self) -> None:
        self._bytes = 0
        if self.link_now is not None:
            self.link_now.hold(False)


class _End:
    """The receiver of one link."""

    def __init__(self, peer: FeePeer, link: Link) -> None:
        self._peer = peer
        self._link = link

    def received(self, items: Sequence[Item]) -> None:
        self._peer.take(self._link, items)

    def closed(self, reason: str) -> None:  # noqa: ARG002
        self._peer.gone(self._link)
