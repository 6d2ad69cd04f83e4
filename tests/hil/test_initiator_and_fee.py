# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Initiator and FEE with a bad line between them, in any sequence, beside a model of the FEE's
memory and modes. A transaction that failed was carried out or was not; nothing else may be."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fee_rig import Bench
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fsw_emu.core import default_core
from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.fee.proxy import FeeProxy
from hil.link import Link
from hil.rmap.initiator import Initiator, RmapError, Target
from hil.transports import loop

#: words all of whose bits are written and read, side by side
WORDS = {0x00: 2, 0x58: 2}  # how many from there on
MODE_WORD = 0x784
MODES = {"on": 0, "standby": 2}
BENDS = ("not", "not", "not", "drop", "twice", "flip", "cut", "eep")

starts = st.sampled_from(sorted(WORDS))
data = st.binary(min_size=4, max_size=4)


class Line:
    """Carries packets to a FEE and back, each bent as the plan says, straight when it is over."""

    def __init__(self, link: Link, bench: Bench) -> None:
        self.plan: list[tuple[str, int]] = []
        self._link, self._bench = link, bench
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        for item in items:
            assert isinstance(item, SpwPacket)
            for command in self._bent(item):
                for reply in self._bench.device.received([command], 0):
                    assert isinstance(reply, SpwPacket)
                    self._link.send(self._bent(reply))

    def closed(self, reason: str) -> None:
        pass

    def _bent(self, packet: SpwPacket) -> list[SpwPacket]:
        how, where = self.plan.pop(0) if self.plan else ("not", 0)
        bits = bytearray(packet.data)
        bits[-1 - where // 8 % len(bits)] ^= 1 << where % 8
        return {
            "not": [packet],
            "drop": [],
            "twice": [packet, packet],
            "flip": [SpwPacket(bytes(bits))],
            "cut": [SpwPacket(packet.data[: -1 - where % len(packet.data)])],
            "eep": [SpwPacket(packet.data, eep=True)],
        }[how]


class BadLine(RuleBasedStateMachine):
    """``words`` and ``mode`` hold what may be in each place."""

    @initialize()
    def connect(self) -> None:
        self.runner = asyncio.Runner()
        self.runner.run(self._connect())
        reset = self.bench.memory
        self.words = {
            at: {reset.read(at, 4)}
            for start, n in WORDS.items()
            for at in range(start, start + 4 * n, 4)
        }
        self.mode = {0}

    async def _connect(self) -> None:
        self.bench = Bench(default_core())
        ours, theirs = loop.pair()
        self.initiator = Initiator(timeout_s=0.02, retries=1)
        ours.attach(self.initiator)
        self.initiator.connect(ours)
        self.line = Line(theirs, self.bench)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.close()

    def ask(self, transaction: Any) -> Any:
        """Its result, or the error."""

        async def main() -> Any:
            async with asyncio.timeout(10):
                return await transaction

        try:
            return self.runner.run(main())
        except RmapError as error:
            return error

    @precondition(lambda self: not self.line.plan)
    @rule(plan=st.lists(st.tuples(st.sampled_from(BENDS), st.integers(0, 300)), max_size=6))
    def bend(self, plan: list[tuple[str, int]]) -> None:
        self.line.plan = plan

    @rule(start=starts, n=st.integers(1, 2))
    def read(self, start: int, n: int) -> None:
        got = self.ask(self.initiator.read(start, 4 * n))
        if isinstance(got, RmapError):
            return
        for i in range(n):
            word = got[4 * i : 4 * i + 4]
            assert word in self.words[start + 4 * i]
            self.words[start + 4 * i] = {word}

    @rule(start=starts, words=st.lists(data, min_size=1, max_size=2), verify=st.booleans(),
          repeatable=st.booleans())  # fmt: skip
    def write(self, start: int, words: list[bytes], verify: bool, repeatable: bool) -> None:
        transaction = self.initiator.write(
            start, b"".join(words), verify=verify, repeatable=repeatable
        )
        failed = self.ask(transaction) is not None
        for i, word in enumerate(words):
            before = self.words[start + 4 * i]
            self.words[start + 4 * i] = before | {word} if failed else {word}

    @rule(start=starts, new=data, mask=data)
    def read_modify_write(self, start: int, new: bytes, mask: bytes) -> None:
        before = self.words[start]
        after = {
            bytes(b & ~m & 0xFF | n & m for b, n, m in zip(word, new, mask, strict=True))
            for word in before
        }
        got = self.ask(self.initiator.read_modify_write(start, new, mask))
        if isinstance(got, RmapError):
            self.words[start] = before | after
        else:
            assert got in before | after  # after: it came twice, the first reply was lost
            self.words[start] = after

    @rule(start=starts, word=data)
    def write_with_a_wrong_key(self, start: int, word: bytes) -> None:
        usual, self.initiator.target = self.initiator.target, Target(key=0)
        got = self.ask(self.initiator.write(start, word))
        self.initiator.target = usual
        assert got.cause in ("invalid key", "timeout")

    @rule(name=st.sampled_from(sorted(MODES)))
    def change_mode(self, name: str) -> None:
        failed = self.ask(FeeProxy(self.initiator).start(name)) is not None
        self.mode = self.mode | {MODES[name]} if failed else {MODES[name]}

    @rule()
    def read_mode(self) -> None:
        got = self.ask(self.initiator.read(MODE_WORD, 4))
        if not isinstance(got, RmapError):
            assert got[3] in self.mode
            self.mode = {got[3]}

    @invariant()
    def the_fee_is_what_it_may_be(self) -> None:
        if hasattr(self, "words"):
            for address, words in self.words.items():
                assert self.bench.memory.read(address, 4) in words
            assert self.bench.device.mode in self.mode


TestBadLine = BadLine.TestCase
TestBadLine.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
