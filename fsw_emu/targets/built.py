# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a target in a file is: the build of the core that runs there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from fsw_emu.provenance import UNKNOWN, Build


def file_build(kind: str, path: Path) -> Build:
    """A core in a file: what the record beside it says, if it is this file's, else its hash and
    what the compiler left in it. OSError where it cannot be read."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    name = f"{kind} {path.name}"
    record = _record_beside(path)
    if record.get("file") == digest:
        return Build.recorded(name, record)
    return Build(name, "file", digest, _compiler(path), UNKNOWN)


def _record_beside(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.with_name(f"{path.name}.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _compiler(path: Path) -> str:
    """What .comment says; a linked file may name several."""
    try:
        with path.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".comment")
            data = section.data() if section is not None else b""
    except ELFError:
        return UNKNOWN
    told = sorted({text.decode("ascii", "replace") for text in data.split(b"\0") if text})
    return ", ".join(told) or UNKNOWN
