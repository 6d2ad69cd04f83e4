# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Differences that are meant: declared in a TOML file, each with a reason and a day.

[[intended]]
what = "sxi_edu_detect.*"     # field as it is reported, * and ? as in file names; not all of them
reason = "equality at the threshold no longer passes"
expires = 2027-01-31          # the last day it counts
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

#: names that nothing has: what covers one of them covers whatever comes
_NOBODYS = ("q", "0", "q.q", "0.0", "sxi_q.q", "sxi_0.0")


@dataclass(frozen=True)
class Intended:
    """One declaration."""

    what: str
    reason: str
    expires: date

    def covers(self, what: str) -> bool:
        return fnmatchcase(what, self.what)

    def expired(self, today: date) -> bool:
        return today > self.expires


def read_intended(path: Path) -> list[Intended]:
    """The declarations of a file; OSError, or ValueError for what is none."""
    try:
        tables = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if set(tables) - {"intended"} or not isinstance(tables.get("intended", []), list):
        raise ValueError(f"{path}: holds [[intended]] tables only")
    return [_intended(path, table) for table in tables.get("intended", [])]


def _intended(path: Path, table: dict[str, object]) -> Intended:
    what, reason, expires = (table.get(name) for name in ("what", "reason", "expires"))
    if set(table) - {"what", "reason", "expires"}:
        raise ValueError(f"{path}: what, reason and expires, not {', '.join(table)}")
    if not (isinstance(what, str) and what and isinstance(reason, str) and reason):
        raise ValueError(f"{path}: an intended difference has a what and a reason")
    if any(fnmatchcase(name, what) for name in _NOBODYS):
        raise ValueError(f"{path}: {what} covers everything, whatever it is")
    if type(expires) is not date:
        raise ValueError(f"{path}: {what}: expires is a day like 2027-01-31")
    return Intended(what, reason, expires)


@dataclass(frozen=True)
class Judgement:
    """Findings by name: meant, and not; declarations that are over, and that met nothing."""

    meant: dict[str, Intended]
    unmeant: tuple[str, ...]
    expired: tuple[Intended, ...]
    unmatched: tuple[Intended, ...]


def judge(found: Iterable[str], declared: Iterable[Intended], today: date) -> Judgement:
    """Which of the differences are meant today. A declaration that is over covers nothing."""
    names, every = list(found), list(declared)
    meant = {
        name: next(d for d in every if d.covers(name) and not d.expired(today))
        for name in names
        if any(d.covers(name) and not d.expired(today) for d in every)
    }
    return Judgement(
        meant,
        tuple(name for name in names if name not in meant),
        tuple(d for d in every if d.expired(today)),
        tuple(d for d in every if not any(d.covers(name) for name in names)),
    )
