# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A contact plan: passes, products, storms, read from TOML."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from fsw_emu.world.orbit import Orbit


@dataclass(frozen=True)
class Station:
    """One pass of each orbit."""

    station: str
    centre: str
    from_perigee_min: float
    minutes: float


@dataclass(frozen=True)
class Alert:
    """Short contacts at a low rate, for alarms and quick looks alone; every_h 0: none."""

    every_h: float
    minutes: float
    bit_s: float


@dataclass(frozen=True)
class Product:
    """What is made: priority 0 goes down first."""

    name: str
    priority: int
    bytes: float = 0.0
    bytes_event: float = 0.0
    bytes_alarm: float = 0.0


@dataclass(frozen=True)
class StormTime:
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
class Plan:
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

    def __post_init__(self) -> None:
        _check_numbers(self)
        if not self.stations or not self.products:
            raise ValueError("a plan without a pass or without a product")
        if not 0 < self.share <= 1 or not 1 <= self.frame_s <= 3600:
            raise ValueError("share is within 0..1, frame_s within 1..3600")
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
        """Those of so many orbits, from the first perigee on, in order."""
        period = Orbit.nominal().period_s
        rate = self.mean_bit_s * self.share * period / sum(60 * s.minutes for s in self.stations)
        found = []
        for orbit in range(orbits + 1):
            for each in self.stations:
                begin = orbit * period + 60 * each.from_perigee_min
                found.append(Pass(each.station, begin, begin + 60 * each.minutes, rate))
        if self.alert.every_h:
            n = int(orbits * period / 3600 / self.alert.every_h)
            for i in range(1, n + 1):
                begin = 3600 * i * self.alert.every_h
                end = begin + 60 * self.alert.minutes
                if all(end <= dump.begin_s or begin >= dump.end_s for dump in found):
                    found.append(Pass("alert", begin, end, self.alert.bit_s, alert=True))
        within = (each for each in found if each.begin_s >= 0 and each.end_s <= orbits * period)
        yield from sorted(within, key=lambda each: each.begin_s)


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
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{name}: {said}") from None


def _plan(data: Mapping[str, Any]) -> Plan:
    known = {"downlink", "pass", "alert", "memory", "instrument", "product", "storm"}
    if set(data) - known:
        raise ValueError(f"{sorted(set(data) - known)[0]} is none of {', '.join(sorted(known))}")
    instrument = data["instrument"]
    return Plan(
        mean_bit_s=data["downlink"]["mean_bit_s"],
        share=data["downlink"]["share"],
        stations=tuple(_entry(Station, each) for each in data["pass"]),
        alert=_entry(Alert, data.get("alert", {"every_h": 0, "minutes": 0, "bit_s": 0})),
        memory_mbytes=data["memory"]["mbytes"],
        frame_s=instrument["frame_s"],
        events_s=instrument["events_s"],
        alarm_after_frames=instrument["alarm_after_frames"],
        products=tuple(
            sorted((_entry(Product, each) for each in data["product"]), key=lambda p: p.priority)
        ),
        storms=tuple(_entry(StormTime, each) for each in data.get("storm", [])),
    )


Entry = TypeVar("Entry", Station, Alert, Product, StormTime)


def _entry(kind: type[Entry], values: Mapping[str, Any]) -> Entry:
    names = list(kind.__dataclass_fields__)
    for name in values:
        if name not in names:
            raise ValueError(f"{kind.__name__.lower()}: {name} is none of {', '.join(names)}")
    return kind(**values)


def _check_numbers(plan: Plan) -> None:
    """Every number is finite and, but for places around perigee, not negative."""
    parts: list[Plan | Alert | Station | Product | StormTime] = [plan, plan.alert]
    parts += [*plan.stations]
    parts += [*plan.products]
    parts += [*plan.storms]
    for part in parts:
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if not math.isfinite(value) or (value < 0 and field.name != "from_perigee_min"):
                raise ValueError(f"{field.name} of {value}")
