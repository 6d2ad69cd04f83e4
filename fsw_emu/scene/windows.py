# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The 5x5 windows of a frame in which an event may be, drawn without the frame.

The charge is that of the rendered frame to the last piece: the same arrivals, the same Fano noise.
Read noise is drawn where it matters: in every pixel that holds charge, and in those that noise
alone brings near the threshold, which are a Poisson process of a known rate. Around such pixels
their windows are drawn; windows that overlap share their pixels. Which of them are events is for
the event detection to say (docs/windows.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.ccd import Scene
from fsw_emu.scene.parameters import COLS, NODES, ROWS

Adu = NDArray[np.float32]
Places = NDArray[np.intp]

#: pixels at an edge of a node that are no centre of a window (MSSL-IF-91)
EDGE = 2
#: how far the background may lie below its mean for an event to be drawn; with the default numbers
#: 1 or 2 of 1,000 false events need more
MARGIN_SIGMA, MARGIN_ADU = 1.4, 1.0
#: pixels that come closer to the threshold without any noise are drawn in every frame: hot ones
ALWAYS_SIGMA = 1.0
#: pixels a frame beyond which drawing windows is no faster than rendering
MOST_DRAWN = 30_000

_NODE = ROWS * COLS
_STEPS = np.arange(-EDGE, EDGE + 1)
_WINDOW = (_STEPS[:, None] * COLS + _STEPS).ravel()
_OUTER = np.delete(_WINDOW, [6, 7, 8, 11, 12, 13, 16, 17, 18])
#: logarithm of the normal distribution's upper tail; between the points the error is below 1e-6
_TAIL_AT = np.linspace(0, 12, 6001)
_TAIL = np.log([0.5 * math.erfc(at / math.sqrt(2)) for at in _TAIL_AT])


def tail(sigmas: NDArray[np.floating]) -> NDArray[np.float64]:
    """Part of a normal distribution above so many sigma, for 0 and more; 0 beyond 12."""
    part: NDArray[np.float64] = np.exp(np.interp(sigmas, _TAIL_AT, _TAIL))
    part[sigmas >= _TAIL_AT[-1]] = 0
    return part


def beyond(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sigmas above which that part lies: the other way round."""
    at: NDArray[np.float64] = np.interp(-np.log(part), -_TAIL, _TAIL_AT)
    return at


def rise(offset: Adu) -> tuple[Adu, Adu]:
    """How far each pixel lies above its background without any noise or charge, at most, and
    above the lowest of the 16 outer pixels of its window [ADU]; minus infinity at the edges.

    The sixth smallest of the 16 is not above the median of any 11 of them.
    """
    rows, cols = offset.shape
    inner = slice(EDGE, rows - EDGE), slice(EDGE, cols - EDGE)
    outer = np.stack(
        [
            offset[EDGE + dr : rows - EDGE + dr, EDGE + dc : cols - EDGE + dc]
            for dr in _STEPS
            for dc in _STEPS
            if max(abs(dr), abs(dc)) == EDGE
        ]
    )
    above = np.full((2, *offset.shape), -np.inf, np.float32)
    ordered = np.partition(outer, 5, axis=0)
    above[0][inner] = offset[inner] - ordered[5]
    above[1][inner] = offset[inner] - ordered[:5].min(axis=0)
    return above[0], above[1]


@dataclass(frozen=True)
class NodeWindows:
    """Windows of one node, in raster order of their centres. All its events are among them."""

    row: NDArray[np.intp]
    col: NDArray[np.intp]
    pixels: NDArray[np.uint16]  # (n, 5, 5) [ADU]
    n_bright: int  # pixels of the node above the full-sun threshold


@dataclass(frozen=True)
class _Cut:
    """What a pixel must reach to be looked at, for one set of thresholds."""

    adu: Adu  # of every pixel, over its offset: noise and charge
    always: Places  # drawn in every frame
    limits: Adu  # thresholds by node
    by_column: Adu  # the lowest of the others in each column of the four nodes
    cumulated: NDArray[np.float64]  # over the columns: mean number that noise brings there

    @property
    def lowest(self) -> float:
        """Of all that are not drawn in every frame [ADU]."""
        return float(self.by_column.min())

    @property
    def mean(self) -> float:
        return float(self.cumulated[-1])


class EventWindows:
    """Draws windows of the frames of a scene; renders as the scene does what is no window.

    Not for threads: it keeps working memory of the size of a frame.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._sigma = np.float32(scene.parameters.read_noise_adu)
        offsets = [scene.offset(node) for node in NODES]
        self._offset = np.concatenate(offsets).ravel()
        risen = [rise(offset) for offset in offsets]
        self._rise, self._step = (np.concatenate(each).ravel() for each in zip(*risen, strict=True))
        self._excess = np.zeros(len(self._offset), np.float32)  # over the offset [ADU]
        self._cuts: dict[tuple[int | None, ...], _Cut] = {}
        self._bright: tuple[int, int, NDArray[np.float64]] | None = None  # of a cut, a threshold

    def node_frames(self, index: int) -> dict[str, NDArray[np.uint16]]:
        """As of :class:`Scene`."""
        return self._scene.node_frames(index)

    def uv_frames(self, index: int) -> dict[str, NDArray[np.uint16]]:
        """As of :class:`Scene`."""
        return self._scene.uv_frames(index)

    def full_frame(self, index: int, ccd: int) -> NDArray[np.uint16]:
        """As of :class:`Scene`."""
        return self._scene.full_frame(index, 2 if ccd == 2 else 4)

    def windows(
        self,
        index: int,
        thresholds: Mapping[str, int],
        *,
        mask: tuple[int, int] | None = None,
        bright: int = 0xFFFF,
    ) -> dict[str, NodeWindows] | None:
        """Windows of one frame, by node; None where only a rendered frame will do: thresholds so
        low that noise fills the frame with events, and sums that wrap around at 0.

        thresholds: of the nodes that are read out [ADU]. mask: (row, col) whose window is wanted
        in any case, if it lies within the node. bright: the full-sun threshold [ADU].
        """
        cut = self._cut(thresholds)
        if cut.mean + len(cut.always) > MOST_DRAWN or self._wraps_at_0():
            return None
        charged, charge = self._charge(index, cut)
        rng = self._scene.random(index)
        excess = self._read_noise(rng, len(charged)) + charge
        high = excess > cut.lowest
        reached = charged[high][excess[high] > cut.adu[charged[high]]]
        lonely, its_noise = self._lonely(rng, cut, charged)
        alone, outer = self._screened(rng, cut, lonely, its_noise)
        wanted = reached, cut.always, alone, _places(mask, thresholds)
        centres = np.sort(np.concatenate(wanted))
        centres = centres[_is_new(centres)]
        around = (centres[:, None] + _WINDOW).ravel()
        self._excess[around] = self._quiet(rng, cut, around, self._read_noise(rng, len(around)))
        rings = (alone[:, None] + _OUTER).ravel()
        self._excess[rings] = self._quiet(rng, cut, rings, outer)
        self._excess[lonely] = its_noise
        self._excess[charged] = excess
        pixels = self._values(around).reshape(-1, 5, 5)
        n_bright = self._n_bright(rng, cut, charged, bright)
        found = {}
        for i, node in enumerate(NODES):
            if node not in thresholds:
                continue
            first, last = np.searchsorted(centres, (i * _NODE, (i + 1) * _NODE))
            row, col = np.divmod(centres[first:last] - i * _NODE, COLS)
            found[node] = NodeWindows(row, col, pixels[first:last], int(n_bright[i]))
        return found

    def _charge(self, index: int, cut: _Cut) -> tuple[Places, Adu]:
        """Pixels that hold charge and those that are drawn in every frame, by rising place, and
        their charge [ADU]."""
        place, adu = self._scene.deposits(index)
        place = np.concatenate([place, cut.always])
        order = np.argsort(place, kind="stable")
        place = place[order]
        is_new = _is_new(place)
        pieces = np.concatenate([adu, np.zeros(len(cut.always))])[order]
        charge = np.bincount(np.cumsum(is_new) - 1, pieces)
        return place[is_new], charge.astype(np.float32)

    def _wraps_at_0(self) -> bool:
        """Whether noise could bring a pixel below 0, where it would be the brightest of all."""
        return self._scene.overflow == "wraps" and bool(self._offset.min() < 8 * self._sigma)

    def _cut(self, thresholds: Mapping[str, int]) -> _Cut:
        wanted = tuple(thresholds.get(node) for node in NODES)
        if wanted not in self._cuts:
            self._cuts = {wanted: self._make_cut(wanted)}  # the last one only: 16 MB
        return self._cuts[wanted]

    def _make_cut(self, thresholds: tuple[int | None, ...]) -> _Cut:
        adu = np.repeat(
            [np.float32(np.inf if t is None else t - MARGIN_ADU) for t in thresholds], _NODE
        )
        adu -= MARGIN_SIGMA * self._sigma
        adu -= self._rise
        # Without noise a pixel either is above or is not.
        always = adu < ALWAYS_SIGMA * self._sigma
        others = np.where(always, np.float32(np.inf), adu)
        by_column = others.reshape(len(NODES), ROWS, COLS).min(axis=1).ravel()
        part = tail(by_column / max(self._sigma, np.float32(1e-6)))
        # A pixel is there with probability p where a Poisson number of mean -ln(1 - p) is not 0.
        mean = np.cumsum(-np.log1p(-part) * ROWS)
        limits = np.array([np.inf if t is None else t for t in thresholds], np.float32)
        return _Cut(adu, np.flatnonzero(always), limits, by_column, mean)

    def _read_noise(self, rng: np.random.Generator, n: int) -> Adu:
        noise = rng.standard_normal(n, np.float32)
        noise *= self._sigma
        return noise

    def _lonely(self, rng: np.random.Generator, cut: _Cut, charged: Places) -> tuple[Places, Adu]:
        """Pixels without charge that noise brings above the cut, and their noise [ADU]."""
        at = np.sort(rng.random(rng.poisson(cut.mean))) * cut.mean
        column = np.searchsorted(cut.cumulated, at, side="right")
        node, col = np.divmod(column, COLS)
        place = (node * ROWS + rng.integers(ROWS, size=len(node))) * COLS + col
        order = np.argsort(place)
        order = order[_is_new(place[order])]
        place, by_column = place[order], cut.by_column[column[order]]
        if not len(place):
            return place, by_column
        above = tail(by_column / self._sigma) * (1 - rng.random(len(place)))
        noise = beyond(above).astype(np.float32) * self._sigma
        lonely = noise > cut.adu[place]
        if len(charged):
            near = np.minimum(charged.searchsorted(place), len(charged) - 1)
            lonely &= charged[near] != place
        return place[lonely], noise[lonely]

    def _screened(
        self, rng: np.random.Generator, cut: _Cut, lonely: Places, noise: Adu
    ) -> tuple[Places, Adu]:
        """Those of the lonely pixels that may be events, and the noise of the 16 outer pixels of
        their windows [ADU], of which 6 at least are low enough. Hardly any are."""
        outer = self._read_noise(rng, len(lonely) * len(_OUTER)).reshape(-1, len(_OUTER))
        level = noise + self._step[lonely] - cut.limits[lonely // _NODE] + MARGIN_ADU
        low = np.count_nonzero(outer <= level[:, None], axis=1)
        return lonely[low > 5], outer[low > 5].ravel()

    def _quiet(self, rng: np.random.Generator, cut: _Cut, places: Places, noise: Adu) -> Adu:
        """The same noise without what is above the cut: that is drawn again [ADU]."""
        least = ALWAYS_SIGMA * self._sigma
        high = np.flatnonzero(noise > least)
        while len(high):
            # Pixels whose cut is lower are drawn in every frame, and put in place after these.
            high = high[noise[high] > np.maximum(cut.adu[places[high]], least)]
            noise[high] = self._read_noise(rng, len(high))
        return noise

    def _values(self, places: Places) -> NDArray[np.uint16]:
        return self._scene.converted(self._excess[places] + self._offset[places])

    def _n_bright(
        self, rng: np.random.Generator, cut: _Cut, charged: Places, bright: int
    ) -> NDArray[np.int64]:
        """Pixels above the full-sun threshold by node. Those without charge have their mean rate
        each, whatever noise the windows show."""
        if bright >= 0xFFFF:
            return np.zeros(len(NODES), np.int64)
        n_charged = np.bincount(charged // _NODE, minlength=len(NODES))
        above = charged[self._values(charged) > bright]
        count = np.bincount(above // _NODE, minlength=len(NODES))
        return count + rng.binomial(_NODE - n_charged, self._bright_part(cut, bright))

    def _bright_part(self, cut: _Cut, bright: int) -> NDArray[np.float64]:
        """Part of each node's pixels that are above the full-sun threshold without charge, but for
        those that are drawn in every frame."""
        if self._bright is None or self._bright[:2] != (id(cut), bright):
            sigmas = (bright + 0.5 - self._offset) / max(float(self._sigma), 1e-6)
            upper = tail(np.abs(sigmas))
            part = np.where(sigmas > 0, upper, 1 - upper)
            part[cut.always] = 0
            self._bright = id(cut), bright, part.reshape(len(NODES), -1).mean(axis=1)
        return self._bright[2]


def _is_new(ordered: Places) -> NDArray[np.bool_]:
    """Which are not the same as the one before."""
    new = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return new


def _places(mask: tuple[int, int] | None, nodes: Mapping[str, int]) -> Places:
    """Where the wandering mask is in each node, if its window lies inside."""
    if mask is None:
        return np.zeros(0, np.intp)
    row, col = mask
    if not (EDGE <= row < ROWS - EDGE and EDGE <= col < COLS - EDGE):
        return np.zeros(0, np.intp)
    return np.array([i * _NODE + row * COLS + col for i, n in enumerate(NODES) if n in nodes])
