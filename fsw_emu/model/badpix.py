# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bad-pixel masks: one bit a pixel, row-major, most significant bit first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROWS, COLS = 639, 384  # of one node, 6x6 binned
BYTES = ROWS * COLS // 8  # 30,672


def _locate(row: int, col: int) -> tuple[int, int]:
    """Byte of a pixel and its bit in there."""
    byte, bit = divmod(row * COLS + col, 8)
    return byte, 0x80 >> bit


def _check(mask: bytes) -> None:
    if len(mask) != BYTES:
        raise ValueError(f"mask of {len(mask)} bytes, not {BYTES}")


def is_bad(mask: bytes, row: int, col: int) -> bool:
    """Is a pixel marked? One outside the node is bad (ASSUMED).

    ValueError for a mask that has not 30,672 bytes.
    """
    _check(mask)
    if not (0 <= row < ROWS and 0 <= col < COLS):
        return True
    byte, bit = _locate(row, col)
    return mask[byte] & bit != 0


def marked(mask: bytes, row: int, col: int, *, bad: bool = True) -> bytes:
    """The mask with one pixel marked or cleared.

    ValueError as :func:`is_bad`, or for a pixel outside the node.
    """
    _check(mask)
    if not (0 <= row < ROWS and 0 <= col < COLS):
        raise ValueError(f"pixel ({row}, {col}) is not in the node")
    byte, bit = _locate(row, col)
    changed = mask[byte] | bit if bad else mask[byte] & ~bit
    return mask[:byte] + bytes([changed]) + mask[byte + 1 :]


def mask_of(pixels: NDArray[np.bool_]) -> bytes:
    """Mask of a (639, 384) boolean array; ValueError for another shape."""
    if pixels.shape != (ROWS, COLS):
        raise ValueError(f"pixels of {pixels.shape}, not {(ROWS, COLS)}")
    weights = 0x80 >> np.arange(8)
    octets = (pixels.reshape(BYTES, 8) * weights).sum(axis=1)
    return bytes(octets.tolist())


def count(mask: bytes) -> int:
    """Bad pixels in a mask; ValueError as :func:`is_bad`."""
    _check(mask)
    return sum(byte.bit_count() for byte in mask)
