# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A campaign that is killed, and one on a cluster, are those that were left alone."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import campaign_kill
import plain_world
import pytest

from fsw_emu.algorithms.names import read_names
from fsw_emu.campaign.campaign import run_campaign
from fsw_emu.campaign.plan import Plan


def test_kills_cost_nothing_but_time(tmp_path: Path) -> None:
    def command(out: Path) -> list[str]:
        return [sys.executable, plain_world.__file__, "15", str(out)]

    made = campaign_kill.examine(command, tmp_path, kills=3, rng=random.Random(2))
    assert made.faults == ()
    assert len(made.done) == 3


def test_differences_are_found(tmp_path: Path) -> None:
    plan = Plan(tuple(read_names("flight")), ("plain",), 2, 1)
    for name in ("calm", "killed"):
        run_campaign(plan, tmp_path / name, world=plain_world.PLAIN)
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    assert campaign_kill.differences(calm, killed) == []
    one, other = sorted(killed.glob("runs/*.parquet"))
    one.unlink()
    other.write_bytes(b"")
    faults = campaign_kill.differences(calm, killed)
    assert [fault.rpartition(": ")[2] for fault in faults[:2]] == ["only in one of them", "differs"]
    assert faults[2:] == ["2 runs in the table, 1 files"]


@pytest.fixture
def scheduler() -> Iterator[str]:
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_makes_the_same_bytes(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def keep(events):\n    return events['row'] > 300\n")
    names = tuple(read_names("flight,mine.py:keep"))
    plan = Plan(names, ("plain",), 3, 1, folder=tmp_path)
    run_campaign(plan, tmp_path / "here", world=plain_world.PLAIN)
    run_campaign(plan, tmp_path / "there", world=plain_world.PLAIN, scheduler=scheduler)
    assert campaign_kill.differences(tmp_path / "here", tmp_path / "there") == []


def test_no_scheduler_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsw_emu.campaign.workers._CONNECT_S", 0.5)
    plan = Plan(tuple(read_names("flight")), ("plain",), 1, 1)
    with pytest.raises(OSError, match=r"127\.0\.0\.1:9"):
        run_campaign(plan, tmp_path, world=plain_world.PLAIN, scheduler="tcp://127.0.0.1:9")
