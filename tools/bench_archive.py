# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measure the archive beside a flat file in the same run.
Usage: bench_archive.py [-h] [--packets N] [--folder DIR] [--json FILE]

Packets of 64 to 200 bytes, 5 000 a second of their own time, each second committed to the disk.
Then they are asked for by service and time. The flat file is appended to and synchronised as often;
it is asked by reading it through. Both lie in a temporary folder of DIR and are removed.
"""

from __future__ import annotations

import argparse
import os
import random
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from figures import Row, tell

from fsw_emu.archive import Archive
from fsw_emu.archive.check import check
from fsw_emu.packets.pus import SmileTime, build_tm

RATE = 5_000  # packets a second
START_NS = SmileTime.from_iso("2026-05-19T04:00:00").unix_ns
STEP_NS = 1_000_000_000 // RATE
#: packets of one thousand: service 13 takes the link, the rest is rare
KINDS = ((3, 25), (3, 1), (3, 2), (1, 1), (1, 7), (5, 1), (5, 2), (17, 2))
SCIENCE = (13, 2)
PERIOD = 1_000
QUERIES = 20
QUERY_LIMIT_S = 1.0

_ENTRY = struct.Struct(">QH")
_SERVICE_AT = 7


def kind(n: int) -> tuple[int, int]:
    """Service and subtype of packet n."""
    place = n % PERIOD
    return KINDS[place // 20] if place % 20 == 0 and place // 20 < len(KINDS) else SCIENCE


def received_ns(n: int) -> int:
    """When packet n comes."""
    return START_NS + n * STEP_NS


def templates() -> list[bytes]:
    """The packets of one period; all others are the same again."""
    dice = random.Random(1)  # noqa: S311 the same data each time
    return [
        build_tm(
            apid=321, count=n, type=kind(n)[0], subtype=kind(n)[1], time=SmileTime(n, 0),
            data=dice.randbytes(dice.randrange(44, 181)),
        )
        for n in range(PERIOD)
    ]  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """Seconds it took, the worst of one second's packets, processor time, bytes of the file."""

    seconds: float
    worst_s: float
    processor_s: float
    bytes: int


def stretches(n_packets: int) -> Iterator[range]:
    """The packets of one second after the other."""
    yield from (range(at, min(at + RATE, n_packets)) for at in range(0, n_packets, RATE))


def fill(path: Path, n_packets: int) -> Filled:
    """Make an archive of so many packets."""
    made = templates()
    times, processor = [time.perf_counter()], time.process_time()
    with Archive.open(path) as archive:
        for stretch in stretches(n_packets):
            for n in stretch:
                archive.add([made[n % PERIOD]], received_ns(n), "tm")
            archive.commit()
            times.append(time.perf_counter())
    took = time.perf_counter() - times[0], time.process_time() - processor
    worst = max(b - a for a, b in pairwise(times))
    return Filled(took[0], worst, took[1], path.stat().st_size)


def fill_flat(path: Path, n_packets: int) -> Filled:
    """The peer: time and length before each packet, nothing to find it by."""
    made = templates()
    times, processor = [time.perf_counter()], time.process_time()
    with path.open("wb") as file:
        for stretch in stretches(n_packets):
            for n in stretch:
                raw = made[n % PERIOD]
                file.write(_ENTRY.pack(received_ns(n), len(raw)))
                file.write(raw)
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter())
    took = times[-1] - times[0], time.process_time() - processor
    worst = max(b - a for a, b in pairwise(times))
    return Filled(took[0], worst, took[1], path.stat().st_size)


def scan_flat(path: Path, service: int, subtype: int, first_ns: int, end_ns: int) -> int:
    """How many packets the peer finds."""
    wanted, found = bytes((service, subtype)), 0
    with path.open("rb") as file:
        while header := file.read(_ENTRY.size):
            then, size = _ENTRY.unpack(header)
            raw = file.read(size)
            found += first_ns <= then < end_ns and raw[_SERVICE_AT : _SERVICE_AT + 2] == wanted
    return found


