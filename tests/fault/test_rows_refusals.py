# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the coder and decoder of rows refuse, and that nothing has changed then."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rows_cases import Decoder, image
from tight import Guarded, octets, state, tight

from fsw_emu.model import huffman, rows
from fsw_emu.model import rows_packet as layout

PARAM, ROOM, SHORT, FORMAT, LENGTH, SEQUENCE = -1, -2, -3, -4, -5, -7
HUGE = 2**32 - 1
RAW, INDEPENDENT, GROUPED, AEC = range(4)
ARRAYS = {"columns": "int16_t", "means": "int32_t", "line": "uint16_t", "above": "uint16_t"}
GOOD = {
    "frames": 3, "rows": 4, "cols": 12, "kind": INDEPENDENT, "packet_bytes": 200,
    "block_size": 8, "room": 12,
}  # fmt: skip
BAD = [
    {"frames": 0}, {"frames": 4097}, {"first_frame": 3}, {"first_frame": HUGE}, {"rows": 0},
    {"rows": 0x10000}, {"cols": 0}, {"cols": 0x10000, "room": HUGE}, {"kind": 4}, {"kind": HUGE},
    {"predictor": 3}, {"near_lossless": 16}, {"near_lossless": HUGE}, {"packet_bytes": 63},
    {"packet_bytes": 0x10000}, {"block_size": 0}, {"block_size": 24}, {"block_size": 128},
    {"room": 11}, {"room": 0}, {"kind": GROUPED, "cols": 32769, "room": 32769},
]  # fmt: skip


class Coder:
    """A context with guarded memory."""

    def __init__(self, csxi: SimpleNamespace, **parameters: Any) -> None:
        self.csxi = csxi
        room = parameters.get("room", 12)
        room = max(room, 12) if room < HUGE else 12  # what there is said to be, within reason
        self.memory = {name: Guarded(csxi, ctype, room) for name, ctype in ARRAYS.items()}
        pointers = {name: memory.pointer for name, memory in self.memory.items()}
        self.ctx = csxi.ffi.new("struct sxi_rows *", GOOD | pointers | parameters)
        self.out = Guarded(csxi, "uint8_t", 400)
        self.next = csxi.ffi.new("uint32_t *", 77)
        frames = image(np.random.default_rng(1), "tracks", (1, 4, 12))
        self.samples = csxi.ffi.new("uint16_t[]", frames.ravel().tolist())

    def __call__(self, function: str, *arguments: Any) -> int:
        return int(getattr(self.csxi.lib, f"sxi_rows_{function}")(self.ctx, *arguments))

    def encode(self, frame: int = 0, first: int = 0, room: int = 400) -> int:
        return self("encode", self.samples, frame, first, self.out.pointer, room, self.next)

    def state(self) -> list[bytes]:
        inside = [memory.inside.tobytes() for memory in self.memory.values()]
        return [*state(self.csxi, self.ctx, self.next), *inside]


@pytest.mark.parametrize("bad", BAD)
def test_parameters_that_cannot_be(csxi: SimpleNamespace, bad: dict[str, int]) -> None:
    coder = Coder(csxi, **bad)
    before = coder.state()
    at = coder.out.pointer
    assert coder("init") == PARAM
    assert coder("learn", coder.samples, 1) == PARAM
    assert coder("tabulate", coder.samples, 1) == PARAM
    assert coder("model", at, 400) == PARAM
    assert coder("choose", coder.samples, 1, at, 400) == PARAM
    assert coder.encode() == PARAM
    assert coder.state() == before
    assert coder.out.is_untouched()


@pytest.mark.parametrize("array", ARRAYS)
def test_memory_that_is_not_there(csxi: SimpleNamespace, array: str) -> None:
    coder = Coder(csxi, **{array: csxi.ffi.NULL})
    before = coder.state()
    assert coder("init") == coder.encode() == PARAM
    assert coder.state() == before


def test_null(csxi: SimpleNamespace) -> None:
    coder, null, lib = Coder(csxi, kind=GROUPED), csxi.ffi.NULL, csxi.lib
    assert coder("init") == 0
    before = coder.state()
    x, at, following = coder.samples, coder.out.pointer, coder.next
    assert lib.sxi_rows_init(null) == PARAM
    assert lib.sxi_rows_learn(null, x, 1) == coder("learn", null, 1) == PARAM
    assert lib.sxi_rows_tabulate(null, x, 1) == coder("tabulate", null, 1) == PARAM
    assert lib.sxi_rows_model(null, at, 400) == coder("model", null, 400) == PARAM
    assert lib.sxi_rows_model_bound(null) == 0
    assert lib.sxi_rows_choose(null, x, 1, at, 400) == PARAM
    assert coder("choose", null, 1, at, 400) == coder("choose", x, 1, null, 400) == PARAM
    assert coder("choose", x, 0, at, 400) == coder("choose", x, 0x10000, at, 400) == PARAM
    good = [x, 0, 0, at, 400, following]
    assert lib.sxi_rows_encode(null, *good) == PARAM
    for i in (0, 3, 5):
        assert coder("encode", *good[:i], null, *good[i + 1 :]) == PARAM
    assert coder.state() == before
    assert coder.out.is_untouched()


