# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Tables as values: what is in memory, in the data pool, in a parameter set."""

from __future__ import annotations

import contextlib
from binascii import crc_hqx
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from fsw_emu.interface.fields import Field, FieldError, FieldType, Value
from fsw_emu.interface.memory_map import BAD_PIXEL_MASKS, MASK_BYTES
from fsw_emu.interface.parameter_crc import closed
from fsw_emu.interface.table import Interface, Telecommand

Number = int | float
#: of what service 6 loads, checks and dumps (MIB v1.8.1)
LEAST_BYTES = 4
MEMORIES = ("RAM", "MRAM", "INTERNAL")
#: telecommand that loads each parameter set
LOADS = {
    "ADC_RANGES": "SetParValAdcRngs",
    "RSE_PARAM": "SetParValRsePar",
    "HEAT_CTRL_IASW": "SetParValHeatCtl",
}
#: what of a filter set has no effect while something is off: by the item that switches it
SWITCHED: Mapping[str, str] = dict.fromkeys(
    ("EvtFilterThr1", "EvtFilterThr2", "EvtFilterThr3", "EvtFilterN"), "FeeEventFilterEnable"
)
#: items of the data pool that a filter set may set
FILTER_ITEMS = (
    *SWITCHED,
    "FRMccd2EPixThreshold",
    "FRMccd2FPixThreshold",
    "FRMccd4EPixThreshold",
    "FRMccd4FPixThreshold",
    "FeeEventFilterEnable",
    "FeeBadPixelFilter",
)
SWITCHES = ("FeeEventFilterEnable", "FeeBadPixelFilter")


_F32 = FieldType.of("f32")


class TableError(ValueError):
    """No such table can be made, or loaded as it is asked."""


@dataclass(frozen=True)
class Block:
    """Bytes that go to an address; ``label``: node of a mask, else empty."""

    label: str
    address: int
    data: bytes

    @property
    def end(self) -> int:
        return self.address + len(self.data)

    @property
    def crc(self) -> int:
        """CRC-16 (CCITT, of all ones), as service 6 computes it."""
        return crc_hqx(self.data, 0xFFFF)


@dataclass(frozen=True)
class MemoryTable:
    """Blocks of one memory, in the order of their addresses."""

    kind: Literal["bad-pixels", "patch"]
    memory: str
    blocks: Sequence[Block]

    @property
    def start(self) -> int:
        return self.blocks[0].address

    @property
    def size(self) -> int:
        """From the first byte to the last, gaps between blocks included."""
        return self.blocks[-1].end - self.start

    def over(self, there: bytes) -> bytes:
        """What is there with the blocks written over it."""
        data = bytearray(there)
        for block in self.blocks:
            data[block.address - self.start : block.end - self.start] = block.data
        return bytes(data)

    def of(self, there: bytes) -> MemoryTable:
        """The same blocks with what is there in them."""
        blocks = (
            Block(
                each.label, each.address, there[each.address - self.start : each.end - self.start]
            )
            for each in self.blocks
        )
        return MemoryTable(self.kind, self.memory, tuple(blocks))


@dataclass(frozen=True)
class FilterSet:
    """Items of the data pool, by name: some of FILTER_ITEMS."""

    values: Mapping[str, int]
    kind: Literal["filter-set"] = "filter-set"


@dataclass(frozen=True)
class ParameterSet:
    """``set``: one of ParamSetId; ``values``: all of its items."""

    set: str
    values: Mapping[str, Number]
    kind: Literal["parameter-set"] = "parameter-set"


Table = MemoryTable | FilterSet | ParameterSet


def memory_table(
    kind: Literal["bad-pixels", "patch"], memory: str, blocks: Sequence[Block], table: Interface
) -> MemoryTable:
    """TableError for what the ground cannot load."""
    if memory not in MEMORIES:
        raise TableError(f"memory {memory!r} is none of {', '.join(MEMORIES)}")
    blocks = sorted(blocks, key=lambda block: block.address)
    if not blocks:
        raise TableError("there is nothing to load")
    for block in blocks:
        if len(block.data) < LEAST_BYTES:
            raise TableError(f"{len(block.data)} bytes at {block.address:#010x}: at least 4")
    for before, block in pairwise(blocks):
        if block.address < before.end:
            raise TableError(f"blocks at {before.address:#010x} and {block.address:#010x} overlap")
    made = MemoryTable(kind, memory, tuple(blocks))
    assumed = table.assumed["tables"]
    start, most = assumed["staging"], assumed["staging_bytes"]
    if not 0 <= made.start <= 0xFFFFFFFF - made.size:
        raise TableError(f"address {made.start:#x} has more than 32 bits, or the end of the block")
    if made.size > most:
        raise TableError(f"{made.size} bytes, {most} are the most")
    if memory == "RAM" and made.start < start + most and start < made.start + made.size:
        raise TableError(f"{made.start:#010x}: {start:#010x} and after are where tables are staged")
    return made


