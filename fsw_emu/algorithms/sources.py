# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Sources of users' algorithms: read once, known by their hash, and run as they were read."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Sources:
    """Files by name, those of a package relative to it, and what is in them."""

    files: tuple[tuple[str, Path], ...]
    held: dict[Path, bytes] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of names and bytes, in order."""
        made = hashlib.sha256()
        for name, path in self.files:
            made.update(f"{name!a}\0{hashlib.sha256(self.held[path]).hexdigest()}\n".encode())
        return made.hexdigest()


def of_file(path: Path) -> Sources:
    """One file, by its name."""
    return _read([(path.name, path)])


def of_module(name: str, folder: Path) -> Sources:
    """A module, or all of the package that it is of; ValueError where there is none. Folders of the
    command come last: nothing of theirs hides a module of Python's."""
    top = name.partition(".")[0]
    if not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"{name!r} is no name of a module")
    spec = importlib.util.find_spec(top)  # of the top: no parent is imported for it
    if spec is None and (folder / top / "__init__.py").is_file():
        return _read(_below(folder / top))
    if spec is None and (folder / f"{top}.py").is_file():
        return of_file(folder / f"{top}.py")
    if spec is None:
        raise ValueError(f"{name}: there is no module {top}")
    if spec.submodule_search_locations:
        return _read([one for at in spec.submodule_search_locations for one in _below(Path(at))])
    return of_file(Path(spec.origin)) if spec.has_location and spec.origin else _read([])


def load_file(path: Path, sources: Sources) -> ModuleType:
    """The module of a file."""
    loader = _AsRead(path.stem, str(path), sources)
    spec = importlib.util.spec_from_file_location(path.stem, path, loader=loader)
    if spec is None:
        raise ValueError(f"{path}: no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    loader.exec_module(module)
    return module


def load_module(name: str, folder: Path, sources: Sources) -> ModuleType:
    """A module by its name; whatever else of its package is imported, then or later, is of the same
    sources."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    sys.meta_path.insert(0, _Finder(name.partition(".")[0], sources))
    return importlib.import_module(name)


def _below(package: Path) -> list[tuple[str, Path]]:
    return [(path.relative_to(package).as_posix(), path) for path in sorted(package.rglob("*.py"))]


def _read(files: Sequence[tuple[str, Path]]) -> Sources:
    return Sources(tuple(files), {path: path.read_bytes() for _, path in files})


class _AsRead(SourceFileLoader):
    """Compiles what was read. Bytecode that lies beside it may be of an older file with the same
    second and size: it is neither read nor written."""

    def __init__(self, name: str, path: str, sources: Sources) -> None:
        super().__init__(name, path)
        self._sources = sources

    def path_stats(self, path: Any) -> Any:  # noqa: ARG002
        """OSError, by which Python knows that there is no bytecode to look for."""
        raise OSError

    def get_data(self, path: Any) -> bytes:
        held = self._sources.held.get(Path(path))
        return super().get_data(path) if held is None else held


@dataclass(frozen=True)
class _Finder:
    """Finds what the others find of a package, and has it loaded as it was read."""

    top: str
    sources: Sources

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] != self.top:
            return None
        for finder in sys.meta_path:
            if isinstance(finder, _Finder):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if type(spec.loader) is SourceFileLoader and spec.origin:
                    spec.loader = _AsRead(name, spec.origin, self.sources)
                return spec
        return None
