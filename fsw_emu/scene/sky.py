"""What arrives at one node in one frame: photons and cosmic rays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.parameters import (
    COLS,
    COSMIC_RATE_PER_S,
    EXPOSED_COLS,
    EXPOSED_ROWS,
    LINE_WEIGHTS,
    LINES_EV,
    ROWS,
    SceneParameters,
)

#: what was put in: place in the node [binned pixels], energy, and what it was
TRUTH_DTYPE = np.dtype(
    [("node", "U2"), ("row", "f4"), ("col", "f4"), ("energy_ev", "f4"), ("kind", "U10")]
)
CELL = 8  # binned pixels a side of the cells that the sky's brightness is tabulated in


@dataclass(frozen=True)
class Photons:
    """Single hits of one node and frame."""

    row: NDArray[np.float64]
    col: NDArray[np.float64]
    energy_ev: NDArray[np.float64]
    kind: NDArray[Any]


@dataclass(frozen=True)
class Tracks:
    """Cosmic rays of one node and frame: where they enter, where they go, what they leave."""

    row: NDArray[np.float64]
    col: NDArray[np.float64]
    d_row: NDArray[np.float64]  # [binned pixels] until they leave the silicon
    d_col: NDArray[np.float64]
    energy_ev: NDArray[np.float64]


def to_focal_plane(node: str, row: Any, col: Any) -> tuple[Any, Any]:
    """(x, y) in the focal plane [binned pixels], y upwards: CCD4 [F4 | E4] below CCD2 [E2 | F2],
    right halves with columns, upper ones with rows reversed."""
    x = col if node in ("E2", "F4") else 2 * COLS - col
    y = 2 * ROWS - row if node[1] == "2" else row
    return x, y


def magnetosheath(node: str) -> NDArray[np.float64]:
    """Probability of each cell of a node: a bright arc and a faint rest (ASSUMED)."""
    rows = np.arange(CELL / 2, EXPOSED_ROWS, CELL)
    cols = np.arange(CELL / 2, EXPOSED_COLS, CELL)
    x, y = to_focal_plane(node, rows[:, None] + 0 * cols, cols[None, :] + 0 * rows[:, None])
    from_centre = np.hypot((x + 250) / 1.0, (y - ROWS) / 1.4)
    brightness = 0.15 + np.exp(-(((from_centre - 640) / 95) ** 2))
    total: NDArray[np.float64] = brightness.ravel()
    return total


class Sky:
    """The sky over the four nodes, and the rates at which it arrives."""

    def __init__(
        self, rates_per_s: dict[str, float], seed: int, parameters: SceneParameters
    ) -> None:
        self._rates = rates_per_s
        self._parameters = parameters
        rng = np.random.default_rng([seed, 11])
        self._sources = rng.uniform([60, 60], [2 * ROWS - 60, 2 * COLS - 60],
                                    (parameters.n_sources, 2))  # fmt: skip
        sheath = {node: magnetosheath(node) for node in ("E2", "F2", "E4", "F4")}
        sums = {node: float(cells.sum()) for node, cells in sheath.items()}
        # A CCD's rate is shared by its two nodes as the arc lies over them.
        self._share = {
            node: sums[node] / (sums["E" + node[1]] + sums["F" + node[1]]) for node in sums
        }
        self._cells = {node: np.cumsum(cells) / sums[node] for node, cells in sheath.items()}

    def photons(self, rng: np.random.Generator, node: str, seconds: float) -> Photons:
        """Hits of one frame."""
        p, rates = self._parameters, self._rates
        n_swcx = rng.poisson(rates["swcx"] * seconds * self._share[node])
        n_background = rng.poisson(rates["background"] * seconds / 2)
        n_particles = rng.poisson(rates["particles"] * seconds / 2)
        source_rows, source_cols = self._from_sources(rng, node, seconds)
        n_sources = len(source_rows)
        row, col = self._in_sheath(rng, node, n_swcx)
        n_even = n_background + n_particles
        low, high = p.photon_min_ev, p.photon_max_ev
        continuum = self._continuum(rng, n_background + n_sources)
        return Photons(
            np.concatenate([row, rng.uniform(0, EXPOSED_ROWS, n_even), source_rows]),
            np.concatenate([col, rng.uniform(0, EXPOSED_COLS, n_even), source_cols]),
            np.concatenate(
                [
                    rng.choice(LINES_EV, n_swcx, p=LINE_WEIGHTS),
                    continuum[:n_background],
                    rng.uniform(low, high, n_particles),
                    continuum[n_background:],
                ]
            ),
            np.repeat(
                ["swcx", "background", "particles", "sources"],
                [n_swcx, n_background, n_particles, n_sources],
            ),
        )

    def tracks(self, rng: np.random.Generator, seconds: float) -> Tracks:
        """Cosmic rays of one frame: isotropic through the surface, straight through the
        silicon, energy by the length of the path (spread ASSUMED)."""
        p = self._parameters
        n = rng.poisson(COSMIC_RATE_PER_S * seconds / 2)
        cosine = np.sqrt(rng.uniform(1e-5, 1, n))  # flux through a plane
        direction = rng.uniform(0, 2 * np.pi, n)
        across = p.thickness_um * np.sqrt(1 - cosine**2) / cosine / p.pixel_um
        energy = p.cosmic_ev_per_um * p.thickness_um / cosine * rng.lognormal(0, 0.2, n)
        return Tracks(
            rng.uniform(0, EXPOSED_ROWS, n),
            rng.uniform(0, EXPOSED_COLS, n),
            across * np.sin(direction),
            across * np.cos(direction),
            energy,
        )

    def _in_sheath(
        self, rng: np.random.Generator, node: str, n: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        cells = np.searchsorted(self._cells[node], rng.random(n))
        across = len(np.arange(CELL / 2, EXPOSED_COLS, CELL))
        row = (cells // across + rng.random(n)) * CELL
        col = (cells % across + rng.random(n)) * CELL
        return np.minimum(row, EXPOSED_ROWS - 0.01), np.minimum(col, EXPOSED_COLS - 0.01)

    def _from_sources(
        self, rng: np.random.Generator, node: str, seconds: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Point sources seen through the lobster eye: a core and a cross."""
        p = self._parameters
        # The rate is a CCD's mean over the field: both CCDs' photons fall on all sources.
        n = rng.poisson(self._rates["sources"] * seconds * 2)
        which = self._sources[rng.integers(0, len(self._sources), n)]
        offset = rng.normal(0, p.source_sigma_px, (n, 2))
        arm = rng.laplace(0, p.source_arm_px / 3, n)
        axis = rng.integers(0, 4, n)  # half in the core, a quarter in each arm
        offset[axis == 2, 0] += arm[axis == 2]
        offset[axis == 3, 1] += arm[axis == 3]
        y, x = (which + offset).T
        row = 2 * ROWS - y if node[1] == "2" else y
        col = x if node in ("E2", "F4") else 2 * COLS - x
        here = (row >= 0) & (row < EXPOSED_ROWS) & (col >= 0) & (col < EXPOSED_COLS)
        return row[here], col[here]

    def _continuum(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """An exponential cut to the band."""
        p = self._parameters
        span = 1 - np.exp(-(p.photon_max_ev - p.photon_min_ev) / p.continuum_ev)
        return p.photon_min_ev - p.continuum_ev * np.log1p(-span * rng.random(n))
