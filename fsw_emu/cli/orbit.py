# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu orbit``: the onboard application for hours of virtual time, as fast as it goes."""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from fsw_emu.testbed.testbed import Testbed

EXAMPLE = """\
examples:
  fsw-emu orbit --out orbit
  fsw-emu orbit --scenario solar_storm --hours 4 --out storm
  fsw-emu tm orbit/tm.bin --mib DIR

Exit: 0 fine, 1 a step did not come to its end, 2 wrong use.
"""
MOST_HOURS = 366 * 24.0
#: of virtual time between two looks at what has come [s]
PIECE_S = 64.0


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "orbit",
        help="the onboard application for hours of virtual time, as fast as it goes",
        description="Boot, open the door, go to SCIENCE and stay there: telemetry and a summary.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--scenario",
        default="quiet_orbit",
        metavar="FILE",
        help="what happens to the instrument: a file, or one of quiet_orbit, radiation_belt, "
        "solar_storm; default quiet_orbit",
    )
    parser.add_argument(
        "--hours", type=_hours, default=51.0, metavar="H", help="of virtual time; default 51"
    )
    parser.add_argument("--seed", type=_seed, default=1, metavar="N", help="default 1")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the files")
    parser.add_argument(
        "--archive", type=Path, metavar="FILE", help="put the telemetry there, and no tm.bin"
    )
    parser.add_argument(
        "--rendered", action="store_true", help="render all frames, which takes ten times as long"
    )
    parser.set_defaults(run=run)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0.1 <= hours <= MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text!r} is not within 0.1..{MOST_HOURS:g}")
    return hours


def _seed(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: 0..999999999")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.archive import ArchiveError
    from fsw_emu.testbed.script import Stuck
    from fsw_emu.world.scenario import BadScenario

    try:
        return _run(args)
    except Stuck as error:
        print(f"fsw-emu orbit: {error}", file=sys.stderr)
        return 1
    except (BadScenario, ArchiveError, OSError, UnicodeDecodeError) as error:
        print(f"fsw-emu orbit: {error}", file=sys.stderr)
        return 2


def _run(args: argparse.Namespace) -> int:
    from fsw_emu.atomic import write_atomic
    from fsw_emu.testbed.tally import Tally
    from fsw_emu.testbed.testbed import Testbed

    begun = time.perf_counter(), time.process_time()
    bed = Testbed(scenario=_scenario(args.scenario), seed=args.seed, draws=not args.rendered)
    tally = Tally(bed.dpu.table)
    args.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        keep = _keeps(stack, args)

        def drain() -> None:
            packets = bed.take()
            tally.add(packets)
            keep(packets, bed.world.time.unix_ns)

        ended_in = _observe(bed, args.hours * 3600, drain)
    summary = {
        "scenario": bed.world.scenario.title,
        "hours": args.hours,
        "seed": args.seed,
        "cycles": bed.world.cycle,
        "cycles_run": bed.n_run,
        "frames": bed.n_frames,
        "ended_in": ended_in,
        **tally.summary(),
        "wall_s": round(time.perf_counter() - begun[0], 1),
        "cpu_s": round(time.process_time() - begun[1], 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }
    write_atomic(args.out / "summary.json", (json.dumps(summary, indent=1) + "\n").encode())
    print(_told(summary))
    return 0


def _scenario(name: str) -> Any:
    from fsw_emu.cli.dpu_application import SCENARIOS
    from fsw_emu.world.scenario import read_scenario, shipped

    if name in SCENARIOS:
        return shipped(name)
    return read_scenario(Path(name).read_text("utf-8"), name=name)


def _keeps(stack: contextlib.ExitStack, args: argparse.Namespace) -> Callable[[Any, int], None]:
    """What keeps packets: a file that appears when all is over, or an archive."""
    from fsw_emu.archive import Archive
    from fsw_emu.atomic import atomic_file

    if args.archive is not None:
        archive = stack.enter_context(Archive.open(args.archive, batch_ns=None))
        return lambda packets, now_ns: archive.add(packets, now_ns, "tm")
    file = stack.enter_context(atomic_file(args.out / "tm.bin"))
    return lambda packets, _: file.writelines(packets)


def _observe(bed: Testbed, seconds: float, drain: Callable[[], None]) -> str:
    """From the boot software to SCIENCE, and on until the time is over; the last mode. Stuck."""
    from fsw_emu.cli.progress import Progress
    from fsw_emu.testbed import script
    from fsw_emu.world.numbers import CYCLES_PER_S

    for step in (script.boot, script.stand_by, script.open_door, script.prepare, script.observe):
        step(bed)
        drain()
    left = seconds - bed.world.cycle / CYCLES_PER_S
    with Progress("orbit", round(left), "s") as progress:
        while left > 0:
            piece = min(left, PIECE_S)
            bed.run(piece)
            drain()
            progress.add(round(piece))
            left -= piece
    return bed.mode


def _told(summary: dict[str, Any]) -> str:
    packets = f"{summary['n_packets']} packets, {summary['n_bytes'] / 1e6:.1f} MB"
    return (
        f"{summary['hours']:g} h in {summary['wall_s']:g} s, {summary['peak_mib']} MiB: "
        f"{summary['frames']} frames, {summary['entities']} entities, {packets}; "
        f"in {summary['ended_in']}"
    )
