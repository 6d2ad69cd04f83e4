# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommand packets from names and values."""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fsw_emu.mib.arguments import Argument, Given, Raw, argument, default_of, shown_value
from fsw_emu.mib.commands import (
    MAX_COMMAND_BYTES,
    CommandParameter,
    Element,
    TelecommandDefinition,
    Verification,
)
from fsw_emu.mib.kinds import Kind, octets_of, put_raw
from fsw_emu.mib.parameters import TelemetryParameter
from fsw_emu.mib.times import Conventions

_INDEXED = re.compile(r"(.+?)\[(\d{1,6})\]")
_PRIMARY_BITS = 48
#: acknowledge bit that asks for each report (PUS-A)
_ASKS = {(1, 1): 1, (1, 3): 2, (1, 5): 4, (1, 7): 8}

#: values by name: one, or one for each occurrence; "NAME[2]" is the third occurrence of NAME
Arguments = Mapping[str, "Given | Sequence[Given]"]


@dataclass(frozen=True)
class Telecommand:
    """A telecommand packet, and what is in it.

    ack: the acknowledge bits of the header: 8 completion, 4 progress, 2 start, 1 acceptance
    arguments: in the order of the packet
    stages: the reports that the database has and the acknowledge bits ask for
    """

    name: str
    description: str
    type: int
    subtype: int
    packet: bytes
    ack: int
    arguments: tuple[Argument, ...]
    stages: tuple[Verification, ...]


