# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The state machines of the application software, as modes.toml has them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Transition:
    """``guards``: what has to be so, by name."""

    on: str
    from_: tuple[str, ...]
    to: str
    guards: tuple[str, ...]


@dataclass(frozen=True)
class Machine:
    """One table. ``enumeration`` holds its states; ``state`` and ``count`` are data-pool items;
    ``event`` is reported at each transition, with the fields ``event_from`` and ``event_to``;
    ``refused`` and ``guards``: failures of commands that ask for what may not be."""

    name: str
    title: str
    enumeration: str
    state: str
    count: str | None
    initial: str
    refused: str
    event: str | None
    event_from: str
    event_to: str
    guards: Mapping[str, str]
    transitions: Sequence[Transition]

    def to(self, state: str, on: str) -> Transition | None:
        """The transition out of a state; None where there is none."""
        for each in self.transitions:
            if each.on == on and state in each.from_:
                return each
        return None


@cache
def load_modes() -> Mapping[str, Machine]:
    """The tables of the package, by name: application, fee, door, science."""
    text = resources.files("fsw_emu.interface").joinpath("modes.toml").read_text("utf-8")
    return {name: _machine(name, each) for name, each in tomllib.loads(text).items()}


def _machine(name: str, table: Mapping[str, Any]) -> Machine:
    event = table.get("event", {})
    return Machine(
        name=name,
        title=table["title"],
        enumeration=table["enumeration"],
        state=table["state"],
        count=table.get("count"),
        initial=table["initial"],
        refused=table["refused"],
        event=event.get("name"),
        event_from=event.get("from", ""),
        event_to=event.get("to", ""),
        guards=table.get("guards", {}),
        transitions=tuple(
            Transition(row["on"], tuple(row["from"]), row["to"], tuple(row.get("guards", ())))
            for row in table["transitions"]
        ),
    )
