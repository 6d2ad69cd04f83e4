# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 210: reset, watchdog, registers, hand-over; and service 213's segments."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.boot import Boot
from fsw_emu.interface.table import load
from fsw_emu.model.crc import crc16

TABLE = load()
IMAGE = TABLE.assumed["image"]
MARK = IMAGE["mark"].encode()
START = 0x60040000
RAM, MRAM = 1, 2
AT_BOOT = ("EVT_PR_BOOT_REP", "EVT_PR_DOOR_CLOSED")
LIMIT = TABLE.assumed["control"]["watchdog_cycles"]
plain = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def in_boot(rig: Any) -> bool:
    return isinstance(rig.dpu.software, Boot)


def pieces(*parts: tuple[int, bytes]) -> bytes:
    """Segments as the layout says, by hand, and their end."""
    whole = b"".join(
        struct.pack(">HHII", IMAGE["segment"], crc16(data), destination, len(data)) + data
        for destination, data in parts
    )
    return whole + struct.pack(">HHII", IMAGE["end"], 0, 0, 0)


@pytest.mark.parametrize("which", ["boot_rig", "rig"])
def test_a_reset_is_done_after_the_cycle(which: str, request: pytest.FixtureRequest) -> None:
    rig = request.getfixturevalue(which)
    name = "DBS_TC_RESET_TO_SAFE" if which == "boot_rig" else "ResetDpuSafe"
    came = rig.send(name)
    kinds = [(tm.header.type, tm.header.subtype) for tm in came]
    assert kinds == [(1, 1), (1, 3), (1, 7), (5, 2), (5, 1), (5, 1)]
    assert rig.events(came) == ["EVT_RES_REQ", *AT_BOOT]
    assert in_boot(rig)


@given(st.lists(st.booleans(), max_size=8))
@settings(plain, max_examples=20)
@pytest.mark.parametrize("software", ["IASW", "DBS"])
def test_the_watchdog_is_enabled_or_not(
    software: str, request: pytest.FixtureRequest, wanted: list[bool]
) -> None:
    boot = software == "DBS"
    rig = request.getfixturevalue("boot_rig" if boot else "rig")
    names = (
        ("DBS_TC_DISABLE_WATCHDOG", "DBS_TC_ENABLE_WATCHDOG")
        if boot
        else ("WatchdogDis", "WatchdogEnb")
    )
    for enable in wanted:
        is_ = bool(rig.dpu.onboard.pool["WatchDogEnabled"])
        failure = rig.failure(rig.send(names[enable]))
        assert failure == ("ACK_ILL_WD_STATUS" if is_ == enable else "")
        assert bool(rig.dpu.onboard.pool["WatchDogEnabled"]) == enable


@pytest.mark.verifies("ASW-20")
@pytest.mark.parametrize("skip", [False, True])
def test_the_watchdog_resets_what_hangs(rig: Any, skip: bool) -> None:
    def run(n_cycles: int) -> None:
        if skip:
            rig.dpu.run(n_cycles)
            return
        for _ in range(n_cycles):
            rig.dpu.cycle()

    rig.dpu.world.act("dpu.iasw_time", us=125_001)
    run(LIMIT - 1)
    rig.take()
    assert not in_boot(rig)
    rig.dpu.world.act("dpu.iasw_time", us=125_000)  # it comes back in time
    run(1)
    rig.dpu.world.act("dpu.iasw_time", us=200_000)
    run(LIMIT - 1)
    assert not in_boot(rig)
    rig.take()
    run(1)
    assert in_boot(rig)
    assert rig.events(rig.take()) == ["EVT_RES_WDOG", *AT_BOOT]


def test_a_watchdog_that_is_disabled_lets_it_hang(rig: Any) -> None:
    rig.send("WatchdogDis")
    rig.dpu.world.act("dpu.iasw_time", us=1_000_000)
    rig.dpu.run(1000)
    assert not in_boot(rig)


def registers(rig: Any, **values: int) -> dict[str, int]:
    """The fields of a load by either software's names."""
    if not in_boot(rig):
        return values
    names = {
        "RegAddr": "LR_REG_ADDR",
        "RegData": "LR_REG_DATA",
        "VerifAddr": "LR_VERI_ADDR",
        "VerifMask": "LR_VERI_MASK",
    }
    return {names[name]: value for name, value in values.items()}


