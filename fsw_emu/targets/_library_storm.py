# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""LibraryCore: what is sent of more events than fit, and how much of each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import (
    EVENT_DTYPE,
    LADDER_DTYPE,
    FairPolicy,
    FairSelection,
    LadderPacket,
    LadderState,
)
from fsw_emu.targets._library import Library, as_array, choice, ranged

_POLICIES = ("flight", "fair")
_U32 = 0xFFFFFFFF


class StormFunctions(Library):
    """Beyond flight."""

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
        e = as_array(events_e, EVENT_DTYPE, 1, "events_e")
        f = as_array(events_f, EVENT_DTYPE, 1, "events_f")
        keep_e, keep_f = np.empty(len(e), np.uint8), np.empty(len(f), np.uint8)
        ctx = self.new(
            "sxi_fair",
            policy=choice(policy, _POLICIES, "policy"),
            limit=ranged(limit, _U32, "limit"),
            tile_quota=ranged(tile_quota, _U32, "tile_quota"),
            seed=ranged(seed, _U32, "seed"),
            frame_counter=ranged(frame_counter, _U32, "frame_counter"),
        )
        status = self.lib.sxi_fair_select(
            ctx,
            self.at(e, "struct sxi_event"),
            len(e),
            self.at(f, "struct sxi_event"),
            len(f),
            self.at(keep_e, "uint8_t"),
            self.at(keep_f, "uint8_t"),
        )
        self.count("fair_select", status)
        return FairSelection(
            keep_e.view(np.bool_),
            keep_f.view(np.bool_),
            (ctx.found[0], ctx.found[1]),
            (ctx.sent[0], ctx.sent[1]),
            (ctx.over_tile[0], ctx.over_tile[1]),
            (ctx.over_limit[0], ctx.over_limit[1]),
            (ctx.tile_limit[0], ctx.tile_limit[1]),
            ctx.draws,
            self._tiles(ctx.tile_found),
            self._tiles(ctx.tile_over),
            self._tiles(ctx.tile_sent),
        )

    def _tiles(self, counts: Any) -> NDArray[np.uint16]:
        shape = (2, self.lib.SXI_FAIR_TILE_ROWS, self.lib.SXI_FAIR_TILE_COLS)
        return np.array(list(counts), np.uint16).reshape(shape)

    def ladder_bytes(self, level: int, n_events: int) -> int:
        n = ranged(n_events, _U32, "n_events")
        return self.count(
            "ladder_bytes", self.lib.sxi_ladder_bytes(ranged(level, _U32, "level"), n)
        )

    def ladder_level(self, state: LadderState, n_events: int, budget_bytes: int) -> LadderState:
        ctx = self.new(
            "sxi_ladder",
            deepest=ranged(state.deepest, 0xFFFF, "deepest"),
            patience=ranged(state.patience, 0xFFFF, "patience"),
            level=ranged(state.level, 0xFFFF, "level"),
            calm=ranged(state.calm, 0xFFFF, "calm"),
        )
        n = ranged(n_events, _U32, "n_events")
        budget = ranged(budget_bytes, _U32, "budget_bytes")
        self.count("ladder_level", self.lib.sxi_ladder_level(ctx, n, budget))
        return LadderState(ctx.deepest, ctx.patience, ctx.level, ctx.calm)

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
        e = as_array(events, EVENT_DTYPE, 1, "events")
        heights, of = self.ffi.NULL, self.ffi.NULL
        if pha is not None:
            pha = as_array(pha, np.uint32, 1, "pha")
            heights = self.at(pha, "uint32_t")
        if grades is not None:
            grades = as_array(grades, np.uint8, 1, "grades")
            of = self.at(grades, "uint8_t")
        if any(each is not None and len(each) != len(e) for each in (pha, grades)):
            raise ValueError("events, pha and grades differ in number")
        header = self.new(
            "sxi_ladder_header",
            level=ranged(level, 0xFF, "level"),
            node=ranged(node, 0xFF, "node"),
            frame_counter=ranged(frame_counter, 0xFFFF, "frame_counter"),
            threshold=ranged(threshold, 0xFFFF, "threshold"),
            n_events=ranged(len(e), 0xFFFF, "events"),
        )
        out = bytearray(max(self.lib.sxi_ladder_bytes(header.level, len(e)), 1))
        records = self.at(e, "struct sxi_event")
        size = self.lib.sxi_ladder_encode(
            header, records, heights, of, self.bytes_at(out), len(out)
        )
        return bytes(out[: self.count("ladder_encode", size)])

    def ladder_decode(self, packet: bytes) -> LadderPacket:
        header = self.new("sxi_ladder_header")
        records = np.zeros(self.lib.SXI_LADDER_PACKET_EVENTS, LADDER_DTYPE)
        pointer = self.at(records, "struct sxi_ladder_record")
        n = self.count(
            "ladder_decode",
            self.lib.sxi_ladder_decode(
                header, self.bytes_at(packet), len(packet), pointer, len(records)
            ),
        )
        return LadderPacket(
            header.level, header.node, header.frame_counter, header.threshold, records[:n].copy()
        )
