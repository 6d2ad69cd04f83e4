# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 20: loading is armed and checked; what was loaded is used, and there after a reset."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.interface.fields import unpack
from fsw_emu.interface.parameter_crc import closed
from fsw_emu.interface.table import load
from fsw_emu.model.crc import crc16
from fsw_emu.packets.pus import build_tc

TABLE = load()
LOADS = {"SetParValAdcRngs": 1, "SetParValRsePar": 3, "SetParValHeatCtl": 4}
REPORTS = {
    1: "ParamValueRep_ADC_RANGES",
    3: "ParamValueRep_RSE_PARAM",
    4: "ParamValueRep_HEAT_CTRL_IASW",
}
COPIES = TABLE.assumed["parameter_sets"]
MRAM = 2
plain = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def set_packet(data: bytes, *, seal: bool = True) -> bytes:
    return build_tc(
        apid=321, count=5, type=20, subtype=3, ack=15, data=closed(data) if seal else data
    )


def report(rig: Any, key: int) -> bytes:
    """The source data of the report of a set."""
    came = rig.send("RepParamValues", ack=0, ParamSetId=key)
    came = [tm for tm in came if tm.header.type == 20]
    assert len(came) == 1
    data: bytes = came[0].data
    return data


def numbers(field: Any) -> st.SearchStrategy[Any]:
    if field.type.kind == "f":
        return st.floats(-1000, 1000, width=32)
    return st.integers(0, 0xFF if field.type.bits == 8 else 16383)


@st.composite
def sets(draw: st.DrawFn) -> tuple[int, bytes]:
    """A set by its number, and the data of a telecommand that loads it."""
    name = draw(st.sampled_from(sorted(LOADS)))
    fields = TABLE.telecommands[name].fields
    values = {f.name: draw(numbers(f)) for f in fields[1:-1] if not f.is_spare}
    return LOADS[name], TABLE.telecommand_data(name, values, checked=False)


@pytest.mark.verifies("ASW-16")
@given(sets())
@settings(plain, max_examples=30)
def test_what_was_loaded_is_reported_kept_and_used(rig: Any, case: tuple[int, bytes]) -> None:
    key, data = case
    rig.send("ParamLoadArm")
    assert rig.failure(rig.put(set_packet(data))) == ""
    wanted = data[:-2] + crc16(data[2:-2]).to_bytes(2, "big")
    assert report(rig, key) == wanted
    name = TABLE.label("ParamSetId", key)
    assert rig.dpu.world.memory.read(MRAM, COPIES[name], len(data) - 2) == wanted[2:]
    for field, value in unpack(TABLE.reports[REPORTS[key]].fields[1:-1], data[2:-2]).items():
        assert rig.dpu.onboard.pool.real(field) == value


def test_it_is_there_after_a_reset_and_in_the_boot_software(rig: Any) -> None:
    data = TABLE.telecommand_data("SetParValRsePar", {"MotorCurr": 77, "MaxSteps": 4321})
    rig.send("ParamLoadArm")
    rig.put(set_packet(data))
    rig.dpu.reset()
    rig.run(1)
    came = rig.send("DBS_TC_DUMP_PARAMETERS", ack=0, PARAM_SID=3)
    assert rig.values("ParamValueRep_RSE_PARAM", came[0])["MaxSteps"] == 4321
    rig.send("DBS_TC_BOOT_IASW", cycles=20)
    assert rig.dpu.onboard.pool["MotorCurr"] == 77


