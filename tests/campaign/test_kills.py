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

    made = campaign_kill.examine(command, tmp_path, runs=30, kills=3, rng=random.Random(2))
    assert made.faults == ()
    assert len(made.done) == 3


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Campaigns of two runs, alike."""
    plan = Plan(tuple(read_names("flight")), ("plain",), 2, 1)
    folders = tmp_path / "calm", tmp_path / "killed"
    for folder in folders:
        run_campaign(plan, folder, world=plain_world.PLAIN)
    assert campaign_kill.differences(*folders, 2) == []
    return folders


def test_differences_are_found(two: tuple[Path, Path]) -> None:
    one, other = sorted(two[1].glob("runs/*.parquet"))
    one.unlink()
    other.write_bytes(b"")
    faults = campaign_kill.differences(*two, 2)
    assert [fault.rpartition(": ")[2] for fault in faults[:2]] == ["only in one of them", "differs"]
    assert faults[2:] == ["2 runs planned, 2 runs of 2 addresses in the table, 1 files"]


def test_every_file_is_compared(two: tuple[Path, Path]) -> None:
    for name, folder in zip("ab", two, strict=True):
        (folder / "index.html").write_text(name)
    (two[1] / "runs/.half.1.part").write_bytes(b"")
    assert campaign_kill.differences(*two, 2) == [
        "runs/.half.1.part: only in one of them",
        "index.html: differs",
    ]


def test_what_was_planned_is_counted(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["3 runs planned, 2 runs of 2 addresses in the table, 2 files"]
    assert campaign_kill.differences(*two, 3) == told
    with pytest.raises(SystemExit) as end:
        campaign_kill.main(["--runs", "101"])
    assert end.value.code == 2
    assert "--runs 101: a multiple of 2" in capsys.readouterr().err


def test_runs_without_a_result_are_told(tmp_path: Path) -> None:
    plan = Plan(tuple(read_names("flight")), ("broken",), 2, 1)
    for name in ("calm", "killed"):
        run_campaign(plan, tmp_path / name, world=plain_world.PLAIN)
    told = ["runs without a result: impossible scene"]
    assert campaign_kill.differences(tmp_path / "calm", tmp_path / "killed", 2) == told


@pytest.fixture
def scheduler() -> Iterator[str]:
    import distributed

    here = "127.0.0.1:0"  # any port: other clusters may have the usual one
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=here, silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_makes_the_same_bytes(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def keep(events):\n    return events['row'] > 300\n")
    names = tuple(read_names("flight,mine.py:keep"))
    plan = Plan(names, ("plain",), 3, 1, folder=tmp_path)
    run_campaign(plan, tmp_path / "here", world=plain_world.PLAIN)
    run_campaign(plan, tmp_path / "there", world=plain_world.PLAIN, scheduler=scheduler)
    assert campaign_kill.differences(tmp_path / "here", tmp_path / "there", 6) == []


def test_no_scheduler_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsw_emu.campaign.workers._CONNECT_S", 0.5)
    plan = Plan(tuple(read_names("flight")), ("plain",), 1, 1)
    with pytest.raises(OSError, match=r"127\.0\.0\.1:9"):
        run_campaign(plan, tmp_path, world=plain_world.PLAIN, scheduler="tcp://127.0.0.1:9")
