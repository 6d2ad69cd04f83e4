# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""PUS packets one after the other, nothing between.

Whoever joins such a stream late, or loses a byte of it, leaves bytes out one by one until a packet
of a length that can be begins, and its checksum fits. A link carries them as SpaceWire packets:
the prefix of the CCSDS packet transfer protocol is left out here and put before what is read.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Iterable

from fsw_emu.packets import ptp
from fsw_emu.packets.ccsds import PRIMARY_HEADER_BYTES
from fsw_emu.packets.framing import StreamFraming
from fsw_emu.packets.pus import TC_MAX_BYTES, TC_MIN_BYTES, TM_MAX_BYTES, TM_MIN_BYTES
from fsw_emu.packets.spacewire import CCSDS_PTP, PTP_PREFIX, Item, SpwPacket

_PTP = bytes([CCSDS_PTP, 0])
#: what may be a header: version 0, less than 1,024 bytes
_HEADER = re.compile(rb"[\x00-\x1f].{3}[\x00-\x03].", re.DOTALL)
_VERSION, _TELECOMMAND = 0xE0, 0x10


def packet_bytes(data: bytes, at: int) -> int:
    """How long the PUS packet whose header is at ``at`` says it is; 0 for what is none."""
    if at + PRIMARY_HEADER_BYTES > len(data) or data[at] & _VERSION:
        return 0
    length = (data[at + 4] << 8 | data[at + 5]) + PRIMARY_HEADER_BYTES + 1
    if data[at] & _TELECOMMAND:
        return length if TC_MIN_BYTES <= length <= TC_MAX_BYTES else 0
    return length if TM_MIN_BYTES <= length <= TM_MAX_BYTES else 0


class PusFraming(StreamFraming):
    """A framing of PUS packets that links carry as SpaceWire packets."""

    def carries(self, item: Item) -> bool:
        """PUS packets within the limits of their kind, after the four bytes of PTP, ended by
        EOP. Target and user bytes are lost on the way."""
        if not isinstance(item, SpwPacket) or item.eep:
            return False
        size = len(item.data) - ptp.HEADER_BYTES
        return item.data[1:3] == _PTP and packet_bytes(item.data, ptp.HEADER_BYTES) == size

    def _pus_packets(self, items: Iterable[Item]) -> list[bytes]:
        """Without what is before them. ValueError for what ``carries`` does not take."""
        packets = []
        for item in items:
            if not isinstance(item, SpwPacket) or not self.carries(item):
                raise ValueError("not a PUS packet after its prefix")
            packets.append(item.data[ptp.HEADER_BYTES :])
        return packets


class PusTcp(PusFraming):
    """Either end. any_pec: telecommands whose checksum does not fit are packets too, for who has to
    answer them."""

    def __init__(self, *, any_pec: bool = False) -> None:
        super().__init__()
        self._any_pec = any_pec
        self._strange = 0  # bytes before what comes next that are no packet

    def build(self, items: Iterable[Item]) -> bytes:
        """ValueError for what ``carries`` does not take."""
        return b"".join(self._pus_packets(items))

    def flush(self) -> list[Item]:
        """What a false header had held back; without a good packet behind it nothing changes."""
        items: list[Item] = []
        good = self._rest, self._offset, self._strange
        while len(self._rest) > PRIMARY_HEADER_BYTES:
            data = bytes(self._rest[1:])
            self._offset += 1
            self._strange += 1
            found = len(items)
            used, _ = self._split(data, items)
            self._offset += used
            self._rest = bytearray(data[used:])
            if len(items) > found:
                good = self._rest, self._offset, self._strange
        self._rest, self._offset, self._strange = good
        return items

    def finish(self) -> None:
        self._tell(0)
        super().finish()

    def _split(self, data: bytes, items: list[Item]) -> tuple[int, int]:
        at, size = 0, len(data)
        while at + PRIMARY_HEADER_BYTES <= size:
            length = packet_bytes(data, at)
            if at + length > size:
                return at, length
            packet = data[at : at + length]
            if length and (crc_hqx(packet, 0xFFFF) == 0 or self._passes(packet)):
                self._tell(at)
                items.append(SpwPacket(PTP_PREFIX + packet, False, self._offset + at))
                at += length
                continue
            header = _HEADER.search(data, at + 1)
            behind = header.start() if header else size - PRIMARY_HEADER_BYTES + 1
            self._strange += behind - at
            at = behind
        return at, PRIMARY_HEADER_BYTES

    def _passes(self, packet: bytes) -> bool:
        """Whether it is taken with a wrong checksum: its header is all that tells it from others,
        so that it has to be that of a telecommand with a secondary header, not segmented."""
        return self._any_pec and packet[0] >> 3 == 0b00011 and packet[2] >> 6 == 0b11

    def _tell(self, at: int) -> None:
        if self._strange:
            self._fault(at - self._strange, f"{self._strange} bytes that are no PUS packet")
            self._strange = 0
