# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cycle counts beyond flight: what is sent of more events than fit, and how much of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Case, array, storm_events
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, default_core

LIMIT = 2000
HEADER = {"frame_counter": 7, "threshold": 560}
PACKET = storm_events()[:512]
HEIGHTS = np.arange(1024, dtype=np.uint32) * 16001
GRADES = np.arange(1024, dtype=np.uint32).astype(np.uint8)


def _side(n: int, seed: int, *, hot: int = 0) -> NDArray[Any]:
    """Places all over a node, `hot` of them in one tile, in raster order."""
    rng = np.random.default_rng(seed)
    places = np.concatenate(
        (
            rng.choice(639 * 384, n - hot, replace=False),
            (320 + rng.integers(0, 32, hot)) * 384 + 96 + rng.integers(0, 32, hot),
        )
    )
    events = np.zeros(n, EVENT_DTYPE)
    events["row"], events["col"] = np.divmod(np.sort(places), 384)
    return events


def _select(name: str, policy: int, quota: int, hot: int) -> Case:
    sides = _side(3000, 1, hot=hot), _side(3000, 2)

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        ctx = ffi.new("struct sxi_fair *", [policy, LIMIT, quota, 1, 2])
        e, f = (array(ffi, "struct sxi_event", side.view(np.uint16)) for side in sides)
        return ctx, e, 3000, f, 3000, ffi.new("uint8_t[3000]"), ffi.new("uint8_t[3000]")

    return Case("sxi_fair_select", name, "event", 6000, arguments)


def _encode(level: int) -> Case:
    size = 10 + len(PACKET) * (54, 27, 8)[level]

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        header = ffi.new("struct sxi_ladder_header *", {**HEADER, "n_events": len(PACKET)})
        header.level = level
        events = array(ffi, "struct sxi_event", PACKET)
        heights, grades = array(ffi, "uint32_t", HEIGHTS), array(ffi, "uint8_t", GRADES)
        return header, events, heights, grades, ffi.new("uint8_t[]", size), size

    return Case("sxi_ladder_encode", f"level {level}", "event", len(PACKET), arguments)


def _decode(level: int) -> Case:
    n = len(PACKET)
    made = default_core().ladder_encode(
        np.frombuffer(PACKET.tobytes(), EVENT_DTYPE), level=level, node=0, **HEADER,
        pha=HEIGHTS[:n], grades=GRADES[:n],
    )  # fmt: skip

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        header = ffi.new("struct sxi_ladder_header *")
        return header, made, len(made), ffi.new("struct sxi_ladder_record[]", n), n

    return Case("sxi_ladder_decode", f"level {level}", "event", n, arguments)


def storm_cases() -> Iterator[Case]:
    yield _select("flight", 0, 0, 0)
    yield _select("fair", 1, 0, 0)
    yield _select("fair, a hot tile", 1, 8, 1500)
    for level in range(3):
        yield _encode(level)
        yield _decode(level)
    yield Case("sxi_ladder_bytes", "windows", "call", 1, lambda _f, _l: (0, 3000))
    yield Case(
        "sxi_ladder_level", "down two", "call", 1,
        lambda f, _l: (f.new("struct sxi_ladder *", [2, 8, 0, 0]), 3000, 25000),
    )  # fmt: skip
