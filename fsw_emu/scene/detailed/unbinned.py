# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Charge of one node at 18 um, moved row by row and then summed: what the generator in binned
pixels is checked against. Takes half a second and 200 MB a node."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.detailed.silicon import Pieces
from fsw_emu.scene.detailed.transfer import Loss
from fsw_emu.scene.parameters import COLS, EXPOSED_COLS, EXPOSED_ROWS, ROWS

Electrons = NDArray[np.float32]

BINNING = 6
SHAPE = BINNING * ROWS, BINNING * COLS
#: rows and columns that light reaches
SEEN = round(BINNING * EXPOSED_ROWS), round(BINNING * EXPOSED_COLS)


def collected(pieces: Pieces) -> Electrons:
    """Charge of pieces, of one node, in unbinned pixels: (3834, 2304); what is beside is lost."""
    _, row, col, electrons = pieces
    seen = (row >= 0) & (row < SEEN[0]) & (col >= 0) & (col < SEEN[1])
    place = row[seen] * SHAPE[1] + col[seen]
    charge = np.bincount(place, electrons[seen], SHAPE[0] * SHAPE[1])
    return charge.astype(np.float32).reshape(SHAPE)


def dark(rng: np.random.Generator, pattern: NDArray[np.float32], mean: float) -> Electrons:
    """Dark charge, Poisson. pattern: of binned pixels (639, 384); mean: of an unbinned one."""
    expected = np.repeat(np.repeat(pattern * np.float32(mean), BINNING, 0), BINNING, 1)
    expected[SEEN[0] :] = 0
    expected[:, SEEN[1] :] = 0
    return rng.poisson(expected).astype(np.float32)


def summed(charge: Electrons, full_well: float) -> Electrons:
    """6x6 pixels each; neither a pixel nor a sum holds more than the full well: (639, 384)."""
    filled = np.minimum(charge, np.float32(full_well))
    sums = filled.reshape(ROWS, BINNING, COLS, BINNING).sum(axis=(1, 3))
    held: Electrons = np.minimum(sums, np.float32(full_well))
    return held


def moved(charge: Electrons, loss: Loss) -> Electrons:
    """Charge after its transfers, all rows and then all columns."""
    if loss.is_none:
        return charge
    rows = loss.kept_rows(np.arange(1.0, SHAPE[0] + 1))
    cols = loss.kept_cols(np.arange(1.0, SHAPE[1] + 1))
    arrived = _along(charge, rows, loss)
    return np.ascontiguousarray(_along(np.ascontiguousarray(arrived.T), cols, loss).T)


def _along(charge: Electrons, kept: NDArray[np.float64], loss: Loss) -> Electrons:
    """Line after line: what stays behind comes back with the lines behind, ever less."""
    end = math.exp(-1 / loss.trail_px)
    same = 1 - loss.trail_px * (1 - end)
    following = loss.trail_px * (1 - end) ** 2
    arrived = np.empty_like(charge)
    trail = np.zeros(charge.shape[1], np.float32)
    for line, part in enumerate(kept):
        back = charge[line] * np.float32((1 - part) * loss.trail_part)
        arrived[line] = charge[line] * np.float32(part) + back * np.float32(same) + trail
        trail = trail * np.float32(end) + back * np.float32(following)
    return arrived
