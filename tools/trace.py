# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Hold SPEC.md, its requirements and the tests together; write the trace matrix.

Usage: trace.py [-h] [--review ID [ID...] | --add ID SOURCE [--method METHOD]]

Each of these is a finding, and any makes it fail:
* in SPEC.md, from section 2 on: a sentence, list item or row without id, a row with several, a
  heading without a number (or back below 2); an id or an assumption twice; an assumption that is
  no row of section 1;
* an id without an active item in requirements/, or such an item without its id; words of SPEC.md
  other than the item's; an item that changed since its review or that the ledger has not;
* no or an unknown source or method; words that rest on an assumption which is no source; analysis
  or inspection without a reference; a reference to nowhere;
* an id that was given and is gone: by the ledger, by the highest number of each prefix that it
  keeps, by its history in git (nothing without git);
* by the method test, or an option that no requirement rests on: no test, or all left out by the
  marks skip, skipif or xfail, as decorators or pytestmark of the same file;
* a test that verified an id at its last review and does no more; a marker that does not say ids as
  they are, an unknown one or one twice, or is on no test function;
* an id with a test that failed in any lane, or of which no test ran though the host lane did.

INCONCLUSIVE, which does not fail: nothing found, but no results of the host lane, or some tests of
an id not run there, as by pytest.skip(). Results are those JUnit files in build/lanes whose
property `tree` says that they ran these sources. The matrix goes to build/trace (matrix.html,
requirements.csv, tests.csv), both ways. Sources are IRD, TN, GS, MIB, library, data pool, project,
a CCSDS or ECSS standard, or "ASSUMED A6", several with a comma between.
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
    return 1 if said.verdict is Verdict.FAIL else 0


if __name__ == "__main__":
    sys.exit(main())
