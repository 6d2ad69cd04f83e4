# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Damaged packets of events and of housekeeping."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from damaged import Damaged, Streams, octets, patched, with_crc

from fsw_emu.model import aec, events, hkdelta

#: a run of one event, and one that goes on with it
FIRST = [0x50F0, 0x0036, 0x0001, 7, 3, 10, 20, *(500 + i * 7 % 11 for i in range(25))]
SECOND = [*FIRST[:4], 4, 30, 20, *(500 + i * 5 % 13 for i in range(25))]
PARAMETERS = events.Parameters(4, events.CONSECUTIVE, (8, 8, 8, 8), (0, 0, 0, 0), 0)


def set_of(*words: list[int]) -> bytes:
    return np.array(words, ">u2").tobytes()


def event_packet(kind: int, body: bytes, n: int) -> bytes:
    size = len(body) + events.HEADER_BYTES + events.CRC_BYTES
    header = bytes([events.MARK + kind]) + size.to_bytes(2, "big") + n.to_bytes(3, "big")
    return with_crc(header + bytes(3) + n.to_bytes(2, "big") + body)


def run_of(first: list[int], p: events.Parameters) -> str:
    head = p.bits() + events.run_bits(first, None, 500, 0)
    return head + events.pixel_bits(first, 500, p)


def of_events_headers() -> Streams:
    (good,) = events.encode(set_of(FIRST, SECOND))
    (raw,) = events.encode(set_of(FIRST), kind=events.RAW)
    for name, stream, status in (
        ("nothing", b"", "SHORT"),
        ("less than a header", good[:12], "SHORT"),
        ("its last byte missing", good[:-1], "SHORT"),
        ("the mark below", patched(good, {0: 0xC7}), "FORMAT"),
        ("the mark above", patched(good, {0: 0xCB}), "FORMAT"),
        ("a length of less than its header", patched(good, {1: 0, 2: 12}), "LENGTH"),
        ("a bit of its body flipped", good[:20] + bytes([good[20] ^ 4]) + good[21:], "CRC"),
        ("a bit of its checksum flipped", good[:-1] + bytes([good[-1] ^ 1]), "CRC"),
        ("no events", patched(good, {10: 0}), "FORMAT"),
        ("events that the set does not have", patched(good, {8: 1}), "FORMAT"),
        ("raw, of another length", patched(raw, {5: 2, 10: 2}), "LENGTH"),
    ):
        yield Damaged(f"events: {name}", "sxi_events_parse", status, stream)


def of_events() -> Streams:
    (good,) = events.encode(set_of(FIRST, SECOND))
    body = good[events.HEADER_BYTES : -events.CRC_BYTES]
    planes = events.planes([FIRST, SECOND])
    last = [*FIRST[:5], 383, 0xFFFF, *FIRST[7:]]
    pixels = events.pixel_bits(SECOND, 500, PARAMETERS)
    counted = replace(PARAMETERS, sequence_k=0)
    beyond = run_of(last, PARAMETERS) + events.rice(0, 4) + pixels
    escaped = run_of(FIRST, counted) + events.rice(3, 4) + "1" * 16 + pixels
    no_code = octets("0000" + "1" + "0" * 16 + "01" + "1" * 400)  # a residual of the reference
    for name, kind, of, n, status in (
        ("no room for one", events.CODED, body, 3, "ROOM"),
        ("nothing in its body", events.CODED, b"", 2, "SHORT"),
        ("parameters that end early", events.CODED, body[:4], 2, "SHORT"),
        ("a run that ends in its header", events.CODED, body[:8], 2, "SHORT"),
        ("pixels that end early", events.CODED, body[:-1], 2, "SHORT"),
        ("a gap's parameter that is none", events.CODED, b"\xcf" + body[1:], 2, "FORMAT"),
        ("a table that is none", events.CODED, body[:1] + b"\x88" + body[2:], 2, "FORMAT"),
        ("a row beyond 16 bits", events.CODED, octets(beyond), 2, "FORMAT"),
        ("a sequence gap of 16 ones", events.CODED, octets(escaped), 2, "FORMAT"),
        ("planes that end early", events.AEC, planes[:5], 2, "SHORT"),
        ("planes that no coder writes", events.AEC, no_code, 2, "FORMAT"),
        ("planes of 65 events", events.AEC, planes, 65, "FORMAT"),
    ):
        given = (("out_len", 128 if n <= 3 else 64 * n),)
        stream = event_packet(kind, of, n)
        yield Damaged(f"events: {name}", "sxi_events_decode", status, stream, given)


