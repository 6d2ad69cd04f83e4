# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Small skies and toy algorithms to measure with: quick to make, everything about them known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.interface import FOUND_DTYPE, Outcome, Setup
from fsw_emu.core import default_core
from fsw_emu.merit.matching import standing
from fsw_emu.scene.exposure import PHOTON_DTYPE, PIXEL_DTYPE, TRACK_DTYPE, Exposure

SHAPE = (4, 96, 72)
GAIN, PEDESTAL, NOISE = 5.0, 500.0, 5.0
CORE = default_core()  # the meter codes frames with it


def photons(rng: np.random.Generator, count: int, shape: tuple[int, ...] = SHAPE) -> NDArray[Any]:
    """Anywhere, of any energy."""
    made = np.zeros(count, PHOTON_DTYPE)
    made["node"] = rng.integers(0, shape[0], count)
    made["row"] = rng.uniform(0, shape[1] - 1e-3, count)
    made["col"] = rng.uniform(0, shape[2] - 1e-3, count)
    made["energy_ev"] = rng.uniform(100.0, 2500.0, count)
    return made


def tracks(rng: np.random.Generator, count: int, shape: tuple[int, ...] = SHAPE) -> NDArray[Any]:
    """Of any direction."""
    made = np.zeros(count, TRACK_DTYPE)
    made["node"] = rng.integers(0, shape[0], count)
    made["row"] = rng.uniform(0, shape[1], count)
    made["col"] = rng.uniform(0, shape[2], count)
    angle, length = rng.uniform(0, 2 * np.pi, count), rng.exponential(6.0, count)
    made["d_row"], made["d_col"] = np.sin(angle) * length, np.cos(angle) * length
    made["energy_ev"] = 20000.0
    return made


def pixels(rng: np.random.Generator, count: int, shape: tuple[int, ...] = SHAPE) -> NDArray[Any]:
    """Apart from each other."""
    flat = rng.choice(int(np.prod(shape)), count, replace=False)
    made = np.zeros(count, PIXEL_DTYPE)
    made["node"], made["row"], made["col"] = np.unravel_index(flat, shape)
    return made


def exposure(
    rng: np.random.Generator,
    n_photons: int,
    n_tracks: int = 0,
    hot: NDArray[Any] | None = None,
    shape: tuple[int, ...] = SHAPE,
    index: int = 0,
) -> Exposure:
    """A readout: each photon in the four pixels about its place, tracks as dotted lines."""
    sky, way = photons(rng, n_photons, shape), tracks(rng, n_tracks, shape)
    hot = np.zeros(0, PIXEL_DTYPE) if hot is None else hot
    charge = rng.standard_normal(shape, dtype=np.float32) * np.float32(NOISE) + np.float32(PEDESTAL)
    row, col = np.floor(sky["row"]).astype(int), np.floor(sky["col"]).astype(int)
    # a cloud narrower than a pixel: what is over an edge goes to the neighbour
    over_row, over_col = sky["row"] - row - 0.5, sky["col"] - col - 0.5
    part_row = np.clip((np.abs(over_row) - 0.4) / 0.2, 0, 0.5)
    part_col = np.clip((np.abs(over_col) - 0.4) / 0.2, 0, 0.5)
    for d_row, share_row in ((0, 1 - part_row), (1, part_row)):
        for d_col, share_col in ((0, 1 - part_col), (1, part_col)):
            at_row = np.clip(row + d_row * np.sign(over_row).astype(int), 0, shape[1] - 1)
            at_col = np.clip(col + d_col * np.sign(over_col).astype(int), 0, shape[2] - 1)
            deposit = share_row * share_col * sky["energy_ev"] / GAIN
            np.add.at(charge, (sky["node"], at_row, at_col), deposit)
    for track in way:
        steps = np.linspace(0, 1, 2 + int(2 * np.hypot(track["d_row"], track["d_col"])))
        at_row = np.floor(track["row"] + steps * track["d_row"]).astype(int)
        at_col = np.floor(track["col"] + steps * track["d_col"]).astype(int)
        inside = (at_row >= 0) & (at_row < shape[1]) & (at_col >= 0) & (at_col < shape[2])
        charge[track["node"], at_row[inside], at_col[inside]] += rng.uniform(200, 600)
    charge[hot["node"], hot["row"], hot["col"]] += 150.0
    frames = np.clip(np.rint(charge), 0, 65535).astype(np.uint16)
    return Exposure(index, frames, sky, way, hot, GAIN)


