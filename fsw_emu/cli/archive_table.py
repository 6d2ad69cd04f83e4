# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What ``fsw-emu archive`` prints."""

from __future__ import annotations

from collections.abc import Iterator

from fsw_emu.archive import Row, Summary
from fsw_emu.archive.check import Findings
from fsw_emu.archive.row import iso

HEAD = (
    f"{'received':<30}  dir  apid  {'service':<9}  count  peer  "
    f"{'onboard':<27}  sync  pec  bytes  data"
)
_SHOWN_BYTES = 12
_SHOWN_GAPS = 20
_HEADER_BYTES = {"tm": 18, "tc": 10}


def line(row: Row) -> str:
    """One entry as one line."""
    start = f"{iso(row.received_ns):<30}  {row.direction:<3}"
    if row.reason is not None:
        data = row.raw[:_SHOWN_BYTES].hex(" ")
        return f"{start}  unreadable: {row.reason}: {len(row.raw)} bytes  {data}".rstrip()
    kind = f"({row.service},{row.subtype})"
    time = "-" if row.time is None else row.time.iso()
    sync = "-" if row.sync is None else row.sync
    pec = "ok" if row.pec_ok else "BAD"
    data = row.raw[_HEADER_BYTES[row.direction] : -2][:_SHOWN_BYTES].hex(" ")
    return (
        f"{start}  {row.apid:>4}  {kind:<9}  {row.count:>5}  {row.peer:>4}  {time:<27}  {sync:>4}  "
        f"{pec:<3}  {len(row.raw):>5}  {data}"
    ).rstrip()


def told_of(summary: Summary, counts: dict[tuple[int, int], int], n_bytes: int) -> Iterator[str]:
    """What an archive holds."""
    yield (
        f"{summary.entries:,} entries, {n_bytes:,} bytes; {summary.telecommands:,} on the way of "
        f"telecommands, {summary.unreadable:,} unreadable, {summary.bad_pec:,} with a wrong "
        "checksum"
    )
    if summary.first_ns is not None and summary.last_ns is not None:
        yield f"received {iso(summary.first_ns)} to {iso(summary.last_ns)}"
    for (service, subtype), n in counts.items():
        yield f"{f'({service},{subtype})':<9}  {n:>12,}"


def findings_lines(findings: Findings) -> Iterator[str]:
    """What a check found."""
    if findings.damage:
        yield from (f"damaged: {text}" for text in findings.damage)
        return
    yield "the file is sound"
    for source, sequence in sorted(findings.sequences.items()):
        peer = "destination" if source.direction == "tm" else "source"
        yield (
            f"{source.direction}  apid {source.apid}  {peer} {source.peer}: "
            f"{sequence.packets:,} packets, {sequence.missing:,} missing, "
            f"{sequence.restarts:,} times not upward"
        )
    for gap in findings.gaps[:_SHOWN_GAPS]:
        where = f"{gap.source.direction} apid {gap.source.apid} {gap.source.peer}"
        yield f"entry {gap.id}, {iso(gap.received_ns)}: {where}: {gap}"
    left = len(findings.gaps) + findings.gaps.not_listed - _SHOWN_GAPS
    if left > 0:
        yield f"and {left:,} more"
