# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Entities packed and unpacked whole: what is refused, and that it changes nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tight import Guarded, octets, state

from fsw_emu.model import ce
from fsw_emu.model.key import AEC, valid_keys

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC = -1, -2, -3, -4, -5, -6
META = 44 + 100 + 121
CODED, PLAIN = 0x14110, 0
HEADER = {"version": 1, "members": 1, "key": CODED, "product": 5, "fine_us": 256, "obsid": 6}
RAMP = np.arange(500, 500 + 64).astype(">u2").tobytes()


class Packer:
    """The arguments of sxi_entity_pack and sxi_entity_science, good but for what a test sets."""

    def __init__(self, csxi: SimpleNamespace, **header: int) -> None:
        ffi, self.csxi = csxi.ffi, csxi
        self.header = ffi.new("struct sxi_ce_header *", HEADER | header)
        self.group, self.frames = ffi.new("uint32_t[47]"), ffi.new("uint32_t[57]")
        self.samples = ffi.new("uint16_t[]", len(RAMP) // 2)
        self.work = ffi.new("struct sxi_key_work *", {"u16": self.samples, "room": 64})

    def pack(self, science: bytes, out: Any, room: int) -> int:
        data = octets(self.csxi, science)
        return int(
            self.csxi.lib.sxi_entity_pack(
                self.header, self.group, self.frames, data, len(science), self.work, out, room
            )
        )

    def packed(self, science: bytes = RAMP) -> bytes:
        room = self.csxi.lib.sxi_entity_bound(self.header.key, 1, len(science))
        out = Guarded(self.csxi, "uint8_t", room)
        size = self.pack(science, out.pointer, len(out.inside))
        assert size > META
        return out.inside[:size].tobytes()

    def science(self, entity: bytes, room: int, out: Any = None) -> int:
        out = Guarded(self.csxi, "uint8_t", room) if out is None else out
        data = octets(self.csxi, entity)
        function = self.csxi.lib.sxi_entity_science
        status = function(data, len(entity), self.work, out.pointer, room)
        assert out.is_intact()
        return int(status)


def test_null_and_members(csxi: SimpleNamespace) -> None:
    null, lib, good = csxi.ffi.NULL, csxi.lib, Packer(csxi)
    data, out = octets(csxi, RAMP), Guarded(csxi, "uint8_t", 600)
    arguments = [good.header, good.group, good.frames, data, len(RAMP), good.work, out.pointer, 600]
    for at in (0, 1, 2, 3, 6):
        bad = [null if i == at else argument for i, argument in enumerate(arguments)]
        assert lib.sxi_entity_pack(*bad) == PARAM
    for members in (0, 541, 65535):
        of = Packer(csxi, members=members)
        before = state(csxi, of.header)
        assert of.pack(RAMP, out.pointer, 600) == PARAM
        assert state(csxi, of.header) == before
        assert lib.sxi_entity_bound(CODED, members, 64) == 0
    assert out.is_untouched()
    entity = octets(csxi, good.packed())
    assert lib.sxi_entity_science(entity, 300, good.work, null, 128) == PARAM
    assert lib.sxi_entity_science(null, 300, good.work, out.pointer, 128) == PARAM


@pytest.mark.parametrize("key", [CODED, PLAIN])
def test_every_room(csxi: SimpleNamespace, key: int) -> None:
    """One byte less than metadata, science and checksum take is ROOM, whatever the coder makes."""
    enough = META + 2 + len(RAMP)
    for room in (0, META + 1, META + 2, enough - 1, enough):
        packer, out = Packer(csxi, key=key), Guarded(csxi, "uint8_t", room)
        before = state(csxi, packer.header)
        size = packer.pack(RAMP, out.pointer, room)
        assert out.is_intact()
        if room < enough:
            assert size == ROOM
            assert state(csxi, packer.header) == before
        else:
            assert size == packer.header.size == len(packer.packed())
    assert csxi.lib.sxi_entity_bound(key, 1, len(RAMP)) >= size


@pytest.mark.parametrize("length", [2**31 - 1 - META - 2 + 1, 2**31, 2**32 - 1])
def test_no_bound_for_more_than_can_be_counted(csxi: SimpleNamespace, length: int) -> None:
    assert csxi.lib.sxi_entity_bound(PLAIN, 1, length) == 0
    assert csxi.lib.sxi_entity_bound(PLAIN, 1, 2**31 - 1 - META - 2) == 2**31 - 1


def test_no_bound_where_only_the_code_would_fit(csxi: SimpleNamespace) -> None:
    """The most science data that the coder has a bound for leave no room for metadata."""
    low, high = 0, 2**30
    while high - low > 1:
        middle = (low + high) // 2
        fits = csxi.lib.sxi_key_bound(CODED, 2 * middle) > 0
        low, high = (middle, high) if fits else (low, middle)
    assert csxi.lib.sxi_key_bound(CODED, 2 * low) > 2**31 - 1 - META - 2
    assert csxi.lib.sxi_entity_bound(CODED, 1, 2 * low) == 0


@pytest.mark.parametrize("number", sorted(n for n, k in valid_keys().items() if k.coder <= AEC))
def test_no_science_data_at_all(csxi: SimpleNamespace, number: int) -> None:
    ffi, lib = csxi.ffi, csxi.lib
    samples = ffi.new("uint16_t[1]"), ffi.new("uint32_t[1]")
    work = ffi.new("struct sxi_key_work *", {"u16": samples[0], "u32": samples[1], "room": 1})
    out, data = Guarded(csxi, "uint8_t", 4), octets(csxi, bytes(4))
    assert lib.sxi_key_encode(number, data, 0, work, out.pointer, 4) == 0
    assert lib.sxi_key_decode(number, data, 0, work, out.pointer, 0) == 0
    assert out.is_untouched()


@pytest.mark.parametrize("size", [3, 4, 5])
def test_a_first_part_larger_than_the_room(csxi: SimpleNamespace, size: int) -> None:
    """Room for 4: the only part of a transfer, and nothing is kept of one that does not fit."""
    rx, buf = csxi.ffi.new("struct sxi_ldt_rx *"), Guarded(csxi, "uint8_t", 4)
    assert csxi.lib.sxi_ldt_rx_init(rx, 1, buf.pointer, 4) == 0
    before = state(csxi, rx)
    part = octets(csxi, bytes([1, 0, 1, 0, size]) + bytes(size))
    status = csxi.lib.sxi_ldt_rx_push(rx, csxi.lib.SXI_LDT_FIRST, part, 5 + size)
    assert status == (csxi.lib.SXI_LDT_MORE if size <= 4 else ROOM)
    assert size <= 4 or state(csxi, rx) == before
    assert buf.is_intact()


def test_metadata_that_do_not_fit_their_fields(csxi: SimpleNamespace) -> None:
    """Of the group, of a frame, and of the first of two frames: the second is not stored."""
    out = Guarded(csxi, "uint8_t", 800)
    for what in ("group", "frames"):
        packer = Packer(csxi)
        getattr(packer, what)[next(i for i in range(40) if narrow(what, i))] = 2**32 - 2**17
        before = state(csxi, packer.header)
        assert packer.pack(RAMP, out.pointer, 800) == PARAM
        assert state(csxi, packer.header) == before
    two = Packer(csxi, members=2)
    two.frames = csxi.ffi.new("uint32_t[114]")
    two.frames[next(i for i in range(40) if narrow("frames", i))] = 2**32 - 2**17
    assert two.pack(RAMP, out.pointer, 800) == PARAM
    assert (out.inside[META:] == 0xC5).all()


def narrow(what: str, field: int) -> bool:
    layout = ce.GROUP if what == "group" else ce.FRAME
    return abs(list(layout.values())[field]) < 32


@pytest.mark.parametrize(
    ("header", "science", "status"),
    [
        ({"key": 0x22}, RAMP, FORMAT),
        ({"key": 0xEF908030}, RAMP, FORMAT),
        ({}, RAMP[:-1], LENGTH),
        ({"fine_us": 1_000_000}, RAMP, PARAM),
        ({"product": 6}, RAMP, PARAM),
    ],
)
def test_refusals_of_key_and_header(
    csxi: SimpleNamespace, header: dict[str, int], science: bytes, status: int
) -> None:
    packer, out = Packer(csxi, **header), Guarded(csxi, "uint8_t", 600)
    before = state(csxi, packer.header)
    assert packer.pack(science, out.pointer, 600) == status
    assert state(csxi, packer.header) == before
    assert out.is_intact()


def test_data_that_grow_go_as_they_are(csxi: SimpleNamespace) -> None:
    """One byte smaller than they were with their checksum they stay coded, else they do not."""
    noise = np.random.default_rng(0).integers(0, 2**16, 64).astype(">u2").tobytes()
    packer = Packer(csxi)
    entity = packer.packed(noise)
    assert (packer.header.key, entity[META:]) == (PLAIN, noise)
    assert packer.science(entity, len(noise)) == len(noise)
    packer = Packer(csxi)
    assert META < len(packer.packed()) < META + len(RAMP)
    assert packer.header.key == CODED


def test_entities_that_do_not_come_out(csxi: SimpleNamespace) -> None:
    packer = Packer(csxi)
    entity = packer.packed()
    n = len(RAMP)
    out = Guarded(csxi, "uint8_t", n)
    assert packer.science(entity, n, out) == n
    assert out.inside.tobytes() == RAMP
    fields = ce.read_header(entity)

    def changed(**other: int) -> bytes:
        return ce.pack_header(fields | other) + entity[44:]

    assert packer.science(entity[:43], n) == SHORT
    assert packer.science(changed(product=6), n) == FORMAT
    assert packer.science(entity[:-1], n) == SHORT
    assert packer.science(entity + b"\0", n) == LENGTH
    assert packer.science(entity, n - 1) == ROOM
    assert packer.science(changed(key=0x22), n) == FORMAT
    assert packer.science(entity[:-1] + bytes([entity[-1] ^ 1]), n) == CRC
    for size in (0, 1):
        cut = changed(compressed_data_size=size, size=META + size)[: META + size]
        assert packer.science(cut, n) == LENGTH
    check = csxi.lib.sxi_ce_check
    assert check(octets(csxi, entity + b"\0"), len(entity) + 1, octets(csxi, RAMP), n) == LENGTH
    cut = changed(compressed_data_size=9, size=META + 9)[: META + 9]
    assert packer.science(cut, n) == SHORT
