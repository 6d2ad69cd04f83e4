# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Crop, bin, decimate and stack against their model and an outside judge."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.nddata import block_reduce
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from strategies import u16, u32

from fsw_emu.core import Core
from fsw_emu.model import image as model

factors = st.integers(1, 9)


@st.composite
def images(draw: st.DrawFn) -> NDArray[np.uint16]:
    """Small, of any samples, of many that saturate a sum, or of few that never do."""
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 40)))
    low, high = draw(st.sampled_from([(0, 0xFFFF), (0x3000, 0xFFFF), (0, 700)]))
    return draw(hnp.arrays(np.uint16, shape, elements=st.integers(low, high)))


@pytest.mark.verifies("IMG-4")
@given(image=images(), data=st.data())
def test_crop_agrees(core: Core, image: NDArray[np.uint16], data: st.DataObject) -> None:
    rows, cols = (data.draw(st.integers(1, side)) for side in image.shape)
    top = data.draw(st.integers(0, image.shape[0] - rows))
    left = data.draw(st.integers(0, image.shape[1] - cols))
    window = {"top": top, "left": left, "rows": rows, "cols": cols}
    cropped = core.image_crop(image, **window)
    np.testing.assert_array_equal(cropped, model.crop(image, **window), strict=True)


@pytest.mark.verifies("IMG-5")
@given(image=images(), rows=factors, cols=factors)
def test_bin_agrees(core: Core, image: NDArray[np.uint16], rows: int, cols: int) -> None:
    binned = core.image_bin(image, rows=rows, cols=cols)
    expected = model.bin_blocks(image, rows=rows, cols=cols)
    np.testing.assert_array_equal(binned, expected, strict=True)


@pytest.mark.verifies("IMG-5")
def test_blocks_wider_than_the_image_leave_nothing(core: Core) -> None:
    image = np.ones((4, 3), np.uint16)
    assert core.image_bin(image, rows=2, cols=5).shape == (2, 0)
    assert core.image_bin(image, rows=5, cols=2).shape == (0, 1)


@pytest.mark.verifies("IMG-5")
@given(image=images(), rows=factors, cols=factors)
def test_bin_by_astropy(core: Core, image: NDArray[np.uint16], rows: int, cols: int) -> None:
    rows, cols = min(rows, image.shape[0]), min(cols, image.shape[1])
    sums = block_reduce(image.astype(np.int64), (rows, cols), np.sum)
    binned = core.image_bin(image, rows=rows, cols=cols)
    np.testing.assert_array_equal(binned, np.minimum(sums, 0xFFFF))


@pytest.mark.verifies("IMG-6")
@given(image=images(), step=st.integers(1, 45))
def test_decimate_agrees(core: Core, image: NDArray[np.uint16], step: int) -> None:
    decimated = core.image_decimate(image, step=step)
    np.testing.assert_array_equal(decimated, model.decimate(image, step=step), strict=True)


@given(image=images(), step=st.integers(2**31, 2**32 - 1))
def test_decimate_by_the_largest_steps(core: Core, image: NDArray[np.uint16], step: int) -> None:
    np.testing.assert_array_equal(core.image_decimate(image, step=step), image[:1, :1])


@pytest.mark.verifies("IMG-7")
@given(image=images(), data=st.data())
def test_stack_agrees(core: Core, image: NDArray[np.uint16], data: st.DataObject) -> None:
    levels = st.one_of(u32, st.integers(2**32 - 70_000, 2**32 - 1))
    total = data.draw(hnp.arrays(np.uint32, image.shape, elements=levels))
    before = total.copy()
    stacked = core.image_stack(total, image)
    np.testing.assert_array_equal(stacked, model.stack(total, image), strict=True)
    np.testing.assert_array_equal(total, before)


@given(image=images())
def test_factor_of_one_changes_nothing(core: Core, image: NDArray[np.uint16]) -> None:
    rows, cols = image.shape
    for same in (
        core.image_crop(image, top=0, left=0, rows=rows, cols=cols),
        core.image_bin(image, rows=1, cols=1),
        core.image_decimate(image, step=1),
        core.image_stack(np.zeros(image.shape, np.uint32), image),
    ):
        np.testing.assert_array_equal(same, image)


@given(image=images(), rows=factors, cols=factors)
def test_bins_of_bins_are_bins(core: Core, image: NDArray[np.uint16], rows: int, cols: int) -> None:
    """Also where they saturate: a clipped sum is the clipped sum of clipped sums."""
    once = core.image_bin(image, rows=rows, cols=cols)
    by_rows = core.image_bin(image, rows=rows, cols=1)
    if by_rows.size:
        np.testing.assert_array_equal(core.image_bin(by_rows, rows=1, cols=cols), once)


@pytest.mark.verifies("IMG-5")
@pytest.mark.parametrize("shape", [(1, 65535), (65535, 1), (3, 65535)])
@pytest.mark.parametrize("value", [0, 1, 65535])
def test_largest_bins(core: Core, shape: tuple[int, int], value: int) -> None:
    """65,535 saturated pixels in a row are the largest sum that 32 bits hold."""
    binned = core.image_bin(np.full(shape, value, np.uint16), rows=shape[0], cols=shape[1])
    assert binned.tolist() == [[min(value * shape[0] * shape[1], 65535)]]


@given(n=st.integers(0, 50), value=u16)
def test_stack_counts_its_samples(csxi: SimpleNamespace, n: int, value: int) -> None:
    stack = csxi.ffi.new("uint32_t[]", 51)
    image = csxi.ffi.new("uint16_t[]", [value] * 51)
    assert csxi.lib.sxi_image_stack(stack, image, n) == n
    assert list(stack) == [value] * n + [0] * (51 - n)


def test_model_refuses_what_is_no_part() -> None:
    image = np.zeros((3, 4), np.uint16)
    for window in [(0, 0, 0, 1), (0, 0, 4, 1), (1, 0, 3, 1), (0, 4, 1, 1), (-1, 0, 1, 1)]:
        with pytest.raises(ValueError, match="of"):
            model.crop(image, **dict(zip(("top", "left", "rows", "cols"), window, strict=True)))
    with pytest.raises(ValueError, match="blocks"):
        model.bin_blocks(image, rows=0, cols=1)
    with pytest.raises(ValueError, match="step"):
        model.decimate(image, step=0)
