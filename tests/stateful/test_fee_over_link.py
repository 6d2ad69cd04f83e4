# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The initiator and the FEE over a faulty link: any sequence of accesses, modes, faults and losses
of the link, beside a model of the FEE at its port.

What crosses the FEE's port must be what the model says, byte by byte for replies. At the
initiator's end: what was acknowledged is in memory, what failed happened or did not, reads that
succeed are right.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from fee_mode_oracle import EVENTS, FIELDS, FT, IMMEDIATE_ON, SOFT_RESET, STANDBY, Port
from fee_rig import Bench
from hypothesis import settings, stateful
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from link_accesses import Access, accesses, faults
from virtual_time import VirtualLoop

import fsw_emu.targets
from fsw_emu.core import Core
from fsw_emu.fee.sources import Stills
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.faults.injection import Injection, Injector
from hil.faults.link import FaultyLink
from hil.faults.plan import GROUPS, Plan, Rule
from hil.fee.proxy import FeeProxy
from hil.fee.reception import Reception
from hil.link import LinkClosed
from hil.rmap.initiator import Initiator, RmapError
from hil.serve import DeviceServer
from hil.transports.loop import pair

#: so that a readout of 24x24-binned nodes takes 130 ms
RATE_BITS_S = 10e6
#: how long the last packets of a readout keep the line at most
LINE_NS = 200_000_000
#: faults that let the initiator see packets nobody sent, or twice
FORGING = ("wrong-transaction", "babble")
#: packets that overtake one that is late, at most, and what is no time-code to the FEE
OVERTAKING, NUDGE = 3, TimeCode(0, flags=1)
SRAM, SRAM_BYTES = 0x800000, 0x400000

mode_settings = st.fixed_dictionaries(
    {"ccd_mode2_config": st.sampled_from([3, 3, 3, 2]), "readout_node_sel": st.integers(0, 15)},
    optional={
        "packet_size": st.sampled_from([778, 1034, 4096, 16384]),
        "event_detection": st.integers(0, 1),
        "digitise_en": st.sampled_from([0, 1, 1]),
        "sync_sel": st.sampled_from([0, 1, 1]),
        "use_pwr_sync": st.sampled_from([0, 0, 1]),
        "int_sync_period": st.sampled_from([300, 1000, 4000]),
    },
)


class Witness:
    """The FEE, and the model that gets and must send the same."""

    def __init__(self, bench: Bench, port: Port) -> None:
        self.device, self.port = bench.device, port
        self.sent: list[bytes] = []  # of its own accord

    def received(self, items: Sequence[Item], now_ns: int) -> list[Item]:
        replies = self.device.received(items, now_ns)
        expected = []
        for item in items:
            if isinstance(item, TimeCode):
                self.port.time_code(item.to_byte(), now_ns)
            elif (reply := self.port.command(item.data, item.eep, now_ns)) is not None:
                expected.append(SpwPacket(reply))
        assert replies == expected
        return replies

    def due_ns(self) -> int | None:
        assert self.device.due_ns() == self.port.due_ns
        return self.port.due_ns

    def produce(self, now_ns: int) -> list[Item]:
        items = self.device.produce(now_ns)
        packets = [item.data for item in items if isinstance(item, SpwPacket)]
        self.port.sends(packets, now_ns)
        self.sent += packets
        return items

    def link_up(self) -> None:
        self.device.link_up()
        self.port.link(True)

    def link_down(self) -> None:
        self.device.link_down()
        self.port.link(False)


@functools.cache
def core() -> Core:
    return fsw_emu.targets.open("host")


