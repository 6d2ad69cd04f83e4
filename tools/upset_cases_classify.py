# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on beyond flight: grades and the decision tree: what an event is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE
from fsw_emu.targets.prepared import Case

#: two stumps: centre at most 300, ring sum at most 200
TREE = {
    "split": 20,
    "background": 500,
    "n_nodes": 6,
    "n_roots": 2,
    "value": [300, 1, -1, 200, 1, -1],
    "feature": [0, 255, 255, 1, 255, 255],
    "left": [1, 0, 0, 4, 0, 0],
    "right": [2, 0, 0, 5, 0, 0],
    "root": [0, 3],
}


def _windows() -> NDArray[Any]:
    rng = np.random.default_rng(4)
    events = np.zeros(40, EVENT_DTYPE)
    events["pixels"] = rng.normal(500, 5, (40, 25)).round()
    events["pixels"][:, 12] += rng.integers(60, 900, 40, dtype=np.uint16)
    events["pixels"][:20, 13] += rng.integers(0, 90, 20, dtype=np.uint16)
    return events


def classify_cases() -> Iterator[Case]:
    events = _windows()
    n = len(events)

    def records(ffi: Any) -> Any:
        made = ffi.new("struct sxi_event[]", n)
        ffi.memmove(made, events, events.nbytes)
        return made

    def grade(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        ctx = ffi.new("struct sxi_grader *", [20, 20, 500])
        return ctx, records(ffi), n, ffi.new("struct sxi_grade[]", n), n

    def tree(ffi: Any) -> Any:
        return ffi.new("struct sxi_tree *", TREE)

    def classify(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        return tree(ffi), records(ffi), n, ffi.new("uint8_t[]", n), ffi.new("uint8_t[]", n)

    yield Case("sxi_grade_events", "windows", grade)
    yield Case("sxi_tree_check", "two stumps", lambda f, _l: (tree(f),))
    yield Case("sxi_tree_classify", "two stumps", classify)
