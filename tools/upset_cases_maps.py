# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on beyond flight: offset and noise maps, common mode, thresholds by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fsw_emu.targets.prepared import Case

ROWS, COLS = 8, 64
PIXELS = ROWS * COLS
SETTINGS = {
    "clip": 20, "start_step": 512, "start_frames": 16, "fine_step": 4, "outlier_shift": 3,
    "level_shift": 3, "drift_limit": 4, "good_frames": 32, "noise_start": 1280, "noise_min": 256,
}  # fmt: skip
Arguments = tuple[Any, ...]


def _maps(ffi: Any, lib: Any) -> Any:
    ctx = ffi.new(
        "struct sxi_maps *",
        {
            "offset": ffi.new("uint32_t[]", [500 * 256] * PIXELS),
            "noise": ffi.new("uint16_t[]", [5 * 256] * PIXELS),
            "common": ffi.new("int32_t[]", ROWS),
            "row_state": ffi.new("uint8_t[]", ROWS),
            "row_age": ffi.new("uint16_t[]", ROWS),
            "row_good": ffi.new("uint16_t[]", ROWS),
            "row_check": ffi.new("uint32_t[]", ROWS),
            "pixels_room": PIXELS, "common_room": ROWS, "rows_room": ROWS,
            "n_rows": ROWS, "n_cols": COLS,
        } | SETTINGS,
    )  # fmt: skip
    lib.sxi_maps_seal(ctx, 1000)
    return ctx


def maps_cases() -> Iterator[Case]:
    pixels = np.random.default_rng(8).normal(500, 5, PIXELS).round().astype(np.uint16).tolist()

    def frame(ffi: Any) -> Any:
        return ffi.new("struct sxi_frame *", [ffi.new("uint16_t[]", pixels), ROWS, COLS])

    def common(ffi: Any, _lib: Any) -> Arguments:
        offset = ffi.new("uint32_t[]", [500 * 256] * PIXELS)
        return frame(ffi), offset, 20, ffi.new("int32_t[]", ROWS), ROWS

    yield Case("sxi_maps_update", "noise", lambda f, lib: (_maps(f, lib), frame(f)))
    yield Case("sxi_maps_scrub", "all rows", lambda f, lib: (_maps(f, lib), 0, ROWS))
    yield Case("sxi_common_rows", "noise", common)
    yield Case(
        "sxi_cti_thresholds", "binned",
        lambda f, _l: (60, 429497, 6, 50, f.new("uint16_t[]", 64), 64),
    )  # fmt: skip
