# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The door: never in two states, never faster than its motor, and its faults."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fsw_emu.world.adc import calibration
from fsw_emu.world.door import LINE_FAULTS, Door, DoorState, Mechanics, Parameters, Reply, Shutter

SWITCHES = Shutter.CLOSED | Shutter.OPEN | Shutter.CLOSING | Shutter.OPENING
MECHANICS = Mechanics(span_steps=400, steps_per_s=80, motor_w=1, electronics_w=1, idle_w=1)
PARAMETERS = replace(Parameters.nominal(), settling_time=10, max_steps=500, emergency_steps=600)
MOVE_CYCLES = 40  # 400 steps, 10 a cycle
SETTLE_CYCLES = 8


class Rig:
    """A door, its cycle, and how warm it is."""

    def __init__(self, *, opening: float = 0.0) -> None:
        self.celsius = [20.0, 20.0]
        self.door = Door(MECHANICS, PARAMETERS, celsius=lambda: (self.celsius[0], self.celsius[1]))
        self.cycle = 0
        self.door.power(True, 0)
        self.door.place(opening, 0)

    def run(self, n_cycles: int) -> list[DoorState]:
        states = []
        for _ in range(n_cycles):
            self.cycle += 1
            self.door.step(self.cycle)
            states.append(self.state)
        return states

    @property
    def state(self) -> DoorState:
        return self.door.state(self.cycle)

    @property
    def shutter(self) -> Shutter:
        return self.door.shutter(self.cycle)


class AnyUse(RuleBasedStateMachine):
    """Whatever is done to it."""

    @initialize(opening=st.sampled_from([0.0, 0.3, 1.0]))
    def begin(self, opening: float) -> None:
        self.rig = Rig(opening=opening)
        self.before = (0, opening)

    @rule(n=st.integers(1, 60))
    def wait(self, n: int) -> None:
        self.rig.run(n)

    @rule(what=st.sampled_from(["open", "close", "stop"]))
    def command(self, what: str) -> None:
        door = self.rig.door
        before = door.state(self.rig.cycle), door.accepted
        reply = getattr(door, what)(self.rig.cycle)
        good = door.powered and door.line_fault is None
        assert reply is (Reply.GOOD if good else door.line_fault if door.powered else Reply.NOTHING)
        if not good:
            assert before == (door.state(self.rig.cycle), door.accepted)

    @rule()
    def emergency(self) -> None:
        self.rig.door.close(self.rig.cycle, emergency=True)

    @rule(on=st.booleans())
    def power(self, on: bool) -> None:
        self.rig.door.power(on, self.rig.cycle)

    @rule(on=st.booleans())
    def stuck(self, on: bool) -> None:
        self.rig.door.hold(on, self.rig.cycle)

    @rule(part=st.sampled_from([0.1, 0.5, 1.0]))
    def slow(self, part: float) -> None:
        self.rig.door.slow(part, self.rig.cycle)

    @rule(fault=st.sampled_from([None, *LINE_FAULTS]))
    def line(self, fault: Reply | None) -> None:
        self.rig.door.line_fault = fault

    @rule(which=st.integers(0, 1), celsius=st.sampled_from([20.0, 120.0]))
    def warm(self, which: int, celsius: float) -> None:
        self.rig.celsius[which] = celsius

    @invariant()
    def one_state(self) -> None:
        if not hasattr(self, "rig"):
            return
        door, cycle = self.rig.door, self.rig.cycle
        state, shutter = door.state(cycle), door.shutter(cycle)
        expected = Shutter(0) if state is DoorState.UNKNOWN else Shutter[state.name]
        assert shutter & SWITCHES == expected
        assert not shutter & 0x80
        assert (state is DoorState.CLOSED) <= (door.opening(cycle) == 0)
        assert (state is DoorState.OPEN) <= (door.opening(cycle) == 1)
        assert door.moving == (state in (DoorState.OPENING, DoorState.CLOSING))
        assert door.moving <= door.powered
        since, opening = self.before
        steps = abs(door.opening(cycle) - opening) * MECHANICS.span_steps
        assert steps <= (cycle - since) * MECHANICS.steps_per_s / 8 + 1e-9
        self.before = cycle, door.opening(cycle)


TestAnyUse = AnyUse.TestCase


def test_a_door_opens_settles_and_closes() -> None:
    rig = Rig()
    assert rig.state is DoorState.CLOSED
    assert rig.door.open(rig.cycle) is Reply.GOOD
    assert rig.run(MOVE_CYCLES - 1) == [DoorState.OPENING] * (MOVE_CYCLES - 1)
    assert rig.run(SETTLE_CYCLES) == [DoorState.UNKNOWN] * SETTLE_CYCLES
    assert rig.run(1) == [DoorState.OPEN]
    assert rig.door.steps(rig.cycle) == 400
    assert rig.door.close(rig.cycle) is Reply.GOOD
    assert rig.door.steps(rig.cycle) == 0
    rig.run(MOVE_CYCLES + SETTLE_CYCLES)
    assert rig.state is DoorState.CLOSED


