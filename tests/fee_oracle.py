# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A FEE's memory and RMAP target once more, from the register map and the standard: bytes by
address in a dictionary. Imports nothing of the product; crcmod has the checksum."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

import crcmod

crc8 = crcmod.mkCrcFun(0x107, initCrc=0, rev=True, xorOut=0)

#: instruction codes, bits 5 to 2 of the byte: write, verify, reply, increment
WRITES = (0b1000, 0b1001, 0b1010, 0b1011, 0b1100, 0b1101, 0b1110, 0b1111)
READS = (0b0010, 0b0011)
RMW = 0b0111
MEANINGLESS = (0b0000, 0b0001, 0b0100, 0b0101, 0b0110)
VERIFIED = (0b1100, 0b1101, 0b1110, 0b1111)

#: bits that keep what is written, by address; other words of configuration keep nothing
KEPT = {
    **dict.fromkeys((0x00, 0x04, 0x0C, 0x14, 0x18, 0x1C, 0x20), 0xFFFFFFFF),
    **dict.fromkeys((0x38, 0x3C, 0x40, 0x44, 0x48, 0x4C, 0x50, 0x58, 0x5C), 0xFFFFFFFF),
    0x08: 0x03FFFFFF,
    0x10: 0x1FFFFFFF,
    0x24: 0x00000FFF,
    0x54: 0x7FFFFFFF,
    0x60: 0xFFFFFF00,
}
RESET = {
    0x00: 0x0ECE0000,
    0x08: 0x01000000,
    0x0C: 0x08CF0000,
    0x10: 0x0000030A,
    0x14: 0xF9800000,
    0x18: 0x0000FFFF,
    0x20: 0x00000FA0,
    0x54: 0x20000000,
    0x58: 0x00190019,
    0x5C: 0x00190019,
    0x60: 0xFFFFFF00,
    0x78C: 0x00001026,
}

Trouble = Literal[
    "", "protocol", "reply", "header crc", "header cut", "reserved bit", "data crc", "short",
    "long", "eep",
]  # fmt: skip
#: what a bad end of the data is answered with
STATUS_OF = {"data crc": 4, "short": 5, "long": 6, "eep": 7}


@dataclass(frozen=True)
class Asked:
    """A command, and what is wrong with its packet."""

    code: int
    address: int
    length: int
    data: bytes = b""
    key: int = 0xD1
    target: int = 0x51
    initiator: int = 0x50
    transaction: int = 0
    extended: int = 0
    reply_address: bytes = b""  # whole words
    trouble: Trouble = ""

    @property
    def has_data(self) -> bool:
        return self.code in WRITES or self.code == RMW

    @property
    def code_byte(self) -> int:
        return self.code << 2 | len(self.reply_address) // 4

    def packet(self) -> bytes:
        trouble = self.trouble
        first = 0x00 if trouble == "reply" else 0xC0 if trouble == "reserved bit" else 0x40
        protocol = 0xF0 if trouble == "protocol" else 0x01
        header = bytes([self.target, protocol, first | self.code_byte, self.key])
        header += self.reply_address + bytes([self.initiator])
        header += self.transaction.to_bytes(2, "big") + bytes([self.extended])
        header += self.address.to_bytes(4, "big") + self.length.to_bytes(3, "big")
        header += bytes([crc8(header) ^ (trouble == "header crc")])
        if trouble == "header cut":
            return header[:-1]
        rest = b""
        if self.has_data:
            rest = self.data + bytes([crc8(self.data) ^ (trouble == "data crc")])
            rest = rest[:-1] if trouble == "short" else rest
        return header + rest + (b"\x99" if trouble == "long" else b"")

    @property
    def is_dropped(self) -> bool:
        """Whether the standard wants no word about it, nor any effect."""
        if self.trouble == "eep":
            return not self.has_data  # right behind the header
        return self.trouble in ("protocol", "reply", "header crc", "header cut")


class Fee:
    """What peers find in a FEE."""

    def __init__(self) -> None:
        self.cells: defaultdict[int, int] = defaultdict(int)
        self.executed = False
        self.cells[0x780] = 0x01  # link 1
        self.reset()

    def reset(self) -> None:
        self.executed = False
        for address in (*range(0, 0x68, 4), *range(0x784, 0x798, 4)):
            self.put(address, RESET.get(address, 0))

    def put(self, address: int, word: int) -> None:
        for i, byte in enumerate(word.to_bytes(4, "big")):
            self.cells[address + i] = byte

    def get(self, address: int, size: int) -> bytes:
        return bytes(self.cells[at] for at in range(address, address + size))

    def answer(self, asked: Asked) -> bytes | None:
        """The reply, after the command had its effect."""
        if asked.is_dropped:
            return None
        status = self.status(asked)
        data = self.carry_out(asked) if status == 0 else b""
        self.cells[0x782] = status
        self.cells[0x783] = self.cells[0x783] & ~0x20 | (0x20 if status == 0 else 0)
        if not asked.code & 0b0010:
            return None
        header = bytes([asked.initiator, 0x01, asked.code_byte, status, asked.target])
        header += asked.transaction.to_bytes(2, "big")
        path = asked.reply_address.lstrip(b"\0")
        if asked.code & 0b1000:
            return path + header + bytes([crc8(header)])
        header += bytes(1) + len(data).to_bytes(3, "big")
        return path + header + bytes([crc8(header)]) + data + bytes([crc8(data)])

    def status(self, asked: Asked) -> int:
        if asked.trouble == "reserved bit" or asked.code in MEANINGLESS:
            return 2
        if asked.key != 0xD1:
            return 3
        if asked.target != 0x51:
            return 12
        if asked.extended or not asked.code & 0b0001:
            return 10
        size = asked.length
        if asked.code == RMW:
            if size not in (0, 2, 4, 6, 8):
                return 11
            size //= 2
        if size > 4096:
            return 9 if asked.code in VERIFIED else 10
        if asked.address % 4 or size % 4 or not self.reaches(asked, asked.address, size):
            return 10
        if asked.trouble in ("data crc", "short") and not asked.has_data:
            return 0  # there is none
        return STATUS_OF.get(asked.trouble, 0)

    def reaches(self, asked: Asked, first: int, size: int) -> bool:
        areas = [(0x0, 0x68), (0x800000, 0xC00000)]
        if asked.code in READS:
            areas.append((0x700, 0x798))
        return any(start <= first and first + size <= end for start, end in areas)

    def carry_out(self, asked: Asked) -> bytes:
        if asked.code in READS:
            return self.get(asked.address, asked.length)
        new, old = asked.data, b""
        if asked.code == RMW:
            half = asked.length // 2
            old = self.get(asked.address, half)
            pairs = zip(old, asked.data[:half], asked.data[half:], strict=True)
            new = bytes(mask & value | ~mask & was & 0xFF for was, value, mask in pairs)
        for i in range(0, len(new), 4):
            self.write(asked.address + i, int.from_bytes(new[i : i + 4], "big"))
        return old

    def write(self, address: int, word: int) -> None:
        if address >= 0x800000:
            self.put(address, word)
            return
        if address == 0x54 and word >> 31:
            self.cells[0x78B] &= 0x80  # disconnect alone of this byte
        if address == 0x64 and word & 1:
            self.executed = True
        self.put(address, word & KEPT.get(address, 0))
