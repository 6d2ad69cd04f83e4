# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What event detection should find, by numerical integration: no frame and no core is needed.

Samples are round(mean + N(0, sigma)), independent of each other. Centre, ring of 8 and the 11
background pixels of a window have no pixel in common, so that the chance of an event is the sum
over all values v of the centre of

    P(centre = v) P(each of the ring is below v) P(at least 6 of the 11 are <= v - T).

Rounding is in it: a difference of rounded samples that is at least T needs less than T before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]
Rule = Literal["flight", "raster", "maps"]
RULES: tuple[Rule, ...] = ("flight", "raster", "maps")
REACH = 7.0  # sigmas of noise beyond which nothing is looked at


def at_most(values: Any, mean: Any, sigma: float) -> Any:
    """P(rounded sample <= value)."""
    return special.ndtr((values + 0.5 - mean) / sigma)


def exactly(values: Any, mean: Any, sigma: float) -> Any:
    """P(rounded sample = value), without loss far above the mean."""
    low, high = (values - 0.5 - mean) / sigma, (values + 0.5 - mean) / sigma
    return np.where(
        low > 0,
        special.ndtr(-low) - special.ndtr(-high),
        special.ndtr(high) - special.ndtr(low),
    )


def median_at_most(values: Any, sigma: float) -> Any:
    """P(median of 11 noise pixels <= value): 6 of the 11 are."""
    return special.betainc(6, 6, at_most(values, 0.0, sigma))


def reaching(values: Floats, threshold: int, sigma: float, rule: Rule) -> Floats:
    """P(a centre of that value over the mean reaches the threshold). maps: the true mean."""
    if rule == "maps":
        return (values >= threshold).astype(float)
    return np.asarray(median_at_most(values - threshold, sigma))


def false_events(sigma: float, threshold: int, rule: Rule = "flight") -> float:
    """Events expected per pixel of noise of sigma ADU; threshold [ADU]."""
    span = math.ceil(REACH * sigma) + threshold  # what is beyond counts for 1e-12
    v = np.arange(-span, span + 1, dtype=float)
    below, equal = at_most(v - 1, 0.0, sigma), at_most(v, 0.0, sigma)
    ring = below**4 * equal**4 if rule == "raster" else below**8
    return float((exactly(v, 0.0, sigma) * ring * reaching(v, threshold, sigma, rule)).sum())


@dataclass(frozen=True)
class Detector:
    """What becomes of a photon's charge. ASSUMED as in the scene, but for one cloud for all."""

    noise_adu: float = 5.0
    threshold_adu: int = 25
    ev_per_adu: float = 5.0
    ev_per_pair: float = 200 / 55
    fano: float = 0.115
    cloud_um: float = 7.6  # sigma of the charge cloud
    pixel_um: float = 108.0  # 6x6 binned

    @property
    def adu_per_electron(self) -> float:
        return self.ev_per_pair / self.ev_per_adu


def _nodes(n: int) -> tuple[Floats, Floats]:
    """Of a normal distribution: places [sigma] and weights."""
    x, w = np.polynomial.hermite_e.hermegauss(n)
    return x, w / w.sum()


def _shares(detector: Detector, electrons: float, positions: int) -> tuple[Floats, Floats]:
    """Shares of the charge that cross to the next pixel, and their weights: over all positions
    in half a pixel, and how the electrons happen to divide there."""
    half = detector.pixel_um / 2
    reach = min(6 * detector.cloud_um, half)  # none crosses from further away
    x, w = np.polynomial.legendre.leggauss(positions)
    distance, weight = reach * (x + 1) / 2, w / 2 * reach / half
    share = special.ndtr(-distance / detector.cloud_um)
    deviation = np.sqrt(share * (1 - share) / electrons)
    z, wz = _nodes(5)
    shares = np.clip(share[:, None] + deviation[:, None] * z, 0, 1).ravel()
    weights = (weight[:, None] * wz).ravel()
    return np.append(shares, 0.0), np.append(weights, 1 - reach / half)


def _event_at(charges: list[Floats], which: int, detector: Detector, rule: Rule) -> Floats:
    """P(the pixel `which` of four with these charges [ADU] is the event), for each share."""
    sigma = detector.noise_adu
    span = math.ceil(REACH * sigma)
    values = np.rint(charges[which])[:, None] + np.arange(-span, span + 1.0)
    every = np.arange(values.min(), values.max() + 1)
    quiet = at_most(every - 1, 0.0, sigma) ** 5 * reaching(
        every, detector.threshold_adu, sigma, rule
    )
    chance = exactly(values, charges[which][:, None], sigma)
    chance *= quiet[(values - every[0]).astype(np.intp)]
    for q in range(4):
        if q != which:
            chance *= at_most(values - 1, charges[q][:, None], sigma)
    return np.asarray(chance.sum(axis=1))


def efficiency(
    energy_ev: float, detector: Detector, *, positions: int = 8, rule: Rule = "flight"
) -> float:
    """P(a photon is found, as an event in its pixel or in one beside it), for positions all over
    the pixel. Its cloud reaches two by two pixels at most; no two of them are events at once.
    ValueError for a cloud too wide for that."""
    if 5 * detector.cloud_um > detector.pixel_um / 2:
        raise ValueError(f"a cloud of {detector.cloud_um} um in a pixel of {detector.pixel_um} um")
    electrons = energy_ev / detector.ev_per_pair
    share, weight = _shares(detector, electrons, positions)
    a, b = (each.ravel() for each in np.meshgrid(share, share))
    weights = np.outer(weight, weight).ravel()
    z, wz = _nodes(3)
    found = 0.0
    for dz, wn in zip(z, wz, strict=True):
        total = (electrons + dz * math.sqrt(detector.fano * electrons)) * detector.adu_per_electron
        charges = [total * (1 - a) * (1 - b), total * a * (1 - b), total * (1 - a) * b,
                   total * a * b]  # fmt: skip
        for which, times in ((0, 1), (1, 2), (3, 1)):  # 1 and 2 are mirrored
            chance = _event_at(charges, which, detector, rule)
            found += times * wn * float((weights * chance).sum())
    return found


def energy_of(
    target: float, detector: Detector, *, positions: int = 8, rule: Rule = "flight"
) -> float:
    """The energy [eV] at which that part of photons is found; ValueError when it is not between
    0.05 and 2.5 keV."""

    def excess(energy_ev: float) -> float:
        return efficiency(energy_ev, detector, positions=positions, rule=rule) - target

    return float(optimize.brentq(excess, 50.0, 2500.0, xtol=0.1))
