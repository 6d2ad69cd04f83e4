# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Frames of the detailed scene: they can be had again; dark current, defects, offset and noise."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from detailed_cases import CLEAN, DARKNESS, PERFECT, SILENT, UNITS, scene
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fsw_emu.scene.detailed import PRESETS, DetailedScene, preset
from fsw_emu.scene.detailed.conditions import conditions
from fsw_emu.scene.detailed.defects import Defects, even
from fsw_emu.scene.detailed.electronics import Electronics, converted
from fsw_emu.scene.detailed.transfer import loss_at
from fsw_emu.scene.exposure import Exposure

KELVIN = 273.15
BOLTZMANN_EV = 1.380649e-23 / 1.602176634e-19


def same(one: Exposure, other: Exposure) -> bool:
    arrays = [each.name for each in fields(one) if isinstance(getattr(one, each.name), np.ndarray)]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)


def warmer(factor_ev: float, celsius: float, reference: float) -> float:
    """T^3 exp(-E / kT) over that at the reference."""
    t, t0 = celsius + KELVIN, reference + KELVIN
    return float((t / t0) ** 3 * np.exp(factor_ev / BOLTZMANN_EV * (1 / t0 - 1 / t)))


@pytest.mark.parametrize("name", ["storm", "end-of-life"])
def test_readouts_need_none_before_them(name: str) -> None:
    parameters = preset(name)
    one, other = DetailedScene(parameters, seed=5), DetailedScene(parameters, seed=5)
    in_order = [one.exposure(index) for index in range(3)]
    backwards = [other.exposure(index) for index in (2, 1, 0)][::-1]
    later = DetailedScene(parameters, seed=5, first=2).exposure(0)
    assert all(map(same, in_order, backwards))
    assert same(in_order[2], later)
    assert not same(in_order[0], in_order[1])
    assert not same(in_order[0], DetailedScene(parameters, seed=6).exposure(0))


def test_frames_have_their_shape() -> None:
    exposure = scene(name="storm").exposure(7)
    assert exposure.frames.shape == (4, 639, 384)
    assert exposure.frames.dtype == np.uint16
    assert exposure.index == 7
    assert exposure.gain_ev_per_adu == 5.0


@pytest.mark.parametrize("celsius", [-65.0, -60.0])
def test_dark_current_goes_with_the_temperature(celsius: float) -> None:
    warm = {"temperature.mean_c": celsius, "temperature.swing_c": 0.0, "dark.electrons_per_s": 1e4}
    dark = scene(DARKNESS, CLEAN, UNITS, warm)
    frame = dark.exposure(0).frames.astype(float)
    expected = 36 * 4.0 * 1e4 * warmer(0.55, celsius, 20.0)
    inside = frame[:, :631, :375]
    assert abs(inside.mean() - expected) < 5 * np.sqrt(expected / inside.size) + 0.01
    assert abs(inside.var() / (expected + 1 / 12) - 1) < 5 * np.sqrt(2 / inside.size)
    assert frame[:, 632:].max() == 0
    assert frame[:, :, 376:].max() == 0


def test_dark_current_is_not_the_same_everywhere() -> None:
    warm = {"temperature.mean_c": -50.0, "temperature.swing_c": 0.0, "dark.electrons_per_s": 1e4}
    uneven = scene(DARKNESS, CLEAN, UNITS, warm, {"dark.dsnu_part": 0.05})
    one, other = (uneven.exposure(i).frames[:, :631, :375].astype(float) for i in (0, 1))
    expected = 0.05**2 * one.mean() * other.mean()
    together = np.mean((one - one.mean()) * (other - other.mean()))
    assert together == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("celsius", [-110.0, -100.0, -90.0])
