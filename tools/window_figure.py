# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Spectra of rendered and drawn frames, as SVG: no command, see compare_windows.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from window_samples import SPECTRUM_ADU, Sample

WIDTH, LEFT, RIGHT, TOP = 760, 58, 20, 28
SPECTRUM, RESIDUALS, GAP = 210, 80, 26
PANEL = SPECTRUM + RESIDUALS + 2 * GAP
MOST_ADU = 500
SIGMA = RESIDUALS / 8  # height of a standard error
#: name, and how its curve is drawn
WAYS = (("rendered", "#1d4ed8", 3.0), ("drawn", "#c2410c", 1.0))


def figure(spectra: Mapping[str, tuple[Sample, Sample]]) -> str:
    """Spectra of both ways by kind, and their difference in standard errors below."""
    height = TOP + len(spectra) * PANEL
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="DejaVu Sans, sans-serif" font-size="12">',
        # REUSE-IgnoreStart
        "<!-- SPDX-FileCopyrightText: 2026 fsw-emu contributors -->",
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        # REUSE-IgnoreEnd
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    for i, (kind, samples) in enumerate(spectra.items()):
        parts += _panel(kind, TOP + i * PANEL, *samples)
    return "\n".join([*parts, "</svg>", ""])


def _panel(kind: str, top: int, a: Sample, b: Sample) -> list[str]:
    edges = SPECTRUM_ADU[SPECTRUM_ADU <= MOST_ADU]
    counts = [np.histogram(s.height[s.is_event & ~s.is_hot], edges)[0] for s in (a, b)]
    rates = [n / np.diff(edges) / s.n_frames for n, s in zip(counts, (a, b), strict=True)]
    most = float(max(rate.max() for rate in rates))
    middle = top + SPECTRUM + GAP + RESIDUALS / 2
    bottom = middle + RESIDUALS / 2
    title = f"{kind}: events of a frame of 4 s per ADU, 0 to {most:.2f}; below: standard errors"
    parts = [_text(LEFT, top - 8, title)]
    for adu in range(50, MOST_ADU + 1, 50):
        parts.append(_line(_x(adu), _x(adu), top, bottom))
        parts.append(_text(_x(adu), bottom + 15, str(adu), anchor="middle"))
    for i, ((name, colour, width), rate) in enumerate(zip(WAYS, rates, strict=True)):
        points = _steps(edges, top + SPECTRUM * (1 - rate / most))
        stroke = f'fill="none" stroke="{colour}" stroke-width="{width}" opacity="0.7"'
        parts.append(f'<polyline {stroke} points="{points}"/>')
        parts.append(_text(WIDTH - 90, top + 16 + 16 * i, name, colour=colour))
    for level in (-3, 0, 3):
        parts.append(_line(LEFT, WIDTH - RIGHT, middle - level * SIGMA, middle - level * SIGMA))
        parts.append(_text(LEFT - 8, middle - level * SIGMA + 4, f"{level:+d}", anchor="end"))
    error = np.sqrt(np.maximum(counts[0] + counts[1], 1))
    sigmas = np.clip((counts[0] - counts[1]) / error, -4, 4)
    for sigma, low, high in zip(sigmas, edges, edges[1:], strict=False):
        at = f'cx="{_x((low + high) / 2):.1f}" cy="{middle - sigma * SIGMA:.1f}"'
        parts.append(f'<circle {at} r="2.2" fill="#475569"/>')
    return parts


def _x(adu: float) -> float:
    first = SPECTRUM_ADU[0]
    return float(LEFT + (adu - first) / (MOST_ADU - first) * (WIDTH - LEFT - RIGHT))


def _steps(edges: NDArray[Any], heights: NDArray[Any]) -> str:
    points = zip(np.repeat(edges, 2)[1:-1], np.repeat(heights, 2), strict=True)
    return " ".join(f"{_x(adu):.1f},{height:.1f}" for adu, height in points)


def _line(x1: float, x2: float, y1: float, y2: float) -> str:
    ends = f'x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="#dcdcdc"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "black") -> str:
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {at} fill="{colour}">{text}</text>'
