# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""RMAP: the worked patterns of the standard, a reader of our own making, and any bytes at all."""

from __future__ import annotations

import dataclasses
import itertools

import crcmod
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import u8, u16, u32

from fsw_emu.packets import rmap
from fsw_emu.packets.rmap import Command, Discarded, Instruction, ReadCommand, ReadReply, Reply

crc = crcmod.mkCrcFun(0x107, initCrc=0, rev=True, xorOut=0)

DATA = bytes.fromhex("0123456789abcdef1011121314151617")
MORE = bytes(range(0xA0, 0xB0))
BACK = bytes.fromhex("99aabbccddee00")

#: ECSS-E-ST-50-52C annex A.4 and, of the read-modify-writes, the tests of a public library:
#: command, its packet (the path to the target with addresses that are some), data of the reply,
#: its packet
PATTERNS = {
    "write": (
        Command(rmap.WRITE, 0xFE, 0x67, 0, 0, 0xA0000000, 16, DATA),
        "fe016c0067000000a00000000000109f 0123456789abcdef1011121314151617 56",
        b"",
        "67012c00fe0000ed",
    ),
    "read": (
        Command(rmap.READ, 0xFE, 0x67, 0, 1, 0xA0000000, 16),
        "fe014c0067000100a0000000000010c9",
        DATA,
        "67010c00fe0001000000106d 0123456789abcdef1011121314151617 56",
    ),
    "write over paths": (
        Command(
            rmap.WRITE, 0xFE, 0x67, 0, 2, 0xA0000010, 16, MORE,
            reply_address=b"\0" + BACK, path=bytes.fromhex("01020304050607"),
        ),
        "01020304050607 fe016e000099aabbccddee0067000200a00000100000107f"
        "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf b4",
        b"",
        "99aabbccddee00 67012e00fe00021d",
    ),
    "read over paths": (
        Command(
            rmap.READ, 0xFE, 0x67, 0, 3, 0xA0000010, 16,
            reply_address=bytes.fromhex("99aabbcc"), path=bytes.fromhex("01020304"),
        ),
        "01020304 fe014d0099aabbcc67000300a0000010000010f7",
        MORE,
        "99aabbcc 67010d00fe00030000001052 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf b4",
    ),
    "read-modify-write": (
        Command(
            rmap.READ_MODIFY_WRITE, 0xFE, 0x67, 0, 4, 0xA0000010, 6, bytes.fromhex("c01802f03c03")
        ),
        "fe015c0067000400a00000100000069d c01802 f03c03 e3",
        bytes.fromhex("a0a1a2"),
        "67011c00fe0004000000034f a0a1a2 d7",
    ),
    "read-modify-write over paths": (
        Command(
            rmap.READ_MODIFY_WRITE, 0xFE, 0x67, 0, 5, 0xA0000010, 8,
            bytes.fromhex("0702a0000f83e0ff"), reply_address=b"\0\0\0\x88", path=b"\x11",
        ),
        "11 fe015d000000008867000500a0000010000008c6 0702a000 0f83e0ff 1d",
        bytes.fromhex("e099a2a3"),
        "88 67011d00fe000500000004ff e099a2a3 7d",
    ),
}  # fmt: skip

#: what public tools send to the FEE
TO_THE_FEE = {
    "51014cd15000070000000000000004 67": Command(rmap.READ, 0x51, 0x50, 0xD1, 7, 0, 4),
    "51016cd15000090000000014000004 2a f1800000 11": Command(
        rmap.WRITE, 0x51, 0x50, 0xD1, 9, 0x14, 4, bytes.fromhex("f1800000")
    ),
    "51017cd15000090000000014000004 17 f1800000 11": Command(
        rmap.WRITE_VERIFIED, 0x51, 0x50, 0xD1, 9, 0x14, 4, bytes.fromhex("f1800000")
    ),
    "51014cd15000000000000010000004 ae": Command(rmap.READ, 0x51, 0x50, 0xD1, 0, 0x10, 4),
    "51016cd15000090000000058000004 8b 03e803e8 69": Command(
        rmap.WRITE, 0x51, 0x50, 0xD1, 9, 0x58, 4, bytes.fromhex("03e803e8")
    ),
    "51014cd150123400000007000000047b": Command(rmap.READ, 0x51, 0x50, 0xD1, 0x1234, 0x700, 4),
    "51017cd15000560000000010000004cd 11223344 ca": Command(
        rmap.WRITE_VERIFIED, 0x51, 0x50, 0xD1, 0x56, 0x10, 4, bytes.fromhex("11223344")
    ),
    "51016cd150006700000001000000047c 11223344 ca": Command(
        rmap.WRITE, 0x51, 0x50, 0xD1, 0x67, 0x100, 4, bytes.fromhex("11223344")
    ),
}

