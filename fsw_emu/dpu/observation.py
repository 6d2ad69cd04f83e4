# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Science as the application runs it: a chain set up from the data pool, its counters put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import FilterSettings, Settings
from fsw_emu.interface.memory_map import BAD_PIXEL_MASKS, MASK_BYTES
from fsw_emu.packets.fee import NODE_BITS, NODES
from fsw_emu.packets.fee_modes import BINNED_24
from fsw_emu.world.memory import MemoryId

_U16 = 0xFFFF


class Observation:
    """From the first frame of an operation to the last. Packets that come while none goes on are
    counted in ``strays`` and dropped."""

    def __init__(self, onboard: Onboard, on_entity: Callable[[Entity], None]) -> None:
        self.chain: ScienceChain | None = None
        self.strays = 0
        self._onboard = onboard
        self._deliver = on_entity

    @property
    def n_frames(self) -> int:
        """Frames of this operation that have ended, whole or not."""
        counts = self.chain.counts if self.chain else None
        return counts.frames + counts.discarded_frames if counts else 0

    @property
    def n_incorrect(self) -> int:
        """What was wrong with their packets, or missing of them."""
        if self.chain is None:
            return 0
        counts, faults = self.chain.counts, self.chain.faults
        in_packets = len(faults) + faults.not_listed
        return counts.incomplete_frames + counts.discarded_frames + in_packets

    def begin(self) -> None:
        """The settings of the data pool hold from now on; what went on is finished first."""
        self.finish()
        self.chain = ScienceChain(
            self._onboard.core,
            settings_of(self._onboard),
            self._entity,
            counter=self._onboard.pool["ceCounter"],
        )

    def feed(self, batch: Batch) -> None:
        """Packets of the FEE."""
        if self.chain is None:
            self.strays += len(batch.lengths)
            return
        self.chain.feed(batch)
        self._tell(self.chain)

    def finish(self) -> None:
        """What is left goes down."""
        if self.chain is not None:
            self.chain.finish()
            self._tell(self.chain)
            self.chain = None

    def _entity(self, entity: Entity) -> None:
        pool = self._onboard.pool
        pool["ceCounter"] = entity.header.counter + 1 & _U16
        pool["ceSize"] = len(entity.data)
        pool["ceIntegrity"] = entity.header.integrity
        self._deliver(entity)

    def _tell(self, chain: ScienceChain) -> None:
        """Counters of the chain, as housekeeping reports them."""
        pool, counts = self._onboard.pool, chain.counts
        pool["FrameDiscardCount"] = counts.discarded_frames
        bad, centre, ring_sum, ring_count = counts.rejected.counts
        pool["EvtBadPixelCount"] = bad
        pool["EvtFilterCount1"] = centre
        pool["EvtFilterCount2"] = ring_sum
        pool["EvtFilterCount3"] = ring_count
        pool["sdpEvtCtr"] = sum(counts.events_in.values())
        if chain.frames:
            last = chain.frames[-1]
            pool["LastFrameEvtCount"] = last.events_in
            del chain.frames[:-1]  # only the last is asked for, and a run may last for days


def settings_of(onboard: Onboard) -> Settings:
    """What the data pool says of a science run. Thresholds that are 0 follow the pedestal, and
    an entity has sdpGroupMembers frames (ASSUMED)."""
    pool = onboard.pool
    assumed = onboard.table.assumed["science"]
    selected = pool["FRMreadoutNodeSel"]
    nodes = tuple(node for node in NODES if selected & NODE_BITS[node]) or NODES
    binning: Literal[6, 24] = 24 if pool["FRMccdMode2Config"] == BINNED_24 else 6
    return Settings(
        filter=FilterSettings(
            centre_max=pool["EvtFilterThr1"] or None,
            ring_sum_max=pool["EvtFilterThr2"] or None,
            ring_max=pool["EvtFilterThr3"] or None,
            ring_count_max=pool["EvtFilterN"],
        ),
        codec=assumed["codec"],
        t0_s=onboard.world.time.coarse,
        frame_time="counter",  # frames that were lost took their time too
        frame_period_ms=max(pool["FRMintSyncPeriod"], 1),
        nodes=nodes,
        binning=binning,
        event_filter=bool(pool["FeeEventFilterEnable"]),
        masks=bool(pool["FRMeduWanderingMaskEn"]),
        event_frames_per_entity=min(max(pool["sdpGroupMembers"], 1), 540),
        obsid=pool["obsid"],
        thresholds={node: pool[f"FRMccd{node[1]}{node[0]}PixThreshold"] for node in NODES},
        bad_pixels=_masks(onboard) if pool["FeeBadPixelFilter"] else None,
        versions=(pool["VersionNumber"], pool["BuildNumber"], max(pool["sdpVersion"], 1)),
    )


def _masks(onboard: Onboard) -> dict[str, bytes]:
    """Bad pixels by node, out of MRAM."""
    memory = onboard.world.memory
    return {
        node: memory.read(MemoryId.MRAM, start, MASK_BYTES)
        for node, start in BAD_PIXEL_MASKS.items()
    }
