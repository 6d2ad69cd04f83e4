# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the project needs of others, by name, version and licence: no command, see licences.py.

Packages are those of pyproject.toml as they are installed, Debian's those of cross_tools.py.
Licences are read from the metadata of packages; those of Debian's stand in NOTICE.md.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import cross_tools
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+?) \|", re.MULTILINE)
HOST = {"gcc", "git", "make"}
LONGEST = 60  # a licence field beyond it holds the licence's text

#: what metadata call a licence that SPDX has by another name, where that is certain
SPDX = {
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "LGPLv3": "LGPL-3.0-only",
    "MIT License": "MIT",
}


@dataclass(frozen=True)
class Package:
    """One of Python's, as installed; ``needs``: names of those it needs in turn."""

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]


def installed(name: str) -> Package:
    """PackageNotFoundError where it is not."""
    found = metadata.distribution(name)
    asked = [Requirement(line) for line in found.requires or ()]
    needs = {canonicalize_name(r.name) for r in asked if _applies(r)}
    return Package(
        canonicalize_name(name), found.version, licence(found.metadata), tuple(sorted(needs))
    )


def licence(fields: Any) -> str:
    """As the metadata of a package tell it: an expression, a short name, or its classifiers."""
    said = [fields.get("License-Expression"), fields.get("License")]
    for text in said:
        if text and "\n" not in text and len(text) <= LONGEST and text != "UNKNOWN":
            return SPDX.get(text, text)
    names = [c.rpartition(" :: ")[2] for c in fields.get_all("Classifier") or () if "License" in c]
    return SPDX.get(", ".join(names), ", ".join(names)) or "unknown"


def closure(names: Iterable[str]) -> tuple[Package, ...]:
    """Packages with all that they need, by name."""
    found: dict[str, Package] = {}
    left = {canonicalize_name(name) for name in names}
    while left:
        package = installed(left.pop())
        found[package.name] = package
        left |= set(package.needs) - set(found)
    return tuple(found[name] for name in sorted(found))


def run_time() -> set[str]:
    """Names that pyproject.toml asks for to run."""
    return _names(_project()["project"]["dependencies"])


def development() -> set[str]:
    """Names that pyproject.toml asks for to build, test and examine."""
    project = _project()
    groups = project["dependency-groups"].values()
    asked = _names([*project["build-system"]["requires"], *(name for g in groups for name in g)])
    return asked - run_time()


def present(names: Iterable[str]) -> list[str]:
    """Those that are installed: a group of pyproject.toml may not have been asked for."""
    return [name for name in sorted(names) if next(metadata.distributions(name=name), None)]


def debian() -> set[str]:
    """Debian packages that the README asks for, and those that cross_tools.py sees to."""
    tools = cross_tools.FLIGHT | cross_tools.LANES | cross_tools.EVIDENCE
    return HOST | {name for names in tools.values() for name in names}


def debian_versions() -> dict[str, str]:
    """Those of them that are installed; none where this is no Debian."""
    if shutil.which("dpkg-query") is None:
        return {}
    form = "${binary:Package}\t${db:Status-Abbrev}\t${Version}\n"
    command = ["dpkg-query", "-W", "-f", form, *sorted(debian())]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {name.partition(":")[0]: found for name, state, found in rows if state[:2] == "ii"}


def notice(text: str | None = None) -> dict[str, str]:
    """Name -> licence of each row in NOTICE.md, or in a text like it."""
    return dict(ROW.findall((ROOT / "NOTICE.md").read_text() if text is None else text))


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _names(lines: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
