# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Framings of byte streams: what is built is read, however it is cut; garbage does no harm."""

from __future__ import annotations

import itertools
from binascii import crc_hqx
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.packets import pus, rmap
from fsw_emu.packets.framing import Framing, FramingLost
from fsw_emu.packets.framings.plm import PlmClient, PlmServer
from fsw_emu.packets.framings.pus_tcp import PusTcp
from fsw_emu.packets.framings.spw_tcp import SpwTcp
from fsw_emu.packets.framings.ssdtp2 import Ssdtp2Client, Ssdtp2Server
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode

#: who writes and who reads
PAIRS: dict[str, tuple[Callable[[], Framing], Callable[[], Framing]]] = {
    "ssdtp2": (Ssdtp2Client, Ssdtp2Server),
    "ssdtp2 back": (Ssdtp2Server, Ssdtp2Client),
    "spw-tcp": (SpwTcp, SpwTcp),
    "pus-tcp": (PusTcp, PusTcp),
    "plm": (PlmClient, PlmServer),
    "plm back": (PlmServer, PlmClient),
}

TM = pus.build_tm(apid=321, count=5, type=17, subtype=2, time=pus.SmileTime(1000, 250_000))
TC = pus.build_tc(apid=321, count=1, type=17, subtype=1)

small = st.binary(max_size=40)
fee = small.map(lambda data: b"\x50\xf0" + len(data).to_bytes(2, "big") + bytes(6) + data)
space = st.one_of(
    small.map(
        lambda data: pus.build_tm(
            apid=321, count=3, type=3, subtype=25, time=pus.SmileTime(9, 9), data=data
        )
    ),
    small.map(lambda data: pus.build_tc(apid=321, count=3, type=8, subtype=1, data=data)),
).map(PTP_PREFIX.__add__)
writes = small.map(
    lambda data: rmap.Command(rmap.WRITE, 0x51, 0x50, 0xD1, 1, 0, len(data), data).to_bytes()
)
reads = st.binary(max_size=12).map(
    lambda back: rmap.Command(
        rmap.READ, 0x51, 0x50, 0xD1, 1, 0, 0xFFFFFF, reply_address=back, path=b"\x01\x02"
    ).to_bytes()
)
read_replies = small.map(lambda data: rmap.Reply(rmap.READ, 0x50, 0x51, 0, 1, data).to_bytes())
write_replies = st.just(rmap.Reply(rmap.WRITE, 0x50, 0x51, 0, 1).to_bytes())
packets = st.builds(
    SpwPacket,
    st.one_of(small, fee, space, writes, reads, read_replies, write_replies),
    st.sampled_from([False, False, False, True]),
)
items = st.one_of(packets, st.integers(0, 255).map(TimeCode.of))


