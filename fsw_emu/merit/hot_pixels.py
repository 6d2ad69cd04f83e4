# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How long a pixel that fires again and again is sent as events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SILENT_FIRINGS = 3  # in a row, the last ones of a run, that were not sent: the pixel is gone


@dataclass
class _Pixel:
    first: int  # readout of its first firing
    fired: int = 0
    silent: int = 0  # firings since the last that was sent
    last_sent: int = -1


class HotPixels:
    """Firings of pixels over the readouts of a run."""

    def __init__(self) -> None:
        self._readouts = 0
        self._pixels: dict[int, _Pixel] = {}

    def readout(self, pixels: NDArray[np.int64], sent: NDArray[np.bool_]) -> None:
        """pixels: numbers of those that fired in this readout; sent: which became events."""
        for number, was_sent in zip(pixels.tolist(), sent.tolist(), strict=True):
            pixel = self._pixels.setdefault(number, _Pixel(self._readouts))
            pixel.fired += 1
            pixel.silent = 0 if was_sent else pixel.silent + 1
            if was_sent:
                pixel.last_sent = self._readouts
        self._readouts += 1

    def ends(self) -> dict[str, NDArray[np.float64]]:
        """Of each pixel that fired in over half of the readouts since its first, in more than
        SILENT_FIRINGS, and was ever sent (of others nothing was there to suppress): readouts until
        it was gone (to the end if it is not), and whether it is."""
        times, gone = [], []
        for pixel in self._pixels.values():
            seen = self._readouts - pixel.first
            if 2 * pixel.fired <= seen or pixel.fired <= SILENT_FIRINGS or pixel.last_sent < 0:
                continue
            is_gone = pixel.silent >= SILENT_FIRINGS
            last = pixel.last_sent + 1 if is_gone else self._readouts
            times.append(last - pixel.first)
            gone.append(is_gone)
        return {
            "hot suppression": np.array(times, np.float64),
            "hot gone": np.array(gone, np.float64),
        }
