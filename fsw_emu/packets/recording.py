"""Recordings of a SpaceWire link, whatever the file format."""

from __future__ import annotations

from typing import Literal

from fsw_emu.packets import gresb, pcap
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.spacewire import SpwPacket

#: bytes that tell the format
SNIFF_BYTES = 6

_PROTOCOLS = (0x01, 0x02, 0xF0)  # RMAP, CCSDS, FEE data


def sniff(start: bytes) -> Literal["gresb", "pcap"]:
    """The format of a recording by its first SNIFF_BYTES bytes.

    GRESB streams have no magic: known flags and a packet of one of the link's protocols
    make one. ValueError for anything else, with what it is where that can be told.
    """
    if pcap.is_pcap(start):
        return "pcap"
    if len(start) >= SNIFF_BYTES and gresb.known_flags(start[0]) and start[5] in _PROTOCOLS:
        size = int.from_bytes(start[1:4], "big")
        if size >= 2:
            return "gresb"
    raise ValueError("not a recording: neither GRESB framing nor pcap")


class RecordingReader:
    """Packets of a recording of either format, in chunks of any size.

    feed and finish raise ValueError when the beginning is of no format that sniff knows;
    whatever else is wrong is in ``faults``. flags, prefix_bytes: as the two readers have them.
    """

    def __init__(
        self,
        *,
        flags: gresb.Flags = "either",
        prefix_bytes: int = pcap.SPACEWIRE_PREFIX_BYTES,
    ) -> None:
        self._flags: gresb.Flags = flags
        self._prefix_bytes = prefix_bytes
        self._start = b""
        self._reader: gresb.GresbReader | pcap.PcapSpacewireReader | None = None

    @property
    def faults(self) -> FaultLog[Fault]:
        return self._reader.faults if self._reader else FaultLog()

    def feed(self, chunk: bytes) -> list[SpwPacket]:
        """Take the next bytes, return the packets that are whole now."""
        if self._reader is not None:
            return self._reader.feed(chunk)
        self._start += chunk
        return self._open() if len(self._start) >= SNIFF_BYTES else []

    def finish(self) -> None:
        """The input has ended."""
        if self._reader is None:
            self._open()
        if self._reader is not None:
            self._reader.finish()

    def _open(self) -> list[SpwPacket]:
        kind = sniff(self._start)
        self._reader = (
            gresb.GresbReader(self._flags)
            if kind == "gresb"
            else pcap.PcapSpacewireReader(self._prefix_bytes)
        )
        start, self._start = self._start, b""
        return self._reader.feed(start)
