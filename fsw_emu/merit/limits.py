# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Limits that a comparison is held to, from a TOML file, for CI.

[[limit]]
figure = "efficiency"   # of fsw_emu.merit.figures
part = "0.5-0.6"        # optional: a part of it
algorithm = "fair"      # optional: else each
scene = "storm"         # optional: else each
at_least = 0.95         # and, or: at_most; shares are 0..1
of = "difference"       # optional: of the difference from the baseline, not of the value
by = "interval"         # optional: the whole 95 % interval must keep it, not the value alone
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

from fsw_emu.merit.figures import BY_NAME
from fsw_emu.merit.summary import Entry, Summary


@dataclass(frozen=True)
class Limit:
    """One limit. ValueError for a figure that is not one, ends that are no numbers or contradict
    each other, words that are not known."""

    figure: str
    part: str = ""
    algorithm: str = ""
    scene: str = ""
    at_least: float = -math.inf
    at_most: float = math.inf
    of: str = "value"
    by: str = "value"

    def __post_init__(self) -> None:
        for name in ("figure", "part", "algorithm", "scene", "of", "by"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is not a word: {getattr(self, name)!r}")
        if self.figure not in BY_NAME:
            raise ValueError(f"no figure {self.figure!r}; they are: {', '.join(BY_NAME)}")
        for end in (self.at_least, self.at_most):
            if isinstance(end, bool) or not isinstance(end, int | float) or math.isnan(end):
                raise ValueError(f"{self.figure}: a limit is a number, not {end!r}")
        if not (math.isfinite(self.at_least) or math.isfinite(self.at_most)):
            raise ValueError(f"{self.figure}: needs at_least or at_most")
        if self.at_least > self.at_most:
            raise ValueError(f"{self.figure}: at_least is above at_most")
        if self.of not in ("value", "difference"):
            raise ValueError(f"{self.figure}: of is value or difference, not {self.of!r}")
        if self.by not in ("value", "interval"):
            raise ValueError(f"{self.figure}: by is value or interval, not {self.by!r}")


def read_limits(text: str) -> tuple[Limit, ...]:
    """Limits of a TOML file; ValueError, in one line, for what is none."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from None
    given = table.pop("limit", [])
    if table or not isinstance(given, list) or not given:
        raise ValueError("a file of limits has [[limit]] tables, one or more, and nothing else")
    return tuple(_limit(i, each) for i, each in enumerate(given, start=1))


def judge(summary: Summary, limits: Sequence[Limit]) -> list[str]:
    """What does not keep the limits, a line each. A limit that nothing was measured for, of any
    algorithm and case that it is for, is not kept either: a figure that went missing must not
    pass."""
    failures = []
    for limit in limits:
        judged = list(_judged(summary, limit))
        if not judged:
            failures.append(f"{_named(limit)}: nothing was measured")
        failures += [line for line in judged if line]
    return failures


def _limit(number: int, given: Any) -> Limit:
    if not isinstance(given, Mapping):
        raise ValueError(f"limit {number}: not a table")
    unknown = given.keys() - {field.name for field in fields(Limit)}
    if unknown:
        raise ValueError(f"limit {number}: no {', '.join(sorted(unknown))} in a limit")
    if "figure" not in given:
        raise ValueError(f"limit {number}: has no figure")
    try:
        return Limit(**given)
    except ValueError as error:
        raise ValueError(f"limit {number}: {error}") from None


def _judged(summary: Summary, limit: Limit) -> Iterator[str]:
    """Of each algorithm and case that the limit is for: "" where they keep it."""
    for algorithm, case in product(summary.algorithms, summary.cases):
        if limit.algorithm not in ("", algorithm) or limit.scene not in ("", case.scene):
            continue
        if limit.of == "difference" and algorithm == summary.baseline:
            continue
        name = f"{_named(limit)} of {algorithm} in {case}"
        yield _line(name, summary.entry(limit.figure, algorithm, case, limit.part), limit)


def _line(name: str, entry: Entry | None, limit: Limit) -> str:
    if entry is None:
        return f"{name}: nothing was measured"
    found = entry.estimate if limit.of == "value" else entry.difference
    if found is None:
        return f"{name}: too few common seeds to tell"
    lower, upper = (found.value,) * 2 if limit.by == "value" else (found.lower, found.upper)
    told = f"{name} is {found.value:.4g} ({found.lower:.4g} to {found.upper:.4g})"
    if not lower >= limit.at_least:
        return f"{told}, not at least {limit.at_least:g}"
    return "" if upper <= limit.at_most else f"{told}, not at most {limit.at_most:g}"


def _named(limit: Limit) -> str:
    name = f"{limit.figure} {limit.part}".strip()
    return f"difference in {name}" if limit.of == "difference" else name
