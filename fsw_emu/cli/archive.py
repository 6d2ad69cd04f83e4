# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu archive``: packets kept in one file, found by service and time."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fsw_emu.archive import Row

EXAMPLE = """\
examples:
  fsw-emu archive add session.sqlite out/tm.bin
  fsw-emu archive info session.sqlite
  fsw-emu archive query session.sqlite --service 5 --subtype 2 --limit 10
  fsw-emu archive query session.sqlite --from 2026-05-19T04:00 --out part.csv
  fsw-emu archive check session.sqlite

Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "archive",
        help="telemetry and telecommands kept in one file, found by service and time",
        description="Put packets into an archive (one SQLite file), find, export, check them.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_query(actions)
    add = _action(actions, "add", "put packets of a file into an archive, made if absent", _add)
    add.add_argument(
        "packets",
        type=Path,
        metavar="PACKETS.BIN",
        help="PUS packets back to back, telemetry and telecommands; may be compressed with gzip",
    )
    add.add_argument(
        "--received",
        type=_time_ns,
        metavar="ISO",
        help="time of reception of all of them (default: of telemetry its onboard time, of "
        "anything else that of the telemetry before it, or the first; without any the present)",
    )
    _action(actions, "info", "what an archive holds", _info)
    _action(actions, "check", "whether the file is sound, and what is missing by count", _check)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    act: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    description = f"{text[0].upper()}{text[1:]}."
    parser = actions.add_parser(name, help=text, description=description)
    parser.add_argument("file", type=Path, metavar="FILE", help="the archive")
    parser.set_defaults(run=run, act=act)
    return parser


def _add_query(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "print or export packets, in order of reception"
    query = _action(actions, "query", text, _query)
    query.add_argument("--service", type=int, metavar="N", help="service type, as 5")
    query.add_argument("--subtype", type=int, metavar="N", help="service subtype, as 2")
    query.add_argument("--apid", type=int, metavar="N", help="application process, as 321")
    query.add_argument(
        "--direction",
        choices=("tm", "tc"),
        help="telemetry or telecommands (default: both; in a .bin file telemetry)",
    )
    query.add_argument(
        "--from",
        dest="from_ns",
        type=_time_ns,
        metavar="ISO",
        help="received then or later, as 2026-05-19T04:00, UTC where it names no zone",
    )
    query.add_argument(
        "--to", dest="to_ns", type=_time_ns, metavar="ISO", help="received before then"
    )
    query.add_argument("--limit", type=int, metavar="N", help="at most so many")
    query.add_argument("--newest", action="store_true", help="the latest first")
    query.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write .csv, .parquet (extra parquet) or .bin (packets back to back, for show and "
        "ground) instead of a table",
    )


def _time_ns(text: str) -> int:
    from fsw_emu.packets.pus import SmileTime

    try:
        return SmileTime.from_iso(text).unix_ns
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code. BrokenPipeError when nobody reads on."""
    from fsw_emu.archive import ArchiveError
    from fsw_emu.cli.files import describe

    try:
        code: int = args.act(args)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except ArchiveError as error:
        told = str(error)
    except (OSError, ValueError) as error:
        told = describe(error)
    else:
        return code
    print(f"fsw-emu archive: {told}", file=sys.stderr)
    return 2


def _query(args: argparse.Namespace) -> int:
    from fsw_emu.archive import Archive
    from fsw_emu.cli.archive_table import HEAD, line

    write = _writer(args)
    with Archive.open(args.file, create=False) as archive:
        rows = archive.query(
            service=args.service,
            subtype=args.subtype,
            apid=args.apid,
            direction=args.direction,
            from_ns=args.from_ns,
            to_ns=args.to_ns,
            limit=args.limit,
            newest_first=args.newest,
        )
        if write is not None:
            print(f"wrote {args.out}: {write(rows)} packets")
            return 0
        print(HEAD)
        for row in rows:
            print(line(row))
    return 0


def _writer(args: argparse.Namespace) -> Callable[[Iterable[Row]], int] | None:
    """What writes the file asked for, whole or not at all; ValueError where none can."""
    from fsw_emu.archive import export
    from fsw_emu.atomic import atomic_file
    from fsw_emu.cli.files import target

    if args.out is None:
        return None
    out = target(args.file, args.out, None)
    writers: dict[str, export.Writer] = {".csv": export.write_csv, ".bin": export.write_packets}
    if out.suffix == ".parquet":
        try:
            writers[".parquet"] = export.parquet_writer()
        except ModuleNotFoundError:
            raise ValueError(f"{out}: Parquet needs pyarrow: install fsw-emu[parquet]") from None
    if out.suffix not in writers:
        raise ValueError(f"{out}: a file to write ends with .csv, .parquet or .bin")
    if out.suffix == ".bin":
        args.direction = args.direction or "tm"

    def write(rows: Iterable[Row]) -> int:
        with atomic_file(out) as file:
            return writers[out.suffix](file, rows)

    return write


def _add(args: argparse.Namespace) -> int:
    import time

    from fsw_emu.archive import Archive
    from fsw_emu.archive.pieces import dated, pieces
    from fsw_emu.cli.files import read_file
    from fsw_emu.packets.fault import Fault

    with args.packets.open("rb"):  # before an archive is made for nothing
        pass
    broken: list[Fault] = []
    n_pieces = n_strange = strange_bytes = 0
    archive = Archive.open(args.file, batch_ns=None)
    try:
        with archive:
            found = pieces(read_file(args.packets, broken))
            for piece, time_ns in dated(found, otherwise_ns=time.time_ns()):
                received_ns = time_ns if args.received is None else args.received
                archive.add([piece.raw], received_ns, piece.direction)
                n_pieces += 1
                n_strange += not piece.is_packet
                strange_bytes += 0 if piece.is_packet else len(piece.raw)
    except BaseException:
        there = n_pieces - archive.waiting
        print(f"fsw-emu archive: the first {there:,} packets are in the archive", file=sys.stderr)
        raise
    print(f"{args.file}: {n_pieces - n_strange:,} packets added")
    if n_strange:
        print(f"{strange_bytes:,} bytes that are no packet with a right checksum are kept as such")
    for fault in broken:
        print(f"fault at {fault}")
    return 1 if n_strange or broken else 0


def _info(args: argparse.Namespace) -> int:
    from fsw_emu.archive import Archive
    from fsw_emu.cli.archive_table import told_of

    with Archive.open(args.file, create=False) as archive:
        for text in told_of(archive.summary(), archive.counts(), args.file.stat().st_size):
            print(text)
    return 0


def _check(args: argparse.Namespace) -> int:
    from fsw_emu.archive import Archive
    from fsw_emu.archive.check import check
    from fsw_emu.cli.archive_table import findings_lines

    with Archive.open(args.file, create=False):
        findings = check(args.file)
    for text in findings_lines(findings):
        print(text)
    return 0 if findings.fine else 1
