# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the verification report is about: procedures, their verdicts, and the verdict of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fsw_emu.provenance import Checkout
from fsw_emu.report import junit
from fsw_emu.report.evidence import Evidence, Verdict, read


@dataclass(frozen=True)
class Procedure:
    """Something that is done to the product, by what command; the verdict of one that is optional
    does not keep the whole from passing unless it fails."""

    name: str
    title: str
    command: str
    optional: bool = False


#: lanes of tools/lanes.py
SUITES = (
    "host",
    "leon3",
    "leon3-clang",
    "asan",
    "gcc-O0",
    "release",
    "leon3-user",
    "powerpc",
    "clang",
    "gcc-O2",
)

PROCEDURES = (
    *(Procedure(f"suite {lane}", f"Test suite: {lane}", "make test") for lane in SUITES),
    Procedure("trace", "Requirements and their evidence", "make trace"),
    Procedure("coverage", "Coverage of the flight C", "make coverage"),
    Procedure("static", "Static analysis", "make static"),
    Procedure("mutant-sample", "Mutation: a sample", "make mutant-sample"),
    Procedure("mutants", "Mutation", "make mutants", optional=True),
    Procedure("planted", "Comparison finds planted changes", "make planted", optional=True),
    Procedure("margins", "Timing and memory margins", "make margins"),
    Procedure("baselines", "Baselines", "make baselines"),
    Procedure("licences", "Licences", "make licences"),
)


@dataclass(frozen=True)
class Outcome:
    """A procedure and what it found."""

    procedure: Procedure
    evidence: Evidence


def gather(evidence: Path, lanes: Path, sources: Checkout) -> list[Outcome]:
    """All procedures, those that were not run among them.

    evidence: folder of what the gates kept; lanes: folder of JUnit files, one a lane.
    """
    outcomes = []
    for procedure in PROCEDURES:
        kind, _, lane = procedure.name.partition(" ")
        if kind == "suite":
            found = junit.suite(lane, lanes / f"{lane}.xml", sources)
        else:
            found = read(procedure.name, evidence, sources)
        outcomes.append(Outcome(procedure, found))
    return outcomes


def overall(outcomes: Sequence[Outcome]) -> Verdict:
    """FAIL or ERROR if any is; else INCONCLUSIVE unless all but the optional ones pass."""
    verdicts = {outcome.evidence.verdict for outcome in outcomes}
    for bad in (Verdict.FAIL, Verdict.ERROR):
        if bad in verdicts:
            return bad
    needed = {o.evidence.verdict for o in outcomes if not o.procedure.optional}
    return Verdict.PASS if needed == {Verdict.PASS} else Verdict.INCONCLUSIVE
