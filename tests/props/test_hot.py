# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Hot pixels: C and model agree, limits are those of scipy, what is kept is bounded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import poisson

from fsw_emu.core import EVENT_DTYPE, HOT_AFTERGLOW, HOT_HOT, HOT_KEEP, Core
from fsw_emu.model import badpix
from fsw_emu.model import hot as model

PIXELS = 639 * 384
Event = tuple[int, int, int]


def events_of(readout: list[Event]) -> NDArray[Any]:
    events = np.zeros(len(readout), EVENT_DTYPE)
    if readout:
        events["row"], events["col"], events["pixels"][:, 12] = np.array(readout).T
    return events


def verdicts(core: Core, readouts: list[list[Event]], **options: int) -> list[list[int]]:
    tracker = core.hot_tracker(**{"clean": 64, **options})
    return [tracker.update(events_of(readout)).tolist() for readout in readouts]


@st.composite
def histories(draw: st.DrawFn) -> list[list[Event]]:
    """Readouts of a few pixels that fire as often as they like, near each other or not, with
    pauses; and of others that fill the table."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    step = draw(st.sampled_from([1, 1, 70]))
    rates = draw(st.lists(st.sampled_from([0.1, 0.5, 0.8, 1.0]), min_size=1, max_size=30))
    others = draw(st.sampled_from([0, 3, 30]))
    readouts: list[list[Event]] = []
    for _ in range(draw(st.integers(1, 6))):
        pause = bool(rng.random() < 0.3)
        for _ in range(int(rng.integers(1, 14))):
            fire = [] if pause else [k for k, rate in enumerate(rates) if rng.random() < rate]
            places = [(k // 5 * step, k % 5 * step) for k in fire]
            places += [tuple(rng.integers(0, 384, 2)) for _ in range(0 if pause else others)]
            readouts.append([(int(r), int(c), int(rng.integers(0, 9))) for r, c in places])
    return readouts


@pytest.mark.verifies("HOT-1..9")
@given(
    readouts=histories(),
    options=st.fixed_dictionaries(
        {"log2_buckets": st.sampled_from([0, 1, 5]), "clean": st.sampled_from([0, 1, 2, 5, 1023])}
    ),
)
def test_agrees_with_the_model(core: Core, readouts: Any, options: Any) -> None:
    tracker, by_model = core.hot_tracker(**options), model.Tracker(**options)
    for readout in readouts:
        assert tracker.update(events_of(readout)).tolist() == by_model.update(readout)
        assert (
            tracker.mean,
            tracker.n_hot,
            tracker.n_masked,
            tracker.n_healed,
            tracker.n_evicted,
            tracker.n_untracked,
        ) == (
            by_model.mean,
            by_model.n_hot,
            by_model.n_masked,
            by_model.n_healed,
            by_model.n_evicted,
            by_model.n_untracked,
        )
    pixels = np.zeros((639, 384), np.bool_)
    for place in by_model.masked():
        pixels[place] = True
    assert tracker.mask() == badpix.mask_of(pixels)


def chance(n: int, rate: float, window: int) -> float:
    """Of n events in a window of which the last has just come."""
    return float(rate * poisson.sf(n - 2, (window - 1) * rate))


@pytest.mark.verifies("HOT-2", "HOT-3")
@pytest.mark.parametrize("power", range(-13, -3))
def test_limits_are_those_of_the_poisson_distribution(core: Core, power: int) -> None:
    top = PIXELS * 256 >> -power
    for i, window in enumerate((4, 8, 16, 32)):
        within = 1e-4 / 21600 * (14 / 15 if window == 4 else 1 / 45)
        n = core.hot_limit(top, i)
        assert n == model.limit_at(top, window)
        assert n > window or chance(n, 2.0**power, window) <= within
        assert chance(n - 1, 2.0**power, window) > within
        assert core.hot_limit(top + 1, i) >= n
    assert core.hot_limit(0, 0) == 3  # no limit is less


@pytest.mark.verifies("HOT-3")
def test_nothing_is_hot_where_everything_fires(core: Core) -> None:
    limits = [
        core.hot_limit(rate, i) for i in range(4) for rate in ((PIXELS * 256 >> 4) + 1, 2**32 - 1)
    ]
    assert limits == [5, 5, 9, 9, 17, 17, 33, 33]


@pytest.mark.verifies("HOT-1", "HOT-6")
def test_a_pixel_that_always_fires_is_hot_at_once_and_healed_when_it_stops(core: Core) -> None:
    fires, stops = [[(7, 8, 100)]] * 6, [[] for _ in range(64)]
    told = verdicts(core, [*fires, *stops, *fires])
    first = [[HOT_KEEP], [HOT_AFTERGLOW], *[[HOT_HOT]] * 4]
    assert told == [*first, *stops, *first]


@pytest.mark.verifies("HOT-6")
@pytest.mark.parametrize("clean", [1, 4])
def test_healed_are_those_without_an_event_for_as_long_as_is_set(core: Core, clean: int) -> None:
    fires = [[(7, 8, 100)]]
    for still in range(clean + 2):
        told = verdicts(core, fires * 4 + [[]] * still + fires, clean=clean)
        assert told[3] == [HOT_HOT]
        assert told[-1] == ([HOT_HOT] if still < clean else [HOT_KEEP])


@pytest.mark.verifies("HOT-6", "BEYOND-1")
def test_by_default_nothing_is_hot(core: Core) -> None:
    tracker = core.hot_tracker()
    assert [tracker.update(events_of([(7, 8, 100)])).tolist() for _ in range(6)] == [[HOT_KEEP]] * 6


@pytest.mark.verifies("HOT-7")
def test_one_that_relapses_is_masked_for_longer(core: Core) -> None:
    tracker = core.hot_tracker(clean=4)
    fires, nothing = events_of([(7, 8, 100)]), events_of([])
    periods = []
    for _ in range(8):
        while not tracker.n_hot:
            tracker.update(fires)
        periods.append(0)
        while tracker.n_hot:
            tracker.update(nothing)
            periods[-1] += 1
    assert periods == [5, 9, 17, 33, 65, 129, 129, 129]  # free in the one after that


@pytest.mark.verifies("HOT-7")
def test_staying_well_is_worth_something(core: Core) -> None:
    """Twice hot, then well for as long again: as after the first time. And then as new."""
    tracker = core.hot_tracker(clean=4)
    fires, nothing = events_of([(7, 8, 100)]), events_of([])

    def period() -> int:
        while not tracker.n_hot:
            tracker.update(fires)
        readouts = 0
        while tracker.n_hot:
            tracker.update(nothing)
            readouts += 1
        return readouts

    assert (period(), period()) == (5, 9)
    for _ in range(9):
        tracker.update(nothing)
    assert period() == 9
    for _ in range(9 + 5):
        tracker.update(nothing)
    assert period() == 5


@pytest.mark.verifies("HOT-4", "HOT-5")
def test_a_bright_sky_is_brighter_than_what_is_around(csxi: SimpleNamespace) -> None:
    """Four events around a pixel tell of less than the node's mean does."""
    ffi, lib = csxi.ffi, csxi.lib
    around = [{"row": 10, "col": c, "hits": 3, "idle": 1, "state": 1} for c in (9, 11)]
    pixel = {"row": 10, "col": 10, "hits": 2**16 - 1, "idle": 1, "state": 1}
    table = ffi.new("struct sxi_hot_pixel[8]", [pixel, *around])
    ctx = ffi.new("struct sxi_hot *", {"pixels": table, "clean": 9, "n_readouts": 1})
    ctx.mean = (PIXELS * 256 >> 4) - 9
    events, out = ffi.new("struct sxi_event[1]", [{"row": 10, "col": 10}]), ffi.new("uint8_t[1]")
    assert lib.sxi_hot_update(ctx, events, 1, out) == 0
    assert (out[0], ctx.n_hot) == (HOT_HOT, 1)


