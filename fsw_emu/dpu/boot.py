# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The boot software (DBS), which runs in SAFE until it hands over (MIB v1.8.1, DBS v3.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fsw_emu.dpu.acquisition import Acquisition
from fsw_emu.dpu.boot_housekeeping import BootHousekeeping
from fsw_emu.dpu.boot_records import BootRecords
from fsw_emu.dpu.boot_reports import BootReports
from fsw_emu.dpu.boot_status import BootStatus
from fsw_emu.dpu.onboard import Onboard, Service
from fsw_emu.dpu.services.control import Control
from fsw_emu.dpu.services.hand_over import HandOver
from fsw_emu.dpu.services.memory import MemoryService
from fsw_emu.dpu.services.parameter_sets import ParameterSets
from fsw_emu.dpu.services.time import Time
from fsw_emu.dpu.software import Running


class Boot(Running):
    """DBS from reset to hand-over."""

    def __init__(self, onboard: Onboard, hand_over: Callable[[], None]) -> None:
        self.parameter_sets = ParameterSets(onboard)
        self.control = Control(onboard)
        self._status = BootStatus(onboard, self.control, self.parameter_sets)
        self._reports = BootReports(onboard, self._status)
        super().__init__(onboard, self._made(onboard, hand_over))

    def _made(self, onboard: Onboard, hand_over: Callable[[], None]) -> Sequence[Service]:
        return [
            Acquisition(onboard),
            Time(onboard),
            self._reports,
            MemoryService(onboard),
            self.parameter_sets,
            self.control,
            HandOver(onboard, hand_over),
            BootHousekeeping(onboard, BootRecords(onboard), self._status),  # of all before
        ]

    def start(self) -> None:
        """Begin: tell of the reset, of the boot and of the door."""
        self._reports.start()
