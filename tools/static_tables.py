# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Tables of the static analysis: deviations, complexity, deepest stacks, errata of the LEON3FT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import check_leon3
from complexity import LIMITS, Measured
from deviations import Judgement
from deviations import Table as Deviations
from elftools.elf.elffile import ELFFile
from leon3_errata import ATOMIC, RETT, Finding, is_store, opcode, read_code
from stack_usage import Function, StackError, read_functions, worst_stacks

from fsw_emu.provenance import ROOT
from fsw_emu.report.evidence import Table

STACK_LIMIT = 1024  # bytes a function of the core may take with all that it calls
#: rule of check_leon3 -> what is looked for in the instructions
ERRATA = {
    "tn-0009": "store ; neither load nor store ; store. Double store ; store",
    "tn-0011": "atomic off a multiple of 16 or in a delay slot",
    "tn-0018": "return from trap without the protected path",
    "float": "instruction of a floating-point unit",
    "coprocessor": "instruction of a coprocessor",
    "v9": "instruction of SPARC V9 or another machine",
}


def disapplied(table: Deviations, judged: Judgement) -> Table:
    rows = [
        [rule, str(len(judged.explained.get(rule, []))), why]
        for rule, why in table.disapplied.items()
    ]
    return Table("MISRA C:2012, advisory rules disapplied", ["rule", "places", "why"], rows)


def deviations(table: Deviations, judged: Judgement) -> Table:
    """Where each number stands, with how many findings."""
    rows = []
    for number, deviation in table.deviations.items():
        found = judged.explained.get(number, [])
        files: dict[str, set[int]] = {}
        for one in found:
            files.setdefault(one.file.name, set()).add(one.line)
        lines = "; ".join(f"{name} {', '.join(map(str, sorted(at)))}" for name, at in files.items())
        rules = ", ".join(sorted(deviation.rules))
        rows.append([number, rules, deviation.where, str(len(found)), lines, deviation.why])
    return Table("Deviations", ["no.", "rules", "where", "findings", "lines", "why"], rows)


def complexity(functions: Sequence[Measured], most: int = 15) -> list[Table]:
    """The most involved ones, and how many there are of each kind."""
    rows = [
        [one.name, f"{one.file.name}:{one.line}"]
        + [str(figure) for figure in (one.complexity, one.nesting, one.length)]
        for one in functions[:most]
    ]
    limits = ", ".join(f"{name} {limit}" for name, limit in LIMITS.items())
    steps = [(1, 5), (6, 10), (11, 15), (16, 20), (21, 999)]
    counts = [sum(low <= one.complexity <= high for one in functions) for low, high in steps]
    shares = [
        [f"{low} to {high}" if high < 999 else f"{low} and more", str(count)]
        for (low, high), count in zip(steps, counts, strict=True)
    ]
    return [
        Table(
            f"The {len(rows)} most involved functions",
            ["function", "at", "complexity", "nesting", "lines"],
            rows,
            f"At most: {limits}; beyond it is a deviation.",
        ),
        Table("Cyclomatic complexity", ["complexity", "functions"], shares),
    ]


def chain(name: str, functions: Mapping[str, Function], worst: Mapping[str, int]) -> list[str]:
    """The calls that make the deepest stack of a function, itself first."""
    names = [name]
    while name in functions and functions[name].calls:
        name = max(sorted(functions[name].calls), key=lambda callee: worst[callee])
        names.append(name)
    return names


def stacks(folders: Iterable[Path], most: int = 10) -> tuple[list[Table], list[str], int]:
    """The deepest chains of calls and the call graph; what is deeper than it may be; the
    deepest stack [bytes]. StackError where there is no bound."""
    paths = [path for folder in folders for path in sorted(folder.glob("*.ci"))]
    if not paths:
        raise StackError("the build has no call graphs")
    functions = {name: one for path in paths for name, one in read_functions(path).items()}
    worst = worst_stacks(paths)
    order = sorted(worst, key=lambda name: (-worst[name], name))
    deepest = [name for name in order if name.startswith("sxi_")][:most]
    chains = [[name, str(worst[name]), " → ".join(
        f"{bare(n)} {functions[n].frame}" for n in chain(name, functions, worst))]
        for name in deepest]  # fmt: skip
    graph = [[bare(name), str(functions[name].frame), str(worst[name]),
              ", ".join(bare(n) for n in sorted(functions[name].calls, key=lambda n: -worst[n]))]
             for name in order]  # fmt: skip
    note = "As gcc lays frames out for the LEON3; the core and what it takes from memory.c. "
    note += f"No recursion, no frame of dynamic size. At most {STACK_LIMIT} bytes."
    deep = [f"{name} takes {worst[name]} bytes of stack, at most {STACK_LIMIT}"
            for name in order if worst[name] > STACK_LIMIT]  # fmt: skip
    tables = [
        Table("Deepest stacks", ["function", "bytes", "calls, bytes of each frame"], chains, note),
        Table("Call graph", ["function", "frame", "with all it calls", "calls"], graph),
    ]
    return tables, deep, worst[order[0]]


def bare(name: str) -> str:
    """Without the file of a static function."""
    return name.rpartition(":")[2]


def errata(objects: Sequence[Path], programs: Sequence[Path]) -> tuple[Table, list[str]]:
    """What the scan of the machine code looked at, and what it found."""
    found: list[Finding] = check_leon3.judge(list(objects), list(programs))
    words = []
    for path in [*objects, *programs]:
        with path.open("rb") as file:
            words += [word for code in read_code(ELFFile(file)) for word in code.words.values()]
    asked = {
        "tn-0009": sum(map(is_store, words)),
        "tn-0011": sum(word >> 30 == 3 and opcode(word)[1] in ATOMIC for word in words),
        "tn-0018": sum(opcode(word) == RETT for word in words),
    }
    broken = Counter(one.rule for one in found)
    names = [*ERRATA, *sorted(set(broken) - set(ERRATA))]
    rows = [
        [rule, ERRATA.get(rule, "see check_leon3.py"), str(asked.get(rule, len(words))),
         str(broken[rule])]
        for rule in names
    ]  # fmt: skip
    note = f"{len(words)} instructions, those of the core before and after it was linked."
    table = Table(
        "Errata and instruction set", ["rule", "looked for", "candidates", "found"], rows, note
    )
    return table, [str(one).replace(f"{ROOT}/", "") for one in found]
