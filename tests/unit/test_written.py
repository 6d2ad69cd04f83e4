# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The table bank in C is what the rule makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/huffman_bank.py"


@pytest.mark.verifies("HUF-4")
def test_the_bank_is_what_the_rule_makes() -> None:
    assert subprocess.run([sys.executable, TOOL, "--check"], check=False).returncode == 0


def test_another_bank_is_found(tmp_path: Path) -> None:
    for folder in ("tools", "c_src/src"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tools/huffman_bank.py").write_text(TOOL.read_text())
    bank = (ROOT / "c_src/src/huffman_bank.c").read_text()
    (tmp_path / "c_src/src/huffman_bank.c").write_text(bank.replace("0x2", "0x3", 1))
    run = subprocess.run(
        [sys.executable, tmp_path / "tools/huffman_bank.py", "--check"],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "huffman_bank.c" in run.stderr
