# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bad pixels: from rows, columns and single ones to the bits of a mask, and back."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.egse.tables.table import TableError
from fsw_emu.interface.memory_map import BAD_PIXEL_MASKS, MASK_BYTES, MASK_COLUMNS, MASK_ROWS

Pixels = NDArray[np.bool_]
SHAPE = (MASK_ROWS, MASK_COLUMNS)
_MOST_BYTES = 1 << 25  # maps of four nodes, eight bytes a pixel, and to spare
#: what is raised for a file that is no zip file, or of which something is not as it says
_BROKEN = (
    ValueError, EOFError, AttributeError, OSError, KeyError, TypeError, MemoryError,
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError,
)  # fmt: skip


def mark(pixels: Pixels, asked: Mapping[str, Any]) -> None:
    """Mark what a node of a source file names: ``rows`` and ``columns`` are numbers or ranges
    "a..b", ends included; ``pixels`` are [row, column]; ``rectangles`` [rows, columns].
    TableError."""
    for key in asked:
        if key not in ("rows", "columns", "pixels", "rectangles"):
            raise TableError(f"{key!r} is none of rows, columns, pixels, rectangles")
    for rows in _several(asked, "rows"):
        pixels[_range(rows, "row", MASK_ROWS), :] = True
    for columns in _several(asked, "columns"):
        pixels[:, _range(columns, "column", MASK_COLUMNS)] = True
    for pair in (*_several(asked, "pixels"), *_several(asked, "rectangles")):
        if not isinstance(pair, list) or len(pair) != 2:
            raise TableError(f"{pair!r}: [row, column] is needed")
        rows, columns = pair
        pixels[_range(rows, "row", MASK_ROWS), _range(columns, "column", MASK_COLUMNS)] = True


def packed(pixels: Pixels) -> bytes:
    """The mask, most significant bit first."""
    return np.packbits(pixels.ravel()).tobytes()


def unpacked(mask: bytes) -> Pixels:
    """Flags by row and column."""
    return np.unpackbits(np.frombuffer(mask, np.uint8)).reshape(SHAPE).astype(bool)


def read_maps(data: bytes) -> dict[str, Pixels]:
    """By node, from a file as ``fsw-emu run --bad-pixels`` takes it (numpy's savez), or from the
    packed masks of all nodes back to back. TableError."""
    nodes = tuple(BAD_PIXEL_MASKS)
    if len(data) == MASK_BYTES * len(nodes):
        parts = (data[at : at + MASK_BYTES] for at in range(0, len(data), MASK_BYTES))
        return {node: unpacked(part) for node, part in zip(nodes, parts, strict=True)}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(each.file_size for each in archive.infolist()) > _MOST_BYTES:
                raise TableError(f"more than {_MOST_BYTES} bytes when it is unpacked")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            found = {node: file[node] for node in file.files}
    except _BROKEN as error:
        if isinstance(error, TableError):
            raise
        what = f"neither a file of numpy's savez nor masks of {len(nodes)} nodes"
        raise TableError(what) from None
    for node, pixels in found.items():
        if pixels.shape != SHAPE or not np.isin(pixels, (0, 1)).all():
            raise TableError(f"{node}: no flags of {MASK_ROWS} x {MASK_COLUMNS} pixels")
    return {node: pixels.astype(bool) for node, pixels in found.items()}


def differences(onboard: bytes, wanted: bytes) -> Iterator[str]:
    """What differs between two masks, pixel by pixel."""
    there, asked = unpacked(onboard), unpacked(wanted)
    for row, column in np.argwhere(there != asked):
        words = ("bad on board, good in the file", "good on board, bad in the file")
        yield f"row {row}, column {column}: {words[int(asked[row, column])]}"


def _several(asked: Mapping[str, Any], key: str) -> Sequence[Any]:
    several = asked.get(key, [])
    if not isinstance(several, list):
        raise TableError(f"{key} is a list")
    return several


def _range(asked: object, what: str, size: int) -> slice:
    text = str(asked)
    first, dots, last = text.partition("..")
    if isinstance(asked, bool) or not first.isdecimal() or (dots and not last.isdecimal()):
        raise TableError(f"{what} {text!r}: a number or a range a..b is needed")
    start, end = int(first), int(last or first)
    if not 0 <= start <= end < size:
        raise TableError(f"{what} {text}: 0..{size - 1} there are")
    return slice(start, end + 1)
