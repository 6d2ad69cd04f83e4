# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The latest of each housekeeping report, those of a structure that was reported too."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fsw_emu.console.engineering import Engineering, is_measured
from fsw_emu.interface.fields import Field, FieldError, FieldType, Value, unpack
from fsw_emu.interface.table import Interface

#: reports that are kept, by their SIDs; then the one that came longest ago goes
MOST_REPORTS = 32
#: values of a measured field that are kept, to be drawn
TREND = 60

_SID = Field("Sid", FieldType.of("u16"))

Unpacked = dict[str, Value | Sequence[Value]]


@dataclass(frozen=True)
class _Report:
    """The newest of one SID; ``data`` after it; ``trends``: raw values of measured fields."""

    name: str
    time: str
    n: int
    note: str
    fields: tuple[Field, ...]
    values: Unpacked
    data: bytes
    trends: dict[str, deque[int]]


class Latest:
    """By SID. Structures of reports that are not of the table come with TM(3,10)."""

    def __init__(self, table: Interface, engineering: Engineering) -> None:
        self._table = table
        self._engineering = engineering
        self._enumerations = {
            field.name: field.enumeration
            for report in table.reports.values()
            for field in report.fields
            if field.enumeration is not None
        }
        self._predefined = {
            report.key: report
            for report in table.reports.values()
            if (report.type, report.subtype) == (3, 25) and report.key is not None
        }
        self._structures: OrderedDict[int, tuple[Field, ...]] = OrderedDict()
        self._reports: OrderedDict[int, _Report] = OrderedDict()

    def structure(self, sid: int, items: Sequence[int]) -> None:
        """What TM(3,10) says of a report. Identifiers that name no item end it."""
        fields = [_SID]
        for number in items:
            item = self._table.pool_by_id.get(number)
            if item is None:
                break
            fields.append(
                Field(item.name, item.type, enumeration=self._enumerations.get(item.name))
            )
        if sid not in self._predefined:
            self._structures[sid] = tuple(fields)
            self._structures.move_to_end(sid)
            if len(self._structures) > MOST_REPORTS:
                self._structures.popitem(last=False)

    def report(self, data: bytes, time: str) -> Unpacked:
        """Take TM(3,25); its values, none where its structure is not known."""
        sid = int.from_bytes(data[:2], "big")
        known = self._predefined.get(sid)
        fields = known.fields if known else self._structures.get(sid)
        values: Unpacked = {}
        note = "" if fields else "structure not known: RepStructHk asks for it"
        if fields:
            try:
                values = unpack(fields, data)
            except FieldError as error:
                note = f"not as its structure says: {error}"
        self._engineering.learn(values)
        before = self._reports.pop(sid, None)
        trends = before.trends if before and before.fields == fields else {}
        for name, value in values.items():
            if isinstance(value, int) and is_measured(name):
                trends.setdefault(name, deque(maxlen=TREND)).append(value)
        n = before.n + 1 if before else 1
        name = known.name if known else f"SID {sid}"
        self._reports[sid] = _Report(name, time, n, note, fields or (), values, data[2:], trends)
        if len(self._reports) > MOST_REPORTS:
            self._reports.popitem(last=False)
        return values

    def snapshot(self) -> list[dict[str, Any]]:
        """All reports by their SIDs, as the page has them."""
        return [
            {
                "sid": sid,
                "name": report.name,
                "time": report.time,
                "n": report.n,
                "note": report.note,
                "fields": self._fields(report),
            }
            for sid, report in sorted(self._reports.items())
        ]

    def _fields(self, report: _Report) -> list[dict[str, Any]]:
        if not report.values:
            return [{"name": "data", "raw": None, "text": report.data.hex(" ")}]
        return [
            self._engineering.shown(field, report.values[field.name])
            | self._engineering.course(field.name, report.trends.get(field.name, ()))
            for field in report.fields[1:]
            if not field.is_spare
        ]
