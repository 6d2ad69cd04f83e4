# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Contacts: no byte is lost untold, priorities hold, both centres have the same."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from fsw_emu.contact.budget import MassMemory, simulate
from fsw_emu.contact.centres import Dump, arrival, dumps_of, merged
from fsw_emu.contact.plan import Plan, Product, StormTime, read_plan
from fsw_emu.core import Core
from fsw_emu.ground.run import process
from fsw_emu.packets.pus import SmileTime, build_tm
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
    # the first and the last perigee are cut in two
    assert bits == pytest.approx(3 * PERIOD_S * plan.mean_bit_s * plan.share, rel=0.2)
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
    [(start, received)] = storm.alarms
    assert start == 10
    assert received is not None
    assert 45 < received < 51  # the dump before the next perigee
    assert quiet.alarms == []


def test_alert_contacts_bring_alarms_within_hours() -> None:
    alert = dataclasses.replace(read_plan().alert, every_h=4.0)
    [(start, received)] = simulate(plan_with(alert=alert), orbits=1).alarms
    assert received is not None
    assert received - start < 4.2


def test_two_storms_in_one_orbit_have_their_own_alarm() -> None:
    storms = (StormTime(10.0, 1.0, 2.0), StormTime(60.0, 1.0, 2.0))
    alarms = simulate(plan_with(storms=storms), orbits=2).alarms
    assert [start for start, _ in alarms] == [10.0, 60.0]
    assert all(received is not None and received > start for start, received in alarms)


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
    ],
)
def test_impossible_numbers(tmp_path: Path, before: str, after: str, said: str) -> None:
    built_in = Path(__file__).parents[2] / "fsw_emu/contact/plan.toml"
    text = built_in.read_text()
    assert before in text
    path = tmp_path / "plan.toml"
    path.write_text(text.replace(before, after))
    with pytest.raises(ValueError, match=said):
        read_plan(path)


def packet(count: int, second: int, apid: int = 321, data: bytes = b"") -> bytes:
    return build_tm(
        apid=apid, count=count % 16384, type=13, subtype=2, time=SmileTime(second, 0), data=data
    )


@given(
    seed=st.integers(0, 999),
    n=st.integers(1, 80),
    first=st.sampled_from([0, 16370, 5]),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_dumps_does_not_matter(seed: int, n: int, first: int, order: Any) -> None:
    stream = [packet(first + i, i // 3, data=bytes([i])) for i in range(n)]
    dumps = dumps_of(stream, ["A", "B"], seed=seed, overlap=5)
    assert {p for dump in dumps for p in dump.packets} == set(stream)
    order.shuffle(dumps)
    assert merged(dumps) == stream
    assert merged(arrival(dumps, "A")) == merged(arrival(dumps, "B"))


def test_dumps_that_disagree_are_told() -> None:
    dumps = [Dump("A", (packet(1, 1, data=b"a"),)), Dump("B", (packet(1, 1, data=b"b"),))]
    with pytest.raises(ValueError, match="APID 321 count 1"):
        merged(dumps)


def test_both_centres_make_the_same(tmp_path: Path, core: Core) -> None:
    assert main(["run", "--scene", "storm", "--frames", "3", "--out", str(tmp_path / "run")]) == 0
    tm = tmp_path / "run/tm.bin"
    assert main(["contacts", "--telemetry", str(tm), "--out", str(tmp_path / "centres")]) == 0
    process(tm, tmp_path / "direct", core)
    hashes = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in (tmp_path / "centres/ESA", tmp_path / "centres/CAS", tmp_path / "direct")
    ]
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(hashes[0]) >= 2


def test_the_command_writes_page_and_figures(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    assert main(["contacts", "--orbits", "1", "--storm", "5+1x3", "--out", str(out)]) == 0
    assert "storm at 5.0 h" in capsys.readouterr().out
    assert "<svg" in (out / "contacts.html").read_text()
    assert (out / "contacts.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [["--orbits", "0"], ["--plan", "nowhere.toml"], ["--telemetry", "nowhere.bin", "--out", "x"]],
)
def test_wrong_use_is_one_line(arguments: list[str], capsys: Any) -> None:
    assert main(["contacts", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
