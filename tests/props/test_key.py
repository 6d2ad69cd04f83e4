# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Compression keys against their model; the coder behind them is judged by imagecodecs."""

from __future__ import annotations

import dataclasses
import itertools
from types import SimpleNamespace
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import u32
from tight import tight

from fsw_emu.core import Core, CoreError
from fsw_emu.model import key as model

PARAM, LENGTH, FORMAT = -1, -5, -4
KEYS = model.valid_keys()
FIELDS = tuple(model.Key.__match_args__)
#: those without packets; of packets of rows and events tests/props/test_key_packets.py tells more
PLAIN = {n: parts for n, parts in KEYS.items() if parts.coder in (0, model.AEC)}

coded_keys = st.sampled_from([number for number, parts in PLAIN.items() if parts.coder])


def load(csxi: SimpleNamespace, number: int) -> tuple[int, model.Key | None]:
    parts = csxi.ffi.new("struct sxi_key *", [9] * len(FIELDS))
    status = csxi.lib.sxi_key_load(parts, number)
    values = [getattr(parts, name) for name in FIELDS]
    assert status == 0 or values == [9] * len(FIELDS)
    return status, None if status else model.Key(*values)


@pytest.mark.verifies("KEY-1")
def test_every_key_of_parts(csxi: SimpleNamespace) -> None:
    """All combinations of parts, within their ranges and one beyond."""
    numbers = {parts: number for number, parts in KEYS.items()}
    stored = csxi.ffi.new("uint32_t *")
    digits = (0, 1, 2, 0x10, 2**24, 2**28 + 1)
    for values in itertools.product(digits[:3], digits, digits, (0, 4, 8, 16, 32, 64, 128), digits):
        stored[0] = 0xDEAD
        status = csxi.lib.sxi_key_store(csxi.ffi.new("struct sxi_key *", values), stored)
        expected = numbers.get(model.Key(*values))
        assert (status, stored[0]) == ((PARAM, 0xDEAD) if expected is None else (0, expected))


@pytest.mark.verifies("KEY-7")
@example(number=0x14010, changes={"rows": 639})
@example(number=0x14010, changes={"rows": 640})
@example(number=0x130, changes={"cols": 1})
@example(number=0x14010, changes={"way": 1})
@given(
    number=st.sampled_from([n for n, parts in KEYS.items() if parts.coder != model.AEC]),
    changes=st.dictionaries(st.sampled_from(FIELDS), st.sampled_from([0, 1, 3, 4, 639, 2**28 + 3])),
)
def test_parts_that_are_no_key(csxi: SimpleNamespace, number: int, changes: dict[str, int]) -> None:
    """Parts of a key, and such with others among them."""
    numbers = {parts: n for n, parts in KEYS.items()}
    parts = dataclasses.replace(KEYS[number], **changes)
    stored = csxi.ffi.new("uint32_t *", 0xDEAD)
    pointer = csxi.ffi.new("struct sxi_key *", dataclasses.asdict(parts))
    status = csxi.lib.sxi_key_store(pointer, stored)
    expected = numbers.get(parts)
    assert (status, stored[0]) == ((PARAM, 0xDEAD) if expected is None else (0, expected))


@pytest.mark.verifies("KEY-1", "KEY-2", "KEY-7", "KEY-10")
def test_parts_of_every_key(csxi: SimpleNamespace) -> None:
    assert (len(PLAIN), len(KEYS)) == (26, 26 + 3 + 4 * 3 * 16)
    for number, parts in KEYS.items():
        assert load(csxi, number) == (0, parts)


@pytest.mark.verifies("KEY-1", "KEY-2")
def test_no_number_like_a_key_is_one(csxi: SimpleNamespace) -> None:
    """All of six digits that differ from one of some keys in two digits at the most; digits from
    6 on are nowhere any."""
    parts, load_key = csxi.ffi.new("struct sxi_key *"), csxi.lib.sxi_key_load
    some = [*sorted(PLAIN)[::3], 0x40, 0x030130, 0x441530, 0x133430]
    like = {
        key & ~(15 << 4 * i) & ~(15 << 4 * j) | a << 4 * i | b << 4 * j
        for key in some
        for i, j in itertools.combinations(range(6), 2)
        for a, b in itertools.product((*range(7), 15), repeat=2)
    }
    assert {n for n in like if load_key(parts, n) == 0} == like & set(KEYS)


@pytest.mark.verifies("KEY-1")
@given(number=st.one_of(u32, st.sampled_from(sorted(KEYS))), bit=st.integers(0, 31))
def test_any_number(csxi: SimpleNamespace, number: int, bit: int) -> None:
    for key in (number, number ^ 1 << bit):
        expected = (0, KEYS[key]) if key in KEYS else (FORMAT, None)
        assert load(csxi, key) == expected


@pytest.mark.verifies("KEY-3")
def test_digit_two_means_stacked() -> None:
    """The rule of the ground software, for every key there is."""
    for number, parts in KEYS.items():
        assert ("2" in f"{number:x}") == bool(parts.stacked)


