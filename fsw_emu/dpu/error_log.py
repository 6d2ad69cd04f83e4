# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The error log: events of severity 2 and more, in RAM, so that it is there after a reset."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from fsw_emu.dpu.pool import DataPool
from fsw_emu.interface.table import Event, Interface
from fsw_emu.packets.pus import SmileTime
from fsw_emu.world.memory import Memory, MemoryId

COUNT_BYTES = 4  # how many were ever added, before the entries (ASSUMED)
#: the entry of TM(197,1), by its fields (MIB v1.8.1)
FIELDS = ("ErrTimeStamp", "EvtId", "SquashCount", "ErrLogInfo")
SQUASH_MAX = 0xFFFF


@dataclass(frozen=True)
class Entry:
    """``squashed``: how often the same event came again before another one did; ``info``: the
    beginning of its parameters."""

    time: int
    event: int
    squashed: int
    info: bytes


class ErrorLog:
    """A ring of ``ErrLogElem`` entries behind a count at ``ErrLogAddr`` (both ASSUMED).

    An event that comes again at once is counted in its entry (ASSUMED); the first one's time and
    parameters stay.
    """

    def __init__(self, table: Interface, memory: Memory, pool: DataPool) -> None:
        self._memory = memory
        self._pool = pool
        fields = [field for field in table.reports["BootRep"].fields if field.name in FIELDS]
        sizes = [field.type.bits // 8 for field in fields]
        self._layout = struct.Struct("".join(f"{size}s" for size in sizes))
        self._time_bytes, self._id_bytes, self._count_bytes, _ = sizes
        self._start, self._n = pool["ErrLogAddr"], pool["ErrLogElem"]
        pool["ErrLogEntries"] = self._count

    def add(self, time: SmileTime, event: Event, parameters: bytes) -> None:
        """One more."""
        count, id_ = self._count, event.id.to_bytes(self._id_bytes, "big")
        if count:
            when, last, squashed, info = self._read(count - 1)
            if last == id_:
                more = min(int.from_bytes(squashed, "big") + 1, SQUASH_MAX)
                self._write(count - 1, when, last, more.to_bytes(self._count_bytes, "big"), info)
                return
        when = (time.coarse << 24 | time.fine_us).to_bytes(self._time_bytes, "big")
        self._write(count, when, id_, bytes(self._count_bytes), parameters)
        self._store(self._start, (count + 1 & 0xFFFFFFFF).to_bytes(COUNT_BYTES, "big"))
        self._pool["ErrLogEntries"] = count + 1 & 0xFFFFFFFF

    def entries(self) -> Sequence[Entry]:
        """What is kept, the oldest first."""
        count = self._count
        return [self._entry(i) for i in range(max(count - self._n, 0), count)]

    def _entry(self, number: int) -> Entry:
        *numbers, info = self._read(number)
        time, event, squashed = (int.from_bytes(each, "big") for each in numbers)
        return Entry(time, event, squashed, info)

    @property
    def _count(self) -> int:
        return int.from_bytes(self._memory.read(MemoryId.RAM, self._start, COUNT_BYTES), "big")

    def _at(self, number: int) -> int:
        return self._start + COUNT_BYTES + number % self._n * self._layout.size

    def _read(self, number: int) -> tuple[bytes, bytes, bytes, bytes]:
        data = self._memory.read(MemoryId.RAM, self._at(number), self._layout.size)
        when, id_, squashed, info = self._layout.unpack(data)
        return when, id_, squashed, info

    def _write(self, number: int, *fields: bytes) -> None:
        """Parameters are cut, or filled up with zeros."""
        self._store(self._at(number), self._layout.pack(*fields))

    def _store(self, address: int, data: bytes) -> None:
        self._memory.write(MemoryId.RAM, address, data)
