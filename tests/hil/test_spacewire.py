# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Time-codes and the packets of other protocols."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import u8

from fsw_emu.packets.ptp import PtpPacket, read_ptp
from fsw_emu.packets.rmap import (
    READ,
    Command,
    Discarded,
    ReadCommand,
    read_command,
    read_reply,
    straightened,
)
from fsw_emu.packets.spacewire import (
    CCSDS_PTP,
    FEE_DATA,
    MAX_PATH_BYTES,
    PTP_PREFIX,
    RMAP,
    SpwPacket,
    TimeCode,
    path_bytes,
)


@pytest.mark.verifies("SPW-2", "SPW-3")
def test_time_codes_follow_each_other() -> None:
    for count in range(64):
        last = TimeCode(count)
        assert [n for n in range(64) if TimeCode(n).follows(last)] == [(count + 1) % 64]
    assert TimeCode(0).follows(TimeCode(63))
    assert not TimeCode(5).follows(TimeCode(5))
    assert not TimeCode(9, flags=1).follows(TimeCode(8))


@pytest.mark.verifies("SPW-2")
@given(u8)
def test_time_codes_are_a_byte(byte: int) -> None:
    code = TimeCode.of(byte)
    assert (code.count, code.flags) == (byte % 64, byte // 64)
    assert code.to_byte() == byte


@pytest.mark.verifies("SPW-1")
@given(st.lists(st.integers(0, 31), max_size=9).map(bytes), st.integers(32, 255))
def test_path_addresses_are_stripped(path: bytes, address: int) -> None:
    command = Command(READ, address, 0x50, 0xD1, 7, 0x700, 4)
    read = read_command(path + command.to_bytes())
    assert isinstance(read, ReadCommand)
    assert read.command == dataclasses.replace(command, path=path)
    assert (RMAP, CCSDS_PTP, FEE_DATA) == (0x01, 0x02, 0xF0)


@given(st.binary(max_size=9), st.lists(st.integers(0, 31), max_size=40).map(bytes), st.binary())
def test_path_addresses_are_counted_up_to_a_limit(before: bytes, path: bytes, rest: bytes) -> None:
    behind = next((i for i, byte in enumerate(rest) if byte >= 32), len(rest))
    expected = min(len(path) + behind, MAX_PATH_BYTES)
    assert path_bytes(before + path + rest, len(before)) == expected


def test_a_path_without_end_is_not_followed() -> None:
    command = Command(READ, 0x51, 0x50, 0xD1, 7, 0x700, 4)
    for packet in (bytes(16 << 20), bytes(MAX_PATH_BYTES + 1) + command.to_bytes()):
        assert isinstance(read_command(packet), Discarded)
        assert isinstance(read_reply(packet), Discarded)
        assert straightened(packet, data_crc=True, extra_bytes=0) == packet
        with pytest.raises(ValueError, match="protocol"):
            read_ptp(packet)


def test_packets_are_values() -> None:
    packet = SpwPacket(b"abc", eep=True)
    assert packet == SpwPacket(b"abc", True, 0, False, b"")
    assert hash(packet) == hash(SpwPacket(b"abc", True))
    assert dataclasses.replace(packet, eep=False) == SpwPacket(b"abc")
    with pytest.raises(dataclasses.FrozenInstanceError):
        packet.data = b""  # type: ignore[misc]


@pytest.mark.verifies("SPW-4")
@given(
    st.integers(32, 255),
    st.binary(max_size=40),
    u8,
    st.binary(max_size=4).map(lambda p: bytes(b % 32 for b in p)),
)
def test_ptp_is_built_and_read(target: int, data: bytes, user: int, path: bytes) -> None:
    packet = PtpPacket(target, data, user, path)
    assert packet.to_bytes() == path + bytes([target, 2, 0, user]) + data
    assert read_ptp(packet.to_bytes()) == packet


@pytest.mark.verifies("SPW-4")
def test_ptp_that_is_discarded() -> None:
    good = PTP_PREFIX + b"space packet"
    assert read_ptp(good) == PtpPacket(0xFE, b"space packet")
    for packet, eep, why in (
        (good, True, "error end of packet"),
        (good[:3], False, "ends within its header"),
        (b"", False, "ends within its header"),
        (b"\xfe\x01\0\0abc", False, "protocol 0x01"),
        (b"\xfe\x02\x01\0abc", False, "reserved byte"),
    ):
        with pytest.raises(ValueError, match=why):
            read_ptp(packet, eep=eep)


@given(st.binary(max_size=12), st.booleans())
def test_any_bytes_as_ptp(packet: bytes, eep: bool) -> None:
    try:
        read = read_ptp(packet, eep=eep)
    except ValueError:
        return
    assert read.to_bytes() == packet
