# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A world for tests of campaigns: noise of one sort, a few bright pixels, counts as measures.

Usage: plain_world.py SEEDS DIR
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.names import Value, read_names
from fsw_emu.campaign.campaign import run_campaign
from fsw_emu.campaign.plan import Plan
from fsw_emu.campaign.world import Sky, World
from fsw_emu.merit.measure import Measure
from fsw_emu.scene.exposure import PHOTON_DTYPE, PIXEL_DTYPE, TRACK_DTYPE, Exposure

SHAPE = (4, 639, 384)
N_PHOTONS = 40


class PlainScene:
    """Photons of one pixel each, on a frame that is the same but for them."""

    def __init__(self, adu: float, seed: int) -> None:
        self._adu, self._seed = adu, seed
        rng = np.random.default_rng(7)
        self._noise = np.tile(rng.normal(500, 5, (639, 384)).astype(np.uint16), (4, 1, 1))

    def exposure(self, index: int) -> Exposure:
        rng = np.random.default_rng((self._seed, index))
        photons = np.zeros(N_PHOTONS, PHOTON_DTYPE)
        photons["node"] = rng.integers(0, 4, N_PHOTONS)
        photons["row"] = rng.integers(5, 620, N_PHOTONS) + 0.5
        photons["col"] = rng.integers(5, 370, N_PHOTONS) + 0.5
        photons["energy_ev"] = self._adu * 5
        frames = self._noise.copy()
        at = tuple(photons[name].astype(int) for name in ("node", "row", "col"))
        frames[at] += np.uint16(self._adu)
        tracks, hot = np.zeros(0, TRACK_DTYPE), np.zeros(0, PIXEL_DTYPE)
        return Exposure(index, frames, photons, tracks, hot, 5.0)


class Counting:
    """Sums of the counts that an algorithm tells, and of what it sends."""

    def __init__(self, setup: Setup) -> None:
        self._counts: Counter[str] = Counter()
        self._pha, self._readouts, self._threshold = 0.0, 0, setup.threshold_adu

    def readout(self, exposure: Exposure, outcome: Outcome) -> None:
        assert exposure.index == self._readouts
        self._readouts += 1
        self._counts.update(outcome.counts)
        self._pha += float(outcome.events["pha_adu"].astype(float).sum())

    def measures(self) -> list[Measure]:
        counts = [Measure("counts", k, self._readouts, n) for k, n in self._counts.items()]
        told = Measure("threshold", "", 1, self._threshold)
        return [Measure("charge", "", self._readouts, self._pha), told, *counts]


def open_sky(preset: str, overrides: Mapping[str, Value], seed: int) -> Sky:
    """Presets: plain; broken cannot be. Override: sky.adu."""
    adu = overrides.get("sky.adu", 100)
    if preset != "plain" or not isinstance(adu, int | float) or adu < 0:
        raise ValueError(f"sky.adu = {adu} in {preset}")
    return Sky(PlainScene(adu, seed), {"period_s": 4.0})


def open_deadly_sky(preset: str, overrides: Mapping[str, Value], seed: int) -> Sky:
    """As that, but seed 3 kills the process, as one without memory is killed: the first time, or
    always where overrides say so."""
    import os
    import signal

    first = Path(str(overrides["test.mark"]))
    if seed == 3 and (preset == "always" or not first.exists()):
        first.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return open_sky("plain", {}, seed)


PLAIN = World(open_sky, Counting)
DEADLY = World(open_deadly_sky, Counting)


if __name__ == "__main__":
    import plain_world  # by the name that a worker finds it by

    algorithms = tuple(read_names("flight,flight(threshold=60)"))
    asked = Plan(algorithms, ("plain",), int(sys.argv[1]), 1)
    run_campaign(asked, Path(sys.argv[2]), world=plain_world.PLAIN, workers=2)
