# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands in groups, and what is on board: memory, checksums, parameter sets, data pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from itertools import islice

from fsw_emu.egse.client import CommandFailed, Egse
from fsw_emu.egse.received import Received
from fsw_emu.egse.tables.steps import Step, Steps, pieces
from fsw_emu.egse.tables.table import FILTER_ITEMS, ParameterSet, parameter_set, set_fields

#: told of so many telecommands that were carried out
Told = Callable[[int], None]
#: telecommands on their way
_TOGETHER = 16
_HOUSEKEEPING = (3, 25)
_SID_BYTES = 2


class Unreadable(Exception):
    """What came is not what was asked for."""


class Onboard:
    """What is at the other end of an EGSE. Everything raises CommandFailed, NotSeen and
    ConnectionError.

    within: each report has so long to come [s].
    """

    def __init__(self, egse: Egse, *, within: float = 10.0, told: Told = lambda _: None) -> None:
        self.egse = egse
        self.table = egse.table
        self._within = within
        self._told = told

    async def carry_out(self, steps: Steps) -> None:
        """Several at a time, in order, each to its completion."""
        left = iter(steps)
        while some := [*islice(left, _TOGETHER)]:
            sent = [await self.egse.send(step.name, **step.values) for step in some]
            for step, one in zip(some, sent, strict=True):
                try:
                    await one.terminated(within=self._within)
                except CommandFailed:
                    if not step.may_fail:
                        raise
            self._told(len(some))

    async def dump(self, memory: str, start: int, size: int) -> bytes:
        """Memory, by service 6."""
        data = bytearray()
        async for piece in self._asked("Dump", "DumpRep", memory, start, size):
            octets = piece["BlockData"]
            assert isinstance(octets, bytes)  # noqa: S101  (the table's type)
            data += octets
        if len(data) != size:
            raise Unreadable(f"{len(data)} bytes of {size} at {start:#010x}")
        return bytes(data)

    async def checksums(self, memory: str, start: int, size: int) -> Sequence[int]:
        """Of each piece of a range, as the onboard software computes them."""
        found = []
        async for piece in self._asked("Check", "CheckRep", memory, start, size):
            crc = piece["CrcResult"]
            assert isinstance(crc, int)  # noqa: S101  (the table's type)
            found.append(crc)
        return found

    async def parameters(self, name: str) -> tuple[ParameterSet, int]:
        """A parameter set as it is reported, and the checksum that is reported with it."""
        start = len(self.egse.seen)
        await self.carry_out([Step("RepParamValues", {"ParamSetId": name})])
        report = await self._find(start, f"ParamValueRep_{name}", {})
        fields = set_fields(name, self.table)
        values = {field.name: report[field.name] for field in fields}
        checksum = self.table.reports[report.name].fields[-1].name
        crc = report[checksum]
        assert isinstance(crc, int)  # noqa: S101  (the table's type)
        return parameter_set(name, values, self.table), crc

    async def pool(self) -> Mapping[str, int]:
        """FILTER_ITEMS, all of one moment: by a housekeeping report that is made for it."""
        sid = self.table.assumed["tables"]["report"]
        items = [self.table.pool[name] for name in FILTER_ITEMS]
        own = {"SidNoCal": sid}
        await self.carry_out([Step("DelHk", own, may_fail=True)])
        numbers = [item.id for item in items]
        await self.carry_out([Step("CreHk", {**own, "Period": 0, "ParamId": numbers})])
        start = len(self.egse.seen)
        await self.carry_out([Step("EnbHk", own)])

        def fits(_: int, packet: Received) -> bool:
            named = packet.tm.data[:_SID_BYTES] == sid.to_bytes(_SID_BYTES, "big")
            return packet.kind == _HOUSEKEEPING and named

        what = f"report {sid} of the data pool"
        index = await self.egse.find(fits, start, self._within, what)
        await self.carry_out([Step("DelHk", own)])
        data, values = self.egse.seen[index].tm.data[_SID_BYTES:], {}
        if len(data) != sum(item.type.bits for item in items) // 8:
            raise Unreadable(f"{what} has {len(data)} bytes")
        for item in items:
            size = item.type.bits // 8
            values[item.name], data = int.from_bytes(data[:size], "big"), data[size:]
        return values

    async def _asked(
        self, command: str, report: str, memory: str, start: int, size: int
    ) -> AsyncIterator[Received]:
        """Reports of all pieces of a range, in order."""
        ids = self.table.enumerations["ReadMemoryId"]
        number = ids[f"MEM_RD_{memory}"]
        left = iter(pieces(start, size))
        while some := [*islice(left, _TOGETHER)]:
            mark = len(self.egse.seen)
            asked = [
                {"ReadMemoryId": number, "StartAddress": at, "BlockLength": n} for at, n in some
            ]
            await self.carry_out([Step(command, values) for values in asked])
            for values in asked:
                yield await self._find(mark, report, values)

    async def _find(self, start: int, name: str, values: Mapping[str, int]) -> Received:
        def fits(_: int, packet: Received) -> bool:
            same = all(packet.values.get(each) == value for each, value in values.items())
            return packet.name == name and same

        index = await self.egse.find(fits, start, self._within, name)
        return self.egse.seen[index]
