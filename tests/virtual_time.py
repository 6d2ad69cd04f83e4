# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An event loop whose time passes at once: who waits is woken up when its time has come, and no one
really waits. What waits for ever is an error."""

from __future__ import annotations

import asyncio
import math
import selectors
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """For what needs no I/O of the system. ``now_ns`` is its time, from 0 on."""

    def __init__(self) -> None:
        self.now_ns = 0
        super().__init__(_Jumps(self))

    def time(self) -> float:
        return self.now_ns / 1e9

    def clock(self) -> int:
        """In place of time.monotonic_ns and the like."""
        return self.now_ns


class _Jumps(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[Any, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise TimeoutError("all wait, and nothing is to come")
            self._loop.now_ns += math.ceil(timeout * 1e9)
        return ready