PACKETS = [bytes([0, 16 + i, 2, 3 * i, 1, 1, 255, 7 - i]) for i in range(3)]


def of_housekeeping() -> Streams:
    full, one, two = hkdelta.encode(PACKETS)
    odd, of_odd = hkdelta.encode([packet[:7] for packet in PACKETS[:2]])
    checked = with_crc(b"\xcc" + bytes(3) + b"\x01\x02")
    wide = with_crc(of_odd[:1] + b"\xff" * 12)
    for name, before, stream, status, words, room in (
        ("nothing", (), b"", "SHORT", 4, 8),
        ("two bytes", (), one[:2], "SHORT", 4, 8),
        ("an unknown packet", (), patched(full, {0: 0xCE}), "FORMAT", 4, 8),
        ("a block in place of a packet", (), patched(full, {0: 0xCD}), "FORMAT", 4, 8),
        ("differences from nothing", (), one, "SEQUENCE", 4, 8),
        ("a packet lost", (full,), two, "SEQUENCE", 4, 8),
        ("a packet twice", (full, one), one, "SEQUENCE", 4, 8),
        ("a full packet that ends early", (), full[:5], "SHORT", 4, 8),
        ("a bit of a full packet flipped", (), full[:6] + bytes([full[6] ^ 8]) + full[7:], "CRC",
         4, 8),
        ("a full packet of one byte", (), with_crc(full[:4] + b"1"), "LENGTH", 4, 8),
        ("a full packet of 1,025", (), with_crc(full[:4] + bytes(1025)), "LENGTH", 4, 1100),
        ("checked ones of 1,026", (), with_crc(b"\xcc" + bytes(1027)), "LENGTH", 4, 1100),
        ("no room for a full packet", (), full, "ROOM", 4, 7),
        ("no words for a full packet", (), full, "ROOM", 3, 8),
        ("no room for checked ones", (), checked, "ROOM", 4, 3),
        ("no room for differences", (full,), one, "ROOM", 4, 7),
        ("a bit of differences flipped", (full,), bytes([one[0] ^ 1]) + one[1:], "CRC", 4, 8),
        ("a bit of their checksum flipped", (full,), one[:-1] + bytes([one[-1] ^ 1]), "CRC", 4, 8),
        ("differences that no coder writes", (odd,), wide, "FORMAT", 4, 8),
    ):  # fmt: skip
        given = (
            ("before", " ".join(packet.hex() for packet in before)),
            ("room", words),
            ("out_len", room),
        )
        yield Damaged(f"housekeeping: {name}", "sxi_hk_decode", status, stream, given)


def block_of(code: bytes, n: int, length: int) -> bytes:
    return with_crc(b"\xcd" + bytes(3) + bytes([n - 1]) + length.to_bytes(2, "big") + code)


def of_blocks() -> Streams:
    options = {"bits": 16, "block_size": 16, "rsi": 128, "preprocess": True}
    code = aec.encode(np.arange(12, dtype=np.uint16), **options)
    wide = aec.encode(np.full(6, 0x0100, np.uint16), **options)  # the last byte's word
    no_code = octets("0000" + "1" + "0" * 16 + "01" + "1" * 50)
    good = block_of(code, 3, 8)
    for name, stream, status, planes, room in (
        ("less than a header", good[:8], "SHORT", 12, 24),
        ("another mark", patched(good, {0: 0xCC}), "FORMAT", 12, 24),
        ("a bit flipped", good[:8] + bytes([good[8] ^ 2]) + good[9:], "CRC", 12, 24),
        ("packets of one byte", block_of(code, 3, 1), "LENGTH", 12, 24),
        ("packets of 1,025", block_of(code, 3, 1025), "LENGTH", 12, 24),
        ("no room for it", good, "ROOM", 12, 23),
        ("no planes for it", good, "ROOM", 11, 24),
        ("code that ends early", block_of(code[:2], 3, 8), "SHORT", 12, 24),
        ("code that no coder writes", block_of(no_code, 3, 8), "FORMAT", 12, 24),
        ("a last byte beyond 255", block_of(wide, 3, 3), "FORMAT", 12, 24),
    ):
        given = (("planes_len", planes), ("out_len", room))
        yield Damaged(f"block: {name}", "sxi_hk_block_decode", status, stream, given)
