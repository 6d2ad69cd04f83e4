# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which event is whose: photons, tracks and hot pixels beside what an algorithm sent.

An event on a track is the particle's, whatever else lies there; one whose centre is a hot pixel
that fires is the hot pixel's. Of the others, a photon may own those that have it in the 3x3 pixels
around their centre: photons choose from bright to faint, each the nearest event that no brighter
one has taken. What no photon took is a hot pixel's too where its centre leaks one sigma of the
noise or more: noise lifts it over the threshold again and again. Events that nobody owns are
false. By pixels, not by the place an algorithm claims: a wrong claim must show as a bias of
position, not as a loss. ASSUMED, all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.scene.exposure import Exposure

REACH_PX = 1  # of an event for photons, from its centre pixel
TRACK_REACH_PX = 1.5  # of a track for events, from its path to the middle of the centre pixel
APART_PX = 4  # as far about an isolated photon nothing else lies: its 5x5 and all others' are apart

#: what an event comes from, in the order of their codes
CAUSES = ("photon", "particle", "hot", "false")
PHOTON, PARTICLE, HOT, FALSE = range(4)
#: what becomes of a photon; hidden: nothing but a particle's or a hot pixel's event in its reach
FATES = ("found", "piled", "hidden", "lost")
FOUND, PILED, HIDDEN, LOST = range(4)

Keys = NDArray[np.int64]


@dataclass(frozen=True)
class Matched:
    """Of events in the order sent, and of photons in the order of the truth."""

    cause: NDArray[np.uint8]  # of each event: index into CAUSES
    photon: NDArray[np.int64]  # of each event: the photon that owns it, -1: none
    n_piled: NDArray[np.int64]  # of each event: photons in its reach that found no event left
    fate: NDArray[np.uint8]  # of each photon: index into FATES


@dataclass(frozen=True)
class Grid:
    """Pixels of frames (nodes, rows, cols) as numbers, with a margin about each node."""

    nodes: int
    rows: int
    cols: int

    @property
    def width(self) -> int:
        """Numbers of one row of pixels."""
        return self.cols + 2 * APART_PX

    def keys(self, places: NDArray[Any]) -> Keys:
        """Numbers of the pixels of places (fields node, row, col)."""
        row = np.floor(places["row"]).astype(np.int64) + APART_PX
        col = np.floor(places["col"]).astype(np.int64) + APART_PX
        height = self.rows + 2 * APART_PX
        return np.asarray((places["node"].astype(np.int64) * height + row) * self.width + col)

    def inside(self, places: NDArray[Any], margin: int) -> NDArray[np.bool_]:
        """Which places are ``margin`` pixels or more from the edges of their node."""
        row, col = np.floor(places["row"]), np.floor(places["col"])
        return np.asarray(
            (row >= margin)
            & (row < self.rows - margin)
            & (col >= margin)
            & (col < self.cols - margin)
        )


def match(exposure: Exposure, events: NDArray[Any], near: NDArray[np.bool_]) -> Matched:
    """Owners of the events and fates of the photons.

    events: FOUND_DTYPE; near: ``paint`` of the tracks with TRACK_REACH_PX.
    """
    nodes, rows, cols = exposure.frames.shape
    grid = Grid(nodes, rows, cols)
    event_keys = grid.keys(events)
    cause = np.full(len(events), FALSE, np.uint8)
    cause[np.isin(event_keys, grid.keys(exposure.hot))] = HOT
    cause[near[events["node"], events["row"], events["col"]]] = PARTICLE
    event, photon = _in_reach(grid, events, event_keys, exposure.photons)
    fate = np.full(len(exposure.photons), LOST, np.uint8)
    fate[photon] = HIDDEN
    is_free = cause[event] == FALSE
    event, photon = event[is_free], photon[is_free]
    fate[photon] = PILED
    owner = _choose(events, exposure.photons, event, photon)
    owned = owner >= 0
    cause[owned] = PHOTON
    fate[owner[owned]] = FOUND
    cause[(cause == FALSE) & np.isin(event_keys, grid.keys(exposure.leaking))] = HOT
    piled = event[fate[photon] == PILED]
    return Matched(
        cause=cause,
        photon=owner,
        n_piled=np.bincount(piled, minlength=len(events)),
        fate=fate,
    )


