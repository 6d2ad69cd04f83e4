# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Table images: what source files say is in them, and nothing else is taken."""

from __future__ import annotations

import io
import struct
import tomllib
from binascii import crc_hqx
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.egse.tables.image import read_image, write_image
from fsw_emu.egse.tables.source import read_source
from fsw_emu.egse.tables.steps import pieces
from fsw_emu.egse.tables.table import MemoryTable, Table, TableError, shortest
from fsw_emu.interface.table import load

TABLE = load()
HEAT = {
    "HctrlParExecPer": 40,
    "HctrlParMaxDeltaVoltage": 0.5,
    "HctrlParVctrlLowerVolt": 0.3,
    "HctrlParVctrlUpperVolt": 2.9,
    "HctrlParTempRefLL": -120.0,
    "HctrlParTempRefUL": -114.0,
    "HctrlParTempRef": -117.0,
    "HctrlParCoeffP": 50.0,
    "HctrlParCoeffI": 0.1,
    "HctrlParOffset": 30.0,
}


def made(text: str, files: Mapping[str, bytes] | None = None) -> Table:
    def read_file(name: str) -> bytes:
        if name not in (files or {}):
            raise FileNotFoundError(name)
        return (files or {})[name]

    return read_source(text, read_file, TABLE)


def mask(text: str, files: Mapping[str, bytes] | None = None) -> Mapping[str, bytes]:
    table = made('kind = "bad-pixels"\n' + text, files)
    assert isinstance(table, MemoryTable)
    return {block.label: block.data for block in table.blocks}


def of_set(name: str, values: Mapping[str, object]) -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in values.items())
    return f'kind = "parameter-set"\nset = "{name}"\n[values]\n{lines}'


def test_a_pixel_is_where_the_calibration_files_have_it() -> None:
    found = mask("[nodes.E2]\npixels = [[10, 20]]")["E2"]
    assert (len(found), found[482], sum(found)) == (30672, 0x08, 0x08)


spans = st.tuples(
    st.integers(0, 638), st.integers(0, 638), st.integers(0, 383), st.integers(0, 383)
)


