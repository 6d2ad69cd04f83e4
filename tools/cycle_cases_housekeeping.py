# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cases of the housekeeping coder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from cycle_cases import Arguments, Case, array

from fsw_emu.core import default_core

BYTES, WORDS = 152, 76
BEFORE = 12  # packets that the coder has seen


def packets(noise_adu: float) -> list[bytes]:
    """Half of the words steady, a counter, the others noisy."""
    rng = np.random.default_rng(1)
    words = np.tile(rng.integers(0, 65536, WORDS), (BEFORE + 1, 1))
    words[:, 1] += np.arange(BEFORE + 1)
    words[:, WORDS // 2 :] += np.rint(rng.normal(0, noise_adu, (BEFORE + 1, 38))).astype(np.int64)
    return [row.astype(">u2").tobytes() for row in words & 0xFFFF]


def _coder(ffi: Any, full_every: int) -> Any:
    words = ffi.new("struct sxi_hk_word[]", WORDS)
    return words, ffi.new(
        "struct sxi_hk *", {"full_every": full_every, "room": WORDS, "words": words}
    )


def _encode(given: list[bytes], full_every: int) -> Arguments:
    def arguments(ffi: Any, lib: Any) -> tuple[Any, ...]:
        words, ctx = _coder(ffi, full_every)
        out = ffi.new("uint8_t[]", BYTES + 6)
        lib.sxi_hk_init(ctx)
        for packet in given[:-1]:
            lib.sxi_hk_encode(ctx, packet, BYTES, out, BYTES + 6)
        keep.append(words)
        return ctx, given[-1], BYTES, out, BYTES + 6

    keep: list[Any] = []  # what the context shows has to last
    return arguments


def _decode(given: list[bytes], full_every: int) -> Arguments:
    coded = default_core().hk_encode(given, full_every=full_every)

    def arguments(ffi: Any, lib: Any) -> tuple[Any, ...]:
        words, ctx = _coder(ffi, 1)
        out, number = ffi.new("uint8_t[]", BYTES), ffi.new("uint32_t *")
        lib.sxi_hk_init(ctx)
        for packet in coded[:-1]:
            lib.sxi_hk_decode(ctx, packet, len(packet), out, BYTES, number)
        keep.append(words)
        return ctx, coded[-1], len(coded[-1]), out, BYTES, number

    keep: list[Any] = []
    return arguments


def _blocks() -> Iterator[Case]:
    given = packets(1)
    block = default_core().hk_encode(given, codec="aec")[0]
    together = b"".join(given)
    planes = np.zeros(len(given) * WORDS, np.uint16)
    bound = 2 * len(together)

    def encode(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        memory = array(ffi, "uint16_t", planes)
        out = ffi.new("uint8_t[]", bound)
        return together, len(given), BYTES, 0, memory, planes.size, out, bound

    def decode(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        memory = array(ffi, "uint16_t", planes)
        out = ffi.new("uint8_t[]", len(together))
        told = ffi.new("struct sxi_hk_block *")
        return told, block, len(block), memory, planes.size, out, len(together)

    yield Case("sxi_hk_block_encode", "13 packets", "packet", len(given), encode)
    yield Case("sxi_hk_block_decode", "13 packets", "packet", len(given), decode)
    yield Case("sxi_hk_block_bound", "", "call", 1, lambda _ffi, _lib: (64, BYTES))


def housekeeping_cases() -> Iterator[Case]:
    def init(ffi: Any, _lib: Any) -> tuple[Any, ...]:
        words, ctx = _coder(ffi, 64)
        keep.append(words)
        return (ctx,)

    keep: list[Any] = []
    yield Case("sxi_hk_init", "", "call", 1, init)
    for name, noise_adu, full_every in (
        ("noise of 1 ADU", 1, 64),
        ("noise of 300 ADU", 300, 64),
        ("anything", 1e6, 64),
        ("full", 1, 1),
    ):
        given = packets(noise_adu)
        yield Case("sxi_hk_encode", name, "packet", 1, _encode(given, full_every))
        yield Case("sxi_hk_decode", name, "packet", 1, _decode(given, full_every))
    yield from _blocks()
