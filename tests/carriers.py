# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The transports that the contract of links is held against, and what a test needs to ask them."""

from __future__ import annotations

import asyncio
import contextlib
import random
from binascii import crc_hqx
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.faults.injection import Injector
from hil.faults.link import FaultyLink
from hil.faults.plan import Plan
from hil.link import Link, Port
from hil.ports import open_port


def any_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def fee_packet(size: int) -> bytes:
    """A FEE data packet as long as its header says."""
    payload = min(max(0, size - 10), 0xFFFF)
    return b"\x50\xf0" + payload.to_bytes(2, "big") + any_bytes(payload + 6)


def pus_packet(size: int) -> bytes:
    """A telemetry packet in a PTP packet."""
    size = min(max(20, size - 4), 0xFFFF)
    packet = bytes([0x09, 0x4C, 0xC0, 0x01]) + (size - 7).to_bytes(2, "big") + any_bytes(size - 8)
    return b"\xfe\x02\0\0" + packet + crc_hqx(packet, 0xFFFF).to_bytes(2, "big")


@dataclass(frozen=True)
class Carrier:
    """A transport: its server's address, what a client's has besides, and what it carries."""

    server: str
    options: str = ""  # of the client
    packet: Callable[[int], bytes] = any_bytes  # of about so many bytes
    least: int = 0
    most: int = 0xFFFFFF
    eep_to: tuple[str, ...] = ("server", "client")
    time_codes: bool = True
    stream: bool = True  # over TCP
    around: Callable[[Link], Link] = lambda link: link  # what is put round each link

    def carries(self, item: Item, to: str) -> bool:
        if isinstance(item, TimeCode):
            return self.time_codes
        if item.eep and to not in self.eep_to:
            return False
        return self.least <= len(item.data) <= self.most

    def __str__(self) -> str:
        return self.server.replace("-server://127.0.0.1:0", "") + self.options


def faultless(link: Link) -> Link:
    """With a plan that has no faults."""
    return FaultyLink(link, Injector(Plan(), start_ns=0))


one_way = partial(Carrier, eep_to=("client",))
pus = partial(Carrier, packet=pus_packet, least=24, most=890, eep_to=(), time_codes=False)
CARRIERS: tuple[Carrier, ...] = (
    Carrier("loop:contract", stream=False, most=1 << 30),
    one_way("gresb-server://127.0.0.1:0"),
    one_way("gresb-server://127.0.0.1:0", around=faultless),
    one_way("gresb-server://127.0.0.1:0/5"),
    Carrier("gresb-server://127.0.0.1:0?flags=low", "?flags=high"),
    Carrier("ssdtp2-server://127.0.0.1:0", least=1),
    Carrier(
        "spw-tcp-server://127.0.0.1:0",
        packet=fee_packet,
        least=10,
        most=65_545,
        eep_to=(),
        time_codes=False,
    ),
    pus("pus-tcp-server://127.0.0.1:0"),
    pus("pus-tcp-server://127.0.0.1:0?connections=2", "?connections=2"),
    pus("plm-server://127.0.0.1:0"),
)
STREAMS = tuple(carrier for carrier in CARRIERS if carrier.stream)


class Sink:
    """A receiver that keeps all it gets."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.reasons: list[str] = []
        self._something = asyncio.Event()

    def received(self, items: Sequence[Item]) -> None:
        assert items
        assert not self.reasons
        self.items += items
        self._something.set()

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)
        self._something.set()

    async def until(self, count: int) -> list[Item]:
        """What came, once there are so many or no more come."""
        while len(self.items) < count and not self.reasons:
            await self._more()
        return self.items

    async def end(self) -> str:
        """Why the link is down, once it is."""
        while not self.reasons:
            await self._more()
        return self.reasons[0]

    async def _more(self) -> None:
        self._something.clear()
        await asyncio.wait_for(self._something.wait(), 10)


@dataclass
class Side:
    """One end: its port, its links in their order, and what each received."""

    port: Port = field(init=False)
    around: Callable[[Link], Link] = lambda link: link
    links: list[Link] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def attach(self, link: Link) -> None:
        link = self.around(link)
        self.links.append(link)
        self.sinks.append(Sink())
        link.attach(self.sinks[-1])
        self.more.set()

    async def until(self, count: int) -> None:
        while len(self.links) < count:
            self.more.clear()
            await asyncio.wait_for(self.more.wait(), 10)

    @property
    def link(self) -> Link:
        return self.links[-1]

    @property
    def sink(self) -> Sink:
        return self.sinks[-1]


def client_address(carrier: Carrier, server: Port) -> str:
    return server.address.replace("-server", "").partition("?")[0] + carrier.options


@contextlib.asynccontextmanager
async def connected(carrier: Carrier, *, reconnect: bool = False) -> AsyncIterator[dict[str, Side]]:
    """Both sides of one link."""
    sides = {"server": Side(carrier.around), "client": Side(carrier.around)}
    server, client = sides["server"], sides["client"]
    server.port = await open_port(carrier.server, server.attach)
    client.port = await open_port(
        client_address(carrier, server.port), client.attach, reconnect=reconnect
    )
    await server.until(1)
    try:
        yield sides
    finally:
        await client.port.close()
        await server.port.close()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run it, within 10 s; nothing may go wrong beside it either."""
    beside: list[dict[str, Any]] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: beside.append(what))
        await asyncio.wait_for(main, 10)
        await asyncio.sleep(0)

    asyncio.run(watched())
    assert not beside


def packets(carrier: Carrier, total: int) -> list[Item]:
    """Packets of about so many bytes in all."""
    packet = SpwPacket(carrier.packet(min(carrier.most, 4000)))
    return [packet] * (total // len(packet.data) + 1)
