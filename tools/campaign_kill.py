#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Kill a campaign at random moments, and compare it with one that was left alone.

Usage: campaign_kill.py [-h] [--runs N] [--kills N] [--workers N] [--seed S] [--out DIR]

Every other kill takes the workers along, as a loss of power does; the others leave them behind.
Exit: 0 every run that was planned is there once, with a result, and all files of both are the same,
byte for byte, the page included; 1 not so; 2 wrong use.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SOON_S = 0.2
POLL_S = 0.01
ALGORITHMS = ("flight", "flight(threshold=40)")

#: what runs a campaign in a folder
Command = Callable[[Path], Sequence[str]]


@dataclass(frozen=True)
class Moment:
    """When to kill: so many runs are whole, and so long after."""

    runs: int
    seconds: float


@dataclass(frozen=True)
class Kills:
    """done: how many runs were whole at each kill."""

    done: tuple[int, ...]
    seconds: float  # of the campaign that was left alone
    faults: tuple[str, ...]


def examine(command: Command, folder: Path, *, runs: int, kills: int, rng: random.Random) -> Kills:
    """A campaign of so many runs left alone, then one killed so often; what is wrong with the
    second."""
    calm, killed = folder / "calm", folder / "killed"
    began = time.monotonic()
    if code := subprocess.run(command(calm), check=False).returncode:  # noqa: S603
        return Kills((), 0.0, (f"the campaign that was left alone exits with {code}",))
    seconds = time.monotonic() - began
    done: list[int] = []
    while len(done) < kills:
        left = _whole(calm) - _whole(killed)
        more = rng.randint(0, max(0, 2 * left // (kills + 2 - len(done)) - 1))
        moment = Moment(_whole(killed) + more, rng.uniform(0, SOON_S))
        if not _killed(command(killed), killed, moment, group=len(done) % 2 == 0):
            return Kills(tuple(done), seconds, ("it ended before all kills; more runs are needed",))
        done.append(_whole(killed))
    code = subprocess.run(command(killed), check=False).returncode  # noqa: S603
    faults = [f"the last call exits with {code}"] if code else []
    return Kills(tuple(done), seconds, (*faults, *differences(calm, killed, runs)))


def _killed(command: Sequence[str], folder: Path, moment: Moment, *, group: bool) -> bool:
    """Whether it was killed, alone or with its workers; False: it had ended."""
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    while process.poll() is None and _whole(folder) < moment.runs:
        time.sleep(POLL_S)
    try:
        process.wait(moment.seconds)
        return False
    except subprocess.TimeoutExpired:
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        return True


def _whole(folder: Path) -> int:
    return len(list(folder.glob("runs/[!.]*.parquet")))


def differences(calm: Path, killed: Path, runs: int) -> list[str]:
    """Names of files that are not in both, or not the same; runs that are not there once."""
    one, other = _hashes(calm), _hashes(killed)
    faults = [f"{name}: only in one of them" for name in sorted(one.keys() ^ other.keys())]
    faults += [f"{n}: differs" for n in sorted(one.keys() & other.keys()) if one[n] != other[n]]
    return faults + _counted(killed, runs)


def _counted(folder: Path, n_planned: int) -> list[str]:
    import pyarrow.parquet as parquet

    table = parquet.read_table(folder / "results.parquet").to_pydict()
    keys = ("scene", "point", "seed", "algorithm")
    runs = set(zip(*(table[key] for key in keys), table["run"], strict=True))
    n_addresses = len({run[-1] for run in runs})
    if {len(runs), n_addresses, _whole(folder)} != {n_planned}:
        told = f"{len(runs)} runs of {n_addresses} addresses in the table, {_whole(folder)} files"
        return [f"{n_planned} runs planned, {told}"]
    if bad := sorted(set(table["status"]) - {"good"}):
        return [f"runs without a result: {', '.join(bad)}"]
    lines = list(zip(table["run"], table["figure"], table["part"], strict=True))
    return [] if len(lines) == len(set(lines)) else ["a measure is there more than once"]


def _hashes(folder: Path) -> dict[str, str]:
    """Of all files: nothing of a campaign differs by design, no time is written down."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def compare(n_runs: int, workers: int) -> Command:
    """``fsw-emu compare`` of two algorithms on a quiet sky, one readout a run."""
    seeds = n_runs // len(ALGORITHMS)
    fixed = ["--algorithms", ",".join(ALGORITHMS), "--scenes", "quiet", "--frames", "1"]
    fixed += ["--seeds", str(seeds), "--workers", str(workers)]
    start = [sys.executable, "-m", "fsw_emu.cli.main", "compare"]
    return lambda out: [*start, *fixed, "--out", str(out)]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000, help="default %(default)s")
    parser.add_argument("--kills", type=int, default=10, help="default %(default)s")
    parser.add_argument("--workers", type=int, default=2, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="of the moments; default %(default)s")
    parser.add_argument("--out", type=Path, help="keep the campaigns there, in a new folder")
    args = parser.parse_args(argv)
    if args.runs < 1 or args.runs % len(ALGORITHMS):
        parser.error(f"--runs {args.runs}: a multiple of {len(ALGORITHMS)} algorithms is asked for")
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.out or Path(scratch)
        rng = random.Random(args.seed)  # noqa: S311
        made = examine(
            compare(args.runs, args.workers), folder, runs=args.runs, kills=args.kills, rng=rng
        )
        n_files = len(_hashes(folder / "killed"))
    print(f"left alone: {made.seconds:.0f} s; runs whole at each kill: {made.done}")
    for fault in made.faults:
        print(fault)
    if not made.faults:
        print(f"{args.runs} runs as planned, each once; all bytes of {n_files} files equal")
    return 1 if made.faults else 0


if __name__ == "__main__":
    sys.exit(main())
