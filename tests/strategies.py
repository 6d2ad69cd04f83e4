# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What hypothesis draws, in one place."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, TmPacket

u8 = st.integers(0, 0xFF)
u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)

#: telemetry packets, without their data
tm_headers = st.builds(
    TmPacket,
    apid=st.integers(0, 2047),
    count=st.integers(0, 16383),
    type=u8,
    subtype=u8,
    destination=u8,
    coarse=u32,
    fine_us=st.integers(0, 999_999),
    sync=st.sampled_from([0, 5]),
)


@st.composite
def frames(draw: st.DrawFn, max_rows: int = 14, max_cols: int = 24) -> NDArray[np.uint16]:
    """Node frames: random, few levels (plateaus and ties), saturated, around 0x8000, tiny."""
    shape = draw(st.tuples(st.integers(0, max_rows), st.integers(0, max_cols)))
    low, high = draw(
        st.sampled_from([(0, 0xFFFF), (0, 3), (0xFFF0, 0xFFFF), (0x7FF0, 0x800F), (500, 540)])
    )
    return draw(hnp.arrays(np.uint16, shape, elements=st.integers(low, high), fill=st.nothing()))


@st.composite
def noise_frames(draw: st.DrawFn, max_rows: int = 40, max_cols: int = 420) -> NDArray[np.uint16]:
    """Larger frames from a seed: noise on a pedestal, events, saturated pixels here and there."""
    seed = draw(st.integers(0, 2**32 - 1))
    rows = draw(st.integers(5, max_rows))
    cols = draw(st.integers(5, max_cols))
    rng = np.random.default_rng(seed)
    level = draw(st.sampled_from([500, 0x8000, 65000]))
    frame = rng.normal(level, 5, (rows, cols))
    hits = rng.random((rows, cols)) < 0.03
    frame[hits] += rng.uniform(0, 400, hits.sum())
    return np.clip(np.rint(frame), 0, 0xFFFF).astype(np.uint16)


def event_arrays(max_size: int = 40) -> st.SearchStrategy[NDArray[Any]]:
    """Structured arrays of events, with pixels near each other so that rules are close."""
    pixel = st.one_of(st.integers(0, 40), u16)

    def build(rows: list[tuple[int, int, list[int]]]) -> NDArray[Any]:
        return np.array([(r, c, p) for r, c, p in rows], EVENT_DTYPE)

    one = st.tuples(
        st.integers(0, 700), st.integers(0, 400), st.lists(pixel, min_size=25, max_size=25)
    )
    return st.lists(one, max_size=max_size).map(build)
