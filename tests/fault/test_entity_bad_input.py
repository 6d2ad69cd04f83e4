# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bad arguments, broken data, tight buffers: compression entities and keys."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import u8, u32
from tight import Guarded, octets, state, tight

from fsw_emu.model import ce, key

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC = -1, -2, -3, -4, -5, -6
HUGE = 2**32 - 1

CE = {
    "version": 1, "build": 2, "sdp_version": 3, "coarse": 4, "fine_us": 999_999, "obsid": 6,
    "counter": 7, "members": 1, "key": 0x14110, "product": 5, "integrity": 0, "data_size": 64,
}  # fmt: skip
CODED_KEYS = [n for n, parts in key.valid_keys().items() if parts.coder == key.AEC]


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(("what", "n", "size"), [("group", 47, 100), ("frame", 57, 121)])
def test_metadata_arguments(csxi: SimpleNamespace, what: str, n: int, size: int) -> None:
    null, out = csxi.ffi.NULL, Guarded(csxi, "uint8_t", size)
    fields = csxi.ffi.new("uint32_t[]", [7] * 60)
    store, load = (getattr(csxi.lib, f"sxi_ce_{what}_{verb}") for verb in ("store", "load"))
    for wrong in (0, n - 1, n + 1, HUGE):
        assert store(fields, wrong, out.pointer, size) == PARAM
        assert load(fields, wrong, out.pointer, size) == PARAM
    assert store(null, n, out.pointer, size) == store(fields, n, null, size) == PARAM
    assert load(null, n, out.pointer, size) == load(fields, n, null, size) == PARAM
    assert {load(fields, n, out.pointer, less) for less in (0, 1, size - 1)} == {SHORT}
    assert out.is_untouched()
    assert list(fields) == [7] * 60


@pytest.mark.verifies("STAT-3")
def test_frame_hk_arguments(csxi: SimpleNamespace) -> None:
    fields, hk = csxi.ffi.new("uint32_t[]", [7] * 58), octets(csxi, bytes(152))
    copy = csxi.lib.sxi_ce_frame_hk
    assert {copy(fields, n, hk, 152) for n in (0, 56, 58, HUGE)} == {PARAM}
    assert copy(csxi.ffi.NULL, 57, hk, 152) == copy(fields, 57, csxi.ffi.NULL, 152) == PARAM
    assert list(fields) == [7] * 58
    for size in range(153):
        assert copy(fields, 57, octets(csxi, bytes(size)), size) == 0
    assert sum(fields) == 7 * (58 - 51)


def entity_header(**sizes: int) -> bytes:
    good = {"group_size": 100, "frames_size": 121, "compressed_meta_size": 221, "size": 265 + 9,
            "compressed_data_size": 9}  # fmt: skip
    return ce.pack_header(CE | good | sizes)


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", SHORT),
        (entity_header()[:43], SHORT),
        (entity_header(product=6), FORMAT),
        (entity_header(product=255), FORMAT),
        (entity_header(members=0, frames_size=0, compressed_meta_size=100, size=153), FORMAT),
        (entity_header(members=541), FORMAT),
        (entity_header(members=2), LENGTH),
        (entity_header(group_size=101), LENGTH),
        (entity_header(frames_size=122), LENGTH),
        (entity_header(compressed_meta_size=220), LENGTH),
        (entity_header(size=273), LENGTH),
        (entity_header(size=0), LENGTH),
        (entity_header(size=264, compressed_data_size=HUGE), LENGTH),  # their sum wraps
        (entity_header(compressed_data_size=8), LENGTH),
    ],
)
def test_refused_header_changes_nothing(csxi: SimpleNamespace, data: bytes, status: int) -> None:
    header = csxi.ffi.new("struct sxi_ce_header *", {"obsid": 77})
    before = state(csxi, header)
    assert csxi.lib.sxi_ce_header_load(header, octets(csxi, data), len(data)) == status
    assert csxi.lib.sxi_ce_header_load(header, csxi.ffi.NULL, 44) == PARAM
    assert state(csxi, header) == before
    assert csxi.lib.sxi_ce_header_load(csxi.ffi.NULL, octets(csxi, data), len(data)) == PARAM
    science = octets(csxi, bytes(64))
    assert csxi.lib.sxi_ce_check(octets(csxi, data), len(data), science, 64) == status


