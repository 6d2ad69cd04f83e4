# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The flags of the boot software, as DBS_HK and EVT_PR_BOOT_REP tell them."""

from __future__ import annotations

from fsw_emu.dpu import resets
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.services.control import ENABLED, Control
from fsw_emu.dpu.services.parameter_sets import ParameterSets
from fsw_emu.interface.fields import Value


class BootStatus:
    """Buffers of telecommands and telemetry are never full: the emulator refuses and waits before
    that (ASSUMED). ``edac_at_boot``: errors were met in its own memory at the start;
    ``door_not_closed`` and ``door_timed_out`` are of the door then."""

    def __init__(self, onboard: Onboard, control: Control, sets: ParameterSets) -> None:
        self._onboard = onboard
        self._control = control
        self._sets = sets
        table, memory = onboard.table, onboard.world.memory
        self._reset = table.value("ResetType", resets.kind(table, memory))
        self.edac_at_boot = self.door_not_closed = self.door_timed_out = False

    def fields(self) -> dict[str, Value]:
        """The sixteen bits, and which of the two units this is."""
        return {
            "HK_DPU_UNIT": self._onboard.pool["DpuUnit"],
            "HK_DPU_RESET_TYPE": self._reset,
            "HK_DPU_WDOG_ENA": self._onboard.pool[ENABLED],
            "HK_LOADREG_ARMED": int(self._control.armed),
            "HK_LOADPAR_ARMED": int(self._sets.armed),
            "HK_DPU_CMDEXE": int(not self._onboard.executor.is_idle),
            "HK_ADC_RANGES": int(self._sets.has("ADC_RANGES")),
            "HK_RSE_PARAM": int(self._sets.has("RSE_PARAM")),
            "HK_EDAC_AT_BOOT": int(self.edac_at_boot),
            "HK_DOOR_NOT_CLOSED": int(self.door_not_closed),
            "HK_DOOR_CLOSE_TO": int(self.door_timed_out),
            "HK_DPU_SENDBUF_FULL": 0,
            "HK_DPU_CMDBUFF_FULL": 0,
        }
