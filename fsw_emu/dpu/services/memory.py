# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 6: load, dump and check memory, and clear it; what error correction met is told."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Generator, Mapping

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.fields import Value
from fsw_emu.world.memory import Full, Memory, MemoryId

WORD_BYTES = 4
#: the event of a word that could be corrected, and of one that could not
RAM_EVENTS = ("EVT_MEM_COR_RAM", "EVT_MEM_UNCOR_RAM")
MRAM_EVENTS = ("EVT_MEM_COR_MRAM", "EVT_MEM_UNCOR_MRAM")
#: what those events and those of failed comparisons tell that the emulated bus does not know
UNKNOWN: Mapping[str, int] = {"AhbStatusReg": 0}


def misplaced(
    memory: Memory, id_: int, start: int, size: int, *, wrong_size: str = "ACK_ILL_BLEN"
) -> str | None:
    """The failure of a range that is not in a memory: of its start, or of its size. Registers go
    by whole words, all else by bytes (ASSUMED)."""
    region = memory.regions[MemoryId(id_)]
    step = 1 if region.protected else WORD_BYTES
    if not region.start <= start < region.end or start % step:
        return "ACK_ILL_SADDR"
    return wrong_size if start + size > region.end or size % step else None


def first_difference(written: bytes, read: bytes, start: int) -> dict[str, int] | None:
    """What an event tells of data that were read back otherwise: the first word of them."""
    for at in range(0, len(written), WORD_BYTES):
        expected, failed = (data[at : at + WORD_BYTES] for data in (written, read))
        if expected != failed:
            values = {"ValueFailed": failed, "ValueExpected": expected}
            words = {name: int.from_bytes(each, "big") for name, each in values.items()}
            return {"AddrFailed": start + at & 0xFFFFFFFF, **words, **UNKNOWN}
    return None


def store(onboard: Onboard, id_: int, start: int, data: bytes) -> str | None:
    """Write and read back; what was read back otherwise is an event, and the load a failure."""
    memory = onboard.world.memory
    try:
        memory.write(id_, start, data)
    except Full:
        return "ACK_LOAD_FAILURE"
    wrong = first_difference(data, memory.read(id_, start, len(data)), start)
    if wrong is None:
        return None
    onboard.events.report("EVT_MEM_LOAD_CMP", **wrong)
    return "ACK_LOAD_FAILURE"


class MemoryService:
    """Serves both softwares. Telecommands name memory, start and length in this order."""

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._memory = onboard.world.memory
        self._a_cycle: int = onboard.table.assumed["memory"]["bytes_a_cycle"]

    def handlers(self) -> Mapping[str, Handler]:
        load = Handler(self._load, accept=self._accept)
        dump = Handler(self._dump, accept=self._accept)
        check = Handler(self._check, accept=self._accept)
        return {
            "Load": load,
            "DBS_TC_LOAD_MEMORY": load,
            "Dump": dump,
            "DBS_TC_DUMP_MEMORY": dump,
            "Check": check,
            "DBS_TC_CHECK_MEMORY": check,
            "DBS_TC_CLEAR_MEMORY": Handler(self._clear, accept=self._accept),
        }

    def cycle(self) -> None:
        """Tell what was met, by telecommands or the scrubber."""
        for met in self._memory.edac.take_met():
            regions = (self._memory.regions[id_] for id_ in (MemoryId.MRAM, MemoryId.BOOT_MRAM))
            in_mram = any(each.start <= met.address < each.end for each in regions)
            event = (MRAM_EVENTS if in_mram else RAM_EVENTS)[met.double]
            values = {"AddrFailed": met.address, **UNKNOWN}
            if met.double:
                values |= {"ValueFailed": 0, "ValueExpected": 0}
            self._onboard.events.report(event, **values)

    def due(self) -> int | None:
        return None  # the world is due when the scrubber meets something

    def skipped(self, n_cycles: int) -> None:
        pass

    def _accept(self, command: Command) -> str | None:
        return misplaced(self._memory, *_range(command))

    def _load(self, command: Command) -> str | None:
        id_, start, _ = _range(command)
        return store(self._onboard, id_, start, command.octets(command.definition.fields[3].name))

    def _dump(self, command: Command) -> None:
        """One packet: 852 bytes at most are asked for, and fit."""
        id_, start, size = _range(command)
        data = self._memory.read(id_, start, size)
        values: dict[str, Value] = {"ReadMemoryId": id_, "StartAddress": start, "BlockData": data}
        self._onboard.downlink.report("DumpRep", values, destination=command.tc.source)

    def _check(self, command: Command) -> Generator[None, None, str | None]:
        """A part of it each cycle. The boot software fails for a word that it cannot correct
        (ASSUMED)."""
        id_, start, size = _range(command)
        crc, n_double = 0xFFFF, 0
        for at in range(start, start + size, self._a_cycle):
            if at > start:
                yield
            before = self._memory.edac.double_faults
            part = min(self._a_cycle, start + size - at)
            crc = crc_hqx(self._memory.read(id_, at, part), crc)
            n_double += self._memory.edac.double_faults - before
        if n_double and self._onboard.software == "DBS":
            return "ACK_CHECK_FAILURE"
        values = {
            "ReadMemoryId": id_,
            "StartAddress": start,
            "BlockLength": size,
            "CrcResult": crc,
        }
        self._onboard.downlink.report("CheckRep", values, destination=command.tc.source)
        return None

    def _clear(self, command: Command) -> Generator[None, None, str | None]:
        """A part of it each cycle."""
        id_, start, size = _range(command)
        for at in range(start, start + size, self._a_cycle):
            if at > start:
                yield
            self._memory.clear(id_, at, min(self._a_cycle, start + size - at))
        return None


def _range(command: Command) -> tuple[int, int, int]:
    id_, start, size = (command[field.name] for field in command.definition.fields[:3])
    return id_, start, size
