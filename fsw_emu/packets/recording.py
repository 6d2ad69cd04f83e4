# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Recordings of a SpaceWire link, whatever the file format."""

from __future__ import annotations

from typing import Literal

from fsw_emu.packets.capture import PREFIX_BYTES, CaptureReader, Recorded
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.framings import gresb
from fsw_emu.packets.pcap import PcapReader, is_pcap
from fsw_emu.packets.pcapng import PcapngReader, is_pcapng
from fsw_emu.packets.spacewire import SpwPacket

#: bytes that tell the format
SNIFF_BYTES = 6

_PROTOCOLS = (0x01, 0x02, 0xF0)  # RMAP, CCSDS, FEE data


def sniff(start: bytes) -> Literal["gresb", "pcap", "pcapng"]:
    """The format of a recording by its first SNIFF_BYTES bytes.

    GRESB streams have no magic: known flags and a packet of one of the link's protocols
    make one. ValueError for anything else.
    """
    if is_pcap(start):
        return "pcap"
    if is_pcapng(start):
        return "pcapng"
    if len(start) >= SNIFF_BYTES and gresb.known_flags(start[0]) and start[5] in _PROTOCOLS:
        size = int.from_bytes(start[1:4], "big")
        if size >= 2:
            return "gresb"
    raise ValueError("not a recording: neither GRESB framing nor pcap nor pcapng")


class RecordingReader:
    """What a recording of any format holds, in chunks of any size: ``feed`` gives its packets,
    ``read`` time-codes as well, with time and direction; only one of them is to be used.

    feed, read and finish raise ValueError when the beginning is of no format that sniff knows;
    whatever else is wrong is in ``faults``. flags, prefix_bytes: as the two readers have them.
    """

    def __init__(
        self,
        *,
        flags: gresb.Flags = "either",
        prefix_bytes: int = PREFIX_BYTES,
    ) -> None:
        self._flags: gresb.Flags = flags
        self._prefix_bytes = prefix_bytes
        self._start = b""
        self._offset = 0
        self._reader: gresb.Host | CaptureReader | None = None

    @property
    def faults(self) -> FaultLog[Fault]:
        return self._reader.faults if self._reader else FaultLog()

    @property
    def has_times(self) -> bool:
        """Whether the format tells when an item came; known with the first item."""
        return isinstance(self._reader, CaptureReader)

    def feed(self, chunk: bytes) -> list[SpwPacket]:
        """Take the next bytes, return the packets that are whole now."""
        if isinstance(self._reader, gresb.Host):  # the same, without when and where
            return [one for one in self._reader.feed(chunk) if isinstance(one, SpwPacket)]
        return [one.item for one in self.read(chunk) if isinstance(one.item, SpwPacket)]

    def read(self, chunk: bytes) -> list[Recorded]:
        """Take the next bytes, return what is whole now."""
        if self._reader is None:
            self._start += chunk
            if len(self._start) < SNIFF_BYTES:
                return []
            self._open()
            chunk, self._start = self._start, b""
        if isinstance(self._reader, CaptureReader):
            return self._reader.feed(chunk)
        if self._reader is None:
            return []
        items = []
        for one in self._reader.feed(chunk):
            if isinstance(one, SpwPacket):
                self._offset = one.offset
            items.append(Recorded(one, offset=self._offset))  # a time-code: behind that packet
        return items

    def finish(self) -> None:
        """The input has ended."""
        if self._reader is None:
            self._open()
        if self._reader is not None:
            self._reader.finish()

    def _open(self) -> None:
        kind = sniff(self._start)
        if kind == "gresb":
            self._reader = gresb.Host(self._flags)
            return
        reader = PcapReader() if kind == "pcap" else PcapngReader()
        self._reader = CaptureReader(reader, self._prefix_bytes)
