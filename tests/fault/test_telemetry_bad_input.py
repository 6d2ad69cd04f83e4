# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Bad arguments, broken data, tight buffers: telemetry packets and their transfers."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import u8, u16
from tight import Guarded, octets, state, tight

from fsw_emu.model import ldt, pus

PARAM, ROOM, SHORT, FORMAT, LENGTH, CRC, SEQUENCE = -1, -2, -3, -4, -5, -6, -7
HUGE = 2**32 - 1

TM = {
    "apid": 321, "count": 5, "type": 17, "subtype": 2, "destination": 0, "coarse": 1000,
    "fine_us": 250_000, "sync": 5,
}  # fmt: skip


BAD_TM = [
    {"apid": 2048}, {"apid": 65535}, {"count": 16384}, {"count": 65535}, {"fine_us": 1_000_000},
    {"fine_us": HUGE}, {"sync": 1}, {"sync": 4}, {"sync": 6}, {"sync": 255},
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_TM)
def test_tm_that_cannot_be(csxi: SimpleNamespace, bad: dict[str, int]) -> None:
    tm, out = csxi.ffi.new("struct sxi_pus_tm *", TM | bad), Guarded(csxi, "uint8_t", 886)
    data = octets(csxi, bytes(4))
    assert csxi.lib.sxi_pus_tm_store(tm, data, 4, out.pointer, 886) == PARAM
    assert out.is_untouched()


@pytest.mark.parametrize("size", [867, 868, 65536, 2**31, HUGE])
def test_more_source_data_than_a_packet_holds(csxi: SimpleNamespace, size: int) -> None:
    tm, out = csxi.ffi.new("struct sxi_pus_tm *", TM), Guarded(csxi, "uint8_t", 900)
    assert csxi.lib.sxi_pus_tm_store(tm, octets(csxi, bytes(867)), size, out.pointer, HUGE) == PARAM
    assert out.is_untouched()


@pytest.mark.verifies("STAT-3")
def test_tm_null(csxi: SimpleNamespace) -> None:
    null, lib = csxi.ffi.NULL, csxi.lib
    tm, data = csxi.ffi.new("struct sxi_pus_tm *", TM), octets(csxi, bytes(30))
    assert lib.sxi_pus_tm_store(null, data, 1, data, 30) == PARAM
    assert lib.sxi_pus_tm_store(tm, null, 1, data, 30) == PARAM
    assert lib.sxi_pus_tm_store(tm, data, 1, null, 30) == PARAM
    assert lib.sxi_pus_tm_store(tm, null, 0, data, 30) == 20
    assert lib.sxi_pus_tm_load(null, data, 20) == PARAM
    assert lib.sxi_pus_tm_load(tm, null, 20) == PARAM


def packet_with(*changes: tuple[int, int]) -> bytes:
    packet = bytearray(pus.build(pus.Header(**TM), b"abc"))
    for at, value in changes:
        packet[at] = value
    return bytes(packet)


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(
    ("packet", "status"),
    [
        (b"", SHORT),
        (packet_with()[:19], SHORT),
        (packet_with((0, 0x19)), FORMAT),  # a telecommand
        (packet_with((0, 0x29)), FORMAT),  # version 1
        (packet_with((0, 0x01)), FORMAT),  # no secondary header
        (packet_with((2, 0x00)), FORMAT),
        (packet_with((2, 0x40)), FORMAT),
        (packet_with((2, 0x80)), FORMAT),
        (packet_with((6, 0x20)), FORMAT),  # PUS-C
        (packet_with((6, 0x00)), FORMAT),
        (packet_with((14, 0x0F), (15, 0x42), (16, 0x40)), FORMAT),  # 1,000,000 us
        (packet_with((5, 0x0F)), LENGTH),
        (packet_with((4, 0xFF), (5, 0xFF)), LENGTH),
        (packet_with()[:-1], LENGTH),
        (packet_with() + b"\0", LENGTH),
        (packet_with((14, 0x0F), (15, 0x42), (16, 0x3F)), CRC),
        (packet_with((7, 3)), CRC),
        (packet_with((18, 0)), CRC),
        (packet_with((22, 0)), CRC),
    ],
)
def test_refused_tm_leaves_the_header_alone(
    csxi: SimpleNamespace, packet: bytes, status: int
) -> None:
    tm = csxi.ffi.new("struct sxi_pus_tm *", {"apid": 77, "coarse": 78})
    before = state(csxi, tm)
    assert csxi.lib.sxi_pus_tm_load(tm, octets(csxi, packet), len(packet)) == status
    assert status == pus.check(packet)
    assert state(csxi, tm) == before


