# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Change one operator of the flight code at a time and see which test notices.

Usage: mutants.py [-h] [--count N | --sample N | --only FILE[:LINE]] [--seed S] [--jobs N] [--list]

Changes are chosen by seed, evenly over all functions of c_src/src; those that do not compile, or
of which the compiler makes the same code, are replaced. Tables that tools write from a rule get
none: tests/unit/test_written.py compares them whole. The seed is 1; that of a sample comes from the
sources: another one when they change, the same for the same, and printed. Each change is built for
the host and for the LEON3 and put to the tests of the host's functions, of the chain and of the
emulated LEON3 until one fails. tests/mutants_equivalent.toml explains those that no test can tell;
a full run also plants the defects of tests/mutants_known.toml. All of them go to
build/mutants/mutants.csv.
A sample leaves out what is explained; one of fewer than 20, and --only, print and keep no evidence.
Exits 1 when less than 95 % are caught, a miss has no explanation, a mutant has no verdict or fewer
were planted than asked for; 2 for wrong use.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from mutant_build import Built, NoBuild, Workshop, build_unchanged
from mutant_judge import NoVerdict, Outcome, judge
from mutant_known import Defect, judge_known, known
from mutant_plant import ROOT, SOURCES, Mutant, candidates, queues
from mutant_report import (
    SAMPLE,
    KnownResult,
    Result,
    evidence,
    explanations,
    write_list,
)
from tqdm import tqdm

from fsw_emu.provenance import checkout
from fsw_emu.report.evidence import Evidence, Verdict, write

FOLDER = ROOT / "build/mutants"
COUNT = 220
COUNT_SEED = 1
A = TypeVar("A")
B = TypeVar("B")


def at_once(work: Callable[[A], B], things: Sequence[A], jobs: int, what: str) -> Iterable[B]:
    """Results in order, with progress."""
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(work, things)
        yield from tqdm(done, what, len(things), unit="mutant", leave=False, disable=None)


def build_mutant(mutant: Mutant, workshop: Workshop) -> Built | None:
    """None where it does not count: it does not compile, or to the same code."""
    try:
        text = (SOURCES / mutant.file).read_bytes()
        built = workshop.make(mutant.name, mutant.file, mutant.apply(text))
    except NoBuild:
        return None
    return None if built.library is None and built.program is None else built


def plant(
    units: Sequence[Sequence[Mutant]], count: int, workshop: Workshop, jobs: int
) -> list[tuple[Mutant, Built]]:
    """One mutant of each unit in turn, until there are enough or no more."""
    waiting = [iter(unit) for unit in units]

    def next_good(unit: Iterable[Mutant]) -> tuple[Mutant, Built] | None:
        for mutant in unit:
            if built := build_mutant(mutant, workshop):
                return mutant, built
        return None

    planted: list[tuple[Mutant, Built]] = []
    while waiting and len(planted) < count:
        turn = waiting[: count - len(planted)]
        found = list(at_once(next_good, turn, jobs, "planting"))
        planted += [pair for pair in found if pair]
        rest = [unit for unit, pair in zip(turn, found, strict=True) if pair]
        waiting = waiting[len(turn) :] + rest
    return planted


def check_unchanged(workshop: Workshop, loops: Sequence[str], jobs: int) -> None:
    """Tests that fail on the unchanged core too tell nothing; NoVerdict."""

    def one(loop: str) -> Outcome:
        return judge(workshop.unchanged, "", workshop.folder, [loop])[1]

    for loop, outcome in zip(loops, at_once(one, loops, jobs, "unchanged"), strict=True):
        if outcome.caught:
            raise NoVerdict(f"{loop}: {outcome.test} {outcome.how} on the unchanged core")


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def judged(planted: Sequence[tuple[Mutant, Built]], workshop: Workshop, jobs: int) -> list[Result]:
    """What came of each; one that the tests cannot judge takes no other along."""

    def one(pair: tuple[Mutant, Built]) -> Result:
        start = time.monotonic()
        loop, outcome, error = "", Outcome(), ""
        try:
            loop, outcome = judge(pair[1], pair[0].file, workshop.folder)
        except (NoVerdict, OSError) as found:
            error = first_line(found)
        return Result(pair[0], loop, outcome, time.monotonic() - start, error)

    return list(at_once(one, planted, jobs, "judging"))


