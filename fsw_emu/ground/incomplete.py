# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Transfers of which parts are missing, where what came can be used without them."""

from __future__ import annotations

from fsw_emu.packets.ce import GROUP_BYTES, HEADER_BYTES, entity_bytes, entity_key, is_packets

Hole = tuple[int, int]  # first byte that is missing, and the one after the last


class IncompleteTransfer:
    """The bytes of an entity in their places, and where there are none.

    data: what came in order, from the first part on. part: bytes of each part but the last.
    """

    def __init__(self, data: bytes, part: int) -> None:
        size = entity_bytes(data)
        self._data = bytearray(size)
        self._data[: len(data)] = data
        self._part = part
        self.number = len(data) // part  # of the last part that came
        self._holes: list[Hole] = [(len(data), size)]

    @property
    def data(self) -> bytes:
        """The entity, zeros where nothing came."""
        return bytes(self._data)

    @property
    def holes(self) -> tuple[Hole, ...]:
        """In their order; none when all parts came, if late."""
        return tuple(self._holes)

    @property
    def n_came(self) -> int:
        return len(self._data) - sum(end - begin for begin, end in self._holes)

    def place(self, source: bytes) -> bool:
        """Take the source data of a part; False for one that does not belong into a hole."""
        number, part = int.from_bytes(source[1:3], "big"), source[5:]
        begin = (number - 1) * self._part
        end = begin + len(part)
        whole = len(part) == self._part or (0 < len(part) < self._part and end == len(self._data))
        into = [hole for hole in self._holes if hole[0] <= begin and end <= hole[1]]
        if not whole or not into or len(part) != int.from_bytes(source[3:5], "big"):
            return False
        ((first, last),) = into
        self._data[begin:end] = part
        at = self._holes.index((first, last))
        left = [(a, b) for a, b in ((first, begin), (end, last)) if a < b]
        self._holes[at : at + 1] = left
        self.number = max(self.number, number)
        return True


def incomplete(data: bytes, part: int, room: int) -> IncompleteTransfer | None:
    """What came of a transfer as a beginning, or None where nothing can be made of it: without the
    header and the metadata of a group, of an entity that is no packets, or of an absurd size."""
    if len(data) < HEADER_BYTES + GROUP_BYTES or not is_packets(entity_key(data)):
        return None
    if not len(data) < entity_bytes(data) <= room or len(data) % part:
        return None
    return IncompleteTransfer(data, part)
