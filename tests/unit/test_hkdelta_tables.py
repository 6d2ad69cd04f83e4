# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The housekeeping coder's tables in C are what the rule makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/hkdelta_tables.py"


@pytest.mark.verifies("HKC-10")
def test_the_tables_are_what_the_rule_makes() -> None:
    assert subprocess.run([sys.executable, TOOL, "--check"], check=False).returncode == 0


def test_other_tables_are_found(tmp_path: Path) -> None:
    for folder in ("tools", "c_src/src"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tools" / TOOL.name).write_text(TOOL.read_text())
    tables = (ROOT / "c_src/src/hkdelta_tables.c").read_text()
    (tmp_path / "c_src/src/hkdelta_tables.c").write_text(tables.replace("25545", "25546", 1))
    run = subprocess.run(
        [sys.executable, tmp_path / "tools" / TOOL.name, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "hkdelta_tables.c" in run.stderr
