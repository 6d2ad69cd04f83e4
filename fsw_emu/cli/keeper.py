# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An archive beside a server that must not wait for the disk."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from fsw_emu.archive import Archive, Direction

#: between commits [s]: what a killed process may lose
COMMIT_S = 0.25


class Keeper:
    """Takes packets at once, and writes them in a thread of its own, in which the archive lives.

    ``watch`` is for EgseServer.watchers.
    """

    def __init__(self) -> None:
        self._archive: Archive
        self._thread = ThreadPoolExecutor(1, "archive")
        self._waiting: list[tuple[Sequence[bytes], int, Direction]] = []
        self._end = asyncio.Event()

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or make the file. ArchiveError."""
        keeper = cls()
        loop = asyncio.get_running_loop()
        keeper._archive = await loop.run_in_executor(keeper._thread, Archive.open, path)
        return keeper

    def watch(self, direction: Direction, packets: Sequence[bytes]) -> None:
        """Take packets, received now."""
        self._waiting.append((packets, time.time_ns(), direction))

    def end(self) -> None:
        """Nothing more comes."""
        self._end.set()

    async def run(self) -> None:
        """Write what comes, until the end; all of it is in the file then. ArchiveError."""
        loop = asyncio.get_running_loop()
        ending = False
        try:
            while not ending:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(COMMIT_S):
                        await self._end.wait()
                ending = self._end.is_set()  # and what came before is in this turn
                waiting, self._waiting = self._waiting, []
                if waiting:
                    await loop.run_in_executor(self._thread, self._write, waiting)
        finally:
            await loop.run_in_executor(self._thread, self._archive.close)
            self._thread.shutdown()

    def _write(self, waiting: Sequence[tuple[Sequence[bytes], int, Direction]]) -> None:
        for packets, received_ns, direction in waiting:
            self._archive.add(packets, received_ns, direction)
        self._archive.commit()
