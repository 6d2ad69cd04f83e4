# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The quick look: C and model agree, alarms are where they should be, bad products are refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tight import octets, state, tight

from fsw_emu.core import EVENT_DTYPE, Core, CoreError
from fsw_emu.model.look import Axis, Look

PARAM, RANGE = -1, -8
BYTES = 264
GOOD = {"reference": 316, "limit": 200, "sigmas": 40, "confirm": 3, "learn": 64, "shift": 6}

parameters = st.fixed_dictionaries(
    {
        "reference": st.sampled_from([257, 316, 1024]),
        "limit": st.sampled_from([1, 3, 20]),
        "sigmas": st.sampled_from([1, 16, 40]),
        "confirm": st.integers(1, 3),
        "learn": st.integers(2, 5),
        "shift": st.sampled_from([1, 3, 8]),
    }
)
pixels = st.tuples(
    st.integers(0, 3), st.integers(0, 638), st.integers(0, 383), st.booleans()
)  # node, row, col, kept
readouts = st.lists(
    st.lists(pixels, max_size=6) | st.lists(st.just((1, 9, 380, True)), min_size=8, max_size=30),
    min_size=1,
    max_size=14,
)


def events_of(places: list[tuple[int, int]]) -> NDArray[Any]:
    events = np.zeros(len(places), EVENT_DTYPE)
    events["row"], events["col"] = [row for row, _ in places], [col for _, col in places]
    return events


@pytest.mark.verifies("LOOK-1..9")
@given(options=parameters, seen=readouts, counter=st.integers(0, 0xFFFF))
def test_agrees_with_the_model(
    core: Core, options: dict[str, int], seen: Any, counter: int
) -> None:
    look, model = core.quick_look(**options), Look(**options)
    for readout in seen:
        for node in range(4):
            here = [event for event in readout if event[0] == node]
            keep = np.array([event[3] for event in here], np.bool_)
            look.add(node, events_of([event[1:3] for event in here]), keep)
        kept = [event[:3] for event in readout if event[3]]
        product = look.close(counter)
        assert product == model.close(counter, kept, len(readout) - len(kept))
        read = core.look_load(product)
        assert sum(read.counts) == len(kept)
        assert read.n_rejected == len(readout) - len(kept)
        assert read.cells.sum() == len(kept)
        assert (read.x is None) == (not kept)
        assert read.frame_counter == counter
    assert look.n_alarms == model.n_alarms


def run(core: Core, counts: list[int], rows: Any = None, **options: int) -> list[Any]:
    """Products of readouts of so many events at random places of all nodes."""
    look, rng = core.quick_look(**options), np.random.default_rng(4)
    products = []
    for i, count in enumerate(counts):
        events = np.zeros(count, EVENT_DTYPE)
        events["row"] = rng.integers(0, 639, count) if rows is None else rows(i)
        events["col"] = rng.integers(0, 384, count)
        for node in range(4):
            look.add(node, events[node::4])
        products.append(core.look_load(look.close(i)))
    return products


@pytest.mark.verifies("LOOK-6")
def test_a_rate_that_rises_is_told(core: Core) -> None:
    rng = np.random.default_rng(3)
    quiet = run(core, rng.poisson(180, 120).tolist(), learn=16)
    assert not any(p.rate_alarm or p.place_alarm for p in quiet)
    assert [p.learning for p in quiet] == [True] * 16 + [False] * 104
    storm = run(core, [*rng.poisson(180, 40), *rng.poisson(360, 20)], learn=16)
    told = [i for i, p in enumerate(storm) if p.rate_alarm]
    assert told[0] in (40, 41)
    assert storm[told[0] + 1].learning  # the new rate is learned: no second alarm
    assert len(told) == 1


