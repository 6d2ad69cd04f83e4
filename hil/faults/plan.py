# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which faults to inject, where and when: a plan, and its TOML file.

seed = 7
[[fault]]
kind = "truncate"
direction = "b-to-a"
on = {packet = "event", frame = 2, number = 3}
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

#: a holds the link, b is its peer; of a bridge, the two ports in the order they are named
Direction = Literal["a-to-b", "b-to-a"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

#: what crosses a link, by its class
CLASSES = (
    *("data", "event", "housekeeping", "wandering-mask"),
    *("command", "reply", "other", "time-code"),
)
#: names of several classes
GROUPS: dict[str, tuple[str, ...]] = {
    "fee": CLASSES[:4],
    "rmap": CLASSES[4:6],
    "any": CLASSES[:7],
}

#: kinds of faults -> what they may fall on
KINDS: dict[str, tuple[str, ...]] = {
    "drop": CLASSES,
    "duplicate": CLASSES,
    "reorder": CLASSES,
    "delay": CLASSES,
    "truncate": GROUPS["any"],
    "eep": GROUPS["any"],
    "bit-flip": GROUPS["any"],
    "header-crc": GROUPS["rmap"],
    "data-crc": GROUPS["rmap"],
    "wrong-key": ("command",),
    "wrong-transaction": GROUPS["rmap"],
    "stall": CLASSES,
    "disconnect": CLASSES,
    "babble": CLASSES,
    "time-code-jump": ("time-code",),
}

#: numbers that a kind takes: its least, most, and what it is where it is left out
_OPTIONS: dict[str, dict[str, tuple[int, int, int | None]]] = {
    "reorder": {"by": (1, 1000, 1)},
    "delay": {"ms": (1, 600_000, None)},
    "stall": {"ms": (1, 600_000, None)},
    "babble": {"packets": (1, 1000, 100), "bytes": (1, 65_536, 64)},
    "time-code-jump": {"by": (1, 62, 1)},
}
_MOST = (1 << 63) - 1
#: of one burst of a babbling node
MAX_BABBLE_BYTES = 1 << 16


@dataclass(frozen=True)
class Rule:
    """One fault of a plan, as often as it falls due. ``value``: of a reorder, the packets that
    overtake; of a delay or stall [ms]; of a jump, the ticks left out; babbling packets."""

    kind: str
    classes: tuple[str, ...]
    direction: Direction | None = None  # None: both, each on its own
    chance: float = 1.0
    frame: int | None = None  # the counter in the header of FEE packets
    status: int | None = None  # of replies
    number: int | None = None  # the n-th that matches, from 1, and no other
    every: int | None = None  # each n-th that matches
    between_s: tuple[float, float] | None = None  # since the start
    value: int = 0
    size_bytes: int = 0  # of a babbling packet


@dataclass(frozen=True)
class Plan:
    """Faults to inject. Of rules that fall due on the same packet the first acts."""

    rules: tuple[Rule, ...] = ()
    seed: int = 1


def read_plan(text: str) -> Plan:
    """The plan in a TOML file's text. ValueError, one line that names the fault and the key."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from None
    _known(table, ("seed", "fault"), "the plan")
    faults = table.get("fault", [])
    if not isinstance(faults, list) or not all(isinstance(fault, dict) for fault in faults):
        raise ValueError("fault: not a list of tables, [[fault]]")
    rules = []
    for number, fault in enumerate(faults, 1):
        try:
            rules.append(_rule(fault))
        except ValueError as error:
            raise ValueError(f"fault {number}: {error}") from None
    return Plan(tuple(rules), _whole(table, "seed", 0, _MOST, 1))


def _rule(table: Mapping[str, Any]) -> Rule:
    kind = _one_of(table, "kind", KINDS)
    options = _OPTIONS.get(kind, {})
    _known(table, ("kind", "direction", "chance", "on", *options), "the table")
    on = table.get("on", {})
    if not isinstance(on, dict):
        raise ValueError("on: not a table like {packet = 'event', frame = 2, number = 3}")
    _known(on, ("packet", "frame", "status", "number", "every", "between_s"), "on")
    values = {
        name: _whole(table, name, least, most, default)
        for name, (least, most, default) in options.items()
    }
    if "number" in on and "every" in on:
        raise ValueError("on: number or every, not both")
    if "chance" in table and on.keys() & {"number", "every"}:
        raise ValueError("chance goes with neither number nor every")
    if values.get("packets", 0) * values.get("bytes", 0) > MAX_BABBLE_BYTES:
        raise ValueError(f"packets * bytes is above {MAX_BABBLE_BYTES}")
    classes = _classes(kind, on)
    if "frame" in on:
        classes = _narrowed(classes, GROUPS["fee"], "frame")
    if "status" in on:
        classes = _narrowed(classes, ("reply",), "status")
    return Rule(
        kind=kind,
        classes=classes,
        direction=_one_of(table, "direction", DIRECTIONS) if "direction" in table else None,  # type: ignore[arg-type]
        chance=_chance(table),
        frame=_whole(on, "frame", 0, 0xFFFF) if "frame" in on else None,
        status=_whole(on, "status", 0, 0xFF) if "status" in on else None,
        number=_whole(on, "number", 1, _MOST) if "number" in on else None,
        every=_whole(on, "every", 1, _MOST) if "every" in on else None,
        between_s=_between(on) if "between_s" in on else None,
        value=values.get("by", values.get("ms", values.get("packets", 0))),
        size_bytes=values.get("bytes", 0),
    )


def _known(table: Mapping[str, Any], keys: Collection[str], where: str) -> None:
    for key in table:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            hint = f"; {near[0]}?" if near else f"; there are {', '.join(keys)}"
            raise ValueError(f"{where} has no key {key!r}{hint}")


def _one_of(table: Mapping[str, Any], key: str, names: Collection[str]) -> str:
    if key not in table:
        raise ValueError(f"{key} is missing")
    if (value := table[key]) not in names:
        raise ValueError(f"{key} = {value!r} is none of {', '.join(names)}")
    return str(value)


def _whole(
    table: Mapping[str, Any], key: str, least: int, most: int, default: int | None = None
) -> int:
    if (value := table.get(key, default)) is None:
        raise ValueError(f"{key} is missing")
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{key} = {value!r} is no whole number within {least}..{most}")
    return value


def _chance(table: Mapping[str, Any]) -> float:
    value = table.get("chance", 1.0)
    if type(value) not in (int, float) or not 0 < value <= 1:
        raise ValueError(f"chance = {value!r} is no number above 0, up to 1")
    return float(value)


def _between(on: Mapping[str, Any]) -> tuple[float, float]:
    value = on["between_s"]
    numbers = isinstance(value, list) and [type(each) in (int, float) for each in value]
    if numbers != [True, True] or not 0 <= value[0] < value[1]:
        raise ValueError(f"between_s = {value!r} is no pair of seconds like [2, 3.5]")
    return float(value[0]), float(value[1])


def _classes(kind: str, on: Mapping[str, Any]) -> tuple[str, ...]:
    """What a fault falls on: what is asked for, or all it can fall on but time-codes."""
    possible = KINDS[kind]
    if "packet" not in on:
        return tuple(each for each in possible if each != "time-code") or possible
    name = _one_of(on, "packet", (*CLASSES, *GROUPS))
    return _narrowed(GROUPS.get(name, (name,)), possible, kind)


def _narrowed(classes: tuple[str, ...], possible: tuple[str, ...], what: str) -> tuple[str, ...]:
    kept = tuple(each for each in classes if each in possible)
    if not kept:
        raise ValueError(f"{what} is not of {', '.join(classes)}, but of {', '.join(possible)}")
    return kept
