# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cycle counts of the quick look: the events of a storm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Case, array, storm_events

from fsw_emu.core import default_core

BYTES = 264
PARAMETERS = {
    "reference": 316, "limit": 200, "sigmas": 40, "confirm": 3, "learn": 2, "shift": 6
}  # fmt: skip


def look_cases() -> Iterator[Case]:
    events = storm_events()
    keep = np.ones(len(events), np.uint8)
    product = default_core().quick_look().close(1)

    def context(ffi: Any, lib: Any, readouts: int) -> Any:
        """After so many readouts; the last of them is still open."""
        ctx, out = ffi.new("struct sxi_look *", PARAMETERS), ffi.new("uint8_t[]", BYTES)
        lib.sxi_look_init(ctx)
        for i in range(readouts):
            if i:
                lib.sxi_look_close(ctx, i, out, BYTES)
            lib.sxi_look_add(ctx, 0, given(ffi), len(events), ffi.NULL)
        return ctx

    def given(ffi: Any) -> Any:
        return ffi.cast("struct sxi_event *", array(ffi, "uint16_t", events))

    yield Case("sxi_look_init", "any", "call", 1, lambda f, lib: (context(f, lib, 0),))
    yield Case(
        "sxi_look_add", "storm", "event", len(events),
        lambda f, lib: (context(f, lib, 0), 1, given(f), len(events), array(f, "uint8_t", keep)),
    )  # fmt: skip
    yield Case(
        "sxi_look_close", "after learning", "call", 1,
        lambda f, lib: (context(f, lib, 4), 1, f.new("uint8_t[]", BYTES), BYTES),
    )  # fmt: skip
    yield Case(
        "sxi_look_load", "good", "call", 1,
        lambda f, _lib: (f.new("struct sxi_look_product *"), product, BYTES),
    )  # fmt: skip
