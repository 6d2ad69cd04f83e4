# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The storm policy: C and model agree, what is dropped is told exactly, flight is first come."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import u32
from tight import Guarded, octets, state

from fsw_emu.core import EVENT_DTYPE, Core
from fsw_emu.model import fair as model

PARAM = -1
NONE = 2**32 - 1

seeds = st.integers(0, 2**32 - 1)


def events_at(places: Any) -> NDArray[Any]:
    made = np.zeros(len(places), EVENT_DTYPE)
    if len(places):
        made["row"], made["col"] = np.asarray(places).T
    return made


def raster(at: NDArray[Any]) -> NDArray[Any]:
    return at[np.lexsort((at[:, 1], at[:, 0]))]


@st.composite
def sides(draw: st.DrawFn, most: int = 60) -> NDArray[Any]:
    """Events in raster order: all over the node and outside it, or close together."""
    rng = np.random.default_rng(draw(seeds))
    n = draw(st.integers(0, most))
    rows, cols = draw(st.sampled_from([(700, 420), (66, 66), (32, 32)]))
    return events_at(raster(rng.integers(0, [rows, cols], (n, 2))))


parameters = st.fixed_dictionaries(
    {
        "limit": st.integers(0, 120) | st.sampled_from([0, 1, NONE]),
        "tile_quota": st.integers(0, 9) | st.sampled_from([65534, 65535, NONE]),
        "seed": u32,
        "frame_counter": u32,
    }
)
policies = st.sampled_from(["fair", "flight"])


def places(events: NDArray[Any]) -> list[tuple[int, int]]:
    return list(zip(events["row"].tolist(), events["col"].tolist(), strict=True))


def tiles_of(events: NDArray[Any]) -> NDArray[np.int64]:
    """Counts by numpy, nearest tiles for what lies outside."""
    edges = np.append(np.arange(20) * 32, 1 << 16), np.append(np.arange(12) * 32, 1 << 16)
    return np.histogram2d(events["row"], events["col"], bins=edges)[0].astype(np.int64)


@pytest.mark.verifies("FAIR-1..6")
@given(e=sides(), f=sides(), policy=policies, of=parameters)
def test_agrees_with_the_model(
    core: Core, e: NDArray[Any], f: NDArray[Any], policy: Any, of: dict[str, int]
) -> None:
    made = core.fair_select(e, f, policy=policy, **of)
    expected = model.select(places(e), places(f), policy=policy, **of)
    for s, (side, keep) in enumerate(zip(expected.sides, (made.keep_e, made.keep_f), strict=True)):
        assert keep.tolist() == side.keep
        assert made.tile_limit[s] == side.tile_limit
        assert made.over_limit[s] == side.over_limit
        for got, wanted in (
            (made.tile_found, side.found), (made.tile_over, side.over), (made.tile_sent, side.sent)
        ):  # fmt: skip
            np.testing.assert_array_equal(got[s], wanted)
    assert made.draws == expected.draws


@pytest.mark.verifies("FAIR-2", "FAIR-6")
@given(e=sides(), f=sides(), policy=policies, of=parameters)
def test_totals_are_exact(
    core: Core, e: NDArray[Any], f: NDArray[Any], policy: Any, of: dict[str, int]
) -> None:
    made = core.fair_select(e, f, policy=policy, **of)
    assert sum(made.sent) == min(of["limit"], len(e) + len(f))
    for s, (events, keep) in enumerate(((e, made.keep_e), (f, made.keep_f))):
        assert made.found[s] == len(events)
        assert made.found[s] == made.sent[s] + made.over_tile[s] + made.over_limit[s]
        assert made.sent[s] == keep.sum()
        np.testing.assert_array_equal(made.tile_found[s], tiles_of(events))
        np.testing.assert_array_equal(made.tile_sent[s], tiles_of(events[keep]))
        assert made.tile_over[s].sum() == made.over_tile[s]
        left = made.tile_found[s] - made.tile_over[s]
        assert left.max(initial=0) <= made.tile_limit[s]
        assert (made.tile_sent[s] <= left).all()


@pytest.mark.verifies("FAIR-1", "BEYOND-1")
@given(e=sides(), f=sides(), of=parameters)
def test_flight_keeps_the_first(
    core: Core, e: NDArray[Any], f: NDArray[Any], of: dict[str, int]
) -> None:
    made = core.fair_select(e, f, **of)
    kept = np.concatenate((made.keep_e, made.keep_f))
    np.testing.assert_array_equal(kept, np.arange(len(kept)) < of["limit"])
    assert made.draws == sum(made.over_tile) == 0


@pytest.mark.verifies("FAIR-2")
@given(e=sides(), f=sides(), of=parameters)
def test_all_are_sent_where_all_fit(
    core: Core, e: NDArray[Any], f: NDArray[Any], of: dict[str, int]
) -> None:
    made = core.fair_select(e, f, policy="fair", **(of | {"limit": len(e) + len(f)}))
    assert made.keep_e.all()
    assert made.keep_f.all()
    assert made.draws == 0


