# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Charge that stays behind while it is moved to the readout node, and where it comes back.

Of charge q that is moved n times, q (1 - cti)^n arrives. Of the rest, trail_part comes back in the
unbinned pixels behind it with an e-folding length; in binned pixels most of that falls into the
same one again. What does not come back, and what trails beyond the end of a node, is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.detailed.parameters import Parameters
from fsw_emu.scene.parameters import COLS, ROWS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: pieces of a trail below it are left out [electrons]
LEAST_ELECTRONS = 0.01
#: where a photon is on the average in a binned pixel, counted in transfers
MIDDLE = 3.5


@dataclass(frozen=True)
class Loss:
    """Per transfer of an unbinned pixel, at one dose."""

    parallel: float
    serial: float
    store_rows: float
    trail_part: float
    trail_px: float

    @property
    def is_none(self) -> bool:
        return self.parallel == 0 and self.serial == 0

    def kept_rows(self, transfers: NDArray[np.floating[Any]]) -> Floats:
        """Part that arrives from rows so many unbinned ones above the frame store."""
        return np.asarray((1 - self.parallel) ** (transfers + self.store_rows), np.float64)

    def kept_cols(self, transfers: NDArray[np.floating[Any]]) -> Floats:
        """Part that arrives from so many unbinned columns away from the node."""
        return np.asarray((1 - self.serial) ** transfers, np.float64)

    def trail(self) -> tuple[float, float, float]:
        """Parts of a trail in the same binned pixel, the next, and all behind: their sum is 1.

        The charge is anywhere in its pixel.
        """
        end = math.exp(-6 / self.trail_px)
        leaves = self.trail_px / 6 * (1 - end)
        return 1 - leaves, leaves * (1 - end), leaves * end


def loss_at(parameters: Parameters, dose_krad: float) -> Loss:
    """The CTI grows with the dose, and charge injection takes a part of the parallel one away."""
    t = parameters.transfer
    parallel = t.cti_parallel + t.cti_parallel_per_krad * dose_krad
    if parameters.injection.is_on:
        parallel *= parameters.injection.cti_factor
    serial = t.cti_serial + t.cti_serial_per_krad * dose_krad
    return Loss(min(parallel, 1.0), min(serial, 1.0), t.store_rows, t.trail_part, t.trail_px)


def read_out(place: Ints, electrons: Floats, loss: Loss) -> tuple[Ints, Floats]:
    """Charge of binned pixels after both transfers; the same place may come more than once.

    place: in a flat (4, 639, 384) array.
    """
    if loss.is_none:
        return place, electrons
    rows = loss.kept_rows(6 * np.arange(ROWS) + MIDDLE)
    cols = loss.kept_cols(6 * np.arange(COLS) + MIDDLE)
    row = place // COLS % ROWS
    place, electrons = _moved(place, electrons, rows[row], loss, COLS, ROWS - 1 - row)
    col = place % COLS
    return _moved(place, electrons, cols[col], loss, 1, COLS - 1 - col)


def _moved(
    place: Ints, electrons: Floats, kept: Floats, loss: Loss, step: int, behind: Ints
) -> tuple[Ints, Floats]:
    """Along one axis. step: to the next pixel; behind: how many there are."""
    back = electrons * (1 - kept) * loss.trail_part
    same, following, rest = loss.trail()
    places, charge = [place], [electrons * kept + back * same]
    for n, part in ((1, following), (2, rest)):
        piece = back * part
        there = (behind >= n) & (piece >= LEAST_ELECTRONS)
        places.append(place[there] + n * step)
        charge.append(piece[there])
    return np.concatenate(places), np.concatenate(charge)
