# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of functions beyond flight: what is sent of more events than fit, and how much of each."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType

import numpy as np
from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, maybe_damaged, memory, room, u16, u32
from fsw_emu.core import EVENT_DTYPE, default_core


@st.composite
def places(draw: Draw, most: int) -> list[dict[str, Value]]:
    """Events in raster order, most of them in a few tiles; now and then outside the node."""
    rng = Random(draw(u16))  # noqa: S311
    rows, cols = draw(st.sampled_from([(700, 400), (64, 64), (40, 10)]))
    n = draw(st.integers(0, most))
    made = sorted((rng.randrange(rows), rng.randrange(cols)) for _ in range(n))
    return [{"row": row, "col": col} for row, col in made]


@st.composite
def select(draw: Draw) -> dict[str, Value]:
    e, f = draw(places(24)), draw(places(24))
    keep_e, keep_f = memory(len(e)), memory(len(f))
    limit = st.integers(0, len(e) + len(f)) | st.sampled_from([len(e) + len(f), 0, 0xFFFFFFFF])
    return {
        "ctx": {
            "policy": draw(st.sampled_from([1, 1, 0, 1, 2])),
            "limit": draw(limit),
            "tile_quota": draw(st.sampled_from([0, 1, 2, 5, 65534, 65535, 0xFFFFFFFF])),
            "seed": draw(u32),
            "frame_counter": draw(u32),
        },
        "events_e": e,
        "n_e": len(e),
        "events_f": f,
        "n_f": len(f),
        "keep_e": keep_e,
        "keep_f": keep_f,
    }


@st.composite
def ladder_bytes(draw: Draw) -> dict[str, Value]:
    return {"level": draw(edge(0, 2)), "n_events": draw(edge(0, 65535) | edge(1024, 2048))}


@st.composite
def ladder_level(draw: Draw) -> dict[str, Value]:
    n, level = draw(edge(0, 65535) | edge(0, 100)), draw(st.integers(0, 2))
    need = 10 + n * (54, 27, 8)[level]
    return {
        "ctx": {
            "deepest": draw(st.sampled_from([2, 1, 0, 2, 3])),
            "patience": draw(st.sampled_from([0, 1, 3, 65535])),
            "level": level,
            "calm": draw(st.sampled_from([0, 1, 2, 65534, 65535])),
        },
        "n_events": n,
        "budget_bytes": draw(st.sampled_from([need, need - 1, 3 * need, 0, 0xFFFFFFFF]) | u32),
    }


@st.composite
def windows(draw: Draw) -> list[dict[str, Value]]:
    rng, made = Random(draw(u16)), []  # noqa: S311
    for _ in range(draw(st.integers(0, 4))):
        pixels = [rng.choice([rng.randrange(60), rng.randrange(0x10000)]) for _ in range(25)]
        made.append({"row": rng.randrange(700), "col": rng.randrange(400), "pixels": pixels})
    return made


@st.composite
def ladder_encode(draw: Draw) -> dict[str, Value]:
    events, level = draw(windows()), draw(edge(0, 2))
    n = len(events)
    pha: Value = [draw(st.sampled_from([0, 700, 0xFFFFFF, 0x1000000])) for _ in events]
    grades: Value = [draw(edge(0, 254)) for _ in events]
    has = draw(st.sampled_from([3, 3, 3, 3, 2, 1, 0]))
    out = draw(room(10 + n * (54, 27, 8, 8)[level]))
    return {
        "header": {
            "frame_counter": draw(u16),
            "threshold": draw(st.sampled_from([0, 30, 0xFFFF])),
            "n_events": n,
            "level": level,
            "node": draw(edge(0, 3)),
        },
        "events": events,
        "pha": pha if has & 1 else None,
        "grades": grades if has & 2 else None,
        "out": memory(out),
        "out_len": out,
    }


@st.composite
def ladder_decode(draw: Draw) -> dict[str, Value]:
    """A packet as it was made, or damaged, or any bytes."""
    n = draw(st.integers(0, 3))
    events = np.zeros(n, EVENT_DTYPE)
    events["row"], events["pixels"] = np.arange(n), draw(u16)
    made = default_core().ladder_encode(
        events,
        level=draw(st.integers(0, 2)),
        node=draw(st.integers(0, 3)),
        frame_counter=draw(u16),
        pha=np.arange(n, dtype=np.uint32),
        grades=np.arange(n, dtype=np.uint8),
    )
    data = draw(maybe_damaged(made, len(made)))
    if draw(maybe()):
        data = draw(st.binary(max_size=30))
    records = draw(room(3))
    return {
        "header": {},
        "data": data.hex(),
        "len": len(data),
        "records": memory(records),
        "records_len": records,
    }


#: arguments of each function
ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_fair_select": select(),
        "sxi_ladder_bytes": ladder_bytes(),
        "sxi_ladder_level": ladder_level(),
        "sxi_ladder_encode": ladder_encode(),
        "sxi_ladder_decode": ladder_decode(),
    }
)