def test_hot_pixels_leak_as_dark_current_says(celsius: float) -> None:
    hot = {
        "dark.hot_per_node": 50,
        "dark.hot_spread": 0.0,
        "dark.hot_electrons_per_s": 50.0,
        "temperature.mean_c": celsius,
        "temperature.swing_c": 0.0,
    }
    leaking = scene(DARKNESS, CLEAN, UNITS, hot)
    expected = 50.0 * 4.0 * warmer(0.2, celsius, -110.0)
    samples = []
    for index in range(4):
        exposure = leaking.exposure(index)
        told = exposure.hot
        assert len(told) == 4 * 50
        assert list(np.bincount(told["node"])) == 4 * [50]
        samples.append(exposure.frames[told["node"], told["row"], told["col"]].astype(float))
        assert np.count_nonzero(exposure.frames) == len(told)
    values = np.concatenate(samples)
    assert abs(values.mean() - expected) < 5 * np.sqrt(expected / values.size)
    assert abs(values.var() / expected - 1) < 5 * np.sqrt(2 / values.size)


def test_hot_pixels_stay_and_become_more_with_dose() -> None:
    aging = {"transfer.dose_krad_per_day": 10.0, "dark.flickering_per_node": 0}
    p = preset("quiet", aging | {"dark.hot_per_node": 4, "dark.hot_per_node_per_krad": 20})
    defects = Defects(p, np.random.default_rng(1))
    young, old = (set(defects.leaking(conditions(p, day * 86_400.0))[0]) for day in (0, 1))
    assert young < old
    assert (len(young), len(old)) == (4 * 4, 4 * (4 + 20 * 10))
    century = conditions(p, 36_525 * 86_400.0)
    assert len(defects.leaking(century)[0]) == 4 * 20_000


def test_faint_leaks_are_not_told_as_hot() -> None:
    alike = {"dark.hot_spread": 0.0, "dark.flickering_per_node": 0, "dark.hot_per_node": 4}
    faint = {"dark.hot_electrons_per_s": 8.0}  # 32 electrons: 23 ADU
    assert not len(scene(alike, faint).exposure(0).hot)
    bright = {"dark.hot_electrons_per_s": 9.0}
    assert len(scene(alike, bright).exposure(0).hot) == 16


@pytest.mark.parametrize(("electrons_per_s", "n"), [(1.7, 0), (1.8, 16), (8.0, 16), (9.0, 16)])
def test_leaks_of_a_sigma_of_the_noise_are_told(electrons_per_s: float, n: int) -> None:
    """5 ADU are 6.9 electrons: 1.72 a second."""
    alike = {"dark.hot_spread": 0.0, "dark.flickering_per_node": 0, "dark.hot_per_node": 4}
    told = scene(alike, {"dark.hot_electrons_per_s": electrons_per_s}).exposure(0).leaking
    assert len(told) == n


def test_nothing_that_does_not_leak_is_told() -> None:
    """Where there is no noise to be above of, either."""
    cold = {"dark.hot_electrons_per_s": 0.0, "dark.flickering_electrons_per_s": 0.0}
    assert not len(scene(SILENT, cold).exposure(0).leaking)


def test_what_leaks_lift_over_the_threshold_is_told() -> None:
    """Beside the same noise without them: of lifted pixels a tenth is none that is told as hot."""
    sound = {name: 0 for name in PERFECT if name.startswith(("dark.hot", "dark.flickering"))}
    dark = DARKNESS, {"injection.every_rows": 0}
    old, new = (scene(*dark, each, name="end-of-life") for each in ({}, sound))
    n_lifted, beside = 0, {"hot": 0, "leaking": 0}
    for index in range(4):
        exposure, frames = old.exposure(index), new.exposure(index).frames
        threshold = np.median(frames, axis=2, keepdims=True) + 25
        lifted = (exposure.frames >= threshold) & (frames < threshold)
        n_lifted += int(lifted.sum())
        for name in beside:
            told = getattr(exposure, name)
            others = lifted.copy()
            others[told["node"], told["row"], told["col"]] = False
            beside[name] += int(others.sum())
    assert beside["hot"] > 0.1 * n_lifted
    assert beside["leaking"] < 0.01 * n_lifted


@pytest.mark.parametrize("name", PRESETS)
def test_the_level_is_that_of_empty_frames(name: str) -> None:
    """Nodes, rows and drift apart."""
    alike = {f"offset.{each}": 0.0 for each in ("node_sigma_adu", "row_ramp_adu", "drift_adu")}
    dark = scene(DARKNESS, alike, {"injection.every_rows": 0}, name=name)
    frames = dark.exposure(0).frames[:, :630, :380]
    assert abs(float(np.median(frames)) - dark.level_adu(0)) <= 1.0


