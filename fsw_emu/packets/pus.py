# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""PUS-A telemetry as tailored for SMILE, and its time (MIB v1.8.1; EID-1298)."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fsw_emu.packets.ccsds import PRIMARY_HEADER_BYTES, PrimaryHeader, read_primary_header

TM_HEADER_BYTES = 18
TM_MIN_BYTES = 20
TM_MAX_BYTES = 886

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


def read_tm(packet: bytes) -> Tm:
    """Read one whole packet. Its checksum may be wrong, its size may not: ValueError."""
    if len(packet) < TM_MIN_BYTES:
        raise ValueError(f"{len(packet)} bytes are less than a telemetry packet")
    primary = read_primary_header(packet)
    if primary.packet_bytes != len(packet):
        raise ValueError(f"{len(packet)} bytes, the length field says {primary.packet_bytes}")
    version, type_, subtype, destination, coarse, fine_sync = struct.unpack_from(
        ">BBBBII", packet, PRIMARY_HEADER_BYTES
    )
    time = SmileTime(coarse, fine_sync >> 8)
    header = TmHeader(version >> 4 & 7, type_, subtype, destination, time, fine_sync & 0xFF)
    return Tm(primary, header, packet[TM_HEADER_BYTES:-2], crc_hqx(packet, 0xFFFF) == 0)
