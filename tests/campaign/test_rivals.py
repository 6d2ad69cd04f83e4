# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The built-in algorithms: what they send adds up, and without their own part they are flight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import label, maximum_filter

from fsw_emu.algorithms.costs import CALLS, MEMORY_BYTES, Figures, costs_of, package_figures
from fsw_emu.algorithms.estimate import NO_TRACK
from fsw_emu.algorithms.flight import packets_of
from fsw_emu.algorithms.guard import checked
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.names import read_name
from fsw_emu.algorithms.resolve import BUILT_IN, DESCRIPTIONS
from fsw_emu.campaign.skies import open_sky
from fsw_emu.cli.main import main
from fsw_emu.core import FindFlag, default_core
from fsw_emu.merit.meter import Meter
from fsw_emu.scene.detailed import DetailedScene, preset

HEADERS = Path(__file__).parents[2] / "c_src" / "include" / "sxi"


@pytest.fixture(scope="module")
def sky() -> list[NDArray[np.uint16]]:
    """Two readouts of a storm."""
    scene = DetailedScene(preset("storm", {}), seed=3)
    return [scene.exposure(index).frames for index in range(2)]


def runs(name: str, readouts: Sequence[NDArray[np.uint16]], **told: Any) -> list[Outcome]:
    """What a built-in algorithm makes of them, checked."""
    named = read_name(name)
    setup = named.setup(replace(Setup(core=default_core(), seed=3), **told))
    algorithm = BUILT_IN[named.name](setup)
    return [checked(algorithm.readout(frames)) for frames in readouts]


