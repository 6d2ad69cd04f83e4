# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Contexts, packets and room that the housekeeping coder refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tight import Guarded, octets, state, tight

from fsw_emu.model import hkdelta as model
from fsw_emu.model.crc import crc16

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC, SEQUENCE = -1, -2, -3, -4, -5, -6, -7
PACKETS = [bytes([8, i, 0, 7 * i % 5, 255 - i]) for i in range(4)]  # the third word is a byte
CODED = model.encode(PACKETS)


def with_crc(data: bytes) -> bytes:
    return data + crc16(data).to_bytes(2, "big")


class Coder:
    """A context and its words, which is a coder or a decoder."""

    def __init__(self, csxi: SimpleNamespace, room: int = 8, **fields: int) -> None:
        self.lib, self.csxi = csxi.lib, csxi
        self.words = csxi.ffi.new("struct sxi_hk_word[]", room)
        self.ctx = csxi.ffi.new("struct sxi_hk *", {"room": room, "words": self.words})
        self.ctx.full_every = 64
        for name, value in fields.items():
            setattr(self.ctx, name, value)
        self.number = csxi.ffi.new("uint32_t *", 99)

    def state(self) -> list[bytes]:
        return state(self.csxi, self.ctx, self.words, self.number)

    def encode(self, packet: bytes, room: int | None = None) -> int:
        room = len(packet) + 6 if room is None else room
        out = Guarded(self.csxi, "uint8_t", room)
        data = octets(self.csxi, packet)
        size = self.lib.sxi_hk_encode(self.ctx, data, len(packet), out.pointer, room)
        assert out.is_intact()
        return int(size)

    def decode(self, packet: bytes, room: int = 8) -> int:
        out = Guarded(self.csxi, "uint8_t", room)
        data = octets(self.csxi, packet)
        size = self.lib.sxi_hk_decode(self.ctx, data, len(packet), out.pointer, room, self.number)
        assert out.is_intact()
        return int(size)

    def refuses(self, packet: bytes, status: int, **how: int) -> None:
        before = self.state()
        assert self.decode(packet, **how) == status
        assert self.state() == before


@pytest.fixture
def decoder(csxi: SimpleNamespace) -> Coder:
    """One that has seen the first two packets."""
    coder = Coder(csxi)
    assert [coder.decode(packet) for packet in CODED[:2]] == [5, 5]
    return coder


@pytest.mark.parametrize(
    "bad",
    [
        {"full_every": 0}, {"full_every": 65536}, {"number": 1 << 24}, {"checked": 2},
        {"since": 65536}, {"since": 1, "length": 1}, {"since": 1, "length": 1025, "room": 600},
        {"since": 1, "length": 17},
    ],
)  # fmt: skip
def test_contexts_that_cannot_be(csxi: SimpleNamespace, bad: dict[str, int]) -> None:
    coder = Coder(csxi, **bad)
    before = coder.state()
    assert coder.encode(PACKETS[0]) == PARAM
    assert coder.decode(CODED[0]) == PARAM
    assert coder.state() == before
    init = csxi.lib.sxi_hk_init(coder.ctx)
    assert init == (PARAM if "full_every" in bad else 0)


def test_null(csxi: SimpleNamespace) -> None:
    coder, null = Coder(csxi), csxi.ffi.NULL
    lib, out, number = csxi.lib, csxi.ffi.new("uint8_t[32]"), coder.number
    assert lib.sxi_hk_init(null) == PARAM
    assert lib.sxi_hk_encode(null, out, 5, out, 32) == PARAM
    assert lib.sxi_hk_encode(coder.ctx, null, 5, out, 32) == PARAM
    assert lib.sxi_hk_encode(coder.ctx, out, 5, null, 32) == PARAM
    assert lib.sxi_hk_decode(null, out, 5, out, 32, number) == PARAM
    assert lib.sxi_hk_decode(coder.ctx, null, 5, out, 32, number) == PARAM
    assert lib.sxi_hk_decode(coder.ctx, out, 5, null, 32, number) == PARAM
    assert lib.sxi_hk_decode(coder.ctx, out, 5, out, 32, null) == PARAM
    coder.ctx.words = null
    assert lib.sxi_hk_init(coder.ctx) == PARAM
    assert coder.encode(PACKETS[0]) == PARAM


