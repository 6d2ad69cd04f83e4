# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry parameters and what belongs to them: types, calibrations, limits, validity.

Tables pcf, cur, ocf and ocp, with those of calibrations.py (SCOS-2000 Database Import ICD).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from fsw_emu.mib.calibrations import Calibration, parse_bound, read_calibrations
from fsw_emu.mib.kinds import Kind, kind_of
from fsw_emu.mib.rows import Row, read_table

C = TypeVar("C")


@dataclass(frozen=True)
class Condition:
    """Holds when the raw value of a parameter is that one."""

    parameter: str
    raw: int


class Limit(StrEnum):
    """What a limit check found; NONE: nothing is checked."""

    NONE = ""
    OK = "ok"
    SOFT_LOW = "soft low"
    SOFT_HIGH = "soft high"
    SOFT = "soft"
    HARD_LOW = "hard low"
    HARD_HIGH = "hard high"
    HARD = "hard"


@dataclass(frozen=True)
class Check:
    """A soft or hard limit (or the status wanted: high is None then), and when it applies."""

    hard: bool
    low: float | str
    high: float | None
    applies: Condition | None


@dataclass(frozen=True)
class TelemetryParameter:
    """A row of pcf and what it points to.

    padded_bits: from its start to the next one in a variable packet; None: as its type says
    onboard_id: what identifies it in packets that name parameters
    calibrations: the first whose condition holds counts; None: always
    checked_raw: whether limits are about raw values
    """

    name: str
    description: str
    unit: str
    kind: Kind
    padded_bits: int | None
    onboard_id: int | None
    little_endian: bool
    valid_if: Condition | None
    calibrations: tuple[tuple[Condition | None, Calibration], ...]
    checks: tuple[Check, ...]
    checked_raw: bool


def read_parameters(folder: Path) -> dict[str, TelemetryParameter]:
    """All parameters by name. MibError, OSError."""
    numerical, textual = read_calibrations(folder)
    conditional: dict[str, list[Row]] = defaultdict(list)
    for row in read_table(folder, "cur"):
        conditional[row.must(0, "CUR_PNAME")].append(row)
    checks = _read_checks(folder)
    parameters: dict[str, TelemetryParameter] = {}
    for row in read_table(folder, "pcf"):
        name = row.must(0, "PCF_NAME")
        if name in parameters:
            raise row.error(f"{name} is there twice")
        known = textual if row.one_of(9, "PCF_CATEG", "NST", "N") == "S" else numerical
        calibrations = _calibrations(row, conditional[name], known)
        raw, found = checks.get(name, (False, ()))
        parameters[name] = _parameter(row, calibrations, found, raw)
    return parameters


def _parameter(
    row: Row,
    calibrations: tuple[tuple[Condition | None, Calibration], ...],
    checks: tuple[Check, ...],
    checked_raw: bool,
) -> TelemetryParameter:
    """PCF: NAME DESCR PID UNIT PTC PFC WIDTH VALID RELATED CATEG NATUR CURTX INTER USCON DECIM
    PARVAL SUBSYS VALPAR SPTYPE CORR OBTID DARC ENDIAN."""
    valid = row.text(7)
    return TelemetryParameter(
        name=row.must(0, "PCF_NAME"),
        description=row.text(1),
        unit=row.text(3),
        kind=kind_of(row.integer(4, "PCF_PTC", least=1), row.integer(5, "PCF_PFC")),
        padded_bits=row.integer(6, "PCF_WIDTH", 0) or None,
        onboard_id=row.integer(2, "PCF_PID") if row.text(2) else None,
        little_endian=row.one_of(22, "PCF_ENDIAN", "BL", "B") == "L",
        valid_if=Condition(valid, row.integer(17, "PCF_VALPAR", 1, least=-(1 << 64)))
        if valid
        else None,
        calibrations=calibrations,
        checks=checks,
        checked_raw=checked_raw,
    )


def _calibrations(
    row: Row, conditional: list[Row], known: dict[str, Calibration]
) -> tuple[tuple[Condition | None, Calibration], ...]:
    """Of PCF_CURTX, or of the rows of cur: PNAME POS RLCHK VALPAR SELECT."""
    if row.text(9) == "T":
        return ()
    if row.text(11):
        return ((None, _known(row, "PCF_CURTX", row.text(11), known)),)
    found = []
    for each in sorted(conditional, key=lambda each: each.integer(1, "CUR_POS", 0)):
        when = Condition(each.must(2, "CUR_RLCHK"), each.integer(3, "CUR_VALPAR", least=-(1 << 64)))
        found.append((when, _known(each, "CUR_SELECT", each.must(4, "CUR_SELECT"), known)))
    return tuple(found)


def _known(row: Row, what: str, name: str, known: dict[str, C]) -> C:
    if name not in known:
        raise row.error(f"{what}: there is no calibration {name} of its category")
    return known[name]


def _read_checks(folder: Path) -> dict[str, tuple[bool, tuple[Check, ...]]]:
    """Whether raw values are checked, and the limits, of each parameter.

    OCF: NAME NBCHCK NBOOL INTER CODIN; OCP: NAME POS TYPE LVALU HVALU RLCHK VALPAR. Checks of
    change (D), consistency (C) and for events (E) need more than one packet: they are left out.
    """
    heads = {}
    for row in read_table(folder, "ocf"):
        row.one_of(3, "OCF_INTER", "UC", "C")
        heads[row.must(0, "OCF_NAME")] = row
    found: dict[str, list[tuple[int, Check]]] = defaultdict(list)
    for row in read_table(folder, "ocp"):
        name = row.must(0, "OCP_NAME")
        if name not in heads:
            raise row.error(f"ocf has no {name}")
        if row.one_of(2, "OCP_TYPE", "SHDCE", "") in "SH":
            found[name].append((row.integer(1, "OCP_POS"), _check(row, heads[name])))
    return {
        name: (head.text(3) == "U", tuple(check for _, check in sorted(found[name], key=_position)))
        for name, head in heads.items()
    }


def _position(entry: tuple[int, Check]) -> int:
    return entry[0]


def _check(row: Row, head: Row) -> Check:
    hard = row.text(2) == "H"
    applies = None
    if row.text(5):
        applies = Condition(row.text(5), row.integer(6, "OCP_VALPAR", least=-(1 << 64)))
    if head.text(4) == "A":
        return Check(hard, row.must(3, "OCP_LVALU"), None, applies)
    if not row.text(4):
        return Check(hard, parse_bound(row.must(3, "OCP_LVALU"), 10), None, applies)
    low, high = row.number(3, "OCP_LVALU"), row.number(4, "OCP_HVALU")
    if low > high:
        raise row.error(f"{low}..{high} is no range")
    return Check(hard, low, high, applies)
