# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""RMAP, the remote memory access protocol (ECSS-E-ST-50-52C): commands and replies.

Reading never fails on what a peer sent: it tells what a target or initiator has to do with it. A
header that cannot be trusted is discarded; what is wrong after it has a status code.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from fsw_emu.packets.crc8 import crc8 as crc8
from fsw_emu.packets.spacewire import FIRST_LOGICAL_ADDRESS, RMAP, path_bytes

COMMAND_HEADER_BYTES = 16  # and the reply address
READ_REPLY_HEADER_BYTES = 12
WRITE_REPLY_BYTES = 8
MAX_DATA_BYTES = 0xFFFFFF
MAX_REPLY_ADDRESS_BYTES = 12

_RESERVED, _COMMAND, _WRITE, _VERIFY, _REPLY, _INCREMENT = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04
_FIRST_LOGICAL = bytes([FIRST_LOGICAL_ADDRESS])
_BYTES = tuple(bytes([byte]) for byte in range(256))
_START = struct.Struct(">4B")  # target, protocol, code, key
_REST = struct.Struct(">BHBIBHx")  # initiator, transaction, extended, address, length
_COMMAND_FIELDS = struct.Struct(">5BHBIBH")  # all of it, without a reply address
_WRITE_REPLY = struct.Struct(">5BH")  # initiator, protocol, code, status, target, transaction
_READ_REPLY = struct.Struct(">5BHxBH")  # the same and the length


class Status(IntEnum):
    """Status codes of replies."""

    OK = 0
    GENERAL_ERROR = 1
    UNUSED_COMMAND = 2
    INVALID_KEY = 3
    INVALID_DATA_CRC = 4
    EARLY_EOP = 5
    TOO_MUCH_DATA = 6
    EEP = 7
    VERIFY_BUFFER_OVERRUN = 9
    NOT_AUTHORISED = 10
    RMW_LENGTH = 11
    INVALID_TARGET_ADDRESS = 12


@dataclass(frozen=True)
class Instruction:
    """What a command asks for: the byte's bits 5 to 2; verify is of writes only, and a
    read-modify-write is one of its own."""

    write: bool
    verify: bool
    reply: bool
    increment: bool
    bits: int = field(init=False, repr=False, compare=False)  # 5 to 2
    read: bool = field(init=False, repr=False, compare=False)
    rmw: bool = field(init=False, repr=False, compare=False)
    #: five of the 16 codes mean nothing
    valid: bool = field(init=False, repr=False, compare=False)
    #: whether data follow the header of the command; meaningless codes have none
    carries_data: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        read = not self.write and not self.verify and self.reply
        rmw = not self.write and self.verify and self.reply and self.increment
        self.__dict__.update(
            bits=self.write * _WRITE
            | self.verify * _VERIFY
            | self.reply * _REPLY
            | self.increment * _INCREMENT,
            read=read,
            rmw=rmw,
            valid=self.write or read or rmw,
            carries_data=self.write or rmw,
        )

    @staticmethod
    def of(byte: int) -> Instruction:
        return _INSTRUCTIONS[byte >> 2 & 15]


_INSTRUCTIONS = tuple(
    Instruction(*(bool(byte & bit) for bit in (_WRITE, _VERIFY, _REPLY, _INCREMENT)))
    for byte in range(0, 64, 4)
)
READ = Instruction(write=False, verify=False, reply=True, increment=True)
READ_SINGLE = Instruction(write=False, verify=False, reply=True, increment=False)
WRITE = Instruction(write=True, verify=False, reply=True, increment=True)
WRITE_VERIFIED = Instruction(write=True, verify=True, reply=True, increment=True)
WRITE_UNANSWERED = Instruction(write=True, verify=False, reply=False, increment=True)
READ_MODIFY_WRITE = Instruction(write=False, verify=True, reply=True, increment=True)


