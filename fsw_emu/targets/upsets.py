# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Single-event upsets on an emulated target: one bit flipped, one request, one verdict.

Every case is asked once unharmed; what the arena holds afterwards is the reference. Then, flip by
flip, one bit of a table, a structure, an array or the ring's own page is turned over before the
request is posted or while it runs; the answer and all of the target's memory are compared with the
reference. A seed tells which bit; how far a running request is when it is hit, nothing tells.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fsw_emu.core import TargetError
from fsw_emu.targets.emulated import RAM, Emulator
from fsw_emu.targets.prepared import Case, Place, Prepared, Region, prepare
from fsw_emu.targets.remote import emulated_library
from fsw_emu.targets.ring import ADDRESS, Memory, TargetGone, TargetSilent, TargetTrap

Outcome = Literal["no effect", "status", "detected by crc", "silent", "hang"]
REGIONS: tuple[Region, ...] = ("table", "context", "input", "output", "ring")
OUTCOMES: tuple[Outcome, ...] = ("no effect", "status", "detected by crc", "silent", "hang")

#: of ring.h, in bytes from the page on: what the server changes in the state and slots of ring 0
HEADER, STATE, SLOTS = slice(0, 64), slice(64, 80), slice(256, 1280)
PAGE = 4096
_ZEROS = bytes(PAGE)
TIMEOUT_S = 3.0
PROBE, PROBE_CRC = b"123456789", 0x29B1  # check value of CRC-16/CCITT-FALSE


@dataclass(frozen=True)
class Flip:
    """Which bit (7: the most significant of its byte), and when."""

    place: Place
    address: int
    bit: int
    during: bool


@dataclass(frozen=True)
class Upset:
    """What one flip did.

    kind: how it was reported (status), what was wrong (silent), how it ended (hang). stray:
    memory that nobody had given the function was changed, which no guard saw.
    """

    case: Case
    flip: Flip
    outcome: Outcome
    kind: str
    stray: bool


def flip(memory: Memory, address: int, bit: int) -> None:
    """Turn one bit over."""
    memory.write(address, bytes([memory.read(address, 1)[0] ^ (1 << bit)]))


