# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Registers and SRAM of the FEE by name, and the page that tells of them."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import fee_oracle
import numpy as np
import pytest
import registers_page
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.fee.memory import FeeMemory
from fsw_emu.packets.fee_registers import FIELDS, TABLE

NODES = ("E2", "F2", "E4", "F4")
#: where corrections of a node stand in a word, and where frames of a side begin
BYTES = {"F2": 0, "E2": 8, "F4": 16, "E4": 24}
STARTS = {"E": 0x801800, "F": 0x900C00}


def word(memory: FeeMemory, address: int) -> int:
    return int.from_bytes(memory.read(address, 4), "big")


def write(memory: FeeMemory, address: int, value: int) -> None:
    memory.write(address, value.to_bytes(4, "big"))


@pytest.mark.shared
@pytest.mark.verifies("FEEREG-1")
def test_fields_are_those_of_the_register_map(shared: Path) -> None:
    """Name, address and bits of every field, as a page lists them that the project did not
    make the table from by program."""
    text = (shared / "facts" / "sxi_data_chain.md").read_text()
    rows = re.findall(r"^\| (?:cfg|hk) \d+ \| 0x(\w+) \|.*?\[([\d:]+)\] \| `(\w+)", text, re.M)
    told = {(name, int(address, 16), *map(int, bits.split(":"))) for address, bits, name in rows}
    assert told == {(f.name, f.address, f.msb) + ((f.lsb,) if f.bits > 1 else ()) for f in TABLE}


@pytest.mark.shared
@pytest.mark.verifies("FEEREG-1")
def test_flight_software_knows_every_housekeeping_field(shared: Path) -> None:
    """The telemetry database has their names in its data pool; bits of status it has by word."""
    pool = (shared / "mib" / "pcf.dat").read_text()
    names = {name.lower() for name in re.findall(r"\tFRMHK(\w+)\t", pool)}
    ours = {
        field.name.replace("_", "") for field in TABLE if not field.writable
        and field.address not in (0x780, 0x788)
    }  # fmt: skip
    assert names == ours | {"spwid", "spwstatus", "errorflags"}


def test_fields_do_not_overlap() -> None:
    used: dict[int, int] = {}
    for field in TABLE:
        assert used.get(field.address, 0) & field.mask == 0, field.name
        used[field.address] = used.get(field.address, 0) | field.mask
    assert len(FIELDS) == len(TABLE)
    assert all(field.meaning for field in TABLE)


@given(st.integers(0, 0xFFFFFFFF))
@pytest.mark.verifies("FEEREG-1")
def test_every_field_round_trips_and_leaves_the_others_alone(drawn: int) -> None:
    memory = FeeMemory()
    for field in TABLE:
        before, value = word(memory, field.address), drawn & ((1 << field.bits) - 1)
        memory.set(field.name, value)
        after = word(memory, field.address)
        assert memory.get(field.name) == value == (after & field.mask) >> field.lsb
        assert (after ^ before) & ~field.mask == 0


def test_values_beyond_a_field_are_refused() -> None:
    memory = FeeMemory()
    for field in TABLE:
        for bad in (-1, 1 << field.bits):
            with pytest.raises(ValueError, match=field.name):
                memory.set(field.name, bad)


@given(st.integers(0, 0xFFFFFFFF))
@pytest.mark.verifies("FEEREG-7", "FEEREG-8", "FEEREG-9")
def test_reserved_bits_read_0(value: int) -> None:
    memory = FeeMemory()
    for address in range(0, 0x68, 4):
        write(memory, address, value)
        assert word(memory, address) == value & fee_oracle.KEPT.get(address, 0)


@pytest.mark.verifies("FEEREG-8", "FEEREG-18")
def test_clearing_leaves_flags_of_the_link() -> None:
    memory = FeeMemory()
    flags = [field.name for field in TABLE if field.name.startswith("error_flag_")]
    for name in flags:
        memory.set(name, 1)
    write(memory, 0x54, 0x20000000)
    assert word(memory, 0x788) == 0x7E3
    write(memory, 0x54, 0xA0000000)
    assert word(memory, 0x788) == 0x780
    assert word(memory, 0x54) == 0x20000000
    memory.reset()
    assert word(memory, 0x788) == 0


@pytest.mark.verifies("FEEREG-9")
def test_execute_is_told_once() -> None:
    memory = FeeMemory()
    assert not memory.take_execute()
    write(memory, 0x64, 1)
    assert word(memory, 0x64) == 0
    assert memory.take_execute()
    assert not memory.take_execute()
    write(memory, 0x64, 0xFFFFFFFE)
    assert not memory.take_execute()


@pytest.mark.verifies("FEEREG-10")
def test_a_reset_leaves_the_sram_and_what_is_measured() -> None:
    memory, fresh = FeeMemory(), FeeMemory()
    memory.write(0x800000, b"kept")
    for field in TABLE:
        memory.set(field.name, (1 << field.bits) - 1)
    write(memory, 0x64, 1)
    memory.reset()
    assert memory.read(0x800000, 4) == b"kept"
    assert memory.read(0, 0x68) == fresh.read(0, 0x68)
    assert memory.read(0x784, 0x14) == fresh.read(0x784, 0x14)
    assert word(memory, 0x710) == 0xFFFFFFFF
    assert not memory.take_execute()


@pytest.mark.verifies("FEEREG-2", "FEEREG-5", "FEEREG-6")
def test_frames_lie_in_sram_as_the_map_says() -> None:
    """Written by peers and read by the FEE, and the other way round."""
    memory, other = FeeMemory(), FeeMemory()
    pixels = np.random.default_rng(1).integers(0, 0x10000, (4, 639, 384), np.uint16)
    given_frames = dict(zip(NODES, pixels, strict=True))
    for side, start in STARTS.items():
        pair = (given_frames[f"{side}4"].astype(np.uint32) << 16) | given_frames[f"{side}2"]
        wire = pair.astype(">u4").tobytes()
        for at in range(0, len(wire), 4096):
            memory.write(start + at, wire[at : at + 4096])
    for node, frame in given_frames.items():
        assert np.array_equal(memory.frame(node), frame)
        assert memory.frame(node).dtype == np.uint16
        other.load_frame(node, frame)
    for start in STARTS.values():
        assert other.read(start, 981504) == memory.read(start, 981504)


def test_a_frame_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="384"):
        FeeMemory().load_frame("E2", np.zeros((384, 639), np.uint16))


@pytest.mark.parametrize("node", NODES)
@given(row=st.integers(0, 1023), col=st.integers(0, 511), value=st.integers(0, 255))
@pytest.mark.verifies("FEEREG-3", "FEEREG-4")
def test_corrections_lie_in_sram_as_the_map_says(node: str, row: int, col: int, value: int) -> None:
    memory = FeeMemory()
    rows, cols = memory.row_corrections(node), memory.column_corrections(node)
    assert (rows.shape, cols.shape) == ((1024,), (512,))
    rows[row], cols[col] = value, value
    assert word(memory, 0x800000 + 4 * row) == value << BYTES[node]
    assert word(memory, 0x801000 + 4 * col) == value << BYTES[node]
    write(memory, 0x800000 + 4 * row, 0)
    assert rows[row] == 0


def test_the_page_of_registers_is_current() -> None:
    assert registers_page.PAGE.read_text() == registers_page.page()
    assert doctest.testfile(str(registers_page.PAGE), module_relative=False).failed == 0
