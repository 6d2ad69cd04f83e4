#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Write docs/modes.md, the state machines of the application as drawings (Mermaid) and tables,
from fsw_emu/interface/modes.toml, which the application follows."""

from __future__ import annotations

from pathlib import Path

from written import write

from fsw_emu.interface.modes import Machine, load_modes

OUT = Path(__file__).resolve().parents[1] / "docs" / "modes.md"
HEAD = """\
<!-- SPDX-FileCopyrightText: 2026 fsw-emu contributors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Written by tools/mode_diagrams.py. -->

# Modes

The state machines of the application software, drawn from the tables that it follows
(`fsw_emu/interface/modes.toml`). Names of states are those of MIB v1.8.1; which transitions there
are is ASSUMED. Transitions named `IaMode...` are telecommands of service 193; the others follow
from procedures, from the FEE and from the door.

A telecommand that asks for another transition is refused and changes nothing. The mode changes at
once, FEE and door follow, and the telecommand is completed when they have; if they do not, it
fails with `ACK_MODE_CHNG_FAILED`.
"""


def short(state: str) -> str:
    """A state without the prefix of its enumeration."""
    return state.partition("_")[2]


def drawing(machine: Machine) -> list[str]:
    """One line a transition."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {short(machine.initial)}"]
    for each in machine.transitions:
        guards = f" [{', '.join(each.guards)}]" if each.guards else ""
        lines += [
            f"    {short(state)} --> {short(each.to)}: {each.on}{guards}" for state in each.from_
        ]
    return [*lines, "```"]


def table(machine: Machine) -> list[str]:
    lines = ["| asked for by | out of | into | only if |", "|---|---|---|---|"]
    for each in machine.transitions:
        sources = ", ".join(map(short, each.from_))
        guards = ", ".join(f"{name} (`{machine.guards[name]}`)" for name in each.guards)
        lines.append(f"| {each.on} | {sources} | {short(each.to)} | {guards} |")
    return lines


def section(machine: Machine) -> list[str]:
    told = f" Reported as `{machine.event}`." if machine.event else ""
    about = f"Data-pool item `{machine.state}`. Refused with `{machine.refused}`.{told}"
    return ["", f"## {machine.title}", "", about, "", *drawing(machine), "", *table(machine)]


def page() -> str:
    lines = [line for machine in load_modes().values() for line in section(machine)]
    return HEAD + "\n".join([*lines, ""])


if __name__ == "__main__":
    raise SystemExit(write(__doc__, OUT, page()))
