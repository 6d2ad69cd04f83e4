# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu tm`` and ``fsw-emu tc``, and the splitter under the first one."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mib_folder import HEADER, ccf, cpc, pcf, pid, telemetry, write_mib

from fsw_emu.cli.main import main
from fsw_emu.mib import PacketSplitter

TABLES = {
    **HEADER,
    "pid": [pid(1), pid(2, tpsd=9, subtype=26)],
    "pcf": [
        pcf("P", 3, 4, curtx="TWICE", unit="V"),
        pcf("S", 3, 4, categ="S", curtx="TX"),
        pcf("N", 3, 4),
        pcf("B", 3, 4),
        pcf("V", 3, 4, valid="S", valpar=9),
    ],
    "plf": ["P\t1\t16\t0", "S\t1\t17\t0", "V\t1\t18\t0"],
    "vpd": ["9\t0\tN\t1", "9\t1\tB"],
    "mcf": ["TWICE\t\t0\t2"],
    "txf": ["TX\t\tU\t1"],
    "txp": ["TX\t0\t4\tOFF"],
    "ocf": ["P\t1\t1\tC\tR"],
    "ocp": ["P\t1\tS\t1\t20\t\t"],
    "ccf": [ccf("C", descr="command"), ccf("E")],
    "cdf": [
        *("C\tE\t\t8\t0\t1\tA\tR\t", "C\tE\t\t8\t8\t\tB\tE\t"),
        *("C\tA\tspare\t8\t16\t\t\tR\tFF", "C\tE\t\t32\t24\t\tT\tR\t61"),
    ],
    "cpc": [
        cpc("A", 3, 4, prfref="PRF"),
        cpc("B", 2, 8, categ="T", pafref="PAF"),
        cpc("T", 8, 4),
    ],
    "paf": ["PAF\t\tU\t1"],
    "pas": ["PAF\tON\t1", "PAF\tOFF\t0"],
    "prf": ["PRF\t\tR\tU\tD\t1"],
    "prv": ["PRF\t1\t3"],
    "cvs": ["1\tA\tR\t0\t10"],
    "cvp": ["C\tC\t1"],
}
PLAIN = [
    "--fine-time",
    "binary",
    "--dfhsize-from",
    "secondary",
    "--epoch",
    "none",
    "--time-pfc",
    "17",
]

ONE = telemetry(b"\x0f\x02\x05")
TWO = telemetry(b"\x0a" + bytes(range(10)), subtype=26)


@pytest.fixture
def mib(tmp_path: Path) -> Path:
    return write_mib(tmp_path / "mib", TABLES)


def tm(tmp_path: Path, mib: Path, data: bytes, *more: str) -> int:
    path = tmp_path / "tm.bin"
    path.write_bytes(data)
    return main(["tm", str(path), "--mib", str(mib), *PLAIN, *more])


def test_tm_prints_packets(tmp_path: Path, mib: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tm(tmp_path, mib, gzip.compress(ONE + TWO)) == 0
    out = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()) for line in out] == [
        "0 TM(3,25) 1 packet 1 count 7 256.5",
        "P about P 15 30 V soft high",
        "S about S 2 OFF",
        "V about V 5 invalid",
        "21 TM(3,26) 2 packet 2 count 7 256.5",
        "N about N 10",
        "B about B 10 x 0 1 2 3 4 5 6 7 8 9",
    ]
    assert tm(tmp_path, mib, ONE + TWO, "--limit", "1") == 0
    assert capsys.readouterr().out.splitlines() == out[:4]
    assert tm(tmp_path, mib, ONE + TWO, "--limit", "0") == 0


