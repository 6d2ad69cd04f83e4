# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the tracker of hot pixels is worth: how soon, how seldom wrong, what it does with pixels
that flicker and with bright sources. Readouts of a node, of 4 s; seeded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import poisson

from fsw_emu.core import EVENT_DTYPE, HOT_HOT, HotTracker, default_core

ROWS, COLS = 639, 384
PIXELS = ROWS * COLS
DAY = 21600  # readouts
WRONG_A_DAY = 1e-4 * PIXELS
QUIET, ACTIVE, STORM = 92, 236, 3000  # events a node and readout, 23, 59 and 750 a second


def events_in(pixels: NDArray[np.int64]) -> NDArray[Any]:
    events = np.zeros(len(pixels), EVENT_DTYPE)
    events["row"], events["col"] = pixels // COLS, pixels % COLS
    return events


def sky(rng: np.random.Generator, rate: float) -> NDArray[np.int64]:
    return rng.integers(0, PIXELS, rng.poisson(rate))


def watched(rate: float, readouts: int = 20) -> HotTracker:
    """A tracker that has seen the sky for a while."""
    rng, tracker = np.random.default_rng(1), default_core().hot_tracker(clean=64)
    for _ in range(readouts):
        tracker.update(events_in(sky(rng, rate)))
    return tracker


@given(fires=st.lists(st.booleans(), max_size=24))
def test_more_than_half_of_four_readouts_is_hot(fires: list[bool]) -> None:
    """Up to 60 events a second and node, whatever came before."""
    tracker = default_core().hot_tracker(clean=64)
    for k, now in enumerate(fires):
        others = np.arange(200) * 1201 + 7 * k  # each pixel once
        told = tracker.update(events_in(np.append(others, 100_000 if now else 5 * k)))
        half = sum(fires[max(k - 3, 0) : k + 1]) > 2
        assert not (now and half) or told[-1] == HOT_HOT
        assert not (told[:-1] == HOT_HOT).any()


@pytest.mark.parametrize(
    ("rate", "fires", "median", "most"),
    [(QUIET, 1.0, 3, 3), (QUIET, 0.75, 3, 9), (ACTIVE, 1.0, 4, 4), (STORM, 1.0, 7, 8)],
)
def test_readouts_until_a_hot_pixel_is_gone(
    rate: int, fires: float, median: int, most: int
) -> None:
    """From its first event on; 20 of them."""
    rng, tracker = np.random.default_rng(2), watched(rate)
    hot = rng.choice(PIXELS, 20, replace=False)
    began, gone = np.full(20, -1), np.full(20, -1)
    for k in range(40):
        firing = np.flatnonzero(rng.random(20) < fires)
        began[firing] = np.where(began[firing] < 0, k, began[firing])
        told = tracker.update(events_in(np.append(hot[firing], sky(rng, rate))))
        now = firing[told[: len(firing)] == HOT_HOT]
        gone[now] = np.where(gone[now] < 0, k, gone[now])
    taken = gone - began + 1
    assert (gone >= 0).all()
    assert np.median(taken) == median
    assert taken.max() <= most


@pytest.mark.parametrize(("rate", "readouts"), [(QUIET, 4000), (ACTIVE, DAY // 2), (STORM, 400)])
def test_few_pixels_are_masked_wrongly(rate: int, readouts: int) -> None:
    """No more than the budget of a day, or than its part makes once in a million such spans."""
    rng, tracker = np.random.default_rng(3), default_core().hot_tracker(clean=64)
    for _ in range(readouts):
        tracker.update(events_in(sky(rng, rate)))
    most = poisson.isf(1e-6, WRONG_A_DAY * readouts / DAY)
    assert tracker.n_masked <= min(most, WRONG_A_DAY)
    assert tracker.n_hot <= 1
    assert tracker.mean / 256 == pytest.approx(rate, rel=0.1)


def test_a_pixel_that_flickers_stays_masked() -> None:
    """On for 20 readouts, off for 100: masked for longer each time, in the end throughout."""
    rng, tracker = np.random.default_rng(4), watched(QUIET)
    seen = []
    for _ in range(12):
        kept = 0
        for k in range(120):
            fires = k < 20 and rng.random() < 0.9
            pixels = np.append(sky(rng, QUIET), [777] if fires else []).astype(np.int64)
            told = tracker.update(events_in(pixels))
            kept += bool(fires and told[-1] != HOT_HOT)
        seen.append(kept)
    assert seen[0] <= 3
    assert sum(seen[2:]) <= 3
    assert tracker.n_hot == 1


@pytest.mark.parametrize("bright", [0.5, 2.0, 8.0])
def test_a_source_is_not_taken_for_hot_pixels(bright: float) -> None:
    """So many events a readout in an image of 3.5 pixels full width at half maximum."""
    rng, tracker = np.random.default_rng(5), watched(QUIET)
    masked = 0
    for _ in range(1000):
        n = rng.poisson(bright)
        places = np.rint(rng.normal([300, 200], 1.5, (n, 2))).astype(np.int64)
        source = np.unique(places[:, 0] * COLS + places[:, 1])
        told = tracker.update(events_in(np.append(source, sky(rng, QUIET))))
        masked += int((told[: len(source)] == HOT_HOT).sum())
    assert masked <= 0.01 * bright * 1000
