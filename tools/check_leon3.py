# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Judge what was compiled for the LEON3. Usage: check_leon3.py [-h] [--objects OBJ...] [--elf ...]

--objects are those of the flight core, all of them. Of each is asked
    undefined-symbol  it calls memcpy, memmove, memset, memcmp and the core itself, no other
    writable-data     nothing in a writable section or a common block: the core has no globals
--elf are programs. Of each is asked
    heap              no symbol of an allocator
    libgcc            none of the compiler's library, which for 32 bit may be V8+ code
and of both
    machine           EM_SPARC, 32 bit, big-endian, no flag of V8+ or of a vendor
    float, coprocessor, v9  executable sections hold integer instructions of SPARC V8 (The SPARC
                      Architecture Manual version 8, appendices B and F) and LEON's casa alone
    tn-0009, tn-0011, tn-0018  the errata of the LEON3FT: see leon3_errata.py

Prints a line for each rule that holds, or one for each finding, and then exits 1.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Symbol, SymbolTableSection
from leon3_errata import Code, Finding, opcode, rd, read_code, rs1, scan

OBJECT_RULES = ("undefined-symbol", "writable-data")
ELF_RULES = ("heap", "libgcc")
RULES = ("machine", "float", "coprocessor", "v9", "tn-0009", "tn-0011", "tn-0018")
LIBRARY = {"memcpy", "memmove", "memset", "memcmp"}
HEAP = re.compile(r"_*(malloc|calloc|realloc|free|s?brk|(posix_)?memalign|aligned_alloc)(_r)?")
#: names of libgcc, but for two 64-bit shifts, which the port has of its own
LIBGCC = re.compile(
    r"__(?!lshrdi3|ashldi3)[a-z]*[sdt][ifc][23]?|__(clz|popcount)_tab|__udiv_w_sdiv"
    r"|\.u?(mul|div|rem)|_Q_\w+"
)
WRITE, ALLOCATED = 1, 2  # SHF_
VENDOR_FLAGS = 0xFFFF03  # EF_SPARC_EXT_MASK and the memory model of V9

# op3 by format (version 8, tables F-3 and F-4); what is in none of them is of version 9
ALU = {*range(0x09), 0x0A, 0x0B, 0x0C, 0x0E, 0x0F, *range(0x10, 0x19), 0x1A, 0x1B, 0x1C, 0x1E,
       0x1F, *range(0x20, 0x2C), *range(0x30, 0x34), *range(0x38, 0x3E)}  # fmt: skip
MEMORY = {*range(0x08), 0x09, 0x0A, 0x0D, 0x0F}
ALTERNATE = {*range(0x10, 0x18), 0x19, 0x1A, 0x1D, 0x1F, 0x3C}
FLOAT_MEMORY = {0x20, 0x21, 0x23, 0x24, 0x25, 0x26, 0x27}
COPROCESSOR_MEMORY = {op3 | 0x10 for op3 in FLOAT_MEMORY}


def foreign(word: int) -> str:
    """The rule that an instruction breaks: float, coprocessor, v9, or empty."""
    op, op3 = opcode(word)
    if op == 0:  # unimp, Bicc, sethi; BPcc, BPr, FBPfcc
        return {0: "", 2: "", 4: "", 6: "float", 7: "coprocessor"}.get(op3, "v9")
    if op == 1:
        return ""
    if op == 3:
        if op3 in FLOAT_MEMORY:
            return "float"
        if op3 in COPROCESSOR_MEMORY:
            return "coprocessor"
        immediate = word >> 13 & 1
        return "" if op3 in MEMORY or (op3 in ALTERNATE and not immediate) else "v9"
    if op3 in {0x34, 0x35}:
        return "float"
    if op3 in {0x36, 0x37}:
        return "coprocessor"
    return "" if op3 in ALU and not later_alu(word, op3) else "v9"


