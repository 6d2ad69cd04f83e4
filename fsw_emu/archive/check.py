# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Whether the file of an archive is sound, and which packets are missing from its sequences."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fsw_emu.archive.row import Direction
from fsw_emu.archive.store import reading
from fsw_emu.packets.ccsds import COUNT_MODULO
from fsw_emu.packets.fault import FaultLog

_LISTED = 20


@dataclass(frozen=True, order=True)
class Source:
    """What counts its packets on its own: telemetry of an APID and destination, telecommands of an
    APID and source."""

    direction: Direction
    apid: int
    peer: int


@dataclass(frozen=True)
class Gap:
    """A count that does not follow: the entry that has it, the count before, what that means."""

    id: int
    received_ns: int
    source: Source
    before: int
    count: int
    missing: int  # 0: the count goes back, or comes again

    def __str__(self) -> str:
        if self.missing:
            what = f"{self.missing} packets missing"
        else:
            what = "count comes again" if self.count == self.before else "count goes back"
        return f"count {self.count} after {self.before}: {what}"


@dataclass
class Sequence:
    """The packets of one source. restarts: counts that go back or come again."""

    packets: int = 0
    missing: int = 0
    restarts: int = 0
    last: int | None = None


@dataclass(frozen=True)
class Findings:
    """damage: what SQLite finds wrong, the first 20 lines. gaps: the first 10,000 of them."""

    damage: tuple[str, ...]
    sequences: dict[Source, Sequence] = field(default_factory=dict)
    gaps: FaultLog[Gap] = field(default_factory=FaultLog)

    @property
    def fine(self) -> bool:
        return not self.damage and not self.gaps


def check(path: Path) -> Findings:
    """Check a whole archive; its packets in the order in which they came. ArchiveError."""
    with reading(path) as connection:
        told = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_LISTED})")]
        if told != ["ok"]:
            return Findings(tuple(line for text in told for line in text.splitlines())[:_LISTED])
        findings = Findings(())
        rows = connection.execute(
            "SELECT id, received_ns, direction, apid, peer, count FROM packet "
            "WHERE reason IS NULL ORDER BY id"
        )
        for number, received_ns, direction, apid, peer, count in rows:
            if {*map(type, (received_ns, apid, peer, count))} != {int}:
                return Findings((f"row {number} is damaged",))
            _follow(findings, Source(direction, apid, peer), number, received_ns, count)
        return findings


def _follow(findings: Findings, source: Source, number: int, received_ns: int, count: int) -> None:
    sequence = findings.sequences.setdefault(source, Sequence())
    before, sequence.last = sequence.last, count
    sequence.packets += 1
    if before is None:
        return
    step = (count - before) % COUNT_MODULO
    if step == 1:
        return
    missing = step - 1 if 1 < step <= COUNT_MODULO // 2 else 0
    sequence.missing += missing
    sequence.restarts += not missing
    findings.gaps.append(Gap(number, received_ns, source, before, count, missing))
