# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Packets of events: every refusal, with nothing changed and nothing written outside."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from events_sets import packet
from tight import Guarded, octets, state

from fsw_emu.core import Core
from fsw_emu.model import events as model
from fsw_emu.model import huffman
from fsw_emu.model.crc import crc16

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC = -1, -2, -3, -4, -5, -6
MOST = 2**24 - 1
EVENTS = b"".join(
    packet(
        [0x50F0, 54, 0x501, 3, 5 + i, 20 * i + 4, 7 + i % 2],
        np.random.default_rng(i).normal(500, 4, 25),
    )
    for i in range(6)
)


def coder(csxi: SimpleNamespace, kind: int = 1, packet_bytes: int = 400) -> Any:
    return csxi.ffi.new("struct sxi_events *", {"kind": kind, "packet_bytes": packet_bytes})


def closed(head: bytes, body: bytes, length: int | None = None) -> bytes:
    """A packet of any header and body, its length and checksum right."""
    size = 13 + len(body) if length is None else length
    whole = head[:1] + size.to_bytes(2, "big") + head[3:] + body
    return whole + crc16(whole).to_bytes(2, "big")


def header(kind: int = 1, total: int = 1, first: int = 0, n: int = 1) -> bytes:
    return bytes([0xC8 + kind, 0, 0]) + b"".join(
        (total.to_bytes(3, "big"), first.to_bytes(3, "big"), n.to_bytes(2, "big"))
    )


@pytest.mark.parametrize(
    "bad",
    [{"kind": 3}, {"kind": 2**32 - 1}, {"packet_bytes": 76}, {"packet_bytes": 65536},
     {"packet_bytes": 0}],
)  # fmt: skip
def test_parameters_that_cannot_be(csxi: SimpleNamespace, bad: dict[str, int]) -> None:
    ctx, lib = coder(csxi, **bad), csxi.lib
    out, following = Guarded(csxi, "uint8_t", 400), csxi.ffi.new("uint32_t *", 77)
    events, before = octets(csxi, EVENTS), state(csxi, ctx)
    assert lib.sxi_events_encode(ctx, events, 6, 0, out.pointer, 400, following) == PARAM
    assert lib.sxi_events_choose(ctx, events, 6, out.pointer, 400) == PARAM
    assert state(csxi, ctx) == before
    assert following[0] == 77
    assert out.is_untouched()


def test_null_and_events_that_are_not_there(csxi: SimpleNamespace) -> None:
    ctx, lib, null = coder(csxi), csxi.lib, csxi.ffi.NULL
    out, following = Guarded(csxi, "uint8_t", 400), csxi.ffi.new("uint32_t *", 77)
    events, before = octets(csxi, EVENTS), state(csxi, ctx)
    for a, b, c, d in (
        (null, events, out.pointer, following),
        (ctx, null, out.pointer, following),
        (ctx, events, null, following),
        (ctx, events, out.pointer, null),
    ):
        assert lib.sxi_events_encode(a, b, 6, 0, c, 400, d) == PARAM
        if d != null:
            assert lib.sxi_events_choose(a, b, 6, c, 400) == PARAM
    for n, first in ((6, 6), (6, 2**32 - 1), (0, 0), (MOST + 1, 0)):
        assert lib.sxi_events_encode(ctx, events, n, first, out.pointer, 400, following) == PARAM
    assert lib.sxi_events_choose(ctx, events, MOST + 1, out.pointer, 400) == PARAM
    for room in (0, 13, 399):
        assert lib.sxi_events_encode(ctx, events, 6, 0, out.pointer, room, following) == ROOM
        assert lib.sxi_events_choose(ctx, events, 6, out.pointer, room) == ROOM
    assert state(csxi, ctx) == before
    assert following[0] == 77
    assert out.is_untouched()
    assert lib.sxi_events_choose(ctx, events, 0, out.pointer, 400) == 0
    assert ctx.kind == model.RAW


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("packet_bytes", [77, 78, 141, 170, 400, 65535])
def test_a_packet_fits_its_room(csxi: SimpleNamespace, kind: int, packet_bytes: int) -> None:
    """Exactly as much memory as a packet may take, and for what comes of it."""
    ctx, events = coder(csxi, kind, packet_bytes), octets(csxi, EVENTS)
    decoder, following = csxi.ffi.new("struct sxi_events_decoder *"), csxi.ffi.new("uint32_t *")
    expected = model.encode(EVENTS, kind=kind, packet_bytes=packet_bytes)
    for one in expected:
        first, out = following[0], Guarded(csxi, "uint8_t", packet_bytes)
        size = csxi.lib.sxi_events_encode(
            ctx, events, 6, first, out.pointer, packet_bytes, following
        )
        assert out.is_intact()
        assert out.inside[:size].tobytes() == one
        n = 64 * (following[0] - first)
        for room in (n, n - 1, 0):
            back = Guarded(csxi, "uint8_t", room)
            status = csxi.lib.sxi_events_decode(
                decoder, octets(csxi, one), size, back.pointer, room
            )
            assert status == (n if room == n else ROOM)
            assert back.is_intact()
            if room == n:
                assert back.inside.tobytes() == EVENTS[64 * first : 64 * first + n]
    assert following[0] == 6
    sizes = [
        sum(map(len, model.encode(EVENTS, kind=k, packet_bytes=packet_bytes))) for k in range(3)
    ]
    out = Guarded(csxi, "uint8_t", packet_bytes)
    status = csxi.lib.sxi_events_choose(ctx, events, 6, out.pointer, packet_bytes)
    assert status == min(sizes)
    assert ctx.kind == model.choose(EVENTS, packet_bytes=packet_bytes)
    assert out.is_intact()


