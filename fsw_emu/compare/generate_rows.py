# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Calls of the functions of packets of rows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from hypothesis import strategies as st

from fsw_emu.compare.call import Value
from fsw_emu.compare.draws import Draw, Strategy, edge, maybe, maybe_damaged, memory, noise, room
from fsw_emu.core import RowsKind, default_core

KINDS: tuple[RowsKind, ...] = ("raw", "independent", "grouped", "aec")


@st.composite
def samples(draw: Draw, n: int) -> list[int]:
    """Close together, and now and then one far off."""
    tile = draw(noise(61))
    spread = draw(st.sampled_from([1, 31, 256]))
    values = [500 + tile[i % len(tile)] % spread for i in range(n)]
    if n > 0 and draw(maybe()):
        values[draw(st.integers(0, n - 1))] = draw(st.sampled_from([0, 65535, 32768]))
    return values


@st.composite
def coder(draw: Draw) -> dict[str, Value]:
    """A coder that has just begun; its parameters are wrong now and then."""
    rows, cols = draw(st.integers(1, 5)), draw(st.integers(1, 20))
    odd = draw(maybe())
    n = max(cols - 1, 0) if odd and draw(st.booleans()) else cols
    arrays = {name: memory(cols) for name in ("columns", "means", "line", "above")}
    return {
        "frames": draw(edge(1, 4096)) if odd else 3,
        "first_frame": draw(st.sampled_from([0, 0, 0, 1])),
        "rows": rows,
        "cols": cols,
        "kind": draw(edge(0, 3)) if odd else draw(st.integers(0, 3)),
        "predictor": draw(edge(0, 2)) if odd else draw(st.integers(0, 2)),
        "near_lossless": draw(edge(0, 15)) if odd else draw(st.sampled_from([0, 0, 1, 2, 15])),
        "packet_bytes": draw(st.sampled_from([64, 64, 100, 4096] + [63, 65536] * odd)),
        "block_size": draw(st.sampled_from([8, 16, 32, 64] + [0, 24] * odd)),
        "room": n,
        **arrays,
        "has_model": draw(st.integers(0, 1)),
        "shift": 255,
        "rows_before": draw(st.integers(0, 6)),
        "learned": draw(st.sampled_from([0, 0, 1, 300])),
        "spread": draw(st.sampled_from([0, 200, 5000])),
    }


@st.composite
def learning(draw: Draw) -> dict[str, Value]:
    ctx = draw(coder())
    n = draw(st.integers(0, 3))
    return {"ctx": ctx, "samples": draw(samples(n * ctx["cols"])), "n_rows": n}


@st.composite
def model(draw: Draw) -> dict[str, Value]:
    ctx = draw(coder()) | {"kind": draw(st.sampled_from([2, 2, 2, 1]))}
    n = draw(room(24 + 2 + 32 + 2 + 2 * ctx["cols"]))
    return {"ctx": ctx, "out": memory(n), "out_len": n}


@st.composite
def choose(draw: Draw) -> dict[str, Value]:
    ctx = draw(coder())
    n = draw(st.integers(0, 3))
    size = draw(room(ctx["packet_bytes"]))
    given = draw(samples(n * ctx["cols"]))
    return {"ctx": ctx, "samples": given, "n_rows": n, "out": memory(size), "out_len": size}


@st.composite
def encode(draw: Draw) -> dict[str, Value]:
    ctx = draw(coder())
    pixels = ctx["rows"] * ctx["cols"]
    size = draw(room(ctx["packet_bytes"]))
    row = draw(st.integers(0, ctx["rows"]))
    return {
        "ctx": ctx,
        "frame_samples": draw(samples(pixels)),
        "frame": draw(edge(0, 2)),
        "first": draw(edge(0, pixels)) if draw(maybe()) else row * ctx["cols"],
        "out": memory(size),
        "out_len": size,
        "next": [0],
    }


@st.composite
def packet(draw: Draw, *kinds: RowsKind) -> tuple[bytes, bytes]:
    """A packet of rows, or a model, and the model of its group; damaged now and then."""
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 40))
    stack = np.array(draw(samples(rows * cols)), np.uint16).reshape(1, rows, cols)
    made = default_core().rows_encode(
        stack,
        kind=draw(st.sampled_from(kinds)),
        predictor=draw(st.sampled_from(["column", "west", "mean"])),
        near_lossless=draw(st.sampled_from([0, 0, 1, 15])),
        packet_bytes=draw(st.sampled_from([64, 4096])),
    )
    chosen = draw(st.sampled_from(made))
    return draw(maybe_damaged(chosen, 16)), made[0]


@st.composite
def parse(draw: Draw) -> dict[str, Value]:
    data, _ = draw(packet(*KINDS))
    return {"packet": {}, "data": data.hex(), "len": len(data)}


@st.composite
def decoder(draw: Draw, data: bytes) -> dict[str, Value]:
    """A decoder as it begins; now and then one that claims to have the packet's model."""
    n = draw(st.sampled_from([40, 40, 3]))
    claims = draw(st.booleans()) and len(data) > 16
    return {
        "room": n,
        "columns": memory(n),
        "has_model": int(claims),
        "model_id": int.from_bytes(data[14:16], "big") if claims else 0,
        "cols": draw(st.integers(1, 40)),
        "shift": 255,
    }


@st.composite
def load_model(draw: Draw) -> dict[str, Value]:
    data, group = draw(packet("grouped"))
    given = data if draw(maybe()) else draw(maybe_damaged(group, 24))
    return {"ctx": draw(decoder(b"")), "data": given.hex(), "len": len(given)}


@st.composite
def decode(draw: Draw) -> dict[str, Value]:
    data, _ = draw(packet(*KINDS))
    n = draw(st.sampled_from([160, 160, 160, 3]))
    ctx = draw(decoder(data))
    return {"ctx": ctx, "data": data.hex(), "len": len(data), "out": memory(n), "out_len": n}


ARGUMENTS: Mapping[str, Strategy] = MappingProxyType(
    {
        "sxi_rows_init": st.fixed_dictionaries({"ctx": coder()}),
        "sxi_rows_learn": learning(),
        "sxi_rows_tabulate": learning(),
        "sxi_rows_model": model(),
        "sxi_rows_model_bound": st.fixed_dictionaries({"ctx": coder()}),
        "sxi_rows_choose": choose(),
        "sxi_rows_encode": encode(),
        "sxi_rows_parse": parse(),
        "sxi_rows_load_model": load_model(),
        "sxi_rows_decode": decode(),
    }
)
