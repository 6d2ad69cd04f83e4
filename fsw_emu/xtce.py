# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The interface table as XTCE 1.2 (CCSDS 660.0-B-2), for Yamcs or another console.

Needs yamcs-pymdb, which is of Yamcs. A repeated octet is a binary field with its count as leading
size; other repeated groups are arrays of their count, or of aggregates where a group has more than
one field. Sequence count, length and checksum of telecommands are left to the link, as Yamcs does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yamcs.pymdb as mdb

from fsw_emu.interface.fields import Field, FieldType
from fsw_emu.interface.table import Event, Interface, Report, Telecommand


def export(table: Interface, *, name: str = "SXI") -> str:
    """The document. One container for each report and event, one command for each telecommand."""
    system = mdb.System(name)
    telemetry = _Telemetry(table, system)
    for report in table.reports.values():
        telemetry.add_report(report)
    for event in table.events.values():
        telemetry.add_event(event)
    telecommands = _Telecommands(table, system)
    for command in table.telecommands.values():
        telecommands.add(command)
    text: str = system.dumps(top_comment=False)
    return text


def _encoding(type_: FieldType) -> mdb.Encoding:
    if type_.kind == "f":
        return mdb.FloatEncoding(bits=type_.bits)
    if type_.kind == "oct":
        return mdb.BinaryEncoding(bits=type_.bits)
    signed = mdb.IntegerEncodingScheme.TWOS_COMPLEMENT
    unsigned = mdb.IntegerEncodingScheme.UNSIGNED
    return mdb.IntegerEncoding(bits=type_.bits, scheme=signed if type_.kind == "i" else unsigned)


def _kind(table: Interface, field: Field) -> tuple[str, dict[str, Any]]:
    """Which of pymdb's types, and its arguments."""
    if field.enumeration:
        labels = table.enumerations[field.enumeration]
        return "Enumerated", {"choices": [(value, label) for label, value in labels.items()]}
    if field.type.kind == "f":
        return "Float", {"bits": field.type.bits}
    if field.type.kind == "oct":
        return "Binary", {}
    ranges = {"minimum": field.least, "maximum": field.most}
    return "Integer", {"signed": field.type.kind == "i", "bits": max(field.type.bits, 8)} | {
        name: value for name, value in ranges.items() if value is not None
    }


def _groups(fields: Sequence[Field]) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """Each field with the group that it counts."""
    at = 0
    while at < len(fields):
        yield fields[at], tuple(fields[at + 1 : at + 1 + fields[at].counts])
        at += 1 + fields[at].counts


def _is_octets(group: Sequence[Field]) -> bool:
    return len(group) == 1 and group[0].type.bits == 8


class _Telemetry:
    """Containers by type and subtype below the header, those with a key below these."""

    def __init__(self, table: Interface, system: mdb.System) -> None:
        self._table = table
        self._system = system
        header = [
            *(("Version", 3), ("IsTelecommand", 1), ("HasSecondaryHeader", 1), ("Apid", 11)),
            *(("SequenceFlags", 2), ("SequenceCount", 14), ("PacketLength", 16)),
            *(("Spare1", 1), ("PusVersion", 3), ("Spare2", 4), ("Type", 8), ("Subtype", 8)),
            *(("Destination", 8), ("Coarse", 32), ("FineUs", 24), ("Sync", 8)),
        ]
        self._header = {name: self._plain(system, name, bits) for name, bits in header}
        self._parameters: dict[str, tuple[Field, Any]] = {}
        self._spares: dict[int, Any] = {}
        self._root = mdb.Container(
            system=system,
            name="Packet",
            abstract=True,
            entries=[mdb.ParameterEntry(each) for each in self._header.values()],
        )
        self._checksum = self._plain(system, "Checksum", 16)
        self._keyed: dict[tuple[int, int], tuple[mdb.Container, Any]] = {}

    def add_report(self, report: Report) -> None:
        base, condition = self._base(report.type, report.subtype, report.key)
        fields = report.fields[1:] if report.key is not None else report.fields
        self._container(report.name, base, condition, fields)

    def add_event(self, event: Event) -> None:
        base, condition = self._base(5, event.severity, event.id)
        self._container(event.name, base, condition, event.fields)

    def _base(self, type_: int, subtype: int, key: int | None) -> tuple[mdb.Container, Any]:
        condition = mdb.AndExpression(
            mdb.EqExpression(self._header["Type"], type_, calibrated=False),
            mdb.EqExpression(self._header["Subtype"], subtype, calibrated=False),
        )
        if key is None:
            return self._root, condition
        if (type_, subtype) not in self._keyed:
            name = f"Type{type_}Subtype{subtype}"
            parameter = self._plain(self._system, f"{name}Key", 16)
            container = mdb.Container(
                system=self._system,
                name=name,
                base=self._root,
                condition=condition,
                abstract=True,
                entries=[mdb.ParameterEntry(parameter)],
            )
            self._keyed[type_, subtype] = container, parameter
        container, parameter = self._keyed[type_, subtype]
        return container, mdb.EqExpression(parameter, key)

    def _container(
        self, name: str, base: mdb.Container, condition: Any, fields: Sequence[Field]
    ) -> None:
        entries = list(self._entries(name, fields))
        mdb.Container(
            system=self._system,
            name=name,
            base=base,
            condition=condition,
            entries=[*entries, mdb.ParameterEntry(self._checksum)],
        )

    def _entries(self, container: str, fields: Sequence[Field]) -> Iterator[mdb.ParameterEntry]:
        for field, group in _groups(fields):
            if field.is_spare:
                yield mdb.ParameterEntry(self._spare(field.type.bits))
            elif _is_octets(group):
                yield mdb.ParameterEntry(self._octets(container, field, group[0]))
            else:
                parameter = self._parameter(container, field)
                yield mdb.ParameterEntry(parameter)
                if group:
                    yield mdb.ParameterEntry(self._array(container, parameter, group))

    def _octets(self, container: str, count: Field, octets: Field) -> Any:
        encoding = mdb.BinaryEncoding(length_bits=count.type.bits)
        name = f"{container}_{octets.name}"
        return mdb.BinaryParameter(system=self._system, name=name, encoding=encoding)

    def _array(self, container: str, count: Any, group: Sequence[Field]) -> Any:
        data_type = _element(self._table, group)
        name = f"{container}_{next(field.name for field in group if not field.is_spare)}"
        length = mdb.ParameterValue(count)
        return mdb.ArrayParameter(
            system=self._system, name=name, data_type=data_type, length=length
        )

    def _parameter(self, container: str, field: Field) -> Any:
        """One of a name in all packets, as in the database; where two differ, by the packet."""
        before = self._parameters.get(field.name)
        if before is not None and before[0] == field:
            return before[1]
        name = field.name if before is None else f"{container}_{field.name}"
        parameter = _made("Parameter", self._table, field, system=self._system, name=name)
        if before is None:
            self._parameters[field.name] = field, parameter
        return parameter

    def _spare(self, bits: int) -> Any:
        if bits not in self._spares:
            self._spares[bits] = self._plain(self._system, f"SpareOf{bits}", bits)
        return self._spares[bits]

    @staticmethod
    def _plain(system: mdb.System, name: str, bits: int) -> Any:
        encoding = mdb.IntegerEncoding(bits=bits)
        return mdb.IntegerParameter(
            system=system, name=name, signed=False, bits=max(bits, 8), encoding=encoding
        )


