# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Recordings of other equipment become pcapng and back without a loss; what is lost is told."""

from __future__ import annotations

import gzip
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import read_recording

from fsw_emu.cli.main import main
from fsw_emu.packets.capture import CaptureWriter, Recorded
from fsw_emu.packets.columns import Columns, TableReader, first_line, line, read_columns
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.pcapng import packet
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm
from fsw_emu.packets.recording import RecordingReader
from fsw_emu.packets.spacewire import PTP_PREFIX, SpwPacket, TimeCode

DOCS = Path(__file__).resolve().parents[2] / "docs" / "recordings.md"
packets = st.builds(SpwPacket, st.binary(max_size=20), eep=st.booleans())
cut = st.builds(SpwPacket, st.binary(max_size=20), truncated=st.just(True))
codes = st.builds(TimeCode, st.integers(0, 63), st.integers(0, 3))
recorded = st.builds(
    Recorded,
    st.one_of(packets, cut, codes),
    st.integers(0, 2**64 - 1),
    st.sampled_from(["in", "out", ""]),
    st.text('ab1:/,;" ', max_size=6).map(str.strip).filter(lambda name: name != "-"),
)
MAPS = (
    """
    separator = ";"
    unit = "ns"
    column = {time = "T", data = "D", direction = "W", interface = "I", end = "E"}
    direction = {in = ["RX", "r"], out = ["TX"]}
    """,
    """
    unit = "us"
    column = {data = 7, end = 2, direction = 1, time = 4, interface = 0}
    """,
    """
    separator = ""
    unit = "s"
    comment = ""
    column = {time = 0, end = 1, direction = 2, data = 3}
    """,
)
maps = st.sampled_from([Columns(), *map(read_columns, MAPS)])


def read(data: bytes, columns: Columns, at: int = 0) -> tuple[list[Recorded], list[Fault]]:
    reader = TableReader(columns)
    items = [*reader.feed(data[:at]), *reader.feed(data[at:]), *reader.finish()]
    return items, reader.faults


def told(one: Recorded, columns: Columns) -> tuple[Any, ...]:
    """What a table with such columns keeps."""
    unit_ns = {"us": 1000}.get(columns.unit, 1)
    name = one.interface if "interface" in columns.columns else ""
    item = one.item
    if isinstance(item, SpwPacket):
        item = SpwPacket(item.data, item.eep, 0, item.truncated)
    return item, one.time_ns // unit_ns, one.direction, name