@dataclass(frozen=True)
class Command:
    """One command. ``length`` counts data to read or write [bytes], of a read-modify-write data
    and mask together; ``data`` is what follows the header, without its checksum."""

    instruction: Instruction
    target: int
    initiator: int
    key: int
    transaction: int
    address: int
    length: int
    data: bytes = b""
    extended: int = 0
    reply_address: bytes = b""  # leading zeros fill it to 4, 8 or 12 bytes
    path: bytes = b""  # to the target, stripped on the way

    def __init__(
        self,
        instruction: Instruction,
        target: int,
        initiator: int,
        key: int,
        transaction: int,
        address: int,
        length: int,
        data: bytes = b"",
        extended: int = 0,
        reply_address: bytes = b"",
        path: bytes = b"",
    ) -> None:
        own = self.__dict__  # as in SpwPacket
        own["instruction"] = instruction
        own["target"] = target
        own["initiator"] = initiator
        own["key"] = key
        own["transaction"] = transaction
        own["address"] = address
        own["length"] = length
        own["data"] = data
        own["extended"] = extended
        own["reply_address"] = reply_address
        own["path"] = path

    def to_bytes(self) -> bytes:
        """The packet. ValueError for a field that does not fit, or data of another length."""
        instruction, data, length = self.instruction, self.data, self.length
        if instruction.carries_data and len(data) != length:
            raise ValueError(f"{len(data)} bytes of data, length says {length}")
        try:
            header = self._header(_COMMAND | instruction.bits)
        except struct.error as error:
            raise ValueError(f"a field of the command does not fit: {error}") from None
        if instruction.carries_data:
            return b"".join((self.path, header, _BYTES[crc8(header)], data, _BYTES[crc8(data)]))
        return self.path + header + _BYTES[crc8(header)]

    def _header(self, code: int) -> bytes:
        transaction, extended, address = self.transaction, self.extended, self.address
        high, low = self.length >> 16, self.length & 0xFFFF
        target, key, initiator, back = self.target, self.key, self.initiator, self.reply_address
        if not back:
            return _COMMAND_FIELDS.pack(
                target, RMAP, code, key, initiator, transaction, extended, address, high, low
            )
        if len(back) > MAX_REPLY_ADDRESS_BYTES:
            raise ValueError(f"a reply address of {len(back)} bytes")
        words = -(-len(back) // 4)
        return b"".join(
            (
                _START.pack(target, RMAP, code | words, key),
                back.rjust(4 * words, b"\0"),
                _REST.pack(initiator, transaction, extended, address, high, low)[:-1],
            )
        )

    def answer(self, status: int, data: bytes = b"") -> Reply:
        """The reply of its target: data of a read that went well, nothing of another."""
        back = self.reply_address
        return Reply(
            self.instruction,
            self.initiator,
            self.target,
            status,
            self.transaction,
            data,
            -(-len(back) // 4),
            back.lstrip(b"\0"),
        )


@dataclass(frozen=True)
class Reply:
    """One reply. ``path``: the way back, the reply address without its leading zeros."""

    instruction: Instruction
    initiator: int
    target: int
    status: int
    transaction: int
    data: bytes = b""  # of reads and read-modify-writes
    address_words: int = 0  # repeated from the command
    path: bytes = b""

    def __init__(
        self,
        instruction: Instruction,
        initiator: int,
        target: int,
        status: int,
        transaction: int,
        data: bytes = b"",
        address_words: int = 0,
        path: bytes = b"",
    ) -> None:
        own = self.__dict__  # as in SpwPacket
        own["instruction"] = instruction
        own["initiator"] = initiator
        own["target"] = target
        own["status"] = status
        own["transaction"] = transaction
        own["data"] = data
        own["address_words"] = address_words
        own["path"] = path

    def to_bytes(self) -> bytes:
        """The packet. ValueError for a field that does not fit."""
        instruction, data = self.instruction, self.data
        code, size = instruction.bits | self.address_words, len(self.data)
        to, target, transaction = self.initiator, self.target, self.transaction
        try:
            if instruction.write:
                header = _WRITE_REPLY.pack(to, RMAP, code, self.status, target, transaction)
                return self.path + header + _BYTES[crc8(header)]
            header = _READ_REPLY.pack(
                to, RMAP, code, self.status, target, transaction, size >> 16, size & 0xFFFF
            )
        except struct.error as error:
            raise ValueError(f"a field of the reply does not fit: {error}") from None
        return b"".join((self.path, header, _BYTES[crc8(header)], data, _BYTES[crc8(data)]))


@dataclass(frozen=True)
class Discarded:
    """A packet that is dropped without a word, and why."""

    why: str


@dataclass(frozen=True)
class ReadCommand:
    """A command whose header is good; ``error``: what is wrong behind it, OK for nothing. A
    target looks at key, address and authorisation first: they come before the data."""

    command: Command
    error: Status


def read_command(packet: bytes, *, eep: bool = False) -> ReadCommand | Discarded:
    """What a target makes of a packet. Leading path addresses are stripped. A reserved
    packet type or a code without a meaning is UNUSED_COMMAND; too long a packet is cut to its
    length."""
    path = b""
    if packet[:1] < _FIRST_LOGICAL:
        path = packet[: path_bytes(packet)]
        packet = packet[len(path) :]
    if len(packet) < _START.size:
        return Discarded("ends within its header")
    target, protocol, code, key = _START.unpack_from(packet)
    if protocol != RMAP:
        return Discarded(f"protocol {protocol:#04x}")
    if not code & (_RESERVED | _COMMAND):
        return Discarded("a reply")
    at = 4 + 4 * (code & 3)
    end = at + _REST.size
    if len(packet) < end:
        return Discarded("ends within its header")
    if crc8(packet[:end]):
        return Discarded("header checksum")
    initiator, transaction, extended, address, high, low = _REST.unpack_from(packet, at)
    length = high << 16 | low
    instruction = _INSTRUCTIONS[code >> 2 & 15]
    rest = packet[end:]
    if eep and not rest:
        return Discarded("error end of packet after its header")
    if code & _RESERVED or not instruction.valid:
        error = Status.UNUSED_COMMAND
    elif rest or instruction.carries_data:
        error = _error(rest, length if instruction.carries_data else -1, eep)
    else:
        error = Status.OK
    data = rest[:length] if instruction.carries_data else b""
    command = Command(
        instruction, target, initiator, key, transaction, address, length,
        data, extended, packet[4:at], path,
    )  # fmt: skip
    return ReadCommand(command, error)


def _error(rest: bytes, length: int, eep: bool) -> Status:
    """What is wrong with the data and checksum that follow a header, length -1 for none."""
    wanted = length + 1
    if len(rest) > wanted:
        return Status.TOO_MUCH_DATA
    if eep:
        return Status.EEP
    if len(rest) < wanted:
        return Status.EARLY_EOP
    return Status.INVALID_DATA_CRC if crc8(rest) else Status.OK


@dataclass(frozen=True)
class ReadReply:
    """A reply whose header is good; ``problem``: what is wrong with its data, or nothing."""

    reply: Reply
    problem: str = ""


def read_reply(packet: bytes, *, eep: bool = False) -> ReadReply | Discarded:
    """What an initiator makes of a packet."""
    path = b""
    if packet[:1] < _FIRST_LOGICAL:
        path = packet[: path_bytes(packet)]
        packet = packet[len(path) :]
    if len(packet) < WRITE_REPLY_BYTES:
        return Discarded("ends within its header")
    initiator, protocol, code, status, target, transaction = _WRITE_REPLY.unpack_from(packet)
    if protocol != RMAP:
        return Discarded(f"protocol {protocol:#04x}")
    if code & (_RESERVED | _COMMAND):
        return Discarded("a command" if code & _COMMAND else "a reserved packet type")
    instruction = _INSTRUCTIONS[code >> 2 & 15]
    size = WRITE_REPLY_BYTES if instruction.write else READ_REPLY_HEADER_BYTES
    if len(packet) < size:
        return Discarded("ends within its header")
    if crc8(packet[:size]):
        return Discarded("header checksum")
    length = -1 if instruction.write else packet[8] << 16 | packet[9] << 8 | packet[10]
    rest = packet[size:]
    data = rest[: max(length, 0)]
    reply = Reply(instruction, initiator, target, status, transaction, data, code & 3, path)
    error = _error(rest, length, eep)
    return ReadReply(reply, error.name.lower().replace("_", " ") if error else "")


def straightened(packet: bytes, *, data_crc: bool, extra_bytes: int) -> bytes:
    """A read reply of a target that departs from the standard, as the standard has it: without
    the ``extra_bytes`` behind its end, with a checksum of its data. Others are left alone."""
    start = path_bytes(packet)
    at = start + READ_REPLY_HEADER_BYTES
    if len(packet) < at or packet[start + 2] & (_COMMAND | _WRITE):
        return packet
    end = at + int.from_bytes(packet[at - 4 : at - 1], "big") + data_crc
    if len(packet) == end + extra_bytes:
        packet = packet[:end]
    if len(packet) == end and not data_crc:
        packet += crc8(packet[at:]).to_bytes()
    return packet
