# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu table``: bad-pixel masks, filter and parameter sets, memory patches."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from fsw_emu.egse.tables.loading import Verified
    from fsw_emu.egse.tables.reading import Onboard
    from fsw_emu.egse.tables.table import Table

EXAMPLE = """\
examples:
  fsw-emu table build mask.toml                             the image mask.table
  fsw-emu table load mask.table --egse pus-tcp://127.0.0.1:5570
  fsw-emu table verify mask.table --egse pus-tcp://127.0.0.1:5570
  fsw-emu table revert mask.table --egse pus-tcp://127.0.0.1:5570

load keeps what was on board in mask.table.before, from which revert puts it back. Source files are
described in docs/tables.md. Exit: 0 fine, 1 refused, not answered, or different, 2 wrong use.
"""
#: of files that are read
MOST_BYTES = 64 << 20
#: differences that are printed
MOST_LINES = 20
_HELP = {
    "load": "save what is on board, load the table, verify it",
    "verify": "checksums, then all of it byte by byte",
    "revert": "put back what load had saved, verify it",
}


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "table",
        help="make, load and verify tables and patches of the onboard software",
        description="Make a bad-pixel mask, a filter set, a parameter set or a memory patch from a "
        "readable file; load it and verify it. Interrupted at any telecommand, the old table or "
        "the new one is on board, whole.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build", help="a table image from a source file (TOML)")
    build.add_argument("source", type=Path, help="source file")
    build.add_argument(
        "--out", type=Path, metavar="FILE", help="the image (default: SOURCE with .table)"
    )
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text)
        action.add_argument("image", type=Path, metavar="FILE", help="table image")
        action.add_argument(
            "--egse", required=True, metavar="ADDRESS", help="the instrument, as in docs/links.md"
        )
        action.add_argument(
            "--within",
            type=float,
            default=10.0,
            metavar="S",
            help="each report has so long to come [s] (default: %(default)s)",
        )


def run(args: argparse.Namespace) -> int:
    """Exit code: 0 fine, 1 refused, not answered or different, 2 wrong use."""
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.rig import run_rig
    from fsw_emu.egse.tables.table import TableError

    path = args.source if args.action == "build" else args.image
    path = before_of(path) if args.action == "revert" else path
    try:
        if args.action == "build":
            return _build(args)
        if not 0 < args.within < float("inf"):
            raise TableError(f"--within {args.within:g}: more than 0 s")
        made = _read(path)
        return run_rig(lambda stop: _at(args, made, stop))
    except (TableError, OSError) as error:
        at = f"{path}: " if isinstance(error, TableError) else ""
        print(f"fsw-emu table: {at}{describe(error)}", file=sys.stderr)
    except ValueError as error:  # of the address
        print(f"fsw-emu table: {error}", file=sys.stderr)
    return 2


def before_of(path: Path) -> Path:
    """Where load keeps what was on board."""
    return path.with_name(path.name + ".before")


