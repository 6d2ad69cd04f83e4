# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu table`` against an emulated unit in real time, and its bad input."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fsw_emu.cli.main import main
from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, default_core
from fsw_emu.dpu.dpu import Dpu
from fsw_emu.dpu.observation import settings_of
from fsw_emu.dpu.science.events import process
from fsw_emu.dpu.science.readout import Readout
from fsw_emu.dpu.science.settings import FilterSettings, Settings
from fsw_emu.egse.client import Egse
from fsw_emu.egse.lines import VirtualLine
from fsw_emu.egse.tables.loading import load
from fsw_emu.egse.tables.reading import Onboard
from fsw_emu.egse.tables.table import Table, TableError, filter_set, mask_table
from fsw_emu.world.world import World

PATCH = 'kind = "patch"\nmemory = "MRAM"\naddress = 0x40710000\nhex = "01020304 05"\n'


@pytest.fixture
def address() -> Iterator[str]:
    """A unit in a process of its own."""
    options = ("--egse", "pus-tcp-server://127.0.0.1:0", "--booted", "--speed", "20")
    unit = subprocess.Popen(
        [sys.executable, "-m", "fsw_emu.cli.main", "dpu", *options, "--for", "60"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert unit.stdout is not None
    yield unit.stdout.readline().split()[1].replace("-server", "")
    unit.terminate()
    unit.wait()
    unit.stdout.close()


def table(*args: object) -> int:
    return main(["table", *map(str, args)])


def test_made_loaded_verified_and_put_back(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, image = tmp_path / "patch.toml", tmp_path / "patch.table"
    source.write_text(PATCH)
    assert table("build", source) == 0
    at = (image, "--egse", address)
    assert table("verify", *at) == 1
    said = capsys.readouterr().out
    assert "MRAM 0x40710004: 00 on board, 05 in the file\n" in said
    assert said.endswith("patch.table: different on board: 0 of 1 checksums agree, 5 differences\n")
    assert table("load", *at) == 0
    assert table("load", *at) == 0  # it is there already; what was saved stays
    assert capsys.readouterr().out.count("loaded: 1 of 1 checksums agree, 0 differences") == 2
    assert table("verify", *at) == 0
    assert table("revert", *at) == 0
    assert table("verify", *at) == 1
    source.write_text(PATCH.replace("0x40710000", "0x7f000000"))
    assert table("build", source) == 0
    capsys.readouterr()
    assert table("load", *at) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Dump: acceptance failed: ACK_ILL_SADDR" in said


def test_bad_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, image = tmp_path / "a.toml", tmp_path / "a.table"
    source.write_text(PATCH)
    assert table("build", source) == 0
    capsys.readouterr()
    nobody = ("--egse", "pus-tcp://127.0.0.1:9")
    for args in (
        ("build", tmp_path / "none.toml"),
        ("build", source, "--out", source),
        ("build", source, "--out", tmp_path / "none" / "a.table"),
        ("build", image),
        ("load", source, *nobody),
        ("revert", image, *nobody),
        ("load", image, *nobody),
        ("load", image, *nobody, "--within", "0"),
        ("verify", image, "--egse", "nonsense"),
    ):
        assert table(*args) == 2, args
        said = capsys.readouterr().err
        assert said.count("\n") == 1, said
        assert said.startswith("fsw-emu table: ")
    assert source.read_text() == PATCH


def test_what_was_saved_is_not_overwritten_when_it_is_damaged(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, image = tmp_path / "a.toml", tmp_path / "a.table"
    source.write_text(PATCH)
    before = tmp_path / "a.table.before"
    before.write_text("image = 1")
    assert table("build", source) == 0
    for action in ("load", "revert"):
        assert table(action, image, "--egse", address) == 2
        assert "a.table.before: kind is needed" in capsys.readouterr().err
    assert before.read_text() == "image = 1"
    before.unlink()
    assert table("verify", image, "--egse", address) == 1  # nothing was loaded


def onboard(*made: Table) -> Settings:
    """What an observation is set up with once tables have been loaded."""

    class Nothing:
        def read(self) -> None:
            return None

        def save(self, before: Table) -> None:
            pass

    dpu = Dpu(World(noise_lsb=0.0), booted=True)
    for each in made:
        line = Onboard(Egse(VirtualLine(dpu)))
        assert asyncio.run(load(each, line, Nothing())).fine
    return settings_of(dpu.onboard)


def test_an_observation_takes_what_was_loaded() -> None:
    table = Dpu(World()).table
    masks = {"F2": bytes([0x80]) + bytes(30671)}
    numbers = filter_set({"EvtFilterThr1": 5000, "FRMccd2EPixThreshold": 33}, table)
    switches = filter_set({"FeeBadPixelFilter": 1}, table)
    found = onboard(mask_table(masks, table), numbers, switches)
    assert found.bad_pixels == {each: masks.get(each, bytes(30672)) for each in found.nodes}
    assert (found.filter.centre_max, found.thresholds["E2"], found.event_filter) == (5000, 33, True)


def test_a_filter_set_that_would_be_a_mixture_is_refused() -> None:
    table = Dpu(World()).table
    both = {"FRMccd2EPixThreshold": 33, "FeeBadPixelFilter": 1}
    with pytest.raises(TableError, match="two filter sets are needed"):
        onboard(filter_set(both, table))


@pytest.mark.parametrize("on", [True, False])
def test_a_filter_that_is_off_rejects_bad_pixels_alone(on: bool) -> None:
    core = default_core()
    settings = Settings(event_filter=on, bad_pixels={"F2": bytes([0x80]) + bytes(30671)})
    limits = FilterSettings(centre_max=1, ring_sum_max=1, ring_max=1).absolute(0)
    events, headers = np.zeros(2, EVENT_DTYPE), np.zeros(2, HEADER_DTYPE)
    events["pixels"] = 0xFFFF
    events["row"], events["col"] = (0, 5), (0, 7)
    headers["type"] = 1  # events of node F2
    raw = [np.zeros((2, 64), np.uint8)]
    readout = Readout(0, 0, is_image=False, raw=raw, headers=[headers], events=[events])
    frame = process(core, settings, limits, readout)
    assert frame.rejected.counts == ((1, 1, 0, 0) if on else (1, 0, 0, 0))
    assert frame.n_kept == (0 if on else 1)
    assert (events["pixels"] == 0xFFFF).all()
