# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu archive``: files in, tables and files out, read back by others."""

from __future__ import annotations

import csv
import gzip
import importlib
import random
import re
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu import atomic
from fsw_emu.archive import Archive
from fsw_emu.archive.check import check
from fsw_emu.archive.pieces import STRANGE_BYTES, pieces
from fsw_emu.cli.main import main
from fsw_emu.ground.telemetry import TelemetryReader
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm

PAGE = Path(__file__).resolve().parents[2] / "docs/archive.md"
START = SmileTime.from_iso("2026-05-19T04:00:00")


def tm(n: int, kind: tuple[int, int] = (3, 25), destination: int = 0) -> bytes:
    return build_tm(
        apid=321, count=n % 16384, type=kind[0], subtype=kind[1], destination=destination,
        time=SmileTime(START.coarse + n, 250_000), data=bytes([n % 256]) * (n % 40),
    )  # fmt: skip


def tc(n: int) -> bytes:
    return build_tc(apid=321, count=n, type=17, subtype=1, ack=9)


def packets() -> list[bytes]:
    """An hour of a packet a second: housekeeping, now and then an event, a telecommand."""
    return [
        tc(n) if n % 100 == 7 else tm(n, (5, 2) if n % 50 == 3 else (3, 25)) for n in range(3600)
    ]


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    path = tmp_path / "tm.bin"
    path.write_bytes(b"".join(packets()))
    return path


