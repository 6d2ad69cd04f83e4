# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Stacks of images, ways to code them, and packets of any choice that a coder is free to make."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from tight import Guarded, octets, state

from fsw_emu.model import huffman, rows
from fsw_emu.model import rows_packet as layout

KINDS = ("raw", "independent", "grouped", "aec")
PREDICTORS = ("column", "west", "mean")
IMAGES = ("constant", "noise", "random", "ends", "ramp", "tracks", "dark", "columns", "lines")


def image(rng: np.random.Generator, character: str, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """Samples of one character, up to both ends of 16 bits."""
    level = int(rng.integers(0, 0xFFFF))
    noise = rng.normal(level, 2.0 ** rng.uniform(-2, 13), shape)
    tracks = np.where(rng.random(shape) < 0.03, rng.exponential(3000, shape), 0)
    columns = rng.normal(0, 60, shape[-1])
    lines = np.where(rng.random((*shape[:-1], 1)) < 0.1, 9000, 0)
    made = {
        "constant": np.full(shape, level),
        "noise": noise,
        "random": rng.integers(0, 0x10000, shape),
        "ends": rng.integers(0, 2, shape) * 0xFFFF,
        "ramp": np.arange(int(np.prod(shape))).reshape(shape) * int(rng.integers(1, 99)) + level,
        "tracks": rng.normal(500, 4, shape) + tracks,
        "dark": rng.integers(0, 3, shape),
        "columns": rng.normal(500, 3, shape) + columns,
        "lines": rng.normal(500, 4, shape) + lines,
    }[character]
    return np.clip(np.rint(made), 0, 0xFFFF).astype(np.uint16)


@st.composite
def stacks(draw: st.DrawFn, *, max_cols: int = 70) -> NDArray[np.uint16]:
    """(n, rows, cols): one sample and up, rows that fit no packet of 64 bytes."""
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, max_cols)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return image(rng, draw(st.sampled_from(IMAGES)), shape)


#: arguments of rows_encode
ways = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "predictor": st.sampled_from(PREDICTORS),
        "near_lossless": st.just(0) | st.integers(0, 15),
        "packet_bytes": st.sampled_from([64, 65, 100, 256, 1024, 4096]),
        "group": st.sampled_from([1, 2, 16]),
        "block_size": st.sampled_from([8, 16, 32, 64]),
    }
)


def models(cols: int, rng: np.random.Generator) -> rows.Group:
    """Any model of so many columns: both of its parts may be absent."""
    spread = 2.0 ** rng.uniform(-3, 11)
    deviations = np.clip(np.rint(rng.normal(0, spread, cols)), -2047, 2047).astype(int)
    counts = np.rint(rng.exponential(1, 64) * 2.0 ** rng.uniform(0, 30, 64)).astype(int)
    lengths = tuple(huffman.lengths_of_counts(counts.tolist()))
    has_columns, has_table = rng.random(2) < 0.8
    return rows.Group(
        tuple(deviations.tolist()) if has_columns else None,
        int(rng.integers(0, 13)) if has_table else 0,
        lengths if has_table else None,
    )


@st.composite
def free_packets(draw: st.DrawFn) -> tuple[list[bytes], NDArray[np.uint16], int]:
    """Packets of one frame with any predictor, table and base; its samples; the largest error."""
    stack = draw(stacks(max_cols=40))[:1]
    _, n_rows, cols = stack.shape
    seed, m = draw(st.integers(0, 2**32 - 1)), draw(st.just(0) | st.integers(0, 15))
    rng = np.random.default_rng(seed)
    group = models(cols, rng)
    table = int(rng.integers(0, huffman.TABLES))
    of_model = rows.model_packet(group, table, frames=1, rows=n_rows, cols=cols)
    model_id = layout.parse(of_model)[0].model_id
    packets, first = [of_model], 0
    while first < stack.size:
        kind, at = int(rng.integers(0, 4)), first % cols
        n = int(rng.integers(1, n_rows - first // cols + 1)) * cols
        if at or rng.random() < 0.3:
            n = int(rng.integers(1, cols - at + 1))
        p = layout.Packet(kind, 1, n_rows, cols, 0, first, n)
        if kind in (layout.INDEPENDENT, layout.GROUPED):
            p = replace(
                p,
                predictor=int(rng.integers(0, 3)),
                base=int(rng.integers(0, 4 * 0x10000)),
                table=int(rng.integers(0, huffman.TABLES)),
            )
        if kind == layout.GROUPED:
            p = replace(p, model_id=model_id, table=255 if group.lengths else p.table)
        if kind == layout.AEC:
            p = replace(p, table=int(rng.integers(0, 4)))
        p = replace(p, near_lossless=m if kind != layout.RAW else 0)
        samples = stack.reshape(-1)[first : first + n]
        packets.append(
            layout.build(p, rows.body(samples, p, group if kind == layout.GROUPED else None))
        )
        first += n
    return packets, stack, m


class Decoder:
    """A decoder of the core with guarded columns."""

    def __init__(self, csxi: SimpleNamespace, room: int) -> None:
        self.csxi = csxi
        self.columns = Guarded(csxi, "int16_t", room)
        fields = {"room": room, "columns": self.columns.pointer}
        self.ctx = csxi.ffi.new("struct sxi_rows_decoder *", fields)

    def load(self, data: bytes) -> int:
        at = octets(self.csxi, data)
        return int(self.csxi.lib.sxi_rows_load_model(self.ctx, at, len(data)))

    def decode(self, data: bytes, room: int) -> tuple[int, list[int]]:
        """Status, and the samples if it is good."""
        out = Guarded(self.csxi, "uint16_t", room)
        at = octets(self.csxi, data)
        status = self.csxi.lib.sxi_rows_decode(self.ctx, at, len(data), out.pointer, room)
        assert out.is_intact()
        return int(status), out.inside.tolist() if status >= 0 else []

    def state(self) -> list[bytes]:
        return [*state(self.csxi, self.ctx), self.columns.inside.tobytes()]


def errors(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    return np.abs(a.astype(np.int32) - b.astype(np.int32))
