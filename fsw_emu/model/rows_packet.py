# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of rows: header, length, checksum. SPEC.md, section 8.7."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fsw_emu.model.crc import crc16

RAW, INDEPENDENT, GROUPED, AEC, MODEL = range(5)
COLUMN, WEST, MEAN = range(3)
MODEL_TABLE = 255  # the table index that stands for the model's
SHAPES = {1: (639, 384), 2: (165, 96), 3: (160, 99), 4: (4511, 4608)}
CRC_BYTES = 2


class BadLength(ValueError):
    """A length below that of header and checksum."""


class BadChecksum(ValueError):
    """The CRC is not that of what stands before it."""


@dataclass(frozen=True)
class Packet:
    """A header. ``n_samples`` from sample ``first`` of the frame on, row-major: whole rows, or a
    piece of one; none of a model, whose frame is the first of its group. ``base`` in 1/4 ADU.
    ``model_id`` is that of the model which the packet needs, or which it is."""

    kind: int
    frames: int
    rows: int
    cols: int
    frame: int = 0
    first: int = 0
    n_samples: int = 0
    predictor: int = COLUMN
    near_lossless: int = 0
    table: int = 0
    base: int = 0
    model_id: int = 0

    @property
    def is_piece(self) -> bool:
        return self.kind != MODEL and self.n_samples < self.cols

    @property
    def width(self) -> int:
        """Samples of a line."""
        return self.n_samples if self.is_piece else self.cols


def header(p: Packet, body_bytes: int) -> bytes:
    """The bytes before the body."""
    shape = next((i for i, of in SHAPES.items() if of == (p.rows, p.cols)), 0)
    more = b"" if shape else _u16(p.rows, p.cols)
    if p.is_piece:
        more += _u16(p.first % p.cols, p.n_samples)
    if p.kind == GROUPED:
        more += _u16(p.model_id)
    row, rows = p.first // p.cols, 0 if p.is_piece else p.n_samples // p.cols
    frames = (p.frames - 1) << 12 | p.frame
    base, quarters = divmod(p.base, 4)
    return b"".join(
        (
            bytes([0xC0 + p.kind]),
            _u16(14 + len(more) + body_bytes + CRC_BYTES),
            frames.to_bytes(3, "big"),
            _u16(row),
            bytes([rows, shape, p.predictor << 6 | quarters << 4 | p.near_lossless, p.table]),
            _u16(base),
            more,
        )
    )


def _u16(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2, "big") for number in numbers)


def build(p: Packet, body: bytes) -> bytes:
    """A whole packet."""
    sent = header(p, len(body)) + body
    return sent + _u16(crc16(sent))


def parse(data: bytes) -> tuple[Packet, bytes]:
    """Header and body of a packet; what lies behind its length is not looked at. EOFError when
    there are fewer bytes than it says, BadLength, BadChecksum, ValueError when no coder writes
    such a header."""
    if len(data) < 14:
        raise EOFError
    kind, shape, is_piece = data[0] - 0xC0, data[9], data[8] == 0 and data[0] != 0xC0 + MODEL
    if kind not in range(5) or shape > max(SHAPES):
        raise ValueError("no kind or shape")
    length, at = int.from_bytes(data[1:3], "big"), 14
    body = at + 4 * (shape == 0) + 4 * is_piece + 2 * (kind == GROUPED)
    if length < body + CRC_BYTES:
        raise BadLength(length)
    if length > len(data):
        raise EOFError
    sent, checksum = data[: length - CRC_BYTES], data[length - CRC_BYTES : length]
    if _u16(crc16(sent)) != checksum:
        raise BadChecksum
    of = [int.from_bytes(data[i : i + 2], "big") for i in range(at, body, 2)]
    rows, cols = SHAPES[shape] if shape else (of.pop(0), of.pop(0))
    column, width = (of.pop(0), of.pop(0)) if is_piece else (0, cols)
    frames, frame = divmod(int.from_bytes(data[3:6], "big"), 1 << 12)
    row, base = (int.from_bytes(data[i : i + 2], "big") for i in (6, 12))
    p = Packet(
        kind, frames + 1, rows, cols, frame, row * cols + column,
        width if is_piece else data[8] * cols, data[10] >> 6, data[10] & 0xF, data[11],
        base << 2 | data[10] >> 4 & 3, of.pop() if kind == GROUPED else 0,
    )  # fmt: skip
    if _no_coder_writes(p, row, column, width, is_piece):
        raise ValueError("no coder writes this header")
    if kind == MODEL:
        p = replace(p, model_id=int.from_bytes(checksum, "big"))
    return p, data[body : length - CRC_BYTES]


def _no_coder_writes(p: Packet, row: int, column: int, width: int, is_piece: bool) -> bool:
    predicted = p.kind in (INDEPENDENT, GROUPED)
    most_table = {INDEPENDENT: 67, GROUPED: 67, AEC: 3}.get(p.kind, 0)
    return (
        p.frame >= p.frames
        or 0 in (p.rows, p.cols, width)
        or row >= p.rows
        or p.first + p.n_samples > p.rows * p.cols
        or (is_piece and (width == p.cols or column + width > p.cols))
        or p.predictor > (MEAN if predicted else COLUMN)
        or (p.base > 0 and not predicted)
        or (p.table > most_table and (p.kind, p.table) != (GROUPED, MODEL_TABLE))
        or (p.near_lossless > 0 and p.kind in (RAW, MODEL))
        or (p.kind == MODEL and (p.first, p.n_samples) != (0, 0))
    )