def test_tm_as_csv(tmp_path: Path, mib: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = telemetry(b"\0", subtype=26)
    assert tm(tmp_path, mib, ONE + TWO + empty, "--csv", "--epoch", "2000-01-01") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 3 + 11 + 1
    assert rows[0] == {
        "position": "0",
        "spid": "1",
        "packet": "packet 1",
        "type": "3",
        "subtype": "25",
        "count": "7",
        "time": "2000-01-01T00:04:16.500000Z",
        "parameter": "P",
        "description": "about P",
        "raw": "15",
        "value": "30.0",
        "unit": "V",
        "limit": "soft high",
        "valid": "yes",
    }
    assert rows[2]["valid"] == "no"


def test_tm_tells_faults_with_their_position(
    tmp_path: Path, mib: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown, short = telemetry(b"", subtype=99), telemetry(b"\x05", subtype=26)
    data = ONE + b"garbage" + ONE + unknown + short + ONE[:-1]
    assert tm(tmp_path, mib, data) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("  " * 5)]
    assert lines == [
        "        0  TM(3,25)  1  packet 1  count 7  256.5",
        "fault at byte 21: telemetry: no packet header, 7 bytes skipped",
        "       28  TM(3,25)  1  packet 1  count 7  256.5",
        "fault at byte 49: telemetry: TM(3,99) of APID 77: no such packet in the database",
        "fault at byte 67: telemetry: 2: B: it ends at bit 144, the packet's data at 136",
        "fault at byte 86: telemetry: the stream ends within a packet, 20 bytes skipped",
    ]


def test_tm_of_nothing(tmp_path: Path, mib: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tm(tmp_path, mib, b"") == 2
    assert "no telemetry packet in it" in capsys.readouterr().err
    assert main(["tm", str(tmp_path / "none"), "--mib", str(mib)]) == 2
    assert capsys.readouterr().err.endswith("none: No such file or directory\n")
    (mib / "pid.dat").write_text("x\n")
    assert tm(tmp_path, mib, ONE) == 2
    err = "fsw-emu tm: pid.dat, line 1: PID_SPID is '', no whole number\n"
    assert capsys.readouterr().err == err


def tc(mib: Path, *more: str) -> int:
    return main(["tc", *more, "--mib", str(mib), *PLAIN])


HEAD = "184dc000 000e 2f0801001f"


def test_tc_prints_or_writes_a_packet(
    tmp_path: Path, mib: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tc(mib, "command", "A=2", "B=on,raw:0", "T=a,b") == 0
    text = capsys.readouterr().out.strip()
    assert text[:-4] == (HEAD + "02 01 00 ff 612c6200").replace(" ", "")
    out = tmp_path / "tc.bin"
    assert tc(mib, "C", "B=hex:0100", "T=a,b", "--out", str(out)) == 0
    assert capsys.readouterr().out == f"wrote {out}: 21 bytes\n"
    assert out.read_bytes().hex() == text
    assert tc(mib, "E", "--no-crc", "--ack", "1", "--count", "0x10", "--header", "PSRC=0x1234") == 0
    assert capsys.readouterr().out == "184dc01000042108011234\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["C", "A=9", "B=ON"], "A text: 9 is not in the allowed 1..3"),
        (["C", "B[1]=MAYBE"], "B text[0]: it has no default and needs a value"),
        (["C", "B=MAYBE"], "B text: 'MAYBE' is not one of ON, OFF"),
        (["C", "A"], "'A' is not of the form NAME=VALUE"),
        (["C", "A=1", "A=2"], "A is given twice"),
        (["C", "B=hex:0"], "'hex:0' is no hexadecimal string"),
        (["X"], "there is no telecommand 'X' in the database"),
        (["C", "X=1"], "C has no X; it has A text, B text, T text"),
        (["E", "--header", "PSRC=x"], "'PSRC=x': 'x' is no whole number"),
        ([], "NAME or --list is missing"),
    ],
)
def test_tc_tells_what_is_wrong(
    mib: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    assert tc(mib, *args) == 2
    assert capsys.readouterr() == ("", f"fsw-emu tc: {message}\n")


def test_tc_lists(mib: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tc(mib, "--list") == 0
    out = capsys.readouterr().out.splitlines()
    assert [" ".join(line.split()) for line in out] == [
        "C TC(8,1) command A text B text T text",
        "E TC(8,1)",
    ]
    assert tc(mib, "command", "--list") == 0
    assert capsys.readouterr().out.splitlines() == [
        "C  TC(8,1)  command",
        "     8 bits  A  A text  in 1..3",
        "  repeats:",
        "       8 bits  B  B text  one of ON, OFF",
        "     8 bits  always 0xFF  spare",
        "    32 bits  T  T text  default 61",
        "  (1,1) acceptance within 10 s",
    ]


@given(
    parts=st.lists(
        st.sampled_from([ONE, TWO, telemetry(b"", subtype=99)])
        | st.binary(min_size=1, max_size=12).map(lambda each: bytes(b | 0x80 for b in each)),
        max_size=8,
    ),
    data=st.data(),
)
def test_any_pieces_give_the_same_packets(parts: list[bytes], data: st.DataObject) -> None:
    """Garbage of bytes that begin no packet lies between packets."""
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    splitter = PacketSplitter({77}, crc=True)
    pieces = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        pieces += splitter.feed(stream[start:end])
    pieces += splitter.finish()
    packets = [part for part in parts if not part[0] & 0x80]
    assert [piece.data for piece in pieces if not piece.problem] == packets
    for piece in pieces:
        assert piece.problem or stream[piece.position :].startswith(piece.data)
    is_bad = [bool(part[0] & 0x80) for part in parts]
    n_runs = sum(bad and not before for bad, before in zip(is_bad, [False, *is_bad], strict=False))
    assert sum(bool(piece.problem) for piece in pieces) == n_runs


def test_an_unknown_apid_begins_no_packet_behind_bad_bytes() -> None:
    other = telemetry(b"", apid=78)
    splitter = PacketSplitter({77}, crc=True)
    pieces = splitter.feed(other + b"\xff" + other + ONE) + splitter.finish()
    assert [(piece.position, bool(piece.problem)) for piece in pieces] == [
        *((0, False), (len(other), True)),
        (2 * len(other) + 1, False),
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_told_or_taken(data: bytes) -> None:
    """Every byte is in a packet or in a run of bad ones."""
    splitter = PacketSplitter({77}, crc=False)
    pieces = splitter.feed(data) + splitter.finish()
    at = 0
    for piece in pieces:
        assert piece.position == at
        at += int(piece.problem.split()[-3]) if piece.problem else len(piece.data)
    assert at == len(data)
