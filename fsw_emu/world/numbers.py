# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The numbers of the world that no public source tells: rows of assumed.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

#: one cycle of the application (TTC, MIB v1.8.1)
CYCLE_NS = 125_000_000
CYCLES_PER_S = 8


@dataclass(frozen=True)
class Row:
    """One number, or a list or table of them, and why it is what it is."""

    value: Any
    why: str


@cache
def rows() -> dict[str, dict[str, Row]]:
    """Part -> name -> row. ValueError for a row without its reason."""
    text = files("fsw_emu.world").joinpath("assumed.toml").read_text("utf-8")
    found: dict[str, dict[str, Row]] = {}
    for part, entries in tomllib.loads(text).items():
        found[part] = {name: Row(**entry) for name, entry in entries.items()}
        for name, row in found[part].items():
            if not row.why.startswith(("ASSUMED", "public mission", "event-rate budget")):
                raise ValueError(f"{part}.{name} of the assumed numbers: no reason")
    return found


def assumed(part: str) -> dict[str, Any]:
    """Name -> value of one part, as keyword arguments of whatever is made of it."""
    return {name: row.value for name, row in rows()[part].items()}


def cycles(seconds: float) -> int:
    """The first cycle that begins at or after this many seconds."""
    return -int(-seconds * CYCLES_PER_S // 1)
