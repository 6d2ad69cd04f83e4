# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How soon the quick look tells of a storm, and how often of none.

Usage: alarm_statistics.py [-h] [--quiet N] [--drawn N] [--onsets N] [--limit N] [--json FILE]

Renders N quiet readouts of the detailed scene and runs the quick look over them, and over many more
drawn from them at random: alarms are false ones. Then N times each: it learns from quiet readouts,
and the pressure of the solar wind rises by a factor, at once. The delay is how many brighter
readouts it takes until one has the alarm.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from fsw_emu.atomic import write_atomic
from fsw_emu.core import Core, default_core
from fsw_emu.scene.detailed import DetailedScene, preset

FACTORS = (2.0, 3.0, 5.0, 16.0)
LEARN, AFTER = 64, 40  # readouts of a trial
FILTER = {"centre_max": 1100, "ring_sum_max": 4600, "ring_max": 525}  # pedestal 500: SPEC FILT-10
Events = list[tuple[NDArray[Any], NDArray[np.bool_]]]  # of each node, and which are kept


def readouts(core: Core, n: int, seed: int, changes: dict[str, float]) -> Iterator[Events]:
    """What the flight rule finds and keeps in each."""
    scene = DetailedScene(preset("quiet", changes), seed=seed)
    for index in range(n):
        found = []
        for frame in scene.exposure(index).frames:
            events = core.detect_events(frame, threshold=25).records
            found.append((events, core.filter_events(events, **FILTER).keep))
        yield found


def false_alarms(core: Core, quiet: Iterable[Events], n: int, limit: int) -> dict[str, Any]:
    """Alarms in n quiet readouts, by kind."""
    look, rate, place = core.quick_look(learn=LEARN, limit=limit), 0, 0
    for i, nodes in enumerate(quiet):
        product = see(core, look, nodes, i)
        rate += product.rate_alarm
        place += product.place_alarm
    high = poisson_upper(rate + place)
    return {
        "readouts": n, "rate": rate, "place": place, "upper_95_per_day": high / n * 86400 / 4,
    }  # fmt: skip


def see(core: Core, look: Any, nodes: Events, index: int) -> Any:
    """One readout through the quick look."""
    for node, (events, keep) in enumerate(nodes):
        look.add(node, events, keep)
    return core.look_load(look.close(index & 0xFFFF))


def delays(core: Core, quiet: list[Events], storm: list[Events], n: int, limit: int) -> list[int]:
    """Readouts until the alarm in each of n onsets; 0 where none came within AFTER."""
    rng, found = np.random.default_rng(3), []
    for _ in range(n):
        look = core.quick_look(learn=LEARN, limit=limit)
        first = int(rng.integers(len(quiet) - LEARN - 16))
        calm = quiet[first : first + LEARN + 16]
        if any(p.rate_alarm or p.place_alarm for p in (see(core, look, r, 0) for r in calm)):
            continue  # a false alarm, counted elsewhere
        chosen = rng.integers(len(storm), size=AFTER)
        alarms = (see(core, look, storm[i], 0) for i in chosen)
        told = [i + 1 for i, p in enumerate(alarms) if p.rate_alarm or p.place_alarm]
        found.append(told[0] if told else 0)
    return found


def poisson_upper(count: int) -> float:
    """The rate that gives so few counts, or fewer, in one case of 20."""
    low, high = 0.0, count + 30.0
    for _ in range(60):
        rate = (low + high) / 2
        part = sum(
            math.exp(-rate + k * math.log(rate) - math.lgamma(k + 1)) for k in range(count + 1)
        )
        low, high = (rate, high) if part > 0.05 else (low, rate)
    return high


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quiet", type=int, default=2000, metavar="N", help="default 2000")
    parser.add_argument("--drawn", type=int, default=200_000, metavar="N", help="default 200,000")
    parser.add_argument(
        "--limit", type=int, default=100, metavar="N", help="of the score; default 100"
    )
    parser.add_argument("--onsets", type=int, default=100, metavar="N", help="of each; default 100")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same figures")
    args = parser.parse_args()
    if args.quiet < 2 * LEARN or args.onsets < 1:
        parser.error(f"at least {2 * LEARN} readouts and one onset")
    core = default_core()
    quiet = list(tqdm(readouts(core, args.quiet, 1, {}), "quiet", args.quiet, disable=None))
    drawn = (quiet[i] for i in np.random.default_rng(4).integers(len(quiet), size=args.drawn))
    told: dict[str, Any] = {"onsets": {}}
    for name, readouts_seen, n in (("quiet", quiet, len(quiet)), ("drawn", drawn, args.drawn)):
        said = told[name] = false_alarms(core, readouts_seen, n, args.limit)
        print(
            f"{said['readouts']} {name} readouts: {said['rate']} alarms of the rate, "
            f"{said['place']} of the place; at most {said['upper_95_per_day']:.2f} a day (95 %)"
        )
    for factor in FACTORS:
        changes = {"sky.onset_factor": factor}
        storm = list(readouts(core, 100, 2, changes))
        found = delays(core, quiet, storm, args.onsets, args.limit)
        seen = sorted(d for d in found if d)
        told["onsets"][str(factor)] = {"trials": len(found), "delays": found}
        rise = np.mean([kept(r) for r in storm]) / np.mean([kept(r) for r in quiet])
        late = f"median {seen[len(seen) // 2]}, longest {seen[-1]} readouts" if seen else "never"
        print(f"pressure x {factor}: events x {rise:.2f}; {len(seen)} of {len(found)} told, {late}")
    if args.json:
        write_atomic(args.json, (json.dumps(told, indent=1) + "\n").encode())
    return 0


def kept(nodes: Events) -> int:
    return sum(int(keep.sum()) for _, keep in nodes)


if __name__ == "__main__":
    sys.exit(main())
