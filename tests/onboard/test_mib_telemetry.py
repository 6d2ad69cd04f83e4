# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Telemetry of databases that are not SMILE's: types, layouts, calibrations, limits, validity."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mib_folder import pcf, pid, telemetry, write_mib

from fsw_emu.mib import Conventions, Database, Decoded, Limit

PLAIN = Conventions(time_byte=10, time_pfc=17)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Database]:
    folder = tmp_path_factory.mktemp("mib")
    return lambda tables, conventions=PLAIN: Database.read(write_mib(folder, tables), conventions)


def fixed(rows: list[str], **tables: list[str]) -> dict[str, list[str]]:
    """A database of one fixed packet with these parameters from byte 16 on, 8 bytes apart."""
    names = [row.split("\t")[0] for row in rows]
    plf = [f"{name}\t1\t{16 + 8 * i}\t0" for i, name in enumerate(names)]
    return {"pid": [pid(1)], "pcf": rows, "plf": plf, **tables}


def values(decoded: Decoded) -> dict[str, Any]:
    return {each.name: each.value for each in decoded.parameters}


def one(database: Database, data: bytes) -> Any:
    """The value of parameter P."""
    return database.telemetry(telemetry(data.ljust(8, b"\0")))["P"].value


@given(number=st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers(read: Callable[..., Database], number: int) -> None:
    """Every width of PTC 3 and 4, both byte orders."""
    widths = [*((pfc, 4 + pfc) for pfc in range(13)), (13, 24), (14, 32), (15, 48), (16, 64)]
    rows = [pcf(f"{s}{pfc}", 4 if s == "S" else 3, pfc) for s in "US" for pfc, _ in widths]
    rows += [pcf("LE", 3, 14, endian="L"), pcf("SLE", 4, 12, endian="L")]
    field = number.to_bytes(8, "big", signed=True)
    got = values(read(fixed(rows)).telemetry(telemetry(field * len(rows))))
    for pfc, n in widths:
        unsigned = (number & (1 << 64) - 1) >> 64 - n
        assert got[f"U{pfc}"] == unsigned
        assert got[f"S{pfc}"] == unsigned - (1 << n if unsigned >> n - 1 else 0)
    assert got["LE"] == struct.unpack("<I", field[:4])[0]
    assert got["SLE"] == struct.unpack("<h", field[:2])[0]


@given(number=st.floats(allow_nan=False))
def test_real_numbers(read: Callable[..., Database], number: float) -> None:
    assert one(read(fixed([pcf("P", 5, 2)])), struct.pack(">d", number)) == number
    single = float(struct.unpack(">f", struct.pack(">f", number if abs(number) < 1e38 else 1))[0])
    assert one(read(fixed([pcf("P", 5, 1)])), struct.pack(">f", single)) == single


#: fraction in two's complement, exponent in the last byte (MIL-STD-1750A)
AIRBORNE = {
    "7fffff7f": (1 - 2.0**-23) * 2.0**127,
    "4000007f": 0.5 * 2.0**127,
    "50000004": 0.625 * 2.0**4,
    "40000001": 1.0,
    "40000000": 0.5,
    "400000ff": 0.25,
    "40000080": 0.5 * 2.0**-128,
    "00000000": 0.0,
    "80000000": -1.0,
    "a0000003": -0.75 * 8,
}


@pytest.mark.parametrize(("field", "number"), AIRBORNE.items())
def test_real_numbers_of_1750a(read: Callable[..., Database], field: str, number: float) -> None:
    assert one(read(fixed([pcf("P", 5, 3)])), bytes.fromhex(field)) == number
    assert one(read(fixed([pcf("P", 5, 4)])), bytes.fromhex(field + "0000")) == number


def test_strings_and_bits(read: Callable[..., Database]) -> None:
    rows = [pcf("T", 8, 5), pcf("O", 7, 3), pcf("B", 6, 5), pcf("F", 1, 0), pcf("E", 2, 7)]
    data = b"ab\0\0\0...\x01\x02\x03.....\xb0.......\x80.......\xfe......."
    got = values(read(fixed(rows)).telemetry(telemetry(data)))
    assert got == {"T": "ab", "O": b"\x01\x02\x03", "B": 0b10110, "F": 1, "E": 127}


def test_times(read: Callable[..., Database]) -> None:
    rows = [pcf("D", 9, 1), pcf("M", 9, 2), pcf("C", 9, 18), pcf("R", 10, 16), pcf("U", 9, 30)]
    data = struct.pack(
        ">HI2x HIH IB3s IB3x II".replace(" ", ""),
        *(1, 1500),
        *(2, 1500, 250),
        *(10, 0x80, b"\0\0\0"),
        *(0xFFFFFFFF, 0x80),
        *(1_000_000_000, 5),
    )
    database = read(fixed(rows))
    got = values(database.telemetry(telemetry(data)))
    assert got["D"] == 86401.5
    assert got["M"] == 2 * 86400 + 1.50025
    assert got["C"] == 10.5
    assert got["R"] == -0.5
    assert got["U"] == datetime(2001, 9, 9, 1, 46, 40, 5, tzinfo=UTC)
    epoch = datetime(1958, 1, 1, tzinfo=UTC)
    dated = read(fixed(rows), Conventions(epoch=epoch, time_pfc=17))
    decoded = dated.telemetry(telemetry(data))
    assert values(decoded)["D"] == datetime(1958, 1, 2, 0, 0, 1, 500_000, tzinfo=UTC)
    assert values(decoded)["R"] == -0.5
    assert decoded.time == datetime(1958, 1, 1, 0, 4, 16, 500_000, tzinfo=UTC)


def test_header_parameters_and_repeated_places(read: Callable[..., Database]) -> None:
    tables = {
        "pid": [pid(1)],
        "pcf": [pcf("APID", 3, 7), pcf("X", 3, 0), pcf("Y", 3, 0)],
        "plf": ["X\t1\t16\t0\t3\t8", "Y\t1\t16\t4\t3\t8", "APID\t1\t0\t5"],
    }
    decoded = read(tables).telemetry(telemetry(b"\x12\x34\x56"))
    assert decoded["APID"].raw == 77
    assert [each.raw for each in decoded.all("X")] == [1, 3, 5]
    assert [each.raw for each in decoded.all("about Y")] == [2, 4, 6]
    with pytest.raises(KeyError):
        decoded["Z"]


def test_packets_are_told_apart_by_both_criteria(read: Callable[..., Database]) -> None:
    tables = {
        "pid": [
            pid(1, pi1=1, pi2=5),
            pid(2, pi1=1, pi2=6),
            pid(3, pi1=2, pi2=5),
            pid(4, subtype=1),
        ],
        "pic": ["3\t25\t16\t4\t17\t8\t"],  # of any APID
    }
    database = read(tables)
    assert database.telemetry(telemetry(b"\x1f\x05")).spid == 1
    assert database.telemetry(telemetry(b"\x1f\x06")).spid == 2
    assert database.telemetry(telemetry(b"\x2f\x05")).spid == 3
    assert database.telemetry(telemetry(b"", subtype=1)).spid == 4
    assert database.telemetry(telemetry(b"", subtype=1)).name == "4"
    for data in (b"\x2f\x06", b"\x1f", b""):
        with pytest.raises(ValueError, match="no such packet"):
            database.telemetry(telemetry(data))
    with pytest.raises(ValueError, match="APID 78"):
        database.telemetry(telemetry(b"\x1f\x05", apid=78))
    tables["pic"].append("3\t25\t17\t4\t16\t8\t77")  # comes before that of any APID
    tables["pid"].append(pid(5, pi1=0, pi2=0x1F))
    assert read(tables).telemetry(telemetry(b"\x1f\x05")).spid == 5
    assert read(tables).telemetry(telemetry(b"\x1f\x06")).spid == 5
    assert read(tables).telemetry(telemetry(b"\x2f\x05")).spid == 3


def variable(vpd: list[str], rows: list[str]) -> dict[str, list[str]]:
    return {"pid": [pid(1, tpsd=9)], "vpd": vpd, "pcf": rows}


def vpd(at: int, name: str, *, tpsd: int = 9, **more: object) -> str:
    """A row of vpd; more: group, times, choice, names, offset."""
    fields = {"group": "", "times": "", "choice": "N", "names": "N", "offset": 0, **more}
    return (
        f"{tpsd}\t{at}\t{name}\t{fields['group']}\t{fields['times']}\t{fields['choice']}\t"
        f"{fields['names']}\t\t1\tL\tN\t0\tH\t{fields['offset']}"
    )


BYTES = [pcf(name, 3, 4) for name in "NMABCZ"]


@given(outer=st.lists(st.lists(st.binary(min_size=2, max_size=2), max_size=4), max_size=4))
def test_groups_in_groups(read: Callable[..., Database], outer: list[list[bytes]]) -> None:
    rows = [vpd(0, "N", group=4), vpd(1, "M", group=2), *(vpd(2 + i, "AB"[i]) for i in (0, 1))]
    database = read(variable([*rows, vpd(4, "C"), vpd(5, "Z")], BYTES))
    data = bytes([len(outer)])
    for inner in outer:
        data += bytes([len(inner)]) + b"".join(inner) + b"\xcc"
    decoded = database.telemetry(telemetry(data + b"\x55"))
    assert [s.raw for s in decoded.all("M")] == [len(inner) for inner in outer]
    pairs = [pair for inner in outer for pair in inner]
    assert [s.raw for s in decoded.all("A")] == [pair[0] for pair in pairs]
    assert [s.raw for s in decoded.all("B")] == [pair[1] for pair in pairs]
    assert [s.raw for s in decoded.all("C")] == [0xCC] * len(outer)
    assert decoded["Z"].raw == 0x55
    assert decoded.unread_bits == 0


def test_fixed_repetitions_and_all_that_is_left(read: Callable[..., Database]) -> None:
    """The parameter of a fixed repetition is not in the packet."""
    database = read(variable([vpd(0, "N", group=1, times=3), vpd(1, "A"), vpd(2, "B")], BYTES))
    decoded = database.telemetry(telemetry(b"\1\2\3\4"))
    assert [(s.name, s.raw) for s in decoded.parameters] == [
        *(("A", 1), ("A", 2), ("A", 3)),
        ("B", 4),
    ]
    database = read(variable([vpd(0, "B"), vpd(1, "N", group=1, times=-1), vpd(2, "A")], BYTES))
    decoded = database.telemetry(telemetry(b"\1\2\3\4"))
    assert [s.raw for s in decoded.all("A")] == [2, 3, 4]


def test_choices_offsets_and_padding(read: Callable[..., Database]) -> None:
    rows = [vpd(0, "N", choice="Y"), vpd(1, "Z")]
    rows += [vpd(0, "A", tpsd=20, offset=8), vpd(0, "W", tpsd=21), vpd(1, "B", tpsd=21, offset=-4)]
    database = read(variable(rows, [*BYTES, pcf("W", 3, 0, width=8)]))
    decoded = database.telemetry(telemetry(bytes([20, 0xEE, 7, 8])))
    assert [(s.name, s.raw) for s in decoded.parameters] == [("N", 20), ("A", 7), ("Z", 8)]
    decoded = database.telemetry(telemetry(bytes([21, 0x5A, 0x3C, 0])))
    assert [(s.name, s.raw) for s in decoded.parameters] == [
        *(("N", 21), ("W", 5)),
        *(("B", 0xA3), ("Z", 0xC0)),
    ]
    with pytest.raises(ValueError, match="N: there is no structure 22"):
        database.telemetry(telemetry(b"\x16"))


def test_structures_that_choose_each_other_end(read: Callable[..., Database]) -> None:
    database = read(variable([vpd(0, "N", choice="Y")], BYTES))
    with pytest.raises(ValueError, match=r"without end|beyond"):
        database.telemetry(telemetry(b"\x09" * 900))


def test_deduced_types(read: Callable[..., Database]) -> None:
    """TM(3,x) of named parameters: id, value, id, value."""
    rows = [pcf("N", 3, 4), pcf("ID", 3, 12), pcf("V", 11, 0)]
    rows += [pcf("P1", 4, 4, pid=300), pcf("P2", 5, 1, pid=301), pcf("P3", 3, 12, pid=302)]
    rows[-1] = pcf("P3", 2, 8, pid=302, categ="S", curtx="TX")
    tables = variable([vpd(0, "N", group=2), vpd(1, "ID", names="Y"), vpd(2, "V")], rows)
    tables |= {"txf": ["TX\t\tU\t2"], "txp": ["TX\t0\t4\tlow", "TX\t5\t9\thigh"]}
    database = read(tables)
    data = b"\3" + struct.pack(">HbHfHB", 300, -5, 301, 2.5, 302, 7)
    decoded = database.telemetry(telemetry(data))
    got = [(s.name, s.value) for s in decoded.parameters if s.name.startswith("P")]
    assert got == [("P1", -5), ("P2", 2.5), ("P3", "high")]
    assert [s.value for s in decoded.all("ID")] == ["about P1", "about P2", "about P3"]
    with pytest.raises(ValueError, match="no parameter before it"):
        database.telemetry(telemetry(b"\1\0\1\0\0"))


@given(text=st.binary(max_size=300))
def test_strings_of_any_length(read: Callable[..., Database], text: bytes) -> None:
    tables = variable([vpd(0, "S"), vpd(1, "Z")], [*BYTES, pcf("S", 7, 0)])
    database = read(tables, Conventions(string_count_bits=16))
    decoded = database.telemetry(telemetry(len(text).to_bytes(2, "big") + text + b"\x55"))
    assert decoded["S"].raw == text
    assert decoded["Z"].raw == 0x55


def test_a_count_beyond_the_packet_is_told(read: Callable[..., Database]) -> None:
    rows = [*BYTES, pcf("L", 3, 14)]
    database = read(variable([vpd(0, "L", group=1), vpd(1, "A")], rows))
    with pytest.raises(ValueError, match=r"A: .*beyond|A: it ends"):
        database.telemetry(telemetry(b"\xff\xff\xff\xff\1\2\3"))
    # a group that takes back what it has read would never end
    database = read(variable([vpd(0, "L", group=1), vpd(1, "A", offset=-8)], rows))
    with pytest.raises(ValueError, match="more parameters than"):
        database.telemetry(telemetry(b"\xff\xff\xff\xff\1\2\3"))
    # as one of nothing
    rows = [vpd(0, "L", group=1), vpd(1, "N", times=5), vpd(2, "Z")]
    assert (
        read(variable(rows, [*BYTES, pcf("L", 3, 14)]))
        .telemetry(telemetry(b"\0\0\0\2\1\2\3"))
        .all("N")
    )


@given(x=st.integers(0, 255))
def test_numerical_calibrations(read: Callable[..., Database], x: int) -> None:
    rows = [pcf(name, 3, 4, curtx=name) for name in ("CP", "CF", "M", "L", "H")]
    tables = fixed(
        rows,
        caf=["CP\t\tR\tU\tD\tV\t3\tP", "CF\t\tR\tU\tD\tV\t2\tF", "H\t\tR\tU\tH\tV\t2\tP"],
        cap=[
            "CP\t10\t0",
            "CP\t20\t5",
            "CP\t40\t45",
            "CF\t10\t0",
            "CF\t20\t5",
            "H\t10\t1",
            "H\t20\t2",
        ],
        mcf=["M\t\t1\t2\t0.5\t\t-1e-3"],
        lgf=["L\t\t0.1\t0.02\t\t0.003"],
    )
    got = values(read(tables).telemetry(telemetry(bytes([x] + [0] * 7) * 5)))
    expected = 5 + (x - 20) * 2 if x >= 20 else (x - 10) / 2
    assert got["CP"] == pytest.approx(expected)
    assert got["CF"] == (pytest.approx((x - 10) / 2) if 10 <= x <= 20 else None)
    assert got["M"] == pytest.approx(1 + 2 * x + x * x / 2 - 1e-3 * x**4)
    assert got["H"] == pytest.approx(1 + (x - 16) / 16)
    if x:
        log = math.log(x)
        assert got["L"] == pytest.approx(1 / (0.1 + 0.02 * log + 0.003 * log**3))
    else:
        assert got["L"] is None


def test_a_condition_chooses_the_calibration(read: Callable[..., Database]) -> None:
    """The parameter it is about may be elsewhere in the packet, or in an earlier one."""
    rows = [pcf("P", 3, 4), pcf("MODE", 3, 4)]
    tables = fixed(
        rows,
        mcf=["TWICE\t\t0\t2", "THRICE\t\t0\t3"],
        cur=["P\t2\tMODE\t8\tTHRICE", "P\t1\tMODE\t7\tTWICE"],
    )
    database = read(tables)
    for mode, value in ((7, 20), (8, 30), (9, None)):
        data = bytes([10]).ljust(8, b"\0") + bytes([mode])
        assert values(database.telemetry(telemetry(data)))["P"] == value
    data = bytes([10]).ljust(8, b"\0") + b"\7"  # the packet's own value counts
    assert database.telemetry(telemetry(data), known={"MODE": 8})["P"].value == 20
    tables["plf"].pop()
    database = read(tables)
    assert database.telemetry(telemetry(b"\x0a"))["P"].value is None
    assert database.telemetry(telemetry(b"\x0a"), known={"MODE": 8})["P"].value == 30


def test_limits(read: Callable[..., Database]) -> None:
    rows = [
        pcf("P", 3, 4, curtx="TWICE"),
        pcf("Q", 3, 4, curtx="TWICE"),
        pcf("S", 3, 4, categ="S", curtx="TX"),
        pcf("MODE", 3, 4),
    ]
    tables = fixed(
        rows,
        mcf=["TWICE\t\t0\t2"],
        txf=["TX\t\tU\t2"],
        txp=["TX\t0\t4\tOFF", "TX\t5\t9\tON"],
        ocf=["P\t2\t1\tC\tR", "Q\t2\t1\tU\tI", "S\t1\t1\tC\tA"],
        ocp=[
            *("P\t1\tS\t20\t40\t\t", "P\t2\tH\t10\t50\t\t", "P\t3\tD\t1\t1\t\t"),
            *("Q\t1\tS\t20\t40\tMODE\t1", "Q\t2\tH\t10\t50\tMODE\t1"),
            "S\t1\tS\tON\t\t\t",
        ],
    )
    database = read(tables)

    def limit(p: int, q: int = 0, s: int = 5, mode: int = 0) -> tuple[Limit, ...]:
        data = b"".join(bytes([each]).ljust(8, b"\0") for each in (p, q, s, mode))
        decoded = database.telemetry(telemetry(data))
        return tuple(decoded[name].limit for name in ("P", "Q", "S"))

    assert limit(15) == (Limit.OK, Limit.NONE, Limit.OK)
    assert [limit(p)[0] for p in (10, 20)] == [Limit.OK, Limit.OK]  # limits are inside
    assert [limit(p)[0] for p in (9, 21)] == [Limit.SOFT_LOW, Limit.SOFT_HIGH]
    assert [limit(p)[0] for p in (4, 26)] == [Limit.HARD_LOW, Limit.HARD_HIGH]
    assert [limit(0, q, 5, 1)[1] for q in (30, 19, 9)] == [Limit.OK, Limit.SOFT_LOW, Limit.HARD_LOW]
    assert limit(0, s=4)[2] is Limit.SOFT


def test_validity(read: Callable[..., Database]) -> None:
    rows = [pcf("P", 3, 4, valid="ON", valpar=3), pcf("Q", 3, 4, valid="ON"), pcf("ON", 3, 4)]
    tables = fixed(rows, ocf=["P\t1\t1\tC\tR"], ocp=["P\t1\tH\t9\t10\t\t"])
    database = read(tables)
    for on in (1, 3):
        decoded = database.telemetry(telemetry(bytes(16) + bytes([on])))
        assert [decoded[name].valid for name in ("P", "Q", "ON")] == [on == 3, on == 1, True]
        assert decoded["P"].limit is (Limit.HARD_LOW if on == 3 else Limit.NONE)
    tables["plf"].pop()
    database = read(tables)
    assert database.telemetry(telemetry(bytes(16)))["P"].valid is None


def test_packets_without_checksum_and_time(read: Callable[..., Database]) -> None:
    database = read(fixed([pcf("P", 3, 4)]), Conventions(crc=False, time_pfc=None))
    decoded = database.telemetry(telemetry(b"\x2a", crc=False))
    assert decoded["P"].raw == 42
    assert decoded.crc_ok
    assert decoded.time is None


@given(data=st.binary(max_size=60))
def test_any_bytes_are_a_packet_or_a_value_error(
    read: Callable[..., Database], data: bytes
) -> None:
    rows = [vpd(0, "N", group=2), vpd(1, "M", group=1), vpd(2, "A"), vpd(3, "B", choice="Y")]
    database = read(variable(rows, BYTES))
    for packet in (data, telemetry(data)):
        try:
            decoded = database.telemetry(packet)
        except ValueError:
            continue
        assert len(decoded.parameters) <= 8 * len(packet)
