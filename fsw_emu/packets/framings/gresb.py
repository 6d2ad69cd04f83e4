# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""GRESB framing: a byte, size:24 (big-endian), data (GRESB user's manual, as the public interface
library has it).

The bridge's byte to the host is flags. Sources read them from either end of the byte, so both are
understood where nothing else is asked for: error end of packet 0x80 or 0x01, truncated 0x40 or
0x02 (ASSUMED). The host's byte to the bridge is a protocol: data, configuration, time-code.
Neither the layout of a time-code nor a time-code on its way to the host is public (ASSUMED).
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable
from typing import Literal

from fsw_emu.packets.framing import StreamFraming
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode

HEADER_BYTES = 4
MAX_PACKET_BYTES = 0xFFFFFF

Flags = Literal["either", "high", "low"]

#: error end of packet, truncated
_BITS: dict[Flags, tuple[int, int]] = {
    "either": (0x81, 0x42),
    "high": (0x80, 0x40),
    "low": (0x01, 0x02),
}
#: flags of a time-code to the host: a bit that neither reading has; then one byte (ASSUMED)
_TIME_CODE_FLAG = 0x20
#: protocols of the host
_SET_CONFIGURATION, _GET_CONFIGURATION, _SEND_TIME = 1, 2, 3

_word = struct.Struct(">I")


def known_flags(flags: int, end: Flags = "either") -> bool:
    """Whether a flags byte has no bit but those above."""
    eep, truncated = _BITS[end]
    return not flags & ~(eep | truncated)


def build(packet: bytes, *, eep: bool = False, truncated: bool = False) -> bytes:
    """Frame one packet; ValueError for more than 16,777,215 bytes."""
    return Bridge().build([SpwPacket(packet, eep, truncated=truncated)])


class _End(StreamFraming):
    """One end of the stream: splits what it reads, frames what it writes.

    Nothing marks the beginning of a packet, so what is not known is reported and the size, 16 MiB
    at most, is believed. notes: what the peer does where it could do otherwise, and how often.
    """

    def __init__(self, notes: Counter[str] | None = None) -> None:
        super().__init__()
        self.notes: Counter[str] = Counter() if notes is None else notes

    def _split(self, data: bytes, items: list[Item]) -> tuple[int, int]:
        add, new, kind, header = items.append, object.__new__, SpwPacket, _word.unpack_from
        at, have, offset = 0, len(data), self._offset
        while at + HEADER_BYTES <= have:
            word = header(data, at)[0]
            end = at + HEADER_BYTES + (word & MAX_PACKET_BYTES)
            if end > have:
                return at, end - at
            if word <= MAX_PACKET_BYTES:  # nothing special: half the time that SpwPacket() takes
                packet = new(kind)
                own = packet.__dict__
                own["data"] = data[at + HEADER_BYTES : end]
                own["offset"] = offset + at
                add(packet)
            elif item := self._special(word >> 24, data[at + HEADER_BYTES : end], at):
                add(item)
            at = end
        return at, HEADER_BYTES

    def build(self, items: Iterable[Item]) -> bytes:
        """The bytes that carry them; ValueError for what the framing cannot carry."""
        parts: list[bytes] = []
        for item in items:
            data = item.data if isinstance(item, SpwPacket) else bytes([item.to_byte()])
            if len(data) > MAX_PACKET_BYTES:
                raise ValueError(f"{len(data)} bytes do not fit a GRESB packet")
            parts.append(_word.pack(self._first_byte(item) << 24 | len(data)))
            parts.append(data)
        return b"".join(parts)

    def carries(self, item: Item) -> bool:
        """Whether the framing can carry it."""
        try:
            self._first_byte(item)
        except ValueError:
            return False
        return isinstance(item, TimeCode) or len(item.data) <= MAX_PACKET_BYTES

    def _special(self, first: int, data: bytes, at: int) -> Item | None:
        """What a first byte other than 0 announces."""
        raise NotImplementedError

    def _first_byte(self, item: Item) -> int:
        raise NotImplementedError

    def _flagged(self, flags: int, data: bytes, at: int, end: Flags) -> SpwPacket:
        for name in ("high", "low"):
            if flags & sum(_BITS[name]):
                self.notes[f"flags at the {name} end"] += 1
        eep, truncated = _BITS[end]
        return SpwPacket(data, bool(flags & eep), self._offset + at, bool(flags & truncated))


def _written(item: SpwPacket, end: Flags) -> int:
    eep, truncated = _BITS[end]
    return (eep if item.eep else 0) | (truncated if item.truncated else 0)


class Host(_End):
    """The end of who uses a bridge.

    reads: the end of the byte where flags are. writes: where it writes them itself, beside its
    protocol; None: it cannot send a packet with an error end, as the public protocol has no way.
    """

    def __init__(
        self,
        reads: Flags = "either",
        writes: Literal["high"] | None = None,
        notes: Counter[str] | None = None,
    ) -> None:
        super().__init__(notes)
        self._reads: Flags = reads
        self._writes: Flags | None = writes

    def _special(self, first: int, data: bytes, at: int) -> Item | None:
        if first == _TIME_CODE_FLAG and len(data) == 1:
            return TimeCode.of(data[0])
        if not known_flags(first, self._reads):
            self._fault(at, f"unknown flags {first:#04x}")
        return self._flagged(first, data, at, self._reads)

    def _first_byte(self, item: Item) -> int:
        if isinstance(item, TimeCode):
            return _SEND_TIME
        if not item.eep and not item.truncated:
            return 0
        if self._writes is None:
            raise ValueError("a host cannot send a packet with an error end through a GRESB")
        return _written(item, self._writes)


class Bridge(_End):
    """The end of a bridge; writes: the end of the byte where its flags go."""

    def __init__(
        self, writes: Literal["high", "low"] = "high", notes: Counter[str] | None = None
    ) -> None:
        super().__init__(notes)
        self._writes: Flags = writes

    def _special(self, first: int, data: bytes, at: int) -> Item | None:
        if first == _SEND_TIME and len(data) == 1:
            return TimeCode.of(data[0])
        if first in (_SET_CONFIGURATION, _GET_CONFIGURATION):
            self.notes["configuration requests refused"] += 1
            return None
        if known_flags(first, "high"):
            return self._flagged(first, data, at, "high")
        self._fault(at, f"protocol {first:#04x} with {len(data)} bytes")
        return None

    def _first_byte(self, item: Item) -> int:
        return _TIME_CODE_FLAG if isinstance(item, TimeCode) else _written(item, self._writes)
