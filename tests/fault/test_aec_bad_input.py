# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Codes that a decoder meets and no coder writes: CCSDS 121."""

from __future__ import annotations

import pytest

from fsw_emu.core import Core, CoreError

FORMAT = -4


@pytest.mark.parametrize("preprocess", [False, True])
@pytest.mark.parametrize(("bits", "id_bits"), [(1, 3), (9, 4), (17, 5)])
def test_more_low_bits_than_a_sample_has(
    core: Core, bits: int, id_bits: int, preprocess: bool
) -> None:
    """The largest split option of narrow samples: what fits them is taken, nothing else."""
    k = 2**id_bits - 3
    p = {"bits": bits, "block_size": 8, "rsi": 1, "preprocess": preprocess}
    coded = 8 - preprocess

    def code(low: int) -> bytes:
        text = f"{k + 1:0{id_bits}b}" + "0" * bits * preprocess + "1" * coded
        text += f"{low:0{k}b}" * coded
        return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")

    for tail in (b"", bytes(8)):  # what follows decides how bits are taken
        back = core.aec_decode(code(0) + tail, 8, **p)  # type: ignore[arg-type]
        assert back.tolist() == [0] * 8
        for low in (2**bits, 2**k - 1):
            with pytest.raises(CoreError) as refused:
                core.aec_decode(code(low) + tail, 8, **p)  # type: ignore[arg-type]
            assert refused.value.status == FORMAT


@pytest.mark.parametrize("at", range(8))
def test_one_residual_too_wide(core: Core, at: int) -> None:
    """Anywhere in a block of 8-bit samples: 254 is one, 256 is not."""
    p = {"bits": 8, "block_size": 8, "rsi": 1, "preprocess": False}
    for zeros, fits in ((127, True), (128, False)):
        text = "010" + "1" * at + "0" * zeros + "1" * (8 - at) + "0" * 8  # split option, k = 1
        size = -(-len(text) // 8)
        data = int(text.ljust(8 * size, "0"), 2).to_bytes(size, "big")
        if fits:
            assert core.aec_decode(data, 8, **p)[at] == 2 * zeros  # type: ignore[arg-type]
            continue
        with pytest.raises(CoreError) as refused:
            core.aec_decode(data, 8, **p)  # type: ignore[arg-type]
        assert refused.value.status == FORMAT