@given(st.integers(1, MOVE_CYCLES - 1), st.integers(1, MOVE_CYCLES - 1))
def test_it_turns_round_anywhere(first: int, second: int) -> None:
    rig = Rig()
    rig.door.open(rig.cycle)
    rig.run(first)
    rig.door.close(rig.cycle)
    rig.run(second)
    assert rig.door.opening(rig.cycle) == pytest.approx(max(first - second, 0) / MOVE_CYCLES)


@pytest.mark.parametrize("opening", [0.0, 0.5])
def test_a_stuck_door_ends_with_its_steps(opening: float) -> None:
    """The steps are counted, no end is met; between the ends the state is unknown."""
    rig = Rig(opening=opening)
    rig.door.hold(True, 0)
    rig.door.open(0)
    rig.run(50 + SETTLE_CYCLES)
    assert rig.door.steps(rig.cycle) == PARAMETERS.max_steps
    assert rig.state is (DoorState.UNKNOWN if opening else DoorState.CLOSED)
    assert not rig.door.moving


def test_a_slow_door_takes_longer() -> None:
    rig = Rig()
    rig.door.slow(0.5, 0)
    rig.door.open(0)
    rig.run(2 * MOVE_CYCLES - 1)
    assert rig.state is DoorState.OPENING
    rig.run(1 + SETTLE_CYCLES)
    assert rig.state is DoorState.OPEN


def test_heat_ends_a_motion_but_in_an_emergency() -> None:
    for which, bit in enumerate((Shutter.MOTOR_HOT, Shutter.ELECTRONICS_HOT)):
        rig = Rig(opening=1.0)
        limit = (PARAMETERS.max_motor_temp, PARAMETERS.max_elec_temp)[which]
        rig.door.close(0)
        rig.run(3)
        rig.celsius[which] = calibration("RSE_TEMP").y(limit)
        assert not rig.shutter & bit
        rig.celsius[which] = calibration("RSE_TEMP").y(limit + 1)
        rig.run(1)
        assert rig.shutter & bit
        assert rig.state is DoorState.UNKNOWN
        rig.door.close(rig.cycle, emergency=True)
        rig.run(1)
        assert rig.shutter == bit | Shutter.EMERGENCY | Shutter.CLOSING
        rig.run(MOVE_CYCLES + SETTLE_CYCLES)
        assert rig.shutter == bit | Shutter.CLOSED


@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_over_a_bad_line_nothing_is_told_or_done(fault: Reply) -> None:
    rig = Rig()
    rig.door.line_fault = fault
    assert rig.door.status(0) is fault
    for command in (rig.door.open, rig.door.close, rig.door.stop):
        assert command(0) is fault
    assert rig.door.configure(replace(PARAMETERS, max_steps=1), 0) is fault
    assert rig.door.parameters == PARAMETERS
    assert not rig.door.moving
    assert rig.door.accepted == 0


def test_a_good_line_tells_what_it_does() -> None:
    rig = Rig()
    rig.door.open(0)
    rig.run(20)
    status = rig.door.status(rig.cycle)
    assert not isinstance(status, Reply)
    assert (status.shutter, status.steps) == (Shutter.OPENING, 200)
    assert (status.heartbeat, status.s_since_accepted) == (2, 2)
    raw = [status.motor_temp, status.electronics_temp]
    assert [calibration("RSE_TEMP").y(r) for r in raw] == pytest.approx([20, 20], abs=1.5)
    rig.run(10_000)
    late = rig.door.status(rig.cycle)
    assert not isinstance(late, Reply)
    assert late.s_since_accepted == 255


def test_without_power_it_stands_where_it_is() -> None:
    rig = Rig()
    rig.door.open(0)
    rig.run(10)
    assert rig.door.heat_w == (1, 2)
    rig.door.power(False, rig.cycle)
    assert rig.door.heat_w == (0, 0)
    there = rig.door.opening(rig.cycle)
    rig.run(100)
    assert (rig.door.opening(rig.cycle), rig.state) == (there, DoorState.UNKNOWN)
    assert rig.door.status(rig.cycle) is Reply.NOTHING


@pytest.mark.parametrize("part", [0, -1, 100.1])
def test_a_speed_is_a_part(part: float) -> None:
    with pytest.raises(ValueError, match="a speed is above 0"):
        Rig().door.slow(part, 0)
    with pytest.raises(ValueError, match="an opening"):
        Rig().door.place(-part - 1.2, 0)
