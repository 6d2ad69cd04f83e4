# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the console keeps of telemetry: beside a plain model, and of bounded size."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.console.engineering import Engineering, Limits
from fsw_emu.console.housekeeping import MOST_REPORTS
from fsw_emu.console.state import MOST_EVENTS, SECTIONS, State
from fsw_emu.console.verification import MOST_COMMANDS
from fsw_emu.interface.fields import Field
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import SmileTime, build_tc, build_tm
from fsw_emu.world.adc import Channel, raw_value

TABLE = load()
EVENTS = list(TABLE.events.values())
NOW_NS = 1_700_000_000_000_000_000


def tm(type_: int, subtype: int, data: bytes, count: int = 0, destination: int = 0) -> bytes:
    return build_tm(
        apid=TABLE.apid,
        count=count,
        type=type_,
        subtype=subtype,
        time=SmileTime(1000, 250_000),
        destination=destination,
        data=data,
    )


def size(fields: tuple[Field, ...]) -> int:
    return sum(each.type.bits for each in fields) // 8


@dataclass
class Model:
    """The same by hand: no room is saved."""

    packets: int = 0
    damaged: int = 0
    unreadable: int = 0
    missing: int = 0
    repeated: int = 0
    last: dict[int, int] = field(default_factory=dict)
    events: list[tuple[int, str]] = field(default_factory=list)
    stages: dict[int, dict[str, str]] = field(default_factory=dict)

    def counted(self, count: int, destination: int) -> None:
        self.packets += 1
        step = (count - self.last.get(destination, count - 1)) % 16_384
        if step == 0 or step > 8192:
            self.repeated += 1
        else:
            self.missing += step - 1
        self.last[destination] = count


counts = st.integers(0, 5) | st.integers(0, 16_383)
BYTE = st.integers(0, 255)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("event"), counts, st.integers(0, 2), st.sampled_from(EVENTS)),
        st.tuples(
            st.just("stage"), counts, st.integers(0, 2), st.integers(0, 3),
            st.sampled_from([1, 2, 3, 4, 7, 8]),
        ),
        st.tuples(st.just("damaged"), counts),
        st.tuples(st.just("junk"), st.binary(max_size=40)),
        st.tuples(st.just("any"), counts, BYTE, BYTE, st.binary(max_size=60)),
    ),
    max_size=40,
)  # fmt: skip
PASSED = {1: "accepted", 3: "started", 7: "terminated"}


@given(actions)
def test_any_telemetry_beside_a_model(acts: list[Any]) -> None:
    state, model = State(TABLE), Model()
    known_by_any = 0
    for act in acts:
        if act[0] == "event":
            _, count, destination, event = act
            data = event.id.to_bytes(2, "big") + bytes(size(event.fields))
            state.telemetry(tm(5, event.severity, data, count, destination), NOW_NS)
            model.counted(count, destination)
            model.events.append((event.severity, event.name))
        elif act[0] == "stage":
            _, count, destination, sequence, subtype = act
            data = (0x1941).to_bytes(2, "big") + (0xC000 | sequence).to_bytes(2, "big")
            if subtype in (2, 4, 8):
                data += (1001).to_bytes(2, "big") + bytes([17, 1])
            data += bytes(8) if subtype == 2 else b""
            state.telemetry(tm(1, subtype, data, count, destination), NOW_NS)
            model.counted(count, destination)
            stage = PASSED.get(subtype) or PASSED[subtype - 1]
            entry = model.stages.setdefault(sequence, {})
            entry[stage] = "yes" if subtype in PASSED else "no"
            for before in ("accepted", "started", "terminated"):
                if before == stage:
                    break
                entry.setdefault(before, "yes")
        elif act[0] == "damaged":
            packet = bytearray(tm(5, 1, b"\x03\x04\0\0", act[1]))
            packet[-1] ^= 1
            state.telemetry(bytes(packet), NOW_NS)
            model.packets += 1
            model.damaged += 1
        elif act[0] == "junk":
            state.telemetry(act[1], NOW_NS)
            model.unreadable += 1
        else:
            _, count, type_, subtype, data = act
            known_by_any += type_ in (1, 5)
            state.telemetry(tm(type_, subtype, data, count, 9), NOW_NS)
            model.counted(count, 9)
    link = state.section("link")
    assert (link["packets"], link["bad_crc"], link["unreadable"]) == (
        model.packets, model.damaged, model.unreadable,
    )  # fmt: skip
    assert (link["missing"], link["repeated"]) == (model.missing, model.repeated)
    json.dumps(state.snapshot(), allow_nan=False)
    if known_by_any:
        return
    newest = state.section("events")["newest"]
    assert [(each["severity"], each["name"]) for each in newest] == model.events[::-1]
    stages = {
        each["sequence"]: {s: each[s] for s in PASSED.values() if each[s]}
        for each in state.section("commands")
    }
    assert stages == model.stages


