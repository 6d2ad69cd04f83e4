# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""All checks and the recovery, cycle by cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fsw_emu.dpu.commands import Handler
from fsw_emu.dpu.fdir.checks import CHECKS
from fsw_emu.dpu.fdir.look import Fee, Science
from fsw_emu.dpu.fdir.monitor import Monitor
from fsw_emu.dpu.fdir.recovery import Modes, Recovery
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.services.fdir import FdirCommands


class Fdir:
    """Its place in a cycle is behind what fills the data pool, before what reports it.

    A check that fails begins its recovery where RpGlbEnable, Rp*ExtEn and Rp*IntEn are set.
    """

    def __init__(
        self,
        onboard: Onboard,
        *,
        fee: Fee,
        science: Science,
        modes: Modes,
        safe: Callable[[], None],
    ) -> None:
        self._onboard = onboard
        self._monitors = [Monitor(onboard, check, fee, science) for check in CHECKS]
        self.recovery = Recovery(onboard, modes, safe=safe)
        self._commands = FdirCommands(onboard.table, onboard.pool)

    def handlers(self) -> Mapping[str, Handler]:
        return self._commands.handlers()

    def cycle(self) -> None:
        """Look at everything, then go on with the recovery."""
        for monitor in self._monitors:
            if monitor.cycle():
                self._recover(monitor)
        self.recovery.cycle()

    def due(self) -> int | None:
        if self.recovery.running:
            return 1
        dues = (monitor.due() for monitor in self._monitors)
        return min((due for due in dues if due is not None), default=None)

    def skipped(self, n_cycles: int) -> None:
        pass

    def _recover(self, monitor: Monitor) -> None:
        pool, items = self._onboard.pool, monitor.check.items
        enabled = ("RpGlbEnable", f"Rp{items}ExtEn", f"Rp{items}IntEn")
        if all(pool[name] for name in enabled):
            self.recovery.start(monitor.check.id, pool[f"Rp{items}Kind"], monitor.begin)
