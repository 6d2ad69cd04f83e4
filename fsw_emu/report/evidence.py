# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a verification procedure found: one JSON file a procedure, from which the report is made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from fsw_emu.atomic import write_atomic
from fsw_emu.provenance import ROOT, Checkout, checkout

FOLDER = ROOT / "build" / "evidence"


class Verdict(StrEnum):
    """As verification reports have them. A skip is NOT RUN, never a PASS."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"  # it ran, but does not tell: other sources, an optional part
    ERROR = "ERROR"  # it could not do its work
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True)
class Table:
    """Rows for the report; every cell is text."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Evidence:
    """One procedure: its verdict, what it says in a line, its figures (name -> value with
    unit), what it has against the product (one line each), the tools (name -> version) and
    tables."""

    procedure: str
    verdict: Verdict
    said: str
    figures: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[str] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[Table] = ()
    seconds: float = 0.0
    sources: Checkout = field(default_factory=checkout)


def write(evidence: Evidence, folder: Path = FOLDER, now: Checkout | None = None) -> Path:
    """Keep it as ``folder/procedure.json``; OSError. A verdict on sources that have changed since
    the procedure began is no verdict: ERROR. now: the sources as they are."""
    if evidence.sources.tree != (now or checkout.__wrapped__()).tree:
        said = f"sources changed meanwhile ({evidence.verdict}: {evidence.said})"
        evidence = replace(evidence, verdict=Verdict.ERROR, said=said)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{evidence.procedure}.json"
    write_atomic(path, (json.dumps(asdict(evidence), indent=1) + "\n").encode())
    return path


def read(procedure: str, folder: Path = FOLDER, sources: Checkout | None = None) -> Evidence:
    """What was kept. Nothing kept is NOT RUN, an unreadable file an ERROR; a verdict on other
    sources than these, or where nobody knows the sources, is INCONCLUSIVE."""
    path = folder / f"{procedure}.json"
    try:
        found = json.loads(path.read_text())
        found["verdict"] = Verdict(found["verdict"])
        found["sources"] = Checkout(**found["sources"])
        found["tables"] = [Table(**table) for table in found["tables"]]
        evidence = Evidence(**found)
    except FileNotFoundError:
        return Evidence(procedure, Verdict.NOT_RUN, "not run")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Evidence(procedure, Verdict.ERROR, f"{path.name} cannot be read: {error}")
    tree = (sources or checkout()).tree
    if not tree or evidence.sources.tree != tree:
        said = f"of other sources ({evidence.verdict}: {evidence.said})"
        return replace(evidence, verdict=Verdict.INCONCLUSIVE, said=said)
    return evidence
