# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The table, read: telecommands, reports, events, failures, data pool, and what is ASSUMED."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any, Literal

from fsw_emu.interface.fields import Field, FieldError, FieldType, Value, Values, pack

#: whose packet it is: of the boot software, or of the application software
Software = Literal["DBS", "IASW"]
Stage = Literal["acceptance", "start", "termination"]


@dataclass(frozen=True)
class Telecommand:
    """``mib``: its name in the database the numbers are from."""

    name: str
    mib: str
    of: Software
    type: int
    subtype: int
    fields: tuple[Field, ...]

    @property
    def key(self) -> int | None:
        """The value of its first field, where commands of this type and subtype differ by it."""
        first = self.fields[0] if self.fields else None
        return first.default if first and first.fixed and isinstance(first.default, int) else None


@dataclass(frozen=True)
class Report:
    """Telemetry; ``key`` as for telecommands; ``of`` None: of either software."""

    name: str
    of: Software | None
    type: int
    subtype: int
    key: int | None
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Event:
    """``severity`` 1..4 is the subtype of service 5; ``fields`` are those after the identifier."""

    name: str
    id: int
    severity: int
    of: Software
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Failure:
    """Why a telecommand failed."""

    name: str
    code: int
    stage: Stage


@dataclass(frozen=True)
class PoolItem:
    """``id`` is what telecommands name it by; ``default`` is ASSUMED, or of the database."""

    name: str
    number: int
    id: int
    type: FieldType
    element: FieldType | None  # of an array's elements
    default: Value

    @property
    def n_elements(self) -> int:
        """How many; 0 for what is no array."""
        return self.type.bits // self.element.bits if self.element else 0


@dataclass(frozen=True)
class Interface:
    """Everything by its name. ``assumed``: the sections of assumed.toml, as they stand there."""

    apid: int
    cycle_ms: int
    tm_max_bytes: int
    tc_max_bytes: int
    enumerations: Mapping[str, Mapping[str, int]]
    telecommands: Mapping[str, Telecommand]
    reports: Mapping[str, Report]
    events: Mapping[str, Event]
    failures: Mapping[str, Failure]
    pool: Mapping[str, PoolItem]
    pool_by_id: Mapping[int, PoolItem]
    events_by_id: Mapping[int, Event]
    assumed: Mapping[str, Any]

    def value(self, enumeration: str, name: str) -> int:
        """The number of an enumerated value; KeyError."""
        return self.enumerations[enumeration][name]

    def label(self, enumeration: str, value: int) -> str:
        """Its name; the number where it has none."""
        for name, each in self.enumerations.get(enumeration, {}).items():
            if each == value:
                return name
        return str(value)

    def allows(self, field: Field, value: Value) -> bool:
        """Whether the table lets a field of a telecommand have a value."""
        if field.enumeration is not None:
            return value in self.enumerations[field.enumeration].values()
        if isinstance(value, bytes):
            return True
        return (field.least is None or value >= field.least) and (
            field.most is None or value <= field.most
        )

    def telecommand_data(self, name: str, values: Values, *, checked: bool = True) -> bytes:
        """The data of a telecommand from values, or names of enumerated ones. FieldError; unless
        ``checked`` is off, also for what is out of range. KeyError: no such telecommand."""
        command = self.telecommands[name]
        numbers: dict[str, Value | Sequence[Value]] = {}
        for field in command.fields:
            if field.name in values:
                numbers[field.name] = self._numbers(field, values[field.name], checked=checked)
        return pack(command.fields, {**values, **numbers})

    def _numbers(
        self, field: Field, given: Value | Sequence[Value] | str, *, checked: bool
    ) -> Value | Sequence[Value]:
        if isinstance(given, bytes):
            return given
        if isinstance(given, Sequence) and not isinstance(given, str):
            return [self._number(field, one, checked=checked) for one in given]
        return self._number(field, given, checked=checked)

    def _number(self, field: Field, given: Value | str, *, checked: bool) -> Value:
        if isinstance(given, str):
            names = self.enumerations.get(field.enumeration or "", {})
            if given not in names:
                known = ", ".join(names) or "a number"
                raise FieldError(field.name, f"{given!r} is none of {known}")
            return names[given]
        if checked and not self.allows(field, given):
            raise FieldError(field.name, f"{given!r} is out of range")
        return given


