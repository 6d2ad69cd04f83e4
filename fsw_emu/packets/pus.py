# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""PUS-A packets as tailored for SMILE, and their time (MIB v1.8.1; EID-1298, EID-1361)."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fsw_emu.packets.ccsds import PRIMARY_HEADER_BYTES, PrimaryHeader, read_primary_header

TM_HEADER_BYTES = 18
TM_MIN_BYTES = 20
TM_MAX_BYTES = 886
TC_HEADER_BYTES = 10
TC_MIN_BYTES = 12
TC_MAX_BYTES = 504
#: reports that a telecommand asks for: of its acceptance, start, progress, completion
ACCEPTANCE, START, PROGRESS, COMPLETION = 1, 2, 4, 8
SYNCHRONISED = 5

_PUS_A = 1  # version number
_TM_FIELDS = struct.Struct(">HHHBBBBII")
_TC_FIELDS = struct.Struct(">HHHBBBB")
_EPOCH = datetime(2018, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class SmileTime:
    """Seconds since 2018-01-01T00:00:00 UTC, and microseconds: no binary fraction."""

    coarse: int
    fine_us: int

    def iso(self) -> str:
        """As 2026-05-19T03:52:00.250000Z."""
        then = _EPOCH + timedelta(seconds=self.coarse, microseconds=self.fine_us)
        return then.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    @property
    def unix_ns(self) -> int:
        """Nanoseconds since 1970 UTC."""
        return (int(_EPOCH.timestamp()) + self.coarse) * 1_000_000_000 + self.fine_us * 1000

    @classmethod
    def from_iso(cls, text: str) -> SmileTime:
        """From ISO 8601, UTC where it names no zone; ValueError for what does not fit."""
        then = datetime.fromisoformat(text)
        since = (then if then.tzinfo else then.replace(tzinfo=UTC)) - _EPOCH
        coarse = since.days * 86_400 + since.seconds
        if not 0 <= coarse <= 0xFFFFFFFF:
            raise ValueError(f"{text} is out of range")
        return cls(coarse, since.microseconds)


@dataclass(frozen=True)
class TmHeader:
    """Secondary header of a telemetry packet."""

    pus_version: int
    type: int
    subtype: int
    destination: int
    time: SmileTime
    sync: int


@dataclass(frozen=True)
class Tm:
    """One telemetry packet; pec_ok tells whether its checksum fits."""

    primary: PrimaryHeader
    header: TmHeader
    data: bytes
    pec_ok: bool


def _primary_of_whole(packet: bytes, least: int, kind: str) -> PrimaryHeader:
    """The primary header of a packet that is as long as it says."""
    if len(packet) < least:
        raise ValueError(f"{len(packet)} bytes are less than a {kind} packet")
    primary = read_primary_header(packet)
    if primary.packet_bytes != len(packet):
        raise ValueError(f"{len(packet)} bytes, the length field says {primary.packet_bytes}")
    return primary


def read_tm(packet: bytes) -> Tm:
    """Read one whole packet. Its checksum may be wrong, its size may not: ValueError."""
    primary = _primary_of_whole(packet, TM_MIN_BYTES, "telemetry")
    version, type_, subtype, destination, coarse, fine_sync = struct.unpack_from(
        ">BBBBII", packet, PRIMARY_HEADER_BYTES
    )
    time = SmileTime(coarse, fine_sync >> 8)
    header = TmHeader(version >> 4 & 7, type_, subtype, destination, time, fine_sync & 0xFF)
    return Tm(primary, header, packet[TM_HEADER_BYTES:-2], crc_hqx(packet, 0xFFFF) == 0)


def build_tm(
    *,
    apid: int,
    count: int,
    type: int,  # noqa: A002
    subtype: int,
    time: SmileTime,
    destination: int = 0,
    sync: int = SYNCHRONISED,
    data: bytes = b"",
) -> bytes:
    """A telemetry packet with its checksum. ValueError for a field that does not fit, or for more
    than 886 bytes."""
    size = TM_HEADER_BYTES + len(data) + 2
    if size > TM_MAX_BYTES:
        raise ValueError(f"a telemetry packet of {size} bytes, {TM_MAX_BYTES} are the most")
    if not 0 <= time.fine_us < 1_000_000:
        raise ValueError(f"{time.fine_us} microseconds")
    fine_sync = time.fine_us << 8 | _fits("sync", sync, 8)
    head = (*_primary(apid, count, size, telecommand=False), _PUS_A << 4)
    return _sealed(_TM_FIELDS, (*head, type, subtype, destination, time.coarse, fine_sync), data)


@dataclass(frozen=True)
class Tc:
    """One telecommand packet; ack: bits of the reports it asks for; pec_ok tells whether its
    checksum fits."""

    primary: PrimaryHeader
    pus_version: int
    ack: int
    type: int
    subtype: int
    source: int
    data: bytes
    pec_ok: bool


def read_tc(packet: bytes) -> Tc:
    """Read one whole packet. Its checksum may be wrong, its size may not: ValueError."""
    primary = _primary_of_whole(packet, TC_MIN_BYTES, "telecommand")
    first, type_, subtype, source = packet[PRIMARY_HEADER_BYTES:TC_HEADER_BYTES]
    pec_ok = crc_hqx(packet, 0xFFFF) == 0
    data = packet[TC_HEADER_BYTES:-2]
    return Tc(primary, first >> 4 & 7, first & 15, type_, subtype, source, data, pec_ok)


def build_tc(
    *,
    apid: int,
    count: int,
    type: int,  # noqa: A002
    subtype: int,
    ack: int = ACCEPTANCE | COMPLETION,
    source: int = 0,
    data: bytes = b"",
) -> bytes:
    """A telecommand packet with its checksum. ValueError for a field that does not fit, or for
    more than 504 bytes."""
    size = TC_HEADER_BYTES + len(data) + 2
    if size > TC_MAX_BYTES:
        raise ValueError(f"a telecommand packet of {size} bytes, {TC_MAX_BYTES} are the most")
    head = (*_primary(apid, count, size, telecommand=True), _PUS_A << 4 | _fits("ack", ack, 4))
    return _sealed(_TC_FIELDS, (*head, type, subtype, source), data)


def _primary(apid: int, count: int, size: int, *, telecommand: bool) -> tuple[int, int, int]:
    """The words of the primary header of a packet that stands alone and has a secondary one."""
    identification = telecommand << 12 | 1 << 11 | _fits("apid", apid, 11)
    return identification, 3 << 14 | _fits("count", count, 14), size - PRIMARY_HEADER_BYTES - 1


def _fits(what: str, value: int, bits: int) -> int:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{what} is 0..{(1 << bits) - 1}, not {value}")
    return value


def _sealed(fields: struct.Struct, values: tuple[int, ...], data: bytes) -> bytes:
    try:
        packet = fields.pack(*values) + data
    except struct.error as error:
        raise ValueError(f"a field of the packet does not fit: {error}") from None
    return packet + crc_hqx(packet, 0xFFFF).to_bytes(2, "big")
