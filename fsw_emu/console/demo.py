# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An emulated unit with its FEE in this process, in real time, behind a link as any other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime

from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.pus import SmileTime
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.world import World
from hil.link import Link, LinkClosed
from hil.ports import open_port

ADDRESS = "loop:demo"


class Unit:
    """A unit and who listens to it. ``pass_time`` may run in another thread; all else may not."""

    def __init__(self, testbed: Testbed) -> None:
        self.testbed = testbed
        self._link: Link | None = None
        self._came: list[bytes] = []
        self._telemetry: list[bytes] = []

    def attach(self, link: Link) -> None:
        """Who listens from now on."""
        self._link = link
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        """Telecommands; what is no packet of PTP has no effect."""
        for item in items:
            if isinstance(item, SpwPacket):
                with contextlib.suppress(ValueError):
                    self._came.append(read_ptp(item.data, eep=item.eep).space_packet)

    def closed(self, reason: str) -> None:  # noqa: ARG002
        """Nobody listens."""
        self._link = None

    def pass_time(self, seconds: float, packets: Sequence[bytes]) -> list[bytes]:
        """Telecommands arrive, time passes; the telemetry."""
        for packet in packets:
            self.testbed.dpu.receive(packet)
        self.testbed.run(seconds)
        return self.testbed.take()

    async def run(self) -> None:
        """A cycle each 125 ms until cancelled; one that was late is made up for."""
        seconds = self.testbed.dpu.table.cycle_ms / 1000
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += seconds
            await asyncio.sleep(due - loop.time())
            packets, self._came = self._came, []
            made = await asyncio.to_thread(self.pass_time, seconds, packets)
            if made and self._link is not None:  # else it is lost
                with contextlib.suppress(LinkClosed):
                    self._link.send([SpwPacket(PTP_PREFIX + packet) for packet in made])


async def demo() -> None:
    """Run a unit at ADDRESS, which is in the application already, until cancelled."""
    start = SmileTime.from_iso(datetime.now(UTC).isoformat())
    unit = Unit(Testbed(world=World(start=start), booted=True))
    port = await open_port(ADDRESS, unit.attach)
    try:
        await unit.run()
    finally:
        await port.close()
