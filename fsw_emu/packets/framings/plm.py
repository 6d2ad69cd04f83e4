# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The lines of the payload module's simulator: a PUS packet in hex, in a line of text.

Towards it ``tc PUS_TC HEX``. From it ``TM PUS_TM ... HEX x y``, the packet third from the end, and
``TM PUS_TC ...`` for each telecommand that it took; what x and y are is not public, ``0 0`` is
written (ASSUMED). Lines end with CR LF. A link carries the packets as pus-tcp does.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable

from fsw_emu.packets.framings.pus_tcp import PusFraming, packet_bytes
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket

MAX_LINE_BYTES = 4096

_TC, _TM, _ECHO = b"tc PUS_TC ", b"TM PUS_TM ", b"TM PUS_TC "
_BEHIND = b" 0 0\r\n"


class PlmClient(PusFraming):
    """The end of whoever sends telecommands."""

    _sent = (_TC, b"\r\n")
    _read, _ignored = _TM, _ECHO

    def __init__(self) -> None:
        super().__init__()
        self._skipping = False  # the rest of a line that is too long

    def build(self, items: Iterable[Item]) -> bytes:
        """ValueError for what ``carries`` does not take."""
        before, behind = self._sent
        packets = self._pus_packets(items)
        return b"".join([before + packet.hex().upper().encode() + behind for packet in packets])

    def _split(self, data: bytes, items: list[Item]) -> tuple[int, int]:
        at = 0
        while (end := data.find(b"\n", at)) >= 0:
            if end - at > MAX_LINE_BYTES:
                self._skip(at)
            self._line(data[at:end].strip(), at, items)
            at = end + 1
        if len(data) - at <= MAX_LINE_BYTES:
            return at, len(data) - at + 1
        self._skip(at)
        return len(data), 1

    def _skip(self, at: int) -> None:
        if not self._skipping:
            self._fault(at, f"a line of more than {MAX_LINE_BYTES} bytes")
        self._skipping = True

    def _line(self, line: bytes, at: int, items: list[Item]) -> None:
        skipped, self._skipping = self._skipping, False
        if skipped or not line or (self._ignored and line.startswith(self._ignored)):
            return
        packet = self._packet(line) if line.startswith(self._read) else None
        if packet is None:
            self._fault(at, "a line that holds no PUS packet")
        else:
            items.append(SpwPacket(PTP_PREFIX + packet, False, self._offset + at))
            self._taken(packet)

    def _packet(self, line: bytes) -> bytes | None:
        return _checked(line.split()[-3])

    def _taken(self, packet: bytes) -> None:
        """Nothing to do for telemetry."""


class PlmServer(PlmClient):
    """The end of the simulator."""

    _sent = (_TM, _BEHIND)
    _read, _ignored = _TC, b""

    def __init__(self) -> None:
        super().__init__()
        self._echoes: list[bytes] = []

    def answers(self) -> bytes:
        """An echo for each telecommand."""
        echoes, self._echoes = self._echoes, []
        return b"".join(echoes)

    def _packet(self, line: bytes) -> bytes | None:
        return _checked(b"".join(line.split()[2:]))

    def _taken(self, packet: bytes) -> None:
        self._echoes.append(_ECHO + packet.hex().upper().encode() + _BEHIND)


def _checked(text: bytes) -> bytes | None:
    """The packet that hex digits stand for, if it is one."""
    try:
        packet = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return None
    whole = packet_bytes(packet, 0) == len(packet) and crc_hqx(packet, 0xFFFF) == 0
    return packet if packet and whole else None
