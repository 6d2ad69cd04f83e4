# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a stream of telemetry holds, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fsw_emu.interface.fields import unpack
from fsw_emu.interface.table import Interface
from fsw_emu.packets.pus import read_tm

_EVENTS, _LARGE_DATA, _LAST_PART, _VERIFICATION = 5, 13, 3, 1
#: events that tell of a state that changed (MIB v1.8.1)
_TRANSITIONS = ("EVT_IASW_TR", "EVT_FEE_TR")
#: how many of them are listed; the others are only counted
MOST_LISTED = 1_000


class Tally:
    """Counts packets, one after the other; keeps none of them.

    ``packets`` by (service, subtype), ``events`` by name, ``transitions`` as [onboard time, event,
    from, to], ``entities``: transfers down that came to their end.
    """

    def __init__(self, table: Interface) -> None:
        self.packets: Counter[tuple[int, int]] = Counter()
        self.events: Counter[str] = Counter()
        self.transitions: list[tuple[str, str, str, str]] = []
        self.n_bytes = 0
        self._table = table

    @property
    def entities(self) -> int:
        return self.packets[_LARGE_DATA, _LAST_PART]

    @property
    def failures(self) -> int:
        """Telecommands that were not accepted, not started, not terminated."""
        return sum(self.packets[_VERIFICATION, subtype] for subtype in (2, 4, 8))

    def add(self, packets: Sequence[bytes]) -> None:
        """ValueError: one is no telemetry packet."""
        for packet in packets:
            self.n_bytes += len(packet)
            if len(packet) < 9:
                raise ValueError(f"{len(packet)} bytes are no telemetry packet")
            self.packets[packet[7], packet[8]] += 1
            if packet[7] == _EVENTS:
                self._event(packet)

    def summary(self) -> dict[str, Any]:
        """For a file: keys are text."""
        return {
            "packets": {f"{a},{b}": n for (a, b), n in sorted(self.packets.items())},
            "n_packets": self.packets.total(),
            "n_bytes": self.n_bytes,
            "entities": self.entities,
            "failed_telecommands": self.failures,
            "events": dict(sorted(self.events.items())),
            "transitions": [list(each) for each in self.transitions],
        }

    def _event(self, packet: bytes) -> None:
        tm = read_tm(packet)
        event = self._table.events_by_id.get(int.from_bytes(tm.data[:2], "big"))
        if event is None:
            self.events["unknown"] += 1
            return
        self.events[event.name] += 1
        if event.name in _TRANSITIONS and len(self.transitions) < MOST_LISTED:
            values = unpack(event.fields, tm.data[2:])
            before, after = (
                self._table.label(field.enumeration or "", int(values[field.name]))  # type: ignore[arg-type]  # one number
                for field in event.fields[:2]
            )
            self.transitions.append((tm.header.time.iso(), event.name, before, after))
