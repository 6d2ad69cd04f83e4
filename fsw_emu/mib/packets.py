# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets: how they are told apart and where their parameters are.

Tables pid, pic, tpcf, plf and vpd (SCOS-2000 Database Import ICD).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsw_emu.mib.parameters import TelemetryParameter
from fsw_emu.mib.rows import Row, read_table

#: larger than any packet: what repeats more often is no packet
MAX_PACKET_BYTES = 6 + (1 << 16)


@dataclass(frozen=True)
class Placed:
    """A parameter of a fixed packet, at a bit from the packet's first; ``count`` times, ``step``
    bits apart."""

    parameter: TelemetryParameter
    bit: int
    count: int
    step: int


@dataclass(frozen=True)
class Item:
    """A parameter of a variable packet, behind the one before it.

    offset: bits left out (or, negative, read again) before it
    group: what it repeats, as often as its value says, or ``times`` times; -1: until the packet
        ends. With ``times`` it is not in the packet itself.
    choice: whether its value names the structure (TPSD) that follows
    names_parameter: whether its value is the onboard id that gives the next deduced type
    """

    parameter: TelemetryParameter
    offset: int
    group: tuple[Item, ...]
    times: int
    choice: bool
    names_parameter: bool


@dataclass(frozen=True)
class TelemetryPacket:
    """A row of pid and what it points to.

    size_bytes: as tpcf has it, None where it does not
    fixed: its parameters where they have places
    structure: key of its variable structure (TPSD), or None
    source_data: PID_DFHSIZE
    """

    spid: int
    name: str
    description: str
    type: int
    subtype: int
    apid: int
    pi1: int
    pi2: int
    size_bytes: int | None
    fixed: tuple[Placed, ...]
    structure: int | None
    source_data: int


@dataclass(frozen=True)
class Criterion:
    """A row of pic: where PI1 and PI2 are; None where there is none. apid None: of any."""

    apid: int | None
    pi1: tuple[int, int] | None
    pi2: tuple[int, int] | None


def read_packets(
    folder: Path, parameters: Mapping[str, TelemetryParameter]
) -> dict[int, TelemetryPacket]:
    """All packets by SPID. MibError, OSError.

    PID: TYPE STYPE APID PI1_VAL PI2_VAL SPID DESCR UNIT TPSD DFHSIZE TIME INTER VALID CHECK EVENT
    EVID; TPCF: SPID NAME SIZE.
    """
    names = {row.integer(0, "TPCF_SPID"): row for row in read_table(folder, "tpcf")}
    places = _read_places(folder, parameters)
    packets: dict[int, TelemetryPacket] = {}
    for row in read_table(folder, "pid"):
        spid = row.integer(5, "PID_SPID", least=1)
        if spid in packets:
            raise row.error(f"packet {spid} is there twice")
        tpsd = row.integer(8, "PID_TPSD", -1, least=-1)
        named = names.get(spid)
        size = named.integer(2, "TPCF_SIZE", 0) if named else 0
        packets[spid] = TelemetryPacket(
            spid=spid,
            name=(named.text(1) if named else "") or str(spid),
            description=row.text(6),
            type=row.integer(0, "PID_TYPE"),
            subtype=row.integer(1, "PID_STYPE"),
            apid=row.integer(2, "PID_APID"),
            pi1=row.integer(3, "PID_PI1_VAL", 0),
            pi2=row.integer(4, "PID_PI2_VAL", 0),
            size_bytes=size or None,
            fixed=tuple(places[spid]),
            structure=None if tpsd in (-1, 0) else tpsd,
            source_data=row.integer(9, "PID_DFHSIZE", 0),
        )
    return packets


def read_criteria(folder: Path) -> dict[tuple[int, int], tuple[Criterion, ...]]:
    """By type and subtype. PIC: TYPE STYPE PI1_OFF PI1_WID PI2_OFF PI2_WID APID."""
    found: dict[tuple[int, int], list[Criterion]] = defaultdict(list)
    for row in read_table(folder, "pic"):
        key = (row.integer(0, "PIC_TYPE"), row.integer(1, "PIC_STYPE"))
        apid = row.integer(6, "PIC_APID") if row.text(6) else None
        found[key].append(Criterion(apid, _field(row, 2, "PI1"), _field(row, 4, "PI2")))
    # those of one APID before those of any
    return {
        key: tuple(sorted(each, key=lambda one: one.apid is None)) for key, each in found.items()
    }


