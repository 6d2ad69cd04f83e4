# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Killed processes, full disks, damaged and foreign files: nothing accepted is lost, and one line
says what is wrong."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fsw_emu.archive import Archive, ArchiveError
from fsw_emu.archive.check import check
from fsw_emu.archive.store import APPLICATION_ID, VERSION
from fsw_emu.packets.pus import SmileTime, build_tm

#: adds packets for ever and says, after each commit, how many are in
WRITER = """
import itertools, sys
from fsw_emu.archive import Archive
one = Archive.open(sys.argv[1])
for n in itertools.count():
    one.add([n.to_bytes(4, "big") * 20] * 7, n, "tm")
    if n % 3 == 2:
        one.commit()
        print(7 * (n + 1), flush=True)
"""
#: a process that may write no more than so many bytes to a file
LIMITED = """
import resource, signal, sys
from fsw_emu.archive import Archive, ArchiveError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
accepted = 0
one = Archive.open(sys.argv[1])
for n in range(2000):
    try:
        one.add([n.to_bytes(4, "big") * 200], n, "tm")
        one.commit()
    except ArchiveError as error:
        print(accepted, one.waiting, error)
        break
    accepted = n + 1
"""


def refusal(act: Callable[[], object]) -> str:
    """What an archive says to it; nothing where it does it."""
    try:
        act()
    except ArchiveError as error:
        return str(error)
    return ""


def report(n: int, size: int = 20) -> bytes:
    data = n.to_bytes(4, "big").ljust(size - 20, b"\0")[: size - 20]
    return build_tm(apid=321, count=n % 16384, type=3, subtype=25, time=SmileTime(n, 0), data=data)


