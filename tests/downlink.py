# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Entities and telemetry made for tests of the ground segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import EVENT_DTYPE, HEADER_DTYPE, CeHeader, Core, TmPacket
from fsw_emu.packets.ce import ED_WP, FRAME_FIELDS, GROUP_FIELDS
from fsw_emu.packets.fee import EVENT, NODES, WANDERING_MASK

#: one packet of an entity: node, kind, frame counter, sequence, row, col
Window = tuple[str, int, int, int, int, int]


def packets(core: Core, windows: Sequence[Window]) -> bytes:
    """64-byte packets; pixel k of window i is i + k."""
    headers = np.zeros(len(windows), HEADER_DTYPE)
    events = np.zeros(len(windows), EVENT_DTYPE)
    for i, (node, kind, frame, sequence, row, col) in enumerate(windows):
        header = headers[i]
        header["data_len"], header["mode"], header["type"] = 54, 3, kind
        header["side"], header["ccd"] = node[0] == "E", node[1] == "4"
        header["frame_counter"], header["sequence"] = frame, sequence
        events[i] = (row, col, (i + np.arange(25)) & 0xFFFF)
    return core.fee_build_events(headers, events)


def frames_of_windows(counts: Sequence[int], *, masks: bool = True) -> list[Window]:
    """Frames of so many events, spread over the nodes, with a mask in every node."""
    windows: list[Window] = []
    for frame, n in enumerate(counts):
        sequence = 0
        for index, node in enumerate(NODES):
            if masks:
                windows.append((node, WANDERING_MASK, frame, sequence, 2, 2 + 5 * frame))
                sequence += 1
            for k in range(index, n, len(NODES)):
                windows.append((node, EVENT, frame, sequence, 10 + k % 600, 20 + k % 300))
                sequence += 1
    return windows


def entity(
    core: Core,
    science: bytes,
    *,
    product: int = ED_WP,
    counts: Sequence[int] = (0,),
    counter: int = 0,
    key: int = 0,
    nodes: int = 15,
) -> bytes:
    """An entity of len(counts) frames, 10 s apart, with so many events in each."""
    group = np.zeros(len(GROUP_FIELDS), np.uint32)
    group[GROUP_FIELDS.index("NOfEvtDet")] = sum(counts)
    group[GROUP_FIELDS.index("FRMreadoutNodeSel")] = nodes
    frames = np.zeros((len(counts), len(FRAME_FIELDS)), np.uint32)
    frames[:, FRAME_FIELDS.index("LastFrameEvtCount")] = counts
    start = 1000 * (counter + 1)
    frames[:, FRAME_FIELDS.index("sdpProductStarttimeCrs")] = start + 10 * np.arange(len(counts))
    frames[:, FRAME_FIELDS.index("sdpProductStarttimeFine")] = 250_000
    header = CeHeader(
        version=1, build=1, sdp_version=1, coarse=start, fine_us=250_000, obsid=42,
        counter=counter, members=len(counts), key=key, product=product, integrity=0,
        data_size=len(science),
    )  # fmt: skip
    return core.ce_pack(header, group, frames, science)


def event_entity(core: Core, counts: Sequence[int], *, counter: int = 0) -> bytes:
    """An ED_WP entity of such frames."""
    science = packets(core, frames_of_windows(counts))
    return entity(core, science, counts=counts, counter=counter)


def tm_header(count: int = 0, **fields: int) -> TmPacket:
    """Header of a telemetry packet."""
    values = {"apid": 321, "type": 17, "subtype": 2, "destination": 0, "sync": 5} | fields
    return TmPacket(count=count & 0x3FFF, coarse=1000, fine_us=250_000, **values)


def downlink(
    core: Core, entities: Sequence[bytes], *, count: int = 0, sdu_id: int = 1
) -> list[bytes]:
    """Telemetry packets of entities, one after the other."""
    out: list[bytes] = []
    for data in entities:
        out += core.ldt_segment(data, tm_header(count + len(out)), sdu_id=sdu_id)
    return out


def image(shape: tuple[int, ...], *, dtype: str = ">u2") -> NDArray[Any]:
    """Samples that are all different as far as they can be, in the order of the wire."""
    n = int(np.prod(shape))
    return (np.arange(n, dtype=np.uint64) * 40503 % 65521).astype(dtype).reshape(shape)
