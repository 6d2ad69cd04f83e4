# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Codes of deviations: the rules alone, then the core's tables through packets of rows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.model import huffman, rows
from fsw_emu.model import rows_packet as layout

MOST = 0xFFFF
MIDDLE = 0x8000

counts = st.lists(st.integers(0, 40) | st.integers(0, 2**32 - 1), min_size=64, max_size=64)


@pytest.mark.verifies("HUF-1", "HUF-2")
def test_every_value_is_one_symbol_and_what_follows() -> None:
    seen = set()
    for d in range(-MIDDLE, MIDDLE):
        value = huffman.zigzag(d)
        assert huffman.unzigzag(value) == d
        s, more = huffman.symbol(value)
        assert huffman.value_of(s, int(more or "0", 2)) == value
        assert len(more) == max(s - 48, 0)
        seen.add(value)
    assert seen == set(range(MOST + 1))
    assert [huffman.zigzag(d) for d in (0, -1, 1, -2, 2)] == [0, 1, 2, 3, 4]
    assert [huffman.symbol(v) for v in (47, 48, 49, 50, 51)] == [
        (47, ""), (48, ""), (49, "0"), (49, "1"), (50, "00"),
    ]  # fmt: skip


@pytest.mark.verifies("HUF-3")
@given(counts=counts)
def test_codes_of_any_counts(counts: list[int]) -> None:
    """Complete, limited, canonical; no symbol's code begins another's."""
    lengths = huffman.lengths_of_counts(counts)
    assert huffman.is_complete(lengths)
    codes = huffman.codes(lengths)
    in_order = [codes[s] for s in sorted(range(64), key=lambda s: (lengths[s], s))]
    assert in_order == sorted(codes)
    assert not any(b.startswith(a) for a, b in itertools.pairwise(sorted(codes)))
    assert [len(code) for code in codes] == lengths


@given(counts=counts)
def test_codes_are_near_their_entropy(counts: list[int]) -> None:
    """Within a bit of it, as Huffman's are, while none is longer than 12 bits."""
    n = sum(max(c, 1) for c in counts)
    p = [max(c, 1) / n for c in counts]
    limited = huffman.limited_lengths(p)
    made = huffman.lengths_of_counts(counts)
    of = sum(q * length for q, length in zip(p, made, strict=True))
    best = sum(q * length for q, length in zip(p, limited, strict=True))
    assert best <= of + 1e-9
    if min(p) > 2**-8:  # no code is so long that its length would be limited
        assert of == pytest.approx(best)
        assert of < 1 - sum(q * math.log2(q) for q in p)


@pytest.mark.verifies("HUF-4")
def test_the_bank_is_near_the_entropy_of_each_spread() -> None:
    """Its own spread best of all tables."""
    bank = huffman.bank()
    assert len(bank) == 20
    for i, lengths in enumerate(bank):
        assert huffman.is_complete(lengths)
        p = huffman.probabilities(2 ** (i / 4) / 4)
        cost = [sum(q * n for q, n in zip(p, table, strict=True)) for table in bank]
        entropy = -sum(q * math.log2(q) for q in p)
        assert cost[i] == min(cost)
        assert cost[i] < entropy + max(p) + 0.087  # Gallager's bound of Huffman's codes


def of_every_symbol(shift: int) -> NDArray[np.uint16]:
    """Samples whose values, about MIDDLE, have each symbol that values up to 65,535 can have."""
    high = [*range(48), *(47 + 2**j + more for j in range(16) for more in (0, 2**j - 1))]
    low = [0, 1, (1 << shift) - 1]
    made = {v << shift | bits & (1 << shift) - 1 for v in high for bits in low}
    values = sorted(value for value in made if value <= MOST)
    return np.array([MIDDLE + huffman.unzigzag(value) for value in values], np.uint16)


@pytest.mark.verifies("HUF-2", "HUF-4", "HUF-5", "HUF-6")
@pytest.mark.parametrize("m", [0, 1])
def test_every_symbol_of_every_table(core: Core, m: int) -> None:
    """A packet each; of shift 0 all 64 symbols."""
    for table in range(huffman.TABLES):
        _, shift = huffman.table_parts(table)
        samples = of_every_symbol(shift)
        p = layout.Packet(
            layout.INDEPENDENT, 1, 1, len(samples), n_samples=len(samples), table=table,
            base=4 * MIDDLE, near_lossless=m,
        )  # fmt: skip
        values = rows.values(samples, p)[0]
        symbols = {huffman.symbol(value >> shift)[0] for value in values}
        if m == 0:
            most = huffman.symbol(MOST >> shift)[0]
            assert symbols == set(range(most + 1))
            assert shift > 0 or most == 63
        back, ok = core.rows_decode([layout.build(p, rows.body(samples, p))])
        assert ok.all()
        assert np.abs(back[0, 0].astype(int) - samples).max() <= m


@pytest.mark.verifies("HUF-3", "HUF-6", "ROWS-11")
@given(counts=counts, shift=st.integers(0, 12))
def test_every_symbol_of_a_models_table(core: Core, counts: list[int], shift: int) -> None:
    """With codes of any lengths, up to 12 bits and 15 that follow."""
    samples = of_every_symbol(shift)
    group = rows.Group(None, shift, tuple(huffman.lengths_of_counts(counts)))
    model = rows.model_packet(group, 0, frames=1, rows=1, cols=len(samples))
    p = layout.Packet(
        layout.GROUPED, 1, 1, len(samples), n_samples=len(samples), table=layout.MODEL_TABLE,
        base=4 * MIDDLE, model_id=layout.parse(model)[0].model_id,
    )  # fmt: skip
    back, ok = core.rows_decode([model, layout.build(p, rows.body(samples, p, group))])
    assert ok.all()
    assert np.array_equal(back[0, 0], samples)
