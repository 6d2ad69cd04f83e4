# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Checksums, bit by bit."""

from __future__ import annotations


def crc16(data: bytes, seed: int = 0xFFFF) -> int:
    """CRC-16/CCITT-FALSE: x^16 + x^12 + x^5 + 1, highest bit first (ECSS-E-ST-70-41C annex B)."""
    crc = seed
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = crc << 1 ^ 0x11021 if crc & 0x8000 else crc << 1
    return crc


def crc8(data: bytes, seed: int = 0) -> int:
    """CRC of RMAP: x^8 + x^2 + x + 1, lowest bit first (ECSS-E-ST-50-52C annex A)."""
    crc = seed
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xE0 if crc & 1 else crc >> 1
    return crc
