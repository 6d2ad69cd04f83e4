# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 191: checks and recoveries enabled and disabled, all of them or one (MIB v1.8.1)."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.fdir.checks import CHECKS
from fsw_emu.dpu.pool import DataPool
from fsw_emu.interface.table import Interface

#: telecommands for all: the item that they set, and to what
GLOBAL: Mapping[str, tuple[str, int]] = {
    "FdCheckEnbGlob": ("FdGlbEnable", 1),
    "FdCheckDisGlob": ("FdGlbEnable", 0),
    "FdRecovEnbGlob": ("RpGlbEnable", 1),
    "FdRecovDisGlob": ("RpGlbEnable", 0),
}
#: telecommands for one: how its item begins, to what it is set, the failure where it is so already
SINGLE: Mapping[str, tuple[str, int, str]] = {
    "FdCheckEnb": ("FdCheck", 1, "ACK_FID_ENB"),
    "FdCheckDis": ("FdCheck", 0, "ACK_FID_DIS"),
    "FdRecovEnb": ("Rp", 1, "ACK_RID_ENB"),
    "FdRecovDis": ("Rp", 0, "ACK_RID_DIS"),
}


class FdirCommands:
    """Sets items of the data pool. To set all of them to what they are is no failure (ASSUMED: no
    code tells of it)."""

    def __init__(self, table: Interface, pool: DataPool) -> None:
        self._pool = pool
        self._items = {table.value("Fid", check.id): check.items for check in CHECKS}

    def handlers(self) -> Mapping[str, Handler]:
        one = Handler(run=self._set, start=self._is_so)
        return {**dict.fromkeys(GLOBAL, Handler(run=self._set_all)), **dict.fromkeys(SINGLE, one)}

    def _set_all(self, command: Command) -> None:
        item, value = GLOBAL[command.name]
        self._pool[item] = value

    def _is_so(self, command: Command) -> str | None:
        item, value, failure = self._asked(command)
        return failure if bool(self._pool[item]) == bool(value) else None

    def _set(self, command: Command) -> None:
        item, value, _ = self._asked(command)
        self._pool[item] = value

    def _asked(self, command: Command) -> tuple[str, int, str]:
        prefix, value, failure = SINGLE[command.name]
        return f"{prefix}{self._items[command['FdChkId']]}ExtEn", value, failure