@pytest.mark.verifies("HOT-8")
def test_afterglow_does_not_grow(core: Core) -> None:
    charges = [[(1, 2, q)] for q in (50, 50)] + [[(3, 4, 50)], [(3, 4, 51)]]
    assert verdicts(core, charges) == [[0], [2], [0], [0]]
    apart = [[(1, 2, 50)], [], [(1, 2, 40)]]
    assert verdicts(core, apart) == [[0], [], [0]]


@pytest.mark.verifies("HOT-4")
def test_the_image_of_a_source_is_not_hot(core: Core) -> None:
    """The pixel in the middle alone is; with its neighbours as bright it is not."""
    source = [(r, c, 9) for r in range(100, 105) for c in range(200, 205)]
    alone, bright = core.hot_tracker(clean=64), core.hot_tracker(clean=64)
    for _ in range(8):
        assert alone.update(events_of([(102, 202, 9)])).shape == (1,)
        told = bright.update(events_of(source))
    assert alone.n_hot == 1
    assert not (told == HOT_HOT)[12]


@pytest.mark.verifies("HOT-9")
def test_hot_pixels_join_the_mask(core: Core) -> None:
    tracker = core.hot_tracker(clean=64)
    for _ in range(4):
        tracker.update(events_of([(638, 383, 1), (639, 0, 1), (0, 384, 1)]))
    assert tracker.n_hot == 3  # two of them outside
    base = badpix.marked(bytes(badpix.BYTES), 0, 0)
    assert tracker.mask(base) == badpix.marked(base, 638, 383)


