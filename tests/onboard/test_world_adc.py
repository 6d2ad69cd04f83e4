# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Raw values and what they mean, against the database and formulas of their own."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.world.adc import Adc, Channel, Line, calibration, engineering, raw_value

SHARED = Path(__file__).resolve().parents[3] / "shared"
CURVES = {
    "PSU_TEMP": "KSKP0001", "TEMP_CCD": "KSKP0002", "TEMP_FEE": "KSKP0003", "TEMP1": "KSKP0004",
    "RSE_TEMP": "KSKP0005", "P1V2": "KSKP0007", "P1V8": "KSKP0008", "P2V5": "KSKP0009",
    "P3V3_LVDS": "KSKP0010", "P3V3": "KSKP0011", "P3V9": "KSKP0012", "REF_2V5": "KSKP0013",
    "I_DPU": "KSKP0014", "I_FEE_ANA": "KSKP0015", "I_FEE_DIG": "KSKP0016",
    "I_HEATER": "KSKP0017", "I_RSE": "KSKP0018",
}  # fmt: skip
#: what the application makes of the CCD's channel in its range (flight model, nominal)
ON_BOARD = (-402.587, 4.33198e-2, -9.2699e-7, 1.53423e-10, -6.16102e-15)
raws = st.integers(0, 16383)
channels = st.sampled_from(Channel)


@pytest.fixture(scope="module")
def database() -> Mapping[str, Sequence[tuple[float, float]]]:
    path = SHARED / "mib/cap.dat"
    if not path.exists():
        pytest.skip("no ../shared")
    curves = defaultdict(list)
    with path.open() as file:
        for name, raw, value in csv.reader(file, delimiter="\t"):
            curves[name].append((float(raw), float(value)))
    return curves


@pytest.mark.shared
@pytest.mark.parametrize("name", CURVES)
def test_calibrations_are_those_of_the_database(database, name: str) -> None:
    raw, value = np.array(database[CURVES[name]]).T
    at = np.linspace(raw[0], raw[-1], 999)
    ours = [calibration(name).y(x) for x in at]
    assert ours == pytest.approx(np.interp(at, raw, value), abs=2e-3)


@given(raws)
def test_a_rail_is_what_the_converter_measures(raw: int) -> None:
    volts = raw * 7.58261 / 16383 - 1.76956
    assert engineering(Channel.P3V3, raw) == pytest.approx(volts, abs=1e-9)
    assert engineering(Channel.P3V9, raw) == pytest.approx(2 * volts, abs=1e-9)


def test_the_ccd_is_as_cold_as_the_application_computes() -> None:
    """Its polynomial and the database's table are two fits of one sensor."""
    for raw in range(6300, 8800):
        fit = sum(c * raw**i for i, c in enumerate(ON_BOARD))
        assert engineering(Channel.TEMP_CCD, raw) == pytest.approx(fit, abs=1.5)


@given(channels, raws)
def test_there_and_back(channel: Channel, raw: int) -> None:
    assert raw_value(channel, engineering(channel, raw)) == raw


@given(channels, st.floats(-1e4, 1e4))
def test_back_and_there_is_within_half_a_step(channel: Channel, value: float) -> None:
    raw = raw_value(channel, value)
    ends = sorted(engineering(channel, end) for end in (0, 16383))
    if ends[0] < value < ends[1]:
        around = [engineering(channel, raw + d) for d in (-0.5001, 0.5001)]  # type: ignore[arg-type]
        assert min(around) <= value <= max(around)
    else:
        assert raw in (0, 16383)


@given(channels, st.floats(-300, 300), st.integers(0, 10**7), st.integers(0, 99))
def test_noise_is_a_function_of_seed_channel_and_cycle(
    channel: Channel, value: float, cycle: int, seed: int
) -> None:
    one, other = Adc(noise_lsb=2.0, seed=seed), Adc(noise_lsb=2.0, seed=seed)
    other.sample(channel, value, cycle + 1)
    assert one.sample(channel, value, cycle) == other.sample(channel, value, cycle)


def test_noise_is_as_large_as_asked() -> None:
    adc, quiet = Adc(noise_lsb=3.0, seed=1), Adc(noise_lsb=0.0, seed=1)
    samples = np.array([adc.sample(Channel.P2V5, 2.5, cycle) for cycle in range(20_000)])
    assert samples.mean() == pytest.approx(quiet.sample(Channel.P2V5, 2.5, 0), abs=0.6)
    assert samples.std() == pytest.approx(np.hypot(3.0, 12**-0.5), rel=0.02)
    both = np.corrcoef(samples[1:], samples[:-1])[0, 1]
    assert abs(both) < 0.03


@given(channels, raws, st.floats(-300, 300), st.integers(0, 1000))
def test_an_override_holds_until_released(
    channel: Channel, raw: int, value: float, at: int
) -> None:
    adc, plain = Adc(noise_lsb=1.0, seed=0), Adc(noise_lsb=1.0, seed=0)
    adc.override(channel, raw)
    assert adc.sample(channel, value, at) == raw
    for other in set(Channel) - {channel}:
        assert adc.sample(other, value, at) == plain.sample(other, value, at)
    adc.release(channel)
    assert adc.sample(channel, value, at) == plain.sample(channel, value, at)


@pytest.mark.parametrize("raw", [-1, 16384])
def test_an_override_has_14_bits(raw: int) -> None:
    with pytest.raises(ValueError, match="is 0"):
        Adc(noise_lsb=0, seed=0).override(Channel.P1V2, raw)


@pytest.mark.parametrize("points", [[], [(0, 0)], [(0, 0), (0, 1)], [(0, 0), (1, 1), (2, 1)]])
def test_what_is_no_calibration_is_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="a calibration is"):
        Line(points)
