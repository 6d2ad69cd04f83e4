# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Static analysis of the flight code. Usage: static.py [-h] [--jobs N]

cppcheck with MISRA C:2012, clang-tidy and gcc -fanalyzer over all C of build/leon3; complexity,
deepest stacks and the errata of the LEON3FT. What they find is explained in DESIGN.md, section
"Deviations", or fails. Writes build/evidence/static.json; exits 1 when something is unexplained.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import analysers
import complexity
import deviations
import lizard
import static_tables
from analysers import AnalyserError, Found
from stack_usage import StackError

from fsw_emu.provenance import ROOT, checkout
from fsw_emu.report.evidence import Evidence, Verdict, write

FLIGHT = ROOT / "build/leon3"
DESIGN = ROOT / "DESIGN.md"
SHOWN = 20  # findings that are printed; all are in the evidence


def judged(
    found: Sequence[Found], table: deviations.Table, sources: Sequence[Path]
) -> tuple[deviations.Judgement, list[complexity.Measured]]:
    """Findings of analysers, and of complexity, held against the table."""
    functions = complexity.measure(sources)
    involved = [one for function in functions for one in function.beyond()]
    return deviations.judge([*found, *involved], table, sources), functions


def evidence(build: Path, design: Path, jobs: int) -> Evidence:
    """All of it. AnalyserError, TableError, StackError, OSError where it cannot be done."""
    start = time.monotonic()
    units = analysers.read_units(build)
    sources = analysers.sources_of(units)
    table = deviations.read_table(design)
    found = analysers.analyse(units, jobs)
    judgement, functions = judged(found, table, sources)
    stacks, deep, deepest = static_tables.stacks([build / "libsxi.a.p", build / "libmemory.a.p"])
    errata, broken = static_tables.errata(
        sorted((build / "libsxi.a.p").glob("*.o")), [build / "sxi.elf"]
    )
    findings = [*judgement.problems, *deep, *broken]
    explained = sum(map(len, judgement.explained.values()))
    counts = Counter(one.analyser for one in found)
    figures = {f"findings of {name}": str(counts[name]) for name in analysers.NAMES}
    figures |= {
        "findings unexplained": str(len(findings)),
        "files": str(len(sources)),
        "deviations": str(len(table.deviations)),
        "advisory rules disapplied": str(len(table.disapplied)),
        "largest complexity": str(max(one.complexity for one in functions)),
        "deepest nesting": str(max(one.nesting for one in functions)),
        "longest function": f"{max(one.length for one in functions)} lines",
        "deepest stack": f"{deepest} bytes",
    }
    said = f"{explained} findings explained by {len(table.deviations)} deviations and "
    said += f"{len(table.disapplied)} disapplied rules, {len(findings)} open"
    return Evidence(
        procedure="static",
        verdict=Verdict.FAIL if findings else Verdict.PASS,
        said=said,
        figures=figures,
        findings=findings,
        tools=analysers.versions() | {"lizard": lizard.version},
        tables=[
            static_tables.disapplied(table, judgement),
            static_tables.deviations(table, judgement),
            *static_tables.complexity(functions),
            *stacks,
            errata,
        ],
        seconds=time.monotonic() - start,
    )


def main() -> int:
    checkout()  # kept: the sources that are judged, whatever is edited meanwhile
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    args = parser.parse_args()
    try:
        result = evidence(FLIGHT, DESIGN, args.jobs)
    except (AnalyserError, deviations.TableError, StackError, OSError) as error:
        write(Evidence("static", Verdict.ERROR, str(error)))
        print(f"static: {error}", file=sys.stderr)
        return 1
    write(result)
    for name, figure in result.figures.items():
        print(f"{name:26} {figure}")
    for finding in result.findings[:SHOWN]:
        print(finding)
    print(f"{result.verdict}: {result.said} ({result.seconds:.0f} s)")
    return 0 if result.verdict is Verdict.PASS else 1


if __name__ == "__main__":
    sys.exit(main())
