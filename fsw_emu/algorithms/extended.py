# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Built in: all that is beyond flight, one after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.artefacts import TRACK_OPTIONS, HotPixels, distances
from fsw_emu.algorithms.flight import joined, kept, options_of
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.algorithms.search import MAP_OPTIONS, SATURATION_ADU, NodeMaps, search
from fsw_emu.algorithms.storm import LADDER_OPTIONS, Quotas, Rungs
from fsw_emu.algorithms.trees import shipped_tree


class Extended:
    """Maps, ties in raster order, hot pixels, the tree with the distance to tracks, a fair choice,
    the ladder; in this order.

    Options: those of maps, hot, tracks (but veto_px), fair and ladder.
    """

    def __init__(self, setup: Setup) -> None:
        options = options_of(
            setup, "extended", clean=64, tile_quota=0,
            **MAP_OPTIONS, **TRACK_OPTIONS, **LADDER_OPTIONS,
        )  # fmt: skip
        self._setup = setup
        self._maps = NodeMaps(setup, **{name: options[name] for name in MAP_OPTIONS})
        self._hot = HotPixels(setup.core, clean=options["clean"])
        self._tracks = {name: options[name] for name in TRACK_OPTIONS}
        self._tree = shipped_tree("scene", core=setup.core)
        self._quotas = Quotas(setup, tile_quota=options["tile_quota"])
        self._rungs = Rungs(setup, **{name: options[name] for name in LADDER_OPTIONS})

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        ties = {"ties": "raster", "saturation": SATURATION_ADU}
        switches = [{**told, **ties} for told in self._maps.switches(frames)]
        seen, _ = search(self._setup, frames, limit=None, switches=switches)
        nodes, flags = [one.records for one in seen], [one.flags for one in seen]
        cool, counts = self._hot(nodes)
        nodes, flags = kept(nodes, cool), kept(flags, cool)
        near = distances(self._setup, frames, nodes, **self._tracks)
        is_photon = [
            self._setup.core.classify_events(records, self._tree, distances=away)
            for records, away in zip(nodes, near, strict=True)
        ]
        counts["tree"] = int(sum(np.sum(~mask) for mask in is_photon))
        nodes, flags, near = (kept(each, is_photon) for each in (nodes, flags, near))
        keep, over = self._quotas(nodes)
        events = joined(kept(nodes, keep))
        events["flags"] = np.concatenate(kept(flags, keep))
        events["distance_px"] = np.concatenate(kept(near, keep))
        return self._rungs.send(events, {**counts, **over})
