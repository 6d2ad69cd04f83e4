# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore: grades and the decision tree: what an event is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, GRADE_DTYPE, TREE_FEATURES, DecisionTree, Grades, WindowOrder
from fsw_emu.core.classify import Background
from fsw_emu.targets._library import Library, as_array, choice, ranged

_WINDOW_ORDER = ("raster", "simulator")
_BACKGROUND = ("fixed", "local")


class ClassifyingFunctions(Library):
    """Beyond flight."""

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
        events = as_array(events, EVENT_DTYPE, 1, "events")
        out = np.empty(len(events), GRADE_DTYPE)
        ctx = self.new(
            "sxi_grader",
            split=ranged(split, 0xFFFF, "split"),
            outer=ranged(split if outer is None else outer, 0xFFFF, "outer"),
            saturation=ranged(saturation, 0xFFFF, "saturation"),
            window_order=choice(window_order, _WINDOW_ORDER, "window_order"),
            **self._background(background),
        )
        self.count(
            "grade_events",
            self.lib.sxi_grade_events(
                ctx,
                self.at(events, "struct sxi_event"),
                len(events),
                self.at(out, "struct sxi_grade"),
                len(out),
            ),
        )
        counts = (np.array(list(n), np.uint32) for n in (ctx.n_asca, ctx.n_xis, ctx.n_pattern))
        return Grades(out, *counts)

    def check_tree(self, tree: DecisionTree) -> None:
        self.count("check_tree", self.lib.sxi_tree_check(self._tree(tree)))

    def tree_features(
        self,
        events: NDArray[Any],
        tree: DecisionTree,
        *,
        distances: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.int32]:
        events = as_array(events, EVENT_DTYPE, 1, "events")
        near = self._distances(distances, len(events))
        ctx, width = self._tree(tree), len(TREE_FEATURES)
        out = np.empty((len(events), width), np.int32)
        for i in range(len(events)):
            event = self.at(events[i : i + 1], "struct sxi_event")
            distance = self.lib.SXI_TREE_NO_TRACK if near is None else int(near[i])
            row = self.at(out[i], "int32_t")
            status = self.lib.sxi_tree_features(ctx, event, distance, row, width)
            self.count("tree_features", status)
        return out

    def classify_events(
        self,
        events: NDArray[Any],
        tree: DecisionTree,
        *,
        distances: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.bool_]:
        events = as_array(events, EVENT_DTYPE, 1, "events")
        near = self._distances(distances, len(events))
        keep = np.empty(len(events), np.uint8)
        self.count(
            "classify_events",
            self.lib.sxi_tree_classify(
                self._tree(tree),
                self.at(events, "struct sxi_event"),
                len(events),
                self.ffi.NULL if near is None else self.at(near, "uint8_t"),
                self.at(keep, "uint8_t"),
            ),
        )
        return keep.view(np.bool_)

    def _tree(self, tree: DecisionTree) -> Any:
        members = tree.numbers()
        sizes = {"nodes": self.lib.SXI_TREE_NODES, "roots": self.lib.SXI_TREE_ROOTS}
        for name, most in sizes.items():
            ranged(len(getattr(tree, name)), most, f"number of {name}")
        leaf = self.lib.SXI_TREE_LEAF
        members["feature"] = [leaf if f is None else f for f in members["feature"]]
        return self.new(
            "sxi_tree",
            split=ranged(tree.split, 0xFFFF, "split"),
            saturation=ranged(tree.saturation, 0xFFFF, "saturation"),
            cut=tree.cut,
            n_nodes=len(tree.nodes),
            n_roots=len(tree.roots),
            **members,
            **self._background(tree.background),
        )

    def _background(self, background: Background) -> dict[str, int]:
        if isinstance(background, str):
            return {"background_mode": choice(background, _BACKGROUND, "background")}
        return {"background": ranged(background, 0xFFFF, "background")}

    def _distances(self, distances: Any, n: int) -> NDArray[np.uint8] | None:
        if distances is None:
            return None
        near = as_array(distances, np.uint8, 1, "distances")
        if len(near) != n:
            raise ValueError(f"events and distances differ: {n}, {len(near)}")
        return near
