# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on beyond flight: storm policy and telemetry ladder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fsw_emu.core import EVENT_DTYPE, CoreError, default_core
from fsw_emu.targets.prepared import Case

N = 60


def _refused(out: bytes, size: int) -> bool:
    try:
        default_core().ladder_decode(out[:size])
    except CoreError:
        return True
    return False


def storm_cases() -> Iterator[Case]:
    rng = np.random.default_rng(7)
    events = np.zeros(N, EVENT_DTYPE)
    events["row"], events["col"] = np.divmod(np.sort(rng.choice(64 * 384, N, replace=False)), 384)
    events["pixels"] = rng.normal(500, 20, (N, 25)).round()
    pha, grades = rng.integers(0, 5000, N, dtype=np.uint32), rng.integers(0, 8, N, dtype=np.uint8)

    def records(ffi: Any) -> Any:
        made = ffi.new("struct sxi_event[]", N)
        ffi.memmove(made, events, events.nbytes)
        return made

    def select(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        ctx = ffi.new("struct sxi_fair *", [1, 50, 3, 4, 5])
        e, f = records(ffi), records(ffi)
        return ctx, e, N, f, N, ffi.new("uint8_t[]", N), ffi.new("uint8_t[]", N)

    def encode(level: int) -> Case:
        size = default_core().ladder_bytes(level, N)

        def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
            header = ffi.new("struct sxi_ladder_header *", [9, 510, N, level, 1])
            heights, of = ffi.new("uint32_t[]", pha.tolist()), ffi.new("uint8_t[]", grades.tolist())
            return header, records(ffi), heights, of, ffi.new("uint8_t[]", size), size

        return Case("sxi_ladder_encode", f"level {level}", arguments, _refused)

    packet = default_core().ladder_encode(events, level=1, node=1, frame_counter=9)
    yield Case("sxi_fair_select", "120 for 50", select)
    yield encode(0)
    yield encode(2)
    yield Case(
        "sxi_ladder_decode",
        "level 1",
        lambda f, _l: (
            f.new("struct sxi_ladder_header *"),
            packet,
            len(packet),
            f.new("struct sxi_ladder_record[]", N),
            N,
        ),
    )
    yield Case(
        "sxi_ladder_level",
        "down one",
        lambda f, _l: (f.new("struct sxi_ladder *", [2, 8, 0, 3]), N, 2000),
    )
