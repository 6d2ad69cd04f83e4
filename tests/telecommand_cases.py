# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands of the interface table with fields at their bounds and beyond, as bytes."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from fsw_emu.dpu.pool import DataPool
from fsw_emu.interface.table import Field, Telecommand, load

TABLE = load()
#: where regions of memory begin and end, and keys; most of the addresses that make a difference
ADDRESSES = (0, 3, 0x20000000, 0x40000000, 0x407FFFFC, 0x60000000, 0x6003F080, 0x6FFFFFFC, 1 << 31)
HEADER = struct.Struct(">HHHBBBB")
APID, TC_MAX = 321, 1024


@dataclass(frozen=True)
class Point:
    """A value for a field; ``within``: whether the table lets it be."""

    field: str
    value: Any
    within: bool


def points(field: Field) -> Iterator[Point]:
    """At the bounds of a field, and just over them where its type has room."""
    type_ = field.type
    if type_.kind == "oct":
        return
    if type_.kind == "f":
        for real in (-3.0e38, -1.0, 0.0, 1.0, 3.0e38, float("inf"), float("nan")):
            yield Point(field.name, real, within=True)
        return
    if field.enumeration is not None:
        known = set(TABLE.enumerations[field.enumeration].values())
        near = {n + d for n in known for d in (-1, 0, 1)} | {type_.least, type_.most}
        wanted = sorted(near)[:6] + sorted(near)[-6:]
        for number in dict.fromkeys(wanted):
            if type_.least <= number <= type_.most:
                yield Point(field.name, number, within=number in known)
        return
    least = type_.least if field.least is None else field.least
    most = type_.most if field.most is None else field.most
    for number in (least, most, least - 1, most + 1, type_.least, type_.most):
        if type_.least <= number <= type_.most:
            yield Point(field.name, number, within=least <= number <= most)


def plain(field: Field) -> Any:
    """A value that the table lets be."""
    if field.default is not None:
        return field.default
    if field.type.kind == "oct":
        return bytes(field.type.bits // 8)
    if field.enumeration is not None:
        return min(TABLE.enumerations[field.enumeration].values())
    return 0.0 if field.type.kind == "f" else field.least or 0


def groups(command: Telecommand) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """Fields, and what each of them counts."""
    at = 0
    while at < len(command.fields):
        field = command.fields[at]
        group = command.fields[at + 1 : at + 1 + field.counts]
        yield field, group
        at += 1 + field.counts


def data_of(command: Telecommand, given: Mapping[str, Any], *, n_times: int = 1) -> bytes:
    """The data of a telecommand: these values, plain ones elsewhere, repeated fields so often. A
    count that is given stands there whatever follows. Packed here, bit by bit."""
    bits = ""

    def put(field: Field) -> None:
        nonlocal bits
        value = 0 if field.is_spare else given.get(field.name, plain(field))
        if field.type.kind == "f":
            number = int.from_bytes(struct.pack(">f", value), "big")
        elif isinstance(value, bytes):
            number = int.from_bytes(value, "big")
        else:
            number = value & (1 << field.type.bits) - 1
        bits += f"{number:0{field.type.bits}b}"

    for field, group in groups(command):
        if not group:
            put(field)
            continue
        bits += f"{given.get(field.name, n_times):0{field.type.bits}b}"
        for _ in range(n_times):
            for each in group:
                put(each)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def packet(
    type_: int,
    subtype: int,
    data: bytes,
    *,
    count: int = 0,
    ack: int = 0b1111,
    source: int = 0,
    apid: int = APID,
    length: int | None = None,
    crc: int = 0,
) -> bytes:
    """A telecommand packet; ``length``: another length field, ``crc``: what the right one is
    changed by."""
    size = HEADER.size + len(data) + 2 - 7 if length is None else length
    head = HEADER.pack(
        0x1800 | apid, 0xC000 | count, size & 0xFFFF, 0x10 | ack, type_, subtype, source
    )
    return head + data + (crc_hqx(head + data, 0xFFFF) ^ crc).to_bytes(2, "big")


@st.composite
def telecommands(draw: st.DrawFn, software: str) -> tuple[Telecommand, bytes]:
    """Any of a software, and its data: some fields at their bounds or beyond."""
    command = draw(st.sampled_from([c for c in TABLE.telecommands.values() if c.of == software]))
    given: dict[str, Any] = {}
    for field, group in groups(command):
        for each in group or (field,):
            if each.is_spare or each.fixed or not draw(st.booleans()):
                continue
            at = [point.value for point in points(each)]
            if "ADDR" in each.name.upper():
                at += ADDRESSES
            if each.name in ("ParamId", "ProcFeeParamId"):
                given[each.name] = draw(st.sampled_from(ITEMS))
            elif at:
                given[each.name] = draw(st.sampled_from(at))
    return command, data_of(command, given, n_times=draw(st.integers(0, 3)))


#: counters that a model of telecommands is held against are left alone
COUNTERS = (
    "NOfTcAcc",
    "NOfAccFailedTc",
    "NOfStartFailedTc",
    "NOfTcTerm",
    "NOfTermFailedTc",
)
ARRAYS = [name for name, item in TABLE.pool.items() if item.element]
NUMBERS = [n for n, item in TABLE.pool.items() if not item.element and item.type.kind in "ui"]
OTHERS = TABLE.pool.keys() - {*ARRAYS, *NUMBERS}
ITEMS = [item.id for name, item in TABLE.pool.items() if name not in COUNTERS] + [0, 0xFFFFFFFF]


def snapshot(pool: DataPool) -> dict[str, Any]:
    """What the data pool keeps: all that is not measured, by name."""
    kept: dict[str, Any] = {name: pool[name] for name in NUMBERS if not pool.is_measured(name)}
    kept |= {name: pool.elements(name) for name in ARRAYS}
    return kept | {name: pool.raw(name) for name in OTHERS if not pool.is_measured(name)}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """What is not the same in two of them."""
    return {name for name in before if before[name] != after[name]}
