# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Built in: what is sent when more was found than fits: fair, ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.algorithms.estimate import OUTER, found
from fsw_emu.algorithms.flight import (
    Filter,
    detect,
    filter_defaults,
    joined,
    kept,
    options_of,
    packed_bytes,
    records_of,
    sent,
    told_of,
)
from fsw_emu.algorithms.guard import NODES
from fsw_emu.algorithms.interface import Outcome, Setup
from fsw_emu.core import LadderState

NO_LIMIT = 0xFFFFFFFF
PACKET_EVENTS, MOST_EVENTS = 1024, 65535  # of the ladder: in a packet, in a readout
#: of a readout: 171 kbit/s, the mean of the downlink, for 4 s
BUDGET_BYTES = 85_500
#: option and default of the ladder
LADDER_OPTIONS = {"budget_bytes": BUDGET_BYTES, "deepest": 2, "patience": 8}


class Quotas:
    """A CCD's limit shared between sides and tiles. tile_quota: events of a tile, 0: none."""

    def __init__(self, setup: Setup, *, tile_quota: int) -> None:
        if not 0 <= tile_quota <= 0xFFFF:
            raise ValueError(f"fair: tile_quota {tile_quota} is not within 0..65535")
        self._setup, self._tile_quota, self._n = setup, tile_quota, 0

    def __call__(
        self, nodes: Sequence[NDArray[Any]]
    ) -> tuple[list[NDArray[np.bool_]], dict[str, int]]:
        """Which events of each node are sent, and how many of all are not, by cause."""
        limit = self._setup.ccd_limit
        keep: list[NDArray[np.bool_]] = []
        counts = {"over tile": 0, "over limit": 0}
        for ccd in range(len(nodes) // 2):
            chosen = self._setup.core.fair_select(
                nodes[2 * ccd], nodes[2 * ccd + 1], policy="fair", tile_quota=self._tile_quota,
                limit=NO_LIMIT if limit is None else limit,
                seed=(2 * self._setup.seed + ccd) & 0xFFFFFFFF, frame_counter=self._n,
            )  # fmt: skip
            keep += [chosen.keep_e, chosen.keep_f]
            counts["over tile"] += sum(chosen.over_tile)
            counts["over limit"] += sum(chosen.over_limit)
        self._n += 1
        return keep, counts


class Fair:
    """Detection without a limit, the filter of flight, then a fair choice of what the CCD's limit
    lets through.

    Options: ``tile_quota`` [events of a tile], 0: none; the filter's.
    """

    def __init__(self, setup: Setup) -> None:
        options = options_of(setup, "fair", tile_quota=0, **filter_defaults(setup))
        self._setup, self._filter = setup, Filter(setup.core, options)
        self._quotas = Quotas(setup, tile_quota=options["tile_quota"])

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        nodes, _ = detect(self._setup, frames, limit=None)
        keep, causes = self._filter(nodes)
        nodes = kept(nodes, keep)
        keep, over = self._quotas(nodes)
        return sent(self._setup.core, joined(kept(nodes, keep)), {**causes, **over})


class Rungs:
    """How much of each event is sent, by how many there are: windows, inner sums, grades.

    Events come out as the ground reads them from the packets: of inner sums, the outer pixels are
    their mean; of grades there are no pixels, and the place is the centre of a pixel.
    """

    def __init__(self, setup: Setup, *, budget_bytes: int, deepest: int, patience: int) -> None:
        if not 0 <= budget_bytes <= NO_LIMIT or not 0 <= deepest <= 2 or not 0 <= patience < 65536:
            raise ValueError(
                "ladder: budget_bytes is within 0..4294967295, deepest 0..2, patience 0..65535"
            )
        self._setup, self._budget, self._n = setup, budget_bytes, 0
        self._state = LadderState(deepest=deepest, patience=patience)

    def send(self, events: NDArray[Any], counts: Mapping[str, int]) -> Outcome:
        """An outcome of FOUND_DTYPE events, in order of node; counts: the others."""
        core = self._setup.core
        n_events = min(len(events), MOST_EVENTS)
        self._state = core.ladder_level(self._state, n_events, self._budget)
        grades = core.grade_events(
            records_of(events), split=self._setup.threshold_adu, background="local"
        ).records
        packets, told = [], [events[:0]]
        for node in range(NODES):
            of_node = np.flatnonzero(events["node"] == node)
            for first in range(0, len(of_node), PACKET_EVENTS):
                part = of_node[first : first + PACKET_EVENTS]
                packets.append(self._packet(node, events[part], grades[part]))
                told.append(self._read(packets[-1], events[part], grades[part]))
        self._n += 1
        size, events = sum(map(len, packets)), np.concatenate(told)
        packed = packed_bytes(core, events) if self._state.level == 0 else size
        return Outcome(events, told_of(len(events), counts), size, packed)

    def _packet(self, node: int, events: NDArray[Any], grades: NDArray[Any]) -> bytes:
        extra = {"pha": np.maximum(grades["pha_ring"], 0).astype(np.uint32),
                 "grades": grades["asca"]}  # fmt: skip
        return self._setup.core.ladder_encode(
            records_of(events), level=self._state.level, node=node, frame_counter=self._n & 0xFFFF,
            threshold=self._setup.pedestal_adu + self._setup.threshold_adu,
            **(extra if self._state.level == 2 else {}),
        )  # fmt: skip

    def _read(self, packet: bytes, events: NDArray[Any], grades: NDArray[Any]) -> NDArray[Any]:
        """Events as the packet tells them; flags and distance travel with whole windows alone."""
        read = self._setup.core.ladder_decode(packet)
        records = records_of(read.records)
        if read.level == 1:
            records["pixels"][:, OUTER] = read.records["outer_sum"][:, None] // len(OUTER)
        told = found(read.node, records)
        told["grade"] = grades["asca"]  # the ground grades windows as the board does
        if read.level == 2:
            told["pha_adu"], told["grade"] = read.records["pha"], read.records["grade"]
        if read.level == 0:
            for name in ("flags", "distance_px"):
                told[name] = events[name]
        return told


class Ladder:
    """Flight, and less is sent of each event where all of them would take more than the budget.

    Options: ``budget_bytes`` of a readout; ``deepest``, the poorest level (0: windows, 1: inner
    sums, 2: grades); ``patience`` [readouts] before a richer one; the filter's.
    """

    def __init__(self, setup: Setup) -> None:
        options = options_of(setup, "ladder", **LADDER_OPTIONS, **filter_defaults(setup))
        self._setup, self._filter = setup, Filter(setup.core, options)
        self._rungs = Rungs(setup, **{name: options[name] for name in LADDER_OPTIONS})

    def readout(self, frames: NDArray[np.uint16]) -> Outcome:
        nodes, n_dropped = detect(self._setup, frames, limit=self._setup.ccd_limit)
        keep, causes = self._filter(nodes)
        return self._rungs.send(joined(kept(nodes, keep)), {**causes, "dropped": n_dropped})
