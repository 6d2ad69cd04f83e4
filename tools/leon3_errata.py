# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Find instruction sequences that LEON3FT errata forbid. Usage: leon3_errata.py [-h] FILE...

Reads SPARC objects and programs, and judges every word of their executable sections, the jump
tables of a switch excepted. Rules and what each looks for:

tn-0009 (GRLIB-TN-0009, stale cache entry after a store with data tag parity error)
    A: a store of a word or less, one instruction that is neither load nor store, any store.
    B: a store of a double word, then any store.
    ASSUMED, on the safe side: atomics and stores to any alternate space count as stores. An
    annulled delay slot counts as an instruction that is neither, as it takes a place in the
    pipeline.
    Order is that of execution: through delay slots, to both ends of a branch, into the function
    that is called. Where the next instruction is not known (after a jmpl or a call to another
    object) what an unfinished A or B can meet is the worst: a store in such a delay slot is a
    finding by itself, and so is a branch in a delay slot. gcc -mfix-gr712rc fills no delay slot
    with a store and follows fall-through only. ASSUMED: taking a trap ends a sequence.
tn-0011 (GRLIB-TN-0011, atomics): ldstub, swap and casa lie at a multiple of 16 and in no delay
    slot. Known from what gcc and clang do for this chip.
tn-0018 (GRLIB-TN-0018, a rett restarted after an error in the register file or the cache): each
    rett follows a jmpl, and before the pair stands the whole protection, branched to only at
    its head: a loop that reads the cache control register (lda at 0x18 in its cache line) until
    no flush of the instruction cache is pending, and from the start of a cache line
    sta (cache off) ; nop ; or of jmpl's register ; or of rett's ; sta (as it was) ; nop.

Not looked for, as they need a floating-point unit: GRLIB-TN-0012 and GRLIB-TN-0013.
Prints a line for each finding; exits 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

NOP = 0x01000000
CACHE_LINE, PAGE = 32, 4096
EXECUTABLE = 4  # SHF_EXECINSTR
WORD, WDISP30, WDISP22 = 3, 7, 8  # relocations of data, call and branch
ATOMIC = {0x0D: "ldstub", 0x1D: "ldstuba", 0x0F: "swap", 0x1F: "swapa", 0x3C: "casa"}
STORE = {0x04: "st", 0x05: "stb", 0x06: "sth", 0x14: "sta", 0x15: "stba", 0x16: "stha",
         0x24: "stf", 0x25: "stfsr", 0x34: "stc", 0x35: "stcsr"}  # fmt: skip
DOUBLE = {0x07: "std", 0x17: "stda", 0x26: "stdfq", 0x27: "stdf", 0x36: "stdcq", 0x37: "stdc"}
STORES = STORE | DOUBLE | ATOMIC
JMPL, RETT = (2, 0x38), (2, 0x39)


@dataclass(frozen=True, order=True)
class Finding:
    file: str
    where: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.rule}: {self.what}"


@dataclass(frozen=True)
class Code:
    """What one address space of a file executes: words and labels by address.

    jumps holds what the linker has still to fill in: the address of a call or a branch and where
    it goes, or None if that is in another section. cases are targets in tables of a switch, whose
    words are left out. align is that of the section's start.
    """

    words: dict[int, int]
    labels: dict[int, str] = field(default_factory=dict)
    jumps: dict[int, int | None] = field(default_factory=dict)
    cases: set[int] = field(default_factory=set)
    align: int = 1

    def where(self, address: int) -> str:
        starts = sorted(self.labels)
        at = bisect_right(starts, address) - 1
        if at < 0:
            return f"+{address:#x}"
        return f"{self.labels[starts[at]]}+{address - starts[at]:#x}"

    def target(self, address: int) -> int | None:
        """Where the call or branch at an address goes, or None if it is not to be told."""
        if address in self.jumps:
            return self.jumps[address]
        word = self.words[address]
        if word >> 30 == 1:
            return (address + (word << 2)) & 0xFFFFFFFF
        return (address + 4 * (((word & 0x3FFFFF) ^ 0x200000) - 0x200000)) & 0xFFFFFFFF


