# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Beyond flight: the quick look, a count map of each readout, and the alarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LookProduct:
    """One readout as its quick look tells it (SPEC.md 18.6).

    counts: events kept, by node; mean, score: events, rounded down; x, y: centre of gravity in
    the focal plane [binned pixels], None without events; cells: (4, 10, 6), 255 is 255 or more.
    """

    rate_alarm: bool
    place_alarm: bool
    learning: bool
    full: bool
    frame_counter: int
    counts: tuple[int, int, int, int]
    n_rejected: int
    mean: int
    score: int
    x: float | None
    y: float | None
    cells: NDArray[np.uint8]


class QuickLook(Protocol):
    """What the quick look remembers from readout to readout."""

    @property
    def n_alarms(self) -> int:
        """Readouts with an alarm so far."""

    def add(self, node: int, events: NDArray[Any], keep: NDArray[np.bool_] | None = None) -> None:
        """Add the events (EVENT_DTYPE) of node 0..3 to the readout under way; without ``keep`` all
        are kept."""

    def close(self, frame_counter: int) -> bytes:
        """End the readout: its product of 264 bytes."""


class LookingCore(Protocol):
    """Contracts: the headers in ``c_src/include/sxi``."""

    def quick_look(
        self,
        *,
        reference: int = 316,
        limit: int = 100,
        sigmas: int = 40,
        confirm: int = 3,
        learn: int = 64,
        shift: int = 6,
    ) -> QuickLook:
        """reference: of the score, in 1/256 of the mean rate (316: tuned for a rise by half);
        limit: of the score [events]; sigmas: of the centre of gravity, in 1/16; confirm, learn:
        readouts; shift: means follow by 2^-shift."""

    def look_load(self, product: bytes) -> LookProduct: ...
