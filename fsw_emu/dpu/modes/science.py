# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The nominal science procedure: set up, (calibrate,) detect events until it is stopped."""

from __future__ import annotations

from fsw_emu.dpu.modes.fee import POWERED, FeeControl
from fsw_emu.dpu.modes.machine import StateMachine
from fsw_emu.dpu.modes.task import Steps
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.modes import load_modes
from fsw_emu.packets.fee_modes import Mode

#: ProcTermCode: the procedure ended by itself or was stopped, failed (ASSUMED)
TERM_DONE, TERM_FAILED, TERM_STOPPED = 0, 1, 2
#: modes of the FEE that are no operation to take science with
_NO_SCIENCE = frozenset({Mode.ON, Mode.STANDBY, Mode.SOFT_RESET, Mode.IMMEDIATE_ON})


class NominalScience:
    """Runs with mode SCIENCE. The nodes are those of MIB v1.8.1; what happens in them is ASSUMED:
    calibration takes no frame."""

    def __init__(self, onboard: Onboard, fee: FeeControl) -> None:
        self.machine = StateMachine(onboard, load_modes()["science"])
        self._onboard = onboard
        self._fee = fee
        self._id = onboard.table.value("ProcId", "NOM_SCI_PR")

    @property
    def running(self) -> bool:
        return self.machine.state != "PNS_OFF"

    def start(self) -> Steps:
        """From stand-by to event detection."""
        self.machine.fire("start")
        self._onboard.events.report("EVT_SC_PR_STRT", ProcId=self._id)
        yield
        self.machine.fire("started")
        failure = yield from self._fee.port.set_up().wait()
        if failure is not None:
            return failure
        self.machine.fire("set up")
        mode = self._onboard.pool["FRMccdModeConfig"]
        failure = yield from self._fee.read_out(Mode.FT if mode in _NO_SCIENCE else mode)
        if failure is not None:
            return failure
        self.machine.fire("calibrated")
        return None

    def stop(self, code: int = TERM_DONE) -> Steps:
        """Back to stand-by, if it runs at all; it is over even when the FEE does not answer."""
        if not self.running:
            return None
        if self.machine.can("stop"):
            self.machine.fire("stop")
        failure = None
        if self._fee.state in POWERED:
            failure = yield from self._fee.stand_by()
        self.machine.fire("stopped")
        self._onboard.events.report(
            "EVT_SC_PR_END", ProcId=self._id, ProcTermCode=TERM_FAILED if failure else code
        )
        return failure
