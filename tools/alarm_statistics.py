# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""How soon the quick look tells of a storm, and how often of none.

Usage: alarm_statistics.py [-h] [--quiet N] [--drawn N] [--model N] [--onsets N] [--limit N]
                           [--json FILE]

Renders N quiet readouts of the detailed scene and runs the quick look over them: alarms are false
ones, and their number bounds how often they come. So does it over many more drawn from them at
random, which bounds nothing: they hold no readout rarer than one in those rendered; and over a
model: Poisson counts of the mean of each node, each event where a rendered one lay. That bounds
what is rarer, as far as the model holds.

Then N times each: it learns from quiet readouts, and the pressure of the solar wind rises by a
factor, at once, over the same detector. The delay is how many brighter readouts it takes until one
has the alarm.
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
SEED, STORM = 1, 100  # of the one detector; readouts rendered of each storm
FILTER = {"centre_max": 1100, "ring_sum_max": 4600, "ring_max": 525}  # pedestal 500: SPEC FILT-10
Events = list[tuple[NDArray[Any], NDArray[np.bool_]]]  # of each node, and which are kept


def readouts(core: Core, n: int, first: int, changes: dict[str, float]) -> Iterator[Events]:
    """What the flight rule finds and keeps in each; no two calls have a readout in common, if
    first says so, but all have the same hot pixels and fixed pattern."""
    scene = DetailedScene(preset("quiet", changes), seed=SEED, first=first)
    for index in range(n):
        found = []
        for frame in scene.exposure(index).frames:
            events = core.detect_events(frame, threshold=25).records
            found.append((events, core.filter_events(events, **FILTER).keep))
        yield found


def modelled(quiet: list[Events], n: int) -> Iterator[Events]:
    """Readouts of independent events: Poisson counts, places of those rendered."""
    rng, pools = np.random.default_rng(5), []
    for node in range(len(quiet[0])):
        pools.append(np.concatenate([nodes[node][0][nodes[node][1]] for nodes in quiet]))
    for _ in range(n):
        found = []
        for pool in pools:
            size = int(rng.poisson(len(pool) / len(quiet)))
            events = pool[rng.integers(max(len(pool), 1), size=size)]
            found.append((events, np.ones(size, np.bool_)))
        yield found


def false_alarms(core: Core, quiet: Iterable[Events], limit: int) -> dict[str, int]:
    """Alarms in quiet readouts, by kind; judged: readouts that could have one."""
    look = core.quick_look(learn=LEARN, limit=limit)
    told = dict.fromkeys(("readouts", "judged", "alarms", "rate", "place"), 0)
    for i, nodes in enumerate(quiet):
        product = see(core, look, nodes, i)
        told["readouts"] += 1
        told["judged"] += not product.learning
        told["alarms"] += product.rate_alarm or product.place_alarm
        told["rate"] += product.rate_alarm
        told["place"] += product.place_alarm
    return told


def most_a_day(told: dict[str, int]) -> float:
    """How often alarms may come and yet be so few, in one case of 20, if each readout had its own
    luck; infinite without a readout that could have one."""
    a_day = 86_400 / preset("quiet").period_s
    return a_day * poisson_upper(told["alarms"]) / told["judged"] if told["judged"] else math.inf


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


def measure_quiet(
    core: Core, quiet: list[Events], n_drawn: int, n_model: int, limit: int
) -> dict[str, Any]:
    """False alarms of readouts as rendered, drawn again from them, and of the model; says so."""
    counts = np.array([kept(nodes) for nodes in quiet])
    spread = float(counts.var() / max(counts.mean(), 1e-9))
    print(f"{len(quiet)} quiet readouts: {counts.mean():.1f} events, variance / mean {spread:.2f}")
    chosen = np.random.default_rng(4).integers(len(quiet), size=n_drawn)
    told = {
        "rendered": false_alarms(core, quiet, limit),
        "drawn": false_alarms(core, (quiet[i] for i in chosen), limit),
        "model": false_alarms(core, modelled(quiet, n_model), limit),
    }
    names = {
        "rendered": "as rendered",
        "drawn": f"redraws of these {len(quiet)}",
        "model": "of the model, Poisson counts of that mean",
    }
    found: dict[str, Any] = {"mean": float(counts.mean()), "variance_over_mean": spread}
    for name, said in told.items():
        found[name] = dict(said)
        line = f"{said['readouts']} {names[name]}: {said['rate']} alarms of the rate, "
        line += f"{said['place']} of the place"
        if name != "drawn":
            found[name]["upper_95_per_day"] = most_a_day(said)
            line += f"; at most {most_a_day(said):.3g} a day (95 %)"
        print(line)
    return found


def measure_onsets(core: Core, quiet: list[Events], n: int, limit: int) -> dict[str, Any]:
    """Delays of the alarm by factor; says so."""
    told: dict[str, Any] = {}
    for k, factor in enumerate(FACTORS):
        changes = {"sky.onset_factor": factor}
        storm = list(readouts(core, STORM, len(quiet) + k * STORM, changes))
        found = delays(core, quiet, storm, n, limit)
        seen = sorted(d for d in found if d)
        rise = float(np.mean([kept(r) for r in storm]) / np.mean([kept(r) for r in quiet]))
        told[str(factor)] = {"trials": len(found), "events": rise, "delays": found}
        late = f"median {seen[len(seen) // 2]}, longest {seen[-1]} readouts" if seen else "never"
        print(f"pressure x {factor}: events x {rise:.2f}; {len(seen)} of {len(found)} told, {late}")
    return told


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default, what in (
        ("--quiet", 2000, "readouts rendered"),
        ("--drawn", 200_000, "readouts drawn from them"),
        ("--model", 200_000, "readouts of the model"),
        ("--onsets", 100, "of each factor"),
        ("--limit", 100, "of the score"),
    ):
        said = f"{what}; default {default:,}"
        parser.add_argument(name, type=int, default=default, metavar="N", help=said)
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same figures")
    args = parser.parse_args(arguments)
    if args.quiet < 2 * LEARN or min(args.onsets, args.drawn, args.model) < 1:
        parser.error(f"at least {2 * LEARN} quiet readouts, and one of all else")
    core = default_core()
    quiet = list(tqdm(readouts(core, args.quiet, 0, {}), "quiet", args.quiet, disable=None))
    told = {"quiet": measure_quiet(core, quiet, args.drawn, args.model, args.limit)}
    told["onsets"] = measure_onsets(core, quiet, args.onsets, args.limit)
    if args.json:
        write_atomic(args.json, (json.dumps(told, indent=1) + "\n").encode())
    return 0


def kept(nodes: Events) -> int:
    return sum(int(keep.sum()) for _, keep in nodes)


if __name__ == "__main__":
    sys.exit(main())
