# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``pcap:FILE``: a recording as what the peer sent, as fast as it is taken; it takes nothing.

Any format of recordings, plain or .gz. What it says was sent by the recorder's own side is left
out, and times are not kept: ``fsw-emu replay`` has both.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from fsw_emu.packets.recording import RecordingReader
from fsw_emu.packets.spacewire import Item
from hil.address import Address
from hil.link import Attach, Link, LinkClosed, Port, Receiver

_CHUNK_BYTES = 1 << 16
_END = "the recording has ended"


class PcapLink(Link):
    """A peer that only sends."""

    def __init__(self, address: str, file: BinaryIO, gone: Callable[[PcapLink], None]) -> None:
        super().__init__(address)
        self._file = file
        self._gone = gone
        self._reader = RecordingReader()
        self._loop = asyncio.get_running_loop()
        self._held = False
        self._turn: asyncio.Handle | None = None

    def attach(self, receiver: Receiver) -> None:
        super().attach(receiver)
        if self.closed_because is not None:
            self._loop.call_soon(receiver.closed, self.closed_because)
        self._schedule()

    def carries(self, item: Item) -> bool:  # noqa: ARG002
        return False

    def send(self, items: Sequence[Item]) -> None:
        self._check()
        self.counters.sent.refused += len(items)

    async def drain(self) -> None:
        self._check()
        await asyncio.sleep(0)

    def hold(self, held: bool) -> None:
        self._held = held
        self._schedule()

    async def close(self, reason: str = "closed") -> None:
        self._close(reason)

    def _check(self) -> None:
        if self.closed_because is not None:
            raise LinkClosed(self.closed_because)

    def _schedule(self) -> None:
        waits = self._held or self._receiver is None or self.closed_because is not None
        if self._turn is None and not waits:
            self._turn = self._loop.call_soon(self._read)

    def _read(self) -> None:
        self._turn = None
        if self._held or self._receiver is None or self.closed_because is not None:
            return
        try:
            chunk = self._file.read(_CHUNK_BYTES)
            items = [one.item for one in self._reader.read(chunk) if one.direction != "out"]
            if not chunk:
                self._reader.finish()
        except (OSError, EOFError, ValueError, zlib.error) as error:
            self._close(f"{self.address}: {error}")
            return
        self.counters.faults = len(self._reader.faults) + self._reader.faults.not_listed
        if items:
            self.counters.received.add(items)
            self._receiver.received(items)
        if not chunk:
            self._close(_END)
        self._schedule()

    def _close(self, reason: str) -> None:
        if self.closed_because is not None:
            return
        self.closed_because = reason
        if self._turn is not None:
            self._turn.cancel()
        self._file.close()
        self._gone(self)
        if self._receiver is not None:
            self._receiver.closed(reason)


class PcapPort(Port):
    """The one link of a file."""

    def __init__(self, address: Address) -> None:
        self.address = address.text
        self._links: list[PcapLink] = []

    @property
    def links(self) -> Sequence[Link]:
        return tuple(self._links)

    async def stop(self) -> None:
        """There are no further ones anyway."""

    def open(self, file: BinaryIO, attach: Attach) -> None:
        """Make its link."""
        link = PcapLink(self.address, file, self._links.remove)
        self._links.append(link)
        attach(link)


async def open_port(address: Address, attach: Attach, *, clients: int, reconnect: bool) -> Port:  # noqa: ARG001
    """As hil.ports.open_port; there is one link, once."""
    address.expect("pcap:FILE")
    if not address.path:
        raise ValueError(f"{address.text}: no file, as in pcap:FILE")
    port = PcapPort(address)
    path = Path(address.path)
    port.open(gzip.open(path) if path.suffix == ".gz" else path.open("rb"), attach)  # type: ignore[arg-type]  # noqa: SIM115
    return port
