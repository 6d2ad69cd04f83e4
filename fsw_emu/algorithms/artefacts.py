# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Built in: flight with an eye on what is no photon: hot pixels, tracks, a tree's judgement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.estimate import NO_TRACK
from fsw_emu.algorithms.flight import (
    EVENT_PACKET_BYTES,
    Filter,
    detect,
    filter_defaults,
    joined,
    kept,
    options_of,
    sent,
)
from fsw_emu.algorithms.guard import NODES
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.trees import shipped_tree
from fsw_emu.core import HOT_AFTERGLOW, HOT_HOT, Core

#: option and default of the track finder [pixels, ADU]: ASSUMED A85. A photon lights 4 pixels
TRACK_OPTIONS = {"min_pixels": 6, "mip": 600}


class HotPixels:
    """Trackers of all nodes. clean: readouts without an event that heal; 0: none is ever hot."""

    def __init__(self, core: Core, *, clean: int) -> None:
        self._trackers = [core.hot_tracker(clean=clean) for _ in range(NODES)]

    def __call__(
        self, nodes: Sequence[NDArray[Any]]
    ) -> tuple[list[NDArray[np.bool_]], dict[str, int]]:
        """Which events of each node are kept, and how many of all are not, by cause."""
        pairs = zip(self._trackers, nodes, strict=True)
        verdicts = [tracker.update(records) for tracker, records in pairs]
        whole = np.concatenate(verdicts)
        causes = {"hot": HOT_HOT, "afterglow": HOT_AFTERGLOW}
        counts = {name: int(np.sum(whole == code)) for name, code in causes.items()}
        return [verdict == 0 for verdict in verdicts], counts


class Hot:
    """Flight, and pixels that fire too often for the sky are left out until they are healed.

    Options: ``clean`` [readouts]; the filter's.
    """

    def __init__(self, setup: Setup) -> None:
        options = options_of(setup, "hot", clean=64, **filter_defaults(setup))
        self._setup, self._filter = setup, Filter(setup.core, options)
        self._pixels = HotPixels(setup.core, clean=options["clean"])

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        nodes, n_dropped = detect(self._setup, frames, limit=self._setup.ccd_limit)
        cool, hot = self._pixels(nodes)
        nodes = kept(nodes, cool)
        keep, causes = self._filter(nodes)
        return sent(
            self._setup.core, joined(kept(nodes, keep)), {**hot, **causes, "dropped": n_dropped}
        )


def distances(
    setup: Setup, frames: NDArray[np.uint16], nodes: Sequence[NDArray[Any]], **options: int
) -> list[NDArray[np.uint8]]:
    """From each event to the nearest track of its frame [pixels], NO_TRACK: none near.

    options: TRACK_OPTIONS.
    """
    told = []
    for frame, records in zip(frames, nodes, strict=True):
        tracks = setup.core.find_tracks(
            frame, level=setup.threshold_adu, background=256 * setup.pedestal_adu, **options
        )
        told.append(setup.core.track_distance(tracks.runs, records))
    return told


class Tracks:
    """Flight, and the distance of each event to the nearest track of a particle, a byte more.

    Options: ``veto_px``, events nearer than this are not sent (0: all are); ``min_pixels``,
    ``mip`` [ADU], what is a track (0: not looked at); the filter's.
    """

    def __init__(self, setup: Setup) -> None:
        options = options_of(setup, "tracks", veto_px=0, **TRACK_OPTIONS, **filter_defaults(setup))
        self._veto_px = options["veto_px"]
        if not 0 <= self._veto_px <= NO_TRACK:
            raise ValueError(f"tracks: veto_px {self._veto_px} is not within 0..{NO_TRACK}")
        self._setup, self._filter = setup, Filter(setup.core, options)
        self._options = {name: options[name] for name in TRACK_OPTIONS}

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        nodes, n_dropped = detect(self._setup, frames, limit=self._setup.ccd_limit)
        keep, causes = self._filter(nodes)
        nodes = kept(nodes, keep)
        near = distances(self._setup, frames, nodes, **self._options)
        events = joined(nodes)
        events["distance_px"] = np.concatenate(near)
        far = events["distance_px"] >= self._veto_px
        counts = {**causes, "near track": int(np.sum(~far)), "dropped": n_dropped}
        size = EVENT_PACKET_BYTES + 1
        return sent(self._setup.core, events[far], counts, event_bytes=size)


class Tree:
    """Flight's detection, and a decision tree in place of its filter.

    Options: ``table``, one that comes with the package; ``cut``, the least sum of scores that is
    kept (none: the table's).
    """

    def __init__(self, setup: Setup) -> None:
        options = options_of(setup, "tree", table="scene", cut=None)
        tree, cut = shipped_tree(options["table"], core=setup.core), options["cut"]
        if cut is not None and type(cut) is not int:
            raise ValueError(f"tree: cut is {cut!r}, not int")
        self._setup, self._tree = setup, tree if cut is None else replace(tree, cut=cut)
        setup.core.check_tree(self._tree)

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        nodes, n_dropped = detect(self._setup, frames, limit=self._setup.ccd_limit)
        core = self._setup.core
        keep = [core.classify_events(records, self._tree) for records in nodes]
        counts = {"tree": int(sum(np.sum(~mask) for mask in keep)), "dropped": n_dropped}
        return sent(core, joined(kept(nodes, keep)), counts)
