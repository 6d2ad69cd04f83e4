# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the FEE measures of itself: temperatures, voltages, the state of its link.

Time and seed are arguments: the same calls give the same values. How the FEE warms and what its
voltages do are free choices (ASSUMED A59); the sensors are PT1000 with the calibration on board.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fsw_emu.fee.memory import FeeMemory
from fsw_emu.packets.fee_registers import HOUSEKEEPING_START, TABLE
from fsw_emu.packets.spacewire import TimeCode

LinkError = Literal["disconnect", "parity", "escape", "credit"]

#: modes in which no CCD is read out: On and Stand-by
_IDLE_MODES = (0x0, 0x2)
_CCD_SENSORS = ("ccd2_ts_a", "ccd4_ts_b")
_BOX_SENSORS = ("prt1", "prt2", "prt3", "prt4", "prt5")
_VOLTAGES = tuple(
    field.name
    for field in TABLE
    if field.address >= HOUSEKEEPING_START
    and field.unit == "ADU"
    and field.name not in _CCD_SENSORS + _BOX_SENSORS
)
#: ohms of a PT1000 at 0 degrees, and by degree and degree squared (the inverse of flight software)
_PT1000 = (999.49599, 3.88482301, -8.51690296e-4)
OHM_PER_ADU = 1 / 32
_MID_SCALE = 0x8000
_ADU_MAX = 0xFFFF
#: periods of the drift of a voltage [s]
_DRIFT_PERIODS_S = (5400.0, 86400.0)
_REFERENCE_C = 20.0


def pt1000_adu(celsius: float) -> int:
    """The raw value of a temperature sensor, of -200 degrees to 270."""
    base, linear, square = _PT1000
    return round((base + linear * celsius + square * celsius**2) / OHM_PER_ADU)


@dataclass
class Body:
    """Something that goes to a temperature, above its surroundings by what it dissipates."""

    surroundings_c: float
    idle_k: float
    reading_k: float
    time_constant_s: float
    celsius: float

    def pass_time(self, seconds: float, *, reading: bool) -> None:
        goal = self.surroundings_c + (self.reading_k if reading else self.idle_k)
        self.celsius = goal + (self.celsius - goal) * math.exp(-seconds / self.time_constant_s)


class Housekeeping:
    """Fills the housekeeping of a memory.

    ``ccd`` and ``box`` (the electronics) may be given other surroundings at any time. Counters
    of frames and pixels are those of the readout, which sets them itself.
    """

    def __init__(self, memory: FeeMemory, *, seed: int = 0) -> None:
        self._memory = memory
        self.ccd = Body(-110.0, 0.0, 1.5, 1800.0, -110.0)
        self.box = Body(10.0, 4.0, 12.0, 600.0, 14.0)
        self._updated_ns: int | None = None
        self._reading = False
        rng = np.random.default_rng(seed)
        count = len(_VOLTAGES)
        self._sensor_k = rng.uniform(-1, 1, len(_CCD_SENSORS + _BOX_SENSORS))  # off their body
        self._volts_adu = _MID_SCALE * (1 + rng.uniform(-0.05, 0.05, count))
        self._per_kelvin = rng.uniform(-2e-4, 2e-4, count)
        self._drift = rng.uniform(0, 1e-3, (len(_DRIFT_PERIODS_S), count))
        self._phase = rng.uniform(0, 2 * np.pi, (len(_DRIFT_PERIODS_S), count))

    def update(self, now_ns: int) -> None:
        """Measure at a time [ns] of a monotonic clock. What ran since the last time is what
        ``fpga_op_mode`` said then."""
        if self._updated_ns is not None:
            seconds = max(0, now_ns - self._updated_ns) * 1e-9
            for body in (self.ccd, self.box):
                body.pass_time(seconds, reading=self._reading)
        self._updated_ns = now_ns
        self._reading = self._memory.get("fpga_op_mode") not in _IDLE_MODES
        self._measure_temperatures()
        self._measure_voltages(now_ns * 1e-9)

    def link_up(self) -> None:
        """The SpaceWire link runs."""
        self._memory.set("spw_link_running", 1)

    def link_down(self, error: LinkError) -> None:
        """The link ended by an error: its state tells of the last one, flags of all."""
        for field in TABLE:
            if field.name.startswith("spw_link_"):
                self._memory.set(field.name, int(error in field.name))
        self._memory.set(f"error_flag_spw_link_{error}_error", 1)

    def time_code(self, code: TimeCode) -> None:
        """A time-code came."""
        self._memory.set("timecode_from_spw", code.to_byte())

    def _measure_temperatures(self) -> None:
        bodies = [self.ccd.celsius] * len(_CCD_SENSORS) + [self.box.celsius] * len(_BOX_SENSORS)
        names = _CCD_SENSORS + _BOX_SENSORS
        for name, celsius, off in zip(names, bodies, self._sensor_k, strict=True):
            self._memory.set(name, min(max(pt1000_adu(celsius + float(off)), 0), _ADU_MAX))

    def _measure_voltages(self, seconds: float) -> None:
        turns = 2 * np.pi * seconds / np.array(_DRIFT_PERIODS_S)[:, None]
        drift = (self._drift * np.sin(turns + self._phase)).sum(axis=0)
        warmth = self._per_kelvin * (self.box.celsius - _REFERENCE_C)
        adu = np.rint(self._volts_adu * (1 + drift + warmth)).astype(int).clip(0, _ADU_MAX)
        for name, value in zip(_VOLTAGES, adu.tolist(), strict=True):
            self._memory.set(name, value)
