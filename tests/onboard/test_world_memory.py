# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Memory against a dictionary of bytes and one of turned bits; CRC against crcmod."""

from __future__ import annotations

import crcmod
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fsw_emu.interface.memory_map import BAD_PIXEL_MASKS, MASK_BYTES
from fsw_emu.world.edac import Scrubbing
from fsw_emu.world.fpga import CONTROL, STATUS, Fpga
from fsw_emu.world.memory import (
    COLUMN_CORRECTIONS,
    EXCHANGE_AREA,
    MOST_READ_BYTES,
    RAM_END,
    RAM_START,
    ROW_CORRECTIONS,
    Full,
    Memory,
    MemoryId,
    OutOfRange,
)

#: a few words on either side of the border of two pages
BASE, SPAN = RAM_START + 4096 - 24, 48
addresses = st.integers(BASE, BASE + SPAN - 1)
sizes = st.integers(0, 20)


class AgainstDictionaries(RuleBasedStateMachine):
    """written: what each byte should be. turned: bits of each word, as a set."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.memory.edac.set_scrubbing(Scrubbing(BASE, BASE + SPAN, 8))
        self.written: dict[int, int] = {}
        self.turned: dict[int, set[int]] = {}
        self.counts, self.last = [0, 0], [0, 0]
        self.position = BASE

    def meet(self, start: int, end: int) -> None:
        """What reading start..end - 1 does, word by word."""
        for word in range(start - start % 4, end, 4):
            bits = self.turned.get(word, set())
            if not bits:
                continue
            double = len(bits) > 1
            self.counts[double] += 1
            self.last[double] = word
            if not double:
                self.turned[word] = set()

    def seen(self, address: int) -> int:
        place = address % 4  # big-endian: bit 31 is the first byte's
        turned = (b - 8 * (3 - place) for b in self.turned.get(address - place, ()))
        return self.written.get(address, 0) ^ sum(1 << b for b in turned if 0 <= b < 8)

    @rule(start=addresses, size=sizes)
    def read(self, start: int, size: int) -> None:
        data = self.memory.read(MemoryId.RAM, start, size)
        if size:
            self.meet(start, start + size)
        assert data == bytes(self.seen(start + i) for i in range(size))

    @rule(start=addresses, data=st.binary(max_size=20))
    def write(self, start: int, data: bytes) -> None:
        self.memory.write(MemoryId.RAM, start, data)
        end = start + len(data)
        for word in range(start - start % 4, end, 4) if data else ():
            if start <= word and word + 4 <= end:
                self.turned[word] = set()
                continue
            self.meet(word, word + 4)
            self.turned[word] = {
                b for b in self.turned.get(word, ()) if not start <= word + 3 - b // 8 < end
            }
        self.written.update(enumerate(data, start))

    @rule(address=addresses, bit=st.integers(0, 31))
    def flip(self, address: int, bit: int) -> None:
        self.memory.flip(address, bit)
        self.turned.setdefault(address - address % 4, set()).symmetric_difference_update({bit})

    @rule(n=st.integers(0, 20))
    def scrub(self, n: int) -> None:
        self.memory.edac.scrub(n)
        for _ in range(n):
            self.meet(self.position, self.position + 8)
            self.position = BASE + (self.position + 8 - BASE) % SPAN

    @rule()
    def foresee(self) -> None:
        """Before its due cycle the scrubber meets nothing, in it something."""
        due = self.memory.edac.due_cycles()
        assert (due is None) == (not any(self.turned.values()))
        if due is None:
            return
        before = list(self.counts)
        self.scrub(due - 1)
        assert self.counts == before
        self.scrub(1)
        assert self.counts != before

    @invariant()
    def same_faults(self) -> None:
        edac = self.memory.edac
        assert [edac.single_faults, edac.double_faults] == self.counts
        assert [edac.last_single_address, edac.last_double_address] == self.last
        assert edac.turned == {
            w: sum(1 << b for b in bits) for w, bits in self.turned.items() if bits
        }
        assert edac.position == self.position


TestAgainstDictionaries = AgainstDictionaries.TestCase
TestAgainstDictionaries.settings = settings(max_examples=60, stateful_step_count=25)

ranges = st.tuples(st.sampled_from(MemoryId), st.integers(-8, 2**32 + 8), st.integers(-4, 2**32))


@given(ranges, st.booleans())
def test_a_range_is_in_its_memory_or_refused(asked: tuple[MemoryId, int, int], write: bool) -> None:
    memory = Memory()
    id_, start, size = asked
    region = memory.regions[id_]
    good = size >= 0 and start >= region.start and start + size <= region.end
    good &= not write or id_ in (1, 2, 4)
    good &= id_ is not MemoryId.REGISTER or start % 4 == size % 4 == 0
    if good:
        assert memory.check(id_, start, size, write=write) is id_
        return
    with pytest.raises(OutOfRange):
        memory.check(id_, start, size, write=write)


@pytest.mark.parametrize("id_", MemoryId)
def test_ends_of_each_memory(id_: MemoryId) -> None:
    memory = Memory()
    region = memory.regions[id_]
    assert memory.read(id_, region.start, 4) == memory.read(id_, region.end - 4, 4) == bytes(4)
    for start in (region.start - 4, region.end):
        with pytest.raises(OutOfRange):
            memory.read(id_, start, 4)
    with pytest.raises(OutOfRange):
        memory.check(id_, region.end - 4, 8)


@pytest.mark.parametrize("id_", [0, 3, 5, 6, -1, 255])
def test_only_ram_mram_and_internal_memory_are_written(id_: int) -> None:
    memory = Memory()
    start = memory.regions[MemoryId(id_)].start if id_ in list(MemoryId) else RAM_START
    with pytest.raises(OutOfRange):
        memory.write(id_, start, bytes(4))


def test_memories_do_not_overlap_and_hold_what_is_known() -> None:
    memory = Memory()
    spans = sorted((r.start, r.end) for r in memory.regions.values())
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    for start in (*BAD_PIXEL_MASKS.values(), ROW_CORRECTIONS, COLUMN_CORRECTIONS):
        memory.check(MemoryId.MRAM, start, MASK_BYTES)
    memory.check(MemoryId.RAM, EXCHANGE_AREA, 4096)


@given(st.integers(0, 9000), st.integers(0, 9000), st.binary(max_size=500))
def test_crc_over_any_range(offset: int, size: int, data: bytes) -> None:
    memory = Memory()
    memory.write(MemoryId.RAM, RAM_START + offset, data)
    there = bytes(offset) + data + bytes(20_000)
    judge = crcmod.predefined.mkPredefinedCrcFun("crc-ccitt-false")
    assert memory.crc(MemoryId.RAM, RAM_START, size) == judge(there[:size])


def test_pages_are_bounded_and_nothing_is_written_by_halves() -> None:
    memory = Memory(pages=2)
    memory.write(MemoryId.RAM, RAM_START, b"a")
    memory.flip(RAM_START + 4096, 3)
    with pytest.raises(Full):
        memory.write(MemoryId.RAM, RAM_START + 4096, bytes(8192))
    assert memory.edac.turned == {RAM_START + 4096: 8}
    memory.write(MemoryId.RAM, RAM_END - 1, b"z")
    memory.write(MemoryId.RAM, RAM_START, b"more of the same page")
    with pytest.raises(Full):
        memory.write(MemoryId.MRAM, BAD_PIXEL_MASKS["E2"], b"b")


def test_a_read_is_bounded_and_a_crc_is_not() -> None:
    memory = Memory()
    with pytest.raises(OutOfRange):
        memory.read(MemoryId.RAM, RAM_START, MOST_READ_BYTES + 1)
    assert memory.crc(MemoryId.RAM, RAM_START, MOST_READ_BYTES + 1) >= 0


def test_what_was_met_is_told_once_and_within_bounds() -> None:
    memory = Memory()
    memory.flip(RAM_START, 0)
    memory.flip(RAM_START + 8, 0)
    memory.flip(RAM_START + 8, 31)
    memory.read(MemoryId.RAM, RAM_START, 16)
    assert [(m.address - RAM_START, m.double) for m in memory.edac.take_met()] == [
        (0, False),
        (8, True),
    ]
    assert memory.edac.take_met() == ()
    for _ in range(70_000):
        memory.read(MemoryId.RAM, RAM_START + 8, 4)
    assert memory.edac.double_faults == 65_535
    assert len(memory.edac.take_met()) == 1000


def test_a_long_scrub_of_little_is_quick() -> None:
    memory = Memory()
    memory.edac.set_scrubbing(Scrubbing(RAM_START, RAM_START + 4, 65_532))
    memory.flip(RAM_START, 0)
    memory.flip(RAM_START, 1)
    memory.edac.scrub(10**7)
    assert memory.edac.double_faults == 65_535


@pytest.mark.parametrize("numbers", [(0, 0, 4), (4, 0, 4), (0, 8, 3), (1, 8, 4), (0, 8, -4)])
def test_what_is_no_range_to_scrub_is_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no range to scrub"):
        Scrubbing(*numbers)


def test_registers_and_nothing_have_no_check_bits() -> None:
    memory = Memory()
    for address in (STATUS, 0x30000000, RAM_END):
        with pytest.raises(ValueError, match="no protected memory"):
            memory.flip(address, 0)
    with pytest.raises(ValueError, match="a bit of a word"):
        memory.flip(RAM_START, 32)


@given(st.integers(0, 0x3FF), st.integers(0, 0xFFFFFFFF))
def test_registers_read_back_what_they_took(number: int, word: int) -> None:
    memory = Memory(fpga=Fpga())
    address = 0x20000000 + 4 * number
    taken = memory.fpga.load(address, word)
    refused = address == STATUS or (address in CONTROL and word >> 24 != 0x9A)
    assert taken is not refused
    expected = 0 if refused else word
    assert memory.read(MemoryId.REGISTER, address, 4) == expected.to_bytes(4, "big")


def test_registers_hold_32_bits_and_status_is_the_hardware_s() -> None:
    fpga = Fpga()
    with pytest.raises(ValueError, match="32 bit"):
        fpga.load(0x20000000, 1 << 32)
    for address in (0x1FFFFFFC, 0x20000002, 0x20001000):
        with pytest.raises(ValueError, match="no register"):
            fpga.read(address)
    fpga.set(STATUS, 0x1234)
    assert fpga.read(STATUS) == 0x1234


def test_what_boots_is_burned_in_not_written() -> None:
    memory = Memory()
    start = memory.regions[MemoryId.BOOT_MRAM].start
    memory.burn(MemoryId.BOOT_MRAM, start, b"boot")
    assert memory.read(MemoryId.BOOT_MRAM, start, 4) == b"boot"
