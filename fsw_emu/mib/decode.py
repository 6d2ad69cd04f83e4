# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry packets to names and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from fsw_emu.mib.kinds import Kind, RawValue, Value, take_bits, take_raw
from fsw_emu.mib.packets import Item, TelemetryPacket
from fsw_emu.mib.parameters import Condition, Limit, TelemetryParameter
from fsw_emu.mib.times import Conventions, read_time

_MAX_CHOICES = 32


@dataclass(frozen=True)
class Sample:
    """One value of a parameter in a packet.

    bit: where it begins, from the packet's first
    value: engineering value; None where the raw one has none; of an onboard id the parameter's
        description
    limit: what the checks of the database say; NONE also where they do not apply
    valid: whether its validity parameter says so; None where that one is not known
    """

    name: str
    description: str
    bit: int
    raw: RawValue
    value: Value
    unit: str
    limit: Limit
    valid: bool | None


@dataclass(frozen=True)
class Decoded:
    """A telemetry packet in the words of the database, parameters in the order of the packet.

    time: of its header: seconds, or a date where the reader knows the epoch; None without one
    crc_ok: whether its checksum fits; True where packets have none
    unread_bits: between the last bit of a parameter and the checksum
    """

    name: str
    description: str
    spid: int
    apid: int
    count: int
    type: int
    subtype: int
    time: Value
    crc_ok: bool
    parameters: tuple[Sample, ...]
    unread_bits: int

    def __getitem__(self, name: str) -> Sample:
        """The first parameter of a name or description; KeyError."""
        found = self.all(name)
        if not found:
            raise KeyError(name)
        return found[0]

    def all(self, name: str) -> list[Sample]:
        """All values of a parameter, by name or description, in the order of the packet."""
        return [each for each in self.parameters if name in (each.name, each.description)]


@dataclass(frozen=True)
class _Raw:
    parameter: TelemetryParameter
    kind: Kind
    bit: int
    raw: RawValue
    names: TelemetryParameter | None = None  # whose onboard id it is


@dataclass
class _Walk:
    """The state of reading one packet."""

    data: bytes
    end: int  # bit behind the source data
    count_bits: int
    structures: Mapping[int, tuple[Item, ...]]
    onboard: Mapping[int, TelemetryParameter]
    at: int = 0
    last: int = 0
    choices: int = 0
    deduced: TelemetryParameter | None = None
    found: list[_Raw] = field(default_factory=list)

    def take(self, parameter: TelemetryParameter, bit: int) -> tuple[RawValue, int]:
        """The raw value at a bit, and its width."""
        source = parameter
        if parameter.kind.form == "deduced":
            if self.deduced is None:
                raise ValueError("no parameter before it says of what type it is")
            source = self.deduced
        if len(self.found) > 8 * len(self.data):
            raise ValueError("more parameters than the packet has bits")
        kind, little = source.kind, source.little_endian
        raw, bits = take_raw(self.data, bit, kind, little=little, count_bits=self.count_bits)
        if bit + bits > self.end:
            raise ValueError(f"it ends at bit {bit + bits}, the packet's data at {self.end}")
        self.last = max(self.last, bit + bits)
        self.found.append(_Raw(source, kind, bit, raw))
        return raw, bits

    def items(self, items: tuple[Item, ...]) -> None:
        for item in items:
            try:
                self.item(item)
            except _Named:
                raise
            except ValueError as error:
                raise _Named(f"{item.parameter.name}: {error}") from None

    def item(self, item: Item) -> None:
        if item.times:
            self.repeat(item.group, item.times)
            return
        self.at += item.offset
        raw, bits = self.take(item.parameter, self.at)
        self.at += max(item.parameter.padded_bits or 0, bits)
        if item.names_parameter:
            self.deduced = self.onboard.get(raw) if isinstance(raw, int) else None
            self.found[-1] = replace(self.found[-1], names=self.deduced)
        if item.group:
            if not isinstance(raw, int) or raw < 0:
                raise ValueError(f"{raw!r} is no number of repetitions")
            self.repeat(item.group, raw)
        if item.choice:
            self.choose(raw)

    def repeat(self, group: tuple[Item, ...], times: int) -> None:
        done = 0
        while done != times and (times >= 0 or self.at < self.end):
            n_before = len(self.found)
            self.items(group)
            if len(self.found) == n_before:  # nothing but empty repetitions: no more to come
                return
            done += 1

    def choose(self, raw: RawValue) -> None:
        self.choices += 1
        if not isinstance(raw, int) or raw not in self.structures:
            raise ValueError(f"there is no structure {raw!r}")
        if self.choices > _MAX_CHOICES:
            raise ValueError("structures follow each other without end")
        self.items(self.structures[raw])


