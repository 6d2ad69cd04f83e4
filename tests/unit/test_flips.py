# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu assumptions``: every other answer runs, and what changes is told."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fsw_emu.assumptions import ASSUMPTIONS
from fsw_emu.cli import flips
from fsw_emu.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
FLIPPED = [row for row in ASSUMPTIONS if row.can_be_flipped]


def assumptions(path: Path, *args: object) -> tuple[int, dict[str, Any]]:
    code = main(["assumptions", "--json", str(path), *map(str, args)])
    return code, json.loads(path.read_text())


def flips_of(report: dict[str, Any]) -> dict[str, Any]:
    return {f"{row['id']} {f['choice']}": f for row in report["rows"] for f in row.get("flips", [])}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("quiet") / "flips.json"
    code, report = assumptions(path, "--scene", "quiet", "--frames", 1, "--", "--frame-period", 2)
    assert code == 0
    return report


def answers_tested() -> Iterator[ast.FunctionDef]:
    for path in (ROOT / "tests" / "unit").glob("test_answers_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                yield node


def test_every_answer_has_a_test_that_names_it() -> None:
    tests = [(node.name, ast.unparse(node).lower()) for node in answers_tested()]
    for row in FLIPPED:
        named = "\n".join(
            text for name, text in tests if name.startswith(f"test_{row.id.lower()}_")
        )
        for choice in row.choices[1:]:
            word = r"[,. _]+".join(re.split(r"[,.]", choice.value.lower()))
            assert re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", named), f"{row.id} {word}"


def test_every_answer_runs(quiet: dict[str, Any]) -> None:
    base_is_default = {f"{row.id} {c.value}" for row in FLIPPED for c in row.choices[1:]}
    period_given = {"A12 default", "A12 10.13"}
    assert set(flips_of(quiet)) == base_is_default | period_given
    for name, flip in flips_of(quiet).items():
        assert not flip["refused"], name
        assert flip["lossless"], name


#: answers that act on none of: one frame, alike thresholds, no image, nothing lost or at fault
NO_EFFECT = {
    "A3 little", "A11 counter", "A13 1", "A15 next", "A16 0", "A17 all", "A18 160x99",
    "A20 cleared", "A22 running", "A25 0", "A26 high", "A26 low", "A31 raster", "A32 exchanged",
    "A34 wraps", "A37 522", "A38 binary", "A5 3", "A15 before", "A44 clears-f2",
}  # fmt: skip


def test_no_effect_is_said_where_there_is_none(quiet: dict[str, Any]) -> None:
    without = {name for name, flip in flips_of(quiet).items() if not flip["effect"]}
    assert without >= NO_EFFECT
    assert without - NO_EFFECT <= {"A6 fails", "A31 simulator", "A9 windows", "A33 ccd",
                                   "A27 100"}  # fmt: skip


def test_products_and_counters_that_change(quiet: dict[str, Any]) -> None:
    told = flips_of(quiet)
    assert told["A39 32"]["products"] == ["tm.bin"]
    assert told["A39 32"]["counters"] == {}
    assert told["A23 fee"]["products"] == ["events.fits"]
    assert told["A40 zero"]["products"] == ["tm.bin", "ce"]
    assert told["A1 simulator"]["products"] == ["tm.bin", "ce", "events.fits"]
    assert told["A7 none"]["counters"]["codec"] == ["aec", "none"]
    packets = quiet["base"]["summary"]["packets"]
    assert told["A36 omitted"]["counters"]["packets"] == [packets, packets - 1]
    masks = quiet["base"]["summary"]["wandering_masks"]
    assert masks
    assert told["A14 ED"]["counters"]["wandering_masks"] == [masks, 0]


def test_image_answers_act_on_images(tmp_path: Path) -> None:
    only = ["--only", "A3,A17,A18,A37", "--scene", "quiet"]
    _, report = assumptions(tmp_path / "a", *only, "--", "--image", "uv", "--stack", 2)
    told = flips_of(report)
    assert told["A3 little"]["products"] == []  # both sides of a scene
    assert told["A17 all"]["products"] == ["tm.bin", "ce", "images"]
    assert told["A18 160x99"]["products"] == ["tm.bin", "ce", "images"]
    assert told["A37 522"]["products"] == []
    assert told["A37 522"]["counters"]["packets"][1] > told["A37 522"]["counters"]["packets"][0]


@pytest.mark.shared
def test_a_recording_of_the_simulator(recordings: Path, tmp_path: Path) -> None:
    path = recordings / "evsim_seed1.gresb.gz"
    limits = ["--centre-max", 5000, "--ring-sum-max", 5600, "--ring-max", 700]
    code, report = assumptions(
        tmp_path / "a", "--recording", path, "--only", "A1,A2,A4,A6", "--", "--simulator", *limits
    )
    assert code == 0
    assert report["base"]["summary"]["events_kept"] == 792
    told = flips_of(report)
    assert set(told) == {"A1 raster", "A2 packet", "A4 goes-on", "A6 fails"}
    assert told["A2 packet"]["counters"]["events_kept"] == [792, 0]
    assert len(told["A2 packet"]["new_faults"]) == 1270
    assert told["A4 goes-on"]["new_faults"] == [
        "packet 1: out of order or repeated (sequence 0, expected 1)"
    ]
    assert not told["A6 fails"]["effect"]  # what the FEE did is done


@pytest.mark.shared
def test_faults_of_the_first_run_are_exit_1(recordings: Path, tmp_path: Path) -> None:
    path = recordings / "evsim_seed1.gresb.gz"
    code, report = assumptions(tmp_path / "a", "--recording", path, "--only", "A4")
    assert code == 1
    assert flips_of(report)["A4 restarts"]["counters"]["faults"] == [1, 0]


def test_an_answer_that_cannot_be_is_refused(tmp_path: Path) -> None:
    options = ["--threshold", 65_535]
    code, report = assumptions(
        tmp_path / "a", "--scene", "quiet", "--frames", 1, "--only", "A6", "--", *options
    )
    assert code == 0
    assert "no pixel is more" in flips_of(report)["A6 fails"]["refused"]


def test_packets_are_made_again_only_where_an_answer_acts_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    source_of = flips.source_of
    monkeypatch.setattr(flips, "source_of", lambda *a: made.append(a) or source_of(*a))
    assumptions(tmp_path / "a", "--scene", "quiet", "--frames", 1, "--only", "A19,A22,A23,A39")
    assert len(made) == 1
    assumptions(tmp_path / "a", "--scene", "quiet", "--frames", 1, "--only", "A6,A39")
    assert len(made) == 3


def test_without_an_input_they_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = assumptions(tmp_path / "a")
    out = capsys.readouterr().out
    assert code == 0
    for row in ASSUMPTIONS:
        assert f"{row.id:<4} {row.question}\n" in out
        assert all(choice.text in out for choice in row.choices)
    assert [row["id"] for row in report["rows"]] == [row.id for row in ASSUMPTIONS]


def test_the_table_on_screen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assumptions(tmp_path / "a", "--scene", "quiet", "--frames", 1, "--only", "A14,A16,A24,A39")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "quiet scene: 1 frames, lossless yes, 0 faults; with one other answer:"
    assert lines[1].startswith("A14  --no-masks         tm.bin ce events.fits | packets -")
    assert lines[2] == "A16  --missing-pixel 0  no effect"
    assert lines[3].startswith("A24  -                  nothing to run: section 7")
    assert lines[4] == "A39  --destination 32   tm.bin"
    assert lines[5].startswith("3 other answers, 1 without effect on this input")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--only", "A99"], "no question A99"),
        (["--frames", "3"], "need --scene or --recording"),
        (["--recording", "nowhere.gresb"], "nowhere.gresb: no such file"),
        (["--scene", "quiet", "--frames", "-1"], "--frames -1"),
        (["--scene", "quiet", "--frames", "0"], "--frames 0"),
        (["--scene", "quiet", "--", "--scene", "storm"], "--scene: not among"),
        (["--scene", "quiet", "--", "--record", "a.pcapng"], "--record: not among"),
    ],
)
def test_wrong_use_is_one_line(
    args: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assumptions", *args]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("fsw-emu assumptions: ")
    assert said in line
