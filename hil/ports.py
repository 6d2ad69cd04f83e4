# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Links by their addresses."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from typing import Protocol, cast

import hil.transports
from hil.address import Address, parse
from hil.link import Attach, Link, Port

#: how long a client that is patient tries to find its server [s], and how often
PATIENCE_S = 10.0
_RETRY_S = 0.05


class Transport(Protocol):
    """A module of hil.transports, called as its addresses begin."""

    async def open_port(
        self, address: Address, attach: Attach, *, clients: int, reconnect: bool
    ) -> Port:
        """As open_port below."""


def transports() -> list[str]:
    """What addresses begin with, without ``-server``."""
    names = (module.name for module in pkgutil.iter_modules(hil.transports.__path__))
    return sorted(name.replace("_", "-") for name in names)


async def open_port(
    address: str,
    attach: Attach,
    *,
    clients: int = 1,
    reconnect: bool = False,
    patient: bool = False,
) -> Port:
    """Open the port that an address names: ``SCHEME://HOST:PORT`` connects, ``SCHEME-server://``
    listens.

    attach: called with each new link. clients: of a server, at one time; further ones are
    refused. reconnect: a client that lost its link makes another, until its port is closed.
    patient: a client whose server is not there yet waits for it, for PATIENCE_S.
    ValueError for an address that is none, OSError where it cannot be opened.
    """
    parsed = parse(address)
    if parsed.transport not in transports():
        known = ", ".join(transports())
        raise ValueError(f"{address}: no transport {parsed.transport}, there are {known}")
    module = importlib.import_module(f"hil.transports.{parsed.transport.replace('-', '_')}")
    opened = cast(Transport, module).open_port
    loop = asyncio.get_running_loop()
    last = loop.time() + (PATIENCE_S if patient else 0)
    while True:
        try:
            return await opened(parsed, attach, clients=clients, reconnect=reconnect)
        except ConnectionRefusedError:
            if loop.time() >= last:
                raise
        await asyncio.sleep(_RETRY_S)


async def open_link(address: str, *, patient: bool = False) -> Link:
    """One link: a client's, or the first that a server accepts; nothing else is open then.
    ``patient`` and errors as of :func:`open_port`, also for a server at port 0, as nobody would
    know which it took."""
    if (parsed := parse(address)).server and parsed.port == 0:
        raise ValueError(f"{address}: a port is needed, nobody would know which one was taken")
    first: asyncio.Future[Link] = asyncio.get_running_loop().create_future()

    def take(link: Link) -> None:
        if not first.done():
            first.set_result(link)

    port = await open_port(address, take, patient=patient)
    try:
        return await first
    finally:
        await port.stop()
