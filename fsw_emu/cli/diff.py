# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu diff``: two builds of the core on the same inputs."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsw_emu.compare.call import Call
    from fsw_emu.compare.chain import ChainInput
    from fsw_emu.compare.compare import Sides

EXAMPLE = """\
examples:
  fsw-emu diff --a lib:old/libsxi.so --b leon3:new/sxi.elf
  fsw-emu diff --a leon3 --b leon3:new/sxi.elf recording.gresb.gz --simulator
  fsw-emu diff --a host --b lib:new.so --intended intended.toml --json diff.json
  fsw-emu diff --a host --b lib:new.so --replay out/diff/sxi_crc16.result.1b9d62.json

Exit: 0 no difference but intended ones, 1 differences, 2 wrong use, or a vector that neither side
answers.
"""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's sub-commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diff",
        help="compare two builds of the core",
        description="Run two targets on the same packets and on calls drawn for every function "
        "of the core; tell what differs, and the smallest input that shows it.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    kinds = "host, leon3, leon3:PATH, lib:PATH or user:PATH"
    parser.add_argument("--a", required=True, metavar="T", help=f"one target: {kinds}")
    parser.add_argument("--b", required=True, metavar="T", help="the other one")
    parser.add_argument(
        "recordings",
        nargs="*",
        type=Path,
        metavar="INPUT",
        help="FEE byte streams: GRESB or pcap, plain or .gz, besides the built-in scenes",
    )
    parser.add_argument(
        "--simulator", action="store_true", help="INPUT has the public simulator's quirks"
    )
    parser.add_argument("--no-scenes", action="store_true", help="without the built-in scenes")
    parser.add_argument(
        "--seconds",
        type=float,
        default=20.0,
        metavar="S",
        help="time to draw calls, one round at least; default 20",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="default 1")
    parser.add_argument(
        "--intended", type=Path, metavar="FILE.toml", help="differences that are meant"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="all of the result")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/diff"),
        metavar="DIR",
        help="where vectors go; default out/diff",
    )
    parser.add_argument("--replay", type=Path, metavar="VECTOR", help="only this vector again")


def run(args: argparse.Namespace) -> int:
    """Do the job; the exit code."""
    from fsw_emu.compare.compare import Sides
    from fsw_emu.compare.vector import read_vector
    from fsw_emu.core import TargetError

    try:
        # what is wrong with files shows before targets start
        declared = _declared(args)
        vector = None if args.replay is None else read_vector(args.replay)
        inputs = [] if args.replay else _inputs(args)
        with Sides(args.a, args.b) as sides:
            if vector is not None:
                return _replay(vector, sides)
            return _diff(args, sides, inputs, declared)
    except OSError as error:
        print(f"fsw-emu diff: {error.filename}: {error.strerror}", file=sys.stderr)
    except (ValueError, TargetError) as error:
        print(f"fsw-emu diff: {error}", file=sys.stderr)
    return 2


def _declared(args: argparse.Namespace) -> list[Any]:
    from fsw_emu.compare.intended import read_intended

    return [] if args.intended is None else read_intended(args.intended)


def _inputs(args: argparse.Namespace) -> list[ChainInput]:
    from fsw_emu.cli.sources import RecordingSource
    from fsw_emu.compare.chain import ChainInput, scenes

    inputs = [] if args.no_scenes else scenes()
    for path in args.recordings:
        batches = list(RecordingSource(path).batches())
        packets = [
            batch.buffer[at : at + size]
            for batch in batches
            for at, size in zip(batch.offsets.tolist(), batch.lengths.tolist(), strict=True)
        ]
        inputs.append(ChainInput(path.name, packets, simulator=args.simulator))
    return inputs


def _progress() -> Callable[[str], None]:
    """One line on a terminal that is written over; a line a few seconds elsewhere."""
    shown = [time.monotonic()]
    terminal = sys.stderr.isatty()

    def tell(line: str) -> None:
        if terminal:
            print(f"\r\033[K{line[:78]}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() > shown[0] + 5:
            shown[0] = time.monotonic()
            print(f"fsw-emu diff: {line}", file=sys.stderr, flush=True)

    return tell


def _diff(
    args: argparse.Namespace, sides: Sides, inputs: list[ChainInput], declared: list[Any]
) -> int:
    from fsw_emu.atomic import write_atomic
    from fsw_emu.compare.compare import compare
    from fsw_emu.compare.intended import judge
    from fsw_emu.compare.report import as_json, as_text, vector_name

    made = compare(sides, inputs, seconds=args.seconds, seed=args.seed, tell=_progress())
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    judgement = judge([f.what for f in made.found], declared, datetime.now(UTC).date())
    for found in made.found:
        args.out.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"what": found.what, **found.vector}, indent=1)
        write_atomic(args.out / vector_name(found), (text + "\n").encode())
    if args.json is not None:
        result = json.dumps(as_json(made, judgement), indent=1)
        write_atomic(args.json, (result + "\n").encode())
    print(as_text(made, judgement, str(args.out)))
    return 1 if judgement.unmeant else 0


def _replay(vector: Call | ChainInput, sides: Sides) -> int:
    from fsw_emu.compare.call import Call, mismatch
    from fsw_emu.compare.telemetry import differences

    if isinstance(vector, Call):
        a, b = sides.a.ask(vector), sides.b.ask(vector)
        found = mismatch(a, b)
        print(f"{vector.function}\na  {json.dumps(a)}\nb  {json.dumps(b)}")
        unlike = [] if found is None else [f"differs: {found.path}: a {found.a}, b {found.b}"]
        fates = a.get("fate", ""), b.get("fate", "")
    else:
        one, other = sides.chain(vector)
        unlike = [f"{d.what}: {d.where}: a {d.a}, b {d.b}" for d in differences(one, other)]
        fates = one.fate, other.fate
    silent = [f"neither answered: a {fates[0]}, b {fates[1]}"] if all(fates) else []
    print("\n".join([*silent, *unlike] or ["the same"]))
    if unlike:
        return 1
    return 2 if silent else 0
