# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""SSDTP2, of the SpaceWire-to-GigabitEther bridges: flag:8 0:8 size:80 (big-endian) data.

Flag 0 ends a packet and 1 ends it in error, 2 is a part that goes on; 0x30 asks for a time-code,
0x31 tells of one, in two bytes. How register accesses are laid out is not public: they are refused
(ASSUMED).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from fsw_emu.packets.framing import FramingLost, StreamFraming
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode

HEADER_BYTES = 12
MAX_PACKET_BYTES = 0xFFFFFF  # as GRESB has it; the field has room for 10^24
MAX_CONTROL_BYTES = 64

_WRITTEN = struct.Struct(">B7xI")
_EOP, _EEP, _GOES_ON = 0x00, 0x01, 0x02
_SEND_TIME_CODE, _GOT_TIME_CODE, _CHANGE_SPEED = 0x30, 0x31, 0x38
_REGISTERS = {
    0x40: "register read command",
    0x41: "register read reply",
    0x50: "register write command",
    0x51: "register write reply",
}


class Ssdtp2Client(StreamFraming):
    """The end of whoever uses a bridge."""

    _time_code_flag = _SEND_TIME_CODE

    def __init__(self) -> None:
        super().__init__()
        self._begun = bytearray()  # a packet that goes on

    def build(self, items: Iterable[Item]) -> bytes:
        """ValueError for a packet without a byte, or with more than 16,777,215."""
        out: list[bytes] = []
        for item in items:
            if isinstance(item, TimeCode):
                out.append(_WRITTEN.pack(self._time_code_flag, 2))
                out.append(bytes([item.to_byte(), 0]))
                continue
            if not 0 < len(item.data) <= MAX_PACKET_BYTES:
                raise ValueError(f"{len(item.data)} bytes do not fit an SSDTP2 packet")
            out.append(_WRITTEN.pack(_EEP if item.eep else _EOP, len(item.data)))
            out.append(item.data)
        return b"".join(out)

    def carries(self, item: Item) -> bool:
        """Packets of at least a byte, of any end, and time-codes."""
        return isinstance(item, TimeCode) or 0 < len(item.data) <= MAX_PACKET_BYTES

    def finish(self) -> None:
        if self._begun:
            self._fault(0, "the stream ends between the parts of a packet")
            self._begun.clear()
        super().finish()

    def _split(self, data: bytes, items: list[Item]) -> tuple[int, int]:
        at, size = 0, len(data)
        while at + HEADER_BYTES <= size:
            flag = data[at]
            length = int.from_bytes(data[at + 1 : at + HEADER_BYTES], "big")
            if flag > _GOES_ON:
                self._check_control(flag, length, at)
            elif length + len(self._begun) > MAX_PACKET_BYTES:
                raise FramingLost(f"byte {self._offset + at}: a packet of {length:#x} bytes")
            end = at + HEADER_BYTES + length
            if end > size:
                return at, end - at
            content = data[at + HEADER_BYTES : end]
            if flag > _GOES_ON:
                self._control(flag, content, at, items)
            elif flag == _GOES_ON or self._begun or not content:
                self._part(flag, content, at, items)
            else:
                items.append(SpwPacket(content, flag == _EEP, self._offset + at))
            at = end
        return at, HEADER_BYTES

    def _part(self, flag: int, content: bytes, at: int, items: list[Item]) -> None:
        self._begun += content
        if flag == _GOES_ON:
            return
        if self._begun:
            items.append(SpwPacket(bytes(self._begun), flag == _EEP, self._offset + at))
        else:
            self._fault(at, "a packet without a byte")
        self._begun.clear()

    def _check_control(self, flag: int, length: int, at: int) -> None:
        time_code = flag in (_SEND_TIME_CODE, _GOT_TIME_CODE)
        known = time_code or flag == _CHANGE_SPEED or flag in _REGISTERS
        if not known or length > MAX_CONTROL_BYTES or (time_code and length != 2):
            what = f"flag {flag:#04x} with {length:#x} bytes"
            raise FramingLost(f"byte {self._offset + at}: {what} is not SSDTP2")

    def _control(self, flag: int, content: bytes, at: int, items: list[Item]) -> None:
        if flag in _REGISTERS:
            self._fault(at, f"a {_REGISTERS[flag]} is refused")
        elif flag != _CHANGE_SPEED:
            items.append(TimeCode.of(content[0]))


class Ssdtp2Server(Ssdtp2Client):
    """The end of the bridge itself."""

    _time_code_flag = _GOT_TIME_CODE
