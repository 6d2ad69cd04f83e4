# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A capture of what crosses links, written as it comes.

The file has its name from the start and is only appended to, whole blocks at a time: whoever is
killed loses what came in the last ``FLUSH_S`` at most. What waits to be written is bounded, since
it is written within the event loop, to the system's cache.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fsw_emu.packets.capture import CaptureWriter
from fsw_emu.packets.pcap import Direction
from fsw_emu.packets.spacewire import Item
from hil.around import LinkAround
from hil.link import Link

FLUSH_S = 0.2
_FLUSH_BYTES = 256 << 10


def steady_clock() -> Callable[[], int]:
    """The time since 1970 UTC [ns] as it is now, and from then on never set back."""
    start = time.time_ns() - time.monotonic_ns()
    return lambda: start + time.monotonic_ns()


class Recorder:
    """One pcapng file, with an interface for each link by its name.

    A disk that is full or fails ends the recording, not the links: ``error`` says so, once it is
    known, ``n_lost`` counts items that are not in the file, and its last block is whole. Of packets
    beyond 256 KiB the beginning is kept, and how long they were.
    """

    def __init__(
        self,
        path: Path,
        *,
        comment: str = "",
        clock: Callable[[], int] | None = None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """Begin the file; what was there is gone. OSError. failed: called once with ``error``."""
        self.path = path
        self.n_recorded = self.n_lost = 0
        self.error: str | None = None
        self._clock = clock or steady_clock()
        self._failed = failed
        self._writer = CaptureWriter()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._closed = False
        self._written = 0  # bytes of whole blocks
        self._waiting = [self._writer.begin(comment)]
        self._waiting_bytes = self._waiting_items = 0
        self._timer: asyncio.TimerHandle | None = None
        self.flush()
        if self.error is not None:
            self.close()
            raise OSError(self.error)

    def add(self, items: Sequence[Item], direction: Direction, interface: str = "") -> None:
        """Take items that cross a link now. Only within an event loop; never raises."""
        if self._closed or self.error is not None:
            self.n_lost += len(items)
            return
        block = self._writer.build(
            items, time_ns=self._clock(), direction=direction, interface=interface
        )
        self._waiting.append(block)
        self._waiting_bytes += len(block)
        self._waiting_items += len(items)
        if self._waiting_bytes >= _FLUSH_BYTES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self.flush)

    def tap(self, link: Link, name: str = "") -> RecordedLink:
        """The link, with all that crosses it kept under a name, that of its address without one."""
        return RecordedLink(link, self, name or link.address)

    def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        data, n_items = memoryview(b"".join(self._waiting)), self._waiting_items
        self._waiting.clear()
        self._waiting_bytes = self._waiting_items = 0
        if self.error is not None or not data:
            return
        whole = self._written + len(data)
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            self._fail(error, n_items)
            return
        self._written = whole
        self.n_recorded += n_items

    def close(self) -> None:
        """Write what waits and end the file. Closing twice is once."""
        if self._closed:
            return
        self.flush()
        self._closed = True
        os.close(self._fd)

    def _fail(self, error: OSError, n_items: int) -> None:
        self.n_lost += n_items
        self.error = f"{self.path}: {error.strerror}; the recording ends here"
        with contextlib.suppress(OSError):  # a pipe cannot be cut
            os.ftruncate(self._fd, self._written)
        if self._failed is not None:
            self._failed(self.error)


class RecordedLink(LinkAround):
    """A link round another, with what crosses it kept."""

    def __init__(self, link: Link, recorder: Recorder, name: str) -> None:
        super().__init__(link)
        self._recorder = recorder
        self._name = name

    def send(self, items: Sequence[Item]) -> None:
        super().send(items)
        carried = [item for item in items if self.carries(item)]
        self._recorder.add(carried, "out", self._name)

    def received(self, items: Sequence[Item]) -> None:
        self._recorder.add(items, "in", self._name)
        super().received(items)

    def closed(self, reason: str) -> None:
        self._recorder.flush()
        super().closed(reason)
