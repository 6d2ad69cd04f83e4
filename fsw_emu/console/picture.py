# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Arrays as PNG pictures to look at (RFC 2083), with a palette."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: most rows or columns of a picture
MOST_PIXELS = 480

#: colours at even steps: greys, and night to day for counts
GREY = ((0, 0, 0), (255, 255, 255))
GLOW = (
    *((13, 17, 34), (38, 50, 110), (30, 110, 150)),
    *((60, 175, 140), (190, 220, 100), (255, 250, 220)),
)


def reduced(image: NDArray[Any]) -> NDArray[Any]:
    """Means of blocks, so that neither side is over MOST_PIXELS; rows and columns beyond the last
    whole block are left out."""
    step = -(-max(image.shape) // MOST_PIXELS)
    if step <= 1:
        return image
    high, wide = (min(step, size) for size in image.shape)
    rows, cols = image.shape[0] // high, image.shape[1] // wide
    blocks = image[: rows * high, : cols * wide].reshape(rows, high, cols, wide)
    return np.asarray(blocks.mean(axis=(1, 3)))


def stretched(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey levels: black at the 2 % quantile, white at 99 %."""
    low, high = np.quantile(image, (0.02, 0.99))
    scaled = (image - low) * (255 / max(high - low, 1e-9))
    return np.asarray(np.clip(scaled, 0, 255).astype(np.uint8))


def counts(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Counts by their square root; what is far over most pixels is as bright as can be."""
    top = max(1.6 * float(np.quantile(image, 0.98)), 1.0)
    return np.asarray(np.clip(np.sqrt(image / top) * 255, 0, 255).astype(np.uint8))


def png(levels: NDArray[np.uint8], colours: Sequence[tuple[int, int, int]]) -> bytes:
    """A PNG file of levels 0..255 (rows, columns), the first row at the bottom."""
    rows, cols = levels.shape
    at = np.linspace(0, len(colours) - 1, 256)
    channels = [np.interp(at, range(len(colours)), [c[i] for c in colours]) for i in range(3)]
    palette = np.stack(channels, axis=1).round().astype(np.uint8).tobytes()
    lines = np.zeros((rows, cols + 1), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = levels[::-1]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", cols, rows, 8, 3, 0, 0, 0)),
            (b"PLTE", palette),
            (b"IDAT", zlib.compress(lines.tobytes(), 6)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