@pytest.mark.verifies("STAT-3")
def test_errors_leave_the_context(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    table, events = ffi.new("struct sxi_hot_pixel[8]"), ffi.new("struct sxi_event[1]")
    out, mask = ffi.new("uint8_t[1]", [9]), ffi.new("uint8_t[30672]")

    def context(**changed: Any) -> Any:
        return ffi.new("struct sxi_hot *", {"pixels": table, "clean": 9, "mean": 3} | changed)

    for wrong in ({"pixels": ffi.NULL}, {"log2_buckets": 14}, {"clean": 1024}):
        ctx = context(**wrong)
        before = bytes(ffi.buffer(ctx)), bytes(ffi.buffer(table))
        assert lib.sxi_hot_update(ctx, events, 1, out) == lib.SXI_STATUS_PARAM
        assert (bytes(ffi.buffer(ctx)), bytes(ffi.buffer(table))) == before
        if "clean" not in wrong:
            assert lib.sxi_hot_mask(ctx, mask, 30672) == lib.SXI_STATUS_PARAM
    ctx = context()
    before = bytes(ffi.buffer(ctx)), bytes(ffi.buffer(table))
    good = (ctx, events, 1, out)
    many, verdicts = ffi.new("struct sxi_event[]", PIXELS + 1), ffi.new("uint8_t[]", PIXELS + 1)
    assert lib.sxi_hot_update(ctx, many, PIXELS + 1, verdicts) == lib.SXI_STATUS_PARAM
    for at, value in [(0, ffi.NULL), (1, ffi.NULL), (3, ffi.NULL)]:
        assert lib.sxi_hot_update(*good[:at], value, *good[at + 1 :]) == lib.SXI_STATUS_PARAM
    for pointer, size in [(ffi.NULL, 30672), (mask, 30671)]:
        assert lib.sxi_hot_mask(ctx, pointer, size) == lib.SXI_STATUS_PARAM
    assert lib.sxi_hot_mask(ffi.NULL, mask, 30672) == lib.SXI_STATUS_PARAM
    assert lib.sxi_hot_limit(0, 4) == lib.SXI_STATUS_PARAM
    assert (bytes(ffi.buffer(ctx)), bytes(ffi.buffer(table)), out[0]) == (*before, 9)


def test_a_full_table_stays_in_its_memory(csxi: SimpleNamespace) -> None:
    """One bucket, then a guard that looks like the ninth of nine pixels that are hot."""
    ffi, lib = csxi.ffi, csxi.lib
    table, out = ffi.new("struct sxi_hot_pixel[9]"), ffi.new("uint8_t[9]")
    events = ffi.new("struct sxi_event[9]", [{"row": 9 * k, "col": 7} for k in range(9)])
    table[8].hits, table[8].row, table[8].col, table[8].state = 0xA5A5A5A5, 72, 7, 2
    ctx = ffi.new("struct sxi_hot *", {"pixels": table, "clean": 9})
    for _ in range(4):
        assert lib.sxi_hot_update(ctx, events, 8, out) >= 0
    assert ctx.n_hot == 8
    assert lib.sxi_hot_update(ctx, events, 9, out) == 1
    assert (ctx.n_untracked, ctx.n_evicted, out[8]) == (1, 0, 0)
    assert table[8].hits == 0xA5A5A5A5
    assert lib.sxi_hot_mask(ctx, ffi.new("uint8_t[30672]"), 30672) == 8


@pytest.mark.verifies("HOT-9")
@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize("better", [(1, 3), (3, 9)], ids=["fewer", "longer ago"])
def test_a_full_bucket_forgets_the_pixel_that_is_least_worth(
    csxi: SimpleNamespace, place: int, better: tuple[int, int]
) -> None:
    """The one of fewest events, or of those the one without for longest, wherever it stands."""
    ffi, lib = csxi.ffi, csxi.lib
    table, out = ffi.new("struct sxi_hot_pixel[8]"), ffi.new("uint8_t[1]")
    for i in range(8):
        hits, idle = better if i == place else (3, 3)
        table[i].hits, table[i].idle, table[i].row, table[i].state = hits, idle, 9 * i, 1
    ctx = ffi.new("struct sxi_hot *", {"pixels": table, "clean": 4})
    event = ffi.new("struct sxi_event[1]", [{"row": 600, "col": 7}])
    assert lib.sxi_hot_update(ctx, event, 1, out) == 1
    assert [pixel.row for pixel in table] == [600 if i == place else 9 * i for i in range(8)]
    assert ctx.n_evicted == 1


def test_the_last_place_of_a_table_ages(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    table = ffi.new("struct sxi_hot_pixel[8]")
    table[7].state, table[7].period, table[7].idle = 1, 8, 8
    ctx = ffi.new("struct sxi_hot *", {"pixels": table, "clean": 4})
    out = ffi.new("uint8_t[1]")
    assert lib.sxi_hot_update(ctx, ffi.new("struct sxi_event[1]"), 0, out) == 0
    assert (table[7].state, table[7].period, table[7].idle) == (1, 4, 0)


def test_faces_refuse_what_does_not_fit(core: Core) -> None:
    with pytest.raises(ValueError, match="log2_buckets"):
        core.hot_tracker(log2_buckets=14)
    with pytest.raises(ValueError, match="clean"):
        core.hot_tracker(clean=1024)
    with pytest.raises(ValueError, match="hot_limit"):
        core.hot_limit(0, 4)
    with pytest.raises(ValueError, match="hot_tracker"):
        core.hot_tracker().mask(bytes(3))
