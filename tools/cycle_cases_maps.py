# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cycle counts beyond flight: offset and noise maps, common mode, thresholds by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Case, array, noise
from numpy.typing import NDArray

ROWS, COLS = 64, 384
SEGMENTS = 6
PIXELS = ROWS * COLS
SETTINGS = {
    "clip": 20, "start_step": 512, "start_frames": 16, "fine_step": 4, "outlier_shift": 3,
    "level_shift": 3, "drift_limit": 4, "good_frames": 32, "noise_start": 1280, "noise_min": 256,
}  # fmt: skip


#: what the contexts show has to last
_OWNED: list[Any] = []


def _frame(ffi: Any, pixels: NDArray[np.uint16]) -> Any:
    return ffi.new("struct sxi_frame *", [array(ffi, "uint16_t", pixels), ROWS, COLS])


def _maps(ffi: Any, lib: Any, offset: NDArray[np.uint32], **settings: int) -> Any:
    """Maps that know this offset and noise of 5 ADU."""
    memory = {
        "offset": ffi.new("uint32_t[]", offset.tolist()),
        "noise": ffi.new("uint16_t[]", [5 * 256] * PIXELS),
        "common": ffi.new("int32_t[]", ROWS * SEGMENTS),
        "row_state": ffi.new("uint8_t[]", ROWS),
        "row_age": ffi.new("uint16_t[]", ROWS),
        "row_good": ffi.new("uint16_t[]", ROWS),
        "row_check": ffi.new("uint32_t[]", ROWS),
    }
    rooms = {"pixels_room": PIXELS, "common_room": ROWS * SEGMENTS, "rows_room": ROWS}
    fields = memory | rooms | {"n_rows": ROWS, "n_cols": COLS} | SETTINGS | settings
    ctx = ffi.new("struct sxi_maps *", fields)
    _OWNED.append(memory)
    lib.sxi_maps_seal(ctx, 1000)
    return ctx


def _update(name: str, pixels: NDArray[np.uint16], offset: NDArray[np.uint32], clip: int) -> Case:
    return Case(
        "sxi_maps_update", name, "pixel", PIXELS,
        lambda f, lib: (_maps(f, lib, offset, clip=clip), _frame(f, pixels)),
    )  # fmt: skip


def _common(name: str, pixels: NDArray[np.uint16], offset: NDArray[np.uint32], clip: int) -> Case:
    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        out = ffi.new("int32_t[]", ROWS * SEGMENTS)
        known = array(ffi, "uint32_t", offset)
        return _frame(ffi, pixels), known, clip, out, ROWS * SEGMENTS

    return Case("sxi_common_rows", name, "pixel", PIXELS, arguments)


def maps_cases() -> Iterator[Case]:
    level = np.full(PIXELS, 500 * 256, np.uint32)
    # residuals that fall within one bin: the most that insertion can be given
    falling = level + np.arange(PIXELS, dtype=np.uint32) % 64
    quiet, flat = noise(PIXELS), np.full(PIXELS, 500, np.uint16)
    storm = quiet + np.where(np.random.default_rng(5).random(PIXELS) < 0.1, 300, 0).astype(
        np.uint16
    )
    far = np.full(PIXELS, 60000, np.uint16)
    for make in (_update, _common):
        yield make("noise", quiet, level, 20)
        yield make("a tenth occupied", storm, level, 20)
        yield make("falling", flat, falling, 1)
        yield make("far", far, falling, 1)
    yield Case(
        "sxi_maps_scrub", "whole", "pixel", PIXELS, lambda f, lib: (_maps(f, lib, level), 0, ROWS)
    )
    yield Case("sxi_maps_seal", "all", "pixel", PIXELS, lambda f, lib: (_maps(f, lib, level), 9))
    yield Case("sxi_maps_init", "all", "call", 1, lambda f, lib: (_maps(f, lib, level),))
    yield Case(
        "sxi_cti_thresholds", "binned", "call", 1,
        lambda f, _l: (60, 429497, 6, 50, f.new("uint16_t[]", 639), 639),
    )  # fmt: skip
