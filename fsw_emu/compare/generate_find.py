# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of functions beyond flight: event detection beyond the flight rule."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, memory, noise, u16, u32


@st.composite
def tiled(draw: Draw, n: int, low: int, spread: int) -> list[int]:
    """n numbers from low on, of a pattern that repeats."""
    pattern = draw(noise(23))
    return [low + pattern[i % len(pattern)] % spread for i in range(n)]


@st.composite
def switches(draw: Draw, rows: int, cols: int, level: int) -> dict[str, Value]:
    """Each array, or NULL in its place."""
    n, segments = rows * cols, rows * -(-cols // 64)
    offset = draw(tiled(n, 256 * level, 200))
    if draw(maybe()) and offset:
        offset[draw(st.integers(0, n - 1))] = draw(u32)
    common = draw(tiled(segments, -100, 200))
    if draw(maybe()) and common:
        common[0] = draw(st.sampled_from([2**31 - 1, -(2**31), 2**24, -(2**24)]))
    arrays: dict[str, Value] = {
        "offset": offset,
        "noise": draw(tiled(n, 1000, 256)),
        "row_state": draw(tiled(rows, 0, 2)),
        "common": common,
        "row_threshold": draw(tiled(rows, 15, 12)),
        "masked": draw(tiled(-(-n // 8), 0, 256)),
    }
    return {name: values if draw(st.booleans()) else None for name, values in arrays.items()}


@st.composite
def find(draw: Draw) -> dict[str, Value]:
    """A frame of a repeated pattern with pixels set in it, and every switch on or off."""
    small = draw(maybe())
    rows = draw(st.integers(0, 6) if small else st.integers(5, 8))
    cols = draw(st.integers(0, 6) if small else st.integers(5, 16) | st.sampled_from([66, 130]))
    level = draw(st.sampled_from([0, 500, 0xFFC0]))
    frame = [min(value, 0xFFFF) for value in draw(tiled(rows * cols, level, 8))]
    if frame:
        for at, height in enumerate(draw(noise(32))):
            frame[(at * 29 + height * 7) % len(frame)] = min(level + 15 + height % 20, 0xFFFF)
    n = draw(st.sampled_from([-(-rows // 2) * -(-cols // 2)] * 5 + [0, 1, 2]))
    return {
        "ctx": {
            **draw(switches(rows, cols, level)),
            "threshold": draw(u16) if draw(maybe()) else draw(st.sampled_from([20, 17, 25, 0])),
            "window_order": draw(edge(0, 1)),
            "ties": draw(edge(0, 1)),
            "sigmas_q4": draw(st.sampled_from([0, 16, 64, 80, 0xFFFF])),
            "saturation": draw(st.sampled_from([0, level + 25, 0xFFFF])),
            "limit": draw(st.sampled_from([0xFFFFFFFF] * 5 + [0, 1, 2])),
        },
        "frame": {"pixels": frame, "n_rows": rows, "n_cols": cols},
        "out": memory(n),
        "flags": memory(n),
        "out_len": n,
    }


#: arguments of each function
ARGUMENTS: Mapping[str, Strategy] = MappingProxyType({"sxi_find_events": find()})
