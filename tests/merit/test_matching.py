# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Whose event is whose, judged by brute force over small skies."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import merit_fake as fake
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.algorithms.interface import FOUND_DTYPE
from fsw_emu.merit.matching import (
    FALSE,
    FOUND,
    HIDDEN,
    HOT,
    LOST,
    PARTICLE,
    PHOTON,
    PILED,
    Grid,
    isolated,
    match,
    paint,
    standing,
)
from fsw_emu.scene.exposure import PHOTON_DTYPE, PIXEL_DTYPE, TRACK_DTYPE, Exposure

SMALL = (2, 14, 12)


def sky(
    photons: NDArray[Any],
    tracks: NDArray[Any] | None = None,
    hot: NDArray[Any] | None = None,
    shape: tuple[int, ...] = SMALL,
) -> Exposure:
    tracks = np.zeros(0, TRACK_DTYPE) if tracks is None else tracks
    hot = np.zeros(0, PIXEL_DTYPE) if hot is None else hot
    return Exposure(0, np.full(shape, 500, np.uint16), photons, tracks, hot, 5.0)


def events(places: list[tuple[int, int, int]]) -> NDArray[Any]:
    made = np.zeros(len(places), FOUND_DTYPE)
    for event, (node, row, col) in zip(made, places, strict=True):
        event["node"], event["row"], event["col"] = node, row, col
    return made


def photon(row: float, col: float, energy_ev: float = 500.0, node: int = 0) -> tuple[Any, ...]:
    return (node, row, col, energy_ev, 0.0, 0)


def distance_to_path(row: float, col: float, track: Any) -> float:
    """By calculus of one variable: the nearest of the path's points."""
    way = complex(track["d_row"], track["d_col"])
    to = complex(row - track["row"], col - track["col"])
    share = (to * way.conjugate()).real / max(abs(way) ** 2, 1e-300)
    return abs(to - min(max(share, 0.0), 1.0) * way)


def by_brute_force(exposure: Exposure, found: NDArray[Any]) -> tuple[list[int], list[int]]:
    """Owners of events (-1: none, -2: track, -3: hot pixel), fates of photons."""
    owner, reach = [-1] * len(found), list[list[tuple[float, int]]]()
    hot = {(int(p["node"]), int(p["row"]), int(p["col"])) for p in exposure.hot}
    for i, event in enumerate(found):
        node, row, col = (int(event[name]) for name in ("node", "row", "col"))
        if (node, row, col) in hot:
            owner[i] = -3
        on_node = [t for t in exposure.tracks if t["node"] == node]
        if any(distance_to_path(row + 0.5, col + 0.5, t) <= 1.5 for t in on_node):
            owner[i] = -2
    fates = [LOST] * len(exposure.photons)
    for p in exposure.photons:
        near = []
        for i, event in enumerate(found):
            off = [float(p[n]) - (int(event[n]) + 0.5) for n in ("row", "col")]
            in_block = all(
                abs(math.floor(float(p[n])) - int(event[n])) <= 1 for n in ("row", "col")
            )
            if event["node"] == p["node"] and in_block:
                near.append((off[0] ** 2 + off[1] ** 2, i))
        reach.append(sorted(near))
    brightest = sorted(range(len(fates)), key=lambda i: (-exposure.photons[i]["energy_ev"], i))
    for i in brightest:
        fates[i] = HIDDEN if reach[i] else LOST
        free = [j for _, j in reach[i] if owner[j] == -1]
        if any(owner[j] > -2 for _, j in reach[i]):
            fates[i] = FOUND if free else PILED
        if free:
            owner[free[0]] = i
    return owner, fates


@given(st.integers(0, 2**32 - 1), st.integers(0, 25), st.integers(0, 25), st.integers(0, 2))
def test_owners_are_those_of_brute_force(seed: int, n: int, m: int, n_tracks: int) -> None:
    rng = np.random.default_rng(seed)
    made = sky(
        fake.photons(rng, n, SMALL), fake.tracks(rng, n_tracks, SMALL), fake.pixels(rng, 4, SMALL)
    )
    made.photons["energy_ev"] = rng.choice([200.0, 500.0, 900.0], n)  # as bright as others
    places = (map(int, rng.integers(0, SMALL)) for _ in range(m))  # the same twice, too
    at = [(node, row, col) for node, row, col in places]
    found = events(at)
    matched = match(made, found, paint(made.tracks, 1.5, SMALL))
    owner, fates = by_brute_force(made, found)
    assert matched.photon.tolist() == [max(each, -1) for each in owner]
    causes = [PHOTON if o >= 0 else {-1: FALSE, -2: PARTICLE, -3: HOT}[o] for o in owner]
    assert matched.cause.tolist() == causes
    assert matched.fate.tolist() == fates
    assert (matched.fate == FOUND).sum() == (matched.cause == PHOTON).sum()


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_events_does_not_matter(seed: int) -> None:
    """Of events at different pixels, and photons of different energy."""
    rng = np.random.default_rng(seed)
    made = sky(fake.photons(rng, 30, SMALL))
    flat = rng.choice(int(np.prod(SMALL)), 30, replace=False)
    found = events(list(zip(*map(np.ndarray.tolist, np.unravel_index(flat, SMALL)), strict=True)))
    order = rng.permutation(30)
    nothing = np.zeros(SMALL, bool)
    one, other = match(made, found, nothing), match(made, found[order], nothing)
    assert (one.photon[order] == other.photon).all()
    assert (one.fate == other.fate).all()


def test_the_brightest_takes_the_event_others_pile_up() -> None:
    photons = np.array([photon(5.5, 5.5, 300), photon(4.1, 6.8, 900)], PHOTON_DTYPE)
    matched = match(sky(photons), events([(0, 5, 5)]), np.zeros(SMALL, bool))
    assert matched.photon.tolist() == [1]
    assert matched.fate.tolist() == [PILED, FOUND]


