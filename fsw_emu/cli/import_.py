# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu import``: recordings of other equipment, to pcapng and back."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fsw_emu.atomic import atomic_file
from fsw_emu.cli.files import describe, read_file
from fsw_emu.packets.capture import CaptureWriter, Recorded
from fsw_emu.packets.ccsds import read_primary_header
from fsw_emu.packets.columns import Columns, TableReader, first_line, line, read_columns
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.framings.pus_tcp import PusTcp
from fsw_emu.packets.pcap import SPACE_PACKET, SPACEWIRE
from fsw_emu.packets.pus import read_tm
from fsw_emu.packets.recording import RecordingReader, sniff
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket, TimeCode

EXAMPLE = """\
example:
  fsw-emu import pool.bin --out pool.pcapng
  fsw-emu import egse.csv --map egse.toml --out link.pcapng
  fsw-emu import pool.pcapng --to pool --out pool.bin

Understood are GRESB streams, pcap, pcapng, PUS packets one after the other (pool), and tables with
a packet a line, each also compressed with gzip. docs/recordings.md tells what a map says; without
one a table is written, and read, with the columns time, direction, interface, end, data.
Exit: 0 fine, 1 something was lost, told by position, 2 wrong use.
"""


@dataclass(frozen=True)
class _Source:
    """What reads a file of one kind, and the link type of what is in it."""

    reader: RecordingReader | TableReader | PusTcp
    read: Callable[[bytes], list[Recorded]]
    finish: Callable[[], list[Recorded] | None]
    link_type: int = SPACEWIRE

    def items(self, chunks: Iterable[bytes]) -> Iterator[Recorded]:
        for chunk in chunks:
            yield from self.read(chunk)
        yield from self.finish() or ()


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "import",
        help="recordings of other equipment, to pcapng and back",
        description="Make a pcapng capture of a recording, a pool of PUS packets or a table.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what to read")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="what to write")
    parser.add_argument(
        "--map", type=Path, metavar="TOML", help="which column of a table says what"
    )
    parser.add_argument(
        "--to",
        choices=("pcapng", "pool", "table"),
        default="pcapng",
        help="what is written (default: pcapng)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    where = args.map
    try:
        columns = Columns() if args.map is None else read_columns(args.map.read_text())
        where = args.file
        return _import(args, columns)
    except (OSError, ValueError) as error:
        print(f"fsw-emu import: {describe(error, where)}", file=sys.stderr)
        return 2


def _import(args: argparse.Namespace, columns: Columns) -> int:
    faults: FaultLog[Fault] = FaultLog()
    chunks = read_file(args.file, faults)
    start = next(chunks, b"")
    if not start:
        raise ValueError("the file is empty")
    source = _source(start, None if args.map is None or args.to == "table" else columns)
    count = _Count()
    items = count.passing(source.items(itertools.chain([start], chunks)))
    with atomic_file(args.out) as file:
        if args.to == "pcapng":
            _write_capture(file, items, source.link_type, args.file.name)
        elif args.to == "pool":
            _write_pool(file, items, faults)
        else:
            _write_table(file, items, columns, faults)
        if not count.packets + count.time_codes:
            raise ValueError("no packet in it")
    print(f"{args.out}: {count.packets:,} packets, {count.time_codes:,} time-codes")
    for fault in (*source.reader.faults, *faults):
        print(f"fault at {fault}")
    if n_more := source.reader.faults.not_listed + faults.not_listed:
        print(f"... and {n_more:,} more")
    return 1 if faults or source.reader.faults else 0


@dataclass
class _Count:
    packets: int = 0
    time_codes: int = 0

    def passing(self, items: Iterable[Recorded]) -> Iterator[Recorded]:
        for one in items:
            if isinstance(one.item, TimeCode):
                self.time_codes += 1
            else:
                self.packets += 1
            yield one


def _source(start: bytes, columns: Columns | None) -> _Source:
    """What reads a file that starts so; columns: of the table that it is."""
    if columns is None and start.startswith(first_line(Columns()).encode()):
        columns = Columns()
    if columns is not None:
        table = TableReader(columns)
        link_type = SPACE_PACKET if columns.space_packets else SPACEWIRE
        return _Source(table, table.feed, table.finish, link_type)
    try:
        sniff(start)
    except ValueError:
        pool = _Pool()
        return _Source(pool.framing, pool.read, pool.finish, SPACE_PACKET)
    recording = RecordingReader()
    return _Source(recording, recording.read, recording.finish)


class _Pool:
    """Reads PUS packets one after the other. Telemetry has its own time, a telecommand that of
    what was before it."""

    def __init__(self) -> None:
        self.framing = PusTcp()
        self._time_ns = 0

    def read(self, chunk: bytes) -> list[Recorded]:
        return [self._timed(item) for item in self.framing.feed(chunk)]

    def finish(self) -> list[Recorded]:
        items = [self._timed(item) for item in self.framing.flush()]
        self.framing.finish()
        return items

    def _timed(self, item: Item) -> Recorded:
        if not isinstance(item, SpwPacket):
            raise TypeError("a pool has packets only")
        packet = item.data[len(PTP_PREFIX) :]
        if not read_primary_header(packet).telecommand:
            self._time_ns = read_tm(packet).header.time.unix_ns
        return Recorded(item, self._time_ns, offset=item.offset)


def _write_capture(file: BinaryIO, items: Iterable[Recorded], link_type: int, name: str) -> None:
    writer = CaptureWriter()
    file.write(writer.begin(f"imported from {name}"))
    for one in items:
        file.write(
            writer.build(
                [one.item],
                time_ns=one.time_ns,
                direction=one.direction,
                interface=one.interface,
                link_type=link_type,
            )
        )


def _write_pool(file: BinaryIO, items: Iterable[Recorded], faults: FaultLog[Fault]) -> None:
    framing = PusTcp()
    for one in items:
        if framing.carries(one.item):
            file.write(framing.build([one.item]))
        else:
            faults.append(Fault(one.offset, "pool", "left out: no PUS packet"))


def _write_table(
    file: BinaryIO, items: Iterable[Recorded], columns: Columns, faults: FaultLog[Fault]
) -> None:
    file.write(first_line(columns).encode())
    for one in items:
        text = line(one, columns)
        if text is None:
            faults.append(Fault(one.offset, "table", "left out: the columns cannot tell it"))
        else:
            file.write(text.encode())
