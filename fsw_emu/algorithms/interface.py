# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What an algorithm gets, and what it gives back: the one interface of all that compete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core

#: one event that goes down: node (0..3: E2, F2, E4, F4), centre pixel, window in raster order
#: [ADU], charge above background [ADU], place [binned pixels; the centre of pixel 0 is 0.5],
#: grade as the algorithm calls it [NO_GRADE: none], flags, distance to the nearest track [pixels,
#: 255: none near]
FOUND_DTYPE = np.dtype(
    [
        ("node", "u1"),
        ("row", "u2"),
        ("col", "u2"),
        ("pixels", "u2", (25,)),
        ("pha_adu", "f4"),
        ("row_px", "f4"),
        ("col_px", "f4"),
        ("grade", "u1"),
        ("flags", "u1"),
        ("distance_px", "u1"),
    ]
)
NO_GRADE = 255


@dataclass(frozen=True)
class Setup:
    """What every algorithm of a comparison is told before the first readout."""

    core: Core
    seed: int
    threshold_adu: int = 25  # over the local background: 5 sigma of the read noise
    read_noise_adu: float = 5.0
    gain_ev_per_adu: float = 5.0
    pedestal_adu: int = 500
    period_s: float = 4.0  # of one readout
    ccd_limit: int | None = 2000  # event packets of a CCD and readout; None: no limit
    options: Mapping[str, Any] = field(default_factory=dict)  # of this algorithm alone


@dataclass(frozen=True)
class Outcome:
    """What an algorithm makes of one readout.

    counts: events by what became of them; "detected" is their sum, "sent" is len(events), the
    others are why the rest was not sent ("bad", "centre", "dropped" ...).
    telemetry_bytes: what the events sent take before compression; packed_bytes: and after it.
    frame_bytes: of the frames themselves where the algorithm codes them.
    """

    events: NDArray[Any]  # FOUND_DTYPE, in the order sent
    counts: Mapping[str, int]
    telemetry_bytes: int
    packed_bytes: int | None = None
    frame_bytes: int | None = None


class Algorithm(Protocol):
    """An algorithm of one run, made by calling its factory with a Setup: readouts in order."""

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        """frames: (4, 639, 384) [ADU], not to be written to."""


class Factory(Protocol):
    """What a name on the command line stands for."""

    def __call__(self, setup: Setup) -> Algorithm: ...
