# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How well maps follow: noise of 5 ADU, a tenth of the pixels occupied, seeds fixed. On the host
alone: the properties have shown that every build does the same."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fsw_emu.core import MapSettings, PixelMaps, default_core

SHAPE = (160, 384)
SIGMA = 5.0
PATTERN = np.random.default_rng(7).normal(500, 3, SHAPE)  # of pixels [ADU]


class Sky:
    """Frames of a pattern with noise, and with events of 20 to 500 ADU on so many of its pixels."""

    def __init__(self, occupied: float, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.occupied = occupied

    def frame(self, raised: float = 0.0) -> NDArray[np.uint16]:
        made = PATTERN + raised + self.rng.normal(0, SIGMA, SHAPE)
        hit = self.rng.random(SHAPE) < self.occupied
        made[hit] += self.rng.uniform(20, 500, hit.sum())
        return np.clip(np.rint(made), 0, 65535).astype(np.uint16)


def learned(sky: Sky, maps: PixelMaps, frames: int, raised: float = 0.0) -> PixelMaps:
    core = default_core()
    for _ in range(frames):
        maps = core.maps_update(maps, sky.frame(raised))
    return maps


@pytest.mark.verifies("MAP-15", "MAP-16")
@pytest.mark.parametrize("occupied", [0.0, 0.1])
def test_a_step_of_1_adu_is_followed_in_30_frames(occupied: float) -> None:
    sky = Sky(occupied, seed=1)
    maps = learned(sky, default_core().maps_begin(SHAPE, MapSettings()), 250)
    assert maps.n_local == 0
    before = maps.offset / 256 - PATTERN
    assert abs(before.mean()) < 0.05
    after = learned(sky, maps, 30, raised=1.0)
    assert after.n_local == 0
    error = after.offset / 256 - PATTERN - 1
    assert abs(error.mean()) < 0.05  # the node
    rows = error.mean(axis=1)
    assert np.sqrt(np.mean(rows**2)) < 0.12  # rows, each of 384 pixels
    assert np.mean(abs(rows) < 0.2) > 0.9
    assert abs((after.offset - maps.offset.astype(np.int64)).mean() / 256 - 1) < 0.05
    baseline = error + np.repeat(after.common / 256, 64, axis=1)
    assert abs(baseline.mean()) < 3 * 0.8 / np.sqrt(after.common.size)  # of this one frame
    noise = after.noise / 256
    assert abs(noise.mean() - SIGMA) < 0.03 * SIGMA + 0.05
    assert error.std() < 0.8  # single pixels, slow


@pytest.mark.verifies("MAP-15")
def test_events_do_not_bias_a_pixel_that_has_them_often() -> None:
    """The same 10 % of the pixels in every other frame, after a quiet time."""
    core, rng = default_core(), np.random.default_rng(3)
    shape, often = (40, 128), np.random.default_rng(4).random((40, 128)) < 0.1
    maps = core.maps_begin(shape, MapSettings())
    for n in range(500):
        frame = np.rint(500 + rng.normal(0, SIGMA, shape)).astype(np.uint16)
        if n > 250 and n % 2:
            frame[often] += np.uint16(300)
        maps = core.maps_update(maps, frame)
    drawn = (maps.offset[often].mean() - maps.offset[~often].mean()) / 256
    assert 0 < drawn < 1.2  # a plain median would be anywhere up to 300 ADU
