# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Offset and noise maps, common mode: C and model agree, what holds for any frames, refusals."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from maps_cases import model_rows, model_settings, node_frames, plain, settings, told
from tight import Guarded, state

from fsw_emu.core import Core, CoreError, MapSettings, PixelMaps
from fsw_emu.model import common as common_model
from fsw_emu.model import maps as model

PARAM, ROOM = -1, -2
clips = st.sampled_from([20, 1, 65535]) | st.integers(1, 300)


@pytest.mark.verifies("MAP-1", "MAP-2", "MAP-3")
@given(frames=node_frames(2), clip=clips, beyond=st.booleans())
def test_common_mode_agrees_with_the_model(
    core: Core, frames: list[Any], clip: int, beyond: bool
) -> None:
    offset = frames[0].astype(np.uint32) * 256 + 77
    offset[0, 0] = 0xFFFFFFFF if beyond else 0
    made = core.common_mode(frames[1], offset, clip=clip)
    assert made.tolist() == common_model.common_rows(frames[1], offset, clip=clip).tolist()


@pytest.mark.verifies("MAP-2")
@given(frames=node_frames(2))
def test_common_mode_is_numpys_median(core: Core, frames: list[Any]) -> None:
    """With everything inside the clip."""
    frame, offset = frames[0], frames[1].astype(np.uint32) * 256
    made = core.common_mode(frame, offset, clip=65535)
    residuals = frame.astype(np.int64) * 256 - offset
    for i in range(made.shape[1]):
        judged = np.median(residuals[:, 64 * i : 64 * i + 64], axis=1)
        assert made[:, i].tolist() == np.floor(judged).tolist()


@pytest.mark.verifies("MAP-3")
def test_events_in_less_than_half_of_a_segment_do_not_move_it(core: Core) -> None:
    frame = np.full((1, 64), 503, np.uint16)
    offset = np.full((1, 64), 500 * 256, np.uint32)
    frame[0, :32] = 4000
    assert core.common_mode(frame, offset, clip=20).tolist() == [[3 * 256]]
    frame[0, 32] = 4000
    assert core.common_mode(frame, offset, clip=20).tolist() == [[3500 * 256]]


@pytest.mark.verifies("MAP-1")
def test_what_common_mode_is_not_given(core: Core) -> None:
    frame, offset = np.zeros((2, 3), np.uint16), np.zeros((2, 3), np.uint32)
    with pytest.raises(CoreError, match="out of range"):
        core.common_mode(frame, offset, clip=0)
    with pytest.raises(ValueError, match="offset"):
        core.common_mode(frame, offset[:1], clip=1)
    assert core.common_mode(frame[:, :0], offset[:, :0], clip=1).shape == (2, 0)
    assert core.common_mode(frame[:0], offset[:0], clip=1).shape == (0, 1)


@pytest.mark.verifies("MAP-4..10")
@given(frames=node_frames(), settings=settings, data=st.data())
def test_agrees_with_the_model(
    core: Core, frames: list[Any], settings: MapSettings, data: st.DataObject
) -> None:
    maps = core.maps_begin(frames[0].shape, settings)
    rows = model_rows(maps)
    n_upset = 0
    for frame in frames:
        done = Counter(
            model.update(row, line, model_settings(settings))
            for row, line in zip(rows, frame, strict=True)
        )
        n_upset += done["upset"]
        maps = core.maps_update(maps, frame)
        assert plain(maps) == told(rows)
        assert maps.n_started == done["started"] + done["upset"]
        assert (maps.n_local, maps.n_upset) == (sum(row.state for row in rows), n_upset)
        if data.draw(st.integers(0, 3)) == 0:
            flipped = maps.offset.copy()
            flipped[-1, -1] ^= np.uint32(1 << data.draw(st.integers(0, 31)))
            maps = replace(maps, offset=flipped)
            rows[-1].offset = flipped[-1].astype(np.int64)
    scrubbed = core.maps_scrub(maps)
    assert scrubbed.n_upset == n_upset + sum(model.scrub(row) for row in rows)
    assert plain(scrubbed) == told(rows)


