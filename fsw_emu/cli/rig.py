# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the commands that speak over links share: one event loop, a clean end, a live line."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TextIO, TypeVar

from hil.eager import eager_loop
from hil.ports import open_port
from hil.serve import DeviceServer

REDRAW_S = 0.5
#: exit code of what was interrupted before it had begun
INTERRUPTED = 130

T = TypeVar("T")


class Stopped(Exception):
    """Interrupted while something was waited for."""


def run_rig(
    main: Callable[[asyncio.Event], Coroutine[Any, Any, int]], *, eager: bool = False
) -> int:
    """Run ``main`` in an event loop; SIGINT and SIGTERM set the event it gets, and it has to end
    then, with all its files whole. Its exit code, 130 where
    ``unless`` was interrupted. eager: with the loop of hil.eager."""

    async def watched() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        try:
            return await main(stop)
        except Stopped:
            return INTERRUPTED

    with asyncio.Runner(loop_factory=eager_loop if eager else None) as runner:
        return runner.run(watched())


async def unless(stop: asyncio.Event, task: Coroutine[Any, Any, T]) -> T:
    """What the task gives. Stopped when ``stop`` is set before."""
    working, stopping = asyncio.create_task(task), asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    await asyncio.wait({working})
    raise Stopped


@contextlib.asynccontextmanager
async def status_line(text: Callable[[], str], stream: TextIO | None = None) -> AsyncIterator[None]:
    """Keep one line on a terminal that says how it goes; nothing elsewhere."""
    out = stream or sys.stderr
    if not out.isatty():
        yield
        return

    async def redraw() -> None:
        while True:
            print(f"\r\x1b[K{text()}", end="", file=out, flush=True)
            await asyncio.sleep(REDRAW_S)

    drawing = asyncio.create_task(redraw())
    try:
        yield
    finally:
        drawing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await drawing
        print(f"\r\x1b[K{text()}", file=out, flush=True)


async def serve(
    name: str, address: str, server: DeviceServer, status: Callable[[], str], stop: asyncio.Event
) -> None:
    """Run a device at an address until ``stop`` is set, which its own end does too."""
    opening = open_port(address, server.attach, reconnect=True, patient=True)
    port = await unless(stop, opening)
    running = asyncio.create_task(server.run())
    running.add_done_callback(lambda _: stop.set())
    print(f"{name}: {port.address}", flush=True)
    try:
        async with status_line(status):
            await stop.wait()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await port.close()
