# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu report``: the verification report of these sources, as HTML and PDF."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

EXAMPLE = """\
example:
  make test evidence
  fsw-emu report --out build/report

Reads what the procedures kept in build/evidence and build/lanes; one that was not run is told as
NOT RUN, one of other sources as INCONCLUSIVE. Exit: 1 when one has failed, 2 when it cannot be
written, else 0, which is no verdict: the last line says it.
"""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's sub-commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report",
        help="write the verification report of these sources",
        description="Write one HTML page and a PDF of it: item, environment, procedures with "
        "verdicts, trace matrix, coverage, margins, assumptions, compliance.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--out", type=Path, default=Path("build/report"), metavar="DIR", help="default %(default)s"
    )
    parser.add_argument(
        "--build", type=Path, metavar="DIR", help="build folder of the procedures; default build"
    )
    parser.add_argument("--no-pdf", action="store_true", help="the page only")


def run(args: argparse.Namespace) -> int:
    """Exit code: 0 written, 1 written and a procedure has failed, 2 not written."""
    from fsw_emu.atomic import write_atomic
    from fsw_emu.provenance import ROOT, checkout
    from fsw_emu.report.evidence import Verdict
    from fsw_emu.report.verification import gather, overall
    from fsw_emu.report.verification_page import build_verification

    build = args.build or ROOT / "build"
    outcomes = gather(build / "evidence", build / "lanes", checkout())
    page = build_verification(outcomes, _parts(build))
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        files = [args.out / "verification.html"]
        write_atomic(files[0], page.encode())
        if not args.no_pdf:
            files.append(args.out / "verification.pdf")
            write_atomic(files[1], _pdf(page))
    except (OSError, ImportError) as error:
        print(f"fsw-emu report: {error}", file=sys.stderr)
        return 2
    verdict = overall(outcomes)
    for outcome in outcomes:
        if outcome.evidence.verdict is not Verdict.PASS:
            print(
                f"{outcome.evidence.verdict:13} {outcome.procedure.name}: {outcome.evidence.said}"
            )
    print(f"{verdict}: {', '.join(str(file) for file in files)}")
    return 1 if verdict in (Verdict.FAIL, Verdict.ERROR) else 0


def _parts(build: Path) -> Any:
    from fsw_emu.provenance import ROOT, checkout
    from fsw_emu.report.verification_page import ReportParts

    sources = checkout()
    flight = build / "leon3/sxi.elf"
    item = {
        "product": f"fsw-emu {version('fsw-emu')}",
        "commit": sources.commit or "unknown",
        "changed since": "yes" if sources.dirty else "no",
        "hash of the sources": sources.tree,
        "flight core, LEON3 program (SHA-256)": _hash(flight),
        "specification (SHA-256 of SPEC.md)": _hash(ROOT / "SPEC.md"),
    }
    environment = {
        "system": platform.platform(),
        "processor": platform.machine(),
        "Python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "cffi", "astropy", "pyelftools")},
    }
    return ReportParts(
        builds=_builds(build / "lanes"),
        version=version("fsw-emu"),
        sources=sources,
        item=item,
        environment=environment,
        assumptions=_assumptions(),
        compliance=_compliance(),
    )


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "not there"


def _builds(lanes: Path) -> Any:
    """What was tested: the builds that the suites' files tell of."""
    from fsw_emu.report.evidence import Table
    from fsw_emu.report.junit import read_run
    from fsw_emu.report.verification import SUITES

    rows = []
    for lane in SUITES:
        try:
            told = read_run(lanes / f"{lane}.xml").properties
        except (OSError, ValueError):
            continue
        digest = next((v for k, v in told.items() if k.startswith("onboard") and "sha256" in k), "")
        compiler, flags = told.get("onboard compiler", ""), told.get("onboard flags", "")
        rows.append((lane, digest[:16], compiler, flags, told.get("parameter set", "")))
    head = ("suite", "core, SHA-256", "compiler", "flags", "parameter set")
    return Table("Builds that were tested", head, rows)


def _assumptions() -> Any:
    from fsw_emu.assumptions import ASSUMPTIONS
    from fsw_emu.report.evidence import Table

    rows = [
        (row.id, row.question, "; ".join(row.alternatives), ", ".join(row.options), row.source)
        for row in ASSUMPTIONS
    ]
    head = ("id", "question", "choices, the default first", "option", "source, reason")
    return Table(f"{len(rows)} open questions", head, rows)


def _compliance() -> list[Any]:
    from fsw_emu.report.compliance import entries, not_claimed, standards
    from fsw_emu.report.evidence import Table

    clauses = entries()
    head = ("clause", "asks", "answer", "note")
    tables = []
    for standard in standards():
        rows = [
            (c.number, c.asks, c.answer, c.note + ("" if c.confirmed else " (number unconfirmed)"))
            for c in clauses
            if c.standard == standard.name
        ]
        note = f"{standard.scope} Clause numbers {standard.numbers}."
        tables.append(Table(f"{standard.name}: {standard.title}", head, rows, note))
    rest = [(claim.what, claim.why) for claim in not_claimed()]
    return [*tables, Table("Not claimed", ("what", "why"), rest)]


def _pdf(page: str) -> bytes:
    """ImportError, in a line, where the tool that lays out pages is not installed."""
    try:
        weasyprint = importlib.import_module("weasyprint")
    except (ImportError, OSError) as error:
        what = f"no PDF without weasyprint (`make evidence-tools`, or --no-pdf): {error}"
        raise ImportError(what) from error
    document: bytes = weasyprint.HTML(string=page).write_pdf()
    return document
