# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Common mode of the segments of a row, written to be read (ASSUMED A84)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SEGMENT = 64  # columns
OFFSET_MAX = 65535 * 256  # [ADU/256]


def segment_median(residuals: NDArray[np.int64], *, clip: int) -> int:
    """Median [ADU/256] of residuals [ADU/256] within +-clip [ADU], or of all where that is less
    than half of them; of an even number the mean of the middle two, rounded down."""
    inside = np.sort(residuals[abs(residuals) <= clip * 256])
    if 2 * len(inside) < len(residuals):
        inside = np.sort(residuals)
    return int((inside[(len(inside) - 1) // 2] + inside[len(inside) // 2]) // 2)


def common_rows(
    frame: NDArray[np.uint16], offset: NDArray[np.uint32], *, clip: int
) -> NDArray[np.int32]:
    """Common mode [ADU/256] of each row and segment of 64 columns.

    frame: rows x columns [ADU]; offset: the same [ADU/256]; clip: [ADU], from 1 on.
    """
    if clip < 1:
        raise ValueError(f"clip: {clip} is not within 1..65535")
    residuals = frame.astype(np.int64) * 256 - np.minimum(offset, OFFSET_MAX).astype(np.int64)
    starts = range(0, frame.shape[1], SEGMENT)
    return np.array(
        [
            [segment_median(row[start : start + SEGMENT], clip=clip) for start in starts]
            for row in residuals
        ],
        np.int32,
    ).reshape(len(frame), len(starts))
