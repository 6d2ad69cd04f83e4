# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Count false events of Gaussian noise beside their prediction.

Usage: false_events.py [-h] [--mpix N] [--seed N] [--json FILE]

Noise of 5 ADU in whole ADU, and the same noise twenty times finer, through the flight rule, with
ties in raster order, and with offset and noise maps that hold the truth. The prediction is the sum
in detection_prediction.py; counts come with their exact Poisson interval. Exits 1 where a count is
more than 3 standard errors from what is predicted.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from detection_prediction import RULES, Rule, false_events
from scipy import stats

from fsw_emu.core import Core, default_core

SIDE = 1004  # a Mpix is examined of each frame
MEAN = 2000
STEPS = (5.0, 100.0)  # sigma of the noise [ADU]
SIGMAS = (3.0, 4.0, 5.0)  # thresholds


@dataclass(frozen=True)
class Count:
    """False events of one rule at one threshold."""

    noise_adu: float
    threshold_adu: int
    rule: Rule
    mpix: int
    events: int
    predicted: float  # as many events

    @property
    def per_mpix(self) -> float:
        return self.events / self.mpix

    @property
    def interval(self) -> tuple[float, float]:
        """Of 95 % [1/Mpix]."""
        low = stats.chi2.ppf(0.025, 2 * self.events) / 2 if self.events else 0.0
        return float(low / self.mpix), float(stats.chi2.ppf(0.975, 2 * self.events + 2) / 2) / (
            self.mpix
        )

    @property
    def errors(self) -> float:
        """How many standard errors from the prediction."""
        return (self.events - self.predicted) / math.sqrt(self.predicted)


def threshold(sigmas: float, noise_adu: float) -> int:
    return math.ceil(sigmas * noise_adu)


def found(core: Core, frame: Any, rule: Rule, sigmas: float, noise_adu: float) -> int:
    """False events in a frame of noise around MEAN."""
    adu = threshold(sigmas, noise_adu)
    if rule != "maps":
        ties = "raster" if rule == "raster" else "strict"
        return len(core.find_events(frame, threshold=adu, ties=ties).records)  # type: ignore[arg-type]
    offset = np.full(frame.shape, MEAN * 256, np.uint32)
    noise = np.full(frame.shape, round(noise_adu * 256), np.uint16)
    records = core.find_events(
        frame, threshold=0, offset=offset, noise=noise, sigmas_q4=round(16 * sigmas)
    ).records
    return len(records)


def counts(core: Core, mpix: int, seed: int, noise_adu: float) -> Iterator[Count]:
    """All rules at all thresholds, on the same frames."""
    rng = np.random.default_rng([seed, round(noise_adu)])
    events = {(rule, sigmas): 0 for sigmas in SIGMAS for rule in RULES}
    for _ in range(mpix):
        frame = np.rint(rng.normal(MEAN, noise_adu, (SIDE, SIDE))).astype(np.uint16)
        for rule, sigmas in events:
            events[rule, sigmas] += found(core, frame, rule, sigmas, noise_adu)
    for (rule, sigmas), n in events.items():
        adu = threshold(sigmas, noise_adu)
        yield Count(noise_adu, adu, rule, mpix, n, 1e6 * mpix * false_events(noise_adu, adu, rule))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mpix", type=int, default=100, help="of each noise (default 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    args = parser.parse_args()
    if args.mpix < 1:
        parser.error(f"--mpix: {args.mpix} is not 1 or more")
    core, rows = default_core(), []
    print(
        "noise [ADU]  threshold  rule      events  per Mpix    95 % interval     predicted  errors"
    )
    for noise_adu in STEPS:
        for row in counts(core, args.mpix, args.seed, noise_adu):
            low, high = row.interval
            print(
                f"{row.noise_adu:11g} {row.threshold_adu:10d}  {row.rule:7} {row.events:8d}"
                f" {row.per_mpix:9.3f}  {low:9.3f} -{high:9.3f} {row.predicted / row.mpix:10.3f}"
                f" {row.errors:+7.2f}"
            )
            rows.append(row)
    if args.json:
        told = [asdict(r) | {"interval": r.interval, "errors": r.errors} for r in rows]
        args.json.write_text(json.dumps(told, indent=1) + "\n")
    return int(any(abs(row.errors) > 3 for row in rows))


if __name__ == "__main__":
    sys.exit(main())