def cut(data: bytes, draw: st.DataObject) -> list[bytes]:
    """The same bytes in pieces."""
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    edges = [0, *cuts, len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def read(framing: Framing, chunks: list[bytes]) -> tuple[list[Item], list[tuple[int, str]], str]:
    """What comes out, the faults, and why it was lost."""
    out: list[Item] = []
    why = ""
    for chunk in chunks:
        try:
            out += framing.feed(chunk)
        except FramingLost as lost:
            out += lost.items
            why = why or str(lost)
    framing.finish()
    return out, [(fault.position, fault.what) for fault in framing.faults], why


def bare(items: list[Item]) -> list[Item]:
    """Without where they were found."""
    return [SpwPacket(i.data, i.eep) if isinstance(i, SpwPacket) else i for i in items]


@pytest.mark.verifies("FRAME-1", "FRAME-2")
@pytest.mark.parametrize("name", PAIRS)
@given(sent=st.lists(items, max_size=12), draw=st.data())
def test_what_is_carried_comes_out(name: str, sent: list[Item], draw: st.DataObject) -> None:
    """In order, whole, with its end marker, at its offset; the rest is refused, and then all."""
    writer, reader = (make() for make in PAIRS[name])
    carried = [item for item in sent if writer.carries(item)]
    if len(carried) < len(sent):
        with pytest.raises(ValueError):  # noqa: PT011  (each framing says it in its own words)
            writer.build(sent)
    stream = writer.build(carried)
    out, faults, why = read(reader, cut(stream, draw))
    assert (bare(out), faults, why) == (carried, [], "")
    offsets = [item.offset for item in out if isinstance(item, SpwPacket)]
    assert offsets == sorted(set(offsets))


@pytest.mark.parametrize("name", PAIRS)
@given(sent=st.lists(items, min_size=1, max_size=4), noise=st.binary(max_size=60), draw=st.data())
def test_garbage_is_the_same_in_any_pieces(
    name: str, sent: list[Item], noise: bytes, draw: st.DataObject
) -> None:
    """It is told, and nothing but FramingLost comes of it."""
    writer, reader = PAIRS[name]
    stream = bytearray(writer().build([item for item in sent if writer().carries(item)]))
    at = draw.draw(st.integers(0, len(stream)))
    stream[at : at + draw.draw(st.integers(0, 20))] = noise
    data = bytes(stream)
    whole = read(reader(), [data])
    assert read(reader(), cut(data, draw)) == whole
    assert read(reader(), [data[i : i + 1] for i in range(len(data))]) == whole


@pytest.mark.parametrize("name", PAIRS)
@given(noise=st.binary(max_size=300))
def test_nothing_but_garbage(name: str, noise: bytes) -> None:
    read(PAIRS[name][1](), [noise])


def test_what_each_can_carry() -> None:
    """Empty and broken packets, end markers, time-codes, protocols."""
    unknown = SpwPacket(b"\x50\x77abcdef")
    event = SpwPacket(b"\x50\xf0\0\x04" + bytes(10))
    cases: list[tuple[Item, str]] = [
        (SpwPacket(b""), ""),
        (unknown, "ssdtp2"),
        (event, "ssdtp2 spw-tcp"),
        (SpwPacket(event.data, eep=True), "ssdtp2"),
        (SpwPacket(event.data[:-1]), "ssdtp2"),
        (SpwPacket(b"\x01" * 40 + event.data), "ssdtp2"),
        (TimeCode(7), "ssdtp2"),
        (SpwPacket(PTP_PREFIX + TM), "ssdtp2 spw-tcp pus-tcp plm"),
        (SpwPacket(PTP_PREFIX + TM, eep=True), "ssdtp2"),
        (SpwPacket(PTP_PREFIX + TM[:-1]), "ssdtp2"),
        (SpwPacket(b"\x21\x02\0\0" + TC), "ssdtp2 spw-tcp pus-tcp plm"),
        (SpwPacket(b"\xfe\x02\x01\0" + TC), "ssdtp2 spw-tcp"),
    ]
    for item, names in cases:
        for name, (writer, _) in PAIRS.items():
            assert writer().carries(item) == (name.split()[0] in names.split()), (item, name)


@pytest.mark.verifies("FRAME-2")
def test_ssdtp2_parts_and_time_codes_between_them() -> None:
    stream = bytes.fromhex(
        "02 00 00000000000000000002 aabb"
        "31 00 00000000000000000002 3f00"
        "30 00 00000000000000000002 0000"
        "02 00 00000000000000000000"
        "01 00 00000000000000000001 cc"
        "00 00 00000000000000000001 dd"
    )
    out, faults, why = read(Ssdtp2Client(), [stream])
    assert bare(out) == [
        *(TimeCode(63), TimeCode(0)),
        *(SpwPacket(b"\xaa\xbb\xcc", eep=True), SpwPacket(b"\xdd")),
    ]
    assert (faults, why) == ([], "")
    assert Ssdtp2Client().build([TimeCode(5)]) == bytes.fromhex("3000000000000000000000020500")
    assert Ssdtp2Server().build([TimeCode(5)]) == bytes.fromhex("3100000000000000000000020500")


@pytest.mark.verifies("FRAME-2", "A46")
def test_ssdtp2_registers_are_refused() -> None:
    register = bytes.fromhex("40 00 00000000000000000004 00000010")
    speed = bytes.fromhex("38 00 00000000000000000002 0a00")
    empty = bytes(12)
    packet = bytes.fromhex("00 00 00000000000000000001 aa")
    framing = Ssdtp2Server()
    out, faults, why = read(framing, [register + speed + empty + packet])
    assert (bare(out), why) == ([SpwPacket(b"\xaa")], "")
    assert faults == [(0, "a register read command is refused"), (30, "a packet without a byte")]
    assert framing.answers() == b""


@pytest.mark.verifies("FRAME-3")
@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("00 00 00000000000001000000", "a packet of 0x1000000 bytes"),
        ("02 00 ffffffffffffffffffff", "a packet of 0xff"),
        ("00 01 00000000000000000001", "a packet of 0x1"),
        ("30 00 00000000000000000003", "flag 0x30 with 0x3 bytes"),
        ("40 00 00000000000001000000", "flag 0x40 with 0x1000000 bytes"),
        ("77 00 00000000000000000001", "flag 0x77"),
    ],
)
def test_ssdtp2_that_cannot_be_followed(header: str, why: str) -> None:
    """What was whole before is given; nothing is taken after."""
    good = Ssdtp2Client().build([SpwPacket(b"abc")])
    framing = Ssdtp2Server()
    with pytest.raises(FramingLost, match=f"byte 15: {why}") as lost:
        framing.feed(good + bytes.fromhex(header))
    assert bare(list(lost.value.items)) == [SpwPacket(b"abc")]
    with pytest.raises(FramingLost, match="byte 15"):
        framing.feed(good)


