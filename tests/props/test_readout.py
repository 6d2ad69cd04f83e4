# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Readouts on the wire: what the front end sends, in which order, and where a frame ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fsw_emu.targets
from fsw_emu.core import Core
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.entity import Entity, EntityWriter, Group
from fsw_emu.dpu.science.readout import Batch, Readout, ReadoutSplitter
from fsw_emu.dpu.science.settings import FilterSettings, Settings
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS
from fsw_emu.packets.fee import FeeHeader, read_fee_header

NODES = ["E2", "F2", "E4", "F4"]
DATA, EVENT, HK, MASK = range(4)
LIMITS = FilterSettings(centre_max=1100, ring_sum_max=4600, ring_max=525)
MARKER = bytes(54)


def event_packets(core: Core, readouts: int = 1, **options: Any) -> list[list[bytes]]:
    """Readouts of small frames, with two events in each node and a mask."""
    front_end = FrontEnd(core, FrontEndSettings(threshold=25, **options))
    frame = np.full((20, 30), 500, np.uint16)
    frame[5, 20] = frame[12, 9] = 700
    return [front_end.event_readout(dict.fromkeys(NODES, frame)) for _ in range(readouts)]


def uv_frames(seed: int = 1) -> dict[str, NDArray[np.uint16]]:
    rng = np.random.default_rng(seed)
    return {node: rng.integers(0, 65535, (165, 96), dtype=np.uint16) for node in NODES}


def uv_packets(core: Core, nodes: list[str] = NODES) -> list[bytes]:
    """One 24x24-binned image, 5 packets a node."""
    front_end = FrontEnd(core, FrontEndSettings(threshold=25, packet_size=10 + 33 * 96 * 2))
    return front_end.image_readout({n: f for n, f in uv_frames().items() if n in nodes})


def split(core: Core, packets: list[bytes], **settings: Any) -> tuple[list[Readout], list[str]]:
    splitter = ReadoutSplitter(core, Settings(filter=LIMITS, **settings))
    readouts = [*splitter.feed(Batch.of(packets)), *splitter.finish()]
    return readouts, [fault.what for fault in splitter.faults]


def through(core: Core, packets: list[bytes], **settings: Any) -> tuple[ScienceChain, list[Entity]]:
    entities: list[Entity] = []
    chain = ScienceChain(core, Settings(**{"filter": LIMITS} | settings), entities.append)
    chain.feed(Batch.of(packets))
    chain.finish()
    return chain, entities


def headers(packets: list[bytes]) -> list[FeeHeader]:
    return [read_fee_header(packet) for packet in packets]


def is_marker(packet: bytes) -> bool:
    return bool(packet[5] & 0x83 == 0x81 and packet[10:] == MARKER)


@pytest.mark.verifies("NODE-1", "NODE-2", "FEE-8", "FEE-10", "FEE-11", "FEE-13", "FEE-14", "EDU-4")
def test_an_event_readout_from_the_first_packet_to_the_last(core: Core) -> None:
    (packets,) = event_packets(core)
    read = headers(packets)
    assert (read[0].type, read[0].last, read[0].sequence, len(packets[0])) == (HK, True, 0, 162)
    assert [header.sequence for header in read] == list(range(len(packets)))
    walk = iter(zip(packets[1:], read[1:], strict=True))
    for node in NODES:
        places, kinds = [], []
        for packet, header in walk:
            assert (header.node, len(packet)) == (node, 64)
            if is_marker(packet):
                break
            assert not header.last
            places.append((int.from_bytes(packet[12:14]), int.from_bytes(packet[10:12])))
            kinds.append(header.type)
        assert places == sorted(places) == [(2, 2), (5, 20), (12, 9)]
        assert kinds == [MASK, EVENT, EVENT]
    ((packet, header),) = walk
    assert is_marker(packet)


@pytest.mark.verifies("NODE-1", "NODE-4", "FEE-9..12")
def test_an_image_readout_is_the_rows_of_each_node(core: Core) -> None:
    packets = uv_packets(core)
    read = headers(packets)
    assert (read[0].type, read[0].last, read[0].sequence) == (HK, True, 0)
    assert [header.sequence for header in read] == list(range(21))
    assert [header.node for header in read[1:]] == [node for node in NODES for _ in range(5)]
    assert [header.last for header in read[1:]] == [False, False, False, False, True] * 4
    for i, frame in enumerate(uv_frames().values()):
        wire = b"".join(packet[10:] for packet in packets[1 + 5 * i : 6 + 5 * i])
        assert wire == frame.astype(">u2").tobytes()


