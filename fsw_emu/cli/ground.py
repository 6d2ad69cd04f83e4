# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu ground``: telemetry to compression entities and FITS files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fsw_emu.assumptions import add_options

if TYPE_CHECKING:
    from fsw_emu.ground.reading import Reading
    from fsw_emu.ground.run import GroundResult
    from fsw_emu.packets.fault import Fault

EXAMPLE = """\
example:
  fsw-emu ground out/tm.bin --out ground

TM.BIN holds PUS packets, one after the other; it may be compressed with gzip. Faults are
reported with the byte at which they are, and what follows them is processed.
Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "ground",
        help="telemetry to compression entities and FITS files",
        description="Turn telemetry into compression entities, an event table and images.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tm", type=Path, metavar="TM.BIN", help="telemetry packets")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the files; made if absent",
    )
    add_options(parser.add_argument_group("open interface questions"), acts="ground")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.setup import fill_in, reading_of

    broken: list[Fault] = []
    fill_in(args)
    try:
        reading = reading_of(args)
        result, files = _process(args, reading, broken)
    except OSError as error:
        print(f"fsw-emu ground: {describe(error, args.tm)}", file=sys.stderr)
        return 2
    if not result.packets:
        print(f"fsw-emu ground: {args.tm}: no telemetry packet in it", file=sys.stderr)
        return 2
    faults = [*result.faults, *broken]
    _report(result, files, faults)
    return 1 if faults else 0


def _process(
    args: argparse.Namespace, reading: Reading, broken: list[Fault]
) -> tuple[GroundResult, list[Path]]:
    from fsw_emu import manifest
    from fsw_emu.cli.files import read_file
    from fsw_emu.cli.origin import Began, MadeOf, paths_of
    from fsw_emu.core import default_core
    from fsw_emu.ground.run import process
    from fsw_emu.provenance import fits_cards

    began = Began()
    # Images are written while telemetry is read, and tell its hash: it is read twice.
    made_of = MadeOf(
        args,
        onboard=None,
        kind="ground",
        parameters={"reading": reading},
        seed=None,
        inputs={"tm": [manifest.describe(args.tm, args.tm.name)]},
    )
    args.out.mkdir(parents=True, exist_ok=True)
    manifest.clear(args.out, keep=paths_of(args).values())
    origin = made_of.provenance()
    chunks = read_file(args.tm, broken)
    result = process(chunks, args.out, default_core(), reading=reading, cards=fits_cards(origin))
    if not result.packets:
        return result, []
    entities = [path for path in result.files if path.suffix == ".ce"]
    files = [*result.files, *(manifest.write_sidecar(path, origin) for path in entities)]
    made_of.write_manifest(began, [path.relative_to(args.out).as_posix() for path in files])
    return result, [*files, args.out / manifest.FILE]


def _report(result: GroundResult, files: list[Path], faults: list[Fault]) -> None:
    print(
        f"{result.packets} packets, {result.entities} entities, {result.frames} event frames, "
        f"{result.events} events, {result.masks} wandering masks, {result.images} image products"
    )
    if result.damaged:
        print(
            f"{result.damaged} entities came in part (no .ce file of them): "
            f"{result.lost_rows} rows and {result.lost_events} events or masks are lost"
        )
    for path in files:
        print(f"wrote {path}")
    for fault in faults:
        print(f"fault at {fault}")
    if faults:
        print(f"{len(faults) + result.faults_not_listed} faults")