@dataclass(frozen=True)
class At:
    """A moment of execution: pc, the address after it, and whether pc is annulled."""

    pc: int | None
    npc: int | None
    annulled: bool = False


def opcode(word: int) -> tuple[int, int]:
    """op and op3 of formats 2 and 3, op and op2 of sethi and branches, (1, 0) for call."""
    op = word >> 30
    return op, (0 if op == 1 else word >> 22 & 7 if op == 0 else word >> 19 & 63)


def rd(word: int) -> int:
    return word >> 25 & 31


def rs1(word: int) -> int:
    return word >> 14 & 31


def is_branch(word: int) -> bool:
    """Bicc, FBfcc, CBccc."""
    return opcode(word) in {(0, 2), (0, 6), (0, 7)}


def is_transfer(word: int) -> bool:
    return word >> 30 == 1 or is_branch(word) or opcode(word) in {JMPL, RETT}


def is_memory(word: int) -> bool:
    return word >> 30 == 3


def is_store(word: int) -> bool:
    return is_memory(word) and opcode(word)[1] in STORES


def steps(code: Code, at: At) -> Iterator[At]:
    """What may be executed after a moment whose pc is known."""
    assert at.pc is not None
    word = code.words[at.pc]
    onward = At(at.npc, None if at.npc is None else at.npc + 4)
    if at.annulled or not is_transfer(word):
        yield onward
    elif not is_branch(word):
        yield At(at.npc, code.target(at.pc) if word >> 30 == 1 else None)
    else:
        annul, condition = bool(word >> 29 & 1), word >> 25 & 15
        if condition != 0:  # never
            yield At(at.npc, code.target(at.pc), annul and condition == 8)
        if condition != 8:  # always
            yield At(onward.pc, onward.npc, annul)


def has_slot(word: int) -> bool:
    """Whether what follows may be executed as a delay slot: not after ba,a, bn,a and rett."""
    annuls = is_branch(word) and word >> 25 & 7 == 0 and word >> 29 & 1
    return is_transfer(word) and not annuls and opcode(word) != RETT


def entries(code: Code, targets: set[int], address: int) -> set[At]:
    """The moments in which a word may be executed."""
    before = code.words.get(address - 4, NOP)
    moments = set()
    if has_slot(before):
        moments = {at for at in steps(code, At(address - 4, address)) if not at.annulled}
    if not has_slot(before) or address in targets or address in code.labels:
        moments.add(At(address, address + 4))
    return moments


def completions(code: Code, first: At) -> Iterator[tuple[str, list[int]]]:
    """Sequences that begin with the store at a moment: name and addresses."""
    assert first.pc is not None
    double = opcode(code.words[first.pc])[1] in DOUBLE
    for second in steps(code, first):
        if second.pc not in code.words:
            yield "into unknown code", [first.pc]
        elif double:
            if is_store(code.words[second.pc]):
                yield "B", [first.pc, second.pc]
        elif not is_memory(code.words[second.pc]):
            for third in steps(code, second):
                if third.pc not in code.words:
                    yield "into unknown code", [first.pc, second.pc]
                elif not third.annulled and is_store(code.words[third.pc]):
                    yield "A", [first.pc, second.pc, third.pc]


def store_sequences(code: Code, targets: set[int]) -> Iterator[tuple[int, str, str]]:
    for address, word in code.words.items():
        if not is_store(word):
            continue
        found = {
            (name, tuple(path))
            for at in entries(code, targets, address)
            for name, path in completions(code, at)
        }
        for name, path in sorted(found):
            listing = " ; ".join(f"{code.where(a)} {code.words[a]:08x}" for a in path)
            yield address, "tn-0009", f"{name}: {listing}"


