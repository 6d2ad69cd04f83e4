# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands: their headers, elements, parameters, ranges and verification stages.

Tables tcp, pcdf, pcpc, ccf, cdf, cpc, prf, prv, cvs and cvp, with the calibrations cca and paf
(SCOS-2000 Database Import ICD).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fsw_emu.mib.calibrations import Curve, Texts, parse_bound, read_decalibrations
from fsw_emu.mib.kinds import Kind, kind_of
from fsw_emu.mib.rows import Row, parse_number, read_table

F = TypeVar("F")

#: 16 bits of length behind the primary header
MAX_COMMAND_BYTES = 6 + (1 << 16)

_SHOWN_RANGES = 12


@dataclass(frozen=True)
class Ranges:
    """What values are allowed: pairs of bounds, both included, or texts (equal pairs)."""

    raw: bool
    pairs: tuple[tuple[float | str, float | str], ...]

    def __str__(self) -> str:
        return ", ".join(str(low) if low == high else f"{low}..{high}" for low, high in self.pairs)

    def shortly(self) -> str:
        """The first of them, for a message."""
        more = len(self.pairs) - _SHOWN_RANGES
        if more <= 0:
            return str(self)
        return f"{Ranges(self.raw, self.pairs[:_SHOWN_RANGES])} and {more} more"


@dataclass(frozen=True)
class CommandParameter:
    """A row of cpc and what it points to.

    radix: of whole numbers in its defaults
    names_parameter: whether its value is the onboard id of a telemetry parameter
    default: as in the table, an engineering value if ``default_is_value``
    """

    name: str
    description: str
    unit: str
    kind: Kind
    radix: int
    little_endian: bool
    curve: Curve | None
    texts: Texts | None
    ranges: Ranges | None
    names_parameter: bool
    default: str
    default_is_value: bool


@dataclass(frozen=True)
class Element:
    """A piece of a telecommand, behind the one before it; a row of cdf.

    gap: bits (0) before it; bits: its width
    parameter: None for a fixed area, whose content is ``area``
    fixed: whether its value cannot be chosen
    group: the elements that its value repeats
    """

    description: str
    gap: int
    bits: int
    parameter: CommandParameter | None
    area: int
    fixed: bool
    default: str
    default_is_value: bool
    group: tuple[Element, ...]


@dataclass(frozen=True)
class HeaderField:
    """A row of pcdf. role: F fixed, A APID, T type, S subtype, K acknowledge bits, P parameter."""

    description: str
    parameter: str
    role: str
    bit: int
    bits: int
    value: int


@dataclass(frozen=True)
class Verification:
    """A stage that the ground waits for.

    report: type and subtype of the report of success
    start_s, timeout_s: when to begin and to end waiting, from the release [s]
    """

    report: tuple[int, int]
    start_s: int
    timeout_s: int


@dataclass(frozen=True)
class TelecommandDefinition:
    """A row of ccf and what it points to; ack None: as the header has it."""

    name: str
    description: str
    type: int
    subtype: int
    apid: int | None
    ack: int | None
    header: tuple[HeaderField, ...]
    elements: tuple[Element, ...]
    stages: tuple[Verification, ...]

    def all_elements(self) -> Iterator[Element]:
        """All elements, those of groups behind their counter."""
        stack = list(reversed(self.elements))
        while stack:
            element = stack.pop()
            yield element
            stack += reversed(element.group)


def read_commands(folder: Path) -> dict[str, TelecommandDefinition]:
    """All telecommands by name (CCF_CNAME). MibError, OSError.

    CCF: CNAME DESCR DESCR2 CTYPE CRITICAL PKTID TYPE STYPE APID NPARS PLAN EXEC ILSCOPE ILSTAGE
    SUBSYS HIPRI MAPID DEFSET RAPID ACK SUBSCHEDID.
    """
    headers = _read_headers(folder)
    elements = _read_elements(folder, _read_parameters(folder))
    stages = _read_stages(folder)
    commands: dict[str, TelecommandDefinition] = {}
    for row in read_table(folder, "ccf"):
        name = row.must(0, "CCF_CNAME")
        if name in commands:
            raise row.error(f"{name} is there twice")
        header = row.text(5)
        if not headers.get(header):
            raise row.error(f"CCF_PKTID: pcdf has no header {header or 'without a name'}")
        commands[name] = TelecommandDefinition(
            name=name,
            description=row.text(1),
            type=row.integer(6, "CCF_TYPE", 0),
            subtype=row.integer(7, "CCF_STYPE", 0),
            apid=row.integer(8, "CCF_APID") if row.text(8) else None,
            ack=row.integer(19, "CCF_ACK") if row.text(19) else None,
            header=headers[header],
            elements=elements.get(name, ()),
            stages=tuple(stages[name]),
        )
    return commands


