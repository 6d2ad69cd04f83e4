# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Beyond flight: what is sent of more events than fit, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

FairPolicy = Literal["flight", "fair"]

#: ``struct sxi_ladder_record``; 0 where the level of the packet does not tell
LADDER_DTYPE = np.dtype(
    [
        ("row", "u2"),
        ("col", "u2"),
        ("pixels", "u2", (25,)),
        ("outer_map", "u2"),
        ("outer_sum", "u4"),
        ("pha", "u4"),
        ("grade", "u1"),
        ("spare", "u1", (3,)),
    ]
)


@dataclass(frozen=True)
class FairSelection:
    """Which events of a CCD are sent; of each side (E, F): found = sent + over_tile +
    over_limit, and so of each tile."""

    keep_e: NDArray[np.bool_]
    keep_f: NDArray[np.bool_]
    found: tuple[int, int]
    sent: tuple[int, int]
    over_tile: tuple[int, int]
    over_limit: tuple[int, int]
    tile_limit: tuple[int, int]  # the quota as it was raised; 65,535: none
    draws: int  # random numbers taken
    tile_found: NDArray[np.uint16]  # (2, 20, 12), as the next two
    tile_over: NDArray[np.uint16]
    tile_sent: NDArray[np.uint16]


@dataclass(frozen=True)
class LadderState:
    """The choice of a level: parameters, and what it remembers. The default is flight's."""

    deepest: int = 0
    patience: int = 0
    level: int = 0
    calm: int = 0


@dataclass(frozen=True)
class LadderPacket:
    """A packet of the ladder, read."""

    level: int
    node: int
    frame_counter: int
    threshold: int
    records: NDArray[Any]  # LADDER_DTYPE


class StormCore(Protocol):
    """Contracts: the headers in ``c_src/include/sxi``."""

    def fair_select(
        self,
        events_e: NDArray[Any],
        events_f: NDArray[Any],
        *,
        limit: int,
        policy: FairPolicy = "flight",
        tile_quota: int = 0,
        seed: int = 0,
        frame_counter: int = 0,
    ) -> FairSelection:
        """Choose among the events (EVENT_DTYPE, raster order) of both sides of a CCD; limit and
        tile_quota in events, limit 2^32 - 1 for none. CoreError as sxi_fair_select says."""

    def ladder_bytes(self, level: int, n_events: int) -> int:
        """Bytes of the packets that n_events (0..65,535) take at a level (0..2)."""

    def ladder_level(self, state: LadderState, n_events: int, budget_bytes: int) -> LadderState:
        """The state after a readout of n_events that may take budget_bytes."""

    def ladder_encode(
        self,
        events: NDArray[Any],
        *,
        level: int,
        node: int,
        frame_counter: int,
        threshold: int = 0,
        pha: NDArray[np.uint32] | None = None,
        grades: NDArray[np.uint8] | None = None,
    ) -> bytes:
        """One packet of up to 1024 events (EVENT_DTYPE). threshold [ADU] is level 1's; pha [ADU,
        below 2^24] and grades are level 2's. CoreError as sxi_ladder_encode says."""

    def ladder_decode(self, packet: bytes) -> LadderPacket:
        """Read one packet; CoreError as sxi_ladder_decode says."""
