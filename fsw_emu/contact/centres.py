# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Two science centres: each gets all dumps, in its own order and partly twice, and makes of them
the one stream that was sent."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import pairwise

from fsw_emu.packets.ccsds import COUNT_MODULO
from fsw_emu.packets.pus import Tm, read_tm

_Time = tuple[int, int]


@dataclass(frozen=True)
class Dump:
    """Packets of one pass, in the order of the onboard stream."""

    station: str
    packets: tuple[bytes, ...]


def dumps_of(
    packets: Sequence[bytes], stations: Sequence[str], *, seed: int, overlap: int = 50
) -> list[Dump]:
    """Cut a stream into twice as many dumps as there are stations, in turn; each begins up to
    overlap packets before the last one ended, as when a pass is repeated to be sure."""
    draw = random.Random(seed)  # noqa: S311 - a scenario, no secret
    n = 2 * len(stations)
    inner = sorted(draw.randrange(len(packets) + 1) for _ in range(n - 1))
    edges = [0, *inner, len(packets)]
    found = []
    for i, (first, last) in enumerate(pairwise(edges)):
        begin = max(first - draw.randrange(overlap + 1), 0)
        found.append(Dump(stations[i % len(stations)], tuple(packets[begin:last])))
    return found


def arrival(dumps: Sequence[Dump], own: Collection[str]) -> list[Dump]:
    """The dumps in the order in which a centre has them: its own stations' first."""
    return sorted(dumps, key=lambda dump: dump.station not in own)


@dataclass
class _Run:
    """Packets of one source in one dump; number: count as if it never began again."""

    begins: _Time
    packets: list[tuple[int, _Time, bytes]]


def merged(dumps: Iterable[Dump]) -> list[bytes]:
    """The packets of all dumps, each once, in one order that the order of dumps does not change:
    by time, source and sequence count. ValueError when two dumps disagree about a packet."""
    runs: dict[tuple[int, int], list[_Run]] = {}
    for dump in dumps:
        for source, run in _runs(dump).items():
            runs.setdefault(source, []).append(run)
    streams = []
    for source, found in sorted(runs.items()):
        placed = _place(source, found)
        streams.append([(time, source, number, placed[number][1])
                        for number, time in _times(placed)])  # fmt: skip
    return [packet for *_, packet in merge(*streams)]


def _times(placed: dict[int, tuple[_Time, bytes]]) -> Iterable[tuple[int, _Time]]:
    """Numbers in order, with times that never go back."""
    latest: _Time = (0, 0)
    for number in sorted(placed):
        latest = max(latest, placed[number][0])
        yield number, latest


def _runs(dump: Dump) -> dict[tuple[int, int], _Run]:
    runs: dict[tuple[int, int], _Run] = {}
    for packet in dump.packets:
        tm = read_tm(packet)
        source, time = (tm.primary.apid, tm.header.destination), _time(tm)
        run = runs.setdefault(source, _Run(time, []))
        number = tm.primary.count
        if run.packets:
            before = run.packets[-1][0]
            number = before + (number - before) % COUNT_MODULO
        run.packets.append((number, time, packet))
    return runs


def _place(source: tuple[int, int], runs: Sequence[_Run]) -> dict[int, tuple[_Time, bytes]]:
    """Number -> packet of one source. Runs follow each other by time, or overlap."""
    placed: dict[int, tuple[_Time, bytes]] = {}
    for run in sorted(runs, key=lambda run: (run.begins, run.packets[0][0])):
        first = run.packets[0][0]
        shift = 0
        if placed:
            expected = max(placed) + 1
            shift = round((expected - first) / COUNT_MODULO) * COUNT_MODULO
        for number, time, packet in run.packets:
            other = placed.setdefault(number + shift, (time, packet))
            if other[1] != packet:
                apid, count = source[0], number % COUNT_MODULO
                raise ValueError(f"two dumps disagree: APID {apid} count {count}")
    return placed


def _time(tm: Tm) -> _Time:
    return tm.header.time.coarse, tm.header.time.fine_us
