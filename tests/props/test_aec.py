# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""CCSDS 121: C, model and libaec give the same bytes; every option is met; the bound holds."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aec_cases import STREAMS, cases, libaec, stream
from hypothesis import given
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.model import aec as model

EXTENSION, RAW = "second extension", "no compression"


def assert_all_agree(core: Core, samples: NDArray[Any], p: model.Parameters) -> None:
    coded = core.aec_encode(samples, **vars(p))
    assert coded == libaec(samples, p)
    assert coded == model.encode(samples, **vars(p))
    back = core.aec_decode(coded, len(samples), **vars(p))
    assert back.dtype == samples.dtype
    assert np.array_equal(back, samples)
    assert np.array_equal(model.decode(coded, len(samples), **vars(p)), samples)


@pytest.mark.verifies("AEC-1", "AEC-2", "AEC-3")
@given(case=cases(max_samples=700))
def test_coder_decoder_and_model_agree_with_libaec(core, case) -> None:
    assert_all_agree(core, *case)


@pytest.mark.parametrize("rsi", [1, 2, 5, 63, 64, 65, 128, 4096])
@pytest.mark.parametrize("kind", ["constant", "sparse", "last bit", "plateaus"])
def test_long_runs_of_zero_blocks(core: Core, rsi: int, kind: str) -> None:
    """Through segments and intervals, with and without the preprocessor, whatever end."""
    rng = np.random.default_rng(rsi)
    for preprocess in (False, True):
        p = model.Parameters(bits=12, block_size=8, rsi=rsi, preprocess=preprocess)
        for n in (8 * 63, 8 * 64, 8 * 64 + 1, 8 * 65, 8 * 130, 8 * 130 + 31):
            assert_all_agree(core, stream(rng, kind, n, p), p)


@pytest.mark.parametrize(("bits", "n_split"), [(8, 6), (16, 14), (32, 30)])
def test_every_option_is_met(core: Core, bits: int, n_split: int) -> None:
    """Zero blocks 1 to 5 and more, the rest of a segment, second extension, every k, raw."""
    p = model.Parameters(bits=bits, block_size=8, rsi=128, preprocess=False)
    rng = np.random.default_rng(1)
    one = np.array([0, 0, 0, 1, 0, 0, 0, 0])
    parts = [part for run in (1, 2, 3, 4, 5, 9) for part in (np.zeros(8 * run), one)]
    parts += [rng.integers(2**k // 2, 2**k + 1, 8) for k in range(1, bits + 1)]
    parts += [np.full(8, 2**bits - 1), np.zeros(8 * 200)]
    samples = np.minimum(np.concatenate(parts), p.largest)
    samples = samples.astype(np.uint16 if bits <= 16 else np.uint32)
    options = model.block_options(samples, **vars(p))
    assert {name for name, _ in options} == {"zero", model.ROS, EXTENSION, "split", RAW}
    assert {run for name, run in options if name == "zero"} >= {1, 2, 3, 4, 5, 9}
    assert {k for name, k in options if name == "split"} == set(range(n_split))
    assert_all_agree(core, samples, p)


@pytest.mark.verifies("AEC-2")
@pytest.mark.parametrize(("bits", "n_split"), [(1, 0), (2, 0), (3, 2), (4, 2)])
def test_every_restricted_option_is_met(core: Core, bits: int, n_split: int) -> None:
    p = model.Parameters(bits=bits, block_size=16, rsi=16, preprocess=False, restricted=True)
    rng = np.random.default_rng(2)
    kinds = [stream(rng, kind, 640, p) for kind in STREAMS for _ in range(4)]
    samples = np.concatenate([*kinds, *(s // 2 for s in kinds), *(s // 4 for s in kinds)])
    options = model.block_options(samples, **vars(p))
    split = {"split"} if n_split else set()
    assert {name for name, _ in options} == {"zero", model.ROS, EXTENSION, RAW} | split
    assert {k for name, k in options if name == "split"} == set(range(n_split))
    assert_all_agree(core, samples, p)


def test_ties_between_splits_go_to_the_nearest_k(core: Core) -> None:
    """Eight samples whose halves add up to 8 less than they do: k = 1 and 2 take the same
    bits, and the block before decides, from either side."""
    p = model.Parameters(bits=8, block_size=8, rsi=2, preprocess=False)
    tie = [2, 3, 2, 3, 2, 3, 2, 3]
    for before, k in (([0, 1, 1, 2, 0, 1, 1, 2], 1), ([40, 50, 60, 70, 44, 52, 61, 73], 2)):
        samples = np.array(before + tie + tie, np.uint16)
        assert model.block_options(samples, **vars(p))[1:] == [("split", k)] * 2
        assert_all_agree(core, samples, p)


def test_ties_between_other_options(core: Core) -> None:
    """As long as a split, the second extension wins; no compression wins over a split."""
    p = model.Parameters(bits=3, block_size=8, rsi=2, preprocess=False)
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(300):
        samples = rng.geometric(rng.uniform(0.2, 0.9), 8).clip(max=8).astype(np.uint16) - 1
        block = model.Block([int(x) for x in samples], None)
        extension = 1 + sum(code + 1 for code in model.pair_codes(block))
        split = min(model.split_bits(block, k) for k in p.k_values)
        shortest = min(extension, split, 24)
        tied = (extension == shortest, split == shortest, shortest == 24)
        if samples.any() and sum(tied) > 1:
            seen.add(tied)
            assert_all_agree(core, samples, p)
            assert model.block_options(samples, **vars(p))[0][0] == (EXTENSION if tied[0] else RAW)
    assert seen == {(True, True, False), (False, True, True)}


@given(case=cases(max_samples=300))
def test_the_bound_is_one(core, csxi, case) -> None:
    samples, p = case
    assert len(core.aec_encode(samples, **vars(p))) <= bound(csxi, p, len(samples))


@pytest.mark.parametrize("bits", range(1, 33))
def test_the_bound_is_reached(core: Core, csxi: SimpleNamespace, bits: int) -> None:
    """By whole blocks that cannot be compressed; 8 of them end with a byte."""
    sizes = itertools.product((8, 16, 32, 64), (5, 8), {False, bits <= 4})
    for block_size, n_blocks, restricted in sizes:
        p = model.Parameters(bits, block_size, 64, preprocess=False, restricted=restricted)
        samples = stream(np.random.default_rng(0), "saturated", block_size * n_blocks, p)
        size = len(core.aec_encode(samples, **vars(p)))
        assert size == bound(csxi, p, len(samples))


def bound(csxi: SimpleNamespace, p: model.Parameters, n_samples: int) -> int:
    flags = p.preprocess * csxi.lib.SXI_AEC_PREPROCESS + p.restricted * csxi.lib.SXI_AEC_RESTRICTED
    params = csxi.ffi.new("struct sxi_aec *", [p.bits, p.block_size, p.rsi, flags])
    return int(csxi.lib.sxi_aec_bound(params, n_samples))


def test_nothing_is_nothing(core: Core) -> None:
    assert core.aec_encode(np.zeros(0, np.uint16)) == b""
    assert len(core.aec_decode(b"", 0)) == 0
    assert model.encode(np.zeros(0), bits=8, block_size=8, rsi=1, preprocess=True) == b""
