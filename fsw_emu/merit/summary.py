# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measures of all runs as figures with intervals, and differences from the baseline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fsw_emu.merit.figures import BY_NAME, FIGURES, Better, Figure
from fsw_emu.merit.intervals import Difference, Estimate, Kind, Sums, difference, estimate, holm
from fsw_emu.merit.measure import Measure
from fsw_emu.merit.meter import OF_ALL

ALPHA = 0.05
CONFIDENCE = 0.95

Row = tuple[str, str, int, str, Measure]  # algorithm, scene, seed, point, measure


@dataclass(frozen=True)
class Case:
    """A sky that algorithms are compared under: scene, and point of a grid ("" without one)."""

    scene: str
    point: str = ""

    def __str__(self) -> str:
        return f"{self.scene}, {self.point}" if self.point else self.scene


@dataclass(frozen=True)
class Key:
    """Where an entry belongs; part "" is of the whole figure."""

    figure: str
    part: str
    algorithm: str
    case: Case


@dataclass(frozen=True)
class Entry:
    """A figure, and how it differs from the baseline's: None for the baseline itself, and where
    common seeds are too few. p_holm: for all that were compared beside it, see ``summarise``."""

    estimate: Estimate
    difference: Difference | None = None
    p_holm: float = 1.0

    @property
    def is_significant(self) -> bool:
        """Unlikely to be chance, all comparisons of its family considered."""
        return self.difference is not None and self.p_holm < ALPHA


@dataclass(frozen=True)
class Summary:
    """What a comparison found. algorithms: in the order named, the first is the baseline."""

    algorithms: tuple[str, ...]
    cases: tuple[Case, ...]
    entries: Mapping[Key, Entry]
    seeds: Mapping[tuple[str, Case], tuple[int, ...]]

    @property
    def baseline(self) -> str:
        """What the others are compared with."""
        return self.algorithms[0]

    def entry(self, figure: str, algorithm: str, case: Case, part: str = "") -> Entry | None:
        """One entry, None where nothing was measured."""
        return self.entries.get(Key(figure, part, algorithm, case))

    def parts(self, figure: str, case: Case | None = None) -> tuple[str, ...]:
        """Parts of a figure that any algorithm has, in order of their first number or letter."""
        found = {
            key.part
            for key in self.entries
            if key.figure == figure and key.part and case in (None, key.case)
        }
        return tuple(sorted(found, key=_part_order))

    def verdict(self, figure: str, algorithm: str, case: Case, part: str = "") -> str:
        """better, worse, differs (where no way is better), same (no significant difference);
        "" for the baseline and where it cannot be told."""
        entry = self.entry(figure, algorithm, case, part)
        if entry is None or entry.difference is None:
            return ""
        if not entry.is_significant:
            return "same"
        better = BY_NAME[figure].better
        if better is Better.NEITHER:
            return "differs"
        return "better" if (entry.difference.value > 0) == (better is Better.MORE) else "worse"


def summarise(rows: Iterable[Row], *, baseline: str | None = None) -> Summary:
    """The summary of runs; algorithms and cases in the order they come.

    Holm's correction is over all headline figures of all algorithms and cases, and over all that
    one figure has besides: its parts, or the whole of one that is no headline.

    baseline: the first algorithm where not named; ValueError for one that has no runs.
    """
    table = _Table(rows)
    algorithms = list(table.algorithms)
    if baseline is not None:
        if baseline not in algorithms:
            raise ValueError(f"baseline {baseline!r} has no runs")
        algorithms.sort(key=lambda name: name != baseline)
    entries: dict[Key, Entry] = {}
    for case in table.cases:
        for figure in FIGURES:
            for part in table.parts(figure):
                entries.update(_compared(table, figure, part, algorithms, case))
    return Summary(tuple(algorithms), tuple(table.cases), _adjusted(entries), table.seeds())


