# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How much of an event is sent, by rate, written to be read (SPEC.md, 18.5; A88)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

WINDOW, INNER, GRADED = range(3)
RECORD_BYTES = (54, 27, 8)
PACKET_EVENTS, FRAME_BYTES = 1024, 10
FORMAT_BYTE = 0xB1
INNER_PIXELS = (6, 7, 8, 11, 12, 13, 16, 17, 18)
OUTER_PIXELS = tuple(k for k in range(25) if k not in INNER_PIXELS)


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def size(level: int, n_events: int) -> int:
    """Bytes of the packets that n_events take; ValueError for another level."""
    if level not in range(3):
        raise ValueError(f"level {level} is not within 0..2")
    packets = max(-(-n_events // PACKET_EVENTS), 1)
    return packets * FRAME_BYTES + n_events * RECORD_BYTES[level]


@dataclass(frozen=True)
class State:
    """The choice of a level: parameters, and what it remembers."""

    deepest: int = 0
    patience: int = 0
    level: int = 0
    calm: int = 0


def choose(state: State, n_events: int, budget_bytes: int) -> State:
    """The state after a readout: poorer at once, richer by one when that has been cheap."""
    fitting = [k for k in range(state.level, state.deepest) if size(k, n_events) <= budget_bytes]
    level = min(fitting, default=state.deepest)
    if level > state.level or level == 0:
        return replace(state, level=level, calm=0)
    if size(level - 1, n_events) > budget_bytes - budget_bytes // 4:
        return replace(state, calm=0)
    if state.calm + 1 < state.patience:
        return replace(state, calm=state.calm + 1)
    return replace(state, level=level - 1, calm=0)


@dataclass(frozen=True)
class Event:
    """An event and what was made of it on board."""

    row: int
    col: int
    pixels: Sequence[int]  # 25, in the window's order [ADU]
    pha: int = 0  # [ADU]
    grade: int = 0


def record(event: Event, level: int, threshold: int) -> bytes:
    """The event as one level tells it."""
    place = struct.pack(">HH", event.col, event.row)
    if level == WINDOW:
        return place + struct.pack(">25H", *event.pixels)
    if level == GRADED:
        return place + event.pha.to_bytes(3, "big") + bytes([event.grade])
    outer = [event.pixels[k] for k in OUTER_PIXELS]
    above = int("".join("1" if pixel > threshold else "0" for pixel in outer), 2)
    near = struct.pack(">9HH", *(event.pixels[k] for k in INNER_PIXELS), above)
    return place + near + sum(outer).to_bytes(3, "big")


def encode(
    events: Sequence[Event], *, level: int, node: int, frame_counter: int, threshold: int = 0
) -> bytes:
    """One packet; ValueError for what it cannot hold."""
    if level not in range(3) or node not in range(4) or len(events) > PACKET_EVENTS:
        raise ValueError(f"no packet of level {level}, node {node}, {len(events)} events")
    if level == GRADED and any(event.pha >= 1 << 24 for event in events):
        raise ValueError("a pulse height above 24 bits")
    head = struct.pack(
        ">BBHHH", FORMAT_BYTE, level << 4 | node, frame_counter, len(events), threshold
    )
    body = b"".join(record(event, level, threshold) for event in events)
    return head + body + crc16(head + body).to_bytes(2, "big")
