# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""TC(210,4): the boot software loads an image and starts the application."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping

from fsw_emu.dpu import image
from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.image import HEADER, BadSegment
from fsw_emu.dpu.onboard import Onboard, Passive
from fsw_emu.world.memory import Full, MemoryId

FAILED = "ACK_IASWSTART_FAILURE"


class HandOver(Passive):
    """An image address of 0 starts what is in RAM; any other one is that of segments, which are
    first brought to where they belong, one a cycle (ASSUMED)."""

    def __init__(self, onboard: Onboard, hand_over: Callable[[], None]) -> None:
        self._onboard = onboard
        self._hand_over = hand_over

    def handlers(self) -> Mapping[str, Handler]:
        return {"DBS_TC_BOOT_IASW": Handler(self._boot, accept=self._accept)}

    def _accept(self, command: Command) -> str | None:
        region = self._onboard.world.memory.regions[MemoryId(command["SW_MEM_MID"])]
        address = command["SW_IMG_ADDR"]
        if address and not region.start <= address <= region.end - HEADER.size:
            return "ACK_ILL_IADDR"
        return "ACK_ILL_SADDR" if command["SW_START_ADDR"] % 4 else None

    def _boot(self, command: Command) -> Generator[None, None, str | None]:
        table, memory = self._onboard.table, self._onboard.world.memory
        if command["SW_IMG_ADDR"]:
            try:
                yield from self._load(command["SW_MEM_MID"], command["SW_IMG_ADDR"])
            except BadSegment as bad:
                self._onboard.events.report(bad.event, **bad.parameters)
                return FAILED
            except Full:
                return FAILED
        if not image.is_there(table, memory, command["SW_START_ADDR"]):
            return FAILED
        self._hand_over()
        return None

    def _load(self, id_: int, address: int) -> Generator[None, None, None]:
        table, memory = self._onboard.table, self._onboard.world.memory
        for segment in image.read_segments(table, memory, id_, address):
            memory.write(MemoryId.RAM, segment.destination, segment.data)
            back = memory.read(MemoryId.RAM, segment.destination, len(segment.data))
            if back != segment.data:
                header = memory.read(id_, segment.address, HEADER.size)
                raise BadSegment("EVT_SEG_LOAD_CMP", address, segment.address, header)
            yield
