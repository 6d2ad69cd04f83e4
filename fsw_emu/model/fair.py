# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Which events of a CCD are sent when not all fit, written to be read (SPEC.md, 18.5; A87)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TILE_ROWS, TILE_COLS, TILE_PIXELS = 20, 12, 32
NO_QUOTA = 65535
SPREAD = 0x9E3779B9  # 2^32 over the golden ratio
WORD = 0xFFFFFFFF

Place = tuple[int, int]  # row, column


def tile_of(place: Place) -> Place:
    """The tile of an event; one outside the node is of the nearest (ASSUMED)."""
    row, col = place
    return min(row // TILE_PIXELS, TILE_ROWS - 1), min(col // TILE_PIXELS, TILE_COLS - 1)


def xorshift(state: int) -> int:
    """The next state of Marsaglia's generator with shifts 13, 17, 5 (J. Stat. Softw. 8, 14)."""
    state ^= state << 13 & WORD
    state ^= state >> 17
    return state ^ (state << 5 & WORD)


@dataclass
class Draws:
    """Random numbers of one frame, counted."""

    state: int
    taken: int = 0

    @classmethod
    def of_frame(cls, seed: int, frame_counter: int) -> Draws:
        state = (seed + (frame_counter + 1) * SPREAD) & WORD
        for _ in range(4):
            state = xorshift(state or 1) * SPREAD & WORD
        return cls(state)

    def choose(self, wanted: int, left: int) -> bool:
        """Is the next of ``left`` one of the ``wanted``? Certainty costs no number."""
        if wanted in (0, left):
            return wanted > 0
        self.state = xorshift(self.state)
        self.taken += 1
        return (self.state * SPREAD & WORD) * left >> 32 < wanted


def tiles() -> NDArray[np.int64]:
    return np.zeros((TILE_ROWS, TILE_COLS), np.int64)


@dataclass
class Side:
    """One side: what is kept, and how much of what was found where."""

    keep: list[bool]
    found: NDArray[np.int64]
    over: NDArray[np.int64] = field(default_factory=tiles)  # above the tile's quota
    sent: NDArray[np.int64] = field(default_factory=tiles)
    tile_limit: int = NO_QUOTA

    @property
    def over_limit(self) -> int:
        return int((self.found - self.over - self.sent).sum())


@dataclass(frozen=True)
class Selection:
    """Of both sides, E and F."""

    sides: tuple[Side, Side]
    draws: int


def rooms(found: tuple[int, int], limit: int, policy: str) -> tuple[int, int]:
    """How many events of each side are sent."""
    e, f = found
    first = limit - min(f, limit // 2) if policy == "fair" else limit
    room_e = min(e, first)
    return room_e, min(f, limit - room_e)


def raised(found: NDArray[np.int64], quota: int, room: int) -> int:
    """The least quota, from ``quota`` on, with which the tiles fill the room."""
    while np.minimum(found, quota).sum() < room:
        quota += 1
    return quota


def sample(places: Sequence[Place], side: Side, room: int, draws: Draws) -> None:
    """Sample the tiles down to their limit, and what takes part down to the room."""
    part = np.minimum(side.found, side.tile_limit)
    side.over = side.found - part
    seen, taken = tiles(), tiles()
    left, wanted = int(part.sum()), room
    for i, place in enumerate(places):
        t = tile_of(place)
        takes_part = draws.choose(int(part[t] - taken[t]), int(side.found[t] - seen[t]))
        seen[t] += 1
        if takes_part:
            taken[t] += 1
            side.keep[i] = draws.choose(wanted, left)
            wanted -= side.keep[i]
            left -= 1


def select(
    events_e: Sequence[Place],
    events_f: Sequence[Place],
    *,
    limit: int,
    policy: Literal["flight", "fair"] = "flight",
    tile_quota: int = 0,
    seed: int = 0,
    frame_counter: int = 0,
) -> Selection:
    """Choose among the events of both sides of a CCD, given as (row, column) in raster order.

    tile_quota: events of a 32x32 tile, 0 for no quota; seed and frame_counter: 32 bits each
    """
    draws = Draws.of_frame(seed, frame_counter)
    made = []
    by_side = rooms((len(events_e), len(events_f)), limit, policy)
    for places, room in zip((events_e, events_f), by_side, strict=True):
        side = Side([i < room for i in range(len(places))], tiles())
        for place in places:
            side.found[tile_of(place)] += 1
        if policy == "fair" and room < len(places):
            side.keep = [False] * len(places)
            if 0 < tile_quota < NO_QUOTA:
                side.tile_limit = raised(side.found, tile_quota, room)
            sample(places, side, room, draws)
        for place, keep in zip(places, side.keep, strict=True):
            side.sent[tile_of(place)] += keep
        made.append(side)
    return Selection((made[0], made[1]), draws.taken)
