# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Numbers that look random and are a function of their place: asked in any order, or not asked at
all, each is what it is."""

from __future__ import annotations

import math

_MASK = (1 << 64) - 1
_SCALE = math.sqrt(12 / 4 / ((1 << 32) - 1))


def word(*place: int) -> int:
    """64 bits of a place: splitmix64 over its numbers, each taken modulo 2**64."""
    state = 0
    for number in place:
        state = (state + number + 0x9E3779B97F4A7C15) & _MASK
        state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def uniform(*place: int) -> float:
    """Above 0 and up to 1, in steps of 2**-53."""
    return ((word(*place) >> 11) + 1) * 2.0**-53


def below(end: int, *place: int) -> int:
    """0..end - 1."""
    return word(*place) * end >> 64


def normal(*place: int) -> float:
    """Of mean 0 and standard deviation 1, and never beyond 3.5: the sum of four uniform ones."""
    bits = word(*place)
    total = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    return (total - 2 * 0xFFFF) * _SCALE


def exponential(*place: int) -> float:
    """Of mean 1."""
    return -math.log(uniform(*place))
