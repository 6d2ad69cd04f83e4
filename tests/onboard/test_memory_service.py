# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 6 of both softwares, beside a dictionary of bytes."""

from __future__ import annotations

from binascii import crc_hqx
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.image import segment
from fsw_emu.model.crc import crc16
from fsw_emu.packets.pus import build_tc
from fsw_emu.world.memory import EXCHANGE_AREA, Full

RAM, MRAM, BOOT_MRAM, INTERNAL, REGISTER = 1, 2, 3, 4, 5
#: memory -> where in it windows are: across a page, at an end
PLACES = {
    RAM: (0x60000000, 0x60100F00, 0x70000000 - 2000),
    MRAM: (0x40100F00, 0x40800000 - 2000),
    INTERNAL: (0xA0000000, 0xA0000000 + 196608 - 2000),
}
WINDOW = 2000
plain = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@st.composite
def ranges(draw: st.DrawFn, most: int) -> tuple[int, int, int]:
    """Memory, start and length."""
    memory = draw(st.sampled_from(sorted(PLACES)))
    offset = draw(st.integers(0, WINDOW - 4))
    size = draw(st.integers(4, min(most, WINDOW - offset)))
    return memory, draw(st.sampled_from(PLACES[memory])) + offset, size


loads = ranges(480).flatmap(
    lambda r: st.tuples(st.just("load"), st.just(r), st.binary(min_size=r[2], max_size=r[2]))
)
reads = st.tuples(st.sampled_from(["dump", "check"]), ranges(852), st.just(b""))


def quiet(came: list[Any]) -> list[Any]:
    """Without the housekeeping that comes by itself."""
    return [tm for tm in came if tm.header.type != 3]


def load(rig: Any, memory: int, start: int, data: bytes) -> list[Any]:
    came: list[Any] = rig.send("Load", WriteMemoryId=memory, StartAddress=start, BlockData=data)
    return came


def ask(rig: Any, name: str, memory: int, start: int, size: int) -> dict[str, Any]:
    came = quiet(rig.send(name, ack=0, ReadMemoryId=memory, StartAddress=start, BlockLength=size))
    assert len(came) == 1
    values: dict[str, Any] = rig.values(f"{name}Rep", came[0])
    assert (values["ReadMemoryId"], values["StartAddress"]) == (memory, start)
    assert values["BlockLength"] == size
    return values


@pytest.mark.verifies("ASW-14")
@given(st.lists(st.one_of(loads, reads), max_size=12))
@settings(plain, max_examples=25)
def test_any_sequence_is_that_of_a_dictionary(rig: Any, jobs: list[Any]) -> None:
    memory = rig.dpu.world.memory
    model = {
        (id_, start + i): byte
        for id_, starts in PLACES.items()
        for start in starts
        for i, byte in enumerate(memory.read(id_, start, WINDOW))
    }
    for kind, (id_, start, size), data in jobs:
        if kind == "load":
            assert rig.failure(load(rig, id_, start, data)) == ""
            model |= {(id_, start + i): byte for i, byte in enumerate(data)}
            continue
        there = bytes(model[id_, start + i] for i in range(size))
        if kind == "dump":
            assert ask(rig, "Dump", id_, start, size)["BlockData"] == there
        else:
            assert ask(rig, "Check", id_, start, size)["CrcResult"] == crc16(there)


@given(st.binary(min_size=8, max_size=852), st.data())
@settings(plain, max_examples=30)
def test_an_upload_in_any_split_is_the_same(rig: Any, whole: bytes, data: st.DataObject) -> None:
    start, at = 0x60200FF0, 0
    while at < len(whole):
        first = min(at, len(whole) - 4)  # a telecommand loads no less
        part = whole[first : first + data.draw(st.integers(4, 480))]
        assert rig.failure(load(rig, RAM, start + first, part)) == ""
        at = first + len(part)
    assert ask(rig, "Check", RAM, start, len(whole))["CrcResult"] == crc16(whole)


