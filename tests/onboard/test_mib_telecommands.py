# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telecommands of databases that are not SMILE's: headers, groups, values, calibrations, ranges."""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mib_folder import HEADER, ccf, cpc, pcf, write_mib

from fsw_emu.mib import Conventions, Database, Raw

#: version 0, telecommand, APID 77, count 0; length; PUS 2, ack 15, (8,1), source 0x1F
HEAD = bytes.fromhex("184dc000")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Database]:
    folder = tmp_path_factory.mktemp("mib")
    return lambda tables, conventions=None: Database.read(write_mib(folder, tables), conventions)


def command(cdf: list[str], rows: list[str], **tables: list[str]) -> dict[str, list[str]]:
    """A database of the telecommand C."""
    return {**HEADER, "ccf": [ccf("C", descr="a telecommand")], "cdf": cdf, "cpc": rows, **tables}


def cdf(name: str, bits: int, at: int, **more: object) -> str:
    """A row of cdf; more: kind, group, inter, value; without a kind E."""
    row = {"kind": "E", "group": "", "inter": "R", "value": "", **more}
    return (
        f"C\t{row['kind']}\t\t{bits}\t{at}\t{row['group']}\t{name}\t{row['inter']}\t{row['value']}"
    )


def data_of(database: Database, values: dict[str, Any], **more: Any) -> bytes:
    """The application data of the telecommand C."""
    packet = database.telecommand("C", values, **more).packet
    assert packet[:4] == HEAD
    assert int.from_bytes(packet[4:6], "big") == len(packet) - 7
    assert crc_hqx(packet, 0xFFFF) == 0
    assert packet[6:11] == bytes([0x2F, 8, 1, 0, 0x1F])
    return packet[11:-2]


def single(read: Callable[..., Database], row: str, bits: int, **tables: list[str]) -> Database:
    return read(command([cdf(row.split("\t")[0], bits, 0)], [row], **tables))


def test_header(read: Callable[..., Database]) -> None:
    database = read(command([], []))
    assert database.telecommand("a telecommand").packet[:11] == HEAD + bytes.fromhex(
        "0006 2f0801001f"
    )
    built = database.telecommand(
        "c", ack=9, count=0x1234, header={"PSRC": 0xBEEF, "flags": 0, "version": 1}, crc=False
    )
    assert built.packet == bytes.fromhex("384d 1234 0004 29 08 01 beef")
    assert built.ack == 9
    for wrong, message in (
        ({"ack": 16}, r"ack is 0..15, not 16"),
        ({"count": 1 << 14}, "sequence count is 0..16383"),
        ({"header": {"flags": 4}}, r"header field flags is 0..3, not 4"),
        ({"header": {"nothing": 4}}, "header has no nothing; it has version, "),
    ):
        with pytest.raises(ValueError, match=message):
            database.telecommand("C", **wrong)  # type: ignore[arg-type]


def test_names(read: Callable[..., Database]) -> None:
    tables = {**HEADER, "ccf": [ccf("A", descr="Same"), ccf("B", descr="same"), ccf("same2")]}
    database = read(tables)
    assert database.telecommand("Same").name == "A"
    assert database.telecommand("same").name == "B"
    assert database.telecommand("SAME2").name == "same2"
    with pytest.raises(ValueError, match="'SAME' may be any of A, B"):
        database.telecommand("SAME")
    with pytest.raises(ValueError, match="no telecommand 'X'"):
        database.telecommand("X")
    rows = [cpc("P", 3, 4, descr="p"), cpc("Q", 3, 4, descr="two"), cpc("R", 3, 4, descr="Two")]
    database = read(command([cdf(name, 8, 8 * i) for i, name in enumerate("PQR")], rows))
    assert data_of(database, {"P": 1, "two": 2, "Two": 3}) == b"\1\2\3"
    with pytest.raises(ValueError, match="TWO may be any of Q, R"):
        database.telecommand("C", {"P": 1, "TWO": 2})
    with pytest.raises(ValueError, match="C has no X; it has p, two, Two"):
        database.telecommand("C", {"X": 1})
    with pytest.raises(ValueError, match="p is given twice"):
        database.telecommand("C", {"P": 1, "p": 2})


