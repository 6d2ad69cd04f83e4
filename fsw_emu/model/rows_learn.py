# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a group of frames has in common: means of columns, a table of codes.

Integers alone, as the core has them: a mean in 1/256 ADU, shifts that round down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fsw_emu.model import huffman
from fsw_emu.model.rows import LARGEST_COLUMN, MOST, Group, Lines, quantise
from fsw_emu.model.rows_packet import COLUMN, Packet

FINE = 256
LARGEST_BASE = 4 * MOST + 3
MAX_STEP = 8
CLIP = 4  # a sample moves a mean as one so many spreads away would, at most
FINEST_SPREAD = 64
BASE_LINES = 4  # of a group, whose packets are longer
SHIFT_ROWS = 3  # the middle one of their sums says how many low bits a table has
TRIPLES = 1024  # of medians, at most
BEYOND = 5  # values count up to so many times the mean of medians
MOST_SPREAD, MOST_ROWS, MOST_SAMPLES = 4095, 512, 1 << 30
SAFE_TABLE = 51  # for the columns' line where the one of their sum takes more bits


def _medians(numbers: Sequence[int]) -> list[int]:
    """Of each three numbers a third of all from each other: a track does not drag them."""
    third = len(numbers) // 3
    triples = (numbers[i : i + 2 * third + 1 : third] for i in range(min(third, TRIPLES)))
    return [sorted(of)[1] for of in triples]


def base_of(lines: Sequence[Sequence[int]], columns: Sequence[int]) -> int:
    """The base [1/4 ADU] of predictor 0: what samples of a few lines are over their columns."""
    of: list[list[int]] = []
    for line in lines[:BASE_LINES]:
        eighths = [8 * x - of for x, of in zip(line, columns, strict=True)]
        of.append(_medians(eighths))
    if len(of) > 2:  # without the highest and the lowest: an injected line has no say
        of = sorted(of, key=sum)[1:-1]
    some = [eighth for line in of for eighth in line] or eighths[:1]
    mean = (2 * sum(some) + len(some)) // (2 * len(some))
    return min(max((mean + 1) // 2, 0), LARGEST_BASE)


def aside(near_lossless: int, spread: int) -> int:
    """How far the base of a group goes to the side [1/4 ADU]: a quarter of a large step where
    normal spreads are 0.5 to 1.7 of them. Off the middle of a step, what lies above and below it
    is not alike, and neither are lengths of codes."""
    step = 2 * near_lossless + 1
    return step if near_lossless and 102 * step <= spread <= 348 * step else 0


def table_for(values: Sequence[int]) -> int:
    """The table of the bank for values of which a few may lie far beyond the others."""
    return huffman.table_for(_sum(values), len(values))


def _sum(values: Sequence[int]) -> int:
    of = _medians(values)
    most = BEYOND * (sum(of) // len(of) + 1) if of else MOST
    return sum(min(value, most) for value in values)


def learn(learnt: Sequence[Sequence[int]]) -> tuple[tuple[int, ...] | None, int]:
    """Deviations of columns from the mean of all [1/8 ADU], from rows one by one: None where they
    save less than their line takes, twice. And the mean size of what is left [1/256 ADU]."""
    means: list[int] = []
    spread = 0
    for n, line in enumerate(learnt):
        if n == 0:
            base = base_of([line], [0] * len(line))
            means = [base * FINE // 4] * len(line)
            off = [huffman.zigzag(quantise(x, (base + 2) // 4, 0)) for x in line]
            spread = _sum(off) // len(line) * FINE // 2
        step = min(max(n.bit_length() - 1, 0), MAX_STEP)
        clip = CLIP * max(spread, FINEST_SPREAD)
        moved = [max(min(x * FINE - of, clip), -clip) for x, of in zip(line, means, strict=True)]
        means = [of + (by >> step) for of, by in zip(means, moved, strict=True)]
        now = sum(abs(by) >> 4 for by in moved) // len(line) * 16
        spread += (now - spread) >> step
    mean = sum(means) // len(means)
    eighths = (of - mean + FINE // 16 >> 5 for of in means)
    columns = tuple(max(min(of, LARGEST_COLUMN), -LARGEST_COLUMN) for of in eighths)
    return columns if _pay(columns, spread, len(learnt)) else None, spread


def _pay(columns: Sequence[int], spread: int, n_learnt: int) -> bool:
    """By the squares of how far they are apart and of the spread, less what chance adds."""
    n = len(columns)
    apart = (sum(abs(of) for of in columns) + n // 2) // n
    spread = min(spread * 8 // FINE, MOST_SPREAD)
    more = apart**2 - spread**2 // min(n_learnt, MOST_ROWS)
    samples = n * min(n_learnt, MOST_SAMPLES // n)
    bits = _bits(columns, table_of_columns(columns))
    return more > 0 and more * samples * 3 // 2 > spread**2 * bits


def table_of_rows(
    p: Packet, columns: tuple[int, ...] | None, spread: int, runs: Iterable[Sequence[Sequence[int]]]
) -> tuple[int, tuple[int, ...]]:
    """Shift and lengths of codes, from runs of successive rows."""
    counts, shift = [0] * huffman.SYMBOLS, -1
    for run in runs:
        base = 4 * run[0][0]
        if p.predictor == COLUMN:
            base = base_of(run, columns or [0] * p.cols) + aside(p.near_lossless, spread)
            base = min(base, LARGEST_BASE)
        lines = Lines(replace(p, n_samples=p.cols, base=base), Group(columns))
        values_of = [lines.values(line) for line in run]
        if shift < 0:
            sums = [_sum(values) for values in values_of[:SHIFT_ROWS]]
            middle = sorted((sums[0], sums[len(sums) // 2], sums[-1]))[1]
            shift = _shift_for(huffman.table_for(middle, p.cols))
        for values in values_of:
            for value in values:
                counts[huffman.symbol(value >> shift)[0]] += 1
    return shift, tuple(huffman.lengths_of_counts(counts))


def _shift_for(table: int) -> int:
    """Low bits for a table of a group's own: of all but the widest quarter of spreads one less than
    in the bank, since finer symbols are worth more than the few sent beyond the direct ones."""
    _, shift = huffman.table_parts(table)
    return shift - 1 if shift and table % 4 < 3 else shift


def table_of_columns(columns: Sequence[int]) -> int:
    """The table for the columns' line."""
    table = table_for([huffman.zigzag(of) for of in columns])
    return min(table, SAFE_TABLE, key=lambda table: _bits(columns, table))


def _bits(columns: Sequence[int], table: int) -> int:
    """Of the columns' line with a table of the bank."""
    bank, shift = huffman.table_parts(table)
    line = [huffman.zigzag(of) for of in columns]
    return len(huffman.line_bits(line, huffman.bank()[bank], shift))
