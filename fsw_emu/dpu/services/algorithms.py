# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 194: start, stop, suspend and resume the algorithms: both loops of thermal control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fsw_emu.dpu.commands import Check, Command, Handler, Run
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.thermal_control import ThermalControl

#: command -> from which states to which one (ASSUMED from the names)
TRANSITIONS: Mapping[str, tuple[frozenset[str], str]] = {
    "AlgoStrt": (frozenset({"SAL_INACTIVE"}), "SAL_ACTIVE"),
    "AlgoStop": (frozenset({"SAL_ACTIVE", "SAL_SUSPENDED"}), "SAL_INACTIVE"),
    "AlgoSusp": (frozenset({"SAL_ACTIVE"}), "SAL_SUSPENDED"),
    "AlgoRes": (frozenset({"SAL_SUSPENDED"}), "SAL_ACTIVE"),
}


@dataclass(frozen=True)
class Items:
    """Names in the data pool."""

    enabled: str
    state: str
    count: str  # cycles in this state


class Algorithms:
    """One that is not enabled is off, whatever it did; enabled again it is inactive (ASSUMED).
    Active, it makes a step in its first cycle and once a period from there."""

    def __init__(self, onboard: Onboard, control: ThermalControl) -> None:
        self._onboard = onboard
        self._control = control
        self._states: Mapping[str, int] = onboard.table.enumerations["AlgoState"]
        self._items = {
            loop: Items(f"algoTtc{loop}Enabled", f"algoTtc{loop}State", f"algoTtc{loop}StateCnt")
            for loop in onboard.table.enumerations["AlgoId"].values()
        }
        for loop in self._items:
            self._enter(loop, "SAL_INACTIVE" if self._enabled(loop) else "SAL_OFF")

    def handlers(self) -> Mapping[str, Handler]:
        return {name: Handler(self._go(name), start=self._may(name)) for name in TRANSITIONS}

    def cycle(self) -> None:
        for loop, items in self._items.items():
            self._follow_enabled(loop)
            count = self._onboard.pool[items.count]
            if self._is(loop, "SAL_ACTIVE") and count % self._control.period == 0:
                self._control.step(loop)
            self._onboard.pool.add(items.count)

    def due(self) -> int | None:
        dues = []
        for loop, items in self._items.items():
            if self._enabled(loop) == self._is(loop, "SAL_OFF"):
                return 1
            if self._is(loop, "SAL_ACTIVE"):
                period = self._control.period
                dues.append(-self._onboard.pool[items.count] % period + 1)
        return min(dues, default=None)

    def skipped(self, n_cycles: int) -> None:
        for items in self._items.values():
            self._onboard.pool.add(items.count, n_cycles)

    def _enabled(self, loop: int) -> bool:
        return bool(self._onboard.pool[self._items[loop].enabled])

    def _is(self, loop: int, state: str) -> bool:
        return self._onboard.pool[self._items[loop].state] == self._states[state]

    def _enter(self, loop: int, state: str) -> None:
        items = self._items[loop]
        self._onboard.pool[items.state] = self._states[state]
        self._onboard.pool[items.count] = 0
        if state in ("SAL_INACTIVE", "SAL_OFF"):
            self._control.rest(loop)

    def _follow_enabled(self, loop: int) -> None:
        enabled, off = self._enabled(loop), self._is(loop, "SAL_OFF")
        if enabled and off:
            self._enter(loop, "SAL_INACTIVE")
        elif not enabled and not off:
            self._enter(loop, "SAL_OFF")

    def _may(self, name: str) -> Check:
        def check(command: Command) -> str | None:
            loop = command["AlgoId"]
            if not self._enabled(loop):
                return "ACK_ALGO_DIS"
            may = any(self._is(loop, state) for state in TRANSITIONS[name][0])
            return None if may else "ACK_WR_ALGO_M"

        return check

    def _go(self, name: str) -> Run:
        def run(command: Command) -> None:
            loop = command["AlgoId"]
            self._control.begin(loop)
            self._enter(loop, TRANSITIONS[name][1])

        return run
