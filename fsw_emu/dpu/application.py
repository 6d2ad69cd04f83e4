# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The application software: its services, cycle by cycle (MIB v1.8.1)."""

from __future__ import annotations

from collections.abc import Sequence

from fsw_emu.dpu.acquisition import Acquisition
from fsw_emu.dpu.fdir.fdir import Fdir
from fsw_emu.dpu.instrument import Instrument
from fsw_emu.dpu.onboard import Onboard, Service
from fsw_emu.dpu.services.algorithms import Algorithms
from fsw_emu.dpu.services.boot_report import BootReport
from fsw_emu.dpu.services.control import Control
from fsw_emu.dpu.services.data import DataService
from fsw_emu.dpu.services.event_control import EventControl
from fsw_emu.dpu.services.housekeeping import Housekeeping
from fsw_emu.dpu.services.memory import MemoryService
from fsw_emu.dpu.services.parameter_sets import ParameterSets
from fsw_emu.dpu.services.parameters import Parameters
from fsw_emu.dpu.services.segments import Segments
from fsw_emu.dpu.services.test import Test
from fsw_emu.dpu.services.time import Time
from fsw_emu.dpu.thermal_control import ThermalControl


class Application:
    """IASW from hand-over to reset."""

    def __init__(self, onboard: Onboard) -> None:
        self.onboard = onboard
        self.instrument = Instrument(onboard)
        self._services: Sequence[Service] = self._made()
        onboard.executor.add(Test(onboard.downlink).handlers())
        onboard.executor.add(EventControl(onboard.events).handlers())
        for service in self._services:
            onboard.executor.add(service.handlers())

    def _made(self) -> Sequence[Service]:
        """In the order in which a cycle calls them."""
        onboard = self.onboard
        sets = ParameterSets(onboard)
        return [
            Acquisition(onboard),
            Time(onboard),
            *self.instrument.services,
            MemoryService(onboard),
            sets,
            Parameters(onboard),
            Control(onboard),
            BootReport(onboard),
            DataService(onboard),
            Segments(onboard),
            Algorithms(onboard, ThermalControl(onboard, sets)),
            Fdir(
                onboard,
                fee=self.instrument.port,
                science=self.instrument.observation,
                modes=self.instrument.modes,
                safe=lambda: onboard.reset("TC_RESET"),
            ),
            Housekeeping(onboard),  # the last: it reports what the others have done
        ]

    def start(self) -> None:
        """Begin: say so."""
        self.onboard.events.report("EVT_INIT_SUCC")

    def cycle(self) -> None:
        """125 ms."""
        onboard = self.onboard
        onboard.cycle += 1
        onboard.pool.add("iaswCycleCnt")
        onboard.executor.cycle()
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
        self.onboard.pool.add("iaswCycleCnt", n_cycles)
        for service in self._services:
            service.skipped(n_cycles)
