# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What an RMAP initiator keeps of its transactions: identifiers, counts, latencies, errors."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, deque
from dataclasses import dataclass, field
from time import perf_counter_ns

from fsw_emu.packets.rmap import Instruction
from fsw_emu.packets.spacewire import DPU_ADDRESS, FEE_ADDRESS
from hil.percentile import percentile
from hil.rmap.quirks import Quirks

#: a reply that comes later than this after its time is taken for another's
LATE_S = 10.0
#: latencies that the statistics look back on
LATENCIES = 10_000

#: causes of replies without effect
STRAY, LATE, DUPLICATE, MISMATCHED, DAMAGED = (
    "stray", "late", "duplicate", "mismatched", "damaged",
)  # fmt: skip
#: states of an identifier
_UNUSED, _PENDING, _ANSWERED, _OVERDUE = range(4)
_UNEXPECTED = {_UNUSED: STRAY, _ANSWERED: DUPLICATE, _OVERDUE: LATE}
_MAX_OVERDUE = 1 << 15


class RmapError(Exception):
    """A transaction that failed. ``cause`` is the name of the reply's status in lower case, or
    "timeout", "damaged", "wrong length" or "link closed"."""

    def __init__(self, cause: str, what: str, *, status: int | None = None) -> None:
        super().__init__(f"{what}: {cause}")
        self.cause = cause
        self.status = status  # of the reply, if one came


@dataclass(frozen=True)
class Target:
    """A target and how it is reached. Addresses and key of the SMILE FEE are the defaults."""

    address: int = FEE_ADDRESS
    key: int = 0xD1
    initiator: int = DPU_ADDRESS
    path: bytes = b""
    reply_address: bytes = b""
    max_data_bytes: int = 4096  # of one command; longer reads and writes go in pieces
    quirks: Quirks = field(default_factory=Quirks)


@dataclass(slots=True)
class Transaction:
    """One command, until it has its reply."""

    instruction: Instruction
    address: int
    length: int
    data: bytes
    future: asyncio.Future[bytes]
    tries: int  # left after this one
    sent_ns: int = 0

    @property
    def reply_bytes(self) -> int:
        if self.instruction.write:
            return 0
        return self.length // 2 if self.instruction.rmw else self.length

    def __str__(self) -> str:
        instruction = self.instruction
        kind = "read-modify-write" if instruction.rmw else "write" if instruction.write else "read"
        return f"{kind} at {self.address:#x}"


@dataclass
class Counts:
    """What became of commands and replies."""

    done: int = 0
    failed: Counter[str] = field(default_factory=Counter)  # by cause
    repeated: int = 0  # sent once more
    unanswered: int = 0  # writes that ask for no reply
    without_effect: Counter[str] = field(default_factory=Counter)  # replies, by cause
    discarded: Counter[str] = field(default_factory=Counter)  # packets that are none, by cause


@dataclass(frozen=True)
class Latency:
    """From a command to its reply [us]: percentiles of the last LATENCIES, max of all."""

    p50_us: float
    p99_us: float
    max_us: float


class Latencies:
    """How long replies took."""

    def __init__(self) -> None:
        self._last: deque[int] = deque(maxlen=LATENCIES)
        self._max_ns = 0

    def add(self, ns: int) -> None:
        self._last.append(ns)
        if ns > self._max_ns:
            self._max_ns = ns

    def summary(self) -> Latency:
        ordered = sorted(self._last) or [0]
        p50, p99 = (percentile(ordered, percent) / 1e3 for percent in (50, 99))
        return Latency(p50, p99, self._max_ns / 1e3)


class Identifiers:
    """Transaction identifiers, 16 bit, and what became of each."""

    def __init__(self) -> None:
        self._states = bytearray(1 << 16)
        self._overdue: dict[int, int] = {}  # when it may be used again [ns]
        self._next = 0

    def take(self) -> int:
        """One that is neither under way nor overdue."""
        if self._overdue:
            self._forget()
        identifier, states = self._next, self._states
        while states[identifier] in (_PENDING, _OVERDUE):
            identifier = identifier + 1 & 0xFFFF
        states[identifier] = _PENDING
        self._next = identifier + 1 & 0xFFFF
        return identifier

    def free(self, identifier: int) -> None:
        """No reply to it is to come."""
        self._states[identifier] = _UNUSED

    def answered(self, identifier: int) -> None:
        self._states[identifier] = _ANSWERED

    def overdue(self, identifier: int) -> None:
        """Not to be used before its reply has come, or LATE_S have passed."""
        self._states[identifier] = _OVERDUE
        self._overdue[identifier] = perf_counter_ns() + round(LATE_S * 1e9)

    def unexpected(self, identifier: int) -> str:
        """What the reply is that came with an identifier which is not under way."""
        state = self._states[identifier]
        if state == _OVERDUE:
            del self._overdue[identifier]
            self._states[identifier] = _ANSWERED
        return _UNEXPECTED[state]

    def _forget(self) -> None:
        now = perf_counter_ns()
        for identifier, until in list(itertools.islice(self._overdue.items(), 2)):
            if until <= now or len(self._overdue) > _MAX_OVERDUE:
                del self._overdue[identifier]
                self._states[identifier] = _UNUSED
