# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""SPEC.md from entities to status codes, its tables and numbers, against the core's bytes.

Every number comes from the text: one that is wrong there, or in the core, fails here.
"""

from __future__ import annotations

import itertools
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from spec_tables import WIDTHS, at, choices, integer, introduction, numbers, place, sentence, table

from fsw_emu.core import CeHeader, Core, TmPacket
from fsw_emu.dpu.science.keys import AEC, compression_key
from fsw_emu.packets.ce import FRAME_FIELDS, GROUP_FIELDS, PRODUCTS

# 8. Compression entities


def layout(name: str) -> list[tuple[int, str, int]]:
    """Offset, name and size of each field of metadata, by offset."""
    rows = [row[i : i + 3] for row in table(name) for i in (0, 3, 6) if row[i]]
    return sorted((int(offset), field, WIDTHS[kind]) for offset, field, kind in rows)


def entity(core: Core, group: NDArray[Any], frames: NDArray[Any], **header: int) -> bytes:
    fixed = {"version": 0x0102, "build": 0x0304, "sdp_version": 0x0506, "coarse": 0x0708090A,
             "fine_us": 999_999, "obsid": 0x0D0E0F10, "counter": 0x1112, "members": len(frames),
             "key": 0, "product": 0, "integrity": 0, "data_size": 0}  # fmt: skip
    return core.ce_pack(CeHeader(**fixed | header), group, frames, bytes(range(64)))


def zeros(members: int = 1) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.zeros(len(GROUP_FIELDS), "u4"), np.zeros((members, len(FRAME_FIELDS)), "u4")


@pytest.mark.verifies(
    "CE-1", "CE-2", "CE-3", "CE-4", "CE-5", "CE-8", "CE-9", "CE-10", "CE-11", "CE-12", "CE-13"
)
def test_entity_header(core: Core) -> None:
    rows = table("CE-1")
    edges = [(int(offset), int(size)) for offset, size, _ in rows]
    assert [offset for offset, _ in edges] == np.cumsum([0, *(s for _, s in edges)])[:-1].tolist()
    said = {name.split()[0].rstrip(":"): (place, name)
            for place, (*_, name) in zip(edges, rows, strict=True)}  # fmt: skip
    made = entity(core, *zeros(3))
    group_size, per_frame = (integer(said[n][1].split()[1])
                             for n in ("group_meta_size", "frame_meta_size"))  # fmt: skip
    expected = {
        "version_number": 0x0102, "build_number": 0x0304, "sdp_version": 0x0506,
        "coarse": 0x0708090A, "fine": 999_999 >> int(said["fine"][1].split(">>")[1]),
        "obsid": 0x0D0E0F10, "ce_counter": 0x1112, "sdp_group_members": 3,
        "ce_size": len(made), "ce_key": 0, "product": 0, "ce_integrity": 0,
        "group_meta_size": group_size, "frame_meta_size": 3 * per_frame,
        "compressed_meta_size": group_size + 3 * per_frame,
        "data_size": 64, "compressed_data_size": 64,
    }  # fmt: skip
    assert said.keys() == expected.keys()
    assert {name: at(made, said[name][0]) for name in said} == expected
    size = sum(size for _, size in edges)
    assert made[size + group_size + 3 * per_frame :] == bytes(range(64))


@pytest.mark.verifies("CE-6", "CE-7")
def test_products_and_integrity(core: Core) -> None:
    rows = {name.split(":")[0]: (int(o), name) for o, _, name in table("CE-1")}
    offset, said = rows["product"]
    products = choices(said.split(":")[1])
    assert {name.upper(): number for name, number in products.items()} == {
        name: number for number, name in enumerate(PRODUCTS)
    }
    for number in products.values():
        assert entity(core, *zeros(), product=number)[offset] == number
    offset, said = rows["ce_integrity"]
    assert (
        entity(core, *zeros(), integrity=1)[offset]
        == choices(said)["frames discarded or incomplete"]
    )


def size_of(name: str) -> int:
    return integer(introduction(name).split()[2])


@pytest.mark.verifies("CE-20", "CE-22")
@pytest.mark.parametrize(("name", "names"), [("CE-20", GROUP_FIELDS), ("CE-22", FRAME_FIELDS)])
def test_metadata(core: Core, name: str, names: tuple[str, ...]) -> None:
    fields, size = layout(name), size_of(name)
    assert [offset for offset, *_ in fields] == np.cumsum([0, *(n for *_, n in fields)])[
        :-1
    ].tolist()
    assert sum(n for *_, n in fields) == size
    assert [field for _, field, _ in fields] == list(names)
    group, frames = zeros()
    values = group if name == "CE-20" else frames[0]
    for most in (False, True):  # all told apart, then as large as each may be
        values[:] = [(1 << 8 * n) - 1 if most else i + 1 for i, (*_, n) in enumerate(fields)]
        signed = list(names).index("sdpOffsetSignal") if name == "CE-20" else None
        if most and signed is not None:
            values[signed] = 0x7FFF
        begin = 44 + (0 if name == "CE-20" else size_of("CE-20"))
        made = entity(core, group, frames)
        read = [at(made, (begin + offset, n)) for offset, _, n in fields]
        assert read == values.tolist()


@pytest.mark.verifies("CE-24")
def test_housekeeping_words(core: Core) -> None:
    first, second = numbers("CE-24")
    begin = numbers("FEE-8")[-2]
    for address, name in ((first, "FRMHKspwStatus"), (second, "FRMHKerrorFlags")):
        hk = bytearray(numbers("FEE-8")[0])
        hk[address - begin : address - begin + 4] = bytes.fromhex("12345678")
        read = core.frame_hk(np.zeros(len(FRAME_FIELDS), "u4"), bytes(hk))
        assert read[FRAME_FIELDS.index(name)] == 0x12345678


# 8.4 Key


@pytest.mark.verifies("KEY-1", "KEY-2", "KEY-6")
def test_key_digits(csxi: SimpleNamespace) -> None:
    def load(number: int) -> SimpleNamespace:
        parts = csxi.ffi.new("struct sxi_key *")
        assert csxi.lib.sxi_key_load(parts, number) == 0, hex(number)
        return parts

    values = {int(digit): choices(said) for digit, _, said in table("KEY-1") if digit.isdigit()}
    coded = 0x10 | values[1]["CCSDS 121.0-B-3"] << 4
    for name, digit in values[0].items():
        assert load(coded | digit).stacked == ("stacked" in name)
    shape = 0x100  # packets of rows have one
    assert {name: load(n << 4 | (n == 3) * shape).coder for name, n in values[1].items()} == values[
        1
    ]
    for name, digit in values[2].items():
        assert load(coded | digit << 8).planes == name.startswith("planes")
    for size, digit in values[3].items():
        assert load(coded | digit << 12).block_size == int(size)
    for name, digit in values[4].items():
        assert load(coded | digit << 16).preprocess == (name == "unit delay")
    assert numbers("KEY-2") == [0, 0, 0, 2]
    in_use = dict(zip(("events", "image", "stack"), numbers("KEY-6")[:3], strict=True))
    assert in_use == AEC
    assert all(load(number).coder for number in in_use.values())


@pytest.mark.verifies("KEY-7", "KEY-8", "KEY-10")
def test_key_digits_of_packets(csxi: SimpleNamespace) -> None:
    shapes, ways, low, high = (
        choices(said) for digit, _, said in table("KEY-7") if digit.isdigit()
    )
    coders = choices(next(said for digit, _, said in table("KEY-1") if digit == "1"))
    rows, parts = coders["packets of rows"] << 4, csxi.ffi.new("struct sxi_key *")
    for (said, shape), (way, w), (a, m), (b, n) in itertools.product(
        shapes.items(), ways.items(), low.items(), high.items()
    ):
        assert csxi.lib.sxi_key_load(parts, n << 20 | m << 16 | w << 12 | shape << 8 | rows) == 0
        assert [parts.rows, parts.cols] == [int(size) for size in said.split("x")]
        assert parts.way == {"g": 0, "c": 1, "C": 3}[way[0]]
        assert parts.near_lossless == int(a) + 4 * int(b)
    events = coders["packets of events"] << 4
    assert csxi.lib.sxi_key_load(parts, events) == 0
    assert csxi.lib.sxi_key_load(parts, events | 0x100) == -4
    key = compression_key("auto", "image", shape=(639, 384), near_lossless=6)
    assert csxi.lib.sxi_key_load(parts, key) == 0
    assert (parts.rows, parts.cols, parts.way, parts.near_lossless) == (639, 384, 1, 6)


# 9. Telemetry


@pytest.mark.verifies(
    "TM-1", "TM-2", "TM-3", "TM-4", "TM-5", "TM-6", "TM-7", "TM-8", "TM-9", "TM-10", "TM-11"
)
def test_pus_packet(core: Core) -> None:
    rows = {said: place for place, said in table("TM-1")}
    packet = TmPacket(321, 0x1234, 13, 2, 0xAB, 0x01020304, 999_999, 5)
    made = core.tm_build(packet, b"data!!")
    places = {
        said.split()[0].rstrip(",:"): place(where)
        for said, where in rows.items()
        if where[0].isdigit()
    }
    (ident,) = (said for said in rows if said.startswith("version"))
    version, kind, secondary, apid = (integer(n) for n in re.findall(r"\d+", ident))
    assert at(made, places["version"]) == version << 13 | kind << 12 | secondary << 11 | apid
    (flags,) = (said for said in rows if said.startswith("sequence"))
    assert at(made, places["sequence"]) == int(re.findall(r"\d", flags)[0]) << 14 | 0x1234
    (length,) = (said for said in rows if said.startswith("packet length"))
    less, most = (integer(n) for n in re.findall(r"\d+", length)[:2])
    assert at(made, places["packet"]) == len(made) - less
    overhead = len(made) - 6
    assert len(core.tm_build(packet, bytes(most - overhead))) == most
    with pytest.raises(ValueError, match="argument"):
        core.tm_build(packet, bytes(most - overhead + 1))
    assert at(made, places["0x10"]) == 0x10
    assert at(made, places["type"]) == 13 << 8 | 2
    assert at(made, places["destination"]) == 0xAB
    assert at(made, places["seconds"]) == packet.coarse
    assert at(made, places["microseconds"]) == 999_999
    (sync,) = (said for said in rows if said.startswith("synchron"))
    assert at(made, places["synchronisation"]) == choices(sync.split(":")[1])["yes"]
    begin = places["source"][0]
    assert made[begin:-2] == b"data!!"
    assert core.crc16(made) == 0


@pytest.mark.verifies("LDT-1..4")
def test_transfer(core: Core) -> None:
    ids = re.findall(r"(\d) ((?:[A-Z]{2},? ?)+)", sentence("LDT-1"))
    assert [(int(n), names.strip(" ,")) for n, names in ids] == [(1, "ED, FT, UV"), (2, "FF")]
    most = numbers("LDT-1")[-1]
    subtypes = [int(n) for n in re.findall(r"\(13,(\d)\)", sentence("LDT-2") + sentence("LDT-3"))]
    packet = TmPacket(321, 0, 0, 0, 0, 0, 0, 5)
    parts = core.ldt_segment(bytes(2 * most + 1), packet, sdu_id=2)
    assert [(p[7], p[8]) for p in parts] == [(13, subtype) for subtype in subtypes[:3]]
    heads = [(p[18], at(p, (19, 2)), at(p, (21, 2))) for p in parts]
    assert heads == [(2, 1, most), (2, 2, most), (2, 3, 1)]
    abort = core.ldt_abort(packet, sdu_id=1, reason=0x1234)
    assert (abort[8], abort[18:-2]) == (subtypes[3], bytes([1, 0, 0x12, 0x34]))
    (alone,) = core.ldt_segment(bytes(most), packet, sdu_id=1)
    assert alone[8] == subtypes[0] == int(re.findall(r"\(13,(\d)\)", sentence("LDT-4"))[0])


@pytest.mark.verifies("CRC-1", "CRC-2")
def test_checksums(core: Core) -> None:
    polynomial, seed = numbers("CRC-1")
    crc = seed
    for byte in b"123456789":
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (polynomial if crc & 0x8000 else 0)) & 0xFFFF
    assert core.crc16(b"123456789") == crc
    exponents = [int(n) for n in re.findall(r"x\^(\d)", sentence("CRC-2"))] + [1, 0]
    reflected = sum(1 << 7 - n for n in exponents if n < 8)
    crc = numbers("CRC-2")[-1]
    for byte in b"123456789":
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (reflected if crc & 1 else 0)
    assert core.crc8(b"123456789") == crc


# 11. Status codes


@pytest.mark.verifies("STAT-1")
def test_status_codes(csxi: SimpleNamespace) -> None:
    names = {"good": "OK", "argument": "PARAM", "room": "ROOM", "input too short": "SHORT",
             "a field's value": "FORMAT", "a length field": "LENGTH", "checksum": "CRC",
             "sequence": "SEQUENCE", "sample beyond its width": "RANGE"}  # fmt: skip
    said = re.findall(r"(-?\d) ([^,.]+)", sentence("STAT-1"))
    assert {name for _, name in said} == names.keys()
    for number, name in said:
        assert getattr(csxi.lib, f"SXI_STATUS_{names[name]}") == int(number)
