# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The radiation shutter: a door, its stepper motor and the electronics that drive it (RSE)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag, StrEnum

from fsw_emu.world.adc import calibration
from fsw_emu.world.numbers import CYCLES_PER_S, assumed

#: times its speed that the motor may be told to turn
FASTEST = 100


class DoorState(IntEnum):
    """CrFwRseState_t (MIB v1.8.1)."""

    CLOSED = 1
    CLOSING = 2
    OPEN = 3
    OPENING = 4
    UNKNOWN = 5


class Shutter(IntFlag):
    """Bits of RseShutSts (MIB v1.8.1)."""

    CLOSED = 1 << 0
    OPEN = 1 << 1
    CLOSING = 1 << 2
    OPENING = 1 << 3
    EMERGENCY = 1 << 4
    MOTOR_HOT = 1 << 5
    ELECTRONICS_HOT = 1 << 6


class Reply(StrEnum):
    """What comes of asking the RSE over its serial line."""

    GOOD = "good"
    NOTHING = "nothing"  # no power, or no communication
    PARITY = "parity"
    FRAME = "frame"


#: faults of the serial line
LINE_FAULTS = (Reply.NOTHING, Reply.PARITY, Reply.FRAME)


@dataclass(frozen=True)
class Parameters:
    """Parameter set RSE_PARAM (MIB v1.8.1), raw: limits of temperatures are 8 bit of RSE_TEMP,
    settling_time counts 0.1 s (ASSUMED), steps are those of the motor."""

    motor_curr: int
    settling_time: int
    chop_duty_cyc: int
    max_motor_temp: int
    max_elec_temp: int
    max_steps: int
    rse_config: int
    max_motor_curr: int
    emergency_steps: int

    @classmethod
    def nominal(cls) -> Parameters:
        """ASSUMED."""
        return cls(**assumed("rse"))


@dataclass(frozen=True)
class Mechanics:
    """span_steps from closed to open; steps_per_s of the motor; motor_w and electronics_w: heat
    while it runs; idle_w: of the electronics when powered."""

    span_steps: int
    steps_per_s: int
    motor_w: float
    electronics_w: float
    idle_w: float

    @classmethod
    def nominal(cls) -> Mechanics:
        """ASSUMED."""
        return cls(**assumed("door"))


@dataclass(frozen=True)
class Status:
    """What a good reply of the RSE tells; temperatures are 8 bit of RSE_TEMP.

    s_since_accepted: since the last command was taken, 255 at most."""

    shutter: Shutter
    steps: int
    motor_temp: int
    electronics_temp: int
    heartbeat: int
    s_since_accepted: int


@dataclass(frozen=True)
class _Motion:
    """Where the door stood [1/8 step] and what has moved it since; 0 is closed."""

    since: int = 0  # cycle
    place: int = 0
    done: int = 0  # steps of this motion before, in 1/8
    direction: int = 0  # +1 opens, -1 closes
    emergency: bool = False


