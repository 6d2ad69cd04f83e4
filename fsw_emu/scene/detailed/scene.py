# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The detailed scene: readouts of all four nodes with the truth of what went into them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.detailed import unbinned
from fsw_emu.scene.detailed.conditions import Conditions, conditions
from fsw_emu.scene.detailed.defects import Defects
from fsw_emu.scene.detailed.electronics import LEAST_DARK, Electronics, converted
from fsw_emu.scene.detailed.parameters import Parameters
from fsw_emu.scene.detailed.silicon import (
    Pieces,
    depths_um,
    freed_electrons,
    photon_pieces,
    track_pieces,
)
from fsw_emu.scene.detailed.sky import Sky
from fsw_emu.scene.detailed.transfer import loss_at, read_out
from fsw_emu.scene.exposure import Exposure
from fsw_emu.scene.parameters import COLS, EXPOSED_COLS, EXPOSED_ROWS, NODES, ROWS

# What is drawn apart, so that none shifts another's random numbers.
PATTERN, DEFECTS, ARRIVALS, CHARGE, LEAK, READOUT, UNBINNED = range(7)

#: electrons of a leaking pixel in one readout, far beyond any full well
MOST_LEAKED = 1e12
SEEN_ROWS, SEEN_COLS = math.ceil(EXPOSED_ROWS), math.ceil(EXPOSED_COLS)

Charge = tuple[NDArray[np.int64], NDArray[np.float64]]


