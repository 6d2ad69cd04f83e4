# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The choices of the coder of rows: what a packet holds, its base and its table.

A decoder takes any; these are those of the core, so that its packets can be told byte by byte.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from fsw_emu.model import huffman
from fsw_emu.model.rows import BLOCK_SIZES, Group, Lines, body, model_packet, table_of
from fsw_emu.model.rows_learn import (
    BASE_LINES,
    LARGEST_BASE,
    aside,
    base_of,
    learn,
    table_for,
    table_of_columns,
    table_of_rows,
)
from fsw_emu.model.rows_packet import (
    AEC,
    COLUMN,
    CRC_BYTES,
    GROUPED,
    MEAN,
    MODEL_TABLE,
    RAW,
    Packet,
    build,
    header,
    parse,
)

MAX_ROWS = 255
LEARN_EVERY = 4  # rows
BAND, BAND_EVERY = 8, 64  # successive rows that are tabulated, of so many
LINE = 4096  # samples: of CCSDS 121 within an error so many are divided at once
KINDS = ("raw", "independent", "grouped", "aec")
PREDICTORS = ("column", "west", "mean")


@dataclass
class Coder:
    """Parameters of a group, and its model. Of each frame the packets follow each other."""

    frames: int
    rows: int
    cols: int
    kind: int
    predictor: int
    near_lossless: int
    packet_bytes: int
    block_size: int
    first_frame: int = 0
    group: Group = field(default_factory=Group)
    model_id: int = 0
    spread: int = 0
    rows_before: int = 0  # of CCSDS 121: where the search for how many rows fit begins

    def __post_init__(self) -> None:
        self.rows_before = self.packet_bytes // self.cols + 1

    def learn(self, frames: NDArray[Any]) -> bytes:
        """The group's model, as its packet."""
        learnt = frames[:, ::LEARN_EVERY].reshape(-1, self.cols).tolist()
        bands = [
            frame[at : at + BAND].tolist()
            for frame in frames
            for at in range(0, self.rows, BAND_EVERY)
        ]
        columns, self.spread = learn(learnt)
        p = Packet(self.kind, self.frames, self.rows, self.cols, predictor=self.predictor)
        p = replace(p, near_lossless=self.near_lossless)
        shift, lengths = table_of_rows(p, columns, self.spread, bands)
        self.group = Group(columns if self.predictor == COLUMN else None, shift, lengths)
        sent = model_packet(
            self.group,
            table_of_columns(columns) if columns else 0,
            frames=self.frames,
            rows=self.rows,
            cols=self.cols,
            frame=self.first_frame,
        )
        self.model_id = parse(sent)[0].model_id
        return sent

    def packet(self, samples: NDArray[Any], frame: int, first: int) -> tuple[bytes, int]:
        """The packet from sample ``first`` of a frame on, and how many it holds."""
        p = Packet(self.kind, self.frames, self.rows, self.cols, frame, first)
        made = None
        if self.kind == AEC:
            made = self._aec(p, samples[first:])
        elif self.kind != RAW:
            made = self._predicted(p, samples[first:])
        if made is None or size(of_raw(p, made[1]), 2 * made[1]) < len(made[0]):
            return self._raw(p, samples[first:])
        return made

    def _most_rows(self, p: Packet) -> int:
        """Whole rows from here on that a packet can tell of."""
        return 0 if p.first % p.cols else min(p.rows - p.first // p.cols, MAX_ROWS)

    def _raw(self, p: Packet, left: NDArray[Any]) -> tuple[bytes, int]:
        """Samples as they are: rows, or a piece of one."""
        room = self.packet_bytes - size(of_raw(p, p.cols), 0)
        n = min(room // (2 * p.cols), self._most_rows(p)) * p.cols
        if n == 0:
            room = self.packet_bytes - size(of_raw(p, 1), 0)
            n = min(room // 2, p.cols - p.first % p.cols)
        return built(of_raw(p, n), left), n

    def _predicted(self, p: Packet, left: NDArray[Any]) -> tuple[bytes, int] | None:
        """Lines of codes, or as much of the first as fits where a row is more than a packet."""
        group = self.group if self.kind == GROUPED else Group()
        line = [int(x) for x in left[: p.cols - p.first % p.cols]]
        p = replace(
            p,
            n_samples=len(line),
            predictor=self.predictor,
            near_lossless=self.near_lossless,
            base=4 * line[0],
            model_id=self.model_id if self.kind == GROUPED else 0,
        )
        if self.predictor == COLUMN:
            columns = group.columns or (0,) * p.cols
            some = min(self._most_rows(p) or 1, BASE_LINES) if self.kind == GROUPED else 1
            lines = left[: some * len(line)].reshape(-1, len(line)).tolist()
            base = base_of(lines, columns[p.first % p.cols :])
            if self.kind == GROUPED:
                base = min(base + aside(self.near_lossless, self.spread), LARGEST_BASE)
            p = replace(p, base=base)
        values = Lines(p, group).values(line)
        typical = values
        if self.predictor == MEAN and self._most_rows(p) > 1:
            both = Lines(p, group)  # the first line is predicted in another way
            typical = [both.values(left[at : at + p.cols].tolist()) for at in (0, p.cols)][1]
        p = replace(p, table=MODEL_TABLE if group.lengths else table_for(typical))
        n = self._fitting_rows(p, left, group)
        if n == 0 and not self._needs_pieces(p):
            return None
        if n == 0:
            n = self._fitting_samples(replace(p, n_samples=1), values, group)
        p = replace(p, n_samples=n)
        return built(p, left, group), n

    def _needs_pieces(self, p: Packet) -> bool:
        """Is a row, as it is, more than a packet?"""
        return size(of_raw(p, p.cols), 2 * p.cols) > self.packet_bytes

    def _fitting_rows(self, p: Packet, left: NDArray[Any], group: Group) -> int:
        """Samples of the lines that fit."""
        lines, n, bits = Lines(p, group), 0, 0
        lengths, shift = table_of(p, group)
        for _ in range(self._most_rows(p) or 1):
            values = lines.values(left[n : n + p.n_samples])
            taken = len(huffman.line_bits(values, lengths, shift))
            bits += taken
            room = 8 * (self.packet_bytes - size(p, 0)) - bits
            if room < 0:
                break
            n += p.n_samples
            if taken - taken // 8 > room:
                break  # hardly another one like this
        return n

    def _fitting_samples(self, p: Packet, values: list[int], group: Group) -> int:
        """Of one line."""
        lengths, shift = table_of(p, group)
        n, bits = 0, 0
        for value in values:
            bits += len(huffman.line_bits([value], lengths, shift))
            if size(p, -(-bits // 8)) > self.packet_bytes:
                break
            n += 1
        return n

    def _aec(self, p: Packet, left: NDArray[Any]) -> tuple[bytes, int] | None:
        """CCSDS 121: as many rows as fit, from an estimate by the last packet downwards."""
        table = BLOCK_SIZES.index(self.block_size)
        p = replace(p, near_lossless=self.near_lossless, table=table)
        most = self._most_rows(p)
        if self.near_lossless:
            most = min(most, max(LINE // p.cols, 1))
        for n in range(min(self.rows_before, most), 0, -1):
            data = built(replace(p, n_samples=n * p.cols), left)
            if len(data) <= self.packet_bytes:
                more = (self.packet_bytes - len(data)) // (len(data) // n + 1)
                self.rows_before = n + more
                return data, n * p.cols
        return None


def of_raw(p: Packet, n_samples: int) -> Packet:
    """The header of so many samples as they are."""
    place = {"frame": p.frame, "first": p.first, "n_samples": n_samples}
    return Packet(RAW, p.frames, p.rows, p.cols, **place)


def size(p: Packet, body_bytes: int) -> int:
    return len(header(p, 0)) + body_bytes + CRC_BYTES


def built(p: Packet, left: NDArray[Any], group: Group | None = None) -> bytes:
    return build(p, body(left[: p.n_samples], p, group))


def encode(
    stack: NDArray[Any],
    *,
    kind: str = "grouped",
    predictor: str = "column",
    near_lossless: int = 0,
    packet_bytes: int = 5120,
    group: int = 16,
    block_size: int = 64,
) -> list[bytes]:
    """Packets of a stack (n, rows, cols) of uint16; a group of frames shares its model."""
    n, n_rows, cols = stack.shape
    packets = []
    for start in range(0, n, group):
        frames = stack[start : start + group]
        coder = Coder(
            n, n_rows, cols, KINDS.index(kind), PREDICTORS.index(predictor), near_lossless,
            packet_bytes, block_size, start,
        )  # fmt: skip
        model = [coder.learn(frames)] if coder.kind == GROUPED else []
        made, repeated = [*model], False
        for i, frame in enumerate(frames):
            at = 0
            while at < frame.size:
                data, held = coder.packet(frame.ravel(), start + i, at)
                made.append(data)
                at += held
                if not repeated and i * frame.size + at >= frames.size // 2:
                    made += model
                    repeated = True
        packets += made
    return packets
