# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What sums over runs tell: a value, how sure it is, and whether two differ.

Sums are arrays (runs, parts, 3) of trials, total and squares as in Measure; most figures have one
part. Shares have exact binomial intervals (Clopper and Pearson 1934), rates exact Poisson ones
(Garwood 1936). Runs may differ by more than that, as storms do that hit a limit: with FEWEST_RUNS
or more, the interval is widened by the ratio of the variance between runs (jackknife) to the
one of the law (design effect: Korn and Graubard 1998), never narrowed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from fsw_emu.merit.distributions import (
    NORMAL,
    beta_quantile,
    gamma_quantile,
    t_p_value,
    t_quantile,
)

Sums = NDArray[np.float64]
FWHM = 2.0 * math.sqrt(2.0 * math.log(2.0))  # of a normal distribution, in standard deviations
FEWEST_RUNS = 5  # between which a variance is worth asking
# of seeds that tell a difference: of fewer small counts are too often alike, and their scatter tiny
FEWEST_PAIRS = 5


class Kind(Enum):
    """How a figure comes from its sums."""

    SHARE = "share"  # total of trials, each found or not
    RATE = "rate"  # events a unit of exposure, Poisson within a run
    RATIO = "ratio"  # amount by count, no law within a run
    MEAN = "mean"  # of deviations
    RMS = "rms"  # of deviations about 0
    WIDTH = "width"  # full width at half maximum of deviations about their mean, if normal
    UNEVEN = "uneven"  # largest distance of a part's share from the share of all parts


@dataclass(frozen=True)
class Estimate:
    """A value and its interval; NaN ends: not to be told from so little."""

    value: float
    lower: float
    upper: float
    trials: float
    runs: int


@dataclass(frozen=True)
class Difference:
    """A value minus the baseline's over the same seeds, its interval, and p of no difference."""

    value: float
    lower: float
    upper: float
    p: float
    pairs: int


def estimate(kind: Kind, sums: Sums, *, confidence: float = 0.95) -> Estimate | None:
    """The figure of all runs, None where nothing was tried. sums: (runs, parts, 3)."""
    whole = sums.sum(axis=0)
    trials = float(whole[:, 0].sum())
    value = float(of_sums(kind, whole))
    if math.isnan(value):
        return None
    lower, upper = _INTERVALS[kind](kind, sums, value, confidence)
    return Estimate(value, float(lower), float(upper), trials, len(sums))


def difference(
    kind: Kind, sums: Sums, baseline: Sums, *, confidence: float = 0.95, to_zero: bool = False
) -> Difference | None:
    """Figure minus that of the baseline, run by run of the same seeds; None: too few to tell.

    Jackknife over the pairs, so that what varies with the sky drops out, and Student's t.
    to_zero: compare how far from 0 they are. Where all pairs agree to the last bit, p is that of
    the sign test.
    """
    n = len(sums)
    if n < FEWEST_PAIRS or n != len(baseline):
        return None
    values = [of_sums(kind, each.sum(axis=0)) for each in (sums, baseline)]
    others = [_without_each(kind, each) for each in (sums, baseline)]
    if to_zero:
        values, others = [np.abs(each) for each in values], [np.abs(each) for each in others]
    value, without = float(values[0] - values[1]), others[0] - others[1]
    if math.isnan(value) or np.isnan(without).any():
        return None
    error = _jackknife_error(without)
    reach = t_quantile(0.5 + confidence / 2, n - 1) * error
    if error <= 1e-12 * abs(value):
        p = 2.0 ** (1 - n) if value else 1.0
    else:
        p = t_p_value(value / error, n - 1)
    return Difference(value, value - reach, value + reach, p, n)


def holm(p_values: Sequence[float]) -> list[float]:
    """p values made larger for being many (Holm 1979), in the order given."""
    adjusted, floor = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = floor
    return adjusted


def share_interval(found: float, trials: float, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson; found and trials may be effective, not whole, numbers."""
    tail = (1.0 - confidence) / 2
    lower = beta_quantile(tail, found, trials - found + 1) if found > 0 else 0.0
    upper = beta_quantile(1 - tail, found + 1, trials - found) if found < trials else 1.0
    return lower, upper


def count_interval(count: float, confidence: float) -> tuple[float, float]:
    """Garwood: of the mean of a Poisson count; it may be an effective, not whole, number."""
    tail = (1.0 - confidence) / 2
    lower = gamma_quantile(tail, count) if count > 0 else 0.0
    return lower, gamma_quantile(1 - tail, count + 1)


def of_sums(kind: Kind, whole: Sums) -> Sums:
    """The figures of sums (..., parts, 3), NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind is Kind.UNEVEN:
            return _uneven(whole)
        trials, total, squares = np.moveaxis(whole.sum(axis=-2), -1, 0)
        mean = total / trials
        if kind is Kind.RMS:
            mean = np.sqrt(squares / trials)
        if kind is Kind.WIDTH:
            mean = FWHM * np.sqrt(np.maximum(squares - total * mean, 0.0) / (trials - 1.0))
        return np.where(trials > (kind is Kind.WIDTH), mean, np.nan)


def _uneven(whole: Sums) -> Sums:
    trials, found = whole[..., 0], whole[..., 1]
    mean = found.sum(axis=-1) / trials.sum(axis=-1)
    away = np.where(trials > 0, np.abs(found / trials - mean[..., None]), 0.0)
    return np.where((trials > 0).sum(axis=-1) > 1, away.max(axis=-1), np.nan)


def _without_each(kind: Kind, sums: Sums) -> Sums:
    """The figure with each run left out in turn."""
    return of_sums(kind, sums.sum(axis=0) - sums)


def _jackknife_error(without: Sums) -> float:
    n = len(without)
    return math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))


