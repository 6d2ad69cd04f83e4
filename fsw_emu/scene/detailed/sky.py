# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What arrives in one readout: photons of four components, cosmic rays, solar protons."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.detailed.conditions import Conditions
from fsw_emu.scene.detailed.parameters import Parameters, SkyParameters
from fsw_emu.scene.exposure import COMPONENTS, PARTICLES, PHOTON_DTYPE, TRACK_DTYPE
from fsw_emu.scene.parameters import COLS, EXPOSED_COLS, EXPOSED_ROWS, NODES, ROWS

Floats = NDArray[np.float64]
Where = tuple[NDArray[np.intp], Floats, Floats]  # node, row, col [binned pixels]

#: cells that the brightness of a node is told in, about 8x8 pixels each
CELL_ROWS, CELL_COLS = 79, 47
#: the steepest track: the cosine of its angle to the surface's normal, squared
LEAST_COSINE_2 = 1e-5
#: mean of the Moyal distribution: Euler's constant + ln 2
MOYAL_MEAN = 0.5772156649015329 + math.log(2)
#: of the mean loss, below which no track's loss is drawn
LEAST_LOSS = 0.05


def cell_centres() -> tuple[Floats, Floats]:
    """(x of 94 columns, y of 158 rows) of cells in the focal plane [binned pixels]."""
    col = (np.arange(CELL_COLS) + 0.5) * (EXPOSED_COLS / CELL_COLS)
    row = (np.arange(CELL_ROWS) + 0.5) * (EXPOSED_ROWS / CELL_ROWS)
    x = np.concatenate([col, 2 * COLS - col[::-1]])
    return x, np.concatenate([row, 2 * ROWS - row[::-1]])


def by_node(plane: Floats) -> Floats:
    """A map of the focal plane (158, 94) as those of the nodes E2, F2, E4, F4: (4, 79, 47)."""
    below, above = plane[:CELL_ROWS], plane[CELL_ROWS:][::-1]
    right = slice(None, CELL_COLS - 1, -1)
    return np.stack([above[:, :CELL_COLS], above[:, right], below[:, right], below[:, :CELL_COLS]])


def standoff_px(sky: SkyParameters, pressure_npa: float) -> float:
    """Distance of the magnetopause on the line from the Earth to the Sun: as pressure^(-1/6)."""
    return sky.re_px * sky.standoff_re / math.pow(pressure_npa, 1 / 6)


def sheath(sky: SkyParameters, pressure_npa: float, x: Floats, y: Floats) -> Floats:
    """Brightness of charge exchange before the optics: dark inside the magnetopause, brightest at
    it, falling outwards; two cusps; a floor (ASSUMED). Shapes of x and y are broadcast."""
    right, up = x - sky.earth_x_px, y - sky.earth_y_px
    distance = np.maximum(np.hypot(right, up), 1e-3)
    nose = standoff_px(sky, pressure_npa)
    # (2 / (1 + cos))^a; behind the Earth it would have no end.
    edge = nose * (2 / np.maximum(1 + right / distance, 0.05)) ** sky.flaring
    outside = (distance - edge) / nose
    rise = 0.5 * (1 + np.tanh(outside / sky.edge_part))
    bright = sky.floor_part + rise * np.exp(-np.maximum(outside, 0) / sky.sheath_part)
    angle, size = math.radians(sky.cusp_angle_deg), sky.cusp_size_re * sky.re_px
    at = nose * sky.cusp_distance_part
    for side in (-1, 1):
        off = np.hypot(right - at * math.cos(angle), up - side * at * math.sin(angle))
        bright = bright + sky.cusp_part * np.exp(-0.5 * (off / size) ** 2)
    brightness: Floats = bright
    return brightness


def through_optics(sky: SkyParameters, plane: Floats) -> Floats:
    """A map of cells behind the lobster eye: arms across, and what is lost away from the axis. The
    core is smaller than a cell."""
    x, y = cell_centres()

    def arms(at: Floats) -> Floats:
        kernel = np.exp(-np.abs(at[:, None] - at) / sky.arm_px)
        blurred: Floats = kernel / kernel.sum(axis=0)
        return blurred

    in_arms = 0.5 * (plane @ arms(x).T + arms(y) @ plane)
    image: Floats = sky.core_part * plane + (1 - sky.core_part) * in_arms
    return image * passed(sky, x[None, :], y[:, None])


