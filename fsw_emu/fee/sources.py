# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the front-end electronics see: images of the CCDs, the test pattern, or the packets of
a recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from fsw_emu.packets.fee import EVENT, HOUSEKEEPING, NODES, FeeHeader, read_fee_header
from fsw_emu.packets.spacewire import FEE_DATA

Image = NDArray[np.uint16]

#: rows and columns of a node, 6x6 and 24x24 binned (A18), of one side and of a CCD
BINNED_6, BINNED_24 = (639, 384), (165, 96)
UNBINNED = (3791, 2255)
FULL_FRAME = (4511, 4608)
CCDS = ("CCD2", "CCD4")
#: nodes and one for the frame
END_MARKERS = len(NODES) + 1


class Seen(Protocol):
    """What the CCDs see. ``index`` counts from 0 how often it was looked at. None: it takes time,
    and has to be asked for again; nothing waits for it here."""

    def node_frames(self, index: int) -> Mapping[str, Image] | None:
        """The four nodes, 6x6 binned: (639, 384) [ADU]."""

    def uv_frames(self, index: int) -> Mapping[str, Image] | None:
        """The four nodes, 24x24 binned [ADU]."""

    def full_frame(self, index: int, ccd: int) -> Image | None:
        """CCD 2 or 4, unbinned: (4511, 4608) [ADU], F in even and E in odd columns."""


class NodeWindows(Protocol):
    """Windows of one node, in raster order of their centres. All its events are among them."""

    @property
    def row(self) -> NDArray[np.intp]: ...

    @property
    def col(self) -> NDArray[np.intp]: ...

    @property
    def pixels(self) -> Image:
        """(n, 5, 5) [ADU]."""

    @property
    def n_bright(self) -> int:
        """Pixels of the node above the full-sun threshold."""


@runtime_checkable
class SeenInWindows(Seen, Protocol):
    """What can be seen without a frame as well: the windows in which an event may be."""

    def windows(
        self,
        index: int,
        thresholds: Mapping[str, int],
        *,
        mask: tuple[int, int] | None = None,
        bright: int = 0xFFFF,
    ) -> Mapping[str, NodeWindows] | None:
        """By node, of the nodes that have a threshold [ADU]; None where only a frame will do.

        mask: (row, col) whose window is wanted in any case, if it lies within the node. bright:
        the full-sun threshold [ADU].
        """


class Stills:
    """Images of a file, one after the other, then again from the first.

    images: by node, (639, 384) or several of them, and CCD2, CCD4, (4511, 4608) or several. A
    binning that is not there is made of what is: pixels are averaged or repeated, the overscan
    repeats the last of them. Nodes without any image are dark: 0. ValueError for another name,
    shape or type.
    """

    def __init__(
        self, images: Mapping[str, Image], *, uv_shape: tuple[int, int] = BINNED_24
    ) -> None:
        self._uv_shape = uv_shape
        self._images: dict[str, Image] = {}
        for name, image in images.items():
            if name not in NODES + CCDS:
                raise ValueError(f"{name}: none of {', '.join(NODES + CCDS)}")
            shape = FULL_FRAME if name in CCDS else BINNED_6
            if image.shape[-2:] != shape or image.ndim > 3 or not image.size:
                wanted = f"{shape[0]} x {shape[1]}"
                raise ValueError(f"{name}: an image of {image.shape}, not {wanted}")
            if image.dtype != np.uint16:
                raise ValueError(f"{name}: pixels of {image.dtype}, not uint16")
            self._images[name] = image.reshape(-1, *shape)

    def node_frames(self, index: int) -> dict[str, Image]:
        return {node: self._node(node, index) for node in NODES}

    def uv_frames(self, index: int) -> dict[str, Image]:
        frames = self.node_frames(index)
        return {node: averaged(frame, 4, self._uv_shape) for node, frame in frames.items()}

    def full_frame(self, index: int, ccd: int) -> Image:
        if f"CCD{ccd}" in self._images:
            return self._image(f"CCD{ccd}", index)
        rows, cols = BINNED_6
        full = np.empty(FULL_FRAME, np.uint16)
        squares = full[: 6 * rows].reshape(rows, 6, cols, 6, 2)
        for i, side in enumerate("FE"):
            squares[..., i] = self._node(f"{side}{ccd}", index)[:, None, :, None]
        full[6 * rows :] = full[6 * rows - 1]
        return full

    def _node(self, node: str, index: int) -> Image:
        if node in self._images:
            return self._image(node, index)
        ccd = f"CCD{node[1]}"
        if ccd not in self._images:
            return np.zeros(BINNED_6, np.uint16)
        return averaged(self._image(ccd, index)[:, int(node[0] == "E") :: 2], 6, BINNED_6)

    def _image(self, name: str, index: int) -> Image:
        images = self._images[name]
        image: Image = images[index % len(images)]
        return image


