# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The telecommands that load a table, in an order that leaves the old one or the new one.

Memory: all is first staged in RAM and checked there; one telecommand then copies it, within one
cycle of the onboard software. A parameter set is one telecommand. A filter set is one for each
type of item: of two, that of the switches goes last to switch on, first to switch off.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fsw_emu.egse.tables.table import (
    LEAST_BYTES,
    SWITCHED,
    FilterSet,
    MemoryTable,
    ParameterSet,
    Table,
    TableError,
    load_of,
    set_crc,
)
from fsw_emu.interface.table import Interface
from fsw_emu.packets.pus import ACCEPTANCE, COMPLETION, TC_MIN_BYTES, build_tc

#: of telecommands before their data, in bytes
_LOAD_BYTES, _UPLOAD_BYTES = 12, 5
#: most that a check or a dump may ask for (MIB v1.8.1)
PIECE_BYTES = 852
#: telecommand, field of its value, of each type of item in a filter set
_UPDATES = {
    "u16": ("ParamUpdtUint16", "ParamValueUint16"),
    "u8": ("ParamUpdtUint8", "ParamValueUint8"),
}
_SDU = 2  # that of full frames: it carries less
_SDU_ADDRESS = "sdu1Addr"
_NOWHERE = 0xFFFF  # number of a part that never follows


@dataclass(frozen=True)
class Step:
    """A telecommand of the interface table; ``may_fail``: its failure means nothing."""

    name: str
    values: Mapping[str, Any]
    may_fail: bool = False

    def packet(self, table: Interface, count: int) -> bytes:
        """As it is sent, but for the sequence count."""
        command = table.telecommands[self.name]
        return build_tc(
            apid=table.apid,
            count=count,
            type=command.type,
            subtype=command.subtype,
            ack=ACCEPTANCE | COMPLETION,
            data=table.telecommand_data(self.name, self.values),
        )


#: telecommands whose order does not matter if some fail: they may be sent together
Steps = Sequence[Step]


def telecommands(made: Table, table: Interface) -> Sequence[Step]:
    """All that change something, in order; a filter set as if it switched on."""
    if isinstance(made, MemoryTable):
        staged = [step for some in stage(made, table) for step in some]
        return [*staged, commit(made, table)]
    if isinstance(made, FilterSet):
        return [update(made.values, each, table) for each in _UPDATES if _of(made, each, table)]
    return [Step("ParamLoadArm", {}), set_load(made, table), Step("ParamLoadDisarm", {})]


def stage(made: MemoryTable, table: Interface) -> Iterator[Steps]:
    """Bring it into the staging area, what lies between its blocks included."""
    assumed = table.assumed["tables"]
    if len(made.blocks) > 1:
        there = {"SrcMemId": f"MEM_RD_{made.memory}", "SrcAddress": made.start}
        here = {"TrgtMemId": "MEM_WR_RAM", "TrgtAddress": assumed["staging"]}
        yield [Step("Copy", {**there, "DataSize": made.size, **here})]
    for block in made.blocks:
        start = assumed["staging"] + block.address - made.start
        if len(block.data) < assumed["upload_from"]:
            yield [*_loads(start, block.data, table)]
        else:
            yield from _upload(start, block.data, table)


def commit(made: MemoryTable, table: Interface) -> Step:
    """From the staging area to where it belongs, at once."""
    source = {"SrcMemId": "MEM_RD_RAM", "SrcAddress": table.assumed["tables"]["staging"]}
    target = {"TrgtMemId": f"MEM_WR_{made.memory}", "TrgtAddress": made.start}
    return Step("Copy", {**source, "DataSize": made.size, **target})


def set_load(made: ParameterSet, table: Interface) -> Step:
    """The one telecommand of a parameter set."""
    command = load_of(made.set, table)
    return Step(command.name, {**made.values, command.fields[-1].name: set_crc(made, table)})


