# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The boot software: what it says at its start, its housekeeping, its counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.fields import unpack
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm, build_tc, read_tm
from fsw_emu.world.world import World

TABLE = load()
MIB = Path(__file__).resolve().parents[3] / "shared" / "mib"
SIDS = {100: "DBS_HK", 101: "DBS_ESSENTIAL_HK", 102: "DBS_EXTENDED_HK"}
MOST_PERIOD = TABLE.assumed["housekeeping"]["most_period"]


def packet(name: str, **values: Any) -> bytes:
    command = TABLE.telecommands[name]
    data = TABLE.telecommand_data(name, values, checked=False)
    kind = {"type": command.type, "subtype": command.subtype}
    return build_tc(apid=TABLE.apid, count=77, ack=0, data=data, **kind)


def reports(packets: Sequence[bytes]) -> list[int]:
    """Identifiers of housekeeping reports, in order."""
    all_ = [read_tm(each) for each in packets]
    return [int.from_bytes(tm.data[:2], "big") for tm in all_ if tm.header.type == 3]


def said(dpu: Dpu) -> list[tuple[str, dict[str, Any]]]:
    """Events and their parameters."""
    found = []
    for tm in map(read_tm, dpu.take_telemetry()):
        if tm.header.type == 5:
            event = TABLE.events_by_id[int.from_bytes(tm.data[:2], "big")]
            found.append((event.name, dict(unpack(event.fields, tm.data[2:]))))
    return found


def asked(rig: Any, sid: int) -> dict[str, Any]:
    """A report on request."""
    came = rig.send("DBS_TC_REQUEST_HK", ack=0, source=1, HK_REP_SID=sid)
    [tm] = [tm for tm in came if (tm.header.type, tm.header.destination) == (3, 1)]
    values: dict[str, Any] = rig.values(SIDS[sid], tm)
    assert values["HK_REP_ID"] == sid
    return values


def test_the_first_things_it_says() -> None:
    dpu = Dpu(World(noise_lsb=0.0))
    [(boot, told), (door, shutter)] = said(dpu)
    assert (boot, door) == ("EVT_PR_BOOT_REP", "EVT_PR_DOOR_CLOSED")
    assert told["HK_DPU_RESET_TYPE"] == TABLE.value("ResetType", "POWER_ON")
    assert (told["HK_ADC_RANGES"], told["HK_RSE_PARAM"], told["HK_DOOR_NOT_CLOSED"]) == (1, 1, 0)
    assert shutter["RSE_SHUT_STS"] == 1
    assert not dpu.world.door.powered


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("UNKNOWN_CAUSE", "EVT_RES_UNKNOWN"),
        ("WATCHDOG", "EVT_RES_WDOG"),
        ("EXCEPTION", "EVT_RES_EXCEPT"),
        ("TC_RESET", "EVT_RES_REQ"),
        ("CPU_ERROR", "EVT_RES_CPUERR"),
    ],
)
def test_each_kind_of_reset_is_told(kind: str, event: str, rig: Any) -> None:
    rig.dpu.world.act("edac.flip", address=0x60030010)
    rig.dpu.reset(kind)
    rig.dpu.cycle()
    first, edac, (second, boot), last = said(rig.dpu)
    assert [first[0], edac[0], last[0]] == [event, "EVT_EDAC_AT_BOOT", "EVT_PR_DOOR_CLOSED"]
    assert edac[1]["MEM_ERR_ADDR"] == 0x60030010
    assert (
        first[1]["RESET_TIMESTAMP"] == rig.dpu.world.time.coarse << 24 | rig.dpu.world.time.fine_us
    )
    assert (second, boot["HK_DPU_RESET_TYPE"]) == (
        "EVT_PR_BOOT_REP",
        TABLE.value("ResetType", kind),
    )
    assert boot["HK_EDAC_AT_BOOT"] == 1
    values = asked(rig, 100)
    assert values["HK_DPU_RESET_TYPE"] == boot["HK_DPU_RESET_TYPE"]


@pytest.mark.parametrize("skipping", [True, False])
def test_an_open_door_is_closed(skipping: bool) -> None:
    world = World(noise_lsb=0.0)
    world.door.place(1.0, 0)
    dpu = Dpu(world)
    assert [name for name, _ in said(dpu)] == ["EVT_PR_BOOT_REP"]
    if skipping:
        dpu.run(600)
    else:
        for _ in range(600):
            dpu.cycle()
    assert [name for name, _ in said(dpu)] == ["EVT_PR_DOOR_CLOSED"]
    assert world.door.opening(world.cycle) == 0
    assert not world.door.powered