@pytest.mark.parametrize("kind", range(4))
def test_where_no_packet_begins(csxi: SimpleNamespace, kind: int) -> None:
    """A place within a row that fits a packet, behind the frame, in another group."""
    coder = Coder(csxi, kind=kind, first_frame=1)
    assert coder("init") == 0
    if kind == GROUPED:
        assert coder.encode(1) == SEQUENCE
        assert coder("learn", coder.samples, 4) == 0
        assert coder("model", coder.out.pointer, 400) > 0
    coder.out = Guarded(csxi, "uint8_t", 400)
    before = coder.state()
    for frame, first in ((0, 0), (3, 0), (HUGE, 0), (1, 48), (1, HUGE), (1, 1), (2, 11)):
        assert coder.encode(frame, first) == PARAM
    for room in (0, 100, 199):
        assert coder.encode(1, 0, room) == ROOM
    assert coder("choose", coder.samples, 4, coder.out.pointer, 199) == ROOM
    assert coder.state() == before
    assert coder.out.is_untouched()
    assert coder.encode(2, 12, 200) > 0
    assert coder.out.is_intact()
    assert all(memory.is_intact() for memory in coder.memory.values())


@pytest.mark.parametrize("predictor", range(3))
def test_the_room_of_a_model(csxi: SimpleNamespace, predictor: int) -> None:
    """Less than its bound is refused; of another kind there is none."""
    coder = Coder(csxi, kind=GROUPED, predictor=predictor)
    assert coder("init") == 0
    assert coder("learn", coder.samples, 4) == 0
    bound = csxi.lib.sxi_rows_model_bound(coder.ctx)
    before = coder.state()
    for room in (0, bound - 1):
        assert coder("model", coder.out.pointer, room) == ROOM
    coder.ctx.kind = INDEPENDENT
    assert coder("model", coder.out.pointer, bound) == PARAM
    coder.ctx.kind = GROUPED
    assert coder.state() == before
    assert coder.out.is_untouched()
    exact = Guarded(csxi, "uint8_t", bound)
    assert 0 < coder("model", exact.pointer, bound) <= bound
    assert exact.is_intact()


def test_nothing_is_learnt_after_the_model(csxi: SimpleNamespace) -> None:
    """Packets refer to the model that was sent."""
    coder = Coder(csxi, kind=GROUPED)
    assert coder("init") == coder("learn", coder.samples, 4) == 0
    assert coder("model", coder.out.pointer, 400) > 0
    before = coder.state()
    assert coder("learn", coder.samples, 1) == SEQUENCE
    assert coder("tabulate", coder.samples, 1) == SEQUENCE
    assert coder("choose", coder.samples, 1, coder.out.pointer, 400) == SEQUENCE
    assert coder.state() == before
    assert coder("init") == coder("learn", coder.samples, 1) == 0


def test_exactly_a_packets_bytes_are_enough(csxi: SimpleNamespace) -> None:
    coder = Coder(csxi, packet_bytes=64)
    assert coder("init") == 0

    def encode(out: Any, room: int) -> int:
        status = coder("encode", coder.samples, 0, 0, out, room, coder.next)
        return status if status < 0 else 64

    assert len(tight(csxi, 64, encode)) == 64


def test_a_row_at_a_time_where_there_is_room_for_no_more(csxi: SimpleNamespace) -> None:
    """With an error, CCSDS 121 needs the samples of a packet in memory."""
    coder = Coder(csxi, kind=AEC, near_lossless=1)
    assert coder("init") == 0
    assert coder.encode() > 0
    assert coder.next[0] == 12
    assert all(memory.is_intact() for memory in coder.memory.values())


def test_the_best_of_independent_packets(csxi: SimpleNamespace) -> None:
    """What was found the shortest is as short as told."""
    coder = Coder(csxi)
    assert coder("init") == 0
    told = coder("choose", coder.samples, 4, coder.out.pointer, 400)
    taken, coder.next[0] = 0, 0
    while coder.next[0] < 48:
        taken += coder.encode(0, coder.next[0])
    assert taken == told
    assert coder.ctx.kind != GROUPED


