# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Beyond flight: event detection beyond the flight rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core.values import WindowOrder

Ties = Literal["strict", "raster"]


class FindFlag(IntFlag):
    """What is told of an event; the bits of ``enum sxi_find_flag``."""

    SATURATED_CENTRE = 1
    SATURATED_WINDOW = 2
    FALLBACK = 4
    MASKED_NEAR = 8


@dataclass(frozen=True)
class Found:
    """Events of one node frame, in raster order."""

    records: NDArray[Any]  # EVENT_DTYPE
    flags: NDArray[np.uint8]  # bits of FindFlag, of each record
    n_dropped: int  # events beyond the limit


class FindingCore(Protocol):
    """Contracts: the headers in ``c_src/include/sxi``."""

    def find_events(
        self,
        frame: NDArray[np.uint16],
        *,
        threshold: int,
        limit: int | None = None,
        window_order: WindowOrder = "raster",
        ties: Ties = "strict",
        saturation: int = 0,
        offset: NDArray[np.uint32] | None = None,
        noise: NDArray[np.uint16] | None = None,
        sigmas_q4: int = 0,
        row_state: NDArray[np.uint8] | None = None,
        common: NDArray[np.int32] | None = None,
        row_threshold: NDArray[np.uint16] | None = None,
        masked: bytes | None = None,
    ) -> Found:
        """Events by the rule of ``find.h``; all defaults are the flight rule.

        offset, noise: of the frame's shape [ADU/256]; without offset noise, row_state and common
        are not looked at. row_state, row_threshold [ADU]: (rows,). common: (rows, ceil(cols / 64))
        [ADU/256]. masked: ceil(rows * cols / 8) bytes, highest bit first. ValueError where a shape
        or a number is another.
        """
