# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where the spacecraft is: altitude over time on an ellipse, and the radiation belts below it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fsw_emu.world.numbers import assumed

EARTH_RADIUS_KM = 6378.137


@dataclass(frozen=True)
class Orbit:
    """perigee_km, apogee_km: altitudes; period_s: public mission figures. belts_km: the belts are
    below (ASSUMED). from_perigee_s: how long ago the perigee was at time 0.

    ValueError for an ellipse that is none, or belts that it never leaves or enters."""

    perigee_km: float
    apogee_km: float
    period_s: float
    belts_km: float
    from_perigee_s: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.perigee_km < self.belts_km < self.apogee_km or self.period_s <= 0:
            raise ValueError("perigee, belts and apogee are altitudes in this order, above 0")

    @classmethod
    def nominal(cls, *, from_perigee_s: float = 0.0) -> Orbit:
        """5 000 km to 121 182 km in 51 h."""
        return cls(**assumed("orbit"), from_perigee_s=from_perigee_s)

    @property
    def semi_major_km(self) -> float:
        return EARTH_RADIUS_KM + (self.perigee_km + self.apogee_km) / 2

    @property
    def eccentricity(self) -> float:
        return (self.apogee_km - self.perigee_km) / 2 / self.semi_major_km

    def radius_km(self, t_s: float) -> float:
        """Distance from the centre of the Earth, by Kepler's equation, to a metre."""
        anomaly = self._eccentric_anomaly(t_s)
        return self.semi_major_km * (1 - self.eccentricity * math.cos(anomaly))

    def altitude_km(self, t_s: float) -> float:
        """Above the equator's radius."""
        return self.radius_km(t_s) - EARTH_RADIUS_KM

    def in_belts(self, t_s: float) -> bool:
        """Below the altitude of the belts."""
        return -self.belts_after_s <= self._phase_s(t_s) < self.belts_after_s

    @property
    def belts_after_s(self) -> float:
        """How long after the perigee the belts are left; they are entered as long before it."""
        height = (self.belts_km + EARTH_RADIUS_KM) / self.semi_major_km
        anomaly = math.acos((1 - height) / self.eccentricity)
        mean = anomaly - self.eccentricity * math.sin(anomaly)
        return mean * self.period_s / math.tau

    def next_crossing_s(self, t_s: float) -> float:
        """When the belts are next entered or left, after t_s."""
        phase, edge = self._phase_s(t_s), self.belts_after_s
        for at in (-edge, edge, self.period_s - edge):
            if at > phase:
                return t_s + at - phase
        raise AssertionError("a phase is not above half a period")

    def _phase_s(self, t_s: float) -> float:
        """Seconds from the nearest perigee, -period/2..period/2."""
        half = self.period_s / 2
        return (t_s + self.from_perigee_s + half) % self.period_s - half

    def _eccentric_anomaly(self, t_s: float) -> float:
        """Newton's method from where it always converges; the ellipse is fixed and so are the
        steps, 20 of them for any eccentricity below 1."""
        mean = self._phase_s(t_s) / self.period_s * math.tau
        anomaly = math.copysign(math.pi, mean) if mean else 0.0
        for _ in range(20):
            wrong = anomaly - self.eccentricity * math.sin(anomaly) - mean
            anomaly -= wrong / (1 - self.eccentricity * math.cos(anomaly))
        return anomaly
