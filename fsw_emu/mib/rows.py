# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The ASCII tables of a SCOS-2000 database: a file a table, a line a row, tabs between fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

#: a file beyond that is no table (a large mission's are some 10 MB)
_MAX_TABLE_BYTES = 1 << 28

RADIX = {"": 10, "D": 10, "H": 16, "O": 8}


class MibError(ValueError):
    """A row that cannot be read or does not fit the others; tells file and line."""


@dataclass(frozen=True)
class Row:
    """One row; fields are counted from 0, those that a short row lacks are empty."""

    file: str
    line: int
    fields: tuple[str, ...]

    def text(self, column: int) -> str:
        return self.fields[column] if column < len(self.fields) else ""

    def must(self, column: int, name: str) -> str:
        """A field that may not be empty."""
        text = self.text(column)
        if not text:
            raise self.error(f"{name} is empty")
        return text

    def integer(self, column: int, name: str, default: int | None = None, *, least: int = 0) -> int:
        """A decimal number, at least ``least``; without a default it may not be empty."""
        text = self.text(column)
        if not text and default is not None:
            return default
        try:
            value = int(text)
        except ValueError:
            raise self.error(f"{name} is {text!r}, no whole number") from None
        if value < least:
            raise self.error(f"{name} is {value}, less than {least}")
        return value

    def number(
        self, column: int, name: str, *, radix: int = 10, default: float | None = None
    ) -> float:
        """A number, whole ones as int; ``radix`` for whole ones."""
        text = self.text(column)
        if not text and default is not None:
            return default
        return self.reading(lambda: parse_number(text, radix), name)

    def one_of(self, column: int, name: str, allowed: str, default: str) -> str:
        """A letter of ``allowed``."""
        text = self.text(column) or default
        if len(text) != 1 or text not in allowed:
            raise self.error(f"{name} is {text!r}, not one of {', '.join(allowed)}")
        return text

    def radix(self, column: int, name: str) -> int:
        return RADIX[self.one_of(column, name, "DHO", "D")]

    def reading(self, read: Callable[[], T], name: str) -> T:
        """What ``read`` gives; its ValueError becomes one of this row."""
        try:
            return read()
        except ValueError as error:
            raise self.error(f"{name}: {error}") from None

    def error(self, what: str) -> MibError:
        return MibError(f"{self.file}, line {self.line}: {what}")


def parse_number(text: str, radix: int = 10) -> int | float:
    """A whole number of a radix, or a finite decimal one; ValueError."""
    text = text.strip()
    try:
        return int(text, radix)
    except ValueError:
        if radix != 10:
            raise ValueError(f"{text!r} is no number of radix {radix}") from None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None
    if not abs(value) < float("inf"):
        raise ValueError(f"{text!r} is no finite number")
    return value


def read_table(folder: Path, name: str) -> Iterator[Row]:
    """The rows of a table; none where there is no such file. MibError, OSError."""
    path = _file(folder, name)
    if path is None:
        return
    if path.stat().st_size > _MAX_TABLE_BYTES:
        raise MibError(f"{path.name}: larger than a table can be")
    text = path.read_bytes().decode("utf-8", errors="replace")
    for line, row in enumerate(text.split("\n"), 1):
        row = row.rstrip("\r")
        if row.strip():
            yield Row(path.name, line, tuple(field.strip() for field in row.split("\t")))


def _file(folder: Path, name: str) -> Path | None:
    """The file of a table, also where its name is in capitals."""
    for file in (f"{name}.dat", f"{name}.DAT", f"{name.upper()}.dat", f"{name.upper()}.DAT"):
        if (folder / file).is_file():
            return folder / file
    return None
