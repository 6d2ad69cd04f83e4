# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which rows a query asks for, and the statement that finds them in order of time.

Each has one index that gives its rows in order, so that none is sorted and none that is far from
the time asked for is read.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from fsw_emu.archive.row import Direction
from fsw_emu.archive.store import COLUMNS

_MOST_NS = (1 << 63) - 1  # what SQLite's integers hold
_RANGES = {"service": 0xFF, "subtype": 0xFF, "apid": 0x7FF, "limit": _MOST_NS}
_KEY_ID, _KEY_TIME = 0, 1  # columns


@dataclass(frozen=True)
class Selection:
    """None: any. from_ns <= time of reception < to_ns, ns since 1970 UTC. ValueError for a value
    that none can have."""

    service: int | None = None
    subtype: int | None = None
    apid: int | None = None
    direction: Direction | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    limit: int | None = None
    newest_first: bool = False

    def __post_init__(self) -> None:
        for name, most in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not 0 <= value <= most:
                raise ValueError(f"{name} is 0..{most}, not {value}")
        for time in (self.from_ns, self.to_ns):
            if time is not None and not 0 <= time <= _MOST_NS:
                raise ValueError(f"{time} ns since 1970 is no time of reception")
        if self.direction not in (None, "tm", "tc"):
            raise ValueError(f"direction is tm or tc, not {self.direction!r}")

    def statement(self) -> str:
        """For a selection with a service: of one with its subtype. Values are parameters."""
        if self.service is not None:
            index, first = "by_service", "service = :service AND subtype = :subtype"
        elif self.direction == "tc":
            index, first = "by_time_tc", "direction = 'tc'"  # the literal: the index is partial
        else:
            index, first = "by_time", "(:subtype IS NULL OR subtype = :subtype)"
        way = "DESC" if self.newest_first else "ASC"
        return " ".join(
            (
                "SELECT", COLUMNS, "FROM packet INDEXED BY", index, "WHERE", first,
                "AND received_ns >= :from_ns AND received_ns <= :last_ns",
                "AND (:subtype IS NULL OR subtype = :subtype)",
                "AND (:apid IS NULL OR apid = :apid)",
                "AND (:direction IS NULL OR direction = :direction)",
                "ORDER BY received_ns", way, ", id", way, "LIMIT :most",
            )
        )  # fmt: skip

    def parameters(self) -> dict[str, Any]:
        return asdict(self) | {
            "from_ns": self.from_ns or 0,
            "last_ns": _MOST_NS if self.to_ns is None else self.to_ns - 1,
            "most": -1 if self.limit is None else self.limit,
        }


def select(connection: sqlite3.Connection, wanted: Selection) -> Iterator[tuple[Any, ...]]:
    """The rows, columns as in COLUMNS, in order of reception."""
    if wanted.service is None or wanted.subtype is not None:
        return connection.execute(wanted.statement(), wanted.parameters())
    # Each subtype's rows are in order already: no sorting of all rows of a service.
    each = [replace(wanted, subtype=n) for n in _subtypes(connection, wanted.service)]
    merged = heapq.merge(
        *(connection.execute(one.statement(), one.parameters()) for one in each),
        key=lambda columns: (columns[_KEY_TIME], columns[_KEY_ID]),
        reverse=wanted.newest_first,
    )
    return islice(merged, wanted.limit)


def _subtypes(connection: sqlite3.Connection, service: int) -> Iterator[int]:
    """Those that are there, in as many steps."""
    last = -1
    while True:
        last = connection.execute(
            "SELECT min(subtype) FROM packet WHERE service = ? AND subtype > ?", (service, last)
        ).fetchone()[0]
        if last is None:
            return
        yield last
