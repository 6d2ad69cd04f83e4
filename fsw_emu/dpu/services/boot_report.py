# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 197: why the unit was reset, and the errors since."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu import resets
from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.onboard import Onboard, Passive


class BootReport(Passive):
    """TM(197,1) tells what stands in the exchange area, and the whole error log, the oldest entry
    first; the log stays (ASSUMED)."""

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard

    def handlers(self) -> Mapping[str, Handler]:
        return {"BootRepGen": Handler(self._report)}

    def _report(self, command: Command) -> None:
        onboard = self._onboard
        entries = onboard.error_log.entries()
        values = {
            **resets.read(onboard.table, onboard.world.memory),
            "ErrTimeStamp": [entry.time for entry in entries],
            "EvtId": [entry.event for entry in entries],
            "SquashCount": [entry.squashed for entry in entries],
            "ErrLogInfo": [entry.info for entry in entries],
        }
        onboard.downlink.report("BootRep", values, destination=command.tc.source)
