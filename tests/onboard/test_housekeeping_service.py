# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 3: reports and their definitions against a model of the slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm, build_tc, read_tm
from fsw_emu.world.acts import make_act
from fsw_emu.world.scenario import Scenario
from fsw_emu.world.world import World

TABLE = load()
MIB = Path(__file__).resolve().parents[3] / "shared" / "mib"
ITEMS = [TABLE.pool[name] for name in ("obsid", "VersionNumber", "MaxSteps", "MotorCurr")]
N_SLOTS, MOST_PERIOD = 10, TABLE.assumed["housekeeping"]["most_period"]
SIDS = st.sampled_from([0, 1, 2, 3, 4, 7, 100, 255, 256])
PERIODS = st.sampled_from([0, 1, 2, 3, 32, MOST_PERIOD, MOST_PERIOD + 1])


def packet(name: str, **values: Any) -> bytes:
    command = TABLE.telecommands[name]
    data = TABLE.telecommand_data(name, values, checked=False)
    kind = {"type": command.type, "subtype": command.subtype}
    return build_tc(apid=TABLE.apid, count=1, ack=0b1000, data=data, **kind)


def failure(came: Sequence[Tm]) -> str:
    codes = [int.from_bytes(tm.data[4:6], "big") for tm in came if tm.header.subtype in (2, 4, 8)]
    names = {each.code: name for name, each in TABLE.failures.items()}
    return names[codes[0]] if codes else ""


@dataclass
class Slot:
    """What is known of a report; ``since`` cycles ago it went out."""

    period: int
    items: list[int]
    enabled: bool = False
    since: int = 0


class Model:
    """Plain dictionary of reports, one cycle at a time."""

    def __init__(self) -> None:
        self.slots = {1: Slot(32, [], enabled=True), 2: Slot(32, [], enabled=True)}

    def told(self, name: str, sid: int, period: int, items: list[int]) -> str:
        slot = self.slots.get(sid)
        if not 0 < sid < 256 or (name == "DelHk" and sid in (1, 2, 100)):
            return "ACK_ILL_SID"
        if name == "CreHk" and sid == 100:
            return "ACK_ILL_SID"
        if name in ("CreHk", "ModHkPeriod") and period > MOST_PERIOD:
            return "ACK_ILL_PER"
        if name == "CreHk":
            if slot is not None:
                return "ACK_SID_IN_USE"
            self.slots[sid] = Slot(period, items)
            return ""
        if slot is None:
            return "ACK_SID_NOT_USED"
        if name == "DelHk":
            del self.slots[sid]
        elif name == "EnbHk" and not slot.enabled:
            slot.enabled, slot.since = True, slot.period
        elif name == "DisHk":
            slot.enabled = False
        elif name == "ModHkPeriod":
            slot.period = period
        return ""

    def cycle(self) -> list[int]:
        """SIDs of the reports of a cycle."""
        out = []
        for sid, slot in self.slots.items():
            slot.since += slot.enabled
            if slot.enabled and slot.since >= slot.period:
                out.append(sid)
                slot.since, slot.enabled = 0, slot.period > 0
        return sorted(out)


DEEDS = st.one_of(
    st.tuples(
        st.sampled_from(["CreHk", "DelHk", "EnbHk", "DisHk", "RepStructHk", "ModHkPeriod"]),
        SIDS,
        PERIODS,
        st.lists(st.sampled_from([item.id for item in ITEMS]), min_size=1, max_size=5),
    ),
    st.integers(1, 40),
)


