# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An EGSE: send telecommands by name, wait for what has to come (docs/egse.md)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fsw_emu.egse.lines import Line
from fsw_emu.egse.received import VERIFICATION, Decoder, Received
from fsw_emu.interface.table import Interface, load
from fsw_emu.packets.ccsds import COUNT_MODULO
from fsw_emu.packets.pus import ACCEPTANCE, COMPLETION, START, build_tc

#: what is waited for has so long to come [s], where nothing else is said
WITHIN_S = 2.0
#: packets that an error tells of
_TOLD = 10
_STAGES = {1: "acceptance", 3: "start", 7: "completion"}
_FAILURES = {2: "acceptance", 4: "start", 8: "completion"}


class NotSeen(TimeoutError):
    """What was expected did not come in time; the text tells what came instead."""


class CommandFailed(Exception):
    """A telecommand failed; ``failure``: by its name, ``stage``: acceptance, start, completion."""

    def __init__(self, command: str, stage: str, failure: str) -> None:
        super().__init__(f"{command}: {stage} failed: {failure}")
        self.command, self.stage, self.failure = command, stage, failure


class Egse:
    """Commands and watches what is at the other end of a line.

    seen: all telemetry, in the order in which it came. strange: packets that are no telemetry.
    """

    def __init__(self, line: Line, *, table: Interface | None = None) -> None:
        self.table = table or load()
        self.seen: list[Received] = []
        self.strange = 0
        self._line = line
        self._decoder = Decoder(self.table)
        self._counts = itertools.count()
        self._mark = 0  # expect looks from here
        self._expected: set[int] = set()
        line.attach(self._take)

    async def send(
        self,
        name: str,
        *,
        ack: int = ACCEPTANCE | COMPLETION,
        source: int = 0,
        checked: bool = True,
        **values: Any,
    ) -> Sent:
        """Send a telecommand of the table: values by field, numbers or names of enumerated ones.

        ack: bits of the reports it asks for. KeyError: no such telecommand; FieldError: a value
        that does not fit, or, unless ``checked`` is off, that the table does not allow.
        """
        command = self.table.telecommands[name]
        packet = build_tc(
            apid=self.table.apid,
            count=next(self._counts) % COUNT_MODULO,
            type=command.type,
            subtype=command.subtype,
            ack=ack,
            source=source,
            data=self.table.telecommand_data(name, values, checked=checked),
        )
        return await self.put(packet, name=name)

    async def put(self, packet: bytes, *, name: str = "") -> Sent:
        """Send any bytes as a telecommand."""
        self.forget()
        sent = Sent(self, name or packet[:4].hex(), packet, len(self.seen))
        await self._line.send(packet)
        return sent

    async def expect(
        self,
        *,
        service: int | None = None,
        subtype: int | None = None,
        name: str | None = None,
        within: float = WITHIN_S,
        **values: Any,
    ) -> Received:
        """The first packet like this that came since the last telecommand or ``wait``, or comes
        within so many seconds; each is expected once.

        name: of a report or an event of the table; values: by field, as of ``send``. NotSeen;
        KeyError, ValueError for names that the table does not have.
        """
        wanted = _Wanted(self.table, self._decoder, service, subtype, name, values)

        def fits(index: int, packet: Received) -> bool:
            return index not in self._expected and wanted.fits(packet)

        index = await self.find(fits, self._mark, within, str(wanted))
        self._expected.add(index)
        return self.seen[index]

    async def wait(self, seconds: float) -> Sequence[Received]:
        """Let time pass; what came meanwhile, which ``expect`` does not look at any more."""
        start, end_s = len(self.seen), self._line.now_s() + seconds
        while self._line.now_s() < end_s - 1e-9:
            await self._line.wait(end_s)
        self.forget()
        return self.seen[start:]

    def forget(self) -> None:
        """``expect`` looks at what comes from now on."""
        self._mark = len(self.seen)
        self._expected.clear()

    async def find(
        self, fits: Callable[[int, Received], bool], start: int, within: float, what: str
    ) -> int:
        """The index in ``seen``, from ``start`` on, of the first packet that fits. NotSeen."""
        index, end_s = start, self._line.now_s() + within
        while True:
            while index < len(self.seen):
                if fits(index, self.seen[index]):
                    return index
                index += 1
            if self._line.now_s() >= end_s - 1e-9:
                raise NotSeen(f"no {what} within {within:g} s; {_told(self.seen[start:])}")
            await self._line.wait(end_s)

    def _take(self, packet: bytes, at_s: float) -> None:
        try:
            self.seen.append(self._decoder.read(packet, at_s))
        except ValueError:
            self.strange += 1


