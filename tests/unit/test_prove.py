# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The proofs of tests/cbmc: all samples of a few bits, and what is said with and without CBMC."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import prove
import pytest

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"


def run(monkeypatch: pytest.MonkeyPatch, cbmc: str | None) -> int:
    monkeypatch.setattr(prove.shutil, "which", lambda _name: cbmc)
    monkeypatch.setattr(sys, "argv", ["prove.py", "--bits", "8"])
    return prove.main()


def test_all_samples_of_a_few_bits_and_a_skip(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, None) == 0
    *tried, last = capsys.readouterr().out.splitlines()
    assert tried[0] == "ok   all of zigzag 65536"
    assert tried[-1] == "ok   all of aec of 8 bits 65536"
    assert last.startswith("skipped: ")


@pytest.mark.parametrize(("code", "word"), [(0, "ok  "), (10, "FAIL")])
def test_what_cbmc_says_counts(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    code: int,
    word: str,
) -> None:
    cbmc = tmp_path / "cbmc"
    cbmc.write_text(f"#!/bin/sh\nexit {code}\n")
    cbmc.chmod(0o755)
    assert run(monkeypatch, str(cbmc)) == (1 if code else 0)
    assert f"{word} prove_reader" in capsys.readouterr().out


def test_fuzzing_takes_every_proof() -> None:
    names = {name for of_file in prove.proofs().values() for name in of_file}
    table = (FUZZ / "proofs.c").read_text().partition("proofs[])(void) = {")[2]
    assert set(re.findall(r"prove_\w+", table)) == names
