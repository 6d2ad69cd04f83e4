# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cycle counts beyond flight: tracks of particles, hot and flickering pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Arguments, Case, array, noise, storm_events, storm_frame
from numpy.typing import NDArray

ROOM = 16384  # runs
LOG2_BUCKETS = 10
SHAPE = 639, 384


def crossed_frame(tracks: int = 60) -> NDArray[np.uint16]:
    """A storm's node with so many straight tracks of 5 to 80 pixels."""
    rng = np.random.default_rng(5)
    frame = storm_frame()
    for _ in range(tracks):
        length, angle = rng.integers(5, 80), rng.uniform(0, np.pi)
        along = np.arange(length)
        rows = (rng.integers(0, 639) + along * np.sin(angle)).astype(int) % 639
        cols = (rng.integers(0, 384) + along * np.cos(angle)).astype(int) % 384
        frame[rows, cols] += np.uint16(900)
    return frame


def _find(frame: NDArray[np.uint16], name: str, *, with_map: bool) -> Case:
    offsets = np.full(SHAPE, 500 * 256, np.uint32)
    runs, tracks = np.zeros((ROOM, 4), np.uint16), np.zeros((ROOM, 10), np.uint16)

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        pixels = array(ffi, "uint16_t", frame)
        view = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 639, "n_cols": 384})
        ctx = ffi.new(
            "struct sxi_track_finder *",
            {
                "level": 25,
                "min_pixels": 5,
                "mip": 2000,
                "saturation": 65535,
                "background": 500 * 256,
                "offsets": array(ffi, "uint32_t", offsets) if with_map else ffi.NULL,
                "runs": array(ffi, "struct sxi_track_run", runs),
                "tracks": array(ffi, "struct sxi_track", tracks),
                "room": ROOM,
            },
        )
        return ctx, view

    return Case("sxi_track_find", name, "pixel", frame.size, arguments)


def _distance(runs: list[list[int]], name: str) -> Case:
    events = storm_events()

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        told = ffi.new("struct sxi_track_run[]", runs)
        records = array(ffi, "struct sxi_event", events)
        out = ffi.new("uint8_t[]", len(events))
        return told, len(runs), records, len(events), 254, out

    return Case("sxi_track_distance", name, "event", len(events), arguments)


def _hot(readouts: int) -> Arguments:
    """The storm's events, each time moved by a row, so many readouts long; every tenth stays."""
    rows = storm_events()
    memory = np.zeros((8 << LOG2_BUCKETS, 8), np.uint16)

    def arguments(ffi: Any, lib: Any) -> tuple[Any, ...]:
        memory[:] = 0
        table = array(ffi, "struct sxi_hot_pixel", memory)
        fields = {"pixels": table, "log2_buckets": LOG2_BUCKETS, "clean": 64}
        ctx, out = ffi.new("struct sxi_hot *", fields), ffi.new("uint8_t[]", len(rows))
        records = ffi.new("struct sxi_event[]", len(rows))
        for k in range(readouts):
            moved = rows.copy()
            moved[np.arange(len(rows)) % 10 != 0, 0] += np.uint16(k)
            ffi.buffer(records)[:] = moved.tobytes()
            if k < readouts - 1:
                lib.sxi_hot_update(ctx, records, len(rows), out)
        return ctx, records, len(rows), out

    return arguments


def artefacts_cases() -> Iterator[Case]:
    frame = noise(639 * 384).reshape(SHAPE)
    yield _find(frame, "quiet", with_map=False)
    yield _find(frame, "quiet with map", with_map=True)
    yield _find(crossed_frame(), "storm with tracks", with_map=True)
    rng = np.random.default_rng(6)
    runs = [[int(r), int(c), int(c) + 3, 0] for r, c in rng.integers(0, 380, (600, 2))]
    yield _distance(sorted(runs), "600 runs")
    yield _distance([[638, 383, 383, 0]], "one far away")
    events = len(storm_events())
    prepared = _hot(6)
    yield Case("sxi_hot_update", "storm", "event", events, prepared)
    yield Case("sxi_hot_update", "four of four", "event", events, _hot(4))

    def mask(ffi: Any, lib: Any) -> tuple[Any, ...]:
        return prepared(ffi, lib)[0], ffi.new("uint8_t[]", 30672), 30672

    yield Case("sxi_hot_mask", "some", "call", 1, mask)
    yield Case("sxi_hot_limit", "highest", "call", 1, lambda _f, _l: (1 << 31, 3))
