# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Size reduction of images before compression (what each step does exactly is ASSUMED)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def crop(
    image: NDArray[np.uint16], *, top: int, left: int, rows: int, cols: int
) -> NDArray[np.uint16]:
    """``rows`` x ``cols`` pixels from (``top``, ``left``) on (sdpCropX/Y/T/B).

    ValueError when the window is empty or not within the image.
    """
    n_rows, n_cols = image.shape
    if not (0 <= top < top + rows <= n_rows and 0 <= left < left + cols <= n_cols):
        raise ValueError(f"{rows} x {cols} at ({top}, {left}) of {image.shape}")
    return image[top : top + rows, left : left + cols].copy()


def bin_blocks(image: NDArray[np.uint16], *, rows: int, cols: int) -> NDArray[np.uint16]:
    """Sums of blocks of ``rows`` x ``cols`` pixels [ADU], at most 65,535 (sdpBinX/Y).

    Rows and columns that fill no block at the far edges are left out. ValueError for a
    block without pixels.
    """
    if rows < 1 or cols < 1:
        raise ValueError(f"blocks of {rows} x {cols} pixels")
    n_rows, n_cols = image.shape[0] // rows, image.shape[1] // cols
    whole = image[: n_rows * rows, : n_cols * cols].astype(np.uint64)
    sums = whole.reshape(n_rows, rows, n_cols, cols).sum(axis=(1, 3))
    binned: NDArray[np.uint16] = np.minimum(sums, 0xFFFF).astype(np.uint16)
    return binned


def decimate(image: NDArray[np.uint16], *, step: int) -> NDArray[np.uint16]:
    """Every ``step``-th pixel of every ``step``-th row, the first included (sdpDecimN).

    ValueError for a step below 1.
    """
    if step < 1:
        raise ValueError(f"step {step}")
    return image[::step, ::step].copy()


def stack(total: NDArray[np.uint32], image: NDArray[np.uint16]) -> NDArray[np.uint32]:
    """``total`` + ``image`` [ADU], at most 2^32 - 1 (sdpGroupMembers)."""
    sums = total.astype(np.uint64) + image
    stacked: NDArray[np.uint32] = np.minimum(sums, 0xFFFF_FFFF).astype(np.uint32)
    return stacked
