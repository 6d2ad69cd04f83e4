# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What a SCOS-2000 database leaves to the mission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """How packets are made, where the tables do not say it.

    fine: what the fine part of a CUC time counts: 2^-8, 2^-16, 2^-24 s, or microseconds
    epoch: 0 of the onboard time; None: times are numbers, in seconds
    time_byte: where the time of a telemetry packet begins, counted from the packet's first byte
    time_pfc: its format (PTC 9); None: packets have no time
    dfhsize_from: whether PID_DFHSIZE counts from the packet's first byte, or from behind the
        primary header as the import document says
    crc: whether a telemetry packet ends with a CRC-16/CCITT-FALSE
    string_count_bits: size of the count before a string of variable length (ASSUMED 8)
    """

    fine: Literal["binary", "microseconds"] = "binary"
    epoch: datetime | None = None
    time_byte: int = 10
    time_pfc: int | None = 18
    dfhsize_from: Literal["packet", "secondary"] = "secondary"
    crc: bool = True
    string_count_bits: int = 8


#: ECSS-E-70-41A 23.5: format codes of CUC times; those before are CDS
_FIRST_CUC, _LAST_CUC, _UNIX_TIME = 3, 18, 30
_DAY_SECONDS = 86_400


def time_bits(pfc: int) -> int | None:
    """Width of a time of that format; None for one that is not read here."""
    if _FIRST_CUC <= pfc <= _LAST_CUC:
        coarse, fine = _cuc_bytes(pfc)
        return 8 * (coarse + fine)
    return {1: 48, 2: 64, _UNIX_TIME: 64}.get(pfc)


def _cuc_bytes(pfc: int) -> tuple[int, int]:
    return (pfc + 1) // 4, (pfc + 1) % 4


def _fine_unit(fine_bytes: int, conventions: Conventions) -> int:
    """Parts of a second that the fine field counts."""
    return 1_000_000 if conventions.fine == "microseconds" else 1 << 8 * fine_bytes


def read_time(raw: int, pfc: int, conventions: Conventions, *, relative: bool) -> float | datetime:
    """Seconds, or the date where there is an epoch. ValueError for fields beyond their range.

    A relative time is signed, in two's complement of the whole field.
    """
    if pfc in (1, 2, _UNIX_TIME):
        seconds, microseconds = _split(raw, pfc)
    else:
        n_fine = _cuc_bytes(pfc)[1]
        if relative and raw >> (time_bits(pfc) or 0) - 1:
            raw -= 1 << (time_bits(pfc) or 0)
        seconds, fine = raw >> 8 * n_fine, raw & (1 << 8 * n_fine) - 1
        unit = _fine_unit(n_fine, conventions)
        if fine >= unit:
            raise ValueError(f"{fine} microseconds in a second")
        if relative or conventions.epoch is None:
            return seconds + fine / unit
        microseconds = round(fine * 1_000_000 / unit)
    epoch = _UNIX if pfc == _UNIX_TIME else conventions.epoch
    if relative or epoch is None:
        return seconds + microseconds / 1_000_000
    try:
        return epoch + timedelta(seconds=seconds, microseconds=microseconds)
    except OverflowError:
        raise ValueError(f"{seconds} s is beyond all dates") from None


def _split(raw: int, pfc: int) -> tuple[int, int]:
    """Seconds and microseconds of CDS and UNIX times."""
    if pfc == _UNIX_TIME:
        return raw >> 32, raw & 0xFFFF_FFFF
    below = raw & 0xFFFF if pfc == 2 else 0
    milliseconds = (raw >> 16 if pfc == 2 else raw) & 0xFFFF_FFFF
    days = raw >> (48 if pfc == 2 else 32)
    if milliseconds >= _DAY_SECONDS * 1000:
        raise ValueError(f"{milliseconds} ms in a day")
    return days * _DAY_SECONDS + milliseconds // 1000, milliseconds % 1000 * 1000 + below


def write_time(
    value: float | datetime, pfc: int, conventions: Conventions, *, relative: bool
) -> int:
    """The field of a time, to the nearest step; ValueError for what does not fit."""
    bits = time_bits(pfc) or 0
    microseconds = _microseconds(value, pfc, conventions)
    seconds, below = divmod(microseconds, 1_000_000)
    if pfc == _UNIX_TIME:
        raw = seconds << 32 | below
    elif pfc in (1, 2):
        days, second = divmod(seconds, _DAY_SECONDS)
        raw = days << 32 | second * 1000 + below // 1000
        raw = raw << 16 | below % 1000 if pfc == 2 else raw
    elif isinstance(value, float) and conventions.fine == "binary":
        raw = round(value * (1 << 8 * _cuc_bytes(pfc)[1]))
    else:
        n_fine = _cuc_bytes(pfc)[1]
        unit = _fine_unit(n_fine, conventions)
        raw = (seconds << 8 * n_fine) + (below * unit // 1_000_000 if n_fine else 0)
    least = -(1 << bits - 1) if relative else 0
    if not least <= raw < least + (1 << bits):
        raise ValueError(f"{value} does not fit the {bits} bits of the time")
    return raw & (1 << bits) - 1


def _microseconds(value: float | datetime, pfc: int, conventions: Conventions) -> int:
    if not isinstance(value, datetime):
        if not abs(value) < float("inf"):
            raise ValueError(f"{value} is no time")
        return round(value * 1_000_000)
    epoch = _UNIX if pfc == _UNIX_TIME else conventions.epoch
    if epoch is None:
        raise ValueError("a date needs an epoch, which the reader was not told")
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - epoch) // timedelta(microseconds=1)
