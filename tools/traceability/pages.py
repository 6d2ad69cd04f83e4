# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The matrix to be read: a page that needs no network, two CSV files, the report's tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path
from string import Template

from fsw_emu.atomic import write_atomic
from fsw_emu.report.evidence import Evidence, Table, Verdict
from traceability.matrix import HOST, Matrix, Row
from traceability.tests import Test, worst

REQUIREMENT_HEAD = ("id", "section", "requirement", "source", "method", "verdict", "evidence")
TEST_HEAD = ("test", "verdict", "lanes", "verifies")
SHORT_HEAD = ("id", "section", "source", "method", "verdict", "evidence")

Cells = Sequence[Sequence[str]]

_PAGE = Path(__file__).with_name("matrix.html")


def requirement_rows(matrix: Matrix) -> list[list[str]]:
    """Requirements -> tests; assumptions after them."""
    return [
        [
            row.id,
            row.section,
            row.text,
            row.source or "-",
            row.method or "-",
            row.verdict,
            "\n".join(_evidence(row)),
        ]
        for row in matrix.rows.values()
    ]


def _evidence(row: Row) -> list[str]:
    return [*(test.id for test in row.tests), *row.references, *row.rests_here]


def test_rows(matrix: Matrix) -> list[list[str]]:
    """Tests -> requirements; those that verify none last, by their files."""
    tests = sorted(matrix.tests, key=lambda test: (not test.verifies, test.id))
    return [[test.id, _host(test), _lanes(test), "\n".join(test.verifies) or "-"] for test in tests]


def _host(test: Test) -> str:
    return worst([test.verdicts[lane] for lane in (HOST,) if lane in test.verdicts])


def _lanes(test: Test) -> str:
    return ", ".join(f"{lane} {verdict}" for lane, verdict in test.verdicts.items()) or "-"


def evidence(matrix: Matrix, seconds: float) -> Evidence:
    """The procedure in the report: INCONCLUSIVE without results of all tests on the host."""
    rows, found = matrix.requirements, matrix.findings
    linked = {test.id for row in matrix.rows.values() for test in row.tests}
    passed = sum(row.verdict is Verdict.PASS for row in rows)
    verdict, said = _said(matrix)
    figures = {
        "requirements": str(len(rows)),
        "of them assumed": str(sum("ASSUMED" in row.source for row in rows)),
        "assumptions": str(len(matrix.assumptions)),
        "tests": str(len(matrix.tests)),
        "tests that verify a requirement": str(len(linked)),
        "requirements whose tests passed": str(passed) if HOST in matrix.lanes else "NOT RUN",
        "lanes": ", ".join(matrix.lanes) or "none",
    }
    return Evidence(
        "trace",
        verdict,
        said,
        figures,
        found,
        {"doorstop": version("doorstop")},
        tables(matrix),
        seconds,
    )


def _said(matrix: Matrix) -> tuple[Verdict, str]:
    linked = "every requirement has evidence, every id a requirement"
    if matrix.findings:
        return Verdict.FAIL, f"{len(matrix.findings)} findings"
    if HOST not in matrix.lanes:
        return Verdict.INCONCLUSIVE, f"{linked}; lane {HOST} has not run these sources"
    if matrix.not_run:
        return Verdict.INCONCLUSIVE, f"{linked}; tests of {len(matrix.not_run)} did not run"
    return Verdict.PASS, linked


def tables(matrix: Matrix) -> list[Table]:
    """For the report: requirements with the number of their tests, files with what they verify."""
    short = [
        [row.id, row.section, row.source or "-", row.method or "-", row.verdict, _count(row)]
        for row in matrix.rows.values()
    ]
    files: dict[str, list[Test]] = {}
    for test in matrix.tests:
        files.setdefault(test.id.partition("::")[0], []).append(test)
    by_file = [
        [name, str(len(tests)), " ".join(dict.fromkeys(v for t in tests for v in t.verifies))]
        for name, tests in files.items()
        if any(test.verifies for test in tests)
    ]
    note = "Texts and tests by name: build/trace/matrix.html, requirements.csv, tests.csv."
    return [
        Table("Requirements and assumptions", SHORT_HEAD, short, note),
        Table("Tests and what they verify", ("file", "tests", "verifies"), by_file),
    ]


def _count(row: Row) -> str:
    counts = ((len(row.tests), "tests"), (len(row.references), "references"))
    own = ", ".join(f"{n} {what if n != 1 else what[:-1]}" for n, what in counts if n)
    return own or "by " + ", ".join(row.rests_here)


def write_pages(matrix: Matrix, folder: Path) -> None:
    """matrix.html, requirements.csv and tests.csv; OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    requirements, tests = requirement_rows(matrix), test_rows(matrix)
    write_atomic(folder / "requirements.csv", _csv(REQUIREMENT_HEAD, requirements))
    write_atomic(folder / "tests.csv", _csv(TEST_HEAD, tests))
    write_atomic(folder / "matrix.html", _page(matrix, requirements, tests).encode())


def _csv(head: Sequence[str], rows: Cells) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([head, *rows])
    return text.getvalue().encode()


def _page(matrix: Matrix, requirements: Cells, tests: Cells) -> str:
    known = {row[0] for row in (*requirements, *tests)}
    lanes = ", ".join(matrix.lanes) or "none (make test writes them)"
    findings = "".join(f"<li>{escape(finding)}</li>\n" for finding in matrix.findings)
    return Template(_PAGE.read_text()).substitute(
        said=f"{len(matrix.requirements)} requirements, {len(matrix.assumptions)} assumptions, "
        f"{len(matrix.tests)} tests. Lanes that ran: {escape(lanes)}.",
        findings=f"<h2>Findings</h2>\n<ul>{findings}</ul>" if findings else "",
        requirements=_table(REQUIREMENT_HEAD, requirements, known),
        tests=_table(TEST_HEAD, tests, known),
    )


def _table(head: Sequence[str], rows: Cells, known: set[str]) -> str:
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        f'<tr id="{escape(first)}"><td>{escape(first)}</td>'
        + "".join(f"<td>{_cell(cell, known)}</td>" for cell in rest)
        + "</tr>\n"
        for first, *rest in rows
    )
    return f"<table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"


def _cell(cell: str, known: set[str]) -> str:
    """Lines; what has a row of its own leads there, a verdict has its colour."""
    if cell in set(Verdict):
        return f'<b class="{cell.replace(" ", "")}">{cell}</b>'
    lines = (escape(line) for line in cell.split("\n"))
    return "<br>".join(f'<a href="#{line}">{line}</a>' if line in known else line for line in lines)
