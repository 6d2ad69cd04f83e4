# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Baselines are held, change by one door only, and tell why they changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import baselines_onboard
import pytest
from hypothesis import given
from hypothesis import strategies as st

import baselines
from fsw_emu.report.evidence import Verdict

MEASURED: dict[str, Any] = {
    "options": ["--scene", "quiet"],
    "products": {"tm.bin": "ab" * 32},
    "counters": {"frames": 3, "events_in.E2": 4},
    "budget": {"mean_frame_cycles": 1000},
}


def test_every_case_has_its_baseline_and_no_other() -> None:
    assert {path.stem for path in baselines.BASELINES.glob("*.json")} == {
        *(case.name for case in baselines.CASES),
        baselines_onboard.NAME,
    }


def test_the_history_led_to_the_baselines() -> None:
    assert baselines.is_sealed()


@pytest.mark.parametrize("name", ["storm-limit300", "uv"])
def test_scenes_give_what_they_gave(name: str) -> None:
    (case,) = [case for case in baselines.CASES if case.name == name]
    assert baselines.differences(baselines.load(name), baselines.measure(case)) == []


@pytest.mark.shared
def test_recordings_give_what_they_gave(recordings: Path) -> None:
    assert recordings == baselines.RECORDINGS
    (case,) = [case for case in baselines.CASES if case.name == "evsim_seed1"]
    assert baselines.differences(baselines.load(case.name), baselines.measure(case)) == []


@given(st.sampled_from(sorted(baselines.flat(MEASURED))), st.integers(10, 99))
def test_any_value_that_changed_is_told(key: str, value: int) -> None:
    part, _, name = key.partition(".")
    other = json.loads(json.dumps(MEASURED))
    if name:
        other[part][name] = value
    else:
        other[part] = [str(value)]
    (line,) = baselines.differences(MEASURED, other)
    assert line.startswith(f"{key}: ")


def test_rebaselining_writes_reason_and_difference(tmp_path: Path) -> None:
    first = baselines.rebaseline({"quiet": MEASURED}, "first of all runs", tmp_path)
    assert first == ["quiet: new, 5 values"]
    changed = MEASURED | {"counters": {"frames": 4, "events_in.E2": 4}}
    assert baselines.rebaseline({"quiet": changed}, "a frame more, as asked", tmp_path) == [
        "quiet: counters.frames: 3 -> 4"
    ]
    told = (tmp_path / baselines.HISTORY).read_text()
    assert "a frame more, as asked\n\n* quiet: counters.frames: 3 -> 4\n" in told
    assert "first of all runs" in told
    assert baselines.is_sealed(tmp_path)
    assert baselines.load("quiet", tmp_path) == changed


@pytest.mark.parametrize("reason", ["", "  ", "because", "new numbers"])
def test_without_a_reason_nothing_changes(tmp_path: Path, reason: str) -> None:
    with pytest.raises(ValueError, match="reason"):
        baselines.rebaseline({"quiet": MEASURED}, reason, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_difference_nothing_is_written(tmp_path: Path) -> None:
    baselines.rebaseline({"quiet": MEASURED}, "first of all runs", tmp_path)
    before = (tmp_path / baselines.HISTORY).read_text()
    assert baselines.rebaseline({"quiet": MEASURED}, "just once more", tmp_path) == []
    assert (tmp_path / baselines.HISTORY).read_text() == before


def test_a_baseline_changed_by_hand_is_found(tmp_path: Path) -> None:
    baselines.rebaseline({"quiet": MEASURED}, "first of all runs", tmp_path)
    path = tmp_path / "quiet.json"
    path.write_text(path.read_text().replace("1000", "1001"))
    assert not baselines.is_sealed(tmp_path)
    assert not baselines.is_sealed(tmp_path / "none")


def test_what_differs_fails_the_procedure(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [case.name for case in baselines.CASES]
    now = {name: baselines.load(name) for name in names}
    assert baselines.evidence(now).verdict is Verdict.PASS
    now["storm"] = json.loads(json.dumps(now["storm"]))
    now["storm"]["counters"]["events_kept"] += 1
    assert baselines.evidence(now).verdict is Verdict.FAIL
    del now["storm"]
    assert baselines.evidence(now).verdict is Verdict.INCONCLUSIVE
    monkeypatch.setattr(baselines, "is_sealed", lambda: False)
    assert baselines.evidence(now).verdict is Verdict.FAIL
