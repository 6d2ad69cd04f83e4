# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu run`` as tests ask for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fsw_emu.cli.main import main


def run(out: Path, *args: object) -> tuple[int, dict[str, Any]]:
    code = main(["run", *map(str, args), "--out", str(out)])
    return code, json.loads((out / "summary.json").read_text())


def error_of(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """The one line on stderr of a command that is wrong use."""
    assert main(["run", *map(str, args)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("fsw-emu run: ")
    return lines[0]
