# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Pixels with more dark current than others: hot ones, and those that flicker."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.detailed.conditions import Conditions, dark_factor
from fsw_emu.scene.detailed.parameters import Parameters
from fsw_emu.scene.exposure import PIXEL_DTYPE
from fsw_emu.scene.parameters import COLS, EXPOSED_COLS, EXPOSED_ROWS, NODES, ROWS

Floats = NDArray[np.float64]

#: hot pixels of a node that there can be, whatever the dose
MOST_HOT = 20_000
MOST_KRAD = 1000
_INSIDE = int(EXPOSED_ROWS), int(EXPOSED_COLS)


class Defects:
    """Where they are, what they leak, and which are there at a dose.

    Hot pixels come in an order of their own as the dose grows. Flickering ones are high or low for
    cells of time that begin at another moment in each of them; in each cell they are high with the
    same probability, whatever they were before: a random telegraph that can be asked at any time.
    """

    def __init__(self, parameters: Parameters, rng: np.random.Generator) -> None:
        d = self._d = parameters.dark
        self._parameters = parameters
        most = d.hot_per_node + d.hot_per_node_per_krad * MOST_KRAD
        n_hot, n_flickering = min(math.ceil(most), MOST_HOT), round(d.flickering_per_node)
        flat = np.stack(
            [rng.choice(math.prod(_INSIDE), n_flickering + n_hot, replace=False) for _ in NODES]
        )
        row, col = np.divmod(flat, _INSIDE[1])
        self._place = (np.arange(len(NODES))[:, None] * ROWS + row) * COLS + col
        self._n_flickering = n_flickering
        self._spread = np.exp(d.hot_spread * rng.standard_normal(self._place.shape))
        self._phase = rng.random((len(NODES), n_flickering))
        self._key = rng.integers(1 << 63, size=(len(NODES), n_flickering), dtype=np.uint64)

    def leaking(self, now: Conditions) -> tuple[NDArray[np.int64], Floats]:
        """(place in a flat (4, 639, 384) array, mean electrons in one readout) of the hot pixels
        that there are and the flickering ones that are high."""
        d, p = self._d, self._parameters
        n_hot = int(d.hot_per_node + d.hot_per_node_per_krad * now.dose_krad)
        n_hot = min(n_hot, self._place.shape[1] - self._n_flickering)
        factor = dark_factor(now.temperature_c, p.temperature.reference_c, d.hot_activation_ev)
        hot = slice(self._n_flickering, self._n_flickering + n_hot)
        high = self._is_high(now.time_s)
        flickering = slice(0, self._n_flickering)
        place = [self._place[:, hot].ravel(), self._place[:, flickering][high]]
        per_s = [
            d.hot_electrons_per_s * self._spread[:, hot].ravel(),
            d.flickering_electrons_per_s * self._spread[:, flickering][high],
        ]
        return np.concatenate(place), np.concatenate(per_s) * (factor * p.period_s)

    def firing(self, now: Conditions) -> NDArray[Any]:
        """PIXEL_DTYPE: those of them that are as bright as dark.fires_adu, on the average: they
        are expected to fire by themselves."""
        return self._from(now, self._d.fires_adu)

    def above_noise(self, now: Conditions) -> NDArray[Any]:
        """PIXEL_DTYPE: those of them, and the fainter ones, that leak as much as one sigma of the
        read noise, on the average: they fire by themselves every now and then."""
        return self._from(now, min(self._parameters.converter.read_noise_adu, self._d.fires_adu))

    def _from(self, now: Conditions, least_adu: float) -> NDArray[Any]:
        place, electrons = self.leaking(now)
        p = self._parameters
        adu = electrons * (p.silicon.ev_per_pair / p.converter.gain_ev_per_adu)
        place = np.sort(place[(adu >= least_adu) & (adu > 0)])
        pixels = np.zeros(len(place), PIXEL_DTYPE)
        pixels["node"], rest = np.divmod(place, ROWS * COLS)
        pixels["row"], pixels["col"] = np.divmod(rest, COLS)
        return pixels

    def _is_high(self, time_s: float) -> NDArray[np.bool_]:
        cell_s = self._d.flickering_high_s * (1 - self._d.flickering_high_part)
        cell = (time_s / cell_s + self._phase).astype(np.uint64)
        return even(self._key + cell) < self._d.flickering_high_part


def even(numbers: NDArray[np.uint64]) -> Floats:
    """Each number's own part of 1, even over 0..1: the finaliser of SplitMix64 (Steele, Lea and
    Flood, 2014)."""
    z = numbers * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))).astype(np.float64) / 2.0**64
