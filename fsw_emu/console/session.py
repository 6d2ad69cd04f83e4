# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The console's end of the link: telemetry into the state, telecommands out."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fsw_emu.archive.archive import Archive
from fsw_emu.archive.row import Direction
from fsw_emu.archive.store import ArchiveError
from fsw_emu.console.science import Transfers, decode
from fsw_emu.console.state import State
from fsw_emu.console.telecommands import packet
from fsw_emu.core import Core
from fsw_emu.ground.transfers import Transfer
from fsw_emu.interface.table import Interface
from fsw_emu.packets.ccsds import COUNT_MODULO
from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket
from hil.link import Link
from hil.ports import open_port

#: between attempts to find the server [s], and between commits of the archive
RETRY_S = 1.0
COMMIT_S = 1.0
#: entities that wait to be decoded; then those that come are counted as faults
MOST_WAITING = 16


@dataclass(frozen=True)
class Sent:
    """A telecommand that went out."""

    name: str
    packet: bytes
    sequence: int


class Session:
    """One link at a time, the last that came up. now_ns: since 1970 UTC."""

    def __init__(
        self,
        table: Interface,
        core: Core,
        *,
        address: str,
        archive: Archive | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.state = State(table, address=address)
        self.table = table
        self._address = address
        self._core = core
        self._transfers = Transfers(core)
        self._archive = archive
        self._broken: ArchiveError | None = None
        self._now_ns = now_ns
        self._link: Link | None = None
        self._framing = 0  # faults on links that are down
        self._count = 0
        self._waiting: deque[Transfer] = deque()
        self._has_come = asyncio.Event()

    async def run(self) -> None:
        """Connect, again and again; decode; until cancelled. In a group: ValueError for an address
        that is none, ArchiveError for an archive that takes no more. Whoever opened it closes it.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self.decode())
            if self._archive is not None:
                group.create_task(self._commit(self._archive))
            group.create_task(self._connect())

    async def _connect(self) -> None:
        while True:
            try:
                port = await open_port(self._address, self.attach, reconnect=True)
                break
            except OSError as error:
                self.state.link_down(str(error))
                await asyncio.sleep(RETRY_S)
        try:
            await asyncio.Event().wait()
        finally:
            await port.close()

    def attach(self, link: Link) -> None:
        """Use a link from now on."""
        self._link = link
        link.attach(_Received(self, link))
        self.state.link_up()

    def build(self, form: Mapping[str, Any]) -> Sent:
        """What would be sent. FormError."""
        command, made = packet(self.table, form, count=self._count)
        return Sent(command.name, made, self._count)

    def send(self, form: Mapping[str, Any]) -> Sent:
        """Send a telecommand. FormError; ConnectionError: there is no link."""
        sent = self.build(form)
        if self._link is None:
            raise ConnectionError("not connected")
        self._link.send([SpwPacket(PTP_PREFIX + sent.packet)])
        self._count = (self._count + 1) % COUNT_MODULO
        self._keep([sent.packet], "tc")
        self.state.sent(sent.name, sent.packet, self._now_ns())
        return sent

    def received(self, link: Link, items: Sequence[Item]) -> None:
        """What came over the link."""
        packets = [_pus(each) for each in items if isinstance(each, SpwPacket)]
        self._keep(packets, "tm")
        now_ns = self._now_ns()
        for each in packets:
            tm = self.state.telemetry(each, now_ns)
            if tm is None:
                continue
            faults = self._transfers.faults
            for transfer in self._transfers.push(tm):
                self._wait_for(transfer)
            for _ in range(self._transfers.faults - faults):
                self.state.science_fault()
        self.state.framing(self._framing + link.counters.faults)

    def closed(self, link: Link, reason: str) -> None:
        """A link is down."""
        self._framing += link.counters.faults
        if link is self._link:
            self._link = None
            self.state.link_down(reason)

    def _wait_for(self, transfer: Transfer) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self.state.science_fault()
            return
        self._waiting.append(transfer)
        self._has_come.set()

    async def decode(self) -> None:
        """Decode entities until cancelled, in another thread: an image takes a while."""
        while True:
            await self._has_come.wait()
            while self._waiting:
                transfer = self._waiting.popleft()
                self.state.product(await asyncio.to_thread(decode, self._core, transfer))
            self._has_come.clear()

    def _keep(self, packets: Sequence[bytes], direction: Direction) -> None:
        if self._archive is None or not packets or self._broken is not None:
            return
        try:
            self._archive.add(packets, self._now_ns(), direction)
        except ArchiveError as error:  # who hands packets over cannot take it
            self._broken = error

    async def _commit(self, archive: Archive) -> None:
        while True:
            await asyncio.sleep(COMMIT_S)
            if self._broken is not None:
                raise self._broken
            archive.commit()


def _pus(item: SpwPacket) -> bytes:
    """The PUS packet in what a link carries, or what came instead of one."""
    try:
        return read_ptp(item.data, eep=item.eep).space_packet
    except ValueError:
        return item.data


class _Received:
    """The receiver of one link."""

    def __init__(self, session: Session, link: Link) -> None:
        self._session = session
        self._link = link

    def received(self, items: Sequence[Item]) -> None:
        self._session.received(self._link, items)

    def closed(self, reason: str) -> None:
        self._session.closed(self._link, reason)
