# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Checksums: crcmod and the standard library are the judges."""

from __future__ import annotations

import binascii

import crcmod
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import u8, u16

from fsw_emu.core import Core

crcmod16 = crcmod.mkCrcFun(0x11021, initCrc=0xFFFF, rev=False, xorOut=0)
crcmod8 = crcmod.mkCrcFun(0x107, initCrc=0, rev=True, xorOut=0)


@pytest.mark.verifies("CRC-1")
@given(data=st.binary(max_size=300))
def test_crc16_agrees(core, data: bytes) -> None:
    crc = core.crc16(data)
    assert crc == crcmod16(data) == binascii.crc_hqx(data, 0xFFFF)
    assert core.crc16(data + crc.to_bytes(2, "big")) == 0


@pytest.mark.verifies("CRC-2")
@given(data=st.binary(max_size=300))
def test_crc8_agrees(core, data: bytes) -> None:
    crc = core.crc8(data)
    assert crc == crcmod8(data)
    assert core.crc8(data + bytes([crc])) == 0


@given(first=st.binary(max_size=60), rest=st.binary(max_size=60), seed16=u16, seed8=u8)
def test_a_message_may_come_in_parts(core, first, rest, seed16, seed8) -> None:
    assert core.crc16(rest, core.crc16(first, seed16)) == core.crc16(first + rest, seed16)
    assert core.crc8(rest, core.crc8(first, seed8)) == core.crc8(first + rest, seed8)


def test_every_entry_of_the_tables(core: Core) -> None:
    for byte in range(256):
        assert core.crc16(bytes([byte]), 0) == binascii.crc_hqx(bytes([byte]), 0)
        assert core.crc8(bytes([byte])) == crcmod8(bytes([byte]))


@pytest.mark.verifies("CRC-1")
@pytest.mark.parametrize(
    ("message", "crc"),
    [("0000", 0x1D0F), ("000000", 0xCC9C), ("ABCDEF01", 0x04A2), ("1456F89A0001", 0x7FD5)],
)
def test_crc16_vectors_of_the_standard(core: Core, message: str, crc: int) -> None:
    assert core.crc16(bytes.fromhex(message)) == crc


@pytest.mark.verifies("CRC-1", "CRC-2")
def test_check_values(core: Core) -> None:
    assert core.crc16(b"123456789") == 0x29B1
    assert core.crc8(b"123456789") == 0x20


@pytest.mark.verifies("CRC-2")
def test_crc8_of_an_rmap_command(core: Core) -> None:
    """Read of FEE register 0, 4 bytes, transaction 7: header and its CRC 0x67."""
    assert core.crc8(bytes.fromhex("51014cd1500007000000000000000467")) == 0
