# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Arguments, code and room that the CCSDS 121 functions refuse."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tight import Guarded, octets

from fsw_emu.core import Core, CoreError
from fsw_emu.model import aec as model

PARAM, ROOM, SHORT, FORMAT, RANGE = -1, -2, -3, -4, -8
HUGE = 2**32 - 1
GOOD = {"bits": 12, "block_size": 8, "rsi": 64, "flags": 1}
BAD = [
    {"bits": 0}, {"bits": 33}, {"bits": HUGE}, {"rsi": 0}, {"rsi": 4097}, {"block_size": 0},
    {"block_size": 4}, {"block_size": 24}, {"block_size": 128}, {"flags": 4}, {"flags": HUGE},
    {"flags": 2, "bits": 5}, {"flags": 3, "bits": 32},
]  # fmt: skip


def functions(csxi: SimpleNamespace, bits: int) -> tuple[Any, Any, str]:
    lib = csxi.lib
    if bits == 16:
        return lib.sxi_aec_encode_u16, lib.sxi_aec_decode_u16, "uint16_t"
    return lib.sxi_aec_encode_u32, lib.sxi_aec_decode_u32, "uint32_t"


@pytest.mark.parametrize("width", [16, 32])
@pytest.mark.parametrize("bad", [*BAD, None])
def test_parameters_that_cannot_be(
    csxi: SimpleNamespace, bad: dict[str, int] | None, width: int
) -> None:
    """None: those of samples wider than the function takes, which only one of the two has."""
    encode, decode, ctype = functions(csxi, width)
    params = csxi.ffi.new("struct sxi_aec *", GOOD | (bad or {"bits": 17}))
    samples, out = Guarded(csxi, ctype, 8), Guarded(csxi, "uint8_t", 64)
    zeros, code = csxi.ffi.new(f"{ctype}[8]"), octets(csxi, bytes(64))
    if bad is not None:
        assert csxi.lib.sxi_aec_bound(params, 8) == 0
    elif width == 32:
        assert encode(params, zeros, 8, out.pointer, 64) > 0
        return
    assert encode(params, zeros, 8, out.pointer, 64) == PARAM
    assert decode(params, code, 64, samples.pointer, 8) == PARAM
    assert samples.is_untouched()
    assert out.is_untouched()


@pytest.mark.parametrize("width", [16, 32])
@pytest.mark.parametrize(
    "option", [{}, {"bits": 8}, {"bits": 16}, {"bits": 2, "flags": 3}, {"bits": 4, "flags": 2}]
)
def test_null_nothing_and_more_than_can_be_counted(
    csxi: SimpleNamespace, option: dict[str, int], width: int
) -> None:
    encode, decode, ctype = functions(csxi, width)
    null, of = csxi.ffi.NULL, GOOD | {"bits": width, "block_size": 64} | option
    params = csxi.ffi.new("struct sxi_aec *", of)
    samples, out = Guarded(csxi, ctype, 8), Guarded(csxi, "uint8_t", 64)
    for a, b, c in (
        (null, samples.pointer, out.pointer),
        (params, null, out.pointer),
        (params, samples.pointer, null),
    ):
        assert encode(a, b, 8, c, 64) == PARAM
        assert decode(a, c, 64, b, 8) == PARAM
    assert csxi.lib.sxi_aec_bound(null, 8) == 0
    narrow = csxi.ffi.new("struct sxi_aec *", {"bits": 4, "block_size": 8, "rsi": 1, "flags": 2})
    assert csxi.lib.sxi_aec_bound(narrow, HUGE) == 0
    assert encode(narrow, samples.pointer, HUGE, out.pointer, 64) == PARAM
    assert csxi.lib.sxi_aec_bound(params, 0) == 0
    assert encode(params, samples.pointer, 0, out.pointer, 0) == 0
    assert decode(params, out.pointer, 0, samples.pointer, 0) == 0
    assert decode(params, out.pointer, 0, samples.pointer, 8) == SHORT
    for n in (2**31, HUGE):
        assert decode(params, out.pointer, 64, samples.pointer, n) == PARAM
    for n in (2**31, HUGE) if of["bits"] > 8 else ():
        assert csxi.lib.sxi_aec_bound(params, n) == 0
        assert encode(params, samples.pointer, n, out.pointer, 64) == PARAM
    assert samples.is_untouched()
    assert out.is_untouched()


