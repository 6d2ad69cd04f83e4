# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The inputs of the fuzz targets, on whatever core is under test: each ends with a status, and
writes nothing outside its memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tight import Guarded, octets

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC, SEQUENCE = range(-1, -8, -1)
MODEL = 4  # kind of a packet of rows
BLOCK = b"\xcd"  # of housekeeping


class Input:
    """Bytes as tests/fuzz/fuzz.h takes them."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def take(self, n: int) -> int:
        value = int.from_bytes(self.rest[:n].ljust(n, b"\0"), "big")
        self.rest = self.rest[n:]
        return value

    def part(self, n: int) -> bytes:
        part, self.rest = self.rest[:n], self.rest[n:]
        return part


Statuses = Iterator[int]


def aec(csxi: SimpleNamespace, data: Input) -> Statuses:
    bits, shape = 1 + data.take(1) % 32, data.take(1)
    of = [bits, 8 << (shape & 3), 1 + data.take(2) % 4096, shape >> 2 & 3]
    params, n = csxi.ffi.new("struct sxi_aec *", of), data.take(2) % 1025
    for ctype in ("uint16_t", "uint32_t") if bits <= 16 else ("uint32_t",):
        decode = getattr(csxi.lib, f"sxi_aec_decode_u{ctype[4:6]}")
        out, code = Guarded(csxi, ctype, n), octets(csxi, data.rest)
        status = decode(params, code, len(data.rest), out.pointer, n)
        assert out.is_intact()
        assert status in (n, SHORT, FORMAT, PARAM)
        yield status


def ce(csxi: SimpleNamespace, data: Input) -> Statuses:
    what, lib = data.take(1) % 4, csxi.lib
    octet, size = octets(csxi, data.rest), len(data.rest)
    fields = Guarded(csxi, "uint32_t", 47 if what == 1 else 57)
    if what == 0:
        yield lib.sxi_ce_header_load(csxi.ffi.new("struct sxi_ce_header *"), octet, size)
    else:
        load = (lib.sxi_ce_group_load, lib.sxi_ce_frame_load, lib.sxi_ce_frame_hk)[what - 1]
        yield load(fields.pointer, len(fields.inside), octet, size)
    assert fields.is_intact()


def crc(csxi: SimpleNamespace, data: Input) -> Statuses:
    seed, cut = data.take(2), data.take(2) % (len(data.rest) + 1)
    whole = csxi.lib.sxi_crc16(seed, octets(csxi, data.rest), len(data.rest))
    first = csxi.lib.sxi_crc16(seed, octets(csxi, data.rest[:cut]), cut)
    rest = len(data.rest) - cut
    assert csxi.lib.sxi_crc16(first, octets(csxi, data.rest[cut:]), rest) == whole
    yield 0


def key(csxi: SimpleNamespace, data: Input) -> Statuses:
    number, size = data.take(4), 64 * (data.take(1) % 17)
    parts = csxi.ffi.new("struct sxi_key *")
    known = csxi.lib.sxi_key_load(parts, number) == 0
    if known and 0 < parts.rows * parts.cols <= 165 * 96:
        size = 2 * parts.rows * parts.cols
    u16, u32 = Guarded(csxi, "uint16_t", size // 2), Guarded(csxi, "uint32_t", size // 2)
    columns = Guarded(csxi, "int16_t", 128)
    rows_decoder = csxi.ffi.new("struct sxi_rows_decoder *", [128, columns.pointer])
    events_decoder = csxi.ffi.new("struct sxi_events_decoder *")
    of = {"u16": u16.pointer, "u32": u32.pointer, "room": size // 2,
          "rows_decoder": rows_decoder, "events_decoder": events_decoder}  # fmt: skip
    work, out = csxi.ffi.new("struct sxi_key_work *", of), Guarded(csxi, "uint8_t", size)
    code = octets(csxi, data.rest)
    yield csxi.lib.sxi_key_decode(number, code, len(data.rest), work, out.pointer, size)
    assert all(memory.is_intact() for memory in (u16, u32, columns, out))


def entity(csxi: SimpleNamespace, data: Input) -> Statuses:
    data.take(1)
    size = len(data.rest)
    u16, u32 = Guarded(csxi, "uint16_t", 4096), Guarded(csxi, "uint32_t", 4096)
    of = {"u16": u16.pointer, "u32": u32.pointer, "room": 4096}
    work = csxi.ffi.new("struct sxi_key_work *", of)
    out = Guarded(csxi, "uint8_t", 8192)
    yield csxi.lib.sxi_entity_science(octets(csxi, data.rest), size, work, out.pointer, 8192)
    assert all(memory.is_intact() for memory in (u16, u32, out))


def events(csxi: SimpleNamespace, data: Input) -> Statuses:
    data.take(1)
    decoder, out = csxi.ffi.new("struct sxi_events_decoder *"), Guarded(csxi, "uint8_t", 64 * 64)
    code = octets(csxi, data.rest)
    yield csxi.lib.sxi_events_decode(decoder, code, len(data.rest), out.pointer, 64 * 64)
    assert out.is_intact()


def fee(csxi: SimpleNamespace, data: Input) -> Statuses:
    rule = data.take(1) % 3
    header, event = csxi.ffi.new("struct sxi_fee_header *"), csxi.ffi.new("struct sxi_event *")
    while data.rest:
        packet = data.part(data.take(1))
        octet = octets(csxi, packet)
        yield csxi.lib.sxi_fee_header_load(header, octet, len(packet), rule)
        yield csxi.lib.sxi_fee_event_load(header, event, octet, len(packet), rule)


def hkdelta(csxi: SimpleNamespace, data: Input) -> Statuses:
    room = 1 + data.take(1) % 100
    words, planes = csxi.ffi.new(f"struct sxi_hk_word[{room}]"), Guarded(csxi, "uint16_t", 512)
    of = {"full_every": 1, "room": room, "words": words}
    ctx, number = csxi.ffi.new("struct sxi_hk *", of), csxi.ffi.new("uint32_t *")
    block, out = csxi.ffi.new("struct sxi_hk_block *"), Guarded(csxi, "uint8_t", 1024)
    data.take(1)
    while data.rest:
        part = data.part(data.take(1))
        octet, size = octets(csxi, part), len(part)
        if part[:1] == BLOCK:
            yield csxi.lib.sxi_hk_block_decode(
                block, octet, size, planes.pointer, 512, out.pointer, 1024
            )
        else:
            yield csxi.lib.sxi_hk_decode(ctx, octet, size, out.pointer, 2 * room, number)
    assert planes.is_intact()
    assert out.is_intact()


def frame(csxi: SimpleNamespace, data: Input) -> Statuses:
    rows, cols, nodes = data.take(1) % 8, data.take(1) % 16, data.take(1) % 32
    payload, first, order = data.take(1), data.take(2), data.take(1) % 3
    planes = 1 if nodes == 16 else (nodes & 15).bit_count()
    pixels = Guarded(csxi, "uint16_t", planes * rows * cols)
    counts = Guarded(csxi, "uint16_t", planes * rows)
    ctx = csxi.ffi.new("struct sxi_frame_asm *")
    yield csxi.lib.sxi_frame_init(
        ctx, pixels.pointer, planes * rows * cols, counts.pointer, planes * rows, rows, cols,
        nodes, payload, first, order,
    )  # fmt: skip
    while data.rest and ctx.packet_payload:
        at, field = data.take(1), data.take(1)
        part = data.part(data.take(1))
        of = {"sequence": (first + at) & 0xFFFF, "last": field & 1, "side": field >> 1 & 3,
              "ccd": field >> 3 & 1, "type": field >> 4 & 3}  # fmt: skip
        header = csxi.ffi.new("struct sxi_fee_header *", of)
        yield csxi.lib.sxi_frame_push(ctx, header, octets(csxi, part), len(part))
    assert pixels.is_intact()
    assert counts.is_intact()


def ladder(csxi: SimpleNamespace, data: Input) -> Statuses:
    data.take(1)
    header, room = csxi.ffi.new("struct sxi_ladder_header *"), len(data.rest) // 8
    memory = Guarded(csxi, "uint8_t", room * csxi.ffi.sizeof("struct sxi_ladder_record"))
    records = csxi.ffi.cast("struct sxi_ladder_record *", memory.pointer)
    code = octets(csxi, data.rest)
    yield csxi.lib.sxi_ladder_decode(header, code, len(data.rest), records, room)
    assert memory.is_intact()


def ldt(csxi: SimpleNamespace, data: Input) -> Statuses:
    sdu_id, room = data.take(1), data.take(2) % 2048
    buf, rx = Guarded(csxi, "uint8_t", room), csxi.ffi.new("struct sxi_ldt_rx *")
    yield csxi.lib.sxi_ldt_rx_init(rx, sdu_id, buf.pointer, room)
    while data.rest and rx.buf:
        subtype = data.take(1) % 8
        part = data.part(data.take(1))
        yield min(csxi.lib.sxi_ldt_rx_push(rx, subtype, octets(csxi, part), len(part)), 0)
    assert buf.is_intact()


def pus(csxi: SimpleNamespace, data: Input) -> Statuses:
    data.take(1)
    tm = csxi.ffi.new("struct sxi_pus_tm *")
    yield csxi.lib.sxi_pus_tm_load(tm, octets(csxi, data.rest), len(data.rest))


def rows(csxi: SimpleNamespace, data: Input) -> Statuses:
    room = data.take(2) % 1025
    columns, out = Guarded(csxi, "int16_t", room), Guarded(csxi, "uint16_t", 2048)
    decoder = csxi.ffi.new("struct sxi_rows_decoder *", [room, columns.pointer])
    packet = csxi.ffi.new("struct sxi_rows_packet *")
    data.take(1)
    while data.rest:
        part = data.part(data.take(2))
        octet = octets(csxi, part)
        status = csxi.lib.sxi_rows_parse(packet, octet, len(part))
        if status == 0 and packet.kind == MODEL:
            status = csxi.lib.sxi_rows_load_model(decoder, octet, len(part))
        elif status == 0:
            status = csxi.lib.sxi_rows_decode(decoder, octet, len(part), out.pointer, 2048)
        yield status
    assert columns.is_intact()
    assert out.is_intact()


REPLAYED: dict[str, Callable[[SimpleNamespace, Input], Statuses]] = {
    replay.__name__: replay
    for replay in (aec, ce, crc, entity, events, fee, frame, hkdelta, key, ladder, ldt, pus, rows)
}
#: of what no public function offers alone
INSIDE = {"huffman", "proofs"}


def inputs(target: str) -> list[Path]:
    return sorted((FUZZ / "corpus" / target).iterdir())


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize("target", REPLAYED)
def test_inputs_end_with_a_status(csxi: SimpleNamespace, target: str) -> None:
    """And of each target one is good, so that the bytes are looked at to their end."""
    seen: list[Any] = []
    for path in inputs(target):
        statuses = list(REPLAYED[target](csxi, Input(path.read_bytes())))
        assert statuses, path.name
        assert all(status >= SEQUENCE for status in statuses), path.name
        seen.append(min(statuses))
    assert max(seen) >= 0


def test_every_target_has_inputs_and_they_are_few() -> None:
    targets = {path.stem for path in FUZZ.glob("*.c")}
    assert targets == REPLAYED.keys() | INSIDE
    assert targets == {path.name for path in (FUZZ / "corpus").iterdir()}
    sizes = [path.stat().st_size for target in targets for path in inputs(target)]
    assert len(sizes) <= 60
    assert sum(sizes) <= 100_000
