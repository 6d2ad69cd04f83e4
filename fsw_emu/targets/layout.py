# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The same value in two memories: this machine's, and a 32-bit big-endian one's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

POINTER = np.dtype(">u4")


@dataclass(frozen=True)
class Layout:
    """Of one element: as it lies here (None where it holds pointers), and on the target."""

    here: np.dtype[Any] | None
    there: np.dtype[Any]

    @property
    def plain(self) -> np.dtype[Any]:
        """``here``; TypeError where there are pointers."""
        if self.here is None:
            raise TypeError("pointers have no layout of their own")
        return self.here

    def to_target(self, memory: Any) -> bytes:
        """Elements of this machine's memory, as the target's bytes."""
        return np.frombuffer(memory, self.plain).astype(self.there.base).tobytes()

    def from_target(self, data: bytes, memory: Any) -> None:
        """The target's bytes into this machine's memory."""
        here: NDArray[Any] = np.frombuffer(memory, self.plain)
        here[:] = np.frombuffer(data, self.there)


def _uniform(fields: list[tuple[str, Layout, int, int]], size: int) -> str | None:
    """The one scalar that a structure without padding consists of, if so."""
    kinds = {layout.there.str for _, layout, _, _ in fields}
    total = sum(layout.there.itemsize * count for _, layout, count, _ in fields)
    kind = kinds.pop()[1:]
    return kind if not kinds and total == size and kind[0] in "iu" else None


def layout_of(ffi: Any, ctype: Any) -> Layout:
    """Layout of a cffi type: a scalar, a pointer, or a structure of both."""
    if ctype.kind == "pointer":
        return Layout(None, POINTER)
    if ctype.kind == "enum":
        return Layout(np.dtype("i4"), np.dtype(">i4"))
    if ctype.kind == "primitive":
        code = f"{'i' if int(ffi.cast(ctype, -1)) < 0 else 'u'}{ffi.sizeof(ctype)}"
        return Layout(np.dtype(code), np.dtype(code).newbyteorder(">"))
    fields = []
    end = 0
    alignment = 1
    for name, field in ctype.fields:
        item, count = field.type, 1
        if item.kind == "array":
            item, count = item.item, item.length
        layout = layout_of(ffi, item)
        width = layout.there.alignment
        offset = -(-end // width) * width
        end = offset + layout.there.itemsize * count
        alignment = max(alignment, width)
        fields.append((name, layout, count, offset))
    size = -(-end // alignment) * alignment
    uniform = _uniform(fields, size)
    if uniform is not None and size == ffi.sizeof(ctype):
        count = size // np.dtype(uniform).itemsize
        return Layout(np.dtype((uniform, (count,))), np.dtype((f">{uniform}", (count,))))
    return _structured(ffi, ctype, fields, size)


def _structured(
    ffi: Any, ctype: Any, fields: list[tuple[str, Layout, int, int]], size: int
) -> Layout:
    names = [name for name, *_ in fields]

    def formats(side: str) -> list[Any]:
        of = [(getattr(layout, side), count) for _, layout, count, _ in fields]
        return [(dtype, (count,)) if count > 1 else dtype for dtype, count in of]

    there = np.dtype(
        {
            "names": names,
            "formats": formats("there"),
            "offsets": [offset for *_, offset in fields],
            "itemsize": size,
        }
    )
    if any(layout.here is None for _, layout, _, _ in fields):
        return Layout(None, there)
    here = np.dtype(
        {
            "names": names,
            "formats": formats("here"),
            "offsets": [field.offset for _, field in ctype.fields],
            "itemsize": ffi.sizeof(ctype),
        }
    )
    return Layout(here, there)
