# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu dpu --egse``: what it refuses, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsw_emu.cli.main import main

SERVER = "pus-tcp-server://127.0.0.1:0"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "either --link or --egse is needed"),
        (["--egse", SERVER, "--link", "loop:x"], "either --link or --egse is needed"),
        (["--link", "loop:x"], "--link needs --out"),
        (["--link", "loop:x", "--out", "o", "--booted"], "--booted belongs to --egse"),
        (["--link", "loop:x", "--out", "o", "--fee", "loop:y"], "--fee belongs to --egse"),
        (["--egse", SERVER, "--frames", "3"], "--frames belongs to --link"),
        (["--egse", SERVER, "--set", "vend=3"], "--set belongs to --link"),
        (["--egse", SERVER, "--for", "0"], "--for 0.0: more than 0"),
        (["--egse", "nothing"], "no address of a link"),
        (["--egse", SERVER, "--fee", "nothing"], "no address of a link"),
        (["--egse", SERVER, "--scenario", "none.toml"], "none.toml: No such file"),
        (["--egse", SERVER, "--archive", "taken.db"], "taken.db: no archive"),
    ],
)
def test_wrong_use(
    arguments: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken.db").write_text("something else")
    assert main(["dpu", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("fsw-emu dpu: ")
    assert why in told
    assert told.count("\n") == 1


def test_a_short_session(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As fast as possible, with all that it may have; it ends by itself."""
    archive = tmp_path / "session.db"
    options = ["--speed", "max", "--booted", "--fee", "emulated", "--scenario", "quiet_orbit"]
    code = main(["dpu", "--egse", SERVER, "--for", "1", "--archive", str(archive), *options])
    assert code == 0
    assert capsys.readouterr().out.startswith("egse: pus-tcp-server://127.0.0.1:")
    assert main(["archive", "query", str(archive), "--service", "3"]) == 0
    assert "(3,25)" in capsys.readouterr().out
