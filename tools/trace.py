"""Hold SPEC.md, its requirements and the tests together; write the trace matrix.

Usage: trace.py [-h] [--review ID [ID...] | --add ID SOURCE [--method METHOD]]

Fails where a requirement has no evidence, an id no requirement, a sentence no id, where an id was
deleted, words or items changed without a review, a test is gone or was left out. The matrix goes to
build/trace (matrix.html, requirements.csv, tests.csv), both ways; verdicts are those of the JUnit
files in build/lanes, NOT RUN without. Sources are IRD, TN, GS, MIB, library, data pool, project, a
CCSDS or ECSS standard, or "ASSUMED A6", several with a comma between.
"""

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path
from xml.etree.ElementTree import ParseError

from doorstop import DoorstopError
from traceability import items
from traceability.matrix import Matrix, Project, join, read_project
from traceability.pages import tables, write_pages

from fsw_emu.provenance import ROOT
from fsw_emu.report.evidence import Evidence, Verdict, write

FOLDER = Path("build/trace")


def review(project: Project, names: list[str]) -> None:
    """Accept requirements as they are now."""
    for name in names:
        item = project.items.get(name)
        if item is None:
            raise ValueError(f"{name}: no such item; --add it")
        tests = [test.id for test in project.tests_of(name)]
        items.accept(item, project.spec.requirements.get(name), tests, project.ledger)
    items.write_ledger(project.root, project.ledger)


def add(project: Project, name: str, source: str, method: str) -> None:
    """Begin an item for an id that SPEC.md has."""
    requirement = project.spec.requirements.get(name)
    if requirement is None or name in project.items or name in project.ledger:
        raise ValueError(f"{name}: write it into SPEC.md first, under a number never used")
    project.items[name] = items.add(project.root, requirement, source, method)
    review(project, [name])


def evidence(matrix: Matrix, seconds: float) -> Evidence:
    """The procedure in the report."""
    rows, found = matrix.requirements, matrix.findings
    linked = {test.id for row in matrix.rows.values() for test in row.tests}
    passed = sum(row.verdict is Verdict.PASS for row in rows)
    said = (
        f"{len(found)} findings"
        if found
        else "every requirement has evidence, every id a requirement"
    )
    figures = {
        "requirements": str(len(rows)),
        "of them assumed": str(sum("ASSUMED" in row.source for row in rows)),
        "assumptions": str(len(matrix.assumptions)),
        "tests": str(len(matrix.tests)),
        "tests that verify a requirement": str(len(linked)),
        "requirements whose tests passed": str(passed) if matrix.lanes else "NOT RUN",
        "lanes": ", ".join(matrix.lanes) or "none",
    }
    return Evidence(
        "trace",
        Verdict.FAIL if found else Verdict.PASS,
        said,
        figures,
        found,
        {"doorstop": version("doorstop")},
        tables(matrix),
        seconds,
    )


def main() -> int:
    start = time.monotonic()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--review", nargs="+", default=[], metavar="ID", help="accept what changed")
    parser.add_argument("--add", nargs=2, metavar=("ID", "SOURCE"), help="begin an item")
    parser.add_argument("--method", choices=items.METHODS, default="test", help="of the new item")
    args = parser.parse_args()
    try:
        project = read_project(ROOT)
        if args.add:
            add(project, *args.add, args.method)
        review(project, args.review)
        matrix = join(project)
        write_pages(matrix, ROOT / FOLDER)
        said = evidence(matrix, time.monotonic() - start)
        write(said)
    except (OSError, ValueError, DoorstopError, ParseError) as error:
        print(f"trace.py: {error}", file=sys.stderr)
        return 1
    for finding in matrix.findings:
        print(finding)
    if matrix.notes:
        print(f"{len(matrix.notes)} links are new since the last review (--review keeps them)")
    print(f"{said.verdict}: {said.said}; {', '.join(f'{v} {k}' for k, v in said.figures.items())}")
    print(f"{FOLDER / 'matrix.html'}, requirements.csv, tests.csv")
    return 0 if said.verdict is Verdict.PASS else 1


if __name__ == "__main__":
    sys.exit(main())
