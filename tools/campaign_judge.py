# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What became of each injected fault of a campaign: who found it, or why it does no harm.

One side of the judge sees what goes into the faulty link and what comes out, packet by packet, and
what the party that takes it counts then. The other is a plain model of the FEE stream's account.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable

from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.faults.injection import Injection

#: items of a direction that are under way at one time, at most
_UNDER_WAY = 20_000
#: kinds whose packet comes out as another, or besides
_FOREIGN = (
    *("truncate", "eep", "bit-flip", "header-crc", "data-crc", "wrong-key"),
    *("wrong-transaction", "duplicate", "babble", "time-code-jump"),
)
HARMLESS, NO_CHECK, SILENT = "harmless", "no check there", "SILENT"


class Watch:
    """One direction of the faulty link."""

    def __init__(self) -> None:
        self.n_in = 0
        self._numbers: dict[int, Item] = {}
        self._untouched: dict[int, Item] = {}  # by identity
        self._foreign: deque[Injection] = deque()
        self._held: dict[int, Injection] = {}

    def went_in(self, items: Iterable[Item]) -> None:
        for item in items:
            self.n_in += 1
            self._numbers[self.n_in] = self._untouched[id(item)] = item
            self._numbers.pop(self.n_in - _UNDER_WAY, None)

    def injected(self, injection: Injection) -> Item:
        """The item that a fault fell on."""
        item = self._numbers[injection.item]
        if injection.kind in ("reorder", "delay"):
            self._held[id(item)] = injection
        elif injection.kind in _FOREIGN:
            self._foreign.extend([injection] * injection.detail.get("packets", 1))
            if injection.kind not in ("duplicate", "babble"):
                del self._untouched[id(item)]
        elif injection.kind in ("drop", "disconnect"):
            del self._untouched[id(item)]
        return item

    def came_out(self, item: Item) -> Injection | None:
        """The fault that has to do with an item, if one has."""
        if self._untouched.pop(id(item), None) is None:
            return self._foreign.popleft()
        return self._held.pop(id(item), None)

    def cut(self, n_in: int) -> list[Injection]:
        """The link is gone, and n_in items came to its faults; those of what was under way."""
        self.n_in = n_in
        bursts = {each.item: each for each in self._foreign}
        faults = [*bursts.values(), *self._held.values()]
        self._untouched.clear()
        self._foreign.clear()
        self._held.clear()
        return faults

    @property
    def left(self) -> int:
        """What went in and neither came out nor was told to be lost."""
        return len(self._untouched) + len(self._foreign) + len(self._held)


class Verdicts:
    """One for each injection: kind, who, what."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self._bursts: set[tuple[str, int]] = set()  # that have theirs

    def give(self, injection: Injection, who: str, what: str) -> None:
        """The first verdict on a burst counts for all of it."""
        if injection.kind == "babble":
            burst = injection.direction, injection.item
            if burst in self._bursts:
                return
            self._bursts.add(burst)
        self.counts[injection.kind, who, what] += 1


class FeeModel:
    """The account of FEE packets, once more: what the reception has to count."""

    OPEN, MTU_BYTES = 4, 0x4004

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self.last: dict[int, int] = {}  # frame -> highest sequence counter that came
        self._open: OrderedDict[int, tuple[int, set[int]]] = OrderedDict()  # next, missing

    def take(self, packet: SpwPacket) -> str:
        """What is wrong with a packet, or how it fits in: missing, late, repeated or nothing."""
        why = self._refusal(packet)
        if why:
            self.refused[why] += 1
            return why
        frame, sequence = (int.from_bytes(packet.data[at : at + 2], "big") for at in (6, 8))
        self.totals["packets"] += 1
        if frame not in self._open:
            if len(self._open) == self.OPEN:
                self._open.popitem(last=False)
            self._open[frame] = (0, set())
            self.totals["frames"] += 1
        following, missing = self._open[frame]
        ahead = (sequence - following) & 0xFFFF
        position = following + (ahead if ahead < 0x8000 else ahead - 0x10000)
        if position >= following:
            missing.update(range(following, position))
            self.totals["missing"] += position - following
            self._open[frame] = (position + 1, missing)
            self.last[frame] = max(position, self.last.get(frame, 0))
            return "missing" if position > following else ""
        if position in missing:
            missing.remove(position)
            self.totals["missing"] -= 1
            self.totals["late"] += 1
            return "late"
        self.totals["repeated"] += 1
        return "repeated"

    def _refusal(self, packet: SpwPacket) -> str:
        data = packet.data
        if packet.eep:
            return "eep"
        if len(data) < 10:
            return "short"
        if len(data) > self.MTU_BYTES:
            return "oversize"
        if data[0] != 0x50:
            return "wrong address"
        return "" if int.from_bytes(data[2:4], "big") + 10 == len(data) else "wrong length"