@cache
def load() -> Interface:
    """The table of the package."""
    files = resources.files("fsw_emu.interface")
    table, assumed = (
        tomllib.loads(files.joinpath(name).read_text("utf-8"))
        for name in ("sxi.toml", "assumed.toml")
    )
    return read(table, assumed)


def read(table: Mapping[str, Any], assumed: Mapping[str, Any]) -> Interface:
    """From the two files as TOML has them; ValueError or KeyError for what is no such table."""
    telecommands = {
        each["name"]: Telecommand(
            each["name"],
            each["mib"],
            each["of"],
            each["type"][0],
            each["type"][1],
            _fields(each["fields"]),
        )
        for each in table["telecommands"]
    }
    reports = {
        each["name"]: Report(
            each["name"],
            None if each["of"] == "both" else each["of"],
            each["type"][0],
            each["type"][1],
            each.get("key"),
            _fields(each["fields"]),
        )
        for each in table["reports"]
    }
    events = {
        name: Event(name, each["id"], each["severity"], each["of"], _fields(each["fields"]))
        for name, each in table["events"].items()
    }
    failures = {
        name: Failure(name, code, stage)
        for stage, each in table["failures"].items()
        for name, code in each.items()
    }
    pool = _pool(table, telecommands, assumed)
    identifiers = {name: event.id for name, event in events.items()}
    return Interface(
        apid=table["packets"]["apid"],
        cycle_ms=table["packets"]["cycle_ms"],
        tm_max_bytes=table["packets"]["tm_max_bytes"],
        tc_max_bytes=table["packets"]["tc_max_bytes"],
        enumerations={**table["enumerations"], "EvtId": identifiers},
        telecommands=telecommands,
        reports=reports,
        events=events,
        failures=failures,
        pool=pool,
        pool_by_id={item.id: item for item in pool.values()},
        events_by_id={event.id: event for event in events.values()},
        assumed=assumed,
    )


def _fields(lines: Sequence[str]) -> tuple[Field, ...]:
    return tuple(Field.of(line) for line in lines)


def _pool(
    table: Mapping[str, Any], telecommands: Mapping[str, Telecommand], assumed: Mapping[str, Any]
) -> dict[str, PoolItem]:
    """Defaults are those of telecommands' fields of the same name, then the ASSUMED ones: by their
    names, then by what their names are like."""
    defaults: dict[str, Any] = {
        field.name: field.default
        for command in telecommands.values()
        for field in command.fields
        if field.default is not None
    }
    names = [line.split()[0] for line in table["pool"].values()]
    for pattern, value in assumed["pool_like"].items():
        defaults |= {name: value for name in names if fnmatchcase(name, pattern)}
    defaults |= assumed["pool"]
    pool = {}
    for number, line in table["pool"].items():
        name, type_ = line.split()
        kind = FieldType.of(type_)
        element = assumed["arrays"].get(name)
        default = defaults.get(name, bytes(kind.bits // 8) if kind.kind == "oct" else 0)
        if isinstance(default, list):
            size = FieldType.of(element).bits
            joined = b"".join(
                (value & (1 << size) - 1).to_bytes(size // 8, "big") for value in default
            )
            default = joined.ljust(kind.bits // 8, b"\0")
        pool[name] = PoolItem(
            name,
            int(number),
            table["packets"]["pool_base"] + int(number),
            kind,
            FieldType.of(element) if element else None,
            float(default) if kind.kind == "f" else default,
        )
    return pool