class _Table:
    """Sums by algorithm, case, source, part and seed."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.algorithms: dict[str, None] = {}
        self.cases: dict[Case, None] = {}
        self._sums: dict[tuple[str, Case, str], dict[str, dict[int, Sums]]] = {}
        self._parts: dict[str, set[str]] = defaultdict(set)
        for algorithm, scene, seed, point, measure in rows:
            case = Case(scene, point)
            self.algorithms.setdefault(algorithm)
            self.cases.setdefault(case)
            self._parts[measure.figure].add(measure.part)
            by_part = self._sums.setdefault((algorithm, case, measure.figure), {})
            by_seed = by_part.setdefault(measure.part, {})
            sums = np.array([measure.trials, measure.total, measure.squares])
            by_seed[seed] = by_seed.get(seed, 0.0) + sums

    def seeds(self) -> dict[tuple[str, Case], tuple[int, ...]]:
        """Of each algorithm and case, in order."""
        found: dict[tuple[str, Case], set[int]] = defaultdict(set)
        for (algorithm, case, _), by_part in self._sums.items():
            for by_seed in by_part.values():
                found[algorithm, case] |= by_seed.keys()
        return {key: tuple(sorted(seeds)) for key, seeds in found.items()}

    def parts(self, figure: Figure) -> Sequence[str]:
        """To make entries of, "" first."""
        if figure.kind is Kind.UNEVEN:
            return [""] if self._parts[figure.source] - {""} else []
        return sorted(self._parts[figure.source])

    def sums(self, figure: Figure, part: str, algorithm: str, case: Case) -> dict[int, Sums]:
        """By seed: (parts, 3)."""
        by_part = self._sums.get((algorithm, case, figure.source), {})
        if figure.kind is Kind.UNEVEN:
            parts = sorted(self._parts[figure.source] - {""})
            seeds = {seed for name in parts for seed in by_part.get(name, ())}
            return {
                seed: np.stack([by_part.get(name, {}).get(seed, np.zeros(3)) for name in parts])
                for seed in seeds
            }
        found = {seed: sums[None] for seed, sums in by_part.get(part, {}).items()}
        if figure.source in OF_ALL and part:  # a run without this part counts as well
            for seed, sums in by_part.get("", {}).items():
                found.setdefault(seed, (sums * [1.0, 0.0, 0.0])[None])
        return found


def _compared(
    table: _Table, figure: Figure, part: str, algorithms: Sequence[str], case: Case
) -> dict[Key, Entry]:
    """Entries of one figure and part, the baseline's first."""
    entries: dict[Key, Entry] = {}
    base = table.sums(figure, part, algorithms[0], case)
    to_zero = figure.better is Better.ZERO
    for algorithm in algorithms:
        sums = table.sums(figure, part, algorithm, case)
        made = _stacked(sums, sorted(sums))
        value = estimate(figure.kind, made, confidence=CONFIDENCE) if sums else None
        if value is None:
            continue
        both = sorted(sums.keys() & base.keys())
        differs = None
        if algorithm != algorithms[0] and both:
            pair = _stacked(sums, both), _stacked(base, both)
            differs = difference(figure.kind, *pair, confidence=CONFIDENCE, to_zero=to_zero)
        entries[Key(figure.name, part, algorithm, case)] = Entry(value, differs)
    return entries


def _stacked(sums: Mapping[int, Sums], seeds: Sequence[int]) -> Sums:
    return np.stack([sums[seed] for seed in seeds]) if seeds else np.zeros((0, 1, 3))


def _adjusted(entries: Mapping[Key, Entry]) -> dict[Key, Entry]:
    """With p values for being many: headlines are one family, the parts of a figure another."""
    families: dict[str, list[Key]] = defaultdict(list)
    for key, entry in entries.items():
        if entry.difference is not None:
            is_headline = BY_NAME[key.figure].headline and not key.part
            families["" if is_headline else key.figure].append(key)
    made = dict(entries)
    for keys in families.values():
        values = [d.p for key in keys if (d := entries[key].difference) is not None]
        for key, p in zip(keys, holm(values), strict=True):
            made[key] = replace(entries[key], p_holm=p)
    return made


def _part_order(part: str) -> tuple[float, str]:
    head = part.split("-")[0]
    try:
        return float(head), part
    except ValueError:
        return 0.0, part
