# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The quick look, written to be read: counts in cells, and what is an alarm (ASSUMED, A91)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from fsw_emu.model.crc import crc16

ROWS, COLS = 639, 384
CELL, CELL_ROWS, CELL_COLS = 64, 10, 6
RATE, PLACE, LEARNING, FULL = 1, 2, 4, 8
NOWHERE = 0xFFFF
MOST_STEP = 4095  # quarters of a pixel


def in_focal_plane(node: int, row: int, col: int) -> tuple[int, int]:
    """(x, y) [pixels]: CCD4 [F4 | E4] below CCD2 [E2 | F2]; nodes are 0..3: E2, F2, E4, F4."""
    x = col if node in (0, 3) else 2 * COLS - 1 - col
    y = 2 * ROWS - 1 - row if node < 2 else row
    return x, y


@dataclass
class Axis:
    """Where readouts lie in one direction, in quarters of a pixel; the mean is in 1/256 of that."""

    mean: int = 0
    variance: int = 0
    places: list[int] = field(default_factory=list)  # while learning
    run: int = 0
    above: bool = False

    def end_learning(self) -> None:
        """The places' mean, and half the variance of the steps between them."""
        n = len(self.places)
        pairs = zip(self.places, self.places[1:], strict=False)
        steps = [min(abs(later - before), MOST_STEP) for before, later in pairs]
        self.mean = sum(self.places) * 256 // n
        self.variance = sum(step**2 for step in steps) // (2 * (n - 1)) + 1

    def is_away(self, place: int, *, sigmas: int, confirm: int, shift: int) -> bool:
        """Has the place been too far on one side for long enough? Else it counts to the mean."""
        distance = place * 256 - self.mean
        square = min(abs(distance) // 256, MOST_STEP) ** 2
        if square * 256 > sigmas**2 * self.variance:
            above = distance > 0
            self.run = self.run + 1 if self.run and self.above == above else 1
            self.above = above
            return self.run >= confirm
        self.run = 0
        self.mean += (abs(distance) >> shift) * (1 if distance > 0 else -1)
        more = square - self.variance
        self.variance += (abs(more) >> shift) * (1 if more > 0 else -1)
        return False


@dataclass
class Look:
    """What is remembered from readout to readout. Parameters as of sxi_look."""

    reference: int = 316
    limit: int = 100
    sigmas: int = 40
    confirm: int = 3
    learn: int = 64
    shift: int = 6
    mean: int = 0  # events of a readout x 256
    score: int = 0  # the same
    counts: list[int] = field(default_factory=list)  # while learning
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    n_alarms: int = 0

    def close(
        self, frame_counter: int, kept: Iterable[tuple[int, int, int]], n_rejected: int
    ) -> bytes:
        """The product of a readout: kept are (node, row, col)."""
        events = list(kept)
        cells = [0] * (4 * CELL_ROWS * CELL_COLS)
        nodes = [0] * 4
        for node, row, col in events:
            cells[(node * CELL_ROWS + row // CELL) * CELL_COLS + col // CELL] += 1
            nodes[node] += 1
        x = y = NOWHERE
        if events:
            places = [in_focal_plane(*event) for event in events]
            x, y = (sum(axis) * 4 // len(events) for axis in zip(*places, strict=True))
        flags = self._examine(len(events), x, y)
        product = struct.pack(
            ">BB10H", 1, flags | (FULL if max(cells) > 255 else 0), frame_counter, *nodes,
            n_rejected, self.mean >> 8, min(self.score >> 8, 0xFFFF), x, y,
        ) + bytes(min(cell, 255) for cell in cells)  # fmt: skip
        if flags & (RATE | PLACE):
            self.n_alarms += 1
            self.counts, self.score, self.x, self.y = [], 0, Axis(), Axis()
        return product + crc16(product).to_bytes(2, "big")

    def _examine(self, n: int, x: int, y: int) -> int:
        if len(self.counts) < self.learn:
            if n:
                self._learn(n, x, y)
            return LEARNING
        flags = RATE if self._has_risen(n) else 0
        if n:
            given = {"sigmas": self.sigmas, "confirm": self.confirm, "shift": self.shift}
            away = [axis.is_away(at, **given) for axis, at in ((self.x, x), (self.y, y))]
            flags |= PLACE if any(away) else 0
        return flags

    def _learn(self, n: int, x: int, y: int) -> None:
        self.counts.append(n)
        self.x.places.append(x)
        self.y.places.append(y)
        if len(self.counts) == self.learn:
            self.mean = sum(self.counts) * 256 // self.learn
            self.x.end_learning()
            self.y.end_learning()

    def _has_risen(self, n: int) -> bool:
        """The score is what came above the reference; it and the mean are in 1/256 event."""
        expected = (self.mean // 16 * self.reference) // 16
        self.score = max(self.score + n * 256 - expected, 0)
        if self.score > self.limit * 128:
            return self.score > self.limit * 256
        more = n * 256 - self.mean
        self.mean += (abs(more) >> self.shift) * (1 if more > 0 else -1)
        return False
