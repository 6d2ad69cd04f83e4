# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE's registers by name: what commands the proxy makes of them."""

from __future__ import annotations

import asyncio
from typing import Any

import fee_names as tool
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_target import TinyTarget, run

from fsw_emu.packets.fee_registers import TABLE
from hil.fee.proxy import FeeProxy
from hil.rmap.initiator import Initiator, Target
from hil.rmap.quirks import Quirks
from hil.transports import loop

WRITABLE = [field for field in TABLE if field.writable]
values = st.fixed_dictionaries(
    {}, optional={field.name: st.integers(0, (1 << field.bits) - 1) for field in WRITABLE}
)


def proxy(**options: Any) -> tuple[FeeProxy, TinyTarget]:
    ours, theirs = loop.pair()
    initiator = Initiator(Target(quirks=Quirks(max_read_bytes=4)), timeout_s=1)
    ours.attach(initiator)
    initiator.connect(ours)
    return FeeProxy(initiator), TinyTarget(theirs, **options)


def writes(target: TinyTarget) -> list[tuple[int, bytes]]:
    """Addresses and data of the write commands that came."""
    return [
        (int.from_bytes(c[8:12], "big"), c[16:-1]) for c in target.commands if c[2] & 0x20
    ]  # fmt: skip


def test_the_names_are_those_of_the_table() -> None:
    assert tool.PATH.read_text() == tool.text()


@pytest.mark.verifies("DPU-8", "DPU-9")
@given(st.binary(min_size=0x68, max_size=0x68), values)
def test_what_is_written_is_read_and_nothing_else_changes(
    before: bytes, values: dict[str, int]
) -> None:
    async def main() -> None:
        fee, target = proxy()
        target.memory[:0x68] = before
        was = await fee.read_all()
        await fee.write(**values)
        words = {field.address for field in WRITABLE if field.name in values}
        cleared = {"clear_error_flag": 0} if 0x54 in words else {}  # read back, it is no wish
        assert await fee.read_all() == was | cleared | values
        sent = [address for address, _ in writes(target)]
        assert sent == sorted(words), "one write a word, execute_op last"

    run(main)


@pytest.mark.verifies("DPU-9")
def test_the_words_of_the_register_map() -> None:
    """Bits as the facts of register map v0.38 have them."""

    async def main() -> None:
        fee, target = proxy()
        target.memory[0x14:0x18] = bytes.fromhex("f1800000")
        await fee.write(event_detection=True, ccd2_e_pix_threshold=120, ccd2_f_pix_threshold=0x1234)
        assert writes(target) == [
            (0x54, bytes.fromhex("40000000")), (0x58, bytes.fromhex("12340078")),
        ]  # fmt: skip
        await fee.start("ft", ccd_mode2_config=2, sync_sel=True)
        assert writes(target)[2:] == [
            (0x14, bytes.fromhex("f1900000")), (0x54, bytes.fromhex("63000000")),
            (0x64, bytes.fromhex("00000001")),
        ]  # fmt: skip
        await fee.immediate_on()
        assert writes(target)[5:] == [
            (0x54, bytes.fromhex("68000000")), (0x64, bytes.fromhex("00000001")),
        ]  # fmt: skip
        target.memory[0x784:0x788] = bytes.fromhex("01020043")
        assert await fee.read("frame_counter") == 0x0102
        assert await fee.read("fpga_op_mode") == 0x43
        assert await fee.read("5vb_pos_mon") == 0

    run(main)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"ccd2_e_pix_treshold": 1}, "ccd2_e_pix_threshold?"),
        ({"frame_counter": 1}, "only read"),
        ({"event_detection": 2}, r"0\.\.1"),
        ({"vstart": -1}, r"0\.\.65535"),
        ({"vstart": 1, "ccd_mode_config": 16}, r"0\.\.15"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    values: dict[str, int], match: str
) -> None:
    async def main() -> None:
        fee, target = proxy()
        with pytest.raises(ValueError, match=match):
            await fee.write(**values)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="no register"):
            await fee.read("nothing")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="ft, "):
            await fee.start("event")
        assert not target.commands

    run(main)


@pytest.mark.verifies("DPU-5")
def test_what_acts_is_never_sent_twice() -> None:
    """A reply that is lost: configuration is written again, an operation is not executed again."""

    async def main() -> None:
        fee, target = proxy()
        fee.initiator._timeout_ns = 5_000_000
        target.silent = 1
        await fee.write(vstart=1)
        replies = target.answer
        for acting in ({"execute_op": True}, {"clear_error_flag": True}):
            target.answer = lambda reply: [] if reply[2] & 0x20 else [reply]
            sent = len(writes(target))
            with pytest.raises(Exception, match="timeout"):
                await fee.write(**acting)  # type: ignore[typeddict-item]
            assert len(writes(target)) == sent + 1
            target.answer = replies
        await fee.write(rowclp_lo=1)
        assert writes(target)[-1] == (0x54, bytes.fromhex("00000001"))

    run(main)


def test_writers_of_one_word_do_not_undo_each_other() -> None:
    async def main() -> None:
        fee, _ = proxy()
        await asyncio.gather(
            fee.write(vstart=1), fee.write(vend=2), fee.write(h_start=3), fee.write(rowclp_lo=4)
        )
        values = await fee.read_all()
        names = ("vstart", "vend", "h_start", "rowclp_lo")
        assert [values[name] for name in names] == [1, 2, 3, 4]

    run(main)


def test_frames_go_to_their_half_of_the_words() -> None:
    async def main() -> None:
        fee, target = proxy(size=0xC00000)
        fee.initiator.target = Target()
        rng = np.random.default_rng(1)
        frames = {n: rng.integers(0, 65536, (639, 384)) for n in ("E2", "E4", "F2", "F4")}
        for node, frame in frames.items():
            await fee.upload_frame(node, frame)
        for side, start in (("E", 0x801800), ("F", 0x900C00)):
            words = np.frombuffer(target.memory, ">u4", 639 * 384, start).reshape(639, 384)
            assert (words >> 16 == frames[f"{side}4"]).all()
            assert (words & 0xFFFF == frames[f"{side}2"]).all()
        for node, frame in (
            ("E3", frames["E2"]),
            ("E2", frames["E2"][1:]),
            ("E2", frames["E2"] - 9),
            ("E2", frames["E2"] / 2),
        ):
            with pytest.raises(ValueError, match=r"none of|not integers|0\.\.65535"):
                await fee.upload_frame(node, frame)

    run(main)
