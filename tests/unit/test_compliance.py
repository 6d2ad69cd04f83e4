# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Every answer has its proof, and the page says what the answers say."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from fsw_emu.report.compliance import (
    Answer,
    counts,
    entries,
    not_claimed,
    page,
    standards,
)

ROOT = Path(__file__).resolve().parents[2]
ONE = """[[standard]]
name = "S"
clause = [{{ number = "1", asks = "a", {} }}]
"""


@cache
def functions(path: Path) -> set[str]:
    """Tests that a file of tests holds."""
    return {n.name for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)}


def test_the_page_is_of_the_answers() -> None:
    assert (ROOT / "docs/compliance.md").read_text() == page()


def test_proofs_are_tests_that_exist() -> None:
    for clause in entries():
        for proof in clause.where:
            path, _, name = proof.partition("::")
            assert name.startswith("test_"), clause
            assert name in functions(ROOT / path), clause


def test_what_is_not_claimed_is_told_where_it_says() -> None:
    claims = not_claimed()
    assert len({claim.what for claim in claims}) == len(claims) > 5
    for claim in claims:
        assert (ROOT / claim.where.partition(",")[0]).is_file(), claim


def test_every_clause_is_counted_once() -> None:
    tally = counts()
    assert set(tally) == {standard.name for standard in standards()}
    assert sum(c.total() for c in tally.values()) == len(entries()) == len(set(entries()))
    assert all(tally[name][Answer.NO] for name in tally), "no standard is here as a whole"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ('answer = "yes"', "0 proofs"),
        ('answer = "partly", note = "n"', "0 proofs"),
        ('answer = "no", note = "n", where = ["tests/a.py::test_b"]', "1 proofs"),
        ('answer = "no"', "without a reason"),
        ('answer = "partly", where = ["tests/a.py::test_b"]', "without a reason"),
        ('answer = "mostly"', "mostly"),
    ],
)
def test_an_answer_without_its_proof_or_reason_is_refused(answer: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        entries(ONE.format(answer))
