# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event detection beyond the flight rule, written to be read. ASSUMED A83: the switches are ours,
after what missions publish; without any of them it is the rule of :mod:`fsw_emu.model.edu`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: window indices of the 11 pixels whose median is the local background
BACKGROUND = (0, 1, 2, 3, 4, 5, 9, 10, 15, 20, 21)
MARGIN = 2
SEGMENT_COLS = 64
OFFSET_MAX = 2**24 - 1  # [ADU/256]; the same for the common mode, +- one more
COMMON_MAX = 2**24

SATURATED_CENTRE, SATURATED_WINDOW, FALLBACK, MASKED_NEAR = 1, 2, 4, 8


@dataclass(frozen=True)
class Rule:
    """The switches; arrays are as large as the frame."""

    threshold: int  # [ADU]
    order: str = "raster"
    ties: str = "strict"  # or "raster"
    saturation: int = 0  # [ADU], 0: none is saturated
    offset: NDArray[np.uint32] | None = None  # [ADU/256]
    noise: NDArray[np.uint16] | None = None  # [ADU/256]
    sigmas_q4: int = 0  # [1/16]
    row_state: NDArray[np.uint8] | None = None  # (rows,), other than 0 falls back
    common: NDArray[np.int32] | None = None  # (rows, segments of 64 columns) [ADU/256]
    row_threshold: NDArray[np.uint16] | None = None  # (rows,) [ADU]
    masked: NDArray[np.bool_] | None = None  # (rows, cols)

    def uses_maps(self, row: int) -> bool:
        return self.offset is not None and (self.row_state is None or self.row_state[row] == 0)

    def is_masked(self, row: int, col: int) -> bool:
        return self.masked is not None and bool(self.masked[row, col])

    def threshold_of(self, row: int) -> int:
        return self.threshold if self.row_threshold is None else int(self.row_threshold[row])

    def height(self, frame: NDArray[np.uint16], row: int, col: int) -> int:
        """Above offset map and common mode [ADU/256]."""
        offset = 0 if self.offset is None else min(int(self.offset[row, col]), OFFSET_MAX)
        common = 0 if self.common is None else int(self.common[row, col // SEGMENT_COLS])
        common = min(max(common, -COMMON_MAX), COMMON_MAX)
        return 256 * int(frame[row, col]) - offset - common


def window_of(frame: NDArray[np.uint16], row: int, col: int, order: str) -> list[int]:
    """The 25 pixels around (row, col), in packet order."""
    window = frame[row - 2 : row + 3, col - 2 : col + 3]
    ordered = window if order == "raster" else window.T[::-1]
    return [int(value) for value in ordered.ravel()]


def reaches(frame: NDArray[np.uint16], row: int, col: int, rule: Rule) -> bool:
    """Is the pixel as high as its threshold?"""
    threshold = rule.threshold_of(row)
    if not rule.uses_maps(row):
        window = window_of(frame, row, col, rule.order)
        background = sorted(window[k] for k in BACKGROUND)[len(BACKGROUND) // 2]
        return int(frame[row, col]) >= threshold + background
    noise = 0 if rule.noise is None else int(rule.noise[row, col])
    least = max(256 * threshold, rule.sigmas_q4 * noise // 16)
    return rule.height(frame, row, col) >= least


def wins(frame: NDArray[np.uint16], row: int, col: int, rule: Rule) -> bool:
    """Against each neighbour that is not masked, as the ties are broken?"""
    for r in range(row - 1, row + 2):
        for c in range(col - 1, col + 2):
            if (r, c) == (row, col) or rule.is_masked(r, c):
                continue
            if rule.uses_maps(row) and rule.uses_maps(r):
                here, there = rule.height(frame, row, col), rule.height(frame, r, c)
            else:
                here, there = int(frame[row, col]), int(frame[r, c])
            is_before = (r, c) < (row, col)
            tie_wins = rule.ties == "raster" and is_before
            if here < there or (here == there and not tie_wins):
                return False
    return True


def flags_of(frame: NDArray[np.uint16], row: int, col: int, rule: Rule) -> int:
    """What is told of an event."""
    around = [(r, c) for r in range(row - 2, row + 3) for c in range(col - 2, col + 3)]
    full = rule.saturation or 2**16
    flags = FALLBACK if rule.offset is not None and not rule.uses_maps(row) else 0
    flags |= SATURATED_CENTRE if frame[row, col] >= full else 0
    flags |= SATURATED_WINDOW if any(frame[at] >= full for at in around) else 0
    return flags | (MASKED_NEAR if any(rule.is_masked(*at) for at in around) else 0)


def find(
    frame: NDArray[np.uint16], rule: Rule, limit: int | None = None
) -> tuple[list[tuple[int, int, int, list[int]]], int]:
    """Events in raster order: (row, col, flags, window), and how many the limit cost."""
    rows, cols = frame.shape
    events = [
        (row, col, flags_of(frame, row, col, rule), window_of(frame, row, col, rule.order))
        for row in range(MARGIN, rows - MARGIN)
        for col in range(MARGIN, cols - MARGIN)
        if not rule.is_masked(row, col)
        and reaches(frame, row, col, rule)
        and wins(frame, row, col, rule)
    ]
    kept = events if limit is None else events[:limit]
    return kept, len(events) - len(kept)


def packed(masked: NDArray[np.bool_]) -> bytes:
    """The mask as the core takes it: rows one after the other, highest bit first."""
    return np.packbits(masked.ravel()).tobytes()
