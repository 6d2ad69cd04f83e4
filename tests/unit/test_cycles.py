# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Counts on the emulated flight processor: of every function, the same every time, in budget."""

from __future__ import annotations

import dataclasses
import tomllib

import code_size
import cycles
import pytest
from cycle_cases import HIGH_WATER, SEARCHED, Case, cases
from cycles import BUDGETS, FLIGHT, ONBOARD_MAX_BYTES, Cost

from fsw_emu.targets.frames import stacks
from fsw_emu.targets.program import Program
from fsw_emu.targets.ring import TargetTrap

PROGRAM = FLIGHT / "sxi.elf"
MISALIGNED = 0


@pytest.fixture(scope="module")
def all_cases() -> list[Case]:
    return list(cases())


@pytest.fixture(scope="module")
def rows(all_cases: list[Case]) -> list[Cost]:
    return cycles.costs(cycles.measure(PROGRAM, all_cases), FLIGHT)


def test_every_public_function_is_measured(rows: list[Cost]) -> None:
    with cycles.meter(PROGRAM) as target:
        offered = {name for name in target.library.ring.functions if name.startswith("sxi_")}
    assert {row.function for row in rows} == offered


def test_everything_is_within_its_budget(rows: list[Cost]) -> None:
    assert cycles.over_budget(rows, tomllib.loads(BUDGETS.read_text())) == []
    assert code_size.onboard_bytes(FLIGHT) <= ONBOARD_MAX_BYTES


def test_what_flies_lacks_what_reads_it_alone(rows: list[Cost]) -> None:
    """The readers are real functions, and no more than their own code is left out."""
    sizes = {row.function: row.code_bytes for row in rows}
    apart = code_size.core_bytes(FLIGHT) - code_size.onboard_bytes(FLIGHT)
    assert sizes.keys() >= code_size.GROUND
    assert max(sizes[name] for name in code_size.GROUND) < apart
    assert apart < sum(sizes[name] for name in code_size.GROUND)


def test_the_figures_that_were_asked_for(all_cases: list[Case]) -> None:
    """Instructions a unit, on the inputs that the figures speak of."""
    most = {
        ("sxi_edu_detect", "quiet"): 60,
        ("sxi_filter_events", "storm"): 150,
        ("sxi_filter_events", "high water"): 150,
        ("sxi_aec_encode_u16", "noise"): 60,
        ("sxi_aec_decode_u16", "noise"): 90,
    }
    chosen = [case for case in all_cases if (case.function, case.name) in most]
    counts = cycles.measure(PROGRAM, chosen)
    measured = {(c.function, c.name): n.instructions / c.units for c, n in counts.items()}
    assert measured.keys() == most.keys()
    assert {key: value for key, value in measured.items() if value > most[key]} == {}


def test_stacks_of_the_code_are_those_of_the_call_graph(rows: list[Cost]) -> None:
    """What a program's instructions say, and what the compiler says of its sources."""
    read = stacks(Program(PROGRAM))
    assert {row.function: read.get(row.function) for row in rows} == {
        row.function: row.stack_bytes for row in rows
    }


def test_six_percent_over_is_told(rows: list[Cost]) -> None:
    budgets = tomllib.loads(cycles.as_toml(rows))
    assert cycles.over_budget(rows, budgets) == []
    for name in cycles.JUDGED:
        value = getattr(rows[0], name)
        over = dataclasses.replace(rows[0], **{name: value * 1.06})
        (line,) = cycles.over_budget([over], budgets)
        assert rows[0].function in line
        assert name in line
    del budgets["function"][rows[0].function]
    assert "no budget" in cycles.over_budget(rows, budgets)[0]


def test_a_hundred_runs_are_one(all_cases: list[Case]) -> None:
    """Each on a fresh processor: same output, same counts, same trap at the same place."""
    wanted = {"sxi_crc16": "random", "sxi_fee_event_store": "event", "sxi_edu_mask_step": "wrap"}
    chosen = [case for case in all_cases if wanted.get(case.function) == case.name]
    assert len(chosen) == len(wanted)
    seen = set()
    for _ in range(100):
        with cycles.meter(PROGRAM, cycles.CACHES) as target:
            counts = tuple(target.count(case) for case in chosen)
            crc = target.library.sxi_crc16(0xFFFF, b"123456789", 9)
            with pytest.raises(TargetTrap) as trap:
                target.library.ring.call("ring_misbehave", [MISALIGNED])
            seen.add((counts, crc, trap.value.type, trap.value.pc, trap.value.npc))
    assert len(seen) == 1


def test_what_ran_before_changes_no_count(all_cases: list[Case]) -> None:
    small = [case for case in all_cases if case.units <= 64]
    forwards = cycles.measure(PROGRAM, small, cycles.CACHES)
    backwards = cycles.measure(PROGRAM, reversed(small), cycles.CACHES)
    assert forwards == backwards


def test_the_searched_inputs_are_kept() -> None:
    assert HIGH_WATER.is_file()
    high = [case for case in cases() if case.name == "high water"]
    assert {case.function for case in high} == set(SEARCHED)