#: by bits 5 to 2: whether data follow a command's header; None means nothing (table 5-1)
MEANINGS = {
    0b0010: False, 0b0011: False, 0b0111: True,
    **dict.fromkeys(range(0b1000, 0b10000), True),
    **dict.fromkeys([0b0000, 0b0001, 0b0100, 0b0101, 0b0110], None),
}  # fmt: skip

codes = st.integers(0, 15).map(lambda code: Instruction.of(code << 2))
routes = st.binary(max_size=5).map(lambda path: bytes(byte % 32 for byte in path))


@st.composite
def commands(draw: st.DrawFn) -> Command:
    """Any command that can be sent, of all 16 codes."""
    instruction = draw(codes)
    data = draw(st.binary(max_size=300)) if instruction.carries_data else b""
    length = len(data) if instruction.carries_data else draw(st.integers(0, 0xFFFFFF))
    words = draw(st.integers(0, 3))
    return Command(
        instruction,
        draw(st.integers(32, 255)),
        draw(u8),
        draw(u8),
        draw(u16),
        draw(u32),
        length,
        data,
        draw(u8),
        draw(st.binary(min_size=4 * words, max_size=4 * words)),
        draw(routes),
    )


def packet_of(command: Command) -> bytes:
    """The same by the text of the standard, clause 5.3.2."""
    code = 0x40 | len(command.reply_address) // 4
    for bit, asked in enumerate(
        (
            command.instruction.increment,
            command.instruction.reply,
            command.instruction.verify,
            command.instruction.write,
        )
    ):
        code |= asked << bit + 2
    head = bytes([command.target, 1, code, command.key]) + command.reply_address
    head += bytes([command.initiator]) + command.transaction.to_bytes(2, "big")
    head += bytes([command.extended]) + command.address.to_bytes(4, "big")
    head += command.length.to_bytes(3, "big")
    packet = command.path + head + bytes([crc(head)])
    if MEANINGS[code >> 2 & 15]:
        packet += command.data + bytes([crc(command.data)])
    return packet


def judge(packet: bytes, eep: bool) -> str:
    """What a target has to do with a packet, by clauses 5.3.3, 5.4.3 and 5.5.3: "drop", or the
    number of the status."""
    while packet and packet[0] < 32:
        packet = packet[1:]
    if len(packet) < 4 or packet[1] != 1 or packet[2] >> 6 == 0:
        return "drop"
    size = 16 + packet[2] % 4 * 4
    if len(packet) < size or crc(packet[:size]) or (eep and len(packet) == size):
        return "drop"
    meaning = MEANINGS[packet[2] >> 2 & 15]
    if packet[2] & 0x80 or meaning is None:
        return "2"
    behind, cargo = len(packet) - size, 0
    if meaning:
        cargo = int.from_bytes(packet[size - 4 : size - 1], "big") + 1
    if behind > cargo:
        return "6"
    if eep:
        return "7"
    if behind < cargo:
        return "5"
    return "4" if crc(packet[size:]) else "0"


def verdict(packet: bytes, eep: bool) -> str:
    read = rmap.read_command(packet, eep=eep)
    return "drop" if isinstance(read, Discarded) else str(int(read.error))


