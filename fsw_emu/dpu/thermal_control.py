# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Thermal control: a temperature in, a heater's control voltage out, once a period (TTC)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean, median

from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.services.parameter_sets import ParameterSets
from fsw_emu.world.adc import FULL_SCALE, Channel
from fsw_emu.world.numbers import CYCLES_PER_S

CCD, FEE = 1, 2  # the loops, ASSUMED
_MOST = 1e30  # of an integral [K s]: below what single precision holds


@dataclass(frozen=True)
class Law:
    """Proportional and integral, in per cent of the way from low_v to high_v; slew_v is the most
    that a step changes (facts of TTC; MIB v1.8.1). dt_s: time of a step; reference [degC];
    p [%/K], i [%/(K s)], offset [%]."""

    dt_s: float
    slew_v: float
    low_v: float
    high_v: float
    reference: float
    p: float
    i: float
    offset: float

    @property
    def is_usable(self) -> bool:
        numbers = (getattr(self, name) for name in self.__match_args__)
        return (
            all(math.isfinite(number) for number in numbers)
            and self.dt_s > 0
            and self.slew_v >= 0
            and self.low_v < self.high_v
        )


@dataclass(frozen=True)
class State:
    """``celsius``: at the step before; None at the first, which integrates nothing (ASSUMED)."""

    volts: float
    integral: float = 0.0
    celsius: float | None = None


def stepped(law: Law, state: State, celsius: float) -> State:
    """One step with a temperature; all numbers are finite."""
    integral = state.integral
    if state.celsius is not None:
        integral += law.dt_s * (law.reference - state.celsius)
    integral = min(max(integral, -_MOST), _MOST)
    percent = law.offset + law.p * (law.reference - celsius) + law.i * integral
    wanted = law.low_v + min(max(percent, 0.0), 100.0) / 100 * (law.high_v - law.low_v)
    volts = min(max(wanted, state.volts - law.slew_v), state.volts + law.slew_v)
    return State(min(max(volts, law.low_v), law.high_v), integral, celsius)


