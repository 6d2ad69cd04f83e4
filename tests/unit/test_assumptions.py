# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The table of open questions, SPEC.md and the command line say the same."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

import pytest

from fsw_emu import core
from fsw_emu.assumptions import ASSUMPTIONS, Assumption, table
from fsw_emu.cli.main import build_parser
from fsw_emu.cli.setup import fill_in
from fsw_emu.dpu.science import masks, settings
from fsw_emu.ground import reading
from fsw_emu.packets.framings import gresb

ROOT = Path(__file__).resolve().parents[2]
FLIPPED = [row for row in ASSUMPTIONS if row.can_be_flipped]


def options_of(command: str) -> dict[str, argparse.Action]:
    commands = next(a for a in build_parser()._actions if isinstance(a.choices, dict))
    chosen = commands.choices[command]  # type: ignore[index]
    return {flag: action for action in chosen._actions for flag in action.option_strings}


def filled_in(*args: str) -> argparse.Namespace:
    parsed = build_parser().parse_args(["run", "--out", "x", *args])
    fill_in(parsed)
    return parsed


def sets(args: argparse.Namespace, row: Assumption) -> dict[str, Any]:
    return {name: getattr(args, name) for name in row.choices[0].sets}


def test_ids_run_on() -> None:
    assert [row.id for row in ASSUMPTIONS] == [f"A{i + 1}" for i in range(len(ASSUMPTIONS))]


def test_spec_has_the_table() -> None:
    assert table() in (ROOT / "SPEC.md").read_text()


def test_every_option_exists() -> None:
    flags = {flag for row in ASSUMPTIONS for flag in row.options if flag.startswith("--")}
    assert flags <= set(options_of("run"))
    assert all(flag.startswith("--") for row in FLIPPED for flag in row.options)


@pytest.mark.parametrize("row", FLIPPED, ids=lambda row: row.id)
def test_the_first_choice_is_the_default(row: Assumption) -> None:
    assert sets(filled_in(), row) == row.choices[0].sets


@pytest.mark.parametrize("row", FLIPPED, ids=lambda row: row.id)
def test_choices_differ_and_set_the_same_things(row: Assumption) -> None:
    assert len({str(choice.sets) for choice in row.choices}) == len(row.choices)
    assert len({frozenset(choice.sets) for choice in row.choices}) == 1


@pytest.mark.parametrize("row", [r for r in FLIPPED if r.argument], ids=lambda row: row.id)
def test_the_command_line_takes_every_choice(row: Assumption) -> None:
    """A choice's value is what the flag takes; the default may be a word for what is not given."""
    for choice in row.choices:
        if None not in choice.sets.values():
            assert sets(filled_in(row.options[0], choice.value), row) == choice.sets


def test_the_simulator_sets_three() -> None:
    changed = [row.id for row in FLIPPED if sets(filled_in("--simulator"), row)
               != row.choices[0].sets]  # fmt: skip
    assert changed == ["A1", "A3", "A4"]
    own = filled_in("--simulator", "--window-order", "raster")
    assert own.window_order == "raster"


@pytest.mark.parametrize(
    ("id_", "values"),
    [
        ("A1", core.WindowOrder),
        ("A2", core.DataLen),
        ("A3", core.PixelOrder),
        ("A4", settings.SequenceAfterHk),
        ("A11", settings.FrameTime),
        ("A15", reading.MaskFrame),
        ("A17", settings.StackMembers),
        ("A19", masks.MaskBits),
        ("A20", settings.HkReserved),
        ("A22", settings.EventCounters),
        ("A23", reading.CcdFrame),
        ("A26", gresb.Flags),
        ("A33", masks.MaskPer),
        ("A35", settings.EndMarker),
        ("A38", reading.FineTime),
        ("A40", settings.EvtCtr),
        ("A44", settings.HkLastFlag),
    ],
)
def test_choices_are_what_the_rooms_know(id_: str, values: Any) -> None:
    (row,) = [row for row in ASSUMPTIONS if row.id == id_]
    assert {choice.value for choice in row.choices} == set(get_args(values))


def test_ground_takes_what_acts_there() -> None:
    flags = set(options_of("ground"))
    assert {row.options[0] for row in FLIPPED if "ground" in row.acts} <= flags
    assert "--frame-time" not in flags
