# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An event loop in a thread of its own, so that links live on while a test does something else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class LoopThread:
    """errors: what callbacks in the loop raised since it was last emptied."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(self._error)
        self._thread = threading.Thread(target=self.loop.run_forever, name="lab", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cancel what still runs and end the thread."""
        run_in(self.loop, _cancel_others(), 10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    def _error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.errors.append(f"{context['message']}: {error!r}" if error else context["message"])


def run_in(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Result], timeout_s: float
) -> Result:
    """What a coroutine returns or raises in the loop of another thread. TimeoutError, and then
    it is cancelled."""
    future = asyncio.run_coroutine_threadsafe(_limited(coroutine, timeout_s), loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


async def _limited(coroutine: Coroutine[Any, Any, Result], timeout_s: float) -> Result:
    limit = asyncio.timeout(timeout_s)
    try:
        async with limit:
            return await coroutine
    except TimeoutError:
        if not limit.expired():
            raise
        raise TimeoutError(f"not done within {timeout_s:g} s") from None


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