class ThermalControl:
    """Both loops. Loop 1 holds the CCDs, at the reference of the data pool within its limits;
    loop 2 the FEE by its own reference and else the same parameters (ASSUMED).

    Without usable parameters the heater rests, and that is told once until they are usable again.
    """

    def __init__(self, onboard: Onboard, sets: ParameterSets) -> None:
        self._onboard = onboard
        self._sets = sets
        self._assumed: Mapping[str, float] = onboard.table.assumed["thermal_control"]
        self._states: dict[int, State] = {}
        self._told: set[int] = set()

    @property
    def period(self) -> int:
        """Cycles from step to step."""
        return max(self._onboard.pool["HctrlParExecPer"], 1)

    def begin(self, loop: int) -> None:
        """What comes next is a first step: the time since the one before is not known."""
        self._states[loop] = replace(self._states[loop], celsius=None)

    def rest(self, loop: int) -> None:
        """No heat, and nothing remembered."""
        low = self._onboard.world.heaters.law.low_v
        self._states[loop] = State(low)
        self._told.discard(loop)
        self._show(loop, self._states[loop])

    def step(self, loop: int) -> None:
        law, celsius = self._law(loop), self._temperature(loop)
        if not self._sets.has("HEAT_CTRL_IASW") or not law.is_usable or abs(celsius) > _MOST:
            self._without(loop)
            return
        self._told.discard(loop)
        state = stepped(law, self._states[loop], celsius)
        self._states[loop] = state
        self._show(loop, state)
        if loop == CCD:
            self._onboard.pool["tempCalc"] = celsius

    def _without(self, loop: int) -> None:
        told = loop in self._told
        self.rest(loop)
        self._told.add(loop)
        if not told:
            self._onboard.events.report("EVT_HCTRL_NOPARAM")

    def _show(self, loop: int, state: State) -> None:
        """To the heater; the data pool tells of loop 1."""
        self._onboard.world.heaters.set(loop, state.volts)
        if loop == CCD:
            self._onboard.pool["HctrlVctrl"] = state.volts
            self._onboard.pool["tempInteg"] = state.integral

    def _law(self, loop: int) -> Law:
        real = self._onboard.pool.real
        reference = self._assumed["fee_reference"]
        if loop == CCD:
            low, high = real("HctrlParTempRefLL"), real("HctrlParTempRefUL")
            reference = min(max(real("HctrlParTempRef"), low), high)
        return Law(
            dt_s=self._onboard.pool["HctrlParExecPer"] / CYCLES_PER_S,
            slew_v=real("HctrlParMaxDeltaVoltage"),
            low_v=real("HctrlParVctrlLowerVolt"),
            high_v=real("HctrlParVctrlUpperVolt"),
            reference=reference,
            p=real("HctrlParCoeffP"),
            i=real("HctrlParCoeffI"),
            offset=real("HctrlParOffset"),
        )

    def _temperature(self, loop: int) -> float:
        """degC; infinite where coefficients make none."""
        if loop == FEE:
            raw = self._onboard.world.adc(Channel.TEMP_FEE)
            return (raw - self._assumed["fee_raw_0"]) * self._assumed["fee_per_raw"]
        table, pool = self._onboard.table, self._onboard.pool
        source = table.label("TtcTempSrc", pool["tempSrc"])
        if source != "FEE_HK":
            celsius = self._ccd_by_converter(operational=source == "ADC_OPER")
        else:
            celsius = self._chosen(table.label("FeeTempSel", pool["tempSel"]))
        return celsius if math.isfinite(celsius) else math.inf

    def _ccd_by_converter(self, *, operational: bool) -> float:
        """By the polynomial up to the threshold, by a straight line above it or when asked."""
        pool, raw = self._onboard.pool, self._onboard.world.adc(Channel.TEMP_CCD)
        if operational and raw <= pool["CcdTempAdcOperThrd"]:
            powers = (pool.real(f"CcdTempAdcOperCoef{i}") * float(raw**i) for i in range(5))
            return sum(powers, 0.0)
        volts = raw * pool.real("CcdTempAdcInputRng") / FULL_SCALE + pool.real("CcdTempAdcOffset")
        slope = pool.real("CcdTempKt")
        return (volts - pool.real("CcdTempVt0")) / slope if slope else math.inf

    def _chosen(self, selection: str) -> float:
        """Of what the FEE told last, and of the converter, as tempSel says (ASSUMED)."""
        ccd2 = self._by_fee("FRMHKccd2TsA", "Ccd2TsAOffset")
        ccd4 = self._by_fee("FRMHKccd4TsB", "Ccd4TsBOffset")
        adc = self._ccd_by_converter(operational=True)
        match selection:
            case "BOTH_FEE":
                return fmean((ccd2, ccd4))
            case "CCD2_ONLY":
                return ccd2
            case "CCD4_ONLY":
                return ccd4
            case "ALL":
                return fmean((ccd2, ccd4, adc))
            case "MEDIAN":
                return median((ccd2, ccd4, adc))
            case "BEST2":
                return fmean(_closest((ccd2, ccd4, adc)))
            case _:
                return adc

    def _by_fee(self, item: str, offset: str) -> float:
        """Of a PT1000: its resistance, solved for the temperature."""
        pool = self._onboard.pool
        ohm = pool[item] * self._assumed["ohm_per_raw"] + pool.real(offset)
        at_0, linear, square = (pool.real(f"CcdTempCoef{i}") for i in range(3))
        if not square:
            return (ohm - at_0) / linear if linear else math.inf
        root = linear**2 - 4 * square * (at_0 - ohm)
        return (math.sqrt(root) - linear) / (2 * square) if root >= 0 else math.inf


def _closest(values: Sequence[float]) -> tuple[float, float]:
    """The two that differ least."""
    return min(combinations(values, 2), key=lambda pair: abs(pair[0] - pair[1]))
