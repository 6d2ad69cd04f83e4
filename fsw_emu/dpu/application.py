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
from fsw_emu.dpu.services.housekeeping import Housekeeping
from fsw_emu.dpu.services.memory import MemoryService
from fsw_emu.dpu.services.parameter_sets import ParameterSets
from fsw_emu.dpu.services.parameters import Parameters
from fsw_emu.dpu.services.segments import Segments
from fsw_emu.dpu.services.time import Time
from fsw_emu.dpu.software import Running
from fsw_emu.dpu.thermal_control import ThermalControl


class Application(Running):
    """IASW from hand-over to reset."""

    def __init__(self, onboard: Onboard) -> None:
        self.instrument = Instrument(onboard)
        super().__init__(onboard, self._made(onboard))

    def _made(self, onboard: Onboard) -> Sequence[Service]:
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

    def _passed(self, n_cycles: int) -> None:
        super()._passed(n_cycles)
        self.onboard.pool.add("iaswCycleCnt", n_cycles)