SEND = {"tx": True, "sdu_id": 1, "data": True, "size": 10, "part": 4}
BAD_SEND = [
    {"tx": False}, {"data": False}, {"sdu_id": 0}, {"sdu_id": 3}, {"sdu_id": 255}, {"size": 0},
    {"part": 0}, {"part": 862}, {"part": HUGE}, {"size": 65536, "part": 1},
    {"size": HUGE, "part": 861}, {"size": 65535 * 861 + 1, "part": 861},
]  # fmt: skip


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize("bad", BAD_SEND)
def test_transfer_that_cannot_be(csxi: SimpleNamespace, bad: dict[str, Any]) -> None:
    a, null = SEND | bad, csxi.ffi.NULL
    tx, data = csxi.ffi.new("struct sxi_ldt_tx *", {"number": 77}), octets(csxi, bytes(10))
    before = state(csxi, tx)
    tx_or_null, data_or_null = tx if a["tx"] else null, data if a["data"] else null
    init = csxi.lib.sxi_ldt_tx_init
    assert init(tx_or_null, a["sdu_id"], data_or_null, a["size"], a["part"]) == PARAM
    assert state(csxi, tx) == before


@pytest.fixture
def sender(csxi: SimpleNamespace) -> SimpleNamespace:
    """10 bytes in parts of 4, of which none has gone."""
    tx, tm = csxi.ffi.new("struct sxi_ldt_tx *"), csxi.ffi.new("struct sxi_pus_tm *", TM)
    data = octets(csxi, b"0123456789")
    assert csxi.lib.sxi_ldt_tx_init(tx, 1, data, 10, 4) == 0
    return SimpleNamespace(tx=tx, tm=tm, data=data)


@pytest.mark.verifies("STAT-3")
def test_sender_in_exact_buffers(csxi: SimpleNamespace, sender: SimpleNamespace) -> None:
    """A packet that found no room comes again; after the last there is none."""

    def send(out: Any, room: int) -> int:
        before = state(csxi, sender.tx, sender.tm)
        size = csxi.lib.sxi_ldt_tx_next(sender.tx, sender.tm, out, room)
        assert size > 0 or state(csxi, sender.tx, sender.tm) == before
        return int(size)

    for subtype, source in ldt.segment(b"0123456789", sdu_id=1, part=4):
        header = pus.Header(**TM | {"type": 13, "subtype": subtype})
        assert tight(csxi, 20 + len(source), send) == pus.build(header, source)
        assert (sender.tm.type, sender.tm.subtype) == (13, subtype)
    assert send(octets(csxi, bytes(886)), 886) == 0
    assert send(octets(csxi, bytes(1)), 0) == 0


@pytest.mark.verifies("STAT-3")
def test_abort_in_exact_buffers(csxi: SimpleNamespace, sender: SimpleNamespace) -> None:
    abort, out = csxi.lib.sxi_ldt_tx_abort, octets(csxi, bytes(886))
    header = pus.Header(**TM | {"type": 13, "subtype": 4})
    before = state(csxi, sender.tx, sender.tm)
    assert abort(sender.tx, 7, sender.tm, out, 23) == ROOM
    assert state(csxi, sender.tx, sender.tm) == before
    packet = tight(csxi, 24, lambda at, room: abort(sender.tx, 0xABCD, sender.tm, at, room))
    assert packet == pus.build(header, ldt.abort(sdu_id=1, reason=0xABCD))
    ended = state(csxi, sender.tx, sender.tm)
    assert abort(sender.tx, 7, sender.tm, out, 886) == SEQUENCE
    assert csxi.lib.sxi_ldt_tx_next(sender.tx, sender.tm, out, 886) == 0
    assert state(csxi, sender.tx, sender.tm) == ended


