# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cycle counts beyond flight: grades and the decision tree: what an event is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Case, array, storm_events

LEAF, FEATURES = 255, 13  # tree.h
STUMPS = 21  # as many as 64 nodes have room for


def _stumps(ffi: Any) -> Any:
    """A full table: one stump for each feature, and again."""
    asks = [value for i in range(STUMPS) for value in (i % FEATURES, LEAF, LEAF)]
    limits = [value for _ in range(STUMPS) for value in (60, 1, -1)]
    left = [value for i in range(STUMPS) for value in (3 * i + 1, 0, 0)]
    right = [value for i in range(STUMPS) for value in (3 * i + 2, 0, 0)]
    return ffi.new(
        "struct sxi_tree *",
        {
            "split": 20,
            "background_mode": 1,
            "saturation": 65535,
            "n_nodes": 3 * STUMPS,
            "n_roots": STUMPS,
            "value": limits,
            "feature": asks,
            "left": left,
            "right": right,
            "root": [3 * i for i in range(STUMPS)],
        },
    )


def classify_cases() -> Iterator[Case]:
    events = storm_events()
    n = len(events)
    # worst: every pixel counts, and the largest come last where they are sorted
    full = np.zeros((64, 27), np.uint16)
    full[:, 2:] = np.arange(1000, 1025)

    def grade(rows: Any, mode: int) -> Any:
        def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
            ctx = ffi.new("struct sxi_grader *", [20, 20, 500, mode, 65535, 0])
            if mode == 1 and len(rows) == 64:
                ctx.split = ctx.outer = 0
            records = array(ffi, "struct sxi_event", rows)
            return ctx, records, len(rows), ffi.new("struct sxi_grade[]", len(rows)), len(rows)

        return arguments

    def classify(rows: Any) -> Any:
        def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
            records = array(ffi, "struct sxi_event", rows)
            keep = ffi.new("uint8_t[]", len(rows))
            return _stumps(ffi), records, len(rows), ffi.NULL, keep

        return arguments

    def features(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        event = array(ffi, "struct sxi_event", events[0])
        return _stumps(ffi), event, 255, ffi.new("int32_t[]", FEATURES), FEATURES

    yield Case("sxi_grade_events", "storm", "event", n, grade(events, 1))
    yield Case("sxi_grade_events", "fixed background", "event", n, grade(events, 0))
    yield Case("sxi_grade_events", "all pixels", "event", 64, grade(full, 1))
    yield Case("sxi_tree_check", "full table", "call", 1, lambda f, _l: (_stumps(f),))
    yield Case("sxi_tree_features", "event", "event", 1, features)
    yield Case("sxi_tree_classify", "storm", "event", n, classify(events))
    yield Case("sxi_tree_classify", "all pixels", "event", 64, classify(full))
