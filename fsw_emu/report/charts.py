# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Charts as inline SVG: small, sharp, and drawn in milliseconds.

A plotting library would take longer to load than a whole run takes (measured: 0.5 s to import,
0.7 s to draw). Colours are the page's CSS classes.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 520, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 12, 44


@dataclass(frozen=True)
class Axis:
    """A linear axis: label with its unit, and the range shown."""

    label: str
    low: float
    high: float

    def ticks(self, count: int = 5) -> list[float]:
        """Round numbers within the range."""
        span = self.high - self.low or 1.0
        raw = span / count
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= raw * 0.999)
        first = math.ceil(self.low / step)
        last = math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]


@dataclass(frozen=True)
class Series:
    """One line: a name for the legend, a CSS class, and its points."""

    name: str
    style: str
    x: Sequence[float]
    y: Sequence[float]
    steps: bool = False


def number(value: float) -> str:
    """A number for people: thousands apart, no needless digits."""
    if value == int(value):
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:.3g}"


def line_chart(x: Axis, y: Axis, series: Sequence[Series], description: str) -> str:
    """Lines over a grid."""
    parts = [_frame(x, y)]
    for line in series:
        points = [(_x(x, a), _y(y, b)) for a, b in zip(line.x, line.y, strict=True)]
        parts.append(f'<path class="line {line.style}" d="{_path(points, line.steps)}"/>')
    for i, line in enumerate(series if len(series) > 1 else []):
        at = LEFT + 12 + 130 * i
        parts.append(
            f'<line class="line {line.style}" x1="{at}" x2="{at + 22}" y1="24" y2="24"/>'
            f'<text x="{at + 28}" y="28">{escape(line.name)}</text>'
        )
    return _svg(WIDTH, HEIGHT, description, parts)


def bar_chart(rows: Sequence[tuple[str, float]], unit: str, description: str) -> str:
    """Horizontal bars with their values."""
    most = max((value for _, value in rows), default=0) or 1
    room = WIDTH - 150 - 90
    parts = []
    for i, (name, value) in enumerate(rows):
        top = 14 + 34 * i
        width = max(room * value / most, 1 if value else 0)
        parts.append(
            f'<text class="end" x="140" y="{top + 16}">{escape(name)}</text>'
            f'<rect class="bar" x="150" y="{top}" width="{width:.1f}" height="22" rx="3">'
            f"<title>{escape(name)}: {number(value)} {escape(unit)}</title></rect>"
            f'<text x="{156 + width:.1f}" y="{top + 16}">{number(value)}</text>'
        )
    return _svg(WIDTH, 20 + 34 * len(rows), description, parts)


def image_map(
    image: NDArray[np.uint8],
    description: str,
    labels: Sequence[tuple[float, float, str]] = (),
    seams: bool = True,
) -> str:
    """A picture (rows, cols, 3), first row on top; labels at fractions of width and height."""
    rows, cols = image.shape[:2]
    width, height = WIDTH, round(WIDTH * rows / cols)
    parts = [
        f'<image width="{width}" height="{height}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="{png_uri(image)}"/>'
    ]
    if seams:
        parts.append(f'<path class="seam" d="M{width / 2} 0V{height}M0 {height / 2}H{width}"/>')
    parts += [
        f'<text class="onmap" x="{x * width:.0f}" y="{y * height:.0f}">{escape(text)}</text>'
        for x, y, text in labels
    ]
    return _svg(width, height, description, parts)


def colours(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Values 0..1 as colours from black over violet and orange to pale yellow."""
    stops = np.array([0, 0.25, 0.5, 0.75, 1.0])
    table = np.array([[8, 8, 20], [80, 18, 105], [185, 50, 85], [245, 135, 50], [252, 250, 190]])
    scaled = np.clip(values, 0, 1)
    return np.stack(
        [np.interp(scaled, stops, table[:, i]).round() for i in range(3)], axis=-1
    ).astype(np.uint8)


def png_uri(image: NDArray[np.uint8]) -> str:
    """An RGB image (rows, cols, 3) as a data address."""
    rows, cols = image.shape[:2]
    lines = np.zeros((rows, 1 + 3 * cols), np.uint8)  # a filter type of 0 before each line
    lines[:, 1:] = image.reshape(rows, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", cols, rows, 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(lines.tobytes(), 6))
        + chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _x(axis: Axis, value: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (value - axis.low) / ((axis.high - axis.low) or 1)


def _y(axis: Axis, value: float) -> float:
    return (
        HEIGHT
        - BOTTOM
        - (HEIGHT - TOP - BOTTOM) * (value - axis.low) / ((axis.high - axis.low) or 1)
    )


def _frame(x: Axis, y: Axis) -> str:
    right, low = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in x.ticks(6):
        at = _x(x, tick)
        parts.append(
            f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{low}"/>'
            f'<text class="middle" x="{at:.1f}" y="{low + 16}">{number(tick)}</text>'
        )
    for tick in y.ticks():
        at = _y(y, tick)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="end" x="{LEFT - 6}" y="{at + 4:.1f}">{number(tick)}</text>'
        )
    middle = (LEFT + right) / 2
    parts.append(
        f'<text class="middle" x="{middle}" y="{HEIGHT - 6}">{escape(x.label)}</text>'
        f'<text class="middle" transform="translate(14 {(TOP + low) / 2}) rotate(-90)">'
        f"{escape(y.label)}</text>"
    )
    return "".join(parts)


def _path(points: Sequence[tuple[float, float]], steps: bool) -> str:
    if not points:
        return ""
    (x, y), *rest = points
    if not rest:  # no line: a dash that is seen
        return f"M{x - 4:.1f} {y:.1f}h8"
    path = [f"M{x:.1f} {y:.1f}"]
    for x, y in rest:
        path.append(f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}")
    return "".join(path)


def _svg(width: int, height: int, description: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(description)}">'
        + "".join(parts)
        + "</svg>"
    )