def isolated(exposure: Exposure, grid: Grid) -> NDArray[np.bool_]:
    """Photons with no other photon, track, hot pixel that fires or edge within APART_PX."""
    photons = exposure.photons
    keys = grid.keys(photons)
    alone = _count(grid, np.sort(keys), keys) == 1
    alone &= _count(grid, np.sort(grid.keys(exposure.hot)), keys) == 0
    alone &= grid.inside(photons, APART_PX)
    at = np.flatnonzero(alone)
    tracks = paint(exposure.tracks, float(APART_PX), exposure.frames.shape)
    row, col = photons["row"][at].astype(np.int64), photons["col"][at].astype(np.int64)
    alone[at] = ~tracks[photons["node"][at], row, col]
    return np.asarray(alone)


def paint(tracks: NDArray[Any], reach_px: float, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels of frames of ``shape`` whose middle is within ``reach_px`` of a track's path.

    Each track is walked along its longer axis, a pixel a step, with as many pixels across as the
    reach can take: time goes with the length of the tracks, not with the pixels of the frames.
    """
    near = np.zeros(shape, np.bool_)
    start = np.stack([tracks["row"], tracks["col"]]).astype(np.float64)
    way = np.stack([tracks["d_row"], tracks["d_col"]]).astype(np.float64)
    is_tall = np.abs(way[0]) >= np.abs(way[1])
    major, minor = np.where(is_tall, start, start[::-1])
    d_major, d_minor = np.where(is_tall, way, way[::-1])
    extra = int(np.ceil(reach_px))
    first = np.floor(np.minimum(major, major + d_major)).astype(np.int64) - extra
    last = np.floor(np.maximum(major, major + d_major)).astype(np.int64) + extra
    track, step = _spread(last - first + 1)
    along = first[track] + step
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (along + 0.5 - major[track]) / d_major[track]
    share = np.clip(np.nan_to_num(share), 0.0, 1.0)
    middle = np.floor(minor[track] + share * d_minor[track]).astype(np.int64)
    side = int(np.ceil(reach_px * np.sqrt(2.0))) + 1
    across = middle[:, None] + np.arange(-side, side + 1)
    along = np.broadcast_to(along[:, None], across.shape)
    tall = is_tall[track][:, None]
    row, col = np.where(tall, along, across), np.where(tall, across, along)
    square = _square_to_path(row + 0.5, col + 0.5, start[:, track], way[:, track])
    inside = (row >= 0) & (row < shape[1]) & (col >= 0) & (col < shape[2])
    hit = inside & (square <= reach_px**2)
    node = np.broadcast_to(tracks["node"][track][:, None], hit.shape)
    near[node[hit], row[hit], col[hit]] = True
    return near


def standing(
    frames: NDArray[np.uint16], pixels: tuple[Any, Any, Any], threshold_adu: int
) -> NDArray[np.bool_]:
    """Which pixels (node, row, col) are the largest of their 3x3, the first in raster order of
    equal ones, and ``threshold_adu`` or more above the median of the 16 pixels around their 5x5.
    Those within two pixels of an edge are not. What any rule might make an event of."""
    node, row, col = (np.asarray(each, np.int64) for each in pixels)
    stands = (row >= 2) & (row < frames.shape[1] - 2) & (col >= 2) & (col < frames.shape[2] - 2)
    value = frames[node, row, col]
    for d_row, d_col in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        at = np.flatnonzero(stands)
        other = frames[node[at], row[at] + d_row, col[at] + d_col]
        later = (d_row, d_col) > (0, 0)
        stands[at] = other <= value[at] if later else other < value[at]
    at = np.flatnonzero(stands)
    ring = [(r, c) for r in range(-2, 3) for c in range(-2, 3) if max(abs(r), abs(c)) == 2]
    around = np.stack([frames[node[at], row[at] + r, col[at] + c] for r, c in ring], axis=-1)
    stands[at] = value[at] >= np.median(around, axis=-1) + threshold_adu
    return np.asarray(stands)


def _square_to_path(
    row: NDArray[np.float64],
    col: NDArray[np.float64],
    start: NDArray[np.float64],
    way: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Square of the distance of points (n, k) to straight paths (2, n)."""
    d_row, d_col = row - start[0][:, None], col - start[1][:, None]
    length = np.maximum(way[0] ** 2 + way[1] ** 2, 1e-12)[:, None]
    share = np.clip((d_row * way[0][:, None] + d_col * way[1][:, None]) / length, 0.0, 1.0)
    square = (d_row - share * way[0][:, None]) ** 2 + (d_col - share * way[1][:, None]) ** 2
    return np.asarray(square)


def _spread(counts: Keys) -> tuple[Keys, Keys]:
    """Of groups with so many members each: the group of each member, and its place in it."""
    group = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return group, np.arange(len(group)) - first[group]


def _count(grid: Grid, ordered: Keys, keys: Keys) -> Keys:
    """How many of ``ordered`` lie within APART_PX pixels of each key."""
    order = np.argsort(keys)
    asked = keys[order]  # in order: neighbours are near in memory too
    counts = np.zeros(len(keys), np.int64)
    for d_row in range(-APART_PX, APART_PX + 1):
        middle = asked + d_row * grid.width
        counts += np.searchsorted(ordered, middle + APART_PX, "right")
        counts -= np.searchsorted(ordered, middle - APART_PX, "left")
    total = np.empty_like(counts)
    total[order] = counts
    return total


def _in_reach(
    grid: Grid, events: NDArray[Any], event_keys: Keys, photons: NDArray[Any]
) -> tuple[Keys, Keys]:
    """All pairs (event, photon) within REACH_PX pixels of each other, from the nearest pair on."""
    photon_keys = grid.keys(photons)
    order = np.argsort(photon_keys, kind="stable")
    ordered = photon_keys[order]
    pairs = []
    for d_row in range(-REACH_PX, REACH_PX + 1):
        middle = event_keys + d_row * grid.width
        low = np.searchsorted(ordered, middle - REACH_PX, "left")
        high = np.searchsorted(ordered, middle + REACH_PX, "right")
        event, place = _spread(high - low)
        pairs.append((event, order[low[event] + place]))
    event = np.concatenate([each for each, _ in pairs])
    photon = np.concatenate([each for _, each in pairs])
    square = (events["row"][event] + 0.5 - photons["row"][photon].astype(np.float64)) ** 2
    square += (events["col"][event] + 0.5 - photons["col"][photon].astype(np.float64)) ** 2
    nearest = np.lexsort((event, square))
    return event[nearest], photon[nearest]


def _choose(events: NDArray[Any], photons: NDArray[Any], event: Keys, photon: Keys) -> Keys:
    """Of each event its owner, -1: none. Pairs come from the nearest on.

    All photons without an event ask for the nearest that has not refused them, events keep the
    brightest that asked: as if they had chosen one after the other from bright to faint.
    """
    rank = np.empty(len(photons), np.int64)  # 0: the brightest, the first of equal ones
    rank[np.argsort(-photons["energy_ev"].astype(np.float64), kind="stable")] = np.arange(
        len(photons)
    )
    by_photon = np.argsort(photon, kind="stable")
    event, photon = event[by_photon], photon[by_photon]
    last = np.append(photon[1:] != photon[:-1], True) if len(photon) else np.zeros(0, np.bool_)
    nobody = len(photons)
    held = np.full(len(events), nobody, np.int64)  # rank of the photon that each event keeps
    asking = np.flatnonzero(np.roll(last, 1))  # the first pair of each photon
    pair_of = np.full(nobody + 1, -1, np.int64)  # by rank: the pair it last asked with
    while len(asking):
        before = held.copy()
        pair_of[rank[photon[asking]]] = asking
        np.minimum.at(held, event[asking], rank[photon[asking]])
        refused = asking[held[event[asking]] != rank[photon[asking]]]
        changed = np.unique(event[asking])
        sent_away = before[changed][before[changed] != held[changed]]
        again = np.concatenate([refused, pair_of[sent_away[sent_away < nobody]]])
        asking = again[~last[again]] + 1
    by_rank = np.append(np.argsort(rank), -1)
    return np.asarray(by_rank[held])