def fed(n: int) -> State:
    """A state after much of everything, all of it different."""
    state = State(TABLE)
    for i in range(n):
        event = EVENTS[i % len(EVENTS)]
        data = event.id.to_bytes(2, "big") + i.to_bytes(4, "big") * 20
        data = data[: 2 + size(event.fields)]
        state.telemetry(tm(5, event.severity, data, i % 16_384, i % 256), NOW_NS)
        structure = b"\0\0\0\0\0\2" + b"".join(
            TABLE.pool[name].id.to_bytes(4, "big") for name in ("AdcP3V9", "iaswState")
        )
        sid = (200 + i % 50_000).to_bytes(2, "big")
        state.telemetry(tm(3, 10, sid + structure, i % 16_384), NOW_NS)
        state.telemetry(tm(3, 25, sid + i.to_bytes(4, "big"), i % 16_384), NOW_NS)
        packet = build_tc(apid=TABLE.apid, count=i % 16_384, type=17, subtype=1)
        state.sent("AreYouAlive", packet, NOW_NS)
        state.telemetry(tm(i % 251, 77, b"", i % 16_384), NOW_NS)
    return state


def test_its_size_has_an_end() -> None:
    few, many = fed(1300), fed(2200)
    assert len(many.section("events")["newest"]) == 4 * MOST_EVENTS
    assert len(many.section("commands")) == MOST_COMMANDS
    assert len(many.section("housekeeping")) == MOST_REPORTS
    sizes = [len(json.dumps(each.snapshot())) for each in (few, many)]
    assert sizes[1] < 1.1 * sizes[0]  # numbers have more digits


def test_a_section_changes_its_version() -> None:
    state = State(TABLE)
    before = dict(state.versions)
    state.telemetry(tm(5, 1, EVENTS[0].id.to_bytes(2, "big")), NOW_NS)
    changed = {name for name in SECTIONS if state.versions[name] != before[name]}
    assert changed == {"link", "events"}


def fields_of(state: State, name: str) -> dict[str, dict[str, Any]]:
    for report in state.section("housekeeping"):
        if report["name"] == name:
            return {each["name"]: each for each in report["fields"]}
    raise AssertionError(name)


def listen(rig: Any, *, cycles: int = 1, state: State | None = None) -> State:
    """What a unit says in some cycles."""
    state = state or State(TABLE)
    for _ in range(cycles):
        rig.dpu.cycle()
        for packet in rig.dpu.take_telemetry():
            state.telemetry(packet, NOW_NS)
    return state


def test_housekeeping_of_a_unit_means_what_the_world_is(rig: Any) -> None:
    state = listen(rig, cycles=70)
    fields = fields_of(state, "HK_ESSENTIAL_IASW")
    for name, value, unit in (
        ("AdcP3V9", 3.9, "V"), ("AdcP1V2", 1.2, "V"), ("AdcIDpu", 1.1, "A"),
        ("AdcTempCcd", -110, "°C"), ("AdcTemp1", 20, "°C"),
    ):  # fmt: skip
        assert fields[name]["unit"] == unit
        assert fields[name]["value"] == pytest.approx(value, abs=0.1 if unit == "°C" else 0.01)
        assert len(fields[name]["trend"]) >= 2
    assert state.section("modes")["modes"]["application"] == "PRIME"
    assert state.section("faults")["counters"]["ErrCnt"] == 0
    assert state.section("link")["unknown"] == 0


