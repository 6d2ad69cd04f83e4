# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Events: service 5 reports, and which of them are enabled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from fsw_emu.dpu.downlink import Downlink
from fsw_emu.interface.fields import Value, pack
from fsw_emu.interface.table import Event, Interface, Software

#: told of each event of severity 2 and more, reported or not, and of its parameters
Watch = Callable[[Event, bytes], None]

SERVICE = 5
PROGRESS = 1  # severity of what is no error
#: identifiers from here on are of the application alone, those below of drivers and DBS
FIRST_OF_APPLICATION = 768


class Events:
    """Reports events; those that are disabled are counted and not reported. All are enabled after
    a reset (ASSUMED)."""

    def __init__(
        self, table: Interface, software: Software, downlink: Downlink, watch: Watch
    ) -> None:
        self._table = table
        self._software = software
        self._downlink = downlink
        self._watch = watch
        self._disabled: set[str] = set()
        self.counts: Counter[str] = Counter()

    def report(self, name: str, **values: Value) -> None:
        """One event with its parameters; EvtErrCnt, how often it came, round at 256, is filled in.
        KeyError, FieldError."""
        event = self._table.events[name]
        self.counts[name] += 1
        for counter in ("EvtErrCnt", "EVT_ERR_CNT"):
            if any(field.name == counter for field in event.fields):
                values.setdefault(counter, self.counts[name] & 0xFF)
        parameters = pack(event.fields, values)
        if event.severity > PROGRESS:
            self._watch(event, parameters)
        if name not in self._disabled:
            self._downlink.put(SERVICE, event.severity, event.id.to_bytes(2, "big") + parameters)

    def is_enabled(self, name: str) -> bool:
        return name not in self._disabled

    def enable(self, name: str) -> None:
        self._disabled.discard(name)

    def disable(self, name: str) -> None:
        self._disabled.add(name)

    def named(self, identifier: int) -> str | None:
        """The event of this identifier, where this software has it. Both report those of drivers
        that they share."""
        event = self._table.events_by_id.get(identifier)
        if event is None:
            return None
        if self._software == "DBS":
            return event.name if identifier < FIRST_OF_APPLICATION else None
        return event.name if event.of == "IASW" else None
