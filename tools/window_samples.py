# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Events of frames that were rendered and of frames that were drawn, and how far they differ:
no command, see compare_windows.py."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.fee.event_source import EventSource
from fsw_emu.fee.front_end import FramePackets, FrontEnd, FrontEndSettings
from fsw_emu.scene import NODES, Scene
from fsw_emu.scene.windows import EventWindows

ROWS, COLS = 639, 384
RING = [6, 7, 8, 11, 13, 16, 17, 18]
OUTER = np.setdiff1d(np.arange(25), [*RING, 12])
SPLIT_ADU = 25
SPECTRUM_ADU = np.r_[np.arange(20, 200, 4), np.arange(200, 400, 10), 400, 450, 500, 700, 1e3, 2e4]
LEAST_IN_BIN = 20


@dataclass(frozen=True)
class Sample:
    """Windows of many frames."""

    n_frames: int
    frame: NDArray[np.int64]
    node: NDArray[np.int64]
    row: NDArray[np.int64]
    col: NDArray[np.int64]
    pixels: NDArray[np.int32]  # (n, 25)
    is_event: NDArray[np.bool_]  # the others are wandering masks
    is_hot: NDArray[np.bool_]
    is_false: NDArray[np.bool_]  # less than 1 ADU of charge, and not hot

    @property
    def height(self) -> NDArray[np.float32]:
        """Centre over the median of the outer pixels [ADU]."""
        return self.pixels[:, 12] - self._background

    @property
    def over(self) -> NDArray[np.float32]:
        """All pixels over the median of the outer ones [ADU]."""
        return self.pixels.astype(np.float32) - self._background[:, None]

    @property
    def _background(self) -> NDArray[np.float32]:
        return np.median(self.pixels[:, OUTER], axis=1).astype(np.float32)

    def per_frame(self, which: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of those each frame has."""
        return np.bincount(self.frame[which], minlength=self.n_frames)


@dataclass(frozen=True)
class Line:
    """One thing compared; ``sigmas``: the difference in standard errors."""

    what: str
    rendered: float
    drawn: float
    sigmas: float


def rendered(core: Core, scene: Scene, threshold: int, frames: range) -> Iterator[FramePackets]:
    front_end = FrontEnd(core, FrontEndSettings(threshold=threshold))
    return (front_end.event_buffer(scene.node_frames(index)) for index in frames)


def drawn(core: Core, scene: Scene, threshold: int, frames: range) -> Iterator[FramePackets]:
    source = EventSource(core, FrontEndSettings(threshold=threshold), EventWindows(scene))
    return (source.readout(index) for index in frames)


def sample(core: Core, scene: Scene, readouts: Iterable[FramePackets], frames: range) -> Sample:
    """The windows of these frames, which are those of the readouts."""
    hot = np.concatenate([scene.bad_pixels()[node].ravel() for node in NODES])
    parts: list[tuple[Any, ...]] = []
    for number, (index, packets) in enumerate(zip(frames, readouts, strict=True)):
        read = core.fee_parse(packets.buffer, packets.offsets, packets.lengths)
        wanted = (read.headers["type"] & 1 == 1) & (read.headers["last"] == 0)
        headers, events = read.headers[wanted], read.events[wanted]
        node = 2 * headers["ccd"].astype(int) + 1 - headers["side"]
        place = (node * ROWS + events["row"]) * COLS + events["col"]
        at, adu = scene.deposits(index)
        charge = np.bincount(at, adu, len(hot))[place]
        is_event = headers["type"] == 1
        is_false = is_event & (charge < 1) & ~hot[place]
        row, col = events["row"].astype(int), events["col"].astype(int)
        where = np.full(len(node), number), node, row, col
        parts.append((*where, events["pixels"].astype(np.int32), is_event, hot[place], is_false))
    return Sample(len(frames), *(np.concatenate(each) for each in zip(*parts, strict=True)))


def compare(a: Sample, b: Sample) -> list[Line]:
    """Rendered and drawn samples of as many other frames of one scene, in standard errors."""
    lines = []
    for i, node in enumerate(NODES):
        which = [s.is_event & (s.node == i) for s in (a, b)]
        lines.append(_counts(f"events of {node} a frame", a, b, *which))
    lines.append(_counts("events a frame", a, b, a.is_event, b.is_event))
    lines.append(_counts("false events a frame", a, b, a.is_false, b.is_false))
    hot = [s.is_event & s.is_hot for s in (a, b)]
    lines.append(_counts("events of hot pixels a frame", a, b, *hot))
    lines.append(_counts("wandering masks a frame", a, b, ~a.is_event, ~b.is_event))
    real = [s.is_event & ~s.is_hot for s in (a, b)]
    heights = [s.height[w] for s, w in zip((a, b), real, strict=True)]
    lines.append(_bins("spectrum, chi-square per bin", *heights, SPECTRUM_ADU))
    lines.append(_furthest("spectrum, Kolmogorov-Smirnov", *heights))
    cells = [_cells(s)[w] for s, w in zip((a, b), real, strict=True)]
    lines.append(_bins("positions, chi-square per cell", *cells, np.arange(4 * 16 * 12 + 1)))
    grades = [_split(s)[w] for s, w in zip((a, b), real, strict=True)]
    lines.append(_bins("split pixels, chi-square per number", *grades, np.arange(10)))
    lines.append(_means("split pixels of an event", *grades))
    # A few cosmic rays would rule the mean.
    sums = [np.clip(s.over[w].sum(axis=1), -500, 1000) for s, w in zip((a, b), real, strict=True)]
    lines.append(_means("window sum, cut at 1000 ADU", *sums))
    lines.append(_furthest("window sum, Kolmogorov-Smirnov", *sums))
    faint = [s.height[s.is_false] for s in (a, b)]
    lines.append(_means("height of false events [ADU]", *faint))
    masks = [s.pixels[~s.is_event].ravel().astype(float) for s in (a, b)]
    middle = np.median(np.concatenate(masks))
    flat = [mask[np.abs(mask - middle) < 30] for mask in masks]
    lines.append(_means("pixel of a wandering mask [ADU]", *flat))
    spread = [(each - each.mean()) ** 2 for each in flat]
    lines.append(_means("its variance [ADU^2]", *spread))
    return lines


def compare_same(a: Sample, b: Sample) -> list[Line]:
    """Rendered and drawn samples of the same frames: the same charge, other read noise."""
    lines = []
    for what, which in (
        ("events a frame, same charge", (a.is_event, b.is_event)),
        ("events with charge a frame, same charge",
         (a.is_event & ~a.is_false, b.is_event & ~b.is_false)),
    ):  # fmt: skip
        counts = [s.per_frame(w) for s, w in zip((a, b), which, strict=True)]
        difference = counts[0] - counts[1]
        error = difference.std(ddof=1) / math.sqrt(len(difference))
        lines.append(
            Line(what, counts[0].mean(), counts[1].mean(), _ratio(difference.mean(), error))
        )
    return lines


def _ratio(difference: float, error: float) -> float:
    return difference / error if error else math.copysign(math.inf, difference) if difference else 0


def _counts(
    what: str, a: Sample, b: Sample, of_a: NDArray[np.bool_], of_b: NDArray[np.bool_]
) -> Line:
    """Numbers a frame, with the spread that they have from frame to frame."""
    return _means(what, a.per_frame(of_a), b.per_frame(of_b))


def _means(what: str, a: NDArray[Any], b: NDArray[Any]) -> Line:
    error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    return Line(what, a.mean(), b.mean(), _ratio(a.mean() - b.mean(), error))


def _bins(what: str, a: NDArray[Any], b: NDArray[Any], edges: NDArray[Any]) -> Line:
    """Poisson numbers in bins; bins with few are left out. Shown: chi-square and its mean."""
    counts = [np.histogram(each, edges)[0] for each in (a, b)]
    n = counts[0] + counts[1]
    full = n >= LEAST_IN_BIN
    chi2 = ((counts[0] - counts[1])[full] ** 2 / n[full]).sum()
    dof = int(full.sum())
    # Wilson and Hilferty: the cube root of chi-square is nearly normal.
    mean = 2 / (9 * dof)
    return Line(what, chi2 / dof, 1.0, ((chi2 / dof) ** (1 / 3) - 1 + mean) / math.sqrt(mean))


def _furthest(what: str, a: NDArray[Any], b: NDArray[Any]) -> Line:
    """Kolmogorov-Smirnov. Shown: the largest distance of the two distributions, and the one that
    a twentieth of equal ones exceeds. Its probability is told in sigmas of a normal one."""
    a, b = np.sort(a), np.sort(b)
    at = np.concatenate([a, b])
    parts = [np.searchsorted(each, at, side="right") / len(each) for each in (a, b)]
    distance = float(np.abs(parts[0] - parts[1]).max())
    scaled = distance * math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    terms = range(1, 100)
    part = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in terms)
    part = min(max(part, 1e-12), 1.0)
    return Line(what, distance, distance * 1.358 / scaled if scaled else 0, _sigmas(part))


def _sigmas(part: float) -> float:
    """Sigmas beyond which that part of a normal distribution lies, on both sides."""
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erfc(middle / math.sqrt(2)) > part else (low, middle)
    return low


def _cells(s: Sample) -> NDArray[np.int64]:
    """Number of the cell, of 16 x 12 in each node."""
    return (s.node * 16 + s.row * 16 // ROWS) * 12 + s.col * 12 // COLS


def _split(s: Sample) -> NDArray[np.int64]:
    """Neighbours that have a part of the charge."""
    return (s.over[:, RING] > SPLIT_ADU).sum(axis=1)
