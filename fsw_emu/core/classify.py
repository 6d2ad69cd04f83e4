# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Beyond flight: grades and the decision tree: what an event is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core.values import WindowOrder

Background = int | Literal["local"]

#: grades of one event: struct sxi_grade
GRADE_DTYPE = np.dtype(
    [
        ("code", "u1"),
        ("asca", "u1"),
        ("xis", "u1"),
        ("pattern", "u1"),
        ("n_ring", "u1"),
        ("n_outer", "u1"),
        ("flags", "u1"),
        ("spare", "u1"),
        ("background", "u4"),
        ("pha_acis", "i4"),
        ("pha_asca", "i4"),
        ("pha_ring", "i4"),
    ]
)

#: what a tree asks for, in the order of enum sxi_tree_feature
TREE_FEATURES = (
    "centre",
    "ring_sum",
    "ring_max",
    "ring_third",
    "ring_fifth",
    "ring_count",
    "outer_sum",
    "outer_max",
    "outer_count",
    "asymmetry",
    "pha",
    "saturated",
    "distance",
)


@dataclass(frozen=True)
class Grades:
    """Grades of events, and how many there are of each."""

    records: NDArray[Any]  # GRADE_DTYPE
    n_asca: NDArray[np.uint32]  # (8,)
    n_xis: NDArray[np.uint32]  # (12,)
    n_pattern: NDArray[np.uint32]  # (14,)


@dataclass(frozen=True)
class TreeNode:
    """A question, or a leaf where ``feature`` is None: then ``value`` is its score.

    An event goes to the node ``left`` where its feature is at most ``value``, else to ``right``.
    """

    feature: str | None
    value: int
    left: int = 0
    right: int = 0


def _within(value: int, least: int, most: int, what: str) -> None:
    if not least <= value <= most:
        raise ValueError(f"{what}: {value} is not within {least}..{most}")


@dataclass(frozen=True)
class DecisionTree:
    """Trees whose scores are added; an event is kept where the sum is at least ``cut``.

    split, saturation (0: never), background: [ADU], or "local" for the window's own.
    """

    nodes: tuple[TreeNode, ...] = ()
    roots: tuple[int, ...] = ()
    cut: int = 0
    split: int = 0
    background: Background = 0
    saturation: int = 0

    def numbers(self) -> dict[str, Any]:
        """The tables of struct sxi_tree, numbers as the header has them but for the features of
        leaves (None). ValueError for an unknown feature, or a number that no table can hold."""
        for node in self.nodes:
            if node.feature is not None and node.feature not in TREE_FEATURES:
                raise ValueError(f"feature: {node.feature!r} is none of {', '.join(TREE_FEATURES)}")
            _within(node.value, -(2**31), 2**31 - 1, "value")
        for place in (*self.roots, *(at for node in self.nodes for at in (node.left, node.right))):
            _within(place, 0, 255, "node")
        _within(self.cut, -(2**31), 2**31 - 1, "cut")
        return {
            "feature": [
                None if node.feature is None else TREE_FEATURES.index(node.feature)
                for node in self.nodes
            ],
            "value": [node.value for node in self.nodes],
            "left": [node.left for node in self.nodes],
            "right": [node.right for node in self.nodes],
            "root": list(self.roots),
        }


class ClassifyingCore(Protocol):
    """Contracts: the headers in ``c_src/include/sxi``."""

    def grade_events(
        self,
        events: NDArray[Any],
        *,
        split: int,
        outer: int | None = None,
        background: Background = 0,
        saturation: int = 0,
        window_order: WindowOrder = "raster",
    ) -> Grades:
        """Grades of EVENT_DTYPE records. outer: as split where None."""

    def check_tree(self, tree: DecisionTree) -> None:
        """CoreError for a table that does not end, ValueError for one that has no room."""

    def tree_features(
        self,
        events: NDArray[Any],
        tree: DecisionTree,
        *,
        distances: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.int32]:
        """(events, features) as a tree sees them, by TREE_FEATURES."""

    def classify_events(
        self,
        events: NDArray[Any],
        tree: DecisionTree,
        *,
        distances: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.bool_]:
        """Which events a tree keeps. distances: to the nearest track [pixels], 255: none near."""
