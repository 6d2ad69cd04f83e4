# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A target of RMAP that is nothing but memory, read from the standard on its own: what the
initiator is judged by. Bytes in, bytes out."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import crcmod

from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.link import Link

crc8 = crcmod.mkCrcFun(0x107, initCrc=0, rev=True, xorOut=0)


def with_crc(data: bytes) -> bytes:
    return data + bytes([crc8(data)])


class TinyTarget:
    """Memory from address 0 on; commands are kept as they came. ``answer`` may bend its replies."""

    def __init__(self, link: Link, *, key: int = 0xD1, size: int = 1 << 16) -> None:
        self.memory = bytearray(size)
        self.commands: list[bytes] = []
        self.answer: Callable[[bytes], list[bytes]] = lambda reply: [reply]
        self.status = 0
        self.silent = 0  # commands to come that it does not see
        self._key = key
        self.link = link
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        for item in items:
            assert isinstance(item, SpwPacket)
            self.commands.append(item.data)
            if self.silent:
                self.silent -= 1
                continue
            if reply := self.reply_to(item.data):
                self.link.send([SpwPacket(each) for each in self.answer(reply)])

    def closed(self, reason: str) -> None:
        pass

    def reply_to(self, packet: bytes) -> bytes:
        """The reply, or nothing where none was asked for."""
        path = len(packet) - len(packet.lstrip(bytes(range(32))))
        packet = packet[path:]
        words = packet[2] & 3
        back = packet[4 : 4 + 4 * words].lstrip(b"\0")
        target, protocol, code, key = packet[:4]
        initiator, identifier, extended, address, length, _ = struct.unpack_from(
            ">BHBI3sB", packet, 4 + 4 * words
        )
        size = 16 + 4 * words
        assert crc8(packet[:size]) == 0
        assert (protocol, code & 0xC0, extended) == (1, 0x40, 0)
        n = int.from_bytes(length, "big")
        data, kind = packet[size:], code >> 2 & 15
        status = self.status if key == self._key else 3
        head = struct.pack(">BBBBBH", initiator, 1, code & 0x3F, status, target, identifier)
        if kind & 8:  # write
            assert crc8(data) == 0
            assert len(data) == n + 1
            if not status:
                self.memory[address : address + n] = data[:n]
            return back + with_crc(head) if kind & 2 else b""
        before = b""
        if kind == 7:  # read-modify-write: data, then mask
            assert crc8(data) == 0
            n //= 2
            before = bytes(self.memory[address : address + n])
            new = zip(before, data[:n], data[n:], strict=False)
            if not status:
                self.memory[address : address + n] = bytes(b & ~m | d & m for b, d, m in new)
        elif kind in (2, 3):
            assert not data
            before = bytes(self.memory[address : address + n])
        if status:
            before = b""
        return back + with_crc(head + b"\0" + len(before).to_bytes(3, "big")) + with_crc(before)


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test that waits, 10 s at most."""
    asyncio.run(asyncio.wait_for(main(), 10))