@pytest.mark.verifies("FRAME-3")
def test_ssdtp2_parts_have_a_limit() -> None:
    part = bytes.fromhex("02 00 00000000000000400000") + bytes(0x400000)
    framing = Ssdtp2Server()
    for _ in range(3):
        assert framing.feed(part) == []
    with pytest.raises(FramingLost, match="a packet of"):
        framing.feed(part)


@pytest.mark.verifies("FRAME-3", "FRAME-7")
@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (b"\x51\x07abc", "protocol 0x07"),
        (b"\x51\x01\x8c\xd1", "a reserved RMAP packet type"),
        (b"\x01" * 33 + b"\x51\x01", "a path of more than 32 bytes"),
    ],
)
def test_spw_tcp_that_cannot_be_followed(packet: bytes, why: str) -> None:
    good = b"\x50\xf0\0\0" + bytes(6)
    with pytest.raises(FramingLost, match=f"byte 10: {why}") as lost:
        SpwTcp().feed(good + packet)
    assert bare(list(lost.value.items)) == [SpwPacket(good)]


@pytest.mark.verifies("FRAME-7", "A2")
def test_what_the_length_of_a_fee_packet_counts() -> None:
    packet = b"\x50\xf0\0\x0e" + bytes(10)
    assert bare(SpwTcp("packet").feed(packet)) == [SpwPacket(packet)]
    assert SpwTcp().feed(packet) == []
    with pytest.raises(FramingLost, match="a FEE packet of 9 bytes"):
        SpwTcp("packet").feed(b"\x50\xf0\0\x09" + bytes(6))


@pytest.mark.verifies("FRAME-4", "FRAME-6")
def test_pus_tcp_finds_the_next_packet() -> None:
    """A stretch of strange bytes is one fault; a limit of each kind; a checksum that is wrong."""
    broken = TM[:-1] + bytes([TM[-1] ^ 1])
    long_tc = pus.build_tc(apid=321, count=2, type=8, subtype=1, data=bytes(492))
    longer = long_tc[:4] + (505 - 7).to_bytes(2, "big") + long_tc[6:-2] + b"\0"
    longer += crc_hqx(longer, 0xFFFF).to_bytes(2, "big")
    stream = b"\xff\xff" + TM + broken + TC + longer + long_tc + TM
    out, faults, why = read(PusTcp(), [stream])
    assert bare(out) == [SpwPacket(PTP_PREFIX + one) for one in (TM, TC, long_tc, TM)]
    assert faults == [
        (0, "2 bytes that are no PUS packet"),
        (22, "20 bytes that are no PUS packet"),
        (54, "505 bytes that are no PUS packet"),
    ]
    assert why == ""


