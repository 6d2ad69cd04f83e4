# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""From photons and tracks to charge in pixels, of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.charge import share_cloud
from fsw_emu.scene.detailed.parameters import SiliconParameters

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: node, row, col, electrons of each piece
Pieces = tuple[Ints, Ints, Ints, Floats]

#: a track's charge is laid down in steps of this part of a pixel at most, and in so many at least
STEP_PX, LEAST_STEPS = 0.125, 8


def attenuation_um(energy_ev: Floats, p: SiliconParameters) -> Floats:
    """Attenuation length in silicon: a power law, and the K edge (ASSUMED)."""
    length = p.attenuation_um * (energy_ev / 1000) ** p.attenuation_exponent
    um: Floats = np.where(energy_ev >= p.edge_ev, length / p.edge_factor, length)
    return um


def depths_um(part: Floats, energy_ev: Floats, p: SiliconParameters) -> Floats:
    """How deep below the back surface photons are absorbed that do not leave the silicon.

    part: even in 0..1; so much of them is absorbed before.
    """
    length = attenuation_um(energy_ev, p)
    absorbed = -np.expm1(-p.thickness_um / length)
    um: Floats = -length * np.log1p(-part * absorbed)
    return np.minimum(um, p.thickness_um)


def cloud_um(depth_um: Floats, p: SiliconParameters) -> Floats:
    """Sigma of charge that drifts from there to the gates: its square goes with the way."""
    way = 1 - depth_um / p.thickness_um
    um: Floats = np.sqrt(p.cloud_least_um**2 + (p.cloud_um**2 - p.cloud_least_um**2) * way)
    return um


def freed_electrons(rng: np.random.Generator, energy_ev: Floats, p: SiliconParameters) -> Floats:
    """Charge that photons set free: its mean goes with the energy, its variance is Fano's."""
    mean = energy_ev / p.ev_per_pair
    noise: Floats = rng.standard_normal(len(mean)) * np.sqrt(p.fano * mean)
    return np.maximum(mean + noise, 0)


def photon_pieces(
    photons: NDArray[Any], depth_um: Floats, p: SiliconParameters, *, scale: int
) -> Pieces:
    """Charge of photons (PHOTON_DTYPE) in pixels. scale: pixels of a binned one on a side."""
    sigma = cloud_um(depth_um, p) / (6 * p.pixel_um) * scale
    return _clouds(
        photons["node"].astype(np.int64),
        photons["row"].astype(np.float64) * scale,
        photons["col"].astype(np.float64) * scale,
        photons["electrons"].astype(np.float64),
        sigma,
    )


def track_pieces(tracks: NDArray[Any], p: SiliconParameters, *, scale: int) -> Pieces:
    """Charge of tracks (TRACK_DTYPE) in pixels: even along the way, which begins at the back."""
    way = np.hypot(tracks["d_row"], tracks["d_col"]).astype(np.float64) * scale
    steps = np.maximum(np.ceil(way / STEP_PX), LEAST_STEPS).astype(np.int64)
    track = np.repeat(np.arange(len(tracks)), steps)
    within = np.arange(len(track)) - np.repeat(np.cumsum(steps) - steps, steps)
    at = (within + 0.5) / steps[track]
    sigma = cloud_um(at * p.thickness_um, p) / (6 * p.pixel_um) * scale
    electrons = tracks["energy_ev"].astype(np.float64) / p.ev_per_pair / steps
    row, col = (
        (tracks[name].astype(np.float64)[track] + at * tracks[f"d_{name}"][track]) * scale
        for name in ("row", "col")
    )
    return _clouds(tracks["node"].astype(np.int64)[track], row, col, electrons[track], sigma)


def _clouds(node: Ints, row: Floats, col: Floats, electrons: Floats, sigma_px: Floats) -> Pieces:
    if not len(node):
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing, np.zeros(0)
    rows, cols, parts = share_cloud(row, col, sigma_px)
    nodes = np.broadcast_to(node, rows.shape)
    return nodes.ravel(), rows.ravel(), cols.ravel(), (parts * electrons).ravel()
