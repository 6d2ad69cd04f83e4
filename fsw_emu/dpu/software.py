# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What boot software and application have in common: services, called cycle by cycle."""

from __future__ import annotations

from collections.abc import Sequence

from fsw_emu.dpu.onboard import Onboard, Service
from fsw_emu.dpu.services.event_control import EventControl
from fsw_emu.dpu.services.test import Test


class Running:
    """Software from its start to its end. ``services``: in the order in which a cycle calls
    them."""

    def __init__(self, onboard: Onboard, services: Sequence[Service]) -> None:
        self.onboard = onboard
        self._services = services
        onboard.executor.add(Test(onboard.downlink).handlers())
        onboard.executor.add(EventControl(onboard.events).handlers())
        for service in services:
            onboard.executor.add(service.handlers())

    def cycle(self) -> None:
        """125 ms."""
        self._passed(1)
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
        self._passed(n_cycles)
        for service in self._services:
            service.skipped(n_cycles)

    def _passed(self, n_cycles: int) -> None:
        self.onboard.cycle += n_cycles
