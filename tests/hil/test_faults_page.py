# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""docs/faults.md: its plan is one, its program runs, its table has all kinds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from hil.faults.plan import KINDS, read_plan

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "faults.md").read_text()


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def test_the_plan_is_one() -> None:
    plan = read_plan(block("toml"))
    assert plan.seed == 7
    assert [rule.kind for rule in plan.rules] == re.findall('^kind = "(.*)"', PAGE, re.MULTILINE)


def test_the_program_runs() -> None:
    run = subprocess.run(
        [sys.executable, "-c", block("python")], capture_output=True, text=True, check=True
    )
    assert run.stdout == "drop 3\ndrop 6\n"


def test_the_table_has_all_kinds() -> None:
    rows = re.findall(r"^\| (`.*?`) \| .* \|$", PAGE, re.MULTILINE)
    assert {name for row in rows for name in re.findall("`(.*?)`", row)} == KINDS.keys()
