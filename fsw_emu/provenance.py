# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where something comes from: sources, build of the core, parameters, inputs, packages.

One value, :class:`Provenance`, stands behind every product; :func:`rows` decides its fields for
all of headers, comments, properties and pages, :func:`as_json` for files of JSON.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

#: what products are made by; what else changes in a checkout has no say in them
MADE_BY = ("c_src", "cross", "fsw_emu", "hil", "meson.build", "pyproject.toml")
#: packages that shape products
PACKAGES = ("astropy", "numpy")
UNKNOWN = "unknown"
_CARD_TEXT_BYTES = 65  # of 80: what a card has for a quoted text and its comment
#: keywords of fits_cards, and the one that FITS adds for long texts
_CARDS = re.compile(
    r"CREATOR|COMMIT|DIRTY|(OB|GD)(CORE|SHA|COMP|FLAGS)|PARAM(ID|SHA)|SEED|INP(UT|SHA)\d+|PACKAGES"
    r"|LONGSTRN"
)


@dataclass(frozen=True)
class Checkout:
    """The sources in the folder of the project.

    ``commit`` is the full hash, ``dirty`` whether files differ from it or are new; ``tree`` a
    hash of the names and bytes of all files that git knows or would add, the same for the same
    sources whatever the commit. Without git all are unknown: "", False, "".
    """

    commit: str
    dirty: bool
    tree: str


@dataclass(frozen=True)
class Sources:
    """Commit of the sources, and whether those that products are made by differ from it or are
    new. Unknown is "", False."""

    commit: str
    dirty: bool


@dataclass(frozen=True)
class Build:
    """One build of the core. ``sha256`` is that of its objects in order of name, or, where only
    a linked file is known, that file's: ``of`` is ``objects`` or ``file``."""

    name: str
    of: str
    sha256: str
    compiler: str
    flags: str

    @classmethod
    def recorded(cls, name: str, record: Mapping[str, Any]) -> Build:
        """As tools/build_record.py kept it."""
        told = (str(record.get(key, UNKNOWN)) for key in ("objects", "compiler", "flags"))
        return cls(name, "objects", *told)


@dataclass(frozen=True)
class Input:
    """A file that was read: its bytes as on disk, packed or not."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Parameters:
    """A parameter set: id and hash."""

    id: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """What a product was made by, with and from. ``onboard`` is the core of the flight part, None
    where there is none; ``ground`` that of everything else. ``seed``: of the scene, if any."""

    version: str
    sources: Sources
    onboard: Build | None
    ground: Build
    parameters: Parameters
    seed: int | None
    inputs: tuple[Input, ...]
    packages: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """One field: its name, its FITS keyword, its value, what it is."""

    name: str
    keyword: str
    value: str | int | bool
    comment: str


@cache
def checkout(root: Path = ROOT) -> Checkout:
    """The sources as they are when this is first asked."""
    try:
        commit = _git(root, "rev-parse", "HEAD").decode().strip()
        dirty = bool(_git(root, "status", "--porcelain"))
        names = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    except (OSError, subprocess.CalledProcessError):
        return Checkout("", False, "")
    tree = hashlib.sha256()
    for name in sorted({name.decode() for name in names.split(b"\0") if name}):
        path = root / name
        if path.is_file():
            tree.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return Checkout(commit, dirty, tree.hexdigest())


def sources(root: Path = ROOT) -> Sources:
    """The sources in a folder, by git. Unknown without it, or where the folder is only a part of
    somebody's repository."""
    try:
        text = _git(root, "status", "--porcelain=v2", "--branch", "--", *MADE_BY).decode()
    except (OSError, subprocess.CalledProcessError):
        return Sources("", False)
    lines = text.splitlines()
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid")), "")
    return Sources(commit, any(not line.startswith("#") for line in lines))


def _git(root: Path, *arguments: str) -> bytes:
    """What git says of the repository whose top is root; OSError where there is none."""
    if not (root / ".git").exists():
        raise FileNotFoundError(2, "no repository", str(root))
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(command, check=True, capture_output=True, env=env).stdout  # noqa: S603


def build_record(module: str) -> dict[str, Any]:
    """What tools/build_record.py kept of a compiled module; empty where it kept nothing."""
    try:
        text = (importlib.resources.files("fsw_emu") / f"{module}.json").read_text()
        found = json.loads(text)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@cache
