# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Scenario files: when what happens to the instrument, as TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fsw_emu.packets.pus import SmileTime
from fsw_emu.world.acts import ACTS, Act, Refused, make_act
from fsw_emu.world.numbers import cycles
from fsw_emu.world.orbit import Orbit

MOST_BYTES = 1 << 20
MOST_S = 366 * 86_400.0
_HEADER = re.compile(r"\s*\[\[\s*at\s*\]\]")
_PHASE = "from_perigee_s"
_TOP = {"title", "start", "orbit", "at"}


class BadScenario(ValueError):
    """What is wrong, in one line: file, line, field."""


@dataclass(frozen=True)
class Scenario:
    """acts in the order of their cycles, those of one cycle as in the file; start: onboard time at
    cycle 0; orbit: None where no orbit is followed."""

    title: str
    acts: tuple[Act, ...] = ()
    start: SmileTime | None = None
    orbit: Orbit | None = None


def read_scenario(text: str, *, name: str = "scenario") -> Scenario:
    """Read one; BadScenario for whatever is wrong in it. name: of the file, for messages."""
    if len(text) > MOST_BYTES:
        raise BadScenario(f"{name}: longer than {MOST_BYTES} characters")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadScenario(f"{name}: {error}") from None
    where = _Where(name, text.splitlines())
    for key in table:
        if key not in _TOP:
            raise where.top(key, f"one of {', '.join(sorted(_TOP))}")
    title = table.get("title")
    if not isinstance(title, str) or not title:
        raise where.top("title", "a title is needed")
    entries = table.get("at", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise where.top("at", "each act begins with [[at]]")
    acts = [act for i, entry in enumerate(entries) for act in _acts(where, i, entry)]
    acts.sort(key=lambda act: act.cycle)
    return Scenario(title, tuple(acts), _start(where, table), _orbit(where, table))


def shipped(name: str) -> Scenario:
    """One of the package's: quiet_orbit, radiation_belt, solar_storm. BadScenario for another."""
    file = files("fsw_emu.world").joinpath("scenarios", f"{name}.toml")
    if not re.fullmatch(r"[a-z_]+", name) or not file.is_file():
        raise BadScenario(f"no scenario {name!r}")
    return read_scenario(file.read_text("utf-8"), name=f"{name}.toml")


@dataclass(frozen=True)
class _Where:
    """Lines of a file, to tell where something is."""

    name: str
    lines: list[str]

    def top(self, key: str, message: str) -> BadScenario:
        head = next((i for i, x in enumerate(self.lines) if _HEADER.match(x)), len(self.lines))
        return self._at(key, message, 0, head)

    def act(self, number: int, key: str, message: str) -> BadScenario:
        heads = [i for i, line in enumerate(self.lines) if _HEADER.match(line)]
        if number >= len(heads):  # written some other way
            return BadScenario(f"{self.name}: act {number + 1}: {key}: {message}")
        end = heads[number + 1] if number + 1 < len(heads) else len(self.lines)
        return self._at(key, message, heads[number], end)

    def _at(self, key: str, message: str, start: int, end: int) -> BadScenario:
        field = re.compile(rf"\s*\[?{re.escape(key)}\b")
        found = (i for i in range(start, end) if field.match(self.lines[i]))
        line = next(found, min(start, max(len(self.lines) - 1, 0)))
        return BadScenario(f"{self.name}:{line + 1}: {key}: {message}")


def _acts(where: _Where, number: int, entry: Mapping[str, Any]) -> list[Act]:
    """An entry, and its end when it lasts for a time."""
    name = str(entry.get("act"))
    start = _seconds(where, number, entry, "t_s")
    given = {k: v for k, v in entry.items() if k not in ("act", "t_s", "for_s")}
    try:
        act = make_act(cycles(start), name, given)
    except Refused as refused:
        raise where.act(number, refused.argument, refused.message) from None
    acts = [act]
    if "for_s" in entry:
        ends = ACTS[name].ends
        if ends is None:
            raise where.act(number, "for_s", f"{name} has no end")
        end = start + _seconds(where, number, entry, "for_s")
        acts.append(Act(cycles(end), name, {**act.arguments, **ends}))
    return acts


def _seconds(where: _Where, number: int, entry: Mapping[str, Any], key: str) -> float:
    value = entry.get(key)
    if type(value) not in (int, float) or not 0 <= float(value or 0) <= MOST_S:
        raise where.act(number, key, f"seconds, 0..{MOST_S:g}, not {value!r}")
    return float(value or 0)


def _start(where: _Where, table: Mapping[str, Any]) -> SmileTime | None:
    start = table.get("start")
    if start is None:
        return None
    try:
        return SmileTime.from_iso(str(start))
    except ValueError as error:
        raise where.top("start", f"a time in UTC: {error}") from None


def _orbit(where: _Where, table: Mapping[str, Any]) -> Orbit | None:
    given = table.get("orbit")
    if given is None:
        return None
    phase = (
        given.get(_PHASE, 0.0) if isinstance(given, dict) and not given.keys() - {_PHASE} else ""
    )
    if not isinstance(phase, int | float) or not -MOST_S <= phase <= MOST_S:
        raise where.top(_PHASE, f"seconds, and all that an orbit takes, not {given!r}")
    return Orbit.nominal(from_perigee_s=float(phase))
