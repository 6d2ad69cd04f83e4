# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""SpaceWire packets one after the other, nothing between: each is as long as its protocol says.

End markers and time-codes have no place here, and a protocol that is not known ends it all.
"""

from __future__ import annotations

from collections.abc import Iterable

from fsw_emu.packets import ccsds, fee, ptp
from fsw_emu.packets.framing import FramingLost, StreamFraming
from fsw_emu.packets.rmap import (
    COMMAND_HEADER_BYTES,
    READ_REPLY_HEADER_BYTES,
    WRITE_REPLY_BYTES,
    Instruction,
)
from fsw_emu.packets.spacewire import (
    CCSDS_PTP,
    FEE_DATA,
    FIRST_LOGICAL_ADDRESS,
    MAX_PATH_BYTES,
    RMAP,
    Item,
    SpwPacket,
    path_bytes,
)

_LONGEST_HEADER = COMMAND_HEADER_BYTES + 12
_RESERVED, _COMMAND = 0x80, 0x40


class SpwTcp(StreamFraming):
    """Either end. data_len: what the length field of FEE packets counts."""

    def __init__(self, data_len: fee.DataLen = "payload") -> None:
        super().__init__()
        self._fee_bytes = fee.HEADER_BYTES if data_len == "payload" else 0

    def build(self, items: Iterable[Item]) -> bytes:
        """ValueError for what ``carries`` does not take."""
        packets = []
        for item in items:
            if not isinstance(item, SpwPacket) or not self.carries(item):
                raise ValueError("a packet whose header does not tell its length")
            packets.append(item.data)
        return b"".join(packets)

    def carries(self, item: Item) -> bool:
        """Packets of a known protocol that are as long as they say, ended by EOP."""
        if not isinstance(item, SpwPacket) or item.eep:
            return False
        try:
            return self._length(item.data, 0) == len(item.data)
        except ValueError:
            return False

    def _split(self, data: bytes, items: list[Item]) -> tuple[int, int]:
        at, size, offset = 0, len(data), self._offset
        while at < size:
            try:
                length = self._length(data, at)
            except ValueError as error:
                raise FramingLost(f"byte {offset + at}: {error}") from None
            end = at + length
            if end > size:
                return at, length
            items.append(SpwPacket(data[at:end], False, offset + at))
            at = end
        return at, 1

    def _length(self, data: bytes, at: int) -> int:
        """Bytes of the packet at ``at``; of one whose header is not whole yet, with how many more
        can be told. ValueError where nothing tells."""
        start = at + path_bytes(data, at)
        header = data[start : start + _LONGEST_HEADER]
        if header and header[0] < FIRST_LOGICAL_ADDRESS:
            raise ValueError(f"a path of more than {MAX_PATH_BYTES} bytes")
        if len(header) < 2:
            return start - at + 2
        protocol = header[1]
        if protocol == FEE_DATA:
            length = self._fee_length(header)
        elif protocol == RMAP:
            length = _rmap_length(header)
        elif protocol == CCSDS_PTP:
            length = _ptp_length(header)
        else:
            raise ValueError(f"protocol {protocol:#04x} does not tell how long its packets are")
        return start - at + length

    def _fee_length(self, header: bytes) -> int:
        if len(header) < 4:
            return 4
        length = (header[2] << 8 | header[3]) + self._fee_bytes
        if length < fee.HEADER_BYTES:
            raise ValueError(f"a FEE packet of {length} bytes")
        return length


def _rmap_length(header: bytes) -> int:
    if len(header) < 3:
        return 3
    code = header[2]
    instruction = Instruction.of(code)
    if code & _RESERVED:
        raise ValueError("a reserved RMAP packet type")
    if code & _COMMAND:
        size, has_data = COMMAND_HEADER_BYTES + 4 * (code & 3), instruction.carries_data
    elif instruction.write:
        return WRITE_REPLY_BYTES
    else:
        size, has_data = READ_REPLY_HEADER_BYTES, True
    if not has_data or len(header) < size:
        return size
    return size + int.from_bytes(header[size - 4 : size - 1], "big") + 1


def _ptp_length(header: bytes) -> int:
    size = ptp.HEADER_BYTES + ccsds.PRIMARY_HEADER_BYTES
    if len(header) < size:
        return size
    return size + (header[size - 2] << 8 | header[size - 1]) + 1
