# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of the quick look."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, maybe_damaged, memory, room, u16, u32
from fsw_emu.core import default_core

BYTES, CELLS = 264, 240


@st.composite
def axis(draw: Draw) -> dict[str, Value]:
    """Means and variances near what readouts have, or any."""
    return {
        "mean": draw(st.sampled_from([0, 100 << 8, 1500 << 8]) | u32),
        "variance": draw(st.sampled_from([1, 9, 400]) | u32),
        "sum": draw(st.integers(0, 9000) | u32),
        "squares": draw(st.integers(0, 9000) | u32),
        "last": draw(st.integers(0, 5108) | u16),
        "run": draw(st.sampled_from([0, 1, 2, 0xFFFF])),
        "side": draw(st.integers(0, 1)),
    }


@st.composite
def context(draw: Draw) -> dict[str, Value]:
    """In the middle of a run; now and then with a parameter that cannot be."""
    odd = draw(maybe())
    learn = draw(st.integers(2, 4))
    return {
        "reference": draw(edge(257, 1024)) if odd else 316,
        "limit": draw(edge(1, 65535)) if odd else draw(st.sampled_from([2, 20])),
        "sigmas": draw(edge(1, 255)) if odd else 40,
        "confirm": draw(edge(1, 255)) if odd else draw(st.integers(1, 2)),
        "learn": draw(edge(2, 256)) if odd else learn,
        "shift": draw(edge(1, 8)) if odd else draw(st.integers(1, 8)),
        "learned": draw(st.sampled_from([0, 1, learn - 1, learn, learn])),
        "n_alarms": draw(u32),
        "mean": draw(st.sampled_from([0, 4 << 8, 100 << 8]) | u32),
        "score": draw(st.sampled_from([0, 512, 1025]) | u32),
        "sum": draw(st.integers(0, 900) | u32),
        "x": draw(axis()),
        "y": draw(axis()),
        "sum_x": draw(st.integers(0, 4000) | u32),
        "sum_y": draw(st.integers(0, 4000) | u32),
        "n_rejected": draw(st.sampled_from([0, 3, 65530]) | u32),
        "n_kept": [draw(st.integers(0, 9)) for _ in range(4)],
        "cells": [draw(st.sampled_from([0, 1, 255, 256])) for _ in range(9)] + [0] * (CELLS - 9),
    }


@st.composite
def init(draw: Draw) -> dict[str, Value]:
    return {"ctx": draw(context())}


@st.composite
def add(draw: Draw) -> dict[str, Value]:
    places = st.tuples(edge(0, 638), edge(0, 383))
    events = [{"row": row, "col": col} for row, col in draw(st.lists(places, max_size=5))]
    keep = [draw(st.integers(0, 1)) for _ in events]
    return {
        "ctx": draw(context()),
        "node": draw(edge(0, 3)),
        "events": events,
        "n": len(events),
        "keep": None if draw(maybe()) else bytes(keep).hex(),
    }


@st.composite
def close(draw: Draw) -> dict[str, Value]:
    n = draw(room(BYTES))
    counter = draw(u16)
    return {"ctx": draw(context()), "frame_counter": counter, "out": memory(n), "out_len": n}


@st.composite
def load(draw: Draw) -> dict[str, Value]:
    """A product as it is, damaged, or with another content under its checksum."""
    core = default_core()
    product = core.quick_look().close(draw(u16))
    if draw(st.booleans()):
        body = bytearray(product[:-2])
        body[draw(st.sampled_from([0, 1, 18, 19, 20, 21, 40]))] = draw(st.integers(0, 255))
        product = bytes(body) + core.crc16(bytes(body)).to_bytes(2, "big")
    data = draw(maybe_damaged(product, 24))
    return {"product": {}, "in": data.hex(), "in_len": len(data)}


#: arguments of each function
ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_look_init": init(),
        "sxi_look_add": add(),
        "sxi_look_close": close(),
        "sxi_look_load": load(),
    }
)
