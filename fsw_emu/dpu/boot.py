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
from fsw_emu.dpu.services.event_control import EventControl
from fsw_emu.dpu.services.hand_over import HandOver
from fsw_emu.dpu.services.memory import MemoryService
from fsw_emu.dpu.services.parameter_sets import ParameterSets
from fsw_emu.dpu.services.test import Test
from fsw_emu.dpu.services.time import Time


class Boot:
    """DBS from reset to hand-over."""

    def __init__(self, onboard: Onboard, hand_over: Callable[[], None]) -> None:
        self.onboard = onboard
        self.parameter_sets = ParameterSets(onboard)
        self.control = Control(onboard)
        self._status = BootStatus(onboard, self.control, self.parameter_sets)
        self._reports = BootReports(onboard, self._status)
        self._services: Sequence[Service] = self._made(hand_over)
        onboard.executor.add(Test(onboard.downlink).handlers())
        onboard.executor.add(EventControl(onboard.events).handlers())
        for service in self._services:
            onboard.executor.add(service.handlers())

    def _made(self, hand_over: Callable[[], None]) -> Sequence[Service]:
        """In the order in which a cycle calls them."""
        onboard = self.onboard
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

    def cycle(self) -> None:
        """125 ms."""
        self.onboard.cycle += 1
        self.onboard.executor.cycle()
        for service in self._services:
            service.cycle()

    def due(self) -> int | None:
        """As of a service: for all of it."""
        if not self.onboard.executor.is_idle:
            return 1
        return min((n for each in self._services if (n := each.due()) is not None), default=None)

    def skipped(self, n_cycles: int) -> None:
        """So many cycles passed in which nothing was due."""
        self.onboard.cycle += n_cycles
        for service in self._services:
            service.skipped(n_cycles)