def test_columns_that_are_there_stay(csxi: SimpleNamespace) -> None:
    """They are not learnt again, and go into a model without a table. No rows change nothing."""
    coder = Coder(csxi, kind=GROUPED)
    assert coder("init") == 0
    before = coder.state()
    assert coder("learn", coder.samples, 0) == coder("tabulate", coder.samples, 0) == 0
    assert coder.state() == before
    coder.ctx.has_columns, coder.memory["columns"].inside[:] = 1, range(12)
    assert coder("choose", coder.samples, 4, coder.out.pointer, 400) > 0
    coder.ctx.kind, coder.ctx.predictor = GROUPED, 0
    size = coder("model", coder.out.pointer, 400)
    decoder = Decoder(csxi, 12)
    assert decoder.load(coder.out.inside[:size].tobytes()) == 0
    assert decoder.columns.inside.tolist() == [*range(12)]


@pytest.mark.parametrize("spread", [0, 2**24])
def test_counts_beyond_all_groups(csxi: SimpleNamespace, spread: int) -> None:
    """Rows that were learned and symbols that were counted; sums stay within 32 bits."""
    coder = Coder(csxi, kind=GROUPED)
    assert coder("init") == coder("learn", coder.samples, 4) == 0
    coder.ctx.learned = 2**30
    assert coder("learn", coder.samples, 1) == 0
    coder.ctx.spread = spread
    assert coder("tabulate", coder.samples, 4) == 0
    for symbol in (0, 3, 63):
        coder.ctx.counts[symbol] = HUGE
    size = coder("model", coder.out.pointer, 400)
    assert size > 0
    assert Decoder(csxi, 12).load(coder.out.inside[:size].tobytes()) == 0


EVEN = tuple([6] * 64)
SHAPE = {"frames": 1, "rows": 2, "cols": 12}
MODEL = rows.model_packet(rows.Group(tuple(range(-6, 6)), 2, EVEN), 9, **SHAPE)


def packet(kind: int, body: bytes, **fields: Any) -> bytes:
    given = {"frames": 1, "rows": 2, "cols": 12, "n_samples": 0 if kind == layout.MODEL else 24}
    return layout.build(layout.Packet(kind, **(given | fields)), body)


def of_bits(bits: str) -> bytes:
    return rows.octets(bits)


LENGTHS = bytes([0x66] * 32)
FAR = huffman.line_bits([4095] * 12, huffman.bank()[19], 10)
LAST_FAR = huffman.line_bits([4094] * 11 + [4095], huffman.bank()[19], 10)
MODELS = {
    "no byte": (b"", SHORT),
    "one byte": (b"\xff", SHORT),
    "table 68": (bytes([68, 255]), FORMAT),
    "table 254": (bytes([254, 255]), FORMAT),
    "shift 13": (bytes([255, 13]) + LENGTHS, FORMAT),
    "lengths that end": (bytes([255, 0]) + LENGTHS[:-1], SHORT),
    "lengths of no code": (bytes([255, 0]) + LENGTHS[:-1] + b"\x67", FORMAT),
    "a length of 0": (bytes([255, 0]) + LENGTHS[:-1] + b"\x60", FORMAT),
    "a length of 13": (bytes([255, 0]) + LENGTHS[:-1] + b"\x6d", FORMAT),
    "columns that end": (bytes([0, 255]), SHORT),
    "low bits that end": (bytes([67, 255]) + bytes(7), SHORT),
    "a byte behind no columns": (bytes([255, 255, 0]), FORMAT),
    "bytes behind columns": (bytes([0, 255]) + bytes(99), FORMAT),
    "a column far off": (bytes([59, 255]) + of_bits(FAR), FORMAT),
    "the last column far off": (bytes([59, 255]) + of_bits(LAST_FAR), FORMAT),
}


@pytest.mark.verifies("ROWS-11")
@pytest.mark.parametrize("name", MODELS)
def test_models_that_no_coder_writes(csxi: SimpleNamespace, name: str) -> None:
    body, status = MODELS[name]
    decoder = Decoder(csxi, 12)
    assert decoder.load(MODEL) == 0
    before = decoder.state()
    assert decoder.load(packet(layout.MODEL, body)) == status
    assert decoder.state() == before
    assert decoder.columns.is_intact()


