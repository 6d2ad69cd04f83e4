# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Streams that decoders refuse, tests/vectors/damaged.toml: with just that status, and nothing
outside is written."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tight import Guarded, octets, state

TABLE = Path(__file__).resolve().parents[1] / "vectors/damaged.toml"
DAMAGED = tomllib.loads(TABLE.read_text())["damaged"]
STATUS = ("OK", "PARAM", "ROOM", "SHORT", "FORMAT", "LENGTH", "CRC", "SEQUENCE", "RANGE")


def decode_aec(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    function, n = of["function"], of["n_samples"]
    params = csxi.ffi.new(
        "struct sxi_aec *", {name: of[name] for name in ("bits", "block_size", "rsi", "flags")}
    )
    out = Guarded(csxi, f"uint{function[-2:]}_t", n)
    status = getattr(csxi.lib, function)(params, stream, size, out.pointer, n)
    assert out.is_intact()
    return int(status)


class Work:
    """Memory of the key's coders."""

    def __init__(self, csxi: SimpleNamespace, room: int) -> None:
        self.u16, self.u32 = Guarded(csxi, "uint16_t", room), Guarded(csxi, "uint32_t", room)
        self.events = csxi.ffi.new("struct sxi_events_decoder *")
        of = {"u16": self.u16.pointer, "u32": self.u32.pointer, "room": room}
        of["events_decoder"] = self.events
        self.pointer = csxi.ffi.new("struct sxi_key_work *", of)

    def is_intact(self) -> bool:
        return self.u16.is_intact() and self.u32.is_intact()


def decode_key(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    work, n = Work(csxi, 64), of["science_len"]
    out = Guarded(csxi, "uint8_t", n)
    status = csxi.lib.sxi_key_decode(of["key"], stream, size, work.pointer, out.pointer, n)
    assert out.is_untouched()
    assert work.is_intact()
    return int(status)


def decode_entity(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    work, n = Work(csxi, 512), of["out_len"]
    out = Guarded(csxi, "uint8_t", n)
    status = csxi.lib.sxi_entity_science(stream, size, work.pointer, out.pointer, n)
    assert out.is_intact()
    assert work.is_intact()
    return int(status)


def parse_rows(csxi: SimpleNamespace, _of: dict[str, Any], stream: Any, size: int) -> int:
    packet = csxi.ffi.new("struct sxi_rows_packet *", {"length": 77})
    before = state(csxi, packet)
    status = csxi.lib.sxi_rows_parse(packet, stream, size)
    assert state(csxi, packet) == before
    return int(status)


def load_model(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    columns = Guarded(csxi, "int16_t", of["room"])
    decoder = csxi.ffi.new("struct sxi_rows_decoder *", [of["room"], columns.pointer])
    before = state(csxi, decoder)
    status = csxi.lib.sxi_rows_load_model(decoder, stream, size)
    assert columns.is_untouched()
    assert state(csxi, decoder) == before
    return int(status)


def decode_rows(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    columns, out = Guarded(csxi, "int16_t", 6), Guarded(csxi, "uint16_t", of["out_len"])
    decoder = csxi.ffi.new("struct sxi_rows_decoder *", [6, columns.pointer])
    before = bytes.fromhex(of["before"])
    if before:
        model = octets(csxi, before)
        assert csxi.lib.sxi_rows_load_model(decoder, model, len(before)) == 0
    status = csxi.lib.sxi_rows_decode(decoder, stream, size, out.pointer, of["out_len"])
    assert columns.is_intact()
    assert out.is_intact()
    return int(status)


def parse_events(csxi: SimpleNamespace, _of: dict[str, Any], stream: Any, size: int) -> int:
    packet = csxi.ffi.new("struct sxi_events_packet *", {"length": 77})
    before = state(csxi, packet)
    status = csxi.lib.sxi_events_parse(packet, stream, size)
    assert state(csxi, packet) == before
    return int(status)


def decode_events(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    decoder, n = csxi.ffi.new("struct sxi_events_decoder *"), of["out_len"]
    out = Guarded(csxi, "uint8_t", n)
    status = csxi.lib.sxi_events_decode(decoder, stream, size, out.pointer, n)
    assert out.is_intact()
    return int(status)


def decode_housekeeping(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    words, number = csxi.ffi.new("struct sxi_hk_word[4]"), csxi.ffi.new("uint32_t *", 77)
    made = {"full_every": 64, "room": of["room"], "words": words}
    ctx, out = csxi.ffi.new("struct sxi_hk *", made), Guarded(csxi, "uint8_t", of["out_len"])
    for packet in map(bytes.fromhex, of["before"].split()):
        before = octets(csxi, packet)
        first = Guarded(csxi, "uint8_t", 8)
        assert csxi.lib.sxi_hk_decode(ctx, before, len(packet), first.pointer, 8, number) > 0
    was = state(csxi, ctx, words, number)
    status = csxi.lib.sxi_hk_decode(ctx, stream, size, out.pointer, of["out_len"], number)
    assert out.is_intact()
    assert state(csxi, ctx, words, number) == was
    return int(status)


def decode_block(csxi: SimpleNamespace, of: dict[str, Any], stream: Any, size: int) -> int:
    block, n = csxi.ffi.new("struct sxi_hk_block *", {"n": 77}), of["out_len"]
    planes, out = Guarded(csxi, "uint16_t", of["planes_len"]), Guarded(csxi, "uint8_t", n)
    before = state(csxi, block)
    status = csxi.lib.sxi_hk_block_decode(
        block, stream, size, planes.pointer, of["planes_len"], out.pointer, n
    )
    assert planes.is_intact()
    assert out.is_intact()
    assert state(csxi, block) == before
    return int(status)


DECODERS = {
    "sxi_aec_decode_u16": decode_aec,
    "sxi_aec_decode_u32": decode_aec,
    "sxi_key_decode": decode_key,
    "sxi_entity_science": decode_entity,
    "sxi_rows_parse": parse_rows,
    "sxi_rows_load_model": load_model,
    "sxi_rows_decode": decode_rows,
    "sxi_events_parse": parse_events,
    "sxi_events_decode": decode_events,
    "sxi_hk_decode": decode_housekeeping,
    "sxi_hk_block_decode": decode_block,
}


@pytest.mark.verifies("STAT-1", "STAT-3")
@pytest.mark.parametrize("of", DAMAGED, ids=[of["name"] for of in DAMAGED])
def test_damaged_streams_are_refused(csxi: SimpleNamespace, of: dict[str, Any]) -> None:
    stream = bytes.fromhex(of["stream"])
    status = DECODERS[of["function"]](csxi, of, octets(csxi, stream), len(stream))
    assert STATUS[max(-status, 0)] == of["status"]
