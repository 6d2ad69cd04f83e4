# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An emulated node on a port: a device gets what comes over links, and what it sends is paced."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.link import Link, LinkClosed
from hil.node import Device, WatchesLink

#: what crosses a SpaceWire link (ECSS-E-ST-50-12C): a data character, an end marker, a time-code
BYTE_BITS, END_BITS, TIME_CODE_BITS = 10, 4, 14
#: the line may be this much ahead
AHEAD_NS = 1_000_000
#: how much a sender that woke up late may catch up with
CATCH_UP_NS = 20_000_000


def line_bits(items: Sequence[Item]) -> int:
    """Bits that items take on a SpaceWire link, signalling rate."""
    bits = 0
    for item in items:
        if isinstance(item, SpwPacket):
            bits += BYTE_BITS * len(item.data) + END_BITS
        else:
            bits += TIME_CODE_BITS
    return bits


class DeviceServer:
    """Runs one device; its state outlives links.

    rate_bits_s: signalling rate of the link, None for as fast as the peer reads. Answers go
    to the link that asked, at once and unpaced; what the device sends of its own accord goes to
    the last link that came up, and waits while there is none. ``attach`` is for a port.
    """

    def __init__(
        self,
        device: Device,
        *,
        rate_bits_s: float | None = None,
    ) -> None:
        self.closed_because = ""  # why the last link went down
        self._device = device
        self._rate = rate_bits_s
        self._links: list[Link] = []
        self._changed = asyncio.Event()
        self._awaited_ns: int | None = None  # what the device had due when this was last asked

    @property
    def link(self) -> Link | None:
        """Where the device's own packets go now."""
        return self._links[-1] if self._links else None

    def attach(self, link: Link) -> None:
        """Serve a link from now on."""
        self._links.append(link)
        if isinstance(self._device, WatchesLink) and len(self._links) == 1:
            self._device.link_up()
        link.attach(_Served(self, link))
        self._changed.set()

    async def run(self) -> None:
        """Send what the device has to send, until cancelled."""
        free_ns = time.monotonic_ns()  # when the line is
        while True:
            self._changed.clear()
            wait_ns = self._wait_ns(free_ns)
            if wait_ns is None or wait_ns > 0:
                seconds = None if wait_ns is None else wait_ns * 1e-9
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):  # wait_for may swallow a cancellation
                        await self._changed.wait()
                continue
            now_ns = time.monotonic_ns()
            items = self._device.produce(now_ns)
            if self._rate is not None:
                free_ns = max(free_ns, now_ns - CATCH_UP_NS)
                free_ns += round(line_bits(items) * 1e9 / self._rate)
            await self._send(items)

    def received(self, link: Link, items: Sequence[Item]) -> None:
        """What came over a link."""
        answers = self._device.received(items, time.monotonic_ns())
        if answers:
            with contextlib.suppress(LinkClosed):
                link.send(answers)
        if self._device.due_ns() != self._awaited_ns:
            self._changed.set()

    def closed(self, link: Link, reason: str) -> None:
        """A link is down."""
        self.closed_because = reason
        self._links.remove(link)
        if isinstance(self._device, WatchesLink) and not self._links:
            self._device.link_down()
        self._changed.set()

    def _wait_ns(self, free_ns: int) -> int | None:
        """How long nothing can be sent; None: until something changes."""
        due_ns = self._awaited_ns = self._device.due_ns()
        if due_ns is None or not self._links:
            return None
        return max(due_ns, free_ns - AHEAD_NS) - time.monotonic_ns()

    async def _send(self, items: Sequence[Item]) -> None:
        link = self.link
        with contextlib.suppress(LinkClosed):
            if items and link is not None:
                link.send(items)
                await link.drain()
        await asyncio.sleep(0)  # whatever drain does, others get their turn


class _Served:
    """The receiver of one link."""

    def __init__(self, server: DeviceServer, link: Link) -> None:
        self._server = server
        self._link = link

    def received(self, items: Sequence[Item]) -> None:
        self._server.received(self._link, items)

    def closed(self, reason: str) -> None:
        self._server.closed(self._link, reason)