@pytest.mark.parametrize("bad", BAD_TM)
def test_sender_with_a_bad_header(
    csxi: SimpleNamespace, sender: SimpleNamespace, bad: dict[str, int]
) -> None:
    tm, out = csxi.ffi.new("struct sxi_pus_tm *", TM | bad), octets(csxi, bytes(886))
    before = state(csxi, sender.tx, tm)
    assert csxi.lib.sxi_ldt_tx_next(sender.tx, tm, out, 886) == PARAM
    assert csxi.lib.sxi_ldt_tx_abort(sender.tx, 1, tm, out, 886) == PARAM
    assert state(csxi, sender.tx, tm) == before


def test_sender_null(csxi: SimpleNamespace, sender: SimpleNamespace) -> None:
    null, tx, tm, out = csxi.ffi.NULL, sender.tx, sender.tm, octets(csxi, bytes(886))
    before = state(csxi, tx, tm)
    for a, b, c in ((null, tm, out), (tx, null, out), (tx, tm, null)):
        assert csxi.lib.sxi_ldt_tx_next(a, b, c, 886) == PARAM
        assert csxi.lib.sxi_ldt_tx_abort(a, 1, b, c, 886) == PARAM
    assert state(csxi, tx, tm) == before


def test_receiver_that_cannot_be(csxi: SimpleNamespace) -> None:
    rx, buf, null = csxi.ffi.new("struct sxi_ldt_rx *"), octets(csxi, bytes(4)), csxi.ffi.NULL
    before = state(csxi, rx)
    init = csxi.lib.sxi_ldt_rx_init
    assert {init(rx, sdu_id, buf, 4) for sdu_id in (0, 3, 255)} == {PARAM}
    assert init(null, 1, buf, 4) == init(rx, 1, null, 4) == init(rx, 1, buf, 2**31) == PARAM
    assert state(csxi, rx) == before
    assert csxi.lib.sxi_ldt_rx_end(null) == PARAM


def part(number: int, data: bytes, *, sdu_id: int = 1, length: int | None = None) -> bytes:
    return struct.pack(">BHH", sdu_id, number, len(data) if length is None else length) + data


#: what is refused when part 1 of 4 bytes has come and there is room for 8
REFUSED = [
    (0, part(2, b"efgh"), PARAM),
    (5, part(2, b"efgh"), PARAM),
    (255, part(2, b"efgh"), PARAM),
    (2, b"", SHORT),
    (2, part(2, b""), LENGTH),
    (2, part(2, b"efgh")[:4], SHORT),
    (2, part(2, b"efgh")[:-1], SHORT),
    (2, part(2, b"efgh", length=65535), SHORT),
    (3, part(2, b"efgh", length=3), LENGTH),
    (3, part(2, b"efgh", length=0), LENGTH),
    (2, part(2, b"efgh", sdu_id=2), FORMAT),
    (1, part(1, b"efgh"), SEQUENCE),
    (1, part(2, b"efgh"), SEQUENCE),
    (2, part(1, b"abcd"), SEQUENCE),
    (3, part(3, b"ijkl"), SEQUENCE),
    (2, part(0, b"efgh"), SEQUENCE),
    (2, part(2, b"efghi"), ROOM),
    (3, part(2, bytes(861)), ROOM),
    (4, b"\1\0\0", SHORT),
    (4, b"\1\0\0\0\0", LENGTH),
    (4, b"\2\0\0\0", FORMAT),
]


