# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Instructions and cycles of calls on an emulated LEON3, as the cycle model counts them.

The model is a plugin of QEMU (docs/cycle-model.md) that ``tools/cycles.py`` builds: pipeline
model, never a worst-case execution time.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fsw_emu.core import TargetError
from fsw_emu.targets.program import Program
from fsw_emu.targets.remote import RemoteLibrary, emulated_library

_FOLDER = Path(__file__).resolve().parents[2] / "build/cycle_model"


@dataclass(frozen=True)
class Count:
    """One call, as the model saw it."""

    instructions: int
    cycles: int
    icache_misses: int
    dcache_misses: int
    loads: int
    stores: int


def plugin_interface() -> int:
    """Version of QEMU's plugin interface; OSError where it is not installed."""
    said = subprocess.run(
        ["qemu-system-sparc", "--version"],  # noqa: S607
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return 4 if int(said.split()[3].split(".")[0]) >= 9 else 1


def model_file() -> Path:
    """The plugin for the QEMU that is installed, built or not."""
    return _FOLDER / f"leon3_cycles.{plugin_interface()}.so"


class Meter:
    """A target whose calls are counted."""

    def __init__(self, library: RemoteLibrary, log: Path) -> None:
        self.library = library
        self._log = log

    def counted(self, call: Callable[[], object]) -> Count:
        """What the last request of a call took."""
        before = self._log.stat().st_size
        call()
        if self._log.stat().st_size == before:
            raise TargetError("the cycle model counted nothing")
        line = self._log.read_text().splitlines()[-1]
        return Count(*(int(word) for word in line.split()[1:7]))


@contextmanager
def meter(program: Path, model: Path, options: str = "") -> Iterator[Meter]:
    """A fresh target with the model around it; options: of the plugin."""
    symbols = Program(program).symbols
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cycles.txt"
        log.touch()
        window = f"begin={symbols['ring_call_begin']},end={symbols['ring_call_end']}"
        plugin = f"{model},{window},out={log}{',' if options else ''}{options}"
        library = emulated_library(program, options=["-plugin", plugin])
        try:
            yield Meter(library, log)
        finally:
            library.close()