@pytest.mark.verifies("LOOK-7")
def test_a_centre_that_moves_is_told(core: Core) -> None:
    def rows(i: int) -> NDArray[np.int64]:
        high = 639 if i < 50 else 320
        return np.random.default_rng(i).integers(0, high, 200)

    products = run(core, [200] * 70, rows, learn=32)
    # rows of CCD2 are upside down: both halves move apart, and x stays; so only one CCD is given
    assert not any(p.place_alarm for p in products)
    look = core.quick_look(learn=32)
    told = []
    for i in range(70):
        events = np.zeros(200, EVENT_DTYPE)
        events["row"] = rows(i)
        look.add(2, events)
        told += [i] if core.look_load(look.close(i)).place_alarm else []
    assert told == [52]  # the third in a row


@pytest.mark.verifies("LOOK-2")
def test_cells_say_when_they_are_full(core: Core) -> None:
    for n, full in ((255, False), (256, True)):
        look = core.quick_look()
        look.add(3, events_of([(638, 383)] * n))
        read = core.look_load(look.close(0))
        assert read.full == full
        assert read.cells[3, 9, 5] == 255
        assert read.counts == (0, 0, 0, n)


def test_variance_of_the_model_is_that_of_numpy() -> None:
    places = np.random.default_rng(1).normal(1000, 30, 4000).round().astype(int).tolist()
    axis = Axis(places=places)
    axis.end_learning()
    assert axis.mean == pytest.approx(256 * np.mean(places), abs=1)
    assert axis.variance == pytest.approx(np.var(places), rel=0.1)


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", [0, 65535])
def test_parameters_out_of_range_are_refused(core: Core, name: str, value: int) -> None:
    if (name, value) == ("limit", 65535):
        core.quick_look(limit=65535)
        return
    with pytest.raises(CoreError):
        core.quick_look(**{name: value})


@pytest.mark.parametrize(
    ("name", "last", "beyond"),
    [
        ("reference", 257, 256),
        ("reference", 1024, 1025),
        ("sigmas", 255, 256),
        ("confirm", 255, 256),
        ("learn", 2, 1),
        ("learn", 256, 257),
        ("shift", 8, 9),
    ],
)
def test_limits_of_parameters(csxi: SimpleNamespace, name: str, last: int, beyond: int) -> None:
    good = csxi.ffi.new("struct sxi_look *", GOOD | {name: last})
    assert csxi.lib.sxi_look_init(good) == 0
    bad = csxi.ffi.new("struct sxi_look *", GOOD | {name: beyond, "n_alarms": 7})
    before = state(csxi, bad)
    out = csxi.ffi.new("uint8_t[]", BYTES)
    assert csxi.lib.sxi_look_init(bad) == PARAM
    assert csxi.lib.sxi_look_close(bad, 0, out, BYTES) == PARAM
    assert state(csxi, bad) == before


def test_a_readout_begins_empty_whatever_the_memory_held(csxi: SimpleNamespace) -> None:
    held = {"n_kept": [1, 2, 3, 4], "n_rejected": 5, "sum_x": 6, "sum_y": 7, "cells": [8, 9]}
    ctx = csxi.ffi.new("struct sxi_look *", GOOD | held | {"mean": 10, "n_alarms": 11})
    assert csxi.lib.sxi_look_init(ctx) == 0
    product = closed(csxi, ctx)
    assert [*product.n_kept, product.n_rejected, product.mean, ctx.n_alarms] == [0] * 7
    assert not any(product.cells)


