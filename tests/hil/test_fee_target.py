# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE's RMAP target beside a second one, any sequence of commands; worked packets; each
status."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from fee_oracle import MEANINGLESS, READS, RMW, WRITES, Asked, Fee, Trouble, crc8
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.target import RmapTarget

#: where areas begin and end, and what bits do of themselves
PLACES = (0x0, 0x24, 0x28, 0x54, 0x58, 0x60, 0x64, 0x68, 0x6FC, 0x700, 0x780, 0x788, 0x794, 0x798,
          0x7FFFFC, 0x800000, 0x801800, 0x900C00, 0xBFFFFC, 0xC00000, 0xFFFFFFFC)  # fmt: skip
words = st.integers(0, 0x40).map(lambda i: 4 * i)
addresses = st.one_of(
    st.sampled_from(PLACES), words, words.map(lambda at: 0x700 + at), st.integers(0, 0xFFFFFFFF)
)
lengths = st.one_of(
    st.just(4), st.integers(0, 8), words, st.sampled_from([2048, 4096, 4100, 0xFFFFFF])
)
mostly = st.integers(0, 9).map(lambda i: i > 0)


@st.composite
def commands(draw: st.DrawFn) -> Asked:
    """Any command; most have the right key and target and a whole packet."""
    code = draw(st.sampled_from((0b1011, 0b0011, RMW, *WRITES, *READS, *MEANINGLESS)))
    length = draw(st.sampled_from([0, 2, 4, 6, 8, 8, 8]) if code == RMW else lengths)
    length = length if draw(mostly) else draw(lengths)
    # more is no other case: what is not sent is missing
    data = draw(st.binary(min_size=min(length, 64), max_size=min(length, 64)))
    trouble: Trouble = "" if draw(mostly) else draw(st.sampled_from(get_args(Trouble)))
    sent = data * -(-length // 64) if length <= 4100 else data
    asked = Asked(
        code,
        draw(addresses),
        length,
        sent[:length],
        key=0xD1 if draw(mostly) else draw(st.integers(0, 255)),
        target=0x51 if draw(mostly) else draw(st.integers(0x20, 255)),
        initiator=draw(st.sampled_from([0x50, 0xFE])),
        transaction=draw(st.integers(0, 0xFFFF)),
        extended=0 if draw(mostly) else 1,
        reply_address=draw(st.sampled_from([b"", bytes([0, 0, 7, 9]), bytes(range(8))])),
        trouble=trouble,
    )
    if asked.has_data and len(asked.data) < length and trouble in ("", "data crc", "long"):
        return replace(asked, trouble="short")
    return asked


class Beside(RuleBasedStateMachine):
    """The target and the oracle get the same commands, and answer the same."""

    def __init__(self) -> None:
        super().__init__()
        self.memory, self.fee = FeeMemory(), Fee()
        self.target = RmapTarget(self.memory)
        self.sent = 0

    @rule(asked=commands())
    def command(self, asked: Asked) -> None:
        self.sent += 1
        got = self.target.received(asked.packet(), asked.trouble == "eep")
        assert got == self.fee.answer(asked)

    @rule(count=st.integers(0, 0xFFFF))
    def frame(self, count: int) -> None:
        self.memory.set("frame_counter", count)
        self.fee.put(0x784, count << 16)

    @rule()
    def flags(self) -> None:
        for name in (
            "spw_dac_on_bias_readback",
            "dac_off_bias_readback_error",
            "ext_sdram_edac_corr_err_error",
            "ext_sdram_edac_uncorr_err_error",
            *(f"spw_link_{error}_error" for error in ("disconnect", "escape", "credit", "parity")),
        ):
            self.memory.set(f"error_flag_{name}", 1)
        self.fee.put(0x788, 0x7E3)

    @rule()
    def soft_reset(self) -> None:
        self.memory.reset()
        self.fee.reset()

    @rule()
    def execute(self) -> None:
        assert self.memory.take_execute() == self.fee.executed
        self.fee.executed = False

    @invariant()
    def registers_are_the_same(self) -> None:
        assert self.memory.read(0, 0x68) == self.fee.get(0, 0x68)
        assert self.memory.housekeeping() == self.fee.get(0x700, 0x98)

    @invariant()
    def every_packet_is_counted_once(self) -> None:
        target = self.target
        assert target.discarded.total() + target.statuses.total() == self.sent


@pytest.mark.verifies("FEEREG-1..2", "FEEREG-7..17")
def test_beside_the_model() -> None:
    run_state_machine_as_test(Beside, settings=settings(stateful_step_count=30))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked(0b0011, 0x10, 4), 0),
        (Asked(0b0110, 0x10, 4), 2),
        (Asked(0b0011, 0x10, 4, trouble="reserved bit"), 2),
        (Asked(0b0011, 0x10, 4, key=0), 3),
        (Asked(0b1011, 0x10, 4, bytes(4), trouble="data crc"), 4),
        (Asked(0b1011, 0x10, 4, bytes(4), trouble="short"), 5),
        (Asked(0b1011, 0x10, 4, bytes(4), trouble="long"), 6),
        (Asked(0b0011, 0x10, 4, trouble="long"), 6),
        (Asked(0b1011, 0x10, 4, bytes(4), trouble="eep"), 7),
        (Asked(0b1111, 0x800000, 4100, bytes(4100)), 9),
        (Asked(0b1011, 0x800000, 4100, bytes(4100)), 10),
        (Asked(0b0011, 0x800000, 0xFFFFFF), 10),
        (Asked(0b0010, 0x10, 4), 10),
        (Asked(0b1011, 0x700, 4, bytes(4)), 10),
        (Asked(0b0011, 0x64, 8), 10),
        (Asked(0b0011, 0x11, 4), 10),
        (Asked(0b0011, 0x10, 6), 10),
        (Asked(0b0011, 0xBFFFFC, 4), 0),
        (Asked(0b0011, 0xBFFFFC, 8), 10),
        (Asked(0b0011, 0x794, 8), 10),
        (Asked(RMW, 0x10, 0), 0),
        (Asked(RMW, 0x10, 8, bytes(8)), 0),
        (Asked(RMW, 0x10, 4, bytes(4)), 10),
        (Asked(RMW, 0x10, 16, bytes(16)), 11),
        (Asked(0b0011, 0x10, 4, target=0x52), 12),
    ],
)
@pytest.mark.verifies("FEEREG-11..15")
def test_each_status_has_its_cause(asked: Asked, status: int) -> None:
    reply = RmapTarget(FeeMemory()).received(asked.packet(), asked.trouble == "eep")
    assert reply is not None
    assert reply[3] == status
    assert reply == Fee().answer(asked)


