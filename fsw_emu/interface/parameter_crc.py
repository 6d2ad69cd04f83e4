# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The checksum of a parameter set: service 20, on both sides of the link."""

from __future__ import annotations

from binascii import crc_hqx

ID_BYTES = CRC_BYTES = 2


def parameter_crc(values: bytes) -> int:
    """CRC-16 (CCITT, of all ones) over the values of a set, spares included, neither its
    identifier before them nor the checksum behind (ASSUMED)."""
    return crc_hqx(values, 0xFFFF)


def closed(data: bytes) -> bytes:
    """The data of a telecommand that loads a set with the right checksum at the end of them."""
    return data[:-CRC_BYTES] + parameter_crc(data[ID_BYTES:-CRC_BYTES]).to_bytes(CRC_BYTES, "big")
