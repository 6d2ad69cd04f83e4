"""Where something comes from: the state of the sources it was made with."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
