# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Memory with canaries around it, to catch writes outside."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

GUARD = 64
POISON = 0xC5
ROOM = -2


class Guarded:
    """n elements between two canaries."""

    def __init__(self, csxi: SimpleNamespace, ctype: str, n: int) -> None:
        self.memory: NDArray[Any] = np.full(n + 2 * GUARD, POISON, ctype.removesuffix("_t"))
        self.inside = self.memory[GUARD : GUARD + n]
        self.pointer = csxi.ffi.cast(f"{ctype} *", self.inside.ctypes.data)

    def is_intact(self) -> bool:
        """Nothing was written around the elements."""
        return bool(
            (self.memory[:GUARD] == POISON).all() and (self.memory[-GUARD:] == POISON).all()
        )

    def is_untouched(self) -> bool:
        """Nothing was written at all."""
        return bool((self.memory == POISON).all())


def tight(csxi: SimpleNamespace, size: int, call: Callable[[Any, int], int]) -> bytes:
    """What ``call(out, room)`` writes into exactly ``size`` bytes; with less it must say ROOM."""
    for room in {0, size // 2, size - 1}:
        less = Guarded(csxi, "uint8_t", room)
        assert call(less.pointer, room) == ROOM
        assert less.is_intact()
    exact = Guarded(csxi, "uint8_t", size)
    assert call(exact.pointer, size) in (0, size)
    assert exact.is_intact()
    return exact.inside.tobytes()


def state(csxi: SimpleNamespace, *structs: Any) -> list[bytes]:
    return [bytes(csxi.ffi.buffer(struct)) for struct in structs]


def octets(csxi: SimpleNamespace, data: bytes) -> Any:
    """Exactly these bytes, so that a sanitiser sees a read beyond them."""
    made = csxi.ffi.new("uint8_t[]", len(data))  # not from the bytes, which would add a zero
    csxi.ffi.buffer(made)[:] = data
    return made
