# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The world under the application, cycle by cycle of 125 ms, or many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fsw_emu.packets.pus import SmileTime
from fsw_emu.world.acts import Act, make_act
from fsw_emu.world.adc import Adc, Channel
from fsw_emu.world.clock import OnboardClock
from fsw_emu.world.door import Door, Mechanics, Parameters, Reply
from fsw_emu.world.fpga import STATUS
from fsw_emu.world.memory import Memory
from fsw_emu.world.numbers import CYCLE_NS, CYCLES_PER_S, assumed, cycles
from fsw_emu.world.orbit import EARTH_RADIUS_KM, Orbit
from fsw_emu.world.scenario import Scenario
from fsw_emu.world.supply import HeaterLaw, Heaters, Supply, channel_value
from fsw_emu.world.thermal import Heat, Network
from fsw_emu.world.upsets import Rain, Upsets

Inputs = tuple[object, ...]


@dataclass(frozen=True)
class Resources:
    """What the processor has to do and has left: times in a cycle, pages of 4 KiB."""

    iasw_us: int
    sdp_us: int
    free_pages: int
    alloc_fails: bool = False


@dataclass(frozen=True)
class Sinks:
    """Temperatures of the sinks, what the Earth and the Sun add to the radiator, and how often
    they follow the orbit."""

    radiator_c: float
    panel_c: float
    perigee_k: float
    sun_k: float
    step_s: int


