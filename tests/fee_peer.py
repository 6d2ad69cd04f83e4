# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A plain DPU at the other end of a FEE's link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fee_rig import KEY, write_command

from fsw_emu.packets.fee_registers import FIELDS
from fsw_emu.packets.rmap import READ, Command
from fsw_emu.packets.spacewire import DPU_ADDRESS, FEE_ADDRESS, Item, SpwPacket
from hil.link import Link


class Peer:
    """The other end of a link: keeps what comes."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.items: list[Item] = []
        self.reason: str | None = None
        self._news = asyncio.Event()
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        self.items += items
        self._news.set()

    def closed(self, reason: str) -> None:
        self.reason = reason
        self._news.set()

    @property
    def replies(self) -> list[bytes]:
        return [packet for packet in self.packets if packet[1] == 1]

    @property
    def data(self) -> list[bytes]:
        return [packet for packet in self.packets if packet[1] == 0xF0]

    @property
    def packets(self) -> list[bytes]:
        return [item.data for item in self.items if isinstance(item, SpwPacket)]

    async def until(self, enough: Callable[[], bool]) -> None:
        while not enough():
            self._news.clear()
            await self._news.wait()

    async def ask(self, *commands: bytes) -> list[bytes]:
        """The replies to commands."""
        before = len(self.replies)
        self.link.send([SpwPacket(command) for command in commands])
        await self.until(lambda: len(self.replies) == before + len(commands))
        return self.replies[before:]

    async def read(self, name: str) -> int:
        field = FIELDS[name]
        command = Command(READ, FEE_ADDRESS, DPU_ADDRESS, KEY, 7, field.address, 4)
        (reply,) = await self.ask(command.to_bytes())
        return field.get(int.from_bytes(reply[12:16], "big"))

    async def execute(self, mode: int) -> None:
        """In 24x24 binning, so that readouts are small."""
        await self.ask(
            write_command("ccd_mode_config", mode, 3 << 28), write_command("execute_op", 1)
        )
