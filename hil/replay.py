# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A recording sent once more, and what the other side answers compared with what it did then."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from fsw_emu.packets.capture import Recorded
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.link import Link

_STRETCH_BYTES = 64 << 10
_EARLY_S = 0.001  # what is due so soon goes with what is due now
#: how many recorded answers may be missing before one that comes
_MISSING = 256


class Player:
    """Sends items of a recording over a link.

    speed: times as fast as recorded; None for as fast as the link takes them. An item whose time
    lies before that of another that was sent goes at once.
    """

    def __init__(self, link: Link, *, speed: float | None) -> None:
        self.n_sent = self.n_bytes = 0
        self._link = link
        self._speed = speed
        self._waiting: list[Item] = []
        self._waiting_bytes = 0

    async def play(self, items: Iterable[Recorded], stop: asyncio.Event) -> None:
        """Send them all, or until stop is set. LinkClosed."""
        loop = asyncio.get_running_loop()
        started, first_ns = loop.time(), None
        for one in items:
            if self._speed is not None:
                first_ns = one.time_ns if first_ns is None else first_ns
                due = started + (one.time_ns - first_ns) / 1e9 / self._speed
                if due > loop.time() + _EARLY_S:
                    await self._send()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), due - loop.time())
            if stop.is_set():
                return
            self._waiting.append(one.item)
            self._waiting_bytes += len(one.item.data) if isinstance(one.item, SpwPacket) else 1
            if self._waiting_bytes >= _STRETCH_BYTES:
                await self._send()
        await self._send()

    async def _send(self) -> None:
        self._link.send(self._waiting)
        self.n_sent += len(self._waiting)
        self.n_bytes += self._waiting_bytes
        self._waiting, self._waiting_bytes = [], 0
        await self._link.drain()
        await asyncio.sleep(0)  # whoever is on the same loop


class Comparison:
    """A receiver that compares what comes with what is recorded, in order.

    Of packets content and end marker count. An item that is not among the next recorded ones is
    unexpected; those passed over before one that comes are missing, told by their place in the
    recording.
    """

    def __init__(self, expected: Iterable[Recorded], *, changed: Callable[[], None]) -> None:
        """changed: called when something has come, and at the link's end."""
        self.n_equal = self.n_missing = self.n_unexpected = 0
        self.faults: FaultLog[Fault] = FaultLog()
        self.ended: str | None = None  # why the link is down
        self._rest: Iterator[Recorded] = iter(expected)
        self._next: deque[Recorded] = deque()
        self._position = 0  # of the last one met
        self._changed = changed

    @property
    def complete(self) -> bool:
        """Whether no recorded answer is left."""
        self._look_ahead(1)
        return not self._next

    def received(self, items: Sequence[Item]) -> None:
        for item in items:
            self._compare(_essence(item))
        self._changed()

    def closed(self, reason: str) -> None:
        self.ended = reason
        self._changed()

    def finish(self) -> None:
        """Nothing more comes: what is left is missing."""
        while not self.complete:
            self._miss()

    def _compare(self, got: object) -> None:
        self._look_ahead(_MISSING)
        for number, one in enumerate(self._next):
            if _essence(one.item) == got:
                for _ in range(number):
                    self._miss()
                self._position = self._next.popleft().offset
                self.n_equal += 1
                return
        self.n_unexpected += 1
        self.faults.append(Fault(self._position, "answer", "not the one recorded"))

    def _look_ahead(self, count: int) -> None:
        self._next.extend(islice(self._rest, max(0, count - len(self._next))))

    def _miss(self) -> None:
        self.n_missing += 1
        self._position = self._next.popleft().offset
        self.faults.append(Fault(self._position, "recorded answer", "has not come"))


def _essence(item: Item) -> object:
    return (item.data, item.eep) if isinstance(item, SpwPacket) else item
