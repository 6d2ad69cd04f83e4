# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The receiver of a link to the FEE: what it refuses, counts, hands on."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tiny_target import run

from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.fee import reception as module
from hil.fee.reception import Reception
from hil.transports import loop

DATA, EVENT, HK, MASK = range(4)


def packet(frame: int, sequence: int, *, size: int = 64, kind: int = EVENT) -> bytes:
    head = struct.pack(">BBHHHH", 0x50, 0xF0, size - 10, kind, frame & 0xFFFF, sequence & 0xFFFF)
    return head + bytes(size - 10)


class Others:
    def __init__(self) -> None:
        self.items: list[Item] = []
        self.reasons: list[str] = []

    def received(self, items: Sequence[Item]) -> None:
        self.items += items

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)


async def taken(reception: Reception) -> list[bytes]:
    """All that waits and comes until the end, packet by packet."""
    packets = []
    while (stretch := await reception.take()) is not None:
        ends = np.cumsum(stretch.lengths).tolist()
        packets += [stretch.buffer[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    return packets


def account(packets: Sequence[bytes], **options: Any) -> tuple[Reception, list[bytes]]:
    reception = Reception(Others(), **options)
    got: list[bytes] = []

    async def main() -> None:
        reception.received([SpwPacket(each) for each in packets])
        reception.end()
        got.extend(await taken(reception))

    run(main)
    return reception, got


@pytest.mark.verifies("DPU-11")
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 12), min_size=1, max_size=30),
            st.sampled_from([0, 1, 5, 300]),
        ),
        min_size=1,
        max_size=4,
    ),
)
@example([([0, 1, 2, 0, 1, 2], 0)])
@example([([3, 0, 5, 12, 9, 7, 7, 1], 0xFFF8), ([0], 0)])
def test_counters_agree_with_a_set(frames: list[tuple[list[int], int]]) -> None:
    """Packets of a few frames in any order, frames at any place of their 16-bit counters."""
    stream, missing, late, repeated = [], 0, 0, 0
    for number, (order, base) in enumerate(frames):
        whole = [*range(base), *(base + n for n in order)]
        seen: set[int] = set()
        highest = -1
        for sequence in whole:
            stream.append(packet(number, sequence, size=10, kind=DATA))
            repeated += sequence in seen
            late += sequence not in seen and sequence < highest
            seen.add(sequence)
            highest = max(highest, sequence)
        missing += highest + 1 - len(seen)
    reception, got = account(stream)
    assert got == stream
    assert reception.accounts.totals == {
        "frames": len(frames), "packets": len(stream), "missing": missing, "late": late,
        "repeated": repeated,
    }  # fmt: skip
    assert len(reception.accounts.frames) == len(frames)


@pytest.mark.verifies("DPU-11")
def test_a_late_packet_finds_its_frame() -> None:
    stream = [packet(0, 0), packet(0, 2), packet(1, 0), packet(0, 1), packet(1, 1)]
    reception, _ = account(stream)
    totals = reception.accounts.totals
    assert (totals["frames"], totals["late"], totals["missing"]) == (2, 1, 0)


def test_a_counter_that_begins_again_is_another_frame() -> None:
    """After a soft reset; housekeeping that comes twice is a repeated packet."""
    frame = [packet(1, 0, kind=HK, size=162), packet(1, 1), packet(1, 2)]
    reception, _ = account([*frame, *frame])
    assert reception.accounts.totals["frames"] == 2
    assert reception.accounts.totals["repeated"] == 0
    reception, _ = account([frame[0], *frame])
    assert reception.accounts.totals["frames"] == 1
    assert reception.accounts.totals["repeated"] == 1
    reception, _ = account([frame[1], frame[0], frame[2]])
    assert reception.accounts.totals["late"] == 1


@pytest.mark.parametrize(("restarts", "repeated"), [(True, 0), (False, 1)])
def test_event_packets_that_count_anew(restarts: bool, repeated: int) -> None:
    frame = [packet(1, 0, kind=HK, size=162), packet(1, 0), packet(1, 1), packet(1, 2, kind=MASK)]
    reception, _ = account(frame, event_sequence_restarts=restarts)
    assert reception.accounts.totals["repeated"] == repeated
    assert reception.accounts.totals["missing"] == 0


