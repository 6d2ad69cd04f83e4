"""The built-in scene: a sky, and the CCDs that see it.

Everything follows from kind, seed and frame index; a frame needs none of those before it.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.parameters import COLS, NODES, RATES_PER_S, ROWS, SceneParameters
from fsw_emu.scene.sky import TRUTH_DTYPE, Photons, Sky, Tracks

__all__ = ["NODES", "TRUTH_DTYPE", "Scene", "SceneParameters"]

FULL_ROWS, FULL_COLS = 4511, 4608  # one CCD unbinned, sides interleaved
UV_SHAPE = (165, 96)  # 24x24 binned (ASSUMED, SPEC.md A18)
BINNING = 6
STEPS_PER_PIXEL = 16  # samples of a cosmic ray's path


class Scene:
    """Frames of a quiet or a stormy sky.

    kind: ``quiet`` or ``storm`` (rates of facts: about 46 and 124 events per CCD and second).
    frame_period_s: integration time. ValueError for another kind or a period that is not
    positive.
    """

    def __init__(
        self,
        kind: Literal["quiet", "storm"] = "storm",
        *,
        seed: int = 1,
        frame_period_s: float = 10.0,
        parameters: SceneParameters | None = None,
    ) -> None:
        if kind not in RATES_PER_S:
            raise ValueError(f"no such scene: {kind!r} ({', '.join(RATES_PER_S)})")
        if not frame_period_s > 0:
            raise ValueError(f"a frame of {frame_period_s} s")
        if seed < 0:
            raise ValueError(f"seed {seed}: not negative")
        self._kind = list(RATES_PER_S).index(kind)
        self._seed = seed
        self._period_s = frame_period_s
        self.parameters = parameters or SceneParameters()
        self._sky = Sky(RATES_PER_S[kind], seed, self.parameters)
        self._offsets = {node: self._offset(node) for node in NODES}

    @property
    def detection_threshold_adu(self) -> int:
        """5 sigma of the read noise (ASSUMED)."""
        return round(5 * self.parameters.read_noise_adu)

    def node_frames(self, index: int) -> dict[str, NDArray[np.uint16]]:
        """The four nodes of one frame, 6x6 binned: (639, 384) [ADU]."""
        return {node: self._node_frame(index, node) for node in NODES}

    def uv_frames(self, index: int) -> dict[str, NDArray[np.uint16]]:
        """The four nodes of one frame, 24x24 binned: (165, 96) [ADU]."""
        return {node: self._uv_frame(index, node) for node in NODES}

    def full_frame(self, index: int, ccd: Literal[2, 4]) -> NDArray[np.uint16]:
        """One CCD unbinned: (4511, 4608) [ADU], F in even and E in odd columns."""
        image = np.empty((FULL_ROWS, FULL_COLS), np.uint16)
        for i, side in enumerate("FE"):
            image[:, i::2] = self._full_side(index, f"{side}{ccd}")
        return image

    def truth(self, index: int) -> NDArray[Any]:
        """All that was put into one frame (TRUTH_DTYPE)."""
        tables = []
        for node in NODES:
            photons, tracks, _ = self._arrivals(index, node)
            table = np.empty(len(photons.row) + len(tracks.row), TRUTH_DTYPE)
            table["node"] = node
            table["row"] = np.concatenate([photons.row, tracks.row])
            table["col"] = np.concatenate([photons.col, tracks.col])
            table["energy_ev"] = np.concatenate([photons.energy_ev, tracks.energy_ev])
            table["kind"] = np.concatenate([photons.kind, np.repeat("cosmic", len(tracks.row))])
            tables.append(table)
        return np.concatenate(tables)

    def bad_pixels(self) -> dict[str, NDArray[np.bool_]]:
        """The hot pixels of each node: (639, 384)."""
        maps = {}
        for node in NODES:
            maps[node] = np.zeros((ROWS, COLS), np.bool_)
            maps[node][self._hot_pixels(node)] = True
        return maps

    def _rng(self, *what: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *what])

    def _hot_pixels(self, node: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rng = self._rng(3, NODES.index(node))
        n = self.parameters.hot_pixels_per_node
        return rng.integers(5, ROWS - 20, n), rng.integers(5, COLS - 20, n)

    def _offset(self, node: str) -> NDArray[np.float32]:
        """What is the same in every frame of a node."""
        p = self.parameters
        rng = self._rng(2, NODES.index(node))
        base = p.pedestal_adu + rng.normal(0, p.node_offset_sigma_adu)
        offset = np.full((ROWS, COLS), base)
        offset += rng.normal(0, p.column_sigma_adu, COLS)
        offset += np.linspace(0, p.row_ramp_adu, ROWS)[:, None]
        offset[self._hot_pixels(node)] += p.hot_pixel_adu
        return offset.astype(np.float32)

    def _arrivals(self, index: int, node: str) -> tuple[Photons, Tracks, np.random.Generator]:
        """The same for every product of a frame."""
        rng = self._rng(5, self._kind, index, NODES.index(node))
        photons = self._sky.photons(rng, node, self._period_s)
        return photons, self._sky.tracks(rng, self._period_s), rng

    def _signal(
        self, photons: Photons, tracks: Tracks, rng: np.random.Generator, scale: int = 1
    ) -> NDArray[np.float64]:
        """Deposits [ADU] in a node frame of ``scale`` times as many pixels a side."""
        p = self.parameters
        rows, cols = ROWS * scale, COLS * scale
        spread = p.ev_per_pair * np.sqrt(p.fano * photons.energy_ev / p.ev_per_pair)
        energy = photons.energy_ev + rng.normal(0, 1, len(spread)) * spread
        shares = share_charge(
            photons.row * scale, photons.col * scale, p.cloud_sigma_um / p.pixel_um * scale
        )
        row, col, part = (*shares[:2], shares[2] * energy / p.gain_ev_per_adu)
        steps = sample_tracks(tracks, scale)
        row = np.concatenate([row.ravel(), steps[0]])
        col = np.concatenate([col.ravel(), steps[1]])
        part = np.concatenate([part.ravel(), steps[2] / p.gain_ev_per_adu])
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        cell = row[inside] * cols + col[inside]
        return np.bincount(cell, part[inside], rows * cols).reshape(rows, cols)

    def _digitised(
        self, rng: np.random.Generator, analogue: NDArray[np.float32]
    ) -> NDArray[np.uint16]:
        """Read noise and a 16-bit converter, which saturates and never wraps."""
        noise = rng.standard_normal(analogue.shape, np.float32)
        noise *= np.float32(self.parameters.read_noise_adu)
        noise += analogue
        np.rint(noise, out=noise)
        return np.clip(noise, 0, 0xFFFF, out=noise).astype(np.uint16)

    def _node_frame(self, index: int, node: str) -> NDArray[np.uint16]:
        photons, tracks, rng = self._arrivals(index, node)
        signal = self._signal(photons, tracks, rng).astype(np.float32)
        signal += self._offsets[node]
        return self._digitised(rng, signal)

    def _uv_frame(self, index: int, node: str) -> NDArray[np.uint16]:
        photons, tracks, rng = self._arrivals(index, node)
        signal = self._signal(photons, tracks, rng)
        rows, cols = ROWS // 4, COLS // 4
        binned = signal[: rows * 4, : cols * 4].reshape(rows, 4, cols, 4).sum(axis=(1, 3))
        frame = np.full(UV_SHAPE, self.parameters.pedestal_adu, np.float32)
        frame[:rows, :cols] += binned.astype(np.float32)
        return self._digitised(rng, frame)

    def _full_side(self, index: int, node: str) -> NDArray[np.uint16]:
        photons, tracks, rng = self._arrivals(index, node)
        signal = self._signal(photons, tracks, rng, BINNING)
        side = np.full((FULL_ROWS, FULL_COLS // 2), self.parameters.pedestal_adu, np.float32)
        rows = min(signal.shape[0], FULL_ROWS)
        side[:rows] += signal[:rows].astype(np.float32)
        return self._digitised(rng, side)


def share_charge(
    row: NDArray[np.float64], col: NDArray[np.float64], sigma_px: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Pixels that share a photon's charge, and their parts: each (9, n), the parts sum to 1.

    The cloud's profile is logistic, close to a Gaussian of sigma_px (ASSUMED)."""

    def parts(at: NDArray[np.float64]) -> NDArray[np.float64]:
        below = 1 / (1 + np.exp(np.minimum(1.702 * at / sigma_px, 700)))
        above = 1 / (1 + np.exp(np.minimum(1.702 * (1 - at) / sigma_px, 700)))
        return np.stack([below, 1 - below - above, above])

    first_row, first_col = np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)
    by_row, by_col = parts(row - first_row), parts(col - first_col)
    steps = np.arange(-1, 2)
    rows = np.broadcast_to((steps[:, None] + first_row)[:, None], (3, 3, len(row)))
    cols = np.broadcast_to((steps[:, None] + first_col)[None], (3, 3, len(col)))
    shares = by_row[:, None] * by_col[None]
    return rows.reshape(9, -1), cols.reshape(9, -1), shares.reshape(9, -1)


def sample_tracks(
    tracks: Tracks, scale: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """(row, col, energy [eV]) of points along the paths, STEPS_PER_PIXEL to a pixel."""
    length = np.hypot(tracks.d_row, tracks.d_col) * scale
    counts = np.ceil(np.minimum(length, 2000) * STEPS_PER_PIXEL).astype(np.int64) + 1
    which = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    along = (np.arange(len(which)) - first[which] + 0.5) / counts[which]
    row = np.floor((tracks.row[which] + along * tracks.d_row[which]) * scale).astype(np.int64)
    col = np.floor((tracks.col[which] + along * tracks.d_col[which]) * scale).astype(np.int64)
    return row, col, tracks.energy_ev[which] / counts[which]
