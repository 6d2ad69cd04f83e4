# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Compression entities against their model."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import u8, u16, u32
from tight import tight

from fsw_emu.core import CeHeader, Core, CoreError
from fsw_emu.model import ce as model
from fsw_emu.packets import ce as names

PARAM, CRC = -1, -6
LAYOUTS = {"group": model.GROUP, "frame": model.FRAME}
SIGNED = list(model.GROUP).index("sdpOffsetSignal")

fine_times = st.integers(0, 999_999)
products = st.integers(0, 5)
keys = st.sampled_from([0x0, 0x2, 0x14110, 0x14010, 0x14012])

headers = st.builds(
    CeHeader,
    version=u16,
    build=u16,
    sdp_version=u16,
    coarse=u32,
    fine_us=fine_times,
    obsid=u32,
    counter=u16,
    members=st.integers(1, 3),
    key=keys,
    product=products,
    integrity=u8,
    data_size=u32,
)


def values(layout: dict[str, int]) -> st.SearchStrategy[list[int]]:
    """Values that fit their fields, the largest more often than by chance."""
    each = []
    for bits in layout.values():
        largest = (1 << abs(bits)) - 1
        fitting = st.one_of(st.integers(0, largest), st.just(largest))
        negative = st.integers((1 << 32) - (1 << abs(bits) - 1), (1 << 32) - 1)
        each.append(fitting | negative if bits < 0 else fitting)
    return st.tuples(*each).map(list)


