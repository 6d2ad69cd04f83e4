# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A stream that a decoder has to refuse, and what damage is made with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsw_emu.model.crc import crc16


@dataclass(frozen=True)
class Damaged:
    """One stream: what of the function's arguments are not the stream is in ``given``."""

    name: str
    function: str
    status: str
    stream: bytes
    given: tuple[tuple[str, int | str], ...] = ()

    def toml(self) -> str:
        lines = [f'name = "{self.name}"', f'function = "{self.function}"']
        lines += [f"{key} = {value!r}".replace("'", '"') for key, value in self.given]
        lines += [f'status = "{self.status}"', f'stream = "{self.stream.hex()}"']
        return "\n[[damaged]]\n" + "\n".join(lines) + "\n"


Streams = Iterator[Damaged]


def octets(bits: str) -> bytes:
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def with_crc(data: bytes) -> bytes:
    return data + crc16(data).to_bytes(2, "big")


def patched(data: bytes, changes: dict[int, int]) -> bytes:
    """Bytes changed, and the checksum made right."""
    changed = bytearray(data[:-2])
    for place, value in changes.items():
        changed[place] = value
    return with_crc(bytes(changed))
