# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Ten thousand streams beside libaec: every width, block size, interval and option set. A lane that
takes fewer examples takes fewer streams."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from hypothesis import settings

from fsw_emu.core import Core

STREAMS_PER_WIDTH, EXAMPLES = 313, 60  # x 32 widths > 10,000


@pytest.mark.verifies("AEC-1", "AEC-2", "AEC-3")
@pytest.mark.parametrize("bits", range(1, 33))
def test_streams_of_every_width(core: Core, bits: int) -> None:
    rng = np.random.default_rng(bits)
    width = 1 if bits <= 8 else 2 if bits <= 16 else 4
    most = 2**bits - 1
    share = min(settings().max_examples, EXAMPLES)
    for _ in range(STREAMS_PER_WIDTH * share // EXAMPLES):
        n = int(rng.integers(1, 600))
        spread = 2.0 ** rng.uniform(-2, bits)
        noise = rng.normal(rng.uniform(0, most), spread, n)
        sparse = np.where(
            rng.random(n) < 10 ** rng.uniform(-3, 0), noise, rng.integers(0, most + 1)
        )
        samples = np.clip(np.rint(sparse), 0, most).astype(f"u{width}")
        preprocess = bool(rng.integers(2))
        restricted = bits <= 4 and bool(rng.integers(2))
        block_size = int(rng.choice([8, 16, 32, 64]))
        rsi = int(rng.choice([1, 2, 5, 63, 64, 65, 128, 1000, 4096]))
        theirs = bytes(
            imagecodecs.aec_encode(
                samples,
                bitspersample=bits,
                blocksize=block_size,
                rsi=rsi,
                flags=(8 if preprocess else 0) | (16 if restricted else 0),
            )
        )
        options = {
            "bits": bits,
            "block_size": block_size,
            "rsi": rsi,
            "preprocess": preprocess,
            "restricted": restricted,
        }
        assert core.aec_encode(samples, **options) == theirs
        assert np.array_equal(core.aec_decode(theirs, n, **options), samples)
