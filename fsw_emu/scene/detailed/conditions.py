# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What changes with time and nothing else: solar wind, temperature, dose."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fsw_emu.scene.detailed.parameters import Parameters

BOLTZMANN_EV = 8.617333e-5  # CODATA 2018
KELVIN = 273.15
DAY_S = 86_400.0
COLDEST_C, WARMEST_C = -150.0, 30.0


@dataclass(frozen=True)
class Conditions:
    """At the beginning of a readout's integration."""

    time_s: float
    pressure_npa: float
    temperature_c: float
    dose_krad: float


def conditions(parameters: Parameters, time_s: float) -> Conditions:
    """time_s: since the scene began, 0 and more. Temperatures end at -150 and 30 degrees."""
    p = parameters
    turn = math.sin(2 * math.pi * time_s / p.temperature.swing_period_s)
    warm = p.temperature.mean_c + p.temperature.swing_c * turn
    warm += p.temperature.drift_c_per_day * time_s / DAY_S
    dose = p.transfer.dose_krad + p.transfer.dose_krad_per_day * time_s / DAY_S
    pressure = p.sky.pressure_npa * (1 + (p.sky.onset_factor - 1) * _onset(p, time_s))
    return Conditions(time_s, pressure, min(max(warm, COLDEST_C), WARMEST_C), dose)


def _onset(p: Parameters, time_s: float) -> float:
    """How far the pressure has changed, 0..1."""
    since = time_s - p.sky.onset_s
    if since < 0:
        return 0.0
    return min(since / p.sky.onset_ramp_s, 1.0) if p.sky.onset_ramp_s > 0 else 1.0


def dark_factor(temperature_c: float, reference_c: float, activation_ev: float) -> float:
    """Dark current over that at the reference: T^3 exp(-E / kT), the form that vendors of CCDs
    give (ASSUMED)."""
    kelvin, reference = temperature_c + KELVIN, reference_c + KELVIN
    per_kelvin = activation_ev / BOLTZMANN_EV
    return (kelvin / reference) ** 3 * math.exp(per_kelvin * (1 / reference - 1 / kelvin))