@pytest.mark.verifies("MAP-4")
@pytest.mark.parametrize("clip", [1, 20, 65535])
def test_a_row_begins_with_the_median_of_all_its_samples(core: Core, clip: int) -> None:
    """Of those far above the clip too, where as many lie within it of zero."""
    frame = np.concatenate([np.arange(21), np.arange(12), np.full(31, 60)]).astype(np.uint16)[None]
    maps = core.maps_update(core.maps_begin(frame.shape, MapSettings(clip=clip)), frame)
    assert (maps.offset == np.median(frame) * 256).all()


@pytest.mark.verifies("MAP-4", "MAP-5")
@given(frames=node_frames(), constant=st.integers(0, 300))
def test_a_constant_added_to_all_frames_moves_offsets_by_it(
    core: Core, frames: list[Any], constant: int
) -> None:
    """And nothing else, where no limit is met."""
    frames = [np.clip(frame, 400, 4000) for frame in frames]
    began = core.maps_begin(frames[0].shape, MapSettings(clip=65535, start_step=16))
    plain_maps = raised = began
    for frame in frames:
        plain_maps = core.maps_update(plain_maps, frame)
        raised = core.maps_update(raised, frame + np.uint16(constant))
    assert (raised.offset - plain_maps.offset == constant * 256).all()
    for name in ("noise", "common", "row_state", "row_good", "row_age"):
        np.testing.assert_array_equal(getattr(raised, name), getattr(plain_maps, name))


def sealed(core: Core, rows: int = 2, cols: int = 70, seed: int = 1) -> PixelMaps:
    rng = np.random.default_rng(seed)
    maps = core.maps_begin((rows, cols), MapSettings(good_frames=3))
    offset = rng.integers(0, 65535 * 256, (rows, cols), dtype=np.uint32)
    noise = rng.integers(0, 65536, (rows, cols), dtype=np.uint16)
    return core.maps_seal(replace(maps, offset=offset, noise=noise), age=1000)


@pytest.mark.verifies("MAP-10", "MAP-11")
@given(
    seed=st.integers(0, 99),
    which=st.sampled_from([("offset", 32), ("noise", 16), ("row_check", 32)]),
    data=st.data(),
)
def test_any_flipped_bit_is_found(
    core: Core, seed: int, which: tuple[str, int], data: st.DataObject
) -> None:
    name, bits = which
    maps = sealed(core, seed=seed)
    assert plain(core.maps_scrub(maps)) == plain(maps)
    hit = getattr(maps, name).copy()
    place = tuple(data.draw(st.integers(0, n - 1)) for n in hit.shape)
    hit[place] ^= hit.dtype.type(1 << data.draw(st.integers(0, bits - 1)))
    scrubbed = core.maps_scrub(replace(maps, **{name: hit}))
    assert scrubbed.n_upset == 1
    failed = np.arange(2) == place[0]
    assert scrubbed.row_state.tolist() == failed.astype(int).tolist()
    assert (scrubbed.row_age == np.where(failed, 0, 1000)).all()
    frame = np.full(maps.offset.shape, 700, np.uint16)
    after = core.maps_update(replace(maps, **{name: hit}), frame)
    assert (after.n_upset, after.n_started) == (1, 1)
    assert (after.offset[place[0]] == 700 * 256).all()


@pytest.mark.verifies("MAP-11")
def test_rows_are_scrubbed_a_few_at_a_time(core: Core) -> None:
    maps = sealed(core, rows=5)
    maps = replace(maps, noise=maps.noise ^ np.uint16(1 << 7))
    assert core.maps_scrub(maps, first=1, n=2).n_upset == 0  # 70 flips of one bit: even
    odd = maps.noise.copy()
    odd[1:4, 3] ^= 1
    maps = replace(maps, noise=odd)
    assert core.maps_scrub(maps, first=1, n=2).row_state.tolist() == [0, 1, 1, 0, 0]
    assert core.maps_scrub(maps, first=5).n_upset == 0
    began = core.maps_begin((5, 70), MapSettings())
    assert core.maps_scrub(began).n_upset == 0  # nothing is known that could be lost
    for first, n in ((0, 6), (5, 1), (6, 0)):
        with pytest.raises(CoreError, match="out of range"):
            core.maps_scrub(maps, first=first, n=n)


