# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""fsw-emu: testbed for the onboard software of the Soft X-ray Imager of SMILE.

The functions here run the flight core of this process; :mod:`fsw_emu.core` tells what every
core can do, wherever it runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu import codecs, targets
from fsw_emu.codecs.events import compress_events, decompress_events
from fsw_emu.codecs.frames import compress_frames, decompress_frames
from fsw_emu.codecs.housekeeping import compress_housekeeping, decompress_housekeeping
from fsw_emu.core import CoreError, FilterResult, WindowOrder, default_core

__all__ = [
    "CoreError",
    "FilterResult",
    "codecs",
    "compress_events",
    "compress_frames",
    "compress_housekeeping",
    "decompress_events",
    "decompress_frames",
    "decompress_housekeeping",
    "detect_events",
    "filter_events",
    "targets",
]


def detect_events(
    frame: NDArray[np.uint16],
    *,
    threshold: int,
    limit: int | None = None,
    window_order: WindowOrder = "raster",
) -> NDArray[Any]:
    """Find the X-ray events of one 6x6-binned node frame as the front-end electronics do.

    frame: (rows, cols) uint16 [ADU]. threshold: [ADU] above the local background, 0..65535.
    limit: most events sent (event packet limit), None for no limit. window_order: ``raster``
    as in the interface document or ``simulator``; the background pixels go with it.

    Returns a structured array in raster order: row u2, col u2, pixels (25,) u2 with the
    centre at index 12. Raises TypeError or ValueError for another dtype, shape or range.
    Source: Soman TN "Event Detection Methodology", see SPEC.md.
    """
    core = default_core()
    return core.detect_events(
        frame, threshold=threshold, limit=limit, window_order=window_order
    ).records


def filter_events(
    events: NDArray[Any],
    *,
    centre_max: int,
    ring_sum_max: int,
    ring_max: int,
    ring_count_max: int = 4,
    bad_pixels: bytes | NDArray[np.bool_] | None = None,
) -> FilterResult:
    """Tell X-ray events from others by the onboard rule (raw ADU, equality passes).

    events: structured array as :func:`detect_events` returns. centre_max, ring_sum_max,
    ring_max [ADU] and ring_count_max: 0..65535, as on board. bad_pixels: the node's mask,
    30,672 bytes or a (639, 384) bool array, or None.

    ``result.keep`` is a bool array; ``n_bad``, ``n_centre``, ``n_ring_sum`` and
    ``n_ring_count`` count the rejected by the first cause that failed, in this order.
    """
    core = default_core()
    mask = core.bad_pixel_mask(bad_pixels) if isinstance(bad_pixels, np.ndarray) else bad_pixels
    return core.filter_events(
        events,
        centre_max=centre_max,
        ring_sum_max=ring_sum_max,
        ring_max=ring_max,
        ring_count_max=ring_count_max,
        bad_pixels=mask,
    )
