# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 198: registers of the FEE by data-pool items, the door, busy and idle procedures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw_emu.dpu import fee_items
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm, read_tm
from fsw_emu.testbed.fee import EmulatedFee
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.world import World

POOL = load().pool
DONE, FAILED, STOPPED = 0, 1, 2
IDS = {"FeeInAll": 1, "FeeIn": 2, "FeeOut": 3, "RseConfig": 4, "RseStatus": 5}
OPEN, CLOSE, HALT, CONFIGURE, EMERGENCY = 1, 2, 3, 4, 5


class Session:
    """A testbed; with ``fee`` its FEE is on and operated by hand."""

    def __init__(self, *, fee: bool = True) -> None:
        self.bed = Testbed(world=World(noise_lsb=0.0), booted=True)
        self.pool = self.bed.dpu.onboard.pool
        self.pool["FdGlbEnable"] = 0  # what faults lead to is of another test
        self.world = self.bed.world
        if fee:
            for name in ("IaModeGotoStby", "IaModeStrtMan"):
                self.bed.send(name)
                self.bed.run(5)
        self.take()

    @property
    def memory(self) -> Any:
        assert isinstance(self.bed.fee, EmulatedFee)
        return self.bed.fee.memory

    def send(self, name: str, *, seconds: float = 1, **values: Any) -> list[Tm]:
        self.bed.send(name, **values)
        self.bed.run(seconds)
        return self.take()

    def run(self, seconds: float) -> list[Tm]:
        self.bed.run(seconds)
        return self.take()

    def take(self) -> list[Tm]:
        return [read_tm(packet) for packet in self.bed.take()]

    def write(self, values: dict[str, int], *, seconds: float = 1) -> list[Tm]:
        return self.send(
            "ProcStrFeeOut",
            seconds=seconds,
            ProcFeeNParams=len(values),
            ProcFeeParamId=[POOL[name].id for name in values],
            ProcFeeParamValue=list(values.values()),
        )

    def read(self, names: Sequence[str]) -> list[Tm]:
        ids = [POOL[name].id for name in names]
        return self.send("ProcStrFeeIn", ProcFeeNParams=len(ids), ProcFeeParamId=ids)

    def door(self, command: int, *, seconds: float = 1) -> list[Tm]:
        return self.send("ProcStrRseConfig", seconds=seconds, ProcRseCmdId=command)

    def state(self, item: str, enumeration: str) -> str:
        return self.bed.dpu.table.label(enumeration, self.pool[item])


def failure(came: Sequence[Tm]) -> str:
    names = {each.code: name for name, each in load().failures.items()}
    codes = [
        int.from_bytes(tm.data[4:6], "big")
        for tm in came
        if tm.header.type == 1 and tm.header.subtype in (2, 4, 8)
    ]
    return names[codes[0]] if codes else ""


def told(came: Sequence[Tm]) -> list[tuple[str, int]]:
    """Events of procedures: which began (with its identifier) and ended (with its code); others
    by their name and 0."""
    events = []
    for tm in came:
        if tm.header.type == 5:
            name = load().events_by_id[int.from_bytes(tm.data[:2], "big")].name
            at = {"EVT_SC_PR_STRT": 2, "EVT_SC_PR_END": 4}.get(name)
            events.append((name, int.from_bytes(tm.data[at : at + 2], "big") if at else 0))
    return events


def whole(name: str, code: int = DONE) -> list[tuple[str, int]]:
    return [("EVT_SC_PR_STRT", IDS[name]), ("EVT_SC_PR_END", code)]


WRITABLE = sorted(set(fee_items.CONFIGURATION_FIELDS) - {fee_items.EXECUTE_OP, "FRMclearErrorFlag"})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_pairs_arrive_in_the_fees_memory_and_read_back(data: st.DataObject) -> None:
    session = Session()
    names = data.draw(st.lists(st.sampled_from(WRITABLE), min_size=1, max_size=20, unique=True))
    values = {
        name: data.draw(
            st.integers(0, min((1 << fee_items.ITEMS[name].bits) - 1, POOL[name].type.most))
        )
        for name in names
    }
    came = session.write(values)
    assert [tm.header.subtype for tm in came if tm.header.type == 1] == [1, 3, 7]
    assert told(came) == whole("FeeOut")
    for name, value in values.items():
        assert session.memory.get(fee_items.CONFIGURATION_FIELDS[name]) == value
        assert session.pool[name] == value
        session.memory.set(fee_items.CONFIGURATION_FIELDS[name], value ^ 1)
    assert told(session.read(names)) == whole("FeeIn")
    for name, value in values.items():
        assert session.pool[name] == value ^ 1


