# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A contact plan: passes, products, storms, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from fsw_emu.world.orbit import Orbit

#: beyond it no number of a plan has a meaning, and sums of some are still finite
MOST = 1e12
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "str": ((str,), "a text"),
}


class Checked:
    """A part of a plan. ValueError, by name, for a field of another type, no text, or a number
    that is not finite or, but for places around perigee, negative."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            if field.type not in _TYPES:
                continue
            types, name = _TYPES[str(field.type)]
            value = getattr(self, field.name)
            if type(value) not in types:  # isinstance would take true for a number
                raise ValueError(f"{field.name} of {value!r}: it is {name}")
            if isinstance(value, str):
                if not value.strip() or not value.isprintable():
                    raise ValueError(f"{field.name} of {value!r}: it has letters")
            elif not abs(value) <= MOST or (value < 0 and field.name != "from_perigee_min"):
                raise ValueError(f"{field.name} of {value}")


@dataclass(frozen=True)
class Station(Checked):
    """One pass of each orbit."""

    station: str
    centre: str
    from_perigee_min: float
    minutes: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.minutes <= 0:
            raise ValueError("minutes of a pass are above 0")
        if self.centre in (".", "..") or set(self.centre) & set("/\\:"):  # it names a folder
            raise ValueError(f"centre of {self.centre!r}: it is a plain name")


@dataclass(frozen=True)
class Alert(Checked):
    """Short contacts at a low rate, for alarms and quick looks alone; every_h 0: none."""

    every_h: float
    minutes: float
    bit_s: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.every_h and not 0 < self.minutes <= 60 * self.every_h:
            raise ValueError("minutes of an alert are above 0, and it ends before the next begins")


@dataclass(frozen=True)
class Product(Checked):
    """What is made: priority 0 goes down first."""

    name: str
    priority: int
    bytes: float = 0.0
    bytes_event: float = 0.0
    bytes_alarm: float = 0.0


@dataclass(frozen=True)
class StormTime(Checked):
    """When events come factor times as often."""

    start_h: float
    hours: float
    factor: float


@dataclass(frozen=True)
class Pass:
    """A contact: from, to [s since the first perigee], its rate, and whether it is an alert."""

    station: str
    begin_s: float
    end_s: float
    bit_s: float
    alert: bool = False


@dataclass(frozen=True)
class Plan(Checked):
    """All of it. ValueError for what cannot be, by name."""

    mean_bit_s: float
    share: float
    stations: tuple[Station, ...]
    alert: Alert
    memory_mbytes: float
    frame_s: float
    events_s: float
    alarm_after_frames: int
    products: tuple[Product, ...]
    storms: tuple[StormTime, ...]
    alarm_factor: float = 1.4

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.stations or not self.products:
            raise ValueError("a plan without a pass or without a product")
        if not 0 < self.share <= 1 or not 1 <= self.frame_s <= 3600:
            raise ValueError("share is within 0..1, frame_s within 1..3600")
        if not self.mean_bit_s or self.alarm_factor <= 1:
            raise ValueError("mean_bit_s is above 0, alarm_factor above 1")
        if 0 < 3600 * self.alert.every_h < self.frame_s:
            raise ValueError("every_h of an alert is a frame or more")
        if len({product.name for product in self.products}) < len(self.products):
            raise ValueError("two products of one name")
        if len({product.priority for product in self.products}) < len(self.products):
            raise ValueError("two products of one priority")
        half = Orbit.nominal().period_s / 2
        windows = sorted(
            (60 * each.from_perigee_min, 60 * (each.from_perigee_min + each.minutes))
            for each in self.stations
        )
        ends = [-half, *(end for _, end in windows)]
        if any(begin < end for (begin, _), end in zip(windows, ends, strict=False)):
            raise ValueError("passes overlap, or lie more than half an orbit from perigee")
        if ends[-1] > half:
            raise ValueError("a pass lies more than half an orbit from perigee")

    def passes(self, orbits: int) -> Iterator[Pass]:
        """Those of so many orbits, from the first perigee on, in order; of one across the first or
        the last perigee the part within."""
        period = Orbit.nominal().period_s
        rate = self.mean_bit_s * self.share * period / sum(60 * s.minutes for s in self.stations)
        dumps, alerts = [], []
        for orbit in range(orbits + 1):
            for each in self.stations:
                begin = orbit * period + 60 * each.from_perigee_min
                dumps.append(Pass(each.station, begin, begin + 60 * each.minutes, rate))
        if self.alert.every_h:
            n = int(orbits * period / 3600 / self.alert.every_h)
            for i in range(1, n + 1):
                begin = 3600 * i * self.alert.every_h
                end = begin + 60 * self.alert.minutes
                if all(end <= dump.begin_s or begin >= dump.end_s for dump in dumps):
                    alerts.append(Pass("alert", begin, end, self.alert.bit_s, alert=True))
        for contact in sorted([*dumps, *alerts], key=lambda contact: contact.begin_s):
            begin, end = max(contact.begin_s, 0.0), min(contact.end_s, orbits * period)
            if begin < end:
                yield replace(contact, begin_s=begin, end_s=end)


def read_plan(path: Path | None = None) -> Plan:
    """The plan in a file, or the one that comes along. OSError; ValueError with what is wrong."""
    name = "the built-in plan" if path is None else str(path)
    text = (
        files("fsw_emu.contact").joinpath("plan.toml").read_text("utf-8")
        if path is None
        else path.read_text("utf-8")
    )
    try:
        return _plan(tomllib.loads(text))
    except (ValueError, KeyError) as error:
        said = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{name}: {said}") from None


def _plan(data: Mapping[str, Any]) -> Plan:
    known = ("downlink", "pass", "alert", "memory", "instrument", "product", "storm")
    _check_names("plan", data, known)
    names = ("frame_s", "events_s", "alarm_after_frames", "alarm_factor")
    instrument = _table(data, "instrument", names)
    downlink = _table(data, "downlink", ("mean_bit_s", "share"))
    return Plan(
        mean_bit_s=downlink["mean_bit_s"],
        share=downlink["share"],
        stations=_entries(Station, data, "pass"),
        alert=_entry(Alert, data.get("alert", {"every_h": 0, "minutes": 0, "bit_s": 0})),
        memory_mbytes=_table(data, "memory", ("mbytes",))["mbytes"],
        frame_s=instrument["frame_s"],
        events_s=instrument["events_s"],
        alarm_after_frames=instrument["alarm_after_frames"],
        products=tuple(sorted(_entries(Product, data, "product"), key=lambda p: p.priority)),
        storms=_entries(StormTime, data, "storm") if "storm" in data else (),
        alarm_factor=instrument.get("alarm_factor", Plan.alarm_factor),
    )


def _table(data: Mapping[str, Any], name: str, known: Sequence[str]) -> Mapping[str, Any]:
    """A table of the plan. KeyError without it, ValueError for a name in it that is none."""
    table: Mapping[str, Any] = data[name]
    _check_names(name, table, known)
    return table


def _check_names(what: str, table: Any, known: Sequence[str]) -> None:
    if not isinstance(table, dict):
        raise ValueError(f"{what} of {table!r}: it is a table")
    for name in table:
        if name not in known:
            raise ValueError(f"{what}: {name} is none of {', '.join(known)}")


Entry = TypeVar("Entry", Station, Alert, Product, StormTime)


def _entries(kind: type[Entry], data: Mapping[str, Any], name: str) -> tuple[Entry, ...]:
    if not isinstance(data[name], list):
        raise ValueError(f"{name} of {data[name]!r}: it is a list of tables")
    return tuple(_entry(kind, each) for each in data[name])


def _entry(kind: type[Entry], values: Mapping[str, Any]) -> Entry:
    what = kind.__name__.lower()
    _check_names(what, values, [field.name for field in fields(kind)])
    for field in fields(kind):
        if field.default is MISSING and field.name not in values:
            raise ValueError(f"{what}: {field.name} is missing")
    return kind(**values)
