# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A plan of faults at work on what crosses a link: without I/O, and time [ns] is an argument.

The same plan, seed and packets give the same faults, however the packets come in stretches; only
what a plan ties to the time depends on it. A fault that cannot fall on the packet that it is due on
falls on the next one that matches.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode, path_bytes
from hil.faults.acts import ACTS, Detail, class_of
from hil.faults.plan import DIRECTIONS, Direction, Plan, Rule
from hil.link import ITEM_BYTES, memory_bytes

#: delayed and overtaken packets of one direction; no more are held back
MAX_HELD = 1024
MAX_HELD_BYTES = (4 << 20) + MAX_HELD * ITEM_BYTES


@dataclass(frozen=True)
class Injection:
    """One fault that was injected. ``item``: the packet or time-code it fell on, counted from 1
    in its direction; ``fault``: which of the plan's, from 1."""

    time_ns: int  # since the start
    direction: Direction
    item: int
    fault: int
    kind: str
    detail: Detail
    seed: int

    def to_json(self) -> dict[str, Any]:
        """What a line of the log holds."""
        place = {"time_ns": self.time_ns, "direction": self.direction, "item": self.item}
        return place | {"kind": self.kind, **self.detail, "fault": self.fault, "seed": self.seed}


class _Armed:
    """One rule in one direction: how many matches are left until it is due."""

    def __init__(self, number: int, rule: Rule, seed: int, direction: Direction) -> None:
        self.number, self.rule = number, rule
        self.random = Random(f"{seed} {direction} {number}")  # noqa: S311 (repeatable)
        self.filtered = (rule.frame, rule.status, rule.between_s) != (None, None, None)
        self.left = rule.number or 0
        if rule.number is None:
            self.rearm()

    def rearm(self) -> None:
        """Until it is due again; one of a single packet stays below zero for ever."""
        if self.rule.every is not None:
            self.left = self.rule.every
        elif self.rule.number is not None:
            self.left = 0
        elif self.rule.chance < 1:
            log = math.log(1 - self.random.random())
            self.left = 1 + int(log / math.log1p(-self.rule.chance))
        else:
            self.left = 1

    def matches(self, item: Item, elapsed_ns: int) -> bool:
        """Whether its conditions hold for an item of its classes."""
        rule = self.rule
        if rule.between_s is not None:
            first, behind = rule.between_s
            if not first * 1e9 <= elapsed_ns < behind * 1e9:
                return False
        if (rule.frame is None and rule.status is None) or isinstance(item, TimeCode):
            return True
        start = path_bytes(item.data)
        if rule.frame is not None:
            return int.from_bytes(item.data[start + 6 : start + 8], "big") == rule.frame
        return item.data[start + 3 : start + 4] == bytes([rule.status or 0])


