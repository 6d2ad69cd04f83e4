# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event detection beyond flight: C and model agree, and the rule has the properties it claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import ndimage
from strategies import frames, noise_frames, u16

from fsw_emu.core import Core, FindFlag, Found
from fsw_emu.model import find as model
from fsw_emu.model.find import Rule

LEVELS = [(0, 0xFFFF), (0, 3), (0xFFFA, 0xFFFF), (0x7FFE, 0x8001), (500, 508), (500, 500)]


@st.composite
def planes(draw: st.DrawFn) -> NDArray[np.uint16]:
    """Frames near what decides: few levels, plateaus, saturated, flat, beyond one segment."""
    tall = draw(st.integers(0, 9))
    shape = (
        (tall, draw(st.integers(0, 12)))
        if draw(st.booleans())
        else (5, draw(st.integers(61, 70) | st.integers(125, 132)))
    )
    low, high = draw(st.sampled_from(LEVELS))
    seed = draw(st.integers(0, 2**32 - 1))
    frame = np.random.default_rng(seed).integers(low, high, shape, endpoint=True).astype(np.uint16)
    for _ in range(draw(st.integers(0, 3)) if frame.size else 0):
        where = draw(st.integers(0, frame.size - 1))
        frame.reshape(-1)[where] = draw(u16 | st.sampled_from([low, high, 0xFFFF]))
    return frame


