# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Tracks and distances to them, against their model and scipy's labels and distances."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage
from strategies import u16

from fsw_emu.core import EVENT_DTYPE, TRACK_DTYPE, TRACK_RUN_DTYPE, Core, CoreError, Tracks
from fsw_emu.model import track as model

TOUCHING = np.ones((3, 3), int)


@st.composite
def skies(draw: st.DrawFn, max_rows: int = 14, max_cols: int = 24) -> NDArray[np.uint16]:
    """Frames of which a part is above 100, some of it far, from few pixels to most."""
    shape = draw(st.integers(0, max_rows)), draw(st.integers(0, max_cols))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frame = rng.integers(80, 120, shape)
    frame[rng.random(shape) > draw(st.sampled_from([0.1, 0.3, 0.5, 0.9]))] = 0
    frame[rng.random(shape) < 0.02] = draw(st.sampled_from([500, 65535]))
    return frame.astype(np.uint16)


settings_of_finders = st.fixed_dictionaries(
    {
        "level": st.sampled_from([0, 1, 20, 100, 65535]),
        "min_pixels": st.sampled_from([0, 1, 2, 5, 9]),
        "mip": st.sampled_from([0, 30, 300]),
        "saturation": st.sampled_from([0, 110, 500, 65535]),
        "room": st.sampled_from([0, 1, 7, 400]),
    }
)


def backgrounds(frame: NDArray[np.uint16]) -> st.SearchStrategy[int | NDArray[np.uint32]]:
    """A number, or a map around what samples are, or of anything."""
    rng = np.random.default_rng(frame.size)
    return st.one_of(
        st.sampled_from([0, 80 * 256, 99 * 256 + 255, 100 * 256 + 1, 2**24 - 1]),
        st.just(rng.integers(70 * 256, 130 * 256, frame.shape).astype(np.uint32)),
        st.just(rng.integers(0, 2**32, frame.shape).astype(np.uint32)),
    )


def rows_of(found: Tracks) -> list[tuple[int, ...]]:
    return [tuple(int(v) for v in track) for track in found.tracks.tolist()]


def expected(track: model.Track) -> tuple[int, ...]:
    return len(track.pixels), track.sum, *track.box, track.peak, track.flags


@pytest.mark.verifies("TRACK-1..6")
@given(data=st.data(), frame=skies(), options=settings_of_finders)
def test_agrees_with_the_model(core: Core, data: Any, frame: Any, options: Any) -> None:
    background = data.draw(backgrounds(frame))
    found = core.find_tracks(frame, background=background, **options)
    by_model = model.find(frame, background=background, **options)
    assert rows_of(found) == [expected(track) for track in by_model.tracks]
    assert found.runs.tolist() == [(*run, track) for run, track in by_model.runs]
    assert (found.n_components, found.n_above, found.n_lost) == (
        by_model.n_components,
        by_model.n_above,
        by_model.n_lost,
    )