class Sent:
    """A telecommand on its way. Its stages are found whatever else is waited for, before or
    meanwhile; of two with the same first four bytes the reports cannot be told apart."""

    def __init__(self, egse: Egse, name: str, packet: bytes, start: int) -> None:
        self.name = name
        self.packet = packet
        self._egse = egse
        self._start = start

    async def accepted(self, *, within: float = WITHIN_S) -> Received:
        """The report of its acceptance. CommandFailed, NotSeen; ValueError where its acknowledge
        bits do not ask for one. So also those below."""
        return await self._stage(1, ACCEPTANCE, within)

    async def started(self, *, within: float = WITHIN_S) -> Received:
        """The report of its start."""
        return await self._stage(3, START, within)

    async def terminated(self, *, within: float = WITHIN_S) -> Received:
        """The report of its completion."""
        return await self._stage(7, COMPLETION, within)

    async def failed(self, *, within: float = WITHIN_S) -> str:
        """The name of its failure, at whatever stage. NotSeen, also where it was completed."""
        what = f"failure of {self.name}"
        index = await self._find(lambda subtype: subtype == 7 or subtype in _FAILURES, within, what)
        report = self._egse.seen[index]
        if report.tm.header.subtype == 7:
            raise NotSeen(f"no {what}: it was completed")
        return report.failure

    async def _stage(self, subtype: int, bit: int, within: float) -> Received:
        stage = _STAGES[subtype]
        if len(self.packet) > 6 and not self.packet[6] & bit:
            raise ValueError(f"{self.name} asks for no report of its {stage}")
        index = await self._find(
            lambda one: one == subtype or one in _FAILURES, within, f"{stage} of {self.name}"
        )
        report = self._egse.seen[index]
        failed_at = _FAILURES.get(report.tm.header.subtype)
        if failed_at is not None:
            raise CommandFailed(self.name, failed_at, report.failure)
        return report

    async def _find(self, fits: Callable[[int], bool], within: float, what: str) -> int:
        def of_this(_: int, packet: Received) -> bool:
            service, subtype = packet.kind
            named = packet.tm.data[:4] == self.packet[:4]
            return service == VERIFICATION and named and fits(subtype)

        return await self._egse.find(of_this, self._start, within, what)


class _Wanted:
    """What is expected of a packet."""

    def __init__(
        self,
        table: Interface,
        decoder: Decoder,
        service: int | None,
        subtype: int | None,
        name: str | None,
        values: Mapping[str, Any],
    ) -> None:
        self._kind = service, subtype
        self._name = name
        self._values = values
        self._table = table
        self._decoder = decoder
        if name is not None:
            known = {field.name: field for field in decoder.fields(name)}
            for each, value in values.items():
                if each not in known:
                    raise ValueError(f"{name} has no field {each}")
                names = table.enumerations.get(known[each].enumeration or "", {})
                if isinstance(value, str) and value not in names:
                    raise ValueError(f"{each}: {value!r} is none of {', '.join(names)}")

    def fits(self, packet: Received) -> bool:
        of = zip(self._kind, packet.kind, strict=True)
        if any(wanted not in (None, is_) for wanted, is_ in of):
            return False
        if self._name not in (None, packet.name):
            return False
        return all(self._is(packet, field, value) for field, value in self._values.items())

    def _is(self, packet: Received, field: str, wanted: Any) -> bool:
        if field not in packet.values:
            return False
        if isinstance(wanted, str):
            enumeration = next(
                each.enumeration for each in self._decoder.fields(packet.name) if each.name == field
            )
            wanted = self._table.enumerations.get(enumeration or "", {}).get(wanted, wanted)
        return bool(packet.values[field] == wanted)

    def __str__(self) -> str:
        service, subtype = (("*" if each is None else str(each)) for each in self._kind)
        kind = "" if self._kind == (None, None) else f"TM({service},{subtype})"
        values = ", ".join(f"{field}={value!r}" for field, value in self._values.items())
        return " ".join(filter(None, (kind, self._name, values))) or "telemetry"


def _told(came: Sequence[Received]) -> str:
    if not came:
        return "nothing came"
    last = ", ".join(map(str, came[-_TOLD:]))
    before = f"{len(came) - _TOLD} others, then " if len(came) > _TOLD else ""
    return f"came instead: {before}{last}"