class FeeOverLink(RuleBasedStateMachine):
    """Time is the loop's own, and does not pass for us."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.patches = ExitStack()
        clock = self.loop.clock
        for name in ("hil.rmap.initiator.perf_counter_ns", "hil.rmap.transactions.perf_counter_ns"):
            self.patches.enter_context(mock.patch(name, clock))
        served = mock.patch("hil.serve.time", SimpleNamespace(monotonic_ns=clock))
        self.patches.enter_context(served)
        self.wrong: list[dict[str, Any]] = []  # what the loop's callbacks raised
        self.loop.set_exception_handler(lambda _, context: self.wrong.append(context))
        bench, port = Bench(core(), Stills({}), ccd_mode2_config=3), Port()
        port.fee.put(0x54, 3 << 28)
        self.memory, self.port = bench.memory, port
        self.witness = Witness(bench, port)
        self.expected = bytearray(SRAM_BYTES)  # of the SRAM, as the initiator knows it
        self.injections: list[Injection] = []  # of the last rule
        self.forged = False  # a packet has another's transaction identifier
        self.plan = Plan()
        self.taken: list[bytes] = []
        self.earlier: set[bytes] = set()  # packets that may come late
        self.stays_down = False
        self.pure = True  # nothing happened to FEE packets since they were compared
        self.injected = dict.fromkeys((*FORGING, "duplicate"), 0)
        self.run(self._start())

    async def _start(self) -> None:
        self.server = DeviceServer(self.witness, rate_bits_s=RATE_BITS_S)
        self.initiator = Initiator(outstanding=3)
        self.fee = FeeProxy(self.initiator)
        self.reception = Reception(self.initiator)
        self.tasks = [self.loop.create_task(each) for each in (self.server.run(), self._collect())]
        await self._connect()

    async def _collect(self) -> None:
        while stretch := await self.reception.take():
            at = 0
            for length in stretch.lengths.tolist():
                self.taken.append(stretch.buffer[at : at + length])
                at += length

    async def _connect(self) -> None:
        self.inner, theirs = pair()
        await self._wrap()
        self.server.attach(theirs)

    async def _wrap(self) -> None:
        """Put the plan's faults round the link."""
        self.injector = Injector(self.plan, start_ns=self.loop.now_ns, log=self._note)
        self.link = FaultyLink(self.inner, self.injector, clock=self.loop.clock)
        self.reception.connect(self.link)
        self.initiator.connect(self.link)
        self.link.hold(False)

    def _note(self, injection: Injection) -> None:
        self.injections.append(injection)
        if injection.kind in self.injected:
            self.injected[injection.kind] += 1
        # The one forgery that no checksum tells: the identifier of another that is under way.
        self.forged |= injection.detail.get("transaction", 0xFFFF) < 0x1000

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Let time pass until it is done; nothing may take an hour."""
        return self.loop.run_until_complete(asyncio.wait_for(main, 3600))

    @property
    def up(self) -> bool:
        return self.link.closed_because is None

    async def _settle(self) -> None:
        """Wait until no command is under way, nor waits for others to overtake it."""
        with suppress(LinkClosed):
            self.link.send([NUDGE] * OVERTAKING)
        until = self.loop.now_ns + 4_000_000_000
        while (due := self.injector.a_to_b.due_ns()) is not None and self.loop.now_ns < until:
            await asyncio.sleep(max(due - self.loop.now_ns, 1) / 1e9)
        for _ in range(10):
            await asyncio.sleep(0)

    def act(self, *calls: Callable[[], Coroutine[Any, Any, Any]]) -> list[Any]:
        """Do this at one time; what each gave or raised."""
        goes_on = self.injector.a_to_b.stalled or self.injector.b_to_a.stalled
        self.injections = [e for e in self.injections if goes_on and e.kind == "stall"]

        async def main() -> list[Any]:
            done = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
            await self._settle()
            return done

        results = self.run(main())
        if not self.up and not self.stays_down:
            self._forget()
            self.run(self._connect())
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, RmapError):
                raise result
        return results

    @rule(some=st.lists(accesses(), min_size=1, max_size=6, unique_by=lambda each: each.address))
    def access(self, some: list[Access]) -> None:
        """Accesses to different places, all at one time."""
        some = [a for i, a in enumerate(some) if not any(a.meets(b) for b in some[:i])]
        before = [self._now(each) for each in some]
        up = self.up
        done = self.act(*(functools.partial(each.begin, self.initiator) for each in some))
        for each, was, result in zip(some, before, done, strict=True):
            self._check(each, was, result, up)

    def _now(self, access: Access) -> bytes:
        return b"" if access.refused else self.memory.read(access.address, access.size)

    def _check(
        self, access: Access, was: bytes, result: bytes | RmapError | None, up: bool
    ) -> None:
        now, after = self._now(access), access.after(was)
        if access.address in range(0x700, 0x798):
            return  # housekeeping has a life of its own
        if isinstance(result, RmapError):
            assert now in (was, after)
            assert access.refused or self.injections or not up
            assert up or result.cause == "link closed"
        elif not self.forged:
            assert not access.refused
            if access.kind == "read":
                assert result == was
            elif access.kind == "rmw":
                twice = any(each.kind == "duplicate" for each in self.injections)
                assert result == was or (twice and result == after)
            # What is not acknowledged may be lost.
            lost = access.kind == "unacknowledged" and (self.injections or not up)
            assert now == after or (lost and now == was)
        if access.address >= SRAM and not access.refused:
            at = access.address - SRAM
            self.expected[at : at + access.size] = now

    @rule(
        mode=st.sampled_from([1, FT, FT, EVENTS, 0xC, STANDBY, 0, 5, IMMEDIATE_ON, SOFT_RESET]),
        registers=mode_settings,
        ms=st.sampled_from([0, 0, 50, 700]),
    )
    def start(self, mode: int, registers: dict[str, Any], ms: int) -> None:
        self._start_mode(mode, registers)
        self.pass_time(ms)

    @rule(mode=st.sampled_from([4, 9, 0xB]))
    def start_without_pixels(self, mode: int) -> None:
        """Full frames are as any other frames, but long."""
        self._start_mode(mode, {"digitise_en": 0})

    @rule()
    def immediate_on(self) -> None:
        if self._start_mode(IMMEDIATE_ON, {}) and not self.injections:
            assert self.port.frame is None
            sent = len(self.witness.sent)
            self.act(lambda: asyncio.sleep(1))
            assert len(self.witness.sent) == sent

    def _start_mode(self, mode: int, registers: dict[str, Any]) -> bool:
        """Whether it was acknowledged."""
        executed, up = len(self.port.executed), self.up
        expected = {name: self.port.get(name) for name in FIELDS} | registers
        expected["ccd_mode_config"] = mode
        (result,) = self.act(lambda: self.fee.start(mode, **registers))
        codes = self.port.executed[executed:]
        if isinstance(result, RmapError):
            assert self.injections or not up
            return False
        if self.forged:
            return False
        assert codes[0] == mode
        assert len(codes) == 1 or any(each.kind == "duplicate" for each in self.injections)
        if mode != SOFT_RESET:
            assert {name: self.port.get(name) for name in FIELDS} == expected
        return True

    @rule()
    def clear_error_flags(self) -> None:
        self.act(lambda: self.fee.write(clear_error_flag=True))

    @rule(step=st.sampled_from([1, 1, 1, 0, 2, 63]))
    def time_code(self, step: int) -> None:
        """Mostly the one that ticks."""
        count = (self.memory.get("timecode_from_spw") + step) % 64

        async def send() -> None:
            with suppress(LinkClosed):
                self.link.send([TimeCode(count)])

        self.act(send)

    @rule(ms=st.integers(1, 3000))
    def pass_time(self, ms: int) -> None:
        up = self.up
        self.act(lambda: asyncio.sleep(ms / 1000))
        if up and self.up and self.pure and self.port.frame is None and self.port.due_ns:
            assert self.port.due_ns > self.loop.now_ns - LINE_NS

    @rule(rules=st.lists(faults(OVERTAKING), max_size=3), seed=st.integers(0, 1 << 32))
    def other_faults(self, rules: list[Rule], seed: int) -> None:
        """What the old ones hold back is lost."""
        self._compare()
        self.plan = Plan(tuple(rules), seed)
        if self.up:
            self.injector.clear()
            self.act(self._wrap)
        self._forget()  # also what a stall kept back

    @initialize(rules=st.lists(faults(OVERTAKING), max_size=2), seed=st.integers(0, 1 << 32))
    def first_faults(self, rules: list[Rule], seed: int) -> None:
        self.other_faults(rules, seed)

    @precondition(lambda self: self.up)
    @rule(for_long=st.integers(0, 4).map(lambda i: i == 0))
    def lose_the_link(self, for_long: bool) -> None:
        self.pure, self.stays_down = False, for_long
        self.act(self.inner.close)

    @precondition(lambda self: not self.up)
    @rule()
    def connect_again(self) -> None:
        self._forget()
        self.stays_down = False
        self.act(self._connect)

    def _compare(self) -> None:
        """What came of the FEE's own packets with what it sent."""
        self.act()
        if self.pure and self.up:
            assert self.taken == self.witness.sent
        elif not any(rule.kind in ("bit-flip", "babble") for rule in self.plan.rules):
            assert set(self.taken) <= set(self.witness.sent) | self.earlier
        self._forget()

    def _forget(self) -> None:
        """Packets of until now; they may still come late."""
        self.earlier |= set(self.witness.sent)
        self.taken.clear()
        self.witness.sent.clear()
        self.pure = self._spares_fee()

    def _spares_fee(self) -> bool:
        """Whether the plan lets all packets of the FEE's own come in time."""
        return not any(
            set(rule.classes) & set(GROUPS["fee"]) or rule.kind in ("stall", "disconnect")
            for rule in self.plan.rules
        )

    @invariant()
    def nothing_is_wrong(self) -> None:
        for context in self.wrong:
            raise context.get("exception") or AssertionError(context["message"])
        assert not any(task.done() for task in self.tasks)

    @invariant()
    def memories_are_the_same(self) -> None:
        assert self.memory.read(0, 0x68) == self.port.fee.get(0, 0x68)
        assert self.memory.read(0x780, 4)[3] & 1 == self.up
        assert self.memory.read(0x780, 0x18) == self.port.fee.get(0x780, 0x18)

    @invariant()
    def identifiers_are_not_confused(self) -> None:
        without_effect = self.initiator.counts.without_effect
        if not any(self.injected[kind] for kind in FORGING):
            assert not without_effect["stray"]
            assert not without_effect["mismatched"]
            assert not without_effect["duplicate"] or self.injected["duplicate"]

    def teardown(self) -> None:
        try:
            self._compare()
            self.nothing_is_wrong()
            assert self.memory.read(SRAM, SRAM_BYTES) == self.expected
        finally:
            self.run(self._end())
            self.loop.close()
            self.patches.close()

    async def _end(self) -> None:
        await self.link.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.mark.verifies("FEEREG-9..17", "FEEMODE-1", "FEEMODE-3..10")
def test_initiator_and_fee_beside_the_model() -> None:
    stateful.run_state_machine_as_test(FeeOverLink, settings=settings(stateful_step_count=30))