def covered(found: Tracks, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Number of the track of each pixel, from 1; 0 on none."""
    pixels = np.zeros(shape, np.int64)
    for row, first, last, track in found.runs.tolist():
        pixels[row, first : last + 1] = track + 1
    return pixels


@pytest.mark.verifies("TRACK-2", "TRACK-3")
@given(frame=skies(30, 60), least=st.integers(1, 9))
def test_components_are_those_that_scipy_labels(core: Core, frame: Any, least: int) -> None:
    found = core.find_tracks(frame, level=100, min_pixels=least)
    labels, n = ndimage.label(frame >= 100, TOUCHING)
    sizes = np.bincount(labels.ravel(), minlength=n + 1)
    assert found.n_components == n
    large = np.flatnonzero(sizes[1:] >= least) + 1
    np.testing.assert_array_equal(covered(found, frame.shape) > 0, np.isin(labels, large))
    # scipy numbers them by their first pixel, too
    assert found.tracks["n_pixels"].tolist() == sizes[large].tolist()
    if not frame.size:
        return
    sums = ndimage.sum_labels(frame.astype(np.int64), labels, large)
    assert found.tracks["sum"].tolist() == np.asarray(sums, np.int64).tolist()
    boxes = [ndimage.find_objects(labels)[k - 1] for k in large]
    assert [(b[0].start, b[0].stop - 1, b[1].start, b[1].stop - 1) for b in boxes] == [
        (t["row_min"], t["row_max"], t["col_min"], t["col_max"]) for t in found.tracks
    ]


def events_at(places: list[tuple[int, int]]) -> NDArray[Any]:
    events = np.zeros(len(places), EVENT_DTYPE)
    if places:
        events["row"], events["col"] = np.array(places).T
    return events


@pytest.mark.verifies("TRACK-7", "TRACK-8")
@given(frame=skies(40, 60), reach=st.sampled_from([0, 1, 5, 254]))
def test_distances_are_those_of_scipy(core: Core, frame: Any, reach: int) -> None:
    found = core.find_tracks(frame, level=400, min_pixels=1)
    places = [(r, c) for r in range(0, frame.shape[0], 3) for c in range(frame.shape[1])]
    distance = core.track_distance(found.runs, events_at(places), reach=reach)
    away = np.full(frame.shape, 255)
    if len(found.runs):
        off = covered(found, frame.shape) == 0
        away = ndimage.distance_transform_cdt(off, "chessboard")
        away[away > reach] = 255
    assert distance.tolist() == [away[place] for place in places]


@pytest.mark.verifies("TRACK-7", "TRACK-8")
@given(
    runs=st.lists(st.tuples(st.integers(0, 400), u16, st.integers(0, 30)), max_size=9),
    places=st.lists(st.tuples(st.integers(0, 700) | u16, st.integers(0, 400) | u16), max_size=9),
    reach=st.integers(0, 254),
)
def test_distances_agree_with_the_model(core: Core, runs: Any, places: Any, reach: int) -> None:
    told = [(row, a, min(a + n, 65535), 0) for row, a, n in sorted(runs)]
    pixels = [(row, col) for row, a, b, _ in told for col in range(a, b + 1)]
    array = np.array(told, TRACK_RUN_DTYPE)
    distance = core.track_distance(array, events_at(places), reach=reach)
    assert distance.tolist() == [model.distance(pixels, r, c, reach) for r, c in places]


@pytest.mark.verifies("TRACK-2")
@given(frame=skies(), least=st.integers(1, 5), by=st.tuples(st.integers(0, 4), st.integers(0, 4)))
def test_what_is_moved_or_mirrored_is_found_there(
    core: Core, frame: Any, least: int, by: Any
) -> None:
    def found(image: NDArray[np.uint16]) -> Tracks:
        return core.find_tracks(image, level=90, min_pixels=least)

    here = covered(found(frame), frame.shape) > 0
    moved = np.pad(frame, [(by[0], 0), (by[1], 0)])
    there = covered(found(moved), moved.shape) > 0
    np.testing.assert_array_equal(there, np.pad(here, [(by[0], 0), (by[1], 0)]))
    for turned in (np.s_[::-1], np.s_[:, ::-1]):
        mirrored = np.ascontiguousarray(frame[turned])
        np.testing.assert_array_equal(covered(found(mirrored), frame.shape) > 0, here[turned])


@pytest.mark.verifies("TRACK-1")
@given(frame=skies(), level=st.integers(0, 120), seed=st.integers(0, 99))
def test_only_what_is_above_matters(core: Core, frame: Any, level: int, seed: int) -> None:
    found = core.find_tracks(frame, level=level, min_pixels=2)
    higher = core.find_tracks(frame, level=level + 1, min_pixels=2)
    assert higher.n_above <= found.n_above
    assert ((covered(higher, frame.shape) > 0) <= (covered(found, frame.shape) > 0)).all()
    below = frame < level
    shuffled = frame.copy()
    shuffled[below] = np.random.default_rng(seed).permutation(frame[below])
    np.testing.assert_array_equal(
        core.find_tracks(shuffled, level=level, min_pixels=2).runs, found.runs
    )
    added = core.find_tracks(frame // 2 + 7, level=level, background=7 * 256, min_pixels=2)
    np.testing.assert_array_equal(
        added.tracks, core.find_tracks(frame // 2, level=level, min_pixels=2).tracks
    )


@pytest.mark.verifies("TRACK-4", "BEYOND-1")
def test_nothing_is_a_track_where_no_test_is_on(core: Core) -> None:
    found = core.find_tracks(np.full((9, 9), 65535, np.uint16), level=1)
    assert (len(found.tracks), len(found.runs), found.n_components) == (0, 0, 1)


def test_a_sum_ends_at_32_bits(core: Core) -> None:
    found = core.find_tracks(np.full((257, 256), 65535, np.uint16), level=1, min_pixels=5)
    assert found.tracks["sum"].tolist() == [2**32 - 1]
    assert found.tracks["n_pixels"].tolist() == [257 * 256]


@pytest.mark.verifies("TRACK-6")
def test_as_many_tracks_as_runs(core: Core) -> None:
    """The last number of a track is one less than what stands for none."""
    frame = np.zeros((3, 65535), np.uint16)
    frame[::2, ::2] = 9
    found = core.find_tracks(frame, level=1, min_pixels=1, room=65535)
    assert found.runs["track"].tolist() == list(range(65535))
    assert (len(found.tracks), found.n_lost) == (65535, 1)


def test_a_comb_is_one_track(core: Core) -> None:
    """Runs that meet late: each joins all before it."""
    comb = np.zeros((40, 64), np.uint16)
    comb[:, ::2] = 300
    comb[-1] = 300
    found = core.find_tracks(comb, level=1, min_pixels=5)
    assert (len(found.tracks), len(found.runs)) == (1, 39 * 32 + 1)
    assert core.find_tracks(comb[::-1], level=1, min_pixels=5).tracks["n_pixels"].tolist() == [
        39 * 32 + 64
    ]


def test_a_chain_of_joints_is_followed_to_its_root(core: Core) -> None:
    """Arches that begin later to the left, joined from the left: each root gets another."""
    drawn = [
        "        ###",
        "    ### # #",
        "### # # # #",
        "# # # # # #",
        "# ### ### #",
        "#          ",
    ]
    frame = np.array([[300 * (pixel == "#") for pixel in row] for row in drawn], np.uint16)
    found = core.find_tracks(frame, level=1, min_pixels=1)
    assert found.tracks["n_pixels"].tolist() == [(frame > 0).sum()]
    assert found.n_components == 1


@pytest.mark.verifies("TRACK-1", "TRACK-3", "TRACK-4")
def test_runs_end_where_a_map_says(core: Core) -> None:
    frame = np.array(
        [[120, 120, 109, 120, 120], [120, 120, 99, 50, 0], [10, 255, 10, 10, 10]], np.uint16
    )
    offsets = np.full(frame.shape, 100 * 256, np.uint32)
    found = core.find_tracks(frame, level=10, background=offsets, min_pixels=0, mip=100)
    assert (found.n_components, found.n_above) == (2, 7)
    assert found.tracks.tolist() == [(5, 235, 0, 2, 0, 1, 155, model.MIP)]
    assert core.find_tracks(frame, level=10, background=offsets, min_pixels=5, mip=156).tracks[
        "flags"
    ] == [2]
    assert not len(
        core.find_tracks(frame, level=10, background=offsets, min_pixels=6, mip=156).runs
    )


@pytest.mark.verifies("TRACK-6")
@given(frame=skies(), spare=st.integers(0, 1))
def test_room_is_not_exceeded(csxi: SimpleNamespace, frame: Any, spare: int) -> None:
    """Exactly as many runs as there are, or one less: what is behind stays."""
    ffi, lib = csxi.ffi, csxi.lib
    n = len(model.runs_of(frame >= 90))
    room = max(n - spare, 0)
    runs, tracks = np.full(room + 1, 7, TRACK_RUN_DTYPE), np.full(room + 1, 7, TRACK_DTYPE)
    pixels = np.ascontiguousarray(frame)
    view = ffi.new("struct sxi_frame *", [ffi.cast("uint16_t *", pixels.ctypes.data), *frame.shape])
    ctx = ffi.new("struct sxi_track_finder *", {"level": 90, "min_pixels": 1, "room": room})
    ctx.runs = ffi.cast("struct sxi_track_run *", runs.ctypes.data)
    ctx.tracks = ffi.cast("struct sxi_track *", tracks.ctypes.data)
    found = lib.sxi_track_find(ctx, view)
    assert found == ctx.n_tracks == len(model.find(frame, level=90, min_pixels=1, room=room).tracks)
    assert ctx.n_runs == room
    assert (ctx.n_lost == 0) == (room == n)
    assert runs[room].tolist() == (7,) * 4
    assert tracks[room].tolist() == (7,) * 8


@pytest.mark.verifies("STAT-3")
def test_errors_leave_the_context(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    memory = (
        ffi.new("uint16_t[4]"),
        ffi.new("struct sxi_track_run[2]"),
        ffi.new("struct sxi_track[2]"),
    )
    good = {"level": 1, "runs": memory[1], "tracks": memory[2], "room": 2, "n_lost": 9}
    view = {"pixels": memory[0], "n_rows": 2, "n_cols": 2}
    wrong: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"runs": ffi.NULL}, {}),
        ({"tracks": ffi.NULL}, {}),
        ({"room": 65536}, {}),
        ({"background": 2**24}, {}),
        ({}, {"pixels": ffi.NULL}),
        ({}, {"n_rows": 65536, "n_cols": 0}),
        ({}, {"n_rows": 0, "n_cols": 65536}),
    ]
    for of_ctx, of_frame in wrong:
        ctx = ffi.new("struct sxi_track_finder *", good | of_ctx)
        before = bytes(ffi.buffer(ctx))
        frame = ffi.new("struct sxi_frame *", view | of_frame)
        assert lib.sxi_track_find(ctx, frame) == lib.SXI_STATUS_PARAM
        assert bytes(ffi.buffer(ctx)) == before
    ctx = ffi.new("struct sxi_track_finder *", good)
    assert lib.sxi_track_find(ctx, ffi.NULL) == lib.SXI_STATUS_PARAM
    assert lib.sxi_track_find(ffi.NULL, ffi.new("struct sxi_frame *", view)) == lib.SXI_STATUS_PARAM
    assert lib.sxi_track_find(ctx, ffi.new("struct sxi_frame *", view)) == 0


def test_distances_of_wrong_arguments(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    runs, events = ffi.new("struct sxi_track_run[65536]"), ffi.new("struct sxi_event[1]")
    out = ffi.new("uint8_t[2]", [9, 9])
    good = (runs, 1, events, 1, 254, out)
    for at, value in [
        (0, ffi.NULL),
        (2, ffi.NULL),
        (5, ffi.NULL),
        (1, 65536),
        (3, 2**31),
        (4, 255),
    ]:
        arguments = (*good[:at], value, *good[at + 1 :])
        assert lib.sxi_track_distance(*arguments) == lib.SXI_STATUS_PARAM
    assert lib.sxi_track_distance(*good) == 1
    assert list(out) == [0, 9]


def test_faces_refuse_what_does_not_fit(core: Core) -> None:
    frame = np.zeros((2, 2), np.uint16)
    with pytest.raises(ValueError, match="background"):
        core.find_tracks(frame, level=1, background=np.zeros((2, 3), np.uint32))
    with pytest.raises(ValueError, match="background"):
        core.find_tracks(frame, level=1, background=2**24)
    with pytest.raises(ValueError, match="reach"):
        core.track_distance(np.zeros(0, TRACK_RUN_DTYPE), events_at([]), reach=255)
    with pytest.raises(TypeError):
        core.track_distance(np.zeros(0, EVENT_DTYPE), events_at([]))
    assert issubclass(CoreError, ValueError)
