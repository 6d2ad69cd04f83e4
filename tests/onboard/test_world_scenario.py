# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Scenario files: what is right is read as it stands, what is wrong is told with its line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world_acts import acts, bad_values, entry

from fsw_emu.packets.pus import SmileTime
from fsw_emu.world.acts import ACTS, Refused, make_act
from fsw_emu.world.numbers import cycles, rows
from fsw_emu.world.scenario import BadScenario, read_scenario, shipped
from fsw_emu.world.world import _DEEDS

ROOT = Path(__file__).resolve().parents[2]
TITLE = 'title = "a test"\n\n'
times = st.floats(0, 1e6)
plans = st.lists(st.tuples(times, acts()), max_size=12)


@given(plans)
def test_every_act_is_read_in_the_order_of_its_time(plan: list[Any]) -> None:
    text = TITLE + "".join(entry(t, *act) for t, act in plan)
    read = read_scenario(text).acts
    expected = sorted(((-(-Fraction(t) * 8 // 1), act) for t, act in plan), key=lambda e: e[0])
    assert [(a.cycle, (a.name, dict(a.arguments))) for a in read] == expected


@given(acts(), st.integers(0, 1000), st.integers(0, 1000))
def test_an_act_for_a_time_ends(act: Any, t_s: int, for_s: int) -> None:
    name, given_ = act
    text = TITLE + entry(t_s, name, given_, for_s=for_s)
    ends = ACTS[name].ends
    if ends is None:
        with pytest.raises(BadScenario, match="has no end"):
            read_scenario(text)
        return
    begin, end = read_scenario(text).acts
    assert (begin.cycle, end.cycle) == (8 * t_s, 8 * (t_s + for_s))
    assert end.arguments == {**given_, **ends}


@given(plans, st.data())
def test_each_bad_field_is_told_with_its_line(plan: list[Any], data: st.DataObject) -> None:
    """In the one bad act among good ones."""
    name = data.draw(st.sampled_from(sorted(n for n in ACTS if ACTS[n].arguments)))
    good = dict(data.draw(acts((name,)))[1])
    key = data.draw(st.sampled_from(sorted(good)))
    bad = data.draw(bad_values(ACTS[name].arguments[key]))
    text = TITLE + "".join(entry(t, *act) for t, act in plan)
    line = text.count("\n") + 4 + list(good).index(key)
    text += entry(1.0, name, {**good, key: bad}) + entry(2.0, "sky.sun", {})
    with pytest.raises(BadScenario) as told:
        read_scenario(text, name="x.toml")
    assert str(told.value).startswith(f"x.toml:{line}: {key}: ")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "x.toml:1: title: a title is needed"),
        ("title = 3", "x.toml:1: title: a title is needed"),
        ('title = "a"\nmore = 1', "x.toml:2: more: one of"),
        ('title = "a"\nat = 3', "x.toml:2: at: each act begins"),
        ('title = "a"\nat = [3]', "x.toml:2: at: each act begins"),
        ('title = "a"\nstart = "now"', "x.toml:2: start: a time in UTC"),
        ('title = "a"\nstart = "2017-01-01T00:00:00Z"', "x.toml:2: start: a time in UTC"),
        ('title = "a"\n[orbit]\nfrom_perigee_s = "x"', "x.toml:3: from_perigee_s: seconds"),
        ('title = "a"\n[orbit]\nfrom_perigee_s = nan', "x.toml:3: from_perigee_s: seconds"),
        ('title = "a"\n[orbit]\nbelts_km = 1', "from_perigee_s: seconds, and all that"),
        ('title = "a"\n[[at]]\nt_s = 1', "x.toml:2: act: no act 'None'"),
        ('title = "a"\n[[at]]\nt_s = 1\nact = "door.eaten"', "x.toml:4: act: no act"),
        ('title = "a"\n[[at]]\nact = "sky.sun"', "x.toml:2: t_s: seconds"),
        ('title = "a"\n[[at]]\nt_s = -1\nact = "sky.sun"', "x.toml:3: t_s: seconds"),
        ('title = "a"\n[[at]]\nt_s = inf\nact = "sky.sun"', "x.toml:3: t_s: seconds"),
        ('title = "a"\n[[at]]\nt_s = true\nact = "sky.sun"', "x.toml:3: t_s: seconds"),
        ('title = "a"\n[[at]]\nt_s = 1\nact = "sky.swcx"', "x.toml:2: rate: is needed"),
        ('title = "a"\n[[at]]\nt_s = 1\nact = "sky.sun"\nof = 1', "x.toml:5: of: the act has no"),
        ('title = "a"\nat = [{t_s = 1, act = "x"}]', "x.toml: act 1: act: no act"),
        ('title = "a"\n[[at]', "x.toml: "),
    ],
)
def test_what_is_wrong_is_told_in_one_line(text: str, told: str) -> None:
    with pytest.raises(BadScenario) as error:
        read_scenario(text, name="x.toml")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for each in (text, TITLE + text, TITLE + "[[at]]\n" + text):
        try:
            read_scenario(each)
        except BadScenario as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_a_scenario_is_not_too_long() -> None:
    with pytest.raises(BadScenario, match="longer than"):
        read_scenario(TITLE + "#" * (1 << 20))


@pytest.mark.parametrize(
    ("name", "given_", "told"),
    [
        ("fee.hk", {"field": "fpga_minor_version", "raw": 256}, "raw: 0"),
        ("edac.flip", {"address": 0x30000000}, "address: no protected memory"),
        ("edac.upsets", {"rate": 1, "start": 0x6FFFFFF0, "bytes": 32}, "bytes: the range ends"),
        ("nothing", {}, "act: no act"),
    ],
)
def test_arguments_have_to_fit_each_other(name: str, given_: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        make_act(0, name, given_)


@pytest.mark.parametrize("name", ["quiet_orbit", "radiation_belt", "solar_storm"])
def test_shipped_ones_are_read(name: str) -> None:
    scenario = shipped(name)
    assert scenario.orbit is not None
    assert scenario.start is not None
    assert scenario.start > SmileTime(0, 0)


def test_the_belt_passage_has_its_rates_inside_the_belts() -> None:
    scenario = shipped("radiation_belt")
    assert scenario.orbit is not None
    rates = [a for a in scenario.acts if a.name == "sky.cosmic"]
    first, last = rates[0].cycle / 8, rates[-1].cycle / 8
    assert not scenario.orbit.in_belts(first - 10)
    assert scenario.orbit.in_belts(first + 10)
    assert not scenario.orbit.in_belts(last)


@pytest.mark.parametrize("name", ["none", "../assumed", "assumed", ""])
def test_only_shipped_ones_are(name: str) -> None:
    with pytest.raises(BadScenario, match="no scenario"):
        shipped(name)


def test_the_page_lists_every_act_and_its_example_is_one() -> None:
    page = (ROOT / "docs/world.md").read_text()
    for name, kind in ACTS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert kind.meaning in row
        for key, argument in kind.arguments.items():
            assert f"`{key}` {argument.span if len(argument.choices) < 20 else 'a name'}" in row
    example = page.split("```toml\n")[1].split("```")[0]
    assert read_scenario(example).acts


def test_every_act_of_the_world_is_done_by_it() -> None:
    assert {name for name, kind in ACTS.items() if kind.owner == "world"} == set(_DEEDS)


def test_assumed_numbers_have_reasons() -> None:
    assert sum(len(part) for part in rows().values()) > 50


@given(st.integers(0, 10**7), st.floats(0, 1))
def test_an_act_is_never_early(whole: int, part: float) -> None:
    at = cycles((whole + part) / 8)
    assert (at - 1) / 8 < (whole + part) / 8 <= at / 8