def test_pus_tcp_that_ends_in_the_middle() -> None:
    _, faults, _ = read(PusTcp(), [TM, b"\xff", TM[:9]])
    assert [position for position, _ in faults] == [20, 21]


@pytest.mark.verifies("FRAME-5", "FRAME-6", "A47")
def test_plm_lines() -> None:
    text = b"tc PUS_TC " + TC.hex().encode() + b"\r\n"
    server = PlmServer()
    assert bare(server.feed(text)) == [SpwPacket(PTP_PREFIX + TC)]
    assert server.answers() == b"TM PUS_TC " + TC.hex().upper().encode() + b" 0 0\r\n"
    assert server.answers() == b""
    client = PlmClient()
    assert client.build([SpwPacket(PTP_PREFIX + TC)]) == text.upper().replace(b"TC PUS", b"tc PUS")
    line = b"TM PUS_TM 12:00:01 321 " + TM.hex().encode() + b" ok 17\r\n"
    echo = b"TM PUS_TC " + TC.hex().encode() + b" 0 0\r\n"
    assert bare(client.feed(echo + b"\r\n" + line)) == [SpwPacket(PTP_PREFIX + TM)]
    assert client.faults == []


@pytest.mark.verifies("FRAME-3", "FRAME-5")
def test_plm_lines_that_are_none() -> None:
    tm = TM.hex().encode()
    good = b"TM PUS_TM " + tm + b" 0 0\n"
    lines = [
        b"hello\n",
        b"TM PUS_TM \n",
        b"TM PUS_TM zz 0 0\n",
        b"TM PUS_TM " + tm[:-2] + b"00 0 0\n",
        b"\xff\xfe\n",
    ]
    out, faults, why = read(PlmClient(), [*lines, b"A" * 10_000, b"B" * 5000 + b"\n", good, b"TM"])
    assert (bare(out), why) == ([SpwPacket(PTP_PREFIX + TM)], "")
    assert [what for _, what in faults] == [
        *["a line that holds no PUS packet"] * 5,
        "a line of more than 4096 bytes",
        "the stream ends within a packet, 2 bytes into it",
    ]


@pytest.mark.verifies("FRAME-3")
@pytest.mark.parametrize("name", PAIRS)
def test_garbage_takes_no_memory(name: str) -> None:
    """Chunks of the kind that framings wait longest for."""
    framing = PAIRS[name][1]()
    chunk = (b"\x18\0\xc0\0\x01\xf0" + b" " * 10) * 4096
    for _ in range(10):
        try:
            framing.feed(chunk)
        except FramingLost:
            break
    held = len(getattr(framing, "_rest")) + len(framing.faults)  # noqa: B009
    assert held < 100_000


@pytest.mark.parametrize("tail", [0, 3, 9])
def test_what_a_false_header_of_pus_held_back(tail: int) -> None:
    tm = bytes.fromhex("094cc001000d100319000000000000000000676a")
    framing = PusTcp()
    assert framing.feed(bytes.fromhex("0800c0000350") + tm + tm[:tail]) == []
    assert framing.flush() == [SpwPacket(PTP_PREFIX + tm)]
    assert framing.flush() == []
    framing.finish()
    ends = [(26, f"the stream ends within a packet, {tail} bytes into it")] if tail else []
    told = [(0, "6 bytes that are no PUS packet"), *ends]
    assert [(fault.position, fault.what) for fault in framing.faults] == told
