# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Headers, bodies and models, byte by byte, that the decoder of rows refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tight import Guarded, octets, state

from fsw_emu.core import Core, CoreError
from fsw_emu.model.crc import crc16

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC, SEQUENCE = -1, -2, -3, -4, -5, -6, -7


@pytest.mark.parametrize("kind", ["raw", "independent", "grouped", "aec"])
def test_room_for_samples(csxi: SimpleNamespace, core: Core, kind: Any) -> None:
    stack = np.arange(500, 540, dtype=np.uint16).reshape(1, 4, 10)
    packets = core.rows_encode(stack, kind=kind)
    decoder = csxi.ffi.new("struct sxi_rows_decoder *")
    packet = packets[-1] if kind != "grouped" else packets[1]
    data = octets(csxi, packet)
    if kind == "grouped":
        less = Guarded(csxi, "uint16_t", 40)
        assert csxi.lib.sxi_rows_decode(decoder, data, len(packet), less.pointer, 40) == SEQUENCE
        assert csxi.lib.sxi_rows_load_model(decoder, octets(csxi, packets[0]), len(packets[0])) in (
            0, ROOM,
        )  # fmt: skip
        columns = csxi.ffi.new("int16_t[10]")
        decoder.columns, decoder.room = columns, 10
        assert csxi.lib.sxi_rows_load_model(decoder, octets(csxi, packets[0]), len(packets[0])) == 0
        assert csxi.lib.sxi_rows_decode(decoder, octets(csxi, packets[0]), len(packets[0]),
                                        less.pointer, 40) == PARAM  # fmt: skip
    for room in (0, 39):
        less = Guarded(csxi, "uint16_t", room)
        assert csxi.lib.sxi_rows_decode(decoder, data, len(packet), less.pointer, room) == ROOM
        assert less.is_untouched()
    exact = Guarded(csxi, "uint16_t", 40)
    assert csxi.lib.sxi_rows_decode(decoder, data, len(packet), exact.pointer, 40) == 40
    assert exact.is_intact()
    assert (exact.inside == stack.reshape(-1)).all()


def sealed(*parts: bytes) -> bytes:
    """A packet with its length and CRC set right."""
    body = bytearray(b"".join(parts))
    body[1:3] = (len(body) + 2).to_bytes(2, "big")
    return bytes(body) + crc16(bytes(body)).to_bytes(2, "big")


def header(**fields: int) -> bytes:
    """The first 14 bytes of an independent packet of 2 rows of a frame of 165 x 96, or another."""
    of = {"kind": 1, "frames": 2, "frame": 0, "row": 0, "rows": 2, "shape": 2, "how": 0, "table": 8,
          "base": 500, **fields}  # fmt: skip
    place = (of["frames"] - 1) << 12 | of["frame"]
    return (
        bytes([0xC0 + of["kind"], 0, 0]) + place.to_bytes(3, "big") + of["row"].to_bytes(2, "big")
        + bytes([of["rows"], of["shape"], of["how"], of["table"]]) + of["base"].to_bytes(2, "big")
    )  # fmt: skip


HEADERS = [
    (header(kind=5), FORMAT), (header(shape=5) + bytes(8), FORMAT), (header(frame=2), FORMAT),
    (header(table=68), FORMAT), (header(table=255), FORMAT), (header(how=0xC0), FORMAT),
    (header(kind=2, how=0xC0, table=255) + bytes(2), FORMAT),
    (header(row=164), FORMAT), (header(row=165, rows=1), FORMAT),
    (header(row=165, rows=0) + bytes(4), FORMAT),
    (header(shape=0) + bytes(4), FORMAT), (header(shape=0) + bytes([0, 9, 0, 0]), FORMAT),
    (header(shape=0)[:14], LENGTH), (header(rows=0), LENGTH), (header(kind=2), LENGTH),
    (header(rows=0) + bytes([0, 0, 0, 0]), FORMAT), (header(rows=0) + bytes([0, 0, 0, 96]), FORMAT),
    (header(rows=0) + bytes([0, 90, 0, 7]), FORMAT),
    (header(kind=0), FORMAT), (header(kind=0, base=0), FORMAT), (header(kind=3, table=0), FORMAT),
    (header(kind=0, base=0, table=0, how=1), FORMAT), (header(kind=0, base=0, how=64), FORMAT),
    (header(kind=3, base=0, table=4), FORMAT), (header(kind=0, base=0, table=0, how=16), FORMAT),
    (header(kind=4, base=0, table=0), FORMAT),
    (header(kind=4, base=0, table=0, rows=0, row=1), FORMAT),
    (header(kind=4, base=0, table=0, rows=0, frame=2), FORMAT),
]  # fmt: skip


@pytest.mark.verifies("ROWS-1")
@pytest.mark.parametrize(("head", "result"), HEADERS)
def test_headers_that_no_coder_writes(csxi: SimpleNamespace, head: bytes, result: int) -> None:
    parsed = csxi.ffi.new("struct sxi_rows_packet *", {"kind": 77})
    before = state(csxi, parsed)
    data = sealed(head)
    assert csxi.lib.sxi_rows_parse(parsed, octets(csxi, data), len(data)) == result
    assert state(csxi, parsed) == before


