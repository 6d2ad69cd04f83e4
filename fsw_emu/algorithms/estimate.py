# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Charge and place of an event from its window: one estimator for all that compete."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.interface import FOUND_DTYPE, NO_GRADE

#: pixels of a window in raster order: the 3x3 around the centre, and the others
INNER = np.array([6, 7, 8, 11, 12, 13, 16, 17, 18])
OUTER = np.setdiff1d(np.arange(25), INNER)
_STEPS = np.array([-1.0, 0.0, 1.0], np.float32)
NO_TRACK = 255


def found(node: int, records: NDArray[Any]) -> NDArray[Any]:
    """Events of one node as FOUND_DTYPE, in their order: no grade, flags 0, no track near.

    records: EVENT_DTYPE, windows in raster order. The background is the median of the 16 outer
    pixels; the charge is the sum of the inner 9 above it, the place their centre of charge,
    pixels below the background left out (ASSUMED: what a ground pipeline does first).
    """
    events = np.zeros(len(records), FOUND_DTYPE)
    events["node"], events["grade"], events["distance_px"] = node, NO_GRADE, NO_TRACK
    for name in ("row", "col", "pixels"):
        events[name] = records[name]
    pixels = records["pixels"].astype(np.float32)
    above = pixels[:, INNER] - np.median(pixels[:, OUTER], axis=1)[:, None]
    events["pha_adu"] = above.sum(axis=1)
    charge = np.maximum(above, 0).reshape(-1, 3, 3)
    whole = charge.sum(axis=(1, 2))
    whole[whole == 0] = 1  # a flat window: its place is its centre
    events["row_px"] = events["row"] + 0.5 + charge.sum(axis=2) @ _STEPS / whole
    events["col_px"] = events["col"] + 0.5 + charge.sum(axis=1) @ _STEPS / whole
    return events
