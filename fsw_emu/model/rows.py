# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Rows of images in packets that each decode alone. SPEC.md, section 8.7.

What a decoder must do, and a packet of rows for any choice that a coder is free to make.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.model import aec, huffman
from fsw_emu.model.rows_packet import (
    AEC,
    COLUMN,
    GROUPED,
    MEAN,
    MODEL,
    MODEL_TABLE,
    RAW,
    Packet,
    build,
    parse,
)  # fmt: skip

BLOCK_SIZES = (8, 16, 32, 64)
NONE = 255  # of a model's table or columns
MOST = huffman.MOST
MOST_SHIFT = 12
LARGEST_COLUMN = 2047  # either way


class NoModel(ValueError):
    """A grouped packet whose model never came, or has no table where it refers to one."""


@dataclass(frozen=True)
class Group:
    """A model: deviation of each column from the frame's mean in 1/8 ADU, and a table: the low
    bits that go as they are, and lengths of codes."""

    columns: tuple[int, ...] | None = None
    shift: int = 0
    lengths: tuple[int, ...] | None = None


def predict(p: Packet, deviation: int, before: int | None, above: int | None) -> int:
    """The next sample's prediction: what is before and above is None where the packet has none."""
    if p.predictor == COLUMN:
        return min(max(2 * p.base + deviation + 4 >> 3, 0), MOST)
    if p.predictor == MEAN and before is not None and above is not None:
        return (before + above) // 2
    if before is not None:
        return before
    return p.base // 4 if above is None else above


def quantise(sample: int, predicted: int, m: int) -> int:
    """The deviation that is sent."""
    if m == 0:
        return (sample - predicted + 0x8000) % 0x10000 - 0x8000
    return (sample - predicted + m) // (2 * m + 1)


def reconstruct(predicted: int, deviation: int, m: int) -> int:
    """The sample that comes out."""
    if m == 0:
        return (predicted + deviation) & MOST
    return min(max(predicted + deviation * (2 * m + 1), 0), MOST)


def table_of(p: Packet, group: Group | None) -> tuple[Sequence[int], int]:
    """Lengths and shift of the table in use."""
    if p.table != MODEL_TABLE:
        bank, shift = huffman.table_parts(p.table)
        return huffman.bank()[bank], shift
    if group is None or group.lengths is None:
        raise NoModel
    return group.lengths, group.shift


class Lines:
    """Samples of a packet one after the other, as a decoder has them."""

    def __init__(self, p: Packet, group: Group | None) -> None:
        self.p = p
        self.columns = group.columns if group and group.columns else (0,) * p.cols
        self.out: list[int] = []

    def _predicted(self) -> int:
        at = len(self.out)
        before = self.out[-1] if at % self.p.width else None
        above = self.out[at - self.p.width] if at >= self.p.width else None
        return predict(self.p, self.columns[(self.p.first + at) % self.p.cols], before, above)

    def values(self, samples: Iterable[int]) -> list[int]:
        """What is sent for the next samples."""
        sent = []
        for sample in samples:
            predicted, m = self._predicted(), self.p.near_lossless
            deviation = quantise(int(sample), predicted, m)
            self.out.append(reconstruct(predicted, deviation, m))
            sent.append(huffman.zigzag(deviation))
        return sent

    def take(self, value: int) -> None:
        deviation = huffman.unzigzag(value)
        self.out.append(reconstruct(self._predicted(), deviation, self.p.near_lossless))


def values(samples: NDArray[Any], p: Packet, group: Group | None = None) -> list[list[int]]:
    """What the lines of an independent or grouped packet say."""
    lines = Lines(p, group)
    return [lines.values(line) for line in samples.reshape(-1, p.width)]


