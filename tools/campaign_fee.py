# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE's end of a campaign of faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.fee import DATA, EVENT, FeeHeader
from fsw_emu.packets.spacewire import FEE_DATA, Item, SpwPacket, TimeCode

if TYPE_CHECKING:
    from campaign_rig import Campaign

    from hil.link import Link

FRAME_PACKETS = 1000


class Fee:
    """b: an RMAP target, a clock, and packets of frames."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self.target = RmapTarget(FeeMemory())
        self.link: Link | None = None
        self.sent = self.ticks = 0
        self._tick: TimeCode | None = None
        self.unexpected_ticks = 0

    def received(self, items: Sequence[Item]) -> None:
        judge, target = self._campaign, self.target
        for item in items:
            fault = judge.there.came_out(item)
            if isinstance(item, TimeCode):
                self._clock(item)
                continue
            before = Counter(target.discarded), Counter(target.statuses)
            reply = target.received(item.data, item.eep)
            if fault is not None:
                discarded, statuses = target.discarded - before[0], target.statuses - before[1]
                what = [f"discarded: {why.partition(' 0x')[0]}" for why in discarded]
                what += [f"status {each.name.lower()}" for each in statuses if each]
                judge.at_target(fault, what)
            if reply is not None:
                self.send([SpwPacket(reply)])

    def closed(self, reason: str) -> None:  # noqa: ARG002
        self.link = None

    def send(self, items: Sequence[Item]) -> None:
        if self.link is not None:
            self._campaign.back.went_in(items)
            self.link.send(items)

    def frames(self, n: int) -> list[Item]:
        """The next packets of the readout."""
        packets: list[Item] = []
        for number in range(self.sent, self.sent + n):
            frame, sequence = divmod(number, FRAME_PACKETS)
            last = sequence == FRAME_PACKETS - 1
            kind, size = (DATA, 768) if number % 10 == 0 else (EVENT, 54)
            header = FeeHeader(0x50, FEE_DATA, size, 3, last, 1, 0, kind, frame & 0xFFFF, sequence)
            packets.append(SpwPacket(header.to_bytes() + bytes(size)))
        self.sent += n
        return packets

    def _clock(self, code: TimeCode) -> None:
        self.ticks += 1
        if self._tick is not None and not code.follows(self._tick):
            self.unexpected_ticks += 1
        self._tick = code
