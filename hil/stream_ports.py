# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Ports of links over TCP: clients that come back, servers that take so many."""

from __future__ import annotations

import asyncio
import contextlib
import os
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence

from hil.address import Address
from hil.link import Attach, Link, Port
from hil.stream import Connection, MakeFraming, StreamLink

_CONNECT_S = 10.0
#: between attempts to reconnect [s]: the first, doubled up to the last
_BACK_OFF_S = (0.05, 2.0)
#: of a link over two connections, the second has so long to follow the first [s]
_SECOND_S = 5.0
_LAST_PORT = 65_535
#: how often a server asks the system for two ports in a row
_ATTEMPTS = 50


async def open_stream(
    address: Address,
    attach: Attach,
    framing: MakeFraming,
    *,
    port: int | None,
    offsets: tuple[int, ...] = (0,),
    clients: int,
    reconnect: bool,
) -> Port:
    """Open the port of a transport over TCP.

    port: where the address names none; None: it has to. offsets: from it, of the one connection
    for both directions, or of two: what the client writes to, what it reads from. ValueError,
    OSError.
    """
    base = port if address.port is None else address.port
    if base is None:
        raise ValueError(f"{address.text}: a port is needed")
    if base + max(offsets) > _LAST_PORT:
        raise ValueError(f"{address.text}: no port {base + max(offsets)}")
    if address.server:
        server = _Server(address, attach, framing, offsets, clients)
        await server.listen(base)
        return server
    client = _Client(address, attach, framing, offsets, base, reconnect)
    await client.connect()
    return client


class _StreamPort(Port):
    def __init__(
        self,
        address: Address,
        attach: Attach,
        framing: MakeFraming,
        offsets: tuple[int, ...],
    ) -> None:
        self.address = address.text
        self._where = address
        self._attach = attach
        self._framing = framing
        self._offsets = offsets
        self._links: list[StreamLink] = []

    @property
    def links(self) -> Sequence[Link]:
        return tuple(self._links)

    def _link(self, reading: Connection, writing: Connection) -> None:
        link = StreamLink(self.address, self._framing, reading, writing, self._gone)
        self._links.append(link)
        self._attach(link)

    @abstractmethod
    def _gone(self, link: StreamLink) -> None:
        """One of its links is down."""


class _Client(_StreamPort):
    def __init__(
        self,
        address: Address,
        attach: Attach,
        framing: MakeFraming,
        offsets: tuple[int, ...],
        base: int,
        reconnect: bool,
    ) -> None:
        super().__init__(address, attach, framing, offsets)
        self._base = base
        self._reconnect = reconnect
        self._retrying: asyncio.Task[None] | None = None
        self._pause_s = _BACK_OFF_S[0]

    async def connect(self) -> None:
        """Make a link to the server. OSError; a ConnectionRefusedError where nobody listens."""
        loop = asyncio.get_running_loop()
        made: list[Connection] = []
        try:
            async with asyncio.timeout(_CONNECT_S):
                for offset in self._offsets:
                    await loop.create_connection(
                        lambda: Connection(made.append), self._where.host, self._base + offset
                    )
        except BaseException as error:
            for one in made:
                one.transport.abort()
            if not isinstance(error, OSError):
                raise
            what = str(error) or f"no answer in {_CONNECT_S:g} s"
            raise type(error)(f"{self.address}: {what}") from error
        self._link(reading=made[-1], writing=made[0])

    async def stop(self) -> None:
        self._reconnect = False
        if self._retrying is not None:
            self._retrying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._retrying

    def _gone(self, link: StreamLink) -> None:
        self._links.remove(link)
        if link.counters.received.packets:
            self._pause_s = _BACK_OFF_S[0]
        if self._reconnect:
            self._retrying = asyncio.create_task(self._retry())

    async def _retry(self) -> None:
        while True:
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, _BACK_OFF_S[1])
            with contextlib.suppress(OSError):
                await self.connect()
                return


class _Server(_StreamPort):
    def __init__(
        self,
        address: Address,
        attach: Attach,
        framing: MakeFraming,
        offsets: tuple[int, ...],
        clients: int,
    ) -> None:
        super().__init__(address, attach, framing, offsets)
        self._clients = clients
        self._listening: list[asyncio.Server] = []
        self._waiting: list[deque[Connection]] = [deque() for _ in offsets]

    async def listen(self, base: int) -> None:
        """Listen where the client writes to and reads from. OSError."""
        for attempt in range(_ATTEMPTS):
            try:
                base = await self._listen(base)
                break
            except (OSError, OverflowError) as error:  # the next port is taken, or is none
                await self.stop()
                if base or attempt == _ATTEMPTS - 1:
                    raise OSError(f"{self.address}: {_why(error)}") from error
        self.address = self._where.at(base)

    async def _listen(self, base: int) -> int:
        """Listen at base, or, for 0, where the system has room; the base."""
        loop = asyncio.get_running_loop()
        for which, offset in enumerate(self._offsets):

            def accept(which: int = which) -> Connection:
                return Connection(lambda one: self._accepted(which, one))

            port = base + offset if base else 0
            server = await loop.create_server(accept, self._where.host, port)
            self._listening.append(server)
            taken = {each.getsockname()[1] for each in server.sockets}
            if len(taken) > 1:  # of port 0, each address of the host got its own
                server.close()
                server = await loop.create_server(accept, self._where.host, min(taken))
                self._listening[-1] = server
            base = min(taken) - offset
        return base

    async def stop(self) -> None:
        for server in self._listening:
            server.close()
        self._listening.clear()
        for waiting in self._waiting:
            while waiting:
                waiting.popleft().transport.abort()

    def _accepted(self, which: int, one: Connection) -> None:
        waiting = self._waiting[which]
        if len(self._links) + len(waiting) >= self._clients:
            self.refused += 1
            one.transport.abort()
            return
        waiting.append(one)
        if all(self._waiting):
            made = [waiting.popleft() for waiting in self._waiting]
            self._link(reading=made[0], writing=made[-1])
            return
        asyncio.get_running_loop().call_later(_SECOND_S, self._give_up, which, one)

    def _give_up(self, which: int, one: Connection) -> None:
        if one in self._waiting[which]:
            self._waiting[which].remove(one)
            one.transport.abort()

    def _gone(self, link: StreamLink) -> None:
        self._links.remove(link)


def _why(error: Exception) -> str:
    """What the system says of a port that cannot be had, without what it was asked for."""
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return getattr(error, "strerror", None) or str(error)