@given(number=st.integers(-(2**31), 2**31 - 1), bits=st.integers(4, 32))
def test_whole_numbers(read: Callable[..., Database], number: int, bits: int) -> None:
    low = -(1 << bits - 1)
    database = single(read, cpc("P", 4, 14), bits)
    tail = -bits % 8
    if tail:
        rows = [cdf("P", bits, 0), cdf("", tail, bits, kind="A", value="0")]
        database = read(command(rows, [cpc("P", 4, 14)]))
    if not low <= number < -low:
        with pytest.raises(ValueError, match=f"P text: {number} does not fit its {bits} bits"):
            database.telecommand("C", {"P": number})
        return
    field = int.from_bytes(data_of(database, {"P": number}), "big") >> tail
    assert field == number & (1 << bits) - 1


def test_other_types(read: Callable[..., Database]) -> None:
    for row, bits, value, expected in (
        (cpc("P", 5, 1), 32, "2.5", struct.pack(">f", 2.5)),
        (cpc("P", 5, 2), 64, 1e300, struct.pack(">d", 1e300)),
        (cpc("P", 5, 3), 32, -1.0, bytes.fromhex("80000000")),
        (cpc("P", 5, 4), 48, 0.625, bytes.fromhex("500000000000")),
        (cpc("P", 3, 14, endian="L"), 32, 1, b"\1\0\0\0"),
        (cpc("P", 7, 4), 32, "0a0b", b"\x0a\x0b\0\0"),
        (cpc("P", 7, 4), 32, b"\1\2\3\4", b"\1\2\3\4"),
        (cpc("P", 8, 4), 32, "ab", b"ab\0\0"),
        (cpc("P", 7, 0), 32, b"\1\2", b"\2\1\2"),
        (cpc("P", 8, 0), 32, "", b"\0"),
        (cpc("P", 9, 18), 56, 1.5, bytes.fromhex("00000001800000")),
        (cpc("P", 9, 18), 56, Raw(5), bytes.fromhex("00000000000005")),
        (cpc("P", 10, 16), 40, "-0.5", bytes.fromhex("ffffffff80")),
        (cpc("P", 9, 2), 64, 86401.5, struct.pack(">HIH", 1, 1500, 0)),
        (cpc("P", 2, 8), 8, Raw("7"), b"\7"),
        (cpc("P", 9, 0), 16, Raw(7), b"\0\7"),
    ):
        assert data_of(single(read, row, bits), {"P": value}) == expected, (row, value)
    for row, bits, value, message in (
        (cpc("P", 5, 1), 32, 1e300, "does not fit a real number of 32 bits"),
        (cpc("P", 3, 4), 8, 1.5, "1.5 is no whole number"),
        (cpc("P", 3, 4), 8, "five", "'five' is not a number"),
        (cpc("P", 7, 4), 32, b"12345", "5 bytes, 4 are the most"),
        (cpc("P", 7, 0), 32, b"12345", "5 bytes, 4 are the most"),
        (cpc("P", 7, 4), 32, "0x1", "no hexadecimal string"),
        (cpc("P", 9, 18), 56, "soon", "neither seconds nor a date"),
        (cpc("P", 9, 18), 56, -1, "does not fit the 56 bits"),
        (cpc("P", 9, 18), 56, "2020-01-01", "needs an epoch"),
        (cpc("P", 9, 0), 56, 1, "PTC 9 PFC 0 is not supported"),
        (cpc("P", 3, 4), 8, [1, 2], r"P text\[1\] is given, the telecommand has room for 1"),
    ):
        with pytest.raises(ValueError, match=message):
            single(read, row, bits).telecommand("C", {"P": value})


@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    fine=st.sampled_from(["binary", "microseconds"]),
)
def test_dates_come_back(read: Callable[..., Database], moment: datetime, fine: Any) -> None:
    moment = moment.replace(tzinfo=UTC)
    conventions = Conventions(epoch=datetime(2000, 1, 1, tzinfo=UTC), fine=fine)
    database = read(command([cdf("P", 56, 0)], [cpc("P", 9, 18)]), conventions)
    built = database.telecommand("C", {"P": moment})
    assert built.arguments[0].value == moment
    assert database.telecommand("C", {"P": moment.isoformat()}) == built