def test_lengths_and_crc(csxi: SimpleNamespace, core: Core) -> None:
    packet = core.rows_encode(np.full((1, 4, 96), 7, np.uint16), kind="independent")[0]
    parsed = csxi.ffi.new("struct sxi_rows_packet *")

    def parse(data: bytes) -> int:
        return int(csxi.lib.sxi_rows_parse(parsed, octets(csxi, data), len(data)))

    assert parse(packet + b"\0") == 0
    for n in (0, 13, 14, len(packet) - 1):
        assert parse(packet[:n]) == SHORT
    assert parse(packet[:2] + b"\x0f" + packet[3:]) == (LENGTH if packet[1] == 0 else CRC)
    for at in range(len(packet)):
        damaged = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]
        assert parse(damaged) in (CRC, FORMAT, SHORT, LENGTH)


BODIES = [
    (header(rows=1) + bytes(3), SHORT),  # ends early
    (header(rows=1, table=67) + bytes(20), SHORT),
    (header(rows=1) + bytes(200), FORMAT),  # goes on
    (header(rows=1) + b"\xff" * 400, FORMAT),  # values beyond 16 bits
    (header(rows=1, table=67) + b"\xff" * 400, FORMAT),
    (header(kind=0, base=0, table=0, rows=1) + bytes(191), SHORT),
    (header(kind=0, base=0, table=0, rows=1) + bytes(193), FORMAT),
    (header(kind=0, base=0, table=0, rows=1) + bytes(194), FORMAT),
    (header(kind=3, base=0, table=0, rows=1), SHORT),
    (header(kind=3, base=0, table=0, rows=1) + bytes(15) + b"\x01", FORMAT),
    (header(kind=2, rows=1) + bytes(2), SEQUENCE),
]


@pytest.mark.parametrize(("body", "result"), BODIES)
def test_bodies_that_are_no_code(csxi: SimpleNamespace, body: bytes, result: int) -> None:
    decoder = csxi.ffi.new("struct sxi_rows_decoder *")
    data, out = sealed(body), Guarded(csxi, "uint16_t", 96)
    got = csxi.lib.sxi_rows_decode(decoder, octets(csxi, data), len(data), out.pointer, 96)
    assert got == result
    assert out.is_intact()


MODEL = header(kind=4, base=0, table=0, rows=0)
EVEN = b"\x66" * 32  # 64 codes of 6 bits
MODELS = [
    (MODEL, SHORT), (MODEL + b"\xff", SHORT), (MODEL + b"\x44\xff", FORMAT),
    (MODEL + b"\xff\x0d", FORMAT),
    (MODEL + b"\xff\x00" + EVEN[1:], SHORT), (MODEL + b"\xff\x00" + EVEN[1:] + b"\x67", FORMAT),
    (MODEL + b"\xff\x00" + EVEN[1:] + b"\x60", FORMAT),
    (MODEL + b"\xff\x00" + EVEN[1:] + b"\x6d", FORMAT),
    (MODEL + b"\x08\xff", SHORT), (MODEL + b"\x08\xff" + b"\xff" * 300, FORMAT),
    (MODEL + b"\x43\xff" + bytes(20), SHORT),
    (MODEL + b"\x43\xff" + bytes(60) + b"\xff" * 144, FORMAT), (MODEL + b"\xff\xff\0", FORMAT),
    (header(), FORMAT),
]  # fmt: skip


@pytest.mark.verifies("ROWS-11")
@pytest.mark.parametrize(("body", "result"), MODELS)
def test_models_that_no_coder_writes(csxi: SimpleNamespace, body: bytes, result: int) -> None:
    columns = csxi.ffi.new("int16_t[96]")
    decoder = csxi.ffi.new("struct sxi_rows_decoder *", [96, columns])
    before = state(csxi, decoder)
    data = sealed(body)
    assert csxi.lib.sxi_rows_load_model(decoder, octets(csxi, data), len(data)) == result
    assert state(csxi, decoder) == before
    assert list(columns) == [0] * 96


def test_a_model_needs_room_for_its_columns(csxi: SimpleNamespace) -> None:
    columns = csxi.ffi.new("int16_t[95]")
    data = sealed(MODEL + b"\x08\xff" + bytes(400))
    for of in ([95, columns], [96, csxi.ffi.NULL]):
        decoder = csxi.ffi.new("struct sxi_rows_decoder *", of)
        assert csxi.lib.sxi_rows_load_model(decoder, octets(csxi, data), len(data)) == ROOM


def test_stacks_that_cannot_be(core: Core) -> None:
    stack = np.zeros((1, 2, 3), np.uint16)
    for wrong in ({"kind": "best"}, {"predictor": "north"}, {"group": 0}, {"near_lossless": 16}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            core.rows_encode(stack, **wrong)  # type: ignore[arg-type]
    for shape in ((1, 0, 3), (1, 2, 0)):
        with pytest.raises(CoreError):
            core.rows_encode(np.zeros(shape, np.uint16))
    with pytest.raises(ValueError, match="whole"):
        core.rows_decode([b"", b"\xc0"])