def passed(sky: SkyParameters, x: Floats, y: Floats) -> Floats:
    """Part that the optics let through: 1 on the axis (ASSUMED: falls with the square)."""
    corner = (x / COLS - 1) ** 2 + (y / ROWS - 1) ** 2
    part: Floats = 1 - sky.vignetting_part * corner / 2
    return part


class Sky:
    """Draws what arrives in one readout."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        s = parameters.sky
        self._flat = np.cumsum(np.ones(len(NODES) * CELL_ROWS * CELL_COLS))
        self._background = _cumulated(through_optics(s, np.ones((2 * CELL_ROWS, 2 * CELL_COLS))))
        self._swcx = s.pressure_npa, _cumulated(self.brightness(s.pressure_npa))
        lines = np.array(s.lines)
        self._line_ev, self._line_parts = lines[:, 0], np.cumsum(lines[:, 1]) / lines[:, 1].sum()
        sources = np.array(s.sources).reshape(-1, 3)
        self._source_xy, self._source_parts = sources[:, :2], np.cumsum(sources[:, 2])

    def brightness(self, pressure_npa: float) -> Floats:
        """Of charge exchange behind the optics: (158, 94) cells of the focal plane."""
        x, y = cell_centres()
        s = self._parameters.sky
        return through_optics(s, sheath(s, pressure_npa, x[None, :], y[:, None]))

    def photons(self, rng: np.random.Generator, now: Conditions) -> NDArray[Any]:
        """PHOTON_DTYPE; electrons are still 0."""
        p = self._parameters
        s = p.sky
        more = math.pow(now.pressure_npa / s.reference_npa, s.pressure_exponent)
        glow = self._swcx
        if glow[0] != now.pressure_npa:  # an onset moves the map
            glow = now.pressure_npa, _cumulated(self.brightness(now.pressure_npa))

        def energies(fold_ev: float) -> Callable[[int], Floats]:
            return lambda n: _folded(rng, n, s.band_min_ev, s.band_max_ev, fold_ev)

        drawn: dict[str, tuple[float, Callable[[int], Where], Callable[[int], Floats]]] = {
            "swcx": (
                2 * s.swcx_per_s * more,
                lambda n: _spread(rng, glow[1], n),
                lambda n: self._lines(rng, n),
            ),
            "background": (
                2 * s.background_per_s,
                lambda n: _spread(rng, self._background, n),
                energies(s.background_fold_ev),
            ),
            "source": (
                float(self._source_parts[-1]) if len(self._source_parts) else 0.0,
                lambda n: self._from_sources(rng, n),
                energies(s.source_fold_ev),
            ),
            "particles": (
                2 * s.particles_per_s,
                lambda n: _spread(rng, self._flat, n),
                lambda n: rng.uniform(s.band_min_ev, s.band_max_ev, n),
            ),
        }
        tables = []
        for component, (per_s, where, spectrum) in drawn.items():
            node, row, col = where(int(rng.poisson(per_s * p.period_s)))
            table = np.zeros(len(node), PHOTON_DTYPE)
            table["node"], table["row"], table["col"] = node, row, col
            table["energy_ev"] = spectrum(len(node))
            table["component"] = COMPONENTS.index(component)
            tables.append(table)
        return np.concatenate(tables)

    def tracks(self, rng: np.random.Generator) -> NDArray[Any]:
        """TRACK_DTYPE: straight through the silicon, isotropic over a surface; the loss goes with
        the way and spreads as the Moyal distribution, which is near Landau's."""
        p, si = self._parameters.particles, self._parameters.silicon
        rates = {"cosmic": p.cosmic_per_s, "proton": p.protons_per_s}
        tables = []
        for particle, per_s in rates.items():
            n = int(rng.poisson(2 * per_s * self._parameters.period_s))
            cosine = np.sqrt(rng.uniform(LEAST_COSINE_2, 1, n))
            direction = rng.uniform(0, 2 * np.pi, n)
            across = si.thickness_um * np.sqrt(1 - cosine**2) / cosine / (6 * si.pixel_um)
            per_um, most = np.full(n, p.cosmic_ev_per_um), np.full(n, np.inf)
            if particle == "proton":
                mev = _power_law(rng, n, p.proton_min_mev, p.proton_max_mev, p.proton_index)
                per_um, most = p.proton_ev_per_um * (mev / 10) ** -p.proton_slope, mev * 1e6
            spread = 1 + p.spread * (moyal(rng, n) - MOYAL_MEAN)
            loss = per_um * si.thickness_um / cosine * np.maximum(spread, LEAST_LOSS)
            table = np.zeros(n, TRACK_DTYPE)
            table["node"] = rng.integers(len(NODES), size=n)
            table["row"] = rng.uniform(0, EXPOSED_ROWS, n)
            table["col"] = rng.uniform(0, EXPOSED_COLS, n)
            table["d_row"], table["d_col"] = across * np.sin(direction), across * np.cos(direction)
            table["energy_ev"] = np.minimum(loss, most)
            table["particle"] = PARTICLES.index(particle)
            tables.append(table)
        return np.concatenate(tables)

    def _lines(self, rng: np.random.Generator, n: int) -> Floats:
        energy: Floats = self._line_ev[self._line_parts.searchsorted(rng.random(n), side="right")]
        return energy

    def _from_sources(self, rng: np.random.Generator, n: int) -> Where:
        """Images of point sources: a core and two arms; what falls beside the CCDs is lost."""
        s = self._parameters.sky
        if n == 0:
            return _on_nodes(np.zeros(0), np.zeros(0))
        total = self._source_parts[-1]
        which = self._source_parts.searchsorted(rng.random(n) * total, side="right")
        core = rng.normal(0, s.core_px, (2, n))
        arm = rng.laplace(0, s.arm_px, n)
        kind = rng.random(n)
        in_x, in_y = kind < (1 - s.core_part) / 2, kind >= (1 + s.core_part) / 2
        x = self._source_xy[which, 0] + np.where(in_x, arm, core[0])
        y = self._source_xy[which, 1] + np.where(in_y, arm, core[1])
        return _on_nodes(x, y)