@pytest.mark.parametrize("preprocess", [False, True])
@pytest.mark.parametrize(("bits", "block_size"), [(12, 8), (16, 64), (20, 8)])
def test_a_sample_of_more_bits_is_refused(
    core: Core, bits: int, block_size: int, preprocess: bool
) -> None:
    p = model.Parameters(bits=min(bits, 15), block_size=block_size, rsi=4, preprocess=preprocess)
    if bits > 16:
        p = model.Parameters(bits=bits, block_size=block_size, rsi=4, preprocess=preprocess)
    for at in (0, 1, block_size, 2 * block_size + 2):
        samples = np.full(2 * block_size + 3, p.largest, np.uint16 if p.bits <= 16 else np.uint32)
        assert core.aec_encode(samples, **vars(p)) == model.encode(samples, **vars(p))
        samples[at] += 1
        with pytest.raises(CoreError) as refused:
            core.aec_encode(samples, **vars(p))
        assert refused.value.status == RANGE


def every_option(p: model.Parameters) -> Any:
    """Zero blocks that end with others and with the data, splits, second extension, raw."""
    rng = np.random.default_rng(4)
    half = p.largest // 2
    parts = [np.full(24, half), rng.integers(0, p.largest, 16, endpoint=True), np.full(16, 1)]
    parts += [np.array([0, 0, 1, 0, 0, 0, 0, 0]), half + np.arange(16) % 4, np.full(24, 1)]
    return np.minimum(np.concatenate(parts), p.largest).astype(
        np.uint16 if p.bits <= 16 else np.uint32
    )


@pytest.mark.parametrize("preprocess", [False, True])
@pytest.mark.parametrize("bits", [3, 12, 16, 32])
def test_every_room_and_every_end(csxi: SimpleNamespace, bits: int, preprocess: bool) -> None:
    """Code that ends early is SHORT wherever it ends; less room than it takes is ROOM."""
    p = model.Parameters(bits=bits, block_size=8, rsi=5, preprocess=preprocess)
    encode, decode, ctype = functions(csxi, 16 if bits <= 16 else 32)
    values = every_option(p)
    samples = csxi.ffi.new(f"{ctype}[]", values.tolist())
    params = csxi.ffi.new("struct sxi_aec *", [bits, 8, 5, int(preprocess)])
    code = model.encode(values, **vars(p))
    for size in range(len(code) + 1):
        out, back = Guarded(csxi, "uint8_t", size), Guarded(csxi, ctype, len(values))
        status = encode(params, samples, len(values), out.pointer, size)
        assert status == (ROOM if size < len(code) else size)
        assert out.is_intact()
        end = octets(csxi, code[:size])
        status = decode(params, end, size, back.pointer, len(values))
        assert status == (SHORT if size < len(code) else len(values))
        assert back.is_intact()
    assert out.inside.tobytes() == code
    assert back.inside.tolist() == values.tolist()


#: option and code of one block of 8, and what it may not hold
NO_CODE = {
    "second extension, first sample": (1, "0001" + "0001" + "1" * 3, FORMAT),
    "second extension, second sample": (1, "0001" + "000001" + "1" * 3, FORMAT),
    "second extension, reference": (1, "0001" + "0" + "01" + "1" * 3, FORMAT),
    "second extension behind a reference": (1, "0001" + "0" + "1" + "0001" + "1" * 2, FORMAT),
    "split, more than a sample holds": (8, "001" + "0" * 256 + "1" * 8, FORMAT),
    "second extension, the rest missing": (1, "0001" + "0001", FORMAT),
    "split, low bits missing": (8, "010" + "0" * 128 + "1" * 8, FORMAT),
    "run beyond the interval": (8, "0000" + "01", FORMAT),
    "run beyond the interval, with a reference": (8, "0000" + "0" * 8 + "01", FORMAT),
    "run beyond the segment": (8, "0000" + "0" * 70 + "1", FORMAT),
}


