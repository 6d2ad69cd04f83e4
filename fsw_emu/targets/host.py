# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The core in this process, in the build that suits this processor."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from types import ModuleType
from typing import cast

from fsw_emu.core import Core
from fsw_emu.provenance import Build, build_record


def _best_build() -> ModuleType:
    baseline = importlib.import_module("fsw_emu._core")
    if baseline.supports_v3():
        try:
            return importlib.import_module("fsw_emu._core_v3")
        except ModuleNotFoundError:  # built for another kind of processor
            pass
    return baseline


@functools.cache
def host_core() -> Core:
    """The module itself has every method of the protocol."""
    return cast(Core, _best_build())


def host_build() -> Build:
    """What is known of the core in this process."""
    module = _best_build().__name__.rpartition(".")[2]
    return Build.recorded(f"host {module}", build_record(module))


def host_library() -> Path:
    """The file of that build: the C functions are symbols of the module."""
    return Path(str(_best_build().__file__))


def baseline_core() -> Core:
    """The build for any processor of this family, whatever this one could do."""
    return cast(Core, importlib.import_module("fsw_emu._core"))
