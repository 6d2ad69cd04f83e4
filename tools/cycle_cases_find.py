# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cycle counts beyond flight: event detection beyond the flight rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Case, array, noise, storm_frame
from numpy.typing import NDArray

ROWS, COLS = 639, 384
NO_LIMIT = 0xFFFFFFFF
OFFSET = np.full(ROWS * COLS, 500 * 256, np.uint32)
NOISE = np.full(ROWS * COLS, 5 * 256, np.uint16)
COMMON = np.zeros(ROWS * COLS // 64, np.int32)
MASKED = np.zeros(ROWS * COLS // 8, np.uint8)


def _find(frame: NDArray[np.uint16], name: str, *, maps: bool) -> Case:
    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        pixels = array(ffi, "uint16_t", frame)
        view = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": ROWS, "n_cols": COLS})
        ctx = ffi.new("struct sxi_find *", {"threshold": 60, "limit": NO_LIMIT})
        if maps:
            ctx.offset, ctx.noise = array(ffi, "uint32_t", OFFSET), array(ffi, "uint16_t", NOISE)
            ctx.common, ctx.masked = array(ffi, "int32_t", COMMON), array(ffi, "uint8_t", MASKED)
            ctx.ties, ctx.saturation, ctx.sigmas_q4 = 1, 60000, 192  # 12 sigma, as without maps
        room = ROWS * COLS // 64
        out, flags = ffi.new("struct sxi_event[]", room), ffi.new("uint8_t[]", room)
        return ctx, view, out, flags, room

    return Case("sxi_find_events", name, "pixel", frame.size, arguments)


def find_cases() -> Iterator[Case]:
    yield _find(noise(ROWS * COLS).reshape(ROWS, COLS), "quiet", maps=False)
    yield _find(storm_frame(), "storm", maps=False)
    yield _find(storm_frame(), "storm, all switches", maps=True)
