# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Event products: the 64-byte packets of an entity become a table, split into frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import CompressionEntity, Core
from fsw_emu.ground.entities import frame_values, group_value, start_times
from fsw_emu.ground.images import runs
from fsw_emu.ground.reading import DEFAULT, MaskFrame, Reading
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.fee import EVENT, NODES, WANDERING_MASK

PACKET_BYTES = 64

#: one event or wandering-mask window; RAWX is the column, RAWY the row within the node [binned
#: pixels], PHAS the 5x5 window in the order of the packet [ADU]
TABLE_DTYPE = np.dtype(
    [
        ("TIME", "f8"),  # start of the frame [s since 2018-01-01 UTC]
        ("CCDFRAME", "i4"),  # running number of the frame in the stream, from 0
        ("CCDNR", "u1"),  # 2 or 4
        ("RAWX", "i2"),
        ("RAWY", "i2"),
        ("AMP", "S1"),  # side of the CCD: E or F
        ("PHAS", "u2", (25,)),
    ]
)

_SIDES = np.array([b"F", b"E", b"?", b"?"], "S1")


@dataclass(frozen=True)
class LostEvents:
    """Successive 64-byte packets of an entity that did not come."""

    first: int  # of the entity's packets, from 0
    number: int
    frame: int | None  # as CCDFRAME; None where those around them are of several
    node: str | None

    def __str__(self) -> str:
        frame = "" if self.frame is None else f" of frame {self.frame}"
        node = "" if self.node is None else f" node {self.node}"
        return f"{self.first} to {self.first + self.number - 1}{frame}{node}"


@dataclass(frozen=True)
class EventTables:
    """Events and wandering masks of one entity; faults carry positions within its science
    data."""

    events: NDArray[Any]  # TABLE_DTYPE
    masks: NDArray[Any]  # TABLE_DTYPE
    faults: tuple[Fault, ...]
    lost: tuple[LostEvents, ...] = ()


def read_events(
    core: Core,
    entity: CompressionEntity,
    *,
    first_frame: int = 0,
    reading: Reading = DEFAULT,
    lost: NDArray[np.bool_] | None = None,
) -> EventTables:
    """Tables of an ED or ED_WP entity; first_frame is the running number of its first frame.

    LastFrameEvtCount of each frame's metadata tells how many events it has (wandering masks
    are not counted), in the order frame, node E2, F2, E4, F4, arrival. Packets that are no
    event are reported, and take an event's place in the count (ASSUMED). Where packets are
    ``lost``, by index, the frame counters of the others tell their frames.
    """
    faults: list[Fault] = []
    n, rest = divmod(len(entity.science), PACKET_BYTES)
    if rest:
        at = n * PACKET_BYTES
        faults.append(Fault(at, "events", f"{rest} bytes are no whole packet"))
    offsets = np.arange(n, dtype=np.uint32) * np.uint32(PACKET_BYTES)
    lengths = np.full(n, PACKET_BYTES, np.uint32)
    packets = core.fee_parse(entity.science, offsets, lengths, data_len=reading.data_len)
    headers = packets.headers
    readable = packets.status == 0
    is_mask = readable & (headers["type"] == WANDERING_MASK)
    is_event = readable & (headers["type"] == EVENT) & (headers["side"] <= 1)
    is_lost = np.zeros(n, np.bool_) if lost is None else lost
    bad = np.flatnonzero(~is_mask & ~is_event & ~is_lost)
    if len(bad):
        at = int(bad[0]) * PACKET_BYTES
        faults.append(Fault(at, "events", f"{len(bad)} packets are no events, this is the first"))

    counts = np.array(frame_values(entity, "LastFrameEvtCount"), np.int64)
    if lost is None:
        faults += _count_faults(counts, int(np.count_nonzero(~is_mask)), entity)
    frame = split_frames(headers, packets.events, is_mask, counts, mask_frame=reading.mask_frame)
    if lost is not None:
        frame = _frames_by_counter(headers, frame, entity, lost)
    number = frame + first_frame if reading.ccd_frame == "running" else headers["frame_counter"]
    times = np.array(start_times(entity, reading.fine_time))

    def table(select: NDArray[np.bool_]) -> NDArray[Any]:
        out = np.empty(int(np.count_nonzero(select)), TABLE_DTYPE)
        out["TIME"] = times[frame[select]]
        out["CCDFRAME"] = number[select]
        out["CCDNR"] = 2 + 2 * headers["ccd"][select]
        out["RAWX"] = packets.events["col"][select]
        out["RAWY"] = packets.events["row"][select]
        out["AMP"] = _SIDES[headers["side"][select]]
        out["PHAS"] = packets.events["pixels"][select]
        return out

    gone = _lost_events(headers, frame, number, is_lost, n_frames=len(counts))
    return EventTables(table(is_event), table(is_mask), tuple(faults), gone)


