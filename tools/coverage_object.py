# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Branches of the core as it flies: which of them the flight processor took, and which not.

The program is the one that flies, without instrumentation. tools/branch_edges watches it under
QEMU while the core's suite runs; a build with line tables, equal to it in every byte that is
executed, tells the source lines.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from build_core import ROOT, build
from coverage_host import Gap
from elftools.elf.elffile import ELFFile
from qemu_plugin import build_plugin

from fsw_emu.targets.meter import plugin_interface
from fsw_emu.targets.program import Program

SOURCE = ROOT / "tools/branch_edges/branch_edges.c"


@dataclass(frozen=True)
class Branch:
    """A conditional branch of the program, and how often it went either way."""

    address: int
    function: str
    file: str  # its name, without folders
    line: int
    taken: int
    not_taken: int

    @property
    def ways(self) -> int:
        """0, 1 or 2."""
        return (self.taken > 0) + (self.not_taken > 0)

    def gap(self) -> Gap:
        seen = "never runs" if self.ways == 0 else "never branches"
        if self.taken:
            seen = "always branches"
        return Gap(self.file, self.line, "object", f"0x{self.address:08x} ({self.function}) {seen}")


def is_conditional(word: int) -> bool:
    """Whether an instruction of SPARC V8 is a branch on the integer condition codes that may
    go either way."""
    return word >> 30 == 0 and word >> 22 & 7 == 2 and word >> 25 & 7 != 0


def conditional_branches(elf: ELFFile) -> list[int]:
    """Their addresses in .text."""
    text = elf.get_section_by_name(".text")
    data, start = text.data(), int(text["sh_addr"])
    words = (int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4))
    return [start + 4 * i for i, word in enumerate(words) if is_conditional(word)]


class Lines:
    """From addresses to source lines, by the line tables of a program."""

    def __init__(self, elf: ELFFile) -> None:
        rows: dict[int, tuple[str, int]] = {}
        for unit in elf.get_dwarf_info().iter_CUs():
            program = elf.get_dwarf_info().line_program_for_CU(unit)
            names = [entry.name.decode() for entry in program["file_entry"]]
            first = 0 if program["version"] >= 5 else 1
            for entry in program.get_entries():
                state = entry.state
                if state is None:
                    continue
                if state.end_sequence:
                    rows.setdefault(state.address, ("", 0))
                else:
                    rows[state.address] = (names[state.file - first], state.line)
        self._starts = sorted(rows)
        self._rows = rows

    def __getitem__(self, address: int) -> tuple[str, int]:
        """File name and line; empty and 0 where the tables tell none."""
        at = bisect.bisect_right(self._starts, address) - 1
        return self._rows[self._starts[at]] if at >= 0 else ("", 0)


def with_lines(flight: Path, folder: Path) -> Path:
    """The flight program built with line tables; RuntimeError when it is not the one that
    flies."""
    said = build(folder, cross="leon3", debug=True)
    if said:
        raise RuntimeError(said)
    made = folder / "sxi.elf"
    for name in (".text", ".rodata", ".data"):
        if section(made, name) != section(flight, name):
            raise RuntimeError(f"{name} with line tables is not that of {flight.name}")
    return made


def section(program: Path, name: str) -> bytes:
    with program.open("rb") as file:
        found = ELFFile(file).get_section_by_name(name)
        return b"" if found is None else bytes(found.data())


def branches(
    program: Path, counts: Mapping[int, tuple[int, int]], files: Iterable[str]
) -> list[Branch]:
    """The conditional branches of these files, in the order of addresses."""
    known = set(files)
    locate = Program(program).locate
    found = []
    with program.open("rb") as file:
        elf = ELFFile(file)
        lines = Lines(elf)
        for address in conditional_branches(elf):
            name, line = lines[address]
            if name in known:
                seen = counts.get(address, (0, 0))
                found.append(Branch(address, locate(address), name, line, *seen))
    return found


def read_edges(path: Path) -> dict[int, tuple[int, int]]:
    """What the plugin wrote: taken, not taken by address."""
    rows = (line.split() for line in path.read_text().splitlines())
    return {int(pc, 16): (int(taken), int(not_taken)) for pc, taken, not_taken in rows}


def edges_plugin() -> Path:
    """The plugin, for the QEMU that is installed."""
    name = f"branch_edges.{plugin_interface()}.so"
    return build_plugin(ROOT / "build/branch_edges" / name, SOURCE.parent)


def by_function(found: Iterable[Branch]) -> dict[tuple[str, str], tuple[int, int]]:
    """File and function: ways seen, of how many."""
    seen: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    for branch in found:
        key = branch.file, branch.function
        seen[key] += branch.ways
        total[key] += 2
    return {key: (seen[key], total[key]) for key in total}