RAW_ONE = closed(header(0), EVENTS[:64])
#: what is no packet of events, and why
NO_PACKET = {
    "nothing": (b"", SHORT),
    "twelve bytes": (RAW_ONE[:12], SHORT),
    "the kind below": (b"\xc7" + RAW_ONE[1:], FORMAT),
    "the kind above": (b"\xcb" + RAW_ONE[1:], FORMAT),
    "a length of less than a packet": (closed(header(0), EVENTS[:64], 12), LENGTH),
    "a length of more than there is": (RAW_ONE[:-1], SHORT),
    "another checksum": (RAW_ONE[:-1] + bytes([RAW_ONE[-1] ^ 1]), CRC),
    "no events": (closed(header(0, n=0), b""), FORMAT),
    "events beyond the set": (closed(header(0, total=3, first=3), EVENTS[:64]), FORMAT),
    "a raw packet of half an event": (closed(header(0), EVENTS[:63]), LENGTH),
}


@pytest.mark.parametrize("name", NO_PACKET)
def test_what_is_no_packet(csxi: SimpleNamespace, name: str) -> None:
    data, status = NO_PACKET[name]
    said = csxi.ffi.new("struct sxi_events_packet *", [9] * 5)
    ctx, out = csxi.ffi.new("struct sxi_events_decoder *"), Guarded(csxi, "uint8_t", 128)
    memory, before = octets(csxi, data), state(csxi, ctx, said)
    assert csxi.lib.sxi_events_parse(said, memory, len(data)) == status
    assert csxi.lib.sxi_events_decode(ctx, memory, len(data), out.pointer, 128) == status
    assert state(csxi, ctx, said) == before
    assert out.is_untouched()


def test_null(csxi: SimpleNamespace) -> None:
    null, lib, ffi = csxi.ffi.NULL, csxi.lib, csxi.ffi
    said, ctx = ffi.new("struct sxi_events_packet *"), ffi.new("struct sxi_events_decoder *")
    data, out = octets(csxi, RAW_ONE), Guarded(csxi, "uint8_t", 64)
    assert lib.sxi_events_parse(null, data, 77) == PARAM
    assert lib.sxi_events_parse(said, null, 77) == PARAM
    assert lib.sxi_events_decode(null, data, 77, out.pointer, 64) == PARAM
    assert lib.sxi_events_decode(ctx, null, 77, out.pointer, 64) == PARAM
    assert lib.sxi_events_decode(ctx, data, 77, null, 64) == PARAM
    assert out.is_untouched()
    assert lib.sxi_events_decode(ctx, data, 77, out.pointer, 64) == 64