def moyal(rng: np.random.Generator, n: int) -> Floats:
    """The Moyal distribution: minus the logarithm of a normal number's square."""
    normal = np.maximum(np.abs(rng.standard_normal(n)), 1e-12)
    return -2 * np.log(normal)


def _cumulated(plane: Floats) -> Floats:
    return np.cumsum(by_node(plane))


def _spread(rng: np.random.Generator, cumulated: Floats, n: int) -> Where:
    """Places of n photons over the cells of all nodes."""
    at = np.sort(rng.random(n)) * cumulated[-1]  # sorted, the search stays in the cache
    cell = np.minimum(cumulated.searchsorted(at, side="right"), len(cumulated) - 1)
    node, cell = np.divmod(cell, CELL_ROWS * CELL_COLS)
    row, col = np.divmod(cell, CELL_COLS)
    return (
        node,
        (row + rng.random(n)) * (EXPOSED_ROWS / CELL_ROWS),
        (col + rng.random(n)) * (EXPOSED_COLS / CELL_COLS),
    )


def _on_nodes(x: Floats, y: Floats) -> Where:
    """Places in the focal plane as those of nodes, where the CCDs see light."""
    right, above = x >= COLS, y >= ROWS
    col = np.where(right, 2 * COLS - x, x)
    row = np.where(above, 2 * ROWS - y, y)
    node = np.where(above, np.where(right, 1, 0), np.where(right, 2, 3))  # E2 F2, E4 F4
    seen = (row >= 0) & (row < EXPOSED_ROWS) & (col >= 0) & (col < EXPOSED_COLS)
    return node[seen], row[seen], col[seen]


def _folded(rng: np.random.Generator, n: int, low: float, high: float, fold: float) -> Floats:
    """An exponential cut to a band."""
    span = -math.expm1(-(high - low) / fold)
    energy: Floats = low - fold * np.log1p(-span * rng.random(n))
    return energy


def _power_law(rng: np.random.Generator, n: int, low: float, high: float, index: float) -> Floats:
    """Energies with a density that goes as E^-index."""
    part = rng.random(n)
    rest = 1 - index
    if abs(rest) < 1e-9:
        even: Floats = low * (high / low) ** part
        return even
    energy: Floats = (low**rest + part * (high**rest - low**rest)) ** (1 / rest)
    return energy
