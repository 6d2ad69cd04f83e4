# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``ssdtp2://HOST[:PORT]``: a SpaceWire-to-GigabitEther bridge; ``ssdtp2-server://`` is one."""

from __future__ import annotations

from fsw_emu.packets.framings.ssdtp2 import Ssdtp2Client, Ssdtp2Server
from hil.address import Address
from hil.link import Attach, Port
from hil.stream_ports import open_stream

_PORT = 10030


async def open_port(address: Address, attach: Attach, *, clients: int, reconnect: bool) -> Port:
    """As hil.ports.open_port."""
    address.expect("ssdtp2://HOST[:PORT]")
    framing = Ssdtp2Server if address.server else Ssdtp2Client
    return await open_stream(
        address, attach, lambda _: framing(), port=_PORT, clients=clients, reconnect=reconnect
    )