@pytest.mark.parametrize(
    ("name", "memory", "start", "size", "failure"),
    [
        ("Dump", BOOT_MRAM, 0, 4, "ACK_ILL_MID"),
        ("Dump", 9, 0, 4, "ACK_ILL_MID"),
        ("Dump", RAM, 0x5FFFFFFF, 4, "ACK_ILL_SADDR"),
        ("Dump", RAM, 0x70000000, 4, "ACK_ILL_SADDR"),
        ("Dump", RAM, 0x6FFFFFFD, 4, "ACK_ILL_BLEN"),
        ("Dump", RAM, 0x6FFFFFFC, 4, ""),
        ("Dump", RAM, 0x60000000, 3, "ACK_ILL_BLEN"),
        ("Dump", RAM, 0x60000000, 852, ""),
        ("Dump", RAM, 0x60000000, 853, "ACK_ILL_BLEN"),
        ("Check", MRAM, 0x3FFFFFFF, 4, "ACK_ILL_SADDR"),
        ("Check", REGISTER, 0x20000002, 4, "ACK_ILL_SADDR"),
        ("Check", REGISTER, 0x20000000, 6, "ACK_ILL_BLEN"),
        ("Check", REGISTER, 0x2000042C, 8, ""),
        ("Dump", MRAM, 0xFFFFFFFF, 4, "ACK_ILL_SADDR"),
    ],
)
def test_what_is_not_there(
    rig: Any, name: str, memory: int, start: int, size: int, failure: str
) -> None:
    came = rig.send(name, ReadMemoryId=memory, StartAddress=start, BlockLength=size)
    assert rig.failure(came) == failure
    assert any(tm.header.type == 6 for tm in came) == (not failure)


@pytest.mark.parametrize(
    ("memory", "start", "failure"),
    [
        (REGISTER, 0x20000000, "ACK_ILL_MID"),
        (BOOT_MRAM, 0, "ACK_ILL_MID"),
        (RAM, 0x40000000, "ACK_ILL_SADDR"),
        (INTERNAL, 0xA0000000 + 196608 - 3, "ACK_ILL_BLEN"),
    ],
)
def test_what_is_not_written(rig: Any, memory: int, start: int, failure: str) -> None:
    assert rig.failure(load(rig, memory, start, bytes(4))) == failure


def test_a_length_that_is_not_that_of_the_data(rig: Any) -> None:
    data = rig.packet("Load", WriteMemoryId=RAM, StartAddress=0x60100000, BlockData=bytes(8))
    longer = bytearray(data[10:-2])
    longer[9] = 9
    packet = build_tc(apid=321, count=1, type=6, subtype=2, data=bytes(longer))
    assert rig.failure(rig.put(packet)) == "ACK_INCONS_LEN"


