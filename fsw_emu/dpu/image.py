# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Images of the application, and the segments that they are loaded from.

What flies as a program is not emulated: an image is a mark by which the boot software knows that
an application is there (ASSUMED). At power-on it is in RAM, where the application starts, and in
MRAM as segments that bring it there.

A segment is a header of three words and its data: identifier and CRC-16 of the data, destination,
size; one of another identifier ends them (layout and identifiers ASSUMED, words MIB v1.8.1).
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass

from fsw_emu.interface.table import Interface
from fsw_emu.world.memory import APPLICATION, RAM_END, Memory, MemoryId

HEADER = struct.Struct(">HHII")


@dataclass(frozen=True)
class Segment:
    """``address``: of its header; ``data`` go to ``destination`` in RAM."""

    address: int
    destination: int
    data: bytes


class BadSegment(ValueError):
    """``event`` tells of it, with ``parameters`` but for its count."""

    def __init__(self, event: str, first: int, current: int, header: bytes) -> None:
        super().__init__(f"{event} at {current:#010x}")
        names = ("SEG_HEAD_1", "SEG_HEAD_2", "SEG_HEAD_3")
        words = dict(zip(names, struct.unpack(">III", header), strict=True))
        self.event = event
        self.parameters = {"FST_SEG_ADDR": first, "CUR_SEG_ADDR": current, **words}


def burn(table: Interface, memory: Memory) -> None:
    """What is there when power comes."""
    mark, address = mark_of(table), table.assumed["image"]["mram_address"]
    memory.burn(MemoryId.RAM, APPLICATION, mark)
    memory.burn(MemoryId.MRAM, address, segment(table, APPLICATION, mark) + end(table))


def mark_of(table: Interface) -> bytes:
    """The first bytes of an application."""
    text: str = table.assumed["image"]["mark"]
    return text.encode("ascii")


def is_there(table: Interface, memory: Memory, address: int) -> bool:
    """Whether an application starts at an address in RAM."""
    mark = mark_of(table)
    return address + len(mark) <= RAM_END and (
        memory.read(MemoryId.RAM, address, len(mark)) == mark
    )


def segment(table: Interface, destination: int, data: bytes) -> bytes:
    """A segment, as a ground system makes it; data are whole words."""
    identifier: int = table.assumed["image"]["segment"]
    return HEADER.pack(identifier, crc_hqx(data, 0xFFFF), destination, len(data)) + data


def end(table: Interface) -> bytes:
    """What comes after the last one."""
    return HEADER.pack(table.assumed["image"]["end"], 0, 0, 0)


def read_segments(table: Interface, memory: Memory, id_: int, address: int) -> Iterator[Segment]:
    """Segments from an address up to the end. BadSegment."""
    at = address
    while (found := read_segment(table, memory, id_, at, first=address)) is not None:
        yield found
        at += HEADER.size + len(found.data)
    if at == address:
        header = memory.read(id_, at, HEADER.size)
        raise BadSegment("EVT_SEG_ONLY_END", address, at, header)


def read_segment(
    table: Interface, memory: Memory, id_: int, address: int, *, first: int
) -> Segment | None:
    """One segment; None: there the segments end. ``first``: where they begin. BadSegment."""
    assumed = table.assumed["image"]
    region = memory.regions[MemoryId(id_)]
    if not region.start <= address <= region.end - HEADER.size:
        raise BadSegment("EVT_SEG_INV_ID", first, address, bytes(HEADER.size))
    header = memory.read(id_, address, HEADER.size)
    identifier, crc, destination, size = HEADER.unpack(header)
    if identifier == assumed["end"]:
        return None
    if identifier != assumed["segment"]:
        raise BadSegment("EVT_SEG_INV_ID", first, address, header)
    start = address + HEADER.size
    if not 0 < size <= min(assumed["most_bytes"], region.end - start) or size % 4:
        raise BadSegment("EVT_SEG_INV_SIZE", first, address, header)
    if not APPLICATION <= destination <= RAM_END - size or destination % 4:
        raise BadSegment("EVT_SEG_INV_DEST", first, address, header)
    data = memory.read(id_, start, size)
    if crc_hqx(data, 0xFFFF) != crc:
        raise BadSegment("EVT_SEG_INV_CRC", first, address, header)
    return Segment(address, destination, data)