def mask_table(masks: Mapping[str, bytes], table: Interface) -> MemoryTable:
    """Bad pixels by node, 30,672 bytes each; nodes that are not named stay as they are."""
    if strange := set(masks) - set(BAD_PIXEL_MASKS):
        raise TableError(f"node {min(strange)!r} is none of {', '.join(BAD_PIXEL_MASKS)}")
    for node, mask in masks.items():
        if len(mask) != MASK_BYTES:
            raise TableError(f"{node}: {len(mask)} bytes, a mask has {MASK_BYTES}")
    blocks = [Block(node, BAD_PIXEL_MASKS[node], mask) for node, mask in masks.items()]
    return memory_table("bad-pixels", "MRAM", blocks, table)


def filter_set(values: Mapping[str, object], table: Interface) -> FilterSet:
    """TableError for items that are no part of it, and for values that do not fit."""
    if not values:
        raise TableError("there is nothing to load")
    for name in values:
        if name not in FILTER_ITEMS:
            raise TableError(f"{name} is none of {', '.join(FILTER_ITEMS)}")
    taken = {name: _number(name, table.pool[name].type, each) for name, each in values.items()}
    for name in SWITCHES:
        if taken.get(name, 0) not in (0, 1):
            raise TableError(f"{name}: 0 is off, 1 is on")
    return FilterSet({name: int(taken[name]) for name in FILTER_ITEMS if name in taken})


def parameter_set(name: str, values: Mapping[str, object], table: Interface) -> ParameterSet:
    """TableError for a value that is missing, is not of the set, or does not fit."""
    fields = set_fields(name, table)
    known = [field.name for field in fields]
    if strange := [each for each in values if each not in known]:
        raise TableError(f"{strange[0]} is not in {name}, which has {', '.join(known)}")
    if missing := [each for each in known if each not in values]:
        raise TableError(f"{name} has no value for {', '.join(missing)}")
    taken = {field.name: _number(field.name, field.type, values[field.name]) for field in fields}
    for field in fields:
        if not table.allows(field, taken[field.name]):
            raise TableError(f"{field.name}: {taken[field.name]} is not in its range")
    return ParameterSet(name, taken)


def load_of(name: str, table: Interface) -> Telecommand:
    """The telecommand that loads a set."""
    if name not in LOADS:
        raise TableError(f"set {name!r} is none of {', '.join(LOADS)}")
    return table.telecommands[LOADS[name]]


def set_fields(name: str, table: Interface) -> Sequence[Field]:
    """Those of its values."""
    return [field for field in load_of(name, table).fields[1:-1] if not field.is_spare]


def set_crc(made: ParameterSet, table: Interface) -> int:
    """The checksum that goes with a set."""
    command = load_of(made.set, table)
    checksum = command.fields[-1].name
    data = table.telecommand_data(command.name, {**made.values, checksum: 0})
    return int.from_bytes(closed(data)[-2:], "big")


def acts(pool: Mapping[str, int]) -> Mapping[str, int]:
    """What of all items of FILTER_ITEMS has an effect."""
    return {
        name: value for name, value in pool.items() if name not in SWITCHED or pool[SWITCHED[name]]
    }


def shortest(value: Number) -> str:
    """A number as TOML has it, with as few digits as single precision needs."""
    if isinstance(value, int):
        return str(value)
    for digits in range(1, 10):
        near = float(f"{value:.{digits}g}")
        with contextlib.suppress(FieldError):  # rounded up beyond the largest number
            if _F32.from_int(_F32.to_int(near, "")) == value:
                return repr(near)
    return repr(value)


def _number(name: str, type_: FieldType, value: object) -> Number:
    """As it is on board: floats in single precision."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TableError(f"{name}: {value!r} is no number")
    given: Value = float(value) if type_.kind == "f" else value
    try:
        taken = type_.from_int(type_.to_int(given, name))
    except FieldError as error:
        raise TableError(str(error)) from None
    if taken != taken or isinstance(taken, bytes):
        raise TableError(f"{name}: {value!r} is no number")
    return taken