def _read_headers(folder: Path) -> dict[str, tuple[HeaderField, ...]]:
    """PCDF: TCNAME DESC TYPE LEN BIT PNAME VALUE RADIX; tcp names them, pcpc names parameters."""
    names = [row.must(0, "TCP_ID") for row in read_table(folder, "tcp")]
    known = {row.must(0, "PCPC_PNAME") for row in read_table(folder, "pcpc")}
    found: dict[str, list[HeaderField]] = {name: [] for name in names}
    for row in read_table(folder, "pcdf"):
        name = row.must(0, "PCDF_TCNAME")
        if name not in found:
            raise row.error(f"tcp has no {name}")
        parameter = row.text(5)
        if parameter and parameter not in known:
            raise row.error(f"PCDF_PNAME: pcpc has no {parameter}")
        bits, bit = row.integer(3, "PCDF_LEN", least=1), row.integer(4, "PCDF_BIT")
        if bit + bits > 8 * 256:
            raise row.error(f"a header that ends at bit {bit + bits}")
        value = row.number(6, "PCDF_VALUE", radix=row.radix(7, "PCDF_RADIX"), default=0)
        if value != int(value) or not 0 <= value < 1 << bits:
            raise row.error(f"PCDF_VALUE: {value} does not fit {bits} bits")
        role = row.one_of(2, "PCDF_TYPE", "FATSKP", "F")
        found[name].append(HeaderField(row.text(1), parameter, role, bit, bits, int(value)))
    return {name: tuple(sorted(each, key=lambda one: one.bit)) for name, each in found.items()}


def _read_parameters(folder: Path) -> dict[str, CommandParameter]:
    """CPC: PNAME DESCR PTC PFC DISPFMT RADIX UNIT CATEG PRFREF CCAREF PAFREF INTER DEFVAL CORR
    OBTID DESCR2 ENDIAN."""
    curves, texts = read_decalibrations(folder)
    ranges = _read_ranges(folder)
    parameters = {}
    for row in read_table(folder, "cpc"):
        name = row.must(0, "CPC_PNAME")
        category = row.one_of(7, "CPC_CATEG", "CTBAPN", "N")
        parameters[name] = CommandParameter(
            name=name,
            description=row.text(1),
            unit=row.text(6),
            kind=kind_of(row.integer(2, "CPC_PTC", least=1), row.integer(3, "CPC_PFC")),
            radix=row.radix(5, "CPC_RADIX"),
            little_endian=row.one_of(16, "CPC_ENDIAN", "BL", "B") == "L",
            curve=_found(row, 9, "CPC_CCAREF", curves) if category in "CB" else None,
            texts=_found(row, 10, "CPC_PAFREF", texts) if category in "TB" else None,
            ranges=_found(row, 8, "CPC_PRFREF", ranges),
            names_parameter=category == "P",
            default=row.text(12),
            default_is_value=row.one_of(11, "CPC_INTER", "RE", "R") == "E",
        )
    return parameters


def _found(row: Row, column: int, what: str, known: Mapping[str, F]) -> F | None:
    name = row.text(column)
    if name and name not in known:
        raise row.error(f"{what}: there is no {name}")
    return known.get(name)


def _read_ranges(folder: Path) -> dict[str, Ranges]:
    """PRF: NUMBR DESCR INTER DSPFMT RADIX NRANGE UNIT; PRV: NUMBR MINVAL MAXVAL."""
    heads = {}
    for row in read_table(folder, "prf"):
        row.one_of(2, "PRF_INTER", "RE", "R")
        row.radix(4, "PRF_RADIX")
        heads[row.must(0, "PRF_NUMBR")] = row
    pairs: dict[str, list[tuple[float | str, float | str]]] = defaultdict(list)
    for row in read_table(folder, "prv"):
        name = row.must(0, "PRV_NUMBR")
        if name not in heads:
            raise row.error(f"prf has no {name}")
        head = heads[name]
        least, most = row.must(1, "PRV_MINVAL"), row.text(2) or row.text(1)
        if head.text(3) == "A":
            pairs[name].append((least, least))
            continue
        if head.text(3) in ("T", "D"):  # bounds of times are not checked
            continue
        radix = head.radix(4, "PRF_RADIX")
        low, high = parse_bound(least, radix), parse_bound(most, radix)
        if isinstance(low, str) or isinstance(high, str) or low > high:
            raise row.error(f"{least}..{most} is no range of numbers")
        pairs[name].append((low, high))
    return {name: Ranges(head.text(2) != "E", tuple(pairs[name])) for name, head in heads.items()}