def test_a_load_that_reads_back_otherwise(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = rig.dpu.world.memory
    write = memory.write
    monkeypatch.setattr(
        memory, "write", lambda m, a, d: write(m, a, bytes(d[:4]) + b"\0" + bytes(d[5:]))
    )
    came = load(rig, RAM, 0x60100000, b"abcdefgh")
    assert rig.failure(came) == "ACK_LOAD_FAILURE"
    assert rig.events(came) == ["EVT_MEM_LOAD_CMP"]
    event = next(tm for tm in came if tm.header.type == 5)
    assert event.data[4:] == bytes(4) + (0x60100004).to_bytes(4, "big") + b"\0fghefgh"


def test_memory_that_the_emulator_has_no_more_of(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise Full("no page")

    monkeypatch.setattr(rig.dpu.world.memory, "write", full)
    assert rig.failure(load(rig, RAM, 0x60100000, bytes(4))) == "ACK_LOAD_FAILURE"


@pytest.mark.parametrize(
    ("memory", "address", "name"), [(RAM, 0x60100000, "RAM"), (MRAM, 0x40100000, "MRAM")]
)
def test_errors_that_a_read_meets_are_told(rig: Any, memory: int, address: int, name: str) -> None:
    world = rig.dpu.world
    load(rig, memory, address, b"\x12\x34\x56\x78")
    world.memory.flip(address, 3)
    came = rig.send("Dump", ReadMemoryId=memory, StartAddress=address, BlockLength=4)
    assert rig.events(came) == [f"EVT_MEM_COR_{name}"]
    dump = next(tm for tm in came if tm.header.type == 6)
    assert rig.values("DumpRep", dump)["BlockData"] == b"\x12\x34\x56\x78"
    world.memory.flip(address, 3)
    world.memory.flip(address, 5)
    came = rig.send("Dump", ReadMemoryId=memory, StartAddress=address, BlockLength=4)
    assert rig.events(came) == [f"EVT_MEM_UNCOR_{name}"]
    dump = next(tm for tm in came if tm.header.type == 6)
    assert rig.values("DumpRep", dump)["BlockData"] == b"\x12\x34\x56\x50"
    load(rig, memory, address, bytes(4))  # a write mends it
    came = rig.send("Dump", ReadMemoryId=memory, StartAddress=address, BlockLength=4)
    assert rig.events(came) == []


def test_what_the_scrubber_meets_is_told_when_it_does(rig: Any) -> None:
    rig.dpu.world.memory.flip(0x60000000 + 50 * 4096, 7)
    rig.dpu.run(200)
    came = quiet(rig.take())
    assert rig.events(came) == ["EVT_MEM_COR_RAM"]
    assert came[0].header.time.coarse == 6  # the 51st cycle


def boot_ask(rig: Any, kind: str, memory: int, start: int, size: int, **more: Any) -> list[Any]:
    prefix = {"DUMP": "RD", "CHECK": "CH", "CLEAR": "CLR"}[kind]
    fields = {"MEM_MID": memory, "START_ADDR": start, "BLOCK_LEN": size}
    values = {f"{prefix}_{name}": value for name, value in fields.items()}
    return quiet(rig.send(f"DBS_TC_{kind}_MEMORY", **values, **more))


def boot_load(rig: Any, memory: int, start: int, data: bytes) -> list[Any]:
    came: list[Any] = rig.send(
        "DBS_TC_LOAD_MEMORY", WR_MEM_MID=memory, WR_START_ADDR=start, WR_BLOC_DATA=data
    )
    return came


def test_the_boot_software_checks_much_memory_in_many_cycles(boot_rig: Any) -> None:
    data = b"somewhere in the middle"
    boot_load(boot_rig, RAM, 0x61234567, data)
    size = 0x2000000
    boot_rig.take()
    boot_rig.dpu.receive(
        boot_rig.packet(
            "DBS_TC_CHECK_MEMORY", CH_MEM_MID=RAM, CH_START_ADDR=0x60080000, CH_BLOCK_LEN=size
        )
    )
    boot_rig.dpu.run(31)
    assert all(tm.header.type != 6 for tm in boot_rig.take())
    boot_rig.dpu.run(1)
    came = quiet(boot_rig.take())
    model = bytearray(size)
    at = 0x61234567 - 0x60080000
    model[at : at + len(data)] = data
    values = boot_rig.values("CheckRep", came[0])
    assert values["CrcResult"] == crc_hqx(bytes(model), 0xFFFF)  # too much for the readable model


def test_the_boot_software_fails_to_check_what_it_cannot_correct(boot_rig: Any) -> None:
    for bit in (1, 2):
        boot_rig.dpu.world.memory.flip(0x60080000, bit)
    came = boot_ask(boot_rig, "CHECK", RAM, 0x60080000, 64)
    assert boot_rig.failure(came) == "ACK_CHECK_FAILURE"
    assert boot_rig.events(came) == ["EVT_MEM_UNCOR_RAM"]


@given(st.integers(0, 9000), st.integers(4, 9000))
@settings(plain, max_examples=20)
def test_clear(boot_rig: Any, offset: int, size: int) -> None:
    memory, start = boot_rig.dpu.world.memory, 0x60100000
    model = bytearray(b"\xa5" * 20000)
    memory.write(RAM, start, bytes(model))
    memory.flip(start + offset & ~3, 0)
    assert boot_rig.failure(boot_ask(boot_rig, "CLEAR", RAM, start + offset, size)) == ""
    model[offset : offset + size] = bytes(size)
    assert memory.read(RAM, start, len(model)) == model


@pytest.mark.parametrize(
    ("kind", "memory", "start", "size", "failure"),
    [
        ("CLEAR", RAM, 0x6003FFFC, 4, "ACK_ILL_SADDR"),
        ("CLEAR", RAM, 0x60040000, 0x2000001, "ACK_ILL_BLEN"),
        ("CLEAR", RAM, 0x6FFFFFFC, 8, "ACK_ILL_BLEN"),
        ("DUMP", BOOT_MRAM, 0, 4, ""),
        ("DUMP", 6, 0, 4, "ACK_ILL_MID"),
        ("CHECK", RAM, 0x60000000, 0x2000001, "ACK_ILL_BLEN"),
    ],
)
def test_what_the_boot_software_refuses(
    boot_rig: Any, kind: str, memory: int, start: int, size: int, failure: str
) -> None:
    assert boot_rig.failure(boot_ask(boot_rig, kind, memory, start, size)) == failure


def test_memory_stays_over_a_reset(rig: Any) -> None:
    data = segment(rig.dpu.table, 0x60300000, b"will stay here!!")
    load(rig, RAM, 0x60300000, data)
    rig.dpu.reset()
    rig.run(2)
    came = boot_ask(rig, "DUMP", RAM, 0x60300000, len(data), ack=0)
    assert rig.values("DumpRep", came[0])["BlockData"] == data
    came = boot_ask(rig, "DUMP", RAM, EXCHANGE_AREA, 4, ack=0)
    assert rig.values("DumpRep", came[0])["BlockData"] == b"\0\x04\x01\0"