def test_a_report_that_was_made_on_board_is_read_by_its_structure(rig: Any) -> None:
    items = [TABLE.pool[name].id for name in ("AdcP3V3", "iaswState", "evtLimitList")]
    rig.dpu.receive(rig.packet("CreHk", SidNoCal=40, Period=0, ParamId=items))
    rig.dpu.receive(rig.packet("EnbHk", SidNoCal=40))
    state = listen(rig, cycles=2)
    assert "RepStructHk" in next(r["note"] for r in state.section("housekeeping") if r["sid"] == 40)
    rig.dpu.receive(rig.packet("RepStructHk", SidNoCal=40))
    rig.dpu.receive(rig.packet("EnbHk", SidNoCal=40))
    fields = fields_of(listen(rig, cycles=2, state=state), "SID 40")
    assert fields["AdcP3V3"]["value"] == pytest.approx(3.3, abs=0.01)
    assert fields["iaswState"]["text"] == "SIA_PRIME"
    assert len(fields["evtLimitList"]["raw"]) == 200  # 100 bytes


def test_stages_of_telecommands_of_a_unit(rig: Any) -> None:
    state = State(TABLE)
    for name, values in (
        ("AreYouAlive", {}),
        ("DelHk", {"SidNoCal": 1}),
        ("EnbHk", {"SidNoCal": 9}),
    ):
        packet = rig.packet(name, **values)
        state.sent(name, packet, NOW_NS)
        rig.dpu.receive(packet)
    log = {each["name"]: each for each in listen(rig, cycles=3, state=state).section("commands")}
    stages = {
        name: (each["accepted"], each["started"], each["terminated"], each["failure"])
        for name, each in log.items()
    }
    assert stages == {
        "AreYouAlive": ("yes", "yes", "yes", ""),
        "DelHk": ("no", "", "", "ACK_ILL_SID"),
        "EnbHk": ("yes", "no", "", "ACK_SID_NOT_USED"),
    }


def test_the_boot_software_has_the_safe_mode(boot_rig: Any, rig: Any) -> None:
    state = listen(rig, cycles=40)
    assert state.section("modes")["modes"]["software"] == "IASW"
    event = TABLE.events["EVT_PR_BOOT_REP"]
    data = event.id.to_bytes(2, "big") + bytes(size(event.fields))
    state.telemetry(tm(5, 1, data), NOW_NS)
    assert state.section("modes")["modes"] == {"software": "DBS", "application": "SAFE"}
    assert listen(boot_rig, cycles=40).section("link")["unknown"] == 0


RAWS = st.integers(0, 16_383)


@given(RAWS, st.lists(RAWS, min_size=4, max_size=4).filter(any))
def test_levels_are_those_of_the_limits(raw: int, given_: list[int]) -> None:
    alarm_low, warn_low, warn_high, alarm_high = sorted(given_)
    engineering = Engineering(TABLE)
    engineering.learn(
        {"TEMP_PSUAlarmLowerLimit": alarm_low, "TEMP_PSUWarnLowerLimit": warn_low,
         "TEMP_PSUWarnUpperLimit": warn_high, "TEMP_PSUAlarmUpperLimit": alarm_high}
    )  # fmt: skip
    shown = engineering.shown(Field.of("AdcPsuTemp u16"), raw)
    expected = "ok" if warn_low <= raw <= warn_high else "warn"
    expected = expected if alarm_low <= raw <= alarm_high else "alarm"
    assert shown["level"] == expected
    limits = shown["limits"]
    # the sensor falls with temperature: what is high in degC is low in raw
    assert limits["alarm_low"] <= limits["warn_low"] <= limits["warn_high"] <= limits["alarm_high"]
    assert engineering.shown(Field.of("HK_ADC_PSU_TEMP u16"), raw)["level"] == expected


def test_every_channel_of_housekeeping_has_a_unit() -> None:
    engineering = Engineering(TABLE)
    for report in ("HK_ESSENTIAL_IASW", "DBS_ESSENTIAL_HK"):
        shown = [engineering.shown(each, 8000) for each in TABLE.reports[report].fields]
        assert sum("unit" in each for each in shown) == 16
    assert engineering.limits("ErrCnt") == Limits()
    raw = raw_value(Channel.P3V9, 3.9)
    assert engineering.shown(Field.of("AdcP3V9 u16"), raw)["text"] == "3.900"
