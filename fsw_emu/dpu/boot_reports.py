# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the boot software says when it starts: of the reset, of itself, and of the door."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu import resets
from fsw_emu.dpu.boot_status import BootStatus
from fsw_emu.dpu.commands import Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.fields import Value
from fsw_emu.world.door import Reply, Shutter, Status
from fsw_emu.world.memory import APPLICATION, RAM_START, MemoryId


class BootReports:
    """Reports the reset, if it was one, errors of memory, and the boot; then powers the door,
    closes it unless it is closed, reports that, and takes its power away (ASSUMED). A door that
    does not close in time, or whose electronics do not answer, is an error."""

    def __init__(self, onboard: Onboard, status: BootStatus) -> None:
        self._onboard = onboard
        self._world = onboard.world
        self._status = status
        self._assumed = onboard.table.assumed["boot"]
        self._waits = False  # for the door to be closed
        self._waited = 0  # cycles
        self._last = Status(Shutter(0), 0, 0, 0, 0, 0)

    def start(self) -> None:
        """The first that is said."""
        table = self._onboard.table
        told = resets.told(table, self._world.memory)
        if told is not None:
            name, values = told
            self._onboard.events.report(name, **values)
        self._look_at_memory()
        versions: dict[str, Value] = {
            "DBS_SW_VER": self._assumed["version"],
            "DPU_FPGA_VER": self._assumed["fpga_version"],
        }
        self._onboard.events.report("EVT_PR_BOOT_REP", **self._status.fields(), **versions)
        self._world.door.power(True, self._world.cycle)
        self._close()

    def _look_at_memory(self) -> None:
        """Errors in its own RAM, below the application (ASSUMED)."""
        edac = self._world.edac
        before = edac.single_faults, edac.double_faults
        self._world.memory.read(MemoryId.RAM, RAM_START, APPLICATION - RAM_START)
        if (edac.single_faults, edac.double_faults) == before:
            return
        self._status.edac_at_boot = True
        double = edac.double_faults != before[1]
        at = edac.last_double_address if double else edac.last_single_address
        self._onboard.events.report("EVT_EDAC_AT_BOOT", AHB_STS_REG=0, MEM_ERR_ADDR=at)

    def handlers(self) -> Mapping[str, Handler]:
        return {}

    def cycle(self) -> None:
        """Look whether the door is closed, while that is not known."""
        if not self._waits:
            return
        self._waited += 1
        if self._closed():
            self._end()
        elif self._waited >= self._assumed["door_cycles"]:
            self._status.door_timed_out = True
            self._not_closed()

    def due(self) -> int | None:
        """Each cycle while the door is awaited."""
        return 1 if self._waits else None

    def skipped(self, n_cycles: int) -> None:
        """None are, while the door is awaited."""

    def _close(self) -> None:
        if self._closed():
            self._end()
            return
        self._status.door_not_closed = True
        if self._world.door.close(self._world.cycle) is not Reply.GOOD:
            self._not_closed()
            return
        self._waits = True

    def _closed(self) -> bool:
        status = self._world.door.status(self._world.cycle)
        if isinstance(status, Status):
            self._last = status
        return isinstance(status, Status) and Shutter.CLOSED in status.shutter

    def _end(self) -> None:
        self._status.door_not_closed = False
        self._onboard.events.report("EVT_PR_DOOR_CLOSED", RSE_SHUT_STS=int(self._last.shutter))
        self._let_go()

    def _not_closed(self) -> None:
        self._onboard.events.report(
            "EVT_RSE_NOTCLOSED",
            RSE_SHUT_STS=int(self._last.shutter),
            RSE_MOTOR_TEMP=self._last.motor_temp,
            RSE_ELEC_TEMP=self._last.electronics_temp,
        )
        self._let_go()

    def _let_go(self) -> None:
        self._waits = False
        self._world.door.power(False, self._world.cycle)