PARAMETERS = "01000" + "111" + f"{16:07b}" * 4 + "0000" * 4
RUN = "000" + "0000" * 5
ONE = RUN + "0" + "".join(model.codes_of(16)[0] for _ in range(25))
LAST_ROW = "000" + "0000" * 3 + "1111" + "1" * 16 + "0000" + ONE[len(RUN) :]
PIXELS = ONE[len(RUN) :]
FULL = PARAMETERS + ONE + "1" * 16 + ONE
#: an event whose outer pixels have the last table
WIDE = (
    RUN
    + "0"
    + "".join(
        model.codes_of(16)[0] if kind else model.codes_of(67)[0] + "0" * huffman.table_parts(67)[1]
        for kind in model.CLASSES
    )
)
#: bits of a body of two events, and what becomes of it
BODIES = {
    "two runs": (PARAMETERS + ONE + "1" * 16 + ONE, 128),
    "a run of two": (PARAMETERS + ONE + "0" + "00000001" + PIXELS, 128),
    "a sequence with gaps": (
        PARAMETERS[:5] + "010" + PARAMETERS[8:] + ONE + "0" * 9 + "11001" + PIXELS, 128
    ),
    "a gap in the sequence without end": (
        PARAMETERS[:5] + "010" + PARAMETERS[8:] + ONE + "0" * 9 + "1" * 16 + PIXELS, FORMAT
    ),
    "gaps wider than there are": ("11001" + PARAMETERS[5:] + ONE + "1" * 16 + ONE, FORMAT),
    "a table that is none": (PARAMETERS[:8] + f"{68:07b}" + PARAMETERS[15:] + ONE, FORMAT),
    "the last table that is one": (
        PARAMETERS[:8] + f"{67:07b}" + PARAMETERS[15:] + WIDE + "1" * 16 + WIDE, 128
    ),
    "a value above 16 bits": (
        PARAMETERS[:8] + f"{67:07b}" + PARAMETERS[15:] + RUN + "0" + model.codes_of(67)[63]
        + "1" * 15 + "0" * 900, FORMAT
    ),
    "bits to the end of a byte": (FULL + "1" * (-len(FULL) % 8), 128),
    "a byte behind the last event": (
        FULL + "0" * (-len(FULL) % 8 + 8), FORMAT
    ),
    "a place within the last row": (
        PARAMETERS + LAST_ROW + "0" + "00000001" + PIXELS, 128
    ),
    "a place beyond the last row": (
        PARAMETERS + LAST_ROW + "1" * 15 + "0" + "00000000" + PIXELS, FORMAT
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_bodies(csxi: SimpleNamespace, name: str) -> None:
    """What no coder writes is refused, and what ends early is SHORT wherever it ends."""
    bits, status = BODIES[name]
    bits += "0" * (-len(bits) % 8)
    body = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    for size in range(len(body) + 1) if status == 128 and len(body) < 60 else [len(body)]:
        one = closed(header(1, 2, 0, 2), body[:size])
        ctx, out = csxi.ffi.new("struct sxi_events_decoder *"), Guarded(csxi, "uint8_t", 128)
        result = csxi.lib.sxi_events_decode(ctx, octets(csxi, one), len(one), out.pointer, 128)
        assert result == (status if size == len(body) else SHORT)
        assert out.is_intact()


def test_planes_of_another_number_of_events(csxi: SimpleNamespace, core: Core) -> None:
    [one] = core.events_encode(EVENTS, codec="aec")
    ctx, out = csxi.ffi.new("struct sxi_events_decoder *"), Guarded(csxi, "uint8_t", 65 * 64)

    def decode(n: int, body: bytes) -> int:
        data = closed(header(2, 65, 0, n), body)
        status = csxi.lib.sxi_events_decode(
            ctx, octets(csxi, data), len(data), out.pointer, 65 * 64
        )
        assert out.is_intact()
        return int(status)

    body = one[11:-2]
    assert decode(6, body) == 6 * 64
    assert decode(6, body[:-1]) == SHORT
    assert decode(64, body) == SHORT
    assert decode(65, body) == FORMAT
