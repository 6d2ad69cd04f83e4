# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Damaged packets of rows and models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from damaged import Damaged, Streams, octets, patched

from fsw_emu.model import rows
from fsw_emu.model import rows_packet as packet

#: 4 rows of 6 samples, coded in each way
SHAPE = {"frames": 3, "rows": 9, "cols": 6, "frame": 1, "first": 12, "n_samples": 24}
SAMPLES = (500 + np.arange(24) * 7 % 11).astype(np.uint16)
PLAIN = packet.Packet(packet.INDEPENDENT, **SHAPE, table=8, base=2010)


def packet_of(p: packet.Packet, group: rows.Group | None = None) -> bytes:
    return packet.build(p, rows.body(SAMPLES[: p.n_samples], p, group))


def of_rows_headers() -> Streams:
    good = packet_of(PLAIN)
    raw = packet.build(replace(PLAIN, kind=packet.RAW, table=0, base=0), bytes(48))
    coded = packet_of(replace(PLAIN, kind=packet.AEC, table=3, base=0))
    piece = packet_of(replace(PLAIN, n_samples=4))
    model = rows.model_packet(rows.Group(), 0, frames=3, rows=9, cols=6)
    for name, stream, status in (
        ("nothing", b"", "SHORT"),
        ("less than a header", good[:13], "SHORT"),
        ("its last byte missing", good[:-1], "SHORT"),
        ("a header that ends early", good[:16], "SHORT"),
        ("another mark", patched(good, {0: 0xB1}), "FORMAT"),
        ("an unknown kind", patched(good, {0: 0xC5}), "FORMAT"),
        ("an unknown shape", patched(good, {9: 5}), "FORMAT"),
        ("a length of less than its header", patched(good, {1: 0, 2: 19}), "LENGTH"),
        ("a bit of its body flipped", good[:20] + bytes([good[20] ^ 1]) + good[21:], "CRC"),
        ("a bit of its checksum flipped", good[:-1] + bytes([good[-1] ^ 1]), "CRC"),
        ("a frame that the stack does not have", patched(good, {4: 0x20, 5: 3}), "FORMAT"),
        ("a predictor that is none", patched(good, {10: 0xC0}), "FORMAT"),
        ("a predictor of raw samples", patched(raw, {10: 0x40}), "FORMAT"),
        ("a base of raw samples", patched(raw, {13: 1}), "FORMAT"),
        ("an error of raw samples", patched(raw, {10: 1}), "FORMAT"),
        ("a table of raw samples", patched(raw, {11: 1}), "FORMAT"),
        ("a table that is none", patched(good, {11: 68}), "FORMAT"),
        ("the model's table, independent", patched(good, {11: 255}), "FORMAT"),
        ("a block size that is none", patched(coded, {11: 4}), "FORMAT"),
        ("no rows in the frame", patched(good, {14: 0, 15: 0}), "FORMAT"),
        ("no columns", patched(good, {16: 0, 17: 0}), "FORMAT"),
        ("a first row beyond the frame", patched(good, {7: 9}), "FORMAT"),
        ("rows beyond the frame", patched(good, {8: 8}), "FORMAT"),
        ("a piece of nothing", patched(piece, {20: 0, 21: 0}), "FORMAT"),
        ("a piece of a whole row", patched(piece, {20: 0, 21: 6}), "FORMAT"),
        ("a piece beyond its row", patched(piece, {19: 3}), "FORMAT"),
        ("a model of a frame beyond", patched(model, {5: 3}), "FORMAT"),
        ("a model of rows", patched(model, {8: 1}), "FORMAT"),
        ("a model of a row", patched(model, {7: 1}), "FORMAT"),
    ):
        yield Damaged(f"rows: {name}", "sxi_rows_parse", status, stream)


