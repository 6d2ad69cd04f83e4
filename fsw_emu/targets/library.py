# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A core behind its C functions: in any shared library built from the same headers, loaded
through cffi, or on a target that is asked for each of them (remote.py).

The judge beside the product's fast face: flight flags, sanitisers, the last release, somebody
else's build or the flight processor run behind the same methods.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import (
    EVENT_DTYPE,
    HEADER_DTYPE,
    DataLen,
    Detection,
    FeePackets,
    FilterResult,
    WindowOrder,
)
from fsw_emu.targets._library import Library, as_array, choice, ranged
from fsw_emu.targets._library_artefacts import ArtefactsFunctions
from fsw_emu.targets._library_classify import ClassifyingFunctions
from fsw_emu.targets._library_coding import CodingFunctions, FrameFunctions, TelemetryFunctions
from fsw_emu.targets._library_events import EventsFunctions
from fsw_emu.targets._library_find import FindingFunctions
from fsw_emu.targets._library_housekeeping import HousekeepingFunctions
from fsw_emu.targets._library_look import LookingFunctions
from fsw_emu.targets._library_maps import MappingFunctions
from fsw_emu.targets._library_rows import RowsFunctions
from fsw_emu.targets._library_storm import StormFunctions

_DATA_LEN = ("payload", "packet")
_WINDOW_ORDER = ("raster", "simulator")


