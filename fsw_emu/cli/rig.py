# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the commands that speak over links share: one event loop, a clean end, a live line."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TextIO

REDRAW_S = 0.5


def run_rig(main: Callable[[asyncio.Event], Coroutine[Any, Any, int]]) -> int:
    """Run ``main`` in an event loop; SIGINT and SIGTERM set the event it gets, and it has to end
    then, with all its files whole. Its exit code."""

    async def watched() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        return await main(stop)

    return asyncio.run(watched())


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
