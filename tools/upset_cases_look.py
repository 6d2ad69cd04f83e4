# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on: the quick look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fsw_emu.core import EVENT_DTYPE, CoreError, default_core
from fsw_emu.targets.prepared import Case

BYTES = 264
PARAMETERS = {
    "reference": 316, "limit": 200, "sigmas": 40, "confirm": 3, "learn": 2, "shift": 6
}  # fmt: skip


def look_cases() -> Iterator[Case]:
    core = default_core()
    events = np.zeros(30, EVENT_DTYPE)
    events["row"], events["col"] = np.arange(30) * 20, np.arange(30) * 12
    product = core.quick_look().close(1)

    def context(ffi: Any, lib: Any, readouts: int) -> Any:
        ctx, out = ffi.new("struct sxi_look *", PARAMETERS), ffi.new("uint8_t[]", BYTES)
        lib.sxi_look_init(ctx)
        for i in range(readouts):
            lib.sxi_look_add(ctx, 0, given(ffi), 30, ffi.NULL)
            lib.sxi_look_close(ctx, i, out, BYTES)
        return ctx

    def given(ffi: Any) -> Any:
        made = ffi.new("struct sxi_event[]", 30)
        ffi.memmove(made, events, events.nbytes)
        return made

    def refused(out: bytes, size: int) -> bool:
        try:
            core.look_load(out[:size])
        except CoreError:
            return True
        return False

    yield Case(
        "sxi_look_add", "30 events", lambda f, lib: (context(f, lib, 0), 1, given(f), 30, f.NULL)
    )
    yield Case(
        "sxi_look_close", "after learning",
        lambda f, lib: (context(f, lib, 3), 4, f.new("uint8_t[]", BYTES), BYTES), refused,
    )  # fmt: skip
    yield Case(
        "sxi_look_load",
        "good",
        lambda f, _lib: (f.new("struct sxi_look_product *"), product, BYTES),
    )