BAD_CLOSE = [
    {"fine_us": 1_000_000}, {"members": 0}, {"members": 541}, {"members": 65535}, {"product": 6},
]  # fmt: skip


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize("bad", BAD_CLOSE)
def test_entity_that_cannot_be(csxi: SimpleNamespace, bad: dict[str, int]) -> None:
    header, out = csxi.ffi.new("struct sxi_ce_header *", CE | bad), Guarded(csxi, "uint8_t", 400)
    before, science = state(csxi, header), octets(csxi, bytes(64))
    assert csxi.lib.sxi_ce_close(header, science, 64, out.pointer, 9, 400) == PARAM
    if "fine_us" in bad:
        assert csxi.lib.sxi_ce_header_store(header, out.pointer, 400) == PARAM
    assert state(csxi, header) == before
    assert out.is_untouched()


@pytest.mark.verifies("STAT-3")
def test_entity_arguments(csxi: SimpleNamespace) -> None:
    null, lib = csxi.ffi.NULL, csxi.lib
    header, out = csxi.ffi.new("struct sxi_ce_header *", CE), octets(csxi, bytes(400))
    before = state(csxi, header)
    for a, b, c in ((null, out, out), (header, null, out), (header, out, null)):
        assert lib.sxi_ce_close(a, b, 64, c, 9, 400) == PARAM
    for size in (2**30, 2**31, HUGE):
        assert lib.sxi_ce_close(header, out, 64, out, size, HUGE) == PARAM
    for size in (0, 63, 65):
        assert lib.sxi_ce_close(header, out, size, out, 9, 400) == LENGTH
    assert lib.sxi_ce_header_store(null, out, 44) == lib.sxi_ce_header_store(header, null, 44)
    assert lib.sxi_ce_header_store(header, null, 44) == PARAM
    assert lib.sxi_ce_check(null, 400, out, 64) == lib.sxi_ce_check(out, 400, null, 0) == PARAM
    assert state(csxi, header) == before


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize("number", [0, 2, 0x10, 0x14110, 0x40, 0x130, 0xEF908030])
def test_close_in_exact_buffers(csxi: SimpleNamespace, number: int) -> None:
    """Also under a key that is not ours: it has a CRC, and only the coder knows more."""
    lib, science = csxi.lib, bytes(range(64))
    content = bytes(221) + (science if number in (0, 2) else b"coded 9 b")

    def close(out: Any, room: int) -> int:
        header = csxi.ffi.new("struct sxi_ce_header *", CE | {"key": number})
        before = state(csxi, header)
        csxi.ffi.memmove(out + min(44, room), content, min(len(content), max(room - 44, 0)))
        of = octets(csxi, science)
        size = lib.sxi_ce_close(header, of, 64, out, len(content) - 221, room)
        assert size > 0 or state(csxi, header) == before
        return int(size)

    expected = ce.close(CE | {"key": number}, content[:221], content[221:], science)
    assert tight(csxi, len(expected), close) == expected
    entity = octets(csxi, expected)
    for size, status in ((len(expected), 0), (len(expected) - 1, SHORT), (44, SHORT)):
        assert lib.sxi_ce_check(entity, size, octets(csxi, science), 64) == status
    assert lib.sxi_ce_check(entity, len(expected), octets(csxi, science), 63) == LENGTH
    other = lib.sxi_ce_check(entity, len(expected), octets(csxi, bytes(64)), 64)
    assert other == (0 if number in (0, 2, 0x40, 0x130) else CRC)
    if number in (0x40, 0x130):  # over what is sent
        bad = octets(csxi, expected[:-3] + bytes([expected[-3] ^ 1]) + expected[-2:])
        assert lib.sxi_ce_check(bad, len(expected), octets(csxi, science), 64) == CRC


def test_compressed_entity_without_room_for_its_crc(csxi: SimpleNamespace) -> None:
    science = octets(csxi, bytes(64))
    for of_kind in (0x14110, 0x1040, 0x22):  # CCSDS 121, packets of events, none that is known
        for size in (0, 1):
            header = entity_header(key=of_kind, compressed_data_size=size, size=265 + size)
            data = header + bytes(221 + size)
            assert csxi.lib.sxi_ce_check(octets(csxi, data), len(data), science, 64) == LENGTH