@pytest.mark.verifies("FEE-15")
def test_an_event_frame_ends_with_the_fifth_marker(core: Core) -> None:
    (packets,) = event_packets(core)
    splitter = ReadoutSplitter(core, Settings(filter=LIMITS))
    ends = [len(list(splitter.feed(Batch.of([packet])))) for packet in packets]
    assert ends == [0] * (len(packets) - 1) + [1]
    assert sum(map(is_marker, packets)) == 5


@pytest.mark.verifies("FEE-16")
@pytest.mark.parametrize("what", ["housekeeping", "frame counter", "kind", "end of the stream"])
def test_what_else_ends_an_event_frame(core: Core, what: str) -> None:
    first, second = event_packets(core, 2)
    after = {
        "housekeeping": second,
        "frame counter": second[1:],
        "kind": uv_packets(core)[1:],
        "end of the stream": [],
    }[what]
    readouts, faults = split(core, [*first[:-1], *after], binning=24)
    assert [readout.ended for readout in readouts] == [False, True][: 1 + bool(after)]
    assert not readouts[0].complete
    assert "event frame that begins here has no end" in faults


@pytest.mark.verifies("FEE-17", "FEE-19")
@pytest.mark.parametrize("nodes", [NODES, ["E2", "F4"], ["F2"]])
def test_an_image_frame_ends_with_its_last_node(core: Core, nodes: list[str]) -> None:
    packets = uv_packets(core, nodes)
    splitter = ReadoutSplitter(core, Settings(filter=LIMITS, binning=24, nodes=tuple(nodes)))
    ends = [len(list(splitter.feed(Batch.of([packet])))) for packet in packets]
    assert ends == [0] * (len(packets) - 1) + [1]  # housekeeping is last-flagged, and no node
    (cut,), faults = split(core, packets[:-1], binning=24, nodes=tuple(nodes))
    assert not cut.ended
    assert faults == ["image frame that begins here has no end"]


@pytest.mark.verifies("FEE-18")
@pytest.mark.parametrize("n", [1, 3, 4])
def test_markers_before_housekeeping_are_strays(core: Core, n: int) -> None:
    (packets,) = event_packets(core)
    strays = [packet for packet in packets if is_marker(packet)][:n]
    renumbered = [p[:8] + i.to_bytes(2, "big") + p[10:] for i, p in enumerate(strays)]
    splitter = ReadoutSplitter(core, Settings(filter=LIMITS))
    readouts = [*splitter.feed(Batch.of([*renumbered, *packets])), *splitter.finish()]
    assert [readout.complete for readout in readouts] == [True]
    assert (splitter.n_strays, list(splitter.faults)) == (n, [])


@pytest.mark.verifies("FEE-23")
@pytest.mark.parametrize(
    ("row", "column"), [(1, 9), (637, 9), (9, 1), (9, 382), (0, 9), (9, 65535)]
)
def test_a_window_outside_the_node_is_told_and_left_out(core: Core, row: int, column: int) -> None:
    (packets,) = event_packets(core)
    at = next(i for i, header in enumerate(headers(packets)) if header.type == EVENT)
    where = column.to_bytes(2, "big") + row.to_bytes(2, "big")
    packets[at] = packets[at][:10] + where + packets[at][14:]
    (readout,), faults = split(core, packets)
    assert faults == [f"event outside the node: row {row}, column {column}"]
    assert sum(map(len, readout.events)) == 11


@pytest.mark.verifies("FEE-24")
def test_a_frame_without_end_is_told_by_its_first_packet(core: Core) -> None:
    first, second = event_packets(core, 2)
    splitter = ReadoutSplitter(core, Settings(filter=LIMITS))
    list(splitter.feed(Batch.of([*first, *second[:-1]])))
    list(splitter.finish())
    (fault,) = splitter.faults
    assert (fault.packet, "no end" in fault.what) == (len(first) + 1, True)


@pytest.mark.verifies("FEE-22", "FEE-25", "FEE-26", "IMG-3", "CE-7", "CE-33")
def test_missing_pixels_are_told_and_hold_65535(core: Core) -> None:
    packets = uv_packets(core)
    whole, (expected,) = through(core, packets, binning=24)
    assert not whole.faults
    chain, (entity,) = through(core, packets[:7] + packets[8:], binning=24)
    assert any("33 rows with missing pixels" in fault.what for fault in chain.faults)
    assert (expected.header.integrity, entity.header.integrity) == (0, 1)
    sent = np.frombuffer(expected.science, ">u2").reshape(4, 165, 96)
    came = np.frombuffer(entity.science, ">u2").reshape(4, 165, 96)
    assert (came[1, 33:66] == 65535).all()
    assert np.array_equal(np.delete(came[1], np.s_[33:66], 0), np.delete(sent[1], np.s_[33:66], 0))
    assert np.array_equal(came[[0, 2, 3]], sent[[0, 2, 3]])


