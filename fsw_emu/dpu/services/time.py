# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 9: the onboard time is set by telecommand and time-code."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.packets.pus import SmileTime

_FINE_BITS = 24
_MICROSECONDS = 1_000_000


class Time:
    """TC(9,128) says what the time is at the next time-code; the application tells when it is no
    longer synchronised. For either software.

    Microseconds that are none are refused as what the software cannot do: no failure of the
    database tells of a time (ASSUMED).
    """

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._world = onboard.world
        self._synchronised = self._now()

    def handlers(self) -> Mapping[str, Handler]:
        handler = Handler(run=self._update, accept=self._is_time)
        return {"TimeUpdt": handler, "DBS_TC_UPDATE_TIME": handler}

    def cycle(self) -> None:
        """See whether time-codes still come."""
        was, self._synchronised = self._synchronised, self._now()
        if was and not self._synchronised and self._onboard.software == "IASW":
            self._onboard.events.report("EVT_SYNC_LOSS")

    def due(self) -> int | None:
        """The world tells when the time is set or lost."""
        return None

    def skipped(self, n_cycles: int) -> None:
        """Nothing is set or lost in them."""

    def _now(self) -> bool:
        return self._world.clock.synchronised(self._world.now_ns)

    def _is_time(self, command: Command) -> str | None:
        return None if _time(command).fine_us < _MICROSECONDS else "ACK_NOT_IMPL"

    def _update(self, command: Command) -> None:
        self._world.clock.set_pending(_time(command))


def _time(command: Command) -> SmileTime:
    cuc = command[command.definition.fields[0].name]
    return SmileTime(cuc >> _FINE_BITS, cuc & (1 << _FINE_BITS) - 1)