@pytest.mark.verifies("MAP-8", "MAP-9")
def test_a_jump_falls_back_and_comes_again(core: Core) -> None:
    flat = np.full((2, 70), 500, np.uint16)
    maps = core.maps_begin(flat.shape, MapSettings(good_frames=3))
    maps = core.maps_seal(replace(maps, offset=flat * np.uint32(256)), age=99)
    jumped = flat.copy()
    jumped[1] += 50
    states = []
    for n, frame in enumerate([flat, jumped, flat, jumped, jumped, *[jumped] * 4]):
        before = maps
        maps = core.maps_update(maps, frame)
        states.append(maps.row_state.tolist())
        if n == 1:  # a single line: nothing is forgotten
            assert (maps.offset[1] == before.offset[1]).all()
            assert maps.common[1].tolist() == [50 * 256, 50 * 256]
    assert [state[0] for state in states] == [0] * 9
    assert [state[1] for state in states] == [0, 1, 1, 1, 1, 1, 0, 0, 0]
    assert abs(maps.offset[1] / 256 - 550).max() < 0.5


@pytest.mark.verifies("MAP-1", "MAP-8")
def test_offsets_end_where_samples_do(core: Core) -> None:
    """Those vouched for and beyond it too."""
    settings = MapSettings(drift_limit=65535, level_shift=0, noise_min=0)
    maps = core.maps_begin((3, 70), settings)
    wild = np.full((3, 70), 65535 * 256, np.uint32)
    wild[0, ::2] = 0xFFFFFFFF
    wild[1] = 0
    maps = core.maps_seal(replace(maps, offset=wild), age=9)
    rows = model_rows(maps)
    frame = np.full((3, 70), 65535, np.uint16)
    frame[1] = 0
    frame[:, 3] = 32000
    for line in (frame, 65535 - frame):
        maps = core.maps_update(maps, line)
        for row, samples in zip(rows, line, strict=True):
            model.update(row, samples, model_settings(settings))
        assert plain(maps) == told(rows)
        assert maps.offset.max() <= 65535 * 256


@pytest.mark.verifies("MAP-12")
def test_what_maps_are_not_given(core: Core) -> None:
    for name, bad in (
        ("clip", 0), ("clip", 65536), ("start_step", 65536), ("start_frames", 65536),
        ("fine_step", 65536), ("outlier_shift", 16), ("level_shift", 16), ("drift_limit", 65536),
        ("good_frames", 65536), ("noise_start", 65536), ("noise_min", 65536),
    ):  # fmt: skip
        with pytest.raises(CoreError, match="out of range"):
            core.maps_begin((2, 3), replace(MapSettings(), **{name: bad}))
    for shape in ((0, 3), (2, 0), (1, 8129)):
        with pytest.raises(CoreError, match="out of range"):
            core.maps_begin(shape, MapSettings())
    maps = core.maps_begin((2, 3), MapSettings())
    for age in (0, 65536):
        with pytest.raises(ValueError, match=r"age|range"):
            core.maps_seal(maps, age=age)
    for frame in (np.zeros((3, 2), np.uint16), np.zeros((2, 2), np.uint16)):
        with pytest.raises(CoreError, match="out of range"):
            core.maps_update(maps, frame)
    for name in ("offset", "noise", "common", "row_state", "row_age", "row_good", "row_check"):
        short = replace(maps, **{name: getattr(maps, name)[:1]})
        if name == "offset":
            continue
        with pytest.raises(CoreError, match="out of range"):
            core.maps_update(short, np.zeros((2, 3), np.uint16))


ARRAYS = {
    "offset": ("uint32_t", 130), "noise": ("uint16_t", 130), "common": ("int32_t", 4),
    "row_state": ("uint8_t", 2), "row_age": ("uint16_t", 2), "row_good": ("uint16_t", 2),
    "row_check": ("uint32_t", 2),
}  # fmt: skip
FIELDS = {
    "pixels_room": 130, "common_room": 4, "rows_room": 2, "n_rows": 2, "n_cols": 65, "clip": 20,
    "start_step": 512, "start_frames": 16, "fine_step": 4, "outlier_shift": 3, "level_shift": 3,
    "drift_limit": 4, "good_frames": 1, "noise_start": 1280, "noise_min": 256,
}  # fmt: skip


def context(csxi: SimpleNamespace) -> tuple[Any, dict[str, Guarded]]:
    memory = {name: Guarded(csxi, *spec) for name, spec in ARRAYS.items()}
    pointers = {name: guarded.pointer for name, guarded in memory.items()}
    return csxi.ffi.new("struct sxi_maps *", FIELDS | pointers), memory


