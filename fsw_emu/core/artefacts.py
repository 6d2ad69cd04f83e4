# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Beyond flight: tracks of particles, hot and flickering pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

#: pixels ``first`` to ``last`` of a row, and the number of their track
TRACK_RUN_DTYPE = np.dtype([("row", "u2"), ("first", "u2"), ("last", "u2"), ("track", "u2")])

#: one track: ``sum`` and ``peak`` in ADU above the background, ``flags`` 1 saturated, 2 long,
#: 4 a pixel like a minimum ionising particle's
TRACK_DTYPE = np.dtype(
    [
        ("n_pixels", "u4"),
        ("sum", "u4"),
        ("row_min", "u2"),
        ("row_max", "u2"),
        ("col_min", "u2"),
        ("col_max", "u2"),
        ("peak", "u2"),
        ("flags", "u2"),
    ]
)

#: what a tracker of hot pixels says of an event
HOT_KEEP, HOT_HOT, HOT_AFTERGLOW = 0, 1, 2


@dataclass(frozen=True)
class Tracks:
    """Tracks of one frame and the runs of pixels that they consist of, in raster order."""

    tracks: NDArray[Any]  # TRACK_DTYPE
    runs: NDArray[Any]  # TRACK_RUN_DTYPE
    n_components: int  # tracks, and what is none
    n_above: int  # pixels above the level
    n_lost: int  # those of runs for which there was no room


class HotTracker(Protocol):
    """Remembers which pixels of one node fire how often."""

    @property
    def n_hot(self) -> int:
        """Pixels that are masked now."""

    @property
    def n_masked(self) -> int:
        """How often a pixel became hot, modulo 2^32 as the counters below."""

    @property
    def n_healed(self) -> int:
        """How often a pixel was healed."""

    @property
    def n_evicted(self) -> int:
        """Pixels forgotten for others."""

    @property
    def n_untracked(self) -> int:
        """Events that were not remembered."""

    @property
    def mean(self) -> int:
        """Events a readout that were not hot [1/256]."""

    def update(self, events: NDArray[Any]) -> NDArray[np.uint8]:
        """Take the events of a readout (EVENT_DTYPE): 0 keep, 1 hot, 2 afterglow for each."""

    def mask(self, base: bytes | None = None) -> bytes:
        """The bad-pixel mask ``base``, or an empty one, with the hot pixels marked too."""


class ArtefactsCore(Protocol):
    """Contracts: the headers in ``c_src/include/sxi``."""

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
        """Tracks of a node frame. level, mip: [ADU] above the background; background:
        [ADU/256], one number or (rows, columns); min_pixels, mip, saturation: 0 is off; room:
        runs of pixels that are kept."""

    def track_distance(
        self, runs: NDArray[Any], events: NDArray[Any], *, reach: int = 254
    ) -> NDArray[np.uint8]:
        """Pixels from each event to the nearest track, the larger of rows and columns; 255
        beyond reach. runs: TRACK_RUN_DTYPE, of find_tracks."""

    def hot_tracker(self, *, log2_buckets: int = 10, clean: int = 0) -> HotTracker:
        """A tracker with a table of 8 << log2_buckets pixels; clean: readouts without an event
        after which a pixel is healed, 0: none is ever hot."""

    def hot_limit(self, rate: int, window: int) -> int:
        """Events in 4 << window readouts that make a pixel hot, at a rate of the node [1/256
        event a readout]."""
