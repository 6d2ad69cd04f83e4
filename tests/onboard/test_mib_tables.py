# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Databases that are broken or in part: one error with file and line, or none."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mib_folder import HEADER, ccf, cpc, pcf, pid, telemetry, write_mib

from fsw_emu.mib import Database, MibError

#: a bit of everything
WHOLE = {
    **HEADER,
    "pid": [pid(1, pi1=3), pid(2, tpsd=9, subtype=26)],
    "pic": ["3\t25\t16\t8\t-1\t0\t77"],
    "tpcf": ["1\tONE\t20", "2\tTWO"],
    "pcf": [pcf("P", 3, 4, curtx="CAF"), pcf("S", 3, 4, categ="S", curtx="TX"), pcf("Q", 3, 4)],
    "plf": ["P\t1\t16\t0\t2\t8", "S\t1\t18\t0"],
    "vpd": ["9\t0\tP\t1\t\tN\tN\t\t1\tL\tN\t0\tH\t0", "9\t1\tS\t\t\tN\tN\t\t1\tL\tN\t0\tH\t0"],
    "caf": ["CAF\t\tR\tU\tD\tV\t2\tP"],
    "cap": ["CAF\t0\t0", "CAF\t10\t5"],
    "mcf": ["MCF\t\t1\t2"],
    "lgf": ["LGF\t\t1\t2"],
    "txf": ["TX\t\tU\t1"],
    "txp": ["TX\t0\t4\tOFF"],
    "cur": ["Q\t1\tP\t1\tMCF"],
    "ocf": ["P\t1\t1\tC\tR"],
    "ocp": ["P\t1\tS\t1\t2\tS\t1"],
    "ccf": [ccf("C", ack="9")],
    "cdf": ["C\tE\t\t8\t0\t1\tA\tR\t1", "C\tE\t\t8\t8\t\tB\tR\t1", "C\tA\t\t8\t16\t\t\tR\tFF"],
    "cpc": [
        cpc("A", 3, 4, categ="C", ccaref="CCA", prfref="PRF"),
        cpc("B", 2, 8, categ="T", pafref="PAF"),
    ],
    "cca": ["CCA\t\tR\tU\tD\t\t2"],
    "ccs": ["CCA\t0\t0", "CCA\t9\t9"],
    "paf": ["PAF\t\tU\t1"],
    "pas": ["PAF\tON\t1"],
    "prf": ["PRF\t\tR\tU\tD\t1"],
    "prv": ["PRF\t0\t9"],
    "cvs": ["1\tA\tR\t0\t10"],
    "cvp": ["C\tC\t1"],
}


#: tables that rows of others point to
NEEDED = {
    *("caf", "cap", "mcf", "txf", "pcf", "ocf"),
    *("cca", "ccs", "paf", "cpc", "prf", "cvs", "pcdf", "pcpc", "tcp"),
}


def problem_of(folder: Path) -> str:
    """What is wrong with a database; nothing of one that is read."""
    try:
        Database.read(folder)
    except MibError as error:
        return str(error)
    return ""


def test_the_whole_one_is_read(tmp_path: Path) -> None:
    database = Database.read(write_mib(tmp_path / "mib", WHOLE))
    assert sorted(database.packets) == [1, 2]
    assert database.packets[1].size_bytes == 20
    assert database.telecommand("C").packet[-5:-2] == b"\1\1\xff"


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"pid", "ccf"}))
def test_a_table_that_is_missing_is_empty_or_told(tmp_path: Path, name: str) -> None:
    tables = {key: rows for key, rows in WHOLE.items() if key != name}
    message = problem_of(write_mib(tmp_path / "mib", tables))
    if name in NEEDED:
        assert re.match(r"\w+\.dat, line \d+: ", message)
    else:
        assert not message


@pytest.mark.parametrize("tables", [{}, {"pcf": WHOLE["pcf"], "mcf": []}])
def test_what_is_no_database_is_told(tmp_path: Path, tables: dict[str, list[str]]) -> None:
    tables = (
        {**tables, "caf": WHOLE["caf"], "cap": WHOLE["cap"], "txf": WHOLE["txf"]} if tables else {}
    )
    with pytest.raises(MibError):
        Database.read(write_mib(tmp_path / "mib", tables))
    with pytest.raises(OSError, match="Not a directory"):
        Database.read(tmp_path / "none")


def test_line_ends_capitals_blank_lines_and_short_rows(tmp_path: Path) -> None:
    folder = write_mib(tmp_path / "mib", WHOLE)
    for path in folder.iterdir():
        path.write_bytes(b"\r\n" + path.read_bytes().replace(b"\n", b"\r\n\r\n").rstrip())
        path.rename(path.with_name(path.name.upper()))
    assert len(Database.read(folder).packets) == 2


