# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Contacts: no byte is lost untold, priorities hold, each alarm has its own answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from fsw_emu.contact.budget import Alarm, Fate, MassMemory, simulate
from fsw_emu.contact.plan import Alert, Plan, Product, Station, StormTime, read_plan
from fsw_emu.world.orbit import Orbit

PERIOD_S = Orbit.nominal().period_s
PRODUCTS = tuple(Product(name, i) for i, name in enumerate("abc"))
steps = st.lists(
    st.tuples(st.sampled_from("abc") | st.none(), st.integers(0, 30)), max_size=40
)  # what is put, or None: sent


@given(steps=steps, capacity=st.integers(1, 60))
def test_every_byte_is_accounted_for(steps: Any, capacity: int) -> None:
    memory = MassMemory(PRODUCTS, capacity)
    for i, (name, size) in enumerate(steps):
        if name is None:
            memory.send(i, size, PRODUCTS)
        else:
            memory.put(name, i, size)
        assert memory.stored <= capacity
        waiting = memory.waiting()
        for product, tally in memory.tallies.items():
            assert tally.made == tally.sent + tally.dropped + waiting[product]
            assert sum(n for _, n in tally.lateness) == tally.sent
        assert memory.stored == sum(waiting.values())


def test_the_highest_priority_goes_first_and_the_lowest_is_dropped() -> None:
    memory = MassMemory(PRODUCTS, 25)
    for i, name in enumerate("cba"):
        memory.put(name, i, 10)
    assert {name: t.dropped for name, t in memory.tallies.items()} == {"a": 0, "b": 0, "c": 10}
    memory.send(5, 15, PRODUCTS)
    assert [memory.tallies[name].sent for name in "abc"] == [10, 5, 0]
    assert memory.tallies["a"].late_s(1.0) == 3
    assert memory.tallies["c"].late_s(0.5) is None


def test_passes_carry_what_the_mean_says() -> None:
    plan = read_plan()
    passes = list(plan.passes(3))
    bits = sum((each.end_s - each.begin_s) * each.bit_s for each in passes)
    assert bits == pytest.approx(3 * PERIOD_S * plan.mean_bit_s * plan.share, rel=1e-9)
    assert all(a.end_s <= b.begin_s for a, b in zip(passes, passes[1:], strict=False))


def plan_with(**changes: Any) -> Plan:
    return dataclasses.replace(read_plan(), **changes)


def test_what_does_not_fit_is_dropped_by_priority() -> None:
    small = simulate(plan_with(memory_mbytes=300.0), orbits=1)
    dropped = {name for name, tally in small.tallies.items() if tally.dropped}
    assert dropped == {"images"}
    smaller = simulate(plan_with(memory_mbytes=50.0), orbits=1)
    assert {name for name, t in smaller.tallies.items() if t.dropped} == {"images", "events"}


def test_a_storm_makes_more_events_and_an_alarm() -> None:
    quiet = simulate(plan_with(storms=()), orbits=1)
    storm = simulate(plan_with(storms=(StormTime(10.0, 5.0, 4.0),)), orbits=1)
    more = storm.tallies["events"].made - quiet.tallies["events"].made
    plan = read_plan()
    [events] = [each for each in plan.products if each.name == "events"]
    assert more == pytest.approx(3 * 5 * 3600 * plan.events_s * events.bytes_event, rel=1e-6)
    [alarm] = storm.alarms
    assert (alarm.storm_h, alarm.fate) == (10, Fate.RECEIVED)
    assert alarm.received_h is not None
    assert 45 < alarm.received_h < 51  # the dump before the next perigee
    assert quiet.alarms == []


def test_alert_contacts_bring_alarms_within_hours() -> None:
    alert = dataclasses.replace(read_plan().alert, every_h=4.0)
    [alarm] = simulate(plan_with(alert=alert), orbits=1).alarms
    assert alarm.received_h is not None
    assert alarm.received_h - alarm.storm_h < 4.2


def alarms_of(storms: Sequence[StormTime], orbits: int = 2, **changes: Any) -> list[Alarm]:
    return list(simulate(plan_with(storms=tuple(storms), **changes), orbits=orbits).alarms)


