# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A small reader of the shared recordings, apart from the product's: it judges it."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Recorded:
    data: bytes

    @property
    def _type_field(self) -> int:
        return int.from_bytes(self.data[4:6], "big")

    @property
    def kind(self) -> int:
        return self._type_field & 3

    @property
    def last(self) -> bool:
        return bool(self._type_field >> 7 & 1)

    @property
    def node(self) -> str:
        side = "FE"[self._type_field >> 5 & 1]
        return side + "24"[self._type_field >> 4 & 1]

    @property
    def col(self) -> int:
        return int.from_bytes(self.data[10:12], "big")

    @property
    def row(self) -> int:
        return int.from_bytes(self.data[12:14], "big")

    @property
    def is_end_marker(self) -> bool:
        return self.last and not any(self.data[10:])

    def window(self) -> tuple[int, int, int, list[int]]:
        return self.kind, self.row, self.col, list(struct.unpack_from(">25H", self.data, 14))


def read_recording(path: Path) -> list[Recorded]:
    """Packets of a GRESB stream: flags:8 size:24 packet."""
    data = gzip.decompress(path.read_bytes())
    packets, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        packets.append(Recorded(data[at + 4 : at + 4 + size]))
        at += 4 + size
    return packets
