# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""X-ray event lists that others made (``../shared/data/xray_events``), as windows and grades.

Windows are in raster order; what the files call a pulse height list begins with the centre, then
the ring and then the outer pixels, each row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE

RING = (6, 7, 8, 11, 13, 16, 17, 18)
OUTER = (0, 1, 2, 3, 4, 5, 9, 10, 14, 15, 19, 20, 21, 22, 23, 24)
#: window index of each element of a pulse height list
PLACES = np.array([12, *RING, *OUTER])

PEDESTAL_ADU = 500
KEV_PER_ADU = 0.005
GEANT4_THRESHOLD_KEV = 0.1  # of events and of split pixels alike
#: the four quadrants of the simulated camera: first column and row of each, 512 pixels wide
GEANT4_CORNERS = tuple((x, y) for y in (52, 610) for x in (59, 632))
GEANT4_SIDE = 512


@dataclass(frozen=True)
class Geant4:
    """One run: events of simulated particles, and the pixels they were found in.

    windows_kev: (events, 25); frame, col, row, pattern, primary, energy_kev: one for each event;
    pixels: (pixels, 3) of frame, column, row, and pixels_kev, pixels_primary beside them.
    """

    windows_kev: NDArray[np.float64]
    frame: NDArray[np.int64]
    col: NDArray[np.int64]
    row: NDArray[np.int64]
    pattern: NDArray[np.int64]
    primary: NDArray[np.int64]
    energy_kev: NDArray[np.float64]
    pixels: NDArray[np.int64]
    pixels_kev: NDArray[np.float64]
    pixels_primary: NDArray[np.int64]


def table(path: Path) -> Any:
    """The first table of a file, in memory."""
    with fits.open(path, memmap=False) as files:
        return files[1].data


def read_geant4(folder: Path, run: int) -> Geant4:
    events = table(folder / f"geant4_wfi_{run}_evt.fits")
    pixels = table(folder / f"geant4_wfi_{run}_pix.fits")
    windows = np.zeros((len(events), 25))
    windows[:, PLACES] = events["PHAS"]
    columns = ("FRAME", "ACTX", "ACTY", "PATTERN", "PRIMID")
    return Geant4(
        windows,
        *(events[name].astype(np.int64) for name in columns),
        events["ENERGY"].astype(np.float64),
        np.stack([pixels[name].astype(np.int64) for name in columns[:3]], axis=1),
        pixels["ENERGY"].astype(np.float64),
        pixels["PRIMID"].astype(np.int64),
    )


def as_adu(windows_kev: NDArray[np.float64]) -> NDArray[Any]:
    """Events of a camera with our gain and pedestal, without noise: EVENT_DTYPE.

    Cut off and not rounded, so that a level of a whole number of ADU is reached by the same pixels.
    """
    events = np.zeros(len(windows_kev), EVENT_DTYPE)
    kev = windows_kev.astype(np.float32).astype(np.float64)
    adu = np.floor(kev / KEV_PER_ADU + 1e-6) + PEDESTAL_ADU
    events["pixels"] = np.clip(adu, 0, 0xFFFF)
    return events


def with_noise(events: NDArray[Any], *, seed: int, sigma_adu: float = 5.0) -> NDArray[Any]:
    """The same events behind an amplifier: without its noise, that they have none gives them
    away beside windows that have."""
    noise = np.random.default_rng(seed).normal(0, sigma_adu, events["pixels"].shape)
    noisy = events.copy()
    noisy["pixels"] = np.clip(events["pixels"] + np.rint(noise), 0, 0xFFFF)
    return noisy


def quadrants(run: Geant4) -> Iterator[tuple[int, int, int, NDArray[np.uint16]]]:
    """(frame, first column, first row, image) of every frame's quadrants.

    An image holds ranks: 1 for the smallest energy of the run, 0 where there is none. Who only
    compares pixels, with each other and with a level, sees what he would see in keV.
    """
    _, ranks = np.unique(run.pixels_kev, return_inverse=True)
    for frame in np.unique(run.pixels[:, 0]).tolist():
        for left, top in GEANT4_CORNERS:
            image = np.zeros((GEANT4_SIDE, GEANT4_SIDE), np.uint16)
            col, row = run.pixels[:, 1] - left, run.pixels[:, 2] - top
            here = (run.pixels[:, 0] == frame) & (np.minimum(col, row) >= 0)
            here &= np.maximum(col, row) < GEANT4_SIDE
            image[row[here], col[here]] = ranks[here] + 1
            yield frame, left, top, image


def rank_above(run: Geant4, kev: float) -> int:
    """The smallest rank of an energy that is larger."""
    return int((np.unique(run.pixels_kev) <= kev).sum()) + 1


def read_suzaku(path: Path) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Events on our pedestal, and their XIS grades. The outer pixels are known only as above the
    split threshold or not, first the most significant bit: 20 ADU or 0."""
    rows = table(path)
    heights = np.zeros((len(rows), 25), np.int64)
    heights[:, PLACES[:9]] = rows["PHAS"]
    bits = rows["P_OUTER_MOST"].astype(np.int64) & 0xFFFF
    heights[:, list(OUTER)] = 20 * (bits[:, None] >> np.arange(15, -1, -1) & 1)
    events = np.zeros(len(rows), EVENT_DTYPE)
    events["pixels"] = heights + PEDESTAL_ADU
    return events, rows["GRADE"].astype(np.int64)


def read_chandra(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flight grades and ASCA grades."""
    rows = table(path)
    return rows["fltgrade"].astype(np.int64), rows["grade"].astype(np.int64)


def windows_of_codes(codes: NDArray[np.int64]) -> NDArray[Any]:
    """Windows whose ring has these flight grades: 30 ADU above the pedestal or 0, centre 100."""
    events = np.zeros(len(codes), EVENT_DTYPE)
    events["pixels"] = PEDESTAL_ADU
    events["pixels"][:, 12] += np.uint16(100)
    on = (codes[:, None] >> np.arange(8) & 1).astype(np.uint16)
    events["pixels"][:, list(RING)] += np.uint16(30) * on
    return events
