# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What housekeeping values mean: V, A and degC, names of states, limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from fsw_emu.interface.fields import Field, Value
from fsw_emu.interface.table import Interface
from fsw_emu.world.adc import Channel, calibration, engineering

Level = Literal["none", "ok", "warn", "alarm"]

#: how fields and parameters name channels where they do not spell them as the converter does
_ALSO = {"REF": "REF_2V5", "TEMPPSU": "PSU_TEMP", "TEMPCDD": "TEMP_CCD"}
#: fields of the door's 8-bit temperatures, and the parameters that are their upper limits
_DOOR = {
    "RseMotorTemp": "MaxMotorTemp",
    "RseElecTemp": "MaxElecTemp",
    "HK_RSE_MOTOR_TEMP": "MaxMotorTemp",
    "HK_RSE_ELEC_TEMP": "MaxElecTemp",
}
#: bits of status bytes, most significant first (MIB v1.8.1: the boot software's HK)
_FLAGS = {
    "RseShutSts": (
        *("", "electronics hot", "motor hot", "emergency"),
        *("opening", "closing", "open", "closed"),
    ),
    "PsuSts": (
        *("", "FEE analogue ok", "FEE digital ok", "FEE on"),
        *("pin-puller ok", "pin-puller on", "RSE ok", "PSU ok"),
    ),
}
#: what an event that names a channel has in raw values of it
_CONVERTED = {
    *("AdcMeasureVal", "WarnLowerLimit", "WarnUpperLimit"),
    *("AlarmLowerLimit", "AlarmUpperLimit"),
}
_FIELD = re.compile(r"(?:HK_ADC_|Adc)(\w+)")
_LIMIT = re.compile(r"(\w+?)_?(Warn|Alarm|WARN|FAIL)_?(Lower|Upper|LOWER|UPPER)(?:Limit|_RANGE)")


@dataclass(frozen=True)
class Limits:
    """Raw values; those below or above are warned of, or alarming. None: no such limit."""

    alarm_low: int | None = None
    warn_low: int | None = None
    warn_high: int | None = None
    alarm_high: int | None = None

    def level(self, raw: int) -> Level:
        """Of a value; ``none`` where there are no limits."""
        if self == Limits():
            return "none"
        if _is_out(raw, self.alarm_low, self.alarm_high):
            return "alarm"
        return "warn" if _is_out(raw, self.warn_low, self.warn_high) else "ok"


def _is_out(raw: int, low: int | None, high: int | None) -> bool:
    return (low is not None and raw < low) or (high is not None and raw > high)


def _plain(name: str) -> str:
    return name.replace("_", "").upper()


_CHANNELS = {_plain(channel.name): channel for channel in Channel}
_BY_NUMBER = {int(channel): channel for channel in Channel}
_CHANNELS |= {also: Channel[name] for also, name in _ALSO.items()}


def channel_of(field: str) -> Channel | None:
    """The converter's channel that a field of housekeeping shows."""
    match = _FIELD.fullmatch(field)
    return _CHANNELS.get(_plain(match[1])) if match else None


@lru_cache(maxsize=4096)
def _limit(name: str) -> tuple[Channel, str] | None:
    """Which limit of which channel a field is."""
    match = _LIMIT.fullmatch(name)
    channel = _CHANNELS.get(_plain(match[1])) if match else None
    if match is None or channel is None:
        return None
    kind = "warn" if match[2].upper() == "WARN" else "alarm"
    return channel, f"{kind}_{'low' if match[3].upper() == 'LOWER' else 'high'}"


def unit_of(channel: Channel) -> str:
    """V, A or °C."""
    if channel.name.startswith("I_"):
        return "A"
    return "°C" if "TEMP" in channel.name else "V"


