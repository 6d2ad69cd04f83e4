# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of functions beyond flight: grades and the decision tree: what an event is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, memory, noise, u16

LEAF, FEATURES = 255, 13  # tree.h

level = st.integers(0, 40) | st.sampled_from([0, 20, 30]) | u16
score = st.integers(-3, 3) | st.sampled_from([1 << 24, -(1 << 24), (1 << 24) + 1])


@st.composite
def window(draw: Draw) -> dict[str, Value]:
    """Pixels about as high as split levels, so that shapes are many; seldom a large one."""
    tile = draw(noise(25))
    pixels = [tile[i % len(tile)] & 63 for i in range(25)]
    if draw(maybe()):
        pixels[draw(st.integers(0, 24))] = draw(u16)
    return {"row": 3, "col": 4, "pixels": pixels}


@st.composite
def levels(draw: Draw) -> dict[str, Value]:
    local = draw(edge(0, 1))
    return {
        "split": draw(level),
        "background": draw(level),
        "background_mode": local,
        "saturation": draw(level),
    }


@st.composite
def grade_events(draw: Draw) -> dict[str, Value]:
    events = draw(st.lists(window(), max_size=4))
    room = len(events) - (draw(maybe()) and len(events) > 0)
    ctx = {**draw(levels()), "outer": draw(level), "window_order": draw(edge(0, 1))}
    return {
        "ctx": {**ctx, "n_asca": [draw(st.sampled_from([0, 0xFFFFFFFF]))] * 8},
        "events": events,
        "n": len(events),
        "out": memory(room),
        "out_len": room,
    }


@st.composite
def tree(draw: Draw) -> dict[str, Value]:
    """A table that mostly ends: children behind their parents, the last node a leaf."""
    n = draw(st.integers(1, 9))
    table: dict[str, list[int]] = {"feature": [], "value": [], "left": [], "right": []}
    asking = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    for i in range(n):
        asks = i + 1 < n and asking[i]
        first, last = (i + 1, n - 1) if asks else (0, 0)
        child = st.integers(first, last)
        table["feature"].append(draw(st.integers(0, FEATURES - 1)) if asks else LEAF)
        value: Strategy = st.integers(-9, 90) if asks else score
        table["value"].append(draw(value))
        table["left"].append(draw(child))
        table["right"].append(draw(child))
    if draw(maybe()):
        name = draw(st.sampled_from(["feature", "left", "right"]))
        table[name][draw(st.integers(0, n - 1))] = draw(st.integers(0, FEATURES))
    roots = draw(st.lists(st.integers(0, n - 1), max_size=4))
    if draw(maybe()) and roots:
        roots[0] = draw(st.sampled_from([n, n - 1, 255]))
    return {
        **draw(levels()),
        "cut": draw(st.integers(-2, 2)),
        "n_nodes": 65 if draw(maybe()) and draw(maybe()) else n,
        "n_roots": 33 if draw(maybe()) and draw(maybe()) else len(roots),
        **{name: values + [0] * (64 - n) for name, values in table.items()},
        "root": roots + [0] * (32 - len(roots)),
        "n_kept": draw(st.sampled_from([0, 0xFFFFFFFF])),
    }


@st.composite
def tree_features(draw: Draw) -> dict[str, Value]:
    room = draw(st.sampled_from([FEATURES, FEATURES, FEATURES + 1, FEATURES - 1]))
    return {
        "ctx": draw(tree()),
        "event": draw(window()),
        "distance": draw(edge(0, 255)),
        "out": memory(room),
        "out_len": room,
    }


@st.composite
def tree_classify(draw: Draw) -> dict[str, Value]:
    events = draw(st.lists(window(), max_size=4))
    near = draw(st.binary(min_size=len(events), max_size=len(events)))
    return {
        "ctx": draw(tree()),
        "events": events,
        "n": len(events),
        "distances": near.hex() if draw(st.booleans()) else None,
        "keep": memory(len(events)),
    }


#: arguments of each function
ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_grade_events": grade_events(),
        "sxi_tree_check": st.builds(lambda ctx: {"ctx": ctx}, tree()),
        "sxi_tree_features": tree_features(),
        "sxi_tree_classify": tree_classify(),
    }
)
