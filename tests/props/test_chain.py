# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The science chain: how packets are batched does not matter, losses are told, nothing crashes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.core import Core
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import FilterSettings, Interface, Settings
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS

LIMITS = FilterSettings(centre_max=1100, ring_sum_max=4600, ring_max=525)


def small_frames(seed: int) -> dict[str, Any]:
    """Node frames of full size with a few events each."""
    rng = np.random.default_rng(seed)
    frames = {}
    for node in ("E2", "F2", "E4", "F4"):
        frame = np.full((639, 384), 500, np.uint16)
        n = int(rng.integers(0, 12))
        frame[rng.integers(2, 637, n), rng.integers(2, 382, n)] += rng.integers(
            30, 900, n, dtype=np.uint16
        )
        frames[node] = frame
    return frames


def stream(core: Core, frames: int, **options: Any) -> list[bytes]:
    front_end = FrontEnd(core, FrontEndSettings(threshold=25, **options))
    packets = []
    for seed in range(frames):
        packets += front_end.event_readout(small_frames(seed))
    return packets


def through(
    core: Core, batches: list[list[bytes]], settings: Settings
) -> tuple[ScienceChain, list[Entity]]:
    entities: list[Entity] = []
    chain = ScienceChain(core, settings, entities.append)
    for packets in batches:
        if packets:
            chain.feed(Batch.of(packets))
    chain.finish()
    return chain, entities


def field(entity: Any, name: str) -> int:
    return int(entity.group[GROUP_FIELDS.index(name)])


class Packets(list[bytes]):
    """Packets that do not fill the screen when a property fails."""

    def __repr__(self) -> str:
        return f"{len(self)} packets"


@pytest.fixture(scope="module")
def packets(core: Core) -> Packets:
    return Packets(stream(core, 4))


