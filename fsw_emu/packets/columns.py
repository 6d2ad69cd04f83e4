# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Tables of packets, one a line, as other equipment exports them: which column says what is a map
in TOML. Data are hexadecimal, with or without 0x, blanks, colons, hyphens between."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fsw_emu.packets.capture import Recorded
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.pcap import SNAPLEN, Direction
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode

Column = str | int
ROLES = ("time", "direction", "interface", "end", "data")
#: decimal places of a nanosecond
UNITS = {"s": 9, "ms": 6, "us": 3, "ns": 0}

_MAX_LINE_BYTES = 4 * SNAPLEN
_EMPTY = "-"  # where blanks separate
#: texts of an end marker and of a direction, and what they mean
_ENDS = {"EOP": "eop", "EEP": "eep", "cut": "cut", "TC": "time_code", "": "eop"}
_WAYS: dict[str, Direction] = {"in": "in", "out": "out", "": ""}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS = 1_000_000_000
_FILLING = re.compile(r"0[xX]|[\s:_-]")
_ISO = re.compile(r"(.*?)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True)
class Columns:
    """What the columns of a table say. A column is a name in its first line, or a number from 0."""

    columns: dict[str, Column] = field(default_factory=lambda: {role: role for role in ROLES})
    separator: str = ","  # blanks where empty; the last column then takes the rest of the line
    comment: str = "#"  # lines that begin so are passed
    unit: str = "iso"  # of times: iso, or one of UNITS since 1970
    space_packets: bool = False  # the data are, instead of SpaceWire packets
    directions: dict[str, Direction] = field(default_factory=lambda: _WAYS)
    ends: dict[str, str] = field(default_factory=lambda: _ENDS)

    @property
    def named(self) -> bool:
        return isinstance(self.columns["data"], str)


def read_columns(text: str) -> Columns:
    """The map in a TOML text. ValueError names the key that is wrong."""
    given = tomllib.loads(text)
    known = {"separator", "comment", "unit", "data", "column", "direction", "end"}
    _refuse(given, known, "")
    plain = {"separator": ",", "comment": "#", "unit": "iso", "data": "spacewire"}
    plain |= {key: _text(given, key) for key in plain if key in given}
    if len(plain["separator"]) > 1:
        raise ValueError("separator: one character, or none for blanks")
    if plain["unit"] not in ("iso", *UNITS):
        raise ValueError(f"unit: one of iso, {', '.join(UNITS)}")
    if plain["data"] not in ("spacewire", "space packet"):
        raise ValueError("data: spacewire or space packet")
    columns = _table(given, "column")
    _refuse(columns, set(ROLES), "column.")
    if "data" not in columns:
        raise ValueError("column.data is missing")
    kinds = {type(column) for column in columns.values()}
    if kinds not in ({str}, {int}) or any(isinstance(c, int) and c < 0 for c in columns.values()):
        raise ValueError("column: all names, or all numbers from 0")
    return Columns(
        columns={role: columns[role] for role in ROLES if role in columns},
        separator=plain["separator"],
        comment=plain["comment"],
        unit=plain["unit"],
        space_packets=plain["data"] == "space packet",
        directions=_words(given, "direction", _WAYS),
        ends=_words(given, "end", _ENDS),
    )


def _refuse(table: dict[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"{where}{key}: not known; there are {', '.join(sorted(known))}")


def _table(given: dict[str, Any], key: str) -> dict[str, Any]:
    table = given.get(key, {})
    if not isinstance(table, dict):
        raise ValueError(f"{key}: a table, [{key}]")
    return table


def _text(given: dict[str, Any], key: str) -> str:
    if not isinstance(given[key], str):
        raise ValueError(f"{key}: a text")
    return str(given[key])


def _words(given: dict[str, Any], key: str, default: Mapping[str, Any]) -> dict[str, Any]:
    """Text in the column -> meaning; what the map leaves out is as it is without one."""
    table = _table(given, key)
    _refuse(table, {meaning for meaning in default.values() if meaning}, f"{key}.")
    out = {word: meaning for word, meaning in default.items() if meaning not in table}
    for meaning, words in table.items():
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"{key}.{meaning}: a list of texts")
        out |= dict.fromkeys(words, meaning)
    return out


class TableReader:
    """Items of a table, in chunks of any size. A line that cannot be read is a fault and is passed.
    Holds at most one line, 1 MiB."""

    def __init__(self, columns: Columns) -> None:
        self.faults: FaultLog[Fault] = FaultLog()
        self._columns = columns
        self._places: dict[str, int] | None = None
        if not columns.named:
            self._places = {role: int(place) for role, place in columns.columns.items()}
        self._buffer = b""
        self._offset = 0  # of the buffer in the input
        self._line = 0
        self._passing = False  # the rest of a line that is too long

    def feed(self, chunk: bytes) -> list[Recorded]:
        """Take the next bytes, return what is whole now. ValueError where the first line lacks a
        column."""
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        out = []
        for line in lines:
            if (one := self._read(line)) is not None:
                out.append(one)
            self._offset += len(line) + 1
        if len(self._buffer) > _MAX_LINE_BYTES:
            if not self._passing:
                self._fault(f"longer than {_MAX_LINE_BYTES} bytes", self._line + 1)
            self._passing = True
            self._offset += len(self._buffer)
            self._buffer = b""
        return out

    def finish(self) -> list[Recorded]:
        """The input has ended: what its last line says."""
        return self.feed(b"\n") if self._buffer else []

    def _read(self, raw: bytes) -> Recorded | None:
        self._line += 1
        if self._passing:
            self._passing = False
            return None
        text = raw.decode("utf-8-sig" if self._line == 1 else "utf-8", "replace").strip()
        comment = self._columns.comment
        if not text or (comment and text.startswith(comment)):
            return None
        if self._places is None:
            self._places = self._find(self._cells(text))
            return None
        try:
            return self._item(self._cells(text), self._places)
        except ValueError as error:
            self._fault(str(error), self._line)
            return None

    def _cells(self, text: str) -> list[str]:
        separator = self._columns.separator
        if separator:
            cells = _quoted(text, separator) if '"' in text else text.split(separator)
            return [cell.strip() for cell in cells]
        last = max(self._places.values()) if self._places else -1
        return ["" if cell == _EMPTY else cell for cell in text.split(None, last)]

    def _find(self, names: list[str]) -> dict[str, int]:
        for column in self._columns.columns.values():
            if column not in names:
                raise ValueError(f"no column {column!r} in its first line")
        return {role: names.index(str(name)) for role, name in self._columns.columns.items()}

    def _item(self, cells: list[str], places: dict[str, int]) -> Recorded:
        if max(places.values()) >= len(cells):
            raise ValueError(f"{len(cells)} columns")
        told = {role: cells[place] for role, place in places.items()}
        end = _meaning(self._columns.ends, told.get("end", ""), "end marker")
        direction = _meaning(self._columns.directions, told.get("direction", ""), "direction")
        time_ns = _time_ns(told["time"], self._columns.unit) if "time" in told else 0
        try:
            data = bytes.fromhex(_FILLING.sub("", told["data"]))
        except ValueError:
            raise ValueError("the data are not hexadecimal") from None
        item: Item
        if end == "time_code":
            if len(data) != 1:
                raise ValueError(f"a time-code of {len(data)} bytes")
            item = TimeCode.of(data[0])
        else:
            data = PTP_PREFIX + data if self._columns.space_packets else data
            item = SpwPacket(data, end == "eep", self._offset, end == "cut")
        return Recorded(item, time_ns, direction, told.get("interface", ""), self._offset)  # type: ignore[arg-type]

    def _fault(self, what: str, line: int) -> None:
        self.faults.append(Fault(self._offset, f"line {line}", what))


def _quoted(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=separator))
    except csv.Error as error:
        raise ValueError(error) from None


