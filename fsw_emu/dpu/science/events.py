# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The event path: bad pixels, filter, order of the entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.dpu.science.readout import MASK, Readout
from fsw_emu.dpu.science.settings import AbsoluteThresholds, Settings
from fsw_emu.packets.fee import NODES

#: node index (E2, F2, E4, F4) by side (F, E) and CCD (2, 4)
_NODE_INDEX = np.array([[1, 3], [0, 2]], np.uint8)


@dataclass(frozen=True)
class Rejected:
    """Events rejected by cause, the first that failed."""

    bad_pixel: int = 0
    centre: int = 0
    ring_sum: int = 0
    ring_count: int = 0

    def __add__(self, other: Rejected) -> Rejected:
        return Rejected(*(a + b for a, b in zip(self.counts, other.counts, strict=True)))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return self.bad_pixel, self.centre, self.ring_sum, self.ring_count


@dataclass(frozen=True)
class EventFrame:
    """What of one frame goes into the entity."""

    science: bytes  # 64-byte packets: node E2, F2, E4, F4, then arrival
    n_in: dict[str, int]  # events by node
    n_masks: int
    n_kept: int
    n_over: int  # kept by the filter but beyond what an entity can count
    rejected: Rejected
    judged: tuple[tuple[NDArray[Any], NDArray[np.bool_]], ...] = ()  # by node: events, kept


def mask_pedestal(readout: Readout) -> int | None:
    """Median of the wandering-mask windows [ADU]; None without one."""
    windows = [
        e["pixels"][h["type"] == MASK] for h, e in zip(readout.headers, readout.events, strict=True)
    ]
    pixels = np.concatenate([w.ravel() for w in windows]) if windows else np.zeros(0)
    return int(np.median(pixels)) if len(pixels) else None


def event_pedestal(readouts: list[Readout]) -> int | None:
    """Median of the outer 16 pixels of all windows [ADU]: what is left without masks."""
    outer = np.setdiff1d(np.arange(25), [6, 7, 8, 11, 12, 13, 16, 17, 18])
    windows = [e["pixels"][:, outer].ravel() for r in readouts for e in r.events]
    return int(np.median(np.concatenate(windows))) if windows else None


def process(
    core: Core, settings: Settings, thresholds: AbsoluteThresholds, readout: Readout
) -> EventFrame:
    """Filter the events of one readout and put what is kept in the order of the entity."""
    if not readout.raw:
        return EventFrame(b"", dict.fromkeys(NODES, 0), 0, 0, 0, Rejected())
    raw = np.concatenate(readout.raw)
    headers = np.concatenate(readout.headers)
    events = np.concatenate(readout.events)
    node = _NODE_INDEX[headers["side"] & 1, headers["ccd"]]
    is_mask = headers["type"] == MASK
    keep: NDArray[np.bool_] = is_mask & settings.masks
    rejected = Rejected()
    n_in, seen = {}, []
    for i, name in enumerate(NODES):
        where = np.flatnonzero((node == i) & ~is_mask)
        n_in[name] = len(where)
        mask = (settings.bad_pixels or {}).get(name)
        judged = events[where]
        if not settings.event_filter:
            judged["pixels"] = 0  # below any threshold
        result = core.filter_events(judged, bad_pixels=mask, **vars(thresholds))
        keep[where] = result.keep
        seen.append((judged, result.keep))
        rejected += Rejected(result.n_bad, result.n_centre, result.n_ring_sum, result.n_ring_count)
    order = np.argsort(node, kind="stable")
    kept = order[keep[order]]
    is_kept_event = ~is_mask[kept]
    over = np.flatnonzero(is_kept_event)[settings.entity_events :]
    kept = np.delete(kept, over)
    n_kept = int(is_kept_event.sum()) - len(over)
    science, n_masks = raw[kept].tobytes(), int(is_mask.sum())
    return EventFrame(science, n_in, n_masks, n_kept, len(over), rejected, tuple(seen))
