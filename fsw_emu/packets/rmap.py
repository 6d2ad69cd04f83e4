# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""RMAP, the remote memory access protocol (ECSS-E-ST-50-52C): commands and replies.

Reading never fails on what a peer sent: it tells what a target or initiator has to do with it. A
header that cannot be trusted is discarded; what is wrong after it has a status code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from fsw_emu.packets.spacewire import FIRST_LOGICAL_ADDRESS, RMAP

COMMAND_HEADER_BYTES = 16  # and the reply address
READ_REPLY_HEADER_BYTES = 12
WRITE_REPLY_BYTES = 8
MAX_DATA_BYTES = 0xFFFFFF

_COMMAND, _WRITE, _VERIFY, _REPLY, _INCREMENT = 0x40, 0x20, 0x10, 0x08, 0x04
_RMW = _VERIFY | _REPLY | _INCREMENT


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


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xE0 if crc & 1 else 0)
        rows.append(crc)
    return tuple(rows)


_CRC = _table()


def crc8(data: bytes, seed: int = 0) -> int:
    """The checksum of headers and data (ECSS-E-ST-50-52C annex A)."""
    crc, table = seed, _CRC
    for byte in data:
        crc = table[crc ^ byte]
    return crc


@dataclass(frozen=True)
class Instruction:
    """What a command asks for: the byte's bits 5 to 2; verify is of writes only, and a
    read-modify-write is one of its own."""

    write: bool
    verify: bool
    reply: bool
    increment: bool

    @staticmethod
    def of(byte: int) -> Instruction:
        return _INSTRUCTIONS[byte >> 2 & 15]

    def to_bits(self) -> int:
        """Bits 5 to 2."""
        return (
            self.write * _WRITE
            | self.verify * _VERIFY
            | self.reply * _REPLY
            | self.increment * _INCREMENT
        )

    @property
    def rmw(self) -> bool:
        return self.to_bits() == _RMW

    @property
    def read(self) -> bool:
        return not self.write and not self.verify and self.reply

    @property
    def valid(self) -> bool:
        """Five of the 16 codes mean nothing."""
        return self.write or self.read or self.rmw

    @property
    def carries_data(self) -> bool:
        """Whether data follow the header of the command; meaningless codes have none."""
        return self.write or self.rmw


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

    def to_bytes(self) -> bytes:
        """The packet. ValueError for a field that does not fit, or data of another length."""
        if self.instruction.carries_data and len(self.data) != self.length:
            raise ValueError(f"{len(self.data)} bytes of data, length says {self.length}")
        if len(self.reply_address) > 12:
            raise ValueError(f"a reply address of {len(self.reply_address)} bytes")
        words = -(-len(self.reply_address) // 4)
        try:
            header = bytes(
                [
                    *(self.target, RMAP, _COMMAND | self.instruction.to_bits() | words, self.key),
                    *self.reply_address.rjust(4 * words, b"\0"),
                    self.initiator,
                    *self.transaction.to_bytes(2, "big"),
                    self.extended,
                    *self.address.to_bytes(4, "big"),
                    *self.length.to_bytes(3, "big"),
                ]
            )
        except OverflowError as error:
            raise ValueError(f"a field of the command does not fit: {error}") from None
        packet = self.path + header + bytes([crc8(header)])
        if self.instruction.carries_data:
            packet += self.data + bytes([crc8(self.data)])
        return packet

    def answer(self, status: int, data: bytes = b"") -> Reply:
        """The reply of its target: data of a read that went well, nothing of another."""
        return Reply(
            instruction=self.instruction,
            address_words=-(-len(self.reply_address) // 4),
            initiator=self.initiator,
            target=self.target,
            status=status,
            transaction=self.transaction,
            data=data,
            path=self.reply_address.lstrip(b"\0"),
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

    def to_bytes(self) -> bytes:
        """The packet. ValueError for a field that does not fit."""
        bits = self.instruction.to_bits() | self.address_words
        try:
            header = bytes([self.initiator, RMAP, bits, self.status, self.target]) + (
                self.transaction.to_bytes(2, "big")
            )
            if self.instruction.write:
                return self.path + header + bytes([crc8(header)])
            header += b"\0" + len(self.data).to_bytes(3, "big")
        except OverflowError as error:
            raise ValueError(f"a field of the reply does not fit: {error}") from None
        return self.path + header + bytes([crc8(header)]) + self.data + bytes([crc8(self.data)])


@dataclass(frozen=True)
class Discarded:
    """A packet that is dropped without a word, and why."""

    why: str


@dataclass(frozen=True)
class ReadCommand:
    """A command whose header is good; ``error``: what is wrong behind it, OK for nothing."""

    command: Command
    error: Status


def read_command(packet: bytes, *, eep: bool = False) -> ReadCommand | Discarded:
    """What a target makes of a packet. Leading path addresses are stripped. A reserved bit set
    or a code without a meaning is UNUSED_COMMAND; too long a packet is cut to its length."""
    start = 0
    while start < len(packet) and packet[start] < FIRST_LOGICAL_ADDRESS:
        start += 1
    header = packet[start:]
    if len(header) < 4:
        return Discarded("ends within its header")
    target, protocol, code, key = header[:4]
    if protocol != RMAP:
        return Discarded(f"protocol {protocol:#04x}")
    if not code & _COMMAND:
        return Discarded("a reply")
    address_bytes = 4 * (code & 3)
    size = COMMAND_HEADER_BYTES + address_bytes
    if len(header) < size:
        return Discarded("ends within its header")
    if crc8(header[:size]):
        return Discarded("header checksum")
    at = 4 + address_bytes
    instruction = Instruction.of(code)
    length = int.from_bytes(header[at + 8 : at + 11], "big")
    rest = header[size:]
    if not rest and eep:
        return Discarded("error end of packet after its header")
    command = Command(
        instruction=instruction,
        target=target,
        initiator=header[at],
        key=key,
        transaction=int.from_bytes(header[at + 1 : at + 3], "big"),
        address=int.from_bytes(header[at + 4 : at + 8], "big"),
        length=length,
        data=rest[:length] if instruction.carries_data else b"",
        extended=header[at + 3],
        reply_address=header[4:at],
        path=packet[:start],
    )
    if code & 0x80 or not instruction.valid:
        return ReadCommand(command, Status.UNUSED_COMMAND)
    return ReadCommand(command, _error(rest, length if instruction.carries_data else -1, eep))


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
    start = 0
    while start < len(packet) and packet[start] < FIRST_LOGICAL_ADDRESS:
        start += 1
    header = packet[start:]
    if len(header) < WRITE_REPLY_BYTES:
        return Discarded("ends within its header")
    initiator, protocol, code, status, target = header[:5]
    if protocol != RMAP:
        return Discarded(f"protocol {protocol:#04x}")
    if code & _COMMAND:
        return Discarded("a command")
    instruction = Instruction.of(code)
    size = WRITE_REPLY_BYTES if instruction.write else READ_REPLY_HEADER_BYTES
    if len(header) < size:
        return Discarded("ends within its header")
    if crc8(header[:size]):
        return Discarded("header checksum")
    length = 0 if instruction.write else int.from_bytes(header[8:11], "big")
    rest = header[size:]
    reply = Reply(
        instruction=instruction,
        initiator=initiator,
        target=target,
        status=status,
        transaction=int.from_bytes(header[5:7], "big"),
        data=rest[:length],
        address_words=code & 3,
        path=packet[:start],
    )
    error = _error(rest, -1 if instruction.write else length, eep)
    return ReadReply(reply, "" if error is Status.OK else error.name.lower().replace("_", " "))