@pytest.mark.verifies("STAT-3", "MAP-12")
def test_errors_leave_context_and_maps(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    ctx, memory = context(csxi)
    pixels = ffi.new("uint16_t[130]", [500] * 130)
    frame = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 2, "n_cols": 65})

    def refused() -> None:
        before = state(csxi, ctx)
        calls = (
            (lib.sxi_maps_init, ()), (lib.sxi_maps_seal, (1,)), (lib.sxi_maps_scrub, (0, 1)),
            (lib.sxi_maps_update, (frame,)),
        )  # fmt: skip
        for function, arguments in calls:
            assert function(ctx, *arguments) == PARAM
            assert function(ffi.NULL, *arguments) == PARAM
        assert state(csxi, ctx) == before
        assert all(guarded.is_untouched() for guarded in memory.values())

    for name, guarded in memory.items():
        setattr(ctx, name, ffi.NULL)
        refused()
        setattr(ctx, name, guarded.pointer)
    for name, good in FIELDS.items():
        for bad in (2**32 - 1, 0) if name in ("n_rows", "n_cols", "clip") else (2**32 - 1,):
            setattr(ctx, name, good - 1 if name.endswith("room") else bad)
            refused()
        setattr(ctx, name, good)
    before = state(csxi, ctx)
    assert lib.sxi_maps_update(ctx, ffi.NULL) == PARAM
    assert lib.sxi_maps_seal(ctx, 0) == lib.sxi_maps_seal(ctx, 65536) == PARAM
    for name, bad in (("pixels", ffi.NULL), ("n_rows", 1), ("n_cols", 64)):
        wrong = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 2, "n_cols": 65})
        setattr(wrong, name, bad)
        assert lib.sxi_maps_update(ctx, wrong) == PARAM
    assert state(csxi, ctx) == before
    assert all(guarded.is_untouched() for guarded in memory.values())


def test_memory_is_used_up_to_its_ends(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    ctx, memory = context(csxi)
    pixels = ffi.new("uint16_t[130]", [500] * 130)
    frame = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 2, "n_cols": 65})
    assert lib.sxi_maps_init(ctx) == 0
    assert [lib.sxi_maps_update(ctx, frame) for _ in range(2)] == [2, 0]
    assert (ctx.n_local, ctx.n_started, ctx.n_upset) == (0, 0, 0)
    assert (memory["offset"].inside == 500 * 256).all()
    ctx.n_upset = 2**32 - 1
    ctx.row_check[0] ^= 1
    ctx.row_state[1] = 9  # hit as well: whatever is not 0 is on the local median
    ctx.good_frames = 9
    assert lib.sxi_maps_update(ctx, frame) == 2
    assert (ctx.n_started, ctx.n_upset) == (1, 0)
    ages = memory["row_age"].inside, memory["row_good"].inside
    for counts in ages:
        counts[:] = 65535
    assert lib.sxi_maps_update(ctx, frame) == 0
    assert (ages[0] == 65535).all()
    assert (ages[1] == 65535).all()
    assert all(guarded.is_intact() for guarded in memory.values())


@pytest.mark.verifies("STAT-3", "MAP-1")
def test_common_rows_refuses_and_keeps_to_its_buffer(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    pixels, offset = ffi.new("uint16_t[65536]", [7] * 130), ffi.new("uint32_t[65536]")
    frame = ffi.new("struct sxi_frame *", {"pixels": pixels, "n_rows": 2, "n_cols": 65})
    exact = Guarded(csxi, "int32_t", 4)
    out = exact.pointer
    for arguments in ((ffi.NULL, offset, 9, out), (frame, ffi.NULL, 9, out),
                      (frame, offset, 9, ffi.NULL), (frame, offset, 0, out),
                      (frame, offset, 65536, out)):  # fmt: skip
        assert lib.sxi_common_rows(*arguments, 4) == PARAM
    for bad in ((ffi.NULL, 2, 65), (pixels, 65536, 1), (pixels, 2, 8129)):
        wrong = ffi.new("struct sxi_frame *", bad)
        assert lib.sxi_common_rows(wrong, offset, 9, out, 4) == PARAM
    assert lib.sxi_common_rows(frame, offset, 9, out, 3) == ROOM
    assert exact.is_untouched()
    assert lib.sxi_common_rows(frame, offset, 9, out, 4) == 4
    assert exact.inside.tolist() == [7 * 256] * 4
    assert exact.is_intact()
