# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a meter makes of a run: sums that add up, and figures known beforehand."""

from __future__ import annotations

from dataclasses import replace

import merit_fake as fake
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsw_emu.algorithms.interface import FOUND_DTYPE, NO_GRADE, Outcome, Setup
from fsw_emu.merit.figures import BY_NAME, FIGURES, Better, band_parts, energy_parts
from fsw_emu.merit.hot_pixels import HotPixels
from fsw_emu.merit.measure import Measure
from fsw_emu.merit.meter import Meter
from fsw_emu.merit.truth import truth_of
from fsw_emu.scene.exposure import PHOTON_DTYPE, PIXEL_DTYPE, TRACK_DTYPE, Exposure

SETUP = Setup(fake.CORE, 1)
Table = dict[tuple[str, str], Measure]


def table(meter: Meter) -> Table:
    return {(m.figure, m.part): m for m in meter.measures()}


def perfect(exposure: Exposure, gain: float = fake.GAIN) -> Outcome:
    """An event for each photon, at its place and with its energy."""
    photons = exposure.photons
    events = np.zeros(len(photons), FOUND_DTYPE)
    events["node"] = photons["node"]
    events["row"], events["col"] = np.floor(photons["row"]), np.floor(photons["col"])
    events["row_px"], events["col_px"] = photons["row"], photons["col"]
    events["pha_adu"] = photons["energy_ev"] / gain
    return Outcome(events, {"detected": len(events), "sent": len(events)}, 64 * len(events))


def nothing() -> Outcome:
    return Outcome(np.zeros(0, FOUND_DTYPE), {"detected": 0, "sent": 0}, 0)


@given(st.integers(0, 2**32 - 1), st.integers(0, 120), st.integers(0, 15), st.integers(0, 8))
@example(0, 1, 0, 0)
@settings(max_examples=25)
def test_sums_add_up(seed: int, n_photons: int, n_tracks: int, n_hot: int) -> None:
    rng = np.random.default_rng(seed)
    exposure = fake.exposure(rng, n_photons, n_tracks, fake.pixels(rng, n_hot))
    outcome = fake.Toy(SETUP, widest=int(rng.integers(1, 9))).readout(exposure.frames)
    meter = Meter(SETUP)
    meter.readout(exposure, outcome)
    found = table(meter)

    def total(figure: str, part: str = "") -> float:
        return found[figure, part].total if (figure, part) in found else 0.0

    events = ("photon share", "false events", "particle events", "hot events")
    assert sum(map(total, events)) == len(outcome.events)
    assert sum(m.total for (f, p), m in found.items() if f == "grade mix" and p) == total(
        "photon share"
    )
    fates = sum(m.total for (f, _), m in found.items() if f == "fate")
    kept = found.get(("photons kept", ""))  # none where no photon is of the band
    assert fates == (kept.trials if kept else 0)
    for whole in ("efficiency", "photons kept", "loss"):
        parts = [m for (f, p), m in found.items() if f == whole and p]
        assert all(0 <= m.total <= m.trials for m in parts)
    lost = [m for (f, p), m in found.items() if f == "loss" and p]
    assert sum(m.trials for m in lost) == (found["loss", ""].trials if lost else 0)
    assert total("counts", "detected") == outcome.counts["detected"]
    assert found["false events", ""].trials == exposure.frames.size / 1e6
    assert all(figure in {f.source for f in FIGURES} for figure, _ in found)


def test_nothing_goes_wrong_with_a_perfect_list() -> None:
    rng = np.random.default_rng(5)
    meter = Meter(SETUP)
    for index in range(4):
        exposure = fake.exposure(rng, 80, index=index)
        meter.readout(exposure, perfect(exposure))
    found = table(meter)
    assert found["efficiency", ""].total == found["efficiency", ""].trials > 50
    assert found["false events", ""].total == 0
    assert found["loss", ""].total == 0
    for name in ("position rows", "position columns", "energy", "energy, relative"):
        assert found[name, ""].squares == pytest.approx(0, abs=1e-6)
    assert {p for f, p in found if f == "efficiency" and p} <= set(energy_parts())
    assert {p for f, p in found if f == "loss" and p} <= set(band_parts())


