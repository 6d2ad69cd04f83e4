# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of functions beyond flight: offset and noise maps, common mode, thresholds by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import xor
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, memory, noise, room, u32

ADU = 256
LEVEL = 500

shapes = st.tuples(st.integers(1, 3), st.sampled_from([1, 3, 64, 65, 70]))


@st.composite
def samples(draw: Draw, n: int) -> list[int]:
    """Noise on a level, now and then on another, with events in it."""
    level = draw(st.sampled_from([LEVEL, LEVEL, LEVEL, LEVEL + 2, LEVEL + 30, 0]))
    tile = draw(noise(61))
    values = [level + tile[i % len(tile)] % 16 for i in range(n)]
    for place in draw(st.lists(st.integers(0, max(n - 1, 0)), max_size=4)) if n else ():
        values[place] = draw(st.sampled_from([65535, 0, LEVEL + 200]))
    return values


def _row(offsets: Sequence[int], noises: Sequence[int]) -> int:
    """The check of one row."""
    return ~(reduce(xor, offsets, 0) ^ reduce(xor, noises, 0) << 16) & 0xFFFFFFFF


@st.composite
def context(draw: Draw) -> dict[str, Value]:
    """Maps in use, their rows mostly as their checks say; parameters are wrong now and then."""
    rows, cols = draw(shapes)
    pixels = rows * cols
    tile = draw(noise(67))
    offsets = [(LEVEL + 4) * ADU + tile[i % len(tile)] for i in range(pixels)]
    noises = [draw(st.sampled_from([1280, 0, 300, 65535]))] * pixels
    at = [slice(i * cols, (i + 1) * cols) for i in range(rows)]
    checks = [_row(offsets[row], noises[row]) for row in at]
    if draw(maybe()):
        checks[0] ^= 1 << draw(st.integers(0, 31))
    if draw(maybe()):
        offsets[0] = draw(u32)
    odd = draw(maybe())
    segments = rows * -(-cols // 64)
    made: dict[str, Value] = {
        "offset": offsets,
        "noise": noises,
        "common": memory(segments),
        "row_state": [draw(st.integers(0, 1)) for _ in at],
        "row_age": [draw(st.sampled_from([1, 0, 3, 900, 65535])) for _ in at],
        "row_good": [draw(st.sampled_from([0, 1, 65535])) for _ in at],
        "row_check": checks,
        "pixels_room": pixels,
        "common_room": segments,
        "rows_room": rows,
        "n_rows": rows,
        "n_cols": cols,
        "clip": draw(edge(1, 65535)) if odd else draw(st.sampled_from([20, 1, 300])),
        "start_step": draw(edge(0, 65535)) if odd else 512,
        "start_frames": draw(st.sampled_from([0, 2, 16])),
        "fine_step": draw(st.sampled_from([4, 0, 1])),
        "outlier_shift": draw(edge(0, 15)) if odd else draw(st.integers(0, 4)),
        "level_shift": draw(edge(0, 15)) if odd else draw(st.integers(0, 4)),
        "drift_limit": draw(st.sampled_from([4, 0, 65535])),
        "good_frames": draw(st.integers(0, 2)),
        "noise_start": 1280,
        "noise_min": draw(st.sampled_from([256, 0])),
        "n_upset": draw(st.sampled_from([0, 0xFFFFFFFF])),
    }
    if draw(maybe()):
        short = draw(st.sampled_from(["n_rows", "n_cols"]))
        made[short] = draw(st.sampled_from([0, made[short] + 1, 0xFFFF, 0xFFFFFFFF]))
    return made


@st.composite
def only_context(draw: Draw) -> dict[str, Value]:
    return {"ctx": draw(context())}


@st.composite
def seal(draw: Draw) -> dict[str, Value]:
    return {"ctx": draw(context()), "age": draw(edge(1, 65535))}


@st.composite
def scrub(draw: Draw) -> dict[str, Value]:
    ctx = draw(context())
    first = draw(st.integers(0, len(ctx["row_state"]) + 1))
    return {"ctx": ctx, "first": first, "n": draw(edge(0, max(len(ctx["row_state"]) - first, 1)))}


@st.composite
def update(draw: Draw) -> dict[str, Value]:
    ctx = draw(context())
    rows, cols = len(ctx["row_state"]), len(ctx["offset"]) // len(ctx["row_state"])
    rows -= draw(maybe())
    frame = {"pixels": draw(samples(rows * cols)), "n_rows": rows, "n_cols": cols}
    return {"ctx": ctx, "frame": frame}


@st.composite
def common_rows(draw: Draw) -> dict[str, Value]:
    rows, cols = draw(shapes)
    n = draw(room(rows * -(-cols // 64)))
    return {
        "frame": {"pixels": draw(samples(rows * cols)), "n_rows": rows, "n_cols": cols},
        "offset": [LEVEL * ADU + 7 * (i % 9) for i in range(rows * cols)],
        "clip": draw(edge(1, 65535) | st.sampled_from([20, 1, 8])),
        "common": memory(n),
        "common_len": n,
    }


@st.composite
def cti_thresholds(draw: Draw) -> dict[str, Value]:
    n = draw(st.sampled_from([0, 1, 3, 40]))
    return {
        "threshold": draw(edge(0, 65535)),
        "loss": draw(u32 | st.sampled_from([42950, 429497])),
        "transfers": draw(edge(1, 64)),
        "least": draw(edge(0, 65535) | st.integers(0, 60)),
        "out": memory(n),
        "out_len": n,
    }


#: arguments of each function
ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_common_rows": common_rows(),
        "sxi_maps_init": only_context(),
        "sxi_maps_seal": seal(),
        "sxi_maps_scrub": scrub(),
        "sxi_maps_update": update(),
        "sxi_cti_thresholds": cti_thresholds(),
    }
)
