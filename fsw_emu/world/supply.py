# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Power: what the units draw and warm, and what the converter's channels see of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fsw_emu.world.adc import Channel
from fsw_emu.world.numbers import assumed


@dataclass(frozen=True)
class Supply:
    """Voltages, currents [A] and heat [W] of the units."""

    rails_v: Mapping[str, float]
    dpu_a: float
    fee_analogue_a: float
    fee_digital_a: float
    rse_idle_a: float
    rse_motor_a: float
    heater_v: float
    fee_w: float
    ccd_w: float
    dpu_w: float
    psu_w: float

    @classmethod
    def nominal(cls) -> Supply:
        """ASSUMED."""
        return cls(**assumed("supply"))


@dataclass(frozen=True)
class HeaterLaw:
    """Control voltages of no and of full heat, and full heat by node: loop 1 warms the first
    node, loop 2 the second (ASSUMED)."""

    low_v: float
    high_v: float
    full_w: Mapping[str, float]

    @classmethod
    def nominal(cls) -> HeaterLaw:
        """ASSUMED."""
        return cls(**assumed("heater"))


class Heaters:
    """Two heaters, each with the control voltage of its loop, 1 or 2. heat_w: W by node."""

    def __init__(self, law: HeaterLaw) -> None:
        self.law = law
        self._volts = dict.fromkeys((1, 2), law.low_v)
        self._failed: set[int] = set()
        self._settle()

    def set(self, loop: int, volts: float) -> None:
        """Clamped to the range of the law, as the output stage does. ValueError for no loop or no
        number."""
        if loop not in self._volts or math.isnan(volts):
            raise ValueError(f"loop 1 or 2 and a voltage, not {loop} and {volts}")
        self._volts[loop] = min(max(volts, self.law.low_v), self.law.high_v)
        self._settle()

    def volts(self, loop: int) -> float:
        return self._volts[loop]

    def fail(self, loop: int, failed: bool) -> None:
        """A heater gives no heat, or does again."""
        (self._failed.add if failed else self._failed.discard)(loop)
        self._settle()

    def _settle(self) -> None:
        span = self.law.high_v - self.law.low_v
        self.heat_w = {
            node: 0.0
            if loop in self._failed
            else full * (self._volts[loop] - self.law.low_v) / span
            for loop, (node, full) in enumerate(self.law.full_w.items(), 1)
        }
        self.total_w = sum(self.heat_w.values())


def channel_value(
    channel: Channel,
    supply: Supply,
    *,
    celsius: Mapping[str, float],
    fee_on: bool,
    door_powered: bool,
    door_moving: bool,
    heater_w: float,
) -> float:
    """V, A or degC at the input of a channel. celsius: node -> temperature."""
    match channel:
        case Channel.TEMP1:
            return celsius["dpu"]
        case Channel.TEMP_CCD:
            return celsius["ccd"]
        case Channel.TEMP_FEE:
            return celsius["fee"]
        case Channel.PSU_TEMP:
            return celsius["psu"]
        case Channel.I_FEE_ANA:
            return supply.fee_analogue_a * fee_on
        case Channel.I_FEE_DIG:
            return supply.fee_digital_a * fee_on
        case Channel.I_DPU:
            return supply.dpu_a
        case Channel.I_RSE:
            return door_powered * (supply.rse_idle_a + supply.rse_motor_a * door_moving)
        case Channel.I_HEATER:
            return heater_w / supply.heater_v
    return supply.rails_v[channel.name]