def test_what_the_coder_refuses(csxi: SimpleNamespace) -> None:
    coder = Coder(csxi)
    before = coder.state()
    assert coder.encode(b"a") == LENGTH
    assert coder.encode(bytes(1025)) == LENGTH
    assert coder.encode(bytes(17)) == ROOM  # of words
    for room in (0, 5, 10):
        assert coder.encode(PACKETS[0], room) == ROOM
    assert coder.state() == before
    assert [coder.encode(packet) for packet in PACKETS] == [*map(len, CODED)]
    after = coder.state()
    assert coder.encode(PACKETS[0], 10) == ROOM
    assert coder.state() == after


def test_what_the_decoder_refuses(csxi: SimpleNamespace, decoder: Coder) -> None:
    full, third = CODED[0], CODED[2]
    for cut in range(3):
        decoder.refuses(third[:cut], SHORT)
    decoder.refuses(full[:5], SHORT)
    for first in (0x80, 0xCA, 0xCD, 0xFF):
        decoder.refuses(bytes([first]) + third[1:], FORMAT)
    decoder.refuses(full[:-1] + bytes([full[-1] ^ 1]), CRC)
    decoder.refuses(third[:-1] + bytes([third[-1] ^ 1]), CRC)
    decoder.refuses(CODED[1], SEQUENCE)
    decoder.refuses(CODED[3], SEQUENCE)
    for size, checked, status in ((1, False, LENGTH), (1025, False, LENGTH), (17, False, ROOM)):
        kind = model.CHECKED if checked else model.FULL
        decoder.refuses(with_crc(bytes([kind, 0, 0, 0]) + bytes(size)), status, room=1030)
    decoder.refuses(with_crc(bytes([model.CHECKED, 0, 0, 0]) + bytes(1023)), LENGTH, room=1030)
    decoder.refuses(third, ROOM, room=4)
    decoder.refuses(full, ROOM, room=4)
    assert decoder.decode(third, room=5) == 5
    assert decoder.number[0] == 2
    fresh = Coder(csxi)
    fresh.refuses(third, SEQUENCE)


def test_code_that_no_coder_writes(csxi: SimpleNamespace) -> None:
    """All ones, which is beyond all shares; cells beyond the ends; an odd byte above 255."""
    coder = Coder(csxi)
    found = set()
    for error in (0, 1638, 1 << 20, (1 << 25) - 1, 1 << 26):
        for code in (
            0,
            0x0FFFFFFF,
            0x0FFFFF00,
            0x0FF00000,
            0x00100000,
            0x0002FFFF,
            0x00064000,
            0x08000000,
        ):
            assert coder.decode(CODED[0]) == 5
            for word in range(3):
                coder.words[word].error = [error] * 3
            data = bytearray(code.to_bytes(4, "big") + bytes([255] * 9 if code & 1 else 9))
            data[0] |= 1 << 4
            before = coder.state()
            found.add(coder.decode(bytes(data)))
            assert coder.state() == before
    assert found == {FORMAT, CRC}


def test_number_goes_round(csxi: SimpleNamespace) -> None:
    coder = Coder(csxi)
    last = with_crc(bytes([model.FULL, 255, 255, 255]) + PACKETS[0])
    assert coder.decode(last) == 5
    assert coder.number[0] == 0xFFFFFF
    following = model.Interval(0xFFFFFF, PACKETS[0], checked=False)
    assert coder.decode(following.encode(PACKETS[1])) == 5
    assert coder.number[0] == 0


def test_an_interval_without_an_end(decoder: Coder) -> None:
    """Nothing counts beyond the longest one."""
    decoder.ctx.since = 65535
    assert decoder.decode(CODED[2]) == 5
    assert decoder.ctx.since == 65535


BLOCK = bytes([0xCD, 0, 0, 5, 1, 0, 3])  # packets 5 and 6, of three bytes


