# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the services of one software share, and what a service is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from fsw_emu.core import Core
from fsw_emu.dpu.commands import Command, Handler, Reader
from fsw_emu.dpu.downlink import Downlink
from fsw_emu.dpu.error_log import ErrorLog
from fsw_emu.dpu.events import Events
from fsw_emu.dpu.executor import Executor, Watch
from fsw_emu.dpu.pool import DataPool
from fsw_emu.dpu.verification import Verification
from fsw_emu.interface.table import Event, Interface, Software
from fsw_emu.world.world import World


class Service(Protocol):
    """A part of the software. It is made once for each start of the software."""

    def handlers(self) -> Mapping[str, Handler]:
        """The telecommands it serves, by their names."""

    def cycle(self) -> None:
        """What it does each 125 ms."""

    def due(self) -> int | None:
        """How many cycles from now its next one does something: 1 is the next. Those before it may
        be left out: ``skipped`` is called instead. None: nothing comes by itself."""

    def skipped(self, n_cycles: int) -> None:
        """So many cycles passed without a call of ``cycle``."""


class Passive:
    """A service that does nothing by itself."""

    def cycle(self) -> None:
        pass

    def due(self) -> int | None:
        return None

    def skipped(self, n_cycles: int) -> None:
        pass


class Onboard:
    """Data pool, telemetry, events, telecommands and the world below; ``cycle`` counts from the
    start of the software. ``reset`` ends it, for a reason of the table's ResetType. ``on_command``
    and ``on_error`` are told of commands and of events of severity 2 and more, as they come."""

    def __init__(
        self,
        table: Interface,
        world: World,
        core: Core,
        software: Software,
        reset: Callable[[str], None],
    ) -> None:
        self.table = table
        self.world = world
        self.core = core
        self.software: Software = software
        self.reset = reset
        self.pool = DataPool(table)
        self.error_log = ErrorLog(table, world.memory, self.pool)
        self.downlink = Downlink(table, lambda: (world.time, world.clock.sync(world.now_ns)))
        self.events = Events(table, software, self.downlink, self._error)
        self.verification = Verification(table, self.downlink)
        commands = table.assumed["commands"]
        self.executor = Executor(
            Reader(table, software, commands["sources"]),
            self.verification,
            most=commands["queue"],
            watch=self._command,
        )
        self.cycle = 0
        self.on_command: list[Watch] = []
        self.on_error: list[Callable[[Event], None]] = []

    def _error(self, event: Event, parameters: bytes) -> None:
        self.pool.add("ErrCnt")
        self.pool["ErrLastEventId"] = event.id
        self.error_log.add(self.world.time, event, parameters)
        for told in self.on_error:
            told(event)

    def _command(self, what: str, command: Command | bytes) -> None:
        counter = {
            "accepted": "NOfTcAcc",
            "not_accepted": "NOfAccFailedTc",
            "not_started": "NOfStartFailedTc",
            "terminated": "NOfTcTerm",
            "not_terminated": "NOfTermFailedTc",
        }[what]
        self.pool.add(counter)
        if isinstance(command, bytes):
            self.pool["SeqCntLastAccFailTc"] = int.from_bytes(command[2:4].ljust(2, b"\0"), "big")
        elif what == "accepted":
            source = "FromPlm" if command.tc.source == 1 else "FromGrd"
            self.pool[f"SeqCntLastAccTc{source}"] = command.tc.primary.count
        for told in self.on_command:
            told(what, command)
