# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The extended chain fits into its parts of a frame, by the budgets that tests hold it to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import chain_time
import pytest

from fsw_emu.report.frame_time import Budgets, Cost, package_budgets

TOOL = Path(__file__).parents[2] / "tools/chain_time.py"


@pytest.mark.parametrize(("name", "steps", "most", "fits"), chain_time.PARTS)
def test_what_fits(name: str, steps: tuple[chain_time.Step, ...], most: float, fits: bool) -> None:
    share = chain_time.share(steps, package_budgets())
    assert (0 < share <= most) == fits, name


def test_shares_are_sums_of_cycles() -> None:
    budgets = Budgets("by hand", 50_000_000, {"a": Cost("event", 100, 300)})
    typical = chain_time.Step("", "a", "event", 1_000_000)
    worst = chain_time.Step("", "a", "event", 1_000_000, worst=True)
    assert chain_time.share((typical,), budgets) == 0.5
    assert chain_time.share((typical, worst), budgets) == 2.0


def test_the_tool_tells_all_parts() -> None:
    said = subprocess.run([sys.executable, TOOL], check=True, capture_output=True, text=True).stdout
    assert said.count("% of a 4 s frame") == len(chain_time.PARTS)
    assert said.count(": over") == 1
