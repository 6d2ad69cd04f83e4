# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore: tracks of particles, hot and flickering pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, TRACK_DTYPE, TRACK_RUN_DTYPE, HotTracker, Tracks
from fsw_emu.targets._library import Library, as_array, ranged

_HOT_PIXEL_BYTES = 16


class ArtefactsFunctions(Library):
    """Beyond flight."""

    def find_tracks(
        self,
        frame: NDArray[np.uint16],
        *,
        level: int,
        background: int | NDArray[np.uint32] = 0,
        min_pixels: int = 0,
        mip: int = 0,
        saturation: int = 0xFFFF,
        room: int = 16384,
    ) -> Tracks:
        pixels = as_array(frame, np.uint16, 2, "frame")
        rows, cols = pixels.shape
        view = self.new("sxi_frame", pixels=self.at(pixels, "uint16_t"), n_rows=rows, n_cols=cols)
        room = ranged(room, self.lib.SXI_TRACK_RUNS_MAX, "room")
        runs, tracks = np.zeros(room, TRACK_RUN_DTYPE), np.zeros(room, TRACK_DTYPE)
        finder = self.new(
            "sxi_track_finder",
            level=ranged(level, 0xFFFF, "level"),
            min_pixels=ranged(min_pixels, 0xFFFF, "min_pixels"),
            mip=ranged(mip, 0xFFFF, "mip"),
            saturation=ranged(saturation, 0xFFFF, "saturation"),
            runs=self.at(runs, "struct sxi_track_run"),
            tracks=self.at(tracks, "struct sxi_track"),
            room=room,
        )
        if isinstance(background, np.ndarray):
            offsets = as_array(background, np.uint32, 2, "background")
            if offsets.shape != pixels.shape:
                raise ValueError(f"background: {offsets.shape}, not {pixels.shape}")
            finder.offsets = self.at(offsets, "uint32_t")
        else:
            most = self.lib.SXI_TRACK_BACKGROUND_MAX
            finder.background = ranged(background, most, "background")
        n = self.count("find_tracks", self.lib.sxi_track_find(finder, view))
        return Tracks(
            tracks[:n].copy(),
            runs[: finder.n_runs].copy(),
            finder.n_components,
            finder.n_above,
            finder.n_lost,
        )

    def track_distance(
        self, runs: NDArray[Any], events: NDArray[Any], *, reach: int = 254
    ) -> NDArray[np.uint8]:
        runs = as_array(runs, TRACK_RUN_DTYPE, 1, "runs")
        events = as_array(events, EVENT_DTYPE, 1, "events")
        distance = np.empty(len(events), np.uint8)
        status = self.lib.sxi_track_distance(
            self.at(runs, "struct sxi_track_run"),
            len(runs),
            self.at(events, "struct sxi_event"),
            len(events),
            ranged(reach, self.lib.SXI_TRACK_REACH_MAX, "reach"),
            self.at(distance, "uint8_t"),
        )
        self.count("track_distance", status)
        return distance

    def hot_tracker(self, *, log2_buckets: int = 10, clean: int = 0) -> HotTracker:
        return _HotTracker(self, log2_buckets, clean)

    def hot_limit(self, rate: int, window: int) -> int:
        rate = ranged(rate, 0xFFFFFFFF, "rate")
        return self.count("hot_limit", self.lib.sxi_hot_limit(rate, window))


class _HotTracker:
    def __init__(self, library: Library, log2_buckets: int, clean: int) -> None:
        lib = library.lib
        self._library = library
        log2_buckets = ranged(log2_buckets, lib.SXI_HOT_LOG2_BUCKETS_MAX, "log2_buckets")
        self._table = np.zeros((lib.SXI_HOT_WAYS << log2_buckets, _HOT_PIXEL_BYTES), np.uint8)
        self._hot = library.new(
            "sxi_hot",
            pixels=library.at(self._table, "struct sxi_hot_pixel"),
            log2_buckets=log2_buckets,
            clean=ranged(clean, lib.SXI_HOT_CLEAN_MAX, "clean"),
        )

    @property
    def n_hot(self) -> int:
        return int(self._hot.n_hot)

    @property
    def n_masked(self) -> int:
        return int(self._hot.n_masked)

    @property
    def n_healed(self) -> int:
        return int(self._hot.n_healed)

    @property
    def n_evicted(self) -> int:
        return int(self._hot.n_evicted)

    @property
    def n_untracked(self) -> int:
        return int(self._hot.n_untracked)

    @property
    def mean(self) -> int:
        return int(self._hot.mean)

    def update(self, events: NDArray[Any]) -> NDArray[np.uint8]:
        library = self._library
        events = as_array(events, EVENT_DTYPE, 1, "events")
        verdict = np.empty(len(events), np.uint8)
        status = library.lib.sxi_hot_update(
            self._hot,
            library.at(events, "struct sxi_event"),
            len(events),
            library.at(verdict, "uint8_t"),
        )
        library.count("hot_tracker", status)
        return verdict

    def mask(self, base: bytes | None = None) -> bytes:
        library = self._library
        mask = bytearray(library.lib.SXI_BADPIX_BYTES) if base is None else bytearray(base)
        status = library.lib.sxi_hot_mask(self._hot, library.bytes_at(mask), len(mask))
        library.count("hot_tracker", status)
        return bytes(mask)