def load_register(rig: Any, address: int, data: int, verify: int, mask: int) -> list[Any]:
    name = "DBS_TC_LOAD_REGISTER" if in_boot(rig) else "LoadRegister"
    came: list[Any] = rig.send(
        name,
        **registers(rig, RegAddr=address, RegData=data, VerifAddr=verify, VerifMask=mask),
    )
    return came


def arm(rig: Any, on: bool = True) -> None:
    names = (
        ("DBS_TC_LOAD_REG_DISARM", "DBS_TC_LOAD_REG_ARM")
        if in_boot(rig)
        else ("LoadRegisterDisarm", "LoadRegisterArm")
    )
    assert rig.failure(rig.send(names[on])) == ""


words = st.integers(0, 0xFFFFFFFF)
addresses = st.sampled_from(
    [0x20000000, 0x20000010, 0x20000420, 0x20000428, 0x2000042C, 0x20000FFC]
)


@given(st.lists(st.tuples(addresses, words, addresses, words), max_size=6))
@settings(plain, max_examples=30)
@pytest.mark.parametrize("which", ["boot_rig", "rig"])
def test_registers_against_a_dictionary(
    which: str, request: pytest.FixtureRequest, loads: list[tuple[int, int, int, int]]
) -> None:
    rig = request.getfixturevalue(which)
    arm(rig)
    fpga = rig.dpu.world.fpga
    model = {address: fpga.read(address) for address in range(0x20000000, 0x20001000, 4)}
    for address, data, verify, mask in loads:
        keyed = address not in (0x20000420, 0x20000428) or data >> 24 == 0x9A
        if keyed and address != 0x2000042C:
            model[address] = data
        good = model[verify] & mask == data & mask
        came = load_register(rig, address, data, verify, mask)
        assert rig.failure(came) == ("" if good else "ACK_LOAD_FAILURE")
        event = "EVT_REG_LOAD_CMP" if in_boot(rig) else "EVT_MEM_LOAD_CMP"
        assert rig.events(came) == ([] if good else [event])
        assert fpga.read(address) == model[address]


@pytest.mark.verifies("ASW-21")
@pytest.mark.parametrize("which", ["boot_rig", "rig"])
def test_registers_are_loaded_when_armed(which: str, request: pytest.FixtureRequest) -> None:
    rig = request.getfixturevalue(which)
    case = (0x20000000, 5, 0x20000000, 0xFFFFFFFF)
    assert rig.failure(load_register(rig, *case)) == "ACK_NOT_ARMED"
    arm(rig)
    assert rig.failure(load_register(rig, *case)) == ""
    assert rig.failure(load_register(rig, *case)) == ""
    arm(rig, on=False)
    assert rig.failure(load_register(rig, *case)) == "ACK_NOT_ARMED"


@pytest.mark.parametrize("address", [0x1FFFFFFC, 0x20000001, 0x20001000, 0x60000000])
def test_registers_that_are_none(rig: Any, address: int) -> None:
    arm(rig)
    assert rig.failure(load_register(rig, address, 0, 0x20000000, 0)) == "ACK_ILL_SADDR"
    assert rig.failure(load_register(rig, 0x20000000, 0, address, 0)) == "ACK_ILL_SADDR"


def boot(rig: Any, **values: int) -> list[Any]:
    came: list[Any] = rig.send("DBS_TC_BOOT_IASW", cycles=40, **values)
    return came


def test_an_image_that_was_cleared_does_not_start_until_it_is_loaded_again(boot_rig: Any) -> None:
    boot_rig.send("DBS_TC_CLEAR_MEMORY", CLR_START_ADDR=START, CLR_BLOCK_LEN=4096)
    came = boot(boot_rig)
    assert boot_rig.failure(came) == "ACK_IASWSTART_FAILURE"
    assert in_boot(boot_rig)
    came = boot(boot_rig, SW_MEM_MID=MRAM, SW_IMG_ADDR=IMAGE["mram_address"])
    assert boot_rig.failure(came) == ""
    assert not in_boot(boot_rig)


def test_an_image_of_ones_own(boot_rig: Any) -> None:
    memory, at = boot_rig.dpu.world.memory, 0x61000000
    memory.write(RAM, at, pieces((0x62000000, MARK), (0x63000000, b"some more" * 4)))
    came = boot(boot_rig, SW_IMG_ADDR=at, SW_START_ADDR=0x62000000)
    assert boot_rig.failure(came) == ""
    assert not in_boot(boot_rig)
    assert memory.read(RAM, 0x63000000, 36) == b"some more" * 4