@pytest.mark.parametrize("every_rows", [0.0, 0.5])
def test_less_than_a_row_is_no_injection(every_rows: float) -> None:
    """Neither lines nor less CTI."""
    p = preset("end-of-life", {"injection.every_rows": every_rows})
    assert loss_at(p, 5.0) == loss_at(preset("quiet"), 5.0)


def test_flickering_pixels_are_a_random_telegraph() -> None:
    part, high_s, step_s = 0.3, 120.0, 12.0
    p = preset("quiet", {"dark.hot_per_node": 0, "dark.flickering_per_node": 100})
    defects = Defects(p, np.random.default_rng(2))
    n = 2000
    seen = [set(defects.leaking(conditions(p, step_s * i))[0]) for i in range(n)]
    pixels = sorted(set().union(*seen))
    assert len(pixels) == 400
    high = np.array([[pixel in now for pixel in pixels] for now in seen])
    cells = n * step_s / (high_s * (1 - part)) * len(pixels)  # draws
    assert abs(high.mean() - part) < 5 * np.sqrt(part * (1 - part) / cells)
    rises = np.sum(high[1:] & ~high[:-1])
    stay_s = high.sum() * step_s / rises
    assert stay_s == pytest.approx(high_s, rel=5 / np.sqrt(rises))


def test_numbers_are_even() -> None:
    drawn = even(np.arange(20_000, dtype=np.uint64))
    assert stats.kstest(drawn, "uniform").pvalue > 1e-6
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 5 / np.sqrt(len(drawn))


def test_offsets_have_their_structure() -> None:
    p = preset("quiet", {"offset.node_sigma_adu": 3.0, "offset.row_ramp_adu": 10.0})
    fixed = Electronics(p, np.random.default_rng(3)).fixed.astype(float)
    assert abs(fixed.mean() - 505) < 5 * 3.0 / 2
    ramp = fixed.mean(axis=(0, 2))
    assert ramp[-1] - ramp[0] == pytest.approx(10, abs=0.1)
    columns = fixed.mean(axis=1)
    columns -= columns.mean(axis=1, keepdims=True)
    assert columns.std() == pytest.approx(1.0, rel=5 / np.sqrt(2 * columns.size))
    rest = fixed - fixed.mean(axis=1, keepdims=True) - ramp[:, None] + ramp.mean()
    assert rest.std() == pytest.approx(0.3, rel=0.02)


def test_offsets_drift_step_and_follow_the_temperature() -> None:
    def drift(overrides: dict[str, Any], at_s: float) -> Any:
        p = preset("quiet", overrides)
        return Electronics(p, np.random.default_rng(4)).drift(conditions(p, at_s))

    still = {"offset.drift_adu": 0.0, "temperature.swing_c": 0.0}
    assert drift(still, 1e4) == pytest.approx(4 * [0.0])
    step = still | {"offset.step_adu": 1.0, "offset.step_s": 100.0}
    assert drift(step, 99.0) == pytest.approx(4 * [0.0])
    assert drift(step, 100.0) == pytest.approx(4 * [1.0])
    warm = still | {"temperature.mean_c": -107.0}
    assert drift(warm, 0.0) == pytest.approx(4 * [1.2])
    slow = {"temperature.swing_c": 0.0, "offset.drift_adu": 2.0}
    p = preset("quiet", slow)
    electronics = Electronics(p, np.random.default_rng(4))
    times = [400.0 * i for i in range(500)]  # ten times the slowest wave
    nodes = np.array([electronics.drift(conditions(p, at)) for at in times])
    assert nodes.std(axis=0) == pytest.approx(4 * [2.0], rel=0.1)
    assert np.abs(np.corrcoef(nodes.T) - np.eye(4)).max() < 0.999


def test_temperature_and_dose_go_with_time() -> None:
    p = preset("warm")
    assert conditions(p, 0.0).temperature_c == -65
    quarter = p.temperature.swing_period_s / 4
    drift = p.temperature.drift_c_per_day * quarter / 86_400
    assert conditions(p, quarter).temperature_c == pytest.approx(-65 + 2 + drift)
    assert conditions(p, 86_400.0).dose_krad == pytest.approx(0.001)
    assert conditions(p, 1e9).temperature_c == 30.0
    cold = preset("quiet", {"temperature.drift_c_per_day": -10.0})
    assert conditions(cold, 1e9).temperature_c == -150.0


