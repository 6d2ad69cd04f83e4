# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Fields of packets: what the table says of one, and bits to values and back."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: what a field holds: cuc is seconds << 24 | microseconds; a repeated field has one for each time,
#: repeated octets are bytes
Value = int | float | bytes
Values = Mapping[str, Value | Sequence[Value]]

_TEXT = re.compile(
    r"(?P<name>\w+) (?P<type>[a-z]+)(?P<size>\d*)(?: \*(?P<counts>\d+))?(?: = (?P<default>\S+))?"
    r"(?: of (?P<of>\w+))?(?: in (?P<least>\w+)\.\.(?P<most>\w+))?(?P<fixed> fixed)?"
)
_FLOAT = struct.Struct(">f")


class FieldError(ValueError):
    """A value that does not fit; ``field`` is the name."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


@dataclass(frozen=True)
class FieldType:
    """``kind``: u (also bool and cuc), i, f or oct; ``bits`` wide."""

    name: str
    kind: str
    bits: int

    @classmethod
    def of(cls, text: str) -> FieldType:
        """From the table's word; ValueError."""
        match = re.fullmatch(r"(u|i|f|oct)(\d+)|(bool|cuc)", text)
        if match is None:
            raise ValueError(f"{text!r} is no type of field")
        if match[3]:
            return cls(text, "u", 1 if text == "bool" else 56)
        size = int(match[2])
        return cls(text, match[1], size * 8 if match[1] == "oct" else size)

    @property
    def least(self) -> int:
        return -(1 << self.bits - 1) if self.kind == "i" else 0

    @property
    def most(self) -> int:
        return (1 << self.bits - (self.kind == "i")) - 1

    def to_int(self, value: Value, name: str) -> int:
        """The bits of a value; FieldError."""
        if self.kind == "oct":
            if not isinstance(value, bytes) or 8 * len(value) != self.bits:
                raise FieldError(name, f"needs {self.bits // 8} bytes")
            return int.from_bytes(value, "big")
        if isinstance(value, bytes):
            raise FieldError(name, "bytes where a number goes")
        if self.kind == "f":
            try:
                return int.from_bytes(_FLOAT.pack(value), "big")
            except (OverflowError, struct.error):
                raise FieldError(name, f"{value} is no single-precision number") from None
        if not isinstance(value, int) or not self.least <= value <= self.most:
            raise FieldError(name, f"{value} is not within {self.least}..{self.most}")
        return value & (1 << self.bits) - 1

    def from_int(self, bits: int) -> Value:
        """The value of these bits."""
        if self.kind == "oct":
            return bits.to_bytes(self.bits // 8, "big")
        if self.kind == "f":
            number: float = _FLOAT.unpack(bits.to_bytes(4, "big"))[0]
            return number
        return bits - (1 << self.bits) if self.kind == "i" and bits >> self.bits - 1 else bits


@dataclass(frozen=True)
class Field:
    """``counts``: how many of the fields after it are repeated, as often as it says."""

    name: str
    type: FieldType
    counts: int = 0
    default: Value | None = None
    enumeration: str | None = None
    least: int | None = None
    most: int | None = None
    fixed: bool = False

    @classmethod
    def of(cls, text: str) -> Field:
        """From a line of the table; ValueError."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no field")
        found = match.groupdict()
        type_ = FieldType.of(found["type"] + found["size"])
        default: Value | None = None
        if found["default"]:
            default = (float if type_.kind == "f" else _number)(found["default"])
        return cls(
            found["name"],
            type_,
            int(found["counts"] or 0),
            default,
            found["of"],
            _number(found["least"]) if found["least"] else None,
            _number(found["most"]) if found["most"] else None,
            bool(found["fixed"]),
        )

    @property
    def is_spare(self) -> bool:
        return self.name == "spare"


def _number(text: str) -> int:
    return int(text, 0)


def pack(fields: Sequence[Field], values: Values) -> bytes:
    """The bytes of fields. What has no value takes its default; a count follows from what it
    counts. FieldError: no value and no default, one that does not fit, or one without a field."""
    known = {field.name for field in fields}
    for name in values:
        if name not in known:
            raise FieldError(name, "no such field")
    bits = size = 0
    at = 0
    while at < len(fields):
        field = fields[at]
        group = fields[at + 1 : at + 1 + field.counts]
        n_times = _times(field, group, values) if group else 0
        value = n_times if group else _value(field, values)
        bits = bits << field.type.bits | field.type.to_int(value, field.name)
        size += field.type.bits
        if len(group) == 1 and group[0].type.bits == 8 and n_times:
            octets = bytes(values[group[0].name])  # type: ignore[arg-type]  # a sequence: counted
            bits, size = bits << 8 * n_times | int.from_bytes(octets, "big"), size + 8 * n_times
            n_times = 0
        for i in range(n_times):
            for each in group:
                one = 0 if each.is_spare else _one(each, values, i)
                bits = bits << each.type.bits | each.type.to_int(one, each.name)
                size += each.type.bits
        at += 1 + field.counts
    if size % 8:
        raise ValueError(f"{size} bits are no bytes")
    return bits.to_bytes(size // 8, "big")


def _value(field: Field, values: Values) -> Value:
    if field.is_spare:
        return 0
    value = values.get(field.name, field.default)
    if value is None:
        raise FieldError(field.name, "has no value")
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        raise FieldError(field.name, "is one, not several")
    if field.fixed and value != field.default:
        raise FieldError(field.name, f"is {field.default!r} always")
    return value


def _times(field: Field, group: Sequence[Field], values: Values) -> int:
    sizes = set()
    for each in group:
        if not each.is_spare and each.name in values:
            several = values[each.name]
            if not isinstance(several, Sequence):
                raise FieldError(each.name, "is several, not one")
            sizes.add(len(several))
    if len(sizes) > 1:
        raise FieldError(field.name, f"counts {' and '.join(map(str, sorted(sizes)))}")
    n_times = sizes.pop() if sizes else 0
    if values.get(field.name, n_times) != n_times:
        raise FieldError(field.name, f"is {n_times}, as many as follow")
    return n_times


def _one(field: Field, values: Values, index: int) -> Value:
    several = values.get(field.name, field.default)
    if isinstance(several, Sequence):
        return several[index]
    if several is None:
        raise FieldError(field.name, "has no value")
    return several


def unpack(fields: Sequence[Field], data: bytes) -> dict[str, Value | Sequence[Value]]:
    """The values of fields, spares left out. FieldError: the data are too short, or go on."""
    total = 8 * len(data)
    whole = int.from_bytes(data, "big")
    values: dict[str, Value | Sequence[Value]] = {}
    bit = at = 0

    def take(field: Field) -> Value:
        nonlocal bit
        bit += field.type.bits
        if bit > total:
            raise FieldError(field.name, f"lies beyond the {len(data)} bytes")
        return field.type.from_int(whole >> total - bit & (1 << field.type.bits) - 1)

    while at < len(fields):
        field = fields[at]
        value = take(field)
        if not field.is_spare:
            values[field.name] = value
        group = fields[at + 1 : at + 1 + field.counts]
        at += 1 + field.counts
        if not group:
            continue
        assert isinstance(value, int)  # noqa: S101  (counts are numbers)
        size = sum(each.type.bits for each in group)
        if value * size > total - bit:
            raise FieldError(field.name, f"counts {value}, more than the {len(data)} bytes hold")
        if len(group) == 1 and size == 8:
            values[group[0].name] = data[bit // 8 : bit // 8 + value]
            bit += 8 * value
            continue
        lists: dict[str, list[Value]] = {each.name: [] for each in group if not each.is_spare}
        for _ in range(value):
            for each in group:
                one = take(each)
                if not each.is_spare:
                    lists[each.name].append(one)
        values.update(lists)
    if bit != total:
        raise FieldError(
            fields[-1].name if fields else "data", f"{(total - bit) // 8} bytes follow"
        )
    return values
