# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calibrations: raw values to engineering values, and back for telecommands."""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fsw_emu.mib.kinds import RawValue, Value
from fsw_emu.mib.rows import RADIX, Row, parse_number, read_table


class Calibration(Protocol):
    """Raw to engineering value; None where it has none."""

    def value(self, raw: RawValue) -> Value: ...


@dataclass(frozen=True)
class Curve:
    """Points with straight lines between them; xs rise."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    extrapolate: bool

    def value(self, raw: RawValue) -> Value:
        if isinstance(raw, str | bytes) or not self.xs or math.isnan(raw):
            return None
        if not self.extrapolate and not self.xs[0] <= raw <= self.xs[-1]:
            return None
        if len(self.xs) == 1:
            return float(self.ys[0]) if raw == self.xs[0] else None
        i = min(max(bisect.bisect_right(self.xs, raw), 1), len(self.xs) - 1)
        x0, x1, y0, y1 = self.xs[i - 1], self.xs[i], self.ys[i - 1], self.ys[i]
        if raw == x1:
            return float(y1)
        return float(y0 + (y1 - y0) * (raw - x0) / (x1 - x0))

    def inverse(self) -> Curve | None:
        """The curve of ys to xs; None where they do not all rise or fall."""
        pairs = sorted(zip(self.ys, self.xs, strict=True))
        ys = tuple(y for y, _ in pairs)
        xs = tuple(x for _, x in pairs)
        if len(set(ys)) < len(ys) or xs not in (self.xs, self.xs[::-1]):
            return None
        return Curve(ys, xs, self.extrapolate)


@dataclass(frozen=True)
class Polynomial:
    """y = a0 + a1 x + ... + a4 x^4."""

    coefficients: tuple[float, ...]

    def value(self, raw: RawValue) -> Value:
        if isinstance(raw, str | bytes):
            return None
        result = _sum(self.coefficients, float(raw))
        return result if math.isfinite(result) else None


@dataclass(frozen=True)
class Logarithmic:
    """y = 1 / (a0 + a1 ln x + ... + a4 ln^4 x)."""

    coefficients: tuple[float, ...]

    def value(self, raw: RawValue) -> Value:
        if isinstance(raw, str | bytes) or not raw > 0:
            return None
        below = _sum(self.coefficients, math.log(raw))
        return 1 / below if below and math.isfinite(below) else None


def _sum(coefficients: tuple[float, ...], x: float) -> float:
    result = 0.0
    for each in reversed(coefficients):
        result = result * x + each
    return result


@dataclass(frozen=True)
class Texts:
    """Ranges of raw values, limits included, with a text each; the first that fits counts."""

    ranges: tuple[tuple[float, float, str], ...]

    def value(self, raw: RawValue) -> Value:
        if isinstance(raw, str | bytes):
            return None
        return next((text for low, high, text in self.ranges if low <= raw <= high), None)

    def raw(self, text: str) -> RawValue | None:
        """The least raw value of a text, by case first; None if there is none."""
        for same in (str, str.lower):
            for low, _, each in self.ranges:
                if same(each) == same(text):
                    return low
        return None


def read_calibrations(folder: Path) -> tuple[dict[str, Calibration], dict[str, Calibration]]:
    """Of telemetry: the numerical ones (caf, mcf, lgf) and the textual ones (txf), by name."""
    numerical: dict[str, Calibration] = {}
    numerical.update(_curves(folder, "caf", "cap", _is_extrapolated))
    for table, kind in (("mcf", Polynomial), ("lgf", Logarithmic)):
        for row in read_table(folder, table):
            name = row.must(0, f"{table.upper()}_IDENT")
            numbers = tuple(
                row.number(i, f"{table.upper()}_POL{i - 1}", default=None if i == 2 else 0)
                for i in range(2, 7)
            )
            numerical[name] = kind(numbers)
    return numerical, dict(_texts(folder, "txf", "txp", reverse=False))


def read_decalibrations(folder: Path) -> tuple[dict[str, Curve], dict[str, Texts]]:
    """Of telecommands: curves of engineering to raw values (cca), and texts (paf), by name."""
    return (
        _curves(folder, "cca", "ccs", lambda _: False),
        _texts(folder, "paf", "pas", reverse=True),
    )


def _is_extrapolated(head: Row) -> bool:
    return head.one_of(7, "CAF_INTER", "PF", "F") == "P"


def _curves(
    folder: Path, head: str, points: str, extrapolated: Callable[[Row], bool]
) -> dict[str, Curve]:
    """Columns of both heads: NUMBR DESCR ENGFMT RAWFMT RADIX UNIT NCURVE (INTER)."""
    heads = _heads(folder, head)
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in read_table(folder, points):
        name = row.must(0, f"{points.upper()}_NUMBR")
        if name not in heads:
            raise row.error(f"{head} has no {name}")
        radix = RADIX[heads[name].text(4)] if heads[name].text(3) == "U" else 10
        x_radix, y_radix = (radix, 10) if head == "caf" else (10, radix)
        x = row.number(1, f"{points.upper()}_XVALS", radix=x_radix)
        found[name].append((x, row.number(2, f"{points.upper()}_YVALS", radix=y_radix)))
    curves = {}
    for name, row in heads.items():
        pairs = sorted(found[name])
        if not pairs:
            raise row.error(f"{points} has no point of {name}")
        if len({x for x, _ in pairs}) < len(pairs):
            raise row.error(f"{points} has two points of {name} for one value")
        xs, ys = zip(*pairs, strict=True)
        curves[name] = Curve(xs, ys, extrapolated(row))
    return curves


def _heads(folder: Path, table: str) -> Mapping[str, Row]:
    heads = {}
    for row in read_table(folder, table):
        row.one_of(3, f"{table.upper()}_RAWFMT", "IUR", "U")
        row.radix(4, f"{table.upper()}_RADIX")
        heads[row.must(0, f"{table.upper()}_NUMBR")] = row
    return heads


def _texts(folder: Path, head: str, texts: str, *, reverse: bool) -> dict[str, Texts]:
    """txp: NUMBR FROM TO ALTXT; pas (reverse): NUMBR ALTXT ALVAL."""
    formats: dict[str, str] = {}
    for row in read_table(folder, head):
        name = row.must(0, f"{head.upper()}_NUMBR")
        formats[name] = row.one_of(2, f"{head.upper()}_RAWFMT", "IUR", "U")
    found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in formats}
    for row in read_table(folder, texts):
        name = row.must(0, f"{texts.upper()}_NUMBR")
        if name not in found:
            raise row.error(f"{head} has no {name}")
        if reverse:
            low = high = row.number(2, "PAS_ALVAL")
            text = row.must(1, "PAS_ALTXT")
        else:
            low, high = row.number(1, "TXP_FROM"), row.number(2, "TXP_TO")
            text = row.text(3)
        if low > high:
            raise row.error(f"{low}..{high} is no range")
        found[name].append((low, high, text))
    return {name: Texts(tuple(ranges)) for name, ranges in found.items()}


def parse_bound(text: str, radix: int) -> float | str:
    """A bound of a range or limit: a number, or the text it is."""
    try:
        return parse_number(text, radix)
    except ValueError:
        return text
