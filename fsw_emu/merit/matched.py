# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Figures at equal terms: between two settings of an algorithm, where another figure is equal.

Efficiency means little without the false events it costs, rejection of particles little without
the photons lost by it. Where an algorithm ran at several settings that enclose the terms, its
figure is interpolated between the two nearest; else the page says that it is not matched.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fsw_emu.merit.intervals import Estimate
from fsw_emu.merit.summary import Case, Summary

FALSE_EVENTS_PER_MPIX = 1.0
LOST_SHARE = 0.02
_THRESHOLD = re.compile(r"[\w.]*threshold\w*=[^\s,()]*[\s,]*")  # among options, or in a point
_OPTIONS = re.compile(r"\(.*\)$")


@dataclass(frozen=True)
class Setting:
    """One setting of an algorithm: the figure that is to be equal, the one asked for."""

    algorithm: str
    terms: Estimate
    asked: Estimate


@dataclass(frozen=True)
class Terms:
    """``asked`` of each algorithm where ``figure`` is ``target``."""

    figure: str
    asked: str
    target: float
    is_loss: bool = False  # terms are what the figure, a share, lacks to 1


EQUAL_TERMS = (
    Terms("false events", "efficiency", FALSE_EVENTS_PER_MPIX),
    Terms("efficiency", "particles kept", LOST_SHARE, is_loss=True),
)


def at_equal_terms(
    summary: Summary, terms: Terms, scene: str, part: str = ""
) -> dict[str, tuple[Sequence[Setting], Estimate | None]]:
    """By algorithm (and point of a grid): its settings, the figure asked for at the target.

    Settings of one algorithm differ in a threshold, where photons lost are equal in any option.
    """
    settings: dict[str, list[Setting]] = defaultdict(list)
    for case in summary.cases:
        if case.scene != scene:
            continue
        for algorithm in summary.algorithms:
            at = summary.entry(terms.figure, algorithm, case)
            asked = summary.entry(terms.asked, algorithm, case, part)
            if at is None or asked is None:
                continue
            estimate = _lacking(at.estimate) if terms.is_loss else at.estimate
            family = _family(algorithm, case, any_option=terms.is_loss)
            name = f"{algorithm} {case.point}".strip()
            settings[family].append(Setting(name, estimate, asked.estimate))
    return {name: (found, between(found, terms.target)) for name, found in settings.items()}


def between(settings: Sequence[Setting], target: float) -> Estimate | None:
    """The figure asked for at the target, None where no two settings enclose it.

    Linear in the logarithm of the terms, of which half an event of none is taken; the interval is
    that of the two settings, weighted, which is wider than it need be.
    """
    ordered = sorted(settings, key=lambda each: each.terms.value)
    for low, high in pairwise(ordered):
        if not low.terms.value <= target <= high.terms.value:
            continue
        span = [math.log(_some(low.terms)), math.log(_some(high.terms))]
        share = (math.log(target) - span[0]) / ((span[1] - span[0]) or 1.0)
        share = min(max(share, 0.0), 1.0)
        value, lower, upper = (
            (1 - share) * a + share * b
            for a, b in zip(_ends(low.asked), _ends(high.asked), strict=True)
        )
        return Estimate(value, lower, upper, min(low.asked.trials, high.asked.trials), 0)
    return None


def said(found: Mapping[str, tuple[Sequence[Setting], Estimate | None]]) -> str:
    """In words, why some are not matched; "" where all are."""
    alone = [name for name, (settings, at) in found.items() if at is None and len(settings) == 1]
    outside = [name for name, (settings, at) in found.items() if at is None and len(settings) > 1]
    words = []
    if alone:
        words.append(f"Not matched, one setting only: {', '.join(alone)}.")
    if outside:
        words.append(f"Not matched, settings do not enclose the terms: {', '.join(outside)}.")
    return " ".join(words)


def _family(algorithm: str, case: Case, *, any_option: bool) -> str:
    """A name without what may differ between settings, as in ``fair(limit=500,threshold=20)``."""
    name = (_OPTIONS if any_option else _THRESHOLD).sub("", algorithm)
    name = name.replace("()", "").replace(",)", ")")
    rest = _THRESHOLD.sub("", case.point).strip(" ,")
    return f"{name}, {rest}" if rest else name


def _lacking(estimate: Estimate) -> Estimate:
    return Estimate(
        1 - estimate.value, 1 - estimate.upper, 1 - estimate.lower, estimate.trials, estimate.runs
    )


def _some(estimate: Estimate) -> float:
    return max(estimate.value, 0.5 / estimate.trials)


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.lower, estimate.upper
