# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on: packets of rows and of events, which tell of damage themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fsw_emu.core import default_core
from fsw_emu.targets.prepared import Case

ROWS, COLS, PACKET_BYTES = 8, 64, 1024
INDEPENDENT, GROUPED = 1, 2  # enum sxi_rows_kind
CODED = 1  # enum sxi_events_kind
Arguments = tuple[Any, ...]


def _coder(ffi: Any, lib: Any, kind: int) -> Any:
    """A context for one frame, its arrays along."""
    ctx = ffi.new("struct sxi_rows *", {
        "frames": 1, "rows": ROWS, "cols": COLS, "kind": kind, "packet_bytes": PACKET_BYTES,
        "block_size": 64, "room": COLS, "columns": ffi.new("int16_t[]", COLS),
        "means": ffi.new("int32_t[]", COLS), "line": ffi.new("uint16_t[]", COLS),
        "above": ffi.new("uint16_t[]", COLS),
    })  # fmt: skip
    lib.sxi_rows_init(ctx)
    return ctx


def rows_cases() -> Iterator[Case]:
    core = default_core()
    frame = np.random.default_rng(6).normal(500, 5, (1, ROWS, COLS)).round().astype(np.uint16)
    samples = frame.tobytes()
    packets = {
        kind: core.rows_encode(frame, kind=kind, packet_bytes=PACKET_BYTES)
        for kind in ("independent", "grouped")
    }

    def pixels(ffi: Any) -> Any:
        made = ffi.new("uint16_t[]", ROWS * COLS)
        ffi.memmove(made, samples, len(samples))
        return made

    def encode(ffi: Any, lib: Any) -> Arguments:
        out, following = ffi.new("uint8_t[]", PACKET_BYTES), ffi.new("uint32_t *")
        ctx = _coder(ffi, lib, INDEPENDENT)
        return ctx, pixels(ffi), 0, 0, out, PACKET_BYTES, following

    def model(ffi: Any, lib: Any) -> Arguments:
        ctx, frame = _coder(ffi, lib, GROUPED), pixels(ffi)
        lib.sxi_rows_learn(ctx, frame, ROWS)
        lib.sxi_rows_tabulate(ctx, frame, ROWS)
        return ctx, ffi.new("uint8_t[]", PACKET_BYTES), PACKET_BYTES

    def decode(ffi: Any, lib: Any) -> Arguments:
        first, packet = packets["grouped"][:2]
        columns = ffi.new("int16_t[]", COLS)
        ctx = ffi.new("struct sxi_rows_decoder *", {"room": COLS, "columns": columns})
        lib.sxi_rows_load_model(ctx, first, len(first))
        out = ffi.new("uint16_t[]", ROWS * COLS)
        return ctx, packet, len(packet), out, ROWS * COLS

    def refused(out: bytes, size: int) -> bool:
        """No row of the packet is given out."""
        try:
            _stack, ok = core.rows_decode([out[:size]])
        except ValueError:
            return True
        return not ok.any()

    def refused_model(out: bytes, size: int) -> bool:
        """The packets that need it are not decoded."""
        try:
            _stack, ok = core.rows_decode([out[:size], packets["grouped"][1]])
        except ValueError:
            return True
        return not ok.any()

    yield Case("sxi_rows_encode", "independent", encode, refused)
    yield Case("sxi_rows_model", "of 8 rows", model, refused_model)
    yield Case("sxi_rows_decode", "grouped", decode)


def events_cases(events: bytes) -> Iterator[Case]:
    core = default_core()
    n = len(events) // 64
    [packet, *_] = core.events_encode(events, packet_bytes=PACKET_BYTES)

    def encode(ffi: Any, _lib: Any) -> Arguments:
        ctx = ffi.new("struct sxi_events *", {"kind": CODED, "packet_bytes": PACKET_BYTES})
        out, following = ffi.new("uint8_t[]", PACKET_BYTES), ffi.new("uint32_t *")
        return ctx, events, n, 0, out, PACKET_BYTES, following

    def decode(ffi: Any, _lib: Any) -> Arguments:
        ctx = ffi.new("struct sxi_events_decoder *")
        return ctx, packet, len(packet), ffi.new("uint8_t[]", len(events)), len(events)

    def refused(out: bytes, size: int) -> bool:
        try:
            _events, ok = core.events_decode([out[:size]])
        except ValueError:
            return True
        return not ok.any()

    yield Case("sxi_events_encode", "first packet", encode, refused)
    yield Case("sxi_events_decode", "first packet", decode)
