# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What sources leave open or contradict, and what we chose: the one table of it.

SPEC.md section 1 is made of it; the options of ``fsw-emu run`` that choose, their defaults and
the flips of ``fsw-emu assumptions`` come from here.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Any

from fsw_emu.assumptions.application import APPLICATION
from fsw_emu.assumptions.beyond import BEYOND
from fsw_emu.assumptions.bridges import BRIDGES
from fsw_emu.assumptions.fee_modes import FEE_MODES
from fsw_emu.assumptions.framings import FRAMINGS
from fsw_emu.assumptions.ground import GROUND, PROCESSOR
from fsw_emu.assumptions.initiator import INITIATOR
from fsw_emu.assumptions.link import LINK
from fsw_emu.assumptions.memory import MEMORY
from fsw_emu.assumptions.onboard import ONBOARD
from fsw_emu.assumptions.record import RECORD
from fsw_emu.assumptions.row import Assumption, Choice, Place

__all__ = ["ASSUMPTIONS", "HEAD", "Assumption", "Choice", "Place", "add_options", "cells", "table"]

#: all rows, in the order of their ids
ASSUMPTIONS = tuple(
    sorted(
        chain(
            *(LINK, FRAMINGS, BRIDGES, MEMORY, FEE_MODES, RECORD, INITIATOR),
            *(ONBOARD, GROUND, PROCESSOR, APPLICATION, BEYOND),
        ),
        key=lambda row: int(row.id.removeprefix("A")),
    )
)

HEAD = ("id", "question", "choices, the default first", "option", "acts on", "changes", "source")


def add_options(group: Any, *, acts: Place | None = None, without: Collection[str] = ()) -> None:
    """Add the options that the table makes to a group of an argparse parser: all of them, or
    those that act at one place, ``without`` some rows."""
    for row in ASSUMPTIONS:
        if row.id in without:
            continue
        if row.argument is not None and (acts is None or acts in row.acts):
            text = f"{row.question}; default {row.choices[0].value} ({row.id})"
            group.add_argument(*row.options, help=text.replace("`", ""), **row.argument)


def cells(row: Assumption) -> tuple[str, ...]:
    """A row as text, under HEAD."""
    options = ", ".join(
        f"`{option}`" if option.startswith("--") else option for option in row.options
    )
    choices = "; ".join(row.alternatives)
    return (
        row.id, row.question, choices, options or "-", ", ".join(row.acts) or "-", row.changes,
        row.source,
    )  # fmt: skip


def table() -> str:
    """The table in Markdown, as SPEC.md has it."""
    lines = ["| " + " | ".join(line) + " |" for line in (HEAD, *map(cells, ASSUMPTIONS))]
    lines.insert(1, "|---" * len(HEAD) + "|")
    return "\n".join(lines)
