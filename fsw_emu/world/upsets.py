# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Upsets of memory at random: which word is hit when, as a function of a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from fsw_emu.world.draw import below, exponential, uniform
from fsw_emu.world.edac import WORD_BYTES
from fsw_emu.world.numbers import CYCLES_PER_S


@dataclass(frozen=True)
class Rain:
    """rate [1/s] of words in n_bytes from start, which is a multiple of 4; double: part of them
    of which two bits are turned. since: first cycle; stream: tells one rain from the next."""

    rate: float
    double: float
    start: int
    n_bytes: int
    since: int
    stream: int


class Upsets:
    """One rain at a time; a new one replaces it."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._rain: Rain | None = None
        self._number, self._at = 0, math.inf  # of the next hit, and when [cycles]

    def begin(self, rain: Rain) -> None:
        """From its first cycle on; a rate of 0 ends what there is."""
        self._rain = rain if rain.rate > 0 else None
        self._number, self._at = 0, float(rain.since) if self._rain else math.inf
        self._draw_next()

    @property
    def due(self) -> int | None:
        """The cycle of the next hit; None: there is none."""
        return math.ceil(self._at) if self._at < math.inf else None

    def until(self, cycle: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Hits that are due in this cycle and were not told yet: address, bits."""
        while self._rain and self._at <= cycle:
            place = (self._seed, self._rain.stream, self._number)
            word = below(self._rain.n_bytes // WORD_BYTES, *place, 1)
            first = below(32, *place, 2)
            two = uniform(*place, 3) <= self._rain.double
            second = ((first + 1 + below(31, *place, 4)) % 32,) if two else ()
            yield self._rain.start + word * WORD_BYTES, (first, *second)
            self._number += 1
            self._draw_next()

    def _draw_next(self) -> None:
        if self._rain:
            mean = CYCLES_PER_S / self._rain.rate
            self._at += mean * exponential(self._seed, self._rain.stream, self._number, 0)
