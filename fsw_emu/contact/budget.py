# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What of the telemetry fits, what is dropped, and how late it arrives."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fsw_emu.contact.plan import Pass, Plan, Product, StormTime
from fsw_emu.world.orbit import Orbit

#: products that a contact for alerts takes: those of the two highest priorities
ALERT_PRODUCTS = 2


@dataclass
class Tally:
    """What became of one product. lateness: (seconds from made to received, bytes)."""

    made: float = 0.0
    sent: float = 0.0
    dropped: float = 0.0
    lateness: list[tuple[float, float]] = field(default_factory=list)

    def late_s(self, part: float) -> float | None:
        """Within which time that part of the bytes sent arrived; None when nothing was sent."""
        if not self.lateness:
            return None
        ordered = sorted(self.lateness)
        wanted, so_far = part * sum(n for _, n in ordered), 0.0
        for seconds, n in ordered:
            so_far += n
            if so_far >= wanted:
                return seconds
        return ordered[-1][0]


class Fate(StrEnum):
    """What becomes of the alarm of a storm."""

    RECEIVED = "received"
    WAITING = "still on board at the end"
    DROPPED = "dropped on board"
    BEYOND = "beyond the simulation"
    NONE = "none: too faint a rise, or too short"
    NO_PRODUCT = "none: no product of the plan is one"


@dataclass(frozen=True)
class Alarm:
    """Of the storm that begins then; received_h: when its last byte is, None if it is not."""

    storm_h: float
    fate: Fate
    received_h: float | None = None


@dataclass(frozen=True)
class Budget:
    """The result of a simulation: by product, and over time."""

    tallies: Mapping[str, Tally]
    waiting: Mapping[str, float]  # bytes at the end
    times_h: Sequence[float]
    stored_mbytes: Sequence[float]
    alarms: Sequence[Alarm]  # of each storm, in order
    passes: Sequence[Pass]


@dataclass
class _Stored:
    made_s: float
    size: float
    alarm: int | None


class MassMemory:
    """Queues by priority. Full, it drops the oldest of the lowest priority.

    received: when the last byte of each alarm was [s]; dropped: alarms of which bytes were."""

    def __init__(self, products: Sequence[Product], capacity: float) -> None:
        self._products = products
        self._capacity = capacity
        self._queues: dict[str, deque[_Stored]] = {p.name: deque() for p in products}
        self.tallies = {p.name: Tally() for p in products}
        self.stored = 0.0
        self.received: dict[int, float] = {}
        self.dropped: set[int] = set()

    def put(self, name: str, made_s: float, size: float, alarm: int | None = None) -> None:
        """Store what was made at a time; alarm: which one it is, if it is one."""
        if size <= 0:
            return
        self.tallies[name].made += size
        self._queues[name].append(_Stored(made_s, size, alarm))
        self.stored += size
        for product in reversed(self._products):
            queue = self._queues[product.name]
            while queue and self.stored > self._capacity:
                oldest = queue.popleft()
                self.stored -= oldest.size
                self.tallies[product.name].dropped += oldest.size
                if oldest.alarm is not None:
                    self.dropped.add(oldest.alarm)

    def send(self, now_s: float, size: float, products: Sequence[Product]) -> None:
        """Send as much as fits, the highest priority first, the oldest first."""
        for product in products:
            queue, tally = self._queues[product.name], self.tallies[product.name]
            while queue and size > 0:
                oldest = queue[0]
                part = min(oldest.size, size)
                size -= part
                self.stored -= part
                tally.sent += part
                tally.lateness.append((now_s - oldest.made_s, part))
                if part < oldest.size:
                    oldest.size -= part
                    continue
                queue.popleft()
                if oldest.alarm is not None:
                    self.received[oldest.alarm] = now_s

    def waiting(self) -> dict[str, float]:
        """Bytes by product."""
        return {name: sum(each.size for each in queue) for name, queue in self._queues.items()}


def simulate(plan: Plan, *, orbits: int = 2) -> Budget:
    """The plan from the first perigee on, frame by frame. ValueError for no orbit, or above 100."""
    if not 1 <= orbits <= 100:
        raise ValueError(f"{orbits} orbits: 1 to 100")
    memory = MassMemory(plan.products, plan.memory_mbytes * 1e6)
    passes = list(plan.passes(orbits))
    n = int(orbits * Orbit.nominal().period_s / plan.frame_s)
    storms = sorted(plan.storms, key=lambda storm: storm.start_h)
    told = [_alarm_frame(plan, storm) for storm in storms]
    alarm_product = next((each for each in plan.products if each.bytes_alarm), None)
    times, stored, ahead = [], [], deque(passes)
    for i in range(n):
        begin = i * plan.frame_s
        end = begin + plan.frame_s
        for product in plan.products:
            if i in told:  # ahead of what else the frame makes
                which = i if product is alarm_product else None
                memory.put(product.name, end, product.bytes_alarm, which)
            size = product.bytes + product.bytes_event * _events(plan, begin)
            memory.put(product.name, end, size)
        while ahead and ahead[0].begin_s < end:
            contact = ahead[0]
            seconds = min(end, contact.end_s) - max(begin, contact.begin_s)
            allowed = plan.products[: ALERT_PRODUCTS if contact.alert else None]
            memory.send(end, seconds * contact.bit_s / 8, allowed)
            if contact.end_s > end:
                break
            ahead.popleft()
        if i % 30 == 0:
            times.append(begin / 3600)
            stored.append(memory.stored / 1e6)
    alarms = [
        _alarm(plan, memory, storm, frame, n) for storm, frame in zip(storms, told, strict=True)
    ]
    return Budget(memory.tallies, memory.waiting(), times, stored, alarms, passes)


def _factor(plan: Plan, at_s: float) -> float:
    """How many times as often as in quiet events come in the frame that begins then."""
    under_way = (s for s in plan.storms if s.start_h <= at_s / 3600 < s.start_h + s.hours)
    return max((1.0, *(storm.factor for storm in under_way)))


def _events(plan: Plan, at_s: float) -> float:
    """Of the frame that begins then."""
    return plan.events_s * plan.frame_s * _factor(plan, at_s)


def _alarm_frame(plan: Plan, storm: StormTime) -> int | None:
    """The frame that has a storm's alarm; None where the rise is too small, or over by then.

    Storms that begin within one frame have one alarm."""
    begin = int(storm.start_h * 3600 / plan.frame_s)
    told = begin + plan.alarm_after_frames
    before = _factor(plan, begin * plan.frame_s - plan.frame_s)
    ends_s = (storm.start_h + storm.hours) * 3600
    if storm.factor < plan.alarm_factor * before or ends_s <= told * plan.frame_s:
        return None
    return told


def _alarm(plan: Plan, memory: MassMemory, storm: StormTime, frame: int | None, n: int) -> Alarm:
    if storm.start_h * 3600 >= n * plan.frame_s:
        return Alarm(storm.start_h, Fate.BEYOND)
    if frame is None:
        return Alarm(storm.start_h, Fate.NONE)
    if frame >= n:
        return Alarm(storm.start_h, Fate.BEYOND)
    if not any(product.bytes_alarm for product in plan.products):
        return Alarm(storm.start_h, Fate.NO_PRODUCT)
    if frame in memory.received:
        return Alarm(storm.start_h, Fate.RECEIVED, memory.received[frame] / 3600)
    return Alarm(storm.start_h, Fate.DROPPED if frame in memory.dropped else Fate.WAITING)
