# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard chain behind a FEE while it runs: links, commands, packets in, telemetry out."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import numpy as np

from fsw_emu.cli.downlink import Downlink
from fsw_emu.cli.rig import unless
from fsw_emu.core import Core
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.packets.fault import FaultLog
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket
from hil.fee.names import Configuration
from hil.fee.proxy import FeeProxy
from hil.fee.reception import Reception, Stretch
from hil.link import Counters, Link, LinkClosed
from hil.ports import open_port
from hil.rmap.initiator import Initiator, RmapError, Target

#: a ground station that takes nothing for so long is cut off
TELEMETRY_S = 10.0
#: those that may listen to telemetry
TELEMETRY_CLIENTS = 4


@dataclass(frozen=True)
class Asked:
    """What a session is to do; ``start`` is a mode's code, ``fee`` how the FEE is commanded."""

    link: str
    telemetry: str | None = None
    registers: Mapping[str, int] = field(default_factory=dict)
    start: int | None = None
    frames: int | None = None
    seconds: float | None = None
    reconnect: bool = False
    fee: Target = field(default_factory=Target)


class Telemetry:
    """Telemetry packets to whoever is connected, each after the prefix of PTP."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.packets = self.commands = 0  # commands that came: nothing serves them

    def attach(self, link: Link) -> None:
        self.links.append(link)
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        self.commands += len(items)

    def closed(self, reason: str) -> None:
        _tell(f"a telemetry link is down: {reason}")
        self.links = [link for link in self.links if link.closed_because is None]

    async def send(self, packets: Sequence[bytes]) -> None:
        """Send to all links, and wait until they have taken most of it."""
        items = [SpwPacket(PTP_PREFIX + packet) for packet in packets]
        self.packets += len(items)
        for link in tuple(self.links):
            with contextlib.suppress(LinkClosed):
                link.send(items)
                try:
                    async with asyncio.timeout(TELEMETRY_S):
                        await link.drain()
                except TimeoutError:
                    await link.close(f"it took nothing in {TELEMETRY_S:g} s")


class Session:
    """One run. ``faults`` are those of links and commands, beside the chain's own. ``run`` opens
    the links that were asked for; who has links of their own gives them to ``attach`` while
    ``process`` runs, until ``end``."""

    def __init__(self, asked: Asked, onboard: Core, settings: Settings, downlink: Downlink) -> None:
        interface = settings.interface
        self.name = f"FEE at {asked.link}"
        self.faults: FaultLog[str] = FaultLog()
        self.chain = ScienceChain(onboard, settings, self._take_entity)
        self.initiator = Initiator(asked.fee)
        self.fee = FeeProxy(self.initiator)
        self.reception = Reception(
            self.initiator,
            data_len=interface.data_len,
            event_sequence_restarts=interface.sequence_after_hk == "restarts",
            on_closed=self._gone,
        )
        self.telemetry = Telemetry()
        self._asked = asked
        self._downlink = downlink
        self._packets: list[bytes] = []  # telemetry that is ready to go
        self._n_links = 0
        self._counters = Counters()  # of the last link: closed ones are not kept
        self._framing_faults = 0  # of those before
        self._commanding: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._seen = (time.perf_counter(), 0, 0, "")

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set or what was asked for is there; all that came is processed."""
        asked, self._stop = self._asked, stop
        async with contextlib.AsyncExitStack() as stack:
            if asked.telemetry is not None:
                opening = open_port(
                    asked.telemetry, self.telemetry.attach, clients=TELEMETRY_CLIENTS,
                    reconnect=True, patient=True,
                )  # fmt: skip
                port = await unless(stop, opening)
                stack.push_async_callback(port.close)
                print(f"telemetry: {port.address}", flush=True)
            opening = open_port(asked.link, self.attach, reconnect=asked.reconnect, patient=True)
            port = await unless(stop, opening)
            stack.push_async_callback(port.close)
            print(f"dpu: {port.address}", flush=True)
            processing = asyncio.create_task(self.process())
            processing.add_done_callback(lambda _: stop.set())
            try:
                async with asyncio.timeout(asked.seconds):
                    await stop.wait()
            except TimeoutError:
                pass
            finally:
                await self.end()
                await processing

    async def process(self) -> None:
        """Packets to telemetry, until ``end``; the chain works in a thread, the links go on."""
        while (stretch := await self.reception.take()) is not None:
            await asyncio.to_thread(self.chain.feed, _batch(stretch))
            await self._send()
            if self._asked.frames is not None and self.chain.counts.frames >= self._asked.frames:
                self._stop.set()
        await asyncio.to_thread(self.chain.finish)
        await self._send()

    def attach(self, link: Link) -> None:
        """Take what the FEE sends over this link from now on, and command it."""
        self._n_links += 1
        self._framing_faults += self._counters.faults
        self._counters = link.counters
        self.reception.connect(link)
        self.initiator.connect(link)
        if self._asked.registers or self._asked.start is not None:
            self._commanding = asyncio.create_task(self._command())

    async def end(self) -> None:
        """Leave the FEE; ``process`` ends with what came."""
        self._stop.set()
        await self._leave_fee()
        self.reception.end()

    def told(self) -> dict[str, Any]:
        """The session in numbers, for summary.json."""
        counts, latency = self.initiator.counts, self.initiator.latency()
        return {
            "reception": {
                "links": self._n_links,
                "bytes": self.reception.bytes,
                **self.reception.accounts.totals,
                "refused": dict(self.reception.refused),
                "framing_faults": self._framing_faults + self._counters.faults,
            },
            "rmap": {**_plain(vars(counts)), "latency": asdict(latency)},
            "telemetry": {
                "packets": self.telemetry.packets,
                "commands_ignored": self.telemetry.commands,
            },
        }

    def status(self) -> str:
        """One line."""
        now = time.perf_counter()
        then, n_bytes, packets, line = self._seen
        totals = self.reception.accounts.totals
        if now - then > 0.2:
            rate = 8e-6 * (self.reception.bytes - n_bytes) / (now - then)
            per_s = (totals["packets"] - packets) / (now - then)
            line = f"{rate:.1f} Mbit/s, {per_s:.0f} packets/s"
            self._seen = now, self.reception.bytes, totals["packets"], line
        lost = totals["missing"] + sum(self.reception.refused.values())
        faults = len(self.chain.faults) + self.chain.faults.not_listed + len(self.faults)
        up = "" if self.initiator.connected else ", no link"
        return (
            f"{self.chain.counts.frames} frames, {line}, {lost} packets lost, {faults} faults, "
            f"{len(self._downlink.digests)} entities{up}"
        )

    def conclude(self) -> None:
        """Turn what was counted into faults."""
        for cause, n in sorted(self.reception.refused.items()):
            self.faults.append(f"link: {n} packets refused: {cause}")
        if n := self._framing_faults + self._counters.faults:
            self.faults.append(f"link: {n} faults of its framing")

    def _gone(self, reason: str) -> None:
        if self._stop.is_set():
            return
        _tell(f"the FEE is gone: {reason}")
        if not self._asked.reconnect:
            if self._asked.frames is not None:
                self.faults.append(f"the FEE is gone: {reason}")
            self._stop.set()

    async def _command(self) -> None:
        values = cast(Configuration, dict(self._asked.registers))
        try:
            if self._asked.start is None:
                await self.fee.write(**values)
            else:
                await self.fee.start(self._asked.start, **values)
        except RmapError as error:
            if error.cause != "link closed":
                self.faults.append(f"command: {error}")
                self._stop.set()

    async def _leave_fee(self) -> None:
        """What was started here does not go on without us."""
        if self._commanding is not None:
            await self._commanding
        if self._asked.start is not None and self.initiator.connected:
            try:
                await self.fee.immediate_on()
            except RmapError as error:
                self.faults.append(f"command: {error}")

    def _take_entity(self, entity: Entity) -> None:
        self._downlink.send(entity)
        if self._asked.telemetry is not None:
            self._packets += entity.packets

    async def _send(self) -> None:
        packets, self._packets = self._packets, []
        if packets:
            await self.telemetry.send(packets)


def _batch(stretch: Stretch) -> Batch:
    offsets = np.cumsum(stretch.lengths, dtype=np.uint64) - stretch.lengths
    return Batch(stretch.buffer, offsets.astype(np.uint32), stretch.lengths)


def _plain(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(n) if isinstance(n, dict) else n for name, n in counts.items()}


def _tell(what: str) -> None:
    print(f"fsw-emu dpu: {what}", file=sys.stderr)
