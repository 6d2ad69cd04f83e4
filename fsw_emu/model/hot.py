# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Hot and flickering pixels of a node, written to be read.

ASSUMED A86: no flight rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import exp, factorial

ROWS, COLS = 639, 384  # of a node
WINDOWS = (4, 8, 16, 32)  # readouts
#: chance of a wrong limit, a pixel and readout: together 1e-4 of pixels in a day of 4 s
CHANCE = {4: 1e-4 / 21600 * 14 / 15, 8: 1e-4 / 21600 / 45, 16: 1e-4 / 21600 / 45,
          32: 1e-4 / 21600 / 45}  # fmt: skip
CLASSES = range(-13, -3)  # powers of two [events a pixel and readout]
WAYS = 8

KEEP, HOT, AFTERGLOW = 0, 1, 2


def _at_least(n: int, mean: float) -> float:
    """Poisson probability of n or more."""
    return sum(mean**k / factorial(k) * exp(-mean) for k in range(n, n + 60))


@cache
def limit(power: int, window: int) -> int:
    """Events in the window that make a pixel hot, where 2**power events come by chance in a
    pixel and readout; window + 1 where nothing does. The last one is there: it completes."""
    rate = 2.0**power
    for n in range(2, window + 1):
        if rate * _at_least(n - 1, (window - 1) * rate) <= CHANCE[window]:
            return n
    return window + 1


def limit_at(rate: int, window: int) -> int:
    """The same for a rate of the node [1/256 event a readout]."""
    for power in CLASSES:
        if rate <= (ROWS * COLS * 256) >> -power:
            return limit(power, window)
    return window + 1


@dataclass
class Watched:
    """What is remembered of a pixel."""

    row: int
    col: int
    charge: int
    hits: int = 1  # bit k: an event k readouts ago
    idle: int = 0
    period: int = 0
    masked: bool = False

    @property
    def worth(self) -> tuple[int, int]:
        """What is less worth remembering is forgotten first."""
        return self.hits.bit_count(), -self.idle


def reaches(hits: int, rate: int) -> bool:
    return any(
        (hits & ((1 << window) - 1)).bit_count() >= limit_at(rate, window) for window in WINDOWS
    )


class Tracker:
    """The table of a node; log2_buckets and clean as in hot.h."""

    def __init__(self, *, log2_buckets: int, clean: int) -> None:
        self.log2_buckets, self.clean = log2_buckets, clean
        self.buckets: list[list[Watched | None]] = [[None] * WAYS for _ in range(1 << log2_buckets)]
        self.mean = self.n_readouts = 0
        self.n_hot = self.n_masked = self.n_healed = self.n_evicted = self.n_untracked = 0

    def update(self, events: Iterable[tuple[int, int, int]]) -> list[int]:
        """Take the events of a readout: (row, column, charge) each; the verdict of each."""
        events = list(events)
        for bucket in self.buckets:
            for i, pixel in enumerate(bucket):
                if pixel is not None and not self._stays(pixel):
                    bucket[i] = None
        now = max(len(events) - self.n_hot, 0) * 256
        rate = max(now, self.mean)
        verdicts = [self._judge(*event, rate) if self.clean else KEEP for event in events]
        kept = sum(v != HOT for v in verdicts) * 256
        self.mean = self.mean - self.mean // 16 + kept // 16 if self.n_readouts else kept
        self.n_readouts += 1
        return verdicts

    def masked(self) -> set[tuple[int, int]]:
        """Row and column of the pixels that are hot now."""
        return {(p.row, p.col) for bucket in self.buckets for p in bucket if p and p.masked}

    def _stays(self, pixel: Watched) -> bool:
        """A readout later: is it still remembered?"""
        pixel.hits = pixel.hits << 1 & 0xFFFFFFFF
        pixel.idle += 1
        if pixel.period == 0:
            return pixel.hits != 0
        if pixel.idle > pixel.period:
            pixel.idle = 0
            if pixel.masked:
                pixel.masked, pixel.hits = False, 0
                self.n_hot -= 1
                self.n_healed += 1
            else:
                halved = pixel.period // 2
                pixel.period = halved if halved >= self.clean else 0
        return True

    def _bucket(self, row: int, col: int) -> list[Watched | None]:
        mixed = ((row << 16 | col) * 0x9E3779B1) % 2**32
        return self.buckets[mixed >> (32 - self.log2_buckets)]

    def _at(self, row: int, col: int) -> Watched | None:
        for pixel in self._bucket(row, col):
            if pixel is not None and (pixel.row, pixel.col) == (row, col):
                return pixel
        return None

    def _insert(self, pixel: Watched) -> None:
        bucket = self._bucket(pixel.row, pixel.col)
        if None in bucket:
            bucket[bucket.index(None)] = pixel
            return
        others = [i for i, other in enumerate(bucket) if other is not None and not other.masked]
        if not others:
            self.n_untracked += 1
            return
        self.n_evicted += 1
        bucket[min(others, key=lambda i: bucket[i].worth)] = pixel  # type: ignore[union-attr]

    def _around(self, pixel: Watched) -> int:
        """Rate that the 24 pixels around tell of [1/256 event a node and readout]."""
        events = 0
        for dr in range(-2, 3):
            for dc in range(-2, 3):
                near = self._at((pixel.row + dr) % 65536, (pixel.col + dc) % 65536)
                if (dr or dc) and near is not None and not near.masked:
                    events += min(near.hits.bit_count(), 2)
        return 2 * events * ROWS * COLS * 256 // (24 * 32) if events >= 4 else 0

    def _judge(self, row: int, col: int, charge: int, rate: int) -> int:
        pixel = self._at(row, col)
        if pixel is None:
            self._insert(Watched(row, col, charge))
            return KEEP
        fades = bool(pixel.hits & 2) and charge <= pixel.charge
        pixel.hits |= 1
        pixel.charge, pixel.idle = charge, 0
        if pixel.masked:
            return HOT
        if reaches(pixel.hits, rate) and reaches(pixel.hits, max(rate, self._around(pixel))):
            pixel.masked = True
            pixel.period = min(2 * pixel.period, 32 * self.clean) or self.clean
            self.n_hot += 1
            self.n_masked += 1
            return HOT
        return AFTERGLOW if fades else KEEP
