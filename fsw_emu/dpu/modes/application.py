# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Modes of the application, and what each of them makes of FEE, door and science."""

from __future__ import annotations

from collections.abc import Callable

from fsw_emu.dpu.modes.door import DoorControl
from fsw_emu.dpu.modes.fee import FeeControl
from fsw_emu.dpu.modes.machine import StateMachine
from fsw_emu.dpu.modes.science import TERM_DONE, TERM_FAILED, NominalScience
from fsw_emu.dpu.modes.task import Steps, Task
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.modes import load_modes


class Modes:
    """One change of the mode at a time: a new one takes the place of one that goes on. The mode
    itself changes at once; FEE and door follow (ASSUMED)."""

    def __init__(
        self, onboard: Onboard, fee: FeeControl, door: DoorControl, science: NominalScience
    ) -> None:
        self.machine = StateMachine(onboard, load_modes()["application"])
        self._onboard = onboard
        self._fee, self._door, self._science = fee, door, science
        self._task = Task(_nothing())
        self._guards: dict[str, Callable[[], bool]] = {
            "fee_standby": lambda: fee.state == "SFE_STANDBY",
            "door_open": lambda: door.state == "SRS_OPEN",
        }

    @property
    def state(self) -> str:
        return self.machine.state

    def refusal(self, on: str, stage: str = "start") -> str | None:
        """Why a transition is not begun, as far as failures of this stage of a telecommand tell."""
        transition = self.machine.table.to(self.state, on)
        table = self._onboard.table
        if transition is None:
            refused = self.machine.table.refused
            return refused if table.failures[refused].stage == stage else None
        for name in transition.guards:
            failure = self.machine.table.guards[name]
            if table.failures[failure].stage == stage and not self._guards[name]():
                return failure
        return None

    def request(self, on: str) -> Task:
        """Change the mode; the task ends when FEE and door have followed. IllegalTransition."""
        self.machine.fire(on)
        self._task.stop()
        self._task = Task(self._steps(on))
        return self._task

    def cycle(self) -> None:
        self.machine.passed(1)
        self._fee.passed(1)
        self._task.step()

    def due(self) -> int | None:
        return 1 if self._task.running else None

    def skipped(self, n_cycles: int) -> None:
        self.machine.passed(n_cycles)
        self._fee.passed(n_cycles)

    def _steps(self, on: str) -> Steps:
        steps: dict[str, Callable[[], Steps]] = {
            "IaModeGotoStby": self._fee.to_off,
            "IaModeStrtMan": self._to_manual,
            "IaModePreSci": self._to_pre_science,
            "IaModeStrtSci": self._to_science,
            "IaModeStpSci": lambda: self._science.stop(TERM_DONE),
            "IaModeContrSwOff": self._to_stop,
            "fee off": self._all_off,
            "end science": lambda: self._science.stop(TERM_FAILED),
            "safe": _nothing,
        }
        return steps[on]()

    def _to_manual(self) -> Steps:
        return (yield from self._or_off(self._fee.to_on()))

    def _to_pre_science(self) -> Steps:
        return (yield from self._or_off(self._fee.to_standby()))

    def _or_off(self, steps: Steps) -> Steps:
        """A FEE that does not come up is switched off again, and the mode falls back."""
        failure = yield from steps
        if failure is not None:
            self.machine.fire("fee off")
            yield from self._fee.to_off()
        return failure

    def _to_science(self) -> Steps:
        failure = yield from self._science.start()
        if failure is not None:
            self.machine.fire("end science")
            yield from self._science.stop(TERM_FAILED)
        return failure

    def _to_stop(self) -> Steps:
        """All that can be done is done; the first failure is what is told."""
        failure = yield from self._all_off()
        if self._door.state != "SRS_CLOSED":
            failure = (yield from self._door.drive("close")) or failure
        return failure

    def _all_off(self) -> Steps:
        yield from self._science.stop(TERM_FAILED)
        return (yield from self._fee.to_off())


def _nothing() -> Steps:
    yield from ()
    return None
