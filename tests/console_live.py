# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A console that is served in a thread, and an EGSE behind it that does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from fsw_emu.console.server import serve
from fsw_emu.console.session import Session
from fsw_emu.core import default_core
from fsw_emu.interface.table import load
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket
from hil.link import Link
from hil.ports import open_port

ADDRESS = "loop:fake"
HOLD_S = 20.0

T = TypeVar("T")


class FakeEgse:
    """``came``: packets that the console sent."""

    def __init__(self) -> None:
        self.came: list[bytes] = []
        self.links: list[Link] = []

    def attach(self, link: Link) -> None:
        self.links.append(link)
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        for item in items:
            assert isinstance(item, SpwPacket)
            assert item.data.startswith(PTP_PREFIX)
            self.came.append(item.data[len(PTP_PREFIX) :])

    def closed(self, reason: str) -> None:
        pass

    def send(self, packets: Sequence[bytes]) -> None:
        """Telemetry."""
        self.links[-1].send([SpwPacket(PTP_PREFIX + each) for each in packets])


class Live:
    """``url`` of the page; ``call`` runs a function in the console's thread."""

    def __init__(self) -> None:
        self.egse = FakeEgse()
        self.url = ""
        self.session: Session
        self.loop = asyncio.new_event_loop()

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        async def inside() -> T:
            return function(*arguments)

        return self.wait(inside())

    def wait(self, task: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(task, self.loop).result(HOLD_S)

    def telemetry(self, *packets: bytes) -> None:
        self.call(self.egse.send, packets)


@contextlib.asynccontextmanager
async def session_and_egse(
    egse: FakeEgse, *, archive: Any = None
) -> Any:  # an asynchronous generator
    """A session that is connected to the EGSE."""
    port = await open_port(ADDRESS, egse.attach)
    session = Session(load(), default_core(), address=ADDRESS, archive=archive)
    running = asyncio.create_task(session.run())
    async with asyncio.timeout(HOLD_S):
        while not egse.links:
            await asyncio.sleep(0)
    try:
        yield session
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await port.close()


@contextlib.contextmanager
def live() -> Iterator[Live]:
    """In a thread, until the block ends."""
    made = Live()
    stop = asyncio.Event()
    ready = threading.Event()

    async def main() -> None:
        async with session_and_egse(made.egse) as session:
            made.session = session
            runner, made.url = await serve(session, host="127.0.0.1", port=0)
            ready.set()
            try:
                await stop.wait()
            finally:
                await runner.cleanup()

    def thread() -> None:
        try:
            made.loop.run_until_complete(main())
        finally:
            ready.set()
            made.loop.close()

    running = threading.Thread(target=thread)
    running.start()
    assert ready.wait(HOLD_S)
    try:
        yield made
    finally:
        made.loop.call_soon_threadsafe(stop.set)
        running.join(HOLD_S)
