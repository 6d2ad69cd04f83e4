# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The whole world: cycles may be grouped in any way, and nothing happens before it is due."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world_acts import acts, entry

from fsw_emu.packets.pus import SmileTime
from fsw_emu.world.acts import ACTS, Refused
from fsw_emu.world.adc import Channel, engineering
from fsw_emu.world.door import DoorState, Shutter
from fsw_emu.world.edac import Scrubbing
from fsw_emu.world.memory import RAM_START, MemoryId
from fsw_emu.world.scenario import read_scenario, shipped
from fsw_emu.world.world import World

END = 1200
SMALL = Scrubbing(RAM_START, RAM_START + 4096, 64)
plans = st.lists(st.tuples(st.integers(0, END // 8), acts()), max_size=6)
orders = st.sampled_from(
    ["open", "close", "stop", "power", "fee", "heat 1", "heat 2", "time", "flip", "read"]
)
commands = st.lists(st.tuples(st.integers(0, END), orders), max_size=8)


def make(plan: list[Any], phase_s: float | None = None) -> World:
    text = 'title = "a test"\n'
    text += f"[orbit]\nfrom_perigee_s = {phase_s!r}\n" if phase_s is not None else ""
    world = World(scenario=read_scenario(text + "".join(entry(t, *a) for t, a in plan)), seed=3)
    world.edac.set_scrubbing(SMALL)
    return world


def order(world: World, what: str) -> None:
    """What an application may do in a cycle."""
    door, at = world.door, world.cycle
    match what:
        case "open" | "close" | "stop":
            getattr(door, what)(at)
        case "power":
            door.power(not door.powered, at)
        case "fee":
            world.fee_on = not world.fee_on
        case "heat 1" | "heat 2":
            loop = int(what[-1])
            world.heaters.set(loop, 3.2 - world.heaters.volts(loop))
        case "time":
            world.clock.set_pending(SmileTime(1000 + at, at))
        case "flip":
            world.memory.flip(RAM_START + 4 * (at % 1024), at % 32)
        case "read":
            world.memory.read(MemoryId.RAM, RAM_START, 64)


def run(world: World, stops: set[int], todo: list[tuple[int, str]]) -> None:
    """To the end, stopping where told and where there is something to do."""
    for stop in sorted(stops | {END} | {at for at, _ in todo}):
        world.advance(stop - world.cycle)
        for at, what in todo:
            if at == stop:
                order(world, what)


def discrete(world: World) -> dict[str, Any]:
    """What changes only when something happens."""
    door, edac, now = world.door, world.edac, world.now_ns
    return {
        "door": (door.state(world.cycle), door.moving, door.powered),
        "edac": (edac.single_faults, edac.double_faults, edac.turned),
        "sync": world.clock.sync(now),
        "pending": world.clock.pending,
        "sky": (dict(world.sky), world.sun, world.in_belts),
        "rest": (world.resources, world.time_codes, world.fpga.read(0x2000042C)),
    }


def everything(world: World) -> dict[str, Any]:
    extra = {
        "cycle": world.cycle,
        "time": (world.time, world.clock.missed(world.now_ns)),
        "adc": [world.adc(channel) for channel in Channel],
        "celsius": dict(world.temperatures),
        "status": world.door.status(world.cycle),
        "opening": world.door.opening(world.cycle),
        "scrubber": (world.edac.position, world.edac.take_met()),
        "acts": world.take_acts(),
        "due": world.due_cycles(),
        "altitude": world.altitude_km,
    }
    return discrete(world) | extra


@pytest.mark.verifies("ASW-35")
@given(plans, commands, st.sets(st.integers(0, END), max_size=30), st.none() | st.floats(-2e4, 2e4))
@settings(max_examples=40)
def test_cycles_may_be_grouped_in_any_way(
    plan: list[Any], todo: list[tuple[int, str]], stops: set[int], phase_s: float | None
) -> None:
    one, other = make(plan, phase_s), make(plan, phase_s)
    run(one, set(), todo)
    run(other, stops, todo)
    assert everything(one) == everything(other)


@given(plans, commands)
@settings(max_examples=10)
def test_one_cycle_at_a_time_is_no_other_world(plan: list[Any], todo: list[Any]) -> None:
    one, other = make(plan), make(plan)
    run(one, set(), todo)
    run(other, set(range(END)), todo)
    assert everything(one) == everything(other)


@given(plans, commands, st.sampled_from([None, -17620.0 - 60, 17620.0 - 60]))
@settings(max_examples=30)
def test_nothing_happens_before_it_is_due(
    plan: list[Any], todo: list[tuple[int, str]], phase_s: float | None
) -> None:
    world = make(plan, phase_s)
    run(world, set(), [(at, what) for at, what in todo if at < END])
    world.take_acts()
    before = discrete(world)
    for _ in range(20):
        due = world.due_cycles()
        for _ in range((100 if due is None else min(due, 300)) - 1):
            world.advance(1)
            assert discrete(world) == before
            assert world.take_acts() == ()
        if due is None or due > 300:
            return
        world.advance(1)
        world.take_acts()
        before = discrete(world)


def test_a_quiet_world_is_in_reach_of_its_units() -> None:
    world = World(noise_lsb=0.0)
    seen = {channel: engineering(channel, world.adc(channel)) for channel in Channel}
    for channel in Channel:
        assert seen[channel] == pytest.approx(world.value(channel), abs=0.1)
    assert seen[Channel.P3V9] == pytest.approx(3.9, abs=1e-3)
    with pytest.raises(ValueError, match="17"):
        world.adc(17)


def test_a_heater_warms_its_node_and_no_further_than_full() -> None:
    world, cold = World(), World()
    world.heaters.set(1, 99.0)
    assert world.heaters.volts(1) == 2.8
    for each in (world, cold):
        each.advance(8 * 3600)
    assert world.temperatures["ccd"] > cold.temperatures["ccd"] + 10
    assert engineering(Channel.I_HEATER, world.adc(Channel.I_HEATER)) == pytest.approx(
        4 / 28, abs=2e-3
    )
    world.act("heater.fail", loop=1)
    assert world.value(Channel.I_HEATER) == 0
    world.advance(8 * 7 * 86_400)
    assert world.temperatures["ccd"] == pytest.approx(-124.2, abs=0.1)
    for loop, volts in ((0, 1.0), (3, 1.0), (1, float("nan"))):
        with pytest.raises(ValueError, match="loop 1 or 2"):
            world.heaters.set(loop, volts)


def test_a_motor_gets_hot_and_stops_the_door() -> None:
    world = World()
    world.act("door.heat", watts=30.0)
    world.advance(8 * 1200)
    world.door.power(True, world.cycle)
    assert Shutter.MOTOR_HOT in world.door.shutter(world.cycle)
    world.door.open(world.cycle)
    world.advance(1)
    assert not world.door.moving
    world.act("door.heat", watts=0.0)
    world.advance(8 * 86_400)
    world.door.open(world.cycle)
    world.advance(8 * 62)
    assert world.door.state(world.cycle) is DoorState.OPEN


def test_time_codes_set_the_time_each_second_and_are_missed() -> None:
    world = World(start=SmileTime(100, 0))
    world.advance(5)
    world.clock.set_pending(SmileTime(500, 0))
    assert world.due_cycles() == 3
    world.advance(3)
    assert (world.time, world.clock.sync(world.now_ns)) == (SmileTime(500, 0), 5)
    world.act("timecode.lost")
    assert world.due_cycles() == 40
    world.advance(40)
    assert world.clock.sync(world.now_ns) == 0
    assert world.clock.missed(world.now_ns) == 4
    world.act("timecode.lost", on=False)
    world.clock.set_pending(SmileTime(600, 0))
    world.advance(8)
    assert (world.time, world.clock.missed(world.now_ns)) == (SmileTime(600, 0), 5)


def test_upsets_come_at_their_rate_and_are_mended() -> None:
    world = World(seed=5)
    world.edac.set_scrubbing(Scrubbing(RAM_START, RAM_START + 65_536, 4096))
    world.act("edac.upsets", rate=2.0, double=0.25, start=RAM_START, bytes=65_536)
    world.advance(8 * 1000)
    assert world.edac.single_faults == pytest.approx(1500, abs=5 * 1500**0.5)
    lasting = sum(bits.bit_count() > 1 for bits in world.edac.turned.values())
    assert lasting == pytest.approx(500, abs=5 * 500**0.5)
    world.act("edac.upsets", rate=0.0)
    before = world.edac.single_faults
    world.advance(8 * 10)
    later = world.edac.single_faults
    world.advance(8 * 1000)
    assert later - before < 10
    assert world.edac.single_faults == later


def test_acts_of_others_are_handed_over_in_order() -> None:
    world = World(scenario=shipped("solar_storm"))
    world.advance(8 * 10_000)
    world.act("fee.burst", rate=5)
    handed = world.take_acts()
    assert [a.name for a in handed[-2:]] == ["sky.particles", "fee.burst"]
    assert all(a.owner != "world" for a in handed)
    assert all(a.cycle <= b.cycle for a, b in pairwise(handed))
    assert world.take_acts() == ()
    assert world.sky["swcx"] == 5.134


def test_the_sun_is_told_and_felt() -> None:
    world, shade = World(), World()
    world.act("sky.sun")
    assert world.sun
    assert [a.name for a in world.take_acts()] == ["sky.sun"]
    for each in (world, shade):
        each.advance(8 * 3600)
    assert world.temperatures["ccd"] > shade.temperatures["ccd"] + 1


def test_one_orbit_passes_at_once() -> None:
    world = World(scenario=shipped("quiet_orbit"))
    assert world.altitude_km == pytest.approx(5000)
    edges = []
    while world.cycle < 51 * 3600 * 8:
        inside = world.in_belts
        world.advance(min(world.due_cycles() or 1, 51 * 3600 * 8 - world.cycle))
        if world.in_belts != inside:
            edges.append(world.cycle / 8 / 3600)
    assert edges == pytest.approx([4.89, 51 - 4.89], abs=0.01)
    assert world.due_cycles() is not None


def test_bad_calls_change_nothing() -> None:
    world = World()
    before = everything(world)
    with pytest.raises(ValueError, match="go back"):
        world.advance(-1)
    for name, given_ in (("door.stuck", {"on": 3}), ("door", {}), ("sky.swcx", {})):
        with pytest.raises(Refused):
            world.act(name, **given_)
    assert everything(world) == before


@pytest.mark.parametrize("name", ACTS)
@given(data=st.data())
@settings(max_examples=5)
def test_every_act_can_be_done(name: str, data: st.DataObject) -> None:
    world = World()
    _, given_ = data.draw(acts((name,)))
    world.act(name, **given_)
    world.advance(3)
    assert bool(world.take_acts()) == (ACTS[name].owner != "world")