def events_at(frames: NDArray[np.uint16], flat: NDArray[np.int64]) -> NDArray[Any]:
    """Events with these centres, two pixels or more from the edges."""
    node, row, col = np.unravel_index(flat, frames.shape)
    made = np.zeros(len(flat), FOUND_DTYPE)
    made["node"], made["row"], made["col"] = node, row, col
    offsets = np.arange(-2, 3)
    window = frames[
        node[:, None, None],
        row[:, None, None] + offsets[None, :, None],
        col[:, None, None] + offsets[None, None, :],
    ].astype(np.float64)
    made["pixels"] = window.reshape(-1, 25)
    inner = window[:, 1:4, 1:4] - PEDESTAL
    total = inner.sum(axis=(1, 2))
    made["pha_adu"] = total
    steady = np.maximum(total, 1.0)
    made["row_px"] = row + 0.5 + (inner.sum(axis=2) * [-1, 0, 1]).sum(axis=1) / steady
    made["col_px"] = col + 0.5 + (inner.sum(axis=1) * [-1, 0, 1]).sum(axis=1) / steady
    made["grade"] = np.clip((inner > 4 * NOISE).sum(axis=(1, 2)), 0, 8)
    return made


@dataclass
class Toy:
    """Detects as any rule would; a limit, taken in order or at random; a cut on width; a mask."""

    setup: Setup
    limit: int | None = None
    is_fair: bool = False
    widest: int = 25  # pixels above the noise
    mask_after: int | None = None  # readouts until a pixel that fires is masked
    bytes_an_event: int = 64
    seen: dict[int, int] = field(default_factory=dict)

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        """As Algorithm does."""
        flat = np.flatnonzero(frames >= PEDESTAL + self.setup.threshold_adu)
        node, row, col = np.unravel_index(flat, frames.shape)
        flat = flat[standing(frames, (node, row, col), self.setup.threshold_adu)]
        counts = {"detected": len(flat)}
        if self.mask_after is not None:
            bad = np.array([self.seen.get(p, 0) >= self.mask_after for p in flat.tolist()], bool)
            for pixel in flat.tolist():
                self.seen[pixel] = self.seen.get(pixel, 0) + 1
            counts["bad"] = int(bad.sum())
            flat = flat[~bad]
        if self.limit is not None and len(flat) > self.limit:
            counts["dropped"] = len(flat) - self.limit
            rng = np.random.default_rng(self.setup.seed)
            taken = rng.permutation(len(flat))[: self.limit] if self.is_fair else slice(self.limit)
            flat = np.sort(flat[taken])
        events = events_at(frames, flat)
        narrow = events["grade"] <= self.widest
        counts |= {"centre": int((~narrow).sum()), "sent": int(narrow.sum())}
        return Outcome(events[narrow], counts, self.bytes_an_event * int(narrow.sum()))


TOYS: Mapping[str, Mapping[str, Any]] = {
    "flight": {"limit": 120},
    "fair": {"limit": 120, "is_fair": True},
    "tree": {"limit": 120, "widest": 3, "mask_after": 3, "bytes_an_event": 40},
}
SCENES = {"quiet": (60, 20), "storm": (260, 30)}  # photons and tracks


def run(
    name: str,
    scene: str,
    seed: int,
    *,
    readouts: int = 6,
    shape: tuple[int, ...] = SHAPE,
    threshold_adu: int = 25,
    scale: int = 1,
) -> list[Any]:
    """Measures of a run of a toy."""
    from fsw_emu.merit.meter import Meter

    setup = Setup(CORE, seed, threshold_adu=threshold_adu)
    options = dict(TOYS[name])
    options["limit"] *= scale
    toy, meter = Toy(setup, **options), Meter(setup)
    rng = np.random.default_rng([seed, sum(scene.encode())])
    hot = pixels(rng, 6, shape)
    n_photons, n_tracks = (scale * each for each in SCENES[scene])
    for index in range(readouts):
        made = exposure(rng, n_photons, n_tracks, hot, shape, index)
        meter.readout(made, toy.readout(made.frames))
    return meter.measures()