@pytest.mark.verifies("RMAP-1", "RMAP-2", "RMAP-3", "RMAP-4", "RMAP-5")
@pytest.mark.parametrize("name", PATTERNS)
def test_worked_patterns(name: str) -> None:
    command, packet, data, reply = PATTERNS[name]
    sent = bytes.fromhex(packet)
    assert command.to_bytes() == sent
    assert rmap.read_command(sent) == ReadCommand(command, rmap.Status.OK)
    answer = command.answer(0, data)
    way = len(command.reply_address.lstrip(b"\0"))
    assert answer.to_bytes() == bytes.fromhex(reply)
    # what the patterns have for path addresses are none, and here stripped on the way
    got = rmap.read_reply(bytes.fromhex(reply)[way:])
    assert got == ReadReply(dataclasses.replace(answer, path=b""))


@pytest.mark.verifies("RMAP-1", "RMAP-2")
@pytest.mark.parametrize("packet", TO_THE_FEE)
def test_commands_to_the_fee(packet: str) -> None:
    sent, command = bytes.fromhex(packet), TO_THE_FEE[packet]
    assert command.to_bytes() == sent
    assert rmap.read_command(sent) == ReadCommand(command, rmap.Status.OK)


@pytest.mark.verifies("RMAP-1", "RMAP-2", "RMAP-3")
@given(commands())
def test_a_command_is_built_and_read(command: Command) -> None:
    packet = command.to_bytes()
    assert packet == packet_of(command)
    error = rmap.Status.OK if command.instruction.valid else rmap.Status.UNUSED_COMMAND
    assert rmap.read_command(packet) == ReadCommand(command, error)


@pytest.mark.verifies("RMAP-3")
def test_the_sixteen_codes() -> None:
    for code, meaning in MEANINGS.items():
        instruction = Instruction.of(code << 2)
        assert instruction.bits == code << 2
        assert instruction.valid == (meaning is not None)
        assert instruction.carries_data == bool(meaning)
        assert instruction.write == bool(code & 8)
        assert instruction.rmw == (code == 0b0111)
        assert instruction.read == (code in (0b0010, 0b0011))


