"""``fsw-emu ground``: telemetry to compression entities and FITS files."""

from __future__ import annotations

import argparse
import gzip
import sys
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from fsw_emu.cli.progress import Progress
from fsw_emu.core import default_core
from fsw_emu.ground.run import GroundResult, process

EXAMPLE = """\
example:
  fsw-emu ground out/tm.bin --out ground

TM.BIN holds PUS packets, one after the other; it may be compressed with gzip. Faults are
reported with the byte at which they are, and what follows them is processed.
Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""

_GZIP_MAGIC = b"\x1f\x8b"


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
    parser.set_defaults(run=run)


def open_plain(path: Path) -> BinaryIO:
    """A file to read, unpacked if it is gzip. OSError."""
    file = path.open("rb")
    start = file.read(len(_GZIP_MAGIC))
    if start != _GZIP_MAGIC:
        file.seek(0)
        return file
    file.close()
    return cast(BinaryIO, gzip.open(path, "rb"))


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    try:
        with open_plain(args.tm) as tm:
            result = _process(tm, args)
    except READ_ERRORS as error:
        print(f"fsw-emu ground: {describe(error, args.tm)}", file=sys.stderr)
        return 2
    if not result.packets:
        print(f"fsw-emu ground: {args.tm}: no telemetry packet in it", file=sys.stderr)
        return 2
    _report(result)
    return 1 if result.faults else 0


#: what reading a file may raise, a damaged gzip file included
READ_ERRORS = (OSError, EOFError, zlib.error)


def describe(error: Exception, path: Path) -> str:
    """What went wrong, and where: one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or path}: {error.strerror}"
    return f"{path}: {error}"


def _process(tm: BinaryIO, args: argparse.Namespace) -> GroundResult:
    with Progress("ground", args.tm.stat().st_size, "B") as bar:
        done = 0

        def progress(now: int, _total: int) -> None:
            nonlocal done
            bar.add(now - done)
            done = now

        return process(tm, args.out, default_core(), progress=progress)


def _report(result: GroundResult) -> None:
    print(
        f"{result.packets} packets, {result.entities} entities, {result.frames} frames, "
        f"{result.events} events, {result.masks} wandering masks, {result.images} image products"
    )
    for path in result.files:
        print(f"wrote {path}")
    for fault in result.faults:
        print(f"fault at {fault}")
    if result.faults:
        print(f"{len(result.faults)} faults")