def body(samples: NDArray[Any], p: Packet, group: Group | None = None) -> bytes:
    """The body of a packet of these samples (n_samples,)."""
    if p.kind == RAW:
        return samples.astype(">u2").tobytes()
    if p.kind == AEC:
        m = p.near_lossless
        divided = ((samples.astype(np.uint32) + m) // (2 * m + 1)).astype(np.uint16)
        return aec.encode(divided, **_aec_options(p))
    lengths, shift = table_of(p, group)
    return octets("".join(huffman.line_bits(v, lengths, shift) for v in values(samples, p, group)))


def octets(bits: str) -> bytes:
    """Filled up with zeros to a byte."""
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def _aec_options(p: Packet) -> dict[str, Any]:
    return {"bits": 16, "block_size": BLOCK_SIZES[p.table], "rsi": 128, "preprocess": True}


def samples_of(p: Packet, body: bytes, group: Group | None = None) -> NDArray[np.uint16]:
    """The samples of a packet of rows. EOFError when the body ends early, ValueError when no
    coder writes it, NoModel."""
    if p.kind == RAW:
        if len(body) < 2 * p.n_samples:
            raise EOFError
        if len(body) > 2 * p.n_samples:
            raise ValueError("more than a coder writes")
        return np.frombuffer(body, ">u2").astype(np.uint16)
    if p.kind == AEC:
        divided = aec.decode(body, p.n_samples, **_aec_options(p)).astype(np.uint32)
        return np.minimum(divided * (2 * p.near_lossless + 1), MOST).astype(np.uint16)
    if p.kind == GROUPED and (
        group is None or (group.columns is not None and len(group.columns) != p.cols)
    ):
        raise NoModel
    lengths, shift = table_of(p, group)
    reader, lines = huffman.Reader(body), Lines(p, group)
    for _ in range(0, p.n_samples, p.width):
        for value in reader.line(p.width, lengths, shift):
            lines.take(value)
    reader.ends()
    return np.array(lines.out, np.uint16)


def model_packet(
    group: Group, table: int, *, frames: int, rows: int, cols: int, frame: int = 0
) -> bytes:
    """The packet of a model of the frames from ``frame`` on; ``table``: of the columns' line."""
    bits = f"{NONE if group.columns is None else table:08b}"
    bits += f"{NONE if group.lengths is None else group.shift:08b}"
    bits += "".join(f"{length:04b}" for length in group.lengths or ())
    if group.columns is not None:
        bank, shift = huffman.table_parts(table)
        line = [huffman.zigzag(deviation) for deviation in group.columns]
        bits += huffman.line_bits(line, huffman.bank()[bank], shift)
    return build(Packet(MODEL, frames, rows, cols, frame), octets(bits))


def load_model(p: Packet, body: bytes) -> Group:
    """What a model packet says. EOFError, ValueError as of ``samples_of``."""
    if p.kind != MODEL:
        raise ValueError("no model")
    reader = huffman.Reader(body)
    table, shift = int(reader.take(8), 2), int(reader.take(8), 2)
    if (table >= huffman.TABLES and table != NONE) or (shift > MOST_SHIFT and shift != NONE):
        raise ValueError("no table")
    lengths = columns = None
    if shift != NONE:
        lengths = tuple(int(length, 16) for length in reader.take_bytes(huffman.SYMBOLS // 2).hex())
        if not huffman.is_complete(lengths):
            raise ValueError("no code has these lengths")
    if table != NONE:
        bank, low = huffman.table_parts(table)
        found: list[int] = []
        for high in reader.codes(p.cols, huffman.bank()[bank], huffman.VALUES):
            found.append(huffman.unzigzag(reader.low(high, low)))
            if abs(found[-1]) > LARGEST_COLUMN:
                raise ValueError("a column far from the others")
        columns = tuple(found)
    reader.ends()
    return Group(columns, 0 if lengths is None else shift, lengths)


def decode(packets: Sequence[bytes]) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """(frames, rows, cols) samples, 0 where they are lost, and (frames, rows) whether a row came
    whole. Packets in any order, repeated or damaged; those not of the shape that most are of are
    left out. ValueError when none is whole."""
    whole = []
    for data in packets:
        try:
            whole.append(parse(data))
        except (ValueError, EOFError):
            continue
    if not whole:
        raise ValueError("no packet is whole")
    shapes = Counter((p.frames, p.rows, p.cols) for p, _ in whole)
    [(shape, _)] = shapes.most_common(1)
    whole = [(p, body) for p, body in whole if (p.frames, p.rows, p.cols) == shape]
    n, rows, cols = shape
    models = {(p.frame, p.model_id): load_model(p, body) for p, body in whole if p.kind == MODEL}
    stack = np.zeros((n, rows * cols), np.uint16)
    came = np.zeros((n, rows * cols), bool)
    for p, body in whole:
        if p.kind == MODEL:
            continue
        begins = max((frame for frame, _ in models if frame <= p.frame), default=0)
        group = models.get((begins, p.model_id))
        if p.kind == GROUPED and group is None:
            continue
        there = p.frame, slice(p.first, p.first + p.n_samples)
        stack[there] = samples_of(p, body, group if p.kind == GROUPED else None)
        came[there] = True
    return stack.reshape(n, rows, cols), np.logical_and.reduce(came.reshape(n, rows, cols), axis=2)