def software() -> tuple[str, Sources]:
    """Version and sources of this package: as they are in a checkout, as they were when it was
    built elsewhere."""
    built = build_record("_core")
    version = str(built.get("version", UNKNOWN))
    here = sources()
    if here.commit:
        return version, here
    return version, Sources(str(built.get("commit", "")), bool(built.get("dirty", False)))


@cache
def packages() -> dict[str, str]:
    """Versions of the packages that shape products."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = UNKNOWN
    return found


def provenance(
    *,
    onboard: Build | None,
    ground: Build,
    parameters: Parameters,
    seed: int | None,
    inputs: Sequence[Input],
) -> Provenance:
    """All of it, with what is the same for all products of this process."""
    version, made_by = software()
    return Provenance(
        version, made_by, onboard, ground, parameters, seed, tuple(inputs), packages()
    )


def canonical(value: Any) -> bytes:
    """JSON in the one form that is hashed: ASCII, keys sorted, no spaces. ValueError for a number
    that JSON has not."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def plain(value: Any) -> Any:
    """A value of dataclasses, mappings and sequences as JSON has it; bytes become their hash."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, bytes):
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def parameter_set(kind: str, parameters: Mapping[str, Any]) -> Parameters:
    """The id of a parameter set is its kind and the first 8 digits of its SHA-256 over
    :func:`canonical` (ASSUMED: sources give no ids)."""
    digest = hashlib.sha256(canonical(plain(parameters))).hexdigest()
    return Parameters(f"{kind}-{digest[:8]}", digest)


def as_json(origin: Provenance) -> dict[str, Any]:
    """For files of JSON."""
    made = asdict(origin)
    return {**made, "inputs": list(made["inputs"])}


def rows(origin: Provenance) -> Iterator[Row]:
    """The fields in order. Texts are ASCII without control characters."""
    yield Row("software", "CREATOR", f"fsw-emu {origin.version}", "made by")
    yield Row("commit", "COMMIT", origin.sources.commit or UNKNOWN, "of the sources")
    yield Row("dirty", "DIRTY", origin.sources.dirty, "the sources differ from it")
    if origin.onboard is not None:
        yield from _build_rows("onboard", "OB", origin.onboard)
    yield from _build_rows("ground", "GD", origin.ground)
    yield Row("parameter set", "PARAMID", origin.parameters.id, "parameter set")
    yield Row("parameters sha256", "PARAMSHA", origin.parameters.sha256, "")
    if origin.seed is not None:
        yield Row("seed", "SEED", origin.seed, "of the scene")
    for i, one in enumerate(origin.inputs, 1):
        yield Row(f"input {i}", f"INPUT{i}", _text(one.name), "input file")
        yield Row(f"input {i} sha256", f"INPSHA{i}", one.sha256, "")
    versions = ", ".join(f"{name} {version}" for name, version in origin.packages.items())
    yield Row("packages", "PACKAGES", versions, "Python packages")


def _build_rows(role: str, prefix: str, build: Build) -> Iterator[Row]:
    yield Row(f"{role} core", f"{prefix}CORE", _text(build.name), f"{role} core")
    yield Row(f"{role} {build.of} sha256", f"{prefix}SHA", build.sha256, "")
    yield Row(f"{role} compiler", f"{prefix}COMP", _text(build.compiler), "")
    yield Row(f"{role} flags", f"{prefix}FLAGS", _text(build.flags), "")


def _text(value: str) -> str:
    """Letters that are not ASCII, what is no letter, and a space at the end, where FITS would
    lose it, as Python would write them."""
    text = value.encode("unicode_escape").decode("ascii")
    return f"{text[:-1]}\\x20" if text.endswith(" ") else text


def is_card(keyword: str) -> bool:
    """Whether a card of a FITS header tells where the file comes from, not what it holds."""
    return _CARDS.fullmatch(keyword) is not None


def fits_cards(origin: Provenance) -> list[tuple[str, str | int | bool, str]]:
    """Header cards: keyword, value, comment where it fits; long texts go on by CONTINUE."""
    return [(row.keyword, row.value, _comment(row)) for row in rows(origin)]


def _comment(row: Row) -> str:
    size = len(row.value.replace("'", "''")) if isinstance(row.value, str) else 0
    return row.comment if size + len(row.comment) <= _CARD_TEXT_BYTES else ""


def named(origin: Provenance) -> list[tuple[str, str]]:
    """Names and values as texts: comments, properties of test results, tables."""
    return [(row.name, _word(row.value)) for row in rows(origin)]


def _word(value: str | int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
