# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What standards ask, clause by clause, whether it is here, and what is not claimed.

compliance.toml holds the answers; docs/compliance.md and the verification report show them.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Answer(StrEnum):
    """Partly: some of it, or otherwise than the standard has it."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


@dataclass(frozen=True)
class Standard:
    """``scope``: what of it this project is about; ``numbers``: where clause numbers are from."""

    name: str
    title: str
    scope: str
    numbers: str


@dataclass(frozen=True)
class Clause:
    """``asks``: in our own words. ``where``: the tests that prove it, as pytest names them; of a
    no none. ``note``: limits, or why not; a no and a partly have one. ``confirmed``: whether the
    number stands in a source."""

    standard: str
    number: str
    asks: str
    answer: Answer
    where: tuple[str, ...] = ()
    note: str = ""
    confirmed: bool = True


@dataclass(frozen=True)
class NotClaimed:
    """What no one may conclude; ``where`` it is told at more length."""

    what: str
    why: str
    where: str


def standards() -> tuple[Standard, ...]:
    """In the order of the file."""
    names = Standard.__dataclass_fields__
    return tuple(Standard(**{n: entry[n] for n in names}) for entry in _data()["standard"])


def entries(text: str | None = None) -> tuple[Clause, ...]:
    """Every clause, standard by standard, of the package's answers or of a text like it.

    ValueError for one that answers without what its answer needs.
    """
    return tuple(
        _clause(standard["name"], **clause)
        for standard in _data(text)["standard"]
        for clause in standard["clause"]
    )


def not_claimed() -> tuple[NotClaimed, ...]:
    """In the order of the file."""
    return tuple(NotClaimed(**entry) for entry in _data()["not_claimed"])


def counts() -> dict[str, Counter[Answer]]:
    """How many clauses of each standard have each answer."""
    found = {standard.name: Counter[Answer]() for standard in standards()}
    for clause in entries():
        found[clause.standard][clause.answer] += 1
    return found


def page() -> str:
    """docs/compliance.md."""
    tally = counts()
    rows = [
        (s.name, s.title, *(str(tally[s.name][answer]) for answer in Answer)) for s in standards()
    ]
    parts = [_HEAD, *_table(("standard", "about", *Answer), rows), ""]
    for standard in standards():
        parts += [f"## {standard.name}: {standard.title}", "", standard.scope]
        parts += [f"Clause numbers: {standard.numbers}.", ""]
        clauses = [_row(clause) for clause in entries() if clause.standard == standard.name]
        parts += [*_table(("clause", "asks", "answer", "proof, limits"), clauses), ""]
    parts += ["## What is not claimed", ""]
    parts += [f"* **{claim.what}**: {claim.why} ({claim.where})" for claim in not_claimed()]
    return "\n".join(parts) + "\n"


def _data(text: str | None = None) -> dict[str, Any]:
    if text is None:
        text = files("fsw_emu.report").joinpath("compliance.toml").read_text("utf-8")
    return tomllib.loads(text)


def _clause(standard: str, **given: Any) -> Clause:
    answer = Answer(given.pop("answer"))
    clause = Clause(standard, answer=answer, where=tuple(given.pop("where", ())), **given)
    if bool(clause.where) == (answer is Answer.NO):
        raise ValueError(f"{standard} {clause.number}: {answer} and {len(clause.where)} proofs")
    if not clause.note and answer is not Answer.YES:
        raise ValueError(f"{standard} {clause.number}: {answer} without a reason")
    return clause


def _row(clause: Clause) -> tuple[str, ...]:
    number = clause.number if clause.confirmed else f"{clause.number} (unconfirmed)"
    answer = "**no**" if clause.answer is Answer.NO else clause.answer
    proofs = [f"`{proof.removeprefix('tests/')}`" for proof in clause.where]
    return number, clause.asks, answer, "; ".join(filter(None, [clause.note, *proofs]))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows)]


_HEAD = """<!-- SPDX-FileCopyrightText: 2026 fsw-emu contributors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->

# Compliance

What standards ask, in our own words, and whether it is here. Yes and partly name the tests that
prove it, under `tests/`; partly says what is missing. Made of `fsw_emu/report/compliance.toml` by
`tools/compliance_page.py`. Answers are our own; no one has certified them.
"""
