# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``spw-tcp://HOST[:PORT]``: SpaceWire packets one after the other, each as long as its header
says; ``spw-tcp-server://`` listens."""

from __future__ import annotations

from typing import cast

from fsw_emu.packets.fee import DataLen
from fsw_emu.packets.framings.spw_tcp import SpwTcp
from hil.address import Address
from hil.link import Attach, Port
from hil.stream_ports import open_stream

_PORT = 1234


async def open_port(address: Address, attach: Attach, *, clients: int, reconnect: bool) -> Port:
    """As hil.ports.open_port. Option data-len: what the length of FEE packets counts."""
    address.expect("spw-tcp://HOST[:PORT]", "data-len")
    counts = cast(DataLen, address.option("data-len", "payload", "packet") or "payload")
    return await open_stream(
        address, attach, lambda _: SpwTcp(counts), port=_PORT, clients=clients, reconnect=reconnect
    )