def spoiled(event: str) -> bytes:
    """Segments that are wrong in one way."""
    good = bytearray(pieces((0x62000000, MARK)))
    if event == "EVT_SEG_ONLY_END":
        return pieces()
    at, word = {
        "EVT_SEG_INV_ID": (0, b"\0\0"),
        "EVT_SEG_INV_CRC": (2, bytes([good[2] ^ 1])),
        "EVT_SEG_INV_DEST": (4, (START - 4).to_bytes(4, "big")),
        "EVT_SEG_INV_SIZE": (8, (17).to_bytes(4, "big")),
    }[event]
    good[at : at + len(word)] = word
    return bytes(good)


BAD = [
    "EVT_SEG_ONLY_END",
    "EVT_SEG_INV_ID",
    "EVT_SEG_INV_CRC",
    "EVT_SEG_INV_DEST",
    "EVT_SEG_INV_SIZE",
]


@pytest.mark.parametrize("event", BAD)
def test_segments_that_are_wrong(boot_rig: Any, event: str) -> None:
    data = spoiled(event)
    boot_rig.dpu.world.memory.write(RAM, 0x61000000, data)
    came = boot(boot_rig, SW_IMG_ADDR=0x61000000)
    assert boot_rig.failure(came) == "ACK_IASWSTART_FAILURE"
    assert boot_rig.events(came) == [event]
    told = next(tm for tm in came if tm.header.type == 5)
    assert told.data[4:12] == (0x61000000).to_bytes(4, "big") * 2
    assert told.data[12:] == data[:12]
    assert in_boot(boot_rig)


@pytest.mark.parametrize("event", BAD)
def test_segments_that_are_not_scheduled(rig: Any, event: str) -> None:
    rig.dpu.world.memory.write(MRAM, 0x40100000, spoiled(event))
    came = rig.send("SchedSegm", SegmAddress=0x40100000)
    assert rig.failure(came) == "ACK_LOAD_FAILURE"
    assert rig.events(came) == [event]


def test_segments_are_scheduled_while_there_is_room(rig: Any) -> None:
    rig.dpu.world.memory.write(RAM, 0x61000000, pieces((0x62000000, MARK)))
    for _ in range(IMAGE["scheduled"]):
        assert rig.failure(rig.send("SchedSegm", SegmAddress=0x61000000)) == ""
    assert rig.failure(rig.send("SchedSegm", SegmAddress=0x61000000)) == "ACK_LOAD_FAILURE"
    for address in (0x61000002, 0xA0000000, 0x6FFFFFFC):
        assert rig.failure(rig.send("SchedSegm", SegmAddress=address)) == "ACK_ILL_SADDR"


def test_a_segment_that_reads_back_otherwise(
    boot_rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = boot_rig.dpu.world.memory
    memory.write(RAM, 0x61000000, pieces((0x62000000, MARK)))
    write = memory.write
    monkeypatch.setattr(memory, "write", lambda m, a, d: write(m, a, d[:-1] + b"\0"))
    came = boot(boot_rig, SW_IMG_ADDR=0x61000000)
    assert boot_rig.failure(came) == "ACK_IASWSTART_FAILURE"
    assert boot_rig.events(came) == ["EVT_SEG_LOAD_CMP"]


@pytest.mark.verifies("ASW-24")
@pytest.mark.parametrize(
    ("values", "failure"),
    [
        ({"SW_START_ADDR": 0x6003FFFC}, "ACK_ILL_SADDR"),
        ({"SW_START_ADDR": 0x60040002}, "ACK_ILL_SADDR"),
        ({"SW_START_ADDR": 0x6FFFFFFC}, "ACK_IASWSTART_FAILURE"),
        ({"SW_MEM_MID": 4}, "ACK_ILL_MID"),
        ({"SW_IMG_ADDR": 4}, "ACK_ILL_IADDR"),
        ({"SW_IMG_ADDR": 0x40000000}, "ACK_ILL_IADDR"),
        ({"SW_IMG_ADDR": 0x6FFFFFFC}, "ACK_ILL_IADDR"),
    ],
)
def test_what_cannot_be_booted(boot_rig: Any, values: dict[str, int], failure: str) -> None:
    assert boot_rig.failure(boot(boot_rig, **values)) == failure
    assert in_boot(boot_rig)
