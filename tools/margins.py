# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Timing and memory margins of the core on the flight processor. Usage: margins.py [-h]

Code, constants and state are those of build/leon3; stack and cycles those of the budgets
(fsw_emu/report/budgets.toml), which tools/cycles.py holds the core to; buffers those that each
product asks for at most, against fsw_emu/report/memory_map.toml. Exits 1 where something does not
fit; a margin that is small is told as amber.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from code_size import GROUND, beyond_bytes, core_bytes, onboard_bytes
from cycles import BUDGETS, FLIGHT

import fsw_emu.targets
from fsw_emu.report.evidence import Evidence, Table, Verdict, write
from fsw_emu.report.frame_time import package_budgets
from fsw_emu.report.margins import (
    Light,
    Margin,
    MemoryMap,
    buffers,
    memory_margins,
    package_map,
    time_margins,
)
from fsw_emu.targets.layout import layout_of

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "build/release/libsxi.so"
#: contexts that the onboard chain has one of (struct sxi_edu is the FEE's)
STATE = ("sxi_filter", "sxi_frame_asm", "sxi_key_work", "sxi_ce_header", "sxi_ldt_tx", "sxi_pus_tm")
HEAD = ("what", "where", "used", "there is", "left", "")


def memory(where: MemoryMap) -> list[Margin]:
    """All uses of memory; OSError where the core is not built."""
    ffi, lib = fsw_emu.targets.functions(f"lib:{RELEASE}")
    state = sum(layout_of(ffi, ffi.typeof(f"struct {name}")).there.itemsize for name in STATE)
    budgets = tomllib.loads(BUDGETS.read_text())["function"]
    stacks = {name: entry["stack_bytes"] for name, entry in budgets.items()}
    onboard = onboard_bytes(FLIGHT)
    uses = [
        ("code and constants that fly", "code", onboard),
        ("the same with what goes beyond flight", "bank", onboard + beyond_bytes(FLIGHT)),
        ("all of the core, with what reads on the ground", "bank", core_bytes(FLIGHT)),
        ("deepest stack that flies", "stack", max(stacks[f] for f in stacks.keys() - GROUND)),
        ("deepest stack of what reads on the ground", "stack", max(stacks[f] for f in GROUND)),
        ("contexts of the chain", "state", state),
        *buffers(lib.sxi_entity_bound),
    ]
    return memory_margins(uses, where)


def table(title: str, margins: Iterable[Margin], unit: str, note: str) -> Table:
    rows = [
        (
            margin.what,
            margin.where,
            f"{margin.used:,.0f} {unit}",
            f"{margin.there:,.0f} {unit}",
            f"{100 * margin.left:.1f} %",
            margin.light,
        )
        for margin in margins
    ]
    return Table(title, HEAD, rows, note)


def evidence() -> Evidence:
    """OSError or ValueError when something needed is not there."""
    where, budgets = package_map(), package_budgets()
    in_memory, in_time = memory(where), time_margins(budgets, where.amber_below)
    margins = [*in_memory, *in_time]
    red = [m for m in margins if m.light is Light.RED]
    amber = [m for m in margins if m.light is Light.AMBER]
    limit = f"{100 * where.amber_below:.0f} %"
    regions = [(r.name, f"{r.bytes:,} B", r.what, r.source) for r in where.regions.values()]
    typical = [m for m in red if "typical" in m.what or m in in_memory]
    return Evidence(
        "margins",
        Verdict.FAIL if typical else Verdict.PASS,
        f"{len(margins)} margins: {len(amber)} amber, below {limit}; {len(red)} red"
        + (", on the worst inputs known only" if red and not typical else ""),
        {
            "smallest margin of memory": f"{100 * min(m.left for m in in_memory):.1f} %",
            "smallest margin of time, typical inputs": "{:.1f} %".format(
                100 * min(m.left for m in in_time if "typical" in m.what)
            ),
        },
        [f"{m.what}: {m.used:,.0f} of {m.there:,.0f} in {m.where}" for m in typical],
        tables=[
            table("Memory margins", in_memory, "B", f"Amber below {limit}. Buffers: most of all"
                  " that a product can ask for."),
            Table("Memory map", ("region", "size", "for", "source"), regions),
            table("Timing margins", in_time, "cycles", f"One core at {budgets.clock_hz / 1e6:g} MHz"
                  f", {budgets.model}: no worst-case execution time. Worst inputs known: every"
                  " function on its worst input at once, which no data are; they may not fit."),
        ],
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    try:
        found = evidence()
    except (OSError, ValueError) as error:
        found = Evidence("margins", Verdict.ERROR, str(error))
    write(found)
    print(f"margins: {found.verdict}, {found.said}")
    for line in found.findings:
        print(f"  {line}")
    return 0 if found.verdict is Verdict.PASS else 1


if __name__ == "__main__":
    sys.exit(main())