def test_nothing_sent_is_nothing_found() -> None:
    meter, rng = Meter(SETUP), np.random.default_rng(6)
    exposure = fake.exposure(rng, 80, 10, fake.pixels(rng, 5))
    meter.readout(exposure, nothing())
    found = table(meter)
    assert found["photons kept", ""].total == found["particles kept", ""].total == 0
    assert found["fate", "lost"].total == found["fate", "lost"].trials > 0
    assert found["bytes per photon", ""].trials == 0
    assert ("photon share", "") not in found


def test_biases_have_their_sign_and_unit() -> None:
    """A claim 0.25 px down, 4 % too bright by a gain of 5.2 for 5."""
    rng = np.random.default_rng(7)
    meter = Meter(replace(SETUP, gain_ev_per_adu=5.2))
    exposure = fake.exposure(rng, 60)
    outcome = perfect(exposure)
    outcome.events["row_px"] += 0.25
    meter.readout(exposure, outcome)
    found = table(meter)
    rows, relative = found["position rows", ""], found["energy, relative", ""]
    assert rows.total / rows.trials == pytest.approx(0.25, abs=1e-5)
    assert rows.squares / rows.trials == pytest.approx(0.0625, abs=1e-5)
    assert relative.total / relative.trials == pytest.approx(4, abs=1e-4)


def test_losses_are_put_down_to_side_and_row_band() -> None:
    """A limit served in raster order, side E first: nothing but the end of F4 is lost."""
    rng = np.random.default_rng(8)
    photons = fake.photons(rng, 40)
    photons["energy_ev"] = 1000.0
    exposure = replace(fake.exposure(rng, 0), photons=photons)
    outcome = perfect(exposure)
    lost = (photons["node"] == 3) & (photons["row"] >= 48)
    meter = Meter(SETUP)
    meter.readout(exposure, replace(outcome, events=outcome.events[~lost]))
    parts = {p for (f, p), m in table(meter).items() if f == "loss" and p and m.total}
    assert parts
    assert parts <= {"F5", "F6", "F7", "F8"}


def test_readouts_add_up_and_truth_is_shared() -> None:
    rng = np.random.default_rng(9)
    hot = fake.pixels(rng, 4)
    sky = [fake.exposure(rng, 60, 8, hot, index=i) for i in range(3)]
    alone, shared = Meter(SETUP), Meter(SETUP)
    singles = []
    for exposure in sky:
        outcome = fake.Toy(SETUP).readout(exposure.frames)
        truth_of.cache_clear()
        alone.readout(exposure, outcome)
        made = truth_of.cache_info().misses
        shared.readout(exposure, outcome)
        assert truth_of.cache_info().misses == made == 1
        one = Meter(SETUP)
        one.readout(exposure, outcome)
        singles.append(table(one))
    assert alone.measures() == shared.measures()
    for (figure, part), measure in table(alone).items():
        if not figure.startswith("hot ") and figure not in ("counts", "frame code"):
            parts = [s[figure, part] for s in singles if (figure, part) in s]
            total = sum(each.total for each in parts)
            assert measure.total == pytest.approx(total, rel=1e-9, abs=1e-6)