def _field(row: Row, column: int, name: str) -> tuple[int, int] | None:
    """First bit and width."""
    at = row.integer(column, f"PIC_{name}_OFF", -1, least=-1)
    width = row.integer(column + 1, f"PIC_{name}_WID", 0)
    return None if at < 0 or not width else (8 * at, width)


def _read_places(
    folder: Path, parameters: Mapping[str, TelemetryParameter]
) -> defaultdict[int, list[Placed]]:
    """PLF: NAME SPID OFFBY OFFBI NBOCC LGOCC TIME TDOCC, in the order of their bits."""
    places: defaultdict[int, list[Placed]] = defaultdict(list)
    for row in read_table(folder, "plf"):
        parameter = _parameter(row, 0, "PLF_NAME", parameters)
        spid = row.integer(1, "PLF_SPID")
        bit = 8 * row.integer(2, "PLF_OFFBY") + row.integer(3, "PLF_OFFBI", 0)
        count = row.integer(4, "PLF_NBOCC", 1) or 1
        if count > 8 * MAX_PACKET_BYTES:
            raise row.error(f"PLF_NBOCC: {count} do not fit a packet")
        places[spid].append(Placed(parameter, bit, count, row.integer(5, "PLF_LGOCC", 0)))
    for each in places.values():
        each.sort(key=lambda placed: placed.bit)
    return places


def _parameter(
    row: Row, column: int, what: str, parameters: Mapping[str, TelemetryParameter]
) -> TelemetryParameter:
    name = row.must(column, what)
    if name not in parameters:
        raise row.error(f"{what}: pcf has no {name}")
    return parameters[name]


def read_structures(
    folder: Path, parameters: Mapping[str, TelemetryParameter]
) -> dict[int, tuple[Item, ...]]:
    """Variable structures by TPSD. VPD: TPSD POS NAME GRPSIZE FIXREP CHOICE PIDREF DISDESC WIDTH
    JUSTIFY NEWLINE DCHAR FORM OFFSET."""
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in read_table(folder, "vpd"):
        rows[row.integer(0, "VPD_TPSD")].append(row)
    structures = {}
    for tpsd, found in rows.items():
        found.sort(key=lambda row: row.integer(1, "VPD_POS"))
        structures[tpsd] = _items(found, parameters)
    return structures


def _items(
    rows: Sequence[Row], parameters: Mapping[str, TelemetryParameter], depth: int = 0
) -> tuple[Item, ...]:
    if depth > 32:
        raise rows[0].error("groups lie too deep in each other")
    items: list[Item] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        size = row.integer(3, "VPD_GRPSIZE", 0)
        if size > len(rows) - at - 1:
            raise row.error(f"VPD_GRPSIZE: {size} parameters are not left")
        times = row.integer(4, "VPD_FIXREP", 0, least=-1)
        group = _items(rows[at + 1 : at + 1 + size], parameters, depth + 1) if size else ()
        items.append(
            Item(
                parameter=_parameter(row, 2, "VPD_NAME", parameters),
                offset=row.integer(13, "VPD_OFFSET", 0, least=-8 * MAX_PACKET_BYTES),
                group=group,
                times=times if size else 0,
                choice=row.one_of(5, "VPD_CHOICE", "YN", "N") == "Y",
                names_parameter=row.one_of(6, "VPD_PIDREF", "YN", "N") == "Y",
            )
        )
        at += 1 + size
    return tuple(items)


def by_key(
    packets: Iterable[TelemetryPacket],
) -> dict[tuple[int, int, int], tuple[TelemetryPacket, ...]]:
    """Packets of a type, subtype and APID."""
    found: dict[tuple[int, int, int], list[TelemetryPacket]] = defaultdict(list)
    for packet in packets:
        found[packet.type, packet.subtype, packet.apid].append(packet)
    return {key: tuple(each) for key, each in found.items()}
