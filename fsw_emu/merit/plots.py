# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Charts of values with their intervals, as inline SVG; colours are CSS classes a0, a1 ..."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from fsw_emu.merit.intervals import Estimate
from fsw_emu.report.charts import Axis, number

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 44
LEGEND_ROW = 18


@dataclass(frozen=True)
class Point:
    """At x, an estimate on the y axis; said: when it is pointed at."""

    x: float
    y: Estimate
    said: str = ""
    x_ends: tuple[float, float] | None = None


@dataclass(frozen=True)
class Line:
    """Points of one algorithm; without intervals (a reference) it is drawn dashed."""

    name: str
    style: str
    points: Sequence[Point]
    is_reference: bool = False
    is_joined: bool = True


@dataclass(frozen=True)
class Plane:
    """Two axes in a box of the picture. x may be logarithmic, its ticks then are given."""

    x: Axis
    y: Axis
    ticks: Sequence[tuple[float, str]] | None = None
    is_log: bool = False
    left: float = LEFT
    right: float = WIDTH - RIGHT
    title: str = ""
    has_labels: bool = True  # of y; the second of two panels has none

    def at_x(self, value: float) -> float:
        """Across the picture."""
        low, high = self.x.low, self.x.high
        if self.is_log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return self.left + (self.right - self.left) * (value - low) / (high - low)

    def at_y(self, value: float) -> float:
        """Down the picture, kept within the box."""
        share = (value - self.y.low) / (self.y.high - self.y.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(max(share, -0.01), 1.02)


@dataclass(frozen=True)
class Bar:
    """A row of a chart: whose, the value and its interval, both as shown."""

    name: str
    style: str
    found: Estimate
    shown: str
    said: str = ""


@dataclass(frozen=True)
class Stack:
    """A row of parts that make up a whole: (part, share 0..1)."""

    name: str
    style: str
    parts: Sequence[tuple[str, float]]


def lines(plane: Plane, drawn: Sequence[Line], description: str) -> str:
    """Curves with bands where they are joined, points with bars of error where they are not."""
    names, higher = legend(drawn)
    return _svg(HEIGHT, description, [panel(plane, drawn), names], above=higher)


def panels(planes: Sequence[tuple[Plane, Sequence[Line]]], description: str) -> str:
    """Side by side, one legend."""
    parts = [panel(plane, drawn) for plane, drawn in planes]
    names, higher = legend(planes[0][1] if planes else [])
    return _svg(HEIGHT, description, [*parts, names], above=higher)


def panel(plane: Plane, drawn: Sequence[Line]) -> str:
    """The grid, and what is in it."""
    return _grid(plane) + "".join(
        _joined(plane, line) if line.is_joined else _apart(plane, line) for line in drawn
    )


def legend(drawn: Sequence[Line]) -> tuple[str, int]:
    """Names in rows above the box, as far apart as they are long; and how much higher the picture
    gets where one row is too short for them."""
    rows: list[list[tuple[float, Line]]] = [[]]
    at = float(LEFT)
    for line in drawn:
        if rows[-1] and at + 30 + 6.6 * len(line.name) > WIDTH:
            rows.append([])
            at = float(LEFT)
        rows[-1].append((at, line))
        at += 44 + 6.6 * len(line.name)
    parts = []
    for above, row in enumerate(reversed(rows)):
        y = 14 - LEGEND_ROW * above
        for at, line in row:
            dashed = " dashed" if line.is_reference else ""
            parts.append(
                f'<path class="line {line.style}{dashed}" d="M{at:.0f} {y}h20"/>'
                f'<text x="{at + 26:.0f}" y="{y + 4}">{escape(line.name)}</text>'
            )
    return "".join(parts), LEGEND_ROW * (len(rows) - 1)


def bars(rows: Sequence[Bar], description: str, *, expected: float | None = None) -> str:
    """A row each: a bar, its interval as a whisker, the value in figures; expected: a dashed
    line at what theory says."""
    ends = [row.found.upper if row.found.upper == row.found.upper else row.found.value
            for row in rows]  # fmt: skip
    most = max([*ends, expected or 0.0, 1e-12])
    left, room = 130.0, WIDTH - 130.0 - 170.0
    parts = []
    for i, row in enumerate(rows):
        top, found = 10 + 32 * i, row.found
        width = room * max(found.value, 0.0) / most
        parts.append(
            f'<g><title>{escape(row.said)}</title><text class="end" x="{left - 10}" y="{top + 15}">'
            f'{escape(_short(row.name, 18))}</text><rect class="fill {row.style}" x="{left}" '
            f'y="{top}" width="{max(width, 1):.1f}" height="20" rx="3"/>'
        )
        if not math.isnan(found.lower):
            low, high = (left + room * max(end, 0) / most for end in (found.lower, found.upper))
            parts.append(
                f'<path class="whisker" d="M{low:.1f} {top + 10}H{high:.1f}'
                f'M{low:.1f} {top + 5}v10M{high:.1f} {top + 5}v10"/>'
            )
        parts.append(f'<text class="ink" x="{left + room + 12}" y="{top + 15}">{row.shown}</text>')
        parts.append("</g>")
    height = 12 + 32 * len(rows)
    if expected is not None:
        at = left + room * expected / most
        parts.append(f'<path class="line ref dashed" d="M{at:.1f} 4V{height - 6}"/>')
    return _svg(height, description, parts)


def stacks(rows: Sequence[Stack], description: str) -> str:
    """A row each: its parts one after the other to the full width, legend below."""
    names = list(dict.fromkeys(name for row in rows for name, share in row.parts if share > 0))
    left, room = 130.0, WIDTH - 130.0 - 14.0
    parts = []
    for i, row in enumerate(rows):
        top, at = 10 + 32 * i, left
        parts.append(
            f'<text class="end" x="{left - 10}" y="{top + 15}">{escape(_short(row.name, 18))}'
            "</text>"
        )
        for name, share in row.parts:
            width = room * share
            if width <= 0:
                continue
            shade = names.index(name) % 9
            parts.append(
                f'<rect class="s{shade} part" x="{at:.1f}" y="{top}" width="{width:.1f}" '
                f'height="22"><title>{escape(row.name)}, {escape(name)}: {100 * share:.2f} %'
                f"</title></rect>"
            )
            if width > 46:
                parts.append(
                    f'<text class="onpart middle" x="{at + width / 2:.1f}" y="{top + 15}">'
                    f"{100 * share:.3g}\u202f%</text>"
                )
            at += width
    top, at = 24 + 32 * len(rows), left
    for i, name in enumerate(names):
        if at + 30 + 6.6 * len(name) > WIDTH:
            top, at = top + 20, left
        parts.append(
            f'<rect class="s{i % 9} part" x="{at:.0f}" y="{top - 10}" width="11" height="11" '
            f'rx="2"/><text x="{at + 16:.0f}" y="{top}">{escape(name)}</text>'
        )
        at += 34 + 6.6 * len(name)
    return _svg(top + 10, description, parts)


def _grid(plane: Plane) -> str:
    low, middle = HEIGHT - BOTTOM, (plane.left + plane.right) / 2
    parts = []
    for value, text in plane.ticks or [(tick, number(tick)) for tick in plane.x.ticks(5)]:
        at = plane.at_x(value)
        parts.append(
            f'<path class="grid" d="M{at:.1f} {TOP}V{low}"/>'
            f'<text class="middle" x="{at:.1f}" y="{low + 16}">{escape(text)}</text>'
        )
    for tick in plane.y.ticks():
        at = plane.at_y(tick)
        parts.append(f'<path class="grid" d="M{plane.left:.1f} {at:.1f}H{plane.right:.1f}"/>')
        if plane.has_labels:
            parts.append(
                f'<text class="end" x="{plane.left - 6}" y="{at + 4:.1f}">{number(tick)}</text>'
            )
    parts.append(
        f'<text class="middle" x="{middle:.0f}" y="{HEIGHT - 8}">{escape(plane.x.label)}</text>'
        f'<text class="middle ink" x="{middle:.0f}" y="{TOP + 14}">{escape(plane.title)}</text>'
    )
    if plane.has_labels:
        parts.append(
            f'<text class="middle" transform="translate(13 {(TOP + low) / 2}) rotate(-90)">'
            f"{escape(plane.y.label)}</text>"
        )
    return "".join(parts)


def _joined(plane: Plane, line: Line) -> str:
    if not line.points:
        return ""
    at = [(plane.at_x(p.x), p) for p in line.points]
    path = "L".join(f"{x:.1f} {plane.at_y(p.y.value):.1f}" for x, p in at)
    if line.is_reference:
        return f'<path class="line dashed {line.style}" d="M{path}"/>'
    known = [(x, p) for x, p in at if not math.isnan(p.y.lower)]
    upper = [f"{x:.1f} {plane.at_y(p.y.upper):.1f}" for x, p in known]
    lower = [f"{x:.1f} {plane.at_y(p.y.lower):.1f}" for x, p in reversed(known)]
    band = f'<path class="band {line.style}" d="M{"L".join(upper + lower)}Z"/>' if known else ""
    dots = "".join(_dot(x, plane.at_y(p.y.value), line.style, p.said) for x, p in at)
    return f'{band}<path class="line {line.style}" d="M{path}"/>{dots}'


def _apart(plane: Plane, line: Line) -> str:
    parts = []
    for point in line.points:
        x, y = plane.at_x(point.x), plane.at_y(point.y.value)
        error = ""
        if not math.isnan(point.y.lower):
            ends = plane.at_y(point.y.lower), plane.at_y(point.y.upper)
            error = f"M{x:.1f} {ends[0]:.1f}V{ends[1]:.1f}"
        if point.x_ends:
            low, high = (plane.at_x(end) for end in point.x_ends)
            error += f"M{low:.1f} {y:.1f}H{high:.1f}"
        parts.append(f'<path class="line {line.style}" d="{error}"/>' if error else "")
        parts.append(_dot(x, y, line.style, point.said, 4.5))
    return "".join(parts)


def _dot(x: float, y: float, style: str, said: str, radius: float = 3) -> str:
    return (
        f'<circle class="fill {style}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
        f"<title>{escape(said)}</title></circle>"
    )


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _svg(height: float, description: str, parts: Sequence[str], *, above: float = 0) -> str:
    box = f"0 {-above:g} {WIDTH} {height + above:g}"
    return (
        f'<svg viewBox="{box}" role="img" aria-label="{escape(description)}">'
        + "".join(parts)
        + "</svg>"
    )