def couples(code: Code) -> Iterator[tuple[int, str, str]]:
    """Transfers in the slot of another: what runs then is not looked into."""
    for address, word in code.words.items():
        before = code.words.get(address - 4, NOP)
        if has_slot(before) and is_transfer(word) and opcode(word) != RETT:
            yield address, "tn-0009", f"branch in a delay slot {before:08x} ; {word:08x}"


def atomics(code: Code) -> Iterator[tuple[int, str, str]]:
    for address, word in code.words.items():
        if not is_memory(word) or opcode(word)[1] not in ATOMIC:
            continue
        name = f"{ATOMIC[opcode(word)[1]]} {word:08x}"
        if address % 16 or code.align % 16:
            yield address, "tn-0011", f"{name} not at a multiple of 16"
        if has_slot(code.words.get(address - 4, NOP)):
            yield address, "tn-0011", f"{name} in a delay slot"


def returns(code: Code, targets: set[int]) -> Iterator[tuple[int, str, str]]:
    for address, word in code.words.items():
        if opcode(word) == RETT:
            reason = unprotected(code, targets, address)
            if reason:
                yield address, "tn-0018", f"{word:08x}: {reason}"


def is_cache_control(word: int, op3: int) -> bool:
    """Load or store of [%g0] in alternate space 2, in either way to write it."""
    return opcode(word) == (3, op3) and word & 0x7FFFF == 2 << 5


def is_or_itself(word: int, register: int) -> bool:
    return word == 2 << 30 | register << 25 | 2 << 19 | register << 14 | register


def writes(word: int, register: int) -> bool:
    """Whether an instruction may change an integer register."""
    if is_transfer(word) or opcode(word) in {(2, 0x3C), (2, 0x3D)}:  # save, restore
        return True
    if is_memory(word):
        loads = not is_store(word) or opcode(word)[1] in ATOMIC
        return loads and rd(word) | 1 == register | 1  # ldd writes two
    return opcode(word) != (0, 0) and word != NOP and rd(word) == register


def unprotected(code: Code, targets: set[int], rett: int) -> str:
    """Why the protection before a rett is not whole; empty if it is."""
    words = [code.words.get(rett - 4 * i, 0) for i in range(7, -1, -1)]
    off, first, one, two, on, last, jmpl, end = words
    start = rett - 28
    if opcode(jmpl) != JMPL:
        return "does not follow a jmpl"
    if not (is_cache_control(off, 0x14) and is_cache_control(on, 0x14) and first == last == NOP):
        return "no sta ; nop ; or ; or ; sta ; nop before jmpl and rett"
    if not (is_or_itself(one, rs1(jmpl)) and is_or_itself(two, rs1(end))):
        return "the two registers of jmpl and rett are not read before"
    if start % CACHE_LINE or code.align % CACHE_LINE:
        return f"the first sta is not at a multiple of {CACHE_LINE}"
    head = next((a for a in range(start - 4, start - 64, -4) if reads_cache(code, a)), None)
    if head is None:
        return "no loop before that waits for the flush of the instruction cache"
    between = [code.words[a] for a in range(head + 20, start, 4)]
    if rd(code.words[head]) != rd(on) or rd(code.words[head + 16]) != rd(off):
        return "what is stored is not what the loop has read, with the cache off and on"
    if any(writes(word, register) for word in between for register in (rd(on), rd(off))):
        return "the value to be stored is changed between the loop and the first sta"
    if head % CACHE_LINE != 0x18:
        return f"the lda is not at 0x18 of its cache line, but {head % CACHE_LINE:#x}"
    inside = targets & set(range(head + 4, rett + 4, 4))
    return f"{code.where(min(inside))} within the protection is branched to" if inside else ""


