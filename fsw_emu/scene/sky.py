# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What arrives at one node in one frame: photons and cosmic rays."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.parameters import (
    COLS,
    EXPOSED_COLS,
    EXPOSED_ROWS,
    KINDS,
    LINE_WEIGHTS,
    LINES_EV,
    NODES,
    ROWS,
    SceneParameters,
)

#: what was put in: place in the node [binned pixels], where a cosmic ray enters; energy; and what
#: it was: swcx, background, particles, sources, cosmic
TRUTH_DTYPE = np.dtype(
    [("node", "U2"), ("row", "f4"), ("col", "f4"), ("energy_ev", "f4"), ("kind", "U10")]
)

Floats = NDArray[np.float64]
_LINES = np.array(LINES_EV)


@dataclass(frozen=True)
class Photons:
    """Single hits of one node and frame: place [binned pixels], energy, component."""

    row: Floats
    col: Floats
    energy_ev: Floats
    kind: NDArray[np.str_]


@dataclass(frozen=True)
class Tracks:
    """Cosmic rays of one node and frame: where they enter, where they go, what they leave."""

    row: Floats
    col: Floats
    d_row: Floats  # [binned pixels] until they leave the silicon
    d_col: Floats
    energy_ev: Floats


Arrivals = TypeVar("Arrivals", Photons, Tracks)


def joined(several: list[Arrivals]) -> Arrivals:
    """Those of several nodes one after the other."""
    names = [each.name for each in fields(several[0])]
    return type(several[0])(
        *(np.concatenate([getattr(each, name) for each in several]) for name in names)
    )