class Way:
    """Faults of one direction. Holds at most MAX_HELD packets, MAX_HELD_BYTES, besides what a
    stall keeps back: ``stalled_bytes``."""

    def __init__(
        self, plan: Plan, direction: Direction, start_ns: int, report: Callable[[Injection], None]
    ) -> None:
        self.lost = 0  # held back, or in one stretch with it, when the link was cut
        self.cut = False  # a disconnect is due: whoever has the link closes it
        self.stalled_bytes = 0
        self._direction, self._seed = direction, plan.seed
        self._start_ns, self._report = start_ns, report
        self.count = 0  # items that came
        self._by_class: dict[str, list[_Armed]] = {}
        for number, rule in enumerate(plan.rules, 1):
            if rule.direction in (None, direction):
                armed = _Armed(number, rule, plan.seed, direction)
                for each in rule.classes:
                    self._by_class.setdefault(each, []).append(armed)
        self._late: list[tuple[int, int, Item]] = []  # due [ns], item number
        self._overtaken: list[tuple[int, int, Item]] = []  # behind which item
        self._held_bytes = 0
        self._stalled_until: int | None = None
        self._stalled: list[Item] = []
        self._target: list[Item] = []  # where what comes out goes

    def feed(self, items: Sequence[Item], now_ns: int) -> Sequence[Item]:
        """Take what comes; what goes on at once."""
        if not self._by_class:
            self.count += len(items)
            return items
        if self.cut:
            self.lost += len(items)
            return []
        out = self.release(now_ns)
        if self._stalled_until is None:
            self._target = out
        by_class, stalled = self._by_class, len(self._stalled)
        for number, item in enumerate(items, 1):
            self.count += 1
            armed = by_class.get(
                class_of(item.data) if isinstance(item, SpwPacket) else "time-code"
            )
            due = [] if armed is None else self._due(armed, item, now_ns)
            if not due:
                self._target.append(item)
            else:
                self._inject(due, item, now_ns)
            if self._overtaken:
                self._let_on(self._overtaken, self.count)
            if self.cut:
                self.lost += len(items) - number
                break
        if self._stalled_until is not None:
            self.stalled_bytes += memory_bytes(self._stalled[stalled:])
        self._target = self._stalled
        return out

    @property
    def active(self) -> bool:
        """Whether the plan has faults for it."""
        return bool(self._by_class)

    @property
    def stalled(self) -> bool:
        """Whether nothing goes on."""
        return self._stalled_until is not None

    def due_ns(self) -> int | None:
        """When ``release`` has something."""
        if self._stalled_until is not None:
            return self._stalled_until
        return self._late[0][0] if self._late else None

    def release(self, now_ns: int) -> list[Item]:
        """What was held back until now."""
        if self._stalled_until is not None and now_ns < self._stalled_until:
            self._target = self._stalled
            return []
        out, self._stalled = self._stalled, []
        self._stalled_until, self.stalled_bytes = None, 0
        if self._late:
            self._target = out
            self._let_on(self._late, now_ns)
        self._target = self._stalled
        return out

    def flush(self) -> list[Item]:
        """All that is held back, in order: the link ends."""
        self._target = out = self._stalled
        self._stalled, self._stalled_until, self.stalled_bytes = [], None, 0
        self._let_on(self._overtaken, math.inf)
        self._let_on(self._late, math.inf)
        self._target = self._stalled
        return out

    def clear(self) -> None:
        """The link is gone, and with it what was held back."""
        self.lost += len(self.flush())
        self.cut = False

    def _due(self, armed: list[_Armed], item: Item, now_ns: int) -> list[_Armed]:
        due = []
        for each in armed:
            if each.filtered and not each.matches(item, now_ns - self._start_ns):
                continue
            each.left -= 1
            if each.left == 0:
                due.append(each)
        return due

    def _inject(self, due: list[_Armed], item: Item, now_ns: int) -> None:
        """The first that can acts; others wait for the next item that matches."""
        detail: Detail | None = None
        for each in due:
            if detail is None and (detail := self._act(each, item, now_ns)) is not None:
                elapsed = now_ns - self._start_ns
                place = (elapsed, self._direction, self.count, each.number, each.rule.kind)
                self._report(Injection(*place, detail, self._seed))
                each.rearm()
            else:
                each.left = 1
        if detail is None:
            self._target.append(item)

    def _act(self, armed: _Armed, item: Item, now_ns: int) -> Detail | None:
        """Let the item through as the fault has it; None where that cannot be."""
        rule, target = armed.rule, self._target
        match rule.kind:
            case "drop":
                return {}
            case "disconnect":
                self.cut = True
                self.lost += 1
                return {}
            case "duplicate":
                target += [item, item]
                return {}
            case "reorder":
                return self._hold(self._overtaken, self.count + rule.value, item, by=rule.value)
            case "delay":
                due = now_ns + rule.value * 1_000_000
                return self._hold(self._late, due, item, ms=rule.value)
            case "stall":
                until = now_ns + rule.value * 1_000_000
                self._stalled_until = max(self._stalled_until or 0, until)
                self._target = self._stalled
                self._target.append(item)
                return {"ms": rule.value}
            case "babble":
                seed = armed.random.getrandbits(32)
                target.append(item)
                target += babble(seed, rule.value, rule.size_bytes)
                return {"packets": rule.value, "bytes": rule.size_bytes, "random": seed}
        if isinstance(item, TimeCode):
            target.append(TimeCode((item.count + rule.value) & 0x3F, item.flags))
            return {"by": rule.value}
        if (changed := ACTS[rule.kind](item, armed.random)) is None:
            return None
        target.append(changed[0])
        return changed[1]

    def _hold(
        self, heap: list[tuple[int, int, Item]], key: int, item: Item, **detail: int
    ) -> Detail | None:
        size = memory_bytes([item])
        full = len(self._late) + len(self._overtaken) >= MAX_HELD
        if full or self._held_bytes + size > MAX_HELD_BYTES:
            return None
        self._held_bytes += size
        heapq.heappush(heap, (key, self.count, item))
        return detail

    def _let_on(self, heap: list[tuple[int, int, Item]], key: float) -> None:
        while heap and heap[0][0] <= key:
            item = heapq.heappop(heap)[2]
            self._held_bytes -= memory_bytes([item])
            self._target.append(item)


def babble(seed: int, packets: int, size_bytes: int) -> list[Item]:
    """What a babbling node sends: the log tells the seed."""
    random = Random(seed)  # noqa: S311 (repeatable)
    return [SpwPacket(random.randbytes(size_bytes)) for _ in range(packets)]


class Injector:
    """A plan at work in both directions, for one link at a time; it goes on where the link is
    lost and another takes its place. seed: instead of the plan's."""

    def __init__(
        self,
        plan: Plan,
        *,
        start_ns: int,
        seed: int | None = None,
        log: Callable[[Injection], None] | None = None,
    ) -> None:
        self.plan = plan if seed is None else Plan(plan.rules, seed)
        self.counts: Counter[str] = Counter()  # injections by kind
        self._log = log
        a_to_b, b_to_a = (
            Way(self.plan, direction, start_ns, self._report) for direction in DIRECTIONS
        )
        self.a_to_b, self.b_to_a = a_to_b, b_to_a

    def clear(self) -> None:
        """The link is gone."""
        self.a_to_b.clear()
        self.b_to_a.clear()

    @property
    def lost(self) -> int:
        """Items that were under way when the link was cut."""
        return self.a_to_b.lost + self.b_to_a.lost

    def _report(self, injection: Injection) -> None:
        self.counts[injection.kind] += 1
        if self._log is not None:
            self._log(injection)
