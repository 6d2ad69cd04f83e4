# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The quirks of real targets, shown by an emulated one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fsw_emu.packets.rmap import (
    ReadCommand,
    ReadReply,
    Status,
    read_command,
    read_reply,
)
from fsw_emu.packets.spacewire import RMAP, Item, SpwPacket
from hil.around import LinkAround
from hil.link import Link
from hil.rmap.quirks import Quirks


class QuirkyLink(LinkAround):
    """The target's end of a link: its replies leave with the quirks, and reads that are too long
    are answered with NOT_AUTHORISED before it sees them."""

    def __init__(self, link: Link, quirks: Quirks) -> None:
        super().__init__(link)
        self._quirks = quirks
        self._key = 0  # of the last command: one that went well had the target's

    def send(self, items: Sequence[Item]) -> None:
        super().send([self._leaving(item) for item in items])

    def received(self, items: Sequence[Item]) -> None:
        if passed := [item for item in items if not self._refused(item)]:
            super().received(passed)

    def _leaving(self, item: Item) -> Item:
        if not isinstance(item, SpwPacket) or item.data[1:2] != bytes([RMAP]):
            return item
        read = read_reply(item.data, eep=item.eep)
        if not isinstance(read, ReadReply) or read.problem:
            return item
        reply = read.reply
        if self._quirks.status_is_key and reply.status == Status.OK:
            reply = replace(reply, status=self._key)
        data = reply.to_bytes()
        if reply.instruction.read:
            if not self._quirks.read_data_crc:
                data = data[:-1]
            data += bytes(self._quirks.read_extra_bytes)
        return replace(item, data=data)

    def _refused(self, item: Item) -> bool:
        """Whether it was a read of too many bytes, which is answered then."""
        if not isinstance(item, SpwPacket):
            return False
        read = read_command(item.data, eep=item.eep)
        if not isinstance(read, ReadCommand):
            return False
        command = read.command
        self._key = command.key
        most = self._quirks.max_read_bytes
        if most is None or not command.instruction.read or command.length <= most:
            return False
        if read.error is Status.OK:
            answer = command.answer(Status.NOT_AUTHORISED).to_bytes()
            super().send([SpwPacket(answer)])
        return read.error is Status.OK
