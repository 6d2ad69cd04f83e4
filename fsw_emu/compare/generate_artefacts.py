# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of functions beyond flight: tracks of particles, hot and flickering pixels."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import MASK_BYTES, Draw, Strategy, edge, maybe, memory, noise, u16, u32

#: where the rate of a node passes from one class of limits to the next, and far beyond
rates = st.integers(0, 13).map(lambda k: 62816256 >> k) | u32


@st.composite
def track_find(draw: Draw) -> dict[str, Value]:
    """A frame of which some is above 100, with a background near it."""
    rows, cols = draw(st.integers(0, 9)), draw(st.integers(0, 12))
    tile = draw(noise(67))
    frame = [90 + tile[i % len(tile)] % 16 for i in range(rows * cols)]
    if draw(st.booleans()) and frame:
        frame[draw(st.integers(0, len(frame) - 1))] = draw(u16)
    with_map = draw(st.booleans())
    room = draw(st.sampled_from([60, 60, 0, 1, 4]) | st.integers(0, 60))
    offsets = [90 * 256 + tile[-1 - i % len(tile)] * 8 for i in range(rows * cols)]
    if draw(maybe()) and offsets:
        offsets[0] = draw(u32)
    return {
        "ctx": {
            "level": draw(st.sampled_from([10, 5, 1, 0, 0xFFFF])),
            "min_pixels": draw(st.integers(0, 6)),
            "mip": draw(st.sampled_from([0, 12, 0xFFFF]) | u16),
            "saturation": draw(st.sampled_from([0, 100, 0xFFFF])),
            "background": draw(st.sampled_from([90 * 256, 0, 16777215, 16777216])),
            "offsets": offsets if with_map else None,
            "runs": memory(room),
            "tracks": memory(room),
            "room": 0x10000 if draw(maybe()) and room == 0 else room,
            "n_lost": draw(st.sampled_from([0, 9])),
        },
        "frame": {"pixels": frame, "n_rows": rows, "n_cols": cols},
    }


@st.composite
def place(draw: Draw) -> dict[str, Value]:
    """Of an event, seldom the same as another's."""
    pixels = [0] * 25
    pixels[12] = draw(st.integers(0, 3) | u16)
    row = draw(st.integers(0, 40) | edge(0, 638) | u16)
    return {"row": row, "col": draw(st.integers(0, 40) | edge(0, 383) | u16), "pixels": pixels}


@st.composite
def track_distance(draw: Draw) -> dict[str, Value]:
    ends = st.tuples(st.integers(0, 40) | u16, st.integers(0, 40) | u16, st.integers(0, 9))
    told = sorted(draw(st.lists(ends, max_size=6)))
    events = draw(st.lists(place(), max_size=4))
    return {
        "runs": [[row, first, min(first + n, 0xFFFF), 0] for row, first, n in told],
        "n_runs": len(told),
        "events": events,
        "n": len(events),
        "reach": draw(st.sampled_from([254, 0, 7]) | edge(0, 254)),
        "distance": memory(len(events)),
    }


def _table(places: list[dict[str, Value]], log2_buckets: int, tile: bytes) -> list[Value]:
    """Pixels in their buckets, as often hit as the bytes say; some are hot."""
    table: list[Value] = [[0] * 7 for _ in range(8 << log2_buckets)]
    for i, at in enumerate(places * 3):
        row, col = at["row"] ^ i // len(places), at["col"]
        bucket = ((row << 16 | col) * 0x9E3779B1) % 2**32 >> (32 - log2_buckets)
        byte = tile[i % len(tile)]
        state, period = (2, 4 + byte % 5) if byte % 4 == 3 else (1, byte % 3 * 4)
        free = [k for k in range(8 * bucket, 8 * bucket + 8) if table[k][6] == 0]
        if free:
            hits = byte * 0x01010101 >> byte % 8
            table[free[0]] = [hits, row, col, byte % 4, byte % 8, period, state]
    return table


@st.composite
def hot(draw: Draw) -> tuple[dict[str, Value], list[dict[str, Value]]]:
    """A tracker whose table holds some of the pixels of the events."""
    log2_buckets = draw(st.integers(0, 2))
    places = draw(st.lists(place(), min_size=1, max_size=4))
    table = _table(places, log2_buckets, draw(noise(16)))
    context: dict[str, Value] = {
        "pixels": table,
        "log2_buckets": 14 if draw(maybe()) else log2_buckets,
        "clean": draw(st.sampled_from([4, 4, 0, 1, 1023, 1024])),
        "n_readouts": draw(st.sampled_from([1, 0, 0xFFFFFFFF])),
        "mean": draw(rates),
        "n_hot": sum(entry[6] == 2 for entry in table),
        "n_evicted": draw(st.sampled_from([0, 0xFFFFFFFF])),
    }
    return context, places


@st.composite
def hot_update(draw: Draw) -> dict[str, Value]:
    context, places = draw(hot())
    events = places + draw(st.lists(place(), max_size=12))
    return {"ctx": context, "events": events, "n": len(events), "verdict": memory(len(events))}


@st.composite
def hot_mask(draw: Draw) -> dict[str, Value]:
    context, _ = draw(hot())
    size = MASK_BYTES - draw(maybe())
    return {"ctx": context, "mask": {"zeros": size, "at": [[0, 0x80]]}, "mask_len": size}


#: arguments of each function
ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_track_find": track_find(),
        "sxi_track_distance": track_distance(),
        "sxi_hot_update": hot_update(),
        "sxi_hot_mask": hot_mask(),
        "sxi_hot_limit": st.fixed_dictionaries({"rate": rates, "window": edge(0, 3)}),
    }
)
