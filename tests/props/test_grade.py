# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Grades: C and model agree; codes turn with windows; shapes are what labelling finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage
from strategies import event_arrays, u16
from tight import Guarded

from fsw_emu.core import EVENT_DTYPE, GRADE_DTYPE, Core
from fsw_emu.model import grade as model

options = st.fixed_dictionaries(
    {
        "split": st.one_of(st.integers(0, 40), u16),
        "outer": st.one_of(st.integers(0, 40), u16),
        "background": st.one_of(st.integers(0, 40), u16, st.just("local")),
        "saturation": st.one_of(st.integers(0, 40), u16),
        "window_order": st.sampled_from(["raster", "simulator"]),
    }
)
#: windows whose pixels are on or off, so that shapes are many and thresholds do not matter
shapes = st.lists(st.sampled_from([0, 0, 0, 60, 61, 90]), min_size=25, max_size=25)


def one(pixels: Any) -> NDArray[Any]:
    event = np.zeros(1, EVENT_DTYPE)
    event["pixels"][0] = np.asarray(pixels).reshape(25)
    return event


def window(code: int, *, centre: int = 100, above: int = 30) -> NDArray[np.int64]:
    """A window in raster order whose ring has this flight grade."""
    made = np.zeros(25, np.int64)
    made[[6, 7, 8, 11, 13, 16, 17, 18]] = [above * (code >> k & 1) for k in range(8)]
    made[12] = centre
    return made


def codes(core: Core) -> NDArray[Any]:
    """The grades of all flight grades."""
    events = np.concatenate([one(window(code)) for code in range(256)])
    return core.grade_events(events, split=20).records


@pytest.mark.verifies("GRADE-2")
def test_the_local_background_of_every_pattern_is_its_median(core: Core) -> None:
    """A sorting network is right for all values where it is for all of zeros and ones."""
    patterns = np.arange(2**11)[:, None] >> np.arange(11) & 1
    events = np.zeros(2**11, EVENT_DTYPE)
    events["pixels"][:, [0, 1, 2, 3, 4, 5, 9, 10, 15, 20, 21]] = patterns
    told = core.grade_events(events, split=20, background="local").records["background"]
    np.testing.assert_array_equal(told, np.median(patterns, axis=1))


@pytest.mark.verifies("GRADE-1..9")
@given(events=event_arrays(max_size=12), given=options)
def test_agrees_with_the_model(core: Core, events, given) -> None:
    result = core.grade_events(events, **given)
    arguments = dict(given)
    arguments["order"] = arguments.pop("window_order")
    if given["background"] == "local":
        arguments["background"] = None
    expected = [model.grade(event["pixels"].tolist(), **arguments) for event in events]
    names = [name for name in GRADE_DTYPE.names or () if name not in ("flags", "spare")]
    for record, told in zip(result.records, expected, strict=True):
        assert {name: int(record[name]) for name in names} == {
            name: getattr(told, name) for name in names
        }
        assert (record["flags"], record["spare"]) == (told.touches + 2 * told.saturated, 0)
    for counts, name in ((result.n_asca, "asca"), (result.n_xis, "xis"),
                         (result.n_pattern, "pattern")):  # fmt: skip
        counted = Counter(getattr(told, name) for told in expected)
        assert counts.tolist() == [counted[i] for i in range(len(counts))]


@pytest.mark.verifies("GRADE-4", "GRADE-5", "GRADE-7")
@given(pixels=shapes, order=st.sampled_from(["raster", "simulator"]))
def test_shapes_agree_with_the_model(core: Core, pixels, order) -> None:
    """Pixels on or off reach the rarer grades, which pixels of all heights do not."""
    record = core.grade_events(one(pixels), split=50, window_order=order).records[0]
    told = model.grade(pixels, split=50, outer=50, order=order)
    for name in ("code", "asca", "xis", "pattern", "pha_acis", "pha_asca", "pha_ring"):
        assert record[name] == getattr(told, name), name


@pytest.mark.verifies("GRADE-3", "GRADE-4", "GRADE-7")
def test_grades_are_what_labelling_says(core: Core) -> None:
    """scipy finds what hangs together with the centre by sides."""
    for code, record in enumerate(codes(core)):
        assert record["code"] == code
        on = window(code).reshape(5, 5) > 0
        label, _ = ndimage.label(on)
        island = label == label[2, 2]
        size, edges = int(island.sum()), int(island[[1, 2, 2, 3], [2, 1, 3, 2]].sum())
        box = [edge.stop - edge.start for edge in ndimage.find_objects(island.astype(int))[0]]
        compact = max(box) <= 2
        if size <= 3 and compact:
            expected = {1: int(on.sum() > 1), 2: 0, 3: 6 if edges == 2 else 5}[size]
        else:
            expected = 6 if compact else 7
        if size == 2:
            expected = 2 if island[1, 2] or island[3, 2] else 3 if island[2, 1] else 4
        assert record["asca"] == expected, code
        exact = compact and size == on.sum() and (size < 3 or edges == 2)
        assert (record["pattern"] != 13) == exact, code


