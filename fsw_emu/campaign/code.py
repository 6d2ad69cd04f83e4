# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the sources of a run are known by, in a checkout or installed."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import fsw_emu.targets
from fsw_emu.provenance import ROOT, canonical, packages

#: what results of runs are made by; what else changes has no say in them
MADE_BY = (
    *("algorithms", "campaign", "codecs", "core", "merit", "packets", "scene", "targets"),
    "_core.pyx",
)
_KINDS = (".py", ".pyx", ".toml", ".json", ".npz")


@cache
def code_version(root: Path = ROOT / "fsw_emu") -> str:
    """SHA-256 of those sources, the core's objects and the packages beside them."""
    files = {}
    for name in MADE_BY:
        for path in sorted([root / name, *(root / name).rglob("*")]):
            if path.suffix in _KINDS and path.is_file():
                where = path.relative_to(root).as_posix()
                files[where] = hashlib.sha256(path.read_bytes()).hexdigest()
    core = fsw_emu.targets.build("host").sha256
    return hashlib.sha256(
        canonical({"files": files, "core": core, "packages": packages()})
    ).hexdigest()
