# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What commands on links share: an interruption is heard at any time, files are kept apart."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.cli.main import main
from fsw_emu.cli.rig import INTERRUPTED, run_rig, unless

PLAN = '[[fault]]\nkind = "drop"\nevery = 2\n'


def test_waiting_for_a_peer_can_be_interrupted() -> None:
    async def wait(stop: asyncio.Event) -> int:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        return await unless(stop, asyncio.sleep(60, 0))

    assert run_rig(wait) == INTERRUPTED


def test_what_is_waited_for_is_given() -> None:
    assert run_rig(lambda stop: unless(stop, asyncio.sleep(0, 7))) == 7


@given(st.lists(st.sampled_from([0.0, 0.00005, 0.001]), max_size=6))
def test_the_eager_loop_keeps_time(waits: list[float]) -> None:
    async def count(_: asyncio.Event) -> int:
        start = asyncio.get_running_loop().time()
        for wait in waits:
            await asyncio.sleep(wait)
        assert asyncio.get_running_loop().time() - start >= sum(waits) * 0.99 - 1e-6
        return len(waits)

    assert run_rig(count, eager=True) == len(waits)


@pytest.mark.parametrize("option", ["--log", "--record"])
def test_a_plan_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    ends = ["gresb-server://127.0.0.1:0", "gresb-server://127.0.0.1:0"]
    assert main(["bridge", *ends, "--faults", str(plan), option, str(plan)]) == 2
    assert "different files" in capsys.readouterr().err
    assert plan.read_text() == PLAN


def test_a_wrong_address_leaves_products_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--scene", "quiet", "--frames", "1", "--out", str(tmp_path)]) == 0
    before = {path.name for path in tmp_path.iterdir()}
    assert main(["dpu", "--link", "nowhere", "--out", str(tmp_path)]) == 2
    assert {path.name for path in tmp_path.iterdir()} == before
    assert len(capsys.readouterr().err.splitlines()) == 1
