# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the generators of calls share: numbers near their limits, memory, masks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from fsw_emu.compare.call import Value

Draw = st.DrawFn
Strategy = st.SearchStrategy[Any]

u16 = st.integers(0, 0xFFFF) | st.sampled_from([0xFFFF, 0xFFFE, 0xFFF5, 0x7FFF, 0x8000])
u32 = st.integers(0, 0xFFFFFFFF) | st.sampled_from(
    [0x7FFFFFFF, 0x80000000, 0x7FFFFFFE, 0xFFFFFFFF, 0xFFFF8000]
)
MASK_BYTES = 30672


@cache
def edge(low: int, high: int) -> st.SearchStrategy[int]:
    """Within low..high, at the ends, and one beyond them."""
    ends = sorted({low, low + 1, high - 1, high, high + 1, max(low - 1, 0)})
    return st.integers(low, high) | st.sampled_from(ends)


@cache
def maybe() -> st.SearchStrategy[bool]:
    """Seldom true."""
    return st.integers(0, 7).map(lambda n: n == 7)


def memory(n: int) -> dict[str, Value]:
    """n zeros."""
    return {"zeros": max(n, 0)}


@cache
def room(enough: int) -> st.SearchStrategy[int]:
    """Bytes or elements: enough, one less, more, none."""
    return st.sampled_from([enough, enough, max(enough - 1, 0), enough + 3, 0])


@st.composite
def noise(draw: Draw, most: int) -> bytes:
    """Bytes as they are drawn, which shrink well, or as many from a seed, which hold more."""
    if draw(st.booleans()):
        return draw(st.binary(min_size=1, max_size=most))
    return Random(draw(u16)).randbytes(draw(st.integers(1, most)))  # noqa: S311


@st.composite
def blob(draw: Draw, most: int, *, edges: Sequence[int] = (), least: int = 0) -> bytes:
    """A few bytes, or as many as an edge says."""
    few = draw(st.binary(min_size=max(least, 1), max_size=most))
    if least == 0 and draw(maybe()):
        return b""
    if edges and draw(st.integers(0, 3)) == 3:
        n = draw(st.sampled_from(list(edges)))
        return (few * (n // len(few) + 1))[:n]
    return few


@st.composite
def mask(draw: Draw, pixels: Sequence[dict[str, Value]]) -> Value:
    """A bad-pixel mask around some of the pixels, or none, or of the wrong length."""
    kind = draw(st.sampled_from(["mask", "none", "mask", "short"]))
    if kind == "none":
        return None
    at: dict[int, int] = {}
    for pixel in pixels:
        bit = pixel["row"] * 384 + pixel["col"] + draw(st.sampled_from([0, 0, 1, -1]))
        if 0 <= bit < MASK_BYTES * 8 and pixel["col"] < 384 and draw(st.booleans()):
            at[bit // 8] = at.get(bit // 8, 0) | 0x80 >> bit % 8
    n = MASK_BYTES - (kind == "short")
    return {"zeros": n, "at": [[i, v] for i, v in sorted(at.items()) if i < n]}


@st.composite
def maybe_damaged(draw: Draw, data: bytes, reach: int) -> bytes:
    """Data as they are, or with one of the first bytes changed, or cut short, or longer."""
    how = draw(st.sampled_from(["whole", "whole", "changed", "cut", "longer"]))
    if how == "cut":
        return data[: draw(st.integers(0, len(data)))]
    if how == "longer":
        return data + b"\0"
    if how == "changed" and data:
        at = draw(st.integers(0, min(reach, len(data)) - 1))
        return data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
    return data
