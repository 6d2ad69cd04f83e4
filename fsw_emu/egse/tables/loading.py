# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Load a table, verify it, put back what was there before.

Wherever it is broken off, the old table or the new one is on board, whole. Everything raises what
``Onboard`` raises.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fsw_emu.egse.client import CommandFailed
from fsw_emu.egse.tables.difference import in_memory, in_values
from fsw_emu.egse.tables.reading import Onboard
from fsw_emu.egse.tables.steps import (
    Step,
    commit,
    crcs,
    pieces,
    set_load,
    stage,
    telecommands,
    updates,
)
from fsw_emu.egse.tables.table import (
    FilterSet,
    MemoryTable,
    ParameterSet,
    Table,
    acts,
    set_crc,
)
from fsw_emu.interface.table import Interface

#: what is on board where a table goes: bytes from its first to its last, all items of a filter
#: set, a parameter set
There = bytes | Mapping[str, int] | ParameterSet


class Refused(Exception):
    """It cannot be loaded; what was on board still is."""


class Before(Protocol):
    """Keeps what was on board before a table was loaded."""

    def read(self) -> Table | None:
        """What is kept, if anything."""

    def save(self, before: Table) -> None:
        """Keep it, instead of what was."""


@dataclass(frozen=True)
class Verified:
    """n_equal checksums of n_checksums agree; differences: what the dump shows, readable."""

    n_equal: int
    n_checksums: int
    differences: Sequence[str]

    @property
    def fine(self) -> bool:
        return self.n_equal == self.n_checksums and not self.differences


async def load(made: Table, onboard: Onboard, before: Before) -> Verified:
    """Save what is on board, load, verify. What a load that was broken off had saved stays.
    TableError for a filter set that cannot be loaded at once; nothing is changed then."""
    there = await _read(made, onboard)
    if isinstance(made, FilterSet) and isinstance(there, Mapping):
        updates(made, there, onboard.table)  # what cannot be loaded is told before all else
    kept = before.read()
    again = kept is not None and _same_place(kept, made)
    if not again or not (_acts_as(there, kept) or _acts_as(there, made)):
        before.save(_saved(there, made))
    await _exchange(made, there, onboard)
    return await verify(made, onboard)


async def revert(before: Table, onboard: Onboard) -> Verified:
    """Put back what was saved, verify it."""
    await _exchange(before, await _read(before, onboard), onboard)
    return await verify(before, onboard)


async def verify(made: Table, onboard: Onboard) -> Verified:
    """Checksums first, then all that is on board."""
    if isinstance(made, ParameterSet):
        there, crc = await onboard.parameters(made.set)
        n_equal = int(crc == set_crc(made, onboard.table))
        return Verified(n_equal, 1, [*in_values(there.values, made.values)])
    if isinstance(made, FilterSet):
        return Verified(0, 0, [*in_values(await onboard.pool(), made.values)])
    n_checksums = n_equal = 0
    differences: list[str] = []
    for block in made.blocks:
        wanted = crcs(block.data)
        found = await onboard.checksums(made.memory, block.address, len(block.data))
        n_equal += sum(a == b for a, b in zip(found, wanted, strict=True))
        n_checksums += len(wanted)
        octets = await onboard.dump(made.memory, block.address, len(block.data))
        differences += in_memory(made, block, octets)
    return Verified(n_equal, n_checksums, differences)


def effort(made: Table, table: Interface, *, loading: bool) -> int:
    """How many telecommands it takes, about."""
    n_load = len(telecommands(made, table))
    if not isinstance(made, MemoryTable):
        return n_load + 10 if loading else 5
    n_verify = 2 * sum(len(pieces(block.address, len(block.data))) for block in made.blocks)
    return n_verify + (n_load + 2 * len(pieces(made.start, made.size)) if loading else 0)


async def _read(made: Table, onboard: Onboard) -> There:
    if isinstance(made, MemoryTable):
        return await onboard.dump(made.memory, made.start, made.size)
    if isinstance(made, FilterSet):
        return await onboard.pool()
    there, _ = await onboard.parameters(made.set)
    return there


def _acts_as(there: There, made: Table | None) -> bool:
    """Whether what is on board has the effect of a table."""
    if isinstance(made, MemoryTable):
        return isinstance(there, bytes) and made.over(there) == there
    if isinstance(made, FilterSet):
        return isinstance(there, Mapping) and acts(there) == acts({**there, **made.values})
    return there == made


def _saved(there: There, made: Table) -> Table:
    """What is on board, as a table of the same extent."""
    if isinstance(there, bytes) and isinstance(made, MemoryTable):
        return made.of(there)
    if isinstance(there, Mapping) and isinstance(made, FilterSet):
        return FilterSet({name: there[name] for name in made.values})
    assert isinstance(there, ParameterSet)  # noqa: S101  (there is no other)
    return there


def _same_place(one: Table, other: Table) -> bool:
    return _place(one) == _place(other)


def _place(made: Table) -> object:
    if isinstance(made, MemoryTable):
        return made.memory, [(block.address, len(block.data)) for block in made.blocks]
    return made.set if isinstance(made, ParameterSet) else [*made.values]


async def _exchange(made: Table, there: There, onboard: Onboard) -> None:
    """From what is there to the table; nothing is sent if it is there already."""
    if isinstance(made, MemoryTable):
        assert isinstance(there, bytes)  # noqa: S101  (as it was read)
        if made.over(there) != there:
            await _through_staging(made, made.over(there), onboard)
    elif isinstance(made, FilterSet):
        assert isinstance(there, Mapping)  # noqa: S101  (as it was read)
        for step in updates(made, there, onboard.table):
            await onboard.carry_out([step])
    else:
        await _armed(set_load(made, onboard.table), onboard)


async def _through_staging(made: MemoryTable, wanted: bytes, onboard: Onboard) -> None:
    """``wanted``: from the first byte to the last, with what lies between blocks."""
    for steps in stage(made, onboard.table):
        await onboard.carry_out(steps)
    staging = onboard.table.assumed["tables"]["staging"]
    if await onboard.checksums("RAM", staging, len(wanted)) != crcs(wanted):
        raise Refused("the checksum of what was staged does not agree: the old table stays")
    await onboard.carry_out([commit(made, onboard.table)])


async def _armed(step: Step, onboard: Onboard) -> None:
    """Also a set that is there already: its copy in MRAM need not be."""
    await onboard.carry_out([Step("ParamLoadArm", {})])
    try:
        await onboard.carry_out([step])
    except CommandFailed:
        with contextlib.suppress(CommandFailed, TimeoutError):
            await onboard.carry_out([Step("ParamLoadDisarm", {})])
        raise
    await onboard.carry_out([Step("ParamLoadDisarm", {})])