@given(cuts=st.lists(st.integers(0, 400), max_size=12))
@settings(max_examples=25)
def test_batches_may_be_cut_anywhere(core, packets, cuts) -> None:
    setup = Settings(filter=LIMITS, event_frames_per_entity=3)
    whole, expected = through(core, [packets], setup)
    edges = sorted({0, len(packets), *(c for c in cuts if c < len(packets))})
    pieces = [packets[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    chain, entities = through(core, pieces, setup)
    assert [e.data for e in entities] == [e.data for e in expected]
    assert chain.counts == whole.counts
    assert not chain.faults
    assert whole.counts.frames == 4


@pytest.mark.verifies("CE-21", "CE-30", "CE-31", "CE-23", "CE-19")
def test_group_and_frame_metadata_tell_what_happened(core: Core, packets: list[bytes]) -> None:
    chain, (entity,) = through(core, [packets], Settings(filter=LIMITS))
    apart = core.ce_unpack(entity.data)
    counts = chain.counts
    assert field(apart, "NOfEvtDet") == counts.events_kept
    assert field(apart, "sdpEvtCtr") == sum(counts.events_in.values())
    names = ("EvtBadPixelCount", "EvtFilterCount1", "EvtFilterCount2", "EvtFilterCount3")
    assert tuple(field(apart, name) for name in names) == counts.rejected.counts
    assert apart.header.integrity == 0
    per_frame = apart.frames[:, FRAME_FIELDS.index("LastFrameEvtCount")]
    assert per_frame.sum() == counts.events_kept
    assert per_frame.tolist() == [f.events_kept for f in chain.frames]
    counters = apart.frames[:, FRAME_FIELDS.index("FRMHKframeCounter")]
    assert counters.tolist() == [1, 2, 3, 4]
    starts = apart.frames[:, FRAME_FIELDS.index("sdpProductStarttimeCrs")]
    assert np.diff(starts.astype(np.int64)).tolist() == [10, 10, 10]


@pytest.mark.verifies("CE-26..29")
def test_entity_order_is_frame_node_arrival(core: Core, packets: list[bytes]) -> None:
    """The science data against a plain walk over the packets."""
    _, (entity,) = through(core, [packets], Settings(filter=LIMITS, codec="none"))
    expected = []
    frame: dict[str, list[bytes]] = {}
    for packet in packets:
        kind, last = packet[5] & 3, packet[5] >> 7
        if kind == 2:
            frame = {node: [] for node in ("E2", "F2", "E4", "F4")}
        elif last:
            node = "FE"[packet[5] >> 5 & 1] + "24"[packet[5] >> 4 & 1]
            expected += frame.pop(node, [])
        else:
            pixels = np.frombuffer(packet, ">u2", 25, 14).astype(int)
            ring = pixels[[6, 7, 8, 11, 13, 16, 17, 18]]
            good = pixels[12] <= 1100 and ring.sum() <= 4600 and (ring > 525).sum() <= 4
            if kind == 3 or good:
                node = "FE"[packet[5] >> 5 & 1] + "24"[packet[5] >> 4 & 1]
                frame[node].append(packet)
    assert entity.science == b"".join(expected)


@pytest.mark.verifies("FEE-22", "CE-7")
@given(lost=st.sets(st.integers(0, 150), min_size=1, max_size=4))
@settings(max_examples=25)
def test_lost_packets_are_told_and_the_rest_goes_on(core, packets, lost) -> None:
    lost = {i % len(packets) for i in lost}
    kept = [p for i, p in enumerate(packets) if i not in lost]
    chain, entities = through(core, [kept], Settings(filter=LIMITS, event_frames_per_entity=1))
    first_seen = min(set(range(len(packets))) - lost)
    if lost - set(range(first_seen)):
        assert chain.faults
        assert any(core.ce_header(e.data).integrity for e in entities)
    assert chain.counts.frames >= 3
    for entity in entities:
        assert core.ce_unpack(entity.data).science == entity.science


@pytest.mark.verifies("FEE-21")
@given(at=st.integers(0, 100), data=st.binary(max_size=80))
@settings(max_examples=40)
def test_foreign_packets_are_told_and_change_nothing(core, packets, at, data) -> None:
    if data[:2] == b"\x50\xf0":
        return
    setup = Settings(filter=LIMITS)
    _, expected = through(core, [packets], setup)
    chain, entities = through(core, [[*packets[:at], data, *packets[at:]]], setup)
    assert [e.data for e in entities] == [e.data for e in expected]
    (fault,) = chain.faults
    assert (fault.packet, "refused" in fault.what) == (at, True)


header = st.tuples(st.integers(0, 0xFFFF), st.integers(0, 3), st.integers(0, 5))


@given(rows=st.lists(st.tuples(header, st.sampled_from([0, 10, 54, 152, 768])), max_size=40))
def test_any_packets_at_all(core, rows) -> None:
    """Well-formed headers in any order: no crash, what goes down comes back."""
    made = []
    for (kind, counter, sequence), size in rows:
        head = b"\x50\xf0" + size.to_bytes(2, "big") + kind.to_bytes(2, "big")
        made.append(head + bytes([0, counter, 0, sequence]) + bytes(size))
    chain, entities = through(core, [made], Settings(filter=LIMITS, stack=2))
    for entity in entities:
        assert core.ce_unpack(entity.data).science == entity.science
    assert chain.counts.frames >= len(entities) - 1


@pytest.mark.verifies("CE-15")
def test_entities_close_before_the_count_overflows(core: Core) -> None:
    """Two frames of 40,000 events fit no common entity: NOfEvtDet is 16 bit."""
    one = bytearray(stream(core, 1)[0])  # housekeeping
    frame = [bytes(one)]
    template = bytearray(64)
    template[:6] = bytes.fromhex("50f000360321")
    template[10:14] = bytes.fromhex("00140014")
    sequence = 1
    packets = []
    for counter in (1, 2):
        frame[0] = frame[0][:6] + bytes([0, counter]) + frame[0][8:]
        packets += frame
        for i in range(40_000 + 5):
            packet = bytearray(template) if i < 40_000 else bytearray(template[:10] + bytes(54))
            packet[5] |= 0x80 if i >= 40_000 else 0
            packet[6:10] = bytes([0, counter]) + (sequence + i & 0xFFFF).to_bytes(2, "big")
            packets.append(bytes(packet))
    chain, entities = through(core, [packets], Settings(filter=LIMITS))
    assert not chain.faults
    found = [field(core.ce_unpack(e.data), "NOfEvtDet") for e in entities]
    assert found == [40_000, 40_000]


@pytest.mark.verifies("CE-16", "CE-7")
def test_more_events_than_an_entity_can_count(core: Core) -> None:
    """The rest of a frame beyond 65,535 events is dropped, and told."""
    head, window = bytes.fromhex("50f0003603210001"), bytes.fromhex("00140014") + bytes(50)
    packets = [head + (i & 0xFFFF).to_bytes(2, "big") + window for i in range(65_540)]
    chain, (entity,) = through(core, [packets], Settings(filter=LIMITS))
    apart = core.ce_unpack(entity.data)
    assert field(apart, "NOfEvtDet") == 65_535
    assert apart.header.integrity == 1
    assert any("5 events beyond 65535" in fault.what for fault in chain.faults)


@pytest.mark.verifies("FEE-2")
def test_header_counted_and_reset_sequences(core: Core) -> None:
    packets = stream(core, 2, data_len="packet")
    chain, _ = through(core, [packets], Settings(filter=LIMITS))
    assert len(chain.faults) == len(packets)
    setup = Settings(filter=LIMITS, interface=Interface(data_len="packet"))
    assert not through(core, [packets], setup)[0].faults


@pytest.mark.verifies("EDU-8", "EDU-10")
def test_masks_of_a_quiet_sky_wander(core: Core) -> None:
    """No events at all: one mask a node and frame, five columns on each time."""
    front_end = FrontEnd(core, FrontEndSettings(threshold=25))
    flat = {node: np.full((639, 384), 500, np.uint16) for node in ("E2", "F2", "E4", "F4")}
    places = []
    for _ in range(3):
        masks = [p for p in front_end.event_readout(flat) if p[5] & 3 == 3]
        assert len(masks) == 4
        places.append({(p[11], p[13]) for p in masks})
    assert places == [{(2, 2)}, {(7, 2)}, {(12, 2)}]


@pytest.mark.verifies("EDU-5", "EDU-6")
def test_event_limit_is_shared_by_a_ccd(core: Core) -> None:
    front_end = FrontEnd(core, FrontEndSettings(threshold=25, event_limit=5))
    frames = {node: np.full((639, 384), 500, np.uint16) for node in ("E2", "F2", "E4", "F4")}
    for node, n in {"E2": 3, "F2": 9, "E4": 8, "F4": 1}.items():
        frames[node][10, 10 : 10 + 5 * n : 5] = 800
    sent = {}
    for packet in front_end.event_readout(frames):
        if packet[5] & 0x83 == 1:
            node = "FE"[packet[5] >> 5 & 1] + "24"[packet[5] >> 4 & 1]
            sent[node] = sent.get(node, 0) + 1
    assert sent == {"E2": 3, "F2": 2, "E4": 5}
    assert front_end.n_dropped == 7 + 3 + 1