@pytest.mark.parametrize(("act", "cycles"), [("door.stuck", 960), ("door.line", 0)])
def test_a_door_that_stays_open_is_an_error(act: str, cycles: int) -> None:
    world = World(noise_lsb=0.0)
    world.door.place(1.0, 0)
    world.act(act, **({"fault": "nothing"} if act == "door.line" else {}))
    dpu = Dpu(world)
    dpu.run(cycles)
    names = [name for name, _ in said(dpu)]
    assert names == ["EVT_PR_BOOT_REP", "EVT_RSE_NOTCLOSED"]
    dpu.receive(packet("DBS_TC_REQUEST_HK", HK_REP_SID=100))
    dpu.cycle()
    [tm] = [tm for tm in map(read_tm, dpu.take_telemetry()) if len(tm.data) > 60]
    values = unpack(TABLE.reports["DBS_HK"].fields, tm.data)
    assert (values["HK_DOOR_NOT_CLOSED"], values["HK_DOOR_CLOSE_TO"]) == (1, int(cycles > 0))
    assert values["HK_ERR_CNT_ME"] == 1
    assert values["HK_ERR_LAST_EVENTID"] == TABLE.events["EVT_RSE_NOTCLOSED"].id


DEEDS = st.one_of(
    st.tuples(st.sampled_from([99, 100, 101, 102]), st.sampled_from([0, 1, 5, 32, 28801])),
    st.integers(1, 60),
)


@given(st.lists(DEEDS, max_size=12))
@settings(max_examples=30, deadline=None)
def test_periods_are_those_of_a_model(deeds: list[Any]) -> None:
    """A dictionary of periods and of cycles since; skipped cycles give the same bytes."""
    one, other = (Dpu(World(noise_lsb=0.0)) for _ in range(2))
    periods, since = {100: 32, 101: 32, 102: 0}, dict.fromkeys(SIDS, 0)
    one.take_telemetry(), other.take_telemetry()
    for deed in deeds:
        n_cycles = deed if isinstance(deed, int) else 1
        if not isinstance(deed, int):
            sid, period = deed
            for dpu in (one, other):
                dpu.receive(packet("DBS_TC_SET_HKREP_FREQ", HK_REP_SID=sid, HK_REP_PER=period))
            if sid in periods and period <= MOST_PERIOD:
                periods[sid], since[sid] = period, 0
        one.run(n_cycles)
        came = list(one.take_telemetry())
        expected = []
        for _ in range(n_cycles):
            other.cycle()
            for sid, period in periods.items():
                since[sid] += 1
                if period and since[sid] >= period:
                    expected.append(sid)
                    since[sid] = 0
        assert came == list(other.take_telemetry())
        assert reports(came) == expected


@pytest.mark.parametrize(
    ("name", "fields", "failure"),
    [
        ("DBS_TC_REQUEST_HK", {"HK_REP_SID": 99}, "ACK_ILL_SID"),
        ("DBS_TC_REQUEST_HK", {"HK_REP_SID": 1}, "ACK_ILL_SID"),
        ("DBS_TC_SET_HKREP_FREQ", {"HK_REP_SID": 103}, "ACK_ILL_SID"),
        ("DBS_TC_SET_HKREP_FREQ", {"HK_REP_PER": 28801}, "ACK_ILL_PER"),
        ("DBS_TC_SET_HKREP_FREQ", {"HK_REP_PER": 28800}, ""),
        ("DBS_TC_UPDATE_TIME", {"DPU_NEW_TIMESTAMP": 1_000_000}, "ACK_NOT_IMPL"),
        ("DBS_TC_UPDATE_TIME", {"DPU_NEW_TIMESTAMP": 999_999}, ""),
    ],
)
def test_failures(boot_rig: Any, name: str, fields: dict[str, Any], failure: str) -> None:
    assert boot_rig.failure(boot_rig.send(name, ack=0, **fields)) == failure


def test_telecommands_are_counted(boot_rig: Any) -> None:
    """Refused, failed, executed: and the last of them by name and time."""
    boot_rig.send("DBS_TC_UPDATE_TIME", DPU_NEW_TIMESTAMP=5000 << 24, cycles=16)
    at = boot_rig.dpu.world.time
    bad = boot_rig.packet("DBS_TC_REQUEST_HK", HK_REP_SID=1)
    boot_rig.put(bad)
    failed = boot_rig.packet("DBS_TC_DISABLE_WATCHDOG")  # it is disabled at the start
    values = asked(boot_rig, 100)
    assert [values[f"HK_TC_CNT_{what}"] for what in ("REJ", "ERR", "EXE")] == [1, 0, 1]
    assert values["HK_TC_LAST_REJ_ERR_PID"].to_bytes(2, "big") == bad[:2]
    assert values["HK_TC_LAST_REJ_ERR_SEQ"].to_bytes(2, "big") == bad[2:4]
    assert values["HK_TC_LAST_REJ_ERR_TIMESTAMP"] == at.coarse << 24 | at.fine_us
    assert values["HK_TC_LAST_REJ_ERR_SYNC"] == 5
    boot_rig.put(failed)
    values = asked(boot_rig, 100)
    assert [values[f"HK_TC_CNT_{what}"] for what in ("REJ", "ERR", "EXE")] == [1, 1, 2]
    assert values["HK_TC_LAST_REJ_ERR_SEQ"].to_bytes(2, "big") == failed[2:4]
    assert values["HK_SC_REC_CNT"] == 5
    assert (
        values["SEQ_APID_141_DEST_00"]
        == len([tm for tm in boot_rig.seen if tm.header.destination == 0]) + 2
    )  # what the fixture took