class _Named(ValueError):
    """Says already which parameter it is about."""


def decode(
    packet: bytes,
    definition: TelemetryPacket,
    *,
    conventions: Conventions,
    structures: Mapping[int, tuple[Item, ...]],
    onboard: Mapping[int, TelemetryParameter],
    known: Mapping[str, RawValue],
) -> tuple[tuple[Sample, ...], int]:
    """All parameters of a packet, and the bits behind the last one. ValueError where the packet
    is too short for them."""
    end = 8 * (len(packet) - (2 if conventions.crc else 0))
    header = definition.source_data + (0 if conventions.dfhsize_from == "packet" else 6)
    walk = _Walk(packet, end, conventions.string_count_bits, structures, onboard, at=8 * header)
    walk.last = walk.at
    for placed in definition.fixed:
        for i in range(placed.count):
            try:
                walk.take(placed.parameter, placed.bit + i * placed.step)
            except ValueError as error:
                raise ValueError(f"{placed.parameter.name}: {error}") from None
    if definition.structure is not None:
        if definition.structure not in structures:
            raise ValueError(f"vpd has no structure {definition.structure}")
        walk.items(structures[definition.structure])
    samples = tuple(_samples(walk.found, known, conventions))
    return samples, max(0, end - max(walk.last, walk.at))


def _samples(
    found: list[_Raw], known: Mapping[str, RawValue], conventions: Conventions
) -> Iterator[Sample]:
    in_packet = {each.parameter.name: each.raw for each in found}
    current = {**known, **in_packet}
    for each in found:
        current[each.parameter.name] = each.raw  # the nearest before it counts
        parameter = each.parameter
        value = _value(each, current, conventions)
        valid = True if parameter.valid_if is None else _holds(parameter.valid_if, current)
        limit = Limit.NONE if valid is False else _limit(each, value, current)
        yield Sample(
            name=parameter.name,
            description=parameter.description,
            bit=each.bit,
            raw=each.raw,
            value=value,
            unit=parameter.unit,
            limit=limit,
            valid=valid,
        )


def _holds(condition: Condition, current: Mapping[str, RawValue]) -> bool | None:
    if condition.parameter not in current:
        return None
    return current[condition.parameter] == condition.raw


def _value(each: _Raw, current: Mapping[str, RawValue], conventions: Conventions) -> Value:
    kind = each.kind
    if kind.form in ("time", "delta") and isinstance(each.raw, int):
        try:
            return read_time(each.raw, kind.pfc, conventions, relative=kind.form == "delta")
        except ValueError:
            return None
    if each.names is not None:
        return each.names.description or each.names.name
    if not each.parameter.calibrations:
        return each.raw
    for condition, calibration in each.parameter.calibrations:
        if condition is None or _holds(condition, current):
            return calibration.value(each.raw)
    return None


def _limit(each: _Raw, value: Value, current: Mapping[str, RawValue]) -> Limit:
    """The worst of the limits that apply."""
    if not each.parameter.checks:
        return Limit.NONE
    worst = Limit.NONE
    order = list(Limit)
    checked = each.raw if each.parameter.checked_raw else value
    for check in each.parameter.checks:
        if check.applies is not None and not _holds(check.applies, current):
            continue
        found = Limit.OK
        if check.high is None:
            if checked != check.low:
                found = Limit.HARD if check.hard else Limit.SOFT
        elif not isinstance(checked, int | float) or isinstance(check.low, str):
            continue
        elif checked < check.low:
            found = Limit.HARD_LOW if check.hard else Limit.SOFT_LOW
        elif not checked <= check.high:
            found = Limit.HARD_HIGH if check.hard else Limit.SOFT_HIGH
        worst = max(worst, found, key=order.index)
    return worst


def header_of(packet: bytes) -> tuple[int, int, int, int]:
    """APID, count, type and subtype of a telemetry packet; ValueError for what is none."""
    if len(packet) < 9:
        raise ValueError(f"{len(packet)} bytes are no telemetry packet")
    if packet[0] & 0xF8 != 0x08:
        raise ValueError("no telemetry packet with a data field header")
    size = take_bits(packet, 32, 16) + 7
    if size != len(packet):
        raise ValueError(f"{len(packet)} bytes, the length field makes them {size}")
    return take_bits(packet, 5, 11), take_bits(packet, 18, 14), packet[7], packet[8]