def decode_block(
    csxi: SimpleNamespace, data: bytes, planes: int = 64, room: int = 64
) -> tuple[int, Any]:
    memory, out = Guarded(csxi, "uint16_t", planes), Guarded(csxi, "uint8_t", room)
    block = csxi.ffi.new("struct sxi_hk_block *", {"number": 77})
    size = csxi.lib.sxi_hk_block_decode(
        block, octets(csxi, data), len(data), memory.pointer, planes, out.pointer, room
    )
    assert memory.is_intact()
    assert out.is_intact()
    assert size >= 0 or block.number == 77
    return size, block


def test_what_blocks_refuse(csxi: SimpleNamespace) -> None:
    packets = bytes([1, 2, 3, 1, 2, 4])
    lib, given = csxi.lib, octets(csxi, packets)
    planes = Guarded(csxi, "uint16_t", 4)

    def encode(out: Any, room: int) -> int:
        return int(lib.sxi_hk_block_encode(given, 2, 3, 5, planes.pointer, 4, out, room))

    size = encode(csxi.ffi.new("uint8_t[64]"), 64)
    assert size <= lib.sxi_hk_block_bound(2, 3)
    data = tight(csxi, size, encode)
    assert planes.is_intact()
    assert data[:7] == BLOCK
    assert decode_block(csxi, data, planes=4, room=6)[0] == 6
    assert decode_block(csxi, data, planes=3)[0] == ROOM
    assert decode_block(csxi, data, room=5)[0] == ROOM
    assert decode_block(csxi, data[:8])[0] == SHORT
    assert decode_block(csxi, b"\xcc" + data[1:])[0] == FORMAT
    assert decode_block(csxi, data[:-1])[0] == CRC
    for length in (0, 1, 1025):
        head = BLOCK[:5] + length.to_bytes(2, "big")
        assert decode_block(csxi, with_crc(head + data[7:-2]))[0] == LENGTH
    assert decode_block(csxi, with_crc(BLOCK + data[7:8]))[0] == SHORT
    whole = lib.sxi_hk_block_encode(given, 1, 4, 0, planes.pointer, 4, out64(csxi), 64)
    assert whole > 0  # two words, of which the second has more than a byte
    memory = out64(csxi)
    whole = lib.sxi_hk_block_encode(given, 1, 4, 0, planes.pointer, 4, memory, 64)
    wide = bytes(csxi.ffi.buffer(memory, whole))
    narrow = with_crc(wide[:6] + b"\x03" + wide[7:-2])
    assert decode_block(csxi, narrow)[0] == FORMAT


def out64(csxi: SimpleNamespace) -> Any:
    return csxi.ffi.new("uint8_t[64]")


@pytest.mark.parametrize(
    ("n", "length", "number", "planes_len", "status"),
    [
        (0, 3, 0, 4, PARAM), (257, 3, 0, 4, PARAM), (2, 3, 1 << 24, 4, PARAM),
        (2, 1, 0, 4, LENGTH), (2, 1025, 0, 4, LENGTH), (2, 3, 0, 3, ROOM),
    ],
)  # fmt: skip
def test_blocks_that_cannot_be(
    csxi: SimpleNamespace, n: int, length: int, number: int, planes_len: int, status: int
) -> None:
    lib, out, planes = csxi.lib, Guarded(csxi, "uint8_t", 64), csxi.ffi.new("uint16_t[4]")
    given = octets(csxi, bytes(4096))
    if number == 0 and status != ROOM:
        assert lib.sxi_hk_block_bound(n, length) == 0
    arguments = (given, n, length, number, planes, planes_len)
    assert lib.sxi_hk_block_encode(*arguments, out.pointer, 64) == status
    assert out.is_untouched()


def test_blocks_of_null(csxi: SimpleNamespace) -> None:
    lib, null = csxi.lib, csxi.ffi.NULL
    out, planes = csxi.ffi.new("uint8_t[64]"), csxi.ffi.new("uint16_t[4]")
    block = csxi.ffi.new("struct sxi_hk_block *")
    for a, b, c in ((null, planes, out), (out, null, out), (out, planes, null)):
        assert lib.sxi_hk_block_encode(a, 2, 3, 0, b, 4, c, 64) == PARAM
        assert lib.sxi_hk_block_decode(block, a, 9, b, 4, c, 64) == PARAM
    assert lib.sxi_hk_block_decode(null, out, 9, planes, 4, out, 64) == PARAM