@pytest.mark.verifies("STAT-3")
def test_refusals_change_nothing(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    ctx = ffi.new("struct sxi_look *", GOOD)
    assert lib.sxi_look_init(ffi.NULL) == PARAM
    assert lib.sxi_look_init(ctx) == 0
    events = ffi.new("struct sxi_event[2]")
    assert lib.sxi_look_add(ctx, 0, events, 2, ffi.NULL) == 0
    before, keep = state(csxi, ctx), ffi.new("uint8_t[2]")
    out = ffi.new("uint8_t[]", BYTES)
    assert lib.sxi_look_add(ffi.NULL, 0, events, 1, keep) == PARAM
    assert lib.sxi_look_add(ctx, 0, ffi.NULL, 1, keep) == PARAM
    assert lib.sxi_look_add(ctx, 4, events, 1, keep) == PARAM
    many, kept = ffi.new("struct sxi_event[65534]"), ffi.new("uint8_t[65534]")
    assert lib.sxi_look_add(ctx, 0, many, 65534, kept) == RANGE
    for name, most in (("row", 639), ("col", 384)):
        setattr(events[1], name, most)
        assert lib.sxi_look_add(ctx, 0, events, 2, keep) == PARAM
        setattr(events[1], name, 0)
    assert lib.sxi_look_close(ffi.NULL, 0, out, BYTES) == PARAM
    assert lib.sxi_look_close(ctx, 0, ffi.NULL, BYTES) == PARAM
    assert state(csxi, ctx) == before
    ctx.n_rejected = 65536  # nothing fits any more
    assert lib.sxi_look_add(ctx, 0, events, 0, keep) == RANGE


def learned(csxi: SimpleNamespace, places: list[tuple[int, int]], **fields: Any) -> Any:
    """A context that has learned, with these events of F4 in the readout under way."""
    ctx = csxi.ffi.new("struct sxi_look *", GOOD | {"learn": 2, "shift": 1, "confirm": 2})
    assert csxi.lib.sxi_look_init(ctx) == 0
    events = csxi.ffi.new("struct sxi_event[]", [{"row": r, "col": c} for r, c in places])
    assert csxi.lib.sxi_look_add(ctx, 3, events, len(places), csxi.ffi.NULL) == 0
    ctx.learned = 2
    for name, value in fields.items():
        setattr(ctx, name, value)
    return ctx


def closed(csxi: SimpleNamespace, ctx: Any) -> Any:
    out, product = csxi.ffi.new("uint8_t[]", BYTES), csxi.ffi.new("struct sxi_look_product *")
    assert csxi.lib.sxi_look_close(ctx, 0, out, BYTES) == BYTES
    assert csxi.lib.sxi_look_load(product, out, BYTES) == 0
    return product


@pytest.mark.verifies("LOOK-1", "LOOK-6")
@pytest.mark.parametrize(
    ("score", "told"), [(0x7FFFFFFF, 65535), (65535 << 8, 65535), (65534 << 8, 65534)]
)
def test_a_score_that_does_not_fit_stays_at_its_most(
    csxi: SimpleNamespace, score: int, told: int
) -> None:
    ctx = learned(csxi, [], score=score)
    assert closed(csxi, ctx).score == told
    ctx = learned(csxi, [(0, 0)], score=0x7FFFFFFF)
    assert closed(csxi, ctx).flags & csxi.lib.SXI_LOOK_RATE


@pytest.mark.verifies("LOOK-7")
def test_a_place_beyond_all_others_counts_as_far(csxi: SimpleNamespace) -> None:
    """Steps are bounded, so that their squares fit 32 bits; sides are counted apart."""
    ctx = learned(csxi, [(638, 383)])
    ctx.x.variance = ctx.y.variance = 4096**2  # of a limit beyond any step
    closed(csxi, ctx)
    assert (ctx.x.run, ctx.y.run) == (0, 0)
    ctx = learned(csxi, [(638, 383)])
    ctx.x.mean, ctx.y.mean = 0, 5000 << 8
    ctx.x.run, ctx.x.side = 1, 0  # before, it was below
    product = closed(csxi, ctx)
    assert (ctx.x.run, ctx.x.side) == (1, 1)
    assert not product.flags & csxi.lib.SXI_LOOK_PLACE
    ctx = learned(csxi, [(638, 383)])
    ctx.x.run, ctx.x.side = 1, 1
    assert closed(csxi, ctx).flags & csxi.lib.SXI_LOOK_PLACE
    low = csxi.ffi.new("struct sxi_look *", GOOD | {"learn": 2, "confirm": 2})
    csxi.lib.sxi_look_init(low)
    events = csxi.ffi.new("struct sxi_event[]", [{"row": 0, "col": 0}])
    csxi.lib.sxi_look_add(low, 0, events, 1, csxi.ffi.NULL)  # the top: y is 5,108 quarters
    low.learned = 2
    closed(csxi, low)
    assert (low.y.run, low.y.side) == (1, 1)


@pytest.mark.verifies("LOOK-5")
def test_steps_are_bounded_while_learning(csxi: SimpleNamespace) -> None:
    ctx = learned(csxi, [(0, 0)], learned=1)
    ctx.x.last = ctx.y.last = 10_000
    closed(csxi, ctx)
    assert ctx.learned == 2
    assert ctx.x.squares == ctx.y.squares == 4095**2
    assert ctx.x.variance == 4095**2 // 2 + 1


def test_it_takes_exactly_the_room(csxi: SimpleNamespace) -> None:
    ctx = csxi.ffi.new("struct sxi_look *", GOOD)
    csxi.lib.sxi_look_init(ctx)
    product = tight(csxi, BYTES, lambda out, room: csxi.lib.sxi_look_close(ctx, 5, out, room))
    made = csxi.ffi.new("struct sxi_look_product *")
    assert csxi.lib.sxi_look_load(made, octets(csxi, product), BYTES) == 0
    assert made.frame_counter == 5


@pytest.mark.verifies("LOOK-10")
@given(data=st.data())
def test_damaged_products_are_refused(core: Core, data: st.DataObject) -> None:
    look = core.quick_look()
    look.add(0, events_of([(1, 2)]))
    product = look.close(1)
    bit = data.draw(st.integers(0, 8 * BYTES - 1))
    damaged = bytearray(product)
    damaged[bit // 8] ^= 1 << bit % 8
    cut = product[: data.draw(st.integers(0, BYTES - 1))]
    for wrong in (bytes(damaged), cut, product + b"\0"):
        with pytest.raises(CoreError):
            core.look_load(wrong)


@pytest.mark.verifies("LOOK-10")
@pytest.mark.parametrize(("at", "value"), [(0, 2), (1, 16), (18, 0xF000), (20, 0xF000)])
def test_what_cannot_be_is_refused(core: Core, at: int, value: int) -> None:
    body = bytearray(core.quick_look().close(1)[:-2])
    body[at : at + (2 if at > 1 else 1)] = value.to_bytes(2 if at > 1 else 1, "big")
    with pytest.raises(CoreError, match="field"):
        core.look_load(bytes(body) + core.crc16(bytes(body)).to_bytes(2, "big"))


@pytest.mark.parametrize(("at", "most"), [(18, 768 * 4), (20, 1278 * 4)])
def test_places_end_with_the_focal_plane(core: Core, at: int, most: int) -> None:
    body = bytearray(core.quick_look().close(1)[:-2])
    for place, good in ((most - 1, True), (most, False)):
        body[at : at + 2] = place.to_bytes(2, "big")
        product = bytes(body) + core.crc16(bytes(body)).to_bytes(2, "big")
        if good:
            core.look_load(product)
            continue
        with pytest.raises(CoreError):
            core.look_load(product)


def test_pointers_of_a_product(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    made, data = ffi.new("struct sxi_look_product *"), ffi.new("uint8_t[]", BYTES)
    assert lib.sxi_look_load(ffi.NULL, data, BYTES) == PARAM
    assert lib.sxi_look_load(made, ffi.NULL, BYTES) == PARAM


def test_keep_must_fit(core: Core) -> None:
    with pytest.raises(ValueError, match="differ"):
        core.quick_look().add(0, np.zeros(2, EVENT_DTYPE), np.ones(1, np.bool_))
