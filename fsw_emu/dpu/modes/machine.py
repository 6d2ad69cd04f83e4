# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A state machine whose state is an item of the data pool."""

from __future__ import annotations

from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface import modes


class IllegalTransition(ValueError):
    """There is no such transition out of the state."""


class StateMachine:
    """Follows a table; a transition is reported as the table says."""

    def __init__(self, onboard: Onboard, table: modes.Machine) -> None:
        self.table = table
        self._onboard = onboard
        self._labels = {v: k for k, v in onboard.table.enumerations[table.enumeration].items()}
        self._enter(table.initial)

    @property
    def state(self) -> str:
        """The name of the state."""
        return self._labels[self._onboard.pool[self.table.state]]

    def can(self, on: str) -> bool:
        """Whether there is such a transition out of this state; guards are not looked at."""
        return self.table.to(self.state, on) is not None

    def fire(self, on: str) -> None:
        """Go over. IllegalTransition, and nothing has changed."""
        state = self.state
        transition = self.table.to(state, on)
        if transition is None:
            raise IllegalTransition(f"{self.table.name}: no {on!r} out of {state}")
        source = self._onboard.pool[self.table.state]
        self._enter(transition.to)
        if self.table.event is not None:
            values = {
                self.table.event_from: source,
                self.table.event_to: self._onboard.pool[self.table.state],
            }
            self._onboard.events.report(self.table.event, **values)

    def passed(self, n_cycles: int) -> None:
        """So many cycles more in this state."""
        if self.table.count is not None:
            self._onboard.pool.add(self.table.count, n_cycles)

    def _enter(self, state: str) -> None:
        pool = self._onboard.pool
        pool[self.table.state] = self._onboard.table.value(self.table.enumeration, state)
        if self.table.count is not None:
            pool[self.table.count] = 0