def test_all_registers_are_read() -> None:
    session = Session()
    session.memory.set("int_sync_period", 1234)
    session.memory.set("cmic_corr", 77)
    assert told(session.send("ProcStrFeeInAll")) == whole("FeeInAll")
    assert (session.pool["FRMintSyncPeriod"], session.pool["FRMHKcmicCorr"]) == (1234, 77)


@pytest.mark.parametrize(
    ("mode", "state"),
    [(2, "SFE_STANDBY"), (1, "SFE_SIMULATION"), (3, "SFE_SCIENCE"), (8, "SFE_ON")],
)
def test_the_fees_state_follows_what_is_executed(mode: int, state: str) -> None:
    session = Session()
    session.write({"FRMccdModeConfig": 2, "FRMexecuteOp": 1})
    assert session.state("feeState", "FeeState") == "SFE_STANDBY"
    came = session.write({"FRMccdModeConfig": mode, "FRMsyncSel": 1, "FRMexecuteOp": 1})
    assert failure(came) == ""
    assert session.state("feeState", "FeeState") == state
    assert session.pool["FRMexecuteOp"] == 0
    assert session.memory.get("fpga_op_mode") == {8: 0}.get(mode, mode)


BAD = {
    "no pairs": {},
    "no register": {"obsid": 1},
    "measured": {"FRMHKprt1": 1},
    "beyond its field": {"FRMhEnd": 4096},
    "beyond a bit": {"FRMsyncSel": 2},
}


@pytest.mark.parametrize("values", BAD.values(), ids=BAD)
def test_what_is_no_register_or_does_not_fit_is_not_accepted(values: dict[str, int]) -> None:
    session = Session()
    before = {name: session.pool[name] for name in fee_items.CONFIGURATION}
    came = session.write(values)
    assert (failure(came), told(came)) == ("ACK_ILL_PR_PAR", [])
    assert {name: session.pool[name] for name in fee_items.CONFIGURATION} == before


def test_items_are_named_once_and_are_known() -> None:
    session = Session()
    one = POOL["FRMhEnd"].id
    for ids in ([one, one], [one, 5]):
        came = session.send(
            "ProcStrFeeOut", ProcFeeNParams=2, ProcFeeParamId=ids, ProcFeeParamValue=[1, 1]
        )
        assert failure(came) == "ACK_ILL_PR_PAR"
    came = session.send("ProcStrFeeIn", ProcFeeNParams=1, ProcFeeParamId=[5])
    assert failure(came) == "ACK_ILL_PR_PAR"


@pytest.mark.parametrize("name", ["FeeInAll", "FeeIn", "FeeOut"])
def test_a_fee_without_power_is_not_asked(name: str) -> None:
    session = Session(fee=False)
    came = {
        "FeeInAll": lambda: session.send("ProcStrFeeInAll"),
        "FeeIn": lambda: session.read(["FRMhEnd"]),
        "FeeOut": lambda: session.write({"FRMhEnd": 1}),
    }[name]()
    assert (failure(came), told(came)) == ("ACK_WR_FEE_M", [])


def test_a_fee_that_does_not_answer_fails_the_procedure() -> None:
    session = Session()
    session.world.act("fee.link_down")
    errors = session.bed.dpu.software.instrument.port.errors  # type: ignore[union-attr]
    came = session.write({"FRMhEnd": 1, "FRMvEnd": 2}, seconds=3)
    assert (failure(came), told(came)) == ("", whole("FeeOut", FAILED))
    assert errors["time-out"] >= 2
    session.world.act("fee.link_down", on=False)
    assert told(session.write({"FRMhEnd": 1}, seconds=3)) == whole("FeeOut")


@pytest.mark.parametrize("name", IDS)
def test_a_procedure_is_busy_then_idle(name: str) -> None:
    session = Session()
    session.world.act("fee.rmap_timeout")
    values = {
        "FeeIn": {"ProcFeeNParams": 1, "ProcFeeParamId": [POOL["FRMhEnd"].id]},
        "FeeOut": {
            "ProcFeeNParams": 1,
            "ProcFeeParamId": [POOL["FRMhEnd"].id],
            "ProcFeeParamValue": [3],
        },
        "RseConfig": {"ProcRseCmdId": OPEN},
    }.get(name, {})
    assert failure(session.send(f"ProcStp{name}", seconds=0.25)) == "ACK_PR_IDLE"
    session.bed.send(f"ProcStr{name}", **values)
    session.bed.send(f"ProcStr{name}", **values)
    came = session.run(0.125)
    assert failure(came) == "ACK_PR_BUSY"
    assert told(came) == [("EVT_SC_PR_STRT", IDS[name])]
    came = session.send(f"ProcStp{name}", seconds=0.125)
    assert (failure(came), told(came)) == ("", [("EVT_SC_PR_END", STOPPED)])
    assert failure(session.send(f"ProcStp{name}", seconds=0.25)) == "ACK_PR_IDLE"


