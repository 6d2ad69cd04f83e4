# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event detection of the front-end electronics, written to be read.

Soman TN "Event Detection Methodology", issue 2 rev 0, as quoted in the public simulator.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: window indices of the 11 pixels whose median is the local background
BACKGROUND = (0, 1, 2, 3, 4, 5, 9, 10, 15, 20, 21)
CENTRE = 12
MARGIN = 2


def window_offsets(order: str) -> list[tuple[int, int]]:
    """(row, column) offset of each of the 25 window pixels, in packet order.

    ``raster``: rows ascending, columns ascending within a row (MSSL-IF-91).
    ``simulator``: columns descending, rows ascending within a column.
    """
    steps = range(-MARGIN, MARGIN + 1)
    if order == "raster":
        return [(dr, dc) for dr in steps for dc in steps]
    return [(dr, dc) for dc in reversed(steps) for dr in steps]


def is_event(frame: NDArray[np.uint16], row: int, col: int, threshold: int, order: str) -> bool:
    """The rule for one pixel: over the background, and larger than all 8 neighbours."""
    value = int(frame[row, col])
    offsets = window_offsets(order)
    background = sorted(
        int(frame[row + dr, col + dc]) for dr, dc in (offsets[k] for k in BACKGROUND)
    )[len(BACKGROUND) // 2]
    neighbours = frame[row - 1 : row + 2, col - 1 : col + 2].astype(int).ravel().tolist()
    del neighbours[4]
    return value >= threshold + background and all(value > n for n in neighbours)


def detect(
    frame: NDArray[np.uint16],
    threshold: int,
    limit: int | None = None,
    order: str = "raster",
    mask: tuple[int, int] | None = None,
) -> tuple[list[tuple[int, int, int, list[int]]], int]:
    """What a node sends, in raster order: (kind, row, col, window), and how many events the
    limit cost. Kind 1 is an event, 3 the wandering mask, which is sent where no event is and
    as long as the limit is not reached."""
    rows, cols = frame.shape
    sent: list[tuple[int, int, int, list[int]]] = []
    n_events = n_dropped = 0
    for row in range(MARGIN, rows - MARGIN):
        for col in range(MARGIN, cols - MARGIN):
            event = is_event(frame, row, col, threshold, order)
            if not event and (row, col) != mask:
                continue
            if limit is not None and n_events >= limit:
                n_dropped += event
                continue
            window = [int(frame[row + dr, col + dc]) for dr, dc in window_offsets(order)]
            sent.append((1 if event else 3, row, col, window))
            n_events += event
    return sent, n_dropped


def mask_step(row: int, col: int) -> tuple[int, int]:
    """The wandering mask's next position: "confirmed by test with FEE" in the simulator."""
    col += 5
    if col > 382:
        col, row = 2, row + 5
    return (2 if row > 637 else row), col