@pytest.mark.verifies("ASW-16")
@given(st.lists(st.sampled_from(["arm", "disarm", "load", "spoiled"]), max_size=10))
@settings(plain, max_examples=30)
@pytest.mark.parametrize("software", ["IASW", "DBS"])
def test_arming(software: str, request: pytest.FixtureRequest, steps: list[str]) -> None:
    boot = software == "DBS"
    rig = request.getfixturevalue("boot_rig" if boot else "rig")
    prefix = "DBS_TC_PARLOAD_" if boot else "ParamLoad"
    arm, disarm = (
        prefix + ("ARM", "DISARM")[i] if boot else prefix + ("Arm", "Disarm")[i] for i in (0, 1)
    )
    name = "DBS_TC_PARLOAD_RSEPARAM" if boot else "SetParValRsePar"
    rig.send(disarm)
    armed = False
    for step in steps:
        if step in ("arm", "disarm"):
            armed = step == "arm"
            assert rig.failure(rig.send(arm if armed else disarm)) == ""
            continue
        data = closed(TABLE.telecommand_data(name, {}))
        if step == "spoiled":
            data = data[:-1] + bytes([data[-1] ^ 1])
        failure = rig.failure(rig.put(set_packet(data, seal=False)))
        wanted = "ACK_INCONS_PCRC" if step == "spoiled" else ""
        assert failure == (wanted if armed else "ACK_NOT_ARMED")


def test_a_copy_that_reads_back_otherwise(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = report(rig, 3)
    memory = rig.dpu.world.memory
    write = memory.write
    monkeypatch.setattr(memory, "write", lambda m, a, d: write(m, a, d[:-1] + b"\xff"))
    rig.send("ParamLoadArm")
    data = TABLE.telecommand_data("SetParValRsePar", {"MotorCurr": 1})
    came = rig.put(set_packet(data))
    assert rig.failure(came) == "ACK_PARLOAD_FAILURE"
    assert rig.events(came) == ["EVT_PARLOAD_CMP"]
    assert report(rig, 3) == before


def test_the_door_takes_its_set_when_it_has_power(rig: Any) -> None:
    world = rig.dpu.world
    before = world.door.parameters
    data = TABLE.telecommand_data("SetParValRsePar", {"MotorCurr": 9, "EmergencySteps": 12345})
    rig.send("ParamLoadArm")
    rig.put(set_packet(data))
    assert world.door.parameters == before
    world.door.power(True, world.cycle)
    rig.put(set_packet(data))
    assert world.door.parameters.motor_curr == 9
    assert world.door.parameters.emergency_steps == 12345


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("ADC_RANGES", "EVT_ADC_NORANGES"),
        ("RSE_PARAM", "EVT_RSE_NOPARAM"),
        ("HEAT_CTRL_IASW", "EVT_HCTRL_NOPARAM"),
    ],
)
def test_a_damaged_copy_is_told_at_the_start(boot_rig: Any, name: str, event: str) -> None:
    boot_rig.dpu.world.memory.write(MRAM, COPIES[name], b"damaged")
    came = boot_rig.send("DBS_TC_BOOT_IASW", cycles=20)
    assert boot_rig.events(came) == [event, "EVT_INIT_SUCC"]


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b"\0\2" + bytes(14), "ACK_ILL_PSID"),
        (b"\0\3" + bytes(12), "ACK_INCONS_LEN"),
    ],
)
def test_what_is_no_set(rig: Any, data: bytes, failure: str) -> None:
    rig.send("ParamLoadArm")
    assert rig.failure(rig.put(set_packet(data))) == failure


def test_a_report_of_no_set(rig: Any) -> None:
    assert rig.failure(rig.send("RepParamValues", ParamSetId=2)) == "ACK_ILL_PSID"


def test_a_range_that_the_converter_has_not(boot_rig: Any) -> None:
    boot_rig.send("DBS_TC_PARLOAD_ARM")
    data = TABLE.telecommand_data(
        "DBS_TC_PARLOAD_ADCRANGES", {"P1V2_WARN_UPPER_RANGE": 16384}, checked=False
    )
    assert boot_rig.failure(boot_rig.put(set_packet(data))) == "ACK_INCONS_PCRC"


def test_all_sets_are_of_one_layout_in_telecommands_and_reports() -> None:
    for name, key in [
        *LOADS.items(),
        ("DBS_TC_PARLOAD_ADCRANGES", 1),
        ("DBS_TC_PARLOAD_RSEPARAM", 3),
    ]:
        sent, told = TABLE.telecommands[name].fields, TABLE.reports[REPORTS[key]].fields
        assert [f.type for f in sent] == [f.type for f in told]
        assert all(f.name in TABLE.pool for f in told[1:-1] if not f.is_spare)
