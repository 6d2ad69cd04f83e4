# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An event loop that looks again for a moment before it sleeps.

To wake a sleeping process on another processor takes longer than all the rest of a short round
trip. It pays where peers have a processor each; the time is spent whether or not anything comes.
"""

from __future__ import annotations

import asyncio
import selectors
from time import perf_counter_ns

#: how long it looks
LOOK_NS = 100_000


class _Eager(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        until = perf_counter_ns() + LOOK_NS
        while not (ready := super().select(0)):
            if timeout is not None and timeout <= 0:
                return ready
            if perf_counter_ns() > until:
                return super().select(timeout)
        return ready


def eager_loop() -> asyncio.AbstractEventLoop:
    """For ``asyncio.Runner(loop_factory=eager_loop)``."""
    return asyncio.SelectorEventLoop(_Eager())
