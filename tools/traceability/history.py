# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which ids were ever given, by what git kept of the ledger: no edit takes one back."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from traceability.items import FOLDER, LEDGER

_ADDED = re.compile(r"^\+([A-Z]+-[0-9]+) = ", re.MULTILINE)
_LOG = ("log", "--patch", "--unified=0", "--format=", "--no-color", "--no-ext-diff")


def given(root: Path) -> set[str]:
    """Ids that a commit before this added to the ledger; none where git does not tell."""
    if not (root / ".git").exists():
        return set()
    command = ["git", "--no-optional-locks", "-C", str(root), *_LOG, "--", f"{FOLDER}/{LEDGER}"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        log = subprocess.run(command, check=True, capture_output=True, env=env, text=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return set()
    return set(_ADDED.findall(log))
