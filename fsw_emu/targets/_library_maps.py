# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore: offset and noise maps, common mode, thresholds by row."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import MapSettings, PixelMaps
from fsw_emu.targets._library import Library, as_array, ranged

_SEGMENT = 64
_TYPES = {
    "offset": ("uint32", 2),
    "noise": ("uint16", 2),
    "common": ("int32", 2),
    "row_state": ("uint8", 1),
    "row_age": ("uint16", 1),
    "row_good": ("uint16", 1),
    "row_check": ("uint32", 1),
}
_COUNTERS = ("n_local", "n_started", "n_upset")


class MappingFunctions(Library):
    """Beyond flight."""

    def common_mode(
        self, frame: NDArray[np.uint16], offset: NDArray[np.uint32], *, clip: int
    ) -> NDArray[np.int32]:
        pixels = as_array(frame, np.uint16, 2, "frame")
        known = as_array(offset, np.uint32, 2, "offset")
        if known.shape != pixels.shape:
            raise ValueError(f"offset: {known.shape}, not {pixels.shape} as the frame")
        rows, cols = pixels.shape
        view = self.new("sxi_frame", pixels=self.at(pixels, "uint16_t"), n_rows=rows, n_cols=cols)
        common = np.zeros((rows, -(-cols // _SEGMENT)), np.int32)
        self.count(
            "common_mode",
            self.lib.sxi_common_rows(
                view,
                self.at(known, "uint32_t"),
                ranged(clip, 0xFFFF, "clip"),
                self.at(common, "int32_t"),
                common.size,
            ),
        )
        return common

    def maps_begin(self, shape: tuple[int, int], settings: MapSettings) -> PixelMaps:
        rows, cols = (ranged(n, 0xFFFF, "shape") for n in shape)
        sizes = {"offset": (rows, cols), "noise": (rows, cols)}
        sizes["common"] = (rows, -(-cols // _SEGMENT))
        made = {name: np.zeros(sizes.get(name, rows), dtype) for name, (dtype, _) in _TYPES.items()}
        maps = PixelMaps(settings=settings, n_local=0, n_started=0, n_upset=0, **made)
        return self._after(maps, "maps_begin", self.lib.sxi_maps_init)

    def maps_seal(self, maps: PixelMaps, *, age: int) -> PixelMaps:
        return self._after(maps, "maps_seal", self.lib.sxi_maps_seal, ranged(age, 0xFFFF, "age"))

    def maps_scrub(self, maps: PixelMaps, *, first: int = 0, n: int | None = None) -> PixelMaps:
        start = ranged(first, 0xFFFF, "first")
        rows = max(len(maps.row_state) - start, 0) if n is None else ranged(n, 0xFFFF, "n")
        return self._after(maps, "maps_scrub", self.lib.sxi_maps_scrub, start, rows)

    def maps_update(self, maps: PixelMaps, frame: NDArray[np.uint16]) -> PixelMaps:
        pixels = as_array(frame, np.uint16, 2, "frame")
        rows, cols = pixels.shape
        view = self.new("sxi_frame", pixels=self.at(pixels, "uint16_t"), n_rows=rows, n_cols=cols)
        return self._after(maps, "maps_update", self.lib.sxi_maps_update, view)

    def cti_thresholds(
        self, n_rows: int, *, threshold: int, loss: int, transfers: int = 1, least: int = 0
    ) -> NDArray[np.uint16]:
        out = np.zeros(ranged(n_rows, 0xFFFF, "n_rows"), np.uint16)
        self.count(
            "cti_thresholds",
            self.lib.sxi_cti_thresholds(
                ranged(threshold, 0xFFFF, "threshold"),
                ranged(loss, 0xFFFFFFFF, "loss"),
                ranged(transfers, 0xFFFF, "transfers"),
                ranged(least, 0xFFFF, "least"),
                self.at(out, "uint16_t"),
                len(out),
            ),
        )
        return out

    def _after(self, maps: PixelMaps, name: str, function: Any, *arguments: Any) -> PixelMaps:
        """Copies of the maps as a function leaves them."""
        arrays = {
            field: as_array(getattr(maps, field), np.dtype(dtype), ndim, field).copy()
            for field, (dtype, ndim) in _TYPES.items()
        }
        rows, cols = arrays["offset"].shape
        limits = {
            field.name: ranged(getattr(maps.settings, field.name), 0xFFFFFFFF, field.name)
            for field in fields(MapSettings)
        }
        ctx = self.new(
            "sxi_maps",
            pixels_room=min(arrays["offset"].size, arrays["noise"].size),
            common_room=arrays["common"].size,
            rows_room=min(len(array) for field, array in arrays.items() if field[:4] == "row_"),
            n_rows=rows,
            n_cols=cols,
            **limits,
            **{field: self.at(array, f"{array.dtype}_t") for field, array in arrays.items()},
            **{field: getattr(maps, field) for field in _COUNTERS},
        )
        self.count(name, function(ctx, *arguments))
        after: dict[str, Any] = {field: getattr(ctx, field) for field in _COUNTERS}
        return replace(maps, **arrays | after)