def test_models_without_room_and_others(csxi: SimpleNamespace) -> None:
    null, lib = csxi.ffi.NULL, csxi.lib
    for room in (0, 11):
        decoder = Decoder(csxi, room)
        before = decoder.state()
        assert decoder.load(MODEL) == ROOM
        assert decoder.state() == before
        decoder.ctx.columns = null
        assert decoder.load(MODEL) == ROOM
        assert decoder.load(packet(layout.MODEL, b"\xff\xff")) == 0  # has no columns
        assert decoder.columns.is_untouched()
    decoder = Decoder(csxi, 12)
    at, header = octets(csxi, MODEL), csxi.ffi.new("struct sxi_rows_packet *")
    assert lib.sxi_rows_load_model(null, at, len(MODEL)) == PARAM
    assert lib.sxi_rows_load_model(decoder.ctx, null, len(MODEL)) == PARAM
    assert lib.sxi_rows_parse(null, at, len(MODEL)) == PARAM
    assert lib.sxi_rows_parse(header, null, len(MODEL)) == PARAM
    out = Guarded(csxi, "uint16_t", 24)
    assert lib.sxi_rows_decode(null, at, len(MODEL), out.pointer, 24) == PARAM
    assert lib.sxi_rows_decode(decoder.ctx, null, len(MODEL), out.pointer, 24) == PARAM
    assert lib.sxi_rows_decode(decoder.ctx, at, len(MODEL), null, 24) == PARAM
    assert decoder.decode(MODEL, 24)[0] == PARAM
    assert decoder.load(packet(layout.RAW, bytes(48))) == FORMAT
    assert decoder.load(MODEL[:-1]) == SHORT


LAST_CODE = huffman.codes(huffman.bank()[19])[63]
LINES = of_bits("".join(huffman.line_bits([3] * 12, huffman.bank()[8], 0) for _ in range(2)))
BODIES = {
    "raw, short": (layout.RAW, {}, bytes(47), SHORT),
    "raw, a byte more": (layout.RAW, {}, bytes(49), FORMAT),
    "raw, a sample more": (layout.RAW, {}, bytes(50), FORMAT),
    "lines, short": (layout.INDEPENDENT, {"table": 8}, LINES[:-1], SHORT),
    "lines, a byte more": (layout.INDEPENDENT, {"table": 8}, LINES + b"\0", FORMAT),
    "a value beyond 16 bits": (
        layout.INDEPENDENT, {"table": 67}, of_bits(LAST_CODE) + bytes(99), FORMAT,
    ),
    "CCSDS 121, short": (layout.AEC, {"table": 0}, b"\x10", SHORT),
    "CCSDS 121, no code": (layout.AEC, {"table": 0}, bytes(40), SHORT),
    "another model": (layout.GROUPED, {"table": 8, "model_id": 1}, LINES, SEQUENCE),
}  # fmt: skip


@pytest.mark.verifies("ROWS-16", "HUF-7")
@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_no_coder_writes(csxi: SimpleNamespace, name: str) -> None:
    kind, fields, body, status = BODIES[name]
    decoder = Decoder(csxi, 12)
    assert decoder.load(MODEL) == 0
    if kind == layout.INDEPENDENT:  # its table is the one in use
        lengths, shift = rows.table_of(layout.Packet(kind, 1, 2, 12, **fields), None)
        good = of_bits("".join(huffman.line_bits([3] * 12, lengths, shift) for _ in range(2)))
        assert decoder.decode(packet(kind, good, **fields), 24)[0] == 24
    before = decoder.state()
    assert decoder.decode(packet(kind, body, **fields), 24)[0] == status
    assert decoder.state() == before


def test_grouped_packets_need_their_model(csxi: SimpleNamespace) -> None:
    """Its id, its width, and a table in it where they refer to one."""
    decoder = Decoder(csxi, 24)

    def decode(fields: dict[str, int], room: int = 24) -> int:
        return decoder.decode(packet(layout.GROUPED, LINES, **fields), room)[0]

    of = {"table": 8, "model_id": layout.parse(MODEL)[0].model_id}
    assert decode(of) == SEQUENCE
    assert decoder.load(MODEL) == 0
    assert decode(of) == 24
    assert decode(of, 23) == ROOM
    wide = of | {"rows": 1, "cols": 24}
    assert decode(wide) == SEQUENCE
    bare = rows.model_packet(rows.Group(None), 0, **SHAPE)
    assert decoder.load(bare) == 0
    of = {"table": layout.MODEL_TABLE, "model_id": layout.parse(bare)[0].model_id}
    assert decode(of) == SEQUENCE
    assert decode(of | {"table": 8}) == 24
