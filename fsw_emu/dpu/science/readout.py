# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""From packets to readouts: where one frame ends and the next begins, and what is missing.

Rules (SPEC.md, choices): an event frame ends at the empty last-flagged event packet that
follows those of its nodes, and also at a housekeeping packet, at a change of the frame counter
and at the end of the stream; then it is incomplete. An image frame ends with the last packet of
its last node. Packets that precede the first housekeeping packet and hold nothing are strays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core, FeePackets
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.packets.fault import FaultLog

DATA, EVENT, HK, MASK = range(4)
INTERLEAVED = 2
_STATUS = {-3: "packet of under 10 bytes", -4: "wrong address, protocol or side",
           -5: "length field disagrees with the packet"}  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Packets of one stretch of the link."""

    buffer: bytes
    offsets: NDArray[np.uint32]
    lengths: NDArray[np.uint32]

    @classmethod
    def of(cls, packets: list[bytes]) -> Batch:
        lengths = np.array([len(p) for p in packets], np.uint32)
        offsets = (np.cumsum(lengths, dtype=np.uint64) - lengths).astype(np.uint32)
        return cls(b"".join(packets), offsets, lengths)

    @classmethod
    def joined(cls, batches: Sequence[Batch]) -> Batch:
        """One after the other; ValueError for none."""
        if len(batches) == 1:
            return batches[0]
        sizes = np.array([len(each.buffer) for each in batches], np.uint32)
        starts = np.cumsum(sizes, dtype=np.uint64) - sizes
        return cls(
            b"".join(each.buffer for each in batches),
            np.concatenate(
                [each.offsets + np.uint32(at) for each, at in zip(batches, starts, strict=True)]
            ),
            np.concatenate([each.lengths for each in batches]),
        )


@dataclass(frozen=True)
class Fault:
    """Something wrong with the input, by the number of the packet in the stream."""

    packet: int
    what: str


@dataclass
class Readout:
    """One frame as it came, in order of arrival: event packets or image packets."""

    first_packet: int
    frame_counter: int
    is_image: bool
    hk: bytes = b""
    raw: list[NDArray[np.uint8]] = field(default_factory=list)  # events: (n, 64) packets
    headers: list[NDArray[Any]] = field(default_factory=list)  # events: HEADER_DTYPE
    events: list[NDArray[Any]] = field(default_factory=list)  # events: EVENT_DTYPE
    parts: list[Batch] = field(default_factory=list)  # image: data packets
    mode: int = 0
    interleaved: bool = False
    n_markers: int = 0  # events: empty last-flagged packets
    n_last: int = 0  # image: last flags
    n_lost: int = 0  # packets the sequence counter jumped over
    ended: bool = False

    @property
    def complete(self) -> bool:
        return self.ended and self.n_lost == 0


class ReadoutSplitter:
    """Cuts a stream of packets into readouts; tells faults as they are met."""

    def __init__(self, core: Core, settings: Settings) -> None:
        self._core = core
        self._settings = settings
        self._open: Readout | None = None
        self._hk = b""
        self._seen_hk = False
        self._expected: int | None = None
        self._after_hk = False
        self._n_seen = 0
        self.faults: FaultLog[Fault] = FaultLog()
        self.n_hk = self.n_strays = self.n_bytes = 0

    @property
    def n_packets(self) -> int:
        return self._n_seen

    def feed(self, batch: Batch) -> Iterator[Readout]:
        """The readouts that are whole after these packets."""
        read = self._core.fee_parse(
            batch.buffer,
            batch.offsets,
            batch.lengths,
            data_len=self._settings.interface.data_len,
        )
        self.n_bytes += int(batch.lengths.sum())
        for i in np.flatnonzero(read.status).tolist():
            what = _STATUS.get(int(read.status[i]), f"status {read.status[i]}")
            self.faults.append(Fault(self._n_seen + i, f"packet refused: {what}"))
        good = np.flatnonzero(read.status == 0)
        view = np.frombuffer(batch.buffer, np.uint8)
        for start, stop in _runs(read, good):
            yield from self._run(batch, view, read, good[start:stop])
        self._n_seen += len(batch.lengths)

    def finish(self) -> Iterator[Readout]:
        """What the end of the stream leaves open."""
        yield from self._close()

    def _run(
        self, batch: Batch, view: NDArray[np.uint8], read: FeePackets, run: NDArray[np.intp]
    ) -> Iterator[Readout]:
        """Packets of one kind and one frame counter, the last one perhaps a marker."""
        headers = read.headers[run]
        kind = int(headers["type"][0])
        if kind == HK:
            yield from self._close()
            self._check_sequence(headers, run)
            start, size = int(batch.offsets[run[0]]), int(batch.lengths[run[0]])
            self._hk = batch.buffer[start + 10 : start + size]
            self._seen_hk = True
            self.n_hk += 1
            return
        current = self._open
        image = kind == DATA
        counter = int(headers["frame_counter"][0])
        if current and (current.is_image, current.frame_counter) != (image, counter):
            yield from self._close()
        if self._open is None:
            first = self._n_seen + int(run[0])
            self._open = Readout(first, counter, image, self._hk, mode=int(headers["mode"][0]))
        self._open.n_lost += self._check_sequence(headers, run)
        if image:
            yield from self._take_image(self._open, batch, headers, run)
        else:
            yield from self._take_events(self._open, view, batch, read, run)

    def _take_image(
        self, current: Readout, batch: Batch, headers: NDArray[Any], run: NDArray[np.intp]
    ) -> Iterator[Readout]:
        current.parts.append(Batch(batch.buffer, batch.offsets[run], batch.lengths[run]))
        current.interleaved = headers["side"][0] == INTERLEAVED
        ends = headers["last"] == 1
        if self._f2_is_clear(current):
            ends &= (headers["side"] != 0) | (headers["ccd"] != 0)
        current.n_last += int(ends.sum())
        if current.n_last >= self._planes(current):
            yield from self._close()

    def _take_events(
        self,
        current: Readout,
        view: NDArray[np.uint8],
        batch: Batch,
        read: FeePackets,
        run: NDArray[np.intp],
    ) -> Iterator[Readout]:
        marker = _is_marker(read.headers[run[-1]], read.events[run[-1]])
        body = run[:-1] if marker else run
        body = body[self._inside(read.events[body], body)]
        if len(body):
            bytes_of = batch.offsets[body].astype(np.intp)[:, None] + np.arange(64)
            current.raw.append(view[bytes_of])
            current.headers.append(read.headers[body])
            current.events.append(read.events[body])
        current.n_markers += marker
        if current.n_markers >= self._markers:
            yield from self._close()

    @property
    def _markers(self) -> int:
        """Empty last-flagged packets that an event frame has."""
        return len(self._settings.nodes) + (self._settings.interface.end_marker == "sent")

    def _planes(self, current: Readout) -> int:
        """Last flags that an image frame has."""
        if current.interleaved:
            return 1
        return len(self._settings.nodes) - self._f2_is_clear(current)

    def _f2_is_clear(self, current: Readout) -> bool:
        """Housekeeping, which has side F and CCD 2 in its header, has ended F2 already."""
        clears = self._settings.interface.hk_last_flag == "clears-f2"
        return clears and bool(current.hk) and "F2" in self._settings.nodes

    def _inside(self, events: NDArray[Any], at: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Windows lie inside the node: 2 pixels from its edge."""
        row, col = events["row"], events["col"]
        inside: NDArray[np.bool_] = (row >= 2) & (row <= 636) & (col >= 2) & (col <= 381)
        for i in np.flatnonzero(~inside).tolist():
            where = f"row {row[i]}, column {col[i]}"
            self.faults.append(Fault(self._n_seen + int(at[i]), f"event outside the node: {where}"))
        return inside

    def _check_sequence(self, headers: NDArray[Any], at: NDArray[np.intp]) -> int:
        """Compare the sequence counters with what should come; the packets that are missing."""
        sequence = headers["sequence"].astype(np.int64)
        expected = np.empty_like(sequence)
        expected[1:] = (sequence[:-1] + 1) & 0xFFFF
        expected[0] = sequence[0] if self._expected is None else self._expected
        is_event = headers["type"][0] in (EVENT, MASK)
        restarts = self._settings.interface.sequence_after_hk == "restarts"
        if self._after_hk and is_event and restarts:
            expected[0] = 0
        self._after_hk = headers["type"][-1] == HK
        self._expected = (int(sequence[-1]) + 1) & 0xFFFF
        lost = 0
        for i in np.flatnonzero(sequence != expected).tolist():
            jump = int(sequence[i] - expected[i])
            lost += max(jump, 0)
            what = f"{jump} packets missing" if jump > 0 else "out of order or repeated"
            got = f"sequence {sequence[i]}, expected {expected[i]}"
            self.faults.append(Fault(self._n_seen + int(at[i]), f"{what} ({got})"))
        return lost

    def _close(self) -> Iterator[Readout]:
        current, self._open = self._open, None
        if current is None:
            return
        self._expected = 0  # the counter starts again with each readout
        whole = current.n_markers >= self._markers
        holds_nothing = not current.is_image and not current.raw and not whole
        if holds_nothing and not self._seen_hk:
            self.n_strays += current.n_markers
            return
        self._hk = b""
        if current.is_image:
            current.ended = current.n_last >= self._planes(current)
        else:
            current.ended = whole
        if not current.ended:
            what = "image" if current.is_image else "event"
            self.faults.append(
                Fault(current.first_packet, f"{what} frame that begins here has no end")
            )
        yield current


def _is_marker(header: Any, event: Any) -> bool:
    """An empty event packet with the last flag ends a node, and one more the frame."""
    empty = not (event["row"] or event["col"] or event["pixels"].any())
    return bool(header["type"] == EVENT and header["last"] and empty)


def _runs(read: FeePackets, good: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Stretches of packets to be taken together: they end with a marker, with a change of the
    kind (image, event, housekeeping) or frame counter, and after a last data packet."""
    if not len(good):
        return
    headers, events = read.headers[good], read.events[good]
    kind = np.where(headers["type"] == MASK, EVENT, headers["type"])
    last = headers["last"] == 1
    marker = last & (headers["type"] == EVENT) & (events["row"] == 0) & (events["col"] == 0)
    if marker.any():
        marker[marker] = ~events["pixels"][marker].any(axis=1)
    ends = marker | (kind == HK) | (last & (kind == DATA))
    changes = (kind[1:] != kind[:-1]) | (
        headers["frame_counter"][1:] != headers["frame_counter"][:-1]
    )
    stops = np.flatnonzero(ends[:-1] | changes) + 1
    start = 0
    for stop in [*stops.tolist(), len(good)]:
        yield start, stop
        start = stop
