# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu assumptions``: the open questions, and what hangs on each answer."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsw_emu.assumptions import ASSUMPTIONS, Assumption
from fsw_emu.cli import run as run_command
from fsw_emu.cli.files import describe
from fsw_emu.cli.progress import Progress

if TYPE_CHECKING:
    from fsw_emu.cli.flips import Flip, Flipper

EXAMPLE = """\
examples:
  fsw-emu assumptions
  fsw-emu assumptions --scene storm --frames 2 --only A6,A31
  fsw-emu assumptions --recording simulator.gresb.gz -- --simulator

Without a recording or a scene they are listed. With one it is run as `fsw-emu run` does, with the
options after --, then again with every other answer to one question at a time. Products are
compared by their bytes. Exit: 0 fine, 1 faults in the data as they are run first, 2 wrong use.
"""
_MOST_COUNTERS = 4
_OPTION_WIDTH = 31


def add_parser(commands: Any) -> None:
    """Add the command to a parser's sub-commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "assumptions",
        help="the open interface questions, and what changes with each answer",
        description="List what sources leave open and what was chosen; or run a recording or a "
        "scene with one other answer at a time, and tell which products and counters change.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--recording", type=Path, metavar="FILE", help="FEE byte stream")
    source.add_argument("--scene", choices=["quiet", "storm"], help="a built-in scene")
    parser.add_argument("--frames", type=int, metavar="N", help="of the scene; default 2")
    parser.add_argument("--only", metavar="A1,A6", help="these questions; default all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same for machines")
    parser.add_argument(
        "options", nargs="*", metavar="-- OPTIONS", help="of `fsw-emu run`, for all runs"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.cli.setup import UsageError
    from fsw_emu.core import TargetError

    try:
        rows = _rows(args.only)
        if args.recording is None and args.scene is None:
            if args.options or args.frames is not None:
                raise UsageError("--frames and options of a run need --scene or --recording")
            return _list(rows, args.json)
        return _flip(args, rows)
    except (UsageError, TargetError, ValueError) as error:
        print(f"fsw-emu assumptions: {error}", file=sys.stderr)
    except OSError as error:
        where = args.recording or args.json or Path()
        print(f"fsw-emu assumptions: {describe(error, where)}", file=sys.stderr)
    return 2


def _rows(only: str | None) -> list[Assumption]:
    if only is None:
        return list(ASSUMPTIONS)
    wanted = [name.strip() for name in only.split(",")]
    unknown = set(wanted) - {row.id for row in ASSUMPTIONS}
    if unknown:
        raise ValueError(f"--only: no question {', '.join(sorted(unknown))}")
    return [row for row in ASSUMPTIONS if row.id in wanted]


def _list(rows: list[Assumption], path: Path | None) -> int:
    for row in rows:
        print(f"{row.id:<4} {row.question}")
        for i, choice in enumerate(row.choices):
            print(f"     {'*' if i == 0 else ' '} {choice.text}")
        options = ", ".join(row.options) or "no option"
        print(f"       {options}; acts on: {', '.join(row.acts) or '-'}; changes: {row.changes}")
    _write(path, {"rows": [_described(row) for row in rows]})
    return 0


def _flip(args: argparse.Namespace, rows: list[Assumption]) -> int:
    import fsw_emu.targets
    from fsw_emu.cli.flips import Flipper, flips
    from fsw_emu.core import default_core

    began = time.monotonic()
    base = _run_arguments(args)
    core = default_core()
    onboard = core if base.target == "host" else fsw_emu.targets.open(base.target)
    flipper = Flipper(base, core, onboard)
    print(f"{flipper.base.summary['source']}: {flipper.base.summary['frames']} frames, "
          f"lossless {'yes' if flipper.base.summary['lossless'] else 'NO'}, "
          f"{len(flipper.base.faults)} faults; with one other answer:")  # fmt: skip
    total = sum(len(flipper.choices(row)) for row in rows if row.can_be_flipped)
    with Progress("open questions", total, "run") as progress:
        found = []
        for flip in flips(flipper, rows):
            found.append(flip)
            progress.add(1)
    _tell(found, rows)
    without = sum(not flip.has_effect for flip in found)
    seconds = time.monotonic() - began
    print(f"{len(found)} other answers, {without} without effect on this input, {seconds:.1f} s")
    _write(args.json, _report(flipper, found, rows))
    return 1 if flipper.base.faults else 0


def _run_arguments(args: argparse.Namespace) -> argparse.Namespace:
    """The arguments of ``fsw-emu run`` that are meant."""
    from fsw_emu.cli.setup import UsageError, fill_in

    parser = argparse.ArgumentParser(prog="fsw-emu")
    run_command.add_parser(parser.add_subparsers())
    if args.recording is not None:
        if args.frames is not None:
            raise UsageError("--frames belongs to a scene, but a recording is given")
        source = [str(args.recording)]
    else:
        source = ["--scene", args.scene, "--frames", str(2 if args.frames is None else args.frames)]
    parsed = parser.parse_args(["run", *source, "--out", "", *args.options])
    given = parser.parse_args(["run", *source, "--out", ""])
    for name in ("recording", "scene", "frames", "out", "record", "manifest"):
        if getattr(parsed, name) != getattr(given, name):
            flag = "--from" if name == "manifest" else f"--{name}"
            raise UsageError(f"{flag}: not among the options of all runs")
    fill_in(parsed)
    return parsed


def _tell(found: list[Flip], rows: list[Assumption]) -> None:
    """The table: question, other answer, products, counters and faults."""
    width = max((min(len(flip.options), _OPTION_WIDTH) for flip in found), default=0)
    for row in rows:
        if not row.can_be_flipped:
            print(f"{row.id:<4} {'-':<{width}}  nothing to run: {row.choices[0].text}")
        for flip in found:
            if flip.row is row:
                print(f"{row.id:<4} {flip.options:<{width}}  {_effect(flip)}")


def _effect(flip: Flip) -> str:
    """What a flip does, in a line."""
    if flip.refused:
        return f"refused: {flip.refused}"
    if not flip.has_effect:
        return "no effect"
    counters = [f"{name} {_change(*pair)}" for name, pair in flip.counters.items()]
    more = len(counters) - _MOST_COUNTERS
    if more > 0:
        counters[_MOST_COUNTERS:] = [f"{more} more"]
    parts = [" ".join(flip.products) or "products stay", ", ".join(counters)]
    if flip.new_faults:
        parts.append(f"{len(flip.new_faults)} faults, the first: {flip.new_faults[0]}")
    if not flip.lossless:
        parts.append("NOT LOSSLESS")
    return " | ".join(part for part in parts if part)


def _change(before: Any, after: Any) -> str:
    both = (before, after)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in both):
        return f"{after - before:+.6g}"
    return f"{before} -> {after}"


def _described(row: Assumption) -> dict[str, Any]:
    return {
        "id": row.id,
        "question": row.question,
        "default": row.choices[0].value,
        "choices": {choice.value: choice.words for choice in row.choices},
        "options": list(row.options),
        "acts": list(row.acts),
        "changes": row.changes,
        "source": row.source,
    }


def _report(flipper: Flipper, found: list[Flip], rows: list[Assumption]) -> dict[str, Any]:
    def told(flip: Flip) -> dict[str, Any]:
        return {
            "choice": flip.choice.value,
            "options": flip.options,
            "effect": flip.has_effect,
            "products": list(flip.products),
            "counters": {name: list(pair) for name, pair in flip.counters.items()},
            "new_faults": list(flip.new_faults),
            "lossless": flip.lossless,
            "refused": flip.refused,
        }

    described = [
        {**_described(row), "flips": [told(flip) for flip in found if flip.row is row]}
        for row in rows
    ]
    base = {"products": flipper.base.products, "summary": flipper.base.summary}
    return {"base": base, "rows": described}


def _write(path: Path | None, report: dict[str, Any]) -> None:
    from fsw_emu.atomic import write_atomic

    if path is not None:
        write_atomic(path, (json.dumps(report, indent=1) + "\n").encode())
