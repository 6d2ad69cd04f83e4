# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Frames, events and housekeeping by the package's own functions: options, loss, refusals."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import fsw_emu
from fsw_emu.codecs.frames import FrameCodec
from fsw_emu.core import RowsPredictor

FRAMES = np.random.default_rng(1).normal(500, 5, (3, 50, 64)).astype(np.uint16)


@given(data=st.data())
def test_frames_come_back(data: st.DataObject) -> None:
    shape = data.draw(array_shapes(min_dims=3, max_dims=3, max_side=12))
    frames = data.draw(arrays(np.uint16, shape))
    most = data.draw(st.integers(0, 15))
    packets = fsw_emu.compress_frames(
        frames,
        codec=data.draw(st.sampled_from(get_args(FrameCodec))),
        predictor=data.draw(st.sampled_from(get_args(RowsPredictor))),
        independent=data.draw(st.booleans()),
        near_lossless=most,
    )
    there, ok = fsw_emu.decompress_frames(data.draw(st.permutations(packets)))
    assert ok.shape == shape[:2]
    assert ok.all()
    assert np.abs(there.astype(np.int32) - frames).max() <= most


@given(data=st.data())
def test_packets_that_are_lost_cost_their_rows(data: st.DataObject) -> None:
    packets = fsw_emu.compress_frames(FRAMES, independent=True, packet_bytes=256)
    kept = data.draw(st.sets(st.sampled_from(packets), min_size=1))
    there, ok = fsw_emu.decompress_frames(sorted(kept))
    assert np.array_equal(there[ok], FRAMES[ok])
    assert not there[~ok].any()
    assert ok.any()
    assert ok.all() == (len(kept) == len(packets))


def test_packets_have_the_sizes_that_are_told() -> None:
    frames = np.tile(FRAMES, (1, 6, 6))
    grouped = fsw_emu.compress_frames(frames)
    independent = fsw_emu.compress_frames(frames, independent=True)
    assert 4096 < max(map(len, grouped)) <= 5120
    assert 512 < max(map(len, independent)) <= 1024
    assert sum(map(len, grouped)) < sum(map(len, independent))


def test_auto_is_never_far_from_the_best() -> None:
    for frames in (FRAMES, np.zeros_like(FRAMES), FRAMES * 131):
        for independent in (False, True):
            options = {
                (codec, predictor): {"codec": codec, "predictor": predictor}
                for codec in get_args(FrameCodec)
                for predictor in get_args(RowsPredictor)
            }
            sizes = {
                way: sum(map(len, fsw_emu.compress_frames(frames, independent=independent, **each)))
                for way, each in options.items()
            }
            assert sizes["auto", "column"] <= 1.01 * min(sizes.values()) + 64


@pytest.mark.parametrize(
    ("frames", "options", "error", "what"),
    [
        (FRAMES.astype(np.int32), {}, TypeError, "uint16, not int32"),
        ([1, 2], {}, TypeError, "uint16, not list"),
        (FRAMES[0], {}, ValueError, r"\(n, rows, cols\), not \(50, 64\)"),
        (FRAMES[:0], {}, ValueError, "not"),
        (FRAMES, {"codec": "zip"}, ValueError, "one of colmean, aec, none, auto, not 'zip'"),
        (FRAMES, {"predictor": "north"}, ValueError, "one of column"),
        (FRAMES, {"near_lossless": 16}, ValueError, "0 to 15, not 16"),
        (FRAMES, {"packet_bytes": 63}, ValueError, "64 to 65535, not 63"),
        (np.zeros((4097, 1, 1), np.uint16), {}, ValueError, "1 to 4096, not 4097"),
    ],
)
def test_others_are_refused(
    frames: Any, options: dict[str, Any], error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what):
        fsw_emu.compress_frames(frames, **options)


def test_without_a_packet_there_are_no_frames() -> None:
    for packets in ([], [b""], [bytes(100)]):
        with pytest.raises(ValueError, match="packet"):
            fsw_emu.decompress_frames(packets)


def test_detected_events_come_back() -> None:
    frame = np.full((40, 40), 100, np.uint16)
    frame[4:36:6, 5:35:7] = 200
    events = fsw_emu.detect_events(frame, threshold=50)
    there, ok = fsw_emu.decompress_events(fsw_emu.compress_events(events))
    assert ok.all()
    assert np.array_equal(there, events)


def test_housekeeping_comes_back_up_to_what_is_lost() -> None:
    packets = [bytes([8, 1, i % 256, i // 256]) + bytes(range(140)) for i in range(300)]
    coded = fsw_emu.compress_housekeeping(packets)
    assert fsw_emu.decompress_housekeeping(coded)[0] == packets
    there, ok = fsw_emu.decompress_housekeeping(coded[:70] + coded[71:])
    assert [i for i, known in enumerate(ok) if not known] == list(range(70, 128))
    assert all(there[i] == packets[i] for i in np.flatnonzero(ok))
