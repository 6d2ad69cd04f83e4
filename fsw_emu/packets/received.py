# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Coded packets as they came, and how large that makes what they are of.

Sizes and numbers from the wire are believed as far as what came bears them out: a few damaged or
foreign bytes must not cost the rest, nor gigabytes of memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import TypeVar

MOST_SAMPLES = 1 << 31  # of a stack
FREE_SAMPLES, FREE_EVENTS = 1 << 24, 1 << 16  # believed anyway
MOST_LOST = 64  # beyond that, times what came
MOST_GAP = 1 << 16  # packets lost in a row
SAMPLES_A_BYTE = 4096  # at the most: a run of equal samples by CCSDS 121

Size = TypeVar("Size")


def packet_list(packets: Iterable[bytes]) -> list[bytes]:
    """All of them; TypeError for bytes in place of a list of bytes, and for other elements."""
    if isinstance(packets, (bytes, bytearray, memoryview, str)):
        raise TypeError(f"packets: expected a list of bytes, got {type(packets).__name__}")
    return [bytes(memoryview(packet)) for packet in packets]


def stack_shape(
    given: Iterable[tuple[tuple[int, int, int], int]], expected: tuple[int, int, int] | None
) -> tuple[int, int, int]:
    """The shape (frames, rows, columns) of a stack, by that of each packet and its samples."""
    shape, came = _most(given, expected)
    size = shape[0] * shape[1] * shape[2]
    if size > MOST_SAMPLES:
        raise ValueError(f"packets of {shape}: more than 2^31 samples")
    if expected is None and size > max(FREE_SAMPLES, MOST_LOST * came):
        raise ValueError(f"packets of {shape}, of which {came} samples at the most came")
    return shape


def events_total(given: Iterable[tuple[int, int]], expected: int | None) -> int:
    """How many events a set has, by what each packet says and how many it has."""
    total, came = _most(given, expected)
    if expected is None and total > max(FREE_EVENTS, MOST_LOST * came):
        raise ValueError(f"packets of {total} events, of which {came} at the most came")
    return total


def _most(given: Iterable[tuple[Size, int]], expected: Size | None) -> tuple[Size, int]:
    """The size that most packets are of, of several the first, and how much of it came."""
    counts: Counter[Size] = Counter()
    came: Counter[Size] = Counter()
    for size, n in given:
        counts[size] += 1
        came[size] += n
    if expected is not None:
        counts = Counter({expected: counts[expected]})
    if not any(counts.values()):
        of = "" if expected is None else f" of {expected}"
        raise ValueError(f"no packet{of} is whole")
    size = max(counts, key=counts.__getitem__)
    return size, came[size]


def reach(numbers: Collection[int]) -> int:
    """How many packets there are up to the last; what comes after a gap is left out."""
    end = 0
    for number in sorted(numbers):
        if number - end > MOST_GAP:
            break
        end = number + 1
    if not end:
        why = f": packets from number {min(numbers)} on" if numbers else ""
        raise ValueError(f"no packet is whole{why}")
    return end
