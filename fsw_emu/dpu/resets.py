# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Why the unit was reset, as one software tells the next in the exchange area (FlightOS).

The area has the layout of the boot report TM(197,1) up to the program-counter histories. The
emulated processor has no registers: they are 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fsw_emu.interface.fields import Field, Value, pack, unpack
from fsw_emu.interface.table import Interface
from fsw_emu.packets.pus import SmileTime
from fsw_emu.world.memory import EXCHANGE_AREA, Memory, MemoryId

#: the event of the boot software that tells of each kind; power-on is no error
EVENTS = {
    "UNKNOWN_CAUSE": "EVT_RES_UNKNOWN",
    "WATCHDOG": "EVT_RES_WDOG",
    "EXCEPTION": "EVT_RES_EXCEPT",
    "TC_RESET": "EVT_RES_REQ",
    "CPU_ERROR": "EVT_RES_CPUERR",
}
#: where in the area are the count of resets, that of lost connections, the time and the traps
_COUNT_AT, _CONNECTIONS_AT, _TIME_AT, _TRAPS_AT = 2, 3, 4, 12


@dataclass(frozen=True)
class Reset:
    """``kind``: a name of ResetType; ``trap`` of the first core; ``software_trap``: 0 for none."""

    kind: str
    trap: int = 0
    software_trap: int = 0


def write(table: Interface, memory: Memory, reset: Reset, *, time: SmileTime, sync: int) -> None:
    """Tell of a reset; those since power-on are counted, round at 256 (ASSUMED)."""
    power_on = reset.kind == "POWER_ON"
    values: dict[str, Value] = {
        field.name: bytes(field.type.bits // 8) if field.type.kind == "oct" else 0
        for field in _fields(table)
    }
    values |= {
        "ResetEventId": table.value("ResetType", reset.kind),
        "EvtErrCnt": 0 if power_on else _area(table, memory)[_COUNT_AT] + 1 & 0xFF,
        "ResetTime": time.coarse << 24 | time.fine_us,
        "ResetTimeSync": sync,
        "TrapCore1": reset.trap,
        "SwTrapId": reset.software_trap,
    }
    memory.write(MemoryId.RAM, EXCHANGE_AREA, pack(_fields(table), values))


def read(table: Interface, memory: Memory) -> dict[str, Any]:
    """The fields of the boot report that the area holds; the kind of reset is ``ResetEventId``."""
    return dict(unpack(_fields(table), _area(table, memory)))


def kind(table: Interface, memory: Memory) -> str:
    """A name of ResetType; UNKNOWN_CAUSE for what is none."""
    label = table.label("ResetType", read(table, memory)["ResetEventId"])
    return label if label in EVENTS or label == "POWER_ON" else "UNKNOWN_CAUSE"


def told(table: Interface, memory: Memory) -> tuple[str, dict[str, Any]] | None:
    """The event that tells of the reset, with its parameters; None after power-on."""
    why = kind(table, memory)
    if why == "POWER_ON":
        return None
    area = _area(table, memory)
    count, _, *rest = table.events[EVENTS[why]].fields
    if why == "TC_RESET":  # time and connections alone
        area = area[:_TRAPS_AT] + area[_CONNECTIONS_AT : _CONNECTIONS_AT + 1] + bytes(3)
    values = unpack(rest, area[_TIME_AT:])
    return EVENTS[why], {count.name: area[_COUNT_AT], **values}


def _fields(table: Interface) -> tuple[Field, ...]:
    """The part of the boot report that is the exchange area."""
    report = table.reports["BootRep"].fields
    return report[: [field.name for field in report].index("PcHistCore2") + 1]


def _area(table: Interface, memory: Memory) -> bytes:
    size = sum(field.type.bits for field in _fields(table)) // 8
    return memory.read(MemoryId.RAM, EXCHANGE_AREA, size)
