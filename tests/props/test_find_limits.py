# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What event detection beyond flight refuses, and the memory that it keeps to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tight import POISON, Guarded

from fsw_emu.core import Core

PARAM = -1
NO_LIMIT = 2**32 - 1


@pytest.mark.parametrize(
    "option",
    [
        {"threshold": 65536}, {"ties": "fair"}, {"window_order": "spiral"}, {"limit": -1},
        {"saturation": 65536}, {"sigmas_q4": -1}, {"masked": b"\0" * 7},
        {"offset": np.zeros((8, 7), np.uint32)}, {"noise": np.zeros((7, 8), np.uint16)},
        {"row_state": np.zeros(7, np.uint8)}, {"common": np.zeros((8, 2), np.int32)},
        {"row_threshold": np.zeros(9, np.uint16)}, {"row_threshold": np.zeros((8, 1), np.uint16)},
    ],
)  # fmt: skip
def test_options_of_the_wrong_size_are_refused(core: Core, option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(option))}: "):
        core.find_events(np.zeros((8, 8), np.uint16), **{"threshold": 1, **option})
    for name, value in option.items():
        if isinstance(value, np.ndarray):
            with pytest.raises(TypeError):
                core.find_events(
                    np.zeros((8, 8), np.uint16),
                    **{"threshold": 1, name: value.astype(np.float32)},
                )


def exact(csxi: SimpleNamespace, ctype: str, values: Any) -> Guarded:
    memory = Guarded(csxi, ctype, len(values))
    memory.inside[:] = values
    return memory


@pytest.mark.verifies("FIND-16")
@pytest.mark.parametrize("room", [0, 1, 2, 3])
@pytest.mark.parametrize("with_flags", [True, False])
def test_exact_buffers(csxi: SimpleNamespace, room: int, with_flags: bool) -> None:
    """Arrays of exactly the frame's size, room for fewer than the 3 events: canaries stay."""
    ffi, lib = csxi.ffi, csxi.lib
    rows, cols = 7, 67
    frame = np.full((rows, cols), 100, np.uint16)
    frame[3, [4, 10, 64]] = 300
    memories = {
        "offset": exact(csxi, "uint32_t", np.full(rows * cols, 25600)),
        "noise": exact(csxi, "uint16_t", np.full(rows * cols, 256)),
        "row_state": exact(csxi, "uint8_t", np.zeros(rows)),
        "common": exact(csxi, "int32_t", np.zeros(rows * 2)),
        "row_threshold": exact(csxi, "uint16_t", np.full(rows, 100)),
        "masked": exact(csxi, "uint8_t", np.zeros(-(-rows * cols // 8))),
    }
    pixels = exact(csxi, "uint16_t", frame.ravel())
    fields = {"n_rows": rows, "n_cols": cols, "pixels": pixels.pointer}
    view = ffi.new("struct sxi_frame *", fields)
    ctx = ffi.new("struct sxi_find *", {"sigmas_q4": 80, "limit": NO_LIMIT})
    for name, memory in memories.items():
        setattr(ctx, name, memory.pointer)
    out = ffi.new("struct sxi_event[]", room + 1)
    ffi.memmove(out + room, b"\xa5" * 54, 54)
    flags = Guarded(csxi, "uint8_t", room)
    told = flags.pointer if with_flags else ffi.NULL
    assert lib.sxi_find_events(ctx, view, out, told, room) == room
    assert (ctx.n_events, ctx.n_dropped) == (room, 3 - room)
    assert bytes(ffi.buffer(out + room, 54)) == b"\xa5" * 54
    assert flags.is_intact()
    assert flags.inside.tolist() == [0 if with_flags else POISON] * room
    assert all(memory.is_intact() for memory in [*memories.values(), pixels])


@pytest.mark.verifies("FIND-17")
def test_null_and_nonsense_change_nothing(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    pixels = ffi.new("uint16_t[64]")
    out, flags = ffi.new("struct sxi_event[1]"), ffi.new("uint8_t[1]")

    def call(ctx: Any, view: Any, out: Any = out, room: int = 1) -> None:
        before = bytes(ffi.buffer(ctx)) if ctx else b""
        assert lib.sxi_find_events(ctx, view, out, flags, room) == PARAM
        assert (bytes(ffi.buffer(ctx)) if ctx else b"") == before

    good = {"pixels": pixels, "n_rows": 8, "n_cols": 8}
    view = ffi.new("struct sxi_frame *", good)
    fields = {"threshold": 1, "limit": 9, "n_events": 7, "n_dropped": 8}
    ctx = ffi.new("struct sxi_find *", fields)
    call(ffi.NULL, view)
    call(ctx, ffi.NULL)
    call(ctx, view, out=ffi.NULL)
    call(ctx, view, room=2**31)
    call(ctx, ffi.new("struct sxi_frame *", good | {"pixels": ffi.NULL}))
    call(ctx, ffi.new("struct sxi_frame *", good | {"n_rows": 65536, "n_cols": 0}))
    call(ctx, ffi.new("struct sxi_frame *", good | {"n_rows": 0, "n_cols": 65536}))
    call(ffi.new("struct sxi_find *", fields | {"window_order": 2}), view)
    call(ffi.new("struct sxi_find *", fields | {"ties": 2}), view)
    assert lib.sxi_find_events(ctx, view, ffi.NULL, ffi.NULL, 0) == 0
    assert (ctx.n_events, ctx.n_dropped) == (0, 0)
