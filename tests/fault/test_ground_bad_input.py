# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The ground segment takes any bytes: it ends, holds little, and tells what was wrong."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from downlink import downlink, entity, event_entity, image, tm_header
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.core import Core
from fsw_emu.ground.entities import unpack
from fsw_emu.ground.events import read_events
from fsw_emu.ground.run import process
from fsw_emu.ground.telemetry import TelemetryReader
from fsw_emu.ground.transfers import Transfer, TransferReader
from fsw_emu.packets.ce import ED, UNKNOWN, UV
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.framings.gresb import Host
from fsw_emu.packets.pcap import PcapReader, file_header

ROOM = 1 << 16

#: bytes that look like telemetry more often than chance has it
likely = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.just(bytes.fromhex("0941c005000d1011020000 0003e803d09005f3f9".replace(" ", ""))),
        st.just(bytes.fromhex("0941c005000d10")),
        st.just(bytes.fromhex("0941c0050369100d0100")),
    ),
    max_size=12,
).map(b"".join)


@given(likely, st.lists(st.integers(0, 200), max_size=5))
def test_any_telemetry_cut_anyhow_reads_the_same(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)]
    whole, cut = TelemetryReader(), TelemetryReader()
    expected = whole.feed(stream) + whole.finish()
    got = []
    for a, b in zip(edges, edges[1:], strict=False):
        got += cut.feed(stream[a:b])
    got += cut.finish()
    assert (got, cut.faults) == (expected, whole.faults)


@pytest.mark.verifies("GND-9")
@given(likely)
def test_every_byte_is_in_a_packet_or_a_fault(stream: bytes) -> None:
    reader = TelemetryReader()
    received = reader.feed(stream) + reader.finish()
    in_packets = 20 * (len(received) + sum("repeated" in f.what for f in reader.faults))
    skipped = sum(int(f.what.split()[-3]) for f in reader.faults if "skipped" in f.what)
    assert in_packets + skipped == len(stream)


@pytest.mark.parametrize("noise", [b"\x09", b"\x09\x41", b"\0", bytes(6), b"\x09" * 7])
def test_a_packet_right_after_noise_is_found(core: Core, noise: bytes) -> None:
    packet = core.tm_build(tm_header(), b"")
    reader = TelemetryReader()
    (received,) = reader.feed(noise + packet) + reader.finish()
    assert received.position == len(noise)
    assert [f.position for f in reader.faults] == [0]


def test_each_orphan_is_told_until_the_end_of_its_transfer(core: Core) -> None:
    parts = downlink(core, [event_entity(core, [60])])
    telemetry, transfers = TelemetryReader(), TransferReader(core, room=ROOM)
    for received in telemetry.feed(b"".join([parts[-1], *parts[1:], *parts[2:]])):
        assert transfers.push(received) == []
    assert len(transfers.faults) == 3


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=80)), max_size=20))
def test_any_service_13_packets_are_taken(core: Core, parts: list[tuple[int, bytes]]) -> None:
    telemetry, transfers = TelemetryReader(), TransferReader(core, room=ROOM)
    for count, (subtype, source) in enumerate(parts):
        header = tm_header(count, type=13, subtype=subtype)
        for received in telemetry.feed(core.tm_build(header, source)):
            transfers.push(received)
    transfers.finish(telemetry.position)
    good = downlink(core, [entity(core, b"")], count=len(parts))
    got = [t for packet in good for r in telemetry.feed(packet) for t in transfers.push(r)]
    assert [t.data for t in got] == [entity(core, b"")]


def test_a_transfer_beyond_the_room_is_a_fault(core: Core) -> None:
    transfers, telemetry = TransferReader(core, room=2000), TelemetryReader()
    small = event_entity(core, [0])
    stream = b"".join(downlink(core, [event_entity(core, [100]), small]))
    got = [t for r in telemetry.feed(stream) for t in transfers.push(r)]
    assert [t.data for t in got] == [small]
    assert ["does not fit" in f.what for f in transfers.faults] == [True]


