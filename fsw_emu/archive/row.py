# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One entry of an archive: from the bytes of a packet to the columns of the table, and back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any, Literal

from fsw_emu.packets.pus import SmileTime, Tc, Tm, read_tc, read_tm

#: telemetry, telecommand: the way that the bytes came
Direction = Literal["tm", "tc"]

_PUS_A = 1  # version number
_NS = 1_000_000_000


@dataclass(frozen=True)
class Row:
    """One entry.

    id: order of arrival, from 1. received_ns: ns since 1970 UTC. peer: destination id of telemetry,
    source id of a telecommand. time: onboard time, of telemetry alone. raw: the bytes as they came.
    reason: why they are no packet; then all fields of a packet are None.
    """

    id: int
    received_ns: int
    direction: Direction
    apid: int | None
    service: int | None
    subtype: int | None
    count: int | None
    peer: int | None
    time: SmileTime | None
    sync: int | None
    pec_ok: bool | None
    raw: bytes
    reason: str | None

    @property
    def kind(self) -> Literal["packet", "unreadable"]:
        return "packet" if self.reason is None else "unreadable"


def columns_of(raw: bytes, received_ns: int, direction: Direction) -> tuple[Any, ...]:
    """All columns but the id. Bytes that are no PUS-A packet of that direction have the reason."""
    try:
        packet = _packet(raw, direction)
    except ValueError as error:
        return (received_ns, direction, *(None,) * 9, raw, str(error))
    primary = packet.primary
    if isinstance(packet, Tc):
        kind = packet.type, packet.subtype, primary.count, packet.source
        time: tuple[int | None, ...] = None, None, None
    else:
        header = packet.header
        kind = header.type, header.subtype, primary.count, header.destination
        time = header.time.coarse, header.time.fine_us, header.sync
    return (received_ns, direction, primary.apid, *kind, *time, int(packet.pec_ok), raw, None)


def _packet(raw: bytes, direction: Direction) -> Tm | Tc:
    """ValueError for what is none, or none of the direction."""
    packet = read_tm(raw) if direction == "tm" else read_tc(raw)
    primary = packet.primary
    if primary.version:
        raise ValueError(f"space packet version {primary.version}")
    if primary.telecommand != (direction == "tc"):
        raise ValueError(f"the packet says that it is a {'tc' if primary.telecommand else 'tm'}")
    if not primary.secondary_header:
        raise ValueError("no secondary header")
    version = packet.pus_version if isinstance(packet, Tc) else packet.header.pus_version
    if version != _PUS_A:
        raise ValueError(f"PUS version {version}")
    return packet


#: types of what a row of the table may hold, in the order of COLUMNS
_NONE = type(None)
_TYPES = {
    (int, int, str, *fields, *time, pec, bytes, reason)
    for (fields, pec, reason), time in product(
        [((int,) * 5, int, _NONE), ((_NONE,) * 5, _NONE, str)], [(int,) * 3, (_NONE,) * 3]
    )
}


def row_of(columns: tuple[Any, ...]) -> Row:
    """A row as the table has it. ValueError for what no archive writes."""
    if tuple(map(type, columns)) not in _TYPES or columns[2] not in ("tm", "tc"):
        raise ValueError(f"row {columns[0]} is damaged")
    number, received_ns, direction, apid, service, subtype, count, peer = columns[:8]
    coarse, fine_us, sync, pec_ok, raw, reason = columns[8:]
    time = None
    if coarse is not None:
        if not (0 <= coarse <= 0xFFFFFFFF and 0 <= fine_us <= 0xFFFFFF):
            raise ValueError(f"row {number} is damaged")
        time = SmileTime(coarse, fine_us)
    ok = None if pec_ok is None else bool(pec_ok)
    return Row(
        number, received_ns, direction, apid, service, subtype, count, peer,
        time, sync, ok, raw, reason,
    )  # fmt: skip


def iso(time_ns: int) -> str:
    """UTC as 2026-05-19T03:52:00.250000000Z, of ns since 1970."""
    seconds, rest = divmod(time_ns, _NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"
