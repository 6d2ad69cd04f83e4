# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The front-end electronics in science: frames in, SpaceWire packets out.

Packet sequences: FEE section of SPEC.md. One sequence counter runs through a readout, the
housekeeping packet first; the frame counter goes up with each readout (MSSL-IF-109, -110).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import (
    EVENT_DTYPE,
    HEADER_DTYPE,
    Core,
    DataLen,
    Detection,
    PixelOrder,
    WindowOrder,
)
from fsw_emu.fee.sources import NodeWindows, SeenInWindows
from fsw_emu.packets.fee import (
    DATA,
    EVENT,
    HEADER_BYTES,
    NODES,
    WANDERING_MASK,
    WINDOW_BYTES,
)
from fsw_emu.packets.fee import HOUSEKEEPING as HK
from fsw_emu.packets.fee_modes import Mode

Frames = Mapping[str, NDArray[np.uint16]]
#: payload of the housekeeping packet: of a mode, a frame counter, full-sun pixels by node
Housekeeping = Callable[[int, int, Mapping[str, int]], bytes]

#: packets of one length back to back, and that length
Stretch = tuple[bytes, int]

STRETCH_BYTES = 64 << 10
EVENTS_A_STRETCH = STRETCH_BYTES // 64
#: that a frame of them has no more than 65,535 columns
WINDOWS_A_FRAME = 13_107
HK_PAYLOAD = 152
PIXEL_BYTES = 2
SIDE_BOTH = 2
#: within a header
FLAGS_AT, LAST_FLAG, SEQUENCE_AT = 5, 0x80, slice(8, 10)
#: whose threshold the public simulator takes
_EXCHANGED = {"F2": "E4", "E4": "F2"}
#: window in the simulator's order at each place of the raster order, and the other way round
_SIMULATOR = np.array([5 * (2 - dc) + dr + 2 for dr in range(-2, 3) for dc in range(-2, 3)])
_REORDER = {"raster": _SIMULATOR, "simulator": np.argsort(_SIMULATOR)}


@dataclass(frozen=True)
class FrontEndSettings:
    """Registers of the FEE as far as science uses them (register map v0.38)."""

    threshold: int | Mapping[str, int]  # [ADU] ccdX_Y_pix_threshold: of all nodes, or of each
    event_limit: int | None = None  # event_pkt_limit, per CCD and frame
    wandering_mask: bool = True  # edu_wandering_mask_en
    window_order: WindowOrder = "raster"
    pixel_order: PixelOrder = "big"
    data_len: DataLen = "payload"
    packet_size: int = 778  # with the header: one row of 384 pixels
    full_sun_threshold: int = 0xFFFF  # full_sun_pix_threshold [ADU]
    # The readings of open questions (SPEC.md, section 1), the default first.
    threshold_equality: Literal["passes", "fails"] = "passes"  # of a pixel at threshold + median
    threshold_registers: Literal["own", "exchanged"] = (
        "own"  # exchanged: F2 and E4 take the other's
    )
    background_set: Literal["window", "raster", "simulator"] = "window"  # whose indices
    sequence_after_hk: Literal["goes-on", "restarts"] = "goes-on"  # of event packets
    event_hk: Literal["sent", "omitted"] = "sent"  # before event packets
    end_marker: Literal["sent", "absent"] = "sent"  # one more empty packet for the frame


def bare_housekeeping(mode: int, frame_counter: int, full_sun: Mapping[str, int]) -> bytes:
    """Registers 0x700..0x797 of a front end that measures nothing: analogue channels read 0."""
    hk = bytearray(HK_PAYLOAD)
    hk[128:132] = 1, frame_counter & 0x3F, 0, 1  # link 1, time code, link running
    hk[132:134] = frame_counter.to_bytes(2, "big")
    hk[135] = mode
    for i, node in enumerate(("F2", "E2", "F4", "E4")):
        hk[144 + 2 * i : 146 + 2 * i] = min(full_sun.get(node, 0), 0xFFFF).to_bytes(2, "big")
    return bytes(hk)


