# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Runs to figures, differences and verdicts; terms made equal; limits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.merit import words
from fsw_emu.merit.figures import BY_NAME
from fsw_emu.merit.intervals import Difference, Estimate
from fsw_emu.merit.limits import Limit, judge, read_limits
from fsw_emu.merit.matched import EQUAL_TERMS, Setting, at_equal_terms, between, said
from fsw_emu.merit.measure import Measure
from fsw_emu.merit.summary import Case, Entry, Row, Summary, summarise

QUIET = Case("quiet")


def runs(
    name: str, share: float, *, seeds: int = 10, scene: str = "quiet", point: str = "",
    false_per_mpix: float = 1.0, threshold: float = 25.0,
) -> Iterator[Row]:  # fmt: skip
    """Of an algorithm that keeps this share of 1000 photons a run, under skies that vary."""
    sky = np.random.default_rng(sum(scene.encode()))
    own = np.random.default_rng(sum(name.encode()))
    for seed in range(seeds):
        clear = sky.normal(0, 0.05)
        kept = own.binomial(1000, min(max(share + clear, 0), 1))
        for measure in (
            Measure("efficiency", "", 1000, kept),
            Measure("efficiency", "0.5-0.6", 100, kept // 10),
            Measure("photons kept", "", 1000, kept),
            Measure("loss", "E1", 500, 500 - kept // 2),
            Measure("loss", "F8", 500, 500 - kept // 2),
            Measure("false events", "", 100.0, round(100 * false_per_mpix)),
            Measure("particles kept", "", 200, round(200 * share)),
            Measure("energy", "", 100, 100 * clear, 900.0),
            Measure("threshold", "", 5, 5 * threshold),
            Measure("bytes per photon", "", kept, 64 * 1200),
            Measure("counts", "", 5, 0),
            *([Measure("counts", "dropped", 5, 20)] if seed % 2 else []),
        ):
            yield name, scene, seed, point, measure


def summary() -> Summary:
    return summarise([*runs("flight", 0.6), *runs("same", 0.6), *runs("better", 0.7)])


def test_what_is_alike_is_said_to_be() -> None:
    made = summary()
    assert made.algorithms == ("flight", "same", "better")
    assert made.verdict("photons kept", "same", QUIET) == "same"
    assert made.verdict("photons kept", "better", QUIET) == "better"
    assert made.verdict("photons kept", "flight", QUIET) == ""
    assert made.verdict("loss", "better", QUIET, "E1") == "better"
    assert made.verdict("particles kept", "better", QUIET) == "worse"  # keeps more of them too


def test_pairs_see_what_the_sky_hides() -> None:
    """Skies vary by more than the algorithms differ: the intervals overlap, the pairs tell."""
    made = summarise([*runs("flight", 0.6), *runs("more", 0.65)])
    one, other = (made.entry("efficiency", name, QUIET) for name in made.algorithms)
    assert one is not None
    assert other is not None
    assert one.estimate.upper > other.estimate.lower
    assert other.is_significant
    swapped = summarise([*runs("flight", 0.6), *runs("more", 0.65)], baseline="more")
    assert swapped.verdict("efficiency", "flight", QUIET) == "worse"
    back = swapped.entry("efficiency", "flight", QUIET)
    assert back is not None
    assert other.difference is not None
    assert back.difference is not None
    assert back.difference.value == pytest.approx(-other.difference.value)


def test_only_common_seeds_are_compared() -> None:
    made = summarise([*runs("flight", 0.6, seeds=10), *runs("short", 0.8, seeds=6)])
    entry = made.entry("efficiency", "short", QUIET)
    assert entry is not None
    assert entry.difference is not None
    assert entry.difference.pairs == 6
    assert made.seeds["short", QUIET] == (0, 1, 2, 3, 4, 5)
    few = summarise([*runs("flight", 0.6), *runs("short", 0.9, seeds=4)])
    assert few.verdict("efficiency", "short", QUIET) == ""


def test_a_part_that_a_run_lacks_counts_as_none() -> None:
    made = summary()
    entry = made.entry("counts", "flight", QUIET, "dropped")
    assert entry is not None
    assert (entry.estimate.value, entry.estimate.trials) == (2.0, 50)  # 20 in half the runs of 5


def test_rows_may_come_in_any_order() -> None:
    rows = [*runs("flight", 0.6), *runs("better", 0.7)]
    order = np.random.default_rng(2).permutation(len(rows))
    one, other = summarise(rows), summarise([rows[i] for i in order], baseline="flight")
    assert one.entries.keys() == other.entries.keys()
    for key, entry in one.entries.items():
        assert entry.estimate.value == pytest.approx(other.entries[key].estimate.value)
        assert entry.p_holm == pytest.approx(other.entries[key].p_holm)


def test_no_runs_and_no_such_baseline() -> None:
    assert summarise([]).entries == {}
    with pytest.raises(ValueError, match="baseline 'x' has no runs"):
        summarise(runs("flight", 0.6), baseline="x")


def test_parts_come_in_the_order_of_their_energy() -> None:
    rows = [("a", "quiet", 0, "", Measure("efficiency", p, 9, 5)) for p in ("1-2", "0.1-1", "")]
    assert summarise(rows).parts("efficiency") == ("0.1-1", "1-2")


def estimate(value: float, half: float = 0.01, trials: float = 1000) -> Estimate:
    return Estimate(value, value - half, value + half, trials, 10)


def test_between_settings_the_figure_is_interpolated() -> None:
    """On the logarithm of the terms: 1 is half way from 0.1 to 10."""
    settings = [Setting("low", estimate(10), estimate(0.9)),
                Setting("high", estimate(0.1), estimate(0.7))]  # fmt: skip
    at = between(settings, 1.0)
    assert at is not None
    assert (at.value, at.lower, at.upper) == pytest.approx((0.8, 0.79, 0.81))
    assert between(settings, 20.0) is None
    assert between(settings[:1], 10.0) is None
    none = Setting("none", estimate(0.0, trials=50), estimate(0.6))
    at = between([none, settings[1]], 0.05)
    assert at is not None
    assert 0.6 < at.value < 0.7


@given(st.floats(0.1, 10))
def test_it_stays_between_the_two(target: float) -> None:
    settings = [Setting("", estimate(x), estimate(y)) for x, y in ((0.1, 0.5), (1, 0.7), (10, 0.8))]
    at = between(settings, target)
    assert at is not None
    assert 0.5 <= at.value <= 0.8


def test_settings_of_an_algorithm_are_told_from_others() -> None:
    rows = [
        *runs("flight(threshold=20)", 0.9, false_per_mpix=5, threshold=20),
        *runs("flight(threshold=30)", 0.8, false_per_mpix=0.2, threshold=30),
        *runs("fair(limit=500,threshold=20)", 0.9, false_per_mpix=4),
        *runs("fair(limit=500,threshold=30)", 0.8, false_per_mpix=3),
        *runs("tree", 0.7),
    ]
    found = at_equal_terms(summarise(rows), EQUAL_TERMS[0], "quiet")
    assert list(found) == ["flight", "fair(limit=500)", "tree"]
    assert found["flight"][1] is not None
    told = said(found)
    assert "one setting only: tree." in told
    assert "do not enclose the terms: fair(limit=500)." in told
    lost = at_equal_terms(summarise(rows), EQUAL_TERMS[1], "quiet")
    assert list(lost) == ["flight", "fair", "tree"]
    assert lost["flight"][0][0].terms.value == pytest.approx(0.1, abs=0.05)


def test_points_of_a_grid_are_not_settings() -> None:
    rows = [row for p in ("2", "5") for row in runs("flight", 0.9, point=f"sky.pressure_npa={p}")]
    found = at_equal_terms(summarise(rows), EQUAL_TERMS[0], "quiet")
    assert list(found) == ["flight, sky.pressure_npa=2", "flight, sky.pressure_npa=5"]
    assert at_equal_terms(summarise(rows), EQUAL_TERMS[0], "storm") == {}


LIMITS = """
[[limit]]
figure = "efficiency"
at_least = 0.5

[[limit]]
figure = "photons kept"
algorithm = "better"
scene = "quiet"
of = "difference"
by = "interval"
at_least = 0.0
"""


def test_limits_that_are_kept() -> None:
    assert judge(summary(), read_limits(LIMITS)) == []


def test_limits_that_are_not() -> None:
    made = summary()
    (line,) = judge(made, [Limit("efficiency", algorithm="same", at_least=0.65)])
    assert line.startswith("efficiency of same in quiet is 0.6")
    assert line.endswith("not at least 0.65")
    assert len(judge(made, [Limit("efficiency", at_most=0.1)])) == 3
    by_value = Limit("particles kept", algorithm="flight", at_most=0.61)
    assert judge(made, [by_value]) == []
    (line,) = judge(made, [replace(by_value, by="interval")])
    assert line.endswith("not at most 0.61")


def test_limits_on_what_is_missing_are_not_kept() -> None:
    made = summary()
    for limit in (
        Limit("pile-up", at_most=1),
        Limit("efficiency", part="9-10", at_least=0),
        Limit("efficiency", scene="storm", at_least=0),
        Limit("efficiency", algorithm="flight", of="difference", at_least=0),
    ):
        lines = judge(made, [limit])
        assert lines
        assert all(line.endswith("nothing was measured") for line in lines)
    few = summarise([*runs("flight", 0.6), *runs("short", 0.9, seeds=2)])
    (line,) = judge(few, [Limit("efficiency", of="difference", at_least=0)])
    assert line.endswith("too few common seeds to tell")
    nan = summarise([("a", "quiet", 0, "", Measure("bytes per photon", "", 2, 9))])
    assert judge(nan, [Limit("bytes per photon", at_most=99, by="interval")])


def test_a_figure_that_one_algorithm_lacks_is_not_kept_by_it() -> None:
    """One that sends nothing has no share of photons, whatever that of the others is."""
    good = Measure("photon share", "", 100, 80)
    rows: list[Row] = [("flight", scene, 0, "", good) for scene in ("quiet", "storm")]
    rows.append(("tree", "quiet", 0, "", good))
    silent = ("none", "quiet", 0, "", Measure("events sent", "", 1, 0))
    made = summarise([*rows, silent])
    lines = judge(made, [Limit("photon share", at_least=0.7)])
    assert sorted(lines) == [
        "photon share of none in quiet: nothing was measured",
        "photon share of none in storm: nothing was measured",
        "photon share of tree in storm: nothing was measured",
    ]
    assert judge(made, [Limit("photon share", algorithm="flight", at_least=0.7)]) == []
    (line,) = judge(made, [Limit("photon share", algorithm="gone", at_least=0.7)])
    assert line == "photon share: nothing was measured"


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("", "has [[limit]] tables"),
        ("x = 1", "has [[limit]] tables"),
        ("limit = 3", "has [[limit]] tables"),
        ("limit = [3]", "limit 1: not a table"),
        ("[[limit]]\nat_most = 1", "limit 1: has no figure"),
        ("[[limit]]\nfigure = 3\nat_most = 1", "figure is not a word: 3"),
        ("[[limit]]\nfigure = 'x'\nat_most = 1", "no figure 'x'; they are: photons kept"),
        ("[[limit]]\nfigure = 'efficiency'", "needs at_least or at_most"),
        ("[[limit]]\nfigure = 'efficiency'\nat_most = '1'", "a limit is a number, not '1'"),
        ("[[limit]]\nfigure = 'efficiency'\nat_most = true", "a limit is a number, not True"),
        ("[[limit]]\nfigure = 'efficiency'\nat_most = nan", "a limit is a number, not nan"),
        ("[[limit]]\nfigure = 'efficiency'\nat_most = 0\nat_least = 1", "at_least is above"),
        ("[[limit]]\nfigure = 'efficiency'\nat_most = 0\nof = 'x'", "of is value or difference"),
        ("[[limit]]\nfigure = 'efficiency'\nat_most = 0\nby = 'x'", "by is value or interval"),
        ("[[limit]]\nfigure = 'efficiency'\nmost = 0", "limit 1: no most in a limit"),
        ("[[limit", "not TOML: "),
    ],
)
def test_limits_that_are_none_are_refused_in_a_line(text: str, said_of_it: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said_of_it)) as refused:
        read_limits(text)
    assert "\n" not in str(refused.value)


