# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Distributions and intervals, judged by scipy, by hand and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special, stats

from fsw_emu.merit.distributions import (
    beta_cdf,
    beta_quantile,
    gamma_cdf,
    gamma_quantile,
    t_cdf,
    t_p_value,
    t_quantile,
)
from fsw_emu.merit.intervals import (
    FEWEST_PAIRS,
    FWHM,
    Kind,
    count_interval,
    difference,
    estimate,
    holm,
    of_sums,
    share_interval,
)

SHAPES = st.floats(-1, 6).map(lambda power: 10.0**power)
#: of shares and of Student's t; below a half, a quantile near 1 lies between two doubles
USED = st.floats(math.log10(0.5), 6).map(lambda power: 10.0**power)
INSIDE = st.floats(0.001, 0.999)


@given(INSIDE, SHAPES, SHAPES)
def test_beta_is_that_of_scipy(x: float, a: float, b: float) -> None:
    assert beta_cdf(x, a, b) == pytest.approx(special.betainc(a, b, x), rel=1e-7, abs=1e-9)


@given(INSIDE, SHAPES)
def test_gamma_is_that_of_scipy(p: float, a: float) -> None:
    x = float(special.gammaincinv(a, p))
    assert gamma_cdf(x, a) == pytest.approx(p, rel=1e-7)


@given(st.floats(-50, 50), st.floats(1, 1e4))
@example(9.964990731056318e-07, 3277.0)
def test_t_is_that_of_scipy(t: float, df: float) -> None:
    assert t_cdf(t, df) == pytest.approx(stats.t.cdf(t, df), rel=1e-7, abs=1e-12)
    assert t_p_value(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-7, abs=1e-12)


@given(INSIDE, USED, USED)
def test_quantiles_lead_back(p: float, a: float, b: float) -> None:
    assert special.betainc(a, b, beta_quantile(p, a, b)) == pytest.approx(p, abs=1e-6)
    assert special.gammainc(a, gamma_quantile(p, a)) == pytest.approx(p, abs=1e-6)
    assert stats.t.cdf(t_quantile(p, 1 + a), 1 + a) == pytest.approx(p, abs=1e-6)


def test_outside_of_their_range() -> None:
    assert (beta_cdf(-1, 2, 3), beta_cdf(0, 2, 3), beta_cdf(1, 2, 3)) == (0, 0, 1)
    assert gamma_cdf(0, 2) == 0
    assert t_quantile(0.5, 7) == 0


@given(st.data(), st.integers(1, 5000), st.sampled_from([0.68, 0.95, 0.99]))
def test_shares_have_exact_intervals(data: st.DataObject, n: int, confidence: float) -> None:
    k = data.draw(st.integers(0, n))
    exact = stats.binomtest(k, n).proportion_ci(confidence, "exact")
    assert share_interval(k, n, confidence) == pytest.approx(tuple(exact), abs=1e-9)
    found = estimate(Kind.SHARE, np.array([[[n, k, 0.0]]]), confidence=confidence)
    assert found is not None
    assert (found.value, found.trials, found.runs) == (k / n, n, 1)
    assert (found.lower, found.upper) == pytest.approx(tuple(exact), abs=1e-9)


@given(st.integers(0, 100_000), st.floats(0.01, 1000))
def test_rates_have_exact_intervals(count: int, exposure: float) -> None:
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2
    assert count_interval(count, 0.95) == pytest.approx((low, high), rel=1e-6)
    found = estimate(Kind.RATE, np.array([[[exposure, count, 0.0]]]))
    assert found is not None
    ends = (low / exposure, high / exposure)
    assert (found.lower, found.upper) == pytest.approx(ends, rel=1e-6)


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=40).filter(lambda x: np.std(x) > 1e-3))
def test_means_of_one_run_have_those_of_students_t(values: list[float]) -> None:
    deviations = np.array(values)
    sums = np.array([[[len(values), deviations.sum(), (deviations**2).sum()]]])
    found = estimate(Kind.MEAN, sums)
    exact = stats.ttest_1samp(deviations, 0).confidence_interval(0.95)
    assert found is not None
    assert (found.lower, found.upper) == pytest.approx((exact.low, exact.high), rel=1e-5, abs=1e-6)
    width = estimate(Kind.WIDTH, sums)
    rms = estimate(Kind.RMS, sums)
    assert width is not None
    assert rms is not None
    assert width.value == pytest.approx(FWHM * np.std(deviations, ddof=1), rel=1e-5)
    assert rms.value == pytest.approx(math.sqrt(np.mean(deviations**2)))
    assert width.lower < width.value < width.upper


