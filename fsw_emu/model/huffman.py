# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Huffman codes of deviations: symbols, tables at hand, tables of counts. SPEC.md, section 8.6."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from functools import cache

DIRECT, SYMBOLS, MAX_BITS = 48, 64, 12
BANK, TABLES = 20, 68
MOST = 0xFFFF  # of values
VALUES = DIRECT - 1 + (2 << SYMBOLS - DIRECT)  # that symbols can tell of
LARGEST_COUNT = 1 << 25
OUTLIERS = 0.004  # share of values that follow no normal distribution, alike at every size

Bits = str  # of "0" and "1"


def symbol(value: int) -> tuple[int, Bits]:
    """A value's symbol and the bits that follow its code."""
    if value < DIRECT:
        return value, ""
    over = value - DIRECT + 1
    j = over.bit_length() - 1
    return DIRECT + j, bin(over)[3:]


def value_of(symbol: int, more: int) -> int:
    """The value of a symbol and the bits that follow its code."""
    return symbol if symbol < DIRECT else DIRECT - 1 + (1 << symbol - DIRECT) + more


def zigzag(d: int) -> int:
    """0, -1, 1, -2, ... -> 0, 1, 2, 3, ..."""
    return 2 * d if d >= 0 else -2 * d - 1


def unzigzag(value: int) -> int:
    return -(value + 1) // 2 if value % 2 else value // 2


