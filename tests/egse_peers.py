# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The other end of the onboard application: bytes of the wire, read without the emulator."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from binascii import crc_hqx
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

from fsw_emu.cli.egse_server import EgseServer
from fsw_emu.dpu.dpu import Dpu
from fsw_emu.packets.spacewire import Item, SpwPacket
from fsw_emu.world.world import World
from hil.ports import open_port

#: TC(17,1), sequence count 1, acknowledge bits 1001, source 0: a vector of the onboard software
TEST = bytes.fromhex("1941c001000519110100db8e")
PTP = b"\xfe\x02\0\0"
LIMIT_S = 60


def run(main: Callable[[], Coroutine[Any, Any, None]], loop: Any = None) -> None:
    async def limited() -> None:
        async with asyncio.timeout(LIMIT_S):
            await main()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(limited())


@contextlib.asynccontextmanager
async def served(
    *addresses: str, speed: float | None = 20.0, booted: bool = True, follows_link: bool = False
) -> AsyncIterator[tuple[EgseServer, list[str]]]:
    """A server, and its addresses with their ports."""
    world = World(noise_lsb=0.0, time_codes=not follows_link)
    server = EgseServer(Dpu(world, booted=booted), speed=speed, follows_link=follows_link)
    ports = [await open_port(each, server.attach, clients=4) for each in addresses]
    running = asyncio.create_task(server.run())
    yield server, [port.address for port in ports]
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    for port in ports:
        await port.close()


def port_of(address: str) -> int:
    return int(address.partition("?")[0].rpartition(":")[2])


async def connect(address: str, offset: int = 0) -> tuple[asyncio.StreamReader, Any]:
    return await asyncio.open_connection("127.0.0.1", port_of(address) + offset)


ANSWERED = [(1, 1), (17, 2), (1, 7)]


async def packet_from(reader: asyncio.StreamReader) -> bytes:
    """The next packet: as long as it says, and its checksum fits."""
    header = await reader.readexactly(6)
    packet = header + await reader.readexactly(struct.unpack_from(">H", header, 4)[0] + 1)
    assert crc_hqx(packet, 0xFFFF) == 0
    return packet


async def line_from(reader: asyncio.StreamReader) -> bytes:
    """The next packet in lines of the payload module's simulator."""
    words: list[bytes] = []
    while words[:2] != [b"TM", b"PUS_TM"]:
        words = (await reader.readuntil(b"\r\n")).split()
    return bytes.fromhex(words[-3].decode())


async def prefixed_from(reader: asyncio.StreamReader) -> bytes:
    assert await reader.readexactly(4) == PTP
    return await packet_from(reader)


Read = Callable[[asyncio.StreamReader], Coroutine[Any, Any, bytes]]


async def answers(
    reader: asyncio.StreamReader, n: int = 3, read: Read = packet_from
) -> list[bytes]:
    """The next packets of services 1 and 17; others come as they like."""
    found: list[bytes] = []
    while len(found) < n:
        packet = await read(reader)
        if packet[7] in (1, 17):
            found.append(packet)
    return found


def services(found: Sequence[bytes]) -> list[tuple[int, int]]:
    return [(packet[7], packet[8]) for packet in found]


class Station:
    """A receiver of telemetry."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes] = asyncio.Queue()

    def received(self, items: Sequence[Item]) -> None:
        for item in items:
            assert isinstance(item, SpwPacket)
            self.came.put_nowait(item.data[4:])

    def closed(self, reason: str) -> None:
        pass

    async def answers(self) -> list[bytes]:
        found: list[bytes] = []
        while len(found) < 3:
            packet = await self.came.get()
            if packet[7] in (1, 17):
                found.append(packet)
        return found