@given(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(-10, 10)), min_size=5, max_size=30).filter(
        lambda pairs: np.std([a - b for a, b in pairs]) > 1e-3
    )
)
def test_differences_of_means_are_the_paired_t_test(pairs: list[tuple[float, float]]) -> None:
    """One trial a run: then the jackknife is the paired test."""
    one, other = (
        np.array([[[1.0, v, v * v]] for v in column]) for column in zip(*pairs, strict=True)
    )
    found = difference(Kind.MEAN, one, other)
    exact = stats.ttest_rel(one[:, 0, 1], other[:, 0, 1])
    ends = exact.confidence_interval(0.95)
    assert found is not None
    assert found.p == pytest.approx(exact.pvalue, rel=1e-5, abs=1e-9)
    assert (found.lower, found.upper) == pytest.approx((ends.low, ends.high), rel=1e-5, abs=1e-6)


def test_differences_need_pairs_and_trials() -> None:
    sums = np.array([[[10.0, 4.0, 0.0]]] * 6)
    assert difference(Kind.SHARE, sums[:4], sums[:4]) is None
    assert difference(Kind.SHARE, sums[:5], sums[:5]) is not None
    assert difference(Kind.SHARE, sums, sums[:3]) is None
    assert difference(Kind.SHARE, sums, np.zeros((6, 1, 3))) is None
    only_one = np.zeros((6, 1, 3))
    only_one[0] = sums[0]  # without that run there is no figure
    assert difference(Kind.SHARE, sums, only_one) is None


def test_differences_without_any_scatter_have_the_p_of_the_sign_test() -> None:
    ten = np.array([[[10.0, 640.0, 0.0]]] * 6)
    same = difference(Kind.RATIO, ten, ten)
    less = difference(Kind.RATIO, ten / [1, 2, 1], ten)
    assert same is not None
    assert less is not None
    assert (same.value, same.p) == (0, 1)
    assert (less.value, less.p) == (-32, 2**-5)


def test_distance_from_zero_is_compared_where_zero_is_best() -> None:
    rng = np.random.default_rng(3)
    near, far = ([[[100.0, v, v * v]] for v in rng.normal(at, 5, 8)] for at in (40, -300))
    plain = difference(Kind.MEAN, np.array(near), np.array(far))
    to_zero = difference(Kind.MEAN, np.array(near), np.array(far), to_zero=True)
    assert plain is not None
    assert to_zero is not None
    assert plain.value > 3
    assert to_zero.value < -2


def test_holm_by_hand() -> None:
    """0.01 x 4, 0.02 x 3, then 0.03 x 2 is as much, then 0.04 x 1 not less."""
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_helps_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


@pytest.mark.parametrize("kind", [Kind.SHARE, Kind.RATE, Kind.MEAN, Kind.WIDTH])
def test_intervals_hold_the_truth_as_often_as_they_say(kind: Kind) -> None:
    """Over 400 campaigns of 8 runs; exact ones more often, others within 3 errors of 95 %."""
    rng = np.random.default_rng(7)
    truth = {Kind.SHARE: 0.3, Kind.RATE: 1.4, Kind.MEAN: 2.0, Kind.WIDTH: FWHM * 3.0}[kind]
    held = 0
    for _ in range(400):
        held += _holds(kind, truth, _simulated(kind, rng))
    assert held / 400 > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 400)


@pytest.mark.parametrize("kind", [Kind.SHARE, Kind.RATE, Kind.RATIO])
def test_they_do_so_where_runs_differ_by_more_than_chance(kind: Kind) -> None:
    """The law alone would hold the truth in less than half of them."""
    rng = np.random.default_rng(8)
    held = narrow = 0
    for _ in range(300):
        level = rng.uniform(0.1, 0.5, 12)
        found = rng.binomial(2000, level) if kind is Kind.SHARE else rng.poisson(2000 * level)
        sums = np.array([[[2000.0, count, 0.0]] for count in found])
        held += _holds(kind, 0.3, sums)
        if kind is not Kind.RATIO:
            narrow += _holds(kind, 0.3, sums.sum(axis=0, keepdims=True))
    assert held / 300 > 0.90
    assert narrow / 300 < 0.5