@pytest.mark.verifies("REC-13")
@given(st.lists(recorded, max_size=6), maps, st.data())
def test_tables_are_read_as_they_are_written(
    items: list[Recorded], columns: Columns, data: st.DataObject
) -> None:
    if columns.unit == "us":
        items = [one._replace(time_ns=one.time_ns // 1000 * 1000) for one in items]
    lines = [line(one, columns) for one in items]
    table = "".join([first_line(columns), *map(str, lines)]).encode()
    got, faults = read(table, columns, data.draw(st.integers(0, len(table))))
    assert faults == []
    assert [told(one, Columns()) for one in got] == [
        (*told(one, columns)[:1], one.time_ns, *told(one, columns)[2:]) for one in items
    ]


@pytest.mark.verifies("REC-14")
@given(st.binary(max_size=200), maps, st.data())
def test_any_bytes_are_lines_or_faults(raw: bytes, columns: Columns, data: st.DataObject) -> None:
    table = first_line(columns).encode() + raw
    got, faults = read(table, columns, data.draw(st.integers(0, len(table))))
    n_lines = sum(bool(each.strip()) for each in raw.split(b"\n"))
    assert len(got) + len(faults) <= n_lines
    assert all(0 <= fault.position < len(table) for fault in faults)


TABLE = """\
# made by hand
Time;Way;Payload
1.5;RX;50:f0 01
2;TX;0x51 01
x;RX;00

3;??;00
4;RX;5
5;RX
1e400;RX;00
"""


@pytest.mark.verifies("REC-13", "REC-14")
def test_unknown_lines_are_told_by_position() -> None:
    columns = read_columns(
        'separator = ";"\nunit = "s"\n[column]\ntime = "Time"\ndirection = "Way"\n'
        'data = "Payload"\n[direction]\nin = ["RX"]\nout = ["TX"]\n'
    )
    got, faults = read(TABLE.encode(), columns)
    assert [(one.item, one.time_ns, one.direction) for one in got] == [
        (SpwPacket(b"\x50\xf0\x01"), 1_500_000_000, "in"),
        (SpwPacket(b"\x51\x01"), 2_000_000_000, "out"),
    ]
    expected = {
        "x;": "time 'x'",
        "3;": "direction '??'",
        "4;": "not hexadecimal",
        "5;": "2 columns",
    }
    expected["1e400"] = "time"
    assert len(faults) == len(expected)
    for fault, (start, what) in zip(faults, expected.items(), strict=True):
        assert TABLE[fault.position :].startswith(start)
        assert what in fault.what
        assert fault.where == f"line {TABLE[: fault.position].count(chr(10)) + 1}"


@pytest.mark.verifies("REC-14")
def test_a_line_without_end_is_one_fault_and_no_memory() -> None:
    reader = TableReader(Columns())
    reader.feed(first_line(Columns()).encode())
    for _ in range(40):
        assert reader.feed(b"0" * 100_000) == []
    got = reader.feed(b"\n2020-01-01T00:00:00Z,in,,EOP,00\n")
    assert [one.time_ns for one in got] == [1_577_836_800 * 10**9]
    assert [(fault.position, fault.where) for fault in reader.faults] == [(34, "line 2")]


@pytest.mark.verifies("REC-14")
def test_a_quoted_field_that_is_too_long() -> None:
    """csv has a limit of its own: in the first line nothing can be read, in others it is passed."""
    long = b'"' + b"x" * 140_000 + b'",data\n'
    with pytest.raises(ValueError, match="field larger than"):
        read(long, Columns())
    got, faults = read(first_line(Columns()).encode() + long, Columns())
    assert (got, [fault.where for fault in faults]) == ([], ["line 2"])


@pytest.mark.verifies("REC-14")
@pytest.mark.parametrize("offset_s", [-5, 2**62])
@pytest.mark.parametrize("to", ["table", "pcapng"])
def test_a_packet_without_a_possible_time_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], offset_s: int, to: str
) -> None:
    stream = CaptureWriter().begin("")
    options = struct.pack("<HHqI", 14, 8, offset_s, 0)
    stream += struct.pack("<IIHHI", 1, 36, 149, 0, 0) + options + struct.pack("<I", 36)
    stream += packet(b"\0\0\x50\xf0", time_ns=6)
    (tmp_path / "a.pcapng").write_bytes(stream)
    code, lines, _ = run(capsys, tmp_path / "a.pcapng", "--to", to, "--out", tmp_path / "out")
    assert (code, len(lines)) == (1, 2)
    assert "1 packets" in lines[0]
    assert "out of range" in lines[1]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "column.data is missing"),
        ("colum = 1", "colum: not known"),
        ("[column]\ndata = 1\ntime = 'x'", "all names, or all numbers"),
        ("[column]\ndata = -1", "all names, or all numbers"),
        ("[column]\ndata = 1\nwhen = 2", "column.when: not known"),
        ("[column]\ndata = 1\n[end]\neop = 'EOP'", "end.eop: a list of texts"),
        ("[column]\ndata = 1\n[direction]\nleft = []", "direction.left: not known"),
        ("unit = 'h'\n[column]\ndata = 1", "unit: one of iso"),
        ("unit = 1\n[column]\ndata = 1", "unit: a text"),
        ("separator = 'ab'\n[column]\ndata = 1", "separator: one character"),
        ("data = 'frames'\n[column]\ndata = 1", "data: spacewire or space packet"),
        ("column = 3", "column: a table"),
        ("=", "statement"),
    ],
)
def test_a_wrong_map_is_named(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=re.escape(what)):
        read_columns(text)


# The command


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, list[str], str]:
    code = main(["import", *map(str, args)])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def pool() -> list[bytes]:
    """TM and TC, mixed."""
    tm = {"apid": 332, "type": 3, "subtype": 25, "destination": 2}
    tc = {"apid": 321, "type": 17, "subtype": 1}
    return [
        build_tm(**tm, count=i, time=SmileTime(i, 5), data=bytes(i))
        if i % 3
        else build_tc(**tc, count=i)
        for i in range(20)
    ]


@pytest.mark.verifies("REC-13")
def test_a_pool_goes_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool_file, capture, again = (tmp_path / name for name in ("pool.bin", "p.pcapng", "again.bin"))
    pool_file.write_bytes(b"".join(pool()))
    assert run(capsys, pool_file, "--out", capture)[:2] == (
        0, [f"{capture}: 20 packets, 0 time-codes"],
    )  # fmt: skip
    reader = RecordingReader()
    got = reader.read(capture.read_bytes())
    assert [one.item.data for one in got if isinstance(one.item, SpwPacket)] == [
        PTP_PREFIX + one for one in pool()
    ]
    seconds = 1_514_764_800
    assert [one.time_ns for one in got][1:5] == [(seconds + i) * 10**9 + 5000 for i in (1, 2, 2, 4)]
    assert run(capsys, capture, "--to", "pool", "--out", again)[0] == 0
    assert again.read_bytes() == pool_file.read_bytes()


