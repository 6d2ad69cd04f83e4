# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Decision trees over a window, written to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fsw_emu.model.grade import CENTRE, OUTER, RING, in_raster_order, local_background

LEAF = 255
NODES, ROOTS, MAX_SCORE = 64, 32, 1 << 24
NO_TRACK = 255


@dataclass(frozen=True)
class Node:
    """A leaf, with its score, where ``feature`` is LEAF."""

    feature: int
    value: int
    left: int
    right: int


def features(
    pixels: Sequence[int],
    *,
    split: int,
    background: int | None = 0,
    saturation: int = 0,
    distance: int = NO_TRACK,
    order: str = "raster",
) -> list[int]:
    """What trees ask for, in the order of the header. background: None for the local one."""
    base = local_background(pixels) if background is None else background
    height = {place: value - base for place, value in in_raster_order(pixels, order).items()}
    ring = [height[place] for place in RING]
    outer = [height[place] for place in OUTER]
    ranked = sorted(ring, reverse=True)
    lean = [sum(place[axis] * height[place] for place in RING) for axis in (0, 1)]
    return [
        height[CENTRE],
        sum(ring),
        ranked[0],
        ranked[2],
        ranked[4],
        sum(value >= split for value in ring),
        sum(outer),
        max(outer),
        sum(value >= split for value in outer),
        abs(lean[0]) + abs(lean[1]),
        height[CENTRE] + sum(value for value in ring if value >= split),
        sum(saturation > 0 and int(value) >= saturation for value in pixels),
        distance,
    ]


def ends(nodes: Sequence[Node], roots: Sequence[int], *, n_features: int = 13) -> bool:
    """Is this a table that can be walked from every root to a leaf?"""
    for i, node in enumerate(nodes):
        if node.feature == LEAF:
            if abs(node.value) > MAX_SCORE:
                return False
        elif node.feature >= n_features or not all(
            i < child < len(nodes) for child in (node.left, node.right)
        ):
            return False
    return all(root < len(nodes) for root in roots)


def score(nodes: Sequence[Node], roots: Sequence[int], given: Sequence[int]) -> int:
    """Sum of the leaves that the roots lead to."""
    total = 0
    for root in roots:
        node = nodes[root]
        while node.feature != LEAF:
            node = nodes[node.left if given[node.feature] <= node.value else node.right]
        total += node.value
    return total
