# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore: the quick look."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, LookProduct, QuickLook
from fsw_emu.targets._library import Library, as_array, ranged


class LookingFunctions(Library):
    """Beyond flight."""

    def quick_look(
        self,
        *,
        reference: int = 316,
        limit: int = 100,
        sigmas: int = 40,
        confirm: int = 3,
        learn: int = 64,
        shift: int = 6,
    ) -> QuickLook:
        given = {"reference": reference, "limit": limit, "sigmas": sigmas, "confirm": confirm}
        given |= {"learn": learn, "shift": shift}
        return _QuickLook(self, {name: ranged(v, 0xFFFF, name) for name, v in given.items()})

    def look_load(self, product: bytes) -> LookProduct:
        made = self.new("sxi_look_product")
        self.count("look_load", self.lib.sxi_look_load(made, self.bytes_at(product), len(product)))
        lib = self.lib
        nowhere = lib.SXI_LOOK_NOWHERE
        cells = np.frombuffer(self.ffi.buffer(made.cells), np.uint8).copy()
        return LookProduct(
            bool(made.flags & lib.SXI_LOOK_RATE),
            bool(made.flags & lib.SXI_LOOK_PLACE),
            bool(made.flags & lib.SXI_LOOK_LEARNING),
            bool(made.flags & lib.SXI_LOOK_FULL),
            made.frame_counter,
            tuple(made.n_kept),
            made.n_rejected,
            made.mean,
            made.score,
            None if made.x == nowhere else made.x / 4,
            None if made.y == nowhere else made.y / 4,
            cells.reshape(lib.SXI_LOOK_NODES, lib.SXI_LOOK_CELL_ROWS, lib.SXI_LOOK_CELL_COLS),
        )


class _QuickLook:
    def __init__(self, library: Library, parameters: dict[str, int]) -> None:
        self._library = library
        self._ctx = library.new("sxi_look", **parameters)
        library.count("quick_look", library.lib.sxi_look_init(self._ctx))

    @property
    def n_alarms(self) -> int:
        return int(self._ctx.n_alarms)

    def add(self, node: int, events: NDArray[Any], keep: NDArray[np.bool_] | None = None) -> None:
        library = self._library
        events = as_array(events, EVENT_DTYPE, 1, "events")
        kept = library.ffi.NULL
        if keep is not None:
            keep = as_array(keep, np.bool_, 1, "keep")
            if len(keep) != len(events):
                raise ValueError(f"events and keep differ: {len(events)}, {len(keep)}")
            kept = library.at(keep, "uint8_t")
        status = library.lib.sxi_look_add(
            self._ctx, node, library.at(events, "struct sxi_event"), len(events), kept
        )
        library.count("quick_look", status)

    def close(self, frame_counter: int) -> bytes:
        library = self._library
        out = bytearray(library.lib.SXI_LOOK_BYTES)
        counter = ranged(frame_counter, 0xFFFF, "frame_counter")
        status = library.lib.sxi_look_close(self._ctx, counter, library.bytes_at(out), len(out))
        library.count("quick_look", status)
        return bytes(out)
