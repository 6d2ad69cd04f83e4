# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What each check takes for bad, at its limits and beside them, with values set by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from fsw_emu.core import default_core
from fsw_emu.dpu.fdir import checks
from fsw_emu.dpu.fdir.checks import CHECKS
from fsw_emu.dpu.fdir.limits import OWN, TELESCOPE, Channel, fee_channel, judged
from fsw_emu.dpu.fdir.look import Finding, Look
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.table import load
from fsw_emu.world.world import World

TABLE = load()
FEE = [fee_channel(name) for name in TABLE.enumerations["ValId"]]


@dataclass
class Link:
    errors: Counter[str] = field(default_factory=Counter)
    housekeeping: bytes = b""
    n_frames: int = 0
    n_incorrect: int = 0


@pytest.fixture
def look() -> Look:
    """In science, with values of the converter and of the FEE in the middle of their limits."""
    unit = Onboard(TABLE, World(noise_lsb=0.0), default_core(), "IASW", lambda _: None)
    link = Link()
    unit.pool["iaswState"] = TABLE.value("IaswState", "SIA_SCIENCE")
    unit.pool["feeState"] = TABLE.value("FeeState", "SFE_SCIENCE")
    for channel in (*OWN, *TELESCOPE, *FEE):
        low, high = (unit.pool[item] for item in channel.limits[:2])
        unit.pool[channel.item] = (low + high) // 2
    return Look(unit, link, link)


def events(finding: Finding) -> tuple[list[str], list[str]]:
    """In any case, and with a failure."""
    return [each.event for each in finding.notes], [each.event for each in finding.failed]


@pytest.mark.parametrize("channel", [*OWN, *TELESCOPE, *FEE], ids=lambda channel: str(channel.id))
def test_channels_at_and_beyond_their_limits(look: Look, channel: Channel) -> None:
    low, high, lowest, highest = (look.pool[item] for item in channel.limits)
    number = TABLE.value(channel.enumeration, channel.id)
    limits = {
        "WarnLowerLimit": low,
        "WarnUpperLimit": high,
        "AlarmLowerLimit": lowest,
        "AlarmUpperLimit": highest,
    }
    for inside, warned, alarmed in ((low, low - 1, lowest - 1), (high, high + 1, highest + 1)):
        look.memory.clear()
        for value, bad, told in (
            (inside, False, []),
            (warned, False, [channel.warned]),
            (warned, False, []),
            (warned, False, [channel.warned_for_long]),
            (alarmed, True, [channel.alarmed]),
            (alarmed, True, []),
            (inside, False, []),
            (alarmed, True, [channel.warned, channel.alarmed]),
        ):
            look.pool[channel.item] = value
            finding = judged(look, [channel], 3)
            failed = [channel.failed] if bad else []
            assert (finding.bad, *events(finding)) == (bad, [x for x in told if x], failed)
            for each in (*finding.notes, *finding.failed):
                expected: dict[str, int] = {channel.enumeration: number}
                adc = channel.enumeration == "AdcValId"
                expected["AdcMeasureVal" if adc else "MeasureVal"] = value
                fields = [f.name for f in TABLE.events[each.event].fields if f.name in limits]
                assert each.values == expected | {name: limits[name] for name in fields}
                assert len(fields) == 2


def test_every_channel_is_looked_at_by_its_check(look: Look) -> None:
    rows = {check.id: check.look for check in CHECKS}
    for channel in (*OWN, *TELESCOPE, *FEE):
        value, look.pool[channel.item] = look.pool[channel.item], 0
        bad = {fid for fid in ("FDC_TS_TEMP", "FDC_FEE_OOL", "FDC_DPU_OOL") if rows[fid](look).bad}
        look.pool[channel.item] = value
        own = "FDC_DPU_OOL" if channel in OWN else "FDC_FEE_OOL"
        of_ccd = channel in TELESCOPE or "Ts" in channel.id
        assert bad == {"FDC_TS_TEMP" if of_ccd else own}


def test_temperatures_of_a_fee_that_is_off_are_not_looked_at(look: Look) -> None:
    look.pool["FRMHKccd2TsA"] = 0
    assert checks.telescope_temperature(look).bad
    look.pool["feeState"] = TABLE.value("FeeState", "SFE_OFF")
    assert not checks.telescope_temperature(look).bad


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({"iasw_us": 100_000}, []),
        ({"iasw_us": 100_001}, ["IASW_EXEC"]),
        ({"sdp_us": 120_000}, []),
        ({"sdp_us": 120_001}, ["SDP_EXEC"]),
        ({"free_pages": 1024}, []),
        ({"free_pages": 1023}, ["FREE_PAGE_MIN"]),
        ({"alloc_fails": True}, ["MEM_ALLOC_FAIL"]),
        ({"alloc_fails": True, "sdp_us": 999_999}, ["SDP_EXEC", "MEM_ALLOC_FAIL"]),
    ],
)
def test_resources(look: Look, changed: dict[str, Any], reasons: list[str]) -> None:
    look.world.resources = replace(look.world.resources, **changed)
    finding = checks.dpu_resources(look)
    assert finding.bad is bool(reasons)
    told = [each.values["ResErrReason"] for each in finding.failed]
    assert told == [TABLE.value("ResErrReason", reason) for reason in reasons]


