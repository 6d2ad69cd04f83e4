# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The two ends of a campaign of faults, and the faulty link between them."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from campaign_fee import Fee
from campaign_judge import HARMLESS, NO_CHECK, SILENT, FeeModel, Verdicts, Watch

from fsw_emu.packets.fee_sram import SRAM_START
from fsw_emu.packets.spacewire import FEE_DATA, Item, SpwPacket, TimeCode
from hil.around import LinkAround
from hil.faults.injection import Injection, Injector
from hil.faults.link import FaultyLink
from hil.faults.plan import CLASSES, GROUPS, KINDS, Plan, Rule
from hil.fee.reception import Reception
from hil.link import Link, LinkClosed
from hil.rmap.initiator import Initiator, RmapError
from hil.transports.loop import pair

WORKERS = 64
TIMEOUT_S = 0.25
#: about one in a hundred packets
CHANCES = {
    "drop": 0.001, "duplicate": 0.001, "reorder": 0.001, "delay": 0.001, "truncate": 0.001,
    "eep": 0.001, "bit-flip": 0.002, "header-crc": 0.001, "data-crc": 0.001, "wrong-key": 0.001,
    "wrong-transaction": 0.001, "babble": 0.0005, "stall": 0.00002, "time-code-jump": 0.02,
}  # fmt: skip
VALUES = {"reorder": 3, "delay": 2, "stall": 1, "babble": 3, "time-code-jump": 5}


def plan_of(seed: int, *, disconnect_every: int, times: float) -> Plan:
    """Faults of every kind, both ways, so many times as often."""
    rules = [
        Rule(
            kind,
            tuple(c for c in KINDS[kind] if c != "time-code") or KINDS[kind],
            chance=min(1.0, times * chance),
            value=VALUES.get(kind, 0),
            size_bytes=40,
        )
        for kind, chance in CHANCES.items()
    ]
    rules.append(Rule("drop", CLASSES[-1:], chance=min(1.0, 0.02 * times)))
    rules.append(Rule("disconnect", GROUPS["rmap"], "a-to-b", every=disconnect_every))
    return Plan(tuple(rules), seed)


@dataclass(slots=True)
class Attempt:
    """One command of the initiator, until its identifier is used again."""

    silenced: list[Injection] = field(default_factory=list)
    answered: bool = False


class Outer(LinkAround):
    """a's end: the faulty link with the judge round it."""

    def __init__(self, link: Link, campaign: Campaign) -> None:
        super().__init__(link)
        self._campaign = campaign

    def send(self, items: Sequence[Item]) -> None:
        if self._link.closed_because is not None:
            raise LinkClosed(self._link.closed_because)
        self._campaign.commanded(items)
        self._link.send(items)

    def received(self, items: Sequence[Item]) -> None:
        assert self._receiver is not None
        for item in items:
            self._campaign.at_dpu(item, self._receiver)

    def closed(self, reason: str) -> None:
        assert self._receiver is not None
        self._campaign.link_closed()
        self._receiver.closed(reason)