def of_rows_models() -> Streams:
    flat = (6,) * 64
    group = rows.Group((3, -3, 2047, -2047, 0, 1), 2, flat)
    good = rows.model_packet(group, 20, frames=3, rows=9, cols=6)
    p, body = packet.parse(good)
    tall = rows.Group((3, -3, 2048, 0, 0, 1))
    steep = rows.model_packet(tall, 60, frames=3, rows=9, cols=6)

    def made(body: bytes) -> bytes:
        return packet.build(p, body)

    for name, stream, status, room in (
        ("that is no model", packet_of(PLAIN), "FORMAT", 6),
        ("without room for its columns", good, "ROOM", 5),
        ("without a body", made(b""), "SHORT", 6),
        ("that ends in its lengths", made(body[:20]), "SHORT", 6),
        ("that ends in its columns", made(body[:37]), "SHORT", 6),
        ("that ends in their low bits", made(body[:-1]), "SHORT", 6),
        ("of a columns' table that is none", made(bytes([68]) + body[1:]), "FORMAT", 6),
        ("of a shift that is none", made(body[:1] + bytes([13]) + body[2:]), "FORMAT", 6),
        ("of a code that is not complete", made(body[:2] + b"\x67" + body[3:]), "FORMAT", 6),
        ("of a code without length", made(body[:2] + b"\x06" + body[3:]), "FORMAT", 6),
        ("of a code too long", made(body[:2] + b"\xd6" + body[3:]), "FORMAT", 6),
        ("of a column too far off", steep, "FORMAT", 6),
    ):
        given = (("room", room),)
        yield Damaged(f"model: {name}", "sxi_rows_load_model", status, stream, given)


def of_rows() -> Streams:
    group = rows.Group((0, 0, 0, 0, 0, 0), 2, (6,) * 64)
    model = rows.model_packet(group, 0, frames=3, rows=9, cols=6)
    model_id = int.from_bytes(model[-2:], "big")
    grouped = replace(PLAIN, kind=packet.GROUPED, table=255, model_id=model_id)
    good, of_model = packet_of(PLAIN), packet_of(grouped, group)
    bare = rows.model_packet(rows.Group((0,) * 6), 0, frames=3, rows=9, cols=6)
    bare_id = int.from_bytes(bare[-2:], "big")
    raw = replace(PLAIN, kind=packet.RAW, table=0, base=0)
    coded = replace(PLAIN, kind=packet.AEC, table=3, base=0)

    def cut(data: bytes, n: int) -> bytes:
        p, body = packet.parse(data)
        return packet.build(p, body[:n])

    no_code = octets("0000" + "1" + "0" * 16 + "01" + "1" * 50)  # a residual of the reference
    far = packet.build(replace(PLAIN, table=67), octets("0" * 100 + "1" * 1900))
    for name, before, stream, status, room in (
        ("no model", b"", of_model, "SEQUENCE", 24),
        ("another model", bare, of_model, "SEQUENCE", 24),
        ("a model without the table", bare,
         packet.build(replace(grouped, model_id=bare_id), bytes(20)), "SEQUENCE", 24),
        ("a model in place of rows", b"", model, "PARAM", 24),
        ("no room for a sample", b"", good, "ROOM", 23),
        ("nothing in its body", b"", cut(good, 0), "SHORT", 24),
        ("its body's last byte missing", b"", cut(good, -1), "SHORT", 24),
        ("its body's last byte missing, of a model", model, cut(of_model, -1), "SHORT", 24),
        ("a byte more in its body", b"",
         packet.build(PLAIN, packet.parse(good)[1] + b"\0"), "FORMAT", 24),
        ("raw samples too few", b"", packet.build(raw, bytes(47)), "SHORT", 24),
        ("raw samples too many", b"", packet.build(raw, bytes(49)), "FORMAT", 24),
        ("CCSDS 121 that ends early", b"", cut(packet_of(coded), 3), "SHORT", 24),
        ("CCSDS 121 that no coder writes", b"", packet.build(coded, no_code), "FORMAT", 24),
        ("a value that no sample has", b"", far, "FORMAT", 24),
    ):  # fmt: skip
        given = (("before", before.hex()), ("out_len", room))
        yield Damaged(f"rows: {name}", "sxi_rows_decode", status, stream, given)
