# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Requirements, tests and assumptions joined: what verifies what, with which verdict, and what
is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fsw_emu.provenance import checkout
from fsw_emu.report.evidence import Verdict
from traceability import history
from traceability import items as kept
from traceability import spec as words
from traceability import tests as links
from traceability.tests import Test

HOST = "host"
SOURCES = ("IRD", "TN", "GS", "MIB", "library", "data pool", "project")  # and ASSUMED, standards
_ASSUMED = re.compile(r"ASSUMED (A[0-9]+)")
_STANDARD = re.compile(r"(CCSDS|ECSS)[- ].+")


@dataclass
class Row:
    """One requirement, or one assumption, with what verifies it."""

    id: str
    section: str
    text: str
    source: str
    method: str
    needs_tests: bool
    tests: list[Test] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    rests_here: list[str] = field(default_factory=list)  # of an assumption: requirements on it
    verdict: Verdict = Verdict.NOT_RUN


@dataclass
class Project:
    """What a folder has: SPEC.md, items, their ledger, tests, and the lanes that ran them."""

    root: Path
    spec: words.Specification
    items: kept.Items
    ledger: kept.Ledger
    given: set[str]  # ids that the ledger ever had, as far as git tells
    found: links.Found
    lanes: list[str]
    stale: list[str]  # lanes that ran other sources, or do not tell which

    def tests_of(self, name: str) -> list[Test]:
        return [test for test in self.found.tests if name in test.verifies]


@dataclass(frozen=True)
class Matrix:
    """Rows by id, the tests, the lanes that ran; what is wrong, and what else is to be said; ids
    with a test that did not run on the host, if the host ran."""

    rows: dict[str, Row]
    tests: list[Test]
    lanes: list[str]
    findings: list[str]
    notes: list[str]
    not_run: list[str]

    @property
    def requirements(self) -> list[Row]:
        return [row for row in self.rows.values() if row.method]

    @property
    def assumptions(self) -> list[Row]:
        return [row for row in self.rows.values() if not row.method]


def read_project(root: Path) -> Project:
    """Everything that the gate looks at; OSError, ValueError, doorstop's and XML's errors."""
    found = links.read_tests(root)
    tree = checkout(root).tree
    lanes, stale = links.read_results(found.tests, root / "build" / "lanes", tree)
    spec = words.read((root / "SPEC.md").read_text())
    items, ledger = kept.read_items(root), kept.read_ledger(root)
    return Project(root, spec, items, ledger, history.given(root), found, lanes, stale)


def join(project: Project) -> Matrix:
    """The matrix of a project, with all that is wrong with it."""
    rows = _requirements(project) | _assumptions(project)
    for row in rows.values():
        row.tests = project.tests_of(row.id)
        row.verdict = _verdict(row)
    for row in list(rows.values()):
        for name in _ASSUMED.findall(row.source):
            if name in rows:
                rows[name].rests_here.append(row.id)
    findings = [
        *project.spec.findings,
        *kept.faults(project.root, project.items, project.spec.requirements),
        *kept.deleted(project.items, project.ledger, project.given),
        *project.found.findings,
        *(fault for row in rows.values() for fault in _faults(row, rows, project.lanes)),
        *_unknown(project.found.tests, rows),
        *_lost(project),
    ]
    not_run = [row for row in rows.values() if HOST in project.lanes and _is_not_run(row)]
    notes = [
        *(f"lane {lane} ran other or unknown sources: left out" for lane in project.stale),
        *(f"{row.id}: NOT RUN: {_not_passed(row)}" for row in not_run),
        *_unrecorded(project),
    ]
    names = [row.id for row in not_run]
    return Matrix(rows, project.found.tests, project.lanes, findings, notes, names)


def _requirements(project: Project) -> dict[str, Row]:
    rows = {}
    for requirement in project.spec.requirements.values():
        item = project.items.get(requirement.id)
        if item is None or not item.active:
            continue
        references = [
            f"{one['path']}: {one.get('keyword', 'all of it')}" for one in item.references or ()
        ]
        rows[requirement.id] = Row(
            requirement.id,
            requirement.section,
            requirement.text,
            str(item.attribute("source") or ""),
            str(item.attribute("method") or ""),
            item.attribute("method") == "test",
            references=references,
        )
    return rows