@given(st.data())
def test_a_damaged_entity_is_a_fault_or_read(core: Core, data: st.DataObject) -> None:
    good = bytearray(event_entity(core, [3, 0, 2]))
    for _ in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    size = data.draw(st.sampled_from([len(good)] * 3 + list(range(0, len(good), 37))))
    result = unpack(core, Transfer(bytes(good[:size]), 1, 77, 0))
    if isinstance(result, Fault):
        assert result.position == 77
        return
    if result.header.product == ED:
        read_events(core, result)


@pytest.mark.verifies("CE-26")
@given(st.binary(min_size=0, max_size=64 * 6).filter(lambda b: len(b) % 2 == 0))
def test_any_science_data_are_events_or_faults(core: Core, science: bytes) -> None:
    tables = read_events(core, core.ce_unpack(entity(core, science, counts=[1, 2])))
    n = len(science) // 64
    bad = sum(int(f.what.split()[0]) for f in tables.faults if "no events" in f.what)
    assert len(tables.events) + len(tables.masks) + bad == n
    assert any("no whole packet" in f.what for f in tables.faults) == bool(len(science) % 64)


@pytest.mark.verifies("GND-9")
def test_bad_entities_are_told_and_the_others_come_through(core: Core, tmp_path: Path) -> None:
    sent = [
        event_entity(core, [2], counter=0),
        entity(core, b"\1\2" * 50, counter=1),
        entity(core, bytes(10), product=UV, counter=2),
        entity(core, bytes(10), product=UNKNOWN, counter=3),
        event_entity(core, [3], counter=4),
        entity(core, image((4, 165, 96)).tobytes(), product=UV, counter=5),
    ]
    tm = downlink(core, sent)
    result = process([b"".join(tm)], tmp_path, core)
    assert (result.entities, result.frames, result.events, result.images) == (6, 3, 5, 1)
    positions = [0]
    for data in sent:
        positions.append(positions[-1] + sum(map(len, downlink(core, [data]))))
    assert {f.position for f in result.faults} == set(positions[1:4])
    assert {"entity 1 (ED_WP)", "entity 2 (UV)", "entity 3 (UNKNOWN)"} == {
        f.where for f in result.faults
    }
    assert result.faults == tuple(sorted(result.faults))


@pytest.mark.verifies("GND-9", "KEY-4")
def test_an_entity_with_a_wrong_checksum_is_not_used(core: Core, tmp_path: Path) -> None:
    data = bytearray(entity(core, bytes(4 * 165 * 96 * 2), product=UV, key=0x14010))
    data[60] ^= 1
    stream = b"".join(downlink(core, [bytes(data), event_entity(core, [2], counter=1)]))
    result = process([stream], tmp_path, core)
    assert (result.entities, result.events) == (1, 2)
    assert [(f.position, f.where) for f in result.faults] == [(0, "entity")]
    assert "checksum" in result.faults[0].what


def test_an_empty_stream_is_no_fault(core: Core, tmp_path: Path) -> None:
    result = process([], tmp_path / "new", core)
    assert (result.packets, result.files, result.faults) == (0, (), ())
    assert result.event_table is None


@pytest.mark.parametrize("start", [b"", file_header()])
def test_a_length_that_lies_takes_no_memory(start: bytes) -> None:
    reader = PcapReader() if start else Host()
    lie = b"\xff" * 16 if start else b"\0\xff\xff\xff"
    tracemalloc.start()
    reader.feed(start + lie)
    for _ in range(1000):
        reader.feed(bytes(16))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000


def test_noise_takes_no_memory() -> None:
    reader = TelemetryReader()
    noise = bytes.fromhex("0941c005036910ff") * 1000  # headers without end
    tracemalloc.start()
    for _ in range(10):
        assert reader.feed(noise) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reader.finish() == []
    assert len(reader.faults) == 1
    assert peak < 200_000
