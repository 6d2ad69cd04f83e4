# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the kinds of faults do to one packet, and of which class a packet is.

The faults of RMAP fall on packets that are good, and leave all else in them good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from fsw_emu.packets import rmap
from fsw_emu.packets.fee import HEADER_BYTES
from fsw_emu.packets.spacewire import FEE_DATA, FIRST_LOGICAL_ADDRESS, RMAP, SpwPacket, path_bytes

#: what exactly was done, by name
Detail = dict[str, int]
#: the packet as it comes out, and what was done; None where the fault cannot fall on it
Act = Callable[[SpwPacket, Random], tuple[SpwPacket, Detail] | None]

_FEE_CLASSES = ("data", "event", "housekeeping", "wandering-mask")


def class_of(data: bytes) -> str:
    """The class of a packet by its first bytes, behind path addresses."""
    start = path_bytes(data) if data and data[0] < FIRST_LOGICAL_ADDRESS else 0
    if len(data) < start + 3:
        return "other"
    protocol = data[start + 1]
    if protocol == FEE_DATA and len(data) >= start + HEADER_BYTES:
        return _FEE_CLASSES[data[start + 5] & 3]
    if protocol == RMAP:
        return "command" if data[start + 2] & 0x40 else "reply"
    return "other"


def _truncate(packet: SpwPacket, random: Random) -> tuple[SpwPacket, Detail] | None:
    if len(packet.data) < 2:
        return None
    keep = random.randrange(1, len(packet.data))
    return replace(packet, data=packet.data[:keep]), {"keep": keep}


def _eep(packet: SpwPacket, random: Random) -> tuple[SpwPacket, Detail] | None:
    """An error somewhere in the packet, also behind its last byte."""
    if packet.eep or not packet.data:
        return None
    keep = random.randint(1, len(packet.data))
    return replace(packet, data=packet.data[:keep], eep=True), {"keep": keep}


def _bit_flip(packet: SpwPacket, random: Random) -> tuple[SpwPacket, Detail] | None:
    if not packet.data:
        return None
    bit = random.randrange(8 * len(packet.data))
    return _changed(packet, bit // 8, 0x80 >> bit % 8), {"bit": bit}


def _header_crc(packet: SpwPacket, random: Random) -> tuple[SpwPacket, Detail] | None:
    if (good := _read(packet)) is None:
        return None
    if isinstance(good, rmap.Command):
        at = rmap.COMMAND_HEADER_BYTES - 1 + len(good.reply_address)
    else:
        write = good.instruction.write
        at = (rmap.WRITE_REPLY_BYTES if write else rmap.READ_REPLY_HEADER_BYTES) - 1
    change = random.randint(1, 255)
    return _changed(packet, len(good.path) + at, change), {"xor": change}


def _data_crc(packet: SpwPacket, random: Random) -> tuple[SpwPacket, Detail] | None:
    good = _read(packet)
    if good is None:
        return None
    carries = good.instruction.write == isinstance(good, rmap.Command) or good.instruction.rmw
    if not carries:
        return None
    change = random.randint(1, 255)
    return _changed(packet, len(packet.data) - 1, change), {"xor": change}


def _wrong_key(packet: SpwPacket, random: Random) -> tuple[SpwPacket, Detail] | None:
    good = _read(packet)
    if not isinstance(good, rmap.Command):
        return None
    key = good.key ^ random.randint(1, 255)
    return replace(packet, data=replace(good, key=key).to_bytes()), {"key": key}


def _wrong_transaction(packet: SpwPacket, random: Random) -> tuple[SpwPacket, Detail] | None:
    if (good := _read(packet)) is None:
        return None
    transaction = good.transaction ^ random.randint(1, 0xFFFF)
    data = replace(good, transaction=transaction).to_bytes()
    return replace(packet, data=data), {"transaction": transaction}


def _read(packet: SpwPacket) -> rmap.Command | rmap.Reply | None:
    """A command or reply with nothing wrong in it, which is made of its fields again."""
    command = rmap.read_command(packet.data, eep=packet.eep)
    good: rmap.Command | rmap.Reply
    if isinstance(command, rmap.ReadCommand) and not command.error:
        good = command.command
    else:
        reply = rmap.read_reply(packet.data, eep=packet.eep)
        if not isinstance(reply, rmap.ReadReply) or reply.problem:
            return None
        good = reply.reply
    return good if good.to_bytes() == packet.data else None


def _changed(packet: SpwPacket, at: int, change: int) -> SpwPacket:
    data = bytearray(packet.data)
    data[at] ^= change
    return replace(packet, data=bytes(data))


#: the kinds that change a packet
ACTS: dict[str, Act] = {
    "truncate": _truncate,
    "eep": _eep,
    "bit-flip": _bit_flip,
    "header-crc": _header_crc,
    "data-crc": _data_crc,
    "wrong-key": _wrong_key,
    "wrong-transaction": _wrong_transaction,
}
