# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 198: procedures of the FEE's registers and of the door (MIB v1.8.1).

A telecommand is done when the procedure has begun; EVT_SC_PR_END tells how it ended (ASSUMED).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fsw_emu.dpu import fee_items
from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.modes.door import DoorControl
from fsw_emu.dpu.modes.fee import POWERED, FeeControl
from fsw_emu.dpu.modes.science import TERM_DONE, TERM_FAILED, TERM_STOPPED
from fsw_emu.dpu.modes.task import Steps, Task
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.packets.fee_registers import CONFIGURATION_END, CONFIGURATION_START

#: bits that the FEE takes back: they stay 0 in the data pool
_TRIGGERS = (fee_items.EXECUTE_OP, "FRMclearErrorFlag")


class Procedures:
    """At most one of each kind at a time."""

    def __init__(self, onboard: Onboard, fee: FeeControl, door: DoorControl) -> None:
        self._onboard = onboard
        self._fee = fee
        self._door = door
        self._tasks: dict[int, Task] = {}
        self._aftermath: list[Task] = []
        commands = onboard.table.assumed["door"]["commands"]
        self._door_steps: Mapping[int, Callable[[], Steps]] = {
            commands["open"]: lambda: door.drive("open"),
            commands["close"]: lambda: door.drive("close"),
            commands["halt"]: door.halt,
            commands["configure"]: door.configure,
            commands["emergency"]: lambda: door.drive("emergency"),
        }

    def handlers(self) -> Mapping[str, Handler]:
        served = {
            "ProcStrFeeInAll": self._starts(self._read_all, self._fee_answers),
            "ProcStrFeeIn": self._starts(self._read, self._fee_answers, self._good_items),
            "ProcStrFeeOut": self._starts(self._write, self._fee_answers, self._good_values),
            "ProcStrRseConfig": self._starts(self._drive, _fine, self._good_door_command),
            "ProcStrRseStatus": self._starts(lambda _: self._door.ask(), _fine),
        }
        for name in ("FeeInAll", "FeeIn", "FeeOut", "RseConfig", "RseStatus"):
            served[f"ProcStp{name}"] = Handler(run=self._stop, start=self._runs)
        return served

    def cycle(self) -> None:
        for identifier, task in tuple(self._tasks.items()):
            task.step()
            if not task.running:
                del self._tasks[identifier]
                self._ended(identifier, TERM_DONE if task.failure is None else TERM_FAILED)
        for task in self._aftermath:
            task.step()
        self._aftermath = [task for task in self._aftermath if task.running]

    def due(self) -> int | None:
        return 1 if self._tasks or self._aftermath else None

    def skipped(self, n_cycles: int) -> None:
        pass

    # What may begin.

    def _starts(
        self,
        steps: Callable[[Command], Steps],
        start: Callable[[Command], str | None],
        accept: Callable[[Command], str | None] | None = None,
    ) -> Handler:
        def may(command: Command) -> str | None:
            return "ACK_PR_BUSY" if command["ProcId"] in self._tasks else start(command)

        def run(command: Command) -> None:
            self._tasks[command["ProcId"]] = Task(steps(command))
            self._onboard.events.report("EVT_SC_PR_STRT", ProcId=command["ProcId"])

        return Handler(run=run, start=may, accept=accept or _fine)

    def _fee_answers(self, _: Command) -> str | None:
        return None if self._fee.state in POWERED else "ACK_WR_FEE_M"

    def _runs(self, command: Command) -> str | None:
        return None if command["ProcId"] in self._tasks else "ACK_PR_IDLE"

    def _good_items(self, command: Command) -> str | None:
        names = self._names(command)
        return None if names and all(name in fee_items.ITEMS for name in names) else _BAD

    def _good_values(self, command: Command) -> str | None:
        names = self._names(command)
        if not names or len(set(names)) < len(names):
            return _BAD
        for name, value in zip(names, command.several("ProcFeeParamValue"), strict=True):
            row = fee_items.CONFIGURATION.get(name)
            if row is None or not row.fits(value):
                return _BAD
            if value > self._onboard.pool.item(name).type.most:
                return _BAD
        return None

    def _good_door_command(self, command: Command) -> str | None:
        return None if command["ProcRseCmdId"] in self._door_steps else _BAD

    def _names(self, command: Command) -> list[str]:
        """Items by name; those that are none by nothing."""
        by_id = self._onboard.table.pool_by_id
        identifiers = command.several("ProcFeeParamId")
        return [by_id[each].name if each in by_id else "" for each in identifiers]

    # What they do.

    def _read_all(self, _: Command) -> Steps:
        size = CONFIGURATION_END - CONFIGURATION_START
        configuration = self._fee.port.read(CONFIGURATION_START, size)
        housekeeping = self._fee.port.read_housekeeping()
        failure = yield from configuration.wait()
        return (yield from housekeeping.wait()) or failure

    def _read(self, command: Command) -> Steps:
        return (yield from self._fee.port.read_words(_addresses(self._names(command))).wait())

    def _write(self, command: Command) -> Steps:
        names, pool = self._names(command), self._onboard.pool
        values = dict(zip(names, command.several("ProcFeeParamValue"), strict=True))
        for name in names:
            if name not in _TRIGGERS:
                pool[name] = values[name]
        executes, mode = values.get(fee_items.EXECUTE_OP), pool[fee_items.MODE]
        if executes:
            self._fee.expect(mode)
        failure = yield from self._fee.port.write(_addresses(names), values).wait()
        if executes and failure is None:
            self._fee.followed(mode)
        return failure

    def _drive(self, command: Command) -> Steps:
        return self._door_steps[command["ProcRseCmdId"]]()

    def _stop(self, command: Command) -> None:
        identifier = command["ProcId"]
        self._tasks.pop(identifier).stop()
        self._ended(identifier, TERM_STOPPED)
        if command.name == "ProcStpRseConfig":
            self._aftermath.append(Task(self._door.halt()))

    def _ended(self, identifier: int, code: int) -> None:
        self._onboard.events.report("EVT_SC_PR_END", ProcId=identifier, ProcTermCode=code)


_BAD = "ACK_ILL_PR_PAR"


def _fine(_: Command) -> None:
    return None


def _addresses(names: Iterable[str]) -> list[int]:
    """Words that hold items, each once; execute_op is in the last one."""
    return sorted({fee_items.ITEMS[name].address for name in names})
