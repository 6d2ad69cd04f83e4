"""CCSDS 121: C, model and libaec give the same bytes; every option is met; the bound holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsw_emu.core import Core, CoreError
from fsw_emu.model import aec as model

PREPROCESS, RESTRICTED = 8, 16  # of libaec


def libaec(samples: NDArray[Any], p: model.Parameters) -> bytes:
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


def streams(rng: np.random.Generator, kind: int, n: int, most: int) -> NDArray[np.uint64]:
    """Samples of one character, up to ``most``."""
    at_random = rng.integers(0, most, n, dtype=np.uint64, endpoint=True)
    steps = np.cumsum(rng.integers(-1, 2, n)) + most // 2
    noise = np.abs(rng.normal(most / 2, min(most / 4 + 1, 2.0 ** rng.integers(0, 12)), n))
    made = {
        0: at_random,
        1: np.full(n, at_random[0]),
        2: np.where(rng.random(n) < 0.02, at_random, 0),
        3: np.clip(noise, 0, most),
        4: np.where(np.arange(n) % 2, most, 0),
        5: np.clip(steps, 0, most),
        6: np.repeat(at_random, 200)[:n],
        7: np.minimum(rng.geometric(0.5, n) - 1, most),
        8: np.full(n, most),
    }[kind]
    return made.astype(np.uint64)


KINDS = 9


@st.composite
def cases(draw: st.DrawFn, max_samples: int = 700) -> tuple[NDArray[Any], model.Parameters]:
    bits = draw(st.integers(1, 32))
    p = model.Parameters(
        bits=bits,
        block_size=draw(st.sampled_from([8, 16, 32, 64])),
        rsi=draw(st.sampled_from([1, 2, 3, 63, 64, 65, 128, 4096])),
        preprocess=draw(st.booleans()),
        restricted=bits <= 4 and draw(st.booleans()),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, max_samples))
    samples = streams(rng, draw(st.integers(0, KINDS - 1)), n, p.largest)
    return samples.astype(np.uint16 if bits <= 16 else np.uint32), p


@given(case=cases())
def test_encoder_decoder_and_model_agree_with_libaec(core, case) -> None:
    samples, p = case
    coded = core.aec_encode(samples, **vars(p))
    assert coded == libaec(samples, p)
    assert coded == model.encode(samples, p)
    back = core.aec_decode(coded, len(samples), **vars(p))
    assert back.dtype == samples.dtype
    assert np.array_equal(back, samples)
    assert np.array_equal(model.decode(coded, len(samples), p), samples)


def test_every_option_is_met(core: Core) -> None:
    """Streams made for it use every option, and C, model and libaec code them the same."""
    p = model.Parameters(bits=16, block_size=16, rsi=128, preprocess=True)
    rng = np.random.default_rng(1)
    parts = [np.full(16 * 3, 7), rng.integers(0, 65536, 32), np.full(16 * 90, 9)]
    parts += [rng.integers(0, 2 << k, 96) + 1000 for k in range(15)]
    parts += [(rng.random(160) < 0.03) * 1]
    samples = np.concatenate(parts).astype(np.uint16)
    options = model.block_options(samples, p)
    assert {name for name, _ in options} == {
        "zero", model.ROS, "second extension", "split", "no compression"}  # fmt: skip
    assert {k for name, k in options if name == "split"} >= set(range(13))
    assert core.aec_encode(samples, **vars(p)) == model.encode(samples, p) == libaec(samples, p)


def test_ties_go_to_the_nearest_k(core: Core) -> None:
    """All of 8 samples being 1 or so, k = 0 and k = 1 take the same bits: what came before
    decides, from either side."""
    p = model.Parameters(bits=8, block_size=8, rsi=2, preprocess=False)
    tie = [1, 1, 1, 1, 1, 1, 1, 1]
    for before in ([0, 0, 1, 0, 0, 1, 0, 0], [40, 50, 60, 70, 44, 52, 61, 73]):
        samples = np.array(before + tie + tie, np.uint16)
        assert core.aec_encode(samples, **vars(p)) == libaec(samples, p)


@given(case=cases(max_samples=200))
def test_any_other_prefix_or_bit_is_an_error_or_other_samples(core, case) -> None:
    """Truncated streams are refused; the decoder never says more than it was given."""
    samples, p = case
    coded = core.aec_encode(samples, **vars(p))
    for cut in {0, len(coded) // 2, len(coded) - 1}:
        with pytest.raises(CoreError):
            core.aec_decode(coded[:cut], len(samples), **vars(p))


@given(case=cases(max_samples=150))
def test_the_bound_is_one(core, csxi, case) -> None:
    samples, p = case
    params = csxi.ffi.new(
        "struct sxi_aec *",
        {"bits": p.bits, "block_size": p.block_size, "rsi": p.rsi, "flags": p.preprocess},
    )
    bound = csxi.lib.sxi_aec_bound(params, len(samples))
    if not p.restricted:
        assert len(core.aec_encode(samples, **vars(p))) <= bound
    blocks = -(-len(samples) // p.block_size)
    assert (
        bound
        == (blocks * (p.block_size * p.bits + (3, 4, 5)[(p.bits > 8) + (p.bits > 16)]) + 7) // 8
    )


@pytest.mark.parametrize(
    "change", [{"bits": 0}, {"bits": 33}, {"block_size": 12}, {"block_size": 0}, {"rsi": 0},
               {"rsi": 4097}, {"bits": 5, "restricted": True}])  # fmt: skip
def test_parameters_out_of_range_are_refused(core: Core, change: dict[str, int]) -> None:
    with pytest.raises(CoreError) as refused:
        core.aec_encode(np.zeros(8, np.uint32), **change)  # type: ignore[arg-type]
    assert refused.value.status == -1
    with pytest.raises(CoreError) as refused:
        core.aec_decode(bytes(8), 8, **change)  # type: ignore[arg-type]
    assert refused.value.status == -1


@pytest.mark.parametrize("bits", [1, 7, 8, 12, 16, 17, 31])
def test_samples_beyond_their_width_are_refused(core: Core, bits: int) -> None:
    with pytest.raises(CoreError) as refused:
        core.aec_encode(np.array([0, 2**bits], np.uint32), bits=bits)
    assert refused.value.status == -8


def test_signed_samples_and_lists_are_refused(core: Core) -> None:
    for samples in (np.zeros(8, np.int16), np.zeros(8), [1, 2, 3]):
        with pytest.raises(TypeError):
            core.aec_encode(samples)  # type: ignore[arg-type]


def test_nothing_is_nothing(core: Core) -> None:
    assert core.aec_encode(np.zeros(0, np.uint16)) == b""
    assert len(core.aec_decode(b"", 0)) == 0


@given(data=st.binary(max_size=200), case=cases(max_samples=1), n=st.integers(0, 3000))
def test_arbitrary_bytes_decode_or_are_refused(core, data, case, n) -> None:
    p = case[1]
    try:
        samples = core.aec_decode(data, n, **vars(p))
    except CoreError:
        return
    assert len(samples) == n
    assert not n or int(samples.max()) <= p.largest


def test_a_claim_that_cannot_be_is_not_made_room_for(core: Core) -> None:
    with pytest.raises(CoreError) as refused:
        core.aec_decode(b"\0", 2**31 - 1)
    assert refused.value.status == -3


@given(case=cases(max_samples=120))
def test_exact_room_is_enough_and_one_byte_less_is_not(csxi: SimpleNamespace, case) -> None:  # type: ignore[no-untyped-def]
    samples, p = case
    ffi, lib = csxi.ffi, csxi.lib
    flags = (1 if p.preprocess else 0) | (2 if p.restricted else 0)
    params = ffi.new("struct sxi_aec *", {"bits": p.bits, "block_size": p.block_size,
                                          "rsi": p.rsi, "flags": flags})  # fmt: skip
    width = 16 if p.bits <= 16 else 32
    encode = getattr(lib, f"sxi_aec_encode_u{width}")
    data = ffi.from_buffer(f"uint{width}_t[]", samples)
    size = len(libaec(samples, p))
    for room, expected in ((size, size), (size - 1, lib.SXI_STATUS_ROOM)):
        out = ffi.new("uint8_t[]", b"\xa5" * (room + 16))
        assert encode(params, data, len(samples), out, room) == expected
        assert bytes(ffi.buffer(out))[room : room + 16] == b"\xa5" * 16


def test_null_is_refused(csxi: SimpleNamespace) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    params = ffi.new("struct sxi_aec *", {"bits": 16, "block_size": 8, "rsi": 1})
    words, longs, out = ffi.new("uint16_t[8]"), ffi.new("uint32_t[8]"), ffi.new("uint8_t[99]")
    null = ffi.NULL
    refusals = [
        lib.sxi_aec_encode_u16(null, words, 8, out, 99),
        lib.sxi_aec_encode_u16(params, null, 8, out, 99),
        lib.sxi_aec_encode_u16(params, words, 8, null, 99),
        lib.sxi_aec_encode_u32(params, null, 8, out, 99),
        lib.sxi_aec_encode_u16(params, words, 2**31, out, 99),
        lib.sxi_aec_decode_u16(null, out, 99, words, 8),
        lib.sxi_aec_decode_u16(params, null, 99, words, 8),
        lib.sxi_aec_decode_u16(params, out, 99, null, 8),
        lib.sxi_aec_decode_u32(params, out, 99, null, 8),
        lib.sxi_aec_decode_u32(params, out, 99, longs, 2**31),
    ]
    assert set(refusals) == {lib.SXI_STATUS_PARAM}
    params.bits = 17
    assert lib.sxi_aec_encode_u16(params, words, 8, out, 99) == lib.SXI_STATUS_PARAM
    assert lib.sxi_aec_decode_u16(params, out, 99, words, 8) == lib.SXI_STATUS_PARAM
    assert lib.sxi_aec_bound(null, 8) == 0
