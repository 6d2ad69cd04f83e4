# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What of the telemetry fits, what is dropped, and how late it arrives."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fsw_emu.contact.plan import Pass, Plan, Product
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


@dataclass(frozen=True)
class Budget:
    """The result of a simulation: by product, and over time."""

    tallies: Mapping[str, Tally]
    waiting: Mapping[str, float]  # bytes at the end
    times_h: Sequence[float]
    stored_mbytes: Sequence[float]
    alarms: Sequence[tuple[float, float | None]]  # (storm's start [h], received [h])
    passes: Sequence[Pass]


class MassMemory:
    """Queues by priority. Full, it drops the oldest of the lowest priority."""

    def __init__(self, products: Sequence[Product], capacity: float) -> None:
        self._products = products
        self._capacity = capacity
        self._queues: dict[str, deque[list[float]]] = {p.name: deque() for p in products}
        self.tallies = {p.name: Tally() for p in products}
        self.stored = 0.0

    def put(self, name: str, made_s: float, size: float) -> None:
        """Store what was made at a time."""
        if size <= 0:
            return
        self.tallies[name].made += size
        self._queues[name].append([made_s, size])
        self.stored += size
        for product in reversed(self._products):
            queue = self._queues[product.name]
            while queue and self.stored > self._capacity:
                self.stored -= queue[0][1]
                self.tallies[product.name].dropped += queue.popleft()[1]

    def send(self, now_s: float, size: float, products: Sequence[Product]) -> None:
        """Send as much as fits, the highest priority first, the oldest first."""
        for product in products:
            queue, tally = self._queues[product.name], self.tallies[product.name]
            while queue and size > 0:
                made_s, waiting = queue[0]
                part = min(waiting, size)
                size -= part
                self.stored -= part
                tally.sent += part
                tally.lateness.append((now_s - made_s, part))
                if part < waiting:
                    queue[0][1] = waiting - part
                else:
                    queue.popleft()

    def waiting(self) -> dict[str, float]:
        """Bytes by product."""
        return {name: sum(size for _, size in queue) for name, queue in self._queues.items()}


def simulate(plan: Plan, *, orbits: int = 2) -> Budget:
    """The plan from the first perigee on, frame by frame. ValueError for no orbit, or above 100."""
    if not 1 <= orbits <= 100:
        raise ValueError(f"{orbits} orbits: 1 to 100")
    memory = MassMemory(plan.products, plan.memory_mbytes * 1e6)
    passes = list(plan.passes(orbits))
    n = int(orbits * Orbit.nominal().period_s / plan.frame_s)
    begins = [int(storm.start_h * 3600 / plan.frame_s) for storm in plan.storms]
    times, stored, ahead = [], [], deque(passes)
    alarm_at = {begin + plan.alarm_after_frames for begin in begins}
    for i in range(n):
        begin = i * plan.frame_s
        end = begin + plan.frame_s
        for product in plan.products:
            size = product.bytes + product.bytes_event * _events(plan, begin)
            memory.put(product.name, end, size + product.bytes_alarm * (i in alarm_at))
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
    return Budget(
        memory.tallies, memory.waiting(), times, stored, _alarms(plan, memory.tallies), passes
    )


def _events(plan: Plan, at_s: float) -> float:
    """Of the frame that begins then."""
    factor = 1.0
    for storm in plan.storms:
        if storm.start_h <= at_s / 3600 < storm.start_h + storm.hours:
            factor = max(factor, storm.factor)
    return plan.events_s * plan.frame_s * factor


def _alarms(plan: Plan, tallies: Mapping[str, Tally]) -> list[tuple[float, float | None]]:
    """(start of each storm, when its alarm was received) [h]; alarms go down in order."""
    names = [product.name for product in plan.products if product.bytes_alarm]
    lateness = [seconds for seconds, _ in tallies[names[0]].lateness] if names else []
    found: list[tuple[float, float | None]] = []
    for i, start in enumerate(sorted(storm.start_h for storm in plan.storms)):
        made = start + (plan.alarm_after_frames + 1) * plan.frame_s / 3600
        found.append((start, made + lateness[i] / 3600 if i < len(lateness) else None))
    return found