class Campaign:
    """A target of its own, and cases prepared to be hit.

    path: the program, for a bare LEON3. TargetError where a case without a flip fails.
    """

    def __init__(self, path: Path, cases: Sequence[Case]) -> None:
        self._path = path
        self.restarts = 0
        self._start()
        self.prepared = prepare(self.library, cases)
        self._room = -(-len(self.prepared[0].before) // PAGE) * PAGE
        ring = self.library.ring
        self._probe_at = ring.arena + self._room
        ring.memory.write(self._probe_at, PROBE)
        self._probe()
        self._pristine = dict(self._pages())

    def _start(self) -> None:
        self.library = emulated_library(self._path)
        emulator = self.library.emulator
        assert isinstance(emulator, Emulator)  # noqa: S101
        self._emulator, self._memory = emulator, emulator.memory
        self._file = emulator.ram
        self._ram = mmap.mmap(self._file.fileno(), self._memory.size)
        self.library.ring.timeout_s = TIMEOUT_S

    def _restart(self) -> None:
        self.close()
        self._start()
        self.restarts += 1
        self._memory.write(self._probe_at, PROBE)

    def close(self) -> None:
        """End the target."""
        self._ram.close()
        self._emulator.close()

    def places(self, prepared: Prepared, region: Region) -> list[Place]:
        """What of a region a case can be hit in."""
        if region == "table":
            return [*tables(self._emulator), self._entry(prepared.case.function)]
        if region == "ring":
            return [
                Place("ring", "header", ADDRESS, HEADER.stop),
                Place("ring", "state", ADDRESS + STATE.start, STATE.stop - STATE.start),
                Place("ring", "slots", ADDRESS + SLOTS.start, SLOTS.stop - SLOTS.start),
                Place("ring", "functions", *self._functions()),
            ]
        return [place for place in prepared.places if place.region == region]

    def _entry(self, function: str) -> Place:
        """The function's own entry in the server's table: as likely as any other table."""
        table = self._emulator.program.symbols["functions"]
        names = list(self.library.ring.functions)
        size = next(t.size for t in tables(self._emulator) if t.address == table) // len(names)
        return Place("table", "own entry", table + size * names.index(function), size)

    def _functions(self) -> tuple[int, int]:
        """Address and bytes of the table that the page offers."""
        at, count, size = struct.unpack(">3I", self._memory.read(ADDRESS + 24, 12))
        return at, count * size

    def run(self, flips: int, *, seed: int = 1) -> Iterator[Upset]:
        """Hit at random. Region, case, place, byte and bit are each as likely as the others of
        their kind, so that a small structure is hit as often as a large array."""
        rng = np.random.default_rng(seed)

        def pick(choices: Sequence[Any]) -> Any:
            return choices[int(rng.integers(len(choices)))]

        for _ in range(flips):
            region = pick(REGIONS)
            prepared = pick([p for p in self.prepared if self.places(p, region)])
            place = pick(self.places(prepared, region))
            address = place.address + int(rng.integers(place.size))
            bit, during = int(rng.integers(8)), bool(rng.integers(2))
            yield self.strike(prepared, Flip(place, address, bit, during))

    def strike(self, prepared: Prepared, hit: Flip) -> Upset:
        """Flip, ask, judge, and leave the target as it was."""
        self._memory.write(self.library.ring.arena, prepared.before.tobytes())
        stray = False
        try:
            answer = self._ask(prepared, hit)
            outcome, kind = self._judge(prepared, hit, answer)
            refused = ""
            if hit.place.region == "ring" or isinstance(answer, TargetError):
                refused = self._aftermath()
            stray = self._heal(hit)
            self._probe()
        except TargetError as error:  # no answer, or a wrong one after all was put right
            self._restart()
            return Upset(prepared.case, hit, "hang", str(error), stray)
        if outcome == "no effect" and refused:
            outcome, kind = "status", refused
        if outcome == "no effect" and stray:
            outcome, kind = "silent", "stray"
        return Upset(prepared.case, hit, outcome, kind, stray)

    def _ask(self, prepared: Prepared, hit: Flip) -> int | TargetError:
        ring, name = self.library.ring, prepared.case.function
        if not hit.during:
            flip(self._memory, hit.address, hit.bit)
        try:
            ticket = ring.post(name, prepared.words)
            if hit.during:
                flip(self._memory, hit.address, hit.bit)
            return self.library._signed(self.library._functions[name][0], ring.wait(ticket))
        except (TargetSilent, TargetGone):
            raise
        except TargetError as error:
            return error

    def _judge(
        self, prepared: Prepared, hit: Flip, answer: int | TargetError
    ) -> tuple[Outcome, str]:
        if isinstance(answer, TargetTrap):
            return "status", f"trap: {answer.name}"
        if isinstance(answer, TargetError):
            return "status", "ring: " + str(answer).partition(": ")[2]
        if answer < 0 <= prepared.result:
            return "status", "status"
        memory = self._memory.read(self.library.ring.arena, len(prepared.after))
        found = np.frombuffer(memory, np.uint8)
        changed = found != prepared.after
        at = hit.address - self.library.ring.arena
        if 0 <= at < len(found) and not prepared.written[at]:
            changed[at] &= found[at] != prepared.after[at] ^ (1 << hit.bit)
        if (changed & prepared.guarded).any():
            return "status", "guard"
        if answer != prepared.result or (changed & prepared.judged).any():
            if prepared.case.counts and 0 <= answer < prepared.result:
                return "status", "rejected"
            refused = prepared.case.refused
            if refused is not None and refused(memory[prepared.out], answer):
                return "detected by crc", "crc"
            return "silent", "wrong"
        if (changed & prepared.foreign).any():
            return "silent", "stray"
        return "no effect", ""

    def _aftermath(self) -> str:
        """Use every slot again before the flip is undone: how a request was refused, if one was.
        Afterwards no function runs any more, even where an answer seemed to come early."""
        refused = ""
        for _ in range(self.library.ring.n_slots):
            try:
                self._probe()
            except (TargetSilent, TargetGone):
                raise
            except TargetError as error:
                refused = "ring: " + str(error).partition(": ")[2]
        return refused

    def _heal(self, hit: Flip) -> bool:
        """Undo the flip and what it led to; whether memory was hit that was nobody's."""
        page = hit.address // PAGE * PAGE
        if page in self._pristine and not self._is_volatile(hit.address):
            byte = self._pristine[page][hit.address - page]
            self._memory.write(hit.address, bytes([byte]))
        stray = False
        for at, data in self._pages():
            expected = self._pristine.get(at, _ZEROS)
            stray |= data != expected
            if at not in self._pristine:
                self._ram.madvise(mmap.MADV_REMOVE, at - RAM, PAGE)
            elif data != expected:
                self._write_page(at, expected)
        return stray

    def _probe(self) -> None:
        """Ask what is known."""
        ring = self.library.ring
        if ring.call("sxi_crc16", [0xFFFF, self._probe_at, len(PROBE)]) != PROBE_CRC:
            raise TargetError("sxi_crc16: answers wrongly")

    @staticmethod
    def _is_volatile(address: int) -> bool:
        at = address - ADDRESS
        return STATE.start <= at < STATE.stop or SLOTS.start <= at < SLOTS.stop

    def _write_page(self, at: int, data: bytes) -> None:
        if at != ADDRESS:
            self._memory.write(at, data)
            return
        for part in (HEADER, slice(STATE.stop, SLOTS.start), slice(SLOTS.stop, PAGE)):
            self._memory.write(at + part.start, data[part])

    def _pages(self) -> Iterator[tuple[int, bytes]]:
        """All memory that was ever touched, by pages, but for stacks and the arena's beginning;
        what the server changes in its page reads as zeros."""
        symbols = self._emulator.program.symbols
        stacks = range(symbols["stack_bottom"], symbols["stack_top"])
        arena = range(self.library.ring.arena, self._probe_at)
        for start, end in _touched(self._file.fileno(), self._memory.size):
            for at in range(RAM + start, RAM + end, PAGE):
                if at in stacks or at in arena:
                    continue
                data = self._memory.read(at, PAGE)
                if at == ADDRESS:
                    zeroed = bytearray(data)
                    for part in (STATE, SLOTS):
                        zeroed[part] = bytes(part.stop - part.start)
                    data = bytes(zeroed)
                yield at, data


def _touched(file: int, size: int) -> Iterator[tuple[int, int]]:
    """First and end offsets of what a sparse file holds."""
    end = 0
    while end < size:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
        except OSError:  # nothing more
            return
        end = os.lseek(file, start, os.SEEK_HOLE)
        yield start, end


def tables(emulator: Emulator) -> list[Place]:
    """The constants of the program, by their symbols."""
    section = next(s for s in emulator.program.sections if s.name == ".rodata")
    last = section.address + section.size
    inside = sorted(
        (at, name) for name, at in emulator.program.symbols.items() if section.address <= at < last
    )
    ends = [at for at, _ in inside[1:]] + [last]
    return [
        Place("table", name, at, end - at)
        for (at, name), end in zip(inside, ends, strict=True)
        if end > at
    ]
