# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Memory of the data processing unit: sparse pages, and bits that radiation turned over."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from fsw_emu.world.edac import WORD_BYTES, Edac
from fsw_emu.world.fpga import REGISTERS_END, REGISTERS_START, Fpga
from fsw_emu.world.numbers import assumed

PAGE_BYTES = 4096
MOST_READ_BYTES = 1 << 24
#: what is where (FlightOS; MIB v1.8.1; corrections: ground calibration files)
RAM_START, RAM_END = 0x60000000, 0x70000000
EXCHANGE_AREA = 0x6003F000
APPLICATION = 0x60040000
MRAM_START = 0x40000000
ROW_CORRECTIONS, COLUMN_CORRECTIONS = 0x40664C00, 0x40665C00


class MemoryId(IntEnum):
    """CrFwReadMemoryId_t, CrFwWriteMemoryId_t (MIB v1.8.1)."""

    RAM = 1
    MRAM = 2
    BOOT_MRAM = 3
    INTERNAL = 4
    REGISTER = 5


#: whom the application lets write: MRAM that boots and registers are only read
WRITABLE = frozenset({MemoryId.RAM, MemoryId.MRAM, MemoryId.INTERNAL})


class OutOfRange(ValueError):
    """No such memory, or not there, or not for writing."""


class Full(ValueError):
    """More pages than the emulator holds."""


@dataclass(frozen=True)
class Region:
    """Bytes start..end - 1. protected: words have check bits."""

    start: int
    end: int
    protected: bool = True


def regions() -> dict[MemoryId, Region]:
    """Where each memory is. RAM and the beginnings of MRAM and registers are public, the rest is
    ASSUMED."""
    rest = assumed("memory")
    return {
        MemoryId.RAM: Region(RAM_START, RAM_END),
        MemoryId.MRAM: Region(MRAM_START, MRAM_START + rest["mram_bytes"]),
        MemoryId.BOOT_MRAM: Region(rest["boot_start"], rest["boot_start"] + rest["boot_bytes"]),
        MemoryId.INTERNAL: Region(
            rest["internal_start"], rest["internal_start"] + rest["internal_bytes"]
        ),
        MemoryId.REGISTER: Region(REGISTERS_START, REGISTERS_END, protected=False),
    }


class Memory:
    """Bytes by memory and address; what was never written reads 0.

    Reads meet the errors in their words, writes mend them; both are counted in ``edac``.
    """

    def __init__(self, *, pages: int | None = None, fpga: Fpga | None = None) -> None:
        self.regions = regions()
        self.fpga = fpga or Fpga()
        self.edac = Edac()
        self._most_pages = assumed("memory")["pages"] if pages is None else pages
        self._pages: dict[int, bytearray] = {}

    def check(self, memory: int, start: int, size: int, *, write: bool = False) -> MemoryId:
        """The memory's id. OutOfRange for a range that is not wholly in it, or that may not be
        written; registers go by whole words."""
        try:
            id_ = MemoryId(memory)
        except ValueError:
            raise OutOfRange(f"no memory {memory}") from None
        region = self.regions[id_]
        if size < 0 or not region.start <= start <= start + size <= region.end:
            raise OutOfRange(f"{size} bytes at {start:#010x} are not in {id_.name}")
        if write and id_ not in WRITABLE:
            raise OutOfRange(f"{id_.name} is only read")
        if id_ is MemoryId.REGISTER and (start % 4 or size % 4):
            raise OutOfRange(f"{size} bytes at {start:#010x} are not whole registers")
        return id_

    def read(self, memory: int, start: int, size: int) -> bytes:
        """Bytes as the processor sees them: single errors corrected, double ones as they are.

        OutOfRange, for more than 16 MiB too."""
        if size > MOST_READ_BYTES:
            raise OutOfRange(f"{size} bytes at once, {MOST_READ_BYTES} are the most")
        if self.check(memory, start, size) is MemoryId.REGISTER:
            words = range(start, start + size, 4)
            return b"".join(self.fpga.read(at).to_bytes(4, "big") for at in words)
        return self._overlaid(start, size, self.edac.read(start, size))

    def write(self, memory: int, start: int, data: bytes) -> None:
        """All of it or nothing. Whole words are mended; part of a word is first read.

        OutOfRange; Full when it takes more pages than the emulator holds."""
        self.check(memory, start, len(data), write=True)
        self._store(start, data)

    def clear(self, memory: int, start: int, size: int) -> None:
        """Zeros over a range, however long; nothing is read. OutOfRange."""
        self.check(memory, start, size, write=True)
        self.edac.write(start, size)
        end = start + size
        for page in list(self._pages):
            first, last = max(start, page * PAGE_BYTES), min(end, (page + 1) * PAGE_BYTES)
            if last - first == PAGE_BYTES:
                del self._pages[page]
            elif last > first:
                at = first - page * PAGE_BYTES
                self._pages[page][at : at + last - first] = bytes(last - first)

    def burn(self, memory: int, start: int, data: bytes) -> None:
        """Write where the application may not: what was there when power came."""
        self.check(memory, start, len(data))
        self._store(start, data)

    def crc(self, memory: int, start: int, size: int) -> int:
        """CRC-16 (CCITT, of all ones) over a range, read as by read(), in little memory."""
        self.check(memory, start, size)
        crc, end = 0xFFFF, start + size
        while start < end:
            part = min(end - start, PAGE_BYTES)
            crc = crc_hqx(self.read(memory, start, part), crc)
            start += part
        return crc

    def flip(self, address: int, bit: int) -> None:
        """Radiation turns one bit, 0..31, of the word at an address; in unprotected memory, or in
        none, nothing is hit: ValueError."""
        if not any(r.protected and r.start <= address < r.end for r in self.regions.values()):
            raise ValueError(f"no protected memory at {address:#010x}")
        self.edac.flip(address, bit)

    def _store(self, start: int, data: bytes) -> None:
        last = start + len(data) - 1
        touched = range(start // PAGE_BYTES, last // PAGE_BYTES + 1) if data else range(0)
        new = sum(page not in self._pages for page in touched)
        if len(self._pages) + new > self._most_pages:
            raise Full(f"more than {self._most_pages} pages of {PAGE_BYTES} bytes")
        self.edac.write(start, len(data))
        for page in touched:
            there = self._pages.setdefault(page, bytearray(PAGE_BYTES))
            first = max(start, page * PAGE_BYTES)
            end = min(last + 1, (page + 1) * PAGE_BYTES)
            at = first - page * PAGE_BYTES
            there[at : at + end - first] = data[first - start : end - start]

    def _overlaid(self, start: int, size: int, wrong: Iterable[tuple[int, int]]) -> bytes:
        """Bytes with the words that cannot be corrected as they are."""
        data = bytearray()
        at, end = start, start + size
        while at < end:
            page, offset = divmod(at, PAGE_BYTES)
            part = min(end - at, PAGE_BYTES - offset)
            there = self._pages.get(page)
            data += there[offset : offset + part] if there else bytes(part)
            at += part
        for word, mask in wrong:
            for i, turned in enumerate(mask.to_bytes(WORD_BYTES, "big")):
                if start <= word + i < end:
                    data[word + i - start] ^= turned
        return bytes(data)