@pytest.mark.parametrize("name", NO_CODE)
@pytest.mark.parametrize("width", [16, 32])
def test_code_that_no_coder_writes(csxi: SimpleNamespace, name: str, width: int) -> None:
    bits, text, status = NO_CODE[name]
    has_reference = name.endswith("reference")
    _, decode, ctype = functions(csxi, width)
    params = csxi.ffi.new("struct sxi_aec *", [bits, 8, 1, int(has_reference)])
    whole = int(text.ljust(320, "1"), 2).to_bytes(40, "big")
    for code in (whole, whole[: -(-len(text) // 8)]):  # what follows has no say
        out = Guarded(csxi, ctype, 8)
        assert decode(params, octets(csxi, code), len(code), out.pointer, 8) == status
        assert out.is_intact()
        if width == 16:
            p = model.Parameters(bits=bits, block_size=8, rsi=1, preprocess=has_reference)
            with pytest.raises(ValueError, match="a r"):
                model.decode(code, 8, **vars(p))


@pytest.mark.parametrize("preprocess", [False, True])
@pytest.mark.parametrize(
    ("bits", "restricted"), [(1, True), (2, True), (3, True), (4, True), (4, False), (8, False),
                             (9, False), (16, False)]
)  # fmt: skip
def test_wide_memory_holds_narrow_samples_too(
    csxi: SimpleNamespace, bits: int, restricted: bool, preprocess: bool
) -> None:
    """The same code whatever the samples lie in."""
    p = model.Parameters(bits, 16, 5, preprocess=preprocess, restricted=restricted)
    values = every_option(p)
    params = csxi.ffi.new("struct sxi_aec *", [bits, 16, 5, preprocess + 2 * restricted])
    code = model.encode(values, **vars(p))
    for width in (16, 32):
        encode, decode, ctype = functions(csxi, width)
        samples = csxi.ffi.new(f"{ctype}[]", values.tolist())
        out, back = Guarded(csxi, "uint8_t", len(code)), Guarded(csxi, ctype, len(values))
        assert encode(params, samples, len(values), out.pointer, len(code)) == len(code)
        assert out.inside.tobytes() == code
        data = octets(csxi, code)
        assert decode(params, data, len(code), back.pointer, len(values)) == len(values)
        assert back.inside.tolist() == values.tolist()


REFERENCE = f"{5:09b}"
#: code of one block of 8 that are all 5, of 9 bits
OF_FIVES = {
    "split": "0001" + REFERENCE + "1" * 7,
    "split, low bits": "0011" + REFERENCE + "1" * 7 + "0" * 14,
    "split, more low bits than a sample has": "1110" + REFERENCE + "1" * 7 + "0" * 91,
    "raw": "1111" + REFERENCE + "0" * 63,
    "second extension": "00001" + REFERENCE + "1" * 4,
    "zero block": "00000" + REFERENCE + "1",
}


@pytest.mark.parametrize("width", [16, 32])
@pytest.mark.parametrize("name", OF_FIVES)
def test_a_block_of_which_few_samples_are_wanted(
    csxi: SimpleNamespace, name: str, width: int
) -> None:
    """All of it is read, and has to be code, whatever it stands for."""
    _, decode, ctype = functions(csxi, width)
    params = csxi.ffi.new("struct sxi_aec *", [9, 8, 1, 1])

    def decoded(text: str, n: int, cut: int = 0) -> tuple[int, list[int]]:
        size = -(-len(text) // 8)
        code = int(text.ljust(8 * size, "0"), 2).to_bytes(size, "big")[: size - cut]
        out = Guarded(csxi, ctype, n)
        status = int(decode(params, octets(csxi, code), len(code), out.pointer, n))
        assert out.is_intact()
        return status, out.inside.tolist()

    text = OF_FIVES[name]
    for n in (1, 3, 8):
        assert decoded(text, n) == (n, [5] * n)
        for cut in range(1, -(-len(text) // 8) + 1):
            assert decoded(text, n, cut)[0] == SHORT
        if name == "split":  # it ends within the last code
            assert decoded(text[:19] + "000001", 1, cut=1)[0] == SHORT
        if "more low bits" in name:
            assert decoded(text[:20] + "1" * 91, n)[0] == FORMAT
