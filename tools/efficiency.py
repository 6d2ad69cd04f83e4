# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Detection efficiency of the flight rule against energy, beside its prediction.

Usage: efficiency.py [-h] [--photons N] [--seed N] [--clouds UM ...] [--json FILE]

Single photons, one in 8 by 8 pixels, at any place of a 6x6-binned pixel of 108 um: their electrons
with Fano noise are divided one by one over 3 by 3 pixels by a Gaussian cloud, then read with 5 ADU
of noise in whole ADU and searched at 5 sigma. A photon is found when an event is in its pixel or
in one beside it. The prediction is the integral in detection_prediction.py, of two by two pixels
and of continuous charge. Exits 1 where they differ by more than 1 % absolute.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from detection_prediction import Detector, efficiency, energy_of
from numpy.typing import NDArray
from scipy import special

from fsw_emu.core import Core, default_core

ROWS, COLS, CELL = 639, 384, 8
MEAN = 500
ENERGIES_EV = (100, 125, 150, 175, 200, 250, 300, 400, 500, 700, 1000, 1500, 2000, 2500)
CLOUDS_UM = (7.6, 10.0)
LARGEST_DIFFERENCE = 0.01


def _shares(at_um: NDArray[np.float64], detector: Detector) -> NDArray[np.float64]:
    """(n, 3) of the charge left of the pixel, in it and right of it; at_um from its middle."""
    half = detector.pixel_um / 2
    left = special.ndtr((-half - at_um) / detector.cloud_um)
    right = special.ndtr((at_um - half) / detector.cloud_um)
    return np.stack([left, 1 - left - right, right], axis=1)


def charges(
    n: int, energy_ev: float, detector: Detector, rng: np.random.Generator
) -> NDArray[np.int64]:
    """(n, 3, 3) electrons of n photons."""
    mean = energy_ev / detector.ev_per_pair
    electrons = np.rint(rng.normal(mean, math.sqrt(detector.fano * mean), n)).clip(0).astype(int)
    half = detector.pixel_um / 2
    rows, cols = (_shares(rng.uniform(-half, half, n), detector) for _ in range(2))
    by_row = rng.multinomial(electrons, rows)
    return np.asarray(rng.multinomial(by_row, cols[:, None, :]))


def found(
    core: Core, n: int, energy_ev: float, detector: Detector, rng: np.random.Generator
) -> float:
    """The part of n photons or a few more that is found."""
    rows, cols = (np.arange(CELL // 2, size - CELL // 2, CELL) for size in (ROWS, COLS))
    per_frame = len(rows) * len(cols)
    frames = -(-n // per_frame)
    total = 0
    for _ in range(frames):
        adu = rng.normal(MEAN, detector.noise_adu, (ROWS, COLS))
        light = charges(per_frame, energy_ev, detector, rng) * detector.adu_per_electron
        for i in range(3):
            for j in range(3):
                at = np.ix_(rows + i - 1, cols + j - 1)
                adu[at] += light[:, i, j].reshape(len(rows), len(cols))
        frame = np.rint(adu).astype(np.uint16)
        events = core.find_events(frame, threshold=detector.threshold_adu).records
        r, c = events["row"].astype(int), events["col"].astype(int)
        near = (abs(r % CELL - CELL // 2) <= 1) & (abs(c % CELL - CELL // 2) <= 1)
        near &= (r // CELL < len(rows)) & (c // CELL < len(cols))
        cells = r[near] // CELL * len(cols) + c[near] // CELL
        total += len(np.unique(cells))
    return total / (frames * per_frame)


def curve(core: Core, cloud_um: float, photons: int, seed: int) -> list[dict[str, Any]]:
    """A row for each energy."""
    detector, made = Detector(cloud_um=cloud_um), []
    for energy in ENERGIES_EV:
        rng = np.random.default_rng([seed, round(10 * cloud_um), energy])
        measured = found(core, photons, energy, detector, rng)
        predicted = efficiency(energy, detector)
        error = math.sqrt(predicted * (1 - predicted) / photons)
        made.append(
            {
                "cloud_um": cloud_um, "energy_ev": energy, "measured": measured,
                "standard_error": error, "predicted": predicted,
            }
        )  # fmt: skip
        print(
            f"{cloud_um:10g} {energy:12d} {measured:10.4f} +- {error:.4f} {predicted:11.4f}"
            f" {measured - predicted:+10.4f}"
        )
    return made


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photons", type=int, default=100_000, help="of each energy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clouds", type=float, nargs="+", default=CLOUDS_UM, metavar="UM")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    args = parser.parse_args()
    if args.photons < 1:
        parser.error(f"--photons: {args.photons} is not 1 or more")
    core, rows = default_core(), []
    print("cloud [um]  energy [eV]   measured           predicted difference")
    for cloud_um in args.clouds:
        rows += curve(core, cloud_um, args.photons, args.seed)
        half, most = (energy_of(part, Detector(cloud_um=cloud_um)) for part in (0.5, 0.95))
        print(f"{cloud_um:10g}: half of them at {half:.0f} eV, 95 % at {most:.0f} eV")
    worst = max(abs(row["measured"] - row["predicted"]) for row in rows)
    print(f"largest difference {worst:.4f}")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")
    return int(worst > LARGEST_DIFFERENCE)


if __name__ == "__main__":
    sys.exit(main())
