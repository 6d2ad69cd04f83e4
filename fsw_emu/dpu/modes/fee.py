# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE as the application drives it: power, set-up, modes (states of MIB v1.8.1)."""

from __future__ import annotations

from collections.abc import Callable

from fsw_emu.dpu.fee_port import FeePort
from fsw_emu.dpu.modes.machine import StateMachine
from fsw_emu.dpu.modes.task import Steps, idle
from fsw_emu.dpu.observation import Observation
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.modes import load_modes
from fsw_emu.packets.fee_modes import Mode

#: states in which the FEE answers
POWERED = ("SFE_ON", "SFE_STANDBY", "SFE_SCIENCE", "SFE_SIMULATION")
_ON = frozenset({Mode.ON, Mode.SOFT_RESET, Mode.IMMEDIATE_ON})
_SIMULATES = frozenset({Mode.FTP, Mode.FF_SIMULATION, Mode.EVENT_SIMULATION})


class FeeControl:
    """Takes the FEE from state to state. Steps end with what failed, or None; a FEE whose power
    was never switched on by the software is off."""

    def __init__(self, onboard: Onboard, port: FeePort, observation: Observation) -> None:
        self.machine = StateMachine(onboard, load_modes()["fee"])
        self.port = port
        self._onboard = onboard
        self._observation = observation
        onboard.world.fee_on = False

    @property
    def state(self) -> str:
        return self.machine.state

    def to_on(self) -> Steps:
        """Powered and answering."""
        return (yield from self._until(*POWERED))

    def to_standby(self) -> Steps:
        """Set up and waiting."""
        return (yield from self._until("SFE_STANDBY"))

    def to_off(self) -> Steps:
        """Without power, whatever the FEE says to it."""
        if self.state in ("SFE_OFF", "SFE_SHUTDOWN"):
            return (yield from self._until("SFE_OFF"))
        self.machine.fire("shut down")
        return (yield from self._until("SFE_OFF"))

    def read_out(self, mode: int) -> Steps:
        """Begin an operation that reads out, out of stand-by."""
        self._observation.begin()
        failure = yield from self.port.execute(mode).wait()
        if failure is None:
            self.machine.fire("read out")
        return failure

    def expect(self, mode: int) -> None:
        """A mode is about to be executed by hand: its frames may come before its reply."""
        if mode not in _ON and mode != Mode.STANDBY:
            self._observation.begin()

    def followed(self, mode: int) -> None:
        """It was: the state follows where the table lets it."""
        if mode in _ON:
            on = "be on"
        elif mode == Mode.STANDBY:
            on = "stand by"
        else:
            on = "simulate" if mode in _SIMULATES else "read out"
        if self.machine.can(on):
            self.machine.fire(on)
        if mode in _ON or mode == Mode.STANDBY:
            self._observation.finish()

    def passed(self, n_cycles: int) -> None:
        """So many cycles more."""
        self.machine.passed(n_cycles)

    def _until(self, *goals: str) -> Steps:
        steps: dict[str, Callable[[], Steps]] = {
            "SFE_OFF": self._power_on,
            "SFE_INIT": self._initialise,
            "SFE_ON": self._set_up,
            "SFE_SCIENCE": self.stand_by,
            "SFE_SIMULATION": self.stand_by,
            "SFE_SHUTDOWN": self._power_off,
        }
        while self.state not in goals:
            failure = yield from steps[self.state]()
            if failure is not None:
                return failure
        return None

    def _power_on(self) -> Steps:
        self._onboard.world.fee_on = True
        self.machine.fire("power on")
        yield
        return None

    def _initialise(self) -> Steps:
        """Wait until it has started, and ask whether it is there."""
        yield from idle(self._onboard.pool["feeStateRdyCycles"])
        failure = yield from self.port.read_housekeeping().wait()
        if failure is None:
            self.port.polling = True
            self.machine.fire("ready")
        return failure

    def _set_up(self) -> Steps:
        failure = yield from self.port.set_up().wait()
        if failure is None:
            failure = yield from self.stand_by()
        return failure

    def stand_by(self) -> Steps:
        """No operation goes on, whatever the state says."""
        failure = yield from self.port.execute(Mode.STANDBY).wait()
        if failure is None and self.machine.can("stand by"):
            self.machine.fire("stand by")
        self._observation.finish()
        return failure

    def _power_off(self) -> Steps:
        """A FEE that does not answer loses its power all the same."""
        yield from self.port.execute(Mode.IMMEDIATE_ON).wait()
        self._observation.finish()
        self.port.polling = False
        self.port.abandon()
        self._onboard.world.fee_on = False
        self.machine.fire("power off")
        return None
