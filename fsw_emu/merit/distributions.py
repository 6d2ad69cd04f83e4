# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The distributions that intervals are cut from: beta, gamma, Student's t.

The incomplete functions by the series and continued fractions of the NIST Digital Library of
Mathematical Functions (8.11.4, 8.9.2, 8.17.22); scipy is the judge in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist

NORMAL = NormalDist()
_TINY = 1e-300
_ENOUGH = 1e-14  # relative change of a sum or fraction that ends it
_MOST_TERMS = 100_000


def beta_cdf(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function I_x(a, b); a, b > 0."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    log_front = a * math.log(x) + b * math.log1p(-x)
    log_front += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    if x > (a + 1.0) / (a + b + 2.0):  # the fraction converges fast on the other side
        return 1.0 - math.exp(log_front) / (b * _fraction(_beta_terms(1.0 - x, b, a)))
    return math.exp(log_front) / (a * _fraction(_beta_terms(x, a, b)))


def gamma_cdf(x: float, a: float) -> float:
    """Regularised lower incomplete gamma function P(a, x); a > 0."""
    if x <= 0.0:
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x > a + 1.0:
        return 1.0 - front / _fraction(_gamma_terms(x, a))
    term = total = 1.0 / a
    for n in range(1, _MOST_TERMS):
        term *= x / (a + n)
        total += term
        if term < total * _ENOUGH:
            break
    return front * total


def t_cdf(t: float, df: float) -> float:
    """Student's t with ``df`` degrees of freedom."""
    tail = 0.5 * t_p_value(t, df)
    return tail if t < 0.0 else 1.0 - tail


def t_p_value(t: float, df: float) -> float:
    """Chance of a Student's t as far from 0 as ``t``, on either side."""
    square = t * t
    if square < 1.0:  # df / (df + square) does not tell how near to 1 it is
        return 1.0 - beta_cdf(square / (df + square), 0.5, 0.5 * df)
    return beta_cdf(df / (df + square), 0.5 * df, 0.5)


def beta_quantile(p: float, a: float, b: float) -> float:
    """Where ``beta_cdf`` reaches p, 0 < p < 1."""
    log_norm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)

    def density(x: float) -> float:
        return math.exp(log_norm + (a - 1.0) * math.log(x) + (b - 1.0) * math.log1p(-x))

    spread = math.sqrt(a * b / (a + b + 1.0)) / (a + b)
    guess = a / (a + b) + NORMAL.inv_cdf(p) * spread
    return _solve(lambda x: beta_cdf(x, a, b) - p, density, 1.0, guess)


def gamma_quantile(p: float, a: float) -> float:
    """Where ``gamma_cdf`` reaches p, 0 < p < 1."""
    log_norm = -math.lgamma(a)

    def density(x: float) -> float:
        return math.exp(log_norm + (a - 1.0) * math.log(x) - x)

    guess = a + NORMAL.inv_cdf(p) * math.sqrt(a)
    return _solve(lambda x: gamma_cdf(x, a) - p, density, a + 12.0 * math.sqrt(a) + 40.0, guess)


def t_quantile(p: float, df: float) -> float:
    """Where ``t_cdf`` reaches p, 0 < p < 1."""
    if p < 0.5:
        return -t_quantile(1.0 - p, df)
    x = beta_quantile(2.0 * (1.0 - p), 0.5 * df, 0.5) if p > 0.5 else 1.0
    return math.sqrt(df * (1.0 - x) / x)


def _solve(
    f: Callable[[float], float], density: Callable[[float], float], high: float, guess: float
) -> float:
    """The zero of a rising function within (0, high): Newton's way, halving where it leads out."""
    low, x = 0.0, guess
    for _ in range(200):
        if not low < x < high:
            x = 0.5 * (low + high)
        off = f(x)
        low, high = (x, high) if off < 0.0 else (low, x)
        steep = density(x)
        step = off / steep if steep > 0.0 else math.inf
        if abs(step) <= 1e-13 * x or high - low <= 4e-16 * high:
            break
        x -= step
    return x


def _beta_terms(x: float, a: float, b: float) -> Iterator[tuple[float, float]]:
    """Partial numerators and denominators of 8.17.22, after the first 1."""
    yield 1.0, 1.0
    for m in range(_MOST_TERMS):
        if m:
            yield m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)), 1.0
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)), 1.0


def _gamma_terms(x: float, a: float) -> Iterator[tuple[float, float]]:
    """Partial numerators and denominators of 8.9.2, its even part."""
    yield 1.0, x + 1.0 - a
    for n in range(1, _MOST_TERMS):
        yield -n * (n - a), x + 2 * n + 1.0 - a


def _fraction(terms: Iterator[tuple[float, float]]) -> float:
    """One over the continued fraction of ``terms``, front to back."""
    _, value = next(terms)
    value = value or _TINY
    upper, lower = value, 0.0
    for numerator, denominator in terms:
        lower = 1.0 / ((denominator + numerator * lower) or _TINY)
        upper = (denominator + numerator / upper) or _TINY
        value *= upper * lower
        if abs(upper * lower - 1.0) < _ENOUGH:
            break
    return value
