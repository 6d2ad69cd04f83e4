# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What two builds cost: code, constants and stack from their files; instructions and cycles of
the same calls on the emulated flight processor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

import fsw_emu.targets
from fsw_emu.compare.call import Call, Caller
from fsw_emu.targets.frames import stacks
from fsw_emu.targets.host import host_library
from fsw_emu.targets.meter import meter, model_file
from fsw_emu.targets.program import SPARC, Program

_SHF_ALLOC, _SHF_EXECINSTR, _SHF_WRITE = 2, 4, 1


@dataclass(frozen=True)
class Sizes:
    """Bytes of a build: code by function, constants by name, and sections in all."""

    machine: str
    functions: Mapping[str, int]
    constants: Mapping[str, int]
    code: int
    read_only: int


def file_of(target: str) -> Path:
    """The file that a target runs."""
    if target == "host":
        return host_library()
    if target == "leon3":
        return fsw_emu.targets.flight_program()
    return Path(target.partition(":")[2])


def sizes(path: Path) -> Sizes:
    """Of an ELF program or shared library; OSError, ValueError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return _sizes(ELFFile(file))
    except ELFError as error:
        raise ValueError(f"{path}: not an ELF file ({error})") from error


def _sizes(elf: ELFFile) -> Sizes:
    table = elf.get_section_by_name(".symtab") or elf.get_section_by_name(".dynsym")
    symbols = list(table.iter_symbols()) if isinstance(table, SymbolTableSection) else []
    functions: dict[str, int] = {}
    constants: dict[str, int] = {}
    for symbol in symbols:
        kind, section = symbol["st_info"]["type"], symbol["st_shndx"]
        if not symbol["st_size"] or not isinstance(section, int):
            continue
        flags = elf.get_section(section)["sh_flags"]
        kept = functions if kind == "STT_FUNC" else constants if kind == "STT_OBJECT" else None
        if kept is not None and (kind == "STT_FUNC" or not flags & _SHF_WRITE):
            kept[symbol.name] = kept.get(symbol.name, 0) + int(symbol["st_size"])
    loaded = [s for s in elf.iter_sections() if s["sh_flags"] & _SHF_ALLOC]
    code = sum(s["sh_size"] for s in loaded if s["sh_flags"] & _SHF_EXECINSTR)
    constant = sum(s["sh_size"] for s in loaded if s.name.startswith(".rodata"))
    return Sizes(str(elf.header["e_machine"]), functions, constants, int(code), int(constant))


@dataclass(frozen=True)
class Work:
    """What a function took on the calls that it was measured on, in all."""

    instructions: int
    cycles: int


def is_flight(target: str) -> bool:
    """Whether the cycle model can count on a target: a program on the bare LEON3."""
    return target.partition(":")[0] in ("elf", "leon3")


def deepest_stacks(target: str) -> dict[str, int]:
    """Bytes of stack of each function with all that it calls; empty where the file's processor
    is no SPARC."""
    program = Program(file_of(target))
    return stacks(program) if program.machine == SPARC else {}


def work(
    target: str, calls: Mapping[str, Sequence[Call]], tell: Callable[[str], None]
) -> dict[str, Work]:
    """Of each function over its calls. TargetError where the target fails, FileNotFoundError
    where the cycle model is not built."""
    model = model_file()
    if not model.is_file():
        raise FileNotFoundError(2, "not built: run tools/cycles.py", str(model))
    found = {}
    with meter(file_of(target), model) as target_meter:
        caller = Caller(target_meter.library.ffi, target_meter.library)
        for function, some in calls.items():
            tell(f"cycles of {function}")
            counts = [target_meter.counted(partial(caller.ask, call)) for call in some]
            if counts:
                found[function] = Work(
                    sum(c.instructions for c in counts), sum(c.cycles for c in counts)
                )
    return found
