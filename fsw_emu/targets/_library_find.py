# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore: event detection beyond the flight rule."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, Found, Ties, WindowOrder
from fsw_emu.targets._library import Library, as_array, choice, ranged

_WINDOW_ORDER = ("raster", "simulator")
_TIES = ("strict", "raster")


def _beside(value: Any, dtype: Any, shape: tuple[int, ...], what: str) -> NDArray[Any] | None:
    """An array of exactly that shape, or None."""
    if value is None:
        return None
    made = as_array(value, dtype, len(shape), what)
    if made.shape != shape:
        raise ValueError(f"{what}: the shape is {made.shape}, not {shape}")
    return made


class FindingFunctions(Library):
    """Beyond flight."""

    def _optional(self, array: NDArray[Any] | None, ctype: str) -> Any:
        return self.ffi.NULL if array is None else self.at(array, ctype)

    def find_events(
        self,
        frame: NDArray[np.uint16],
        *,
        threshold: int,
        limit: int | None = None,
        window_order: WindowOrder = "raster",
        ties: Ties = "strict",
        saturation: int = 0,
        offset: NDArray[np.uint32] | None = None,
        noise: NDArray[np.uint16] | None = None,
        sigmas_q4: int = 0,
        row_state: NDArray[np.uint8] | None = None,
        common: NDArray[np.int32] | None = None,
        row_threshold: NDArray[np.uint16] | None = None,
        masked: bytes | None = None,
    ) -> Found:
        pixels = as_array(frame, np.uint16, 2, "frame")
        rows, cols = shape = pixels.shape
        arrays = {
            "offset": (_beside(offset, np.uint32, shape, "offset"), "uint32_t"),
            "noise": (_beside(noise, np.uint16, shape, "noise"), "uint16_t"),
            "row_state": (_beside(row_state, np.uint8, (rows,), "row_state"), "uint8_t"),
            "common": (_beside(common, np.int32, (rows, -(-cols // 64)), "common"), "int32_t"),
            "row_threshold": (
                _beside(row_threshold, np.uint16, (rows,), "row_threshold"),
                "uint16_t",
            ),
        }
        size = -(-rows * cols // 8)
        if masked is not None and len(masked) != size:
            raise ValueError(f"masked: {len(masked)} bytes, not {size}")
        mask = None if masked is None else np.frombuffer(masked, np.uint8)
        arrays["masked"] = (mask, "uint8_t")
        ctx = self.new(
            "sxi_find",
            threshold=ranged(threshold, 0xFFFF, "threshold"),
            window_order=choice(window_order, _WINDOW_ORDER, "window_order"),
            ties=choice(ties, _TIES, "ties"),
            sigmas_q4=ranged(sigmas_q4, 0xFFFF, "sigmas_q4"),
            saturation=ranged(saturation, 0xFFFF, "saturation"),
            limit=0xFFFFFFFF if limit is None else ranged(limit, 0xFFFFFF, "limit"),
            **{name: self._optional(array, ctype) for name, (array, ctype) in arrays.items()},
        )
        view = self.new("sxi_frame", pixels=self.at(pixels, "uint16_t"), n_rows=rows, n_cols=cols)
        # No two neighbours can both be events, so this is room for all.
        room = -(-rows // 2) * -(-cols // 2)
        records, flags = np.empty(room, EVENT_DTYPE), np.empty(room, np.uint8)
        out = self.at(records, "struct sxi_event"), self.at(flags, "uint8_t")
        found = self.count("find_events", self.lib.sxi_find_events(ctx, view, *out, room))
        return Found(records[:found].copy(), flags[:found].copy(), ctx.n_dropped)