def _error_between(kind: Kind, sums: Sums) -> float:
    """Standard error by the jackknife over runs, 0 where they are too few."""
    if len(sums) < FEWEST_RUNS:
        return 0.0
    without = _without_each(kind, sums)
    return 0.0 if np.isnan(without).any() else _jackknife_error(without)


def _design(between: float, within: float, runs: int, confidence: float) -> float:
    """How much wider than the law's a variance is, with what few runs leave unknown of it."""
    if between <= within or not within:
        return 1.0
    effect = (between / within) ** 2
    chance = 2.0 * gamma_quantile(0.9, 0.5 * (runs - 1)) / (runs - 1)
    if effect <= chance:  # runs as alike as the law has them
        return effect
    quantile = 0.5 + confidence / 2
    return effect * float(t_quantile(quantile, runs - 1) / NORMAL.inv_cdf(quantile)) ** 2


def _share(kind: Kind, sums: Sums, value: float, confidence: float) -> tuple[float, float]:
    trials, found, _ = (float(each) for each in sums.sum(axis=(0, 1)))
    within = math.sqrt(value * (1 - value) / trials) if 0 < value < 1 else 0.0
    design = _design(_error_between(kind, sums), within, len(sums), confidence)
    return share_interval(found / design, trials / design, confidence)


def _rate(kind: Kind, sums: Sums, _value: float, confidence: float) -> tuple[float, float]:
    trials, count, _ = (float(each) for each in sums.sum(axis=(0, 1)))
    within = math.sqrt(count) / trials
    design = _design(_error_between(kind, sums), within, len(sums), confidence)
    lower, upper = count_interval(count / design, confidence)
    return lower * design / trials, upper * design / trials


def _ratio(kind: Kind, sums: Sums, value: float, confidence: float) -> tuple[float, float]:
    if len(sums) < FEWEST_RUNS:
        return math.nan, math.nan
    reach = t_quantile(0.5 + confidence / 2, len(sums) - 1) * _error_between(kind, sums)
    return value - reach, value + reach


def _mean(kind: Kind, sums: Sums, value: float, confidence: float) -> tuple[float, float]:
    trials, total, squares = (float(each) for each in sums.sum(axis=(0, 1)))
    if trials < 2:
        return math.nan, math.nan
    within = math.sqrt(max(squares - total * total / trials, 0.0) / (trials - 1) / trials)
    quantile = 0.5 + confidence / 2
    reach = t_quantile(quantile, trials - 1) * within
    between = _error_between(kind, sums)
    if between > within:
        reach = max(reach, t_quantile(quantile, len(sums) - 1) * between)
    return value - reach, value + reach


def _positive(kind: Kind, sums: Sums, value: float, confidence: float) -> tuple[float, float]:
    """Of a width or rms, on the scale of its logarithm, with the error of a normal sample."""
    trials = float(sums[..., 0].sum())
    if trials < 2 or not value:
        return math.nan, math.nan
    within = 1.0 / math.sqrt(2.0 * (trials - 1))
    design = _design(_error_between(kind, sums) / value, within, len(sums), confidence)
    reach = NORMAL.inv_cdf(0.5 + confidence / 2) * within * math.sqrt(design)
    return value * math.exp(-reach), value * math.exp(reach)


def _parts(_kind: Kind, sums: Sums, _value: float, _confidence: float) -> tuple[float, float]:
    """Of the largest distance: what remains after, and what comes up to, three standard errors of
    each part (the larger of the law's and the one between runs)."""
    whole = sums.sum(axis=0)
    mean = whole[:, 1].sum() / whole[:, 0].sum()
    low, high = 0.0, 0.0
    for part in np.flatnonzero(whole[:, 0] > 0):
        share = whole[part, 1] / whole[part, 0]
        likely = (whole[part, 1] + 1) / (whole[part, 0] + 2)  # no error of 0 where none is lost
        within = math.sqrt(likely * (1 - likely) / whole[part, 0])
        error = max(within, _error_between(Kind.SHARE, sums[:, part : part + 1]))
        low = max(low, abs(share - mean) - 3 * error)
        high = max(high, abs(share - mean) + 3 * error)
    return low, high


_INTERVALS = {
    Kind.SHARE: _share,
    Kind.RATE: _rate,
    Kind.RATIO: _ratio,
    Kind.MEAN: _mean,
    Kind.RMS: _positive,
    Kind.WIDTH: _positive,
    Kind.UNEVEN: _parts,
}