class _Telecommands:
    """Commands below one abstract command with the header; source and acknowledge bits are its
    arguments."""

    def __init__(self, table: Interface, system: mdb.System) -> None:
        self._table = table
        self._system = system
        ack = mdb.IntegerArgument(
            name="Acknowledge", signed=False, default=9, encoding=mdb.IntegerEncoding(bits=4)
        )
        words = {
            name: mdb.IntegerArgument(name=name, signed=False, encoding=mdb.IntegerEncoding(bits=8))
            for name in ("Type", "Subtype")
        }
        source = mdb.IntegerArgument(
            name="Source", signed=False, default=0, encoding=mdb.IntegerEncoding(bits=8)
        )
        identification = 1 << 12 | 1 << 11 | table.apid
        self._base = mdb.Command(
            system=system,
            name="Telecommand",
            abstract=True,
            arguments=[ack, words["Type"], words["Subtype"], source],
            entries=[
                mdb.FixedValueEntry(name="PacketId", binary=identification.to_bytes(2, "big")),
                mdb.FixedValueEntry(name="SequenceControl", binary=b"\xc0\0"),
                mdb.FixedValueEntry(name="PacketLength", binary=b"\0\0"),
                mdb.FixedValueEntry(name="PusVersion", binary=b"\1", bits=4),
                *(mdb.ArgumentEntry(each) for each in (ack, *words.values(), source)),
            ],
        )

    def add(self, command: Telecommand) -> None:
        arguments: list[Any] = []
        entries: list[Any] = []
        for field, group in _groups(command.fields):
            if field.is_spare or field.fixed:
                entries.append(_fixed(field))
                continue
            if _is_octets(group):
                encoding = mdb.BinaryEncoding(length_bits=field.type.bits)
                arguments.append(mdb.BinaryArgument(name=group[0].name, encoding=encoding))
                entries.append(mdb.ArgumentEntry(arguments[-1]))
                continue
            arguments.append(_made("Argument", self._table, field, default=field.default))
            entries.append(mdb.ArgumentEntry(arguments[-1]))
            if group:
                name = next(each.name for each in group if not each.is_spare)
                data_type = _element(self._table, group)
                length = mdb.ArgumentValue(arguments[-1])
                arguments.append(mdb.ArrayArgument(name=name, data_type=data_type, length=length))
                entries.append(mdb.ArgumentEntry(arguments[-1]))
        mdb.Command(
            system=self._system,
            name=command.name,
            aliases={"MIB": command.mib},
            base=self._base,
            assignments={"Type": command.type, "Subtype": command.subtype},
            arguments=arguments,
            entries=[*entries, mdb.FixedValueEntry(name="Checksum", binary=b"\0\0")],
        )


def _fixed(field: Field) -> mdb.FixedValueEntry:
    bits = field.type.bits
    value = 0 if field.is_spare else field.type.to_int(field.default or 0, field.name)
    octets = value.to_bytes((bits + 7) // 8, "big")
    return mdb.FixedValueEntry(name=field.name, binary=octets, bits=bits)


def _made(suffix: str, table: Interface, field: Field, **more: Any) -> Any:
    """A parameter, an argument, a member or a data type of pymdb."""
    kind, arguments = _kind(table, field)
    if kind == "Enumerated" and more.get("default") is not None:
        more["default"] = table.label(field.enumeration or "", int(more["default"]))
    name = {} if suffix == "DataType" else {"name": field.name}
    encoding = _encoding(field.type)
    return getattr(mdb, kind + suffix)(**{**name, **arguments, "encoding": encoding, **more})


def _element(table: Interface, group: Sequence[Field]) -> Any:
    if len(group) == 1:
        return _made("DataType", table, group[0])
    members = [
        _made("Member", table, field, name=f"spare{at}" if field.is_spare else field.name)
        for at, field in enumerate(group)
    ]
    return mdb.AggregateDataType(members=members)