class Door:
    """Cycles are arguments and never go back, save where only something is asked. celsius: of motor
    and electronics now.

    Whoever runs it calls step() in every cycle from a command to the end of the motion."""

    def __init__(
        self,
        mechanics: Mechanics,
        parameters: Parameters,
        *,
        celsius: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0),
    ) -> None:
        self.mechanics, self.parameters, self._celsius = mechanics, parameters, celsius
        self.powered = False
        self.line_fault: Reply | None = None
        self.accepted = 0  # commands
        self._stuck, self._speed = False, 1.0
        self._motion = _Motion()
        self._settled = 0  # cycle from which the end switches can be believed
        self._accepted_at = 0

    @property
    def moving(self) -> bool:
        """The motor is driven."""
        return self._motion.direction != 0

    @property
    def heat_w(self) -> tuple[float, float]:
        """Of motor and electronics now."""
        if not self.powered:
            return 0.0, 0.0
        electronics = self.mechanics.idle_w + self.mechanics.electronics_w * self.moving
        return self.mechanics.motor_w * self.moving, electronics

    def power(self, on: bool, cycle: int) -> None:
        """12 V on or off; a motion ends where it is when it goes."""
        if not on:
            self._halt(cycle)
        self.powered = on

    def open(self, cycle: int) -> Reply:
        """Drive it open; anything but GOOD: nothing is done."""
        return self._drive(1, cycle)

    def close(self, cycle: int, *, emergency: bool = False) -> Reply:
        """Drive it closed; in an emergency however hot it is and for emergency_steps."""
        return self._drive(-1, cycle, emergency=emergency)

    def stop(self, cycle: int) -> Reply:
        """Stand still wherever it is."""
        if (reply := self._ask(cycle)) is Reply.GOOD:
            self._halt(cycle)
        return reply

    def configure(self, parameters: Parameters, cycle: int) -> Reply:
        """Another parameter set, from the next step on."""
        if (reply := self._ask(cycle)) is Reply.GOOD:
            self.parameters = parameters
        return reply

    def status(self, cycle: int) -> Status | Reply:
        """What the RSE answers, or why it does not."""
        if (reply := self._line()) is not Reply.GOOD:
            return reply
        motor_c, electronics_c = self._celsius()
        return Status(
            self.shutter(cycle),
            self.steps(cycle),
            _raw_temperature(motor_c),
            _raw_temperature(electronics_c),
            cycle // CYCLES_PER_S & 0xFF,
            min((cycle - self._accepted_at) // CYCLES_PER_S, 0xFF),
        )

    def state(self, cycle: int) -> DoorState:
        """What the door truly does, whether or not its electronics answer."""
        if self.moving:
            return DoorState.OPENING if self._motion.direction > 0 else DoorState.CLOSING
        if cycle < self._settled or 0 < self._place(cycle) < self.mechanics.span_steps * 8:
            return DoorState.UNKNOWN
        return DoorState.OPEN if self._place(cycle) else DoorState.CLOSED

    def shutter(self, cycle: int) -> Shutter:
        """RseShutSts. No switch is made between the ends and while the door settles."""
        state, bits = self.state(cycle), self._hot()
        if state is not DoorState.UNKNOWN:
            bits |= Shutter[state.name]
        return bits | Shutter.EMERGENCY * self._motion.emergency

    def opening(self, cycle: int) -> float:
        """0 closed, 1 open."""
        return self._place(cycle) / (self.mechanics.span_steps * 8)

    def steps(self, cycle: int) -> int:
        """Steps of the motion that runs or ran last, 0..65535: those of a stuck motor too."""
        return min(self._done(cycle) // 8, 0xFFFF)

    def step(self, cycle: int) -> None:
        """In this cycle heat, an end switch or the last step may end a motion."""
        if not self.moving:
            return
        if self._ended(cycle) or (self._hot() and not self._motion.emergency):
            self._halt(cycle)
            self._settled = cycle + -(-self.parameters.settling_time * CYCLES_PER_S // 10)

    def settles_at(self, cycle: int) -> int | None:
        """When the end switches can be believed again, None: they can."""
        return self._settled if self._settled > cycle else None

    def hold(self, stuck: bool, cycle: int) -> None:
        """A fault, or its end: the motor turns and the door does not."""
        self._rebase(cycle)
        self._stuck = stuck

    def slow(self, factor: float, cycle: int) -> None:
        """A fault: the motor turns at so many times its speed; above 1 for who cannot wait."""
        if not 0 < factor <= FASTEST:
            raise ValueError(f"a speed is above 0 to {FASTEST} times its own, not {factor}")
        self._rebase(cycle)
        self._speed = factor

    def place(self, opening: float, cycle: int) -> None:
        """Put it there by hand, 0 closed to 1 open, motor off: a test's way to begin."""
        if not 0 <= opening <= 1:
            raise ValueError(f"an opening is 0..1, not {opening}")
        self._motion = _Motion(cycle, round(opening * self.mechanics.span_steps) * 8)

    def _hot(self) -> Shutter:
        motor_c, electronics_c = self._celsius()
        hot = Shutter(0)
        if _raw_temperature(motor_c) > self.parameters.max_motor_temp:
            hot |= Shutter.MOTOR_HOT
        if _raw_temperature(electronics_c) > self.parameters.max_elec_temp:
            hot |= Shutter.ELECTRONICS_HOT
        return hot

    def _line(self) -> Reply:
        if not self.powered:
            return Reply.NOTHING
        return self.line_fault or Reply.GOOD

    def _ask(self, cycle: int) -> Reply:
        if (reply := self._line()) is Reply.GOOD:
            self.accepted, self._accepted_at = self.accepted + 1, cycle
        return reply

    def _drive(self, direction: int, cycle: int, *, emergency: bool = False) -> Reply:
        if (reply := self._ask(cycle)) is Reply.GOOD:
            self._motion = _Motion(cycle, self._place(cycle), 0, direction, emergency)
        return reply

    def _halt(self, cycle: int) -> None:
        self._rebase(cycle)
        self._motion = replace(self._motion, direction=0, emergency=False)

    def _rebase(self, cycle: int) -> None:
        place, done = self._place(cycle), self._done(cycle)
        self._motion = replace(self._motion, since=cycle, place=place, done=done)

    def _turned(self, cycle: int) -> int:
        """Steps of the motor since the motion was last changed, in 1/8."""
        if not self.moving:
            return 0
        turned = int((cycle - self._motion.since) * self.mechanics.steps_per_s * self._speed)
        return max(min(turned, self._most() * 8 - self._motion.done), 0)

    def _most(self) -> int:
        if self._motion.emergency:
            return self.parameters.emergency_steps
        return self.parameters.max_steps

    def _done(self, cycle: int) -> int:
        return self._motion.done + self._turned(cycle)

    def _place(self, cycle: int) -> int:
        moved = 0 if self._stuck else self._motion.direction * self._turned(cycle)
        return min(max(self._motion.place + moved, 0), self.mechanics.span_steps * 8)

    def _ended(self, cycle: int) -> bool:
        end = self.mechanics.span_steps * 8 if self._motion.direction > 0 else 0
        return self._place(cycle) == end or self._done(cycle) >= self._most() * 8


def _raw_temperature(celsius: float) -> int:
    """8 bit."""
    return round(min(max(calibration("RSE_TEMP").x(celsius), 0), 0xFF))
