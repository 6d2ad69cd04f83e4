# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the core sends down, read by a stranger who has the public layout and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import stranger
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import u16, u32

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, CeHeader, Core, TmPacket
from fsw_emu.packets.ce import ED, ED_WP, FRAME_FIELDS, FT, GROUP_FIELDS

PACKET = TmPacket(321, 16380, 0, 0, 0x20, 0, 0, 5)


def fields(names: tuple[str, ...], **values: int) -> NDArray[np.uint32]:
    """Metadata: every field holds its place in the layout, but those that are given."""
    return np.array([values.get(name, i + 1) for i, name in enumerate(names)], np.uint32)


def header(**values: Any) -> CeHeader:
    fixed = {"version": 1, "build": 2, "sdp_version": 3, "integrity": 0, "data_size": 0, "key": 0}
    return CeHeader(**fixed | values)


def event_science(
    core: Core, rng: np.random.Generator, counts: list[int], first: int
) -> tuple[bytes, list[stranger.Event]]:
    """Events of some frames, ``counts`` of each, and one wandering mask a frame."""
    science, expected = b"", []
    for frame, count in enumerate(counts, start=first):
        n = count + 1
        headers, records = np.zeros(n, HEADER_DTYPE), np.zeros(n, EVENT_DTYPE)
        headers["data_len"], headers["mode"] = 54, rng.integers(0, 16, n)
        headers["frame_counter"], headers["sequence"] = frame, np.arange(1, n + 1)
        headers["type"] = [1] * count + [3]
        headers["side"], headers["ccd"] = rng.integers(0, 2, (2, n))
        records["row"], records["col"] = rng.integers(2, 637, n), rng.integers(2, 382, n)
        records["pixels"] = rng.integers(0, 0x10000, (n, 25))
        science += core.fee_build_events(headers, records)
        for head, record in zip(headers, records, strict=True):
            node = "FE"[head["side"]] + "24"[head["ccd"]]
            numbers = (frame, head["sequence"], record["col"], record["row"])
            pixels = tuple(record["pixels"].tolist())
            expected.append(stranger.Event(head["type"], node, *map(int, numbers), pixels))
    return science, expected


@pytest.mark.verifies("CE-1", "CE-3", "CE-13", "CE-20", "CE-22", "CE-26", "LDT-1", "TM-2")
@given(
    seed=u32,
    counts=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    part=st.sampled_from([64, 500, 861]),
    coarse=u32,
    fine_us=st.integers(0, 999_999),
    offset=st.integers(-32768, 32767),
)
@settings(max_examples=40)
def test_events_of_several_frames(
    core: Core, seed: int, counts: list[int], part: int, coarse: int, fine_us: int, offset: int
) -> None:
    science, expected = event_science(core, np.random.default_rng(seed), counts, seed & 0xFFF)
    group = fields(GROUP_FIELDS, NOfEvtDet=sum(counts), sdpOffsetSignal=offset & 0xFFFFFFFF)
    frames = np.array([fields(FRAME_FIELDS, LastFrameEvtCount=n) for n in counts])
    made = core.ce_pack(
        header(
            coarse=coarse, fine_us=fine_us, obsid=4_000_000_000, counter=seed & 0xFFFF,
            members=len(counts), product=ED_WP,
        ),
        group, frames, science,
    )  # fmt: skip
    down = core.ldt_segment(made, PACKET, sdu_id=1, part=part)

    packets = stranger.read_tm(b"".join(down))
    assert [p.count for p in packets] == [(16380 + i) % 16384 for i in range(len(down))]
    assert {(p.apid, p.type, p.destination) for p in packets} == {(321, 13, 0x20)}
    (sdu,) = stranger.read_sdus(packets)
    assert (sdu.sdu_id, sdu.n_packets) == (1, len(down))
    entity = stranger.read_entity(sdu.data)
    events = stranger.read_events(entity.science)
    assert events == expected
    stranger.check_counts(entity, events)
    assert entity.header == {
        "version": bytes([0, 1, 0, 2, 0, 3]), "time": coarse + (fine_us >> 8 << 8) / 1e6,
        "obsid": 4_000_000_000, "counter": seed & 0xFFFF, "members": len(counts),
        "stacked": False, "product": "ED_WP", "integrity": 0,
    }  # fmt: skip
    assert entity.group == dict(zip(GROUP_FIELDS, group.tolist(), strict=True)) | {
        "sdpOffsetSignal": offset
    }
    assert entity.frames == [
        dict(zip(FRAME_FIELDS, frame, strict=True)) for frame in frames.tolist()
    ]


