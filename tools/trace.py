# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

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
from pathlib import Path
from xml.etree.ElementTree import ParseError

from doorstop import DoorstopError
from traceability.items import METHODS
from traceability.matrix import join, read_project
from traceability.pages import evidence, write_pages
from traceability.review import add, review

from fsw_emu.provenance import ROOT
from fsw_emu.report.evidence import Evidence, Verdict, write

FOLDER = Path("build/trace")


def main() -> int:
    start = time.monotonic()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--review", nargs="+", default=[], metavar="ID", help="accept what changed")
    parser.add_argument("--add", nargs=2, metavar=("ID", "SOURCE"), help="begin an item")
    parser.add_argument("--method", choices=METHODS, default="test", help="of the new item")
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
    except (OSError, ValueError, SyntaxError, DoorstopError, ParseError) as error:
        write(Evidence("trace", Verdict.ERROR, str(error)))
        print(f"trace.py: {error}", file=sys.stderr)
        return 1
    for finding in matrix.findings:
        print(finding)
    for note in matrix.notes:
        print(f"note: {note}")
    print(", ".join(f"{name}: {value}" for name, value in said.figures.items()))
    print(f"{said.verdict}: {said.said}")
    print(f"{FOLDER / 'matrix.html'}, requirements.csv, tests.csv")
    return 0 if said.verdict is Verdict.PASS else 1


if __name__ == "__main__":
    sys.exit(main())
