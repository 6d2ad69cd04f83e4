# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands for a form: what can be sent, and packets from what was filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from fsw_emu.interface.fields import Field, FieldError, Value
from fsw_emu.interface.parameter_crc import closed
from fsw_emu.interface.table import Interface, Telecommand
from fsw_emu.packets.pus import SmileTime, build_tc

#: entries of a list, and characters of a field, that are looked at: more fit no telecommand
_MOST_ENTRIES = 504
_MOST_TEXT = 4 * _MOST_ENTRIES
#: of a checksum of parameters: the right one
AUTO = "auto"
#: how a repeated field is filled in; empty: it is not repeated
Several = Literal["", "list", "octets"]
_INTEGER = re.compile(r"-?(0[xX][0-9a-fA-F]+|[0-9]+)")


class FormError(ValueError):
    """What was filled in makes no telecommand; ``field`` empty: it is not one field's fault."""

    def __init__(self, what: str, field: str = "") -> None:
        super().__init__(what)
        self.field = field


def catalogue(table: Interface) -> list[dict[str, Any]]:
    """Every telecommand with its fields, for a form to be made of; spares and counts, which
    follow from what they count, are left out."""
    return [
        {
            "name": command.name,
            "of": command.of,
            "type": command.type,
            "subtype": command.subtype,
            "fields": [
                _described(field, several)
                for field, several in _fields(command)
                if not field.is_spare and not field.counts
            ],
        }
        for command in table.telecommands.values()
    ]


def _fields(command: Telecommand) -> list[tuple[Field, Several]]:
    """Each with whether it is repeated, and how that is filled in."""
    found: list[tuple[Field, Several]] = []
    several: Several = ""
    left = 0
    for field in command.fields:
        found.append((field, several if left else ""))
        if field.counts:
            left = field.counts
            several = "octets" if left == 1 else "list"
        elif left:
            left -= 1
    return [
        (field, "list" if how == "octets" and field.type.bits != 8 else how) for field, how in found
    ]


def _described(field: Field, several: Several) -> dict[str, Any]:
    kind = field.type.kind
    if _is_checksum(field):
        kind = "checksum"
    elif field.type.name == "cuc":
        kind = "time"
    default = field.default.hex() if isinstance(field.default, bytes) else field.default
    return {
        "name": field.name,
        "type": field.type.name,
        "kind": "octets" if several == "octets" else kind,
        "several": bool(several),
        "enumeration": field.enumeration,
        "least": field.least,
        "most": field.most,
        "default": AUTO if _is_checksum(field) else default,
        "fixed": field.fixed,
    }


def packet(
    table: Interface, form: Mapping[str, Any], *, count: int, now: datetime | None = None
) -> tuple[Telecommand, bytes]:
    """The packet of a form: {"name", "fields": {name: text or list}, "ack", "source"}.

    FormError tells what is wrong with it. now: what ``now`` in a field of time means.
    """
    name, texts = form.get("name"), form.get("fields", {})
    if not isinstance(name, str) or name not in table.telecommands:
        raise FormError("no such telecommand")
    if not isinstance(texts, Mapping):
        raise FormError("fields are names and texts")
    command = table.telecommands[name]
    values: dict[str, Any] = {}
    for field, several in _fields(command):
        text = texts.get(field.name)
        if field.is_spare or field.counts or text is None or text == "":
            continue
        if _is_checksum(field) and text == AUTO:
            continue
        try:
            values[field.name] = _values(table, field, text, several, now)
        except ValueError as error:
            raise FormError(str(error), field.name) from None
    unknown = set(texts) - {field.name for field in command.fields}
    if unknown:
        raise FormError("no such field", min(map(str, unknown)))
    try:
        data = table.telecommand_data(name, values)
    except FieldError as error:
        raise FormError(str(error).removeprefix(f"{error.field}: "), error.field) from None
    _check_counts(command, values)
    last = command.fields[-1] if command.fields else None
    if last is not None and _is_checksum(last) and last.name not in values:
        data = closed(data)
    try:
        made = build_tc(
            apid=table.apid,
            count=count,
            type=command.type,
            subtype=command.subtype,
            ack=_small(form, "ack", 9),
            source=_small(form, "source", 0),
            data=data,
        )
    except ValueError as error:
        raise FormError(str(error)) from None
    return command, made


def _is_checksum(field: Field) -> bool:
    return field.name.replace("_", "").upper().endswith("PARAMCRC")


def _small(form: Mapping[str, Any], name: str, default: int) -> int:
    value = form.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 255:
        raise FormError(f"{name} is a small number")
    return value


def _check_counts(command: Telecommand, values: Mapping[str, Any]) -> None:
    """A count follows from what it counts, and has a range too."""
    for at, field in enumerate(command.fields):
        group = command.fields[at + 1 : at + 1 + field.counts]
        n = next((len(values[each.name]) for each in group if each.name in values), 0)
        if field.counts and field.least is not None and field.most is not None:  # noqa: SIM102
            if not field.least <= n <= field.most:
                name = next(each.name for each in group if not each.is_spare)
                raise FormError(f"has {n} entries, not {field.least}..{field.most}", name)


def _values(
    table: Interface, field: Field, text: Any, several: Several, now: datetime | None
) -> Value | Sequence[Value | str] | str:
    if several == "octets":
        return _octets(text)
    if not several:
        return _value(table, field, text, now)
    entries = re.split(r"[\s,;]+", text.strip()) if isinstance(text, str) else text
    if not isinstance(entries, Sequence) or len(entries) > _MOST_ENTRIES:
        raise ValueError("is a list of values")
    return [_value(table, field, each, now) for each in entries if each != ""]


def _value(table: Interface, field: Field, given: Any, now: datetime | None) -> Value | str:
    if not isinstance(given, str) or len(given) > _MOST_TEXT:
        raise ValueError("is a text")
    text = given.strip()
    if field.type.name == "cuc":
        return _time(text, now)
    if field.type.kind == "oct":
        return _octets(text)
    if field.type.kind == "f":
        return float(text)
    if text in table.enumerations.get(field.enumeration or "", {}):
        return text
    if field.name == "ParamId" and text in table.pool:
        return table.pool[text].id
    if not _INTEGER.fullmatch(text) or len(text) > 24:
        raise ValueError(f"{text[:40]!r} is no integer")
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    return sign * int(digits, 16 if digits[:2] in ("0x", "0X") else 10)


def _octets(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > _MOST_TEXT:
        raise ValueError("is bytes as hexadecimal digits")
    try:
        return bytes.fromhex(text.replace("0x", " ").replace(",", " "))
    except ValueError:
        raise ValueError("is bytes as hexadecimal digits") from None


def _time(text: str, now: datetime | None) -> int:
    """Seconds << 24 | microseconds of ``now``, an ISO time, or seconds since 2018-01-01 UTC."""
    if text == "now":
        time = SmileTime.from_iso((now or datetime.now(UTC)).isoformat())
    elif match := re.fullmatch(r"(\d{1,10})(?:\.(\d{1,6}))?", text):
        time = SmileTime(int(match[1]), int((match[2] or "0").ljust(6, "0")))
    else:
        try:
            time = SmileTime.from_iso(text)
        except ValueError:
            raise ValueError("is now, an ISO time, or seconds since 2018-01-01 UTC") from None
    if time.coarse >= 1 << 32:
        raise ValueError(f"{time.coarse} s do not fit")
    return time.coarse << 24 | time.fine_us