@pytest.mark.parametrize(("unit", "end"), [("Fee", 0xFFF), ("Dpu", 0xFFFF)])
def test_corrections_are_a_rate_and_an_end(look: Look, unit: str, end: int) -> None:
    def looked(count: int) -> list[str]:
        if unit == "Fee":
            look.pool["FRMHKcmicCorr"] = count
            return events(checks.fee_corrections(look))[1]
        look.world.edac.single_faults = count
        finding = checks.dpu_corrections(look)
        assert look.pool["DpuCceCounter"] == count
        return events(finding)[1]

    rate, saturated = f"EVT_{unit.upper()}_EC_RATE", f"EVT_{unit.upper()}_EC_SAT"
    assert looked(1000) == []  # how they were before nobody knows
    assert looked(1020) == []
    assert looked(1041) == [rate]
    assert look.pool[f"{unit}CceRate"] == 21
    assert looked(20) == []  # it began anew
    assert look.pool[f"{unit}CceValOld"] == 20
    assert looked(end - 1) == [rate]
    assert looked(end) == [saturated]
    assert looked(end) == [saturated]


@pytest.mark.parametrize("kind", checks.COMMUNICATION)
def test_errors_on_the_link(look: Look, kind: str) -> None:
    link = look.fee
    assert isinstance(link, Link)
    link.errors[kind] = 7
    assert [checks.fee_communication(look).bad for _ in range(2)] == [False, False]
    link.errors[kind] += 1
    assert [checks.fee_communication(look).bad for _ in range(2)] == [True, False]
    link.errors["time-out"] += 1
    assert not checks.fee_communication(look).bad


def test_time_outs(look: Look) -> None:
    link = look.fee
    assert isinstance(link, Link)
    assert not checks.fee_time_out(look).bad
    link.errors["time-out"] += 1
    assert [checks.fee_time_out(look).bad for _ in range(2)] == [True, False]
    look.onboard.cycle += 80  # 4 s and half as much again
    assert not checks.fee_time_out(look).bad
    look.onboard.cycle += 1
    assert checks.fee_time_out(look).bad
    link.n_frames += 1
    assert not checks.fee_time_out(look).bad
    look.onboard.cycle += 81
    look.pool["FRMsyncSel"] = 0  # frames come when somebody asks for them
    assert not checks.fee_time_out(look).bad


def test_alive(look: Look) -> None:
    link = look.fee
    assert isinstance(link, Link)

    def looked(housekeeping: bytes, updated: int) -> bool:
        link.housekeeping, look.pool["FeeHkLastUpdt"] = housekeeping, updated
        return checks.fee_alive(look).bad

    assert [looked(b"a", 1), looked(b"b", 2), looked(b"b", 3)] == [False, False, True]
    assert [looked(b"c", 3), looked(b"d", 4)] == [True, False]
    look.pool["feeState"] = TABLE.value("FeeState", "SFE_STANDBY")
    assert [looked(b"d", 5), looked(b"d", 5)] == [False, True]


def test_events_bright_pixels_and_the_door(look: Look) -> None:
    pool = look.pool
    pool["LastFrameEvtCount"], pool["eventPacketLimit"] = 10, 10
    assert not checks.fee_anomaly(look).bad
    pool["LastFrameEvtCount"] = 11
    finding = checks.fee_anomaly(look)
    assert finding.bad
    assert finding.suspected[0].values == {"LastFrameEvtCount": 11, "eventPacketLimit": 10}
    for item in ("FRMHKccd2EPixFullSun", "FRMHKccd4FPixFullSun"):
        pool[item] = 1000
        assert not checks.full_sun(look).bad
        pool[item] = 1001
        assert checks.full_sun(look).bad
        assert checks.full_sun(look).suspected[0].values[item] == 1001
        pool[item] = 0
    for name, number in TABLE.enumerations["RseDoorOperation"].items():
        pool["rseDoorOperation"] = number
        assert checks.door_operation(look).bad is (name == "UNKNOWN")
    link = look.science
    assert isinstance(link, Link)
    assert not checks.incorrect_science(look).bad
    link.n_incorrect = 1
    assert [checks.incorrect_science(look).bad for _ in range(2)] == [True, False]
