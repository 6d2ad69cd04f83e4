# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The SQLite file of an archive: its schema, how it is known, how it is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

#: "SXIA": what file(1) and SQLite tell an archive by
APPLICATION_ID = 0x53584941
VERSION = 1
BUSY_TIMEOUT_S = 5.0

COLUMNS = (
    "id, received_ns, direction, apid, service, subtype, count, peer, "
    "coarse, fine_us, sync, pec_ok, raw, reason"
)
#: the columns before raw, so that what needs no bytes of a packet reads none
SCHEMA = """
CREATE TABLE packet (
  id INTEGER PRIMARY KEY,
  received_ns INTEGER NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('tm', 'tc')),
  apid INTEGER,
  service INTEGER,
  subtype INTEGER,
  count INTEGER,
  peer INTEGER,
  coarse INTEGER,
  fine_us INTEGER,
  sync INTEGER,
  pec_ok INTEGER,
  reason TEXT,
  raw BLOB NOT NULL
);
CREATE INDEX by_service ON packet (service, subtype, received_ns);
CREATE INDEX by_time ON packet (received_ns);
CREATE INDEX by_time_tc ON packet (received_ns) WHERE direction = 'tc';
CREATE INDEX by_time_faulty ON packet (received_ns) WHERE pec_ok IS NOT 1;
"""

_CAUSES = {
    "SQLITE_FULL": "no room: the disk is full",
    "SQLITE_IOERR_WRITE": "no room, or the disk fails",
    "SQLITE_IOERR_SHMSIZE": "no room: the disk is full",
    "SQLITE_BUSY": "another process is writing to it",
    "SQLITE_NOTADB": "no archive",
    "SQLITE_CORRUPT": "damaged",
    "SQLITE_CANTOPEN": "cannot be opened",
}


class ArchiveError(Exception):
    """What an archive cannot do, in one line with its file."""


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """What SQLite complains about, as ArchiveError."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite tells a broken schema in its own bytes
        raise ArchiveError(f"{path}: damaged") from error
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        cause = _CAUSES.get(name) or " ".join(str(error).split())
        raise ArchiveError(f"{path}: {cause}") from error


def open_writer(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection to an archive, made if absent. ArchiveError for a file that is none, of
    another version, or absent and not to be made; such a file is left as it is."""
    if not create and not path.exists():
        raise ArchiveError(f"{path}: there is no such file")
    with telling(path):
        connection = _connect(path, "rwc" if create else "rw")
    try:
        with telling(path):
            if not _is_archive(connection, path, empty_will_do=create):
                _make(connection)
            if _pragma(connection, "journal_mode") != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that sees the archive as it is now, whoever writes to it. ArchiveError."""
    with telling(path):
        connection = _connect(path, "ro")
        try:
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S)


def _pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _is_archive(connection: sqlite3.Connection, path: Path, *, empty_will_do: bool) -> bool:
    """Whether it has its tables; ArchiveError for what is neither an archive nor empty. A process
    killed before the first commit leaves an empty file."""
    identity = _pragma(connection, "application_id")
    if identity == APPLICATION_ID:
        version = _pragma(connection, "user_version")
        if version != VERSION:
            raise ArchiveError(f"{path}: an archive of version {version}, not {VERSION}")
        return True
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if identity or tables or not empty_will_do:
        raise ArchiveError(f"{path}: no archive")
    return False


def _make(connection: sqlite3.Connection) -> None:
    """All of the schema or nothing."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _pragma(connection, "application_id"):  # nobody else was faster
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
