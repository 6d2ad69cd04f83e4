# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 193: changes of the mode (MIB v1.8.1)."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.modes.application import Modes
from fsw_emu.dpu.modes.task import Steps
from fsw_emu.dpu.onboard import Onboard

FAILED = "ACK_MODE_CHNG_FAILED"


class ModeCommands:
    """A telecommand asks for the transition of its name; it is done when FEE and door are."""

    def __init__(self, onboard: Onboard, modes: Modes) -> None:
        self._modes = modes
        self._names = [
            name for name, command in onboard.table.telecommands.items() if command.type == 193
        ]

    def handlers(self) -> Mapping[str, Handler]:
        handler = Handler(run=self._run, start=lambda each: self._modes.refusal(each.name))
        return dict.fromkeys(self._names, handler)

    def _run(self, command: Command) -> Steps:
        failure = self._modes.refusal(command.name, "termination")
        if failure is not None:
            return failure
        failure = yield from self._modes.request(command.name).wait()
        return None if failure is None else FAILED

    def cycle(self) -> None:
        self._modes.cycle()

    def due(self) -> int | None:
        return self._modes.due()

    def skipped(self, n_cycles: int) -> None:
        self._modes.skipped(n_cycles)