def test_what_an_algorithm_codes_is_measured() -> None:
    rng = np.random.default_rng(10)
    meter, exposure = Meter(SETUP), fake.exposure(rng, 30)
    n = exposure.frames.size
    meter.readout(exposure, replace(perfect(exposure), packed_bytes=600, frame_bytes=n // 2))
    found = table(meter)
    assert found["bits per pixel", ""] == Measure("bits per pixel", "", n, 4 * n)
    assert found["packed bytes per photon", ""].total == 600
    assert found["packed bytes per photon", ""].trials == 30


def test_frames_are_coded_once_a_run_whatever_the_algorithm() -> None:
    """Noise of 5 ADU has 0.5 log2(2 pi e 25) = 4.37 bits: no coder takes less."""
    rng = np.random.default_rng(11)
    sky = [fake.exposure(rng, 0, index=i) for i in range(3)]
    one, other = Meter(SETUP), Meter(SETUP)
    for exposure in sky:
        one.readout(exposure, nothing())
        other.readout(exposure, fake.Toy(SETUP).readout(exposure.frames))
    coded = table(one)["frame code", ""]
    assert table(other)["frame code", ""] == coded
    assert coded.trials == sky[0].frames.size
    assert 4.37 < coded.total / coded.trials < 6
    packets = fake.CORE.rows_encode(sky[0].frames, kind="independent")
    assert coded.total == 8 * sum(map(len, packets))
    assert np.array_equal(fake.CORE.rows_decode(packets)[0], sky[0].frames)


def test_algorithms_without_grades_have_no_grade_mix() -> None:
    """Grade 0 is one of those of others."""
    rng = np.random.default_rng(12)
    exposure = fake.exposure(rng, 60)
    none, graded = perfect(exposure), perfect(exposure)
    none.events["grade"] = NO_GRADE
    graded.events["grade"][1:] = NO_GRADE
    meters = Meter(SETUP), Meter(SETUP)
    for meter, outcome in zip(meters, (none, graded), strict=True):
        meter.readout(exposure, outcome)
    without, some = map(table, meters)
    assert not [key for key in without if key[0] == "grade mix"]
    assert some["grade mix", ""] == Measure("grade mix", "", 1, 1)
    assert some["grade mix", "0"] == Measure("grade mix", "0", 1, 1)


def test_a_particle_is_kept_or_not() -> None:
    track = np.array([(0, 30.5, 20.5, 0.0, 12.0, 2e4, 0)], TRACK_DTYPE)
    frames = np.full(fake.SHAPE, 500, np.uint16)
    frames[0, 30, 20:33] = [700, 690, 720] + [600] * 10
    none = np.zeros(0, PHOTON_DTYPE)
    exposure = Exposure(0, frames, none, track, np.zeros(0, PIXEL_DTYPE), 5.0)
    assert truth_of(exposure, 25).track_maxima.tolist() == [30 * 72 + 20, 30 * 72 + 22]
    meter = Meter(SETUP)
    meter.readout(exposure, nothing())
    sent = fake.events_at(frames, np.array([30 * 72 + 22]))
    meter.readout(exposure, Outcome(sent, {"detected": 1, "sent": 1}, 64))
    found = table(meter)
    assert found["particles kept", ""] == Measure("particles kept", "", 4, 1)
    assert found["particle events", ""] == Measure("particle events", "", 2, 1)


@pytest.mark.parametrize(
    ("fired", "sent", "readouts", "is_gone"),
    [
        ("11111111", "11110000", 4, True),
        ("11111111", "11111111", 8, False),
        ("00111111", "00110000", 2, True),
        ("11011011", "10010000", 4, True),
        ("11111111", "11111100", 8, False),  # silent for two: not gone yet
    ],
)
def test_suppression_takes_readouts(fired: str, sent: str, readouts: int, is_gone: bool) -> None:
    hot = HotPixels()
    for does_fire, was_sent in zip(fired, sent, strict=True):
        n = int(does_fire)
        hot.readout(np.full(n, 77), np.full(n, was_sent == "1"))
    ends = hot.ends()
    assert ends["hot suppression"].tolist() == [readouts]
    assert ends["hot gone"].tolist() == [float(is_gone)]


def test_pixels_that_were_never_sent_were_not_suppressed() -> None:
    """They would stand for 0 readouts, and for gone."""
    hot = HotPixels()
    for index in range(10):
        hot.readout(np.array([3, 4]), np.array([index == 0, False]))
    assert hot.ends()["hot suppression"].tolist() == [1]
    assert hot.ends()["hot gone"].tolist() == [1]


def test_pixels_that_seldom_fire_are_none_of_these() -> None:
    hot = HotPixels()
    for index in range(12):
        n = int(index % 3 == 0)
        hot.readout(np.full(n, 3), np.ones(n, bool))
    assert not len(hot.ends()["hot gone"])


def test_the_catalogue_is_whole() -> None:
    assert len(BY_NAME) == len(FIGURES)
    assert all(f.headline is False for f in FIGURES if f.better is Better.NEITHER)
