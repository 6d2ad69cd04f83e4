# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``pus-tcp://HOST[:PORT]``: PUS packets one after the other; ``pus-tcp-server://`` listens.

A client sends telecommands and reads telemetry.
"""

from __future__ import annotations

from fsw_emu.packets.framings.pus_tcp import PusTcp
from hil.address import Address
from hil.link import Attach, Port
from hil.stream_ports import open_stream

_PORT = 5570


async def open_port(address: Address, attach: Attach, *, clients: int, reconnect: bool) -> Port:
    """As hil.ports.open_port. Option connections=2: telecommands have their own, at the next
    port. Option pec=any: telecommands whose checksum does not fit are delivered."""
    address.expect("pus-tcp://HOST[:PORT]", "connections", "pec")
    any_pec = address.option("pec", "any") is not None
    return await open_stream(
        address,
        attach,
        lambda _: PusTcp(any_pec=any_pec),
        port=_PORT,
        offsets=(1, 0) if address.option("connections", "1", "2") == "2" else (0,),
        clients=clients,
        reconnect=reconnect,
    )