@pytest.mark.verifies("ASW-11")
@given(st.lists(DEEDS, max_size=25))
@settings(max_examples=50, deadline=None)
def test_any_sequence_is_that_of_the_model(deeds: list[Any]) -> None:
    dpu, model = Dpu(World(noise_lsb=0.0), booted=True), Model()
    dpu.take_telemetry()
    for deed in deeds:
        n_cycles, expected, name, sid = deed, "", "", 0
        if not isinstance(deed, int):
            name, sid, period, items = deed
            fields = {"SidNoCal": sid}
            fields |= {"Period": period} if name in ("CreHk", "ModHkPeriod") else {}
            fields |= {"ParamId": items} if name == "CreHk" else {}
            dpu.receive(packet(name, **fields))
            expected, n_cycles = model.told(name, sid, period, items), 1
        for _ in range(n_cycles):
            dpu.cycle()
            came = [read_tm(each) for each in dpu.take_telemetry()]
            reports = [int.from_bytes(tm.data[:2], "big") for tm in came if kind(tm) == (3, 25)]
            assert failure([tm for tm in came if tm.header.type == 1]) == expected
            assert sorted(reports) == model.cycle()
            expected = ""
            for tm in came:
                if kind(tm) == (3, 10):
                    slot = model.slots[sid]
                    ids = b"".join(each.to_bytes(4, "big") for each in slot.items)
                    assert tm.data[:2] + tm.data[4:6] == packed(sid, slot.period)
                    assert sid < 3 or tm.data[6:] == packed(len(slot.items)) + ids


def kind(tm: Tm) -> tuple[int, int]:
    return tm.header.type, tm.header.subtype


def packed(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2, "big") for number in numbers)