def add_filled(rows: list[Row], name: str, n_packets: int, filled: Filled) -> None:
    """Rates of one way to keep packets."""
    bar = RATE if name == "archive" else None
    rows.append(Row(f"{name}, packets in", n_packets / filled.seconds, "packets/s", bar))
    bar = 1.0 if name == "archive" else None
    rows.append(Row("  worst second's packets, on disk in", filled.worst_s, "s", bar))
    rows.append(Row("  processor", 1e6 * filled.processor_s / n_packets, "us/packet"))
    rows.append(Row("  size", filled.bytes / n_packets, "bytes/packet"))


def bench_queries(rows: list[Row], path: Path, n_packets: int) -> None:
    """The slowest of several, each in an archive opened anew; a minute of one service, the first
    and the last of a rare one, a tenth of a second of all."""
    dice = random.Random(2)  # noqa: S311
    minute, most = 60 * RATE, received_ns(n_packets)
    starts = [received_ns(dice.randrange(max(1, n_packets - minute))) for _ in range(QUERIES)]
    asked: dict[str, list[dict[str, int]]] = {
        "a minute of (5,2)": [
            {"service": 5, "subtype": 2, "from_ns": at, "to_ns": at + 60 * 10**9} for at in starts
        ],
        "a minute of service 3": [
            {"service": 3, "from_ns": at, "to_ns": at + 60 * 10**9} for at in starts
        ],
        "a second of (13,2)": [
            {"service": 13, "subtype": 2, "from_ns": at, "to_ns": at + 10**9} for at in starts
        ],
        "last 100 of (17,2) before": [
            {"service": 17, "subtype": 2, "to_ns": at, "limit": 100, "newest_first": True}
            for at in [*starts, most]
        ],
        "a tenth of a second of all": [{"from_ns": at, "to_ns": at + 10**8} for at in starts],
    }
    for name, queries in asked.items():
        worst, n_rows = 0.0, 0
        for query in queries:
            start = time.perf_counter()
            with Archive.open(path, create=False) as archive:
                n_rows = max(n_rows, sum(1 for _ in archive.query(**query)))
            worst = max(worst, time.perf_counter() - start)
        rows.append(Row(f"query, {name}", worst, "s", QUERY_LIMIT_S))
        rows.append(Row("  most rows", n_rows, "rows"))


def bench_whole(rows: list[Row], path: Path) -> None:
    """What reads all of the file."""
    with Archive.open(path, create=False) as archive:
        for name, act in (
            ("counts by service and subtype", archive.counts),
            ("summary", archive.summary),
            ("check", lambda: check(path)),
        ):
            start = time.perf_counter()
            act()
            rows.append(Row(name, time.perf_counter() - start, "s"))


def bench_peer(rows: list[Row], path: Path, n_packets: int) -> None:
    """The same question put to the flat file."""
    add_filled(rows, "flat file", n_packets, fill_flat(path, n_packets))
    at = received_ns(n_packets // 2)
    start = time.perf_counter()
    found = scan_flat(path, 5, 2, at, at + 60 * 10**9)
    rows.append(Row("  a minute of (5,2)", time.perf_counter() - start, "s"))
    rows.append(Row("  rows", found, "rows"))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packets", type=int, default=1_000_000, help="default: 1000000")
    parser.add_argument("--folder", type=Path, help="where the files lie while it runs")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    args = parser.parse_args()
    if args.packets < 1:
        parser.error("at least one packet")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        path = Path(folder) / "archive.sqlite"
        add_filled(rows, "archive", args.packets, fill(path, args.packets))
        bench_queries(rows, path, args.packets)
        bench_whole(rows, path)
        path.unlink()
        bench_peer(rows, Path(folder) / "flat", args.packets)
    tell(rows, args.json)
    return 0 if all(row.met is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