def test_the_door_opens_and_closes() -> None:
    session = Session(fee=False)
    assert session.state("rseState", "RseState") == "SRS_UNKNOWN"
    came = session.door(OPEN, seconds=30)
    assert session.state("rseState", "RseState") == "SRS_OPENING"
    assert session.state("rseDoorOperation", "RseDoorOperation") == "OPENING"
    came += session.run(40)
    assert (failure(came), told(came)) == ("", whole("RseConfig"))
    assert session.state("rseState", "RseState") == "SRS_OPEN"
    assert session.world.door.opening(session.world.cycle) == 1
    assert session.pool["RseShutSts"] & 2
    session.run(15)
    assert not session.world.door.powered
    assert told(session.door(CLOSE, seconds=70)) == whole("RseConfig")
    assert session.state("rseState", "RseState") == "SRS_CLOSED"
    assert session.world.door.opening(session.world.cycle) == 0


@pytest.mark.parametrize(
    ("command", "event", "place"),
    [(OPEN, "EVT_DOOR_OPER_TO", 0.0), (CLOSE, "EVT_RSE_CLOSE_TO", 1.0)],
)
def test_a_stuck_door_is_overdue(command: int, event: str, place: float) -> None:
    session = Session(fee=False)
    session.world.door.place(place, session.world.cycle)
    session.world.act("door.stuck")
    most = session.pool["rseMaxCycOpening"] / 8
    came = session.door(command, seconds=most - 1)
    assert event not in [name for name, _ in told(came)]
    came += session.run(3)
    of_door = [each for each in told(came) if each[0] not in ("EVT_FD_FAILED", "EVT_RP_STARTED")]
    assert of_door == [
        ("EVT_SC_PR_STRT", 4),
        (event, 0),
        ("EVT_SC_PR_END", FAILED),
    ]
    assert session.pool["rseStateCnt"] < 100
    assert session.state("rseDoorOperation", "RseDoorOperation") == "UNKNOWN"


def test_the_door_is_asked_for_its_state() -> None:
    session = Session(fee=False)
    assert told(session.send("ProcStrRseStatus")) == whole("RseStatus")
    assert session.state("rseState", "RseState") == "SRS_CLOSED"


@pytest.mark.parametrize(
    ("fault", "event"),
    [("nothing", "EVT_RSE_TIMEOUT"), ("parity", "EVT_RSE_PARITY"), ("frame", "EVT_RSE_FRAME")],
)
def test_a_line_that_is_bad_is_told(fault: str, event: str) -> None:
    session = Session(fee=False)
    session.world.act("door.line", fault=fault)
    came = session.door(OPEN, seconds=5)
    events = told(came)
    assert events[:3] == [("EVT_SC_PR_STRT", 4), (event, 0), ("EVT_SC_PR_END", FAILED)]
    assert ("EVT_RSE_NOCOM", 0) in events
    assert not session.world.door.moving


def test_the_door_can_be_halted_configured_and_closed_in_an_emergency() -> None:
    session = Session(fee=False)
    session.door(OPEN, seconds=20)
    came = session.send("ProcStpRseConfig", seconds=2)
    assert told(came) == [("EVT_SC_PR_END", STOPPED)]
    assert not session.world.door.moving
    assert session.state("rseState", "RseState") == "SRS_UNKNOWN"
    session.pool["MaxSteps"] = 13_000
    assert told(session.door(CONFIGURE)) == whole("RseConfig")
    assert session.world.door.parameters.max_steps == 13_000
    assert told(session.door(HALT)) == whole("RseConfig")
    assert told(session.door(EMERGENCY, seconds=40)) == whole("RseConfig")
    assert session.state("rseState", "RseState") == "SRS_CLOSED"


@pytest.mark.parametrize("command", [0, 6, 0xFFFF])
def test_other_commands_of_the_door_are_none(command: int) -> None:
    session = Session(fee=False)
    assert failure(session.door(command)) == "ACK_ILL_PR_PAR"


def test_a_door_that_may_not_move_does_not() -> None:
    session = Session(fee=False)
    session.pool["doorMovementEnabled"] = 0
    assert told(session.door(OPEN)) == whole("RseConfig", FAILED)
    assert not session.world.door.powered