@pytest.mark.verifies("STAT-3")
def test_key_arguments(csxi: SimpleNamespace) -> None:
    null, ffi, lib = csxi.ffi.NULL, csxi.ffi, csxi.lib
    parts, number = ffi.new("struct sxi_key *"), ffi.new("uint32_t *", 77)
    assert lib.sxi_key_load(null, 0) == PARAM
    assert lib.sxi_key_store(null, number) == lib.sxi_key_store(parts, null) == PARAM
    data, out = octets(csxi, bytes(64)), Guarded(csxi, "uint8_t", 200)
    for coded, name in ((0x14110, "u16"), (0x14012, "u32")):
        samples = ffi.new("uint32_t[32]")
        pointer = ffi.cast("uint16_t *", samples) if name == "u16" else samples
        work = ffi.new("struct sxi_key_work *", {name: pointer, "room": 32})
        nothing = ffi.new("struct sxi_key_work *", {"room": 32})
        for call in (
            lambda a, w, c, n, k=coded: lib.sxi_key_encode(k, a, n, w, c, 200),
            lambda a, w, c, n, k=coded: lib.sxi_key_decode(k, a, 64, w, c, n),
        ):
            assert call(null, work, out.pointer, 64) == call(data, work, null, 64) == PARAM
            assert call(data, null, out.pointer, 64) == call(data, nothing, out.pointer, 64)
            assert call(data, nothing, out.pointer, 64) == PARAM
            assert {call(data, work, out.pointer, n) for n in (63, 65, 2**31, HUGE)} == {LENGTH}
            assert call(data, work, out.pointer, 2**31 - 64) == ROOM
    assert lib.sxi_key_encode(0x22, data, 64, null, out.pointer, 200) == FORMAT
    assert lib.sxi_key_decode(0x22, data, 64, null, out.pointer, 64) == FORMAT
    assert out.is_untouched()


@pytest.mark.parametrize("number", [0, 2])
def test_plain_data_of_another_size(csxi: SimpleNamespace, number: int) -> None:
    null, lib, out = csxi.ffi.NULL, csxi.lib, Guarded(csxi, "uint8_t", 8)
    data = octets(csxi, b"abcdefghijkl")
    assert lib.sxi_key_decode(number, data, 7, null, out.pointer, 8) == SHORT
    assert lib.sxi_key_decode(number, data, 12, null, out.pointer, 8) == LENGTH
    assert lib.sxi_key_encode(number, data, 12, null, out.pointer, 8) == ROOM
    assert lib.sxi_key_encode(number, data, 8, null, out.pointer, 8) == 8
    assert (out.inside.tobytes(), out.is_intact()) == (b"abcdefgh", True)


@pytest.mark.verifies("STAT-3")
@given(number=st.sampled_from(CODED_KEYS), data=st.binary(max_size=80), units=st.integers(0, 9))
def test_arbitrary_code_stays_inside(
    csxi: SimpleNamespace, number: int, data: bytes, units: int
) -> None:
    parts, size = key.valid_keys()[number], 64 * units
    name, n = ("u32", size // 4) if parts.stacked else ("u16", size // 2)
    samples = Guarded(csxi, "uint32_t" if parts.stacked else "uint16_t", n)
    work = csxi.ffi.new("struct sxi_key_work *", {name: samples.pointer, "room": n})
    out = Guarded(csxi, "uint8_t", size)
    code = octets(csxi, data)
    status = csxi.lib.sxi_key_decode(number, code, len(data), work, out.pointer, size)
    assert status in (size, SHORT, FORMAT)
    assert samples.is_intact()
    assert out.is_intact()


@given(data=st.binary(max_size=400), changes=st.dictionaries(st.integers(0, 43), u8), size=u32)
def test_arbitrary_entities_are_only_read(
    csxi: SimpleNamespace, data: bytes, changes: dict[int, int], size: int
) -> None:
    body = bytearray(entity_header(size=265 + len(data), compressed_data_size=len(data)))
    for at, value in changes.items():
        body[at] = value
    entity, science = bytes(body) + bytes(221) + data, octets(csxi, bytes(64))
    status = csxi.lib.sxi_ce_check(octets(csxi, entity), len(entity), science, 64)
    assert status in (0, SHORT, FORMAT, LENGTH, CRC)
    assert csxi.lib.sxi_ce_check(octets(csxi, data), len(data), science, size % 65) < 0
