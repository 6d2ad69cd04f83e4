# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Plugins of QEMU, compiled for the one that is installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from fsw_emu.targets.meter import plugin_interface

#: where QEMU's names are declared, and the cycle model with them
MODEL = Path(__file__).resolve().parent / "cycle_model"


def build_plugin(plugin: Path, folder: Path) -> Path:
    """The sources of a folder as ``plugin``, made anew where one of them is newer."""
    newest = max(path.stat().st_mtime for path in {*folder.iterdir(), *MODEL.iterdir()})
    if not plugin.exists() or plugin.stat().st_mtime < newest:
        plugin.parent.mkdir(parents=True, exist_ok=True)
        command = [
            *("gcc", "-std=c99", "-D_POSIX_C_SOURCE=200809L", f"-DQPV={plugin_interface()}"),
            *("-O2", "-fPIC", "-fvisibility=hidden", "-shared", "-o", plugin, *folder.glob("*.c")),
        ]
        subprocess.run(command, check=True)  # noqa: S603
    return plugin
