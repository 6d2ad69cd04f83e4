# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What became of telecommands, by the reports of service 1."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from fsw_emu.interface.table import Interface
from fsw_emu.packets.pus import read_tc

#: telecommands that are kept, the newest
MOST_COMMANDS = 200

#: subtype -> stage, and whether it was passed
_STAGES = {
    1: ("accepted", "yes"),
    2: ("accepted", "no"),
    3: ("started", "yes"),
    4: ("started", "no"),
    7: ("terminated", "yes"),
    8: ("terminated", "no"),
}
_CODES = ("TcFailureCodeAcc", "TcFailureCodeStrt", "TcFailureCodeTerm")
STAGES = ("accepted", "started", "terminated")


class CommandLog:
    """Telecommands that were sent from here, and those of others as far as reports tell."""

    def __init__(self, table: Interface) -> None:
        self._table = table
        self._failures = {failure.code: name for name, failure in table.failures.items()}
        self._log: OrderedDict[tuple[int, int], dict[str, Any]] = OrderedDict()
        self._n = 0

    def sent(self, name: str, packet: bytes, time_ms: int) -> None:
        """A telecommand went out; one of the same sequence count is no longer waited for."""
        tc = read_tc(packet)
        entry = self._new(_key(packet), name, time_ms)
        entry["ack"], entry["hex"] = tc.ack, packet.hex()

    def report(self, subtype: int, values: Mapping[str, Any], time_ms: int) -> None:
        """A report of service 1, of any subtype."""
        if subtype not in _STAGES:
            return
        stage, passed = _STAGES[subtype]
        key = values["TcPcktId"], values["TcPcktSeqCtrl"]
        entry = self._log.get(key) or self._new(key, self._guess(values), time_ms)
        entry[stage] = passed
        # a stage is reported when asked for; it was passed where a later one is
        for before in STAGES[: STAGES.index(stage)]:
            entry[before] = entry[before] or "yes"
        for field in _CODES:
            if field in values:
                code = values[field]
                entry["failure"] = self._failures.get(code, f"code {code}")

    def _guess(self, values: Mapping[str, Any]) -> str:
        """Of a telecommand that others sent."""
        if "TcType" in values:
            return f"TC({values['TcType']},{values['TcSubType']}) of another client"
        return "of another client"

    def _new(self, key: tuple[int, int], name: str, time_ms: int) -> dict[str, Any]:
        self._n += 1
        self._log.pop(key, None)
        entry: dict[str, Any] = {
            "id": self._n, "name": name, "sequence": key[1] & 0x3FFF, "time_ms": time_ms,
            "ack": None, "hex": "", "failure": "", **dict.fromkeys(STAGES, ""),
        }  # fmt: skip
        self._log[key] = entry
        if len(self._log) > MOST_COMMANDS:
            self._log.popitem(last=False)
        return entry

    def snapshot(self) -> list[dict[str, Any]]:
        """The newest first."""
        return [dict(entry) for entry in reversed(self._log.values())]


def _key(packet: bytes) -> tuple[int, int]:
    """The words that reports name a telecommand by."""
    return int.from_bytes(packet[0:2], "big"), int.from_bytes(packet[2:4], "big")
