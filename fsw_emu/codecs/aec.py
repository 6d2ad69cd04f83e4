# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""CCSDS 121.0-B-3 lossless coding; the same bytes as libaec."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fsw_emu.core import default_core


def encode(
    samples: NDArray[Any],
    *,
    bits: int = 16,
    block_size: int = 16,
    rsi: int = 128,
    preprocess: bool = True,
    restricted: bool = False,
) -> bytes:
    """Code unsigned samples.

    samples: unsigned integers, flattened. bits: width of a sample, 1..32. block_size: 8, 16,
    32 or 64. rsi: blocks between reference samples, 1..4096. preprocess: unit-delay predictor.
    restricted: the restricted set of code options, for up to 4 bits.

    Raises CoreError for parameters out of range or samples that do not fit ``bits``.
    """
    return default_core().aec_encode(
        samples,
        bits=bits,
        block_size=block_size,
        rsi=rsi,
        preprocess=preprocess,
        restricted=restricted,
    )


def decode(
    data: bytes,
    n_samples: int,
    *,
    bits: int = 16,
    block_size: int = 16,
    rsi: int = 128,
    preprocess: bool = True,
    restricted: bool = False,
) -> NDArray[Any]:
    """Recover n_samples samples: uint16 for up to 16 bits, else uint32.

    Raises CoreError when the data end too early or cannot be a coded stream.
    """
    return default_core().aec_decode(
        data,
        n_samples,
        bits=bits,
        block_size=block_size,
        rsi=rsi,
        preprocess=preprocess,
        restricted=restricted,
    )