@st.composite
def rules(draw: st.DrawFn, frame: NDArray[np.uint16]) -> Rule:
    """Every switch on or off, each on its own."""
    rows, cols = frame.shape
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    given: dict[str, Any] = {
        "threshold": draw(st.integers(0, 9) | st.sampled_from([0, 100, 0xFFFF]) | u16),
        "order": draw(st.sampled_from(["raster", "simulator"])),
        "ties": draw(st.sampled_from(["strict", "raster"])),
        "saturation": draw(st.sampled_from([0, 1, 505, 0xFFFF])),
        "sigmas_q4": draw(st.sampled_from([0, 16, 80, 0xFFFF])),
    }
    if draw(st.booleans()):
        level = 256 * int(np.median(frame)) if frame.size else 0
        spread = draw(st.sampled_from([0, 1, 256, 1000]))
        near = level + rng.integers(-spread, spread, frame.shape, endpoint=True)
        given["offset"] = near.clip(0, 2**32 - 1).astype(np.uint32)
        if draw(st.booleans()):
            given["offset"][rng.random(frame.shape) < 0.1] = draw(
                st.sampled_from([0, 2**24 - 1, 2**24, 2**31, 2**32 - 1])
            )
    if draw(st.booleans()):
        most = draw(st.sampled_from([0, 1, 400, 0xFFFF]))
        given["noise"] = rng.integers(0, most, frame.shape, endpoint=True).astype(np.uint16)
    if draw(st.booleans()):
        given["row_state"] = rng.choice([0, 0, 1, 255], rows).astype(np.uint8)
    if draw(st.booleans()):
        most = draw(st.sampled_from([1, 600, 2**24 + 5, 2**31 - 1]))
        segments = (rows, -(-cols // 64))
        given["common"] = rng.integers(-most, most, segments, endpoint=True).astype(np.int32)
    if draw(st.booleans()):
        given["row_threshold"] = rng.choice([0, 1, 5, 100, 0xFFFF], rows).astype(np.uint16)
    if draw(st.booleans()):
        given["masked"] = rng.random(frame.shape) < draw(st.sampled_from([0.05, 0.5, 1.0]))
    return Rule(**given)


def find(core: Core, frame: NDArray[np.uint16], rule: Rule, limit: int | None = None) -> Found:
    return core.find_events(
        frame,
        threshold=rule.threshold,
        limit=limit,
        window_order=rule.order,  # type: ignore[arg-type]
        ties=rule.ties,  # type: ignore[arg-type]
        saturation=rule.saturation,
        offset=rule.offset,
        noise=rule.noise,
        sigmas_q4=rule.sigmas_q4,
        row_state=rule.row_state,
        common=rule.common,
        row_threshold=rule.row_threshold,
        masked=None if rule.masked is None else model.packed(rule.masked),
    )


def listed(found: Found) -> list[tuple[int, int, int, list[int]]]:
    return [
        (int(r["row"]), int(r["col"]), int(flags), r["pixels"].tolist())
        for flags, r in zip(found.flags, found.records, strict=True)
    ]


def places(found: Found) -> list[tuple[int, int]]:
    return [(row, col) for row, col, _, _ in listed(found)]


@pytest.mark.verifies("FIND-2..16")
@given(data=st.data(), frame=planes(), limit=st.none() | st.integers(0, 4))
def test_agrees_with_the_model(core, data, frame, limit) -> None:
    rule = data.draw(rules(frame))
    found = find(core, frame, rule, limit)
    expected, n_dropped = model.find(frame, rule, limit)
    assert listed(found) == expected
    assert found.n_dropped == n_dropped


@pytest.mark.verifies("FIND-1", "FIND-16", "BEYOND-1")
@given(
    frame=frames() | noise_frames(12, 140),
    threshold=st.integers(0, 40) | u16,
    order=st.sampled_from(["raster", "simulator"]),
    limit=st.none() | st.integers(0, 5),
)
def test_without_switches_it_is_the_flight_rule(core, frame, threshold, order, limit) -> None:
    """Byte for byte, counters too."""
    flight = core.detect_events(frame, threshold=threshold, window_order=order, limit=limit)
    found = core.find_events(frame, threshold=threshold, window_order=order, limit=limit)
    assert found.records.tobytes() == flight.records.tobytes()
    assert found.n_dropped == flight.n_dropped
    assert not found.flags.any()


@pytest.mark.verifies("FIND-3", "FIND-4", "FIND-6")
@given(frame=noise_frames(14, 140), threshold=st.sampled_from([0, 10, 25]), seed=u16)
def test_agrees_with_scipy_on_maps(core, frame, threshold, seed) -> None:
    """Another judge: heights by arithmetic on the whole frame, maxima by scipy."""
    rng = np.random.default_rng(seed)
    offset = rng.integers(499 * 256, 501 * 256, frame.shape).astype(np.uint32)
    noise = rng.integers(1000, 1600, frame.shape).astype(np.uint16)
    rule = Rule(threshold, offset=offset, noise=noise, sigmas_q4=80)
    height = frame.astype(np.int64) * 256 - offset
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    most = ndimage.maximum_filter(height, footprint=ring, mode="constant", cval=-(2**40))
    least = np.maximum(threshold * 256, noise.astype(np.int64) * 80 // 16)
    is_event = (height > most) & (height >= least)
    is_event[:2] = is_event[-2:] = False
    is_event[:, :2] = is_event[:, -2:] = False
    assert places(find(core, frame, rule)) == [(r, c) for r, c in np.argwhere(is_event).tolist()]


@pytest.mark.verifies("FIND-10", "FIND-11")
@given(data=st.data(), frame=planes())
def test_no_two_events_touch_and_none_is_masked(core, data, frame) -> None:
    rule = data.draw(rules(frame))
    at = np.zeros(frame.shape, bool)
    for place in places(find(core, frame, rule)):
        at[place] = True
    _, separate = ndimage.label(at, np.ones((3, 3)))
    assert separate == at.sum()
    assert rule.masked is None or not (at & rule.masked).any()


@given(data=st.data(), frame=planes(), step=st.integers(1, 400))
def test_a_constant_added_to_frame_and_offset_changes_nothing(core, data, frame, step) -> None:
    rule = replace(data.draw(rules(frame)), saturation=0)
    if rule.offset is not None:
        rule = replace(rule, offset=np.minimum(rule.offset, (0xFFFF - 400) * 256).astype("u4"))
    frame = np.minimum(frame, 0xFFFF - 400).astype(np.uint16)
    offset = None if rule.offset is None else (rule.offset + np.uint32(256 * step)).astype("u4")
    moved = find(core, (frame + np.uint16(step)).astype("u2"), replace(rule, offset=offset))
    assert places(moved) == places(find(core, frame, rule))


@given(data=st.data(), frame=planes(), step=st.integers(1, 9))
def test_a_higher_threshold_finds_no_more(core, data, frame, step) -> None:
    rule = replace(data.draw(rules(frame)), row_threshold=None)
    higher = replace(rule, threshold=min(rule.threshold + step, 0xFFFF))
    assert set(places(find(core, frame, higher))) <= set(places(find(core, frame, rule)))


@given(data=st.data(), frame=planes(), axis=st.sampled_from([0, 1]))
def test_mirrored_frames_have_mirrored_events(core, data, frame, axis) -> None:
    """With maps in all rows, where no background pixels turn, and ties that no order breaks."""
    rule = data.draw(rules(frame))
    offset = np.full(frame.shape, 500 * 256, np.uint32) if rule.offset is None else rule.offset
    rule = replace(rule, offset=offset, row_state=None, common=None, ties="strict")
    per_row = rule.row_threshold
    mirrored = replace(
        rule,
        offset=np.flip(offset, axis),
        noise=None if rule.noise is None else np.flip(rule.noise, axis),
        masked=None if rule.masked is None else np.flip(rule.masked, axis),
        row_threshold=np.flip(per_row) if per_row is not None and axis == 0 else per_row,
    )
    rows, cols = frame.shape
    back = {
        (rows - 1 - r, c) if axis == 0 else (r, cols - 1 - c)
        for r, c in places(find(core, np.flip(frame, axis), mirrored))
    }
    assert back == set(places(find(core, frame, rule)))


@given(data=st.data(), seed=u16)
def test_pixels_outside_the_window_mean_nothing(core, data, seed) -> None:
    frame = data.draw(hnp.arrays(np.uint16, (9, 9), elements=st.integers(500, 504) | u16))
    rule = data.draw(rules(frame))
    around = np.zeros(frame.shape, bool)
    around[2:7, 2:7] = True
    other = np.random.default_rng(seed).permutation(frame[~around])
    shuffled = frame.copy()
    shuffled[~around] = other
    here = [event for event in listed(find(core, frame, rule)) if event[:2] == (4, 4)]
    assert here == [e for e in listed(find(core, shuffled, rule)) if e[:2] == (4, 4)]


@pytest.mark.verifies("FIND-16")
@given(data=st.data(), frame=planes(), limit=st.integers(0, 4))
def test_a_limit_keeps_the_first_and_counts_the_rest(core, data, frame, limit) -> None:
    rule = data.draw(rules(frame))
    every, some = find(core, frame, rule), find(core, frame, rule, limit)
    assert listed(some) == listed(every)[:limit]
    assert len(some.records) + some.n_dropped == len(every.records)


@pytest.mark.verifies("FIND-8", "FIND-9", "FIND-12")
@pytest.mark.parametrize(
    ("plateau", "winners"),
    [
        ([(4, 4), (4, 5)], [(4, 5)]),
        ([(4, 4), (5, 4)], [(5, 4)]),
        ([(4, 5), (5, 4)], [(5, 4)]),
        ([(4, 4), (4, 5), (5, 4), (5, 5)], [(5, 5)]),
        ([(r, c) for r in (4, 5, 6) for c in (3, 4, 5)], [(6, 5)]),
        ([(4, 5), (5, 4), (5, 6)], [(5, 4), (5, 6)]),  # an arch has two ends
        ([(6, 4), (7, 4)], []),  # its last pixel lies in the margin
    ],
)
@pytest.mark.parametrize("level", [900, 0xFFFF])
def test_plateaus(
    core: Core, plateau: list[tuple[int, int]], winners: list[tuple[int, int]], level: int
) -> None:
    """Saturated or not: strict loses them all, raster order keeps the last."""
    frame = np.full((9, 12), 500, np.uint16)
    for place in plateau:
        frame[place] = level
    strict = core.find_events(frame, threshold=100, saturation=0xFFFF)
    found = core.find_events(frame, threshold=100, saturation=0xFFFF, ties="raster")
    assert places(strict) == []
    assert places(found) == winners
    both = FindFlag.SATURATED_CENTRE | FindFlag.SATURATED_WINDOW
    assert set(found.flags.tolist()) <= {int(both) if level == 0xFFFF else 0}
    maps = np.full(frame.shape, 500 * 256, np.uint32)
    by_maps = core.find_events(frame, threshold=100, offset=maps, ties="raster")
    assert places(by_maps) == winners


@pytest.mark.parametrize("ties", ["strict", "raster"])
@pytest.mark.parametrize("level", [0, 500, 0xFFFF])
def test_a_flat_frame_has_no_event(core: Core, ties: Any, level: int) -> None:
    """Not even with a threshold of 0: the plateau's last pixel is in the margin."""
    frame = np.full((9, 70), level, np.uint16)
    assert places(core.find_events(frame, threshold=0, ties=ties)) == []


@pytest.mark.verifies("FIND-11", "FIND-15")
def test_an_event_beside_a_hot_pixel_survives(core: Core) -> None:
    frame = np.full((9, 12), 500, np.uint16)
    frame[4, 4], frame[4, 5] = 700, 3000
    masked = np.zeros(frame.shape, bool)
    masked[4, 5] = True
    assert places(core.find_events(frame, threshold=100)) == [(4, 5)]
    found = core.find_events(frame, threshold=100, masked=model.packed(masked))
    assert places(found) == [(4, 4)]
    assert found.flags.tolist() == [FindFlag.MASKED_NEAR]


@pytest.mark.verifies("FIND-5", "FIND-14")
def test_a_row_that_falls_back_takes_its_median(core: Core) -> None:
    """Its map is 200 ADU off: heights would hide both events."""
    frame = np.full((10, 12), 500, np.uint16)
    frame[3, 4] = frame[6, 4] = 620
    offset = np.full(frame.shape, 700 * 256, np.uint32)
    state = np.zeros(10, np.uint8)
    state[6] = 1
    assert places(core.find_events(frame, threshold=100, offset=offset)) == []
    found = core.find_events(frame, threshold=100, offset=offset, row_state=state)
    assert listed(found)[0][:3] == (6, 4, FindFlag.FALLBACK)
    assert len(found.records) == 1


@pytest.mark.verifies("FIND-4", "FIND-6", "FIND-7")
def test_thresholds_at_the_edge(core: Core) -> None:
    frame = np.full((9, 12), 500, np.uint16)
    frame[4, 4] = 510
    offset = np.full(frame.shape, 500 * 256, np.uint32)
    noise = np.full(frame.shape, 512, np.uint16)

    def count(**options: Any) -> int:
        return len(core.find_events(frame, **{"threshold": 0, **options}).records)

    assert count(threshold=10) == count(threshold=10, offset=offset) == 1
    assert count(threshold=11) == count(threshold=11, offset=offset) == 0
    assert count(offset=offset, noise=noise, sigmas_q4=80) == 1  # 5 sigma are 10 ADU
    assert count(offset=offset, noise=noise + np.uint16(1), sigmas_q4=80) == 0
    assert count(offset=offset, noise=noise, sigmas_q4=81) == 0
    rows = np.full(9, 10, np.uint16)
    assert count(threshold=99, row_threshold=rows) == 1
    rows[4] = 11
    assert count(threshold=1, row_threshold=rows) == 0
    common = np.full((9, 1), 1, np.int32)
    assert count(threshold=10, offset=offset, common=common) == 0
    assert count(threshold=10, offset=offset, common=-common) == 1


def test_the_common_mode_has_segments_of_64_columns(core: Core) -> None:
    frame = np.full((5, 130), 500, np.uint16)
    frame[2, [62, 66, 127]] = 600
    offset = np.full(frame.shape, 500 * 256, np.uint32)
    common = np.zeros((5, 3), np.int32)
    common[2, 1] = 1
    found = core.find_events(frame, threshold=100, offset=offset, common=common)
    assert places(found) == [(2, 62)]


@pytest.mark.verifies("FIND-3")
@pytest.mark.parametrize("state", [None, [0, 0, 0, 1, 0]])
@pytest.mark.parametrize("above", [None, 2**24, 2**24 + 1, 2**31 - 1])
@pytest.mark.parametrize("here", [-(2**24), -(2**24) - 1, -(2**31)])
def test_offsets_and_common_modes_have_limits(
    core: Core, here: int, above: int | None, state: list[int] | None
) -> None:
    """Beyond them they count as the limits: beside neighbours that have others, too."""
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 2, (5, 70)).astype(np.uint16)
    offset = rng.choice([0, 255, 2**24 - 1, 2**24, 2**32 - 1], frame.shape).astype(np.uint32)
    common = np.zeros((5, 2), np.int32)
    common[2] = here
    common[1] = 0 if above is None else above
    rule = Rule(
        threshold=0,
        ties="raster",
        offset=offset,
        common=None if above is None else common,
        row_state=None if state is None else np.array(state, np.uint8),
    )
    assert listed(find(core, frame, rule)) == model.find(frame, rule)[0]
