# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Keys of packets: no memory, no room, wrong lengths, damaged code, any bytes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tight import Guarded, octets

from fsw_emu.model import key as model
from fsw_emu.model.crc import crc16

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC, SEQUENCE = -1, -2, -3, -4, -5, -6, -7
UV, UV_CHOSEN, UV_121, EVENTS = 0x330, 0x1330, 0x3330, 0x40
IMAGE_BYTES = 2 * 165 * 96
KEYS = [UV, UV_CHOSEN, UV_121, EVENTS, EVENTS | 0x1000, EVENTS | 0x3000]
ARRAYS = {"columns": "int16_t", "means": "int32_t", "line": "uint16_t", "above": "uint16_t"}


class Memory:
    """All that a key of packets needs, exactly."""

    def __init__(self, csxi: SimpleNamespace, size: int, *, cols: int = 96, short: int = 0) -> None:
        new, self.csxi = csxi.ffi.new, csxi
        self.samples = Guarded(csxi, "uint16_t", size // 2 - short)
        self.arrays = {name: Guarded(csxi, ctype, cols) for name, ctype in ARRAYS.items()}
        pointers = {name: array.pointer for name, array in self.arrays.items()}
        self.rows = new("struct sxi_rows *", pointers | {"room": cols})
        decoder = {"columns": pointers["columns"], "room": cols}
        self.rows_decoder = new("struct sxi_rows_decoder *", decoder)
        self.events, self.events_decoder = (
            new("struct sxi_events *"),
            new("struct sxi_events_decoder *"),
        )

    def work(self, *without: str) -> Any:
        parts = {
            "u16": self.samples.pointer,
            "rows": self.rows,
            "rows_decoder": self.rows_decoder,
            "events": self.events,
            "events_decoder": self.events_decoder,
        }
        room = {"room": len(self.samples.inside)}
        given = {name: part for name, part in parts.items() if name not in without}
        return self.csxi.ffi.new("struct sxi_key_work *", given | room)

    def is_intact(self) -> bool:
        return self.samples.is_intact() and all(a.is_intact() for a in self.arrays.values())


def science_of(key: int, n: int = 1) -> bytes:
    rng = np.random.default_rng(key)
    if key & 0xF0 == EVENTS:
        return rng.normal(500, 5, 32 * 40 * n).astype(">u2").tobytes()
    columns = rng.normal(500, 20, 96)
    return (columns + rng.normal(0, 5, (n * 165, 96))).astype(">u2").tobytes()


def coded(csxi: SimpleNamespace, key: int, science: bytes) -> bytes:
    room = csxi.lib.sxi_key_bound(key, len(science))
    out, memory = Guarded(csxi, "uint8_t", room), Memory(csxi, len(science))
    data = octets(csxi, science)
    size = csxi.lib.sxi_key_encode(key, data, len(science), memory.work(), out.pointer, room)
    assert size > 0
    assert out.is_intact()
    assert memory.is_intact()
    return out.inside[:size].tobytes()


def decode(csxi: SimpleNamespace, key: int, code: bytes, size: int) -> int | bytes:
    out, memory = Guarded(csxi, "uint8_t", size), Memory(csxi, size)
    data = octets(csxi, code)
    result = csxi.lib.sxi_key_decode(key, data, len(code), memory.work(), out.pointer, size)
    assert out.is_intact()
    assert memory.is_intact()
    return out.inside.tobytes() if result == size else int(result)


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize("key", KEYS)
def test_memory_that_is_not_there(csxi: SimpleNamespace, key: int) -> None:
    null, lib, science = csxi.ffi.NULL, csxi.lib, science_of(key)
    code, size = coded(csxi, key, science), len(science)
    room = lib.sxi_key_bound(key, size)
    out, data = Guarded(csxi, "uint8_t", room), octets(csxi, science)
    memory, packets = Memory(csxi, size), octets(csxi, code)
    events = key & 0xF0 == EVENTS
    for missing in ("events", "events_decoder") if events else ("rows", "rows_decoder", "u16"):
        work = memory.work(missing)
        if "decoder" not in missing:
            assert lib.sxi_key_encode(key, data, size, work, out.pointer, room) == PARAM
        if missing not in ("events", "rows"):
            assert lib.sxi_key_decode(key, packets, len(code), work, out.pointer, size) == PARAM
    assert lib.sxi_key_encode(key, data, size, null, out.pointer, room) == PARAM
    assert lib.sxi_key_decode(key, packets, len(code), null, out.pointer, size) == PARAM
    assert lib.sxi_key_encode(key, null, size, memory.work(), out.pointer, room) == PARAM
    assert lib.sxi_key_decode(key, packets, len(code), memory.work(), null, size) == PARAM
    assert out.is_untouched()


@pytest.mark.parametrize("key", [UV, UV_CHOSEN])
def test_less_memory_than_an_image_takes(csxi: SimpleNamespace, key: int) -> None:
    lib, science = csxi.lib, science_of(key)
    code, size = coded(csxi, key, science), len(science)
    out = Guarded(csxi, "uint8_t", lib.sxi_key_bound(key, size))
    data, room, packets = octets(csxi, science), len(out.inside), octets(csxi, code)
    for memory, status in (
        (Memory(csxi, size, short=1), ROOM),
        (Memory(csxi, size, cols=95), PARAM),
    ):
        work = memory.work()
        assert lib.sxi_key_encode(key, data, size, work, out.pointer, room) == status
        expected = ROOM  # the decoder has no room for a model's columns
        assert lib.sxi_key_decode(key, packets, len(code), work, out.pointer, size) == expected
        assert memory.is_intact()
    assert out.is_intact()


@pytest.mark.parametrize("key", KEYS)
def test_every_room(csxi: SimpleNamespace, key: int) -> None:
    """Whatever the room, nothing is written beyond it: before a model, in the middle of an image
    where it comes again, before a packet."""
    lib, science = csxi.lib, science_of(key)
    code, size = coded(csxi, key, science), len(science)
    data, memory = octets(csxi, science), Memory(csxi, size)
    ends, at = [0], 0
    while at < len(code):
        at += int.from_bytes(code[at + 1 : at + 3], "big")
        ends.append(at)
    spare = 1024 if key & 0xF0 == EVENTS else 4096
    rooms = {end + more for end in ends for more in (0, 1, 60, spare - 1, spare)}
    for room in sorted(r for r in rooms if r < len(code) + spare):
        out = Guarded(csxi, "uint8_t", room)
        status = lib.sxi_key_encode(key, data, size, memory.work(), out.pointer, room)
        assert status in (ROOM, len(code))
        assert out.is_intact()
        assert status == ROOM or out.inside[: len(code)].tobytes() == code


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize("key", KEYS)
def test_lengths(csxi: SimpleNamespace, key: int) -> None:
    lib, out = csxi.lib, octets(csxi, bytes(100))
    unit = 64 if key & 0xF0 == EVENTS else IMAGE_BYTES
    memory, data = Memory(csxi, 64), octets(csxi, bytes(64))
    most = 2**24 - 1 if key & 0xF0 == EVENTS else 4096
    for size in (1, unit - 1, unit + 1, (most + 1) * unit, 2**31 // unit * unit + unit, 2**32 - 1):
        if size < 2**32:
            assert lib.sxi_key_encode(key, data, size, memory.work(), out, 100) == LENGTH
            assert lib.sxi_key_decode(key, data, 64, memory.work(), out, size) == LENGTH
    assert bytes(out) == bytes(100)


@pytest.mark.parametrize(
    "key", [EVENTS | 0x1000, *sorted(n for n, p in model.valid_keys().items() if p.coder > 1)[::9]]
)
def test_no_science_data_at_all(csxi: SimpleNamespace, key: int) -> None:
    lib, out, memory = csxi.lib, Guarded(csxi, "uint8_t", 4), Memory(csxi, 2, cols=4608)
    data = octets(csxi, bytes(64))
    assert lib.sxi_key_encode(key, data, 0, memory.work(), out.pointer, 4) == 0
    assert lib.sxi_key_decode(key, data, 0, memory.work(), out.pointer, 0) == 0
    assert lib.sxi_key_decode(key, data, 64, memory.work(), out.pointer, 0) == FORMAT
    assert out.is_untouched()


@pytest.mark.parametrize("key", [UV, UV_CHOSEN])
def test_memory_of_any_content(csxi: SimpleNamespace, key: int) -> None:
    """A context needs no more than its memory."""
    science = science_of(key)
    code, memory = coded(csxi, key, science), Memory(csxi, len(science))
    out = Guarded(csxi, "uint8_t", csxi.lib.sxi_key_bound(key, len(science)))
    ctx = csxi.ffi.buffer(memory.rows)
    pointers = csxi.ffi.offsetof("struct sxi_rows", "room")
    after = csxi.ffi.offsetof("struct sxi_rows", "learned")
    ctx[:pointers] = bytes([0xA5]) * pointers
    ctx[after:] = bytes([0xA5]) * (len(ctx) - after)
    size = csxi.lib.sxi_key_encode(
        key, octets(csxi, science), len(science), memory.work(), out.pointer, len(out.inside)
    )
    assert out.inside[: max(size, 0)].tobytes() == code


@pytest.mark.verifies("KEY-11", "STAT-3")
@given(key=st.sampled_from([UV, EVENTS]), data=st.data())
def test_damaged_packets_are_refused(csxi: SimpleNamespace, key: int, data: st.DataObject) -> None:
    science = science_of(key)
    code = bytearray(coded(csxi, key, science))
    assert decode(csxi, key, bytes(code), len(science)) == science
    assert decode(csxi, key, bytes(code[:-1]), len(science)) == SHORT
    bit = data.draw(st.integers(0, 8 * len(code) - 1))
    code[bit // 8] ^= 0x80 >> bit % 8
    assert decode(csxi, key, bytes(code), len(science)) in (SHORT, FORMAT, LENGTH, CRC)


@pytest.mark.verifies("KEY-10")
def test_events_in_a_body_that_ends(csxi: SimpleNamespace) -> None:
    """Header and checksum are right."""
    head = bytes([0xC9, 0, 14]) + bytes([0, 0, 1]) + bytes(3) + bytes([0, 1]) + b"\0"
    assert decode(csxi, EVENTS, head + crc16(head).to_bytes(2, "big"), 64) == SHORT


@given(key=st.sampled_from(KEYS), code=st.binary(max_size=90))
def test_any_bytes(csxi: SimpleNamespace, key: int, code: bytes) -> None:
    size = 64 if key & 0xF0 == EVENTS else IMAGE_BYTES
    assert decode(csxi, key, code, size) in (SHORT, FORMAT, LENGTH, CRC)
