# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What carries telecommands and telemetry: a link in real time, or a unit in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket

#: told of each packet of telemetry, and when it came [s]
Take = Callable[[bytes, float], None]
#: of a cycle, so that rounding never adds one
_EPSILON = 1e-6


class Line(Protocol):
    """Carries PUS packets; its time is that of what is at the other end."""

    def attach(self, take: Take) -> None:
        """Who takes telemetry from now on."""

    async def send(self, packet: bytes) -> None:
        """Send a telecommand. ConnectionError."""

    def now_s(self) -> float:
        """Time since some moment [s]."""

    async def wait(self, until_s: float) -> None:
        """Let time pass until then, or until telemetry has come. ConnectionError."""


class Unit(Protocol):
    """An onboard application in virtual time, as fsw_emu.dpu.dpu.Dpu is."""

    def receive(self, packet: bytes) -> None:
        """A telecommand."""

    def run(self, n_cycles: int, *, to_telemetry: bool = False) -> int:
        """Let cycles pass; to_telemetry: none after the first that makes telemetry. How many
        passed."""

    def take_telemetry(self) -> Sequence[bytes]:
        """What was made since the last call."""


class VirtualLine:
    """A unit in virtual time: onboard time passes while something is waited for, and only then.

    cycle_s: what a cycle is [s].
    """

    def __init__(self, unit: Unit, *, cycle_s: float = 0.125) -> None:
        self._unit = unit
        self._cycle_s = cycle_s
        self._cycles = 0
        self._take: Take = lambda _, __: None

    def attach(self, take: Take) -> None:
        self._take = take
        self._hand_on()

    async def send(self, packet: bytes) -> None:
        self._unit.receive(packet)
        self._hand_on()

    def now_s(self) -> float:
        return self._cycles * self._cycle_s

    async def wait(self, until_s: float) -> None:
        await asyncio.sleep(0)  # others that wait get their turn
        left = math.ceil((until_s - self.now_s()) / self._cycle_s - _EPSILON)
        if left > 0:
            self._cycles += self._unit.run(left, to_telemetry=True)
        self._hand_on()

    def _hand_on(self) -> None:
        for packet in self._unit.take_telemetry():
            self._take(packet, self.now_s())


class Connection(Protocol):
    """A link, as hil.link.Link is."""

    def attach(self, receiver: Any) -> None:
        """Who takes what comes: ``received(items)``, ``closed(reason)``."""

    def send(self, items: Sequence[Item]) -> None:
        """Send packets. ConnectionError."""

    async def drain(self) -> None:
        """Wait until most is sent. ConnectionError."""


class LinkLine:
    """A link to the instrument, or to ``fsw-emu dpu --egse``, within a running event loop.

    strange: packets that came and are none of PTP.
    """

    def __init__(self, link: Connection) -> None:
        self.strange = 0
        self._link = link
        self._came = asyncio.Event()
        self._closed: str | None = None
        self._take: Take = lambda _, __: None

    def attach(self, take: Take) -> None:
        self._take = take
        self._link.attach(self)

    async def send(self, packet: bytes) -> None:
        self._link.send([SpwPacket(PTP_PREFIX + packet)])
        await self._link.drain()

    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def wait(self, until_s: float) -> None:
        if self._closed is not None:
            raise ConnectionError(self._closed)
        self._came.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                await self._came.wait()

    def received(self, items: Sequence[Item]) -> None:
        """What came over the link."""
        now_s = self.now_s()
        for item in items:
            if not isinstance(item, SpwPacket):
                continue
            try:
                self._take(read_ptp(item.data, eep=item.eep).space_packet, now_s)
            except ValueError:
                self.strange += 1
        self._came.set()

    def closed(self, reason: str) -> None:
        """The link is down."""
        self._closed = reason
        self._came.set()
