# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on beyond flight: tracks of particles, hot and flickering pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fsw_emu.targets.prepared import Case

SIDE = 48
ROOM = 256


def _frame(ffi: Any) -> Any:
    """Noise with some lines across it."""
    rng = np.random.default_rng(1)
    frame = rng.normal(500, 5, (SIDE, SIDE)).round().astype(np.uint16)
    for k in range(6):
        frame[7 * k : 7 * k + 5, np.arange(5) * k % SIDE] += np.uint16(300)
    pixels = ffi.new("uint16_t[]", frame.ravel().tolist())
    return ffi.new("struct sxi_frame *", [pixels, SIDE, SIDE])


def _find(ffi: Any, _lib: Any) -> tuple[Any, ...]:
    fields = {
        "level": 25,
        "min_pixels": 4,
        "mip": 600,
        "saturation": 65535,
        "offsets": ffi.new("uint32_t[]", [500 * 256] * SIDE**2),
        "runs": ffi.new("struct sxi_track_run[]", ROOM),
        "tracks": ffi.new("struct sxi_track[]", ROOM),
        "room": ROOM,
    }
    return ffi.new("struct sxi_track_finder *", fields), _frame(ffi)


def _events(ffi: Any, n: int = 24) -> tuple[Any, int]:
    rng = np.random.default_rng(2)
    places = rng.integers(0, SIDE, (n, 2)).tolist()
    records = [{"row": r, "col": c, "pixels": [500] * 25} for r, c in places]
    return ffi.new("struct sxi_event[]", records), n


def _distance(ffi: Any, _lib: Any) -> tuple[Any, ...]:
    runs = ffi.new("struct sxi_track_run[]", [[7 * k, k, 2 * k, k] for k in range(6)])
    events, n = _events(ffi)
    return runs, 6, events, n, 254, ffi.new("uint8_t[]", n)


def _prepared(ffi: Any, lib: Any) -> Any:
    """A tracker to which the same pixels came three times."""
    table = ffi.new("struct sxi_hot_pixel[]", 8 << 3)
    ctx = ffi.new("struct sxi_hot *", {"pixels": table, "log2_buckets": 3, "clean": 8})
    events, n = _events(ffi)
    for _ in range(3):
        lib.sxi_hot_update(ctx, events, n, ffi.new("uint8_t[]", n))
    return ctx


def _update(ffi: Any, lib: Any) -> tuple[Any, ...]:
    ctx = _prepared(ffi, lib)
    events, n = _events(ffi)
    return ctx, events, n, ffi.new("uint8_t[]", n)


def artefacts_cases() -> Iterator[Case]:
    yield Case("sxi_track_find", "lines", _find)
    yield Case("sxi_track_distance", "events", _distance)
    yield Case("sxi_hot_update", "events", _update)
    yield Case(
        "sxi_hot_mask", "some", lambda f, lib: (_prepared(f, lib), f.new("uint8_t[30672]"), 30672)
    )
    yield Case("sxi_hot_limit", "of 8", lambda _f, _l: (250 << 8, 1))
