# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Values of telecommand parameters: what the user gives, to what goes into the packet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fsw_emu.mib.commands import CommandParameter, Ranges
from fsw_emu.mib.kinds import Kind, RawValue, Value
from fsw_emu.mib.rows import parse_number
from fsw_emu.mib.times import Conventions, read_time, write_time


@dataclass(frozen=True)
class Raw:
    """A value as it goes into the packet, not an engineering value."""

    value: RawValue


#: one value: an engineering value, or a Raw one
Given = int | float | bytes | str | datetime | Raw


@dataclass(frozen=True)
class Argument:
    """A value of a built telecommand: raw, and what it means."""

    name: str
    description: str
    raw: RawValue
    value: Value


def argument(
    parameter: CommandParameter,
    kind: Kind,
    given: Given,
    *,
    conventions: Conventions,
    onboard: Mapping[str, int],
) -> Argument:
    """A value in its type and inside its ranges; ValueError.

    kind: the parameter's, or what a deduced one turned out to be
    onboard: ids of telemetry parameters by name and description
    """
    if isinstance(given, Raw):
        raw = _typed(kind, given.value)
        value = _meaning(parameter, kind, raw, conventions)
    else:
        raw = _raw(parameter, kind, given, conventions, onboard)
        value = _meaning(parameter, kind, raw, conventions)
        if parameter.curve is not None and isinstance(given, int | float):
            value = given
    if parameter.ranges is not None:
        _check(parameter.ranges, raw if parameter.ranges.raw or value is None else value)
    return Argument(parameter.name, parameter.description, raw, value)


def default_of(text: str, parameter: CommandParameter, *, is_value: bool) -> Given:
    """A default of the database; ValueError."""
    if parameter.kind.form in ("octets", "text"):
        return text
    if is_value:
        return text
    if parameter.kind.form in ("time", "delta", "deduced"):
        try:
            return Raw(parse_number(text, parameter.radix))
        except ValueError:
            return text
    return Raw(parse_number(text, parameter.radix))


def _raw(
    parameter: CommandParameter,
    kind: Kind,
    given: int | float | bytes | str | datetime,
    conventions: Conventions,
    onboard: Mapping[str, int],
) -> RawValue:
    if kind.form == "unsupported":
        raise ValueError(f"{kind} is not supported, its value has to be a raw one")
    if kind.form in ("time", "delta"):
        moment = _moment(given)
        return write_time(moment, kind.pfc, conventions, relative=kind.form == "delta")
    if isinstance(given, datetime):
        raise ValueError(f"{given} is a time, which is not asked for")
    if parameter.texts is not None and isinstance(given, str):
        found = parameter.texts.raw(given)
        if found is not None:
            return _typed(kind, found)
    if parameter.names_parameter and isinstance(given, str) and given in onboard:
        return onboard[given]
    if kind.form in ("octets", "text"):
        return _typed(kind, given)
    try:
        number = _number(given)
    except ValueError:
        raise ValueError(f"{given!r} is not {_expected(parameter)}") from None
    if parameter.curve is None:
        return _typed(kind, number)
    raw = parameter.curve.value(number)
    if not isinstance(raw, int | float):
        low, high = parameter.curve.xs[0], parameter.curve.xs[-1]
        raise ValueError(f"{number} is not in the calibrated {low}..{high}")
    return raw if kind.form == "real" else round(raw)


def _expected(parameter: CommandParameter) -> str:
    if parameter.texts is not None:
        texts = [text for _, _, text in parameter.texts.ranges]
        return "one of " + ", ".join(texts[:8]) + (", ..." if len(texts) > 8 else "")
    return "a parameter with an onboard id" if parameter.names_parameter else "a number"


def _number(given: RawValue) -> int | float:
    if isinstance(given, bytes):
        raise ValueError("bytes are no number")
    if not isinstance(given, str):
        return given
    try:
        return int(given, 0)
    except ValueError:
        return parse_number(given)


def _moment(given: int | float | bytes | str | datetime) -> float | datetime:
    """Seconds or a date; text in either form."""
    if not isinstance(given, str):
        if isinstance(given, bytes):
            raise ValueError("bytes are no time")
        return given
    try:
        return _number(given)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        raise ValueError(f"{given!r} is neither seconds nor a date") from None


def _typed(kind: Kind, value: RawValue) -> RawValue:
    """A raw value in the Python type of its kind."""
    match kind.form:
        case "octets":
            if isinstance(value, bytes):
                return value
            if not isinstance(value, str):
                raise ValueError(f"{value!r} is no string of bytes")
            try:
                return bytes.fromhex(value.removeprefix("0x"))
            except ValueError:
                raise ValueError(f"{value!r} is no hexadecimal string") from None
        case "text":
            return value.decode("latin-1") if isinstance(value, bytes) else str(value)
        case "real":
            return float(_number(value))
    number = _number(value)
    if isinstance(number, float) and not number.is_integer():
        raise ValueError(f"{number} is no whole number")
    return int(number)


def _meaning(
    parameter: CommandParameter, kind: Kind, raw: RawValue, conventions: Conventions
) -> Value:
    """The engineering value of a raw one; None where it has none."""
    if kind.form in ("time", "delta") and isinstance(raw, int):
        try:
            return read_time(raw, kind.pfc, conventions, relative=kind.form == "delta")
        except ValueError:
            return None
    if parameter.texts is not None:
        text = parameter.texts.value(raw)
        if text is not None or parameter.curve is None:
            return text
    if parameter.curve is not None:
        inverse = parameter.curve.inverse()
        return inverse.value(raw) if inverse is not None else None
    return raw


def _check(ranges: Ranges, subject: Value) -> None:
    if not ranges.pairs:
        return
    for low, high in ranges.pairs:
        if isinstance(low, str) or isinstance(high, str):
            if subject == low:
                return
        elif isinstance(subject, int | float) and low <= subject <= high:
            return
    raise ValueError(f"{shown_value(subject)} is not in the allowed {ranges.shortly()}")


def shown_value(subject: Value) -> str:
    """A value as text; bytes in hexadecimal."""
    return subject.hex() if isinstance(subject, bytes) else str(subject)