BROKEN = [
    ("pid", "x\t25\t77\t0\t0\t1", "pid.dat, line 1: PID_TYPE is 'x', no whole number"),
    ("pid", "3\t25\t77\t0\t0\t0", "pid.dat, line 1: PID_SPID is 0, less than 1"),
    ("plf", "X\t1\t16\t0", "plf.dat, line 1: PLF_NAME: pcf has no X"),
    ("plf", "P\t1\t-1\t0", "plf.dat, line 1: PLF_OFFBY is -1, less than 0"),
    ("plf", "P\t1\t16\t0\t9999999", "plf.dat, line 1: PLF_NBOCC: 9999999 do not fit a packet"),
    ("pcf", pcf("P", 0, 4), "pcf.dat, line 1: PCF_PTC is 0, less than 1"),
    ("pcf", pcf("P", 3, 4, curtx="NO"), "pcf.dat, line 1: PCF_CURTX: there is no calibration NO"),
    ("pcf", pcf("P", 3, 4, categ="X"), "pcf.dat, line 1: PCF_CATEG is 'X', not one of N, S, T"),
    ("vpd", "9\t0\tP\t1", "vpd.dat, line 1: VPD_GRPSIZE: 1 parameters are not left"),
    ("cap", "CAF\tA\t0", "cap.dat, line 1: CAP_XVALS: 'A' is no number"),
    ("cap", "CAF\t1e999\t0", "cap.dat, line 1: CAP_XVALS: '1e999' is no finite number"),
    ("cap", "NO\t0\t0", "cap.dat, line 1: caf has no NO"),
    ("caf", "CAF\t\tR\tU\tD\nX\t\tR\tU\tD", "caf.dat, line 2: cap has no point of X"),
    ("cap", "CAF\t0\t0\nCAF\t0\t1", "caf.dat, line 1: cap has two points of CAF for one value"),
    ("txp", "TX\t5\t4\tOFF", "txp.dat, line 1: 5..4 is no range"),
    ("ocp", "P\t1\tS\t3\t2", "ocp.dat, line 1: 3..2 is no range"),
    ("ocp", "P\t1\t\t3\t2", "ocp.dat, line 1: OCP_TYPE is '', not one of S, H"),
    ("cdf", "C\tE\t\t8\t0\t\tNO\tR\t1", "cdf.dat, line 1: CDF_PNAME: cpc has no NO"),
    ("cdf", "C\tA\t\t8\t0\t\t\tR\t100", "cdf.dat, line 1: CDF_VALUE: 100 does not fit 8 bits"),
    ("cdf", "C\tE\t\t8\t0\t2\tA", "cdf.dat, line 1: CDF_GRPSIZE: 2 elements are not left"),
    ("cpc", cpc("A", 3, 4, prfref="NO"), "cpc.dat, line 1: CPC_PRFREF: there is no NO"),
    ("prv", "PRF\tA\t9", "prv.dat, line 1: A..9 is no range of numbers"),
    ("pcdf", "PUS\tx\tF\t3\t0\t\t8\tD", "pcdf.dat, line 1: PCDF_VALUE: 8 does not fit 3 bits"),
    ("pcdf", "PUS\tx\tF\t3\t9999\t\t0\tD", "pcdf.dat, line 1: a header that ends at bit 10002"),
    ("ccf", "C\t\t\t\t\tNO", "ccf.dat, line 1: CCF_PKTID: pcdf has no header NO"),
    ("cvp", "C\tC\t7", "cvp.dat, line 1: cvs has no 7"),
]


@pytest.mark.parametrize(("name", "row", "message"), BROKEN)
def test_a_broken_row_is_told(tmp_path: Path, name: str, row: str, message: str) -> None:
    folder = write_mib(tmp_path / "mib", {**WHOLE, name: [row]})
    with pytest.raises(MibError, match=re.escape(message)):
        Database.read(folder)


@pytest.mark.parametrize("name", ["pid", "pcf", "ccf"])
def test_a_row_that_is_there_twice_is_told(tmp_path: Path, name: str) -> None:
    rows = [*WHOLE[name], WHOLE[name][0]]
    folder = write_mib(tmp_path / "mib", {**WHOLE, name: rows})
    with pytest.raises(MibError, match=rf"{name}.dat, line {len(rows)}: .* is there twice"):
        Database.read(folder)


def test_elements_on_each_other_are_told(tmp_path: Path) -> None:
    rows = ["C\tE\t\t8\t0\t\tA\tR\t1", "C\tE\t\t8\t7\t\tB\tR\t1"]
    with pytest.raises(MibError, match=r"cdf\.dat, line 2: CDF_BIT: bit 7 is in the element"):
        Database.read(write_mib(tmp_path / "mib", {**WHOLE, "cdf": rows}))


FIELDS = [
    (name, i, j)
    for name, rows in WHOLE.items()
    for i, row in enumerate(rows)
    for j in range(row.count("\t") + 1)
]


@given(
    where=st.sampled_from(FIELDS),
    text=st.sampled_from(
        ["", "-1", "0", "7", "4294967296", "x", "Y", "1.5", "99999999999999999999"]
    )
    | st.text(st.characters(codec="utf-8", exclude_characters="\t\n"), max_size=6),
    data=st.binary(max_size=12),
)
def test_any_field_changed_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, where: tuple[str, int, int], text: str, data: bytes
) -> None:
    """And what is read makes no other error than a ValueError either."""
    name, i, j = where
    rows = list(WHOLE[name])
    fields = rows[i].split("\t")
    fields[j] = text
    rows[i] = "\t".join(fields)
    folder = write_mib(tmp_path_factory.getbasetemp() / "fields", {**WHOLE, name: rows})
    message = problem_of(folder)
    assert not message or re.match(r"\w+\.dat, line \d+: .", message)
    if message:
        return
    database = Database.read(folder)
    for packet in _packets(data):
        with contextlib.suppress(ValueError):
            database.telemetry(packet)
    for command in database.commands:
        with contextlib.suppress(ValueError):
            database.telecommand(command)


def _packets(data: bytes) -> list[bytes]:
    return [telemetry(data), telemetry(b"\3" + data), telemetry(data, subtype=26)]
