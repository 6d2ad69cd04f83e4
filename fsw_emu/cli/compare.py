# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu compare``: algorithms on the same skies, one page of what they are worth."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsw_emu.campaign.campaign import Campaign
    from fsw_emu.campaign.plan import Plan
    from fsw_emu.merit.limits import Limit

#: of schedulers that distributed connects to; of another it says so with pages of text
_ADDRESS = re.compile(r"(?:tcp|tls|wss?)://[^/\s]+:(?P<port>\d{1,5})", re.ASCII)

EXAMPLE = """\
examples:
  fsw-emu compare --algorithms flight,my_filter.py:keep --scenes quiet --frames 5 --out out
  fsw-emu compare --algorithms 'flight,flight(threshold=30),flight(limit=none)' \\
      --scenes quiet,storm --seeds 20 --frames 50 --grid sky.pressure_npa=2,5,10 --out out

An algorithm is built in (--list), file.py:Thing, package.module:Thing, lib:FILE.so[:symbol] or an
entry point of the group fsw_emu.algorithms; docs/compare.md has the interface. The first one is the
baseline. Options stand in parentheses; threshold [ADU] and limit (of a CCD and readout) are those
of all. The same command goes on where one was interrupted.

Writes results.parquet, index.html and a file a run below DIR/runs. Exit: 0 good, 1 thresholds not
met or runs without a result, 2 wrong use, or a result that cannot be written.
"""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's sub-commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare",
        help="compare algorithms on the same skies",
        description="Run algorithms of event processing on detailed scenes whose truth is known, "
        "with the same seeds for each, and tell what they are worth and where they differ.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--list", action="store_true", help="say what is built in, and end")
    parser.add_argument("--algorithms", metavar="A,B", help="the first is the baseline")
    parser.add_argument("--scenes", default="quiet", metavar="S,T", help="default %(default)s")
    parser.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="skies of each scene; default %(default)s"
    )
    parser.add_argument(
        "--frames", type=int, default=10, metavar="N", help="readouts a run; default %(default)s"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="parameter of the scenes"
    )
    parser.add_argument(
        "--grid", action="append", default=[], metavar="NAME=A,B", help="at each of these values"
    )
    parser.add_argument("--thresholds", type=Path, metavar="FILE.toml", help="what has to be met")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes; default %(default)s"
    )
    parser.add_argument("--scheduler", metavar="tcp://...", help="of a Dask cluster that works")
    parser.add_argument(
        "--time-limit", type=float, default=10.0, metavar="S",
        help="of a plug-in for a readout; default %(default)g",
    )  # fmt: skip
    parser.add_argument(
        "--most-runs", type=int, default=10_000, metavar="N", help="default %(default)s"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where it all goes")


def run(args: argparse.Namespace) -> int:
    """Do the job; the exit code."""
    if args.list:
        return _list()
    if args.algorithms is None or args.out is None:
        print("fsw-emu compare: --algorithms and --out are asked for, or --list", file=sys.stderr)
        return 2
    from fsw_emu.campaign.campaign import run_campaign
    from fsw_emu.campaign.skies import DETAILED, check_scenes
    from fsw_emu.campaign.store import Busy
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.progress import Progress

    try:
        plan = _plan(args)
        limits = () if args.thresholds is None else _limits(args.thresholds)
        check_scenes(plan)
        _check_algorithms(plan)
        with Progress("runs", plan.n_runs, "run") as bar:
            made = run_campaign(
                plan, args.out, world=DETAILED,
                workers=args.workers, scheduler=args.scheduler, tell=bar.add,
            )  # fmt: skip
        return _told(args, plan, made, limits)
    except ModuleNotFoundError as error:
        what = f"{error.name} is missing: pip install 'fsw-emu[campaign]'"
        print(f"fsw-emu compare: {what}", file=sys.stderr)
    except (OSError, ValueError, Busy) as error:
        print(f"fsw-emu compare: {describe(error)}", file=sys.stderr)
    return 2


def _list() -> int:
    from fsw_emu.algorithms.resolve import DESCRIPTIONS

    for name, what in DESCRIPTIONS.items():
        print(f"{name:<10} {what}")
    return 0


def _limits(path: Path) -> tuple[Limit, ...]:
    from fsw_emu.merit.limits import read_limits

    try:
        return read_limits(path.read_text("utf-8"))
    except RecursionError:
        raise ValueError(f"{path}: nested too deeply") from None


def _plan(args: argparse.Namespace) -> Plan:
    from fsw_emu.algorithms.names import read_names, read_value
    from fsw_emu.algorithms.seat import Limits
    from fsw_emu.campaign.plan import Plan

    if args.workers < 1:
        raise ValueError(f"--workers {args.workers}: at least 1 is asked for")
    if not 0 < args.time_limit < float("inf"):
        raise ValueError(f"--time-limit {args.time_limit:g}: seconds, more than 0, are asked for")
    if args.scheduler is not None:
        address = _ADDRESS.fullmatch(args.scheduler)
        if address is None or not 0 < int(address["port"]) < 1 << 16:
            raise ValueError(f"--scheduler {args.scheduler!r}: tcp://HOST:PORT is asked for")
    overrides = tuple((name, read_value(text)) for name, text in map(_pair, args.set))
    grid = []
    for name, text in map(_pair, args.grid):
        values = tuple(map(read_value, text.split(",")))
        if len(set(map(str, values))) < len(values) or "" in values:
            raise ValueError(f"--grid {name}={text}: values are asked for, each once")
        grid.append((name, values))
    return Plan(
        algorithms=tuple(read_names(args.algorithms)),
        scenes=tuple(args.scenes.split(",")),
        seeds=args.seeds,
        readouts=args.frames,
        overrides=overrides,
        grid=tuple(grid),
        limits=Limits(readout_s=args.time_limit),
        folder=Path.cwd(),
        most_runs=args.most_runs,
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise ValueError(f"{text!r}: NAME=VALUE is asked for")
    return name, value


def _check_algorithms(plan: Plan) -> None:
    """Made once before the campaign: one that cannot be is wrong use, not a result."""
    from fsw_emu.algorithms.guard import Refused, Status
    from fsw_emu.algorithms.interface import Setup
    from fsw_emu.algorithms.resolve import digest
    from fsw_emu.algorithms.seat import seated
    from fsw_emu.core import default_core

    setup = Setup(core=default_core(), seed=1)
    for named in plan.algorithms:
        digest(named.name, plan.folder)
        named.setup(setup)
        try:
            with seated(named, setup, plan.folder, plan.limits):
                pass
        except Refused as out:
            if out.status is Status.UNUSABLE:
                raise ValueError(out.reason) from None


def _told(args: argparse.Namespace, plan: Plan, made: Campaign, limits: Any) -> int:
    """The page, and lines for what is not as it should be."""
    from fsw_emu.algorithms.guard import Status
    from fsw_emu.atomic import write_atomic
    from fsw_emu.merit.limits import judge
    from fsw_emu.merit.page import page
    from fsw_emu.merit.summary import summarise
    from fsw_emu.provenance import named

    good = [(run, result) for run, result in made.rows if result.status is Status.GOOD]
    rows = (
        (str(run.named), run.scene, run.seed, run.point, measure)
        for run, result in good
        for measure in result.measures
    )
    faults, failures = _faults(made), []
    baseline, page_at = str(plan.algorithms[0]), args.out / "index.html"
    if any(str(run.named) == baseline for run, _ in good):
        summary = summarise(rows, baseline=baseline)
        failures = judge(summary, limits)
        told = None if args.thresholds is None else failures
        text = page(
            summary, provenance=named(_origin(plan)), costs=_costs(plan),
            failures=told, faults=faults,
        )  # fmt: skip
        write_atomic(page_at, text.encode())
    else:
        page_at.unlink(missing_ok=True)  # of before: it would not be this campaign's
        failures = [f"no page: the baseline {baseline} has no result"]
    for line in (*(f"{where}: {why}" for where, why in faults), *failures):
        print(line)
    print(f"{len(made.rows)} runs, {made.n_before} of them from before: {page_at}")
    return 1 if faults or failures else 0


def _costs(plan: Plan) -> dict[str, dict[str, float]]:
    from fsw_emu.algorithms.costs import costs_of, package_figures

    figures = package_figures()
    return {str(one): costs_of(one.name, figures) for one in plan.algorithms}


def _faults(made: Campaign) -> list[tuple[str, str]]:
    """Runs without a result, those alike in one line."""
    from fsw_emu.algorithms.guard import Status

    alike = Counter(
        (f"{run.named} on {run.scene}{f' at {run.point}' if run.point else ''}", result)
        for run, result in made.rows
        if result.status is not Status.GOOD
    )
    return [
        (where, f"{n} run{'s' * (n > 1)} {result.status}: {result.reason}")
        for (where, result), n in alike.items()
    ]


def _origin(plan: Plan) -> Any:
    import fsw_emu.targets
    from fsw_emu.provenance import parameter_set, provenance

    host = fsw_emu.targets.build("host")
    what = {
        "algorithms": [str(one) for one in plan.algorithms],
        "scenes": plan.scenes,
        "seeds": plan.seeds,
        "readouts": plan.readouts,
        "overrides": plan.overrides,
        "grid": plan.grid,
    }
    parameters = parameter_set("comparison", what)
    return provenance(onboard=host, ground=host, parameters=parameters, seed=None, inputs=())
