# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The event filter: C and model agree; the first cause counts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import read_recording
from strategies import event_arrays, u16

import fsw_emu
from fsw_emu.core import EVENT_DTYPE, Core
from fsw_emu.model import filter as model

limits = st.fixed_dictionaries(
    {
        "centre_max": st.one_of(st.integers(0, 40), u16),
        "ring_sum_max": st.one_of(st.integers(0, 300), u16),
        "ring_max": st.one_of(st.integers(0, 40), u16),
        "ring_count_max": st.one_of(st.integers(0, 9), u16),
    }
)


@pytest.mark.verifies("FILT-1", "FILT-2", "FILT-4", "FILT-6..9", "BAD-3")
@given(events=event_arrays(), options=limits, bad_seed=st.none() | st.integers(0, 99))
def test_agrees_with_the_model(core, events, options, bad_seed) -> None:
    bad = None
    if bad_seed is not None:
        bad = np.random.default_rng(bad_seed).random((639, 384)) < 0.5
    mask = None if bad is None else np.packbits(bad).tobytes()
    result = core.filter_events(events, bad_pixels=mask, **options)
    causes = []
    for event in events:
        row, col = int(event["row"]), int(event["col"])
        is_bad = bad is not None and (row > 638 or col > 383 or bool(bad[row, col]))
        causes.append(model.cause(event["pixels"].tolist(), bad=is_bad, **options))
    assert result.keep.tolist() == [cause == "kept" for cause in causes]
    counted = Counter(causes)
    assert (result.n_bad, result.n_centre, result.n_ring_sum, result.n_ring_count) == tuple(
        counted[cause] for cause in ("bad", "centre", "ring_sum", "ring_count")
    )


@pytest.mark.verifies("FILT-3")
def test_equality_passes(core: Core) -> None:
    event = np.zeros(1, EVENT_DTYPE)
    event["pixels"][0, list(model.RING)] = 100
    event["pixels"][0, 12] = 5000
    good = {"centre_max": 5000, "ring_sum_max": 800, "ring_max": 99, "ring_count_max": 8}
    assert core.filter_events(event, **good).keep.all()
    for name in ("centre_max", "ring_sum_max", "ring_count_max"):
        assert not core.filter_events(event, **(good | {name: good[name] - 1})).keep.any()
    assert core.filter_events(event, **(good | {"ring_max": 100, "ring_count_max": 0})).keep.all()


@pytest.mark.verifies("FILT-8")
def test_the_ring_sum_is_not_16_bit(core: Core) -> None:
    event = np.zeros(1, EVENT_DTYPE)
    event["pixels"][0, list(model.RING)] = 8192  # the sum is 65,536
    result = core.filter_events(event, centre_max=0, ring_sum_max=65535, ring_max=65535)
    assert result.n_ring_sum == 1


@pytest.mark.verifies("FILT-5")
@pytest.mark.parametrize("name", ["centre_max", "ring_sum_max", "ring_max", "ring_count_max"])
@pytest.mark.parametrize("value", [-1, 65536])
def test_limits_are_16_bit_as_on_board(core: Core, name: str, value: int) -> None:
    options = {"centre_max": 1, "ring_sum_max": 1, "ring_max": 1} | {name: value}
    with pytest.raises(ValueError, match=name):
        core.filter_events(np.zeros(1, EVENT_DTYPE), **options)


def test_a_mask_of_another_size_is_refused(core: Core) -> None:
    with pytest.raises(ValueError, match="30672"):
        core.filter_events(np.zeros(1, EVENT_DTYPE), centre_max=1, ring_sum_max=1, ring_max=1,
                    bad_pixels=bytes(30671))  # fmt: skip


def test_public_function_takes_a_boolean_map() -> None:
    events = np.zeros(2, EVENT_DTYPE)
    events["row"], events["col"] = (10, 11), 20
    bad = np.zeros((639, 384), np.bool_)
    bad[10, 20] = True
    result = fsw_emu.filter_events(events, centre_max=9, ring_sum_max=9, ring_max=9, bad_pixels=bad)
    assert result.keep.tolist() == [False, True]
    assert result.n_bad == 1


@pytest.mark.verifies("STAT-3")
def test_errors_leave_the_counters(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    events, keep = ffi.new("struct sxi_event[1]"), ffi.new("uint8_t[1]")
    mask = ffi.new("uint8_t[30672]")
    ctx = ffi.new("struct sxi_filter *", {"n_bad": 3, "n_centre": 4})
    before = bytes(ffi.buffer(ctx))
    assert lib.sxi_filter_events(ffi.NULL, events, 1, keep) == lib.SXI_STATUS_PARAM
    assert lib.sxi_filter_events(ctx, ffi.NULL, 1, keep) == lib.SXI_STATUS_PARAM
    assert lib.sxi_filter_events(ctx, events, 1, ffi.NULL) == lib.SXI_STATUS_PARAM
    assert lib.sxi_filter_events(ctx, events, 2**31, keep) == lib.SXI_STATUS_PARAM
    assert bytes(ffi.buffer(ctx)) == before
    ctx.bad_pixels, ctx.bad_pixels_len = mask, 30671
    before = bytes(ffi.buffer(ctx))
    assert lib.sxi_filter_events(ctx, events, 1, keep) == lib.SXI_STATUS_PARAM
    assert bytes(ffi.buffer(ctx)) == before


def test_counters_go_on_and_wrap(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    events, keep = ffi.new("struct sxi_event[2]"), ffi.new("uint8_t[2]")
    events[0].pixels[12] = 9
    ctx = ffi.new("struct sxi_filter *", {"centre_max": 8, "n_centre": 2**32 - 1})
    assert lib.sxi_filter_events(ctx, events, 2, keep) == 1
    assert (ctx.n_centre, keep[0], keep[1]) == (0, 0, 1)


@pytest.mark.verifies("FILT-1")
@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "limits", "kept"),
    [
        ("evsim_seed1", (5000, 5600, 700), {"E2": 205, "F2": 133, "E4": 214, "F4": 240}),
        ("ft_event_detection_10_frames", (5000, 1200, 200), 4372),
    ],
)
def test_keeps_as_many_as_documented(
    core: Core, recordings: Path, name: str, limits: tuple[int, int, int], kept: object
) -> None:
    packets = [
        p
        for p in read_recording(recordings / f"{name}.gresb.gz")
        if p.kind == 1 and not p.is_end_marker
    ]
    events = np.array([p.window()[1:] for p in packets], EVENT_DTYPE)
    result = core.filter_events(
        events, centre_max=limits[0], ring_sum_max=limits[1], ring_max=limits[2]
    )
    by_node = Counter(p.node for p, keep in zip(packets, result.keep, strict=True) if keep)
    assert (by_node == kept) if isinstance(kept, dict) else (by_node.total() == kept)
