# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The parameters of the detailed scene: names, units and what is possible.

The values and their sources are in ``fsw_emu/scene/presets/*.toml``. Rates are those of a CCD,
temperatures degrees Celsius; an unbinned pixel is one of 18 um, a pixel is 6x6 of them.
"""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

from fsw_emu.scene.parameters import COLS, ROWS

#: photons and tracks of one readout, on the average, beyond which a scene is refused
MOST_HITS = 1_000_000


@dataclass(frozen=True)
class Range:
    """What is possible, ends included."""

    low: float
    high: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g} {self.unit}".rstrip()


Part = Annotated[float, Range(0, 1)]
Rate = Annotated[float, Range(0, 1e6, "1/s")]
Seconds = Annotated[float, Range(0, 1e9, "s")]
Period = Annotated[float, Range(1, 1e9, "s")]
Celsius = Annotated[float, Range(-150, 30, "C")]
Adu = Annotated[float, Range(0, 10_000, "ADU")]
SignedAdu = Annotated[float, Range(-10_000, 10_000, "ADU")]
Energy = Annotated[float, Range(10, 100_000, "eV")]
Npa = Annotated[float, Range(0.05, 200, "nPa")]
Cti = Annotated[float, Range(0, 0.01, "per transfer")]
Electrons = Annotated[float, Range(0, 1e9, "electrons")]


@dataclass(frozen=True)
class SkyParameters:
    """Photons. The focal plane is 768 wide and 1278 high, y upwards; x goes away from the Earth."""

    swcx_per_s: Rate  # at reference_npa
    reference_npa: Npa
    pressure_npa: Npa  # of the solar wind, before onset_s
    pressure_exponent: Annotated[float, Range(0, 4)]
    onset_s: Seconds  # the pressure begins to change
    onset_ramp_s: Seconds  # it has changed
    onset_factor: Annotated[float, Range(0.01, 100)]
    lines: tuple[tuple[float, float], ...]  # (eV, weight)
    earth_x_px: Annotated[float, Range(-10_000, 10_000, "px")]
    earth_y_px: Annotated[float, Range(-10_000, 10_000, "px")]
    re_px: Annotated[float, Range(1, 1000, "px")]  # of an Earth radius
    standoff_re: Annotated[float, Range(1, 30, "Earth radii")]  # at 1 nPa
    flaring: Annotated[float, Range(0, 1)]
    edge_part: Annotated[float, Range(0.001, 1)]  # of the stand-off: the rise at the magnetopause
    sheath_part: Annotated[float, Range(0.01, 10)]  # of the stand-off: the fall outside it
    floor_part: Annotated[float, Range(0.001, 10)]  # of the brightest: everywhere
    cusp_part: Annotated[float, Range(0, 100)]
    cusp_angle_deg: Annotated[float, Range(0, 90, "degrees")]
    cusp_distance_part: Annotated[float, Range(0, 2)]
    cusp_size_re: Annotated[float, Range(0.05, 10, "Earth radii")]
    background_per_s: Rate
    background_fold_ev: Energy
    sources: tuple[tuple[float, float, float], ...]  # (x px, y px, photons/s)
    source_fold_ev: Energy
    particles_per_s: Rate  # like photons, of any energy, everywhere alike
    band_min_ev: Energy
    band_max_ev: Energy
    core_px: Annotated[float, Range(0.01, 200, "px")]  # sigma
    arm_px: Annotated[float, Range(0.1, 500, "px")]  # e-folding
    core_part: Part
    vignetting_part: Annotated[float, Range(0, 0.95)]  # lost in the corners


@dataclass(frozen=True)
class ParticleParameters:
    """What leaves tracks."""

    cosmic_per_s: Rate
    cosmic_ev_per_um: Annotated[float, Range(1, 100_000, "eV/um")]
    spread: Annotated[float, Range(0, 1)]  # of the loss, relative: scale of the Moyal distribution
    protons_per_s: Rate
    proton_min_mev: Annotated[float, Range(3, 10_000, "MeV")]
    proton_max_mev: Annotated[float, Range(3, 10_000, "MeV")]
    proton_index: Annotated[float, Range(0, 10)]
    proton_ev_per_um: Annotated[float, Range(1, 100_000, "eV/um")]  # at 10 MeV
    proton_slope: Annotated[float, Range(0, 2)]


@dataclass(frozen=True)
class SiliconParameters:
    """From energy to charge."""

    thickness_um: Annotated[float, Range(1, 1000, "um")]
    pixel_um: Annotated[float, Range(1, 100, "um")]  # unbinned
    attenuation_um: Annotated[float, Range(0.01, 100, "um")]  # at 1 keV
    attenuation_exponent: Annotated[float, Range(0, 5)]
    edge_ev: Energy
    edge_factor: Annotated[float, Range(1, 100)]
    cloud_um: Annotated[float, Range(0.01, 40, "um")]  # sigma, of charge from the back surface
    cloud_least_um: Annotated[float, Range(0.01, 40, "um")]
    fano: Part
    ev_per_pair: Annotated[float, Range(1, 10, "eV")]
    full_well: Annotated[float, Range(100, 1e9, "electrons")]  # unbinned pixel, and binned sum


@dataclass(frozen=True)
class TransferParameters:
    """What stays behind when charge moves, per transfer of an unbinned pixel."""

    cti_parallel: Cti
    cti_parallel_per_krad: Cti
    cti_serial: Cti
    cti_serial_per_krad: Cti
    store_rows: Annotated[float, Range(0, 5000, "rows")]
    trail_part: Part  # of what stays behind: comes back in the pixels behind
    trail_px: Annotated[float, Range(0.1, 100, "unbinned px")]  # e-folding length of that
    dose_krad: Annotated[float, Range(0, 1000, "krad")]
    dose_krad_per_day: Annotated[float, Range(0, 100, "krad/day")]


@dataclass(frozen=True)
class TemperatureParameters:
    """Of both CCDs."""

    mean_c: Celsius
    swing_c: Annotated[float, Range(0, 50, "C")]
    swing_period_s: Period
    drift_c_per_day: Annotated[float, Range(-10, 10, "C/day")]
    reference_c: Celsius  # that of the rates below


@dataclass(frozen=True)
class DarkParameters:
    """Dark current of all pixels, and of those that have more of it."""

    electrons_per_s: Electrons  # unbinned pixel, at 20 C
    activation_ev: Annotated[float, Range(0, 1.2, "eV")]
    dsnu_part: Annotated[float, Range(0, 1)]
    hot_per_node: Annotated[float, Range(0, 5000)]
    hot_per_node_per_krad: Annotated[float, Range(0, 5000)]
    hot_electrons_per_s: Electrons  # median, at temperature.reference_c
    hot_spread: Annotated[float, Range(0, 3)]  # sigma of its logarithm
    hot_activation_ev: Annotated[float, Range(0, 1.2, "eV")]
    flickering_per_node: Annotated[float, Range(0, 5000)]
    flickering_electrons_per_s: Electrons  # as hot ones, while they are high
    flickering_high_part: Annotated[float, Range(0.001, 0.999)]  # of the time
    flickering_high_s: Period  # mean stay
    fires_adu: Adu  # from here on a pixel is told as hot


@dataclass(frozen=True)
class InjectionParameters:
    """Rows that are filled with charge."""

    every_rows: Annotated[float, Range(0, ROWS)]  # whole ones; below 1: none
    width_rows: Annotated[float, Range(1, ROWS)]
    electrons: Electrons
    column_part: Part  # sigma from column to column
    cti_factor: Part  # of the parallel CTI that is left

    @property
    def is_on(self) -> bool:
        """Without lines nothing fills the traps either."""
        return self.every_rows >= 1


@dataclass(frozen=True)
class OffsetParameters:
    """The level without charge."""

    pedestal_adu: Annotated[float, Range(0, 60_000, "ADU")]
    node_sigma_adu: Adu
    column_sigma_adu: Adu
    pixel_sigma_adu: Adu
    row_ramp_adu: SignedAdu  # over the rows of a node
    drift_adu: Adu  # rms of each node
    drift_period_s: Period  # of its slowest part
    per_degree_adu: SignedAdu
    step_adu: SignedAdu
    step_s: Seconds  # from when


@dataclass(frozen=True)
class ConverterParameters:
    """Noise of the readout, and the gain."""

    gain_ev_per_adu: Annotated[float, Range(0.01, 1000, "eV/ADU")]
    read_noise_adu: Adu
    row_noise_adu: Adu  # common to a row
    band_noise_adu: Adu  # 1/f, along the readout


@dataclass(frozen=True)
class Parameters:
    """All of them. ValueError names the field, its value and what is possible."""

    title: str
    period_s: Annotated[float, Range(0.1, 1000, "s")]
    sky: SkyParameters
    particles: ParticleParameters
    silicon: SiliconParameters
    transfer: TransferParameters
    temperature: TemperatureParameters
    dark: DarkParameters
    injection: InjectionParameters
    offset: OffsetParameters
    converter: ConverterParameters

    def __post_init__(self) -> None:
        _check("", self)
        for name in GROUPS:
            _check(f"{name}.", getattr(self, name))
        _check_sky(self.sky)
        p = self.particles
        if p.proton_max_mev <= p.proton_min_mev:
            _refuse("particles.proton_max_mev", p.proton_max_mev, "more than proton_min_mev")
        if self.silicon.cloud_least_um > self.silicon.cloud_um:
            least = self.silicon.cloud_least_um
            _refuse("silicon.cloud_least_um", least, "not more than silicon.cloud_um")
        if self.most_hits > MOST_HITS:
            what = f"{self.most_hits:.0f} photons and tracks in a readout"
            raise ValueError(f"period_s = {self.period_s:g}: {what}; possible: up to {MOST_HITS}")

    @property
    def most_hits(self) -> float:
        """Photons and tracks of a readout, on the average, while the pressure is highest."""
        s, p = self.sky, self.particles
        highest = s.pressure_npa * max(1.0, s.onset_factor)
        swcx = s.swcx_per_s * math.pow(highest / s.reference_npa, s.pressure_exponent)
        of_ccd = swcx + s.background_per_s + s.particles_per_s + p.cosmic_per_s + p.protons_per_s
        return self.period_s * (2 * of_ccd + sum(rate for *_, rate in s.sources))


GROUPS = tuple(each.name for each in fields(Parameters) if each.name not in ("title", "period_s"))


def ranges(group: type[Any]) -> dict[str, Range]:
    """Of the numbers of one group, by name."""
    hints = get_type_hints(group, include_extras=True)
    marks = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {name: mark[0] for name, mark in marks.items() if mark}


def _refuse(name: str, value: Any, possible: object) -> None:
    raise ValueError(f"{name} = {reprlib.repr(value)}: possible: {possible}")


def _is_number(value: Any) -> bool:
    """Not finite ones only: those are in no range."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check(prefix: str, group: Any) -> None:
    for name, possible in ranges(type(group)).items():
        value = getattr(group, name)
        if not _is_number(value) or not possible.low <= value <= possible.high:
            _refuse(prefix + name, value, possible)


def _check_sky(sky: SkyParameters) -> None:
    if sky.band_max_ev <= sky.band_min_ev:
        _refuse("sky.band_max_ev", sky.band_max_ev, "more than sky.band_min_ev")
    _check_rows("sky.lines", sky.lines, (Range(10, 100_000, "eV"), Range(0, 1e6)))
    if not sum(weight for _, weight in sky.lines) > 0:
        _refuse("sky.lines", sky.lines, "lines with weights, not all 0")
    within = Range(0, 2 * COLS, "px"), Range(0, 2 * ROWS, "px"), Range(0, 1e6, "1/s")
    _check_rows("sky.sources", sky.sources, within)


def _check_rows(name: str, rows: Any, possible: tuple[Range, ...]) -> None:
    """A tuple of tuples of numbers."""
    if not isinstance(rows, tuple):
        _refuse(name, rows, f"rows of {', '.join(map(str, possible))}")
    for i, row in enumerate(rows):
        if not isinstance(row, tuple) or len(row) != len(possible):
            _refuse(f"{name}[{i}]", row, f"[{', '.join(map(str, possible))}]")
        for value, each in zip(row, possible, strict=True):
            if not _is_number(value) or not each.low <= value <= each.high:
                _refuse(f"{name}[{i}]", value, each)
