# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The orbit against an integrated one, and when the belts are entered and left."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from fsw_emu.world.orbit import EARTH_RADIUS_KM, Orbit

HOUR = 3600.0
ORBIT = Orbit.nominal()


def test_it_is_the_mission_s() -> None:
    assert ORBIT.altitude_km(0) == pytest.approx(5000)
    assert ORBIT.altitude_km(25.5 * HOUR) == pytest.approx(121_182)
    assert ORBIT.altitude_km(51 * HOUR) == pytest.approx(5000)
    outside_h = 51 - 2 * ORBIT.belts_after_s / HOUR
    assert 40 < outside_h < 42, "as long as observations last"


def test_it_falls_as_an_integrator_has_it() -> None:
    """From the perigee on, with the gravity that gives this period."""
    a = ORBIT.semi_major_km
    mu = a**3 * (math.tau / ORBIT.period_s) ** 2
    near = 5000 + EARTH_RADIUS_KM
    speed = math.sqrt(mu * (2 / near - 1 / a))

    def fall(_: float, s: np.ndarray) -> list[float]:
        r = math.hypot(s[0], s[1])
        return [s[2], s[3], -mu * s[0] / r**3, -mu * s[1] / r**3]

    at = np.linspace(0, 102 * HOUR, 60)
    judge = solve_ivp(fall, (0, at[-1]), [near, 0, 0, speed], t_eval=at, rtol=1e-10, atol=1e-7)
    radius = np.hypot(judge.y[0], judge.y[1])
    assert [ORBIT.radius_km(t) for t in at] == pytest.approx(radius, abs=1.0)


@given(st.floats(200, 40_000), st.floats(1.01, 20), st.floats(2, 100), st.floats(-1e6, 1e6))
def test_kepler_s_equation_is_met(low: float, ratio: float, hours: float, t_s: float) -> None:
    high = low * ratio
    orbit = Orbit(low, high, hours * HOUR, (low + high) / 2)
    radius, e, a = orbit.radius_km(t_s), orbit.eccentricity, orbit.semi_major_km
    cos = min(max((1 - radius / a) / e, -1.0), 1.0)
    anomaly = math.acos(cos)
    mean = anomaly - e * math.sin(anomaly)
    phase = (t_s / orbit.period_s) % 1 * math.tau
    expected = min(phase, math.tau - phase)
    if 0.01 < expected < math.pi - 0.01:  # acos is blunt at the ends
        assert mean == pytest.approx(expected, abs=1e-5)


@given(st.floats(0, 400 * HOUR), st.floats(-51 * HOUR, 51 * HOUR))
def test_between_crossings_nothing_changes(t_s: float, phase_s: float) -> None:
    orbit = Orbit.nominal(from_perigee_s=phase_s)
    crossing = orbit.next_crossing_s(t_s)
    assert t_s < crossing <= t_s + orbit.period_s
    inside = orbit.in_belts(t_s)
    assert inside == (orbit.altitude_km(t_s) < orbit.belts_km) or crossing - t_s < 1e-3
    for part in (0.1, 0.5, 0.999):
        assert orbit.in_belts(t_s + part * (crossing - t_s)) == inside
    assert orbit.in_belts(crossing + 1e-3) != inside
    assert orbit.altitude_km(crossing) == pytest.approx(orbit.belts_km, abs=1e-3)


@pytest.mark.parametrize("numbers", [(5, 4, 1, 4.5), (0, 9, 1, 5), (1, 9, 0, 5), (1, 9, 1, 10)])
def test_what_is_no_orbit_is_refused(numbers: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="perigee, belts and apogee"):
        Orbit(*numbers)
