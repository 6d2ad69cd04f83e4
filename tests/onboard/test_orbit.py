# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Long runs: the same telemetry with and without the cycles that do nothing; the command."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from fsw_emu.archive import Archive
from fsw_emu.cli.main import main
from fsw_emu.testbed import script
from fsw_emu.testbed.tally import Tally
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.scenario import read_scenario, shipped

#: things that happen while frames come
EVENTFUL = """
title = "things happen"
[[at]]
t_s = 80.0
act = "fee.drop"
share = 0.1
for_s = 9.0
[[at]]
t_s = 120.0
act = "edac.upsets"
rate = 0.5
for_s = 60.0
[[at]]
t_s = 130.0
act = "fee.rmap_timeout"
for_s = 1.5
"""
STEPS = (script.boot, script.stand_by, script.open_door, script.prepare, script.observe)


def telemetry(*, one_by_one: bool, text: str, seconds: int) -> list[bytes]:
    bed = Testbed(scenario=read_scenario(text), draws=True)
    for step in STEPS:
        step(bed)
    for _ in range(seconds * 8 if one_by_one else 1):
        if one_by_one:
            bed.cycle()
        else:
            bed.run(seconds)
    return bed.take()


@pytest.mark.parametrize("text", ['title = "quiet"', EVENTFUL], ids=["quiet", "eventful"])
def test_the_same_telemetry_without_idle_cycles(text: str) -> None:
    every = telemetry(one_by_one=True, text=text, seconds=150)
    assert telemetry(one_by_one=False, text=text, seconds=150) == every
    assert len(every) > 200


def test_few_cycles_are_run() -> None:
    bed = Testbed(scenario=shipped("quiet_orbit"), draws=True)
    for step in STEPS:
        step(bed)
    begun, n_run = bed.world.cycle, bed.n_run
    bed.run(200)
    assert bed.n_run - n_run < (bed.world.cycle - begun) / 5


def test_a_run_and_its_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orbit", "--hours", "0.1", "--out", str(tmp_path)]) == 0
    assert "0.1 h in" in capsys.readouterr().out
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["ended_in"] == "SIA_SCIENCE"
    assert summary["cycles"] == 0.1 * 3600 * 8
    assert summary["frames"] >= (360 - 75) // 4
    assert summary["failed_telecommands"] == 0
    modes = [new for _, event, _, new in summary["transitions"] if event == "EVT_IASW_TR"]
    assert modes == ["SIA_STANDBY", "SIA_PRE_SCIENCE", "SIA_SCIENCE"]
    data, counted, at = (tmp_path / "tm.bin").read_bytes(), Counter[str](), 0
    while at < len(data):
        counted[f"{data[at + 7]},{data[at + 8]}"] += 1
        at += int.from_bytes(data[at + 4 : at + 6], "big") + 7
    assert counted == summary["packets"]
    assert {path.name for path in tmp_path.iterdir()} == {"tm.bin", "summary.json"}


def test_into_an_archive(tmp_path: Path) -> None:
    file = tmp_path / "session.sqlite"
    out = tmp_path / "out"
    assert main(["orbit", "--hours", "0.1", "--out", str(out), "--archive", str(file)]) == 0
    summary = json.loads((out / "summary.json").read_text())
    with Archive.open(file) as archive:
        counts = {f"{a},{b}": n for (a, b), n in archive.counts().items()}
    assert counts == summary["packets"]
    assert not (out / "tm.bin").exists()


def test_a_unit_that_gets_stuck_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "stuck.toml"
    scenario.write_text('title = "stuck"\n[[at]]\nt_s = 0\nact = "door.stuck"\n')
    arguments = ["orbit", "--hours", "1", "--scenario", str(scenario), "--out"]
    assert main([*arguments, str(tmp_path / "out")]) == 1
    assert "no open door within 120 s" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("wrong", [["--hours", "0"], ["--hours", "nan"], ["--seed", "-1"]])
def test_wrong_use(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["orbit", "--out", str(tmp_path), *wrong])
    assert stopped.value.code == 2


def test_no_such_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orbit", "--scenario", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("packet", [b"", bytes(8), b"\x09A" + bytes(5) + b"\x05\x01"])
def test_what_is_no_telemetry_is_not_counted(packet: bytes) -> None:
    with pytest.raises(ValueError, match=r"telemetry packet|length field"):
        Tally(Testbed().dpu.table).add([packet])
