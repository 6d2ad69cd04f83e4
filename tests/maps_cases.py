# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Frames and settings that maps are tried on, and the model beside them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.core import MapSettings, PixelMaps
from fsw_emu.model import maps as model

settings = st.builds(
    MapSettings,
    clip=st.sampled_from([20, 1, 65535]) | st.integers(1, 300),
    start_step=st.sampled_from([512, 0, 65535]),
    start_frames=st.integers(0, 3),
    fine_step=st.sampled_from([4, 0, 1, 65535]),
    outlier_shift=st.integers(0, 4) | st.just(15),
    level_shift=st.integers(0, 4) | st.just(15),
    drift_limit=st.sampled_from([4, 0, 65535]),
    good_frames=st.integers(0, 3),
    noise_start=st.sampled_from([1280, 0, 65535]),
    noise_min=st.sampled_from([256, 0]),
)


@st.composite
def node_frames(draw: st.DrawFn, n: int = 4) -> list[NDArray[np.uint16]]:
    """n frames of one shape: noise on a level that jumps, events, saturated pixels, lost rows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 63, 64, 65, 130]))
    sigma = draw(st.sampled_from([0, 5, 300]))
    made = []
    for _ in range(n):
        level = draw(st.sampled_from([500, 500, 500, 503, 520, 0, 65535]))
        frame = rng.normal(level, sigma, shape)
        frame[rng.random(shape) < draw(st.sampled_from([0, 0.1, 0.7]))] += rng.uniform(0, 4e4)
        if draw(st.integers(0, 7)) == 0:
            frame[0] = 0
        made.append(np.clip(np.rint(frame), 0, 65535).astype(np.uint16))
    return made


def model_settings(given: MapSettings) -> model.Settings:
    return model.Settings(**asdict(given))


def model_rows(maps: PixelMaps) -> list[model.Row]:
    """The rows of maps as the model has them."""
    return [
        model.Row(*(getattr(maps, name)[i].astype(np.int64) for name in model_arrays), **scalars)
        for i, scalars in enumerate(
            {name: int(getattr(maps, f"row_{name}")[i]) for name in model_scalars}
            for i in range(len(maps.row_state))
        )
    ]


model_arrays = ("offset", "noise", "common")
model_scalars = ("state", "age", "good", "check")


def told(rows: list[model.Row]) -> dict[str, list[Any]]:
    """All that the model knows, as plain values."""
    arrays = {name: [getattr(row, name).tolist() for row in rows] for name in model_arrays}
    return arrays | {f"row_{name}": [getattr(row, name) for row in rows] for name in model_scalars}


def plain(maps: PixelMaps) -> dict[str, list[Any]]:
    """The same of the core's maps."""
    names = (*model_arrays, *(f"row_{name}" for name in model_scalars))
    return {name: getattr(maps, name).tolist() for name in names}