def build(
    definition: TelecommandDefinition,
    arguments: Arguments,
    *,
    ack: int | None,
    count: int,
    header: Mapping[str, int],
    crc: bool,
    conventions: Conventions,
    onboard: Mapping[int, TelemetryParameter],
    onboard_ids: Mapping[str, int],
) -> Telecommand:
    """A packet; ValueError that names the field, the value and what is allowed.

    onboard: telemetry parameters by onboard id; onboard_ids: those by name and description
    """
    walk = _Walk(
        _Supply(definition, arguments),
        conventions,
        onboard_ids,
        onboard,
    )
    walk.elements(definition.elements, top=True)
    walk.supply.check_all_used(walk.used)
    head, ack_bits = _header(definition, ack, header)
    size = len(head) + walk.n_bits + (16 if crc else 0)
    if size % 8:
        raise ValueError(f"{definition.name}: its {size} bits are no whole bytes")
    if len(head) >= _PRIMARY_BITS:
        head[18:32] = _bits(_fits("the sequence count", count, 14), 14)
        head[32:48] = _bits(_fits("the packet length", size // 8 - 7, 16), 16)
    text = "".join(head) + "".join(walk.fields)
    packet = int(text or "0", 2).to_bytes(len(text) // 8, "big")
    if crc:
        packet += crc_hqx(packet, 0xFFFF).to_bytes(2, "big")
    return Telecommand(
        name=definition.name,
        description=definition.description,
        type=definition.type,
        subtype=definition.subtype,
        packet=packet,
        ack=ack_bits,
        arguments=tuple(walk.arguments),
        stages=tuple(one for one in definition.stages if ack_bits & _ASKS[one.report]),
    )


def _bits(value: int, bits: int) -> str:
    return f"{value:0{bits}b}" if bits else ""


def _fits(what: str, value: int, bits: int) -> int:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{what} is 0..{(1 << bits) - 1}, not {value}")
    return value


def _header(
    definition: TelecommandDefinition, ack: int | None, changes: Mapping[str, int]
) -> tuple[list[str], int]:
    """The bits of the header, one by one, and the acknowledge bits in it."""
    end = max((one.bit + one.bits for one in definition.header), default=0)
    bits = ["0"] * ((end + 7) // 8 * 8)
    ack_bits = sum(one.bits for one in definition.header if one.role == "K")
    ack = definition.ack if ack is None else ack
    if ack is not None and ack_bits:
        _fits("ack", ack, ack_bits)
    left, found = ack_bits, 0
    unknown = dict(changes)
    for one in definition.header:
        value = one.value
        if one.role == "A" and definition.apid is not None:
            value = definition.apid
        elif one.role == "T":
            value = definition.type
        elif one.role == "S":
            value = definition.subtype
        elif one.role == "K" and ack is not None:
            value = ack >> left - one.bits & (1 << one.bits) - 1
        for name in (one.description, one.parameter):
            value = unknown.pop(name, value)
        if one.role == "K":
            left -= one.bits
            found = found << one.bits | value
        value = _fits(f"header field {one.description}", value, one.bits)
        bits[one.bit : one.bit + one.bits] = _bits(value, one.bits)
    if unknown:
        known = ", ".join(one.description for one in definition.header)
        raise ValueError(f"the header has no {', '.join(unknown)}; it has {known}")
    return bits, found


class _Supply:
    """The values that the user gives, by parameter and occurrence."""

    def __init__(self, definition: TelecommandDefinition, arguments: Arguments) -> None:
        self.definition = definition
        elements = definition.all_elements()
        self._parameters = {one.parameter.name: one.parameter for one in elements if one.parameter}
        self._given: dict[str, dict[int, Given]] = defaultdict(dict)
        for key, value in arguments.items():
            self._add(key, value)

    def _add(self, key: str, value: Given | Sequence[Given]) -> None:
        indexed = _INDEXED.fullmatch(key)
        name = self._name(indexed[1] if indexed else key)
        kind = self._parameters[name].kind
        values: dict[int, Given]
        if indexed:
            values = {int(indexed[2]): _one(key, value)}
        elif isinstance(value, str) or not isinstance(value, Sequence):
            values = {0: value}
        elif isinstance(value, bytes) and kind.form in ("octets", "text", "deduced"):
            values = dict(enumerate([value]))
        else:
            values = dict(enumerate(value))
        if values.keys() & self._given[name].keys():
            raise ValueError(f"{key} is given twice")
        self._given[name] |= values

    def _name(self, name: str) -> str:
        """Of the parameter with that name or description, by case first."""
        for same in (str, str.lower):
            for read in (_name_of, _description_of):
                found = [p.name for p in self._parameters.values() if same(read(p)) == same(name)]
                if len(found) > 1:
                    raise ValueError(f"{name} may be any of {', '.join(found)}")
                if found:
                    return found[0]
        known = ", ".join(p.description or p.name for p in self._parameters.values())
        raise ValueError(f"{self.definition.name} has no {name}; it has {known or 'no parameter'}")

    def get(self, name: str, index: int) -> Given | None:
        return self._given[name].get(index)

    def n_given(self, name: str) -> int:
        """Occurrences up to the last one given."""
        return max(self._given[name], default=-1) + 1

    def check_all_used(self, used: Mapping[str, int]) -> None:
        for name in self._given:
            if self.n_given(name) > used.get(name, 0):
                shown = self._parameters[name].description or name
                at, room = self.n_given(name) - 1, used.get(name, 0)
                raise ValueError(f"{shown}[{at}] is given, the telecommand has room for {room}")


def _one(key: str, value: Given | Sequence[Given]) -> Given:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        raise ValueError(f"{key} is one value, not {len(value)}")
    return value


def _name_of(parameter: CommandParameter) -> str:
    return parameter.name


def _description_of(parameter: CommandParameter) -> str:
    return parameter.description


@dataclass
class _Walk:
    """The state of writing one packet."""

    supply: _Supply
    conventions: Conventions
    onboard_ids: Mapping[str, int]
    onboard: Mapping[int, TelemetryParameter]
    fields: list[str] = field(default_factory=list)  # of bits, as text
    n_bits: int = 0
    arguments: list[Argument] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)
    named: TelemetryParameter | None = None

    def put(self, value: int, bits: int) -> None:
        self.n_bits += bits
        if self.n_bits > 8 * MAX_COMMAND_BYTES:
            raise ValueError(f"the packet would be longer than {MAX_COMMAND_BYTES} bytes")
        self.fields.append(_bits(value, bits))

    def elements(self, elements: Sequence[Element], *, top: bool, gap: bool = True) -> None:
        for element in elements:
            if gap:
                self.put(0, element.gap)
            gap = True
            if element.parameter is None:
                self.put(element.area, element.bits)
                times = element.area if element.group else 0
            else:
                times = self.parameter(element, element.parameter, top=top)
            for i in range(times):
                # a gap before the group is there once
                self.elements(element.group, top=False, gap=i == 0)

    def parameter(self, element: Element, parameter: CommandParameter, *, top: bool) -> int:
        """Write one; how often it repeats its group."""
        index = self.used.get(parameter.name, 0)
        self.used[parameter.name] = index + 1
        shown = parameter.description or parameter.name
        if index or self.supply.n_given(parameter.name) > 1:
            shown = f"{shown}[{index}]"
        try:
            kind = self.kind(parameter)
            supplied = self.supply.get(parameter.name, index)
            if supplied is not None and not element.fixed:
                one = self.argument(parameter, kind, supplied)
            else:
                one = self.argument(parameter, kind, self.default(element, parameter, top=top))
                if supplied is not None and self.argument(parameter, kind, supplied) != one:
                    raise ValueError(f"it is fixed to {shown_value(one.value)}, not {supplied!r}")
            self.write(one, element, parameter, kind)
        except ValueError as error:
            raise ValueError(f"{shown}: {error}") from None
        self.arguments.append(one)
        if parameter.names_parameter:
            self.named = self.onboard.get(one.raw) if isinstance(one.raw, int) else None
        if not element.group:
            return 0
        if not isinstance(one.raw, int) or one.raw < 0:
            raise ValueError(f"{shown}: {one.raw!r} is no number of repetitions")
        return one.raw

    def kind(self, parameter: CommandParameter) -> Kind:
        if parameter.kind.form != "deduced":
            return parameter.kind
        if self.named is None:
            raise ValueError("no parameter before it says of what type it is")
        return self.named.kind

    def argument(self, parameter: CommandParameter, kind: Kind, given: Given) -> Argument:
        return argument(
            parameter, kind, given, conventions=self.conventions, onboard=self.onboard_ids
        )

    def default(self, element: Element, parameter: CommandParameter, *, top: bool) -> Given:
        """What a value is that the user does not give."""
        if element.group and top and not element.fixed:
            inside = [one.parameter.name for one in element.group if one.parameter]
            n_inside = max((self.supply.n_given(name) for name in inside), default=0)
            if n_inside:
                return Raw(n_inside)
        if element.default:
            return default_of(element.default, parameter, is_value=element.default_is_value)
        if parameter.default:
            return default_of(parameter.default, parameter, is_value=parameter.default_is_value)
        raise ValueError("it has no default and needs a value")

    def write(
        self, one: Argument, element: Element, parameter: CommandParameter, kind: Kind
    ) -> None:
        if kind.bits is None and kind.form in ("octets", "text"):
            octets = octets_of(one.raw)
            if element.bits and 8 * len(octets) > element.bits:
                raise ValueError(f"{len(octets)} bytes, {element.bits // 8} are the most")
            count_bits = self.conventions.string_count_bits
            self.put(_fits("the length", len(octets), count_bits), count_bits)
            self.put(int.from_bytes(octets, "big"), 8 * len(octets))
            return
        bits = (0 if parameter.kind.form == "deduced" else element.bits) or kind.bits
        if bits is None:
            raise ValueError(f"{kind} is not supported")
        self.put(put_raw(one.raw, kind, bits, little=parameter.little_endian), bits)
