# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The checksum of RMAP (ECSS-E-ST-50-52C annex A)."""

from __future__ import annotations


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xE0 if crc & 1 else 0)
        rows.append(crc)
    return tuple(rows)


_CRC = _table()
#: x^127 = 1 modulo the polynomial: bytes so far apart count alike
_PERIOD_BYTES = 127


def crc8(data: bytes, seed: int = 0) -> int:
    """The checksum of headers and data; ``seed``: that of what goes before."""
    if len(data) > _PERIOD_BYTES:
        data, seed = _folded(data, seed), 0
    crc, table = seed, _CRC
    for byte in data:
        crc = table[crc ^ byte]
    return crc


def _folded(data: bytes, seed: int) -> bytes:
    """127 bytes of the same checksum: those a period apart added up, by halves."""
    number = int.from_bytes(data, "big") ^ seed << 8 * len(data) - 8
    periods = -(-len(data) // _PERIOD_BYTES)
    while periods > 1:
        periods = -(-periods // 2)
        bits = 8 * _PERIOD_BYTES * periods
        number = number >> bits ^ number & (1 << bits) - 1
    return number.to_bytes(_PERIOD_BYTES, "big")