@given(spans)
@settings(max_examples=30)
def test_rectangles_rows_and_columns(span: tuple[int, int, int, int]) -> None:
    (r0, r1), (c0, c1) = sorted(span[:2]), sorted(span[2:])
    text = (
        f'[nodes.F4]\nrectangles = [["{r0}..{r1}", "{c0}..{c1}"]]\nrows = [0]\ncolumns = ["3..4"]'
    )
    found = mask(text)["F4"]
    for row, column in ((r0, c0), (r1, c1), (r0 - 1, c0), (r1 + 1, c1), (r0, c1 + 1), (r1, c0 - 1)):
        if 0 <= row < 639 and 0 <= column < 384:
            at = row * 384 + column
            inside = (r0 <= row <= r1 and c0 <= column <= c1) or row == 0 or column in (3, 4)
            assert bool(found[at // 8] & 0x80 >> at % 8) == inside


def test_masks_from_files_and_more_pixels() -> None:
    maps = {"E2": np.zeros((639, 384), bool), "F2": np.ones((639, 384), np.uint8)}
    maps["E2"][0, 1] = True
    file = io.BytesIO()
    np.savez(file, **maps)
    text = 'from = "m.npz"\n[nodes.E2]\npixels = [[0, 2]]'
    found = mask(text, {"m.npz": file.getvalue()})
    assert set(found) == {"E2", "F2"}
    assert found["E2"] == b"\x60" + bytes(30671)
    packed = mask('from = "m.bin"', {"m.bin": bytes([1]) * 30672 + bytes(3 * 30672)})
    assert (packed["E2"], packed["F4"]) == (bytes([1]) * 30672, bytes(30672))


def test_a_parameter_set_and_its_checksum() -> None:
    image = tomllib.loads(write_image(made(of_set("HEAT_CTRL_IASW", HEAT)), TABLE))
    values = struct.pack(">H9f", *HEAT.values()) + b"\0\0"
    assert image["crc"] == crc_hqx(values, 0xFFFF)
    packets = [bytes.fromhex(each["packet"]) for each in image["telecommands"]]
    assert [packet[7:9] for packet in packets] == [b"\x14\x80", b"\x14\x03", b"\x14\x81"]
    assert packets[1][10:-2] == b"\0\4" + values + image["crc"].to_bytes(2, "big")
    assert all(crc_hqx(packet, 0xFFFF) == 0 for packet in packets)


@given(st.binary(min_size=4, max_size=9000), st.sampled_from(["RAM", "MRAM", "INTERNAL"]))
@settings(max_examples=20)
def test_an_image_is_read_as_it_was_made(data: bytes, memory: str) -> None:
    text = f'kind = "patch"\nmemory = "{memory}"\naddress = 0x40710000\nhex = "{data.hex(" ")}"'
    table = made(text)
    image = write_image(table, TABLE)
    assert read_image(image, TABLE) == table
    carried = {(6, 2): 12, (13, 9): 5, (13, 10): 5, (13, 11): 5}
    sent = b""
    for each in tomllib.loads(image)["telecommands"]:
        packet = bytes.fromhex(each["packet"])
        assert len(packet) <= 504
        if (at := carried.get((packet[7], packet[8]))) is not None:
            size = int.from_bytes(packet[20 - 4 : 20], "big") if at == 12 else None
            start = 20 if at == 12 else 15
            sent += packet[start : start + size] if size is not None else packet[start:-2]
    assert sent == data


@given(st.floats(width=32, allow_nan=False))
def test_shortest_numbers_are_the_same_in_single_precision(value: float) -> None:
    assert struct.pack(">f", float(shortest(value))) == struct.pack(">f", value)


@given(st.integers(4, 5000), st.integers(8, 900))
def test_pieces_are_all_of_it_and_none_is_too_small(size: int, most: int) -> None:
    found = pieces(1000, size, most)
    assert [at for at, _ in found[1:]] == [at + n for at, n in found[:-1]]
    assert (found[0][0], sum(n for _, n in found)) == (1000, size)
    assert all(4 <= n <= most for _, n in found)


BAD = {
    "no TOML": "kind =",
    "kind 'x' is none of": 'kind = "x"',
    "kind None is none of": "",
    "'size': patch has": 'kind = "patch"\nsize = 1',
    "either hex or file": 'kind = "patch"\nmemory = "RAM"\naddress = 0',
    "memory 'ROM' is none of": 'kind = "patch"\nmemory = "ROM"\naddress = 0\nhex = "00000000"',
    "2 bytes at 0x00000000": 'kind = "patch"\nmemory = "RAM"\naddress = 0\nhex = "0000"',
    "where tables are staged": (
        'kind = "patch"\nmemory = "RAM"\naddress = 0x6efffffe\nhex = "00000000"'
    ),
    "more than 32 bits": 'kind = "patch"\nmemory = "RAM"\naddress = 0xfffffffe\nhex = "00000000"',
    "hexadecimal digits": 'kind = "patch"\nmemory = "RAM"\naddress = 0\nhex = "0x00"',
    "address is needed": 'kind = "patch"\nmemory = "RAM"\naddress = true\nhex = "00000000"',
    "node 'E3' is none of": 'kind = "bad-pixels"\n[nodes.E3]',
    "row 639: 0..638": 'kind = "bad-pixels"\n[nodes.E2]\nrows = [639]',
    "column '-1'": 'kind = "bad-pixels"\n[nodes.E2]\ncolumns = [-1]',
    "column 7..3": 'kind = "bad-pixels"\n[nodes.E2]\ncolumns = ["7..3"]',
    "'cols' is none of": 'kind = "bad-pixels"\n[nodes.E2]\ncols = [1]',
    "nodes.E2 is a table": 'kind = "bad-pixels"\n[nodes]\nE2 = 1',
    "rows is a list": 'kind = "bad-pixels"\n[nodes.E2]\nrows = 1',
    "there is nothing to load": 'kind = "filter-set"\n[values]',
    "iaswState is none of": 'kind = "filter-set"\n[values]\niaswState = 1',
    "EvtFilterN: 70000": 'kind = "filter-set"\n[values]\nEvtFilterN = 70000',
    "EvtFilterN: 'a' is no number": 'kind = "filter-set"\n[values]\nEvtFilterN = "a"',
    "EvtFilterN: 1.5": 'kind = "filter-set"\n[values]\nEvtFilterN = 1.5',
    "0 is off, 1 is on": 'kind = "filter-set"\n[values]\nFeeEventFilterEnable = 2',
    "set 'X' is none of": of_set("X", HEAT),
    "has no value for MotorCurr": of_set("RSE_PARAM", {}),
    "HctrlParOffset: nan": of_set("HEAT_CTRL_IASW", {**HEAT, "HctrlParOffset": "nan"}),
    "is no single-precision number": of_set("HEAT_CTRL_IASW", {**HEAT, "HctrlParOffset": "1e300"}),
}


@pytest.mark.parametrize("why", BAD)
def test_what_is_no_table_is_told_in_a_line(why: str) -> None:
    with pytest.raises(TableError) as error:
        made(BAD[why])
    assert why in str(error.value)
    assert "\n" not in str(error.value)


@given(st.binary(max_size=300) | st.just(b"PK\5\6" + bytes(18)))
@settings(max_examples=50)
def test_files_that_are_no_masks(data: bytes) -> None:
    with pytest.raises(TableError):
        mask('from = "x"', {"x": data})


def test_an_image_changed_by_hand() -> None:
    patch = 'kind = "patch"\nmemory = "MRAM"\naddress = 0x40710000\nhex = "01020304"'
    image = write_image(made(patch), TABLE)
    heat = write_image(made(of_set("HEAT_CTRL_IASW", HEAT)), TABLE)
    for text, old, new, why in (
        (image, "01020304\n", "01020305\n", "checksum of the block"),
        (image, "0x40710000", "0x40720000", "a telecommand does not fit"),
        (image, 'name = "Copy"\npacket = "19', 'name = "Copy"\npacket = "18', "a telecommand"),
        (image, "image = 1", "image = 2", "format 2"),
        (image, "image = 1", "", "fsw-emu table build makes one"),
        (heat, "= 40", "= 41", "its checksum does not fit"),
    ):
        assert old in text
        with pytest.raises(TableError, match=why):
            read_image(text.replace(old, new), TABLE)
