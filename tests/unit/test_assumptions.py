"""The table of open questions, SPEC.md and the command line say the same; every choice runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from fsw_emu.assumptions import ASSUMPTIONS, table
from fsw_emu.cli.main import build_parser, main

ROOT = Path(__file__).resolve().parents[2]


def run_options() -> dict[str, argparse.Action]:
    commands = next(a for a in build_parser()._actions if isinstance(a.choices, dict))
    run = commands.choices["run"]  # type: ignore[index]
    return {flag: action for action in run._actions for flag in action.option_strings}


OPTIONS = run_options()
CHOICES = [
    (row, flag)
    for row in ASSUMPTIONS
    for flag in row.options
    if OPTIONS[flag].choices and len(row.options) == 1
]


def test_ids_run_on() -> None:
    assert [row.id for row in ASSUMPTIONS] == [f"A{i + 1}" for i in range(len(ASSUMPTIONS))]


def test_spec_has_the_table() -> None:
    assert table() in (ROOT / "SPEC.md").read_text()


def test_every_option_exists() -> None:
    assert {flag for row in ASSUMPTIONS for flag in row.options} <= set(OPTIONS)


@pytest.mark.verifies("A1", "A2", "A3")
@pytest.mark.parametrize("name", ["--window-order", "--data-len", "--pixel-order"])
def test_choices_are_those_of_the_table(name: str) -> None:
    (row,) = [row for row in ASSUMPTIONS if row.options == (name,)]
    assert tuple(OPTIONS[name].choices or ()) == row.alternatives


@pytest.mark.verifies("A1", "A2", "A3", "A4", "A7", "A18")
@pytest.mark.parametrize(
    ("flag", "value"),
    [(flag, str(value)) for _, flag in CHOICES for value in OPTIONS[flag].choices or ()],
)
def test_every_choice_runs(tmp_path: Path, flag: str, value: str) -> None:
    image = ["--image", "ft"] if flag in ("--pixel-order", "--binning") else []
    image = ["--image", "uv"] if (flag, value) == ("--binning", "24") else image
    options = ["run", "--scene", "quiet", "--frames", "1", flag, value, *image]
    assert main([*options, "--out", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "summary.json").read_text())["lossless"]
