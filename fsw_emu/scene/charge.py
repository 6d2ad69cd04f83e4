# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where charge goes: the pixels that a photon's cloud and a straight track leave it in."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]

# Normal distribution function; between the points the error is below 1e-6.
CDF_AT = np.linspace(-6, 6, 4801)
CDF = np.array([0.5 * math.erfc(-at / math.sqrt(2)) for at in CDF_AT])


def share_cloud(row: Floats, col: Floats, sigma_px: float | Floats) -> tuple[Cells, Cells, Floats]:
    """Pixels that share photons' charge, and their parts: each (k, n), k odd and square.

    row, col: n places [pixels]. The cloud is a Gaussian of sigma_px, one for all or one for each,
    integrated over each pixel; what lies beyond the outermost pixels counts to them, so that the
    parts of a photon sum to 1.
    """
    reach = math.ceil(3 * float(np.max(sigma_px)))

    def parts(at: Floats) -> Floats:
        edges = np.arange(1 - reach, 1 + reach)[:, None]
        below = np.interp((edges - at) / sigma_px, CDF_AT, CDF)
        return np.diff(below, axis=0, prepend=0.0, append=1.0)

    first_row, first_col = np.floor(row), np.floor(col)
    by_row, by_col = parts(row - first_row), parts(col - first_col)
    steps = np.arange(-reach, reach + 1)[:, None]
    shape = (len(steps), len(steps), len(row))
    rows = np.broadcast_to((steps + first_row.astype(np.int64))[:, None], shape)
    cols = np.broadcast_to((steps + first_col.astype(np.int64))[None], shape)
    shares = by_row[:, None] * by_col[None]
    n_cells = len(steps) ** 2
    return rows.reshape(n_cells, -1), cols.reshape(n_cells, -1), shares.reshape(n_cells, -1)


def cut_tracks(
    row: Floats, col: Floats, d_row: Floats, d_col: Floats
) -> tuple[Cells, Cells, NDArray[np.intp], Floats]:
    """(row, col, track, part) of the pieces that pixel edges cut straight tracks into.

    row, col, d_row, d_col: start and way of each track [pixels]. The parts of a track are of its
    length and sum to 1.
    """
    all_tracks = np.arange(len(row))
    crossings = [(all_tracks, np.zeros(len(row))), (all_tracks, np.ones(len(row)))]
    for start, way in ((row, d_row), (col, d_col)):
        end = start + way
        first = np.floor(np.minimum(start, end)) + 1
        counts = np.maximum(np.ceil(np.maximum(start, end)) - first, 0).astype(np.int64)
        track = np.repeat(all_tracks, counts)
        within = np.arange(len(track)) - np.repeat(np.cumsum(counts) - counts, counts)
        at = (first[track] + within - start[track]) / way[track]
        crossings.append((track, np.clip(at, 0, 1)))
    track, at = (np.concatenate(column) for column in zip(*crossings, strict=True))
    order = np.lexsort((at, track))
    track, at = track[order], at[order]
    same = track[1:] == track[:-1]
    track, part = track[:-1][same], np.diff(at)[same]
    middle = at[:-1][same] + part / 2
    rows = np.floor(row[track] + middle * d_row[track]).astype(np.int64)
    cols = np.floor(col[track] + middle * d_col[track]).astype(np.int64)
    return rows, cols, track, part