def test_two_storms_in_one_orbit_have_their_own_alarm() -> None:
    alarms = alarms_of([StormTime(10.0, 1.0, 2.0), StormTime(60.0, 1.0, 2.0)])
    assert [alarm.storm_h for alarm in alarms] == [10.0, 60.0]
    assert all(a.received_h is not None and a.received_h > a.storm_h for a in alarms)


def test_storms_of_one_frame_share_an_alarm_and_take_none_from_another() -> None:
    first, second, third = alarms_of([StormTime(h, 6.0, 4.2) for h in (20.0, 20.001, 90.0)])
    [alone] = alarms_of([StormTime(90.0, 6.0, 4.2)])
    assert first.received_h == second.received_h
    assert first.received_h is not None
    assert 45 < first.received_h < 51
    assert third == alone
    assert third.received_h is not None
    assert 96 < third.received_h < 102


@pytest.mark.parametrize("factor", [0.1, 1.0, 1.2, 1.39])
def test_what_is_too_faint_has_no_alarm(factor: float) -> None:
    faint, bright = alarms_of([StormTime(10.0, 1.0, factor), StormTime(30.0, 1.0, 1.4)], 1)
    assert (faint.fate, faint.received_h) == (Fate.NONE, None)
    assert bright.fate is Fate.RECEIVED


def test_within_a_storm_only_a_further_rise_has_an_alarm() -> None:
    storms = [StormTime(10.0, 9.0, 4.0), StormTime(12.0, 1.0, 5.0), StormTime(14.0, 1.0, 6.0)]
    fates = [alarm.fate for alarm in alarms_of(storms, 1)]
    assert fates == [Fate.RECEIVED, Fate.NONE, Fate.RECEIVED]


def test_a_storm_that_is_over_before_its_alarm_has_none() -> None:
    assert [a.fate for a in alarms_of([StormTime(10.0, 15 / 3600, 9.0)], 1)] == [Fate.NONE]


def test_beyond_the_simulation_is_an_answer() -> None:
    fates = [a.fate for a in alarms_of([StormTime(h, 1.0, 4.0) for h in (50.998, 51.0, 200.0)], 1)]
    assert fates == [Fate.BEYOND] * 3
    assert [a.fate for a in alarms_of([StormTime(50.9, 1.0, 4.0)], 1)] == [Fate.WAITING]


def test_an_alarm_that_is_dropped_is_told() -> None:
    assert [a.fate for a in alarms_of([StormTime(10.0, 1.0, 4.0)], memory_mbytes=1e-6)] == [
        Fate.DROPPED
    ]
    quiet = tuple(dataclasses.replace(each, bytes_alarm=0) for each in read_plan().products)
    assert [a.fate for a in alarms_of([StormTime(10.0, 1.0, 4.0)], products=quiet)] == [
        Fate.NO_PRODUCT
    ]


def test_an_alarm_is_received_with_its_last_byte() -> None:
    alert = Alert(every_h=1.0, minutes=10 / 60, bit_s=20.0)  # 25 of its 42 bytes
    first, second = alarms_of([StormTime(10.0, 0.5, 4.0), StormTime(20.0, 0.5, 4.0)], alert=alert)
    assert first.received_h == pytest.approx(12 + 10 / 3600)
    assert second.received_h == pytest.approx(22 + 10 / 3600)


def test_an_alarm_goes_before_the_rest_of_its_product() -> None:
    memory = MassMemory(PRODUCTS, 99)
    memory.put("a", 1, 10)
    memory.put("a", 2, 10, 7)
    memory.put("a", 2, 10, 8)
    memory.send(3, 19, PRODUCTS)
    assert memory.received == {}
    memory.send(4, 1, PRODUCTS)
    assert memory.received == {7: 4}
    memory.send(5, 5, PRODUCTS)
    memory.put("a", 6, 98)
    assert memory.dropped == {8}
    assert memory.received == {7: 4}


