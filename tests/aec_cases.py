# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Streams and parameters of CCSDS 121, and libaec as their judge."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.model.aec import Parameters

PREPROCESS, RESTRICTED = 8, 16  # of libaec


def libaec(samples: NDArray[Any], p: Parameters) -> bytes:
    flags = (PREPROCESS if p.preprocess else 0) | (RESTRICTED if p.restricted else 0)
    width = 1 if p.bits <= 8 else 2 if p.bits <= 16 else 4
    coded = imagecodecs.aec_encode(
        samples.astype(f"u{width}"),
        bitspersample=p.bits,
        blocksize=p.block_size,
        rsi=p.rsi,
        flags=flags,
    )
    return bytes(coded)


STREAMS = (
    "random", "constant", "sparse", "noise", "alternating", "ramp", "plateaus", "small",
    "saturated", "last bit",
)  # fmt: skip


def stream(rng: np.random.Generator, kind: str, n: int, p: Parameters) -> NDArray[Any]:
    """Samples of one character, uint16 up to 16 bits and uint32 above."""
    most = p.largest
    at_random = rng.integers(0, most, n, dtype=np.uint64, endpoint=True)
    spread = min(most / 4 + 1, 2.0 ** rng.integers(0, 12))
    density = 10.0 ** rng.uniform(-3.5, -1)
    made = {
        "random": at_random,
        "constant": np.full(n, at_random[0]),
        "sparse": np.where(rng.random(n) < density, at_random, 0),
        "noise": np.clip(rng.normal(most / 2, spread, n), 0, most),
        "alternating": np.where(np.arange(n) % 2, most, 0),
        "ramp": np.clip(np.cumsum(rng.integers(-1, 2, n)) + most // 2, 0, most),
        "plateaus": np.repeat(at_random, 200)[:n],
        "small": np.minimum(rng.geometric(0.5, n) - 1, most),
        "saturated": np.full(n, most),
        "last bit": rng.random(n) < density,
    }[kind]
    return made.astype(np.uint16 if p.bits <= 16 else np.uint32)


@st.composite
def parameters(draw: st.DrawFn) -> Parameters:
    bits = draw(st.integers(1, 4) | st.integers(1, 32))
    return Parameters(
        bits=bits,
        block_size=draw(st.sampled_from([8, 16, 32, 64])),
        rsi=draw(st.sampled_from([1, 2, 63, 64, 65, 128, 4096]) | st.integers(1, 4096)),
        preprocess=draw(st.booleans()),
        restricted=bits <= 4 and draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn, *, max_samples: int) -> tuple[NDArray[Any], Parameters]:
    """At least one sample, and parameters that it fits."""
    p = draw(parameters())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, max_samples))
    return stream(rng, draw(st.sampled_from(STREAMS)), n, p), p
