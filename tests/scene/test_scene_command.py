# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu scene``: files that are whole or not there, and one line for what is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from detailed_cases import scene

from fsw_emu.cli.main import main
from fsw_emu.scene.detailed import PRESETS, DetailedScene
from fsw_emu.scene.exposure import PHOTON_DTYPE, PIXEL_DTYPE, TRACK_DTYPE

FILES = {"frames.npz", "truth.npz", "preview.png"}


def test_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scene", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(PRESETS)


def test_files_are_those_of_the_scene(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--preset", "storm", "--set", "sky.pressure_npa=5", "--seed", "3", "--frames", "2"]
    assert main(["scene", *wanted, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert {each.name for each in (tmp_path / "out").iterdir()} == FILES
    expected = [
        scene({"sky.pressure_npa": 5}, name="storm", seed=3).exposure(index) for index in (0, 1)
    ]
    with np.load(tmp_path / "out/frames.npz") as file:
        assert np.array_equal(file["frames"], np.stack([each.frames for each in expected]))
    with np.load(tmp_path / "out/truth.npz") as file:
        truth = {name: file[name] for name in file}
    pixels = ("hot", PIXEL_DTYPE), ("leaking", PIXEL_DTYPE)
    for name, kind in (("photons", PHOTON_DTYPE), ("tracks", TRACK_DTYPE), *pixels):
        assert truth[name].dtype == kind
        for index, exposure in enumerate(expected):
            here = truth[f"{name}_frame"] == index
            assert np.array_equal(truth[name][here], getattr(exposure, name))
    assert list(truth["conditions"]["time_s"]) == [0.0, 4.0]
    parameters = json.loads(str(truth["parameters"]))
    assert parameters["seed"] == 3
    assert parameters["parameters"]["sky"]["pressure_npa"] == 5.0
    assert len(told) == 2
    assert told[1].startswith(f"frame 1 at 4 s: {len(expected[1].photons)} photons, ")
    assert (tmp_path / "out/preview.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_same_command_gives_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(["scene", "--out", str(tmp_path / name)]) == 0
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_file_of_ones_own_is_a_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "mine.toml"
    own.write_text('base = "warm"\ntitle = "mine"\n[temperature]\nmean_c = -80\n')
    assert main(["scene", "--preset", str(own), "--out", str(tmp_path / "out")]) == 0
    assert "-80.00 C" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--preset", "calm"], "no such preset: 'calm' (quiet, storm, proton, end-of-life, warm)"),
        (["--preset", "calm.toml"], "[Errno 2] No such file or directory: 'calm.toml'"),
        (["--set", "sky.hue=1"], "sky.hue: no such parameter (swcx_per_s, "),
        (["--set", "sky.pressure_npa=-1"], "sky.pressure_npa = -1.0: possible: 0.05..200 nPa"),
        (["--set", "sky.pressure_npa=nan"], "sky.pressure_npa = nan: possible: 0.05..200 nPa"),
        (["--set", "sky.pressure_npa"], "--set sky.pressure_npa: not NAME=VALUE"),
        (["--set", "sky.pressure_npa=much"], "--set sky.pressure_npa=much: not NAME=VALUE"),
        (["--set", "sky.lines=" + 3000 * "["], "--set sky.lines=[[["),
        (["--set", "sky.pressure_npa=1\nb=2"], "--set 'sky.pressure_npa=1\\nb=2'"),
        (["--frames", "0"], "--frames 0: possible: 1..10000"),
        (["--frames", "10001"], "--frames 10001: possible: 1..10000"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    arguments: list[str],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["scene", *arguments, "--out", "out"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"fsw-emu scene: {told}")
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert not list(tmp_path.iterdir())


def test_a_folder_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scene"]) == 2
    assert capsys.readouterr().err == "fsw-emu scene: --out DIR is needed\n"


def test_what_breaks_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk at the second frame: none of the files is another than before."""
    out = tmp_path / "out"
    assert main(["scene", "--out", str(out)]) == 0
    before = {each.name: each.read_bytes() for each in out.iterdir()}
    whole = DetailedScene.exposure

    def exposure(self: DetailedScene, index: int) -> Any:
        if index == 1:
            raise OSError(28, "No space left on device")
        return whole(self, index)

    monkeypatch.setattr(DetailedScene, "exposure", exposure)
    assert main(["scene", "--frames", "3", "--seed", "9", "--out", str(out)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert {each.name: each.read_bytes() for each in out.iterdir()} == before
    assert io.BytesIO(before["frames.npz"]).read(2) == b"PK"