@dataclass(frozen=True)
class FramePackets:
    """All packets of one readout, back to back."""

    buffer: bytes
    offsets: NDArray[np.uint32]
    lengths: NDArray[np.uint32]

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> FramePackets:
        built, sizes = zip(*stretches, strict=True)
        counts = [len(each) // size for each, size in zip(built, sizes, strict=True)]
        lengths = np.repeat(np.array(sizes, np.uint32), counts)
        return cls(b"".join(built), np.cumsum(lengths, dtype=np.uint32) - lengths, lengths)


class FrontEnd:
    """One FEE; every readout moves its counters and its wandering mask on.

    Readouts come in stretches of about STRETCH_BYTES; one may be left in the middle.
    ``settings`` may change between readouts. housekeeping: what fills the housekeeping packet.
    """

    def __init__(
        self,
        core: Core,
        settings: FrontEndSettings,
        housekeeping: Housekeeping = bare_housekeeping,
    ) -> None:
        self.settings = settings
        self.n_dropped = 0  # events beyond the packet limit
        self._core = core
        self._housekeeping = housekeeping
        self.restart()

    def restart(self) -> None:
        """Frame counter and wandering mask begin again."""
        self._mask = self._next_mask = (2, 2)
        self._frame_counter = 0
        self._sequence = 0

    def event_readout(self, frames: Frames) -> list[bytes]:
        """All packets of :meth:`event_stretches`."""
        return list(chain.from_iterable(self.event_stretches(frames)))

    def image_readout(self, frames: Frames) -> list[bytes]:
        """All packets of :meth:`image_stretches`."""
        return list(chain.from_iterable(self.image_stretches(frames)))

    def full_frame_readout(self, image: NDArray[np.uint16], ccd: int) -> list[bytes]:
        """All packets of :meth:`full_frame_stretches`."""
        return list(chain.from_iterable(self.full_frame_stretches(image, ccd)))

    def event_stretches(self, frames: Frames, mode: int = Mode.FT) -> Iterator[list[bytes]]:
        """One readout with event detection; frames by node, (rows, cols) [ADU].

        Housekeeping, then for each node events and wandering mask in raster order and an
        empty last packet, and one more empty last packet for the frame.
        """
        return map(_cut, self._frame_events(frames, mode))

    def event_buffer(self, frames: Frames, mode: int = Mode.FT) -> FramePackets:
        """The packets of :meth:`event_stretches` back to back."""
        return FramePackets.of(self._frame_events(frames, mode))

    def drawn_stretches(
        self, seen: SeenInWindows, index: int, nodes: Sequence[str] = NODES, mode: int = Mode.FT
    ) -> Iterator[list[bytes]] | None:
        """The same of what is seen in windows, without a frame; None where it has to be rendered:
        then no counter has moved."""
        packets = self._drawn(seen, index, nodes, mode)
        return None if packets is None else map(_cut, packets)

    def drawn_buffer(
        self, seen: SeenInWindows, index: int, nodes: Sequence[str] = NODES, mode: int = Mode.FT
    ) -> FramePackets | None:
        """The packets of :meth:`drawn_stretches` back to back."""
        packets = self._drawn(seen, index, nodes, mode)
        return None if packets is None else FramePackets.of(packets)

    def image_stretches(self, frames: Frames, mode: int = Mode.FT) -> Iterator[list[bytes]]:
        """One frame transfer: housekeeping, then the rows of each node."""
        yield [self._begin(mode, self._full_sun(frames))]
        for node in NODES:
            if node in frames:
                side, ccd = int(node[0] == "E"), int(node[1] == "4")
                yield from self._data(frames[node], mode, side, ccd)

    def full_frame_stretches(
        self, image: NDArray[np.uint16], ccd: int, mode: int = Mode.FF
    ) -> Iterator[list[bytes]]:
        """One full frame of CCD 2 or 4, sides interleaved pixel by pixel."""
        yield [self._begin(mode, {})]
        yield from self._data(image, mode, SIDE_BOTH, int(ccd == 4))

    def _begin(self, mode: int, full_sun: Mapping[str, int]) -> bytes:
        """Counters for a readout, and its housekeeping packet."""
        self._frame_counter = (self._frame_counter + 1) & 0xFFFF
        self._sequence = 0
        self._mask, self._next_mask = self._next_mask, self._core.mask_step(*self._next_mask)
        header = self._headers(1, mode=mode, last=1, side=0, ccd=0, kind=HK)
        header["data_len"] = HK_PAYLOAD
        payload = self._housekeeping(mode, self._frame_counter, full_sun)
        return self._core.fee_header(header, data_len=self.settings.data_len) + payload

    def _full_sun(self, frames: Frames) -> dict[str, int]:
        """Pixels above the threshold by node."""
        bright = self.settings.full_sun_threshold
        return {node: int((frame > bright).sum()) for node, frame in frames.items()}

    def _frame_events(self, frames: Frames, mode: int) -> Iterator[Stretch]:
        def find(node: str, limit: int | None) -> Detection:
            return self._detect(node, frames[node], limit)

        return self._events(frames, lambda: self._full_sun(frames), find, mode)

    def _drawn(
        self, seen: SeenInWindows, index: int, nodes: Sequence[str], mode: int
    ) -> Iterator[Stretch] | None:
        windows = seen.windows(
            index,
            {node: self._threshold(node) for node in nodes},
            mask=self._next_mask if self.settings.wandering_mask else None,
            bright=self.settings.full_sun_threshold,
        )
        if windows is None:
            return None

        def find(node: str, limit: int | None) -> Detection:
            return self._sent(windows[node], is_event[node], limit)

        is_event = self._events_among(windows)
        full_sun = {node: each.n_bright for node, each in windows.items()}
        return self._events(windows, lambda: full_sun, find, mode)

    def _events(
        self,
        seen: Container[str],
        full_sun: Callable[[], Mapping[str, int]],
        find: Callable[[str, int | None], Detection],
        mode: int,
    ) -> Iterator[Stretch]:
        """The packets of a readout with event detection. find: what a node sends."""
        housekeeping = self._begin(mode, full_sun())
        if self.settings.event_hk == "omitted":
            self._sequence = 0
        else:
            yield housekeeping, len(housekeeping)
        if self.settings.sequence_after_hk == "restarts":
            self._sequence = 0
        limit, used = self.settings.event_limit, {"2": 0, "4": 0}
        nodes = [node for node in NODES if node in seen]
        for node in nodes:
            found = find(node, None if limit is None else limit - used[node[1]])
            used[node[1]] += int((found.kinds == EVENT).sum())
            self.n_dropped += found.n_dropped
            for at in range(0, len(found.records), EVENTS_A_STRETCH):
                some = slice(at, at + EVENTS_A_STRETCH)
                yield self._build(node, found.records[some], found.kinds[some], mode=mode, last=0)
            yield self._empty(node, mode)
        if nodes and self.settings.end_marker == "sent":
            yield self._empty(nodes[-1], mode)

    @property
    def _background(self) -> WindowOrder:
        """Whose indices the background pixels have."""
        background = self.settings.background_set
        return self.settings.window_order if background == "window" else background

    def _detect(self, node: str, frame: NDArray[np.uint16], limit: int | None) -> Detection:
        """What a node sends of a frame."""
        found = self._core.detect_events(
            frame,
            threshold=self._threshold(node),
            limit=limit,
            window_order=self._background,
            mask=self._mask if self.settings.wandering_mask else None,
        )
        order = self.settings.window_order
        if self._background != order:
            found.records["pixels"] = found.records["pixels"][:, _REORDER[order]]
        return found

    def _events_among(self, windows: Mapping[str, NodeWindows]) -> dict[str, NDArray[np.bool_]]:
        """Which windows are events, by node. Side by side they are a frame of which only the middle
        row is examined; one for all nodes that have the same threshold."""
        together: dict[int, list[str]] = {}
        for node in windows:
            together.setdefault(self._threshold(node), []).append(node)
        found: dict[str, NDArray[np.bool_]] = {}
        for threshold, nodes in together.items():
            pixels = np.concatenate([windows[node].pixels for node in nodes])
            is_event = np.zeros(len(pixels), np.bool_)
            for at in range(0, len(pixels), WINDOWS_A_FRAME):
                frame = pixels[at : at + WINDOWS_A_FRAME].transpose(1, 0, 2).reshape(5, -1)
                cols = self._core.detect_events(
                    frame, threshold=threshold, window_order=self._background
                ).records["col"]
                is_event[at + cols[cols % 5 == 2] // 5] = True
            ends = np.cumsum([len(windows[node].row) for node in nodes])
            found |= dict(zip(nodes, np.split(is_event, ends[:-1]), strict=True))
        return found

    def _sent(
        self, windows: NodeWindows, is_event: NDArray[np.bool_], limit: int | None
    ) -> Detection:
        """What a node sends of its windows."""
        row, col = self._mask
        is_mask = (windows.row == row) & (windows.col == col) & ~is_event
        wanted = is_event | is_mask if self.settings.wandering_mask else is_event
        before: NDArray[np.int64] = np.cumsum(is_event) - is_event
        sent = wanted if limit is None else wanted & (before < limit)
        records = np.empty(int(sent.sum()), EVENT_DTYPE)
        records["row"], records["col"] = windows.row[sent], windows.col[sent]
        pixels = windows.pixels[sent].reshape(-1, 25)
        is_raster = self.settings.window_order == "raster"
        records["pixels"] = pixels if is_raster else pixels[:, _REORDER["simulator"]]
        kinds = np.where(is_event[sent], EVENT, WANDERING_MASK).astype(np.uint8)
        return Detection(records, kinds, int((is_event & ~sent).sum()))

    def _threshold(self, node: str) -> int:
        """What the EDU of a node compares with [ADU]. More than T is at least T + 1; of 65,535
        there is no more."""
        exchanged = self.settings.threshold_registers == "exchanged"
        register = _EXCHANGED.get(node, node) if exchanged else node
        threshold = self.settings.threshold
        adu = threshold if isinstance(threshold, int) else threshold[register]
        return min(adu + (self.settings.threshold_equality == "fails"), 0xFFFF)

    def _empty(self, node: str, mode: int) -> Stretch:
        """The empty event packet that ends a node, and a frame."""
        kinds = np.array([EVENT], np.uint8)
        return self._build(node, np.zeros(1, EVENT_DTYPE), kinds, mode=mode, last=1)

    def _build(
        self, node: str, events: NDArray[Any], kinds: NDArray[np.uint8], *, mode: int, last: int
    ) -> Stretch:
        side, ccd = int(node[0] == "E"), int(node[1] == "4")
        headers = self._headers(len(events), mode=mode, last=last, side=side, ccd=ccd, kind=0)
        headers["type"] = kinds
        headers["data_len"] = WINDOW_BYTES
        built = self._core.fee_build_events(headers, events, data_len=self.settings.data_len)
        return built, HEADER_BYTES + WINDOW_BYTES

    def _data(
        self, image: NDArray[np.uint16], mode: int, side: int, ccd: int
    ) -> Iterator[list[bytes]]:
        """Pixels one after the other, cut where a packet is full. The core writes one header a
        stretch, the sequence counters are put in all at once."""
        size = self.settings.packet_size - HEADER_BYTES
        order = ">u2" if self.settings.pixel_order == "big" else "<u2"
        pixels = image.reshape(-1)
        whole, tail = divmod(pixels.nbytes, size)
        pieces = [
            (n, size) for n in _portions(whole, max(1, STRETCH_BYTES // self.settings.packet_size))
        ]
        pieces += [(1, tail)] if tail else []
        at = 0
        for number, (n, length) in enumerate(pieces, 1):
            headers = self._headers(n, mode=mode, last=0, side=side, ccd=ccd, kind=DATA)
            headers["data_len"] = length
            packets = np.empty((n, HEADER_BYTES + length), np.uint8)
            header = self._core.fee_header(headers[0], data_len=self.settings.data_len)
            packets[:, :HEADER_BYTES] = np.frombuffer(header, np.uint8)
            packets[:, SEQUENCE_AT] = headers["sequence"].astype(">u2").view(np.uint8).reshape(n, 2)
            wire = pixels[at : at + n * length // PIXEL_BYTES].astype(order)
            packets[:, HEADER_BYTES:] = wire.view(np.uint8).reshape(n, length)
            packets[-1, FLAGS_AT] |= LAST_FLAG * (number == len(pieces))
            at += len(wire)
            built, step = packets.tobytes(), HEADER_BYTES + length
            yield [built[i : i + step] for i in range(0, len(built), step)]

    def _headers(
        self, n: int, *, mode: int, last: int, side: int, ccd: int, kind: int
    ) -> NDArray[Any]:
        headers = np.zeros(n, HEADER_DTYPE)
        headers["frame_counter"] = self._frame_counter
        headers["sequence"] = (self._sequence + np.arange(n)) & 0xFFFF
        headers["mode"], headers["last"] = mode, last
        headers["side"], headers["ccd"], headers["type"] = side, ccd, kind
        self._sequence = (self._sequence + n) & 0xFFFF
        return headers


def _cut(stretch: Stretch) -> list[bytes]:
    """The packets of a stretch."""
    built, size = stretch
    return [built[i : i + size] for i in range(0, len(built), size)]


def _portions(total: int, most: int) -> list[int]:
    """So many, in portions of at most so many."""
    return [min(most, total - at) for at in range(0, total, most)]
