# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Test runs as procedures of the report, read from the JUnit files that pytest writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from fsw_emu.provenance import Checkout
from fsw_emu.report.evidence import Evidence, Table, Verdict

FOLDER = "lanes"
#: property of a test suite: the hash of the sources that it judged
TREE = "tree"
#: property that tools/lanes.py adds where a run ended badly although no test failed
ENDED = "ended"
OUTCOMES = {"failure": Verdict.FAIL, "error": Verdict.ERROR, "skipped": Verdict.NOT_RUN}
MAX_LISTED = 50
#: why a test may be skipped without the run being less than whole: the named optional lanes
OPTIONAL = ("dual core:", "CBMC:")


@dataclass(frozen=True)
class TestCase:
    """One test of a run: its file's module and name, what became of it, and why."""

    __test__ = False

    name: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True)
class TestRun:
    """One JUnit file. ``tree`` is "" where the file does not tell what it judged."""

    __test__ = False

    cases: tuple[TestCase, ...]
    seconds: float
    properties: dict[str, str] = field(default_factory=dict)

    def of(self, verdict: Verdict) -> list[TestCase]:
        return [case for case in self.cases if case.verdict is verdict]


def read_run(path: Path) -> TestRun:
    """OSError or ValueError when there is no such file, or it is none of pytest's."""
    try:
        root = ElementTree.parse(path).getroot()  # noqa: S314 - our own file
    except ElementTree.ParseError as error:
        raise ValueError(f"{path.name}: {error}") from error
    suites = list(root.iter("testsuite"))
    if not suites:
        raise ValueError(f"{path.name}: no test suite in it")
    properties = {
        item.get("name", ""): item.get("value", "")
        for suite in suites
        for item in suite.iterfind("properties/property")
    }
    cases = tuple(_case(element) for suite in suites for element in suite.iterfind("testcase"))
    seconds = sum(float(suite.get("time", 0)) for suite in suites)
    return TestRun(cases, seconds, properties)


def _case(element: ElementTree.Element) -> TestCase:
    name = f"{element.get('classname', '')}.{element.get('name', '')}"
    for tag, verdict in OUTCOMES.items():
        found = element.find(tag)
        if found is not None:
            return TestCase(name, verdict, found.get("message", ""))
    return TestCase(name, Verdict.PASS)


def suite(lane: str, path: Path, sources: Checkout) -> Evidence:
    """A lane's run as evidence. What was skipped is listed as NOT RUN, and the run then tells
    nothing for sure (INCONCLUSIVE), but for the named optional lanes."""
    try:
        run = read_run(path)
    except FileNotFoundError:
        return Evidence(f"suite {lane}", Verdict.NOT_RUN, "not run", sources=sources)
    except (OSError, ValueError) as error:
        return Evidence(f"suite {lane}", Verdict.ERROR, str(error), sources=sources)
    counts = {verdict: len(run.of(verdict)) for verdict in Verdict}
    said = ", ".join(
        f"{counts[verdict]} {word}"
        for verdict, word in (
            (Verdict.PASS, "passed"),
            (Verdict.FAIL, "failed"),
            (Verdict.ERROR, "with errors"),
            (Verdict.NOT_RUN, "not run"),
        )
        if counts[verdict] or verdict is Verdict.PASS
    )
    verdict = _verdict(run, counts)
    if ENDED in run.properties:
        said += f"; {run.properties[ENDED]}"
    tree = run.properties.get(TREE, "")
    if not tree or tree != sources.tree:
        said = f"of other sources ({verdict}: {said})"
        verdict = Verdict.INCONCLUSIVE
    return Evidence(
        f"suite {lane}",
        verdict,
        said,
        findings=[f"{case.name}: {_line(case.why)}" for case in _bad(run)][:MAX_LISTED],
        tables=[_not_run(lane, run.of(Verdict.NOT_RUN))] if counts[Verdict.NOT_RUN] else [],
        seconds=run.seconds,
        sources=sources,
    )


def _verdict(run: TestRun, counts: dict[Verdict, int]) -> Verdict:
    if counts[Verdict.FAIL]:
        return Verdict.FAIL
    if counts[Verdict.ERROR]:
        return Verdict.ERROR
    if ENDED in run.properties:
        return Verdict.ERROR
    if not counts[Verdict.PASS]:
        return Verdict.NOT_RUN
    left_out = [c for c in run.of(Verdict.NOT_RUN) if not c.why.startswith(OPTIONAL)]
    return Verdict.INCONCLUSIVE if left_out else Verdict.PASS


def _bad(run: TestRun) -> list[TestCase]:
    return [*run.of(Verdict.FAIL), *run.of(Verdict.ERROR)]


def _not_run(lane: str, cases: Iterable[TestCase]) -> Table:
    rows = [[case.name, _line(case.why)] for case in cases]
    return Table(f"Tests not run: {lane}", ["test", "why"], rows)


def _line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
