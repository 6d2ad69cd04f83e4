# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measures of one run: each readout's truth beside what an algorithm sent of it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.interface import NO_GRADE, Outcome, Setup
from fsw_emu.merit.figures import (
    ENERGY_BANDS_KEV,
    ENERGY_EDGES_KEV,
    LOSS_BAND_KEV,
    ROW_BANDS,
    SCIENCE_BAND_KEV,
    band_parts,
    energy_parts,
)
from fsw_emu.merit.hot_pixels import HotPixels
from fsw_emu.merit.matching import (
    FATES,
    FOUND,
    HOT,
    PARTICLE,
    PHOTON,
    Matched,
    match,
)
from fsw_emu.merit.measure import Measure
from fsw_emu.merit.truth import Truth, truth_of
from fsw_emu.scene.exposure import Exposure

#: figures whose parts share the trials of part ""
OF_ALL = ("grade mix", "counts")

Values = NDArray[np.float64]


class Meter:
    """Of one algorithm in one run. Readouts come in order, from the first on.

    Its figures are those of ``fsw_emu.merit.figures``; what did not occur has no Measure. Events
    must be FOUND_DTYPE within the frames and with finite numbers: the caller sees to it.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        self._hot = HotPixels()
        self._is_first = True

    def readout(self, exposure: Exposure, outcome: Outcome) -> None:
        """Add a readout."""
        truth = truth_of(exposure, self._setup.threshold_adu)
        events = outcome.events
        matched = match(exposure, events, truth.near_track)
        self._photons(exposure, matched, truth)
        self._owned(exposure, events, matched, truth)
        self._causes(exposure, events, matched)
        self._pixels(exposure, events, truth)
        self._sizes(exposure, outcome, matched)
        if self._is_first:
            self._frame_code(exposure)
        self._is_first = False

    def measures(self) -> list[Measure]:
        """Of all readouts so far, by figure and part."""
        sums = dict(self._sums)
        for (figure, part), (_, total, _) in self._sums.items():
            if figure in OF_ALL:
                sums[figure, part] = [self._sums[figure, ""][0], total, 0.0]
        for figure, times in self._hot.ends().items():
            if len(times):
                sums[figure, ""] = [len(times), float(times.sum()), float((times**2).sum())]
        shares = ("hot gone",)
        return [
            Measure(figure, part, trials, total, 0.0 if figure in shares else squares)
            for (figure, part), (trials, total, squares) in sorted(sums.items())
        ]

    def _add(
        self, figure: str, part: str, trials: float, total: float, squares: float = 0.0
    ) -> None:
        if trials:
            for i, value in enumerate((trials, total, squares)):
                self._sums[figure, part][i] += float(value)

    def _share(self, figure: str, part: str, found: NDArray[np.bool_]) -> None:
        self._add(figure, part, len(found), int(found.sum()))

    def _mean(self, figure: str, part: str, values: Values) -> None:
        self._add(figure, part, len(values), float(values.sum()), float((values**2).sum()))

    def _binned(
        self,
        figure: str,
        parts: tuple[str, ...],
        place: NDArray[np.int64],
        found: NDArray[np.bool_],
    ) -> None:
        trials = np.bincount(place, minlength=len(parts))
        total = np.bincount(place[found], minlength=len(parts))
        for part, tried, got in zip(parts, trials, total, strict=True):
            self._add(figure, part, int(tried), int(got))

    def _photons(self, exposure: Exposure, matched: Matched, truth: Truth) -> None:
        photons, found = exposure.photons, matched.fate == FOUND
        energy = photons["energy_ev"] / 1000.0
        alone, in_band = truth.isolated, within(energy, SCIENCE_BAND_KEV)
        self._share("photons kept", "", found[in_band])
        self._share("efficiency", "", found[in_band & alone])
        for code, fate in enumerate(FATES):
            self._share("fate", fate, matched.fate[in_band] == code)
        place = np.digitize(energy, ENERGY_EDGES_KEV) - 1
        known = (place >= 0) & (place < len(ENERGY_EDGES_KEV) - 1)
        self._binned("photons kept", energy_parts(), place[known], found[known])
        known &= alone
        self._binned("efficiency", energy_parts(), place[known], found[known])
        bright = alone & within(energy, LOSS_BAND_KEV)
        band = photons["row"].astype(np.int64) * ROW_BANDS // exposure.frames.shape[1]
        place = photons["node"].astype(np.int64) % 2 * ROW_BANDS + band  # E2, F2, E4, F4
        self._binned("loss", band_parts(), place[bright], ~found[bright])
        self._share("loss", "", ~found[bright])

    def _owned(
        self, exposure: Exposure, events: NDArray[Any], matched: Matched, truth: Truth
    ) -> None:
        """Biases and widths: of events of isolated photons."""
        is_owned = matched.cause == PHOTON
        self._share("pile-up", "", matched.n_piled[is_owned] > 0)
        grades = events["grade"][is_owned & (events["grade"] != NO_GRADE)]
        for grade, count in zip(*np.unique(grades, return_counts=True), strict=True):
            self._sums["grade mix", str(grade)][1] += float(count)
        self._add("grade mix", "", len(grades), len(grades))
        clean = is_owned.copy()
        clean[is_owned] = truth.isolated[matched.photon[is_owned]]
        photons = exposure.photons[matched.photon[clean]]
        events = events[clean]
        energy = photons["energy_ev"].astype(np.float64)
        off = events["pha_adu"].astype(np.float64) * self._setup.gain_ev_per_adu - energy
        in_band = within(energy / 1000.0, SCIENCE_BAND_KEV)
        bands = {"": SCIENCE_BAND_KEV, **ENERGY_BANDS_KEV}
        for part, band in bands.items():
            inside = within(energy / 1000.0, band)
            self._mean("energy", part, off[inside])
            self._mean("energy, relative", part, 100.0 * off[inside] / energy[inside])
        for name, place in (("rows", "row"), ("columns", "col")):
            away = events[f"{place}_px"].astype(np.float64) - photons[place]
            self._mean(f"position {name}", "", away[in_band])

    def _causes(self, exposure: Exposure, events: NDArray[Any], matched: Matched) -> None:
        counts = np.bincount(matched.cause, minlength=4)
        self._add("false events", "", exposure.frames.size / 1e6, int(counts[3]))
        self._add("particle events", "", 1, int(counts[PARTICLE]))
        self._add("hot events", "", 1, int(counts[HOT]))
        self._add("photon share", "", len(events), int(counts[PHOTON]))

    def _pixels(self, exposure: Exposure, events: NDArray[Any], truth: Truth) -> None:
        """Of what any rule might make an event of, on tracks and hot pixels, what was sent."""
        place = (events["node"], events["row"], events["col"])
        sent = np.ravel_multi_index(place, exposure.frames.shape)
        self._share("particles kept", "", np.isin(truth.track_maxima, sent))
        was_sent = np.isin(truth.hot_firings, sent)
        self._share("hot pixels kept", "", was_sent)
        self._hot.readout(truth.hot_firings, was_sent)

    def _sizes(self, exposure: Exposure, outcome: Outcome, matched: Matched) -> None:
        n_found = int((matched.fate == FOUND).sum())
        self._sums["bytes per photon", ""][0] += n_found
        self._sums["bytes per photon", ""][1] += outcome.telemetry_bytes
        if outcome.packed_bytes is not None:
            self._sums["packed bytes per photon", ""][0] += n_found
            self._sums["packed bytes per photon", ""][1] += outcome.packed_bytes
        if outcome.frame_bytes is not None:
            self._add("bits per pixel", "", exposure.frames.size, 8 * outcome.frame_bytes)
        self._add("events sent", "", 1, len(outcome.events))
        for name, count in outcome.counts.items():
            self._sums["counts", name][1] += count
        self._add("counts", "", 1, 0)
        self._add("threshold", "", 1, self._setup.threshold_adu)

    def _frame_code(self, exposure: Exposure) -> None:
        """Of one readout: it takes as long as an algorithm, and others of the scene are alike."""
        packets = self._setup.core.rows_encode(exposure.frames, kind="independent")
        self._add("frame code", "", exposure.frames.size, 8 * sum(map(len, packets)))


def within(values: NDArray[Any], band: tuple[float, float]) -> NDArray[np.bool_]:
    """Which values lie in [low, high)."""
    return np.asarray((values >= band[0]) & (values < band[1]))