def test_no_false_alarm_more_often_than_said() -> None:
    """Ten figures without a difference, 120 times: any significant in 5 % of them, or less."""
    rng = np.random.default_rng(9)
    alarms = 0
    for _ in range(120):
        p_values = []
        for _ in range(10):
            sky = rng.uniform(0.2, 0.8, 10)
            pair = [np.array([[[500.0, k, 0.0]] for k in rng.binomial(500, sky)]) for _ in "ab"]
            found = difference(Kind.SHARE, *pair)
            assert found is not None
            p_values.append(found.p)
        alarms += min(holm(p_values)) < 0.05
    assert alarms / 120 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 120)


@pytest.mark.parametrize("mean", [0.5, 2.0, 8.0])
def test_few_pairs_are_no_cause_for_alarm(mean: float) -> None:
    """As few pairs as there may be, of small counts: differences nearly equal by chance. Beside
    fifteen others a p has to be below 0.003 to be significant."""
    rng = np.random.default_rng(10)
    n_campaigns, p_values = 1500, []
    for _ in range(n_campaigns):
        trials = rng.poisson(300, FEWEST_PAIRS)
        sky = rng.uniform(0.8, 1.2, FEWEST_PAIRS) * mean
        pair = [
            np.array([[[n, k, 0.0]] for n, k in zip(trials, rng.poisson(sky), strict=True)])
            for _ in "ab"
        ]
        found = difference(Kind.SHARE, *pair)
        assert found is not None
        p_values.append(found.p)
    for level in (0.05, 0.003):
        alarms = float(np.mean(np.array(p_values) < level))
        assert alarms < level + 3 * math.sqrt(level * (1 - level) / n_campaigns)


def test_uneven_is_the_farthest_part() -> None:
    runs = np.array([[[100.0, 10.0, 0.0], [100.0, 10.0, 0.0], [200.0, 60.0, 0.0]]] * 5)
    found = estimate(Kind.UNEVEN, runs)
    assert found is not None
    assert found.value == pytest.approx(0.1)  # 0.3 and 0.1 about 0.2
    likely = (300 + 1) / (1000 + 2)  # of the third part: as far off, and less sure
    error = math.sqrt(likely * (1 - likely) / 1000)
    assert found.upper == pytest.approx(0.1 + 3 * error)
    few = (50 + 1) / (500 + 2)
    surest = min(error, math.sqrt(few * (1 - few) / 500))
    assert found.lower == pytest.approx(0.1 - 3 * surest)
    assert math.isnan(of_sums(Kind.UNEVEN, runs[0, :1]))


def test_nothing_tried_has_no_figure() -> None:
    for kind in Kind:
        assert estimate(kind, np.zeros((4, 2, 3))) is None


def test_too_little_has_no_interval() -> None:
    one = np.array([[[1.0, 3.0, 9.0]]])
    for kind in (Kind.RATIO, Kind.MEAN, Kind.RMS):
        found = estimate(kind, one)
        assert found is not None
        assert (found.value, math.isnan(found.lower), math.isnan(found.upper)) == (3, True, True)


def _holds(kind: Kind, truth: float, sums: np.ndarray) -> bool:
    found = estimate(kind, sums)
    assert found is not None
    return found.lower <= truth <= found.upper


def _simulated(kind: Kind, rng: np.random.Generator) -> np.ndarray:
    runs = []
    for _ in range(8):
        n = int(rng.integers(20, 60))
        if kind is Kind.SHARE:
            runs.append([[n, rng.binomial(n, 0.3), 0.0]])
        elif kind is Kind.RATE:
            runs.append([[n / 10, rng.poisson(1.4 * n / 10), 0.0]])
        else:
            values = rng.normal(2.0, 3.0, n)
            runs.append([[n, values.sum(), (values**2).sum()]])
    return np.array(runs, np.float64)
