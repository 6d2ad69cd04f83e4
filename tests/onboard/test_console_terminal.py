# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The console without a browser: its screen, its lines, its command."""

from __future__ import annotations

import asyncio
import io
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.archive.archive import Archive
from fsw_emu.cli.main import main
from fsw_emu.console.state import State
from fsw_emu.console.terminal import news, screen, show
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import build_tc, read_tm

TABLE = load()
NOW_NS = 1_700_000_000_000_000_000
HOLD_S = 30


def heard(rig: Any, state: State, cycles: int) -> None:
    for _ in range(cycles):
        rig.dpu.cycle()
        for packet in rig.dpu.take_telemetry():
            state.telemetry(packet, NOW_NS)


@given(columns=st.integers(20, 200), rows=st.integers(1, 80))
def test_a_screen_fits(columns: int, rows: int) -> None:
    lines = screen(State(TABLE).snapshot(), columns=columns, rows=rows)
    assert len(lines) <= rows
    assert all(len(line) <= columns for line in lines)


def test_a_screen_of_a_unit(rig: Any) -> None:
    state = State(TABLE, address="pus-tcp://127.0.0.1:5570")
    packet = rig.packet("DelHk", SidNoCal=1)
    state.sent("DelHk", packet, NOW_NS)
    rig.dpu.receive(packet)
    heard(rig, state, 40)
    state.sent("\x1b[2J", build_tc(apid=TABLE.apid, count=4, type=17, subtype=1), NOW_NS)
    text = "\n".join(screen(state.snapshot(), columns=100, rows=50))
    for shown in (
        "pus-tcp://127.0.0.1:5570", "application PRIME", "AdcTempCcd", "-110.0 °C",
        "DelHk ACK_ILL_SID", "missing",
    ):  # fmt: skip
        assert shown in text
    assert "\x1b" not in text


def test_news_are_told_once(rig: Any) -> None:
    state, told = State(TABLE), {"event": 0}
    heard(rig, state, 33)
    rig.dpu.onboard.events.report("EVT_SYNC_LOSS")
    heard(rig, state, 1)
    lines = list(news(state.snapshot(), told))
    assert any("medium   EVT_SYNC_LOSS" in line for line in lines)
    assert list(news(state.snapshot(), told)) == []


def test_lines_where_there_is_no_terminal(rig: Any) -> None:
    async def watch() -> str:
        state, out = State(TABLE), io.StringIO()
        showing = asyncio.create_task(show(state, out))
        heard(rig, state, 33)
        await asyncio.sleep(0.01)
        showing.cancel()
        await asyncio.wait({showing})
        return out.getvalue()

    text = asyncio.run(watch())
    assert "application PRIME" in text
    assert "\x1b" not in text


def console(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fsw_emu.cli.main", "console", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=HOLD_S)
    assert (process.returncode, errors) == (0, "")


def test_the_demo_is_served_and_kept(tmp_path: Path) -> None:
    """A page of a unit that runs; what it says is in the archive."""
    path = tmp_path / "session.sqlite"
    with console("--demo", "--port", "0", "--archive", str(path)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("console: ").strip()
        with urllib.request.urlopen(f"{url}api/updates") as stream:  # noqa: S310  (its own)
            lines = (stream.readline().decode() for _ in range(400))
            assert any("EVT_INIT_SUCC" in line for line in lines)
        ended(process)
    with Archive.open(path, create=False) as archive:
        kept = [read_tm(row.raw) for row in archive.query()]
    assert (kept[0].header.type, kept[0].header.subtype) == (5, 1)


def test_the_demo_in_lines() -> None:
    with console("--demo", "--terminal") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        assert any("EVT_INIT_SUCC" in line for line in lines)
        ended(process)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--egse", "nonsense"],
        ["--egse", "pus-tcp-server://127.0.0.1:0"],
        ["--egse", "none://127.0.0.1:1", "--terminal"],
        ["--archive", "/"],
        ["--host", "192.0.2.1", "--port", "1"],
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["console", *arguments]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("fsw-emu console: ")
    assert errors.count("\n") == 1


def test_without_aiohttp_the_terminal_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    assert main(["console"]) == 2
    errors = capsys.readouterr().err
    assert "fsw-emu[console]" in errors
    assert errors.count("\n") == 1


def test_a_unit_that_is_not_there_yet_is_waited_for() -> None:
    with console("--egse", "pus-tcp://127.0.0.1:9", "--terminal") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert any("pus-tcp://127.0.0.1:9" in line for line in lines)
        ended(process)
