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

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from fsw_emu.algorithms.artefacts import Hot, Tracks, Tree
from fsw_emu.algorithms.extended import Extended
from fsw_emu.algorithms.flight import Flight
from fsw_emu.algorithms.interface import Factory
from fsw_emu.algorithms.keep import c_filter, factory_of
from fsw_emu.algorithms.search import Cti, Maps, Ties
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


def resolve(name: str, folder: Path) -> Factory:
    """What ``name`` stands for; ValueError, in a line, where there is no such thing, and whatever
    the user's module raises when it is loaded. Paths are relative to ``folder``."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    if name.startswith("lib:"):
        path, symbol = _library(name, folder)
        try:
            return c_filter(path, symbol, name)
        except (OSError, AttributeError) as error:
            raise ValueError(f"{name}: {' '.join(str(error).split())}") from None
    if ":" not in name:
        return factory_of(_entry_point(name).load(), name)
    where, thing = _halves(name)
    module = _from_file(folder / where) if where.endswith(".py") else _from_name(where, folder)
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
    if name in BUILT_IN:
        return ""
    if name.startswith("lib:"):
        return _hash([_library(name, folder)[0]])
    if ":" not in name:
        return _hash(_module_files(_entry_point(name).module, folder))
    where, _ = _halves(name)
    if where.endswith(".py"):
        if not (folder / where).is_file():
            raise ValueError(f"{where}: there is no such file")
        return _hash([folder / where])
    return _hash(_module_files(where, folder))


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


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _from_name(name: str, folder: Path) -> ModuleType:
    """Folders of the command come last: nothing of theirs hides a module of Python's."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return importlib.import_module(name)


def _module_files(name: str, folder: Path) -> list[Path]:
    top = name.partition(".")[0]
    if not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"{name!r} is no name of a module")
    spec = importlib.util.find_spec(top)  # of the top: no parent is imported for it
    if spec is None and (folder / top / "__init__.py").is_file():
        return sorted((folder / top).rglob("*.py"))
    if spec is None and (folder / f"{top}.py").is_file():
        return [folder / f"{top}.py"]
    if spec is None:
        raise ValueError(f"{name}: there is no module {top}")
    if spec.submodule_search_locations:
        return sorted(f for at in spec.submodule_search_locations for f in Path(at).rglob("*.py"))
    return [Path(spec.origin)] if spec.has_location and spec.origin else []


def _hash(files: Iterable[Path]) -> str:
    """Of the names and bytes, in order."""
    made = hashlib.sha256()
    for path in files:
        made.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return made.hexdigest()