def _read_elements(
    folder: Path, parameters: Mapping[str, CommandParameter]
) -> dict[str, tuple[Element, ...]]:
    """Of each telecommand. CDF: CNAME ELTYPE DESCR ELLEN BIT GRPSIZE PNAME INTER VALUE TMID."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in read_table(folder, "cdf"):
        rows[row.must(0, "CDF_CNAME")].append(row)
    found = {}
    for name, each in rows.items():
        each.sort(key=lambda row: row.integer(4, "CDF_BIT"))
        found[name] = _elements(each, parameters, _gaps(each))
    return found


def _gaps(rows: Sequence[Row]) -> dict[int, int]:
    """Bits between each row's element and the one before it, by line."""
    gaps, at = {}, 0
    for row in rows:
        bit = row.integer(4, "CDF_BIT")
        if bit < at:
            raise row.error(f"CDF_BIT: bit {bit} is in the element before it, which ends at {at}")
        if bit > 8 * MAX_COMMAND_BYTES:
            raise row.error(f"CDF_BIT: bit {bit} is in no packet")
        gaps[row.line] = bit - at
        at = bit + row.integer(3, "CDF_ELLEN")
    return gaps


def _elements(
    rows: Sequence[Row],
    parameters: Mapping[str, CommandParameter],
    gaps: Mapping[int, int],
    depth: int = 0,
) -> tuple[Element, ...]:
    if depth > 32:
        raise rows[0].error("groups lie too deep in each other")
    elements: list[Element] = []
    at = 0
    while at < len(rows):
        row = rows[at]
        size = row.integer(5, "CDF_GRPSIZE", 0)
        if size > len(rows) - at - 1:
            raise row.error(f"CDF_GRPSIZE: {size} elements are not left")
        inside = rows[at + 1 : at + 1 + size]
        group = _elements(inside, parameters, gaps, depth + 1) if size else ()
        elements.append(_element(row, parameters, gaps[row.line], group))
        at += 1 + size
    return tuple(elements)


def _element(
    row: Row, parameters: Mapping[str, CommandParameter], gap: int, group: tuple[Element, ...]
) -> Element:
    role = row.one_of(1, "CDF_ELTYPE", "AFE", "E")
    name, value, bits = row.text(6), row.text(8), row.integer(3, "CDF_ELLEN")
    if bits > 8 * MAX_COMMAND_BYTES:
        raise row.error(f"CDF_ELLEN: {bits} bits are no packet")
    parameter, area = parameters.get(name), 0
    if role == "A":
        area = int(row.reading(lambda: parse_number(value or "0", 16), "CDF_VALUE"))
        if not bits or not 0 <= area < 1 << bits:
            raise row.error(f"CDF_VALUE: {value} does not fit {bits} bits")
        parameter = None
    elif parameter is None:
        raise row.error(f"CDF_PNAME: cpc has no {name or 'parameter without a name'}")
    elif not bits and parameter.kind.bits is not None:
        bits = parameter.kind.bits
    inter = row.one_of(7, "CDF_INTER", "REDT", "R")
    return Element(
        description=row.text(2),
        gap=gap,
        bits=bits,
        parameter=parameter,
        area=area,
        fixed=role != "E",
        default="" if inter == "D" else value,
        default_is_value=inter == "E",
        group=group,
    )


def _read_stages(folder: Path) -> defaultdict[str, list[Verification]]:
    """Stages of each telecommand, in their order.

    CVS: ID TYPE SOURCE START INTERVAL SPID UNCERTAINTY; CVP: TASK TYPE CVSID.
    """
    known: dict[int, Verification] = {}
    for row in read_table(folder, "cvs"):
        stage = row.one_of(1, "CVS_TYPE", "ASC0123456789", "")
        subtype = {"A": 1, "S": 3, "C": 7}.get(stage, 5)
        start = row.integer(3, "CVS_START", 0)
        end = start + row.integer(4, "CVS_INTERVAL", 0)
        known[row.integer(0, "CVS_ID")] = Verification((1, subtype), start, end)
    found: defaultdict[str, list[Verification]] = defaultdict(list)
    for row in read_table(folder, "cvp"):
        number = row.integer(2, "CVP_CVSID")
        if number not in known:
            raise row.error(f"cvs has no {number}")
        if row.text(1) != "S":  # of a sequence
            found[row.must(0, "CVP_TASK")].append(known[number])
    for stages in found.values():
        stages.sort(key=lambda stage: stage.report)
    return found
