# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measured values and their limits in the data pool: warning limits within alarm limits, raw.

Names are those of MIB v1.8.1. Which events tell of which channel follows from their names; that a
value at a limit is good, and which of the checks has which channel, is ASSUMED.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fsw_emu.dpu.fdir.look import Finding, Look, Report


@dataclass(frozen=True)
class Channel:
    """``id``: a name of the enumeration, AdcValId or ValId, that events name it by; ``item``: its
    value; ``limits``: warning lower and upper, alarm lower and upper, as data-pool items. Events:
    beyond a warning limit, still so after as many looks as confirm, beyond an alarm limit, and
    still so when the check fails; empty for none."""

    id: str
    enumeration: str
    item: str
    limits: tuple[str, str, str, str]
    warned: str
    warned_for_long: str
    alarmed: str
    failed: str


def _adc(
    id_: str, item: str, prefix: str, events: tuple[str, str, str, str], unit: str = ""
) -> Channel:
    names = ("WarnLower", "WarnUpper", "AlarmLower", "AlarmUpper")
    lower, upper, alarm_lower, alarm_upper = (f"{prefix}{name}Limit" for name in names)
    warned, for_long, alarmed, failed = (f"EVT_{unit}{event}" if event else "" for event in events)
    limits = (lower, upper, alarm_lower, alarm_upper)
    return Channel(id_, "AdcValId", item, limits, warned, for_long, alarmed, failed)


_VOLTAGE = ("VOLT_WARN", "PERM_WARN", "VOLT_FAIL", "PERM_FAIL")
_CURRENT = ("CURR_WARN", "PERM_WARN", "CURR_FAIL", "PERM_FAIL")
_BOARD = ("TEMP_WARN", "PERM_WARN", "TEMP_FAIL", "PERM_FAIL")
_BODY = ("TEMP_WARN", "", "", "TEMP_FAIL")

#: what the converter measures of the unit itself and of its supply
OWN: Sequence[Channel] = (
    *(
        _adc(f"ADC_{rail}", item, prefix, _VOLTAGE, "DPU_")
        for rail, item, prefix in (
            ("P3V9", "AdcP3V9", "P3V9"),
            ("P3V3", "AdcP3V3", "P3V3"),
            ("P3V3_LVDS", "AdcP3V3LVDS", "P3V3_LVDS"),
            ("P2V5", "AdcP2V5", "P2V5"),
            ("P1V8", "AdcP1V8", "P1V8"),
            ("P1V2", "AdcP1V2", "P1V2"),
            ("REF_2V5", "AdcRef", "Ref"),
        )
    ),
    _adc("ADC_TEMP1", "AdcTemp1", "TEMP1", _BOARD, "DPU_"),
    *(
        _adc(f"ADC_{current}", item, current, _CURRENT, "PSU_")
        for current, item in (
            ("I_FEE_ANA", "AdcIFeeAna"),
            ("I_FEE_DIG", "AdcIFeeDig"),
            ("I_DPU", "AdcIDpu"),
            ("I_RSE", "AdcIRse"),
            ("I_HEATER", "AdcIHeater"),
        )
    ),
    _adc("ADC_PSU_TEMP", "AdcPsuTemp", "TEMP_PSU", _BOARD, "PSU_"),
)
#: what the converter measures of the telescope
TELESCOPE: Sequence[Channel] = (
    _adc("ADC_TEMP_CCD", "AdcTempCcd", "TEMP_CCD", _BODY, "CCD_"),
    _adc("ADC_TEMP_FEE", "AdcTempFee", "TEMP_FEE", _BODY, "FEE_"),
)
#: what the FEE measures of the CCDs' temperatures
FEE_CCDS: Sequence[str] = ("FRMHKccd2TsA", "FRMHKccd4TsB")


def fee_channel(id_: str) -> Channel:
    """A channel of the FEE's housekeeping; its limits have the name of the register, in capitals
    and behind a P where it begins with a digit."""
    name = id_.removeprefix("FRMHK")
    words = ("P" if name[0].isdigit() else "") + re.sub(r"(?=[A-Z])", "_", name).upper()
    lower, upper = f"{words}_LL", f"{words}_UL"
    return Channel(
        id_,
        "ValId",
        id_,
        (f"{lower}_WARN", f"{upper}_WARN", lower, upper),
        "EVT_FEE_PARAM_WARN",
        "",
        "",
        "EVT_FEE_CCD_TEMP_FAIL" if id_ in FEE_CCDS else "EVT_FEE_PARAM_OOL",
    )


def judged(look: Look, channels: Iterable[Channel], confirm: int) -> Finding:
    """Bad: any value is beyond its alarm limits. What it passes is told once each time."""
    notes: list[Report] = []
    failed: list[Report] = []
    bad = False
    for channel in channels:
        value = look.pool[channel.item]
        low, high, lowest, highest = (look.pool[name] for name in channel.limits)
        alarm = not lowest <= value <= highest
        bad |= alarm
        n_warned = look.in_a_row(f"{channel.id} warned", alarm or not low <= value <= high)
        n_alarmed = look.in_a_row(f"{channel.id} alarmed", alarm)
        if n_warned == 1:
            notes.append(_report(look, channel, channel.warned))
        if n_warned == confirm and not alarm and channel.warned_for_long:
            notes.append(_report(look, channel, channel.warned_for_long))
        if n_alarmed == 1 and channel.alarmed:
            notes.append(_report(look, channel, channel.alarmed))
        if alarm:
            failed.append(_report(look, channel, channel.failed))
    return Finding(bad, tuple(notes), failed=tuple(failed))


def _report(look: Look, channel: Channel, event: str) -> Report:
    """With the limits that the event has fields for."""
    adc = channel.enumeration == "AdcValId"
    values: dict[str, int | float | bytes] = {
        channel.enumeration: look.onboard.table.value(channel.enumeration, channel.id),
        "AdcMeasureVal" if adc else "MeasureVal": look.pool[channel.item],
    }
    fields = {field.name for field in look.onboard.table.events[event].fields}
    names = ("WarnLowerLimit", "WarnUpperLimit", "AlarmLowerLimit", "AlarmUpperLimit")
    for name, item in zip(names, channel.limits, strict=True):
        if name in fields:
            values[name] = look.pool[item]
    return Report(event, values)
