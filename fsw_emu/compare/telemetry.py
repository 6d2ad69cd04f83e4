# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the telemetry of two sides differs in: packet, field, event, counter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.compare.call import end_of
from fsw_emu.compare.chain import ChainResult
from fsw_emu.core import CompressionEntity, Core, CoreError, default_core
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS, PRODUCTS
from fsw_emu.packets.pus import Tm, read_tm

EVENT_BYTES = 64
LDT_BYTES = 5


@dataclass(frozen=True)
class Difference:
    """One field that differs, and where it does so first. what: its name, as declarations of
    intended differences match it; a, b: the values."""

    what: str
    where: str
    a: str
    b: str


def differences(a: ChainResult, b: ChainResult) -> list[Difference]:
    """All fields that differ between two runs of one input, each where it does so first:
    telemetry, entities, counters. Nothing where both ended in the same way."""
    if end_of(a.fate) != end_of(b.fate):
        return [Difference("chain.fate", "the run", a.fate or "it ends", b.fate or "it ends")]
    first: dict[str, Difference] = {}
    for difference in (*_packets(a, b), *_entities(a, b), *_counters(a, b)):
        first.setdefault(difference.what, difference)
    return list(first.values())


def _fields(what: str, where: str, a: dict[str, Any], b: dict[str, Any]) -> Iterator[Difference]:
    for name, value in a.items():
        if value != b.get(name):
            yield Difference(f"{what}.{name}", where, str(value), str(b.get(name)))


def _packets(a: ChainResult, b: ChainResult) -> Iterator[Difference]:
    """Packet by packet, as long as both sides have one."""
    for i, (one, other) in enumerate(zip(a.packets, b.packets, strict=False)):
        if one != other:
            yield from _packet(f"packet {i}", one, other)
    if len(a.packets) != len(b.packets):
        counts = str(len(a.packets)), str(len(b.packets))
        yield Difference("tm.packets", "telemetry", *counts)


def _packet(where: str, a: bytes, b: bytes) -> Iterator[Difference]:
    try:
        one, other = _tm_fields(read_tm(a)), _tm_fields(read_tm(b))
    except ValueError as error:
        yield Difference("tm.length", where, f"{len(a)} bytes", f"{len(b)} bytes ({error})")
        return
    found = list(_fields("tm", where, one, other))
    if not found:  # what a part holds is told by name of the entity
        at = next(i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
        found = [Difference("tm.part", f"{where}, byte {at}", str(a[at]), str(b[at]))]
    yield from found


def _tm_fields(tm: Tm) -> dict[str, Any]:
    fields = {**asdict(tm.primary), **asdict(tm.header), "pec_ok": tm.pec_ok}
    fields["time"] = tm.header.time.iso()
    if tm.header.type != 13:
        return {**fields, "data": tm.data.hex()}
    fields["sdu_id"] = tm.data[0] if tm.data else None
    if tm.header.subtype == 4:
        return {**fields, "abort": tm.data[1:].hex()}
    fields["part_number"] = int.from_bytes(tm.data[1:3], "big")
    fields["part_length"] = int.from_bytes(tm.data[3:LDT_BYTES], "big")
    return fields


def _entities(a: ChainResult, b: ChainResult) -> Iterator[Difference]:
    core = default_core()
    for i, (one, other) in enumerate(zip(a.entities, b.entities, strict=False)):
        if one != other:
            yield from _entity(core, f"entity {i}", one, other)
    if len(a.entities) != len(b.entities):
        yield Difference("entities", "telemetry", str(len(a.entities)), str(len(b.entities)))


def _entity(core: Core, where: str, a: bytes, b: bytes) -> Iterator[Difference]:
    """As the core of this process reads both; the coded bytes where nothing else differs."""
    one, other = _unpacked(core, a), _unpacked(core, b)
    if isinstance(one, str) or isinstance(other, str):
        texts = (e if isinstance(e, str) else "it is whole" for e in (one, other))
        yield Difference("entity.readable", where, *texts)
        return
    found = list(_fields("entity", where, asdict(one.header), asdict(other.header)))
    pairs: list[tuple[str, Sequence[str], str, Any, Any]]
    pairs = [("group", GROUP_FIELDS, "", one.group, other.group)]
    for i, (x, y) in enumerate(zip(one.frames, other.frames, strict=False)):
        pairs.append(("frame", FRAME_FIELDS, f", frame {i}", x, y))
    for what, names, place, x, y in pairs:
        fields = (dict(zip(names, values.tolist(), strict=True)) for values in (x, y))
        found += _fields(what, where + place, *fields)
    found += _science(where, PRODUCTS[one.header.product], one.science, other.science)
    if not found:
        at = next(i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y)
        found = [Difference("entity.coded", f"{where}, byte {at}", f"{a[at]}", f"{b[at]}")]
    yield from found


def _unpacked(core: Core, entity: bytes) -> CompressionEntity | str:
    try:
        return core.ce_unpack(entity)
    except CoreError as error:
        return str(error)


def _science(where: str, product: str, a: bytes, b: bytes) -> Iterator[Difference]:
    """Events by number, images by sample."""
    if a == b:
        return
    if product.startswith("ED"):
        one, other = (_events(science) for science in (a, b))
        n = min(len(one), len(other))
        unlike = np.flatnonzero((one[:n] != other[:n]).any(axis=1))
        i = int(unlike[0]) if len(unlike) else n
        texts = [_event(e[i]) if i < len(e) else "there is none" for e in (one, other)]
        yield Difference("event", f"{where}, event {i}", *texts)
        return
    x, y = (np.frombuffer(science[: len(science) // 2 * 2], ">u2") for science in (a, b))
    n = min(len(x), len(y))
    unlike = np.flatnonzero(x[:n] != y[:n])
    i = int(unlike[0]) if len(unlike) else n
    values = [str(int(s[i])) if i < len(s) else "there is none" for s in (x, y)]
    yield Difference("image.sample", f"{where}, word {i}", *values)


def _events(science: bytes) -> NDArray[np.uint16]:
    packets = np.frombuffer(science[: len(science) // EVENT_BYTES * EVENT_BYTES], np.uint8)
    words: NDArray[np.uint16] = packets.reshape(-1, EVENT_BYTES).view(">u2").astype(np.uint16)
    return words


def _event(words: NDArray[np.uint16]) -> str:
    kind = "mask" if words[2] & 3 == 3 else "event"
    return f"{kind} at row {words[6]}, column {words[5]}, centre {words[19]} ADU"


def _counters(a: ChainResult, b: ChainResult) -> Iterator[Difference]:
    for name, one in a.counters.items():
        other = b.counters.get(name, 0)
        if one != other:
            yield Difference(f"counter.{name}", "the run", str(one), f"{other} ({other - one:+d})")