def same(one: Sequence[Outcome], other: Sequence[Outcome], *but: str) -> bool:
    """The same events, fields in ``but`` apart."""
    names = [name for name in one[0].events.dtype.names or () if name not in but]
    return all(
        len(a.events) == len(b.events)
        and all(np.array_equal(a.events[name], b.events[name]) for name in names)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("name", list(BUILT_IN))
def test_counts_add_up_and_answers_repeat(name: str, sky: list[NDArray[np.uint16]]) -> None:
    before = [frames.copy() for frames in sky]
    first, second = runs(name, sky), runs(name, sky)
    assert same(first, second)
    assert [o.counts for o in first] == [o.counts for o in second]
    assert all(len(outcome.events) > 300 for outcome in first)
    assert all(map(np.array_equal, before, sky))


@pytest.mark.parametrize("name", list(BUILT_IN))
def test_nothing_is_sent_of_flat_frames(name: str) -> None:
    (outcome,) = runs(name, [np.full((4, 639, 384), 500, np.uint16)])
    assert outcome.counts["detected"] == outcome.counts["sent"] == 0


@pytest.mark.parametrize(
    "neutral",
    ["ties(ties=strict)", "cti(loss=0.0)", "hot(clean=0)", "tracks", "fair", "fair(tile_quota=9)",
     "ladder", "ladder(deepest=0,budget_bytes=0)", "maps(learned=0)"],
)  # fmt: skip
def test_without_its_own_part_it_is_flight(neutral: str, sky: list[NDArray[np.uint16]]) -> None:
    readouts = sky[:1] if neutral.startswith("hot") else sky  # afterglows are told all the same
    rival = runs(neutral, readouts)
    assert same(runs("flight", readouts), rival, "grade", "flags", "distance_px")
    assert sum(outcome.counts.get("over tile", 0) for outcome in rival) == 0


@pytest.mark.parametrize("name", ["flight", "tracks", "ladder"])
def test_dark_current_is_part_of_the_level_that_limits_stand_on(name: str) -> None:
    """A map of the empty sky has it; limits of 500 ADU and some would reject every event."""
    sky = open_sky("warm", {}, 1)
    exposure = sky.scene.exposure(0)
    meter = Meter(Setup(default_core(), 1, **sky.told))
    meter.readout(exposure, runs(name, [exposure.frames], **sky.told)[0])
    (kept,) = (each for each in meter.measures() if (each.figure, each.part) == ("efficiency", ""))
    assert kept.trials > 100
    assert kept.total > 0.9 * kept.trials


@pytest.mark.parametrize(
    ("preset_name", "celsius", "told"),
    [("quiet", -110, 500), ("storm", -110, 500), ("end-of-life", -110, 500), ("quiet", -125, 494),
     ("warm", -65, 570), ("quiet", 30, 60_000)],
)  # fmt: skip
def test_levels_told_are_those_of_the_temperature(
    preset_name: str, celsius: float, told: int
) -> None:
    """0.4 ADU a degree from -110 on, and 52 ADU of dark current where it is warm."""
    sky = open_sky(preset_name, {"temperature.mean_c": celsius}, 1)
    assert sky.told["pedestal_adu"] == told
    frames = sky.scene.exposure(0).frames
    assert all(isinstance(runs(name, [frames], **sky.told)[0], Outcome) for name in BUILT_IN)


def test_ties_find_pairs_of_equal_pixels_and_flag_saturation() -> None:
    frames = np.full((4, 639, 384), 500, np.uint16)
    frames[1, 100, 50:52] = 700
    frames[2, 200, 60] = 65535
    assert len(runs("flight(centre_max=65535,ring_sum_max=65535)", [frames])[0].events) == 1
    (outcome,) = runs("ties(centre_max=65535,ring_sum_max=65535)", [frames])
    places = [tuple(event) for event in outcome.events[["node", "row", "col"]].tolist()]
    assert places == [(1, 100, 51), (2, 200, 60)]
    both = FindFlag.SATURATED_CENTRE | FindFlag.SATURATED_WINDOW
    assert outcome.events["flags"].tolist() == [0, both]


def test_maps_see_what_a_local_median_cannot() -> None:
    """Neighbours as bright as the pixel itself: the median of the window rises with them."""
    frames = np.full((4, 639, 384), 500, np.uint16)
    frames[0, 98:103, 48:53] = 540
    frames[0, 100, 50] = 541
    assert len(runs("flight(ring_count_max=8)", [frames])[0].events) == 0
    (outcome,) = runs("maps(ring_count_max=8)", [frames])
    assert outcome.events[["row", "col"]].tolist() == [(100, 50)]


def test_cti_lowers_thresholds_of_far_rows_alone() -> None:
    frames = np.full((4, 639, 384), 500, np.uint16)
    frames[0, [2, 630], 50] = 522  # below the threshold of 25 ADU
    (outcome,) = runs("cti(loss=5e-5)", [frames])
    assert outcome.events["row"].tolist() == [630]


def test_hot_pixels_are_gone_in_four_readouts(sky: list[NDArray[np.uint16]]) -> None:
    frames = sky[0].copy()
    frames[0, 300, 200] = 560 + frames[0, 298:303, 198:203].max()
    frames[0, 299:302, 199:202] = np.minimum(frames[0, 299:302, 199:202], frames[0, 300, 200] - 50)
    sent = runs("hot(centre_max=65535,ring_count_max=8,ring_sum_max=65535)", [frames] * 5)
    fires = [(o.events[["node", "row", "col"]].tolist()).count((0, 300, 200)) for o in sent]
    assert [fires[0], fires[4]] == [1, 0]
    assert sent[4].counts["hot"] > 0


@given(level=st.integers(15, 60), min_pixels=st.integers(2, 8))
def test_distances_are_those_to_components(level: int, min_pixels: int) -> None:
    """The judge labels components and looks for the nearest pixel of a large one."""
    frames = np.full((4, 639, 384), 500, np.uint16)
    frames[0, 50, 20 : 20 + min_pixels] = 500 + level
    frames[0, 60, 25], frames[0, 300, 300] = 700, 700
    name = f"tracks(threshold={level},min_pixels={min_pixels},mip=0)"
    (outcome,) = runs(name, [frames])
    labels, n_labels = label(frames[0] >= 500 + level, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=n_labels + 1)
    at = np.argwhere((labels > 0) & (sizes[labels] >= min_pixels))
    for event in outcome.events:
        away = np.abs(at - [event["row"], event["col"]]).max(axis=1).min(initial=NO_TRACK)
        assert event["distance_px"] == min(away, NO_TRACK)
    far = runs(name[:-1] + ",veto_px=11)", [frames])[0]
    assert set(far.events["distance_px"].tolist()) == {
        distance for distance in outcome.events["distance_px"].tolist() if distance >= 11
    }


def test_fair_drops_alike_where_flight_starves_side_f() -> None:
    rng = np.random.default_rng(5)
    frames = np.full((4, 639, 384), 500, np.uint16)
    lit = rng.random(frames.shape) < 0.01
    frames[lit] = rng.integers(560, 900, int(lit.sum()))
    isolated = maximum_filter(frames, (1, 3, 3)) == frames
    assert np.sum(isolated & lit) > 4000
    limits = "centre_max=65535,ring_sum_max=65535,ring_count_max=8"
    flight, fair = (runs(f"{n}({limits})", [frames], ccd_limit=500)[0] for n in ("flight", "fair"))
    assert np.bincount(flight.events["node"], minlength=4).tolist() == [500, 0, 500, 0]
    assert np.bincount(fair.events["node"], minlength=4).tolist() == [250] * 4
    assert np.all(np.abs(np.median(fair.events["row"]) - 319) < 60)
    assert fair.counts["over limit"] == fair.counts["detected"] - 1000


@given(budget=st.integers(0, 60_000), deepest=st.integers(0, 2))
def test_the_ladder_keeps_events_and_its_budget(
    sky: list[NDArray[np.uint16]], budget: int, deepest: int
) -> None:
    flight = runs("flight", sky[:1])[0]
    (outcome,) = runs(f"ladder(budget_bytes={budget},deepest={deepest})", sky[:1])
    n = len(flight.events)
    assert outcome.events[["node", "row", "col"]].tolist() == (
        flight.events[["node", "row", "col"]].tolist()
    )
    sizes = [each * n + 4 * 10 for each in (54, 27, 8)[: deepest + 1]]
    assert outcome.telemetry_bytes in sizes
    assert outcome.telemetry_bytes <= max(budget + 30, sizes[-1])  # a frame for each node


def test_the_extended_chain_sends_fewer_particles(sky: list[NDArray[np.uint16]]) -> None:
    flight, extended = runs("flight", sky), runs("extended", sky)
    assert sum(o.telemetry_bytes for o in extended) < sum(o.telemetry_bytes for o in flight)
    assert all(packets_of(default_core(), o.events) for o in extended)


@pytest.mark.parametrize(
    ("name", "said"),
    [("ties(ties=lost)", "neither raster nor strict"), ("maps(learned=-1)", "0..65535"),
     ("maps(sigmas=nan)", "sigmas"), ("cti(loss=1.0)", "loss"), ("tracks(veto_px=256)", "veto_px"),
     ("tree(table=moon)", "moon"), ("tree(cut=1.5)", "not int"), ("fair(tile_quota=-1)", "quota"),
     ("ladder(deepest=3)", "deepest"), ("extended(veto_px=1)", "no option"),
     ("hot(clean=yes)", "not int")],
)  # fmt: skip
def test_options_that_cannot_be_are_named(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        runs(name, [])


def test_costs_name_functions_that_exist() -> None:
    assert set(CALLS) == set(MEMORY_BYTES) == set(BUILT_IN) == set(DESCRIPTIONS)
    told = " ".join(path.read_text() for path in HEADERS.glob("*.h"))
    assert all(f" {name}(" in told for calls in CALLS.values() for name in calls)
    figures = package_figures()
    assert costs_of("mine.py:keep", figures) == {}
    flight = costs_of("flight", figures)
    assert flight["LEON3 cycles a pixel"] == figures["sxi_edu_detect"].cycles
    assert flight["LEON3 cycles an event"] == figures["sxi_filter_events"].cycles
    made = dict.fromkeys(CALLS["extended"], Figures("event", 2.0, 3.0))
    assert costs_of("extended", made)["LEON3 cycles an event"] == 3.0 * len(CALLS["extended"])
    assert set(costs_of("extended", {})) == {"bytes kept"}


def test_the_command_lists_what_is_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BUILT_IN)
