# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The client's side of the request ring (c_src/port/ring/ring.h): functions asked by their name,
in whatever memory a target has."""

from __future__ import annotations

import binascii
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fsw_emu.core import TargetError

MAGIC = 0x53584952
LAYOUT = 1
ADDRESS = 0x40400000
PAGE_WORDS = 11
MAX_ARGS = 16
CRC_WORD = 4 + MAX_ARGS
REPLY_OFFSET = 128
REPLY_WORDS = 8

TRAPS = {
    0x01: "instruction_access_exception",
    0x02: "illegal_instruction",
    0x03: "privileged_instruction",
    0x04: "fp_disabled",
    0x05: "window_overflow",
    0x06: "window_underflow",
    0x07: "mem_address_not_aligned",
    0x09: "data_access_exception",
    0x0A: "tag_overflow",
    0x20: "r_register_access_error",
    0x21: "instruction_access_error",
    0x24: "cp_disabled",
    0x29: "data_access_error",
    0x2A: "division_by_zero",
    0x2B: "data_store_error",
}
_STATUS = {
    1: "the target does not know the function",
    2: "the target has the function in another version",
    3: "the target's function takes another number of arguments",
    4: "the request reached the target corrupted",
    6: "the target's table of functions is damaged",
}


#: how long to look without a pause: some thirty times, over a link once
_AT_ONCE_S = 3e-5


class TargetSilent(TargetError):
    """No answer in time."""


class TargetGone(TargetError):
    """The target has ended."""


class TargetTrap(TargetError):
    """The target trapped; it goes on with the next request."""

    def __init__(self, called: str, type_: int, pc: int, npc: int, where: str) -> None:
        self.called, self.type, self.pc, self.npc, self.where = called, type_, pc, npc, where
        self.name = TRAPS.get(type_, f"trap 0x{type_:02x}")
        super().__init__(f"{called}: {self.name} at 0x{pc:08x}{f' in {where}' if where else ''}")


class Memory(Protocol):
    """The target's memory: bytes at addresses, and single words that are never torn."""

    def read(self, address: int, size: int) -> bytes: ...

    def read_each(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        """What is at several addresses, with sizes."""

    def write(self, address: int, data: bytes) -> None: ...

    def read_word(self, address: int) -> int: ...

    def write_word(self, address: int, value: int) -> None: ...


@dataclass(frozen=True)
class Function:
    """One entry of the target's table."""

    number: int
    version: int
    arity: int


@dataclass(frozen=True)
class Ticket:
    """A request under way."""

    name: str
    ring: int
    slot: int
    sequence: int
    before: frozenset[int]  # `done` of the slot until it is answered, as it is and as it was


class Ring:
    """The rings of one target, one a processor.

    memory: the target's. alive: raises TargetGone when the target has ended; it is asked
    whenever an answer takes long. locate: the name of the function at an address. wake and
    rest: what to do before a request and once none is under way, for targets that would
    otherwise wait busily on a processor that others need. give_up: what to do with a target
    that did not answer in time; nothing more is asked of it.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        address: int = ADDRESS,
        alive: Callable[[], None] = lambda: None,
        locate: Callable[[int], str] = lambda _address: "",
        wake: Callable[[], None] = lambda: None,
        rest: Callable[[], None] = lambda: None,
        give_up: Callable[[], None] = lambda: None,
        timeout_s: float = 30.0,
    ) -> None:
        self.memory, self.timeout_s = memory, timeout_s
        self._alive, self._locate = alive, locate
        self._wake, self._rest, self._give_up = wake, rest, give_up
        self._wait(lambda: memory.read_word(address) == MAGIC, "the target did not start")
        words = struct.unpack(f">{PAGE_WORDS}I", memory.read(address, 4 * PAGE_WORDS))
        if words[1] != LAYOUT:
            raise TargetError(f"the target's ring has layout {words[1]}, not {LAYOUT}")
        self.n_rings, self.n_slots, self.slot_bytes, self.slots = words[2:6]
        self.arena, self.arena_bytes = words[9], words[10]
        self.functions = self._read_functions(*words[6:9])
        self.called: set[str] = set()
        self._lost: TargetError | None = None
        self._answered: dict[int, int] = {}  # last sequence by slot
        self._unread: set[int] = set()  # slots that hold a request or its answer
        self._sequence = [self._highest(ring) for ring in range(self.n_rings)]
        rest()

    def _slot(self, ring: int, index: int) -> int:
        return int(self.slots + (ring * self.n_slots + index % self.n_slots) * self.slot_bytes)

    def _highest(self, ring: int) -> int:
        """The highest sequence that an earlier client may have left."""
        slots = [self._slot(ring, index) for index in range(self.n_slots)]
        words = [self.memory.read_word(s + at) for s in slots for at in (0, REPLY_OFFSET)]
        return int(max(words)) & 0x7FFFFFFF

    def _read_functions(self, address: int, count: int, size: int) -> dict[str, Function]:
        if count > 256 or not 12 < size <= 256:
            raise TargetError(f"the target's table of {count} functions of {size} bytes")
        table = self.memory.read(address, count * size)
        functions = {}
        for at in range(0, len(table), size):
            number, version, arity = struct.unpack_from(">3I", table, at)
            name = table[at + 12 : at + size].split(b"\0")[0].decode("ascii", "replace")
            functions[name] = Function(number, version, arity)
        return functions

    def call(self, name: str, args: Sequence[int], *, ring: int = 0) -> int:
        """The 32 bits that the function returns."""
        return self.wait(self.post(name, args, ring=ring))

    def post(self, name: str, args: Sequence[int], *, ring: int = 0) -> Ticket:
        """Place a request; at most ``n_slots`` may be under way on one ring."""
        function = self.functions.get(name)
        if function is None:
            raise TargetError(f"the target does not offer {name}")
        head = (function.number, function.version, len(args))
        return self.post_words(name, [*head, *args], ring=ring)

    def post_words(self, name: str, words: Sequence[int], *, ring: int = 0) -> Ticket:
        """Place a request as it is: number, version, number of arguments, arguments."""
        if self._lost is not None:
            raise TargetError(f"the target was given up: {self._lost}")
        if len(words) > 3 + MAX_ARGS or not all(0 <= word < 1 << 32 for word in words):
            raise TargetError(f"{name}: not the words of a request: {words}")
        index = self._sequence[ring]
        slot = self._slot(ring, index)
        if slot in self._unread:
            raise TargetError(f"{self.n_slots} requests are under way already")
        done = self.memory.read_word(slot + REPLY_OFFSET)
        if done == index + 1:  # not so yet: it was hit
            index += self.n_slots
        sequence = (index & 0x7FFFFFFF) + 1
        request = struct.pack(f">{CRC_WORD}I", sequence, *words, *[0] * (CRC_WORD - 1 - len(words)))
        crc = binascii.crc_hqx(request, 0xFFFF)
        before = frozenset({done, self._answered.get(slot, 0)})
        self.memory.write(slot + 4, request[4:] + struct.pack(">I", crc))
        self.memory.write_word(slot, sequence)
        self._sequence[ring] = index + 1
        self._unread.add(slot)
        self._wake()
        return Ticket(name, ring, slot, sequence, before)

    def wait(self, ticket: Ticket) -> int:
        """The answer; TargetError where there is none, then and ever after."""
        memory, at = self.memory, ticket.slot + REPLY_OFFSET
        try:
            self._wait(
                lambda: memory.read_word(at) not in ticket.before, f"{ticket.name}: no answer"
            )
        except TargetError as error:
            self._lost = error
            self._give_up()
            raise
        self._unread.discard(ticket.slot)
        self._answered[ticket.slot] = ticket.sequence
        self.called.add(ticket.name)
        if not self._unread:
            self._rest()
        words = struct.unpack(f">{REPLY_WORDS}I", memory.read(at, 4 * REPLY_WORDS))
        done, status, result, trap, pc, npc, _psr, crc = words
        checked = struct.pack(f">{REPLY_WORDS}I", ticket.sequence, *words[:-1])
        if done != ticket.sequence or binascii.crc_hqx(checked, 0xFFFF) != crc:
            raise TargetError(f"{ticket.name}: the answer arrived corrupted")
        if status == 5:
            raise TargetTrap(ticket.name, trap, pc, npc, self._locate(pc))
        if status:
            raise TargetError(f"{ticket.name}: {_STATUS.get(status, f'status {status}')}")
        return int(result)

    def _wait(self, is_done: Callable[[], bool], what: str) -> None:
        """Sleep almost at once, shortly at first: the target may need this very processor, and
        most answers take microseconds."""
        start = time.monotonic()
        deadline = start + self.timeout_s
        while time.monotonic() < start + _AT_ONCE_S:
            if is_done():
                return
        pause = 5e-6
        while not is_done():
            if pause > 1e-4:
                self._alive()
            if time.monotonic() > deadline:
                raise TargetSilent(f"{what} within {self.timeout_s:g} s")
            time.sleep(pause)
            pause = min(pause * 1.1, 1e-3)
