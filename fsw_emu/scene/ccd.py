# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The CCDs: arrivals of the sky become frames of samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.charge import cut_tracks, share_cloud
from fsw_emu.scene.parameters import (
    COLS,
    EXPOSED_COLS,
    EXPOSED_ROWS,
    KINDS,
    NODES,
    ROWS,
    SceneParameters,
)
from fsw_emu.scene.sky import TRUTH_DTYPE, Photons, Sky, Tracks, joined

# What is drawn apart, so that none shifts another's random numbers.
SOURCES, PATTERN, HOT, ARRIVALS, READOUT, WINDOWS = range(6)


@dataclass(frozen=True)
class Readout:
    """How a node is read out: its samples, and how many of them a 6x6-binned pixel is wide."""

    rows: int
    cols: int
    scale: float

    @property
    def exposed(self) -> tuple[int, int]:
        """Rows and columns that light reaches."""
        return math.ceil(EXPOSED_ROWS * self.scale), math.ceil(EXPOSED_COLS * self.scale)


BINNED_6 = Readout(ROWS, COLS, 1)
UNBINNED = Readout(4511, 2304, 6)  # one side of a full frame


class Scene:
    """Frames of a quiet or a stormy sky.

    kind: ``quiet`` or ``storm``: about 46 and 124 hits per CCD and second by default.
    frame_period_s: integration time. uv_shape: rows and columns of a node, 24x24 binned (ASSUMED).
    overflow: what becomes of sums beyond 16 bit: a converter saturates; the public simulator
    wraps (ASSUMED). ValueError for another kind, a period that is not positive
    and finite, a seed or an index below 0.
    """

    def __init__(
        self,
        kind: Literal["quiet", "storm"] = "storm",
        *,
        seed: int = 1,
        frame_period_s: float = 10.0,
        uv_shape: tuple[int, int] = (165, 96),
        overflow: Literal["saturates", "wraps"] = "saturates",
        parameters: SceneParameters | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"no such scene: {kind!r} ({', '.join(KINDS)})")
        if not 0 < frame_period_s < math.inf:
            raise ValueError(f"a frame of {frame_period_s} s")
        if seed < 0:
            raise ValueError(f"seed {seed}: not negative")
        self.kind: Literal["quiet", "storm"] = kind
        self.seed = seed
        self.period_s = frame_period_s
        self.parameters = parameters or SceneParameters()
        self._binned_24 = Readout(*uv_shape, 1 / 4)
        self.overflow = overflow
        self._sky = Sky(kind, self._rng(SOURCES), self.parameters)
        self._offsets = {node: self._offset(node, BINNED_6) for node in NODES}

    @property
    def detection_threshold_adu(self) -> int:
        """5 sigma of the read noise (ASSUMED)."""
        return round(5 * self.parameters.read_noise_adu)

    def node_frames(self, index: int) -> dict[str, NDArray[np.uint16]]:
        """The four nodes of one frame, 6x6 binned: (639, 384) [ADU]."""
        return {node: self._frame(index, node, BINNED_6) for node in NODES}

    def uv_frames(self, index: int) -> dict[str, NDArray[np.uint16]]:
        """The four nodes of one frame, 24x24 binned: ``uv_shape`` [ADU]."""
        return {node: self._frame(index, node, self._binned_24) for node in NODES}

    def full_frame(self, index: int, ccd: Literal[2, 4]) -> NDArray[np.uint16]:
        """One CCD unbinned: (4511, 4608) [ADU], F in even and E in odd columns (MSSL-IF-115).
        ValueError for another CCD."""
        if ccd not in (2, 4):
            raise ValueError(f"no such CCD: {ccd}")
        image = np.empty((UNBINNED.rows, 2 * UNBINNED.cols), np.uint16)
        for i, side in enumerate("FE"):
            image[:, i::2] = self._frame(index, f"{side}{ccd}", UNBINNED)
        return image

    def truth(self, index: int) -> NDArray[Any]:
        """All that was put into one frame (TRUTH_DTYPE), node after node."""
        tables = []
        for node in NODES:
            photons, tracks = self._arrivals(index, node)
            table = np.empty(len(photons.row) + len(tracks.row), TRUTH_DTYPE)
            table["node"] = node
            table["row"] = np.concatenate([photons.row, tracks.row])
            table["col"] = np.concatenate([photons.col, tracks.col])
            table["energy_ev"] = np.concatenate([photons.energy_ev, tracks.energy_ev])
            table["kind"] = np.concatenate([photons.kind, np.repeat("cosmic", len(tracks.row))])
            tables.append(table)
        return np.concatenate(tables)

    def bad_pixels(self) -> dict[str, NDArray[np.bool_]]:
        """The hot pixels of each node, 6x6 binned: (639, 384)."""
        maps = {}
        for node in NODES:
            maps[node] = np.zeros((ROWS, COLS), np.bool_)
            maps[node][self._hot_pixels(node)] = True
        return maps

    def offset(self, node: str) -> NDArray[np.float32]:
        """What is the same in every frame of a node, 6x6 binned: (639, 384) [ADU]."""
        return self._offsets[node]

    def deposits(self, index: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """What the arrivals of one frame leave in its exposed pixels, those of :meth:`node_frames`:
        (place in a flat (4, 639, 384) array, ADU), a place once for each hit that reaches it."""
        arrivals = [self._arrivals(index, node) for node in NODES]
        electrons = [
            self._electrons(photons, self._rng(READOUT, KINDS.index(self.kind), index, i))
            for i, (photons, _) in enumerate(arrivals)
        ]
        photons, tracks = (joined(list(each)) for each in zip(*arrivals, strict=True))
        row, col, adu, hit = self._pieces(photons, np.concatenate(electrons), tracks, 1)
        counts = [len(p.row) for p, _ in arrivals] + [len(t.row) for _, t in arrivals]
        node = np.repeat(np.tile(np.arange(len(NODES)), 2), counts)[hit]
        rows, cols = BINNED_6.exposed
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        place = (node * ROWS + row) * COLS + col
        return place[inside], adu[inside]

    def random(self, index: int) -> np.random.Generator:
        """Random numbers of a frame for whoever draws more of it than the frames show."""
        return self._rng(WINDOWS, KINDS.index(self.kind), index)

    def converted(self, samples: NDArray[np.float32]) -> NDArray[np.uint16]:
        """What a 16-bit converter makes of samples [ADU], which are lost."""
        np.rint(samples, out=samples)
        if self.overflow == "wraps":
            wrapped: NDArray[np.uint16] = samples.astype(np.int64).astype(np.uint16)
            return wrapped
        return np.clip(samples, 0, 0xFFFF, out=samples).astype(np.uint16)

    def _rng(self, *what: int) -> np.random.Generator:
        seed = np.random.SeedSequence(self.seed, spawn_key=what)
        return np.random.Generator(np.random.PCG64(seed))

    def _hot_pixels(self, node: str) -> tuple[NDArray[np.intp], ...]:
        """(row, col) of the hot pixels of a node, none at its edges."""
        inside = (int(EXPOSED_ROWS) - 10, int(EXPOSED_COLS) - 10)
        n = self.parameters.hot_pixels_per_node
        rng = self._rng(HOT, NODES.index(node))
        flat = rng.choice(inside[0] * inside[1], n, replace=False)
        return tuple(at + 5 for at in np.unravel_index(flat, inside))

    def _offset(self, node: str, readout: Readout) -> NDArray[np.float32]:
        """What is the same in every frame of a node: pedestal, pattern, hot pixels."""
        p = self.parameters
        rng = self._rng(PATTERN, NODES.index(node))
        base = p.pedestal_adu + rng.normal(0, p.node_offset_sigma_adu)
        columns = base + rng.normal(0, p.column_sigma_adu, COLS)
        # Columns of another width see the amplifier chain of those at their place.
        at = np.minimum((np.arange(readout.cols) / readout.scale).astype(np.intp), COLS - 1)
        ramp = np.linspace(0, p.row_ramp_adu, readout.rows)
        offset = columns[at] + ramp[:, None]
        row, col = (((hot + 0.5) * readout.scale).astype(np.intp) for hot in self._hot_pixels(node))
        np.add.at(offset, (row, col), p.hot_pixel_adu)
        return offset.astype(np.float32)

    def _arrivals(self, index: int, node: str) -> tuple[Photons, Tracks]:
        """The same for every way to read out a frame."""
        if index < 0:
            raise ValueError(f"frame {index}: not negative")
        rng = self._rng(ARRIVALS, KINDS.index(self.kind), index, NODES.index(node))
        photons = self._sky.photons(rng, node, self.period_s)
        return photons, self._sky.tracks(rng, self.period_s)

    def _frame(self, index: int, node: str, readout: Readout) -> NDArray[np.uint16]:
        """Read noise and a 16-bit converter."""
        photons, tracks = self._arrivals(index, node)
        rng = self._rng(READOUT, KINDS.index(self.kind), index, NODES.index(node))
        signal = self._signal(photons, tracks, rng, readout)
        frame = rng.standard_normal((readout.rows, readout.cols), np.float32)
        frame *= np.float32(self.parameters.read_noise_adu)
        frame += self._offsets[node] if readout is BINNED_6 else self._offset(node, readout)
        rows, cols = readout.exposed
        frame[:rows, :cols] += signal
        return self.converted(frame)

    def _signal(
        self, photons: Photons, tracks: Tracks, rng: np.random.Generator, readout: Readout
    ) -> NDArray[np.float32]:
        """What arrivals leave in the exposed samples [ADU]; charge beyond them is lost."""
        electrons = self._electrons(photons, rng)
        row, col, adu, _ = self._pieces(photons, electrons, tracks, readout.scale)
        rows, cols = readout.exposed
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        cell = row[inside] * cols + col[inside]
        deposits = np.bincount(cell, adu[inside], rows * cols)
        return deposits.reshape(rows, cols).astype(np.float32)

    def _electrons(self, photons: Photons, rng: np.random.Generator) -> NDArray[np.float64]:
        """What photons set free: a mean that goes with the energy, and Fano noise."""
        p = self.parameters
        electrons = photons.energy_ev / p.ev_per_pair
        electrons += rng.standard_normal(len(electrons)) * np.sqrt(p.fano * electrons)
        return electrons

    def _pieces(
        self, photons: Photons, electrons: NDArray[np.float64], tracks: Tracks, scale: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.intp]]:
        """(row, col, ADU, hit) of every pixel that a hit reaches; hits are photons, then tracks."""
        p = self.parameters
        sigma = p.cloud_sigma_um / p.pixel_um * scale
        row, col, share = share_cloud(photons.row * scale, photons.col * scale, sigma)
        t_row, t_col, track, part = cut_tracks(
            *(at * scale for at in (tracks.row, tracks.col, tracks.d_row, tracks.d_col))
        )
        ev = np.concatenate(
            [(share * electrons * p.ev_per_pair).ravel(), part * tracks.energy_ev[track]]
        )
        hit = np.concatenate([np.tile(np.arange(len(electrons)), len(row)), len(electrons) + track])
        return (
            np.concatenate([row.ravel(), t_row]),
            np.concatenate([col.ravel(), t_col]),
            ev / p.gain_ev_per_adu,
            hit,
        )
