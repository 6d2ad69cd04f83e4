# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard application in real time, and those who command it over links (docs/time.md)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode
from fsw_emu.testbed.link import FeeLink
from hil.link import Link, LinkClosed

#: those that may be connected to one port
CLIENTS = 8
#: packets that one client has taken in one turn of the event loop
SLICE = 64
#: as fast as possible: cycles in one turn, and how long a client may take nothing [s]
STRIDE_CYCLES = 8
TAKES_S = 10.0
MOST_SIZE = 0xFFFF

#: told of telecommands as they came, and of telemetry as it was made
Watcher = Callable[[Literal["tc", "tm"], Sequence[bytes]], None]


@dataclass
class Counts:
    """late: cycles that ended when the next was due already; strange: packets that no target of
    PTP takes; worst_late_s: the most by which one was late, host time."""

    commands: int = 0
    telemetry: int = 0
    late: int = 0
    worst_late_s: float = 0.0
    strange: int = 0
    time_codes: int = 0
    clients: int = 0  # that were ever there
    last_reason: str = ""  # why the last one went


class EgseServer:
    """Runs one unit: a cycle each 125 ms, caught up one by one where the host is late.

    speed: how much faster than real time; None: as fast as possible, which waits for clients that
    do not read. follows_link: SpaceWire time-codes of the clients' links set the onboard clock;
    the unit's world has none of its own then. fee: the link to the electronics, with a scenario's
    faults; None: nothing answers there. Every client gets all telemetry and may command;
    ``watchers`` see all of it, whoever is there. ``attach`` is for a port.
    """

    def __init__(
        self,
        dpu: Dpu,
        *,
        speed: float | None = 1.0,
        follows_link: bool = False,
        fee: FeeLink | None = None,
    ) -> None:
        self.dpu = dpu
        self.fee = fee
        self.counts = Counts()
        self.watchers: list[Watcher] = []
        self.period_s = None if speed is None else dpu.table.cycle_ms / 1000 / speed
        self._follows_link = follows_link
        self._clients: list[_Client] = []
        self._began_s = 0.0  # the cycle that runs, host time

    @property
    def clients(self) -> Sequence[Link]:
        """Those that are connected."""
        return [client.link for client in self._clients]

    def attach(self, link: Link) -> None:
        """Serve a link from now on."""
        self.counts.clients += 1
        client = _Client(self, link)
        self._clients.append(client)
        link.attach(client)

    def receive(self, packets: Sequence[bytes]) -> None:
        """Telecommands as from a client; what is made of them at once goes out."""
        if packets:
            self.counts.commands += len(packets)
            self._tell("tc", packets)
        for packet in packets:
            self.dpu.receive(packet)
        self.send()

    def send(self) -> None:
        """Let telemetry that is ready go to everybody."""
        packets = self.dpu.take_telemetry()
        if not packets:
            return
        self.counts.telemetry += len(packets)
        self._tell("tm", packets)
        items = [SpwPacket(PTP_PREFIX + packet) for packet in packets]
        for client in tuple(self._clients):
            with contextlib.suppress(LinkClosed):
                client.link.send(items)

    def cycle(self) -> None:
        """The next 125 ms, with all that they bring."""
        self.dpu.cycle()
        world = self.dpu.world
        acts = world.take_acts()
        if self.fee is not None:
            for act in acts:
                self.fee.act(act, world.now_ns)
            self.fee.power(world.fee_on, world.now_ns)
            out = list(self.dpu.take_fee())
            self.dpu.fee_received(self.fee.exchange(out, world.now_ns))
        else:
            self.dpu.take_fee()
        self.send()

    def time_code(self, code: TimeCode) -> None:
        """A time-code of a client's link."""
        if not self._follows_link or code.flags:
            return
        self.counts.time_codes += 1
        world = self.dpu.world
        world.clock.time_code(world.now_ns + self._within_cycle_ns())

    def gone(self, client: _Client, reason: str) -> None:
        """A client's link is down."""
        self._clients.remove(client)
        self.counts.last_reason = reason

    async def run(self) -> None:
        """Cycle after cycle, until cancelled."""
        if self.period_s is None:
            await self._run_as_fast_as_possible()
            return
        now = asyncio.get_running_loop().time
        self._began_s = now()
        self.send()
        due_s = self._began_s + self.period_s
        while True:
            await asyncio.sleep(max(due_s - now(), 0))
            self._began_s = now()
            self.cycle()
            due_s += self.period_s
            if (late_s := now() - due_s) > 0:
                self._report_late(late_s)

    async def _run_as_fast_as_possible(self) -> None:
        self.send()
        while True:
            if self.fee is None:  # idle cycles are left out
                self.dpu.run(STRIDE_CYCLES)
                self.dpu.world.take_acts()
                self.dpu.take_fee()
                self.send()
            else:
                for _ in range(STRIDE_CYCLES):
                    self.cycle()
            await asyncio.gather(*(client.caught_up() for client in self._clients))
            await asyncio.sleep(0)

    def _report_late(self, late_s: float) -> None:
        """The cycle that just ended did so when the next was due: the application tells."""
        assert self.period_s is not None  # noqa: S101  (nothing is late without)
        self.counts.late += 1
        self.counts.worst_late_s = max(self.counts.worst_late_s, late_s)
        onboard = self.dpu.onboard
        if onboard.software != "IASW":
            return  # the boot software has no such event
        size = round(late_s / self.period_s * self.dpu.table.cycle_ms)
        onboard.events.report(
            "EVT_THRD_OR",
            ThrdId=self.dpu.table.assumed["overrun"]["thread"],
            ThrdOrSize=min(max(size, 1), MOST_SIZE),
        )
        self.send()

    def _within_cycle_ns(self) -> int:
        """Onboard time since this cycle began; a late one ends where the next begins."""
        if self.period_s is None:
            return 0
        passed = (asyncio.get_running_loop().time() - self._began_s) / self.period_s
        return round(min(passed, 1.0) * self.dpu.table.cycle_ms * 1_000_000)

    def _tell(self, what: Literal["tc", "tm"], packets: Sequence[bytes]) -> None:
        for watcher in self.watchers:
            watcher(what, packets)


