# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The deepest stack of each function of a SPARC program, read out of its code.

A function takes what its ``save %sp, -n, %sp`` says, and what the deepest function it calls
takes. Recursion and calls through registers have no bound here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from fsw_emu.targets.program import Program

_SAVE = 0x9DE3A000  # save %sp, simm13, %sp
_JMPL_O7 = 0x9FC00000  # jmpl ..., %o7
_BICC = 0x00800000  # conditional and plain branches


@dataclass(frozen=True)
class _Function:
    frame: int
    calls: frozenset[str]


def stacks(program: Program) -> dict[str, int]:
    """Bytes by function; functions without a bound are left out."""
    functions = _functions(program.path)
    found: dict[str, int | None] = {}

    def depth(name: str, chain: frozenset[str]) -> int | None:
        if name in chain or name not in functions:
            return None
        if name not in found:
            below = [depth(callee, chain | {name}) for callee in functions[name].calls]
            known = [size for size in below if size is not None]
            whole = len(known) == len(below)
            found[name] = functions[name].frame + max(known, default=0) if whole else None
        return found[name]

    every = {name: depth(name, frozenset()) for name in functions}
    return {name: size for name, size in every.items() if size is not None}


def _functions(path: Path) -> dict[str, _Function]:
    with path.open("rb") as file:
        elf = ELFFile(file)
        text, table = elf.get_section_by_name(".text"), elf.get_section_by_name(".symtab")
        if text is None or not isinstance(table, SymbolTableSection):
            return {}
        base, code = int(text["sh_addr"]), text.data()
        placed = {
            int(s["st_value"]): (s.name, int(s["st_size"]))
            for s in table.iter_symbols()
            if s["st_info"]["type"] == "STT_FUNC"
        }
    return {
        name: _function(code[at - base : at - base + size], at, placed)
        for at, (name, size) in placed.items()
    }


def _function(code: bytes, at: int, placed: dict[int, tuple[str, int]]) -> _Function:
    """One function's frame and calls; a branch that leaves it is a call too."""
    frame, calls = 0, set()
    for i, (word,) in enumerate(struct.iter_unpack(">I", code[: len(code) & ~3])):
        if word & 0xFFFFE000 == _SAVE:
            frame = max(frame, 0x2000 - (word & 0x1FFF))
        elif word & 0xFFF80000 == _JMPL_O7:
            calls.add("a call through a register")
        elif word >> 30 == 1 or word & 0xC1C00000 == _BICC:
            bits = 30 if word >> 30 else 22
            steps = word & (1 << bits) - 1
            steps -= (steps >> bits - 1) << bits
            to = at + 4 * (i + steps)
            if word >> 30 or not at <= to < at + len(code):
                calls.add(placed[to][0] if to in placed else f"0x{to:08x}")
    return _Function(frame, frozenset(calls))