@pytest.mark.parametrize("orbits", [1, 2])
def test_a_pass_across_perigee_is_cut_in_two(orbits: int) -> None:
    plan = plan_with(stations=(Station("A", "A", -30, 60),))
    passes = list(plan.passes(orbits))
    spans = [(each.begin_s, each.end_s) for each in passes]
    between = [(i * PERIOD_S - 1800, i * PERIOD_S + 1800) for i in range(1, orbits)]
    assert spans == [(0, 1800), *between, (orbits * PERIOD_S - 1800, orbits * PERIOD_S)]
    bits = sum((each.end_s - each.begin_s) * each.bit_s for each in passes)
    assert bits == pytest.approx(orbits * PERIOD_S * plan.mean_bit_s * plan.share)
    assert simulate(plan, orbits=orbits).tallies["events"].sent > 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("[downlink]\nmean_bit_s = 1\n", "instrument is missing"),
        ("[unknown]\n", "unknown is none of"),
        ("[downlink\n", ""),
    ],
)
def test_plans_that_are_none(tmp_path: Path, change: str, said: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(change)
    with pytest.raises(ValueError, match=f"plan.toml: .*{said}"):
        read_plan(path)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("share = 0.6", "share = nan", "share"),
        ("mbytes = 2_000", "mbytes = -1", "memory_mbytes"),
        ("priority = 1", "priority = 0", "priority"),
        ("from_perigee_min = 20", "from_perigee_min = -20", "overlap"),
        ("from_perigee_min = 20", "from_perigee_min = 2000", "half an orbit"),
        ("hours = 6.0", "hour = 6.0", "hour is none of"),
        ("factor = 4.2", "factor = inf", "factor"),
        ("bytes = 284", 'bytes = "284"', "bytes of '284'"),
        ("bytes = 284", "bytes = true", "bytes of True"),
        ("bytes = 284", "bytes = 1" + 400 * "0", "bytes"),
        ("mean_bit_s = 171_000", 'mean_bit_s = "x"', "mean_bit_s of 'x'"),
        ("mean_bit_s = 171_000", "mean_bit_s = 0", "mean_bit_s"),
        ("mean_bit_s = 171_000", "mean_bit = 171_000", "mean_bit is none of"),
        ("mbytes = 2_000", "mbytes = [1]", r"memory_mbytes of \[1\]"),
        ("alarm_after_frames = 2", 'alarm_after_frames = "2"', "alarm_after_frames of '2'"),
        ("alarm_after_frames = 2", "alarm_after_frames = 2.5", "alarm_after_frames of 2.5"),
        ("alarm_factor = 1.4", "alarm_factor = 1.0", "alarm_factor above 1"),
        ("priority = 1", "priority = 1.5", "priority of 1.5"),
        ("priority = 1", "priority = [1]", "priority"),
        ("priority = 1", "", "product: priority is missing"),
        ('name = "housekeeping"', 'name = "events"', "two products of one name"),
        ('name = "housekeeping"', "name = 5", "name of 5"),
        ('name = "housekeeping"', 'name = ""', "name of ''"),
        ("minutes = 45", "minutes = 0", "minutes"),
        ("every_h = 0 ", "every_h = 1e-4 ", "minutes of an alert"),
        ('centre = "CAS"', "centre = 5", "centre of 5"),
        ('centre = "CAS"', 'centre = "../esc"', "centre of '../esc'"),
        ('centre = "CAS"', 'centre = ".."', "plain name"),
        ("[memory]", "[[memory]]", "memory of .*: it is a table"),
        ("[[storm]]", "[storm]", "storm of .*: it is a list"),
    ],
)
def test_impossible_numbers(
    tmp_path: Path, before: str, after: str, said: str, capsys: Any
) -> None:
    built_in = Path(__file__).parents[2] / "fsw_emu/contact/plan.toml"
    text = built_in.read_text()
    assert before in text
    path = tmp_path / "plan.toml"
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(ValueError, match=said):
        read_plan(path)
    assert main(["contacts", "--plan", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_alerts_are_not_more_often_than_frames() -> None:
    with pytest.raises(ValueError, match="every_h"):
        plan_with(alert=Alert(every_h=1e-4, minutes=1e-3, bit_s=1.0))


def test_the_command_writes_page_and_figures(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    assert main(["contacts", "--orbits", "1", "--storm", "5+1x3", "--out", str(out)]) == 0
    assert "storm at 5.0 h: alarm received 44.8 h later" in capsys.readouterr().out
    assert "<svg" in (out / "contacts.html").read_text()
    assert (out / "contacts.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--orbits", "0"], ["--plan", "nowhere.toml"], ["--telemetry", "nowhere.bin", "--out", "x"]],
)
def test_wrong_use_is_one_line(arguments: list[str], capsys: Any) -> None:
    assert main(["contacts", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
