# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Loads broken off at any telecommand: the old table is on board or the new one, in every cycle."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.egse.client import CommandFailed, Egse, NotSeen
from fsw_emu.egse.lines import VirtualLine
from fsw_emu.egse.tables.loading import Refused, load, revert
from fsw_emu.egse.tables.reading import Onboard
from fsw_emu.egse.tables.table import (
    Block,
    Table,
    TableError,
    filter_set,
    mask_table,
    memory_table,
    parameter_set,
)
from fsw_emu.interface.table import load as load_interface
from fsw_emu.world.memory import MemoryId
from fsw_emu.world.world import World

TABLE = load_interface()
WAYS = ("killed before", "killed behind", "lost", "cut", "spoilt", "reset before", "reset behind")
MASKS = {"E2": 0x40644C00, "F2": 0x4064CC00, "E4": 0x40654C00, "F4": 0x4065CC00}
PATCH = 0x40710004
#: items that only count while the filter is on
RULES = ("EvtFilterThr1", "EvtFilterThr2", "EvtFilterThr3", "EvtFilterN")
RSE = ("MotorCurr", "SettlingTime", "ChopDutyCyc", "MaxMotorTemp", "MaxElecTemp", "MaxSteps",
       "RseConfig", "MaxMotorCurr", "EmergencySteps")  # fmt: skip

State = Callable[[Dpu], object]


class Killed(Exception):
    """The client is no more."""


class Watched:
    """A unit whose state is looked at in each cycle, and a telecommand that something befalls."""

    def __init__(self, dpu: Dpu, state: State, *, at: int, way: str) -> None:
        self.dpu = dpu
        self.states: list[object] = []
        self.n_received = 0
        self._state, self._at, self._way = state, at, way
        self._cut = False

    def receive(self, packet: bytes) -> None:
        this = self.n_received == self._at
        self.n_received += 1
        if this and self._way == "killed before":
            raise Killed
        if this and self._way == "spoilt":
            packet = packet[:-1] + bytes([packet[-1] ^ 1])
        if this and self._way == "reset before":
            self.dpu.reset()
            self.run(1)
        self._cut |= this and self._way == "cut"
        if not self._cut and not (this and self._way == "lost"):
            self.dpu.receive(packet)
        if this and self._way == "reset behind":
            self.dpu.reset()
        if this and self._way == "killed behind":
            raise Killed

    def run(self, n_cycles: int, *, to_telemetry: bool = False) -> int:
        for done in range(1, n_cycles + 1):
            self.dpu.cycle()
            if (state := self._state(self.dpu)) not in self.states:
                self.states.append(state)
            if to_telemetry and self.dpu.onboard.downlink.waiting:
                return done
        return n_cycles

    def take_telemetry(self) -> Sequence[bytes]:
        return [] if self._cut else self.dpu.take_telemetry()


class Kept:
    """What a load has saved."""

    def __init__(self) -> None:
        self.table: Table | None = None

    def read(self) -> Table | None:
        return self.table

    def save(self, before: Table) -> None:
        self.table = before


def broken_off(dpu: Dpu, made: Table, kept: Kept, state: State, at: int, way: str) -> Watched:
    """A load that something befalls, and what the unit does afterwards by itself."""
    watched = Watched(dpu, state, at=at, way=way)
    onboard = Onboard(Egse(VirtualLine(watched)), within=2.0)
    with contextlib.suppress(Killed, CommandFailed, NotSeen, Refused):
        asyncio.run(load(made, onboard, kept))
    watched.run(4)
    return watched


def check(dpu: Dpu, made: Table, state: State, position: float, way: str) -> None:
    """Broken off somewhere, loaded again, put back."""
    old = state(dpu)
    whole = Kept()
    n_telecommands = broken_off(dpu, made, whole, state, -1, "").n_received
    new = state(dpu)
    asyncio.run(revert(whole.table, onboard_of(dpu)))  # type: ignore[arg-type]
    assert state(dpu) == old

    kept = Kept()
    at = int(position * n_telecommands)
    watched = broken_off(dpu, made, kept, state, at, way)
    allowed = [old, new]
    if way.startswith("reset"):
        dpu.hand_over()
        dpu.run(20)
        if made.kind == "filter-set":  # a reset forgets the data pool, whatever was loaded
            assert all(each in (old, new, DEFAULTS) for each in watched.states)
            return
    assert all(each in allowed for each in watched.states)
    assert state(dpu) in allowed
    dpu.take_telemetry()
    asyncio.run(load(made, onboard_of(dpu), kept))
    assert state(dpu) == new
    assert kept.table == whole.table
    asyncio.run(revert(whole.table, onboard_of(dpu)))  # type: ignore[arg-type]
    assert state(dpu) == old


def onboard_of(dpu: Dpu) -> Onboard:
    return Onboard(Egse(VirtualLine(dpu)))


def unit() -> Dpu:
    dpu = Dpu(World(noise_lsb=0.0), booted=True)
    dpu.run(2)
    return dpu


def patch(data: bytes, address: int = PATCH) -> Table:
    return memory_table("patch", "MRAM", [Block("", address, data)], TABLE)


def bytes_at(address: int, size: int) -> State:
    return lambda dpu: dpu.world.memory.read(MemoryId.MRAM, address, size)


