# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Grades of events, written to be read.

Chandra ACIS flight grade, ASCA and
Suzaku XIS grades, XMM EPIC-pn patterns. A window is given in raster order, a list of 25 samples
[ADU]; neighbours are numbered in raster order too: bit k of the code is the k-th of
``1 2 4 / 8 . 16 / 32 64 128``, rows ascending (MSSL-IF-91; which way is up is ASSUMED).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsw_emu.model.edu import BACKGROUND, window_offsets

Place = tuple[int, int]

CENTRE: Place = (0, 0)
#: the 8 neighbours by the bit of the code that stands for them
RING: tuple[Place, ...] = tuple(
    (dr, dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1) if (dr, dc) != CENTRE
)
OUTER: tuple[Place, ...] = tuple(
    (dr, dc) for dr in range(-2, 3) for dc in range(-2, 3) if 2 in (abs(dr), abs(dc))
)
EDGES = frozenset(place for place in RING if 0 in place)
#: the neighbours of EPIC-pn patterns 1 to 12: doubles, triples, quadruples
SHAPES: tuple[frozenset[Place], ...] = (
    frozenset({(1, 0)}),
    frozenset({(0, 1)}),
    frozenset({(-1, 0)}),
    frozenset({(0, -1)}),
    frozenset({(0, -1), (1, 0)}),
    frozenset({(0, 1), (1, 0)}),
    frozenset({(0, 1), (-1, 0)}),
    frozenset({(0, -1), (-1, 0)}),
    frozenset({(0, -1), (1, 0), (1, -1)}),
    frozenset({(0, 1), (1, 0), (1, 1)}),
    frozenset({(0, 1), (-1, 0), (-1, 1)}),
    frozenset({(0, -1), (-1, 0), (-1, -1)}),
)
INVALID = 13


@dataclass(frozen=True)
class Grade:
    """What is told of one event; ``background`` and pulse heights in ADU."""

    code: int
    asca: int
    xis: int
    pattern: int
    n_ring: int
    n_outer: int
    touches: bool
    saturated: bool
    background: int
    pha_acis: int
    pha_asca: int
    pha_ring: int


def in_raster_order(pixels: Sequence[int], order: str) -> dict[Place, int]:
    """The samples of a window in packet order, by place."""
    return dict(zip(window_offsets(order), map(int, pixels), strict=True))


def local_background(pixels: Sequence[int]) -> int:
    """Median of the 11 samples that the detection unit takes, in packet order."""
    return sorted(int(pixels[k]) for k in BACKGROUND)[len(BACKGROUND) // 2]


def beside(a: Place, b: Place) -> bool:
    """Do two pixels share a side?"""
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1


def island(above: frozenset[Place]) -> frozenset[Place]:
    """The neighbours that hang together with the centre by their sides."""
    found = {CENTRE}
    while True:
        more = {place for place in above - found if any(beside(place, f) for f in found)}
        if not more:
            return frozenset(found - {CENTRE})
        found |= more


def asca_grade(above: frozenset[Place]) -> int:
    """0 single, 1 single with loose corners, 2 split to a row beside, 3 to the column before,
    4 to the column after, 5 split with a corner at its side, 6 L shape or square, 7 all others."""
    together = island(above)
    edges = sorted(together & EDGES)
    if not together:
        return 1 if above else 0
    if len(edges) == 1 and len(together) == 1:
        return {(-1, 0): 2, (1, 0): 2, (0, -1): 3, (0, 1): 4}[edges[0]]
    if len(edges) == 1 and len(together) == 2:
        return 5
    if len(edges) == 2 and between(*edges) != CENTRE and together <= {*edges, between(*edges)}:
        return 6
    return 7


def between(a: Place, b: Place) -> Place:
    """The corner between two edges; the centre where they are opposite."""
    return a[0] + b[0], a[1] + b[1]


def pn_pattern(above: frozenset[Place]) -> int:
    """0 single, 1 to 12 the shapes, 13 all others; of the 3x3 pixels alone."""
    if not above:
        return 0
    return SHAPES.index(above) + 1 if above in SHAPES else INVALID


def code_of(above: frozenset[Place]) -> int:
    return sum(1 << k for k, place in enumerate(RING) if place in above)


def places_of(code: int) -> frozenset[Place]:
    return frozenset(place for k, place in enumerate(RING) if code >> k & 1)


def framed(above: frozenset[Place]) -> frozenset[Place]:
    """Edges above the split threshold, and corners above it between two of them."""
    edges = above & EDGES
    corners = {between(a, b) for a in edges for b in edges if a[0] * b[1] - a[1] * b[0]}
    return edges | (above & corners)


def grade(
    pixels: Sequence[int],
    *,
    split: int,
    outer: int,
    background: int | None = 0,
    saturation: int = 0,
    order: str = "raster",
) -> Grade:
    """Grade an event. background: [ADU], or None for the local one; saturation: 0 for never."""
    base = local_background(pixels) if background is None else background
    height = {place: value - base for place, value in in_raster_order(pixels, order).items()}
    above = frozenset(place for place in RING if height[place] >= split)
    beyond = [place for place in OUTER if height[place] >= outer]
    members = framed(above)
    touches = any(beside(a, b) for a in members for b in beyond)
    asca = asca_grade(above)
    corners = members - EDGES
    piled = asca == 6 and any(
        height[corner] > max(height[edge] for edge in members & EDGES) for corner in corners
    )
    pattern = pn_pattern(above)
    near = {place for place in above if any(beside(place, edge) for edge in above & EDGES)}
    acis = (above & EDGES) | near
    return Grade(
        code=code_of(above),
        asca=asca,
        xis=11 if piled else xis_grade(asca, touches=touches),
        pattern=INVALID if pattern and beyond else pattern,
        n_ring=len(above),
        n_outer=len(beyond),
        touches=touches,
        saturated=saturation > 0 and max(map(int, pixels)) >= saturation,
        background=base,
        pha_acis=height[CENTRE] + sum(height[place] for place in acis),
        pha_asca=height[CENTRE]
        + sum(height[place] for place in (members if asca == 6 else above & EDGES)),
        pha_ring=height[CENTRE] + sum(height[place] for place in above),
    )


def xis_grade(asca: int, *, touches: bool) -> int:
    """10: a split event that an outer pixel touches; 9: a grade 7 that none touches."""
    if 2 <= asca <= 6 and touches:
        return 10
    return 9 if asca == 7 and not touches else asca
