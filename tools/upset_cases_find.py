# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on beyond flight: event detection beyond the flight rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fsw_emu.targets.prepared import Case

SIDE = 64


def _frame() -> np.ndarray[Any, np.dtype[np.uint16]]:
    """Noise with single events."""
    rng = np.random.default_rng(1)
    frame = rng.normal(500, 5, (SIDE, SIDE)).round().astype(np.uint16)
    frame[4:60:6, 4:60:6] += rng.integers(30, 400, (10, 10), dtype=np.uint16)
    return frame


def find_cases() -> Iterator[Case]:
    frame = _frame()
    values = {
        "offset": ("uint32_t", np.full(SIDE * SIDE, 500 * 256)),
        "noise": ("uint16_t", np.full(SIDE * SIDE, 5 * 256)),
        "row_state": ("uint8_t", np.arange(SIDE) % 8 == 0),
        "common": ("int32_t", np.zeros(SIDE)),
        "row_threshold": ("uint16_t", np.full(SIDE, 20)),
        "masked": ("uint8_t", np.arange(SIDE * SIDE // 8) % 97 == 0),
    }
    owned: list[Any] = []

    def find(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        pixels = ffi.new("uint16_t[]", frame.reshape(-1).tolist())
        view = ffi.new("struct sxi_frame *", [pixels, SIDE, SIDE])
        fields = {"ties": 1, "saturation": 800, "sigmas_q4": 80, "limit": 0xFFFFFFFF}
        ctx = ffi.new("struct sxi_find *", fields)
        owned[:] = [pixels]
        for name, (ctype, numbers) in values.items():
            owned.append(ffi.new(f"{ctype}[]", numbers.astype(int).tolist()))
            setattr(ctx, name, owned[-1])
        room = 128
        return ctx, view, ffi.new("struct sxi_event[]", room), ffi.new("uint8_t[]", room), room

    yield Case("sxi_find_events", "all switches", find)