@st.composite
def science_data(draw: st.DrawFn, max_units: int = 12) -> bytes:
    """Whole packets of 64 bytes: random, slowly varying, constant or of few values."""
    n = 64 * draw(st.integers(0, max_units))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["random", "noise", "constant", "sparse"]))
    if kind == "random":
        return rng.bytes(n)
    if kind == "constant":
        return draw(st.binary(min_size=4, max_size=4)) * (n // 4)
    if kind == "noise":
        return np.rint(rng.normal(500, 5, n // 2)).astype(">u2").tobytes()
    return (rng.random(n // 2) < 0.02).astype(">u2").tobytes()


def by_imagecodecs(parts: model.Key, samples: Any) -> bytes:
    if not samples.size:
        return b""
    flags = imagecodecs.AEC.FLAG.DATA_PREPROCESS if parts.preprocess else 0
    coded = imagecodecs.aec_encode(
        samples,
        bitspersample=32 if parts.stacked else 16,
        flags=int(flags),
        blocksize=parts.block_size,
        rsi=128,
    )
    return bytes(coded)


@pytest.mark.verifies("KEY-1", "AEC-1")
@given(number=coded_keys, science=science_data())
def test_coding_agrees(core: Core, number: int, science: bytes) -> None:
    parts = KEYS[number]
    samples = model.arrange(science, stacked=bool(parts.stacked), planes=bool(parts.planes))
    coded = core.key_encode(number, science)
    assert coded == by_imagecodecs(parts, samples)
    assert core.key_decode(number, coded, len(science)) == science
    assert model.restore(samples, planes=bool(parts.planes)) == science


@pytest.mark.verifies("KEY-1", "AEC-1")
@pytest.mark.parametrize("number", sorted(PLAIN))
def test_several_intervals(core: Core, number: int) -> None:
    """More samples than one reference sample interval of the largest blocks."""
    noise = np.random.default_rng(7).normal(900, 12, 32 * 1100)
    science = np.rint(noise).astype(">u2").tobytes()
    parts, coded = KEYS[number], core.key_encode(number, science)
    assert core.key_decode(number, coded, len(science)) == science
    if parts.coder:
        samples = model.arrange(science, stacked=bool(parts.stacked), planes=bool(parts.planes))
        assert coded == by_imagecodecs(parts, samples)


@pytest.mark.verifies("KEY-2")
@given(science=st.binary(max_size=60))
def test_without_a_coder_nothing_changes(core: Core, science: bytes) -> None:
    for number, unit in ((0x0, 2), (0x2, 4)):
        whole = science[: len(science) // unit * unit]
        assert core.key_encode(number, whole) == whole
        assert core.key_decode(number, whole, len(whole)) == whole


@given(number=st.sampled_from(sorted(PLAIN)), size=st.integers(0, 200))
def test_science_of_whole_samples(core: Core, number: int, size: int) -> None:
    parts = KEYS[number]
    unit = 64 if parts.planes else 4 if parts.stacked else 2
    if size % unit == 0:
        assert core.key_decode(number, core.key_encode(number, bytes(size)), size) == bytes(size)
        return
    with pytest.raises(CoreError) as refused:
        core.key_encode(number, bytes(size))
    assert refused.value.status == LENGTH
    with pytest.raises(CoreError) as refused:
        core.key_decode(number, bytes(40), size)
    assert refused.value.status == LENGTH


@given(number=st.sampled_from(sorted(PLAIN)), science=science_data(max_units=3))
def test_tight_buffers(csxi: SimpleNamespace, core: Core, number: int, science: bytes) -> None:
    """Samples in work, code and science: exactly as much memory as each needs."""
    ffi, lib, parts = csxi.ffi, csxi.lib, KEYS[number]
    coded = core.key_encode(number, science)
    assert len(coded) <= lib.sxi_key_bound(number, len(science))
    n = len(science) // (4 if parts.stacked else 2)
    name = "u32" if parts.stacked else "u16"
    samples = ffi.new("uint32_t[]" if parts.stacked else "uint16_t[]", n)
    work = ffi.new("struct sxi_key_work *", {name: samples, "room": n})
    science_in, coded_in = ffi.new("uint8_t[]", science), ffi.new("uint8_t[]", coded)
    if science:
        written = tight(
            csxi,
            len(coded),
            lambda out, room: lib.sxi_key_encode(number, science_in, len(science), work, out, room),
        )
        assert written == coded
        if parts.coder:
            work.room = n - 1
            out = ffi.new("uint8_t[]", len(science) + 4096)
            encoded = lib.sxi_key_encode(number, science_in, len(science), work, out, len(out))
            decoded = lib.sxi_key_decode(number, coded_in, len(coded), work, out, len(science))
            assert encoded == decoded == -2
            work.room = n
    out = ffi.new("uint8_t[]", max(len(science), 1))
    decoded = lib.sxi_key_decode(number, coded_in, len(coded), work, out, len(science))
    assert (decoded, bytes(out)[: len(science)]) == (len(science), science)


@given(number=u32.filter(lambda number: number not in KEYS), size=st.integers(0, 2**31 - 1))
def test_bound_of_no_key(csxi: SimpleNamespace, number: int, size: int) -> None:
    assert csxi.lib.sxi_key_bound(number, size) == 0


@pytest.mark.parametrize("number", sorted(PLAIN))
def test_bound(csxi: SimpleNamespace, number: int) -> None:
    """At least what the blocks take, the last one whole, and little more; 0 beyond INT32_MAX."""
    bound, parts = csxi.lib.sxi_key_bound, KEYS[number]
    block_bytes = max(parts.block_size, 1) * (4 if parts.stacked else 2)
    assert [bound(number, size) for size in (0, 2**31, 2**32 - 4)] == [1, 0, 0]
    for size in (64, 640, 64_000, 6_400_000):
        assert size <= bound(number, size) <= -(-size // block_bytes) * block_bytes * 1.04 + 4
    if not parts.coder:
        assert bound(number, 2**31 - 1) == 2**31 - 1