def reads_cache(code: Code, head: int) -> bool:
    """Whether at an address is lda v ; srl v, 15, t ; andcc t, 1, %g0 ; bne back ; andn v, 3, t."""
    lda, srl, andcc, bne, andn = (code.words.get(head + 4 * i, 0) for i in range(5))
    value, scratch = rd(lda), rd(srl)
    return (
        is_cache_control(lda, 0x10)
        and srl == 2 << 30 | scratch << 25 | 0x26 << 19 | value << 14 | 1 << 13 | 15
        and andcc == 2 << 30 | 0x11 << 19 | scratch << 14 | 1 << 13 | 1
        and bne >> 22 == 9 << 3 | 2
        and code.target(head + 12) == head
        and andn & ~(31 << 25) == 2 << 30 | 5 << 19 | value << 14 | 1 << 13 | 3
        and value not in {scratch, rd(andn)}
    )


def scan(code: Code, file: str) -> list[Finding]:
    """All findings of one address space, by address."""
    targets = code.cases | {
        target
        for address, word in code.words.items()
        if word >> 30 == 1 or is_branch(word)
        if (target := code.target(address)) is not None
    }
    raw = [
        *store_sequences(code, targets),
        *couples(code),
        *atomics(code),
        *returns(code, targets),
    ]
    return [Finding(file, code.where(at), rule, what) for at, rule, what in sorted(raw)]


def read_code(elf: ELFFile) -> list[Code]:
    """The executable sections: each of an object by itself, those of a program together."""
    is_object = elf["e_type"] == "ET_REL"
    codes, program = [], Code({}, align=PAGE)
    for index, section in enumerate(elf.iter_sections()):
        if not section["sh_flags"] & EXECUTABLE or section["sh_type"] == "SHT_NOBITS":
            continue
        code = Code({}, align=max(section["sh_addralign"], 1)) if is_object else program
        data, base = section.data(), section["sh_addr"]
        for i in range(0, len(data) - 3, 4):
            code.words[base + i] = int.from_bytes(data[i : i + 4], "big")
        code.labels.update(read_labels(elf, index))
        if is_object:
            read_relocations(elf, index, code)
            codes.append(code)
    drop_tables(program)
    return codes if is_object else [program]


def drop_tables(code: Code) -> None:
    """Take the jump tables of a switch out of a program: gcc lays them before the functions.

    A word is of a table if it is an address of the program's code, and were a call of no function.
    """
    tables = {
        address: word
        for address, word in code.words.items()
        if word >> 30 == 1 and word in code.words and code.target(address) not in code.labels
    }
    for address, word in tables.items():
        del code.words[address]
        code.cases.add(word)


def read_labels(elf: ELFFile, section: int) -> dict[int, str]:
    labels: dict[int, str] = {}
    for table in elf.iter_sections():
        if isinstance(table, SymbolTableSection):
            for symbol in table.iter_symbols():
                named = symbol.name and symbol["st_info"]["type"] in {"STT_FUNC", "STT_NOTYPE"}
                if named and symbol["st_shndx"] == section:
                    labels[symbol["st_value"]] = symbol.name
    return labels


def read_relocations(elf: ELFFile, section: int, code: Code) -> None:
    """What an object tells of its jumps, and of its tables, which are whole words to relocate."""
    for table in elf.iter_sections():
        if not isinstance(table, RelocationSection) or table["sh_info"] != section:
            continue
        symbols = elf.get_section(table["sh_link"])
        assert isinstance(symbols, SymbolTableSection)
        for relocation in table.iter_relocations():
            kind, address = relocation["r_info_type"], relocation["r_offset"]
            symbol = symbols.get_symbol(relocation["r_info_sym"])
            inside = symbol["st_shndx"] == section
            target = symbol["st_value"] + relocation["r_addend"] if inside else None
            if kind in {WDISP30, WDISP22}:
                code.jumps[address] = target
            elif kind == WORD and target is not None:
                del code.words[address]
                code.cases.add(target)


def scan_file(path: Path) -> list[Finding]:
    with path.open("rb") as file:
        return [found for code in read_code(ELFFile(file)) for found in scan(code, str(path))]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    found = [finding for path in parser.parse_args().files for finding in scan_file(path)]
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
