# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""From a name to what it stands for: built in, a file, a module, a library, an entry point.

* ``flight``: built in, :data:`BUILT_IN`;
* ``path/to/file.py:Thing``: of a file;
* ``package.module:Thing``: of a module, of those installed or in the folder of the command;
* ``lib:path/to/file.so`` or ``lib:path/to/file.so:symbol``: a C filter, ``keep`` by default;
* else an entry point of the group ``fsw_emu.algorithms``.

Nothing of the user's is run but by :func:`resolve`, which is therefore called in a process of its
own; what it would run is known by its hash before.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fsw_emu.algorithms.artefacts import Hot, Tracks, Tree
from fsw_emu.algorithms.extended import Extended
from fsw_emu.algorithms.flight import Flight
from fsw_emu.algorithms.interface import Factory
from fsw_emu.algorithms.keep import c_filter, factory_of
from fsw_emu.algorithms.search import Cti, Maps, Ties
from fsw_emu.algorithms.sources import Sources, load_file, load_module, of_file, of_module
from fsw_emu.algorithms.storm import Fair, Ladder

GROUP = "fsw_emu.algorithms"

#: what is trusted to run in the process of a campaign
BUILT_IN: MappingProxyType[str, Factory] = MappingProxyType(
    {
        "flight": Flight,
        "ties": Ties,
        "maps": Maps,
        "cti": Cti,
        "hot": Hot,
        "tracks": Tracks,
        "tree": Tree,
        "fair": Fair,
        "ladder": Ladder,
        "extended": Extended,
    }
)

#: and what each is, in a line
DESCRIPTIONS: MappingProxyType[str, str] = MappingProxyType(
    {
        "flight": "the rule that flies: limit of a CCD, filter, 64 bytes an event",
        "ties": "flight, equal maxima decided in raster order, saturation flagged",
        "maps": "flight, thresholds above maps of offset and noise that follow the frames",
        "cti": "flight, thresholds of rows lowered by the charge they lose",
        "hot": "flight, pixels that fire too often left out until they are healed",
        "tracks": "flight, the distance to the nearest particle track told, or a veto",
        "tree": "flight's detection, a decision tree in place of the filter",
        "fair": "flight without its limit, then a fair choice of what fits",
        "ladder": "flight, less of each event where there are too many for the budget",
        "extended": "maps, ties, hot, tracks, tree, fair and ladder together",
    }
)


def is_built_in(name: str) -> bool:
    """Whether a name is one of ours."""
    return name in BUILT_IN


class Changed(Exception):
    """What a name stands for is not what it stood for."""


def resolve(name: str, folder: Path, plug_in: str | None = None) -> Factory:
    """What ``name`` stands for; ValueError, in a line, where there is no such thing, and whatever
    the user's module raises when it is loaded. Paths are relative to ``folder``. plug_in: its
    :func:`digest`, Changed where it is another; what is hashed is what is run."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    try:
        sources = _sources(name, folder)
    except (OSError, ValueError):
        if plug_in is None:
            raise
        sources = None
    if sources is None or plug_in not in (None, sources.digest):
        raise Changed(f"{name} changed since the campaign began")
    if name.startswith("lib:"):
        path, symbol = _library(name, folder)
        try:
            return c_filter(path, symbol, name)
        except (OSError, AttributeError) as error:
            raise ValueError(f"{name}: {' '.join(str(error).split())}") from None
    if ":" not in name:
        point = _entry_point(name)
        load_module(point.module, folder, sources)
        return factory_of(point.load(), name)
    where, thing = _halves(name)
    if where.endswith(".py"):
        module = load_file(folder / where, sources)
    else:
        module = load_module(where, folder, sources)
    found: Any = module
    for part in thing.split("."):
        if not hasattr(found, part):
            raise ValueError(f"{name}: {where} has no {part}")
        found = getattr(found, part)
    return factory_of(found, name)


def digest(name: str, folder: Path) -> str:
    """SHA-256 of what a name of the user's brings along; "" for one built in. ValueError.

    A file or a library: its bytes. A module: itself, or all sources of the package that it is of.
    What those import beyond it is not covered.
    """
    return "" if name in BUILT_IN else _sources(name, folder).digest


def _sources(name: str, folder: Path) -> Sources:
    if name.startswith("lib:"):
        return of_file(_library(name, folder)[0])
    if ":" not in name:
        return of_module(_entry_point(name).module, folder)
    where, _ = _halves(name)
    if where.endswith(".py"):
        if not (folder / where).is_file():
            raise ValueError(f"{where}: there is no such file")
        return of_file(folder / where)
    return of_module(where, folder)


def _halves(name: str) -> tuple[str, str]:
    where, _, thing = name.rpartition(":")
    if not where or not all(part.isidentifier() for part in thing.split(".")):
        raise ValueError(f"{name}: file.py:Thing or package.module:Thing is asked for")
    return where, thing


def _library(name: str, folder: Path) -> tuple[Path, str]:
    path, _, symbol = name.removeprefix("lib:").rpartition(":")
    if not path or not symbol.isidentifier():
        path, symbol = name.removeprefix("lib:"), "keep"
    if not (folder / path).is_file():
        raise ValueError(f"{path}: there is no such file")
    return folder / path, symbol


def _entry_point(name: str) -> EntryPoint:
    found = entry_points(group=GROUP, name=name)
    for one in found:
        return one
    known = sorted({*BUILT_IN, *(one.name for one in entry_points(group=GROUP))})
    what = "file.py:Thing, package.module:Thing or lib:FILE.so"
    raise ValueError(f"{name} is no algorithm: {', '.join(known)}, or {what}")
