# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Keep a FEE, a bridge and a DPU busy over GRESB, cut their links again and again, look for leaks.

Usage: soak_hil.py [-h] [--seconds S] [--mbit R] [--every S] [--json FILE]

FEE packets come at a steady rate, and registers are read all the time. The DPU is that of
``fsw-emu dpu``, but for its chain, which takes all and does nothing. Exits 1 when memory, files,
tasks or links grow, when nothing comes for 5 s, or when less than 95 % of the packets came.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fsw_emu.cli.downlink import Downlink
from fsw_emu.cli.dpu_session import Asked, Session
from fsw_emu.core import default_core
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.fee import FeeHeader
from fsw_emu.packets.spacewire import FEE_DATA, Item, SpwPacket
from hil.bridge import Bridge
from hil.faults.injection import Injector
from hil.faults.link import FaultyLink
from hil.faults.plan import Plan
from hil.link import Link, LinkClosed
from hil.ports import open_port
from hil.rmap.initiator import RmapError

PIXEL_BYTES = 768
FRAME_PACKETS = 2556
SILENCE_S = 5.0
#: what a process may grow by from its first quarter to its last
MORE = {"rss": 8 << 20, "fds": 2, "tasks": 2, "links": 4}


class Fee:
    """An RMAP target that sends data packets besides."""

    def __init__(self) -> None:
        self.target = RmapTarget(FeeMemory())
        self.link: Link | None = None
        self.sent = 0

    def attach(self, link: Link) -> None:
        self.link = link
        link.attach(_Receiver(self, link))

    async def send(self, mbit: float, until: float) -> None:
        """At a steady rate; what falls due while there is no link is left out."""
        size = PIXEL_BYTES + 10
        payload = bytes(PIXEL_BYTES)
        start, done = time.monotonic(), 0
        while (now := time.monotonic()) < until:
            due = int((now - start) * mbit * 1e6 / 8 / size)
            if self.link is None:
                done = due
            else:
                items: list[Item] = []
                for _ in range(min(due - done, 2000)):
                    frame, sequence = divmod(self.sent, FRAME_PACKETS)
                    header = FeeHeader(
                        *(0x50, FEE_DATA, PIXEL_BYTES, 3, False, 1, 0, 0), frame & 0xFFFF, sequence
                    )
                    items.append(SpwPacket(header.to_bytes() + payload))
                    self.sent += 1
                done += len(items)
                try:
                    self.link.send(items)
                    await self.link.drain()
                except LinkClosed:
                    pass
            await asyncio.sleep(0.005)


class _Receiver:
    def __init__(self, fee: Fee, link: Link) -> None:
        self._fee, self._link = fee, link

    def received(self, items: Sequence[Item]) -> None:
        replies = (
            self._fee.target.received(item.data, item.eep)
            for item in items
            if isinstance(item, SpwPacket)
        )
        self._link.send([SpwPacket(reply) for reply in replies if reply is not None])

    def closed(self, reason: str) -> None:  # noqa: ARG002
        if self._fee.link is self._link:
            self._fee.link = None


class NoChain:
    """Takes all and does nothing."""

    def feed(self, batch: object) -> None:
        pass

    def finish(self) -> None:
        pass


