# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets by the names of the interface table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fsw_emu.interface.fields import Field, FieldError, Value, unpack
from fsw_emu.interface.table import Interface
from fsw_emu.packets.pus import Tm, read_tm

VERIFICATION, EVENTS = 1, 5
#: where reports of failures have their code
_CODES = ("TcFailureCodeAcc", "TcFailureCodeStrt", "TcFailureCodeTerm")


@dataclass(frozen=True)
class Received:
    """One packet. at_s: when it came, by the line's time; name: of the report or the event, empty
    where the table has none; values: by field, none where they do not fit the table; failure:
    name of the one that is reported."""

    at_s: float
    packet: bytes
    tm: Tm
    name: str = ""
    values: Mapping[str, Value | Sequence[Value]] = field(default_factory=dict)
    failure: str = ""

    @property
    def kind(self) -> tuple[int, int]:
        """Service and subtype."""
        return self.tm.header.type, self.tm.header.subtype

    def __getitem__(self, name: str) -> Value | Sequence[Value]:
        """The value of a field; KeyError."""
        return self.values[name]

    def __str__(self) -> str:
        service, subtype = self.kind
        return " ".join(filter(None, (f"TM({service},{subtype})", self.name, self.failure)))


class Decoder:
    """Packets of one table; those of another APID have no names."""

    def __init__(self, table: Interface) -> None:
        self._table = table
        self._reports = {(r.type, r.subtype, r.key): r for r in table.reports.values()}
        self._failures = {failure.code: name for name, failure in table.failures.items()}

    def read(self, packet: bytes, at_s: float) -> Received:
        """One packet. ValueError for what is none."""
        tm = read_tm(packet)
        name, fields, data = self._definition(tm)
        try:
            values = unpack(fields, data) if name else {}
        except FieldError:
            values = {}
        code = next((values[each] for each in _CODES if each in values), None)
        failure = "" if code is None else self._failures.get(code, str(code))  # type: ignore[arg-type]
        return Received(at_s, packet, tm, name, values, failure)

    def fields(self, name: str) -> Sequence[Field]:
        """Those of a report or an event; KeyError."""
        if name in self._table.events:
            return self._table.events[name].fields
        return self._table.reports[name].fields

    def _definition(self, tm: Tm) -> tuple[str, Sequence[Field], bytes]:
        """Name, fields, and the data that they are of."""
        data, header = tm.data, tm.header
        first = int.from_bytes(data[:2], "big")
        if tm.primary.apid != self._table.apid:
            return "", (), data
        if header.type == EVENTS:
            event = self._table.events_by_id.get(first)
            return (event.name, event.fields, data[2:]) if event else ("", (), data)
        kind = header.type, header.subtype
        report = self._reports.get((*kind, first)) or self._reports.get((*kind, None))
        return (report.name, report.fields, data) if report else ("", (), data)
