# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Parameter types: PTC and PFC, and the bits of raw values (ECSS-E-70-41A 23.5, SCOS-2000)."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fsw_emu.mib.times import time_bits

#: as it is in the packet: times are the whole field, bit strings too
RawValue = int | float | bytes | str
#: what it means; None where it means nothing (no text, outside a curve)
Value = int | float | bytes | str | datetime | None

Form = Literal[
    "unsigned", "signed", "real", "octets", "text", "time", "delta", "deduced", "unsupported"
]


@dataclass(frozen=True)
class Kind:
    """A type; bits None: the length is in the packet."""

    ptc: int
    pfc: int
    form: Form
    bits: int | None

    def __str__(self) -> str:
        return f"PTC {self.ptc} PFC {self.pfc}"


_INTEGER_BITS = {13: 24, 14: 32, 15: 48, 16: 64}
_REAL_BITS = {1: 32, 2: 64, 3: 32, 4: 48}


def kind_of(ptc: int, pfc: int) -> Kind:
    """The type of a pair of codes; of the form "unsupported" for one that is not read here."""
    form, bits = _form(ptc, pfc)
    return Kind(ptc, pfc, form, bits)


def _form(ptc: int, pfc: int) -> tuple[Form, int | None]:
    unsupported: tuple[Form, None] = ("unsupported", None)
    match ptc:
        case 1:
            return "unsigned", max(pfc, 1)
        case 2 if 1 <= pfc <= 64:
            return "unsigned", pfc
        case 3 | 4 if pfc <= 16:
            return ("unsigned" if ptc == 3 else "signed"), _INTEGER_BITS.get(pfc, pfc + 4)
        case 5 if pfc in _REAL_BITS:
            return "real", _REAL_BITS[pfc]
        case 6 if pfc:
            return "unsigned", pfc
        case 7 | 8:
            return ("octets" if ptc == 7 else "text"), 8 * pfc or None
        case 9 if time_bits(pfc):
            return "time", time_bits(pfc)
        case 10 if time_bits(pfc) and pfc >= 3:
            return "delta", time_bits(pfc)
        case 11:
            return "deduced", None
    return unsupported


def take_bits(data: bytes, at: int, bits: int) -> int:
    """``bits`` bits from bit ``at``; ValueError where they are not all there."""
    end = at + bits
    if at < 0 or end > 8 * len(data):
        raise ValueError(f"bits {at}..{end - 1} are beyond its {len(data)} bytes")
    last = (end + 7) // 8
    return int.from_bytes(data[at // 8 : last], "big") >> 8 * last - end & (1 << bits) - 1


def take_raw(
    data: bytes, at: int, kind: Kind, *, little: bool = False, count_bits: int = 8
) -> tuple[RawValue, int]:
    """The raw value at bit ``at`` and the bits it takes. ValueError where it is not all there."""
    if kind.bits is None:
        if kind.form not in ("octets", "text"):
            raise ValueError(f"{kind} is not supported")
        length = take_bits(data, at, count_bits)
        field = take_bits(data, at + count_bits, 8 * length)
        return _octets(field, length, kind), count_bits + 8 * length
    field = take_bits(data, at, kind.bits)
    if kind.form in ("octets", "text"):
        return _octets(field, kind.bits // 8, kind), kind.bits
    if little and kind.bits % 8 == 0:
        field = _swapped(field, kind.bits)
    if kind.form == "signed":
        return field - (field >> kind.bits - 1 << kind.bits), kind.bits
    if kind.form == "real":
        return _real(field, kind), kind.bits
    return field, kind.bits


def put_raw(raw: RawValue, kind: Kind, bits: int, *, little: bool = False) -> int:
    """The field of ``bits`` bits of a raw value of fixed length; ValueError if it does not fit."""
    if kind.form in ("octets", "text"):
        octets = octets_of(raw)
        if len(octets) > bits // 8:
            raise ValueError(f"{len(octets)} bytes, {bits // 8} are the most")
        return int.from_bytes(octets.ljust(bits // 8, b"\0"), "big")
    if isinstance(raw, str | bytes):
        raise ValueError(f"{raw!r} is no number")
    if kind.form == "real":
        field = _real_field(float(raw), kind)
        width = kind.bits or 0
        if width != bits:
            raise ValueError(f"a real number of {width} bits in a field of {bits}")
    else:
        field = _integer_field(raw, bits, signed=kind.form == "signed")
    return _swapped(field, bits) if little and bits % 8 == 0 else field


def octets_of(raw: RawValue) -> bytes:
    """The bytes of a string; ValueError for what is none."""
    if isinstance(raw, bytes):
        return raw
    if not isinstance(raw, str):
        raise ValueError(f"{raw!r} is no string")
    return raw.encode("latin-1", errors="strict")


def _octets(field: int, length: int, kind: Kind) -> bytes | str:
    octets = field.to_bytes(length, "big")
    return octets.decode("latin-1").rstrip("\0") if kind.form == "text" else octets


def _swapped(field: int, bits: int) -> int:
    return int.from_bytes(field.to_bytes(bits // 8, "little"), "big")


def _integer_field(raw: int | float, bits: int, *, signed: bool) -> int:
    if raw != int(raw):
        raise ValueError(f"{raw} is no whole number")
    least = -(1 << bits - 1) if signed else 0
    most = least + (1 << bits) - 1
    if not least <= raw <= most:
        raise ValueError(f"{raw} does not fit its {bits} bits ({least}..{most})")
    return int(raw) & (1 << bits) - 1


_MANTISSA = {3: 23, 4: 39}  # MIL-STD-1750A: bits behind the sign


def _real(field: int, kind: Kind) -> float:
    match kind.pfc:
        case 1:
            return float(struct.unpack(">f", field.to_bytes(4, "big"))[0])
        case 2:
            return float(struct.unpack(">d", field.to_bytes(8, "big"))[0])
    if kind.pfc == 3:
        mantissa, exponent = field >> 8, field & 0xFF
    else:
        mantissa, exponent = field >> 24 << 16 | field & 0xFFFF, field >> 16 & 0xFF
    bits = _MANTISSA[kind.pfc]
    mantissa -= mantissa >> bits << bits + 1
    exponent -= exponent >> 7 << 8
    return math.ldexp(mantissa, exponent - bits)


def _real_field(raw: float, kind: Kind) -> int:
    if kind.pfc == 2:
        return int.from_bytes(struct.pack(">d", raw), "big")
    if kind.pfc == 1:
        try:
            return int.from_bytes(struct.pack(">f", raw), "big")
        except OverflowError:
            raise ValueError(f"{raw} does not fit a real number of 32 bits") from None
    if not math.isfinite(raw):
        raise ValueError(f"{raw} does not fit {kind}")
    bits = _MANTISSA[kind.pfc]
    fraction, exponent = math.frexp(raw)
    if fraction == -0.5:  # the bit behind the sign is its opposite
        fraction, exponent = -1.0, exponent - 1
    mantissa = round(math.ldexp(fraction, bits))
    if mantissa >> bits == 1:  # rounded up to 1.0
        mantissa, exponent = mantissa >> 1, exponent + 1
    if exponent > 127:
        raise ValueError(f"{raw} does not fit {kind}")
    if exponent < -128:
        mantissa, exponent = 0, 0
    mantissa &= (1 << bits + 1) - 1
    exponent &= 0xFF
    if kind.pfc == 3:
        return mantissa << 8 | exponent
    return mantissa >> 16 << 24 | exponent << 16 | mantissa & 0xFFFF
