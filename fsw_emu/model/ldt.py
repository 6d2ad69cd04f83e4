# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Large data transfer, PUS service 13 (MIB DownFirstRep .. DownAbortRep; ground pipeline)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

FIRST, INTERMEDIATE, LAST, ABORT = 1, 2, 3, 4
MAX_PARTS = 65535

#: what taking a packet leads to
MORE, COMPLETE, ABORTED = 0, 1, 2
ROOM, SHORT, FORMAT, LENGTH, SEQUENCE = -2, -3, -4, -5, -7


def segment(data: bytes, *, sdu_id: int, part: int) -> list[tuple[int, bytes]]:
    """Subtype and source data of every packet; ``part`` bytes of data each, the last fewer.

    ValueError for no data, or more parts than the sequence number counts.
    """
    parts = [data[at : at + part] for at in range(0, len(data), part)]
    if not 1 <= len(parts) <= MAX_PARTS:
        raise ValueError(f"{len(parts)} parts")
    subtypes = [FIRST, *[INTERMEDIATE] * (len(parts) - 2), LAST][: len(parts)]
    return [
        (subtype, struct.pack(">BHH", sdu_id, number, len(carried)) + carried)
        for number, (subtype, carried) in enumerate(zip(subtypes, parts, strict=True), start=1)
    ]


def abort(*, sdu_id: int, reason: int) -> bytes:
    """Source data of the packet that ends a transfer early."""
    return struct.pack(">BxH", sdu_id, reason)


@dataclass(frozen=True)
class Receiver:
    """The transfer of one SDU id, as far as it came; ``number`` 0: none is under way."""

    sdu_id: int
    room: int
    data: bytes = b""
    number: int = 0

    def push(self, subtype: int, source: bytes) -> tuple[Receiver, int]:
        """Take one packet: the receiver after it, and the event or the status of a refusal."""
        status = self._check(subtype, source)
        if status != 0:
            return self, status
        if subtype == ABORT:
            return replace(self, number=0), ABORTED
        carried = source[5:]
        if subtype == FIRST:
            return replace(self, data=carried, number=1), MORE
        whole = self.data + carried
        if subtype == LAST:
            return replace(self, data=whole, number=0), COMPLETE
        return replace(self, data=whole, number=self.number + 1), MORE

    def _check(self, subtype: int, source: bytes) -> int:
        size = 4 if subtype == ABORT else 5
        if len(source) >= 5 and subtype != ABORT:
            size += int.from_bytes(source[3:5], "big")
        if len(source) < size:
            return SHORT
        if len(source) > size or (size == 5 and subtype != ABORT):
            return LENGTH
        if source[0] != self.sdu_id:
            return FORMAT
        under_way = self.number > 0
        if under_way == (subtype == FIRST):
            return SEQUENCE
        if subtype == ABORT:
            return 0
        if int.from_bytes(source[1:3], "big") != self.number + 1:
            return SEQUENCE
        held = len(self.data) if under_way else 0
        return ROOM if held + len(source) - 5 > self.room else 0
