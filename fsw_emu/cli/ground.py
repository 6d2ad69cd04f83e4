"""``fsw-emu ground``: telemetry to compression entities and FITS files."""

from __future__ import annotations

import argparse
import gzip
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

from fsw_emu.cli.progress import Progress
from fsw_emu.core import default_core
from fsw_emu.ground.run import GroundResult, process
from fsw_emu.packets.fault import Fault

EXAMPLE = """\
example:
  fsw-emu ground out/tm.bin --out ground

TM.BIN holds PUS packets, one after the other; it may be compressed with gzip. Faults are
reported with the byte at which they are, and what follows them is processed.
Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 18


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


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    broken: list[Fault] = []
    try:
        result = process(read_file(args.tm, broken), args.out, default_core())
    except OSError as error:
        print(f"fsw-emu ground: {describe(error, args.tm)}", file=sys.stderr)
        return 2
    if not result.packets:
        print(f"fsw-emu ground: {args.tm}: no telemetry packet in it", file=sys.stderr)
        return 2
    faults = [*result.faults, *broken]
    _report(result, faults)
    return 1 if faults else 0


def read_file(path: Path, broken: list[Fault]) -> Iterator[bytes]:
    """A file in pieces, unpacked if it is gzip. OSError; a gzip stream that breaks off or is
    damaged ends there, and ``broken`` says so."""
    with path.open("rb") as raw, Progress(path.name, path.stat().st_size, "B") as progress:
        zipped = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        raw.seek(0)
        done = n_read = 0
        with gzip.open(raw) if zipped else raw as file:
            while True:
                try:
                    chunk = file.read1(_CHUNK_BYTES)
                except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                    broken.append(Fault(n_read, "gzip", f"{error}; the rest is lost"))
                    return
                if not chunk:
                    return
                n_read += len(chunk)
                progress.add(raw.tell() - done)
                done = raw.tell()
                yield chunk


def describe(error: Exception, path: Path) -> str:
    """What went wrong, and where: one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or path}: {error.strerror}"
    return f"{path}: {error}"


def _report(result: GroundResult, faults: list[Fault]) -> None:
    print(
        f"{result.packets} packets, {result.entities} entities, {result.frames} frames, "
        f"{result.events} events, {result.masks} wandering masks, {result.images} image products"
    )
    for path in result.files:
        print(f"wrote {path}")
    for fault in faults:
        print(f"fault at {fault}")
    if faults:
        print(f"{len(faults)} faults")
