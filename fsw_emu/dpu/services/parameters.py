# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 211: items of the data pool are given values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.onboard import Onboard, Passive
from fsw_emu.interface.fields import Value
from fsw_emu.interface.table import PoolItem

#: the type of the items, or of the elements of arrays, that each type of parameter is for
#: (MIB v1.8.1; that bool is for u8 is ASSUMED: the data pool has no bool)
TYPES: Mapping[str, str] = {
    "PAR_BOOL": "u8",
    "PAR_CUC": "cuc",
    "PAR_FLOAT": "f32",
    "PAR_INT8": "i8",
    "PAR_INT16": "i16",
    "PAR_INT32": "i32",
    "PAR_UINT8": "u8",
    "PAR_UINT16": "u16",
    "PAR_UINT32": "u32",
}
_SERVICE = 211
_TYPE, _NUMBER, _ITEM, _ELEMENT, _VALUE = range(5)  # places of the fields


@dataclass(frozen=True)
class Update:
    """One of a telecommand. ``item`` None: there is none of this identifier."""

    item: PoolItem | None
    element: int
    value: Value


class Parameters(Passive):
    """Writes all items that a telecommand names, or none. A bool is 1 or, for anything but that, 0
    where it is 0 (ASSUMED). What is measured, and the states that the software itself keeps, are no
    parameters: ACK_ILL_DID (ASSUMED)."""

    def __init__(self, onboard: Onboard) -> None:
        self._table, self._pool = onboard.table, onboard.pool
        self._kept: Sequence[str] = onboard.table.assumed["parameters"]["kept"]

    def handlers(self) -> Mapping[str, Handler]:
        handler = Handler(run=self._write, accept=self._check)
        commands = self._table.telecommands.values()
        return {each.name: handler for each in commands if each.type == _SERVICE}

    def _check(self, command: Command) -> str | None:
        wanted = TYPES[self._type(command)]
        updates = [*self._updates(command)]
        if not updates:
            return "ACK_ILL_NDI"
        for update in updates:
            item = update.item
            if item is None or not self._is_parameter(item.name):
                return "ACK_ILL_DID"
            if (item.element or item.type).name != wanted:
                return "ACK_ILL_PTYP"
            if update.element >= max(item.n_elements, 1):
                return "ACK_ILL_ELEM"
        return None

    def _is_parameter(self, name: str) -> bool:
        kept = any(fnmatchcase(name, pattern) for pattern in self._kept)
        return not kept and not self._pool.is_measured(name)

    def _write(self, command: Command) -> None:
        for update in self._updates(command):
            assert update.item is not None  # noqa: S101  (checked)
            if update.item.element is None:
                self._pool[update.item.name] = update.value
            else:
                self._pool.set_element(update.item.name, update.element, update.value)

    def _updates(self, command: Command) -> Iterator[Update]:
        names = [field.name for field in command.definition.fields]
        items, elements = (command.several(names[at]) for at in (_ITEM, _ELEMENT))
        values: Any = command.values[names[_VALUE]]
        truth = self._type(command) == "PAR_BOOL"
        for identifier, element, value in zip(items, elements, values, strict=True):
            item = self._table.pool_by_id.get(identifier)
            yield Update(item, element, int(value != 0) if truth else value)

    def _type(self, command: Command) -> str:
        key = command.definition.key
        assert key is not None  # noqa: S101  (the first field is the type)
        return self._table.label("ParamType", key)
