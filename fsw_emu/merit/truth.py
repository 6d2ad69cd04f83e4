# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What of a readout's truth no algorithm changes: made once for all that see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsw_emu.merit.matching import TRACK_REACH_PX, Grid, isolated, paint, standing
from fsw_emu.scene.exposure import Exposure


@dataclass(frozen=True)
class Truth:
    """Of one readout, for a threshold over the local background.

    Pixels are numbers in raster order of the frames (nodes, rows, cols).
    """

    near_track: NDArray[np.bool_]  # (nodes, rows, cols): within TRACK_REACH_PX of one
    isolated: NDArray[np.bool_]  # of each photon
    track_maxima: NDArray[np.int64]  # pixels near tracks that any rule might make an event of
    hot_firings: NDArray[np.int64]  # the same of hot pixels


@lru_cache(maxsize=4)  # algorithms take a readout one after the other, at few thresholds
def truth_of(exposure: Exposure, threshold_adu: int) -> Truth:
    """The truth of a readout, whose arrays stay as they are."""
    frames, hot = exposure.frames, exposure.hot
    near = paint(exposure.tracks, TRACK_REACH_PX, frames.shape)
    at = np.flatnonzero(near)
    least = frames[:, ::16, ::16].min(axis=(1, 2))  # rings are above it: most pixels drop out
    floor = least[at // frames[0].size].astype(np.int64)
    at = at[frames.reshape(-1)[at] >= floor + threshold_adu]
    node, row, col = np.unravel_index(at, frames.shape)
    pixels = (hot["node"], hot["row"], hot["col"])
    fires = standing(frames, pixels, threshold_adu)
    return Truth(
        near_track=near,
        isolated=isolated(exposure, Grid(*frames.shape)),
        track_maxima=at[standing(frames, (node, row, col), threshold_adu)],
        hot_firings=np.ravel_multi_index(pixels, frames.shape)[fires],
    )