class World:
    """Everything the application touches but the FEE. Deterministic: the same calls in the same
    cycles give the same world, however the cycles between them are grouped.

    scenario: what happens. time_codes: a time-code of its own each second; else whoever has a link
    calls clock.time_code. seed: of noise and upsets. noise_lsb: of the converter, ASSUMED if None.
    """

    def __init__(
        self,
        *,
        scenario: Scenario | None = None,
        start: SmileTime | None = None,
        time_codes: bool = True,
        seed: int = 0,
        noise_lsb: float | None = None,
    ) -> None:
        self.scenario = scenario or Scenario("nothing happens")
        self.cycle = 0
        self.fee_on = False
        self.time_codes = time_codes
        self.clock = OnboardClock(start or self.scenario.start or SmileTime(0, 0))
        noise_lsb = assumed("adc")["noise_lsb"] if noise_lsb is None else noise_lsb
        self.converter = Adc(noise_lsb=noise_lsb, seed=seed)
        self.door = Door(Mechanics.nominal(), Parameters.nominal(), celsius=self._door_celsius)
        self.heaters = Heaters(HeaterLaw.nominal())
        self.memory = Memory()
        self.edac, self.fpga = self.memory.edac, self.memory.fpga
        self.resources = Resources(**assumed("resources"))
        self.sky: dict[str, float] = assumed("sky")
        self.sun = False
        self._supply = Supply.nominal()
        self._upsets, self._n_rains = Upsets(seed=seed), 0
        self._sinks, self._shift = Sinks(**assumed("sinks")), {"radiator": 0.0, "panel": 0.0}
        self._outside_w = 0.0
        self._inputs = self._inputs_now()
        power, sinks = self._power(), self._sink_temperatures()
        self._heat = Heat(Network.nominal(), power=power, sinks=sinks)
        self._next_act, self._to_take = 0, list[Act]()
        self._arrive()

    @property
    def now_ns(self) -> int:
        """Time since cycle 0, as the clock takes it."""
        return self.cycle * CYCLE_NS

    @property
    def time(self) -> SmileTime:
        """Onboard time at the start of this cycle."""
        return self.clock.time(self.now_ns)

    @property
    def orbit(self) -> Orbit | None:
        return self.scenario.orbit

    @property
    def altitude_km(self) -> float | None:
        """None where no orbit is followed."""
        if self.orbit is None:
            return None
        return self.orbit.altitude_km(self.cycle / CYCLES_PER_S)

    @property
    def in_belts(self) -> bool:
        """Below the altitude of the belts; false where no orbit is followed."""
        return self.orbit is not None and self.orbit.in_belts(self.cycle / CYCLES_PER_S)

    @property
    def temperatures(self) -> Mapping[str, float]:
        """degC of the nodes ccd, fee, dpu, psu, motor, rse."""
        return self._heat.temperatures(self.cycle / CYCLES_PER_S)

    def adc(self, channel: Channel | int) -> int:
        """Raw value of a channel in this cycle, 0..16383. ValueError for no channel."""
        which = Channel(channel)
        return self.converter.sample(which, self.value(which), self.cycle)

    def value(self, channel: Channel) -> float:
        """What is truly at a channel: V, A or degC."""
        return channel_value(
            channel,
            self._supply,
            celsius=self.temperatures,
            fee_on=self.fee_on,
            door_powered=self.door.powered,
            door_moving=self.door.moving,
            heater_w=self.heaters.total_w,
        )

    def advance(self, n_cycles: int = 1) -> None:
        """Let that much time pass. ValueError for less than none."""
        if n_cycles < 0:
            raise ValueError("time does not go back")
        end = self.cycle + n_cycles
        while self.cycle < end:
            self._renew_heat()  # with what was commanded in this cycle
            self._go(min(end, self._next_change()))

    def due_cycles(self) -> int | None:
        """Cycles until something happens by itself: an act, an upset, a step of the door, a word
        that the scrubber corrects, a time that is set or lost, the edge of the belts. 1 or more;
        None: nothing will. Temperatures drift without being due."""
        due = [self._act_due(), self._upsets.due, self._door_due(), self._scrub_due()]
        due += [self._time_due(), self._belts_due()]
        ahead = [at - self.cycle for at in due if at is not None]
        return max(min(ahead), 1) if ahead else None

    def act(self, name: str, **arguments: Any) -> None:
        """Let something happen now that no file tells. acts.Refused for no such act."""
        self._carry_out(make_act(self.cycle, name, arguments))

    def take_acts(self) -> tuple[Act, ...]:
        """Acts of the sky and of the FEE since this was last asked, for whoever runs them."""
        acts, self._to_take = tuple(self._to_take), []
        return acts

    def _next_change(self) -> int:
        """The next cycle in which the course of things changes: never behind it in one go."""
        step = self._sinks.step_s * CYCLES_PER_S
        ahead = [self.cycle + (1 if self.door.moving else step - self.cycle % step)]
        ahead += [at for at in (self._act_due(), self._upsets.due) if at is not None]
        return max(min(ahead), self.cycle + 1)

    def _go(self, to: int) -> None:
        self.edac.scrub(to - self.cycle)
        self._tick(self.cycle, to)
        self.cycle = to
        self._arrive()

    def _arrive(self) -> None:
        """What happens in the cycle that has begun."""
        acts = self.scenario.acts
        while self._next_act < len(acts) and acts[self._next_act].cycle <= self.cycle:
            self._next_act += 1
            self._carry_out(acts[self._next_act - 1])
        for address, bits in self._upsets.until(self.cycle):
            for bit in bits:
                self.memory.flip(address, bit)
        self._renew_heat()
        self.door.step(self.cycle)

    def _tick(self, after: int, to: int) -> None:
        """Time-codes behind one cycle and up to another."""
        first, last = after // CYCLES_PER_S + 1, to // CYCLES_PER_S
        if self.time_codes and last >= first:
            second_ns = CYCLES_PER_S * CYCLE_NS
            self.clock.time_codes(first * second_ns, last * second_ns)

    def _renew_heat(self) -> None:
        inputs = self._inputs_now()
        if inputs != self._inputs:
            self._inputs = inputs
            power, sinks = self._power(), self._sink_temperatures()
            self._heat.set(self.cycle / CYCLES_PER_S, power=power, sinks=sinks)

    def _inputs_now(self) -> Inputs:
        """What powers and sinks are made of."""
        step = self.cycle // CYCLES_PER_S // self._sinks.step_s * self._sinks.step_s
        given = self.fee_on, self.door.heat_w, self._outside_w, self.sun
        heaters = self.heaters.heat_w.values()
        return *given, *heaters, *self._shift.values(), step if self.orbit else 0

    def _door_celsius(self) -> tuple[float, float]:
        celsius = self.temperatures
        return celsius["motor"], celsius["rse"]

    def _power(self) -> dict[str, float]:
        """W by node."""
        motor_w, electronics_w = self.door.heat_w
        power = {
            "fee": self._supply.fee_w * self.fee_on,
            "ccd": self._supply.ccd_w * self.fee_on,
            "dpu": self._supply.dpu_w,
            "psu": self._supply.psu_w,
            "motor": motor_w + self._outside_w,
            "rse": electronics_w,
        }
        for node, watts in self.heaters.heat_w.items():
            power[node] += watts
        return power

    def _sink_temperatures(self) -> dict[str, float]:
        """As at the last step of the orbit."""
        radiator = self._sinks.radiator_c + self._sinks.sun_k * self.sun
        if self.orbit is not None:
            at_s = self.cycle // CYCLES_PER_S // self._sinks.step_s * self._sinks.step_s
            near_km = self.orbit.perigee_km + EARTH_RADIUS_KM
            radiator += self._sinks.perigee_k * (near_km / self.orbit.radius_km(at_s)) ** 2
        sinks = {"radiator": radiator, "panel": self._sinks.panel_c}
        return {name: value + self._shift[name] for name, value in sinks.items()}

    def _act_due(self) -> int | None:
        if self._next_act == len(self.scenario.acts):
            return None
        return self.scenario.acts[self._next_act].cycle

    def _door_due(self) -> int | None:
        return self.cycle + 1 if self.door.moving else self.door.settles_at(self.cycle)

    def _scrub_due(self) -> int | None:
        ahead = self.edac.due_cycles()
        return None if ahead is None else self.cycle + ahead

    def _time_due(self) -> int | None:
        if self.time_codes:
            pending = self.clock.pending is not None
            return (self.cycle // CYCLES_PER_S + 1) * CYCLES_PER_S if pending else None
        lost_ns = self.clock.lost_ns
        return None if lost_ns is None or lost_ns <= self.now_ns else -(-lost_ns // CYCLE_NS)

    def _belts_due(self) -> int | None:
        if self.orbit is None:
            return None
        return cycles(self.orbit.next_crossing_s(self.cycle / CYCLES_PER_S))

    def _carry_out(self, act: Act) -> None:
        if act.owner != "world":
            self._to_take.append(act)
        if act.name == "sky.sun":
            self.sun = act.arguments["on"]
        elif act.owner == "sky":
            self.sky[act.name.removeprefix("sky.")] = act.arguments["rate"]
        elif act.owner == "world":
            _DEEDS[act.name](self, act.arguments)

    def _adc_override(self, a: Mapping[str, Any]) -> None:
        channel = Channel[a["channel"]]
        if a["on"]:
            self.converter.override(channel, a["raw"])
        else:
            self.converter.release(channel)

    def _door_line(self, a: Mapping[str, Any]) -> None:
        fault = Reply(a["fault"])
        self.door.line_fault = None if fault is Reply.GOOD else fault

    def _door_heat(self, a: Mapping[str, Any]) -> None:
        self._outside_w = a["watts"]

    def _edac_flip(self, a: Mapping[str, Any]) -> None:
        for bit in range(a["bits"]):
            self.memory.flip(a["address"], bit)

    def _edac_upsets(self, a: Mapping[str, Any]) -> None:
        self._n_rains += 1
        start = a["start"] - a["start"] % 4
        rain = Rain(a["rate"], a["double"], start, a["bytes"], self.cycle, self._n_rains)
        self._upsets.begin(rain)

    def _timecode_lost(self, a: Mapping[str, Any]) -> None:
        self.time_codes = not a["on"]

    def _resource(self, **changed: Any) -> None:
        self.resources = replace(self.resources, **changed)


#: what each act of the world's own does
_DEEDS: Mapping[str, Callable[[World, Mapping[str, Any]], None]] = {
    "adc.override": World._adc_override,
    "door.stuck": lambda world, a: world.door.hold(a["on"], world.cycle),
    "door.slow": lambda world, a: world.door.slow(a["speed"], world.cycle),
    "door.line": World._door_line,
    "door.heat": World._door_heat,
    "heater.fail": lambda world, a: world.heaters.fail(a["loop"], a["on"]),
    "sink.shift": lambda world, a: world._shift.update({a["sink"]: a["kelvin"]}),
    "edac.flip": World._edac_flip,
    "edac.upsets": World._edac_upsets,
    "timecode.lost": World._timecode_lost,
    "clock.drift": lambda world, a: world.clock.drift(a["ppb"], world.now_ns),
    "dpu.iasw_time": lambda world, a: world._resource(iasw_us=a["us"]),
    "dpu.sdp_time": lambda world, a: world._resource(sdp_us=a["us"]),
    "dpu.free_pages": lambda world, a: world._resource(free_pages=a["pages"]),
    "dpu.alloc_fail": lambda world, a: world._resource(alloc_fails=a["on"]),
    "fpga.status": lambda world, a: world.fpga.set(STATUS, a["word"]),
}