@pytest.mark.verifies("STAT-3")
@pytest.mark.parametrize(("subtype", "source", "status"), REFUSED)
def test_refused_part_changes_nothing(
    csxi: SimpleNamespace, subtype: int, source: bytes, status: int
) -> None:
    lib, rx, buf = csxi.lib, csxi.ffi.new("struct sxi_ldt_rx *"), Guarded(csxi, "uint8_t", 8)
    assert lib.sxi_ldt_rx_init(rx, 1, buf.pointer, 8) == 0
    assert lib.sxi_ldt_rx_push(rx, 1, octets(csxi, part(1, b"abcd")), 9) == 0
    before, held = state(csxi, rx), buf.memory.tobytes()
    assert lib.sxi_ldt_rx_push(rx, subtype, octets(csxi, source), len(source)) == status
    assert lib.sxi_ldt_rx_push(rx, 2, csxi.ffi.NULL, 9) == PARAM
    assert lib.sxi_ldt_rx_push(csxi.ffi.NULL, 2, octets(csxi, part(2, b"efgh")), 9) == PARAM
    assert (state(csxi, rx), buf.memory.tobytes()) == (before, held)
    assert lib.sxi_ldt_rx_push(rx, 3, octets(csxi, part(2, b"efgh")), 9) == 1  # it goes on
    assert (buf.inside.tobytes(), rx.size, buf.is_intact()) == (b"abcdefgh", 8, True)


@pytest.mark.parametrize("subtype", [2, 3, 4])
def test_part_of_no_transfer(csxi: SimpleNamespace, subtype: int) -> None:
    rx, buf = csxi.ffi.new("struct sxi_ldt_rx *"), Guarded(csxi, "uint8_t", 8)
    assert csxi.lib.sxi_ldt_rx_init(rx, 1, buf.pointer, 8) == 0
    before = state(csxi, rx)
    source = b"\1\0\0\0" if subtype == 4 else part(1, b"abcd")
    assert csxi.lib.sxi_ldt_rx_push(rx, subtype, octets(csxi, source), len(source)) == SEQUENCE
    assert csxi.lib.sxi_ldt_rx_end(rx) == 0
    assert state(csxi, rx) == before
    assert buf.is_untouched()


@pytest.mark.verifies("STAT-3")
@given(pushes=st.lists(st.tuples(u8, st.binary(max_size=40)), max_size=20), room=u16)
def test_arbitrary_parts_stay_inside(
    csxi: SimpleNamespace, pushes: list[tuple[int, bytes]], room: int
) -> None:
    rx, buf = csxi.ffi.new("struct sxi_ldt_rx *"), Guarded(csxi, "uint8_t", room % 50)
    assert csxi.lib.sxi_ldt_rx_init(rx, 1, buf.pointer, room % 50) == 0
    for subtype, source in pushes:
        csxi.lib.sxi_ldt_rx_push(rx, subtype, octets(csxi, source), len(source))
        assert rx.size <= rx.room
    assert buf.is_intact()


@pytest.mark.verifies("STAT-3")
def test_receiver_that_claims_more_than_its_room(csxi: SimpleNamespace) -> None:
    """A context that was hit must not send the part anywhere else."""
    rx, buf = csxi.ffi.new("struct sxi_ldt_rx *"), Guarded(csxi, "uint8_t", 8)
    assert csxi.lib.sxi_ldt_rx_init(rx, 1, buf.pointer, 8) == 0
    assert csxi.lib.sxi_ldt_rx_push(rx, 1, octets(csxi, part(1, b"abcd")), 9) == 0
    for size in (9, 2**31, 2**32 - 4):
        rx.size = size
        before = state(csxi, rx)
        assert csxi.lib.sxi_ldt_rx_push(rx, 2, octets(csxi, part(2, b"efgh")), 9) == ROOM
        assert state(csxi, rx) == before
        assert buf.is_intact()
