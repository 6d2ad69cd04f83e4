# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Housekeeping of the FEE: within limits, by time, mode and seed alone."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.fee.housekeeping import Housekeeping, LinkError, pt1000_adu
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.packets.fee_registers import TABLE
from fsw_emu.packets.spacewire import TimeCode

CCDS = ("ccd2_ts_a", "ccd4_ts_b")
BOX = ("prt1", "prt2", "prt3", "prt4", "prt5")
ANALOGUE = [field.name for field in TABLE if 0x710 <= field.address <= 0x75C]
FT = 3
seeds = st.integers(0, 2**32 - 1)
HOUR_NS = 3600 * 10**9
times = st.lists(st.integers(0, HOUR_NS), min_size=1, max_size=6).map(sorted)


def celsius(adu: int) -> float:
    """The quadratic inverse that flight software makes of a raw value."""
    a, b, c = -8.51690296e-4, 3.88482301, 999.49599 - adu / 32
    return (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)


def measured(memory: FeeMemory) -> dict[str, int]:
    return {name: memory.get(name) for name in ANALOGUE}


@given(st.floats(-199, 199))
@pytest.mark.verifies("FEEREG-19")
def test_raw_temperatures_are_what_flight_software_takes_them_for(temperature: float) -> None:
    assert celsius(pt1000_adu(temperature)) == pytest.approx(temperature, abs=0.01)


@given(seeds, times, st.sampled_from([0, 2, 3, 4, 10]))
@pytest.mark.verifies("FEEREG-19", "FEEREG-20")
def test_values_are_within_limits(seed: int, moments: list[int], mode: int) -> None:
    memory = FeeMemory()
    housekeeping = Housekeeping(memory, seed=seed)
    memory.set("fpga_op_mode", mode)
    for now in moments:
        housekeeping.update(now)
        for name in CCDS:
            assert -124 < celsius(memory.get(name)) < -97
        for name in BOX:
            assert 0 < celsius(memory.get(name)) < 40
        for name in set(ANALOGUE) - {*CCDS, *BOX}:
            assert abs(memory.get(name) / 0x8000 - 1) < 0.07, name


@given(seeds, times)
@pytest.mark.verifies("FEEREG-20")
def test_same_times_and_seed_are_same_values(seed: int, moments: list[int]) -> None:
    """And how often it was measured in between does not matter."""
    memories = FeeMemory(), FeeMemory(), FeeMemory()
    often, again, once = (Housekeeping(memory, seed=seed) for memory in memories)
    for memory in memories:
        memory.set("fpga_op_mode", FT)
    once.update(moments[0])
    for now in moments:
        often.update(now)
        again.update(now)
    once.update(moments[-1])
    assert measured(memories[0]) == measured(memories[1])
    for name, value in measured(memories[2]).items():
        assert abs(value - memories[0].get(name)) <= 1


@given(seeds)
@pytest.mark.verifies("FEEREG-20")
def test_readouts_warm_with_a_time_constant(seed: int) -> None:
    memory = FeeMemory()
    housekeeping = Housekeeping(memory, seed=seed)
    housekeeping.update(0)
    cold = measured(memory)
    memory.set("fpga_op_mode", FT)
    housekeeping.update(0)
    assert measured(memory) == cold  # nothing jumps
    assert len({cold[name] for name in BOX}) > 1  # no sensor is like another
    courses: dict[str, list[int]] = {name: [] for name in CCDS + BOX}
    for minute in range(0, 240, 10):
        housekeeping.update(minute * 60 * 10**9)
        for name, course in courses.items():
            course.append(memory.get(name))
    assert all(course == sorted(course) and course[0] < course[-1] for course in courses.values())
    memory.set("fpga_op_mode", 0)
    housekeeping.update(4 * HOUR_NS)
    housekeeping.update(24 * HOUR_NS)
    assert all(abs(memory.get(name) - cold[name]) <= 1 for name in courses)


def test_other_surroundings_move_temperatures_and_voltages() -> None:
    memories = FeeMemory(), FeeMemory()
    same, warmer = (Housekeeping(memory) for memory in memories)
    warmer.ccd.surroundings_c, warmer.box.surroundings_c = -85.0, 30.0
    for now in (0, 10 * HOUR_NS):
        same.update(now)
        warmer.update(now)
    assert celsius(memories[1].get("ccd2_ts_a")) > -91  # where flight software reacts
    there, here = measured(memories[1]), measured(memories[0])
    assert all(there[name] > here[name] for name in CCDS + BOX)
    assert sum(there[name] != here[name] for name in ANALOGUE) > len(ANALOGUE) - 3


@given(st.lists(st.sampled_from(get_args(LinkError)), min_size=1))
@pytest.mark.verifies("FEEREG-18")
def test_errors_of_the_link_leave_state_and_flags(errors: list[LinkError]) -> None:
    memory = FeeMemory()
    housekeeping = Housekeeping(memory)
    housekeeping.link_up()
    assert memory.get("spw_link_running") == 1
    for error in errors:
        housekeeping.link_down(error)
    state = {"disconnect": 1, "parity": 2, "credit": 3, "escape": 4}
    flag = {"disconnect": 7, "escape": 8, "credit": 9, "parity": 10}
    word = int.from_bytes(memory.read(0x780, 4), "big")
    assert word & 0x1F == 1 << state[errors[-1]]
    word = int.from_bytes(memory.read(0x788, 4), "big")
    assert word == sum(1 << flag[error] for error in set(errors))


@given(st.integers(0, 63), st.integers(0, 3))
@pytest.mark.verifies("FEEREG-17")
def test_the_last_time_code_is_told(count: int, flags: int) -> None:
    memory = FeeMemory()
    Housekeeping(memory).time_code(TimeCode(count, flags))
    assert memory.read(0x780, 4) == bytes([1, flags << 6 | count, 0, 0])