def _assumptions(project: Project) -> dict[str, Row]:
    spec = project.spec
    return {
        name: Row(name, "1", text, "", "", name in spec.options)
        for name, text in spec.assumptions.items()
    }


def _faults(row: Row, rows: dict[str, Row], lanes: list[str]) -> Iterator[str]:
    """What is wrong with one row."""
    for part in filter(None, row.source.split(", ")) if row.method else ():
        assumed = _ASSUMED.fullmatch(part)
        if not (part in SOURCES or _STANDARD.fullmatch(part) or (assumed and assumed[1] in rows)):
            yield f"{row.id}: source {part!r} is none"
    if row.method and not row.source:
        yield f"{row.id}: no source; ASSUMED, if none says so"
    for name in sorted(set(words.ASSUMPTION.findall(row.text)) if row.method else ()):
        if f"ASSUMED {name}" not in row.source.split(", "):
            yield f"{row.id}: rests on {name}, which is not among its sources"
    if row.method in ("analysis", "inspection") and not row.references:
        yield f"{row.id}: {row.method} without a reference"
    if row.needs_tests and not row.rests_here:
        if not row.tests:
            yield f"{row.id}: without evidence: no test verifies it"
        elif all(test.left_out for test in row.tests):
            yield f"{row.id}: without evidence: all its tests are skipped or expected to fail"
    none_ran = {_on_host(test) for test in row.tests} == {Verdict.NOT_RUN}
    if row.verdict in (Verdict.FAIL, Verdict.ERROR) or (HOST in lanes and none_ran):
        where = _not_passed(row) if HOST in lanes else ""
        yield f"{row.id}: {row.verdict}: {where or 'in another lane'}"


def _on_host(test: Test) -> Verdict:
    return test.verdicts.get(HOST, Verdict.NOT_RUN)


def _not_passed(row: Row) -> str:
    """Tests that did not pass on the host, and how they ended there."""
    ends = ((test.id, _on_host(test)) for test in row.tests)
    return ", ".join(f"{name} {verdict}" for name, verdict in ends if verdict != Verdict.PASS)


def _is_not_run(row: Row) -> bool:
    """Whether some tests of a row did not run and the others passed: where none ran, that is a
    fault."""
    ran = any(_on_host(test) is not Verdict.NOT_RUN for test in row.tests)
    return ran and row.verdict is Verdict.NOT_RUN


def _verdict(row: Row) -> Verdict:
    """PASS if every test passed on the host and none failed elsewhere. What no test verifies has
    been reviewed, if something refers to it."""
    if not row.tests:
        return Verdict.PASS if row.references else Verdict.NOT_RUN
    of_host = [_on_host(test) for test in row.tests]
    elsewhere = {verdict for test in row.tests for verdict in test.verdicts.values()}
    return links.worst([*of_host, *(elsewhere & {Verdict.FAIL, Verdict.ERROR})])


def _unknown(tests: Iterable[Test], rows: dict[str, Row]) -> Iterator[str]:
    for test in tests:
        for name in test.verifies:
            if name not in rows:
                yield f"{test.id}: verifies {name}, which is no requirement"
        if len(set(test.verifies)) != len(test.verifies):
            yield f"{test.id}: verifies the same twice"


def _lost(project: Project) -> Iterator[str]:
    """Tests that the last review found and that verify no longer."""
    for name, before in project.ledger.tests.items():
        now = {test.id for test in project.tests_of(name)}
        item = project.items.get(name)
        if item is not None and item.active:
            for test in sorted(set(before) - now):
                yield f"{name}: {test} verified it at its review and does no more"


def _unrecorded(project: Project) -> Iterator[str]:
    for name, before in project.ledger.tests.items():
        for test in project.tests_of(name):
            if test.id not in before:
                yield f"{name}: {test.id} is new since its review"
