# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets against their model."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import tm_headers, u8
from tight import tight

from fsw_emu.core import Core, CoreError, TmPacket
from fsw_emu.model import crc
from fsw_emu.model import pus as model

PARAM, FORMAT, CRC = -1, -4, -6

#: TM(17,2), sequence count 5, 1000.250000 s, synchronised
PONG = bytes.fromhex("0941c005000d10110200000003e803d09005f3f9")
PONG_HEADER = TmPacket(321, 5, 17, 2, 0, 1000, 250_000, 5)

source_data = st.one_of(st.binary(max_size=80), st.sampled_from([bytes(865), b"\xff" * 866]))


def of_model(packet: TmPacket) -> model.Header:
    return model.Header(**dataclasses.asdict(packet))


def status_of(core: Core, packet: bytes) -> int:
    try:
        core.tm_parse(packet)
    except CoreError as error:
        return error.status
    return 0


def seal(packet: bytes) -> bytes:
    """The packet with the checksum that it should have."""
    return packet[:-2] + crc.crc16(packet[:-2]).to_bytes(2, "big")


@pytest.mark.verifies(
    "TM-1", "TM-2", "TM-3", "TM-4", "TM-5", "TM-6", "TM-7", "TM-8", "TM-9", "TM-11"
)
def test_pong_of_the_mission(core: Core) -> None:
    assert core.tm_build(PONG_HEADER, b"") == PONG
    assert core.tm_parse(PONG) == (PONG_HEADER, b"")


@pytest.mark.verifies(
    "TM-1", "TM-2", "TM-3", "TM-4", "TM-5", "TM-6", "TM-7", "TM-8", "TM-9", "TM-10", "TM-11"
)
@given(packet=tm_headers, data=source_data)
def test_build_agrees(core: Core, packet: TmPacket, data: bytes) -> None:
    built = core.tm_build(packet, data)
    assert built == model.build(of_model(packet), data)
    assert core.tm_parse(built) == (packet, data)


@pytest.mark.verifies("TM-1", "TM-3", "TM-4", "TM-8", "TM-9")
@given(packet=tm_headers, data=source_data, changes=st.dictionaries(st.integers(0, 21), u8))
def test_parse_agrees(core: Core, packet: TmPacket, data: bytes, changes: dict[int, int]) -> None:
    """Headers of any content, with a checksum that fits."""
    changed = bytearray(core.tm_build(packet, data))
    for at, value in changes.items():
        changed[at % len(changed)] = value
    sealed = seal(bytes(changed))
    assert status_of(core, sealed) == model.check(sealed)
    if model.check(sealed) == 0:
        header, content = core.tm_parse(sealed)
        assert (of_model(header), content) == model.read(sealed)


@given(packet=st.binary(max_size=900))
def test_arbitrary_bytes_agree(core: Core, packet: bytes) -> None:
    assert status_of(core, packet) == model.check(packet)


@given(packet=tm_headers, data=st.binary(max_size=30), extra=st.binary(min_size=1, max_size=3))
def test_another_size_is_refused(core: Core, packet: TmPacket, data: bytes, extra: bytes) -> None:
    built = core.tm_build(packet, data)
    for wrong in (built + extra, *(built[:size] for size in range(len(built)))):
        assert status_of(core, wrong) == model.check(wrong) < 0


@pytest.mark.verifies("TM-3")
def test_larger_than_any_packet(core: Core) -> None:
    """887 bytes that agree with themselves."""
    longest = core.tm_build(PONG_HEADER, bytes(866))
    assert len(longest) == 886
    longer = seal(longest[:4] + (887 - 7).to_bytes(2, "big") + longest[6:] + b"\0")
    assert status_of(core, longer) == model.check(longer) == model.LENGTH


@pytest.mark.verifies("TM-11")
@given(packet=tm_headers, data=st.binary(max_size=20), data_bit=st.data())
def test_every_flipped_bit_is_noticed(
    core: Core, packet: TmPacket, data: bytes, data_bit: st.DataObject
) -> None:
    built = bytearray(core.tm_build(packet, data))
    bit = data_bit.draw(st.integers(0, 8 * len(built) - 1))
    built[bit // 8] ^= 0x80 >> bit % 8
    assert status_of(core, bytes(built)) == model.check(bytes(built)) < 0


@given(packet=tm_headers, data=source_data)
def test_source_data_may_lie_in_place(csxi: SimpleNamespace, packet: TmPacket, data: bytes) -> None:
    tm = csxi.ffi.new("struct sxi_pus_tm *", dataclasses.asdict(packet))
    size = len(data) + 20

    def in_place(out, room: int) -> int:
        if room >= 18 + len(data):
            csxi.ffi.memmove(out + 18, data, len(data))
        return csxi.lib.sxi_pus_tm_store(tm, out + 18, len(data), out, room)

    assert tight(csxi, size, in_place) == model.build(of_model(packet), data)


@pytest.mark.parametrize("spare", [0x00, 0x0F, 0x80, 0x8F])
def test_spare_bits_of_the_secondary_header(core: Core, spare: int) -> None:
    packet = seal(PONG[:6] + bytes([0x10 | spare]) + PONG[7:])
    assert core.tm_parse(packet) == (PONG_HEADER, b"")


@given(first=st.binary(max_size=40), rest=st.binary(max_size=40))
def test_model_of_the_checksums(core: Core, first: bytes, rest: bytes) -> None:
    assert crc.crc16(first + rest) == core.crc16(first + rest)
    assert crc.crc8(first + rest) == core.crc8(first + rest)
    assert crc.crc16(rest, crc.crc16(first)) == crc.crc16(first + rest)
    assert crc.crc8(rest, crc.crc8(first)) == crc.crc8(first + rest)