@given(st.text("[]limt=\n\"'.#0 aeon", max_size=60))
def test_whatever_a_file_of_limits_holds(text: str) -> None:
    with suppress(ValueError):
        read_limits(text)


def test_a_difference_that_rounds_to_nothing_keeps_its_sign() -> None:
    share = BY_NAME["particles kept"]
    small = Difference(-4e-5, -7e-5, -1e-5, 1e-4, 9)
    assert words.change(share, small) == "\u22120.004\xa0points"
    told = words.tested(share, Entry(Estimate(0.1, 0.09, 0.11, 100, 9), small, 1e-4))
    assert "\u22120.004\xa0points (\u22120.007 \u2013 \u22120.001)" in told
    none = replace(small, value=-1e-9, lower=-1e-9, upper=1e-9)
    assert words.change(share, none) == "\u22120.000\xa0points"


def test_figures_have_the_digits_that_they_bear() -> None:
    share, rate = BY_NAME["efficiency"], BY_NAME["false events"]
    found = Estimate(0.93456, 0.92, 0.95, 100, 5)
    assert words.value(share, found) == "93.5\xa0%"
    assert words.interval(share, found) == "92.0 \u2013 95.0"
    assert words.value(rate, Estimate(1234.567, 1100, 1400, 1, 1)) == "1\u202f235/Mpix"
    assert words.interval(rate, Estimate(1, math.nan, math.nan, 1, 1)) == ""
    assert words.value(rate, Estimate(0, 0, 0, 1, 1)) == "0/Mpix"
    assert words.change(share, Difference(-0.0301, -0.05, -0.01, 0.001, 9)) == "\u22123.0\xa0points"
    assert words.change(share, Difference(0.0, -0.05, 0.05, 0.9, 9)) == "0.0\xa0points"
    assert words.amount(2.1e7) == "21\xa0M"
    assert words.plural(1, "scene") == "1 scene"
