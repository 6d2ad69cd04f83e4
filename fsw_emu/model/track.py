# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Tracks of particles in a frame, and how far an event is from one, written to be read.

ASSUMED A85: no flight rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixel = tuple[int, int]
Run = tuple[int, int, int]  # row, first and last column

SATURATED, LONG, MIP = 1, 2, 4
NONE = 255


@dataclass(frozen=True)
class Track:
    """One track: its pixels, and what is told of them [ADU above the background]."""

    pixels: frozenset[Pixel]
    sum: int
    peak: int
    flags: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """First and last row, first and last column."""
        rows, cols = zip(*self.pixels, strict=True)
        return min(rows), max(rows), min(cols), max(cols)


@dataclass(frozen=True)
class Found:
    """What a frame holds; runs are those of tracks, each with its track's number."""

    tracks: tuple[Track, ...]
    runs: tuple[tuple[Run, int], ...]
    n_components: int
    n_above: int
    n_lost: int


def excesses(frame: NDArray[np.uint16], background: int | NDArray[np.uint32]) -> NDArray[np.int64]:
    """Samples above their background [ADU/256]."""
    return frame.astype(np.int64) * 256 - np.asarray(background, np.int64)


def runs_of(above: NDArray[np.bool_]) -> list[Run]:
    """Pixels side by side in a row, in raster order."""
    runs = []
    for row, line in enumerate(above.tolist()):
        col = 0
        while col < len(line):
            first = col
            while col < len(line) and line[col]:
                col += 1
            if col > first:
                runs.append((row, first, col - 1))
            col += 1
    return runs


def components(pixels: Iterable[Pixel]) -> list[frozenset[Pixel]]:
    """Pixels that touch, at corners too; by their first pixel in raster order."""
    left = set(pixels)
    found = []
    for start in sorted(left):
        if start not in left:
            continue
        left.discard(start)
        whole, edge = {start}, [start]
        while edge:
            row, col = edge.pop()
            around = {(row + dr, col + dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1)}
            new = around & left
            left -= new
            whole |= new
            edge.extend(new)
        found.append(frozenset(whole))
    return found


def find(
    frame: NDArray[np.uint16],
    *,
    level: int,
    background: int | NDArray[np.uint32] = 0,
    min_pixels: int = 5,
    mip: int = 0,
    saturation: int = 0xFFFF,
    room: int = 65535,
) -> Found:
    """Tracks of a (rows, columns) frame [ADU].

    level, mip: [ADU] above the background; background: [ADU/256], of the frame or of each
    pixel; min_pixels, mip, saturation: 0 switches the test off; room: runs that are kept.
    """
    above = excesses(frame, background)
    runs = runs_of(above >= level * 256)
    kept = [(row, col) for row, a, b in runs[:room] for col in range(a, b + 1)]
    whole = components(kept)
    tracks: list[Track] = []
    of_pixel: dict[Pixel, int] = {}
    for pixels in whole:
        adu = [int(above[pixel]) >> 8 for pixel in pixels]
        flags = LONG if min_pixels and len(pixels) >= min_pixels else 0
        flags |= MIP if mip and max(adu) >= mip else 0
        if not flags:
            continue
        if saturation and any(int(frame[pixel]) >= saturation for pixel in pixels):
            flags |= SATURATED
        of_pixel |= dict.fromkeys(pixels, len(tracks))
        tracks.append(Track(pixels, min(sum(adu), 2**32 - 1), max(adu), flags))
    told = tuple((run, of_pixel[run[:2]]) for run in runs[:room] if run[:2] in of_pixel)
    n_above = sum(b - a + 1 for _, a, b in runs)
    return Found(tuple(tracks), told, len(whole), n_above, n_above - len(kept))


def distance(pixels: Iterable[Pixel], row: int, col: int, reach: int = 254) -> int:
    """To the nearest of the pixels, the larger of rows and columns; 255 beyond reach."""
    away = min((max(abs(r - row), abs(c - col)) for r, c in pixels), default=NONE)
    return away if away <= reach else NONE
