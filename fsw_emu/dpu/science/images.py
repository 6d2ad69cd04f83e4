# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The image path: packets of a readout to pixels, and stacks of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.dpu.science.readout import Batch, Readout
from fsw_emu.dpu.science.settings import Settings

INTERLEAVED_BIT = 16
FULL_FRAME = (4511, 4608)  # rows, columns of one CCD as downlinked
NODE_SHAPE = (639, 384)  # one node, 6x6 binned


@dataclass(frozen=True)
class ImageFrame:
    """One image readout in memory."""

    pixels: NDArray[np.uint16]  # (planes, rows, cols)
    product: str  # FT, UV or FF
    missing_rows: int
    missing_packets: int
    rejected_packets: int


def assemble(core: Core, settings: Settings, readout: Readout) -> ImageFrame:
    """Pixels of a readout; those that never came hold ``missing_pixel`` (ASSUMED). CoreError
    when packets of this size cannot make a frame."""
    batch = _joined(readout.parts)
    node_shape = NODE_SHAPE if settings.binning == 6 else settings.uv_shape
    rows, cols = FULL_FRAME if readout.interleaved else node_shape
    frame = core.assemble_frame(
        batch.buffer,
        batch.offsets,
        batch.lengths,
        rows=rows,
        cols=cols,
        nodes=INTERLEAVED_BIT if readout.interleaved else settings.node_bits,
        packet_payload=max(int(batch.lengths.max()) - 10, 2) & ~1,
        pixel_order=settings.interface.pixel_order,
        data_len=settings.interface.data_len,
        fill=settings.missing_pixel,
    )
    product = "FF" if readout.interleaved else "FT" if settings.binning == 6 else "UV"
    missing_rows = int((frame.row_pixels != cols).sum())
    return ImageFrame(frame.pixels, product, missing_rows, frame.n_missing, frame.n_rejected)


def _joined(parts: list[Batch]) -> Batch:
    """All packets of a readout in one buffer."""
    buffers = {id(part.buffer): part.buffer for part in parts}
    start, at = {}, 0
    for key, buffer in buffers.items():
        start[key] = at
        at += len(buffer)
    offsets = [part.offsets + np.uint32(start[id(part.buffer)]) for part in parts]
    return Batch(
        b"".join(buffers.values()),
        np.concatenate(offsets),
        np.concatenate([part.lengths for part in parts]),
    )


class Stacker:
    """Sums frames of one product until there are enough; u32, saturating."""

    def __init__(self, core: Core, depth: int) -> None:
        self._core = core
        self._depth = depth
        self._sum: NDArray[np.uint32] | None = None
        self._n = 0

    def add(self, pixels: NDArray[np.uint16]) -> NDArray[np.uint32] | None:
        """The stack once it is deep enough, else None."""
        if self._sum is None or self._sum.shape != pixels.shape:
            self._sum, self._n = np.zeros(pixels.shape, np.uint32), 0
        self._sum = self._core.image_stack(self._sum, pixels)
        self._n += 1
        return self.take() if self._n == self._depth else None

    def take(self) -> NDArray[np.uint32] | None:
        """What there is, and begin anew."""
        done, self._sum, self._n = self._sum, None, 0
        return done
