# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event packets of the FEE in packets that each decode alone: the coder. SPEC.md, section 8.8.

A packet begins with what holds for all its events: parameters of the gaps, a table and a middle for
each class of pixels. Events follow, those of a run sharing all of their header.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from fsw_emu.model import aec, huffman
from fsw_emu.model.crc import crc16
from fsw_emu.model.huffman import Bits, zigzag

RAW, CODED, AEC = 0, 1, 2
EVENT_BYTES, WORDS, PITCH = 64, 32, 384
HEADER_BYTES, CRC_BYTES = 11, 2
MARK = 0xC8  # first byte of a packet, the kind added
AEC_BLOCK = 16  # samples
ADDRESS, LENGTH, TYPE, FRAME, SEQUENCE, COL, ROW, PIXELS = range(8)  # words of an event packet
LOOKAHEAD = 64  # events that parameters are taken from
OUTER_EVENTS = 16  # of them, for the outer pixels
ESCAPE = 16  # ones in place of a gap: a run begins
CONSECUTIVE = 7  # parameter of sequence gaps: all are 1
MOST_K = 24
OUTER, CORNER, SIDE, CENTRE = range(4)  # classes of pixels
CLASSES = tuple(
    {0: CENTRE, 1: SIDE, 2: CORNER}.get((i // 5 - 2) ** 2 + (i % 5 - 2) ** 2, OUTER)
    for i in range(25)
)
SIDES = tuple(i for i in range(25) if CLASSES[i] == SIDE)

Event = list[int]  # its 32 words


def deviation(x: int, prediction: int) -> int:
    """x - prediction modulo 2^16, from -32,768 on."""
    return (x - prediction + 0x8000) % 0x10000 - 0x8000


def number(value: int) -> Bits:
    """Of up to 16 bits: how many it has, 15 for more than 14, then those below the highest."""
    n = value.bit_length()
    return f"1111{value:016b}" if n > 14 else f"{n:04b}" + bin(value)[3:] * (n > 0)


def low_bits(value: int, n: int) -> Bits:
    return f"{value & (1 << n) - 1:0{n}b}" if n else ""


def rice(value: int, k: int) -> Bits:
    return "1" * (value >> k) + "0" + low_bits(value, k)


@cache
def mean_of_table(step: float) -> float:
    """Mean of the values of normal deviations with a spread of 2^(step/4) / 4."""
    sigma = 2 ** (step / 4) / 4

    def within(d: int) -> float:
        edges = ((d + 0.5) / sigma / math.sqrt(2), (d - 0.5) / sigma / math.sqrt(2))
        return 0.5 * (math.erfc(edges[1]) - math.erfc(edges[0]))

    return sum(within(d) * zigzag(d) for d in range(-100, 101))


def table_for(total: int, n: int) -> int:
    """The table for n values of this sum; each ends halfway to the next."""
    ends = [round(256 * mean_of_table(i + 0.5)) for i in range(huffman.BANK)]
    mean, table = total * 256 // n, 0
    while mean > ends[-1] and table < huffman.TABLES - huffman.BANK:
        mean, table = (mean - 128) // 2, table + 4
    bank = 16 if table else 0
    while bank < huffman.BANK - 1 and mean > ends[bank]:
        bank += 1
    return table + bank


@dataclass(frozen=True)
class Settled:
    """Where most of some values are."""

    middle: int
    cut: int  # deviations up to this one count
    table: int


def settle(values: Sequence[int]) -> Settled:
    """Move to the mean of what is not far off, four times; all zero for no values."""
    x = np.array(values, np.int64)
    middle, cut, n, sizes = int(x[0]) if len(x) else 0, 0x10000, 0, 0
    for _ in range(4):
        d = (x - middle + 0x8000) % 0x10000 - 0x8000
        near = d[np.abs(d) <= cut]
        if len(near):
            n, total, size = len(near), int(near.sum()), int(np.abs(near).sum())
            sizes = 2 * size - int((near < 0).sum())
            step = (abs(total) + n // 2) // n
            middle = (middle + (step if total >= 0 else -step)) % 0x10000
            cut = 4 * (size // n) + 4
    return Settled(middle, cut, table_for(sizes, n) if n else 0)


def begins_run(event: Event, before: Event) -> bool:
    """Does an event need a header of its own?"""
    gap = event[ROW] * PITCH + event[COL] - before[ROW] * PITCH - before[COL]
    return event[:SEQUENCE] != before[:SEQUENCE] or event[COL] >= PITCH or gap <= 0


def gap_of(event: Event, before: Event) -> int:
    return event[ROW] * PITCH + event[COL] - before[ROW] * PITCH - before[COL] - 1


def sequence_gap(event: Event, before: Event) -> int:
    return (event[SEQUENCE] - before[SEQUENCE] - 1) % 0x10000


def best_k(gaps: Sequence[int], most: int) -> int:
    """The parameter that makes these gaps short, about; the lowest of those as good."""
    return min(range(most + 1), key=lambda k: (len(gaps) * k + (sum(gaps) >> k), k))


@dataclass(frozen=True)
class Parameters:
    """What holds for a packet; middles relative to the base, but for the outer pixels' (0)."""

    gap_k: int
    sequence_k: int
    tables: tuple[int, ...]
    middles: tuple[int, ...]
    split: int  # middle of the side that has a part of the centre's charge

    def bits(self) -> Bits:
        middles = (*self.middles[1:], self.split)
        return (
            f"{self.gap_k:05b}{self.sequence_k:03b}"
            + "".join(f"{table:07b}" for table in self.tables)
            + "".join(number(zigzag(deviation(middle, 0))) for middle in middles)
        )


def pixels_of(event: Event, kind: int) -> list[int]:
    return [event[PIXELS + i] for i in range(25) if CLASSES[i] == kind]


def base_of(events: Sequence[Event]) -> int:
    """The background of the run that these events begin."""
    end = 1
    while end < min(len(events), OUTER_EVENTS) and not begins_run(events[end], events[end - 1]):
        end += 1
    return settle([x for e in events[:end] for x in pixels_of(e, OUTER)]).middle


def parameters(events: Sequence[Event]) -> Parameters:
    """For a packet that begins with these events."""
    bases: list[int] = []
    gaps, sequence_gaps = [], []
    for i, event in enumerate(events):
        if i and not begins_run(event, events[i - 1]):
            bases.append(bases[-1])
            gaps.append(gap_of(event, events[i - 1]))
            sequence_gaps.append(sequence_gap(event, events[i - 1]))
        else:
            bases.append(base_of(events[i:]))
    relative = [
        [
            (x - base) % 0x10000
            for e, base in zip(events[:most], bases, strict=False)
            for x in pixels_of(e, c)
        ]
        for c, most in enumerate((OUTER_EVENTS, LOOKAHEAD, LOOKAHEAD, LOOKAHEAD))
    ]
    of = [settle(values) for values in relative]
    sides = relative[SIDE]
    largest = [
        max(sides[i : i + 4], key=lambda x: deviation(x, of[SIDE].middle))
        for i in range(0, len(sides), 4)
    ]
    split = [x for x in largest if deviation(x, of[SIDE].middle) > of[SIDE].cut]
    return Parameters(
        best_k(gaps, MOST_K),
        best_k(sequence_gaps, 6) if sum(sequence_gaps) else CONSECUTIVE,
        tuple(s.table for s in of),
        (0, *(s.middle for s in of[1:])),
        settle(split).middle,
    )


def run_bits(event: Event, before: Event | None, base: int, base_before: int) -> Bits:
    """Header of a run; without an event before it, that is an event's header and nothing else."""
    was = before or [0x50F0, 0x0036, 0, 0, 0xFFFF]
    words = zip(event[:FRAME], was[:FRAME], strict=True)
    return (
        "".join("0" if to == at else f"1{to:016b}" for to, at in words)
        + number((event[FRAME] - was[FRAME]) % 0x10000)
        + number((event[SEQUENCE] - was[SEQUENCE] - 1) % 0x10000)
        + number(event[COL])
        + number(event[ROW])
        + number(zigzag(deviation(base, base_before)))
    )


@cache
def codes_of(table: int) -> list[Bits]:
    return huffman.codes(huffman.bank()[huffman.table_parts(table)[0]])


def value_bits(d: int, table: int) -> Bits:
    """A deviation with a table, its low bits after its code."""
    _, shift = huffman.table_parts(table)
    symbol, more = huffman.symbol(zigzag(d) >> shift)
    return codes_of(table)[symbol] + more + low_bits(zigzag(d), shift)


def pixel_bits(event: Event, base: int, p: Parameters) -> Bits:
    """Whether a side has a part of the charge, and the pixels in order."""
    x = [(pixel - base) % 0x10000 for pixel in event[PIXELS:]]
    coded = [value_bits(deviation(x[i], p.middles[c]), p.tables[c]) for i, c in enumerate(CLASSES)]
    largest = max(SIDES, key=lambda i: deviation(x[i], p.middles[SIDE]))
    split = value_bits(deviation(x[largest], p.split), p.tables[CENTRE])
    if len(split) + 2 >= len(coded[largest]):
        return "0" + "".join(coded)
    coded[largest] = split
    return f"1{SIDES.index(largest):02b}" + "".join(coded)


def coded_body(events: Sequence[Event], room: int) -> tuple[int, bytes]:
    """How many events fit room bytes, and these."""
    p = parameters(events[:LOOKAHEAD])
    bits, base, done = p.bits(), 0, 0
    for i, event in enumerate(events):
        before = events[i - 1] if i else None
        if before and continues(event, before, p):
            head = rice(gap_of(event, before), p.gap_k)
            if p.sequence_k != CONSECUTIVE:
                head += rice(sequence_gap(event, before), p.sequence_k)
        else:
            base_before, base = base, base_of(events[i : i + LOOKAHEAD])
            head = "1" * ESCAPE * (i > 0) + run_bits(event, before, base, base_before)
        one = head + pixel_bits(event, base, p)
        if len(bits) + len(one) > 8 * room:
            break
        bits, done = bits + one, done + 1
    bits += "0" * (-len(bits) % 8)
    return done, bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def continues(event: Event, before: Event, p: Parameters) -> bool:
    """Do the packet's parameters let an event go on with the run?"""
    most = 0 if p.sequence_k == CONSECUTIVE else (ESCAPE << p.sequence_k) - 1
    return (
        not begins_run(event, before)
        and gap_of(event, before) >> p.gap_k < ESCAPE
        and sequence_gap(event, before) <= most
    )


def planes(events: Sequence[Event]) -> bytes:
    """CCSDS 121.0-B-3 of the words, plane by plane."""
    samples = np.array(events, np.uint16).T.ravel()
    return aec.encode(samples, bits=16, block_size=AEC_BLOCK, rsi=128, preprocess=True)


def aec_body(events: Sequence[Event], room: int) -> tuple[int, bytes]:
    """The most events whose planes fit, as halving finds them."""
    fit, most = 0, min(len(events), LOOKAHEAD)
    while fit < most:
        trial = most - (most - fit) // 2
        fit, most = (trial, most) if len(planes(events[:trial])) <= room else (fit, trial - 1)
    return fit, planes(events[:fit]) if fit else b""


def encode(packets: bytes, *, kind: int = CODED, packet_bytes: int = 1024) -> list[bytes]:
    """Event packets of 64 bytes, in packets of up to packet_bytes bytes of a kind, or RAW."""
    events = np.frombuffer(packets, ">u2").reshape(-1, WORDS).tolist()
    room, first, made = packet_bytes - HEADER_BYTES - CRC_BYTES, 0, []
    while first < len(events):
        done, body, used = 0, b"", kind
        if kind != RAW:
            done, body = (coded_body if kind == CODED else aec_body)(events[first:], room)
        if len(body) >= EVENT_BYTES * done:
            done, used = min(len(events) - first, room // EVENT_BYTES), RAW
            body = packets[EVENT_BYTES * first : EVENT_BYTES * (first + done)]
        header = bytes([MARK + used]) + (len(body) + HEADER_BYTES + CRC_BYTES).to_bytes(2, "big")
        header += (
            len(events).to_bytes(3, "big") + first.to_bytes(3, "big") + done.to_bytes(2, "big")
        )
        made.append(header + body + crc16(header + body).to_bytes(2, "big"))
        first += done
    return made


def choose(packets: bytes, *, packet_bytes: int = 1024) -> int:
    """The kind that makes a set shortest, the first of those as short."""
    made = {
        kind: encode(packets, kind=kind, packet_bytes=packet_bytes) for kind in (RAW, CODED, AEC)
    }
    return min(made, key=lambda kind: sum(map(len, made[kind])))
