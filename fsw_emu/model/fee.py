# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""FEE packets, written to be read: layout of MSSL-SMILE-SXI-IRD-0001 as public code has it."""

from __future__ import annotations

import struct

DATA, EVENT, HK, WANDERING_MASK = range(4)

#: status of a packet that is refused
SHORT, FORMAT, LENGTH = -3, -4, -5


def header(
    *, payload: int, mode: int, last: int, side: int, ccd: int, kind: int, frame: int,
    sequence: int, count_header: bool = False,
) -> bytes:  # fmt: skip
    """The 10 bytes before the payload."""
    type_field = mode << 8 | last << 7 | side << 5 | ccd << 4 | kind
    length = payload + 10 if count_header else payload
    return struct.pack(">BBHHHH", 0x50, 0xF0, length, type_field, frame, sequence)


def window(row: int, col: int, pixels: list[int]) -> bytes:
    """Payload of an event or wandering-mask packet."""
    return struct.pack(">27H", col, row, *pixels)


def check(packet: bytes, *, count_header: bool = False) -> int:
    """0 for a packet that may be used, or the status that says why not."""
    if len(packet) < 10:
        return SHORT
    address, protocol, length, type_field = struct.unpack_from(">BBHH", packet)
    if (address, protocol) != (0x50, 0xF0) or type_field >> 5 & 3 == 3:
        return FORMAT
    payload = len(packet) - 10
    if length != payload + (10 if count_header else 0):
        return LENGTH
    kind = type_field & 3
    if (kind in (EVENT, WANDERING_MASK) and payload != 54) or (kind == HK and payload > 152):
        return LENGTH
    return 0


def read_header(packet: bytes) -> dict[str, int]:
    """The fields of a packet that passed the check."""
    type_field, frame, sequence = struct.unpack_from(">HHH", packet, 4)
    return {
        "data_len": len(packet) - 10,
        "frame_counter": frame,
        "sequence": sequence,
        "mode": type_field >> 8 & 15,
        "last": type_field >> 7 & 1,
        "side": type_field >> 5 & 3,
        "ccd": type_field >> 4 & 1,
        "type": type_field & 3,
    }


def read_window(packet: bytes) -> tuple[int, int, list[int]]:
    """(row, col, pixels) of an event or wandering-mask packet."""
    col, row, *pixels = struct.unpack_from(">27H", packet, 10)
    return row, col, pixels