class DetailedScene:
    """Readouts follow from parameters, seed and index; none needs those before it.

    first: the readout of the scene that index 0 is: time begins that much later, and the
    arrivals are its own. ValueError for a seed, a first or an index below 0. Not for threads.
    """

    def __init__(self, parameters: Parameters, seed: int = 1, first: int = 0) -> None:
        for name, value in (("seed", seed), ("first", first)):
            if value < 0:
                raise ValueError(f"{name} = {value}: possible: 0 and more")
        self.parameters = parameters
        self.seed = seed
        self.first = first
        self._sky = Sky(parameters)
        self._electronics = Electronics(parameters, self._rng(PATTERN))
        self._defects = Defects(parameters, self._rng(DEFECTS))

    def conditions(self, index: int) -> Conditions:
        """When a readout begins, and what it is like then."""
        if index < 0:
            raise ValueError(f"readout {index}: possible: 0 and more")
        return conditions(self.parameters, (self.first + index) * self.parameters.period_s)

    def level_adu(self, index: int) -> float:
        """What a map of the empty sky would have on the average: pedestal, how far temperature
        moves it, dark current. Not what differs between nodes and pixels, nor drift."""
        now, p = self.conditions(index), self.parameters
        moved = p.offset.per_degree_adu * (now.temperature_c - p.temperature.reference_c)
        dark = self._electronics.dark_electrons(now) * self._electronics.adu_per_electron
        return p.offset.pedestal_adu + moved + dark

    def brightness(self, index: int) -> NDArray[np.float64]:
        """Of charge exchange over the focal plane, in cells: (158, 94), y upwards; any unit."""
        return self._sky.brightness(self.conditions(index).pressure_npa)

    def exposure(self, index: int) -> Exposure:
        """One readout of the four nodes."""
        now = self.conditions(index)
        photons, depth_um, tracks = self._arrivals(index, now)
        silicon = self.parameters.silicon
        charge = _joined(
            photon_pieces(photons, depth_um, silicon, scale=1),
            track_pieces(tracks, silicon, scale=1),
        )
        place, electrons = self._collected(charge, self._leaked(index, now))
        loss = loss_at(self.parameters, now.dose_krad)
        place, electrons = read_out(place, electrons, loss)
        rng = self._rng(READOUT, index)
        samples = self._electronics.empty(rng, now)
        self._electronics.inject(rng, samples, loss)
        adu = electrons * self._electronics.adu_per_electron
        np.add.at(samples.reshape(-1), place, adu.astype(np.float32))
        return Exposure(
            index,
            converted(samples),
            photons,
            tracks,
            self._defects.firing(now),
            self.parameters.converter.gain_ev_per_adu,
            self._defects.above_noise(now),
        )

    def full_resolution(self, index: int, node: str) -> NDArray[np.uint16]:
        """One node of the same readout, its charge laid down and moved in 3834x2304 pixels of
        18 um and then summed: (639, 384) [ADU]. Noise, of the dark current too, is another.

        For checks. Injected lines are those of the binned generator. ValueError for another node.
        """
        if node not in NODES:
            raise ValueError(f"no such node: {node!r} ({', '.join(NODES)})")
        at = NODES.index(node)
        now = self.conditions(index)
        photons, depth_um, tracks = self._arrivals(index, now)
        here, there = photons["node"] == at, tracks["node"] == at
        silicon = self.parameters.silicon
        charge = unbinned.collected(
            _joined(
                photon_pieces(photons[here], depth_um[here], silicon, scale=unbinned.BINNING),
                track_pieces(tracks[there], silicon, scale=unbinned.BINNING),
            )
        )
        place, leaked = self._leaked(index, now)
        mine = place // (ROWS * COLS) == at
        row, col = np.divmod(place[mine] % (ROWS * COLS), COLS)
        middle = unbinned.BINNING // 2
        np.add.at(
            charge,
            (unbinned.BINNING * row + middle, unbinned.BINNING * col + middle),
            leaked[mine].astype(np.float32),
        )
        rng = self._rng(UNBINNED, index, at)
        dark = self._electronics.dark_electrons(now)
        if dark >= LEAST_DARK:
            charge += unbinned.dark(rng, self._electronics.dark_pattern[at], dark / 36)
        np.minimum(charge, np.float32(silicon.full_well), out=charge)
        loss = loss_at(self.parameters, now.dose_krad)
        electrons = unbinned.summed(unbinned.moved(charge, loss), silicon.full_well)
        samples = self._electronics.empty(rng, now, dark=0.0)
        self._electronics.inject(rng, samples, loss)
        samples[at] += electrons * np.float32(self._electronics.adu_per_electron)
        return converted(samples[at])

    def _rng(self, *what: int) -> np.random.Generator:
        if len(what) > 1:
            what = (what[0], self.first + what[1], *what[2:])
        seed = np.random.SeedSequence(self.seed, spawn_key=what)
        return np.random.Generator(np.random.SFC64(seed))

    def _arrivals(
        self, index: int, now: Conditions
    ) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[Any]]:
        """Photons, how deep they are absorbed [um], and tracks: the same for every rendering."""
        rng = self._rng(ARRIVALS, index)
        photons, tracks = self._sky.photons(rng, now), self._sky.tracks(rng)
        rng = self._rng(CHARGE, index)
        energy_ev = photons["energy_ev"].astype(np.float64)
        silicon = self.parameters.silicon
        depth_um = depths_um(rng.random(len(photons)), energy_ev, silicon)
        photons["electrons"] = freed_electrons(rng, energy_ev, silicon)
        return photons, depth_um, tracks

    def _leaked(self, index: int, now: Conditions) -> Charge:
        """What hot and flickering pixels collect; places as in :meth:`Defects.leaking`."""
        place, mean = self._defects.leaking(now)
        return place, self._rng(LEAK, index).poisson(np.minimum(mean, MOST_LEAKED)).astype(float)

    def _collected(self, pieces: Pieces, leaked: Charge) -> Charge:
        """Binned pixels that hold charge, and how much, at most a full well."""
        node, row, col, electrons = pieces
        seen = (row >= 0) & (row < SEEN_ROWS) & (col >= 0) & (col < SEEN_COLS)
        place = (node[seen] * ROWS + row[seen]) * COLS + col[seen]
        place = np.concatenate([place, leaked[0]])
        charge = np.bincount(
            place, np.concatenate([electrons[seen], leaked[1]]), len(NODES) * ROWS * COLS
        )
        held = np.flatnonzero(charge)
        return held, np.minimum(charge[held], self.parameters.silicon.full_well)


def _joined(first: Pieces, second: Pieces) -> Pieces:
    node, row, col, electrons = (np.concatenate(each) for each in zip(first, second, strict=True))
    return node, row, col, electrons
