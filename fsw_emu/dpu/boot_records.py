# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the boot software remembers of telecommands, errors and memory, for its housekeeping."""

from __future__ import annotations

from dataclasses import dataclass

from fsw_emu.dpu.commands import Command
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.fields import Value
from fsw_emu.interface.table import Event

_U16 = 0xFFFF
#: counters of errors, by severity of the event (MIB v1.8.1: low, medium, high)
SEVERITIES = {2: "HK_ERR_CNT_LE", 3: "HK_ERR_CNT_ME", 4: "HK_ERR_CNT_HE"}


@dataclass(frozen=True)
class Stamp:
    """Onboard time: seconds << 24 | microseconds, and its flag of synchronisation."""

    time: int = 0
    sync: int = 0


class BootRecords:
    """Counts go round at 65,536. A refused telecommand is one that was not accepted; one in error
    failed at its start or later; the others were executed (ASSUMED)."""

    def __init__(self, onboard: Onboard) -> None:
        self._onboard = onboard
        self._counts = dict.fromkeys(("HK_TC_CNT_REJ", "HK_TC_CNT_ERR", "HK_TC_CNT_EXE"), 0)
        self._counts |= dict.fromkeys(SEVERITIES.values(), 0)
        self._failed, self._executed = (0, 0, Stamp()), (0, 0, Stamp())
        self._error = (0, Stamp())
        self._met, self._memory = self._faults(), Stamp()
        self.n_received = 0
        onboard.on_command.append(self._command)
        onboard.on_error.append(self._event)

    def look(self) -> None:
        """Once a cycle: note when an error of memory was last met."""
        met = self._faults()
        if met != self._met:
            self._met, self._memory = met, self._stamp()

    def fields(self) -> dict[str, Value]:
        """Those of DBS_HK."""
        edac = self._onboard.world.edac
        last = edac.last_double_address if edac.double_faults else edac.last_single_address
        values: dict[str, Value] = {name: count & _U16 for name, count in self._counts.items()}
        for name, (pid, sequence, stamp) in (
            ("HK_TC_LAST_REJ_ERR", self._failed),
            ("HK_TC_LAST_EXE", self._executed),
        ):
            values |= {f"{name}_PID": pid, f"{name}_SEQ": sequence, **_told(name, stamp)}
        return {
            **values,
            "HK_ERR_LAST_EVENTID": self._error[0],
            **_told("HK_ERR_LAST", self._error[1]),
            "HK_EDAC_LAST_FAIL_ADDR": last,
            **_told("HK_EDAC_LAST_ERR", self._memory),
            "HK_SC_REC_CNT": self.n_received & _U16,
            "HK_SC_SENT_CNT": self._onboard.downlink.n_packets & _U16,
        }

    def _command(self, what: str, command: Command | bytes) -> None:
        if what in ("accepted", "not_accepted"):
            self.n_received += 1
        if what == "accepted":
            return
        head = command[:4].ljust(4, b"\0") if isinstance(command, bytes) else b""
        if isinstance(command, Command):
            pid, sequence = command.identification, command.sequence
        else:
            pid, sequence = (int.from_bytes(head[i : i + 2], "big") for i in (0, 2))
        if what == "terminated":
            self._counts["HK_TC_CNT_EXE"] += 1
            self._executed = pid, sequence, self._stamp()
            return
        self._counts["HK_TC_CNT_REJ" if what == "not_accepted" else "HK_TC_CNT_ERR"] += 1
        self._failed = pid, sequence, self._stamp()

    def _event(self, event: Event) -> None:
        self._counts[SEVERITIES[event.severity]] += 1
        self._error = event.id, self._stamp()

    def _faults(self) -> tuple[int, int]:
        edac = self._onboard.world.edac
        return edac.single_faults, edac.double_faults

    def _stamp(self) -> Stamp:
        world = self._onboard.world
        return Stamp(world.time.coarse << 24 | world.time.fine_us, world.clock.sync(world.now_ns))


def _told(name: str, stamp: Stamp) -> dict[str, Value]:
    return {f"{name}_TIMESTAMP": stamp.time, f"{name}_SYNC": stamp.sync}
