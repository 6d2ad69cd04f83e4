# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of events, read again. SPEC.md, section 8.8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsw_emu.model import aec, huffman
from fsw_emu.model import events as coder
from fsw_emu.model.crc import crc16
from fsw_emu.model.events import Event
from fsw_emu.model.huffman import unzigzag


@dataclass(frozen=True)
class Packet:
    """What a packet says of itself."""

    kind: int
    total: int
    first: int
    n_events: int
    body: bytes


def parse(data: bytes) -> Packet:
    """Header and checksum of a packet; ValueError for anything else."""
    least = coder.HEADER_BYTES + coder.CRC_BYTES
    if len(data) < least or not coder.MARK <= data[0] <= coder.MARK + coder.AEC:
        raise ValueError("not a packet of events")
    length = int.from_bytes(data[1:3], "big")
    if not least <= length <= len(data):
        raise ValueError(f"length {length}")
    if crc16(data[: length - 2]).to_bytes(2, "big") != data[length - 2 : length]:
        raise ValueError("checksum")
    total, first, n = (int.from_bytes(data[a:b], "big") for a, b in ((3, 6), (6, 9), (9, 11)))
    if n == 0 or first + n > total:
        raise ValueError(f"events {first} to {first + n} of {total}")
    return Packet(data[0] - coder.MARK, total, first, n, data[coder.HEADER_BYTES : length - 2])


class Reader(huffman.Reader):
    """Takes what a body is made of; EOFError at its end."""

    def integer(self, n: int) -> int:
        return int(self.take(n) or "0", 2)

    def number(self) -> int:
        n = self.integer(4)
        return self.integer(16) if n == 15 else int("1" + self.take(n - 1), 2) if n else 0

    def signed(self) -> int:
        return unzigzag(self.number())

    def ones(self) -> int:
        n = 0
        while n < coder.ESCAPE and self.take(1) == "1":
            n += 1
        return n


@dataclass(frozen=True)
class Read:
    """Parameters of a packet as they were read."""

    gap_k: int
    sequence_k: int
    tables: list[int]
    middles: list[int]


def read_parameters(reader: Reader) -> Read:
    """The sides' split middle is the last one."""
    gap_k, sequence_k = reader.integer(5), reader.integer(3)
    tables = [reader.integer(7) for _ in range(4)]
    if gap_k > coder.MOST_K or max(tables) >= huffman.TABLES:
        raise ValueError("parameters")
    return Read(gap_k, sequence_k, tables, [0] + [reader.signed() for _ in range(4)])


def read_run(reader: Reader, was: Event, base: int) -> tuple[Event, int]:
    words = [reader.integer(16) if reader.take(1) == "1" else word for word in was[: coder.FRAME]]
    frame = was[coder.FRAME] + reader.number()
    sequence = was[coder.SEQUENCE] + 1 + reader.number()
    place = [reader.number(), reader.number()]
    base += reader.signed()
    return [*words, frame % 0x10000, sequence % 0x10000, *place], base % 0x10000


def read_gaps(reader: Reader, was: Event, ones: int, p: Read) -> Event:
    gap = ones << p.gap_k | reader.integer(p.gap_k)
    sequence_gap = 0
    if p.sequence_k != coder.CONSECUTIVE:
        more = reader.ones()
        if more == coder.ESCAPE:
            raise ValueError("a gap in the sequence without end")
        sequence_gap = more << p.sequence_k | reader.integer(p.sequence_k)
    row, col = divmod(was[coder.ROW] * coder.PITCH + was[coder.COL] + gap + 1, coder.PITCH)
    if row > 0xFFFF:
        raise ValueError(f"row {row}")
    return [*was[: coder.SEQUENCE], (was[coder.SEQUENCE] + 1 + sequence_gap) % 0x10000, col, row]


def read_pixels(reader: Reader, base: int, p: Read) -> list[int]:
    split = coder.SIDES[reader.integer(2)] if reader.take(1) == "1" else None
    pixels = []
    for i, kind in enumerate(coder.CLASSES):
        middle = p.middles[4] if i == split else p.middles[kind]
        bank, shift = huffman.table_parts(p.tables[coder.CENTRE if i == split else kind])
        [value] = reader.line(1, huffman.bank()[bank], shift)
        pixels.append((base + middle + unzigzag(value)) % 0x10000)
    return pixels


def read_coded(body: bytes, n: int) -> list[Event]:
    reader = Reader(body)
    p = read_parameters(reader)
    events: list[Event] = []
    was, base = [0x50F0, 0x0036, 0, 0, 0xFFFF], 0
    for i in range(n):
        ones = reader.ones() if i else coder.ESCAPE
        if ones == coder.ESCAPE:
            head, base = read_run(reader, was, base)
        else:
            head = read_gaps(reader, was, ones, p)
        was = head + read_pixels(reader, base, p)
        events.append(was)
    reader.ends()
    return events


def decode(data: bytes) -> bytes:
    """The event packets of a packet; ValueError or EOFError for what no coder writes."""
    packet = parse(data)
    n = packet.n_events
    if packet.kind == coder.RAW:
        if len(packet.body) != coder.EVENT_BYTES * n:
            raise ValueError(f"{len(packet.body)} bytes are not {n} events")
        return packet.body
    if packet.kind == coder.CODED:
        return np.array(read_coded(packet.body, n), ">u2").tobytes()
    if n > coder.LOOKAHEAD:
        raise ValueError(f"{n} events in planes")
    samples = aec.decode(
        packet.body, coder.WORDS * n, bits=16, block_size=coder.AEC_BLOCK, rsi=128, preprocess=True
    )
    return samples.reshape(coder.WORDS, n).T.astype(">u2").tobytes()