def averaged(image: Image, factor: int, shape: tuple[int, int]) -> Image:
    """An image of that shape whose pixels are averages of factor x factor, rounded down."""
    rows, cols = shape
    fitted = _fitted(image, (factor * rows, factor * cols))
    squares = fitted.reshape(rows, factor, cols, factor)
    means: Image = (squares.sum(axis=(1, 3), dtype=np.uint32) // factor**2).astype(np.uint16)
    return means


def _fitted(image: Image, shape: tuple[int, int]) -> Image:
    """Cut, or filled up with the last row and column."""
    cut = image[: shape[0], : shape[1]]
    missing = [(0, wanted - have) for wanted, have in zip(shape, cut.shape, strict=True)]
    padded: Image = np.pad(cut, missing, mode="edge")
    return padded


def one_side(full_frame: Image, side: int) -> Image:
    """The image section of side F (0) or E (1) of a full frame: (3791, 2255)."""
    return full_frame[: UNBINNED[0], side::2][:, : UNBINNED[1]]


def pattern(node: str, shape: tuple[int, int], time_code: int) -> Image:
    """The test pattern of a node: [15:13] time-code mod 8, [12] CCD, [11:10] side, [9:5] row and
    [4:0] column mod 32 (register map v0.38)."""
    fixed = (time_code & 7) << 13 | (node[1] == "4") << 12 | (node[0] == "E") << 10
    rows, cols = ((np.arange(n) & 31).astype(np.uint16) for n in shape)
    made: Image = np.add.outer(rows * np.uint16(32) + np.uint16(fixed), cols)
    return made


def full_frame_pattern(ccd: int, time_code: int) -> Image:
    """The test pattern of both sides, interleaved as a full frame is."""
    full = np.empty(FULL_FRAME, np.uint16)
    for i, side in enumerate("FE"):
        shape = (FULL_FRAME[0], FULL_FRAME[1] // 2)
        full[:, i::2] = pattern(f"{side}{ccd}", shape, time_code)
    return full


def recorded_frames(packets: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The FEE packets of a recording, frame by frame; other protocols are left out.

    A frame ends after five last-flagged event packets, before the next housekeeping packet and
    where the frame counter changes; empty packets that come first belong to what follows.
    """
    frame: list[bytes] = []
    begun = ends = 0
    counter = None
    for packet in packets:
        if len(packet) < 10 or packet[1] != FEE_DATA:
            continue
        header = read_fee_header(packet)
        if begun and (header.type == HOUSEKEEPING or header.frame_counter != counter):
            yield frame
            frame, begun, ends = [], 0, 0
        if header.type == HOUSEKEEPING:
            ends = 0
        frame.append(packet)
        ends += header.type == EVENT and header.last
        begun += not _is_end_marker(header, packet)
        counter = header.frame_counter
        if begun and ends == END_MARKERS:
            yield frame
            frame, begun, ends = [], 0, 0
    if frame:
        yield frame


def _is_end_marker(header: FeeHeader, packet: bytes) -> bool:
    return header.type == EVENT and header.last and not any(packet[10:])


def again_and_again(packets: Callable[[], Iterable[bytes]]) -> Iterator[list[bytes]]:
    """The frames of a recording, from its beginning whenever it has ended. ValueError for one
    without any."""
    while True:
        frame = None
        for frame in recorded_frames(packets()):
            yield frame
        if frame is None:
            raise ValueError("no FEE packets in the recording")
