# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of rows and of events as they follow each other in an entity: found again after a gap.

Both begin with what they are and with their length, and end with a CRC-16 (SPEC.md, 8.7, 8.8).
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Callable, Sequence

#: how packets begin: those of rows, those of events
ROWS, EVENTS = re.compile(rb"[\xc0-\xc4]"), re.compile(rb"[\xc8-\xca]")
_LEAST = 8  # bytes of any of them


def whole_packets(
    data: bytes,
    kind: re.Pattern[bytes],
    *,
    fits: Callable[[bytes], bool],
    begin: int = 0,
    end: int | None = None,
    holes: Sequence[tuple[int, int]] = (),
) -> list[bytes]:
    """The packets between ``begin`` and ``end`` that are whole, in their order.

    fits: whether a packet belongs to this entity, by its header: a CRC alone is right by chance
    once in 65,536 times. holes: places where bytes are missing, in their order. Where no packet
    begins, the next one is looked for.
    """
    found: list[bytes] = []
    stops = [*holes, (len(data) if end is None else end, len(data))]
    at = begin
    for stop, after in stops:
        while at + _LEAST <= stop:
            size = int.from_bytes(data[at + 1 : at + 3], "big")
            packet = data[at : at + size]
            good = kind.match(packet) is not None and _LEAST <= size <= stop - at
            if good and not crc_hqx(packet, 0xFFFF) and fits(packet):
                found.append(packet)
                at += size
                continue
            candidate = kind.search(data, at + 1, stop)
            at = stop if candidate is None else candidate.start()
        at = max(at, after)
    return found