@pytest.mark.verifies("DPU-10")
def test_what_is_refused_is_counted_and_missing() -> None:
    good = [packet(0, n) for n in range(9)]
    bad = [
        good[0],
        good[1][:9],
        b"\x51" + good[2][1:],
        good[3][:-1],
        packet(0, 4, size=0x4005),
        packet(0, 5, size=0x4004),
        good[6] + b"\0",
        b"\x50\xf0",
        good[8],
    ]
    reception, got = account(bad)
    assert got == [bad[0], bad[5], bad[8]]
    assert reception.refused == {
        "short": 2, "wrong address": 1, "wrong length": 2, "oversize": 1,
    }  # fmt: skip
    assert reception.accounts.totals["missing"] == 6
    assert reception.bytes == 64 + 0x4004 + 64


def test_the_length_may_count_the_header() -> None:
    whole = struct.pack(">BBHHHH", 0x50, 0xF0, 64, EVENT, 0, 0) + bytes(54)
    assert account([whole], data_len="packet")[1] == [whole]
    assert account([whole])[0].refused == {"wrong length": 1}


@pytest.mark.verifies("DPU-10")
def test_end_markers_and_other_protocols() -> None:
    """Packets that ended in error are no data; what is not the FEE's goes to the others."""

    async def main() -> None:
        others = Others()
        told: list[str] = []
        reception = Reception(others, on_closed=told.append)
        ours, theirs = loop.pair()
        reception.connect(ours)
        reply = SpwPacket(bytes.fromhex("50010c00510001000000000000"))
        items: list[Item] = [
            SpwPacket(packet(0, 0)), SpwPacket(packet(0, 1), eep=True), TimeCode(3), reply,
            SpwPacket(packet(0, 2), truncated=True), SpwPacket(b""), SpwPacket(packet(0, 3)),
        ]  # fmt: skip
        theirs.send(items)
        stretch = await reception.take()
        assert stretch is not None
        assert stretch.lengths.tolist() == [64, 64]
        assert reception.refused == {"eep": 1, "cut by the bridge": 1}
        assert others.items == [TimeCode(3), reply, SpwPacket(b"")]
        await theirs.close("gone")
        assert others.reasons == told == ["gone"]
        again, theirs = loop.pair()
        reception.connect(again)
        theirs.send([SpwPacket(packet(0, 4))])
        stretch = await reception.take()
        assert stretch is not None
        reception.end()
        assert await reception.take() is None

    run(main)


@given(st.lists(st.binary(max_size=30).map(lambda b: b"\x50\xf0" + b), max_size=40))
def test_any_bytes(packets: list[bytes]) -> None:
    """Each packet is refused, or handed on and counted."""
    reception, got = account(packets)
    assert len(got) + sum(reception.refused.values()) == len(packets)
    assert reception.accounts.totals["packets"] == len(got)


def test_counters_at_random_take_no_memory() -> None:
    """A node that babbles with headers that are right."""
    rng = np.random.default_rng(1)
    frames, sequences = rng.integers(0, 3, 5000), rng.integers(0, 1 << 16, 5000)
    stream = [packet(f, s) for f, s in zip(frames.tolist(), sequences.tolist(), strict=True)]
    reception, got = account(stream)
    assert len(got) == 5000
    assert all(len(a._gaps) <= 256 for a in reception.accounts.frames)


@pytest.mark.verifies("DPU-12")
def test_who_does_not_take_holds_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peer waits, memory does not grow, and nothing is lost."""
    monkeypatch.setattr(module, "HELD_BYTES", 40_000)
    monkeypatch.setattr(module, "STRETCH_BYTES", 10_000)

    async def main() -> None:
        reception = Reception(Others())
        ours, theirs = loop.pair()
        reception.connect(ours)
        for n in range(1000):
            theirs.send([SpwPacket(packet(0, n, size=1010, kind=DATA))])
            await asyncio.sleep(0)
        assert reception._waiting_bytes < 50_000
        got = 0
        while got < 1000:
            stretch = await reception.take()
            assert stretch is not None
            assert len(stretch.buffer) < 12_000
            got += len(stretch.lengths)
        assert reception.accounts.totals["missing"] == 0

    run(main)
