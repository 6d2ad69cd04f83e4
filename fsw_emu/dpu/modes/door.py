# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The door (RSE): 12 V, commands over its serial line, status, time-outs (MIB v1.8.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from fsw_emu.dpu.commands import Handler
from fsw_emu.dpu.modes.machine import StateMachine
from fsw_emu.dpu.modes.task import SUPERSEDED, Steps
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.modes import load_modes
from fsw_emu.world.door import Parameters, Reply, Shutter, Status

Drive = Literal["open", "close", "emergency"]

#: events of a reply that is not good
_BAD = {
    Reply.NOTHING: "EVT_RSE_TIMEOUT",
    Reply.PARITY: "EVT_RSE_PARITY",
    Reply.FRAME: "EVT_RSE_FRAME",
}
_HOT = {
    Shutter.MOTOR_HOT: "EVT_RSE_MOTORHOT",
    Shutter.ELECTRONICS_HOT: "EVT_RSE_ELECHOT",
}


class DoorControl:
    """Drives the door and keeps its housekeeping.

    The electronics have 12 V from the first request on until rse12VShutoffDelay cycles after the
    last one; meanwhile they are asked for their status every rsePollDelay cycles. After a start
    of the software the state is unknown until they have answered (ASSUMED).
    """

    def __init__(self, onboard: Onboard) -> None:
        self.machine = StateMachine(onboard, load_modes()["door"])
        self.overdue = 0  # motions that did not end in time
        self._onboard = onboard
        self._most_bad = onboard.table.assumed["door"]["most_bad_replies"]
        self._bad = 0  # replies one after the other
        self._requests = 0
        self._holder = 0  # number of the request that holds the 12 V
        self._hot = Shutter(0)
        self._powered = False  # by a request
        onboard.world.door.power(False, onboard.world.cycle)
        self._operation("IDLE")

    @property
    def state(self) -> str:
        return self.machine.state

    @property
    def parameters(self) -> Parameters:
        """Parameter set RSE_PARAM as the data pool has it."""
        pool = self._onboard.pool
        return Parameters(
            motor_curr=pool["MotorCurr"],
            settling_time=pool["SettlingTime"],
            chop_duty_cyc=pool["ChopDutyCyc"],
            max_motor_temp=pool["MaxMotorTemp"],
            max_elec_temp=pool["MaxElecTemp"],
            max_steps=pool["MaxSteps"],
            rse_config=pool["RseConfig"],
            max_motor_curr=pool["MaxMotorCurr"],
            emergency_steps=pool["EmergencySteps"],
        )

    def drive(self, how: Drive) -> Steps:
        """Open or close the door, until its switch says so; why it failed."""
        if not self._onboard.pool["doorMovementEnabled"]:
            return "not enabled"
        with self._power() as token:
            yield
            return (yield from self._driven(token, how))

    def configure(self) -> Steps:
        """Give the electronics their parameter set; a motion goes on."""
        with self._power(takes=False):
            yield
            world = self._onboard.world
            return self._answered(world.door.configure(self.parameters, world.cycle))

    def halt(self) -> Steps:
        """Stand still."""
        with self._power():
            yield
            world = self._onboard.world
            failure = self._answered(world.door.stop(world.cycle))
            if failure is None and self.machine.can("in doubt"):
                self.machine.fire("in doubt")
            self._operation("IDLE")
            return failure

    def ask(self) -> Steps:
        """Ask for the status once; a motion goes on."""
        with self._power(takes=False):
            yield
            return "no reply" if self._poll() is None else None

    def handlers(self) -> Mapping[str, Handler]:
        return {}

    def cycle(self) -> None:
        """Poll, and switch 12 V off in the end."""
        self.machine.passed(1)
        world, pool = self._onboard.world, self._onboard.pool
        if not self._powered:
            return
        delay = max(pool["rsePollDelay"], 1)
        if self._onboard.cycle % delay == 0:
            self._poll()
        if self._holder:
            return
        left = pool["rse12VShutoffCount"]
        if left:
            pool["rse12VShutoffCount"] = left - 1
        else:
            world.door.power(False, world.cycle)
            self._powered = False

    def due(self) -> int | None:
        return 1 if self._powered else None

    def skipped(self, n_cycles: int) -> None:
        self.machine.passed(n_cycles)

    @contextmanager
    def _power(self, *, takes: bool = True) -> Iterator[int]:
        """12 V for a request, which takes the place of one that goes on; its number."""
        if self._holder and not takes:
            yield self._holder
            return
        world, pool = self._onboard.world, self._onboard.pool
        if not self._powered:
            world.door.power(True, world.cycle)
            self._powered = True
        self._requests += 1
        token = self._holder = self._requests
        pool["rse12VShutoffCount"] = pool["rse12VShutoffDelay"]
        try:
            yield token
        finally:
            if self._holder == token:
                self._holder = 0

    def _driven(self, token: int, how: Drive) -> Steps:
        world = self._onboard.world
        opens = how == "open"
        if opens:
            reply = world.door.open(world.cycle)
        else:
            reply = world.door.close(world.cycle, emergency=how == "emergency")
        failure = self._answered(reply)
        if failure is not None:
            return failure
        on = "open" if opens else "close"
        if self.machine.can(on):
            self.machine.fire(on)
        self._operation("OPENING" if opens else "CLOSING")
        return (yield from self._moved(token, opens=opens))

    def _answered(self, reply: Reply) -> str | None:
        if reply is Reply.GOOD:
            return None
        self._bad_reply(reply)
        return "no reply"

    def _moved(self, token: int, *, opens: bool) -> Steps:
        """Until the switch of the end is made; time-outs are counted in cycles."""
        pool = self._onboard.pool
        most = pool["rseMaxCycOpening" if opens else "rseMaxCycClosing"]
        goal = "SRS_OPEN" if opens else "SRS_CLOSED"
        for n_cycles in range(most + 1):
            if token != self._holder:
                return SUPERSEDED
            pool["RseDoorOperationCycleCou"] = n_cycles
            if self.state == goal:
                self._operation("IDLE")
                return None
            yield
        self.overdue += 1
        self.machine.fire("in doubt")
        self._operation("UNKNOWN")
        self._report_overdue(opens=opens)
        return "time-out"

    def _report_overdue(self, *, opens: bool) -> None:
        pool, events = self._onboard.pool, self._onboard.events
        if opens:
            events.report(
                "EVT_DOOR_OPER_TO",
                RseShutSts=pool["RseShutSts"],
                rseDoorClosure=pool["rseDoorClosure"],
                RsePerformedSteps=pool["RsePerformedSteps"],
            )
        else:
            self._report("EVT_RSE_CLOSE_TO")

    def _poll(self) -> Status | None:
        world = self._onboard.world
        status = world.door.status(world.cycle)
        if isinstance(status, Reply):
            self._bad_reply(status)
            return None
        self._bad = 0
        self._onboard.pool["rseDoorClosure"] = int(Shutter.CLOSED in status.shutter)
        self._follow(status.shutter)
        self._watch_heat(status.shutter)
        return status

    def _follow(self, shutter: Shutter) -> None:
        """The state is what the end switches say."""
        for bit, on in ((Shutter.OPEN, "is open"), (Shutter.CLOSED, "is closed")):
            if bit in shutter and self.machine.can(on):
                self.machine.fire(on)
        moving = self.state in ("SRS_OPENING", "SRS_CLOSING")
        seen = shutter & (Shutter.OPEN | Shutter.CLOSED)
        if not moving and not seen and self.machine.can("in doubt"):
            self.machine.fire("in doubt")

    def _watch_heat(self, shutter: Shutter) -> None:
        for bit, event in _HOT.items():
            if bit in shutter and bit not in self._hot:
                self._report(event)
        self._hot = shutter

    def _bad_reply(self, reply: Reply) -> None:
        if reply is Reply.NOTHING:
            self._onboard.events.report(_BAD[reply], RseRegAddr=0)
        else:
            self._onboard.events.report(_BAD[reply], RseRegAddr=0, RseErrResp=0)
        self._bad += 1
        if self._bad == self._most_bad:
            self._report("EVT_RSE_NOCOM")

    def _report(self, event: str) -> None:
        pool = self._onboard.pool
        self._onboard.events.report(
            event,
            RseShutSts=pool["RseShutSts"],
            RseMotorTemp=pool["RseMotorTemp"],
            RseElecTemp=pool["RseElecTemp"],
        )

    def _operation(self, name: str) -> None:
        value = self._onboard.table.value("RseDoorOperation", name)
        self._onboard.pool["rseDoorOperation"] = value