class Brightness:
    """Where the photons of a component fall on a node: weights of its exposed pixels."""

    def __init__(self, weights: Floats) -> None:
        cumulated = np.cumsum(weights)
        self.total = float(cumulated[-1])
        self._cumulated = cumulated / self.total
        self._shape = weights.shape

    def draw(self, rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
        """(row, col) of n photons, each in [0, EXPOSED_ROWS) x [0, EXPOSED_COLS)."""
        # Sorted, the search stays in the cache.
        row, col = np.divmod(self._cells(np.sort(rng.random(n))), self._shape[1])
        rows, cols = self._shape
        # The last row and column are exposed in part: all are drawn a trifle smaller.
        return (
            (row + rng.random(n)) * (EXPOSED_ROWS / rows),
            (col + rng.random(n)) * (EXPOSED_COLS / cols),
        )

    def _cells(self, at: Floats) -> NDArray[np.int64]:
        """The cell that each part of the whole lies in."""
        return self._cumulated.searchsorted(at, side="right")


class Flat(Brightness):
    """The same everywhere: nothing has to be searched, and the cells are the same."""

    def _cells(self, at: Floats) -> NDArray[np.int64]:
        near = (at * self.total).astype(np.int64)
        near -= near / self.total > at
        near += (near + 1) / self.total <= at
        return near


def to_focal_plane(node: str, row: Floats, col: Floats) -> tuple[Floats, Floats]:
    """(x, y) in the focal plane [binned pixels], y upwards: CCD4 [F4 | E4] below CCD2 [E2 | F2],
    right halves with columns, upper ones with rows reversed."""
    x = col if node in ("E2", "F4") else 2 * COLS - col
    y = 2 * ROWS - row if node[1] == "2" else row
    return x, y


def magnetosheath(x: Floats, y: Floats) -> Floats:
    """Brightness of charge exchange in the focal plane: an arc and a faint rest (ASSUMED)."""
    from_centre = np.hypot(x + 250, (y - ROWS) / 1.4)
    arc: Floats = 0.15 + np.exp(-(((from_centre - 640) / 95) ** 2))
    return arc


def lobster_eye(x: Floats, y: Floats, p: SceneParameters) -> Floats:
    """Image of a point source at the origin: a core and two arms across, each of which has a
    quarter of the light (ASSUMED)."""
    width, length = p.source_sigma_px, p.source_arm_px

    def across(at: Floats) -> Floats:
        profile: Floats = np.exp(-0.5 * (at / width) ** 2) / (np.sqrt(2 * np.pi) * width)
        return profile

    def along(at: Floats) -> Floats:
        profile: Floats = np.exp(-np.abs(at) / length) / (2 * length)
        return profile

    core = across(x) * across(y)
    return 0.5 * core + 0.25 * (across(x) * along(y) + along(x) * across(y))


class Sky:
    """The sky over the four nodes, and the rates at which it arrives."""

    def __init__(self, kind: str, rng: np.random.Generator, parameters: SceneParameters) -> None:
        self._kind = KINDS.index(kind)
        self._parameters = p = parameters
        places = [(rng.integers(len(NODES)), *rng.uniform(0.1, 0.9, 2)) for _ in range(p.n_sources)]
        sources = [
            to_focal_plane(NODES[node], EXPOSED_ROWS * row, EXPOSED_COLS * col)
            for node, row, col in places
        ]
        row = np.arange(math.ceil(EXPOSED_ROWS), dtype=np.float64)[:, None] + 0.5
        col = np.arange(math.ceil(EXPOSED_COLS), dtype=np.float64)[None, :] + 0.5
        flat = np.ones((row.size, col.size))
        self._flat = Flat(flat)
        weights = np.cumsum(LINE_WEIGHTS)
        self._line_parts = weights / weights[-1]
        self._sheath, self._sources = {}, {}
        for node in NODES:
            x, y = to_focal_plane(node, row, col)
            self._sheath[node] = Brightness(magnetosheath(x, y) * flat)
            light = sum(lobster_eye(x - at_x, y - at_y, p) for at_x, at_y in sources)
            # A floor keeps a node without a source from dividing by 0.
            self._sources[node] = Brightness(light + 1e-12 * flat)
        self._field = sum(each.total for each in self._sources.values())

    def photons(self, rng: np.random.Generator, node: str, seconds: float) -> Photons:
        """Hits of one frame."""
        p, kind = self._parameters, self._kind
        sheath, sources = self._sheath, self._sources
        # A CCD's charge exchange is shared by its two nodes as the arc lies over them; the mean
        # rate of sources over the field is shared by all four as the sources do.
        ccd = sum(sheath[side + node[1]].total for side in "EF")
        in_sheath = p.swcx_per_s[kind] * sheath[node].total / ccd
        in_sources = 2 * p.sources_per_s * sources[node].total / self._field
        components: dict[str, tuple[Brightness, float, Callable[[int], Floats]]] = {
            "swcx": (sheath[node], in_sheath, lambda n: self._lines(rng, n)),
            "background": (self._flat, p.background_per_s / 2, lambda n: self._continuum(rng, n)),
            "particles": (
                self._flat,
                p.particles_per_s[kind] / 2,
                lambda n: rng.uniform(p.photon_min_ev, p.photon_max_ev, n),
            ),
            "sources": (sources[node], in_sources, lambda n: self._continuum(rng, n)),
        }
        hits: list[tuple[Floats, Floats, Floats]] = []
        for where, per_s, spectrum in components.values():
            count = int(rng.poisson(per_s * seconds))
            hits.append((*where.draw(rng, count), spectrum(count)))
        row, col, energy_ev = (np.concatenate(column) for column in zip(*hits, strict=True))
        counts = [len(each) for each, *_ in hits]
        kinds = np.repeat(np.array(list(components)), counts)
        return Photons(row, col, energy_ev, kinds)

    def tracks(self, rng: np.random.Generator, seconds: float) -> Tracks:
        """Cosmic rays of one frame: isotropic through the surface, straight through the
        silicon, energy by the length of the path."""
        p = self._parameters
        n = int(rng.poisson(p.cosmic_per_s * seconds / 2))
        cosine = np.sqrt(rng.uniform(1e-5, 1, n))  # flux through a plane; no endless path
        direction = rng.uniform(0, 2 * np.pi, n)
        across = p.thickness_um * np.sqrt(1 - cosine**2) / cosine / p.pixel_um
        # The mean of the spread is 1, so that the mean loss is the stated one.
        spread = rng.lognormal(-(p.cosmic_spread**2) / 2, p.cosmic_spread, n)
        return Tracks(
            rng.uniform(0, EXPOSED_ROWS, n),
            rng.uniform(0, EXPOSED_COLS, n),
            across * np.sin(direction),
            across * np.cos(direction),
            p.cosmic_ev_per_um * p.thickness_um / cosine * spread,
        )

    def _lines(self, rng: np.random.Generator, n: int) -> Floats:
        """Charge exchange."""
        energy: Floats = _LINES[self._line_parts.searchsorted(rng.random(n), side="right")]
        return energy

    def _continuum(self, rng: np.random.Generator, n: int) -> Floats:
        """An exponential cut to the band."""
        p = self._parameters
        span = 1 - np.exp(-(p.photon_max_ev - p.photon_min_ev) / p.continuum_ev)
        energy: Floats = p.photon_min_ev - p.continuum_ev * np.log1p(-span * rng.random(n))
        return energy