def test_a_photon_that_finds_its_event_taken_goes_to_the_next() -> None:
    photons = np.array([photon(5.4, 5.5, 900), photon(5.6, 5.5, 300)], PHOTON_DTYPE)
    matched = match(sky(photons), events([(0, 5, 5), (0, 6, 5)]), np.zeros(SMALL, bool))
    assert matched.photon.tolist() == [0, 1]


def test_two_pixels_off_is_another_event() -> None:
    photons = np.array([photon(5.5, 6.99), photon(5.5, 7.01)], PHOTON_DTYPE)
    for i, expected in enumerate((FOUND, LOST)):
        made = sky(photons[i : i + 1])
        assert match(made, events([(0, 5, 5)]), np.zeros(SMALL, bool)).fate[0] == expected
    other_node = np.array([photon(5.5, 5.5, node=1)], PHOTON_DTYPE)
    assert match(sky(other_node), events([(0, 5, 5)]), np.zeros(SMALL, bool)).fate[0] == LOST


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.7, 1.5, 4.0]))
def test_tracks_paint_what_is_near_their_path(seed: int, reach_px: float) -> None:
    rng = np.random.default_rng(seed)
    tracks = fake.tracks(rng, 3, SMALL)
    tracks["d_row"][0] = 0.0
    tracks["d_col"][1] = tracks["d_row"][1] = 0.0
    near = paint(tracks, reach_px, SMALL)
    for node, row, col in np.ndindex(*SMALL):
        away = [distance_to_path(row + 0.5, col + 0.5, t) for t in tracks if t["node"] == node]
        least = min(away, default=math.inf)
        if abs(least - reach_px) > 1e-6:
            assert near[node, row, col] == (least < reach_px)


@given(st.integers(0, 2**32 - 1))
def test_isolated_photons_have_nothing_within_four_pixels(seed: int) -> None:
    shape = (2, 40, 36)
    rng = np.random.default_rng(seed)
    made = sky(
        fake.photons(rng, 25, shape), fake.tracks(rng, 2, shape), fake.pixels(rng, 5, shape), shape
    )
    found = isolated(made, Grid(*shape))
    for i, p in enumerate(made.photons):
        row, col = math.floor(p["row"]), math.floor(p["col"])
        others = [q for j, q in enumerate(made.photons) if j != i]
        crowd = [q for q in (*others, *made.hot) if q["node"] == p["node"]]
        near = any(
            max(abs(math.floor(q["row"]) - row), abs(math.floor(q["col"]) - col)) <= 4
            for q in crowd
        )
        away = [distance_to_path(row + 0.5, col + 0.5, t)
                for t in made.tracks if t["node"] == p["node"]]  # fmt: skip
        near |= any(each <= 4 for each in away)
        edge = not (4 <= row < shape[1] - 4 and 4 <= col < shape[2] - 4)
        assert found[i] == (not near and not edge)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_what_stands_out(seed: int, levels: int) -> None:
    """Few levels: many ties, of which the first in raster order wins."""
    rng = np.random.default_rng(seed)
    frames = (500 + 10 * rng.integers(0, levels + 1, (2, 9, 8))).astype(np.uint16)
    nodes, rows, cols = np.unravel_index(np.arange(frames.size), frames.shape)
    stands = standing(frames, (nodes, rows, cols), 12).reshape(frames.shape)
    for node, row, col in np.ndindex(*frames.shape):
        inside = 2 <= row < 7 and 2 <= col < 6
        assert stands[node, row, col] == (inside and _stands(frames[node], row, col, 12))


def _stands(frame: NDArray[np.uint16], row: int, col: int, threshold: int) -> bool:
    window = frame[row - 2 : row + 3, col - 2 : col + 3].astype(int)
    inner = window[1:4, 1:4].ravel()
    ring = window.copy()
    ring[1:4, 1:4] = -1
    background = np.median(ring[ring >= 0])
    return int(np.argmax(inner)) == 4 and inner[4] >= background + threshold


def test_leaking_pixels_own_what_no_photon_does() -> None:
    """Of events that noise lifts out of them, and one that is a photon's."""
    photons = np.array([photon(5.5, 5.5), photon(9.5, 8.5)], PHOTON_DTYPE)
    leaking = np.array([(0, 5, 5), (0, 9, 2), (1, 3, 3)], PIXEL_DTYPE)
    made = replace(sky(photons, hot=leaking[2:]), leaking=leaking)
    found = events([(0, 5, 5), (0, 9, 2), (0, 10, 2), (1, 3, 3)])
    matched = match(made, found, np.zeros(SMALL, bool))
    assert matched.cause.tolist() == [PHOTON, HOT, FALSE, HOT]
    assert matched.fate.tolist() == [FOUND, LOST]


def test_nothing_at_all() -> None:
    made = sky(np.zeros(0, PHOTON_DTYPE))
    matched = match(made, events([]), np.zeros(SMALL, bool))
    assert len(matched.cause) == len(matched.fate) == 0
    matched = match(made, events([(0, 5, 5)]), np.zeros(SMALL, bool))
    assert matched.cause.tolist() == [FALSE]


@pytest.mark.parametrize("n", [0, 40])
def test_many_events_at_one_place_are_no_trap(n: int) -> None:
    photons = np.array([photon(5.5, 5.5, 500 + i) for i in range(n)], PHOTON_DTYPE)
    matched = match(sky(photons), events([(0, 5, 5)] * 300), np.zeros(SMALL, bool))
    assert (matched.cause == PHOTON).sum() == n
