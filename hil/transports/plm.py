# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``plm://HOST:PORT``: the simulator of the payload module, PUS packets in lines of text;
``plm-server://`` is one."""

from __future__ import annotations

from fsw_emu.packets.framings.plm import PlmClient, PlmServer
from hil.address import Address
from hil.link import Attach, Port
from hil.stream_ports import open_stream


async def open_port(address: Address, attach: Attach, *, clients: int, reconnect: bool) -> Port:
    """As hil.ports.open_port; no port is the usual one. ValueError without."""
    address.expect("plm://HOST:PORT")
    framing = PlmServer if address.server else PlmClient
    return await open_stream(
        address, attach, lambda _: framing(), port=None, clients=clients, reconnect=reconnect
    )