class Campaign:
    """Both ends, the faults between them, and the judge."""

    def __init__(self, packets: int, seed: int, *, times: float = 1.0) -> None:
        self.packets = packets
        self.there, self.back = Watch(), Watch()
        self.verdicts, self.model = Verdicts(), FeeModel()
        self.injector = Injector(
            plan_of(seed, disconnect_every=max(packets // 20, 50), times=times),
            start_ns=time.monotonic_ns(),
            log=self.injected,
        )
        self.fee = Fee(self)
        self.initiator = Initiator(timeout_s=TIMEOUT_S, retries=3)
        self.reception = Reception(self.initiator)
        self.attempts: dict[bytes, Attempt] = {}  # by identifier
        self.silent_attempts = self.repeated_by_reply = self.transactions = self.wrong_data = 0
        self.failed: Counter[str] = Counter()
        self.lost_frames: list[tuple[Injection, int, int]] = []  # FEE packets that were dropped
        self.expected_ticks = self.memory_bytes = 0  # memory at half time
        self._code: TimeCode | None = None  # the last one that came to the other end
        self._code_fault: Injection | None = None
        self._down = asyncio.Event()
        self._done = False

    # What the judge is told.

    def injected(self, fault: Injection) -> None:
        watch = self.there if fault.direction == "a-to-b" else self.back
        item = watch.injected(fault)
        if fault.kind == "stall":
            self.verdicts.give(fault, HARMLESS, "all came, later")
        elif fault.kind == "disconnect":
            self.verdicts.give(fault, "initiator, reception", "link closed")
            self._down.set()
        elif isinstance(item, TimeCode):
            self.verdicts.give(fault, "clock", "time-code does not follow")
            self._code_fault = fault
        elif fault.kind == "drop" and item.data[1] == FEE_DATA:
            frame, sequence = (int.from_bytes(item.data[at : at + 2], "big") for at in (6, 8))
            self.lost_frames.append((fault, frame, sequence))
        elif fault.kind in ("drop", "wrong-transaction"):  # it does not arrive as itself
            if (attempt := self.attempts.get(item.data[5:7])) is not None:
                attempt.silenced.append(fault)
            else:  # the answer to a command whose identifier was spoiled
                self.verdicts.give(fault, HARMLESS, "nobody waited for that reply")

    def commanded(self, items: Sequence[Item]) -> None:
        self.there.went_in(items)
        for item in items:
            if isinstance(item, SpwPacket):
                identifier = item.data[5:7]
                if (old := self.attempts.get(identifier)) is not None:
                    self._conclude(old)
                self.attempts[identifier] = Attempt()

    def at_target(self, fault: Injection, what: list[str]) -> None:
        """A faulty command reached the target, which counted what."""
        if fault.kind == "wrong-transaction":
            return  # as good as another: judged by its attempt
        if what:
            self.verdicts.give(fault, "target", what[0])
        elif fault.kind == "duplicate":
            self.verdicts.give(fault, HARMLESS, "the same command done twice")
        elif fault.kind in ("reorder", "delay"):
            self.verdicts.give(fault, HARMLESS, "commands do not depend on each other")
        else:
            self.verdicts.give(fault, SILENT, "taken for good")

    def at_dpu(self, item: Item, receiver: Any) -> None:
        fault = self.back.came_out(item)
        assert isinstance(item, SpwPacket)
        if item.data[1:2] == bytes([FEE_DATA]):
            what = self.model.take(item)
            receiver.received((item,))
            if fault is not None:
                self._fee_verdict(fault, what)
            return
        counts = self.initiator.counts
        before = counts.done + counts.repeated + sum(counts.failed.values())
        repeated = counts.repeated
        was = Counter(counts.discarded), Counter(counts.without_effect), Counter(counts.failed)
        receiver.received((item,))
        self.repeated_by_reply += counts.repeated - repeated
        concluded = counts.done + counts.repeated + sum(counts.failed.values()) != before
        if concluded and (attempt := self.attempts.get(item.data[5:7])) is not None:
            attempt.answered = True
        if fault is not None and fault.kind != "wrong-transaction":
            discarded = counts.discarded - was[0]
            what = [f"discarded: {why.partition(' 0x')[0]}" for why in discarded]
            what += list(counts.without_effect - was[1])
            what += [f"failed: {cause}" for cause in counts.failed - was[2]]
            if what:
                self.verdicts.give(fault, "initiator", what[0])
            elif fault.kind in ("reorder", "delay"):
                self.verdicts.give(fault, HARMLESS, "replies are matched, in any order")
            else:
                self.verdicts.give(fault, SILENT, "taken for good")

    def _fee_verdict(self, fault: Injection, what: str) -> None:
        if fault.kind in ("reorder", "delay") and not what:
            self.verdicts.give(fault, HARMLESS, "no FEE packet came before it")
        elif what:
            self.verdicts.give(fault, "reception", what)
        elif fault.kind == "bit-flip" and fault.detail["bit"] >= 80:
            self.verdicts.give(fault, NO_CHECK, "one bit of pixels or place: no checksum")
        elif fault.kind == "bit-flip" and fault.detail["bit"] < 48:
            self.verdicts.give(fault, NO_CHECK, "one bit of mode, node or type: no checksum")
        else:
            self.verdicts.give(fault, SILENT, "taken for good")

    def link_closed(self) -> None:
        ways = (self.there, self.injector.a_to_b), (self.back, self.injector.b_to_a)
        for watch, way in ways:
            for fault in watch.cut(way.count):
                self.verdicts.give(fault, "initiator, reception", "lost with the link")
        under_way = {identifier.to_bytes(2, "big") for identifier in self.initiator._pending}
        for identifier, attempt in self.attempts.items():
            self._conclude(attempt, cut=identifier in under_way)
        self.attempts.clear()

    def _conclude(self, attempt: Attempt, *, cut: bool = False) -> None:
        """No reply to it is to come any more."""
        self.silent_attempts += not attempt.answered and not cut
        for fault in attempt.silenced:
            if attempt.answered:
                self.verdicts.give(fault, HARMLESS, "another copy came")
            else:
                what = "lost with the link" if cut else "no reply in time"
                self.verdicts.give(fault, "initiator", what)
        attempt.silenced.clear()

    # What runs.

    async def run(self) -> None:
        self._connect()
        tasks = [asyncio.create_task(each) for each in (self._take(), self._reconnect())]
        await asyncio.gather(self._readout(), *(self._work(n) for n in range(WORKERS)))
        self._done = True
        await asyncio.sleep(2 * TIMEOUT_S)
        if self.link.closed_because is None:
            await self.link.close("done")
        self.reception.end()
        self._down.set()
        await asyncio.gather(*tasks)
        self._settle()

    def _connect(self) -> None:
        inner, outside = pair()
        faulty = FaultyLink(inner, self.injector)
        self.link = Outer(faulty, self)
        outside.attach(self.fee)
        self.fee.link = outside
        self.reception.connect(self.link)
        self.initiator.connect(self.link)

    async def _reconnect(self) -> None:
        while not self._done:
            await self._down.wait()
            self._down.clear()
            await asyncio.sleep(0.01)
            if not self._done:
                self._connect()

    async def _take(self) -> None:
        while await self.reception.take() is not None:
            pass

    async def _readout(self) -> None:
        """FEE packets, about two for one of RMAP, and a time-code now and then."""
        count, half = 0, self.packets // 3
        while self.fee.sent < self.packets * 2 // 3:
            if self.fee.link is None or self.fee.sent > 4 * self.transactions + 2000:
                await asyncio.sleep(0.001)
                continue
            self.fee.send(self.fee.frames(200))
            if not self.memory_bytes and self.fee.sent > half:
                self.memory_bytes = rss_bytes()
            try:
                self._tick(TimeCode(count & 63))
            except LinkClosed:
                continue
            count += 1
            await asyncio.sleep(0)

    def _tick(self, code: TimeCode) -> None:
        """Send a time-code, and note what the other end's clock has to make of it."""
        self._code_fault = None
        self.link.send([code])
        fault = self._code_fault
        if fault is not None and fault.kind == "drop":
            return
        if fault is not None:
            code = TimeCode((code.count + fault.detail["by"]) & 63)
        self.expected_ticks += self._code is not None and not code.follows(self._code)
        self._code = code

    async def _work(self, worker: int) -> None:
        """Write words that are this worker's own, and read them back."""
        address, possible = SRAM_START + 64 * worker, {bytes(8)}
        for number in range(self.packets // 3 // (4 * WORKERS)):
            data = number.to_bytes(4, "big") + worker.to_bytes(4, "big")
            try:
                await self.initiator.write(address, data, repeatable=True)
                possible = {data}
            except RmapError as error:
                await self._failed(error)
                possible.add(data)
            try:
                self.wrong_data += await self.initiator.read(address, 8) not in possible
            except RmapError as error:
                await self._failed(error)
            self.transactions += 2

    async def _failed(self, error: RmapError) -> None:
        self.failed[error.cause] += 1
        while error.cause == "link closed" and not self.initiator.connected:
            await asyncio.sleep(0.005)

    def _settle(self) -> None:
        for attempt in self.attempts.values():
            self._conclude(attempt)
        for fault, frame, sequence in self.lost_frames:
            tail = self.model.last.get(frame, -1) < sequence
            self.verdicts.give(fault, "reception", "frame has no end" if tail else "missing")

    def checks(self) -> dict[str, tuple[Any, Any]]:
        """What was counted, and what it has to be."""
        counts = self.initiator.counts
        injected = self.injector.counts.total()
        silent = sum(n for (_, who, _), n in self.verdicts.counts.items() if who == SILENT)
        commands = counts.done + counts.repeated + sum(counts.failed.values())
        damaged = counts.without_effect["damaged"]
        return {
            "verdicts": (sum(self.verdicts.counts.values()), injected),
            "silent faults": (silent, 0),
            "wrong data read": (self.wrong_data, 0),
            "failures told to callers": (dict(self.failed), dict(+counts.failed)),
            "FEE packets refused": (dict(self.reception.refused), dict(self.model.refused)),
            "FEE frames, packets, missing, late, repeated": (
                {k: v for k, v in self.reception.accounts.totals.items() if v},
                dict(+self.model.totals),
            ),
            "time-codes that do not follow": (self.fee.unexpected_ticks, self.expected_ticks),
            "items neither come nor told lost": (self.there.left + self.back.left, 0),
            "commands concluded": (commands, self.transactions + counts.repeated),
            "commands without a reply in time": (
                counts.failed["timeout"] + counts.repeated - self.repeated_by_reply,
                self.silent_attempts,
            ),
            "damaged replies": (damaged, self._given("initiator", "damaged")),
        }

    def _given(self, who: str, what: str) -> int:
        return sum(n for (_, by, of), n in self.verdicts.counts.items() if (by, of) == (who, what))


def rss_bytes() -> int:
    """Resident memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