@pytest.mark.verifies("GRADE-3")
@pytest.mark.parametrize(
    ("turn", "bits"),
    [
        (np.fliplr, [2, 1, 0, 4, 3, 7, 6, 5]),
        (np.flipud, [5, 6, 7, 3, 4, 0, 1, 2]),
        (np.transpose, [0, 3, 5, 1, 6, 2, 4, 7]),
    ],
)
def test_codes_turn_with_windows(core: Core, turn: Callable[[Any], Any], bits: list[int]) -> None:
    events = np.concatenate([one(turn(window(code).reshape(5, 5))) for code in range(256)])
    turned = core.grade_events(events, split=20).records
    expected = [sum(1 << bits[k] for k in range(8) if code >> k & 1) for code in range(256)]
    assert turned["code"].tolist() == expected
    plain = codes(core)
    as_before = np.where(np.isin(plain["asca"], [3, 4]), 2, plain["asca"])
    assert (np.where(np.isin(turned["asca"], [3, 4]), 2, turned["asca"]) == as_before).all()


@pytest.mark.verifies("GRADE-1", "GRADE-2")
@given(pixels=shapes, shift=st.integers(0, 60000), local=st.booleans())
def test_an_offset_changes_nothing(core: Core, pixels, shift, local) -> None:
    """Added to window and background alike, or to the window with a local background."""
    low = core.grade_events(one(pixels), split=50, background="local" if local else 0)
    high = core.grade_events(
        one(np.array(pixels) + shift), split=50, background="local" if local else shift
    )
    assert (high.records["background"] == low.records["background"] + shift).all()
    for name in set(GRADE_DTYPE.names or ()) - {"background"}:
        assert (high.records[name] == low.records[name]).all(), name


@pytest.mark.verifies("GRADE-2")
@given(pixels=st.lists(u16, min_size=25, max_size=25))
def test_the_local_background_is_a_median(core: Core, pixels) -> None:
    record = core.grade_events(one(pixels), split=50, background="local").records[0]
    eleven = np.array(pixels)[[0, 1, 2, 3, 4, 5, 9, 10, 15, 20, 21]]
    assert record["background"] == np.median(eleven)


@pytest.mark.verifies("GRADE-6")
@pytest.mark.parametrize(
    ("code", "at", "touches"),
    [(2, 2, True), (2, 1, False), (16, 14, True), (11, 0, False), (11, 1, True), (10, 1, False),
     (1, 1, False)],
)  # fmt: skip
def test_what_an_outer_pixel_touches(core: Core, code: int, at: int, touches: bool) -> None:
    pixels = window(code)
    pixels[at] = 30
    record = core.grade_events(one(pixels), split=20).records[0]
    assert (record["flags"] & 1, record["n_outer"]) == (touches, 1)
    assert record["xis"] == (10 if touches else record["asca"])


@pytest.mark.verifies("GRADE-5")
def test_a_square_with_a_large_corner_is_piled_up(core: Core) -> None:
    pixels = window(11)
    pixels[6] = 31
    assert core.grade_events(one(pixels), split=20).records["xis"][0] == 11
    pixels[7] = 31
    assert core.grade_events(one(pixels), split=20).records["xis"][0] == 6


@pytest.mark.parametrize("name", ["split", "outer", "background", "saturation"])
@pytest.mark.parametrize("value", [-1, 65536])
def test_levels_are_16_bit(core: Core, name: str, value: int) -> None:
    with pytest.raises(ValueError, match=name):
        core.grade_events(one(np.zeros(25)), **({"split": 1} | {name: value}))


@pytest.mark.parametrize("name", ["background", "window_order"])
def test_unknown_words_are_refused(core: Core, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        core.grade_events(one(np.zeros(25)), **({"split": 1} | {name: "moon"}))


@pytest.mark.verifies("STAT-3")
def test_errors_leave_the_counters(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    events, out = ffi.new("struct sxi_event[2]"), ffi.new("struct sxi_grade[2]")
    ctx = ffi.new("struct sxi_grader *", {"split": 3})
    ctx.n_asca[7] = 5
    before = bytes(ffi.buffer(ctx))
    null, param = ffi.NULL, lib.SXI_STATUS_PARAM
    assert lib.sxi_grade_events(null, events, 2, out, 2) == param
    assert lib.sxi_grade_events(ctx, null, 2, out, 2) == param
    assert lib.sxi_grade_events(ctx, events, 2, null, 2) == param
    assert lib.sxi_grade_events(ctx, events, 2**31, out, 2) == param
    assert lib.sxi_grade_events(ctx, events, 2, out, 1) == lib.SXI_STATUS_ROOM
    assert bytes(ffi.buffer(ctx)) == before
    for name in ("background_mode", "window_order"):
        wrong = ffi.new("struct sxi_grader *", {name: 2})
        before = bytes(ffi.buffer(wrong))
        assert lib.sxi_grade_events(wrong, events, 2, out, 2) == param
        assert bytes(ffi.buffer(wrong)) == before


def test_counters_go_on_and_wrap_and_the_records_are_exact(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    events = ffi.new("struct sxi_event[2]")
    ctx = ffi.new("struct sxi_grader *", {"split": 3})
    ctx.n_asca[0] = ctx.n_xis[0] = ctx.n_pattern[0] = 2**32 - 1
    ctx.outer = 3
    size = ffi.sizeof("struct sxi_grade")
    assert size == GRADE_DTYPE.itemsize
    out = Guarded(csxi, "uint8_t", 2 * size)
    assert lib.sxi_grade_events(ctx, events, 2, ffi.cast("struct sxi_grade *", out.pointer), 2) == 2
    assert out.is_intact()
    assert not out.inside.any()
    assert (ctx.n_asca[0], ctx.n_xis[0], ctx.n_pattern[0]) == (1, 1, 1)