def _lost_events(
    headers: NDArray[Any],
    frame: NDArray[np.int64],
    number: NDArray[Any],
    lost: NDArray[np.bool_],
    *,
    n_frames: int,
) -> tuple[LostEvents, ...]:
    """Each run of lost packets. They are in the order frame, node: where those before and after
    agree, it is theirs too; before all is the first of the first frame, after all the last."""
    node = 2 * headers["ccd"].astype(np.int64) + 1 - headers["side"]
    place = frame * len(NODES) + node
    found = []
    for first, last in runs(lost):
        before = int(place[first - 1]) if first else 0
        after = int(place[last + 1]) if last + 1 < len(lost) else n_frames * len(NODES) - 1
        of_frame = before // len(NODES)
        is_one = of_frame == after // len(NODES)
        beside = first - 1 if first else last + 1
        shown = int(number[beside]) if is_one and beside < len(lost) else None
        of_node = NODES[before % len(NODES)] if before == after else None
        found.append(LostEvents(first, last - first + 1, shown, of_node))
    return tuple(found)


def _frames_by_counter(
    headers: NDArray[Any], frame: NDArray[np.int64], entity: CompressionEntity, lost: NDArray[Any]
) -> NDArray[np.int64]:
    """Index of the frame that has each packet's frame counter, by the frames' housekeeping, or in
    the order of the counters where there are as many as frames; else ``frame``, by counts."""
    counters = np.array(frame_values(entity, "FRMHKframeCounter"), np.int64)
    _, first = np.unique(headers["frame_counter"][~lost], return_index=True)
    if len(first) == len(counters):
        counters = headers["frame_counter"][~lost][np.sort(first)].astype(np.int64)
    same = headers["frame_counter"][:, None] == counters
    return np.where(same.sum(axis=1) == 1, same.argmax(axis=1), frame)


def _count_faults(counts: NDArray[np.int64], n: int, entity: CompressionEntity) -> list[Fault]:
    total = int(counts.sum())
    detected = group_value(entity, "NOfEvtDet")
    faults: list[Fault] = []
    if total != n:
        what = f"{n} events, the frames' counts say {total}"
        faults.append(Fault(0, "events", what))
    if total != detected:
        what = f"the frames' counts say {total} events, NOfEvtDet {detected}"
        faults.append(Fault(0, "events", what))
    return faults


def split_frames(
    headers: NDArray[Any],
    windows: NDArray[Any],
    is_mask: NDArray[np.bool_],
    counts: NDArray[np.int64],
    *,
    mask_frame: MaskFrame = "shown",
) -> NDArray[np.int64]:
    """Index of the frame that each packet belongs to.

    headers, windows: HEADER_DTYPE and EVENT_DTYPE of the packets. counts: events of each
    frame, at least one frame. Events beyond all counts belong to the last frame.

    Masks are not counted. One belongs to the frame of the packet before it, until that
    frame's events are used up and the mask shows another frame: its node comes earlier in
    the readout, or had its mask, its frame counter is another, its sequence counter goes
    back, or it looks at another (row, col) than the frame's first mask (ASSUMED). That is
    ``shown``; by ``before`` it never belongs to another, by ``next`` to the frame of the event
    after it.
    """
    before: NDArray[np.int64] = np.cumsum(~is_mask) - ~is_mask  # events before each packet
    used_up = np.cumsum(counts)
    frame: NDArray[np.int64] = np.searchsorted(used_up, before, side="right")
    np.minimum(frame, len(counts) - 1, out=frame)
    if mask_frame == "next":
        return frame
    node = 2 * headers["ccd"].astype(np.int64) + 1 - headers["side"]  # E2 F2 E4 F4
    restarts = np.zeros(len(headers), np.bool_)
    restarts[1:] = (
        (np.diff(node) < 0)
        | (headers["frame_counter"][1:] != headers["frame_counter"][:-1])
        | (headers["sequence"][1:] < headers["sequence"][:-1])
    )
    place = windows["row"].astype(np.int64) << 16 | windows["col"]
    masks_of, mask_node, mask_place = -1, -1, -1  # of the masks of the frame under way
    for at in np.flatnonzero(is_mask).tolist():
        now = int(frame[at - 1]) if at else 0
        same = now == masks_of
        other = same and (place[at] != mask_place or node[at] <= mask_node)
        shows_another = mask_frame == "shown" and (other or restarts[at])
        if shows_another and before[at] >= used_up[now] and now + 1 < len(counts):
            now += 1
        if now != masks_of:
            masks_of, mask_place, mask_node = now, int(place[at]), -1
        mask_node = max(mask_node, int(node[at]))
        frame[at] = now
    return frame
