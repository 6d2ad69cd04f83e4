# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu tm``: telemetry in the words of a SCOS-2000 database."""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fsw_emu.cli.files import describe, read_file
from fsw_emu.cli.mib_options import add_options, read_database
from fsw_emu.mib import Database, Decoded, PacketSplitter, Sample
from fsw_emu.packets.fault import Fault

EXAMPLE = """\
example:
  fsw-emu tm out/tm.bin --mib ../mib --limit 3
  fsw-emu tm out/tm.bin --mib ../mib --csv > tm.csv

FILE holds telemetry packets, one after the other; it may be compressed with gzip. Of every packet
its name and time are printed, of every parameter name, raw value, engineering value with unit, and
limit. What is no packet, or one that the database has not, is told with its position.
Exit: 0 fine, 1 faults found in the data, 2 wrong use.
"""

#: values of one parameter behind each other: more are put into one line, of the first ones
_LONG_RUN, _SHOWN_OF_RUN = 8, 16
_COLUMNS = (
    *("position", "spid", "packet", "type", "subtype", "count", "time"),
    *("parameter", "description", "raw", "value", "unit", "limit", "valid"),
)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "tm",
        help="telemetry in the words of a SCOS-2000 database",
        description="Decode telemetry packets with the tables of a SCOS-2000 database.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="telemetry packets")
    parser.add_argument("--limit", type=_count, metavar="N", help="packets to print")
    parser.add_argument("--csv", action="store_true", help="one line of a table a parameter")
    add_options(parser)
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no count")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code. BrokenPipeError when nobody reads on."""
    try:
        database = read_database(args)
    except (OSError, ValueError) as error:
        print(f"fsw-emu tm: {describe(error)}", file=sys.stderr)
        return 2
    n_packets = n_faults = 0
    rows = csv.writer(sys.stdout, lineterminator="\n") if args.csv else None
    try:
        if rows is not None:
            rows.writerow(_COLUMNS)
        for found in _found(args.file, database, args.limit):
            if isinstance(found, Fault):
                n_faults += 1
                print(f"fault at {found}", file=sys.stderr if rows else sys.stdout)
                continue
            n_packets += 1
            if rows is not None:
                rows.writerows(_rows(*found))
            else:
                print("\n".join(_lines(*found)))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"fsw-emu tm: {describe(error, args.file)}", file=sys.stderr)
        return 2
    if not n_packets and not n_faults and args.limit != 0:
        print(f"fsw-emu tm: {args.file}: no telemetry packet in it", file=sys.stderr)
        return 2
    return 1 if n_faults else 0


def _found(
    path: Path, database: Database, limit: int | None
) -> Iterator[tuple[int, Decoded] | Fault]:
    """Decoded packets with their position, and faults."""
    broken: list[Fault] = []
    apids = {packet.apid for packet in database.packets.values()}
    splitter = PacketSplitter(apids, crc=database.conventions.crc)
    known: dict[str, int | float | bytes | str] = {}
    left = limit
    for chunk in itertools.chain(read_file(path, broken), [None]):
        for piece in splitter.finish() if chunk is None else splitter.feed(chunk):
            if left == 0:
                return
            if piece.problem:
                yield Fault(piece.position, "telemetry", piece.problem)
                continue
            left = None if left is None else left - 1
            try:
                decoded = database.telemetry(piece.data, known=known)
            except ValueError as error:
                yield Fault(piece.position, "telemetry", str(error))
                continue
            known |= {sample.name: sample.raw for sample in decoded.parameters}
            yield piece.position, decoded
    yield from broken


def _lines(position: int, decoded: Decoded) -> Iterator[str]:
    yield (
        f"{position:>9}  TM({decoded.type},{decoded.subtype})  {decoded.spid}  "
        f"{decoded.description or decoded.name}  count {decoded.count}  {_text(decoded.time)}"
    ).rstrip()
    for _, run in itertools.groupby(decoded.parameters, lambda sample: sample.name):
        samples = list(run)
        if len(samples) > _LONG_RUN:
            yield _run_line(samples)
        else:
            yield from map(_sample_line, samples)


def _sample_line(sample: Sample) -> str:
    name = f"{sample.name}  {sample.description}"
    meaning = "" if sample.value == sample.raw else _meaning(sample)
    notes = "  ".join(filter(None, (meaning, sample.limit.value, _validity(sample))))
    return f"{'':>11}{name:<36} {_text(sample.raw):>12}  {notes}".rstrip()


def _run_line(samples: list[Sample]) -> str:
    """Many values of one parameter, behind each other."""
    name = f"{samples[0].name}  {samples[0].description}"
    values = " ".join(_text(sample.raw) for sample in samples[:_SHOWN_OF_RUN])
    more = len(samples) - _SHOWN_OF_RUN
    rest = f" and {more} more" if more > 0 else ""
    return f"{'':>11}{name:<36} {len(samples):>8} x    {values}{rest}"


def _meaning(sample: Sample) -> str:
    if sample.value is None:
        return "(no value)"
    value = f"{sample.value:.7g}" if isinstance(sample.value, float) else _text(sample.value)
    return f"{value} {sample.unit}".rstrip()


def _validity(sample: Sample) -> str:
    return "invalid" if sample.valid is False else ""


def _rows(position: int, decoded: Decoded) -> Iterator[tuple[object, ...]]:
    """A line a parameter; one for a packet without any."""
    head = (
        *(position, decoded.spid, decoded.description or decoded.name),
        *(decoded.type, decoded.subtype, decoded.count, _text(decoded.time)),
    )
    if not decoded.parameters:
        yield (*head, *[""] * (len(_COLUMNS) - len(head)))
    for sample in decoded.parameters:
        valid = "" if sample.valid is None else ("yes" if sample.valid else "no")
        yield (
            *head,
            *(sample.name, sample.description, _text(sample.raw), _text(sample.value)),
            *(sample.unit, sample.limit.value, valid),
        )


def _text(value: int | float | bytes | str | datetime | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)