def _meaning(words: dict[str, Any], text: str, what: str) -> str:
    if text not in words:
        raise ValueError(f"{what} {text!r}")
    return str(words[text])


def _time_ns(text: str, unit: str) -> int:
    """ValueError for what is no time, or before 1970 or after 2554."""
    try:
        time_ns = _iso_ns(text) if unit == "iso" else Decimal(text).scaleb(UNITS[unit])
        if 0 <= time_ns < 1 << 64:
            return int(time_ns)
    except (ValueError, ArithmeticError):
        pass
    raise ValueError(f"time {text!r}")


def _iso_ns(text: str) -> int:
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(text)
    moment, fraction, zone = match.groups()
    then = datetime.fromisoformat(moment + (zone or "Z"))
    return (then - _EPOCH) // timedelta(seconds=1) * _SECOND_NS + int(
        (fraction or "0").ljust(9, "0")
    )


def first_line(columns: Columns) -> str:
    """The line that names the columns; nothing where they have numbers."""
    if not columns.named:
        return ""
    return _joined({role: str(name) for role, name in columns.columns.items()}, columns)


def line(one: Recorded, columns: Columns) -> str | None:
    """The line that a reader with the same columns makes the same item of, as far as there are
    columns for what is known of it; None for an item that they cannot tell."""
    cells = _cells_of(one, columns)
    return None if cells is None else _joined(cells, columns)


def _cells_of(one: Recorded, columns: Columns) -> dict[str, str] | None:
    """The text of each column; None where they have no word for it."""
    if isinstance(one.item, TimeCode):
        end, data = "time_code", bytes([one.item.to_byte()])
    else:
        end = "eep" if one.item.eep else "cut" if one.item.truncated else "eop"
        data = one.item.data
        if columns.space_packets:
            if not data.startswith(PTP_PREFIX):
                return None
            data = data[len(PTP_PREFIX) :]
    ends = {meaning: word for word, meaning in reversed(columns.ends.items())}
    ways = {meaning: word for word, meaning in reversed(columns.directions.items())}
    if end not in ends or one.direction not in ways:
        return None
    if end != "eop" and "end" not in columns.columns:
        return None
    return {
        "time": _time_text(one.time_ns, columns.unit),
        "direction": ways[one.direction],
        "interface": one.interface,
        "end": ends[end],
        "data": data.hex(),
    }


def _time_text(time_ns: int, unit: str) -> str:
    if unit == "iso":
        seconds, rest = divmod(time_ns, _SECOND_NS)
        then = _EPOCH + timedelta(seconds=seconds)
        return f"{then:%Y-%m-%dT%H:%M:%S}.{rest:09}Z"
    places = UNITS[unit]
    whole, rest = divmod(time_ns, 10**places)
    return f"{whole}.{rest:0{places}}" if places else str(whole)


def _joined(cells: dict[str, str], columns: Columns) -> str:
    if columns.named:
        row = [cells[role] for role in columns.columns]
    else:
        numbers = {int(place): role for role, place in columns.columns.items()}
        row = [cells[numbers[i]] if i in numbers else "" for i in range(max(numbers) + 1)]
    if not columns.separator:
        return " ".join(cell or _EMPTY for cell in row) + "\n"
    out = io.StringIO()
    csv.writer(out, delimiter=columns.separator, lineterminator="\n").writerow(row)
    return out.getvalue()
