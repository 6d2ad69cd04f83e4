# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where a core can run, by name.

==============  ================================================================
``host``        this process, in the build that suits its processor
``lib:PATH``    a shared library built from the same headers
``leon3``       the flight build on an emulated LEON3 (QEMU), as ``make leon3`` made it
``elf:PATH``    any SPARC program that serves the request ring, on the same machine;
                ``leon3:PATH`` says the same
``user:PATH``   the same as a Linux process: SPARC or PowerPC, emulated by QEMU
``rmap:LINK``   a board that serves the request ring, its memory reached by RMAP over a SpaceWire
                link: ``rmap:gresb://HOST:PORT`` and others (``fsw_emu.targets.rmap``)
==============  ================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fsw_emu.core import Core
from fsw_emu.provenance import UNKNOWN, Build

_NAMES = "host, leon3, lib:PATH, elf:PATH, leon3:PATH, user:PATH, rmap:LINK"


def open(name: str) -> Core:  # noqa: A001  (targets.open reads as it is meant)
    """The core called ``name``.

    ValueError for a name that is none, OSError where its file cannot be read,
    ``fsw_emu.core.TargetError`` where the target does not start.
    """
    if name == "host":
        from fsw_emu.targets.host import host_core

        return host_core()
    from fsw_emu.targets.library import LibraryCore

    return LibraryCore(name, *functions(name))


def functions(name: str, *, options: Sequence[str] = ()) -> tuple[Any, Any]:
    """The C functions of the core called ``name``, and the cffi interface to make their
    arguments with; options: of the emulator, if it has one. The errors of :func:`open`."""
    kind, _, path = name.partition(":")
    if name == "host":
        from fsw_emu.targets.host import host_library

        kind, path = "lib", str(host_library())
    if kind == "lib" and path:
        from fsw_emu.targets._library import load

        return load(Path(path))
    if kind == "rmap" and path:
        from fsw_emu.targets.rmap import rmap_library

        board = rmap_library(path)
        return board.ffi, board
    if name == "leon3":
        kind, path = "elf", str(flight_program())
    if kind not in ("elf", "leon3", "user") or not path:
        raise ValueError(f"no such target: {name!r} ({_NAMES})")
    from fsw_emu.targets.remote import emulated_library

    library = emulated_library(Path(path), user=kind == "user", options=options)
    return library.ffi, library


def build(name: str) -> Build:
    """Which build of the core :func:`open` gives for ``name``, without starting it; the errors
    of :func:`open`."""
    if name == "host":
        from fsw_emu.targets.host import host_build

        return host_build()
    from fsw_emu.targets.built import file_build

    kind, _, path = name.partition(":")
    if name == "leon3":
        return file_build("leon3", flight_program())
    if kind == "rmap" and path:
        from fsw_emu.targets.rmap import parse

        parse(path)
        return Build(name, "file", UNKNOWN, UNKNOWN, UNKNOWN)  # what runs there cannot be asked
    if kind not in ("lib", "elf", "leon3", "user") or not path:
        raise ValueError(f"no such target: {name!r} ({_NAMES})")
    return file_build(kind, Path(path))


def flight_program() -> Path:
    """The program that ``make leon3`` builds; FileNotFoundError before it has."""
    path = Path(__file__).resolve().parents[2] / "build/leon3/sxi.elf"
    if not path.is_file():
        raise FileNotFoundError(2, "not built: run `make leon3-elf`", str(path))
    return path
