# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Beyond flight: offset and noise maps, common mode, thresholds by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class MapSettings:
    """How maps learn (struct sxi_maps). The defaults suit noise of 5 ADU (ASSUMED A84).

    clip, drift_limit: [ADU]; steps and noises: [ADU/256]; frames and shifts: numbers.
    """

    clip: int = 20
    start_step: int = 512
    start_frames: int = 16
    fine_step: int = 4
    outlier_shift: int = 3
    level_shift: int = 3
    drift_limit: int = 4
    good_frames: int = 32
    noise_start: int = 5 * 256
    noise_min: int = 256


@dataclass(frozen=True)
class PixelMaps:
    """Maps of a node. Baseline of a pixel in the frame last taken: offset + common [ADU/256]."""

    settings: MapSettings
    offset: NDArray[np.uint32]  # rows x columns [ADU/256]
    noise: NDArray[np.uint16]  # rows x columns [ADU/256], sigma
    common: NDArray[np.int32]  # rows x segments of 64 columns [ADU/256]
    row_state: NDArray[np.uint8]  # 0 maps, 1 local median
    row_age: NDArray[np.uint16]  # frames that the row learned from
    row_good: NDArray[np.uint16]  # good frames in succession
    row_check: NDArray[np.uint32]
    n_local: int  # rows on the local median
    n_started: int  # rows that began in the last frame
    n_upset: int  # rows whose check failed so far


class MappingCore(Protocol):
    """Contracts: the headers in ``c_src/include/sxi``."""

    def common_mode(
        self, frame: NDArray[np.uint16], offset: NDArray[np.uint32], *, clip: int
    ) -> NDArray[np.int32]:
        """Of each row and segment of 64 columns [ADU/256]; clip [ADU]."""

    def maps_begin(self, shape: tuple[int, int], settings: MapSettings) -> PixelMaps:
        """Maps of (rows, columns) that begin with the first frame."""

    def maps_seal(self, maps: PixelMaps, *, age: int) -> PixelMaps:
        """Maps whose offsets and noises were filled by the caller, vouched for."""

    def maps_scrub(self, maps: PixelMaps, *, first: int = 0, n: int | None = None) -> PixelMaps:
        """The same after a check of n rows, all from ``first`` on when None."""

    def maps_update(self, maps: PixelMaps, frame: NDArray[np.uint16]) -> PixelMaps:
        """The maps after one more frame, which is to be searched for events with them."""

    def cti_thresholds(
        self, n_rows: int, *, threshold: int, loss: int, transfers: int = 1, least: int = 0
    ) -> NDArray[np.uint16]:
        """Threshold of each row [ADU]; loss of a transfer [2^-32]."""