def updates(made: FilterSet, pool: Mapping[str, int], table: Interface) -> Steps:
    """The one or two telecommands that change the data pool from what it is to the set, none for
    what it is already. ``pool``: all of FILTER_ITEMS. TableError where two would leave a mixture
    between them."""
    changed = {name: value for name, value in made.values.items() if pool[name] != value}
    numbers, switches = (
        {name: value for name, value in changed.items() if table.pool[name].type.name == type_}
        for type_ in _UPDATES
    )
    by_type = {"u16": numbers, "u8": switches}
    steps = [update(each, type_, table) for type_, each in by_type.items() if each]
    if len(steps) < 2:
        return steps
    switch, *others = {SWITCHED.get(name) for name in numbers}
    if others or switch is None or (switch not in switches and pool[switch]):
        raise TableError(
            f"{', '.join(numbers)} and {', '.join(switches)} cannot change at once: "
            "two filter sets are needed"
        )
    return steps[::-1] if switches.get(switch) == 0 else steps


def update(values: Mapping[str, int], type_: str, table: Interface) -> Step:
    """One telecommand of service 211 for the items of a type."""
    name, field = _UPDATES[type_]
    items = {item: each for item, each in values.items() if table.pool[item].type.name == type_}
    return Step(
        name,
        {
            "ParamId": [table.pool[item].id for item in items],
            "ArrayElemId": [0] * len(items),
            field: [*items.values()],
        },
    )


def pieces(start: int, size: int, most: int = PIECE_BYTES) -> Sequence[tuple[int, int]]:
    """Start and size of the parts of a range of at least LEAST_BYTES, none smaller."""
    borders = [*range(start, start + size, most), start + size]
    if borders[-1] - borders[-2] < LEAST_BYTES:
        borders[-2] -= LEAST_BYTES
    return [(at, end - at) for at, end in pairwise(borders)]


def crcs(data: bytes) -> Sequence[int]:
    """Checksums of the pieces of a range, as service 6 computes them."""
    return [crc_hqx(data[at : at + size], 0xFFFF) for at, size in pieces(0, len(data))]


def _of(made: FilterSet, type_: str, table: Interface) -> bool:
    return any(table.pool[name].type.name == type_ for name in made.values)


def _loads(start: int, data: bytes, table: Interface) -> Iterator[Step]:
    most = table.tc_max_bytes - TC_MIN_BYTES - _LOAD_BYTES
    for at, size in pieces(0, len(data), most - most % 4):
        part = data[at : at + size]
        values = {"WriteMemoryId": "MEM_WR_RAM", "StartAddress": start + at, "BlockData": part}
        yield Step("Load", values)


def _upload(start: int, data: bytes, table: Interface) -> Iterator[Steps]:
    """One transfer of service 13, which is written when it is whole. What an earlier one left is
    broken off before, by a part that does not follow."""
    last = {"SduId": _SDU, "SduSeqNmb": _NOWHERE, "SduDataPart": b""}
    yield [Step("UpInter", last, may_fail=True)]
    yield [_sdu_address(start, table)]
    parts = pieces(0, len(data), table.tc_max_bytes - TC_MIN_BYTES - _UPLOAD_BYTES)
    steps = []
    for number, (at, size) in enumerate(parts, 1):
        name = "UpFirst" if number == 1 else "UpLast" if number == len(parts) else "UpInter"
        values = {"SduId": _SDU, "SduSeqNmb": number, "SduDataPart": data[at : at + size]}
        steps.append(Step(name, values))
    yield steps
    yield [_sdu_address(0, table)]


def _sdu_address(address: int, table: Interface) -> Step:
    """Where in RAM a transfer up is put; 0: nowhere, as after a reset."""
    values = {"ParamId": [table.pool[_SDU_ADDRESS].id], "ArrayElemId": [0]}
    return Step("ParamUpdtUint32", {**values, "ParamValueUint32": [address]})