@pytest.mark.verifies("REC-14")
def test_what_is_no_packet_of_a_pool_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, *rest = pool()
    damaged = one + b"noise" + two[:-1] + bytes([two[-1] ^ 1]) + b"".join(rest)
    (tmp_path / "pool.gz").write_bytes(gzip.compress(damaged))
    code, lines, _ = run(capsys, tmp_path / "pool.gz", "--out", tmp_path / "p.pcapng")
    assert code == 1
    assert lines[0].endswith(": 19 packets, 0 time-codes")
    n_bytes = len(two) + 5
    assert f"byte {len(one)}:" in lines[1]
    assert f"{n_bytes} bytes that are no PUS packet" in lines[1]


@pytest.mark.verifies("REC-13")
def test_tables_and_captures_go_there_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = CaptureWriter()
    stream = writer.begin("imported from a.pcapng")
    for i, (item, way) in enumerate(
        [(SpwPacket(b"\x50\xf0", eep=True), "in"), (TimeCode(3), "out"), (SpwPacket(b""), "")]
    ):
        stream += writer.build([item], time_ns=10**18 + i, direction=way, interface="fee")  # type: ignore[arg-type]
    names = ("a.pcapng", "table", "b.pcapng", "a.pcapng.gz")
    first, table, again, zipped = (tmp_path / name for name in names)
    first.write_bytes(stream)
    zipped.write_bytes(gzip.compress(stream))
    assert run(capsys, zipped, "--to", "table", "--out", table)[0] == 0
    assert run(capsys, table, "--out", again)[0] == 0
    got, expected = (RecordingReader().read(path.read_bytes()) for path in (again, first))
    assert [told(one, Columns()) for one in got] == [told(one, Columns()) for one in expected]
    code, lines, _ = run(capsys, first, "--to", "pool", "--out", tmp_path / "pool.bin")
    assert code == 1
    assert sum("left out: no PUS packet" in each for each in lines) == 3


def test_the_example_of_the_documentation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DOCS.read_text()
    (toml,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (table,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    (tmp_path / "map.toml").write_text(toml)
    (tmp_path / "table.csv").write_text(table)
    out = tmp_path / "out.pcapng"
    code, lines, err = run(
        capsys, tmp_path / "table.csv", "--map", tmp_path / "map.toml", "--out", out
    )
    assert (code, err, len(lines)) == (0, "", 1)
    assert main(["show", str(out)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [each.split()[3:6] for each in shown] == [
        ["out", "RMAP", "command"], ["in", "RMAP", "reply"], ["out", "time-code", "7"],
    ]  # fmt: skip
    back = tmp_path / "back.csv"
    assert run(capsys, out, "--to", "table", "--map", tmp_path / "map.toml", "--out", back)[0] == 0
    again = tmp_path / "again.pcapng"
    assert run(capsys, back, "--map", tmp_path / "map.toml", "--out", again)[0] == 0
    got, expected = (RecordingReader().read(path.read_bytes()) for path in (again, out))
    assert [told(one, Columns()) for one in got] == [told(one, Columns()) for one in expected]


@pytest.mark.parametrize(
    ("name", "args", "what"),
    [
        ("none", (), "none: No such file"),
        ("empty", (), "empty: the file is empty"),
        ("noise", (), "noise: no packet in it"),
        ("noise", ("--map", "noise"), "noise: "),
        ("noise", ("--map", "map"), "noise: no column 'D' in its first line"),
    ],
)
def test_wrong_use_ends_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, args: tuple[str, ...], what: str
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "noise").write_bytes(b"no recording\n" * 99)
    (tmp_path / "map").write_text('[column]\ndata = "D"')
    places = [tmp_path / each if not each.startswith("-") else each for each in args]
    code, lines, err = run(capsys, tmp_path / name, "--out", tmp_path / "out", *places)
    assert (code, lines, len(err.splitlines())) == (2, [], 1)
    assert what in err
    assert not (tmp_path / "out").exists()


@pytest.mark.shared
@pytest.mark.verifies("REC-13")
def test_a_recording_of_the_simulator(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = recordings / "evsim_seed1.gresb.gz", tmp_path / "out.pcapng"
    assert run(capsys, path, "--out", out)[0] == 0
    got = RecordingReader().feed(out.read_bytes())
    assert [one.data for one in got] == [one.data for one in read_recording(path)]