# What the chain adds: groups, times, set-up


def group_field(core: Core, entity: Entity, name: str) -> int:
    return int(core.ce_unpack(entity.data).group[GROUP_FIELDS.index(name)])


@pytest.mark.verifies("FEE-20")
def test_the_mode_is_that_of_the_packets_unless_set(core: Core) -> None:
    (packets,) = event_packets(core)
    modes = {}
    for mode in (None, 9):
        _, (entity,) = through(core, packets, mode=mode)
        modes[mode] = group_field(core, entity, "FRMccdModeConfig")
    assert modes == {None: headers(packets)[1].mode, 9: 9}


@pytest.mark.verifies("CE-14")
def test_twelve_event_frames_an_entity_and_one_image(core: Core) -> None:
    packets = [packet for readout in event_packets(core, 25) for packet in readout]
    _, entities = through(core, packets)
    assert [entity.header.members for entity in entities] == [12, 12, 1]
    _, images = through(core, uv_packets(core) * 2, binning=24)
    assert [image.header.members for image in images] == [1, 1]


@pytest.mark.verifies("CE-17")
def test_an_entity_has_540_frames_at_most(core: Core) -> None:
    with pytest.raises(ValueError, match="540"):
        Settings(event_frames_per_entity=541)
    hk, *_, marker = event_packets(core)[0]
    packets = []
    for counter in range(1, 543):
        head = marker[:6] + counter.to_bytes(2, "big")
        packets.append(hk[:6] + counter.to_bytes(2, "big") + hk[8:])
        packets += [head + i.to_bytes(2, "big") + MARKER for i in range(1, 6)]
    chain, entities = through(core, packets, event_frames_per_entity=540)
    assert not chain.faults
    assert [entity.header.members for entity in entities] == [540, 2]


@pytest.mark.verifies("CE-18")
def test_an_entity_that_no_transfer_holds_is_refused() -> None:
    group = Group("FF", [0], [np.zeros(57, np.uint32)], stacked=True)
    group.science.append(bytes(4511 * 4608 * 4))
    writer = EntityWriter(fsw_emu.targets.open("host"), Settings(codec="none"))
    with pytest.raises(ValueError, match="a transfer holds 56425635"):
        writer.close(group, None)


@pytest.mark.verifies("CE-2", "CE-3", "CE-19", "TM-12")
@pytest.mark.parametrize("group", [1, 2, 3])
def test_times_follow_from_the_number_of_the_frame(core: Core, group: int) -> None:
    packets = [packet for readout in event_packets(core, 3) for packet in readout]
    _, entities = through(
        core, packets, event_frames_per_entity=group, t0_s=1000, frame_period_ms=2500
    )
    frame = 0
    for entity in entities:
        assert (entity.header.coarse, entity.header.fine_us) == _time(1_000_000_000, frame, 256)
        for fields in core.ce_unpack(entity.data).frames:
            names = ("sdpProductStarttimeCrs", "sdpProductStarttimeFine")
            start = tuple(int(fields[FRAME_FIELDS.index(name)]) for name in names)
            assert start == _time(1_000_000_000, frame, 1)
            frame += 1
        for packet in entity.packets:
            sent, _ = core.tm_parse(packet)
            assert (sent.coarse, sent.fine_us) == _time(1_000_000_000, frame, 1)


def _time(t0_us: int, frame: int, unit_us: int) -> tuple[int, int]:
    """Seconds and microseconds, these in a unit, at the start of a frame."""
    coarse, fine_us = divmod(t0_us + frame * 2_500_000, 1_000_000)
    return coarse, fine_us // unit_us * unit_us


@pytest.mark.verifies("FILT-10")
def test_limits_of_the_filter_follow_the_pedestal() -> None:
    limits = FilterSettings().absolute(510)
    assert (limits.centre_max, limits.ring_sum_max) == (510 + 600, 8 * 510 + 600)
    assert (limits.ring_max, limits.ring_count_max) == (510 + 25, 4)
    given = FilterSettings(centre_max=1, ring_sum_max=2, ring_max=3, ring_count_max=5).absolute(510)
    assert tuple(vars(given).values()) == (1, 2, 3, 5)
