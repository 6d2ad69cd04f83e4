# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The science chain: bad pixels, filter, group, entity, compression, service 13."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core, CoreError
from fsw_emu.dpu.science.entity import Entity, EntityWriter, Group, add_events
from fsw_emu.dpu.science.events import (
    EventFrame,
    Rejected,
    event_pedestal,
    mask_pedestal,
    process,
)
from fsw_emu.dpu.science.images import Stacker, assemble
from fsw_emu.dpu.science.readout import Batch, Fault, Readout, ReadoutSplitter
from fsw_emu.dpu.science.settings import AbsoluteThresholds, Settings
from fsw_emu.packets.fault import FaultLog
from fsw_emu.packets.fee import NODES


@dataclass
class Counts:
    """What went through the chain."""

    frames: int = 0
    incomplete_frames: int = 0
    discarded_frames: int = 0
    events_in: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NODES, 0))
    wandering_masks: int = 0
    events_kept: int = 0
    rejected: Rejected = field(default_factory=Rejected)
    images: int = 0
    missing_rows: int = 0
    missing_packets: int = 0
    bytes_science: int = 0


@dataclass(frozen=True)
class FrameRecord:
    """One event frame in numbers, for whoever watches."""

    index: int
    start_us: int
    events_in: int
    events_kept: int