class DetectionFunctions(Library):
    """Checksums, FEE packets, event detection and filter, bad pixels."""

    def crc16(self, data: bytes, seed: int = 0xFFFF) -> int:
        return int(self.lib.sxi_crc16(ranged(seed, 0xFFFF, "seed"), self.bytes_at(data), len(data)))

    def crc8(self, data: bytes, seed: int = 0) -> int:
        return int(self.lib.sxi_crc8(ranged(seed, 0xFF, "seed"), self.bytes_at(data), len(data)))

    def fee_parse(
        self,
        buffer: bytes | NDArray[np.uint8],
        offsets: NDArray[np.uint32],
        lengths: NDArray[np.uint32],
        *,
        data_len: DataLen = "payload",
    ) -> FeePackets:
        offsets = as_array(offsets, np.uint32, 1, "offsets")
        lengths = as_array(lengths, np.uint32, 1, "lengths")
        if len(offsets) != len(lengths):
            raise ValueError(f"offsets and lengths differ: {len(offsets)}, {len(lengths)}")
        headers = np.zeros(len(offsets), HEADER_DTYPE)
        events = np.zeros(len(offsets), EVENT_DTYPE)
        status = np.empty(len(offsets), np.int8)
        self.count(
            "fee_parse",
            self.lib.sxi_fee_parse(
                self.bytes_at(buffer),
                len(buffer),
                self.at(offsets, "uint32_t"),
                self.at(lengths, "uint32_t"),
                len(offsets),
                choice(data_len, _DATA_LEN, "data_len"),
                self.at(headers, "struct sxi_fee_header"),
                self.at(events, "struct sxi_event"),
                self.at(status, "int8_t"),
            ),
        )
        return FeePackets(headers, events, status)

    def fee_header(self, header: NDArray[Any], *, data_len: DataLen = "payload") -> bytes:
        record = np.ascontiguousarray(header, dtype=HEADER_DTYPE).reshape(1)
        out = bytearray(self.lib.SXI_FEE_HEADER_BYTES)
        rule = choice(data_len, _DATA_LEN, "data_len")
        pointer = self.at(record, "struct sxi_fee_header")
        self.count(
            "fee_header", self.lib.sxi_fee_header_store(pointer, self.bytes_at(out), len(out), rule)
        )
        return bytes(out)

    def fee_build_events(
        self, headers: NDArray[Any], events: NDArray[Any], *, data_len: DataLen = "payload"
    ) -> bytes:
        headers = as_array(headers, HEADER_DTYPE, 1, "headers")
        events = as_array(events, EVENT_DTYPE, 1, "events")
        if len(headers) != len(events):
            raise ValueError(f"headers and events differ: {len(headers)}, {len(events)}")
        out = bytearray(self.lib.SXI_FEE_EVENT_BYTES * len(headers))
        self.count(
            "fee_build_events",
            self.lib.sxi_fee_build_events(
                self.at(headers, "struct sxi_fee_header"),
                self.at(events, "struct sxi_event"),
                len(headers),
                choice(data_len, _DATA_LEN, "data_len"),
                self.bytes_at(out),
                len(out),
            ),
        )
        return bytes(out)

    def detect_events(
        self,
        frame: NDArray[np.uint16],
        *,
        threshold: int,
        limit: int | None = None,
        window_order: WindowOrder = "raster",
        mask: tuple[int, int] | None = None,
    ) -> Detection:
        pixels = as_array(frame, np.uint16, 2, "frame")
        rows, cols = pixels.shape
        view = self.new("sxi_frame", pixels=self.at(pixels, "uint16_t"), n_rows=rows, n_cols=cols)
        mask_row, mask_col = mask or (0, 0)
        edu = self.new(
            "sxi_edu",
            threshold=ranged(threshold, 0xFFFF, "threshold"),
            window_order=choice(window_order, _WINDOW_ORDER, "window_order"),
            limit=0xFFFFFFFF if limit is None else ranged(limit, 0xFFFFFF, "limit"),
            mask_row=mask_row,
            mask_col=mask_col,
        )
        # No two neighbours can both be events, so this is room for all, and one mask.
        room = -(-rows // 2) * -(-cols // 2) + 1
        records = np.empty(room, EVENT_DTYPE)
        kinds = np.empty(room, np.uint8)
        found = self.count(
            "detect_events",
            self.lib.sxi_edu_detect(
                edu, view, self.at(records, "struct sxi_event"), self.at(kinds, "uint8_t"), room
            ),
        )
        return Detection(records[:found].copy(), kinds[:found].copy(), edu.n_dropped)

    def mask_step(self, row: int, col: int) -> tuple[int, int]:
        r, c = self.ffi.new("uint16_t *", row), self.ffi.new("uint16_t *", col)
        self.count("mask_step", self.lib.sxi_edu_mask_step(r, c))
        return r[0], c[0]

    def filter_events(
        self,
        events: NDArray[Any],
        *,
        centre_max: int,
        ring_sum_max: int,
        ring_max: int,
        ring_count_max: int = 4,
        bad_pixels: bytes | None = None,
    ) -> FilterResult:
        events = as_array(events, EVENT_DTYPE, 1, "events")
        keep = np.empty(len(events), np.uint8)
        size = self.lib.SXI_BADPIX_BYTES
        if bad_pixels is not None and len(bad_pixels) != size:
            raise ValueError(f"bad_pixels: {len(bad_pixels)} bytes, not {size}")
        mask = self.ffi.NULL if bad_pixels is None else self.bytes_at(bad_pixels)
        ctx = self.new(
            "sxi_filter",
            centre_max=ranged(centre_max, 0xFFFF, "centre_max"),
            ring_sum_max=ranged(ring_sum_max, 0xFFFF, "ring_sum_max"),
            ring_max=ranged(ring_max, 0xFFFF, "ring_max"),
            ring_count_max=ranged(ring_count_max, 0xFFFF, "ring_count_max"),
            bad_pixels=mask,
            bad_pixels_len=0 if bad_pixels is None else len(bad_pixels),
        )
        self.count(
            "filter_events",
            self.lib.sxi_filter_events(
                ctx, self.at(events, "struct sxi_event"), len(events), self.at(keep, "uint8_t")
            ),
        )
        return FilterResult(
            keep.view(np.bool_), ctx.n_bad, ctx.n_centre, ctx.n_ring_sum, ctx.n_ring_count
        )

    def bad_pixel(self, mask: bytes, row: int, col: int) -> bool:
        test = self.lib.sxi_badpix_test(self.bytes_at(mask), len(mask), row, col)
        return bool(self.count("bad_pixel", test))

    def bad_pixel_mask(self, pixels: NDArray[np.bool_]) -> bytes:
        mask = bytearray(self.lib.SXI_BADPIX_BYTES)
        for row, col in np.argwhere(as_array(pixels, np.bool_, 2, "pixels")).tolist():
            status = self.lib.sxi_badpix_set(self.bytes_at(mask), len(mask), row, col, 1)
            self.count("bad_pixel_mask", status)
        return bytes(mask)


class LibraryCore(
    DetectionFunctions,
    FrameFunctions,
    CodingFunctions,
    RowsFunctions,
    EventsFunctions,
    HousekeepingFunctions,
    TelemetryFunctions,
    ClassifyingFunctions,
    FindingFunctions,
    MappingFunctions,
    ArtefactsFunctions,
    StormFunctions,
    LookingFunctions,
):
    """All methods of fsw_emu.core.Core, by the functions of a library."""