class Soak:
    """FEE, bridge and DPU, each with its port, in one process."""

    def __init__(self) -> None:
        self.fee = Fee()
        injector = Injector(Plan(), start_ns=time.monotonic_ns())
        self.bridge = Bridge(around_b=lambda link: FaultyLink(link, injector))
        self.samples: list[dict[str, int]] = []
        self.reads = self.failed_reads = 0
        self.silence_s = 0.0

    def open_session(self, link: str) -> Session:
        """What ``fsw-emu dpu`` runs."""
        settings = Settings()
        with tempfile.TemporaryDirectory() as folder:  # nothing is written
            downlink = Downlink(Path(folder), settings, default_core())
        session = Session(Asked(link, reconnect=True), default_core(), settings, downlink)
        session.chain = NoChain()
        self.reception, self.initiator = session.reception, session.initiator
        return session

    async def run(self, seconds: float, mbit: float, every: float) -> None:
        fee = await open_port("gresb-server://127.0.0.1:0", self.fee.attach)
        middle = await open_port("gresb-server://127.0.0.1:0", self.bridge.a.attach)
        to_fee = fee.address.replace("-server", "")
        to_bridge = middle.address.replace("-server", "")
        outer = await open_port(to_fee, self.bridge.b.attach, reconnect=True)
        stop, until = asyncio.Event(), time.monotonic() + seconds
        session = self.open_session(to_bridge)
        tasks = [asyncio.create_task(each) for each in (session.run(stop), self._read(until))]
        cutting = asyncio.create_task(self._cut(every))
        watching = asyncio.create_task(self._watch(min(every, seconds / 8)))
        await self.fee.send(mbit, until)
        for task in (cutting, watching):
            task.cancel()
        await asyncio.gather(cutting, watching, return_exceptions=True)
        await asyncio.sleep(0.5)
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)
        for port in (outer, middle, fee):
            await port.close()
        await self.bridge.close()

    async def _read(self, until: float) -> None:
        while time.monotonic() < until:
            try:
                await self.initiator.read(0x700, 152)
                self.reads += 1
            except RmapError:
                self.failed_reads += 1
            await asyncio.sleep(0.01)

    async def _cut(self, every: float) -> None:
        """The link of the DPU and that of the FEE in turn."""
        while True:
            for side in (self.bridge.a, self.bridge.b):
                await asyncio.sleep(every)
                if side.link is not None:
                    await side.link.close("cut")

    async def _watch(self, every: float) -> None:
        seen, at, next_sample = 0, time.monotonic(), 0.0
        while True:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            if self.reception.bytes != seen:
                seen, at = self.reception.bytes, now
            self.silence_s = max(self.silence_s, now - at)
            if now >= next_sample:
                next_sample = now + every
                gc.collect()
                self.samples.append(
                    {
                        "rss": rss_bytes(),
                        "fds": sum(1 for _ in Path("/proc/self/fd").iterdir()),
                        "tasks": len(asyncio.all_tasks()),
                        "links": sum(issubclass(type(each), Link) for each in gc.get_objects()),
                    }
                )


def rss_bytes() -> int:
    """Resident memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def verdict(soak: Soak) -> list[str]:
    """What is wrong."""
    wrong = []
    quarter = max(1, len(soak.samples) // 4)
    for name, more in MORE.items():
        first = max(sample[name] for sample in soak.samples[:quarter])
        last = max(sample[name] for sample in soak.samples[-quarter:])
        if last > first + more:
            wrong.append(f"{name} grew from {first:,} to {last:,}")
    if soak.silence_s > SILENCE_S:
        wrong.append(f"nothing came for {soak.silence_s:.1f} s")
    came = soak.reception.accounts.totals["packets"]
    if came < 0.95 * soak.fee.sent:
        wrong.append(f"{came:,} of {soak.fee.sent:,} packets came")
    return wrong


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0, metavar="S")
    parser.add_argument("--mbit", type=float, default=100.0, metavar="R", help="[Mbit/s]")
    parser.add_argument("--every", type=float, default=10.0, metavar="S", help="between cuts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the result")
    args = parser.parse_args(argv)
    soak = Soak()
    started, cpu = time.monotonic(), time.process_time()
    asyncio.run(asyncio.wait_for(soak.run(args.seconds, args.mbit, args.every), args.seconds + 60))
    seconds = time.monotonic() - started
    wrong = verdict(soak)
    result: dict[str, Any] = {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "sent": soak.fee.sent,
        "mbit_s": round(soak.reception.bytes * 8e-6 / seconds, 1),
        **soak.reception.accounts.totals,
        "undelivered": soak.bridge.a.undelivered + soak.bridge.b.undelivered,
        "links": [soak.bridge.a.links, soak.bridge.b.links],
        "reads": soak.reads,
        "failed_reads": soak.failed_reads,
        "longest_silence_s": round(soak.silence_s, 2),
        "first": soak.samples[0],
        "last": soak.samples[-1],
        "wrong": wrong,
    }
    for name, value in result.items():
        print(f"{name}: {value}")
    if args.json is not None:
        args.json.write_text(json.dumps(result | {"samples": soak.samples}, indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
