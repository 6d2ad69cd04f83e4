# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cases of the coder of event packets: the storm's events, and noise that stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Case, storm_packets

from fsw_emu.core import default_core

PACKET_BYTES = 1024
RANDOM = np.random.default_rng(5).bytes(64 * 64)


def _coder(ffi: Any) -> Any:
    return ffi.new("struct sxi_events *", {"kind": 1, "packet_bytes": PACKET_BYTES})


def _encode(name: str, events: bytes) -> Case:
    [first, *_] = default_core().events_encode(events, packet_bytes=PACKET_BYTES)

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        out, following = ffi.new("uint8_t[]", PACKET_BYTES), ffi.new("uint32_t *")
        return _coder(ffi), events, len(events) // 64, 0, out, PACKET_BYTES, following

    return Case("sxi_events_encode", name, "event", int.from_bytes(first[9:11], "big"), arguments)


def _decode(name: str, events: bytes) -> Case:
    [first, *_] = default_core().events_encode(events, packet_bytes=PACKET_BYTES)
    n = int.from_bytes(first[9:11], "big")

    def arguments(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        ctx = ffi.new("struct sxi_events_decoder *")
        return ctx, first, len(first), ffi.new("uint8_t[]", 64 * n), 64 * n

    return Case("sxi_events_decode", name, "event", n, arguments)


def events_cases() -> Iterator[Case]:
    storm = storm_packets()
    [first, *_] = default_core().events_encode(storm, packet_bytes=PACKET_BYTES)
    some = storm[: 64 * 64]
    yield _encode("storm", storm)
    yield _encode("random", RANDOM)
    yield _decode("storm", storm)
    yield Case(
        "sxi_events_choose", "storm", "event", 64,
        lambda f, _l: (_coder(f), some, 64, f.new("uint8_t[]", PACKET_BYTES), PACKET_BYTES),
    )  # fmt: skip
    yield Case(
        "sxi_events_parse", "storm", "packet", 1,
        lambda f, _l: (f.new("struct sxi_events_packet *"), first, len(first)),
    )  # fmt: skip
