# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""When the FEE is in which mode, and when a readout begins and ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fee_rig import HK, MS, NODES, Bench, headers, noise
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fsw_emu.core import Core
from fsw_emu.fee.device import FeeDevice
from fsw_emu.fee.housekeeping import Housekeeping
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.sources import Stills
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.fee_modes import TRAP_PUMPING
from fsw_emu.packets.spacewire import SpwPacket, TimeCode

ON, FTP, STANDBY, FT, FF, SOFT_RESET, IMMEDIATE_ON, FF_SIMULATION, EVENT_SIMULATION = (
    0, 1, 2, 3, 4, 7, 8, 9, 0xA,
)  # fmt: skip
READS_OUT = {FTP, FT, FF, FF_SIMULATION, EVENT_SIMULATION, 0xB, 0xC, 0xD, 0xE}
STRETCHES = 3


class Counted:
    """Readouts of three stretches, each a packet that tells the readout and its place in it."""

    def __init__(self) -> None:
        self.begun = 0

    def begin(self, mode: int) -> Iterator[list[bytes]]:
        self.begun += 1
        return ([bytes([mode, self.begun % 256, i])] for i in range(STRETCHES))

    def restart(self) -> None:
        self.begun = 0


class Modes(RuleBasedStateMachine):
    """The device beside a model that knows when each readout has to begin."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = FeeMemory()
        readouts: Any = Counted()
        self.device = FeeDevice(
            self.memory, RmapTarget(self.memory), Housekeeping(self.memory), readouts
        )
        self.now = 0
        self.mode = ON
        self.readout, self.place = 0, 0  # the one begun last, stretches sent of it
        self.next_mode: int | None = None
        self.start: float = math.inf  # when the next readout begins, or the one in course began
        self.busy = False
        self.external, self.period = False, 0
        self.count = 0  # of the last time-code

    @rule(sync=st.sampled_from(["sync_sel", "use_pwr_sync"]), on=st.integers(0, 1))
    def choose_sync(self, sync: str, on: int) -> None:
        self.memory.set(sync, on)

    @rule(ms=st.integers(0, 20))
    def choose_period(self, ms: int) -> None:
        self.memory.set("int_sync_period", ms)

    @rule(mode=st.integers(0, 15))
    def execute(self, mode: int) -> None:
        self.device.execute(mode, self.now)
        if mode in (SOFT_RESET, IMMEDIATE_ON):
            if mode == SOFT_RESET:
                self.memory_is_reset()
            self.busy, self.next_mode = False, None
            self.enter(ON)
        elif mode in (ON, STANDBY) or mode in READS_OUT:
            if self.busy:
                self.next_mode = mode
            else:
                self.enter(mode)

    def memory_is_reset(self) -> None:
        self.readout = 0
        assert self.memory.get("sync_sel") == self.memory.get("use_pwr_sync") == 0

    def enter(self, mode: int) -> None:
        self.mode = mode
        self.external = bool(self.memory.get("use_pwr_sync"))
        self.period = self.memory.get("int_sync_period") if self.memory.get("sync_sel") else -1
        self.start = math.inf if self.external or mode in (ON, STANDBY) else self.now

    @rule(step=st.sampled_from([1, 1, 1, 0, 2, 63]), flags=st.sampled_from([0, 0, 0, 1, 2]))
    def time_code(self, step: int, flags: int) -> None:
        count = (self.count + step) % 64
        assert self.device.received([TimeCode(count, flags)], self.now) == []
        if flags:
            return
        assert self.memory.get("timecode_from_spw") == count
        self.count = count
        if step == 1 and self.external and self.mode in READS_OUT and self.start == math.inf:
            self.start = self.now

    @rule(ms=st.integers(0, 30))
    def pass_time(self, ms: int) -> None:
        self.now += ms * MS

    @rule()
    def produce(self) -> None:
        sent = self.device.produce(self.now)
        if self.now < self.start:
            assert sent == []
            return
        if not self.busy:
            self.busy, self.place, self.readout = True, 0, self.readout + 1
        if self.place < STRETCHES:
            assert sent == [SpwPacket(bytes([self.mode, self.readout % 256, self.place]))]
            self.place += 1
            return
        assert sent == []
        self.busy = False
        if self.next_mode is not None:
            mode, self.next_mode = self.next_mode, None
            self.enter(mode)
        elif self.external:
            self.start = math.inf
        elif self.period < 0:
            self.enter(ON)
        elif self.period == 0:
            self.start = self.now
        else:
            self.start += self.period * MS
            while self.start < self.now:
                self.start += self.period * MS

    @invariant()
    def the_same(self) -> None:
        due = self.device.due_ns()
        assert (math.inf if due is None else due) == self.start
        assert self.device.mode == self.memory.get("fpga_op_mode") == self.mode


@pytest.mark.verifies("FEEMODE-3", "FEEMODE-5..9")
def test_modes_beside_the_model() -> None:
    run_state_machine_as_test(Modes, settings=settings(stateful_step_count=40))


@pytest.mark.verifies("FEEMODE-1", "FEEMODE-6")
def test_a_mode_runs_at_once_when_nothing_else_is_set(core: Core) -> None:
    """From registers as after power-on: a frame transfer of all nodes, then On."""
    bench = Bench(core)
    bench.now_ns = 5 * MS
    bench.execute(FT)
    assert bench.device.due_ns() == bench.now_ns
    assert bench.memory.get("fpga_op_mode") == FT
    assert len(bench.sent()) == 1 + 4 * 639
    assert bench.memory.get("fpga_op_mode") == ON
    assert bench.device.due_ns() is None


@pytest.mark.verifies("FEEMODE-3")
@pytest.mark.parametrize("command", [IMMEDIATE_ON, SOFT_RESET])
@pytest.mark.parametrize("mode", [FT, FF, EVENT_SIMULATION])
def test_a_readout_ends_in_the_middle(core: Core, command: int, mode: int) -> None:
    """The next one is whole, its frame counter and mask have moved on by two or not at all."""
    bench = Bench(core, Stills(noise()), sync_sel=1, event_detection=1)
    for node, frame in noise().items():
        bench.memory.load_frame(node, frame)
    bench.execute(mode)
    assert bench.stretch()
    assert bench.stretch()
    bench.execute(command)
    assert bench.device.due_ns() is None
    assert bench.stretch() == []
    assert bench.device.aborted == 1
    bench.put(sync_sel=0)
    packets = bench.readout(FT)
    assert headers(packets)[0] == {
        "data_len": 152, "frame_counter": 1 if command == SOFT_RESET else 2, "sequence": 0,
        "mode": FT, "last": 1, "side": 0, "ccd": 0, "type": HK,
    }  # fmt: skip
    assert [h["sequence"] for h in headers(packets)] == list(range(len(packets)))


@pytest.mark.verifies("FEEMODE-4", "FEEREG-10")
def test_a_soft_reset(core: Core) -> None:
    """Registers, frame counter and mask are as after power-on; the SRAM stays, the link runs."""
    bench = Bench(core, Stills(noise()), event_detection=1)
    bench.device.link_up()
    first = bench.readout(FT)
    bench.memory.load_frame("E4", noise()["E4"])
    bench.readout(FT, packet_size=522)
    bench.execute(SOFT_RESET)
    assert bench.memory.get("packet_size") == 778
    assert bench.memory.get("frame_counter") == 0
    assert bench.memory.get("spw_link_running") == 1
    assert (bench.memory.frame("E4") == noise()["E4"]).all()
    bench.tick(0)
    assert bench.memory.get("prt1") > 0  # measured again
    assert bench.readout(FT, event_detection=1)[1:] == first[1:]


@pytest.mark.verifies("FEEMODE-10")
def test_registers_count_when_a_readout_begins(core: Core) -> None:
    bench = Bench(core, sync_sel=1, int_sync_period=100, readout_node_sel=8)
    bench.execute(FT)
    sent = bench.stretch()
    bench.command("packet_size", 394)
    bench.command("readout_node_sel", 1)
    sent += bench.sent()
    assert {len(packet) for packet in sent} == {162, 778}
    bench.now_ns = 100 * MS
    assert {len(packet) for packet in bench.sent()} == {162, 394}


@pytest.mark.verifies("FEEMODE-7", "FEEMODE-9")
def test_syncs_that_come_too_early_are_missed(core: Core) -> None:
    bench = Bench(core, digitise_en=0, sync_sel=1, int_sync_period=10)
    bench.execute(FT)
    bench.stretch()
    bench.now_ns = 35 * MS
    bench.stretch()
    assert bench.device.missed_syncs == 3
    assert bench.device.due_ns() == 40 * MS


@pytest.mark.verifies("FEEMODE-8", "FEEMODE-9")
def test_time_codes_begin_readouts(core: Core) -> None:
    bench = Bench(core, digitise_en=0, use_pwr_sync=1)
    bench.tick(1)
    bench.execute(FTP)
    assert bench.sent() == []
    for count in range(2, 10, 2):
        bench.tick(count)
        assert len(bench.stretch()) == 1
        bench.tick(count + 1)  # during it
        assert bench.sent() == []
    assert bench.device.missed_syncs == 4
    assert bench.device.frames == 4
    assert bench.device.mode == FTP


@pytest.mark.verifies("FEEMODE-8", "SPW-3")
@pytest.mark.parametrize(
    ("codes", "ticking"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([5, 5, 9, 9], []),
        ([0, 1], [1]),
        ([62, 63, 0, 1], [63, 0, 1]),
        ([7, 8, 8, 7, 8], [8, 8]),
    ],
)
def test_a_repeat_or_a_jump_begins_nothing(
    core: Core, codes: list[int], ticking: list[int]
) -> None:
    bench = Bench(core, digitise_en=0, use_pwr_sync=1)
    bench.execute(FTP)
    began = []
    for count in codes:
        bench.tick(count)
        began += [count] if bench.sent() else []
        assert bench.memory.get("timecode_from_spw") == count  # taken over all the same
    assert began == ticking
    assert bench.device.missed_syncs == 0


@pytest.mark.verifies("FEEMODE-2")
@pytest.mark.parametrize("codes", sorted(TRAP_PUMPING))
def test_trap_pumping_has_four_codes(codes: Any) -> None:
    memory = FeeMemory()
    readouts: Any = Counted()
    device = FeeDevice(
        memory, RmapTarget(memory), Housekeeping(memory), readouts, trap_pumping=codes
    )
    known = {"library": {0xB, 0xC, 0xD, 0xE}, "register-map": {0xC, 0xD, 0xE, 0xF}}[codes]
    for code in range(0xB, 0x10):
        device.execute(code, 0)
        assert (device.due_ns() == 0) == (code in known)
        device.execute(IMMEDIATE_ON, 0)
    assert device.unknown_modes == 1


def test_what_is_not_there_yet_is_asked_for_again(core: Core) -> None:
    """Commands are taken meanwhile; the look counts once."""

    class Slow(Stills):
        asked: list[int] = []  # noqa: RUF012

        def node_frames(self, index: int) -> Any:
            self.asked.append(index)
            return super().node_frames(index) if len(self.asked) % 3 == 0 else None

    bench = Bench(core, Slow({}))
    packets = []
    for _ in range(2):
        bench.execute(FT)
        for _ in range(100):
            packets += bench.sent()
            bench.now_ns += 1 * MS
    assert Slow.asked == [0, 0, 0, 1, 1, 1]
    assert [h["frame_counter"] for h in headers(packets) if h["type"] == HK] == [1, 2]


def test_masks_move_with_every_readout(core: Core) -> None:
    """Five columns an executed operation, whatever it sends."""
    flat = Stills(dict.fromkeys(NODES, np.full((639, 384), 500, np.uint16)))
    bench = Bench(core, flat, event_detection=1, digitise_en=0)
    for _ in range(3):
        bench.readout(FT)
    packets = bench.readout(FT, digitise_en=1)
    assert {tuple(p[10:14]) for p in packets if p[5] & 3 == 3} == {(0, 17, 0, 2)}