@pytest.mark.verifies("RMAP-6", "RMAP-7", "A49")
@given(commands(), st.booleans(), st.data())
def test_errors_as_the_standard_orders_them(
    command: Command, eep: bool, data: st.DataObject
) -> None:
    """Cut anywhere, followed by anything, with bits flipped."""
    packet = bytearray(command.to_bytes())
    if data.draw(st.booleans()):
        del packet[data.draw(st.integers(0, len(packet))) :]
    packet += data.draw(st.binary(max_size=3))
    for _ in range(data.draw(st.integers(0, 2)) if packet else 0):
        bit = data.draw(st.integers(0, 8 * len(packet) - 1))
        packet[bit // 8] ^= 1 << bit % 8
    assert verdict(bytes(packet), eep) == judge(bytes(packet), eep)


@pytest.mark.verifies("RMAP-6", "RMAP-7")
def test_every_end_of_a_write() -> None:
    """Each length from nothing to too much, with both markers."""
    packet = PATTERNS["write"][0].to_bytes() + b"\0\0"
    seen = set()
    for size, eep in itertools.product(range(len(packet) + 1), (False, True)):
        found = verdict(packet[:size], eep)
        assert found == judge(packet[:size], eep), (size, eep)
        seen.add(found)
    assert seen == {"drop", "0", "5", "6", "7"}


@pytest.mark.verifies("RMAP-6", "RMAP-7")
@given(st.binary(max_size=60), st.booleans(), st.booleans())
@example(b"", False, False)
@example(b"\x01" * 40, False, False)
def test_any_bytes(packet: bytes, sealed: bool, eep: bool) -> None:
    """Of which some are commands."""
    if sealed:
        packet = bytes([0x51, 1]) + packet
        size = 16 + (packet[2] % 4 * 4 if len(packet) > 2 else 0)
        packet = packet[: size - 1] + bytes([crc(packet[: size - 1])]) + packet[size - 1 :]
    assert verdict(packet, eep) == judge(packet, eep)
    assert isinstance(rmap.read_reply(packet, eep=eep), ReadReply | Discarded)


@pytest.mark.verifies("RMAP-4", "RMAP-5")
@given(commands(), u8, st.binary(max_size=300))
def test_replies(command: Command, status: int, data: bytes) -> None:
    if command.instruction.write:
        data = b""
    reply = command.answer(status, data)
    packet = reply.to_bytes()
    way = command.reply_address.lstrip(b"\0")
    assert packet.startswith(way)
    packet = packet[len(way) :]
    head = bytes([command.initiator, 1, packet_of(command)[len(command.path) + 2] & 0x3F, status])
    head += bytes([command.target]) + command.transaction.to_bytes(2, "big")
    if not command.instruction.write:
        head += b"\0" + len(data).to_bytes(3, "big")
    expected = head + bytes([crc(head)])
    if not command.instruction.write:
        expected += data + bytes([crc(data)])
    assert packet == expected
    if command.initiator >= 32:
        assert rmap.read_reply(packet) == ReadReply(dataclasses.replace(reply, path=b""))


@pytest.mark.verifies("RMAP-5")
@given(st.binary(max_size=40), st.booleans(), st.data())
def test_what_is_wrong_with_a_reply(data: bytes, eep: bool, draw: st.DataObject) -> None:
    packet = bytearray(Reply(rmap.READ, 0x50, 0x51, 0, 7, data).to_bytes())
    cut = draw.draw(st.integers(0, len(packet)))
    bit = draw.draw(st.integers(0, 8 * len(packet) - 1))
    read = rmap.read_reply(bytes(packet[:cut]), eep=eep)
    if cut < 12:
        assert isinstance(read, Discarded)
    else:
        assert isinstance(read, ReadReply)
        whole = cut == len(packet)
        assert read.problem == ("eep" if eep else "" if whole else "early eop")
    packet[bit // 8] ^= 1 << bit % 8
    read = rmap.read_reply(bytes(packet))
    assert isinstance(read, Discarded) if bit < 96 else read.problem == "invalid data crc"


def test_too_much_behind_a_reply() -> None:
    for instruction in (rmap.READ, rmap.WRITE):
        packet = Reply(instruction, 0x50, 0x51, 0, 7).to_bytes() + b"\0"
        read = rmap.read_reply(packet)
        assert isinstance(read, ReadReply)
        assert read.problem == "too much data"
        assert read.reply.data == b""


@pytest.mark.verifies("RMAP-2")
@given(st.one_of(st.binary(max_size=300), st.binary(min_size=900, max_size=1200)), u8)
def test_checksums_of_any_length(data: bytes, seed: int) -> None:
    seeded = crcmod.mkCrcFun(0x107, initCrc=seed, rev=True, xorOut=0)
    assert rmap.crc8(data, seed) == seeded(data)


@pytest.mark.verifies("RMAP-2")
def test_checksums_of_long_data() -> None:
    for size in (126, 127, 128, 254, 255, 4096, 100_003):
        data = bytes((7 * i + i // 251) & 0xFF for i in range(size))
        assert rmap.crc8(data) == crc(data)


@pytest.mark.parametrize(
    "change",
    [
        {"target": 256}, {"initiator": -1}, {"key": 256}, {"transaction": 1 << 16},
        {"address": 1 << 32}, {"length": 1 << 24}, {"length": -1}, {"extended": 256},
        {"reply_address": bytes(13)},
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit(change: dict[str, object]) -> None:
    command = Command(rmap.READ, 0x51, 0x50, 0xD1, 7, 0x700, 4)
    with pytest.raises(ValueError, match=r"does not fit|reply address"):
        dataclasses.replace(command, **change).to_bytes()  # type: ignore[arg-type]


def test_other_refusals() -> None:
    with pytest.raises(ValueError, match="3 bytes of data, length says 4"):
        Command(rmap.WRITE, 0x51, 0x50, 0xD1, 7, 0x700, 4, b"abc").to_bytes()
    for wrong in ({"status": 256}, {"target": -1}, {"transaction": 1 << 16}):
        reply = dataclasses.replace(Reply(rmap.WRITE, 0x50, 0x51, 0, 7), **wrong)
        with pytest.raises(ValueError, match="does not fit"):
            reply.to_bytes()
    with pytest.raises(dataclasses.FrozenInstanceError):
        reply.status = 0  # type: ignore[misc]