class BeforeFile:
    """It is kept as an image, which is there whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Table | None:
        from fsw_emu.egse.tables.table import TableError

        try:
            return _read(self._path) if self._path.exists() else None
        except TableError as error:
            raise TableError(f"{self._path.name}: {error}") from None

    def save(self, before: Table) -> None:
        _write(self._path, before)


def _build(args: argparse.Namespace) -> int:
    from fsw_emu.egse.tables.source import read_source
    from fsw_emu.egse.tables.table import TableError
    from fsw_emu.interface.table import load

    source: Path = args.source
    out: Path = args.out or source.with_suffix(".table")
    if out.exists() and source.exists() and out.samefile(source):
        raise TableError("the image would replace it: --out has to say another name")
    text = _bytes(source).decode("utf-8", "replace")
    made = read_source(text, lambda name: _bytes(source.parent / name), load())
    _write(out, made)
    print(f"{out}: {_told(made)}")
    return 0


def _read(path: Path) -> Table:
    from fsw_emu.egse.tables.image import read_image
    from fsw_emu.interface.table import load

    return read_image(_bytes(path).decode("utf-8", "replace"), load())


def _write(path: Path, made: Table) -> None:
    from fsw_emu.atomic import write_atomic
    from fsw_emu.egse.tables.image import write_image
    from fsw_emu.interface.table import load

    write_atomic(path, write_image(made, load()).encode())


def _bytes(path: Path) -> bytes:
    from fsw_emu.egse.tables.table import TableError

    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TableError(f"{path} has more than {MOST_BYTES} bytes")
    return data


def _told(made: Table) -> str:
    """A table in a line."""
    from fsw_emu.egse.tables.steps import telecommands
    from fsw_emu.egse.tables.table import MemoryTable, ParameterSet, set_crc
    from fsw_emu.interface.table import load

    n_telecommands = len(telecommands(made, load()))
    if isinstance(made, MemoryTable):
        crcs = ", ".join(f"{each.label or made.memory} {each.crc:#06x}" for each in made.blocks)
        n_bytes = sum(len(block.data) for block in made.blocks)
        what = f"{n_bytes} bytes, checksum {crcs}"
    elif isinstance(made, ParameterSet):
        what = f"{made.set}, checksum {set_crc(made, load()):#06x}"
    else:
        what = f"{len(made.values)} values"
    return f"{made.kind}, {what}, {n_telecommands} telecommands"


async def _at(args: argparse.Namespace, made: Table, stop: asyncio.Event) -> int:
    from fsw_emu.cli.progress import Progress
    from fsw_emu.cli.rig import Stopped, unless
    from fsw_emu.egse.client import CommandFailed, Egse, NotSeen
    from fsw_emu.egse.lines import LinkLine
    from fsw_emu.egse.tables.loading import Refused, effort
    from fsw_emu.egse.tables.reading import Onboard, Unreadable
    from fsw_emu.interface.table import load
    from hil.ports import open_link

    link = await unless(stop, open_link(args.egse))
    total = effort(made, load(), loading=args.action != "verify")
    try:
        with Progress(args.action, total, " TC") as bar:
            onboard = Onboard(Egse(LinkLine(link)), within=args.within, told=bar.add)
            verified = await unless(stop, _done(args, made, onboard))
    except (CommandFailed, NotSeen, ConnectionError, Refused, Unreadable) as error:
        what = "" if args.action == "verify" or isinstance(error, Refused) else _EITHER
        print(f"fsw-emu table: {args.image}: {error}{what}", file=sys.stderr)
        return 1
    except Stopped:
        what = "" if args.action == "verify" else _EITHER
        print(f"fsw-emu table: {args.image}: interrupted{what}", file=sys.stderr)
        raise
    finally:
        await link.close()
    return _conclude(args, verified)


_EITHER = "; the old table or the new one is on board, whole: fsw-emu table verify tells which"


async def _done(args: argparse.Namespace, made: Table, onboard: Onboard) -> Verified:
    from fsw_emu.egse.tables.loading import load, revert, verify

    if args.action == "load":
        return await load(made, onboard, BeforeFile(before_of(args.image)))
    return await (revert if args.action == "revert" else verify)(made, onboard)


def _conclude(args: argparse.Namespace, verified: Verified) -> int:
    """Print what was found; the exit code."""
    for line in verified.differences[:MOST_LINES]:
        print(line)
    if len(verified.differences) > MOST_LINES:
        print(f"... and {len(verified.differences) - MOST_LINES} more")
    checksums = f"{verified.n_equal} of {verified.n_checksums} checksums agree"
    checked = f"{checksums}, " if verified.n_checksums else ""
    what = {"load": "loaded", "verify": "verified", "revert": "put back"}[args.action]
    what = what if verified.fine else "different on board"
    print(f"{args.image}: {what}: {checked}{len(verified.differences)} differences")
    return 0 if verified.fine else 1