def test_read_noise_is_white() -> None:
    read = {"converter.read_noise_adu": 5.0, "offset.pedestal_adu": 500}
    frame = scene(DARKNESS, CLEAN, read).exposure(0).frames.astype(float) - 500
    assert abs(frame.mean()) < 5 * 5 / np.sqrt(frame.size)
    assert abs(frame.var() / (25 + 1 / 12) - 1) < 5 * np.sqrt(2 / frame.size)
    for shifted in (frame[:, 1:] * frame[:, :-1], frame[:, :, 1:] * frame[:, :, :-1]):
        assert abs(shifted.mean()) < 5 * 25 / np.sqrt(frame.size)


def test_rows_share_their_noise() -> None:
    rows = {"converter.row_noise_adu": 20.0, "offset.pedestal_adu": 500}
    frame = scene(DARKNESS, CLEAN, rows).exposure(0).frames
    assert (frame == frame[:, :, :1]).all()
    assert frame[:, :, 0].std() == pytest.approx(20, rel=5 / np.sqrt(2 * 4 * 639))


def test_banding_is_1_over_f() -> None:
    bands = {"converter.band_noise_adu": 40.0, "offset.pedestal_adu": 500}
    frame = scene(DARKNESS, CLEAN, bands).exposure(0).frames.astype(float)
    blocks = frame.reshape(4, 639, 24, 16)
    assert (blocks == blocks[..., :1]).all()
    assert frame.std() == pytest.approx(40, rel=0.1)
    power = np.abs(np.fft.rfft(blocks[..., 0].reshape(4, -1))) ** 2
    frequency = np.arange(power.shape[1])
    slope = stats.linregress(np.log(frequency[1:5000]), np.log(power[:, 1:5000]).mean(axis=0)).slope
    assert slope == pytest.approx(-1, abs=0.1)


def test_injected_lines_are_where_they_should_be() -> None:
    lines = {
        "injection.every_rows": 50,
        "injection.width_rows": 2,
        "injection.electrons": 5000,
        "injection.column_part": 0.0,
    }
    frame = scene(DARKNESS, CLEAN, UNITS, lines).exposure(0).frames.astype(float)
    filled = np.arange(631) % 50 < 2
    inside = frame[:, :631, :375]
    assert inside[:, ~filled].max() == 0
    values = inside[:, filled]
    assert abs(values.mean() - 5000) < 5 * np.sqrt(5000 / values.size)
    assert abs(values.var() / 5000 - 1) < 5 * np.sqrt(2 / values.size)
    assert frame[:, :, 376:].max() == 0


def test_injected_lines_leave_trails() -> None:
    lines = {"injection.every_rows": 50, "injection.electrons": 50_000}
    lossy = {"transfer.cti_parallel": 4e-5, "transfer.trail_part": 0.5}  # of which a half is left
    frame = scene(DARKNESS, CLEAN, UNITS, lines, lossy).exposure(0).frames.astype(float)
    by_row = frame[:, :, :375].mean(axis=(0, 2))
    for row in (0, 300, 600):
        kept = (1 - 2e-5) ** (6 * row + 3.5 + 719)
        column = by_row[row : row + 3].sum() / 50_000
        assert column == pytest.approx(kept + (1 - kept) * 0.5, abs=0.01)
        assert by_row[row + 1] > by_row[row + 2] > 0


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=9))
def test_the_converter_never_wraps(samples: list[float]) -> None:
    made = converted(np.array(samples, np.float32))
    expected = [min(max(round(float(np.float32(each))), 0), 0xFFFF) for each in samples]
    assert list(made) == expected


def test_thresholds_of_the_built_in_scene_fit() -> None:
    """5 sigma of the noise are 25 ADU over the local background in quiet frames."""
    frame = scene(DARKNESS, name="quiet").exposure(0).frames.astype(float)
    steps = frame[:, 10:600, 10:350] - frame[:, 10:600, 14:354]
    assert 1.4826 * np.median(np.abs(steps)) / np.sqrt(2) == pytest.approx(5.2, abs=0.3)