class _Client:
    """The receiver of one link. What comes at once is taken in slices, so that cycles and other
    clients get their turn; what has come is taken also from one that has gone."""

    def __init__(self, server: EgseServer, link: Link) -> None:
        self.link = link
        self._server = server
        self._waiting: deque[Item] = deque()
        self._held = False

    def received(self, items: Sequence[Item]) -> None:
        self._waiting.extend(items)
        if not self._held:
            self._take()

    def closed(self, reason: str) -> None:
        self._server.gone(self, reason)

    async def caught_up(self) -> None:
        """Wait until it has taken most of what was sent; one that takes nothing is cut off."""
        with contextlib.suppress(LinkClosed):
            try:
                async with asyncio.timeout(TAKES_S):
                    await self.link.drain()
            except TimeoutError:
                await self.link.close("the peer does not read")

    def _take(self) -> None:
        packets = []
        for _ in range(min(SLICE, len(self._waiting))):
            item = self._waiting.popleft()
            if isinstance(item, TimeCode):
                self._server.time_code(item)
            elif (packet := self._packet(item)) is not None:
                packets.append(packet)
        self._server.receive(packets)
        if self._held != bool(self._waiting):
            self._held = not self._held
            self.link.hold(self._held)
        if self._held:
            asyncio.get_running_loop().call_soon(self._take)

    def _packet(self, item: SpwPacket) -> bytes | None:
        try:
            return read_ptp(item.data, eep=item.eep).space_packet
        except ValueError:
            self._server.counts.strange += 1
            return None