def later_alu(word: int, op3: int) -> bool:
    """Whether version 9 gave an operation of version 8 this meaning."""
    if op3 in {0x25, 0x26, 0x27}:  # sllx, srlx, srax
        return bool(word >> 12 & 1)
    if op3 == 0x3A:  # Tcc of other condition codes
        return bool(word >> 11 & 3)
    if op3 == 0x28:  # membar, rd of state registers
        return not (rs1(word) == 0 or rs1(word) >= 16 or word == 0x8143C000)  # %y, %asr, stbar
    if op3 == 0x2A:  # rdpr
        return rs1(word) != 0
    if op3 == 0x2B:  # flushw
        return rd(word) == 0
    if op3 == 0x30:  # wr of state registers, sir
        return 0 < rd(word) < 16
    if op3 == 0x31:  # saved, restored
        return rd(word) != 0 or word == 0x81880000
    return op3 in {0x32, 0x33} and rd(word) != 0  # wrpr


def symbols(elf: ELFFile) -> list[Symbol]:
    tables = (s for s in elf.iter_sections() if isinstance(s, SymbolTableSection))
    return [symbol for table in tables for symbol in table.iter_symbols() if symbol.name]


def defined(elf: ELFFile) -> set[str]:
    """Names that an object offers to others."""
    return {
        symbol.name
        for symbol in symbols(elf)
        if symbol["st_info"]["bind"] != "STB_LOCAL" and symbol["st_shndx"] != "SHN_UNDEF"
    }


def machine(elf: ELFFile, file: str) -> Iterator[Finding]:
    header = elf.header
    if header["e_machine"] != "EM_SPARC" or elf.elfclass != 32 or elf.little_endian:
        order = "little" if elf.little_endian else "big"
        what = f"{header['e_machine']}, {elf.elfclass} bit, {order}-endian"
        yield Finding(file, "header", "machine", what)
    if header["e_flags"] & VENDOR_FLAGS:
        yield Finding(file, "header", "machine", f"e_flags {header['e_flags']:#x}")


def instructions(code: Code, file: str) -> Iterator[Finding]:
    for address, word in code.words.items():
        rule = foreign(word)
        if rule:
            yield Finding(file, code.where(address), rule, f"{word:08x}")


def core_object(elf: ELFFile, file: str, known: set[str]) -> Iterator[Finding]:
    writable = {}
    for index, section in enumerate(elf.iter_sections()):
        if section["sh_flags"] & (WRITE | ALLOCATED) == WRITE | ALLOCATED:
            writable[index] = section.name
            if section["sh_size"]:
                what = f"{section['sh_size']} bytes"
                yield Finding(file, section.name, "writable-data", what)
    for symbol in symbols(elf):
        place = symbol["st_shndx"]
        if place == "SHN_UNDEF" and symbol.name not in known:
            yield Finding(file, symbol.name, "undefined-symbol", "is not the core's")
        if place == "SHN_COMMON" or place in writable:
            what = f"in {writable.get(place, 'a common block')}"
            yield Finding(file, symbol.name, "writable-data", what)


def program(elf: ELFFile, file: str) -> Iterator[Finding]:
    for symbol in symbols(elf):
        for rule, names in (("heap", HEAP), ("libgcc", LIBGCC)):
            if symbol["st_info"]["type"] != "STT_FILE" and names.fullmatch(symbol.name):
                yield Finding(file, symbol.name, rule, "is in the program")


def judge(objects: list[Path], programs: list[Path]) -> list[Finding]:
    """All findings, file by file."""
    known = set(LIBRARY)
    for path in objects:
        with path.open("rb") as stream:
            known |= defined(ELFFile(stream))
    found: list[Finding] = []
    for path in [*objects, *programs]:
        file = str(path)
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            found += machine(elf, file)
            found += core_object(elf, file, known) if path in objects else program(elf, file)
            for code in read_code(elf):
                found += [*instructions(code, file), *scan(code, file)]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--objects", nargs="+", type=Path, default=[], metavar="OBJ")
    parser.add_argument("--elf", nargs="+", type=Path, default=[])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there too")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as others end before `head`
    if not args.objects and not args.elf:
        parser.error("nothing to judge: give --objects or --elf")
    found = judge(args.objects, args.elf)
    if args.json:
        args.json.write_text(json.dumps([asdict(finding) for finding in found], indent=1) + "\n")
    for finding in found:
        print(finding)
    broken = {finding.rule for finding in found}
    asked = [*(OBJECT_RULES if args.objects else ()), *(ELF_RULES if args.elf else ()), *RULES]
    for rule in asked:
        if rule not in broken:
            print(f"{rule}: none")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
