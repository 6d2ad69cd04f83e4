# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bits a sample against read noise, as a PNG: no command, see bench_compression.py.

SVG like the charts of the reports, made a picture by what makes their PDF (`make evidence-tools`).
"""

from __future__ import annotations

import math
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 860, 500
LEFT, RIGHT, TOP, BOTTOM = 58, 196, 18, 50
DOTS_PER_INCH = 144
LABEL_ROOM = 15  # between names of curves [px]
BITS = (2, 10)  # from and to
TICKS_ADU = (1, 2, 3, 5, 10, 20, 30)
STYLE = """
@page { size: 860px 500px; margin: 0 }
body { margin: 0; font: 12px "DejaVu Sans", sans-serif }
text { font-size: 12px }
.grid { stroke: #e4e4e4 }
"""
#: how curves are drawn
DRAWN = {
    "limit": 'stroke-width="2.2" stroke-dasharray="7 4"',
    "ours": 'stroke-width="2.8"',
    "peer": 'stroke-width="1.3"',
}
#: of ours, and of peers in turn
OURS = ("#c2410c", "#f59e0b")
PEERS = ("#1d4ed8", "#0891b2", "#059669", "#7c3aed", "#64748b", "#94a3b8", "#a8a29e", "#cbd5e1",
         "#d6d3d1")  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """One coder; style: limit, ours or peer."""

    name: str
    style: str
    noise_adu: Sequence[float]
    bits: Sequence[float]


@dataclass(frozen=True)
class Scale:
    """Where a value is drawn: noise by its logarithm."""

    noise_adu: tuple[float, float]
    bits: tuple[int, int]

    def x(self, noise: float) -> float:
        low, high = map(math.log, self.noise_adu)
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(noise) - low) / (high - low)

    def y(self, bits: float) -> float:
        low, high = self.bits
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (bits - low) / (high - low)


def drawing(curves: Sequence[Curve]) -> str:
    """The picture as SVG."""
    noise = curves[0].noise_adu
    scale = Scale((min(noise), max(noise)), BITS)
    parts = _axes(scale)
    colours = {"limit": iter(("#111",)), "ours": iter(OURS), "peer": iter(PEERS)}
    labels = []
    for curve in curves:
        colour = next(colours[curve.style])
        points = " ".join(
            f"{scale.x(a):.1f},{scale.y(b):.1f}"
            for a, b in zip(curve.noise_adu, curve.bits, strict=True)
        )
        parts.append(
            f'<polyline fill="none" stroke="{colour}" {DRAWN[curve.style]} points="{points}"/>'
        )
        labels.append((scale.y(curve.bits[-1]), curve.name, colour))
    parts += _labels(labels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'
    )


def _axes(scale: Scale) -> list[str]:
    right, low = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in TICKS_ADU:
        at = scale.x(tick)
        parts.append(
            f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{low}"/>'
            f'<text text-anchor="middle" x="{at:.1f}" y="{low + 18}">{tick}</text>'
        )
    for bits in range(scale.bits[0], scale.bits[1] + 1):
        at = scale.y(bits)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text text-anchor="end" x="{LEFT - 8}" y="{at + 4:.1f}">{bits}</text>'
        )
    middle = (LEFT + right) / 2
    parts.append(
        f'<text text-anchor="middle" x="{middle}" y="{HEIGHT - 10}">read noise [ADU]</text>'
        f'<text text-anchor="middle" transform="translate(18 {(TOP + low) / 2}) rotate(-90)">'
        "bits/sample</text>"
    )
    return parts


def _labels(labels: Sequence[tuple[float, str, str]]) -> list[str]:
    """Names at the ends of their curves, moved apart from the lowest on."""
    parts = []
    right = WIDTH - RIGHT
    at = float(HEIGHT)
    for y, name, colour in sorted(labels, reverse=True):
        at = min(at - LABEL_ROOM, y)
        parts.append(
            f'<path fill="none" stroke="{colour}" '
            f'd="M{right} {y:.1f}L{right + 14} {at:.1f}h6"/>'
            f'<text x="{right + 25}" y="{at + 4:.1f}">{escape(name)}</text>'
        )
    return parts


def write_plot(path: Path, curves: Sequence[Curve]) -> None:
    """Draw the picture. OSError or CalledProcessError where a tool fails."""
    import weasyprint

    page = f"<!doctype html><style>{STYLE}</style><body>{drawing(curves)}"
    with tempfile.TemporaryDirectory() as folder:
        pdf, png = Path(folder) / "plot.pdf", Path(folder) / "plot"
        weasyprint.HTML(string=page).write_pdf(pdf)
        command = ["pdftoppm", "-png", "-singlefile", "-r", str(DOTS_PER_INCH), pdf, png]
        subprocess.run(command, check=True)  # noqa: S603
        path.write_bytes(png.with_suffix(".png").read_bytes())