def table_parts(table: int) -> tuple[int, int]:
    """Which of the bank a table index is, and how many low bits of a value go as they are."""
    return (table, 0) if table < 16 else (16 + table % 4, table // 4 - 4)


@cache
def _ends() -> tuple[int, ...]:
    """Mean value [1/256] at the spread halfway to the next table's."""

    def mean(sigma: float) -> float:
        at_least = [math.erfc((k - 0.5) / sigma / math.sqrt(2)) for k in range(1, 200)]
        return 2 * sum(at_least) - at_least[0] / 2  # a negative one is 1 less than twice its size

    return tuple(round(256 * mean(2 ** ((i + 0.5) / 4) / 4)) for i in range(BANK))


def table_for(total: int, n: int) -> int:
    """Which table suits n values with this sum: half the spread has half the mean, but for the
    1/2 that the steps of values add."""
    mean, table = 256 * total // n, 0
    while mean > _ends()[-1] and table < TABLES - BANK:
        mean, table = (mean - 128) // 2, table + 4
    banks = range(16 if table else 0, BANK)
    return table + next((i for i in banks if mean <= _ends()[i]), BANK - 1)


def probabilities(sigma: float) -> list[float]:
    """Of the symbols, for deviations of a normal distribution and a few of any size."""

    def below(x: float) -> float:
        return 0.5 * math.erfc(-x / sigma / math.sqrt(2))

    of = []
    for u in range(DIRECT):
        d = u // 2 if u % 2 == 0 else -(u + 1) // 2
        of.append((1 - OUTLIERS) * (below(d + 0.5) - below(d - 0.5)))
    for j in range(SYMBOLS - DIRECT):
        first, end = DIRECT - 1 + (1 << j), DIRECT - 1 + (2 << j)
        of.append((1 - OUTLIERS) * 2 * (below(end / 2) - below(first / 2)) + OUTLIERS / 16)
    return [max(p, 1e-6) for p in of]


def limited_lengths(weights: list[float], most: int = MAX_BITS) -> list[int]:
    """Lengths of the best code of up to ``most`` bits (package-merge)."""
    leaves = sorted((w, [s]) for s, w in enumerate(weights))
    packages: list[tuple[float, list[int]]] = []
    for _ in range(most):
        merged = sorted(leaves + packages, key=lambda item: item[0])
        pairs = zip(merged[::2], merged[1::2], strict=False)
        packages = [(a[0] + b[0], a[1] + b[1]) for a, b in pairs]
    lengths = [0] * len(weights)
    for _, symbols in packages[: len(weights) - 1]:
        for s in symbols:
            lengths[s] += 1
    return lengths


@cache
def bank() -> tuple[tuple[int, ...], ...]:
    """Lengths of the tables at hand, for spreads of 2^(i/4) / 4."""
    return tuple(tuple(limited_lengths(probabilities(2 ** (i / 4) / 4))) for i in range(BANK))


def huffman_lengths(weights: list[int]) -> list[int]:
    """Lengths of the Huffman code of rising weights, falling; of equal ones a symbol goes first."""
    made = list(weights)
    parents = [0] * (2 * SYMBOLS - 1)
    open_nodes = list(range(SYMBOLS))
    for node in range(SYMBOLS, 2 * SYMBOLS - 1):
        open_nodes.sort(key=lambda n: (made[n], n))
        a, b = open_nodes[:2]
        open_nodes = [*open_nodes[2:], node]
        made.append(made[a] + made[b])
        parents[a] = parents[b] = node
    depth = [0] * (2 * SYMBOLS - 1)
    for node in range(2 * SYMBOLS - 3, -1, -1):
        depth[node] = depth[parents[node]] + 1
    return sorted(depth[:SYMBOLS], reverse=True)


def lengths_of_counts(counts: Sequence[int]) -> list[int]:
    """Lengths of a Huffman code of these counts, none of which is taken for less than the least
    floor that keeps all within 12 bits. Of equal weights a symbol goes first, the first of them;
    then sums as they were made."""
    low, high = 0, LARGEST_COUNT
    while high - low > 1:
        middle = (low + high) // 2
        if max(_unlimited_lengths(counts, middle)) > MAX_BITS:
            low = middle
        else:
            high = middle
    return _unlimited_lengths(counts, high)


def _unlimited_lengths(counts: Sequence[int], floor: int) -> list[int]:
    """By nodes: those of symbols in order of their counts, then sums as they are made."""
    order = sorted(range(SYMBOLS), key=lambda s: (min(counts[s], LARGEST_COUNT), s))
    heap = [(max(min(counts[s], LARGEST_COUNT), floor), node) for node, s in enumerate(order)]
    parent, root = [0] * (2 * SYMBOLS - 1), 2 * SYMBOLS - 2
    for node in range(SYMBOLS, root + 1):
        (a, first), (b, second) = heapq.heappop(heap), heapq.heappop(heap)
        parent[first] = parent[second] = node
        heapq.heappush(heap, (a + b, node))
    depth = [0] * (root + 1)
    for node in reversed(range(root)):
        depth[node] = depth[parent[node]] + 1
    lengths = [0] * SYMBOLS
    for node, s in enumerate(order):
        lengths[s] = depth[node]
    return lengths


def is_complete(lengths: Sequence[int]) -> bool:
    """Can these be the lengths of codes that leave none unused, each of 1 to 12 bits?"""
    fit = all(1 <= length <= MAX_BITS for length in lengths)
    return fit and sum(1 << MAX_BITS - length for length in lengths) == 1 << MAX_BITS


def codes(lengths: Sequence[int]) -> list[Bits]:
    """Canonical codes: shorter ones first, symbols in order."""
    at, length, of = 0, 0, [""] * len(lengths)
    for s in sorted(range(len(lengths)), key=lambda s: (lengths[s], s)):
        at <<= lengths[s] - length
        length = lengths[s]
        of[s] = format(at, f"0{length}b")
        at += 1
    return of


def line_bits(values: list[int], lengths: Sequence[int], shift: int) -> Bits:
    """A line: the codes of all values with what follows each, then the low bits of all."""
    of = codes(lengths)
    high, low = "", ""
    for value in values:
        s, more = symbol(value >> shift)
        high += of[s] + more
        low += f"{value & (1 << shift) - 1:0{shift}b}" if shift else ""
    return high + low


class Reader:
    """Takes lines from a body; EOFError at its end."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._at = 0

    def take(self, n: int) -> Bits:
        if self._at + n > len(self._bits):
            raise EOFError
        self._at += n
        return self._bits[self._at - n : self._at]

    def take_bytes(self, n: int) -> bytes:
        return int(self.take(8 * n), 2).to_bytes(n, "big")

    def ends(self) -> None:
        """ValueError when whole bytes are left."""
        if len(self._bits) - self._at >= 8:
            raise ValueError("more than a coder writes")

    def codes(self, n: int, lengths: Sequence[int], most: int) -> list[int]:
        """The n values of a line without their low bits; ValueError when one is above ``most``."""
        symbols = {code: s for s, code in enumerate(codes(lengths))}
        values: list[int] = []
        for _ in range(n):
            code = ""
            while code not in symbols:
                code += self.take(1)
            s = symbols[code]
            more = self.take(max(s - DIRECT, 0))
            values.append(value_of(s, int(more or "0", 2)))
            if values[-1] > most:
                raise ValueError("a value that no deviation has")
        return values

    def low(self, value: int, shift: int) -> int:
        """A value with its low bits."""
        return value << shift | int(self.take(shift) or "0", 2)

    def line(self, n: int, lengths: Sequence[int], shift: int) -> list[int]:
        """The n values of a line."""
        high = self.codes(n, lengths, MOST >> shift)
        return [self.low(value, shift) for value in high]
