# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry out of the software: headers, time, sequence counts."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from fsw_emu.interface.fields import Values, pack
from fsw_emu.interface.table import Interface
from fsw_emu.packets.ccsds import COUNT_MODULO
from fsw_emu.packets.pus import SmileTime, build_tm

#: onboard time, and the flag that tells whether it is synchronised
Now = Callable[[], tuple[SmileTime, int]]


class Downlink:
    """Packets in the order in which they were made, until they are taken.

    Sequence counts go by destination (MIB v1.8.1: SEQ_APID_141_DEST_00...); from 0 after a reset,
    on and on over a hand-over (ASSUMED).
    """

    def __init__(self, table: Interface, now: Now) -> None:
        self._table = table
        self._now = now
        self._counts: Counter[int] = Counter()
        self._ready: deque[bytes] = deque()
        self.n_packets = self.n_bytes = 0

    def report(self, name: str, values: Values | None = None, *, destination: int = 0) -> None:
        """A report of the table. FieldError, KeyError."""
        report = self._table.reports[name]
        data = pack(report.fields, values or {})
        self.put(report.type, report.subtype, data, destination=destination)

    def put(self, type_: int, subtype: int, data: bytes, *, destination: int = 0) -> None:
        """Any report; ValueError for one that is too long."""
        time, sync = self._now()
        packet = build_tm(
            apid=self._table.apid,
            count=self._counts[destination],
            type=type_,
            subtype=subtype,
            time=time,
            destination=destination,
            sync=sync,
            data=data,
        )
        self._counts[destination] = (self._counts[destination] + 1) % COUNT_MODULO
        self._ready.append(packet)
        self.n_packets += 1
        self.n_bytes += len(packet)

    def follow(self, before: Downlink) -> None:
        """Go on with the counts of software that hands over."""
        self._counts = before._counts.copy()

    def count(self, destination: int) -> int:
        """The next sequence count for a destination."""
        return self._counts[destination]

    @property
    def waiting(self) -> int:
        return len(self._ready)

    def take(self, most: int | None = None) -> list[bytes]:
        """Packets that are ready, in order; they are no longer here."""
        n = len(self._ready) if most is None else min(most, len(self._ready))
        return [self._ready.popleft() for _ in range(n)]
