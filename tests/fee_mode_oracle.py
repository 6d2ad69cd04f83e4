# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE at its SpaceWire port once more, from the register map: what it answers, and which
packets a mode sends, in which order. Imports nothing of the product."""

from __future__ import annotations

from fee_oracle import RMW, WRITES, Asked, Fee, Trouble, crc8

#: address, lowest bit, bits
FIELDS = {
    "packet_size": (0x10, 0, 16),
    "ccd_readout": (0x08, 24, 2),
    "sync_sel": (0x14, 20, 1),
    "use_pwr_sync": (0x14, 22, 1),
    "digitise_en": (0x14, 23, 1),
    "readout_node_sel": (0x14, 28, 4),
    "int_sync_period": (0x20, 0, 20),
    "ccd_mode_config": (0x54, 24, 4),
    "ccd_mode2_config": (0x54, 28, 2),
    "event_detection": (0x54, 30, 1),
}
ON, STANDBY, FT, FF, SOFT_RESET, IMMEDIATE_ON, FF_SIMULATION, EVENTS = 0, 2, 3, 4, 7, 8, 9, 10
IDLE = (ON, STANDBY)
READS_OUT = (1, FT, FF, FF_SIMULATION, EVENTS, 0xB, 0xC, 0xD, 0xE)
#: side, CCD and bit of readout_node_sel, in the order of the readout: E2, F2, E4, F4
NODES = ((1, 0, 2), (0, 0, 1), (1, 1, 8), (0, 1, 4))
BOTH_SIDES = 2
#: pixels of a node by ccd_mode2_config, and of a full frame
UNBINNED, BINNED_24 = 1, 3
PIXELS = {UNBINNED: 3791 * 2255, BINNED_24: 165 * 96}
PIXELS_BINNED_6, PIXELS_FULL = 639 * 384, 4511 * 4608
DATA, EVENT, HK, MASK = range(4)


def read_packet(packet: bytes, eep: bool) -> Asked | None:
    """The command in a packet; None for what the standard wants dropped."""
    packet = packet.lstrip(bytes(range(32)))
    if len(packet) < 4 or packet[1] != 1 or not packet[2] & 0xC0:
        return None
    back = 4 * (packet[2] & 3)
    header, rest = packet[: 16 + back], packet[16 + back :]
    if len(header) < 16 + back or crc8(header) or (eep and not rest):
        return None
    code, tail = packet[2] >> 2 & 15, header[4 + back :]
    length = int.from_bytes(tail[8:11], "big")
    has_data = code in WRITES or code == RMW
    wanted = length + 1 if has_data else 0
    trouble: Trouble = ""
    if packet[2] & 0x80:
        trouble = "reserved bit"
    elif len(rest) > wanted:
        trouble = "long"
    elif eep:
        trouble = "eep"
    elif len(rest) < wanted:
        trouble = "short"
    elif crc8(rest):
        trouble = "data crc"
    return Asked(
        code,
        int.from_bytes(tail[4:8], "big"),
        length,
        rest[:length] if has_data else b"",
        key=packet[3],
        target=packet[0],
        initiator=tail[0],
        transaction=int.from_bytes(tail[1:3], "big"),
        extended=tail[3],
        reply_address=header[4 : 4 + back],
        trouble=trouble,
    )


class Port:
    """What goes in and what has to come out, in order; times [ns] are arguments."""

    def __init__(self) -> None:
        self.fee = Fee()
        self.executed: list[int] = []  # codes, as they were
        self.frame: Frame | None = None  # that is read out
        self.due_ns: int | None = None  # the start of the next one, or of this one
        self._mode, self._queued = ON, -1
        self._frames = 0
        self._external, self._period_ns = False, -1

    def get(self, name: str) -> int:
        address, lowest, bits = FIELDS[name]
        return int.from_bytes(self.fee.get(address, 4), "big") >> lowest & (1 << bits) - 1

    def command(self, packet: bytes, eep: bool, now_ns: int) -> bytes | None:
        """The reply to a packet, after it had its effect."""
        asked = read_packet(packet, eep)
        reply = None if asked is None else self.fee.answer(asked)
        if self.fee.executed:
            self.fee.executed = False
            self._execute(self.get("ccd_mode_config"), now_ns)
        return reply

    def time_code(self, byte: int, now_ns: int) -> None:
        if byte < 64:
            ticks = byte == (self.fee.cells[0x781] + 1) % 64
            self.fee.cells[0x781] = byte
            if ticks and self._external and self._mode in READS_OUT and self.due_ns is None:
                self.due_ns = now_ns

    def link(self, up: bool) -> None:
        was = self.fee.cells[0x783]
        self.fee.cells[0x783] = was | 1 if up else was & 0x20 | 2
        if not up:
            self.fee.cells[0x78B] |= 0x80  # error flag of a disconnect

    def sends(self, packets: list[bytes], now_ns: int) -> None:
        """Its own packets; none is the end of a readout. AssertionError."""
        if not packets and self.frame is not None:
            assert self.frame.complete, "a readout ended in the middle"
            self.frame = None
            self._ended(now_ns)
        for packet in packets:
            if self.frame is None:
                assert self._mode in READS_OUT
                assert self.due_ns is not None
                assert self.due_ns <= now_ns
                self._frames = self._frames + 1 & 0xFFFF
                self._tell()
                self.frame = Frame(self, self._mode, self._frames)
            self.frame.takes(packet)

    def _execute(self, mode: int, now_ns: int) -> None:
        self.executed.append(mode)
        if mode in (SOFT_RESET, IMMEDIATE_ON):
            self.frame, self._queued = None, -1
            if mode == SOFT_RESET:
                self.fee.reset()
                self._frames = 0
            self._enter(ON, now_ns)
        elif mode not in IDLE + READS_OUT:
            pass
        elif self.frame is not None:
            self._queued = mode
        else:
            self._enter(mode, now_ns)

    def _enter(self, mode: int, now_ns: int) -> None:
        self._mode = mode
        self._tell()
        self._external = bool(self.get("use_pwr_sync"))
        self._period_ns = self.get("int_sync_period") * 1_000_000 if self.get("sync_sel") else -1
        self.due_ns = None if mode in IDLE or self._external else now_ns

    def _ended(self, now_ns: int) -> None:
        began = self.due_ns
        assert began is not None
        if self._queued >= 0:
            mode, self._queued = self._queued, -1
            self._enter(mode, now_ns)
        elif self._external:
            self.due_ns = None
        elif self._period_ns < 0:
            self._enter(ON, now_ns)
        elif self._period_ns == 0:
            self.due_ns = now_ns
        else:
            self.due_ns = began + self._period_ns
            while self.due_ns < now_ns:  # a sync in a readout is missed
                self.due_ns += self._period_ns

    def _tell(self) -> None:
        """Frame counter and mode, in housekeeping."""
        self.fee.put(0x784, self._frames << 16 | self._mode)


class Frame:
    """The packets of one readout."""

    def __init__(self, port: Port, mode: int, counter: int) -> None:
        self.complete = False
        self._port, self._mode, self._counter = port, mode, counter
        self._sequence = 0
        bits = port.get("readout_node_sel")
        self._nodes = [(side, ccd) for side, ccd, bit in NODES if bits & bit]
        binning = port.get("ccd_mode2_config")
        self._payload = max(4, (port.get("packet_size") - 10) // 4 * 4)
        self._left = 2 * PIXELS.get(binning, PIXELS_BINNED_6)  # of each node [bytes]
        self._events = mode == EVENTS or (
            mode == FT and port.get("event_detection") == 1 and binning not in PIXELS
        )
        if not port.get("digitise_en"):
            self._nodes = []
        elif mode in (FF, FF_SIMULATION):
            self._nodes = [(BOTH_SIDES, int(port.get("ccd_readout") != 1))]
            self._left = 2 * PIXELS_FULL
        self._whole = self._left
        if self._events and self._nodes:
            self._nodes.append(self._nodes[-1])  # one more empty packet, for the frame

    def takes(self, packet: bytes) -> None:
        """The next packet. AssertionError."""
        kind, last = packet[5] & 3, packet[5] >> 7
        assert not self.complete, "a packet behind the last"
        assert packet[:2] == b"\x50\xf0"
        assert int.from_bytes(packet[2:4], "big") == len(packet) - 10
        assert packet[4] == self._mode
        assert int.from_bytes(packet[6:8], "big") == self._counter
        assert int.from_bytes(packet[8:10], "big") == self._sequence & 0xFFFF
        self._sequence += 1
        if self._sequence == 1:
            self._housekeeping(packet)
        else:
            node = (packet[5] >> 5 & 3, packet[5] >> 4 & 1)
            assert node == self._nodes[0]
            if self._events:
                assert len(packet) == 64
                assert kind in (EVENT, MASK)
                assert last == (kind == EVENT and not any(packet[10:]))
            else:
                assert kind == DATA
                assert len(packet) - 10 == min(self._payload, self._left)
                self._left -= len(packet) - 10
                assert last == (self._left == 0)
            if last:
                self._left = self._whole
                del self._nodes[0]
        self.complete = not self._nodes

    def _housekeeping(self, packet: bytes) -> None:
        assert packet[5] == 0x80 | HK
        assert len(packet) == 10 + 152
        fee = self._port.fee
        assert packet[10 + 0x80 : 10 + 0x90] == fee.get(0x780, 16)
        for i in range(8):  # full-sun pixels, which only the pixels tell
            fee.cells[0x790 + i] = packet[10 + 0x90 + i]