@pytest.mark.verifies("FAIR-2")
@given(e=sides(), f=sides(), of=parameters)
def test_sides_lend_what_they_do_not_need(
    core: Core, e: NDArray[Any], f: NDArray[Any], of: dict[str, int]
) -> None:
    made = core.fair_select(e, f, policy="fair", **of)
    half = of["limit"] // 2
    assert made.sent[0] >= min(len(e), of["limit"] - half)
    assert made.sent[1] >= min(len(f), half)


@pytest.mark.verifies("FAIR-3")
def test_a_hot_tile_does_not_eat_the_share_of_others(core: Core) -> None:
    """One tile with 9 in 10 of the events; the others lose none that fits."""
    rng = np.random.default_rng(3)
    hot = np.column_stack((64 + rng.integers(0, 32, 900), 96 + rng.integers(0, 32, 900)))
    rest = np.column_stack((320 + rng.integers(0, 256, 100), rng.integers(0, 384, 100)))
    e, none = events_at(np.concatenate((hot, rest))), events_at([])
    fair = core.fair_select(e, none, limit=150, policy="fair", tile_quota=10)
    assert fair.tile_limit[0] == 50  # raised, since ten would leave room
    assert fair.over_tile == (850, 0)
    assert fair.over_limit == (0, 0)
    assert fair.keep_e[900:].all()
    plain = core.fair_select(e, none, limit=150, policy="fair")
    assert plain.keep_e[900:].sum() < 40


@pytest.mark.verifies("FAIR-5")
@given(e=sides(), f=sides(), of=parameters)
def test_pixels_do_not_matter_and_the_same_comes_again(
    core: Core, e: NDArray[Any], f: NDArray[Any], of: dict[str, int]
) -> None:
    before = core.fair_select(e, f, policy="fair", **of)
    e["pixels"] = 77
    again = core.fair_select(e, f, policy="fair", **of)
    assert again.keep_e.tolist() == before.keep_e.tolist()
    assert again.keep_f.tolist() == before.keep_f.tolist()


@pytest.mark.verifies("FAIR-4", "FAIR-5")
def test_frames_and_seeds_choose_differently(core: Core) -> None:
    e = events_at([(r, c) for r in range(20) for c in range(5)])
    kept = {
        core.fair_select(
            e, e, limit=100, policy="fair", seed=seed, frame_counter=frame
        ).keep_e.tobytes()
        for seed in (0, 1, 2**32 - 1)
        for frame in range(10)
    }
    assert len(kept) == 30


@pytest.mark.verifies("FAIR-4")
def test_a_seed_that_cancels_the_frame(core: Core) -> None:
    """The generator's state must not be 0."""
    e = events_at([(r, 0) for r in range(100)])
    of: dict[str, Any] = {"limit": 50, "policy": "fair", "seed": model.WORD + 1 - model.SPREAD}
    assert core.fair_select(e, events_at([]), **of).keep_e.tolist() == (
        model.select(places(e), [], **of).sides[0].keep
    )


def context(csxi: SimpleNamespace, **of: int) -> Any:
    return csxi.ffi.new("struct sxi_fair *", {"policy": 1, "limit": 2, "draws": 99, **of})


def test_null_and_parameters_that_cannot_be(csxi: SimpleNamespace) -> None:
    ffi, lib, null = csxi.ffi, csxi.lib, csxi.ffi.NULL
    e, f = ffi.new("struct sxi_event[3]"), ffi.new("struct sxi_event[3]")
    keeps = [Guarded(csxi, "uint8_t", 3) for _ in range(2)]
    pointers = [keep.pointer for keep in keeps]
    ctx = context(csxi)
    before = state(csxi, ctx)
    good = [ctx, e, 3, f, 3, *pointers]
    for at in (0, 1, 3, 5, 6):
        assert lib.sxi_fair_select(*good[:at], null, *good[at + 1 :]) == PARAM
    many, kept = ffi.new("struct sxi_event[65536]"), ffi.new("uint8_t[65536]")
    for n_e, n_f in ((65536, 3), (3, 65536)):  # memory is as large as it is said to be
        assert lib.sxi_fair_select(ctx, many, n_e, many, n_f, kept, kept) == PARAM
    assert state(csxi, ctx) == before
    odd = context(csxi, policy=2)
    before = state(csxi, odd)
    assert lib.sxi_fair_select(odd, *good[1:]) == PARAM
    assert state(csxi, odd) == before
    assert all(keep.is_untouched() for keep in keeps)
    assert lib.sxi_fair_select(*good) == 2
    assert all(keep.is_intact() for keep in keeps)


@pytest.mark.verifies("FAIR-6")
def test_counters_are_set_not_added_to(csxi: SimpleNamespace) -> None:
    """Whatever is left of another call."""
    lib, ffi = csxi.lib, csxi.ffi
    events, keep = ffi.new("struct sxi_event[3]"), ffi.new("uint8_t[3]")
    used, fresh = context(csxi), context(csxi)
    for name in ("tile_found", "tile_over", "tile_sent", "tile_seen", "tile_part"):
        ffi.memmove(getattr(used, name), octets(csxi, b"\xc5" * 960), 960)
    for ctx in (used, fresh):
        assert lib.sxi_fair_select(ctx, events, 3, events, 3, keep, keep) == 2
    assert state(csxi, used) == state(csxi, fresh)
    assert list(used.over_limit) == [2, 2]
