# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Kinds of reset, what is told of them, and the error log."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.table import load
from fsw_emu.world.memory import EXCHANGE_AREA
from fsw_emu.world.world import World

TABLE = load()
KINDS = {
    "UNKNOWN_CAUSE": "EVT_RES_UNKNOWN",
    "WATCHDOG": "EVT_RES_WDOG",
    "EXCEPTION": "EVT_RES_EXCEPT",
    "TC_RESET": "EVT_RES_REQ",
    "CPU_ERROR": "EVT_RES_CPUERR",
}
plain = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def report(rig: Any) -> dict[str, Any]:
    came = [tm for tm in rig.send("BootRepGen", ack=0) if tm.header.type == 197]
    assert len(came) == 1
    values: dict[str, Any] = rig.values("BootRep", came[0])
    return values


def names(values: dict[str, Any]) -> list[str]:
    return [TABLE.events_by_id[id_].name for id_ in values["EvtId"]]


@pytest.mark.verifies("ASW-19")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("skip", [False, True])
def test_a_reset_is_told_by_both_softwares(rig: Any, kind: str, skip: bool) -> None:
    rig.dpu.run(20)
    rig.dpu.reset(kind, trap=5, software_trap=0x200)
    if skip:
        rig.dpu.run(1)
    came = rig.take() if skip else rig.run(1)
    assert rig.events(came) == [KINDS[kind], "EVT_PR_BOOT_REP", "EVT_PR_DOOR_CLOSED"]
    told = came[-3]
    assert told.data[2] == 1  # the first reset since power-on
    time = told.header.time
    assert time.coarse == 2
    assert told.data[4:12] == (time.coarse << 24 | time.fine_us).to_bytes(7, "big") + b"\0"
    if kind != "TC_RESET":
        assert told.data[12] == 5
        assert told.data[14:16] == (b"\2\0" if kind == "EXCEPTION" else b"\0\0")
    rig.send("DBS_TC_BOOT_IASW", cycles=20)
    values = report(rig)
    assert values["ResetEventId"] == TABLE.value("ResetType", kind)
    assert values["ResetTime"] == time.coarse << 24 | time.fine_us
    assert (values["EvtErrCnt"], values["TrapCore1"], values["SwTrapId"]) == (1, 5, 0x200)
    assert names(values) == [KINDS[kind]]


def test_power_on_is_told_by_the_report_alone(rig: Any) -> None:
    values = report(rig)
    assert values["ResetEventId"] == TABLE.value("ResetType", "POWER_ON")
    assert values["NErrRep"] == 0
    assert rig.dpu.world.memory.read(1, EXCHANGE_AREA, 4) == b"\0\1\0\0"


def test_a_kind_that_is_none(rig: Any) -> None:
    with pytest.raises(KeyError):
        rig.dpu.reset("BREAKFAST")


def test_resets_are_counted_since_power_on(rig: Any) -> None:
    for n in range(1, 4):
        rig.dpu.reset("WATCHDOG")
        assert rig.run(1)[-3].data[2] == n  # then boot and door


def test_what_waited_is_not_done_after_a_reset(boot_rig: Any) -> None:
    boot_rig.send("DBS_TC_BOOT_IASW")
    boot_rig.dpu.reset()
    boot_rig.run(100)
    assert boot_rig.failure(boot_rig.send("DBS_TC_BOOT_IASW")) == ""


events = st.sampled_from(
    ["EVT_SYNC_LOSS", "EVT_ADC_LOGIC", "EVT_THRD_OR", "EVT_INIT_SUCC", "EVT_FEE_NOT_ALIVE"]
)
MOST = TABLE.pool["ErrLogElem"].default


@given(st.lists(st.tuples(events, st.integers(0, 3)), max_size=60))
@settings(plain, max_examples=30)
def test_the_log_is_that_of_a_list(rig: Any, happened: list[tuple[str, int]]) -> None:
    rig = type(rig)(Dpu(World(noise_lsb=0.0), booted=True))
    rig.take()
    model: list[list[Any]] = []
    for name, cycles in happened:
        rig.dpu.run(cycles)
        more = {"ThrdId": 7, "ThrdOrSize": 9} if name == "EVT_THRD_OR" else {}
        rig.dpu.onboard.events.report(name, **more)
        if name == "EVT_INIT_SUCC":  # no error
            continue
        if model and model[-1][0] == name:
            model[-1][2] += 1
            continue
        time = rig.dpu.world.time
        model.append([name, time.coarse << 24 | time.fine_us, 0])
    rig.take()
    kept = model[-int(MOST) :]
    values = report(rig)
    assert names(values) == [name for name, *_ in kept]
    assert list(values["ErrTimeStamp"]) == [time for _, time, _ in kept]
    assert list(values["SquashCount"]) == [squashed for _, _, squashed in kept]
    for name, info in zip(names(values), values["ErrLogInfo"], strict=True):
        assert info[2:] == (b"\0\7\0\x09" if name == "EVT_THRD_OR" else bytes(4)) + bytes(15)
    assert rig.dpu.onboard.pool["ErrLogEntries"] == len(model)
    rig.dpu.reset()
    rig.run(1)
    assert rig.dpu.onboard.pool["ErrLogEntries"] == len(model) + 1


def test_a_log_that_was_overwritten_is_told_as_it_is(rig: Any) -> None:
    address = TABLE.pool["ErrLogAddr"].default
    assert isinstance(address, int)
    for fill in (b"\xff", b"\x80"):
        rig.dpu.world.memory.write(1, address, fill * 680)
        assert report(rig)["NErrRep"] == MOST
        rig.dpu.onboard.events.report("EVT_SYNC_LOSS")
        rig.take()
        assert report(rig)["NErrRep"] in (0, MOST)  # the count goes round


def test_the_report_is_not_longer_than_a_packet(rig: Any) -> None:
    for i in range(100):
        rig.dpu.onboard.events.report(("EVT_SYNC_LOSS", "EVT_ADC_LOGIC")[i % 2])
    rig.take()
    came = rig.send("BootRepGen", ack=0)
    assert len(came[0].data) + 20 <= 886
    assert rig.values("BootRep", came[0])["NErrRep"] == MOST
