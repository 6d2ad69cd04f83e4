# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What one run leaves of a figure of merit: sums that runs can be added up by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One figure of one run, or one part of it.

    trials: what was tried (photons, Mpix, events, readouts); total: the sum over them (found,
    counted, deviations); squares: the sum of squares, 0 where total counts successes or events.
    """

    figure: str  # "efficiency", "false events", ...
    part: str  # bin of energy, grade, row band ...; "" for all
    trials: float
    total: float
    squares: float = 0.0
