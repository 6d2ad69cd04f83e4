# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What crosses a link is in its recording, in order, whatever becomes of process or disk."""

from __future__ import annotations

import asyncio
import resource
import struct
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.packets.capture import CaptureWriter, Recorded
from fsw_emu.packets.recording import RecordingReader
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode
from hil import record
from hil.record import Recorder, steady_clock
from hil.transports.loop import pair

EPOCH_NS = 1_779_148_800 * 10**9
space_wire = st.builds(
    SpwPacket, st.binary(max_size=40), eep=st.booleans(), truncated=st.booleans()
)
items = st.lists(
    st.one_of(space_wire, st.builds(TimeCode, st.integers(0, 63), st.integers(0, 3))), max_size=6
)
stretches = st.lists(st.tuples(items, st.sampled_from(["in", "out", ""]), st.sampled_from("ab")))


class Kept:
    """A receiver that keeps what it is told."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.reasons: list[str] = []

    def received(self, items: Sequence[Item]) -> None:
        self.items += items

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)


def read(data: bytes) -> list[Recorded]:
    reader = RecordingReader()
    got = reader.read(data)
    reader.finish()
    assert reader.faults == []
    return got


def plain(item: Item) -> object:
    """Without what only a recording knows."""
    return (item.data, item.eep, item.truncated) if isinstance(item, SpwPacket) else item


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 10))


@pytest.mark.verifies("REC-1", "REC-2", "REC-3", "REC-5", "REC-6")
@given(stretches, st.integers(0, 2**64 - 1))
def test_what_is_written_is_read(sent: list[tuple[list[Item], Any, str]], time_ns: int) -> None:
    writer = CaptureWriter()
    stream = writer.begin("by a test")
    for one, direction, name in sent:
        stream += writer.build(one, time_ns=time_ns, direction=direction, interface=name)
    assert [(plain(r.item), r.time_ns, r.direction, r.interface) for r in read(stream)] == [
        (plain(item), time_ns, direction, name) for one, direction, name in sent for item in one
    ]


@pytest.mark.verifies("REC-4")
@given(st.lists(st.binary(max_size=30)))
def test_space_packets_have_a_link_type_of_their_own(packets: list[bytes]) -> None:
    writer = CaptureWriter()
    sent = [SpwPacket(PTP_PREFIX + one) for one in packets]
    stream = writer.begin("") + writer.build(sent, time_ns=0, link_type=148)
    assert [plain(one.item) for one in read(stream)] == [plain(one) for one in sent]
    with pytest.raises(ValueError, match="not a space packet"):
        writer.build([SpwPacket(b"\x50\xf0")], time_ns=0, link_type=148)


@pytest.mark.verifies("REC-2", "REC-3", "REC-6")
def test_blocks_as_the_draft_and_the_prefix_have_them() -> None:
    writer = CaptureWriter()
    writer.begin("")
    writer.build([], time_ns=0, interface="x")
    for item, record_hex in (
        (SpwPacket(b"\x50\xf0\x01"), "0000 50f001"),
        (SpwPacket(b"\x50\xf0\x01", eep=True), "0100 50f001"),
        (TimeCode(5, 2), "3100 8500"),
    ):
        data = bytes.fromhex(record_hex)
        padded = data + bytes(-len(data) % 4) + struct.pack("<HHIHH", 2, 4, 2, 0, 0)
        size = 32 + len(padded)
        expected = struct.pack("<7I", 6, size, 0, 1, 2, len(data), len(data)) + padded
        got = writer.build([item], time_ns=(1 << 32) + 2, direction="out", interface="x")
        assert got == expected + struct.pack("<I", size)


@pytest.mark.verifies("REC-7")
def test_a_packet_beyond_the_limit_is_cut_and_says_so() -> None:
    writer = CaptureWriter()
    stream = writer.begin("") + writer.build([SpwPacket(bytes(300_000))], time_ns=0)
    (got,) = read(stream)
    assert isinstance(got.item, SpwPacket)
    assert (len(got.item.data), got.item.truncated) == (262_142, True)


@pytest.mark.verifies("REC-5", "REC-6")
@given(st.lists(items, max_size=4), st.lists(items, max_size=4))
def test_a_tapped_link_is_the_link(
    tmp_path_factory: pytest.TempPathFactory, there: list[list[Item]], back: list[list[Item]]
) -> None:
    path = tmp_path_factory.mktemp("record") / "link.pcapng"

    async def main() -> None:
        near, far = pair()
        recorder = Recorder(path, clock=lambda: EPOCH_NS)
        tapped, mine, peer = recorder.tap(near, "fee"), Kept(), Kept()
        tapped.attach(mine)
        far.attach(peer)
        for stretch in there:
            tapped.send(stretch)
        for stretch in back:
            far.send(stretch)
        await tapped.drain()
        await tapped.close("done")
        recorder.close()
        assert peer.items == [item for stretch in there for item in stretch]
        assert (mine.reasons, peer.reasons) == (["done"], ["done"])
        assert tapped.closed_because == "done"
        assert tapped.counters is near.counters
        got = read(path.read_bytes())
        assert {(one.time_ns, one.interface) for one in got} <= {(EPOCH_NS, "fee")}
        for direction, expected in (("in", mine.items), ("out", peer.items)):
            kept = [plain(one.item) for one in got if one.direction == direction]
            assert kept == [plain(one) for one in expected]
        assert recorder.n_recorded == len(got)

    run(main())


@pytest.mark.verifies("REC-8")
def test_what_came_is_in_the_file_before_it_is_closed(tmp_path: Path) -> None:
    async def main() -> None:
        recorder = Recorder(tmp_path / "link.pcapng")
        recorder.add([SpwPacket(b"one")], "in")
        while len(got := read((tmp_path / "link.pcapng").read_bytes())) < 1:
            await asyncio.sleep(record.FLUSH_S / 4)
        assert got[0].time_ns > EPOCH_NS
        recorder.add([SpwPacket(bytes(200_000))] * 2, "in")  # at once
        assert len(read((tmp_path / "link.pcapng").read_bytes())) == 3
        recorder.close()
        recorder.close()

    run(main())


@pytest.mark.verifies("REC-9")
def test_a_full_disk_ends_the_recording_and_not_the_link(tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "link.pcapng"

    async def main() -> None:
        recorder = Recorder(path, failed=told.append)
        near, far = pair()
        tapped, peer = recorder.tap(near), Kept()
        far.attach(peer)
        for _ in range(3):
            tapped.send([SpwPacket(bytes(3000))])
            recorder.flush()
        await asyncio.sleep(0)
        assert (recorder.n_recorded, recorder.n_lost, len(peer.items)) == (2, 1, 3)
        tapped.send([SpwPacket(b"more")])
        await tapped.close()
        recorder.close()
        assert recorder.n_lost == 2

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, before[1]))
    try:
        run(main())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told == [f"{path}: File too large; the recording ends here"]
    assert len(read(path.read_bytes())) == 2


def test_a_place_that_takes_nothing_is_told_at_once(tmp_path: Path) -> None:
    for path in (Path("/dev/full"), tmp_path / "none" / "link.pcapng"):
        with pytest.raises(OSError, match=r"No space|No such"):
            Recorder(path)


def test_the_clock_never_goes_back() -> None:
    clock = steady_clock()
    times = [clock() for _ in range(100)]
    assert times == sorted(times)
    assert times[0] > EPOCH_NS