@pytest.mark.parametrize(
    ("packet", "header", "data"),
    [
        ("51014cd1500007000000000000000467", "50010c0051000700000004", "0ece0000"),
        ("51014cd15000000000000010000004ae", "50010c0051000000000004", "0000030a"),
        ("51016cd150000900000000140000042af180000011", "50012c00510009", None),
        ("51017cd1500009000000001400000417f180000011", "50013c00510009", None),
        ("51016cd150000900000000580000048b03e803e869", "50012c00510009", None),
    ],
)
@pytest.mark.verifies("FEEREG-11", "FEEREG-12")
def test_worked_packets(packet: str, header: str, data: str | None) -> None:
    """Commands of the EGSE's classes and of the interface library, of other hands."""
    reply = b""
    for part in (header, data):
        if part is not None:
            reply += bytes.fromhex(part) + bytes([crc8(bytes.fromhex(part))])
    assert RmapTarget(FeeMemory()).received(bytes.fromhex(packet), eep=False) == reply


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=20))
@pytest.mark.verifies("FEEREG-16")
def test_any_bytes_leave_the_memory_alone(packets: list[tuple[bytes, bool]]) -> None:
    memory = FeeMemory()
    target = RmapTarget(memory)
    for packet, eep in packets:
        target.received(packet, eep)
    assert memory.read(0, 0x68) == FeeMemory().read(0, 0x68)
    assert target.discarded.total() + target.statuses.total() == len(packets)


@given(commands(), st.data())
def test_one_bit_wrong_is_never_carried_out(asked: Asked, data: st.DataObject) -> None:
    packet = bytearray(replace(asked, trouble="").packet())
    bit = data.draw(st.integers(0, 8 * len(packet) - 1))
    packet[bit // 8] ^= 1 << bit % 8
    memory = FeeMemory()
    RmapTarget(memory).received(bytes(packet), eep=False)
    assert memory.get("rmap_target_indicate") == 0
    assert not memory.take_execute()
    assert memory.read(0, 0x68) == FeeMemory().read(0, 0x68)


@pytest.mark.verifies("FEEREG-14")
def test_the_limit_may_be_lower() -> None:
    target = RmapTarget(FeeMemory(), max_data_bytes=2048)
    replies = [target.received(Asked(0b0011, 0x800000, n).packet(), False) for n in (2048, 2052)]
    assert [reply[3] for reply in replies if reply] == [0, 10]


@given(addresses, st.binary(max_size=12))
def test_the_memory_refuses_as_the_target_does(address: int, data: bytes) -> None:
    memory, fee = FeeMemory(), Fee()
    asked = Asked(0b1011, address, len(data), data)
    reply = fee.answer(asked)
    assert reply is not None
    try:
        memory.write(address, data)
        refused = False
    except ValueError:
        refused = True
    assert reply[3] == (10 if refused else 0)