@pytest.fixture
def kept(tmp_path: Path, stream: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "a.sqlite"
    assert run("add", path, stream) == 0
    assert capsys.readouterr().out == f"{path}: 3,600 packets added\n"
    return path


def run(*words: object) -> int:
    return main(["archive", *map(str, words)])


def split_as(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    cuts = [0, *sorted(size % (len(data) + 1) for size in sizes), len(data)]
    return [data[a:b] for a, b in zip(cuts, cuts[1:], strict=False)]


good = st.builds(tm, st.integers(0, 3000)) | st.builds(tc, st.integers(0, 99))


@given(
    st.lists(good | st.binary(max_size=40).map(lambda strange: b"\xff" + strange), max_size=12),
    st.lists(st.integers(0, 10_000), max_size=8),
)
def test_a_stream_is_cut_without_a_byte_lost(parts: list[bytes], sizes: list[int]) -> None:
    data = b"".join(parts)
    found = list(pieces(split_as(data, sizes)))
    assert b"".join(piece.raw for piece in found) == data
    wanted = [part for part in parts if part[0] != 0xFF]
    assert [piece.raw for piece in found if piece.is_packet] == wanted


def test_what_is_no_packet_comes_in_pieces_of_some_size() -> None:
    data = random.Random(1).randbytes(1_000_000)
    found = list(pieces([data[at : at + 999] for at in range(0, len(data), 999)]))
    assert b"".join(piece.raw for piece in found) == data
    assert max(len(piece.raw) for piece in found) <= STRANGE_BYTES
    assert len(found) < 40


def test_a_file_put_in_comes_back(kept: Path, stream: Path, tmp_path: Path) -> None:
    for direction, kind in (("tm", 0), ("tc", 1)):
        out = tmp_path / f"{direction}.bin"
        assert run("query", kept, "--direction", direction, "--out", out) == 0
        wanted = [packet for packet in packets() if packet[0] >> 4 & 1 == kind]
        assert out.read_bytes() == b"".join(wanted)
    assert run("query", kept, "--out", tmp_path / "both.bin") == 0  # telemetry: what show reads
    assert (tmp_path / "both.bin").read_bytes() == (tmp_path / "tm.bin").read_bytes()
    assert main(["show", str(tmp_path / "both.bin"), "--limit", "5"]) == 0
    assert stream.exists()


def test_reception_is_the_onboard_time_where_a_file_tells_no_other(kept: Path) -> None:
    with Archive.open(kept, create=False) as one:
        rows = list(one.query())
    assert [row.raw for row in rows] == packets()
    last = 0
    for row in rows:
        last = last if row.time is None else row.time.unix_ns
        assert row.received_ns == last


def test_without_telemetry_reception_is_the_present(tmp_path: Path) -> None:
    (tmp_path / "tc.bin").write_bytes(tc(1) + tc(2) + b"?")
    before = time.time_ns()
    assert run("add", tmp_path / "a.sqlite", tmp_path / "tc.bin") == 1
    with Archive.open(tmp_path / "a.sqlite", create=False) as one:
        rows = list(one.query())
    assert [row.raw for row in rows] == [tc(1), tc(2), b"?"]
    assert all(before <= row.received_ns <= time.time_ns() for row in rows)


def test_reception_can_be_said(stream: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.sqlite"
    assert run("add", path, stream, "--received", "2026-06-01T00:00:00+02:00") == 0
    with Archive.open(path, create=False) as one:
        first, last = one.summary().first_ns, one.summary().last_ns
    assert first == last == SmileTime.from_iso("2026-05-31T22:00:00").unix_ns


def test_the_table_has_what_was_asked_for(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--service", 5, "--subtype", 2, "--from", "2026-05-19T04:10", "--newest")
    assert run("query", kept, *words, "--to", "2026-05-19T04:20:03", "--limit", 3) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == [
        "received", "dir", "apid", "service", "count", "peer", "onboard", "sync", "pec", "bytes",
        "data",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines] == [
        f"2026-05-19T04:{minute}.250000000Z" for minute in ("19:13", "18:23", "17:33")
    ]
    assert all("tm    321  (5,2) " in line for line in lines)


def test_csv_is_read_back(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.csv"
    assert run("query", kept, "--out", out) == 0
    assert capsys.readouterr().out == f"wrote {out}: 3600 packets\n"
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [bytes.fromhex(row["raw"]) for row in rows] == packets()
    assert rows[3] | {"raw": ""} == {
        "id": "4", "received": "2026-05-19T04:00:03.250000000Z", "direction": "tm",
        "kind": "packet", "apid": "321", "service": "5", "subtype": "2", "count": "3", "peer": "0",
        "onboard": "2026-05-19T04:00:03.250000000Z", "coarse": str(START.coarse + 3),
        "fine_us": "250000", "sync": "5", "pec_ok": "1", "raw": "", "reason": "",
    }  # fmt: skip
    assert (rows[7]["service"], rows[7]["direction"], rows[7]["onboard"]) == ("17", "tc", "")


def test_parquet_is_read_back(kept: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "x.parquet"
    assert run("query", kept, "--out", out) == 0
    table = parquet.read_table(out)
    assert str(table.schema.field("received").type) == "timestamp[ns, tz=UTC]"
    columns = table.to_pydict()
    assert columns["raw"] == packets()
    with Archive.open(kept, create=False) as one:
        for n, row in enumerate(one.query()):
            for name in (
                "id",
                "direction",
                "apid",
                "service",
                "subtype",
                "count",
                "peer",
                "pec_ok",
            ):
                assert columns[name][n] == getattr(row, name)
    assert table["received"].cast("int64").to_pylist()[0] == START.unix_ns + 250_000_000
    assert columns["onboard"][7] is columns["coarse"][7] is columns["reason"][0] is None


def test_parquet_of_more_rows_than_a_part(kept: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from fsw_emu.archive import export

    before = export._PART_ROWS
    export._PART_ROWS = 100
    try:
        assert run("query", kept, "--out", tmp_path / "x.parquet") == 0
        assert run("query", kept, "--service", 99, "--out", tmp_path / "none.parquet") == 0
    finally:
        export._PART_ROWS = before
    assert parquet.read_table(tmp_path / "x.parquet").num_rows == 3600
    assert parquet.read_table(tmp_path / "none.parquet").num_rows == 0


def test_parquet_without_pyarrow_is_one_line(
    kept: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = tmp_path / "x.parquet"
    assert run("query", kept, "--out", out) == 2
    said = f"fsw-emu archive: {out}: Parquet needs pyarrow: install fsw-emu[parquet]\n"
    assert capsys.readouterr().err == said
    assert not out.exists()


@pytest.mark.parametrize("suffix", ["csv", "parquet", "bin"])
def test_an_export_that_fails_leaves_what_was(
    kept: Path,
    tmp_path: Path,
    suffix: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    out = tmp_path / f"x.{suffix}"
    out.write_text("before")

    def fail(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "fsync", fail)
        assert run("query", kept, "--out", out) == 2
    assert capsys.readouterr().err.endswith("No space left on device\n")
    assert out.read_text() == "before"
    assert not list(tmp_path.glob(".*"))


def test_damaged_bytes_are_kept_and_told(
    tmp_path: Path, stream: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(stream.read_bytes())
    data[5000] ^= 1
    stream.write_bytes(gzip.compress(b"noise" + data))
    path = tmp_path / "a.sqlite"
    assert run("add", path, stream) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("3,599 packets added")
    assert second.endswith("bytes that are no packet with a right checksum are kept as such")
    with Archive.open(path, create=False) as one:
        rows = list(one.query())
    assert b"".join(row.raw for row in sorted(rows, key=lambda row: row.id)) == b"noise" + data
    assert run("query", path, "--limit", 2) == 0
    table = capsys.readouterr().out.splitlines()
    assert any("unreadable: 5 bytes are less than a telemetry packet: 5 bytes" in t for t in table)
    assert run("query", path, "--out", tmp_path / "x.bin") == 0
    reader = TelemetryReader()
    assert sum(len(reader.feed(chunk)) for chunk in [(tmp_path / "x.bin").read_bytes()]) > 3500


def test_info_counts(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", kept) == 0
    first, second, *kinds = capsys.readouterr().out.splitlines()
    assert first.startswith("3,600 entries, ")
    assert first.endswith("36 on the way of telecommands, 0 unreadable, 0 with a wrong checksum")
    assert second == "received 2026-05-19T04:00:00.250000000Z to 2026-05-19T04:59:59.250000000Z"
    assert [kind.split() for kind in kinds] == [
        ["(3,25)", "3,492"], ["(5,2)", "72"], ["(17,1)", "36"],
    ]  # fmt: skip


def test_check_finds_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.sqlite"
    counts = [(0, 16382), (0, 16383), (0, 0), (1, 9), (0, 3), (0, 3), (1, 10), (0, 2), (1, 5)]
    with Archive.open(path) as one:
        one.add([tm(count, destination=peer) for peer, count in counts], 5, "tm")
        one.add([tc(9), tc(10)], 6, "tc")
    assert run("check", path) == 1
    assert capsys.readouterr().out == (
        "the file is sound\n"
        "tc  apid 321  source 0: 2 packets, 0 missing, 0 times not upward\n"
        "tm  apid 321  destination 0: 6 packets, 2 missing, 2 times not upward\n"
        "tm  apid 321  destination 1: 3 packets, 0 missing, 1 times not upward\n"
        "entry 5, 1970-01-01T00:00:00.000000005Z: tm apid 321 0: count 3 after 0: "
        "2 packets missing\n"
        "entry 6, 1970-01-01T00:00:00.000000005Z: tm apid 321 0: count 3 after 3: "
        "count comes again\n"
        "entry 8, 1970-01-01T00:00:00.000000005Z: tm apid 321 0: count 2 after 3: "
        "count goes back\n"
        "entry 9, 1970-01-01T00:00:00.000000005Z: tm apid 321 1: count 5 after 10: "
        "count goes back\n"
    )


def test_check_of_a_sound_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.sqlite"
    with Archive.open(path) as one:
        one.add([tm(n) for n in range(20_000)], 1, "tm")
    assert run("check", path) == 0
    assert capsys.readouterr().out.splitlines()[0] == "the file is sound"


def test_check_tells_a_damaged_file(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(kept, isolation_level=None)
    root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='by_time'").fetchone()
    connection.close()
    with kept.open("r+b") as file:
        file.seek((root[0] - 1) * 4096 + 12)
        file.write(bytes(40))
    assert run("check", kept) == 1
    assert capsys.readouterr().out.startswith("damaged: ")
    assert not check(kept).fine


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("query", "none.sqlite"), "none.sqlite: there is no such file"),
        (("info", "tm.bin"), "tm.bin: no archive"),
        (("check", "tm.bin"), "tm.bin: no archive"),
        (("add", "tm.bin", "tm.bin"), "tm.bin: no archive"),
        (("add", "new.sqlite", "none.bin"), "none.bin: No such file or directory"),
        (("query", "a.sqlite", "--service", "300"), "service is 0..255, not 300"),
        (("query", "a.sqlite", "--out", "x.txt"), "x.txt: a file to write ends with .csv, "
                                                  ".parquet or .bin"),
        (("query", "a.sqlite", "--out", "a.sqlite"), "--out would replace the file itself"),
        (("query", "a.sqlite", "--out", "."), "--out has to name a file"),
    ],
)  # fmt: skip
def test_wrong_use_is_one_line(
    kept: Path,
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(kept.parent)
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert error.startswith("fsw-emu archive: ")
    assert error.endswith(said + "\n")
    assert error.count("\n") == 1
    assert not Path("new.sqlite").exists()


@pytest.mark.parametrize(
    "words", [("--from", "yesterday"), ("--to", "2017-01-01"), ("--limit", "x")]
)
def test_wrong_words_end_with_2(kept: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("query", kept, *words)
    assert ended.value.code == 2


def test_of_many_packets_a_query_gives_those_of_its_service_and_time(tmp_path: Path) -> None:
    """As the benchmark asks, which measures how long it takes."""
    path = tmp_path / "a.sqlite"
    archive = importlib.import_module("bench_archive")
    archive.fill(path, 30_000)
    first, last = 10_000, 20_000
    with Archive.open(path, create=False) as one:
        rows = one.query(service=5, subtype=2, from_ns=archive.received_ns(first),
                         to_ns=archive.received_ns(last))  # fmt: skip
        ids = [row.id - 1 for row in rows]
    assert ids == [n for n in range(first, last) if archive.kind(n) == (5, 2)]
    assert len(ids) == 10


def test_the_page_is_true(tmp_path: Path) -> None:
    """Its statements run with sqlite3 alone, and its schema is the file's."""
    text = PAGE.read_text(encoding="utf-8")
    path = tmp_path / "a.sqlite"
    with Archive.open(path) as one:
        one.add(packets(), START.unix_ns, "tm")
    connection = sqlite3.connect(path)
    statements = re.findall(r"^```sql\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(statements) > 1
    for statement in statements:
        connection.execute(statement).fetchall()
    columns = {row[1] for row in connection.execute("PRAGMA table_info(packet)")}
    connection.close()
    assert columns == set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
