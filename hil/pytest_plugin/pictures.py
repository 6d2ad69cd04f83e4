# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Pictures of the frames that crossed a link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fsw_emu.packets.fee import DATA, EVENT, HEADER_BYTES, NODES, WINDOW_BYTES, read_fee_header
from fsw_emu.packets.pcap import Direction
from fsw_emu.packets.spacewire import FEE_DATA, Item, SpwPacket
from fsw_emu.report.charts import colours, image_map
from hil.lab.watch import WatchedLink

MAX_FRAMES, FRAMES_A_TEST = 8, 2
MAX_FRAME_BYTES = 4 << 20  # of one frame; the rest of it is not pictured
ROWS, COLS = 639, 384  # of a node, 6x6 binned
CELL = 9  # binned pixels a side that share a pixel of the picture
_LABELS = ((0.03, 0.05, "E2"), (0.89, 0.05, "F2"), (0.03, 0.99, "F4"), (0.89, 0.99, "E4"))


@dataclass
class FrameSeen:
    """Packets of one frame, by node."""

    test: str
    link: str
    counter: int
    events: list[tuple[str, bytes]] = field(default_factory=list)  # node, window
    data: dict[str, list[bytes]] = field(default_factory=dict)
    bytes: int = 0


class FramesSeen:
    """A watcher of links. It looks at the first frames of each test, and at few in all."""

    def __init__(self) -> None:
        self.frames: list[FrameSeen] = []
        self._test = ""
        self._left = 0
        self._now: FrameSeen | None = None

    def begin(self, test: str) -> None:
        """A test begins."""
        self._test, self._now = test, None
        self._left = min(FRAMES_A_TEST, MAX_FRAMES - len(self.frames))

    def __call__(self, link: WatchedLink, _: Direction, items: Sequence[Item]) -> None:
        if self._now is None and not self._left:
            return
        for item in items:
            if isinstance(item, SpwPacket) and item.data[1:2] == bytes([FEE_DATA]):
                self._take(link.name, item.data)

    def _take(self, link: str, packet: bytes) -> None:
        if len(packet) < HEADER_BYTES:
            return
        header, payload = read_fee_header(packet), packet[HEADER_BYTES:]
        if header.type not in (DATA, EVENT) or header.node not in NODES:
            return
        now = self._now
        if now is None or (now.link, now.counter) != (link, header.frame_counter):
            if not self._left:
                self._now = None
                return
            self._left -= 1
            now = self._now = FrameSeen(self._test, link, header.frame_counter)
            self.frames.append(now)
        if now.bytes + len(payload) > MAX_FRAME_BYTES:
            return
        now.bytes += len(payload)
        if header.type == DATA:
            pixels = payload[: len(payload) // 2 * 2]
            now.data.setdefault(header.node, []).append(pixels)
        elif len(payload) == WINDOW_BYTES and any(payload):
            now.events.append((header.node, payload))

    def pictures(self) -> list[tuple[str, str, str]]:
        """(title, svg, note) of each frame with something in it; none for what cannot be pictured,
        since the rest of the report is worth more."""
        pictures = []
        for frame in self.frames:
            if frame.events or frame.data:
                title = f"{frame.test.rpartition('::')[2]}, frame {frame.counter}"
                try:
                    pictures.append((title, *_picture(frame, title)))
                except Exception as error:
                    pictures.append((title, "", f"Link {frame.link}: no picture: {error!r}"))
        return pictures


def _picture(frame: FrameSeen, title: str) -> tuple[str, str]:
    if frame.data:
        plane, what = _image(frame), "image"
    else:
        plane, what = _events(frame), f"{len(frame.events)} events"
    low, high = (float(value) for value in np.percentile(plane, [1, 99.8]))
    high = max(high, float(plane.max()) if frame.events else high)
    svg = image_map(colours((plane - low) / ((high - low) or 1))[::-1], title, _LABELS)
    note = f"Link {frame.link}: {what}, CCD2 above CCD4, {low:.0f} to {high:.0f} shown."
    return svg, note


def _events(frame: FrameSeen) -> NDArray[np.float64]:
    """Events a cell of the focal plane, first row at the bottom."""
    plane = np.zeros((-(-2 * ROWS // CELL), -(-2 * COLS // CELL)))
    for node, window in frame.events:
        col, row = (int.from_bytes(window[at : at + 2], "big") for at in (0, 2))
        if row < ROWS and col < COLS:
            x = col if node in ("E2", "F4") else 2 * COLS - 1 - col
            y = 2 * ROWS - 1 - row if node.endswith("2") else row
            plane[y // CELL, x // CELL] += 1
    return plane


def _image(frame: FrameSeen) -> NDArray[np.float64]:
    """Pixels of the focal plane, thinned; first row at the bottom, missing ones are zero."""
    plane = np.zeros((2 * ROWS, 2 * COLS))
    for node, parts in frame.data.items():
        pixels = np.frombuffer(b"".join(parts)[: 2 * ROWS * COLS], ">u2").astype(np.float64)
        node_plane = np.pad(pixels, (0, ROWS * COLS - pixels.size)).reshape(ROWS, COLS)
        left, top = node in ("E2", "F4"), node.endswith("2")
        placed = node_plane[:: -1 if top else 1, :: 1 if left else -1]
        at_y, at_x = (ROWS if top else 0), (0 if left else COLS)
        plane[at_y : at_y + ROWS, at_x : at_x + COLS] = placed
    return plane[::3, ::3]