def judged_known(defects: Sequence[Defect], workshop: Workshop, jobs: int) -> list[KnownResult]:
    def one(defect: Defect) -> KnownResult:
        try:
            return KnownResult(defect, *judge_known(defect, workshop))
        except (NoVerdict, NoBuild) as error:
            return KnownResult(defect, "", Outcome(), first_line(error))

    return list(at_once(one, defects, jobs, "known"))


def only(found: Iterable[Mutant], place: str) -> list[Mutant]:
    """Those of FILE or FILE:LINE."""
    file, _, line = place.partition(":")
    return [m for m in found if m.file == file and line in ("", str(m.line))]


def run(args: argparse.Namespace, there: Sequence[Mutant]) -> Evidence:
    """Plant, judge, tell; NoBuild, NoVerdict, OSError, ValueError."""
    explained = explanations()
    order = COUNT_SEED if args.sample else args.seed
    units = queues(only(there, args.only) if args.only else there, order)
    count = args.sample or args.count
    if args.only:
        count = len(there)
    asked = 1 if args.only else count
    if args.sample:  # of the full run's, whose misses are known; those explained take the longest
        units = units[: args.count]
        units = [unit for unit in units if unit and unit[0].key not in explained]
        random.Random(args.seed).shuffle(units)  # noqa: S311
    build_unchanged()
    workshop = Workshop.open(FOLDER)
    planted = plant(units, count, workshop, args.jobs)
    results = judged(planted, workshop, args.jobs)
    write_list(results, FOLDER / "mutants.csv")
    check_unchanged(workshop, sorted({r.loop for r in results if r.loop}), args.jobs)
    whole = not (args.sample or args.only)
    defects, without = known() if whole else ([], {})
    found = judged_known(defects, workshop, args.jobs)
    keys = {mutant.key for mutant in there}
    name = "mutants" if whole else "mutant-sample"
    return evidence(name, results, found, without, explained, keys, asked=asked, seed=args.seed)


def seed_of(sources: str) -> int:
    """The seed of a sample: another one for other sources; 1 where their hash is not known."""
    return int(sources[:8], 16) if sources else 1


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def tell(made: Evidence) -> None:
    for name, value in made.figures.items():
        print(f"{name}: {value}")
    for table in made.tables:
        print(f"\n{table.title}")
        for row in table.rows:
            print("  " + " | ".join(row))
    for line in made.findings:
        print(f"FINDING {line}")
    print(f"\n{made.verdict}: {made.said}")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("--count", type=positive, default=COUNT, help=f"default: {COUNT}")
    how_many.add_argument("--sample", type=positive, metavar="N", help="some, not those explained")
    how_many.add_argument("--only", metavar="FILE[:LINE]", help="all of a place; no evidence")
    parser.add_argument("--seed", type=int, help="default: 1; of a sample: by the sources")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, help="at a time")
    parser.add_argument("--list", action="store_true", help="say what could be planted")
    args = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as others end before `head`
    there = candidates()
    chosen = only(there, args.only) if args.only else there
    if not chosen:
        print(f"mutants: --only {args.only}: nothing can be planted there", file=sys.stderr)
        return 2
    if args.seed is None:
        args.seed = seed_of(checkout().tree) if args.sample else COUNT_SEED
    if args.list:
        for mutant in itertools.chain.from_iterable(queues(chosen, args.seed)):
            print(f"{mutant.name} {mutant.where} {mutant.function}: {mutant.told}")
        return 0
    if args.sample:
        print(f"sample of {args.sample}: --seed {args.seed}", flush=True)
    start = time.monotonic()
    try:
        made = run(args, there)
    except (NoBuild, NoVerdict, OSError, ValueError, KeyError) as error:
        made = Evidence("mutant-sample" if args.sample else "mutants", Verdict.ERROR, str(error))
    made = replace(made, seconds=round(time.monotonic() - start, 1))
    if not args.only and (args.sample is None or args.sample >= SAMPLE):
        write(made)
    tell(made)
    return 0 if made.verdict is Verdict.PASS else 1


if __name__ == "__main__":
    sys.exit(main())
