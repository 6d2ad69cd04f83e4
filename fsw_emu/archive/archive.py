# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An archive: packets in, committed in batches; rows out by service and time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fsw_emu.archive.row import Direction, Row, columns_of, row_of
from fsw_emu.archive.selection import Selection, select
from fsw_emu.archive.store import ArchiveError, open_writer, reading, telling

#: a batch is committed when the next packets come and it has so many, or so many bytes, or when
#: they come so long after its first
BATCH_PACKETS = 5_000
BATCH_BYTES = 4 << 20
BATCH_NS = 1_000_000_000

_MOST_NS = (1 << 63) - 1
_INSERT = (
    "INSERT INTO packet (received_ns, direction, apid, service, subtype, count, peer, "
    "coarse, fine_us, sync, pec_ok, raw, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SUMMARY = (
    "SELECT (SELECT count(*) FROM packet), "
    "(SELECT count(*) FROM packet WHERE direction = 'tc'), "
    "(SELECT count(*) FROM packet WHERE pec_ok IS NOT 1 AND reason IS NOT NULL), "
    "(SELECT count(*) FROM packet WHERE pec_ok IS NOT 1 AND reason IS NULL), "
    "(SELECT min(received_ns) FROM packet), (SELECT max(received_ns) FROM packet)"
)


@dataclass(frozen=True)
class Summary:
    """Entries in all; of them those on the way of telecommands, those that are no packet, packets
    with a wrong checksum; first and last reception, ns since 1970 UTC, None where there is none."""

    entries: int
    telecommands: int
    unreadable: int
    bad_pec: int
    first_ns: int | None
    last_ns: int | None


class Archive:
    """One file, and the batch that is not in it yet.

    What ``commit`` has returned from, or a batch of ``add`` that was full, stays whatever becomes
    of the process. One thread at a time uses an archive; other processes may read the file, and
    write to it between commits.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, batch_ns: int | None) -> None:
        self._path = path
        self._connection = connection
        self._batch_ns = batch_ns
        self._batch: list[tuple[Any, ...]] = []
        self._batch_bytes = 0

    @classmethod
    def open(
        cls, path: Path | str, create: bool = True, *, batch_ns: int | None = BATCH_NS
    ) -> Archive:
        """Open an archive. ArchiveError for a file that is none, of another version, or absent
        where ``create`` does not allow to make it.

        batch_ns: see BATCH_NS; None: however long, for packets whose time is not the present.
        """
        path = Path(path)
        return cls(path, open_writer(path, create=create), batch_ns)

    @property
    def waiting(self) -> int:
        """Packets that no commit has put into the file yet."""
        return len(self._batch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, packets: Sequence[bytes], received_ns: int, direction: Direction) -> None:
        """Take packets, in order, received at that time [ns since 1970 UTC]; they wait for a
        commit, which a full batch before them brings about.

        Bytes that are no PUS packet of the direction are kept with the reason. ArchiveError when
        the commit fails, ValueError for a time out of range: none of ``packets`` is taken then.
        """
        if not 0 <= received_ns <= _MOST_NS:
            raise ValueError(f"{received_ns} ns since 1970 is no time of reception")
        if self._is_full(received_ns):
            self.commit()
        entries = [columns_of(bytes(packet), received_ns, direction) for packet in packets]
        self._batch += entries
        self._batch_bytes += sum(map(len, packets))

    def _is_full(self, now_ns: int) -> bool:
        if not self._batch:
            return False
        if len(self._batch) >= BATCH_PACKETS or self._batch_bytes >= BATCH_BYTES:
            return True
        first_ns: int = self._batch[0][0]
        return self._batch_ns is not None and abs(now_ns - first_ns) >= self._batch_ns

    def commit(self) -> None:
        """Put what waits into the file and onto the disk. ArchiveError: it waits on, and what was
        in the file is there."""
        if not self._batch:
            return
        with telling(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(_INSERT, self._batch)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite ends some by itself
                    self._connection.execute("ROLLBACK")
                raise
        self._batch = []
        self._batch_bytes = 0

    def close(self) -> None:
        """Commit and close; closed also where the commit fails (ArchiveError)."""
        try:
            self.commit()
        finally:
            self._connection.close()

    def query(
        self,
        *,
        service: int | None = None,
        subtype: int | None = None,
        apid: int | None = None,
        direction: Direction | None = None,
        from_ns: int | None = None,
        to_ns: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Row]:
        """Committed rows by from_ns <= reception < to_ns [ns since 1970 UTC], None: any; in order
        of reception and, at the same time, of arrival.

        The rows are those that are there when the first is asked for. ValueError for a value that
        no packet has; ArchiveError, also on the way, for a damaged file.
        """
        wanted = Selection(
            service, subtype, apid, direction, from_ns, to_ns, limit, newest_first
        )  # fmt: skip
        return self._rows(wanted)

    def _rows(self, wanted: Selection) -> Iterator[Row]:
        with reading(self._path) as connection:
            for columns in select(connection, wanted):
                try:
                    row = row_of(columns)
                except ValueError as error:
                    raise ArchiveError(f"{self._path}: {error}") from None
                yield row

    def counts(self) -> dict[tuple[int, int], int]:
        """Committed packets by service and subtype, in order; entries that are no packet are in
        none."""
        with reading(self._path) as connection:
            rows = connection.execute(
                "SELECT service, subtype, count(*) FROM packet INDEXED BY by_service "
                "WHERE service IS NOT NULL GROUP BY service, subtype"
            )
            counts = {(service, subtype): n for service, subtype, n in rows}
        if any({*map(type, kind)} != {int} for kind in counts):
            raise ArchiveError(f"{self._path}: damaged")
        return counts

    def summary(self) -> Summary:
        """What is committed, in numbers."""
        with reading(self._path) as connection:
            values = connection.execute(_SUMMARY).fetchone()
        if not {*map(type, values)} <= {int, type(None)}:
            raise ArchiveError(f"{self._path}: damaged")
        return Summary(*values)
