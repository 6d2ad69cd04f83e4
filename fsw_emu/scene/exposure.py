# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One readout of all nodes beside the truth of what went into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: where a photon comes from, in the order of their codes; the last are hits like those of photons,
#: of any energy, that particles cause
COMPONENTS = ("swcx", "background", "source", "particles")
#: what leaves a track, in the order of their codes
PARTICLES = ("cosmic", "proton")

#: photons that reached silicon: node (index into NODES), place [binned pixels; the centre of the
#: pixel at row 0, column 0 is (0.5, 0.5)], energy, charge collected, COMPONENTS index
PHOTON_DTYPE = np.dtype(
    [
        ("node", "u1"),
        ("row", "f4"),
        ("col", "f4"),
        ("energy_ev", "f4"),
        ("electrons", "f4"),
        ("component", "u1"),
    ]
)

#: straight tracks: where they begin, how far they go [binned pixels], energy left, PARTICLES index
TRACK_DTYPE = np.dtype(
    [
        ("node", "u1"),
        ("row", "f4"),
        ("col", "f4"),
        ("d_row", "f4"),
        ("d_col", "f4"),
        ("energy_ev", "f4"),
        ("particle", "u1"),
    ]
)

#: pixels that are not as the others: node, row, column
PIXEL_DTYPE = np.dtype([("node", "u1"), ("row", "u2"), ("col", "u2")])


def no_pixels() -> NDArray[Any]:
    """PIXEL_DTYPE: none."""
    return np.zeros(0, PIXEL_DTYPE)


@dataclass(frozen=True, eq=False)
class Exposure:
    """Frames of the four nodes, E2, F2, E4, F4, and what they hold; equal to itself alone."""

    index: int
    frames: NDArray[np.uint16]  # (4, 639, 384) [ADU]
    photons: NDArray[Any]  # PHOTON_DTYPE
    tracks: NDArray[Any]  # TRACK_DTYPE
    hot: NDArray[Any]  # PIXEL_DTYPE: hot and flickering pixels that fire in this readout
    gain_ev_per_adu: float
    # PIXEL_DTYPE: those among them, and others, that leak enough to be seen: what is sent of them
    # alone is no false event
    leaking: NDArray[Any] = field(default_factory=no_pixels)