@pytest.mark.verifies("ASW-10")
@given(st.lists(st.one_of(DEEDS, st.integers(100, 600)), max_size=12), st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_skipped_cycles_give_the_same_telemetry(deeds: list[Any], seed: int) -> None:
    acts = (
        make_act(77, "adc.override", {"channel": "TEMP_CCD", "raw": 5}),
        make_act(90, "timecode.lost", {}),
        make_act(500, "edac.flip", {"address": 0x60000100 + seed % 4096 * 256}),
    )
    one, other = (
        Dpu(World(scenario=Scenario("skips", acts=acts), seed=seed), booted=True) for _ in range(2)
    )
    for dpu in (one, other):
        dpu.world.door.power(True, 0)
    for deed in deeds:
        if isinstance(deed, int):
            one.run(deed)
            for _ in range(deed):
                other.cycle()
        else:
            name, sid, period, items = deed
            fields = {"SidNoCal": sid}
            fields |= {"Period": period} if name in ("CreHk", "ModHkPeriod") else {}
            fields |= {"ParamId": items} if name == "CreHk" else {}
            for dpu in (one, other):
                dpu.receive(packet(name, **fields))
        assert list(one.take_telemetry()) == list(other.take_telemetry())


def test_reports_from_the_start(rig: Any) -> None:
    """Every 4 s, the first after 4 s, and what they hold is what is there."""
    world = rig.dpu.world
    world.fee_on = True
    assert not rig.run(31)
    came = rig.run(1)
    assert [kind(tm) for tm in came] == [(3, 25)] * 2
    assert {tm.header.destination for tm in came} == {0}
    essential = rig.values("HK_ESSENTIAL_IASW", came[0])
    assert essential["Sid"] == 1
    assert essential["AdcTempCcd"] == world.adc(9)
    assert essential["AdcIFeeAna"] == world.adc(11)
    assert essential["PsuSts"] == 0b0011_0001
    assert essential["DpuUnit"] == TABLE.assumed["acquisition"]["dpu_unit"]
    extended = rig.values("HK_EXTENDED_IASW", came[1])
    assert extended["iaswCycleCnt"] == 32
    assert extended["HeapMemFree"] == world.resources.free_pages * 4096
    assert extended["Core0Load"] == world.resources.iasw_us * 100 // 125_000
    assert extended["SpW0BytesOut"] == sum(len(tm.data) + 20 for tm in rig.seen[:-1])
    assert len(rig.run(3200)) == 200


def test_the_door_says_what_it_said_last(rig: Any) -> None:
    world = rig.dpu.world
    world.door.power(True, 0)
    rig.run(2)
    assert rig.dpu.onboard.pool["RseShutSts"] == 1
    world.act("door.line", fault="parity")
    world.door.place(0.5, world.cycle)
    rig.run(2)
    assert rig.dpu.onboard.pool["RseShutSts"] == 1
    world.act("door.line", fault="good")
    rig.run(1)
    assert rig.dpu.onboard.pool["RseShutSts"] == 0


@pytest.mark.verifies("ASW-12")
def test_what_is_acquired_is_there(rig: Any) -> None:
    pool, world = rig.dpu.onboard.pool, rig.dpu.world
    rig.run(20)
    assert pool.raw("Uptime") == 2 << 32 | 500_000_000
    assert (pool["CucCoarseTime"], pool["CucFineTime"]) == (world.time.coarse, world.time.fine_us)
    assert (pool["CucNotSynchronized"], pool["ScrubAddrPos"]) == (1, world.edac.position)
    world.memory.flip(0x60000000, 3)
    world.memory.read(1, 0x60000000, 4)
    assert (pool["EDACSingleFaults"], pool["EDACLastSingleAddr"]) == (1, 0x60000000)
    world.act("fpga.status", word=0x01)
    assert (pool["PsuStatus"], pool["PsuSts"]) == (0, 0)
    received = rig.packet("AreYouAlive")
    before = pool["SpW0BytesIn"]
    rig.put(received)
    assert pool["SpW0BytesIn"] - before == len(received)


@pytest.mark.parametrize(
    ("name", "fields", "why"),
    [
        ("CreHk", {"SidNoCal": 0, "ParamId": [ITEMS[0].id]}, "ACK_ILL_SID"),
        ("CreHk", {"SidNoCal": 101, "ParamId": [ITEMS[0].id]}, "ACK_ILL_SID"),
        ("CreHk", {"SidNoCal": 9, "Period": 65535, "ParamId": [ITEMS[0].id]}, "ACK_ILL_PER"),
        ("CreHk", {"SidNoCal": 9}, "ACK_ILL_NDI"),
        ("CreHk", {"SidNoCal": 9, "ParamId": [1]}, "ACK_ILL_DID"),
        ("CreHk", {"SidNoCal": 9, "ParamId": [ITEMS[0].id, 0]}, "ACK_ILL_DID"),
        (
            "CreHk",
            {"SidNoCal": 9, "ParamId": [TABLE.pool["RdlDataItemList_0"].id] * 2},
            "ACK_ILL_DSIZE",
        ),
        ("CreHk", {"SidNoCal": 1, "ParamId": [ITEMS[0].id]}, "ACK_SID_IN_USE"),
        ("DelHk", {"SidNoCal": 2}, "ACK_ILL_SID"),
        ("DelHk", {"SidNoCal": 9}, "ACK_SID_NOT_USED"),
        ("EnbHk", {"SidNoCal": 300}, "ACK_ILL_SID"),
        ("EnbHk", {"SidNoCal": 9}, "ACK_SID_NOT_USED"),
        ("DisHk", {"SidNoCal": 9}, "ACK_SID_NOT_USED"),
        ("RepStructHk", {"SidNoCal": 9}, "ACK_SID_NOT_USED"),
        ("ModHkPeriod", {"SidNoCal": 9, "Period": 1}, "ACK_SID_NOT_USED"),
        ("ModHkPeriod", {"SidNoCal": 1, "Period": 28801}, "ACK_ILL_PER"),
    ],
)
def test_failures(rig: Any, name: str, fields: dict[str, Any], why: str) -> None:
    definitions = [item for item in TABLE.pool if "Rdl" in item]
    before = [rig.dpu.onboard.pool.raw(item) for item in definitions]
    assert rig.failure(rig.send(name, ack=0, **fields)) == why
    assert [rig.dpu.onboard.pool.raw(item) for item in definitions] == before


def test_slots_end(rig: Any) -> None:
    for sid in range(10, 10 + N_SLOTS - 2):
        assert not rig.send("CreHk", ack=0, SidNoCal=sid, ParamId=[ITEMS[0].id])
    more = {"SidNoCal": 99, "ParamId": [ITEMS[0].id]}
    assert rig.failure(rig.send("CreHk", ack=0, **more)) == "ACK_RDL_NO_SLOT"
    rig.send("DelHk", SidNoCal=12)
    assert not rig.failure(rig.send("CreHk", **more))


def test_the_largest_report(rig: Any) -> None:
    lists, octets = TABLE.pool["RdlDataItemList_3"], TABLE.pool["RdlPeriodList"]
    rest = (864 - 500) // 20
    items = [lists.id] + [octets.id] * rest + [TABLE.pool["obsid"].id]
    rig.send("CreHk", SidNoCal=9, ParamId=items)
    came = [tm for tm in rig.send("EnbHk", ack=0, SidNoCal=9) if kind(tm) == (3, 25)]
    assert [len(tm.data) for tm in came] == [2 + 864]
    more = [*items, TABLE.pool["MotorCurr"].id]
    assert rig.failure(rig.send("CreHk", SidNoCal=8, ParamId=more)) == "ACK_ILL_DSIZE"


@pytest.mark.parametrize("noise", [0, 0xFFFFFFFF, ITEMS[0].id, TABLE.pool["RdlDataItemList_0"].id])
def test_definitions_that_were_overwritten_do_no_harm(rig: Any, noise: int) -> None:
    """An update of parameters reaches them, as it does on board."""
    for name, most in (("RdlDataItemList_1", 125), ("RdlPeriodList", 10), ("rdlCycCntList", 10)):
        element = TABLE.pool[name].element
        assert element is not None
        for n in range(most):
            rig.dpu.onboard.pool.set_element(name, n, noise & element.most)
    for n in range(10):
        rig.dpu.onboard.pool.set_element("isRdlFree", n, 0)
        rig.dpu.onboard.pool.set_element("RdlEnabledList", n, 1)
    assert all(len(tm.data) <= 866 for tm in rig.run(5))
    rig.dpu.run(70_000)
    came = rig.send("RepStructHk", ack=0, SidNoCal=2)
    assert [tm.data[:2] for tm in came if kind(tm) == (3, 10)] == [packed(2)]


@pytest.mark.shared
@pytest.mark.skipif(not MIB.is_dir(), reason="needs ../shared/mib")
def test_reports_beside_the_database(rig: Any) -> None:
    """Walks the tables of the database itself: places and widths from there, values from here."""

    def rows(table: str) -> list[list[str]]:
        text = (MIB / f"{table}.dat").read_text(encoding="latin1")
        return [line.split("\t") for line in text.splitlines()]

    parameters = {row[0]: row for row in rows("pcf")}
    widths = {("3", "4"): 8, ("3", "12"): 16, ("3", "14"): 32, ("5", "1"): 32}
    pool = rig.dpu.onboard.pool
    came = {int.from_bytes(tm.data[:2], "big"): tm for tm in rig.run(32)}
    for row in rows("pid"):
        if row[:2] != ["3", "25"] or int(row[3]) not in (1, 2):
            continue
        tm, n_bits = came[int(row[3])], 0
        for place in (each for each in rows("plf") if each[1] == row[5]):
            parameter = parameters[place[0]]
            width = widths[parameter[4], parameter[5]]
            start = (int(place[2]) - 18) * 8 + int(place[3])
            value = int.from_bytes(tm.data, "big") >> len(tm.data) * 8 - start - width
            n_bits += width
            if parameter[1] not in ("Sid", "SpW0BytesOut"):
                assert value & (1 << width) - 1 == pool.raw(parameter[1]), parameter[1]
        assert n_bits == len(tm.data) * 8