def test_defaults(read: Callable[..., Database]) -> None:
    """Of cdf, raw or not, in the radix of cpc; or of cpc; fixed ones are what they are."""
    tables = command(
        [
            cdf("H", 16, 0, value="1F"),
            cdf("T", 8, 16, inter="E", value="ON"),
            cdf("D", 8, 24, inter="D"),
            cdf("F", 8, 32, kind="F", value="9"),
            cdf("", 8, 48, kind="A", value="AB"),
        ],
        [
            cpc("H", 3, 12, radix="H"),
            cpc("T", 2, 8, categ="T", pafref="PAF"),
            cpc("D", 3, 4, defval="12"),
            cpc("F", 3, 4),
        ],
        paf=["PAF\t\tU\t2"],
        pas=["PAF\tOFF\t4", "PAF\tON\t5"],
    )
    database = read(tables)
    assert data_of(database, {}) == bytes.fromhex("001f 05 0c 09 00 ab")
    assert data_of(database, {"T": "off", "F": "9", "D": "0x10"})[2:5] == b"\x04\x10\x09"
    with pytest.raises(ValueError, match="F text: it is fixed to 9, not 8"):
        database.telecommand("C", {"F": 8})
    tables["cpc"][2] = cpc("D", 3, 4)
    with pytest.raises(ValueError, match="D text: it has no default and needs a value"):
        read(tables).telecommand("C")


@given(st.lists(st.lists(st.integers(0, 255), max_size=4), max_size=4))
def test_groups_in_groups(read: Callable[..., Database], outer: list[list[int]]) -> None:
    rows = [cdf("N", 8, 0, group=4), cdf("M", 8, 8, group=2), cdf("A", 8, 16)]
    rows += [cdf("", 8, 24, kind="A", value="EE"), cdf("B", 8, 32), cdf("Z", 8, 40)]
    database = read(command(rows, [cpc(name, 3, 4) for name in "NMABZ"]))
    flat = [each for inner in outer for each in inner]
    values = {
        "N": len(outer),
        "M": [len(inner) for inner in outer],
        "A": flat,
        "B": [7] * len(outer),
        "Z": 9,
    }
    expected = bytes([len(outer)])
    for inner in outer:
        expected += bytes([len(inner)]) + b"".join(bytes([a, 0xEE]) for a in inner) + b"\7"
    assert data_of(database, values) == expected + b"\x09"


def test_groups_are_counted(read: Callable[..., Database]) -> None:
    rows = [cdf("N", 8, 0, group=1, value="2"), cdf("A", 8, 8, value="5")]
    database = read(command(rows, [cpc("N", 3, 4), cpc("A", 3, 4)]))
    assert data_of(database, {}) == b"\2\5\5"
    assert data_of(database, {"A": [1, 2, 3]}) == b"\3\1\2\3"
    assert data_of(database, {"A": b"\1\2\3"}) == b"\3\1\2\3"
    assert data_of(database, {"A": []}) == b"\2\5\5"
    assert data_of(database, {"A[2]": 1}) == b"\3\5\5\1"
    assert data_of(database, {"N": 3, "A": [7]}) == b"\3\7\5\5"
    assert data_of(database, {"N": 0}) == b"\0"
    with pytest.raises(ValueError, match=r"A text\[2\] is given, the telecommand has room for 1"):
        database.telecommand("C", {"N": 1, "A": [1, 2, 3]})
    with pytest.raises(ValueError, match=r"A text\[1\]: 256 does not fit its 8 bits"):
        database.telecommand("C", {"A": [1, 256]})
    with pytest.raises(ValueError, match=r"A\[0\] is given twice"):
        database.telecommand("C", {"A": [1], "A[0]": 2})
    with pytest.raises(ValueError, match=r"A\[0\] is one value, not 2"):
        database.telecommand("C", {"A[0]": [1, 2]})
    rows[0] = cdf("N", 32, 0, group=1)
    database = read(
        command([rows[0], cdf("A", 8, 32, value="1")], [cpc("N", 3, 14), *[cpc("A", 3, 4)]])
    )
    with pytest.raises(ValueError, match="longer than 65542 bytes"):
        database.telecommand("C", {"N": 0xFFFFFFFF})


def test_a_fixed_counter(read: Callable[..., Database]) -> None:
    rows = [cdf("N", 8, 0, kind="F", group=1, value="2"), cdf("A", 8, 8)]
    database = read(command(rows, [cpc("N", 3, 4), cpc("A", 3, 4)]))
    assert data_of(database, {"A": [3, 4]}) == b"\2\3\4"
    with pytest.raises(ValueError, match="room for 2"):
        database.telecommand("C", {"A": [3, 4, 5]})


