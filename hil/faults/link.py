# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Faults as an ordinary link round another: whoever holds it is a, its peer is b."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from fsw_emu.packets.spacewire import Item
from hil.around import LinkAround
from hil.faults.injection import Injection, Injector, Way
from hil.link import HIGH_WATER_BYTES, MAX_BACKLOG_BYTES, Link, LinkClosed

#: items taken at once, so that what babbling makes of them is bounded
STRETCH = 256


class FaultyLink(LinkAround):
    """A link that suffers from what a plan says. With an empty plan nothing changes.

    A stall towards the peer lets ``drain`` wait, one from the peer holds it. A disconnect closes
    the link; the port that it came from makes or accepts the next one. An orderly close lets go
    first what is held back.
    """

    def __init__(
        self, link: Link, injector: Injector, *, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._ended: str | None = None  # why, once it was by itself or the link within
        super().__init__(link)
        self._injector, self._clock = injector, clock
        self._sent, self._came = injector.a_to_b, injector.b_to_a
        self._held = False
        self._ready: list[Item] = []  # for the receiver, which holds
        self._timer: asyncio.TimerHandle | None = None
        self._due_ns = 0  # of the timer
        self._closing: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()  # a stall is over, or the link is down

    @property
    def closed_because(self) -> str | None:
        return self._link.closed_because if self._ended is None else self._ended

    @closed_because.setter
    def closed_because(self, reason: str | None) -> None:
        self._ended = reason

    def send(self, items: Sequence[Item]) -> None:
        if self.closed_because is not None:
            raise LinkClosed(self.closed_because)
        for stretch in _stretches(items, self._sent):
            if out := self._sent.feed(stretch, self._clock()):
                self._link.send(out)
        if self._sent.stalled_bytes > MAX_BACKLOG_BYTES:
            self._shut("the peer does not read")
        self._after()

    async def drain(self) -> None:
        while self.closed_because is None and self._sent.stalled_bytes > HIGH_WATER_BYTES:
            self._moved.clear()
            await self._moved.wait()
        if self.closed_because is not None:
            raise LinkClosed(self.closed_because)
        await self._link.drain()

    def hold(self, held: bool) -> None:
        self._held = held
        if not held and self._ready:
            ready, self._ready = self._ready, []
            self._deliver(ready)
        self._link.hold(held or self._came.stalled)

    def release_all(self) -> None:
        """What is held back goes on at once, both ways, and only the receiver holds the peer: for
        who goes on with the link within."""
        self._disarm()
        if self.closed_because is not None:
            return
        if waiting := self._sent.flush():
            with contextlib.suppress(LinkClosed):
                self._link.send(waiting)
        self._moved.set()
        held, self._held = self._held, False
        ready, self._ready = self._ready, []
        self._deliver([*ready, *self._came.flush()])
        self._held = held
        self._link.hold(held)

    async def close(self, reason: str = "closed") -> None:
        if self._closing is not None:
            await self._closing
            return
        if self.closed_because is None:
            if waiting := self._sent.flush():
                with contextlib.suppress(LinkClosed):
                    self._link.send(waiting)
            self._ended = reason
        await self._link.close(reason)

    def received(self, items: Sequence[Item]) -> None:
        """Of the link within."""
        for stretch in _stretches(items, self._came):
            self._deliver(self._came.feed(stretch, self._clock()))
        self._after()

    def closed(self, reason: str) -> None:
        """Of the link within."""
        if self._ended is None:
            self._held = False
            self._deliver([*self._ready, *self._came.flush()])
            self._ended = reason
        self._injector.clear()
        self._disarm()
        self._moved.set()
        if self._receiver is not None:
            self._receiver.closed(self._ended)

    def _deliver(self, items: Sequence[Item]) -> None:
        if self._held:
            self._ready.extend(items)
        elif items and self._receiver is not None:
            self._receiver.received(items)

    def _after(self) -> None:
        """See to what the plan wants besides: a cut, a stall, what is due later."""
        if self._sent.cut or self._came.cut:
            self._shut("injected disconnect")
            return
        if self._came.stalled:
            self._link.hold(True)
        due = [each for each in (self._sent.due_ns(), self._came.due_ns()) if each is not None]
        if due and (self._timer is None or min(due) < self._due_ns):
            self._arm(min(due))

    def _arm(self, due_ns: int) -> None:
        self._disarm()
        if self.closed_because is None:
            self._due_ns = due_ns
            wait_s = max(0, due_ns - self._clock()) / 1e9
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._release)

    def _release(self) -> None:
        self._timer = None
        if self.closed_because is not None:
            return
        now_ns = self._clock()
        if sent := self._sent.release(now_ns):
            with contextlib.suppress(LinkClosed):  # then closed() is called
                self._link.send(sent)
        self._moved.set()
        was_stalled = self._came.stalled
        self._deliver(self._came.release(now_ns))
        if was_stalled and not self._came.stalled:
            self._link.hold(self._held)
        self._after()

    def _shut(self, reason: str) -> None:
        if self.closed_because is not None:
            return
        self._ended = reason
        self._injector.clear()
        self._disarm()
        self._closing = asyncio.get_running_loop().create_task(self._link.close(reason))

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _stretches(items: Sequence[Item], way: Way) -> Iterator[Sequence[Item]]:
    if not way.active or len(items) <= STRETCH:
        yield items
        return
    for at in range(0, len(items), STRETCH):
        yield items[at : at + STRETCH]


class JsonLines:
    """A log of injections: one JSON object a line, in the order of the faults. A disk that is full
    ends the log, not the link: ``error`` says so."""

    def __init__(self, file: TextIO) -> None:
        self.error: str | None = None
        self._file = file

    def __call__(self, injection: Injection) -> None:
        if self.error is not None:
            return
        try:
            print(json.dumps(injection.to_json()), file=self._file, flush=True)
        except OSError as error:
            self.error = f"{self._file.name}: {error.strerror}; the log ends here"
