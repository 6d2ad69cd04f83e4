# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Figures of a benchmark: what they have to be, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

#: less is better
_AT_MOST = ("s", "us", "MiB", "KiB", "%", "bits/sample", "bytes/event", "bytes/packet")


@dataclass(frozen=True)
class Row:
    """One figure; at_least: or at most, for times and memory."""

    what: str
    value: float
    unit: str
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        if self.at_least is None:
            return None
        at_most = self.unit in _AT_MOST
        return self.value <= self.at_least if at_most else self.value >= self.at_least


def tell(rows: Sequence[Row], json_file: Path | None) -> None:
    """Print the table; the file, if any, holds the same figures."""
    verdict = {None: "", True: "met", False: "NOT MET"}
    for row in rows:
        bar = "" if row.at_least is None else f"{row.at_least:g}"
        digits = 3 if row.unit == "bits/sample" else 2
        print(f"{row.what:42} {row.value:10.{digits}f} {row.unit:12} {bar:>6} {verdict[row.met]}")
    if json_file:
        keep(rows, json_file)


def keep(rows: Sequence[Row], json_file: Path) -> None:
    """Write the figures alone."""
    json_file.parent.mkdir(parents=True, exist_ok=True)
    figures = [asdict(row) | {"met": row.met} for row in rows]
    json_file.write_text(json.dumps(figures, indent=2) + "\n")