@pytest.mark.verifies("ASW-31")
@pytest.mark.parametrize("lines", [1, 2, 30, 300])
def test_what_a_killed_process_had_committed_is_there(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "a.sqlite"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(lines):
        said = writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    said = (said + writer.stdout.read()).split()[-1]
    writer.stdout.close()
    writer.wait()
    with Archive.open(path, create=False) as one:
        rows = list(one.query())
        assert len(rows) >= int(said)
        assert len(rows) % 21 == 0  # commits are whole
        assert all(
            row.raw == ((row.id - 1) // 7).to_bytes(4, "big") * 20 and row.received_ns == n // 7
            for n, row in enumerate(rows)
        )
        one.add([report(0)], 10**9, "tm")  # and it goes on
    assert check(path).damage == ()
    assert len(list(Archive.open(path).query())) == len(rows) + 1


def test_another_process_reads_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    try:
        seen = [0]
        for _ in range(20):
            said = int(writer.stdout.readline())
            with Archive.open(path, create=False) as one:
                n = sum(1 for _ in one.query())
            assert n >= max(said, seen[-1])
            assert n % 21 == 0
            seen.append(n)
        assert seen[-1] > seen[1]
    finally:
        writer.kill()
        writer.stdout.close()
        writer.wait()


def test_a_reader_under_way_stops_no_writer(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a.sqlite") as one, Archive.open(tmp_path / "a.sqlite") as two:
        one.add([report(n) for n in range(10)], 1, "tm")
        one.commit()
        rows = two.query()
        next(rows)
        one.add([report(10)], 2, "tm")
        one.commit()
        two.add([report(11)], 3, "tm")
        two.commit()
        assert len(list(rows)) == 9
        assert len(list(one.query())) == 12


def test_two_that_write_at_once_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsw_emu.archive.store.BUSY_TIMEOUT_S", 0.05)
    path = tmp_path / "a.sqlite"
    with Archive.open(path) as one:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        one.add([report(0)], 1, "tm")
        with pytest.raises(ArchiveError, match=r"a\.sqlite: another process is writing to it$"):
            one.commit()
        other.close()
        one.commit()
        assert [row.raw for row in one.query()] == [report(0)]


def test_a_full_file_refuses_what_does_not_fit_and_keeps_the_rest(tmp_path: Path) -> None:
    """A bound of SQLite's own stands for the disk."""
    path = tmp_path / "a.sqlite"
    n = accepted = 0
    with Archive.open(path) as one:
        one._connection.execute("PRAGMA max_page_count = 40")
        said = ""
        for n in range(1000):
            one.add([report(n, 200)], n, "tm")
            said = refusal(one.commit)
            if said:
                break
            accepted = n + 1
        assert said == f"{path}: no room: the disk is full"
        assert accepted > 100
        for _ in range(3):
            with pytest.raises(ArchiveError):
                one.commit()
        assert (one.waiting, len(list(one.query()))) == (1, accepted)
        one._connection.execute("PRAGMA max_page_count = 4000")  # room again
        one.commit()
        one.add([report(n + 1, 200)], n + 1, "tm")
    with Archive.open(path) as one:
        assert [row.raw for row in one.query()] == [report(m, 200) for m in range(accepted + 2)]
    assert check(path).fine


def test_memory_is_bounded_while_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsw_emu.archive.archive.BATCH_PACKETS", 10)
    one = Archive.open(tmp_path / "a.sqlite")
    one._connection.execute("PRAGMA max_page_count = 1")
    refused = 0
    for n in range(100):
        refused += bool(refusal(lambda n=n: one.add([report(n, 800)], n, "tm")))
    assert (one.waiting, refused) == (10, 90)
    with pytest.raises(ArchiveError, match="the disk is full"):
        one.close()
    with pytest.raises(sqlite3.ProgrammingError):  # closed all the same
        one._connection.execute("SELECT 1")


@pytest.mark.parametrize("most_bytes", [100_000, 1_000_000])
def test_writes_that_the_system_refuses(tmp_path: Path, most_bytes: int) -> None:
    path = tmp_path / "a.sqlite"

    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path, str(most_bytes)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    accepted, waiting, said = done.stdout.split(maxsplit=2)
    assert (done.stderr, waiting) == ("", "1")
    assert said == f"{path}: no room, or the disk fails\n"
    with Archive.open(path, create=False) as one:
        rows = [row.raw for row in one.query()]
    assert int(accepted) > 2
    assert rows[: int(accepted)] == [n.to_bytes(4, "big") * 200 for n in range(int(accepted))]
    assert check(path).damage == ()


def foreign(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(statement)
    connection.close()


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_text("telemetry\n" * 500), "no archive"),
        (lambda path: path.write_bytes(report(1) * 100), "no archive"),
        (lambda path: foreign(path, "CREATE TABLE notes (text)"), "no archive"),
        (lambda path: foreign(path, "PRAGMA application_id = 7"), "no archive"),
        (
            lambda path: foreign(path, f"PRAGMA application_id={APPLICATION_ID}; "
                                       f"PRAGMA user_version={VERSION + 1}"),
            f"an archive of version {VERSION + 1}, not {VERSION}",
        ),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
)  # fmt: skip
def test_what_is_no_archive_is_refused_and_left_as_it_is(
    tmp_path: Path, make: object, said: str, create: bool
) -> None:
    path = tmp_path / "a.sqlite"
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ArchiveError) as refused:
        Archive.open(path, create)
    assert str(refused.value) == f"{path}: {said}"
    assert before == (path.read_bytes() if path.is_file() else None)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be opened"):
        Archive.open(tmp_path / "none" / "a.sqlite")


def test_an_empty_file_becomes_one_where_it_may(tmp_path: Path) -> None:
    """As a process leaves it that was killed before its first commit."""
    path = tmp_path / "a.sqlite"
    path.touch()
    with pytest.raises(ArchiveError, match="no archive"):
        Archive.open(path, create=False)
    with Archive.open(path) as one:
        one.add([report(0)], 1, "tm")
    assert len(list(Archive.open(path, create=False).query())) == 1


def read_all(path: Path) -> None:
    with Archive.open(path, create=False) as one:
        list(one.query())
        list(one.query(service=3, newest_first=True))
        one.counts()
        one.summary()
    if check(path).damage:
        raise ArchiveError("damage")


def test_damaged_files_give_one_line_and_no_other_error(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with Archive.open(path) as one:
        for n in range(300):
            one.add([report(n, 100)], n, "tm")
    whole, found = path.read_bytes(), 0
    dice = random.Random(7)
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 30])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(data)
        said = refusal(lambda: read_all(path))
        assert "\n" not in said
        found += bool(said)
        for beside in tmp_path.glob("a.sqlite-*"):
            beside.unlink()
    assert found > 30