class Engineering:
    """Values as they are to be read; limits as far as telemetry told of them, at first those of
    the table's defaults. Limits that are all zero are none (ASSUMED)."""

    def __init__(self, table: Interface) -> None:
        self._table = table
        self._numbers: dict[tuple[Channel, str], int] = {}
        self._door: dict[str, int] = {}
        for name, item in table.pool.items():
            self.learn({name: item.default})

    def learn(self, values: Mapping[str, Any]) -> None:
        """Take limits from the fields of any packet."""
        for name, value in values.items():
            if (limit := _limit(name)) is not None and isinstance(value, int):
                self._numbers[limit] = value
            elif name in _DOOR.values() and isinstance(value, int):
                self._door[name] = value

    def limits(self, field: str) -> Limits:
        """The limits of a field."""
        if field in _DOOR:
            return Limits(alarm_high=self._door.get(_DOOR[field]) or None)
        channel = channel_of(field)
        if channel is None:
            return Limits()
        names = ("alarm_low", "warn_low", "warn_high", "alarm_high")
        found = {name: self._numbers.get((channel, name), 0) for name in names}
        return Limits(**found) if any(found.values()) else Limits()

    def shown(self, field: Field, value: Value | Sequence[Value]) -> dict[str, Any]:
        """One field as the page has it: name, raw, text, and of measured ones unit, value, limits
        in its unit, level."""
        name = field.name
        if isinstance(value, bytes):
            return {"name": name, "raw": value.hex(), "text": value.hex(" ") or "-"}
        if isinstance(value, Sequence):
            return {"name": name, "raw": None, "text": ", ".join(map(str, value)) or "-"}
        if isinstance(value, float):
            return {"name": name, "raw": None, "text": f"{value:.6g}"}
        if (line := _line(name)) is not None:
            return self._measured(name, value, *line)
        text = str(value)
        if field.enumeration is not None:
            text = self._table.label(field.enumeration, value)
        elif name in _FLAGS:
            text = flags(_FLAGS[name], value)
        elif field.type.name == "cuc":
            text = f"{value >> 24}.{value & 0xFFFFFF:06d} s"
        return {"name": name, "raw": value, "text": text}

    def parameter(self, field: Field, values: Mapping[str, Any]) -> str:
        """One field of an event; values of the converter as V, A or degC."""
        value = values[field.name]
        channel = _BY_NUMBER.get(values.get("AdcValId", 0))
        if field.name in _CONVERTED and channel is not None:
            return f"{engineering(channel, value):z.4g} {unit_of(channel)}"
        return str(self.shown(field, value)["text"])

    def course(self, field: str, raws: Iterable[int]) -> dict[str, Any]:
        """The values that a measured field had; nothing of others."""
        if (line := _line(field)) is None:
            return {}
        curve = calibration(line[0])
        return {"trend": [round(curve.y(raw), 4) for raw in raws]}

    def _measured(self, name: str, raw: int, curve: str, unit: str) -> dict[str, Any]:
        line, limits = calibration(curve), self.limits(name)
        bounds = {
            kind: None if at is None else round(line.y(at), 4) for kind, at in vars(limits).items()
        }
        if line.y(0) > line.y(1):  # what is low in raw values is high in its unit
            swap = {"low": "high", "high": "low"}
            bounds = {f"{k.split('_')[0]}_{swap[k.split('_')[1]]}": v for k, v in bounds.items()}
        digits = 1 if unit == "°C" else 3
        return {
            "name": name,
            "raw": raw,
            "text": f"{line.y(raw):z.{digits}f}",  # z: no minus before a zero
            "unit": unit,
            "value": round(line.y(raw), 4),
            "level": limits.level(raw),
            "limits": bounds,
        }


def is_measured(field: str) -> bool:
    """Whether a field is in V, A or degC."""
    return _line(field) is not None


@lru_cache(maxsize=4096)
def _line(name: str) -> tuple[str, str] | None:
    """Calibration and unit of a field that was measured."""
    if name in _DOOR:
        return "RSE_TEMP", "°C"
    channel = channel_of(name)
    return (channel.name, unit_of(channel)) if channel else None


def flags(names: Sequence[str], value: int) -> str:
    """Names of the bits that are set, most significant first."""
    top = len(names) - 1
    return ", ".join(name for i, name in enumerate(names) if name and value >> top - i & 1) or "-"