@st.composite
def entities(draw: st.DrawFn) -> tuple[CeHeader, NDArray[Any], NDArray[Any], bytes]:
    """What goes into an entity: science data random, or such that coding pays."""
    header = draw(headers)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = 64 * draw(st.integers(0, 20))
    noise = np.rint(rng.normal(500, 4, n // 2)).astype(">u2").tobytes()
    science = draw(st.sampled_from([noise, bytes(n), rng.bytes(n)]))
    largest = [[(1 << abs(bits)) - 1 for bits in layout.values()] for layout in LAYOUTS.values()]
    group = rng.integers(0, largest[0], dtype="u4", endpoint=True)
    frames = rng.integers(0, largest[1], (header.members, 57), dtype="u4", endpoint=True)
    return header, group, frames, science


def store(csxi: SimpleNamespace, what: str, fields: list[int]) -> tuple[int, bytes]:
    size = {"group": 100, "frame": 121}[what]
    out = csxi.ffi.new("uint8_t[]", size)
    function = getattr(csxi.lib, f"sxi_ce_{what}_store")
    status = function(csxi.ffi.new("uint32_t[]", fields), len(fields), out, size)
    return status, bytes(out)


def test_layouts() -> None:
    assert [sum(map(abs, layout.values())) for layout in LAYOUTS.values()] == [800, 968]
    assert (tuple(model.GROUP), tuple(model.FRAME)) == (names.GROUP_FIELDS, names.FRAME_FIELDS)


@pytest.mark.verifies("CE-20", "CE-22")
@pytest.mark.parametrize("what", LAYOUTS)
@given(data=st.data())
def test_metadata_agree(csxi: SimpleNamespace, what: str, data: st.DataObject) -> None:
    layout = LAYOUTS[what]
    fields = data.draw(values(layout))
    packed = model.pack(layout, fields)
    memory = csxi.ffi.new("uint32_t[]", fields)
    store_fields = getattr(csxi.lib, f"sxi_ce_{what}_store")
    assert packed == tight(
        csxi, len(packed), lambda out, room: store_fields(memory, len(fields), out, room)
    )
    read = csxi.ffi.new("uint32_t[]", len(fields))
    load = getattr(csxi.lib, f"sxi_ce_{what}_load")
    assert load(read, len(fields), csxi.ffi.new("uint8_t[]", packed), len(packed)) == 0
    expected = fields[:]
    if what == "group":
        expected[SIGNED] &= 0xFFFF
    assert list(read) == expected


@pytest.mark.parametrize("what", LAYOUTS)
def test_value_beyond_its_field(csxi: SimpleNamespace, what: str) -> None:
    layout = list(LAYOUTS[what].items())
    for i, (name, bits) in enumerate(layout):
        fields = [0] * len(layout)
        for value in {(1 << abs(bits)) - 1, 1 << abs(bits), 2**32 - 2**15 - 1, 2**32 - 2**15}:
            if value < 2**32:
                fields[i] = value
                good = model.fits(LAYOUTS[what], fields)
                status, stored = store(csxi, what, fields)
                assert status == (0 if good else PARAM), (name, value)
                assert not good or stored == model.pack(LAYOUTS[what], fields)


@given(data=st.binary(max_size=160), what=st.sampled_from(sorted(LAYOUTS)))
def test_any_bytes_are_metadata(csxi: SimpleNamespace, data: bytes, what: str) -> None:
    """What is read goes back to the same bytes; less than all of them is refused."""
    size, n = sum(map(abs, LAYOUTS[what].values())) // 8, len(LAYOUTS[what])
    fields = csxi.ffi.new("uint32_t[]", [7] * n)
    load = getattr(csxi.lib, f"sxi_ce_{what}_load")
    status = load(fields, n, csxi.ffi.new("uint8_t[]", data), len(data))
    if len(data) < size:
        assert (status, list(fields)) == (-3, [7] * n)
    else:
        assert store(csxi, what, list(fields)) == (status, data[:size])


@pytest.mark.verifies(
    "CE-1",
    "CE-2",
    "CE-3",
    "CE-4",
    "CE-5",
    "CE-6",
    "CE-7",
    "CE-8",
    "CE-9",
    "CE-10",
    "CE-11",
    "CE-12",
)
@given(header=headers, sizes=st.tuples(u16, u16, u16, u32, u32))
def test_header_store_agrees(
    csxi: SimpleNamespace, header: CeHeader, sizes: tuple[int, int, int, int, int]
) -> None:
    """Also of sizes that do not agree with each other: that is for the reader to find."""
    sizes_of = ("group_size", "frames_size", "compressed_meta_size", "compressed_data_size", "size")
    fields = dataclasses.asdict(header) | dict(zip(sizes_of, sizes, strict=True))
    pointer = csxi.ffi.new("struct sxi_ce_header *", fields)
    expected = model.pack_header(fields)
    store_header = csxi.lib.sxi_ce_header_store
    assert tight(csxi, 44, lambda out, room: store_header(pointer, out, room)) == expected


def header_agrees(core: Core, data: bytes) -> None:
    status = model.check_header(data)
    if status:
        with pytest.raises(CoreError) as refused:
            core.ce_header(data)
        assert refused.value.status == status
    else:
        read = dataclasses.asdict(core.ce_header(data))
        assert read == model.read_header(data)
        assert read["fine_us"] % 256 == 0


@pytest.mark.verifies("CE-1", "CE-4", "CE-8", "CE-9", "CE-10")
@given(parts=entities(), changes=st.dictionaries(st.integers(18, 43), u8, max_size=3))
def test_header_load_agrees(core: Core, parts: Any, changes: dict[int, int]) -> None:
    changed = bytearray(core.ce_pack(*parts)[:44])
    for at, value in changes.items():
        changed[at] = value
    header_agrees(core, bytes(changed))


@given(data=st.binary(max_size=60))
def test_arbitrary_header_agrees(core: Core, data: bytes) -> None:
    header_agrees(core, data)


@pytest.mark.verifies("CE-23", "CE-24", "FEE-8")
@given(
    fields=st.lists(u32, min_size=57, max_size=57),
    hk=st.one_of(st.binary(max_size=160), st.binary(min_size=152, max_size=152)),
)
def test_frame_hk_agrees(core: Core, fields: list[int], hk: bytes) -> None:
    copied = model.frame_hk(hk)
    expected = [copied.get(name, old) for name, old in zip(model.FRAME, fields, strict=True)]
    assert len(copied) == 51
    assert core.frame_hk(np.array(fields, "u4"), hk).tolist() == expected


@pytest.mark.verifies("CE-25", "FEE-8")
@given(seed=u32)
def test_frame_hk_of_any_size(core: Core, seed: int) -> None:
    """A register that is cut off counts as 0, one that is whole does not."""
    hk = np.random.default_rng(seed).bytes(160)
    for size in range(161):
        copied = model.frame_hk(hk[:size])
        expected = [copied.get(name, 7) for name in model.FRAME]
        assert core.frame_hk(np.full(57, 7, "u4"), hk[:size]).tolist() == expected


@given(hk=st.binary(min_size=152, max_size=152))
def test_housekeeping_fits_its_fields(core: Core, hk: bytes) -> None:
    assert model.fits(model.FRAME, core.frame_hk(np.zeros(57, "u4"), hk).tolist())


@pytest.mark.verifies("CE-5", "CE-11", "CE-12", "CE-13", "KEY-4", "KEY-5")
@given(parts=entities())
def test_entity_agrees(core: Core, parts: Any) -> None:
    header, group, frames, science = parts
    coded = core.key_encode(header.key, science)
    key = header.key
    if key not in (0, 2) and len(coded) + 2 >= len(science):  # nothing gained: uncompressed
        key, coded = 2 if key == 0x14012 else 0, science
    metadata = model.pack(model.GROUP, group.tolist()) + b"".join(
        model.pack(model.FRAME, frame) for frame in frames.tolist()
    )
    fields = dataclasses.asdict(header) | {"key": key}
    entity = core.ce_pack(*parts)
    assert entity == model.close(fields, metadata, coded, science)
    back = core.ce_unpack(entity)
    assert back.science == science
    assert dataclasses.asdict(back.header) == model.read_header(entity)
    np.testing.assert_array_equal(back.group, group)
    np.testing.assert_array_equal(back.frames, frames)


@pytest.mark.verifies("KEY-4")
@given(parts=entities(), data=st.data())
def test_no_damage_goes_unnoticed(core: Core, parts: Any, data: st.DataObject) -> None:
    """A flipped bit of a compressed entity is refused, unless it carries nothing: the coder pads
    its last block with samples that are not there, and its last byte with bits."""
    entity = bytearray(core.ce_pack(*parts))
    if core.ce_header(bytes(entity)).key in (0, 2):
        return
    bit = data.draw(st.integers(0, 8 * len(entity) - 1))
    entity[bit // 8] ^= 0x80 >> bit % 8
    try:
        science = core.ce_unpack(bytes(entity)).science
    except CoreError:
        return
    assert science == parts[3]
    metadata = 44 + 100 + 121 * len(parts[2])
    assert metadata <= bit // 8 < len(entity) - 2


@pytest.mark.verifies("KEY-4")
@given(parts=entities(), bit=st.integers(0, 7))
def test_check(csxi: SimpleNamespace, core: Core, parts: Any, bit: int) -> None:
    science, entity = parts[3], core.ce_pack(*parts)
    memory, check = csxi.ffi.new("uint8_t[]", entity), csxi.lib.sxi_ce_check

    def status(size: int, of: bytes) -> int:
        return check(memory, size, csxi.ffi.new("uint8_t[]", of or b"\0"), len(of))

    has_crc = core.ce_header(entity).key not in (0, 2)
    assert status(len(entity), science) == 0
    assert status(len(entity), science + b"\0") == model.LENGTH
    assert status(len(entity) - 1, science) == model.SHORT
    if science:
        wrong = bytes([science[0] ^ 1 << bit]) + science[1:]
        assert status(len(entity), wrong) == (CRC if has_crc else 0)


@pytest.mark.verifies("CE-4", "CE-9")
@pytest.mark.parametrize("members", [1, 2, 539, 540])
def test_members(core: Core, members: int) -> None:
    header = CeHeader(1, 1, 1, 0, 0, 1, 1, members, 0x14110, 0, 0, 0)
    frames = np.arange(members * 57, dtype="u4").reshape(members, 57) % 200
    entity = core.ce_pack(header, np.zeros(47, "u4"), frames, bytes(6400))
    read = core.ce_unpack(entity)
    assert (read.header.members, read.header.frames_size) == (members, 121 * members)
    np.testing.assert_array_equal(read.frames, frames)


@pytest.mark.verifies("CE-4", "CE-17")
@pytest.mark.parametrize("members", [0, 541, 65535])
def test_no_or_too_many_members(core: Core, members: int) -> None:
    header = CeHeader(1, 1, 1, 0, 0, 1, 1, members, 0, 0, 0, 0)
    with pytest.raises(CoreError) as refused:
        core.ce_pack(header, np.zeros(47, "u4"), np.zeros((members, 57), "u4"), bytes(64))
    assert refused.value.status == PARAM
