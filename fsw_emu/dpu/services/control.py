# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 210 but for the hand-over: reset, watchdog, loading registers."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu.commands import Check, Command, Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.services.memory import misplaced
from fsw_emu.world.memory import MemoryId

ENABLED = "WatchDogEnabled"


class Control:
    """Serves both softwares. Loading a register stays armed until it is disarmed, or until a reset
    (ASSUMED)."""

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._assumed = onboard.table.assumed["control"]
        self.armed = False
        self._hung = 0  # cycles in which nobody served the watchdog
        onboard.pool[ENABLED] = self._assumed["watchdog"][onboard.software]

    def handlers(self) -> Mapping[str, Handler]:
        reset = Handler(self._reset)
        enable = Handler(self._enable, start=self._only_while(0))
        disable = Handler(self._disable, start=self._only_while(1))
        load = Handler(self._load, accept=self._accept)
        arm, disarm = Handler(self._arm), Handler(self._disarm)
        return {
            "ResetDpuSafe": reset,
            "DBS_TC_RESET_TO_SAFE": reset,
            "WatchdogEnb": enable,
            "DBS_TC_ENABLE_WATCHDOG": enable,
            "WatchdogDis": disable,
            "DBS_TC_DISABLE_WATCHDOG": disable,
            "LoadRegister": load,
            "DBS_TC_LOAD_REGISTER": load,
            "LoadRegisterArm": arm,
            "DBS_TC_LOAD_REG_ARM": arm,
            "LoadRegisterDisarm": disarm,
            "DBS_TC_LOAD_REG_DISARM": disarm,
        }

    def cycle(self) -> None:
        """The watchdog: it resets the unit when it was not served for long."""
        if not self._bites:
            self._hung = 0
            return
        self._hung += 1
        if self._hung >= self._assumed["watchdog_cycles"]:
            self._onboard.reset("WATCHDOG")

    def due(self) -> int | None:
        return self._assumed["watchdog_cycles"] - self._hung if self._bites else None

    def skipped(self, n_cycles: int) -> None:
        self._hung = self._hung + n_cycles if self._bites else 0

    @property
    def _bites(self) -> bool:
        """Whether the watchdog counts: it is enabled, and the application hangs."""
        hangs: bool = self._onboard.world.resources.iasw_us > self._assumed["cycle_us"]
        return hangs and self._onboard.software == "IASW" and bool(self._onboard.pool[ENABLED])

    def _reset(self, command: Command) -> None:  # noqa: ARG002
        self._onboard.reset("TC_RESET")

    def _only_while(self, enabled: int) -> Check:
        """The failure of a command that would change nothing."""

        def check(_: Command) -> str | None:
            return None if bool(self._onboard.pool[ENABLED]) == enabled else "ACK_ILL_WD_STATUS"

        return check

    def _enable(self, command: Command) -> None:  # noqa: ARG002
        self._onboard.pool[ENABLED] = 1

    def _disable(self, command: Command) -> None:  # noqa: ARG002
        self._onboard.pool[ENABLED] = 0

    def _arm(self, command: Command) -> None:  # noqa: ARG002
        self.armed = True

    def _disarm(self, command: Command) -> None:  # noqa: ARG002
        self.armed = False

    def _accept(self, command: Command) -> str | None:
        if not self.armed:
            return "ACK_NOT_ARMED"
        address, _, verify, _ = _values(command)
        memory = self._onboard.world.memory
        return misplaced(memory, MemoryId.REGISTER, address, 4) or misplaced(
            memory, MemoryId.REGISTER, verify, 4
        )

    def _load(self, command: Command) -> str | None:
        """Written, then another register (or the same) is compared under a mask."""
        address, word, verify, mask = _values(command)
        fpga = self._onboard.world.fpga
        fpga.load(address, word)
        back = fpga.read(verify)
        if not (back ^ word) & mask:
            return None
        told = (0, verify, back, word)
        if self._onboard.software == "DBS":
            names = ("AHB_STS_REG", "MEM_ERR_ADDR", "MEM_ERR_VAL", "MEM_EXP_VAL")
            self._onboard.events.report("EVT_REG_LOAD_CMP", **dict(zip(names, told, strict=True)))
        else:
            names = ("AhbStatusReg", "AddrFailed", "ValueFailed", "ValueExpected")
            self._onboard.events.report("EVT_MEM_LOAD_CMP", **dict(zip(names, told, strict=True)))
        return "ACK_LOAD_FAILURE"


def _values(command: Command) -> tuple[int, int, int, int]:
    address, word, verify, mask = (command[field.name] for field in command.definition.fields)
    return address, word, verify, mask