def test_errors_are_counted_by_event(boot_rig: Any) -> None:
    """Each that the report has a counter for, and the three severities."""
    fields = [field.name for field in TABLE.reports["DBS_EXTENDED_HK"].fields]
    names = [name.replace("ERRCNT", "EVT") for name in fields if name.startswith("ERRCNT")]
    assert len(names) == 57
    for n, name in enumerate(names):
        for _ in range(n % 3 + 1):
            event = TABLE.events[name]
            zeros = {
                f.name: 0
                for f in event.fields
                if not f.is_spare and "ERR_CNT" not in f.name.upper()
            }
            boot_rig.dpu.onboard.events.report(
                name, **{key: 0 for key in zeros if key != "EvtErrCnt"}
            )
    values = asked(boot_rig, 102)
    assert [values[name.replace("EVT", "ERRCNT", 1)] for name in names] == [
        n % 3 + 1 for n in range(57)
    ]
    by_severity = [
        sum(n % 3 + 1 for n, name in enumerate(names) if TABLE.events[name].severity == severity)
        for severity in (2, 3, 4)
    ]
    values = asked(boot_rig, 100)
    assert [values[f"HK_ERR_CNT_{at}E"] for at in "LMH"] == by_severity
    assert asked(boot_rig, 101)["HK_ERR_CNT"] == sum(by_severity)


def test_its_flags_and_periods(boot_rig: Any) -> None:
    for name in ("ENABLE_WATCHDOG", "LOAD_REG_ARM", "PARLOAD_ARM"):
        assert not boot_rig.failure(boot_rig.send(f"DBS_TC_{name}"))
    boot_rig.send("DBS_TC_SET_HKREP_FREQ", HK_REP_SID=102, HK_REP_PER=9)
    boot_rig.dpu.world.memory.flip(0x60000000, 3)
    boot_rig.dpu.world.memory.read(1, 0x60000000, 4)
    values = asked(boot_rig, 100)
    flags = ("HK_DPU_WDOG_ENA", "HK_LOADREG_ARMED", "HK_LOADPAR_ARMED")
    assert [values[flag] for flag in flags] == [1, 1, 1]
    assert [values[f"HK_PERIOD_{of}"] for of in ("DBS", "ESS", "EXT")] == [32, 32, 9]
    assert values["125MS_TICK"] == boot_rig.dpu.world.cycle
    assert values["HK_EDAC_LAST_FAIL_ADDR"] == 0x60000000
    essential = asked(boot_rig, 101)
    assert essential["HK_ADC_TEMP_CCD"] == boot_rig.dpu.world.adc(9)
    assert essential["HK_ADC_REF"] == boot_rig.dpu.world.adc(7)
    assert (essential["HK_DPU_MODE_ESS"], essential["HK_ESS_PSU_PSU_OK"]) == (1, 1)


@pytest.mark.shared
@pytest.mark.skipif(not MIB.is_dir(), reason="needs ../shared/mib")
def test_reports_beside_the_database(boot_rig: Any) -> None:
    """Walks the tables of the database itself: the same values lie where it says."""

    def rows(table: str) -> list[list[str]]:
        text = (MIB / f"{table}.dat").read_text(encoding="latin1")
        return [line.split("\t") for line in text.splitlines()]

    def width(parameter: list[str]) -> int:
        ptc, pfc = int(parameter[4]), int(parameter[5])
        if ptc == 9:
            return 56
        return 1 if ptc == 1 else pfc if ptc == 2 else {12: 16, 13: 24, 14: 32}.get(pfc, pfc + 4)

    parameters = {row[0]: row for row in rows("pcf")}
    spids = {int(row[3]): row[5] for row in rows("pid") if row[:2] == ["3", "25"]}
    for sid, name in SIDS.items():
        came: list[Tm] = boot_rig.send("DBS_TC_REQUEST_HK", ack=0, HK_REP_SID=sid)
        tm = next(each for each in came if each.data[:2] == sid.to_bytes(2, "big"))
        values, n_seen = boot_rig.values(name, tm), 0
        for place in (each for each in rows("plf") if each[1] == spids[sid]):
            parameter = parameters[place[0]]
            size = width(parameter)
            start = (int(place[2]) - 18) * 8 + int(place[3])
            bits = int.from_bytes(tm.data, "big") >> len(tm.data) * 8 - start - size
            expected = 0 if "SPARE" in parameter[1] else values[parameter[1]]
            assert expected == bits & (1 << size) - 1, parameter[1]
            n_seen += "SPARE" not in parameter[1]
        assert n_seen == len(values)
