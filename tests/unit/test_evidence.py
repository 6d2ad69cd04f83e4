# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Verdicts are kept and read as they were meant; what was not run is no pass."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from fsw_emu.provenance import Checkout, checkout
from fsw_emu.report.evidence import Evidence, Table, Verdict, read, write

NOW = Checkout("c0ffee", False, "abc")
GOOD = Evidence(
    "static",
    Verdict.PASS,
    "nothing found",
    {"rules": "143"},
    ["one"],
    {"cppcheck": "2.10"},
    [Table("t", ["a"], [["1"]])],
    1.5,
    NOW,
)


def test_what_is_kept_is_read(tmp_path: Path) -> None:
    assert write(GOOD, tmp_path / "new", NOW) == tmp_path / "new/static.json"
    assert read("static", tmp_path / "new", NOW) == GOOD


def test_a_procedure_that_never_ran_is_no_pass(tmp_path: Path) -> None:
    assert read("static", tmp_path, NOW).verdict is Verdict.NOT_RUN


@pytest.mark.parametrize("text", ["", "{}", '{"procedure": "static"}', "[]", "null"])
def test_a_damaged_file_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "static.json").write_text(text)
    assert read("static", tmp_path, NOW).verdict is Verdict.ERROR


def test_a_verdict_on_other_sources_does_not_count(tmp_path: Path) -> None:
    write(GOOD, tmp_path, NOW)
    stale = read("static", tmp_path, replace(NOW, tree="def"))
    assert stale.verdict is Verdict.INCONCLUSIVE
    assert "PASS: nothing found" in stale.said
    assert stale.tables == GOOD.tables


def test_where_nobody_knows_the_sources_nothing_counts(tmp_path: Path) -> None:
    unknown = Checkout("", False, "")
    write(replace(GOOD, sources=unknown), tmp_path, unknown)
    assert read("static", tmp_path, unknown).verdict is Verdict.INCONCLUSIVE


def test_sources_that_change_meanwhile_are_an_error(tmp_path: Path) -> None:
    write(GOOD, tmp_path, replace(NOW, tree="def"))
    for tree in ("abc", "def"):
        assert read("static", tmp_path, replace(NOW, tree=tree)).verdict is not Verdict.PASS
    assert read("static", tmp_path, NOW).said.startswith("sources changed meanwhile (PASS")


def test_the_tree_is_the_sources_not_the_commit(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e"]
        subprocess.run([*command, *arguments], check=True, capture_output=True)

    def state() -> Checkout:
        return checkout.__wrapped__(tmp_path)

    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "a")
    clean = state()
    assert not clean.dirty
    (tmp_path / "b").write_text("2")
    dirty = state()
    assert dirty.dirty
    assert dirty.commit == clean.commit
    assert dirty.tree != clean.tree
    git("add", "b")
    git("commit", "-qm", "b")
    assert state() == replace(dirty, commit=state().commit, dirty=False)
    assert state().commit != clean.commit


def test_without_git_nothing_is_known(tmp_path: Path) -> None:
    assert checkout.__wrapped__(tmp_path / "none") == Checkout("", False, "")


def test_the_page_names_tests_that_are_there() -> None:
    """What docs/evidence.md says of the watchmen is so."""
    root = Path(__file__).resolve().parents[2]
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", (root / "docs/evidence.md").read_text())
    assert len(named) >= 15
    for file, test in named:
        assert f"def {test}(" in (root / file).read_text(), f"{file}: no {test}"
