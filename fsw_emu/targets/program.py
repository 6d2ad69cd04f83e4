# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A target's program: an ELF file, its symbols and sections."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

SPARC, POWERPC = 2, 20


@dataclass(frozen=True)
class Section:
    """Where a section of the program lies in the target's memory."""

    name: str
    address: int
    size: int


class Program:
    """The ELF file at path; OSError or ValueError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                self._load(ELFFile(file))
        except ELFError as error:
            raise ValueError(f"{path}: not an ELF file ({error})") from error

    def _load(self, elf: ELFFile) -> None:
        self.machine = int(elf.header["e_machine"] == "EM_SPARC") * SPARC or (
            int(elf.header["e_machine"] == "EM_PPC") * POWERPC
        )
        table = elf.get_section_by_name(".symtab")
        symbols = list(table.iter_symbols()) if isinstance(table, SymbolTableSection) else []
        self.symbols = {s.name: int(s["st_value"]) for s in symbols if s.name}
        functions = [s for s in symbols if s["st_info"]["type"] == "STT_FUNC"]
        self.function_sizes = {s.name: int(s["st_size"]) for s in functions}
        self._functions = sorted((int(s["st_value"]), s.name) for s in functions)
        self.sections = [
            Section(section.name, int(section["sh_addr"]), int(section["sh_size"]))
            for section in elf.iter_sections()
            if section["sh_flags"] & 2 and section["sh_size"]  # SHF_ALLOC
        ]

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self._functions]

    def locate(self, address: int) -> str:
        """The function at an address, empty when there is none."""
        at = bisect.bisect_right(self._starts, address) - 1
        return self._functions[at][1] if at >= 0 else ""