class ScienceChain:
    """Feed it packets, it calls ``on_entity`` for every entity that is ready to go down.
    ``counter`` is the number of the first one. ``on_look`` gets the start of each event frame [us
    since the epoch] and its quick look, before the entity; without it there is none."""

    def __init__(
        self,
        core: Core,
        settings: Settings,
        on_entity: Callable[[Entity], None],
        *,
        counter: int = 0,
        on_look: Callable[[int, bytes], None] | None = None,
    ) -> None:
        self._core = core
        self._settings = settings
        self._on_entity = on_entity
        self._on_look = on_look
        self._look = core.quick_look()
        self._splitter = ReadoutSplitter(core, settings)
        self._writer = EntityWriter(core, settings, counter=counter)
        self._told_discarded = 0  # frames discarded before the last entity
        self._group: Group | None = None
        self._stacker = Stacker(core, settings.stack)
        self._stacked: Group | None = None
        self._frame: tuple[int, int] | None = None  # the FEE's counter, its number with us
        self._waiting: list[tuple[int, Readout]] = []  # until the pedestal is known
        self.thresholds: AbsoluteThresholds | None = None
        self.pedestal: int | None = settings.filter.pedestal
        self.pedestal_from = "option" if self.pedestal is not None else "none"
        self.counts = Counts()
        self.frames: list[FrameRecord] = []
        if not settings.filter.needs_pedestal:
            self.thresholds = settings.filter.absolute(0)
        elif self.pedestal is not None:
            self.thresholds = settings.filter.absolute(self.pedestal)

    @property
    def splitter(self) -> ReadoutSplitter:
        return self._splitter

    @property
    def faults(self) -> FaultLog[Fault]:
        return self._splitter.faults

    def feed(self, batch: Batch) -> None:
        """Take packets as they come from the link."""
        self._take(self._splitter.feed(batch))

    def finish(self) -> None:
        """The stream has ended: send what is left."""
        self._take(self._splitter.finish())
        if self._waiting:
            self._set_pedestal(event_pedestal([r for _, r in self._waiting]), "event windows")
        self._close_group()
        self._close_stack()

    def _take(self, readouts: Iterator[Readout]) -> None:
        for readout in readouts:
            index = self._number(readout)
            self.counts.frames += 1
            self.counts.incomplete_frames += not readout.complete
            if readout.is_image:
                self._close_group()
                self._take_image(index, readout)
                continue
            self._close_stack()
            if self.thresholds is not None:
                self._take_events(index, readout)
                continue
            self._waiting.append((index, readout))
            if self._settings.filter.pedestal_from == "windows":
                pedestal, source = event_pedestal([readout]), "event windows"
            else:
                pedestal, source = mask_pedestal(readout), "wandering mask"
            if pedestal is not None:
                self._set_pedestal(pedestal, source)

    def _number(self, readout: Readout) -> int:
        """Number of a readout by which its time goes: those that came before it, or how far the
        FEE's counter, which is 16 bit, has gone on from the first; before it is negative."""
        if self._settings.frame_time == "index":
            return self.counts.frames
        if self._frame is None:
            self._frame = (readout.frame_counter, 0)
        before, number = self._frame
        number += (readout.frame_counter - before + 0x8000 & 0xFFFF) - 0x8000
        self._frame = (readout.frame_counter, number)
        return number

    def _set_pedestal(self, pedestal: int | None, source: str) -> None:
        """Filter what waited for the pedestal."""
        self.pedestal, self.pedestal_from = pedestal, source
        self.thresholds = self._settings.filter.absolute(pedestal or 0)
        waiting, self._waiting = self._waiting, []
        for index, readout in waiting:
            self._take_events(index, readout)

    def _take_events(self, index: int, readout: Readout) -> None:
        assert self.thresholds is not None  # noqa: S101  (callers see to it)
        frame = process(self._core, self._settings, self.thresholds, readout)
        most = self._settings.entity_events
        if frame.n_over:
            self.faults.append(
                Fault(readout.first_packet, f"{frame.n_over} events beyond {most} in a frame")
            )
        if self._group and self._group.n_events + frame.n_kept > most:
            self._close_group()
        if self._group is None:
            self._group = Group("ED_WP" if self._settings.masks else "ED", mode=readout.mode)
        start_us = self._settings.start_us(index)
        self._tell_look(start_us, readout, frame)
        fields = self._writer.frame_fields(start_us, readout.hk, frame.n_kept)
        add_events(self._group, frame, fields, start_us)
        self._group.incomplete |= not readout.complete or frame.n_over > 0
        self._count(index, start_us, frame)
        if len(self._group.frames) >= self._settings.event_frames_per_entity:
            self._close_group()

    def _tell_look(self, start_us: int, readout: Readout, frame: EventFrame) -> None:
        if self._on_look is None:
            return
        try:
            for node, (events, keep) in enumerate(frame.judged):
                self._look.add(node, events, keep)
        except CoreError as error:  # more events than a quick look can count
            self.faults.append(Fault(readout.first_packet, f"the quick look lacks events: {error}"))
        self._on_look(start_us, self._look.close(readout.frame_counter & 0xFFFF))

    def _count(self, index: int, start_us: int, frame: EventFrame) -> None:
        counts = self.counts
        for node, n in frame.n_in.items():
            counts.events_in[node] += n
        counts.wandering_masks += frame.n_masks
        counts.events_kept += frame.n_kept
        counts.rejected += frame.rejected
        n_in = sum(frame.n_in.values())
        self.frames.append(FrameRecord(index, start_us, n_in, frame.n_kept))

    def _take_image(self, index: int, readout: Readout) -> None:
        counts = self.counts
        try:
            image = assemble(self._core, self._settings, readout)
        except CoreError as error:
            self._writer.n_discarded += 1
            counts.discarded_frames += 1
            what = f"image frame that begins here is discarded: {error}"
            self.faults.append(Fault(readout.first_packet, what))
            return
        counts.images += 1
        counts.missing_rows += image.missing_rows
        counts.missing_packets += image.missing_packets
        if image.missing_rows:
            what = f"image has {image.missing_rows} rows with missing pixels"
            self.faults.append(Fault(readout.first_packet, what))
        if image.rejected_packets:
            what = f"{image.rejected_packets} data packets do not belong where they claim to"
            self.faults.append(Fault(readout.first_packet, what))
        start_us = self._settings.start_us(index)
        group = self._stacked or Group(image.product, mode=readout.mode)
        group.starts_us.append(start_us)
        if not group.frames or self._settings.stack_members == "all":
            group.frames.append(self._writer.frame_fields(start_us, readout.hk, 0))
        group.incomplete |= not readout.complete or image.missing_rows > 0
        if self._settings.stack == 1:
            group.science.append(image.pixels.astype(">u2").tobytes())
            self._send(group)
            return
        self._stacked = group
        stack = self._stacker.add(image.pixels)
        if stack is not None:
            self._send_stack(stack)

    def _send_stack(self, stack: NDArray[np.uint32]) -> None:
        group, self._stacked = self._stacked, None
        assert group is not None  # noqa: S101  (a stack comes of a group)
        group.stacked = True
        group.science.append(stack.astype(">u4").tobytes())
        self._send(group)

    def _close_stack(self) -> None:
        """A stack that will not become full goes down as it is."""
        stack = self._stacker.take()
        if stack is not None:
            self._send_stack(stack)

    def _close_group(self) -> None:
        group, self._group = self._group, None
        if group is not None:
            self._send(group)

    def _send(self, group: Group) -> None:
        group.incomplete |= self._writer.n_discarded > self._told_discarded
        self._told_discarded = self._writer.n_discarded
        entity = self._writer.close(group, self.thresholds)
        self.counts.bytes_science += len(entity.science)
        self._on_entity(entity)
