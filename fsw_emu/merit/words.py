# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Figures in words: as many digits as the interval bears, and what a difference amounts to."""

from __future__ import annotations

import math

from fsw_emu.merit.figures import Better, Figure
from fsw_emu.merit.intervals import Difference, Estimate, Kind
from fsw_emu.merit.summary import ALPHA, Entry, Summary

IS_SHARE = (Kind.SHARE, Kind.UNEVEN)
_MINUS = "\N{MINUS SIGN}"
_THIN = "\N{NARROW NO-BREAK SPACE}"  # between thousands
_GAP = "\N{NO-BREAK SPACE}"  # before a unit
_TO = "\N{EN DASH}"
SAME = "no significant difference"


def scale(figure: Figure) -> float:
    """From the value to what is shown: shares as percent."""
    return 100.0 if figure.kind in IS_SHARE else 1.0


def value(figure: Figure, found: Estimate) -> str:
    """The value with its unit."""
    shown = _number(found.value * scale(figure), _digits(figure, found))
    return f"{shown}{_unit(figure)}"


def interval(figure: Figure, found: Estimate | Difference) -> str:
    """Its ends; "" where too little is known for one."""
    if math.isnan(found.lower):
        return ""
    digits = _digits(figure, found)
    ends = (_number(end * scale(figure), digits) for end in (found.lower, found.upper))
    return f" {_TO} ".join(ends)


def change(figure: Figure, found: Difference) -> str:
    """A difference with its sign; of shares in points of percent."""
    shown = _number(abs(found.value) * scale(figure), _digits(figure, found))
    sign = _MINUS if found.value < 0 else "+" if found.value > 0 else ""
    unit = f"{_GAP}points" if figure.kind in IS_SHARE else _unit(figure)
    return f"{sign}{shown}{unit}"


def tested(figure: Figure, entry: Entry) -> str:
    """What the comparison with the baseline says, in full."""
    if entry.difference is None:
        return ""
    of = "distance from 0, " if figure.better is Better.ZERO else ""
    told = f"{of}{change(figure, entry.difference)} ({interval(figure, entry.difference)})"
    p = f"p < {ALPHA / 500:g}" if entry.p_holm < ALPHA / 500 else f"p = {entry.p_holm:.2g}"
    judged = "" if entry.is_significant else f"{SAME}: "
    return f"{judged}{told}, {p} over {entry.difference.pairs} pairs of seeds"


def seeds(summary: Summary) -> str:
    """How many seeds the runs have."""
    counts = {len(each) for each in summary.seeds.values()}
    if not counts:
        return "no runs"
    low, high = min(counts), max(counts)
    many = f"{low}" if low == high else f"{low} to {high}"
    return f"{many} {'seed' if high == 1 else 'seeds'} each"


def plural(count: int, noun: str) -> str:
    """With its number."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def amount(count: float) -> str:
    """A cost: three digits, with k, M, G."""
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= size:
            return f"{count / size:.3g}{_GAP}{prefix}"
    return f"{count:.3g}"


def _unit(figure: Figure) -> str:
    return figure.unit if figure.unit.startswith("/") else f"{_GAP}{figure.unit}"


def _digits(figure: Figure, found: Estimate | Difference) -> int:
    """After the point: two of the half width, three of the value where there is no width; of a
    difference one more where else nothing is left of it."""
    width = (found.upper - found.lower) / 2 * scale(figure)
    if not width > 0:  # none, or not a number
        size, digits = abs(found.value * scale(figure)), 2
    else:
        size, digits = width, 1
    if not size:
        return 0
    most = 2 if figure.kind in IS_SHARE else 4
    digits = min(max(digits - math.floor(math.log10(size)), 0), most)
    shown = round(found.value * scale(figure), digits)
    return digits + (isinstance(found, Difference) and found.value != 0 and shown == 0)


def _number(shown: float, digits: int) -> str:
    text = f"{shown:,.{digits}f}".replace(",", _THIN).replace("-", _MINUS)
    return text.removeprefix(_MINUS) if not text.strip(f"{_MINUS}0.") else text
