# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 213: schedule a program segment.

The program of a segment does not run: its header and checksum are looked at (layout: image.py),
its entry is kept, and nothing more comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsw_emu.dpu import image
from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.image import HEADER, BadSegment
from fsw_emu.dpu.onboard import Onboard, Passive
from fsw_emu.world.memory import MemoryId


class Segments(Passive):
    """The table of scheduled segments, by the addresses of their headers; it is empty after a
    reset (ASSUMED)."""

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._most: int = onboard.table.assumed["image"]["scheduled"]
        self._scheduled: list[int] = []

    @property
    def scheduled(self) -> Sequence[int]:
        return tuple(self._scheduled)

    def handlers(self) -> Mapping[str, Handler]:
        return {"SchedSegm": Handler(self._schedule, accept=self._accept)}

    def _memory_of(self, address: int) -> MemoryId | None:
        regions = self._onboard.world.memory.regions
        for id_ in (MemoryId.RAM, MemoryId.MRAM):
            if regions[id_].start <= address <= regions[id_].end - HEADER.size:
                return id_
        return None

    def _accept(self, command: Command) -> str | None:
        address = command["SegmAddress"]
        return "ACK_ILL_SADDR" if address % 4 or self._memory_of(address) is None else None

    def _schedule(self, command: Command) -> str | None:
        address = command["SegmAddress"]
        memory, id_ = self._onboard.world.memory, self._memory_of(address)
        assert id_ is not None  # noqa: S101  (accepted)
        try:
            found = image.read_segment(self._onboard.table, memory, id_, address, first=address)
            if found is None:
                header = memory.read(id_, address, HEADER.size)
                raise BadSegment("EVT_SEG_ONLY_END", address, address, header)
        except BadSegment as bad:
            self._onboard.events.report(bad.event, **bad.parameters)
            return "ACK_LOAD_FAILURE"
        if len(self._scheduled) >= self._most:
            return "ACK_LOAD_FAILURE"
        self._scheduled.append(address)
        return None