@pytest.mark.verifies("LDT-1", "LDT-2", "LDT-4")
@given(seed=u32, counts=st.lists(st.integers(0, 20), min_size=2, max_size=4))
@settings(max_examples=30)
def test_transfers_side_by_side(core: Core, seed: int, counts: list[int]) -> None:
    """Entities of both SDU ids at once, some of one packet, other telemetry in between."""
    rng = np.random.default_rng(seed)
    entities, queues = [], {1: [], 2: []}
    for counter, count in enumerate(counts):
        sdu_id = 1 + counter % 2
        science, _ = event_science(core, rng, [count], counter)
        made = core.ce_pack(
            header(coarse=9, fine_us=0, obsid=7, counter=counter, members=1, product=ED),
            fields(GROUP_FIELDS), fields(FRAME_FIELDS)[None], science,
        )  # fmt: skip
        entities.append((sdu_id, made))
        queues[sdu_id] += core.ldt_segment(made, PACKET, sdu_id=sdu_id)
    stream = b""
    while queues[1] or queues[2]:
        stream += core.tm_build(TmPacket(321, 0, 17, 2, 0, 0, 0, 0), b"")
        sdu_id = 1 + int(rng.integers(2))
        if queues[sdu_id]:
            stream += queues[sdu_id].pop(0)
    sdus = stranger.read_sdus(stranger.read_tm(stream))
    assert sorted((sdu.sdu_id, sdu.data) for sdu in sdus) == sorted(entities)


@pytest.mark.verifies("CE-33", "CE-34", "KEY-2", "KEY-3")
@given(data=st.data(), stacked=st.booleans())
@settings(max_examples=30)
def test_images(core: Core, data: st.DataObject, stacked: bool) -> None:
    samples = data.draw(st.lists(u32 if stacked else u16, min_size=1, max_size=200))
    science = np.array(samples, ">u4" if stacked else ">u2").tobytes()
    made = core.ce_pack(
        header(
            coarse=1, fine_us=999_999, obsid=0, counter=1, members=1, product=FT,
            key=2 if stacked else 0,
        ),
        fields(GROUP_FIELDS), fields(FRAME_FIELDS)[None], science,
    )  # fmt: skip
    packets = stranger.read_tm(b"".join(core.ldt_segment(made, PACKET, sdu_id=2, part=100)))
    (sdu,) = stranger.read_sdus(packets)
    entity = stranger.read_entity(sdu.data)
    assert (entity.header["stacked"], entity.header["product"]) == (stacked, "FT")
    assert entity.header["time"] == 1 + 999_936 / 1e6
    width = 4 if stacked else 2
    pixels = [entity.science[at : at + width] for at in range(0, len(entity.science), width)]
    assert [int.from_bytes(pixel, "big") for pixel in pixels] == samples


@pytest.mark.verifies("FEE-8", "CE-23", "CE-24")
def test_stranger_sees_housekeeping(core: Core) -> None:
    """Registers 0x700..0x797 whose halves hold their own addresses."""
    hk = b"".join(address.to_bytes(2, "big") for address in range(0x700, 0x798, 2))
    frames = core.frame_hk(fields(FRAME_FIELDS), hk)[None]
    made = core.ce_pack(
        header(coarse=0, fine_us=0, obsid=0, counter=0, members=1, product=ED),
        fields(GROUP_FIELDS), frames, b"",
    )  # fmt: skip
    (frame,) = stranger.read_entity(made).frames
    assert frame["FRMHKccd2TsA"] == 0x710
    assert frame["FRMHKccd4TsB"] == 0x712
    assert frame["FRMHKprt5"] == 0x71C
    assert frame["FRMHKccd4VodMonF"] == 0x73E
    assert frame["FRMHK1v2dMon"] == 0x74C
    assert frame["FRMHKvdigRaw"] == 0x75A
    assert frame["FRMHKspwStatus"] == 0x0780_0782
    assert frame["FRMHKframeCounter"] == 0x784
    assert frame["FRMHKfpgaOpMode"] == 0x786 & 0x7F
    assert frame["FRMHKerrorFlags"] == 0x0788_078A
    assert frame["FRMHKcmicCorr"] == 0x078C_078E >> 17 & 0xFFF
    assert frame["FRMHKboardId"] == 0x078C_078E >> 12 & 0x1F
    assert (frame["FRMHKfpgaMajorVersion"], frame["FRMHKfpgaMinorVersion"]) == (7, 0x8E)
    assert (frame["FRMHKccd2FPixFullSun"], frame["FRMHKccd2EPixFullSun"]) == (0x790, 0x792)
    assert (frame["FRMHKccd4FPixFullSun"], frame["FRMHKccd4EPixFullSun"]) == (0x794, 0x796)
    assert (frame["AdcTempCcd"], frame["RseShutSts"]) == (1, 57)  # left alone
