# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bad-pixel masks against their model and numpy's bit packing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import u32

from fsw_emu.core import Core
from fsw_emu.model import badpix as model

ROWS, COLS, BYTES = 639, 384, 30672

row_numbers = st.one_of(st.integers(0, ROWS - 1), st.sampled_from([0, ROWS - 1]))
col_numbers = st.one_of(st.integers(0, COLS - 1), st.sampled_from([0, 7, 8, COLS - 1]))
positions = st.tuples(row_numbers, col_numbers)
seeds = st.integers(0, 2**32 - 1)


def random_mask(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(BYTES)


def unpacked(mask: bytes) -> NDArray[np.bool_]:
    """The outside judge's reading of a mask."""
    return np.unpackbits(np.frombuffer(mask, np.uint8)).reshape(ROWS, COLS).astype(np.bool_)


@pytest.mark.verifies("BAD-1")
@given(bad=st.sets(positions, max_size=60))
def test_mask_is_what_numpy_packs(core: Core, bad: set[tuple[int, int]]) -> None:
    pixels = np.zeros((ROWS, COLS), np.bool_)
    for row, col in bad:
        pixels[row, col] = True
    mask = core.bad_pixel_mask(pixels)
    assert mask == np.packbits(pixels).tobytes() == model.mask_of(pixels)


@pytest.mark.verifies("BAD-1")
@given(seed=seeds, places=st.lists(positions, min_size=1, max_size=40))
def test_bits_are_where_numpy_unpacks_them(
    core: Core, seed: int, places: list[tuple[int, int]]
) -> None:
    mask = random_mask(seed)
    pixels = unpacked(mask)
    for row, col in places:
        assert core.bad_pixel(mask, row, col) == pixels[row, col]
        assert model.is_bad(mask, row, col) == pixels[row, col]


@pytest.mark.verifies("BAD-3", "NODE-3")
@given(row=u32, col=u32, inside=positions)
def test_outside_the_node_is_bad(
    core: Core, csxi: SimpleNamespace, row: int, col: int, inside: tuple[int, int]
) -> None:
    mask = bytes(BYTES)
    for r, c in [(row, inside[1]), (inside[0], col), (ROWS, inside[1]), (inside[0], COLS)]:
        expected = r >= ROWS or c >= COLS
        assert core.bad_pixel(mask, r, c) == expected == model.is_bad(mask, r, c)
        assert csxi.lib.sxi_badpix_test(mask, BYTES, r, c) == int(expected)


@given(seed=seeds, place=positions, bad=st.integers(0, 2**32 - 1))
def test_set_changes_one_pixel(
    csxi: SimpleNamespace, seed: int, place: tuple[int, int], bad: int
) -> None:
    mask = bytearray(random_mask(seed))
    expected = unpacked(bytes(mask))
    expected[place] = bad != 0
    by_model = model.marked(bytes(mask), *place, bad=bad != 0)
    memory = csxi.ffi.from_buffer("uint8_t[]", mask)
    assert csxi.lib.sxi_badpix_set(memory, BYTES, *place, bad) == 0
    np.testing.assert_array_equal(unpacked(bytes(mask)), expected)
    assert mask == by_model
    assert csxi.lib.sxi_badpix_count(memory, BYTES) == expected.sum() == model.count(bytes(mask))


def test_count_of_every_byte(csxi: SimpleNamespace) -> None:
    for byte in range(256):
        mask = csxi.ffi.from_buffer("uint8_t[]", bytes([byte]) * BYTES)
        assert csxi.lib.sxi_badpix_count(mask, BYTES) == BYTES * f"{byte:b}".count("1")


@pytest.mark.verifies("BAD-2")
def test_example_of_the_calibration_file(core: Core) -> None:
    pixels = np.zeros((ROWS, COLS), np.bool_)
    pixels[10, 20] = True
    mask = core.bad_pixel_mask(pixels)
    assert mask[482] == 0x08
    assert np.flatnonzero(np.frombuffer(mask, np.uint8)).tolist() == [482]
    assert core.bad_pixel(mask, 10, 20)


def test_model_refuses_what_is_no_mask() -> None:
    for size in (0, BYTES - 1, BYTES + 1):
        with pytest.raises(ValueError, match="bytes"):
            model.is_bad(bytes(size), 0, 0)
    with pytest.raises(ValueError, match="not in the node"):
        model.marked(bytes(BYTES), ROWS, 0)
    with pytest.raises(ValueError, match="pixels of"):
        model.mask_of(np.zeros((COLS, ROWS), np.bool_))