def filter_acts(dpu: Dpu) -> object:
    """What an observation that begins now would be set up with."""
    pool = dpu.onboard.pool
    rules = [pool[name] for name in RULES] if pool["FeeEventFilterEnable"] else None
    return rules, pool["FeeBadPixelFilter"], pool["FRMccd2EPixThreshold"]


DEFAULTS = filter_acts(unit())


def door_parameters(dpu: Dpu) -> object:
    """What is used, and what a reset would make of it."""
    copy = dpu.world.memory.read(MemoryId.MRAM, TABLE.assumed["parameter_sets"]["RSE_PARAM"], 14)
    return [dpu.onboard.pool[name] for name in RSE], copy


positions, ways = st.floats(0, 0.999), st.sampled_from(WAYS)


@pytest.mark.verifies("ASW-28")
@given(positions, ways, st.integers(0, 3000), st.integers(1, 3000), st.booleans())
@settings(max_examples=10)
def test_a_patch(position: float, way: str, seed: int, size: int, small: bool) -> None:
    dpu, rng = unit(), random.Random(seed)
    size = size % 40 + 4 if small else size + 2500  # on either side of transfers up
    dpu.world.memory.write(MemoryId.MRAM, PATCH, rng.randbytes(size))
    check(dpu, patch(rng.randbytes(size)), bytes_at(PATCH, size), position, way)


@given(positions, ways, st.sampled_from([("E2",), ("E2", "F2"), ("F2", "E4")]), st.booleans())
@settings(max_examples=2)
def test_bad_pixels(position: float, way: str, nodes: Sequence[str], sparse: bool) -> None:
    dpu, rng = unit(), random.Random(len(nodes))
    start, end = MASKS["E2"] - 64, MASKS["F4"] + 30672 + 64
    dpu.world.memory.write(MemoryId.MRAM, start, rng.randbytes(end - start))
    masks = {node: bytes(30672) if sparse else rng.randbytes(30672) for node in nodes}
    check(dpu, mask_table(masks, TABLE), bytes_at(start, end - start), position, way)


values = st.fixed_dictionaries(
    {},
    optional={
        "EvtFilterThr1": st.sampled_from([0, 1, 5000]),
        "EvtFilterThr3": st.integers(0, 0xFFFF),
        "FeeEventFilterEnable": st.integers(0, 1),
        "FeeBadPixelFilter": st.integers(0, 1),
        "FRMccd2EPixThreshold": st.sampled_from([25, 30]),
    },
)


@given(positions, ways, values, values.filter(bool))
@settings(max_examples=30)
def test_a_filter_set(
    position: float, way: str, old: Mapping[str, int], new: Mapping[str, int]
) -> None:
    dpu = unit()
    for name, value in old.items():
        dpu.onboard.pool[name] = value
    made = filter_set(new, TABLE)
    before = {name: dpu.onboard.pool[name] for name in dpu.onboard.pool if name in new}
    try:
        check(dpu, made, filter_acts, position, way)
    except TableError:  # it would need a mixture: nothing was changed
        assert before == {name: dpu.onboard.pool[name] for name in before}
        assert {"EvtFilterThr1", "EvtFilterThr3", "FRMccd2EPixThreshold"} & set(new)
        assert {"FeeEventFilterEnable", "FeeBadPixelFilter"} & set(new)


@given(positions, ways, st.integers(0, 200), st.booleans())
@settings(max_examples=30)
def test_a_parameter_set(position: float, way: str, value: int, again: bool) -> None:
    dpu = unit()
    one, other = (dict.fromkeys(RSE, each) for each in (value, value + 1))
    asyncio.run(load(parameter_set("RSE_PARAM", one, TABLE), onboard_of(dpu), Kept()))
    made = parameter_set("RSE_PARAM", one if again else other, TABLE)
    check(dpu, made, door_parameters, position, way)


def test_what_was_staged_otherwise_is_not_copied() -> None:
    """Somebody else writes where it is checked next."""

    class Meddled(Watched):
        def receive(self, packet: bytes) -> None:
            if packet[7:9] == bytes([6, 9]):
                self.dpu.world.memory.write(MemoryId.RAM, TABLE.assumed["tables"]["staging"], b"x")
            super().receive(packet)

    dpu, state = unit(), bytes_at(PATCH, 8)
    onboard = Onboard(Egse(VirtualLine(Meddled(dpu, state, at=-1, way=""))))
    with pytest.raises(Refused, match="the old table stays"):
        asyncio.run(load(patch(b"12345678"), onboard, Kept()))
    assert state(dpu) == bytes(8)


@pytest.mark.parametrize("way", WAYS)
def test_a_patch_at_each_telecommand(way: str) -> None:
    """Not only at those that chance finds."""
    size = 4262  # five pieces of 852 bytes, and two bytes more
    dpu = unit()
    old, new = bytes(size), (bytes(range(1, 251)) * 20)[:size]
    n_telecommands = broken_off(dpu, patch(new), Kept(), bytes_at(PATCH, size), -1, "").n_received
    seen: list[Any] = []
    for at in range(n_telecommands):
        dpu.world.memory.write(MemoryId.MRAM, PATCH, old)
        watched = broken_off(dpu, patch(new), Kept(), bytes_at(PATCH, size), at, way)
        assert all(state in (old, new) for state in watched.states), at
        seen += watched.states
        if way.startswith("reset"):
            dpu = unit()
    assert old in seen
    assert new in seen