def test_calibrations_and_ranges(read: Callable[..., Database]) -> None:
    """Engineering values to raw ones; ranges of either."""
    points = {"cca": ["K\t\tR\tU\tH\tV\t3"], "ccs": ["K\t0\t0", "K\t5\t64", "K\t10\tC8"]}
    ranges = {
        "prf": ["ENG\t\tE\tR\tD\t2", "RAW\t\tR\tU\tH\t2"],
        "prv": ["ENG\t1\t2", "ENG\t7.5", "RAW\t10\t20", "RAW\tFF"],
    }
    row = cpc("P", 3, 4, categ="C", ccaref="K", prfref="ENG")
    database = single(read, row, 8, **points, **ranges)
    for value, raw in ((1, 20), (1.5, 30), (2, 40), ("7.5", 150), (Raw(150), 150)):
        assert data_of(database, {"P": value}) == bytes([raw])
    assert database.telecommand("C", {"P": Raw(150)}).arguments[0].value == 7.5
    for value in (0.5, 2.01, 9, Raw(0)):
        with pytest.raises(ValueError, match=r"P text: \S+ is not in the allowed 1..2, 7.5$"):
            database.telecommand("C", {"P": value})
    with pytest.raises(ValueError, match=r"11 is not in the calibrated 0..10"):
        database.telecommand("C", {"P": 11})
    database = single(read, cpc("P", 3, 4, prfref="RAW"), 8, **ranges)
    for value in (0x10, 0x20, 0xFF):
        assert data_of(database, {"P": value}) == bytes([value])
    for value in (0x0F, 0x21, 0xFE):
        with pytest.raises(ValueError, match=rf"P text: {value} is not in the allowed 16..32, 255"):
            database.telecommand("C", {"P": value})


def test_texts(read: Callable[..., Database]) -> None:
    tables = {
        "paf": ["PAF\t\tU\t3"],
        "pas": ["PAF\tOFF\t4", "PAF\tON\t5", "PAF\tOn\t6", "PAF\tSECRET\t7"],
        "prf": ["E\t\tE\tA\t\t2"],
        "prv": ["E\tOFF\t", "E\tON\t", "E\tOn\t"],
    }
    row = cpc("P", 2, 8, categ="T", pafref="PAF", prfref="E")
    database = single(read, row, 8, **tables)
    for value, raw in (("ON", 5), ("On", 6), ("on", 5), ("4", 4), (6, 6), (Raw(4), 4)):
        assert data_of(database, {"P": value}) == bytes([raw])
    for value, message in (
        ("SECRET", "SECRET is not in the allowed OFF, ON, On"),
        (9, "9 is not in the allowed OFF, ON, On"),
        ("MAYBE", "'MAYBE' is not one of OFF, ON, On, SECRET"),
    ):
        with pytest.raises(ValueError, match=f"P text: {message}"):
            database.telecommand("C", {"P": value})


def test_parameters_by_name_and_deduced_types(read: Callable[..., Database]) -> None:
    """A telecommand that sets any telemetry parameter: its id, then a value of its type."""
    rows = [cdf("N", 8, 0, group=2), cdf("ID", 16, 8), cdf("V", 0, 24)]
    parameters = [cpc("N", 3, 4), cpc("ID", 3, 12, categ="P"), cpc("V", 11, 0)]
    telemetry = [pcf("T1", 5, 1, pid=300), pcf("T2", 4, 4, pid=301, descr="second")]
    database = read(command(rows, parameters, pcf=telemetry))
    values = {"ID": ["T1", "second", 300], "V": [2.5, -3, "1"]}
    assert data_of(database, values) == b"\3" + struct.pack(">HfHbHf", 300, 2.5, 301, -3, 300, 1)
    with pytest.raises(ValueError, match="'T9' is not a parameter with an onboard id"):
        database.telecommand("C", {"ID": "T9", "V": 1})
    with pytest.raises(ValueError, match="no parameter before it says"):
        database.telecommand("C", {"ID": 999, "V": 1})


def test_stages(read: Callable[..., Database]) -> None:
    tables = command(
        [],
        [],
        cvs=["1\tC\tR\t5\t60", "2\tA\tR\t0\t10", "3\tS\tR\t0\t20", "4\t0\tR\t1\t30"],
        cvp=["C\tC\t1", "C\t\t2", "C\tC\t3", "C\tC\t4", "C\tS\t2"],
    )
    database = read(tables)
    all_stages = [((1, 1), 0, 10), ((1, 3), 0, 20), ((1, 5), 1, 31), ((1, 7), 5, 65)]
    for ack in range(16):
        built = database.telecommand("C", ack=ack)
        stages = [(s.report, s.start_s, s.timeout_s) for s in built.stages]
        assert stages == [each for i, each in enumerate(all_stages) if ack >> i & 1]
