# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Links by their addresses."""

from __future__ import annotations

from hil.link import Attach, Link, Port


async def open_port(
    address: str, attach: Attach, *, clients: int = 1, reconnect: bool = False
) -> Port:
    """Open the port that an address names: ``SCHEME://HOST:PORT`` connects, ``SCHEME-server://``
    listens.

    attach: called with each new link. clients: of a server, at one time; further ones are
    refused. reconnect: a client that lost its peer tries again. ValueError for an address that is
    none, OSError where it cannot be opened.
    """
    raise NotImplementedError


async def open_link(address: str) -> Link:
    """One link: a client's, or the first that a server accepts; closing it closes its port. The
    errors of :func:`open_port`."""
    raise NotImplementedError
