# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What upsets are tried on: the housekeeping coder within an interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fsw_emu.core import default_core
from fsw_emu.targets.prepared import Case

BYTES, BEFORE = 40, 6


def housekeeping_cases() -> Iterator[Case]:
    core = default_core()
    rng = np.random.default_rng(5)
    words = rng.integers(0, 65536, BYTES // 2) + rng.integers(-2, 3, (BEFORE + 1, BYTES // 2))
    packets = [(row & 0xFFFF).astype(">u2").tobytes() for row in words]
    coded = core.hk_encode(packets)

    def context(ffi: Any) -> Any:
        known = ffi.new("struct sxi_hk_word[]", BYTES // 2)
        return ffi.new("struct sxi_hk *", {"full_every": 64, "room": BYTES // 2, "words": known})

    def encode(ffi: Any, lib: Any) -> tuple[Any, ...]:
        ctx, out = context(ffi), ffi.new("uint8_t[]", BYTES + 6)
        for packet in packets[:-1]:
            lib.sxi_hk_encode(ctx, packet, BYTES, out, BYTES + 6)
        return ctx, packets[-1], BYTES, out, BYTES + 6

    def decode(ffi: Any, lib: Any) -> tuple[Any, ...]:
        ctx, out, number = context(ffi), ffi.new("uint8_t[]", BYTES), ffi.new("uint32_t *")
        for packet in coded[:-1]:
            lib.sxi_hk_decode(ctx, packet, len(packet), out, BYTES, number)
        return ctx, coded[-1], len(coded[-1]), out, BYTES, number

    def refused(out: bytes, size: int) -> bool:
        """The ground has the packets before."""
        back, _ok = core.hk_decode([*coded[:-1], out[:size]])
        return len(back) != BEFORE + 1

    yield Case("sxi_hk_encode", "differences", encode, refused)
    yield Case("sxi_hk_decode", "differences", decode)
