# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Modes: every transition of the tables happens and is reported, every other one is refused with
its failure and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.core import default_core
from fsw_emu.dpu.modes.machine import IllegalTransition, StateMachine
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.modes import Machine, load_modes
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm, read_tm
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.scenario import Scenario
from fsw_emu.world.world import World

MACHINES = load_modes()
COMMANDS = (
    "IaModePreSci",
    "IaModeStrtSci",
    "IaModeStpSci",
    "IaModeGotoStby",
    "IaModeStrtMan",
    "IaModeContrSwOff",
)
#: what the application's modes are, written once more by hand: command -> from -> to
LEGAL = {
    ("IaModeGotoStby", "PRIME"): "STANDBY",
    ("IaModeGotoStby", "FEE_OFFLINE"): "STANDBY",
    ("IaModeGotoStby", "PRE_SCIENCE"): "STANDBY",
    ("IaModeStrtMan", "STANDBY"): "FEE_OFFLINE",
    ("IaModePreSci", "STANDBY"): "PRE_SCIENCE",
    ("IaModeStrtSci", "PRE_SCIENCE"): "SCIENCE",
    ("IaModeStpSci", "SCIENCE"): "PRE_SCIENCE",
    **{
        ("IaModeContrSwOff", state): "STOP"
        for state in ("PRIME", "STANDBY", "FEE_OFFLINE", "PRE_SCIENCE", "SCIENCE")
    },
}
#: how each mode is reached
WAY = {
    "PRIME": (),
    "STANDBY": ("IaModeGotoStby",),
    "FEE_OFFLINE": ("IaModeGotoStby", "IaModeStrtMan"),
    "PRE_SCIENCE": ("IaModeGotoStby", "IaModePreSci"),
    "SCIENCE": ("IaModeGotoStby", "IaModePreSci", "IaModeStrtSci"),
    "STOP": ("IaModeContrSwOff",),
}
FEE_IN = {
    "PRIME": "SFE_OFF",
    "STANDBY": "SFE_OFF",
    "FEE_OFFLINE": "SFE_ON",
    "PRE_SCIENCE": "SFE_STANDBY",
    "SCIENCE": "SFE_SCIENCE",
    "STOP": "SFE_OFF",
}


class Session:
    """A testbed in the application, its door open."""

    def __init__(self, *, door_open: bool = True, scenario: Scenario | None = None) -> None:
        world = World(noise_lsb=0.0, scenario=scenario)
        self.bed = Testbed(world=world, booted=True)
        self.pool = self.bed.dpu.onboard.pool
        self.pool["FdGlbEnable"] = 0  # what faults lead to is of another test
        self.pool["FRMintSyncPeriod"] = 60_000  # no frame is rendered for most of them
        if door_open:
            world.door.place(1.0, world.cycle)
            self.bed.send("ProcStrRseStatus")
            self.bed.run(1)
        self.take()

    def send(self, name: str, *, seconds: float = 8, **values: Any) -> list[Tm]:
        self.bed.send(name, **values)
        self.bed.run(seconds)
        return self.take()

    def take(self) -> list[Tm]:
        return [read_tm(packet) for packet in self.bed.take()]

    def state(self, item: str, enumeration: str) -> str:
        return self.bed.dpu.table.label(enumeration, self.pool[item])

    @property
    def mode(self) -> str:
        return self.state("iaswState", "IaswState").removeprefix("SIA_")

    @property
    def fee(self) -> str:
        return self.state("feeState", "FeeState")

    def to(self, mode: str) -> None:
        for name in WAY[mode]:
            self.send(name)
        assert self.mode == mode

    def failures(self, came: Sequence[Tm]) -> list[str]:
        names = {each.code: name for name, each in self.bed.dpu.table.failures.items()}
        return [
            names[int.from_bytes(tm.data[4:6], "big")]
            for tm in came
            if tm.header.type == 1 and tm.header.subtype in (2, 4, 8)
        ]

    def failure(self, came: Sequence[Tm]) -> str:
        return next(iter(self.failures(came)), "")

    def events(self, came: Sequence[Tm]) -> list[tuple[str, bytes]]:
        by_id = self.bed.dpu.table.events_by_id
        return [
            (by_id[int.from_bytes(tm.data[:2], "big")].name, tm.data[2:])
            for tm in came
            if tm.header.type == 5
        ]


def test_the_tables_hold_together() -> None:
    """States are those of the enumeration, each can be reached, out of each state a request leads
    to one other; failures and events are the interface's."""
    table = load()
    for machine in MACHINES.values():
        states = table.enumerations[machine.enumeration]
        named = {machine.initial}
        for each in machine.transitions:
            named |= {each.to, *each.from_}
            assert set(each.guards) <= machine.guards.keys()
        assert named == set(states)
        reached, before = {machine.initial}, set[str]()
        while reached != before:
            before = set(reached)
            reached |= {t.to for t in machine.transitions if reached & set(t.from_)}
        assert reached == named
        pairs = [(t.on, state) for t in machine.transitions for state in t.from_]
        assert len(pairs) == len(set(pairs))
        assert {machine.refused, *machine.guards.values()} <= table.failures.keys()
        assert machine.state in table.pool
        assert machine.event is None or machine.event in table.events


def test_the_applications_table_is_what_is_written_here() -> None:
    machine = MACHINES["application"]
    for mode in WAY:
        for name in COMMANDS:
            found = machine.to(f"SIA_{mode}", name)
            assert (found.to if found else None) == (
                f"SIA_{LEGAL[name, mode]}" if (name, mode) in LEGAL else None
            )


@pytest.mark.verifies("ASW-25")
@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda each: each.name)
def test_every_transition_fires_and_every_other_one_does_not(machine: Machine) -> None:
    onboard = Onboard(load(), World(), default_core(), "IASW", lambda _: None)
    state_machine = StateMachine(onboard, machine)
    onboard.downlink.take()
    states = load().enumerations[machine.enumeration]
    for state, number in states.items():
        for on in {each.on for each in machine.transitions}:
            onboard.pool[machine.state] = number
            transition = machine.to(state, on)
            assert state_machine.can(on) == (transition is not None)
            if transition is None:
                with pytest.raises(IllegalTransition):
                    state_machine.fire(on)
                assert (state_machine.state, onboard.downlink.take()) == (state, [])
                continue
            state_machine.fire(on)
            assert state_machine.state == transition.to
            reports = [read_tm(packet).data for packet in onboard.downlink.take()]
            if machine.event is None:
                assert reports == []
                continue
            event = load().events[machine.event]
            numbers = (event.id, number, states[transition.to], 0)
            assert reports == [b"".join(n.to_bytes(2, "big") for n in numbers)]


@pytest.mark.parametrize("mode", WAY)
def test_every_mode_refuses_what_it_may_not(mode: str) -> None:
    """What is refused changes nothing."""
    session = Session()
    session.to(mode)
    assert session.fee == FEE_IN[mode]
    refused = [name for name in COMMANDS if (name, mode) not in LEGAL]
    for name in refused:
        before = session.mode, session.fee, session.state("rseState", "RseState")
        came = session.send(name, seconds=0.5)
        assert session.failure(came) == "ACK_WR_IASW_M"
        assert (session.mode, session.fee, session.state("rseState", "RseState")) == before
        assert [tm.header.subtype for tm in came if tm.header.type == 1] == [1, 4]
        assert session.events(came) == []


@pytest.mark.parametrize(("name", "mode"), LEGAL)
def test_every_legal_command_ends_in_its_mode(name: str, mode: str) -> None:
    session = Session()
    session.to(mode)
    goal = LEGAL[name, mode]
    seconds = 80 if goal == "STOP" else 8
    came = session.send(name, seconds=seconds)
    assert session.failure(came) == ""
    assert [tm.header.subtype for tm in came if tm.header.type == 1] == [1, 3, 7]
    assert (session.mode, session.fee) == (goal, FEE_IN[goal])
    values = load().enumerations["IaswState"]
    words = (values[f"SIA_{mode}"], values[f"SIA_{goal}"], 0)
    told = b"".join(word.to_bytes(2, "big") for word in words)
    assert [data for event, data in session.events(came) if event == "EVT_IASW_TR"] == [told]
    assert session.bed.world.fee_on == (FEE_IN[goal] != "SFE_OFF")
    if goal == "STOP":
        assert session.state("rseState", "RseState") == "SRS_CLOSED"
        assert session.bed.world.door.opening(session.bed.world.cycle) == 0


def test_the_fee_passes_through_its_states() -> None:
    session = Session()
    came = session.send("IaModeGotoStby")
    for name in ("IaModePreSci", "IaModeStrtSci", "IaModeStpSci", "IaModeGotoStby"):
        came += session.send(name)
    labels = {value: name[4:] for name, value in load().enumerations["FeeState"].items()}
    steps = [
        labels[int.from_bytes(data[2:4], "big")]
        for event, data in session.events(came)
        if event == "EVT_FEE_TR"
    ]
    assert steps == ["INIT", "ON", "STANDBY", "SCIENCE", "STANDBY", "SHUTDOWN", "OFF"]


def test_science_is_a_procedure_that_starts_and_ends() -> None:
    session = Session()
    session.to("PRE_SCIENCE")
    came = session.send("IaModeStrtSci")
    assert ("EVT_SC_PR_STRT", bytes([0, 6])) in session.events(came)
    assert session.state("ProcNomSciNode", "ProcNomSciNode") == "PNS_EVT_DETECT"
    came = session.send("IaModeStpSci")
    assert ("EVT_SC_PR_END", bytes([0, 6, 0, 0, 0, 0])) in session.events(came)
    assert session.state("ProcNomSciNode", "ProcNomSciNode") == "PNS_OFF"


def test_no_science_through_a_closed_door() -> None:
    session = Session(door_open=False)
    session.to("PRE_SCIENCE")
    came = session.send("IaModeStrtSci")
    assert session.failure(came) == "ACK_MODE_CHNG_FAILED"
    assert (session.mode, session.fee, session.events(came)) == ("PRE_SCIENCE", "SFE_STANDBY", [])


def test_no_science_before_the_fee_is_ready() -> None:
    session = Session()
    session.to("STANDBY")
    session.send("IaModePreSci", seconds=0.5)
    came = session.send("IaModeStrtSci", seconds=0.25)
    assert (session.failure(came), session.mode) == ("ACK_WR_FEE_M", "PRE_SCIENCE")


@pytest.mark.parametrize("name", ["IaModePreSci", "IaModeStrtMan"])
def test_a_fee_that_does_not_answer_is_switched_off(name: str) -> None:
    session = Session()
    session.to(mode := "STANDBY")
    session.bed.world.act("fee.rmap_timeout")
    came = session.send(name)
    assert session.failure(came) == "ACK_MODE_CHNG_FAILED"
    assert (session.mode, session.fee, session.bed.world.fee_on) == (mode, "SFE_OFF", False)


def test_science_that_cannot_begin_falls_back() -> None:
    session = Session()
    session.to("PRE_SCIENCE")
    session.bed.world.act("fee.rmap_timeout")
    came = session.send("IaModeStrtSci")
    assert session.failure(came) == "ACK_MODE_CHNG_FAILED"
    assert session.mode == "PRE_SCIENCE"
    assert ("EVT_SC_PR_END", bytes([0, 6, 0, 1, 0, 0])) in session.events(came)


def test_a_change_that_goes_on_gives_way_to_the_next() -> None:
    session = Session()
    session.to("STANDBY")
    session.send("IaModePreSci", seconds=0.5)
    came = session.send("IaModeGotoStby")
    assert session.failure(came) == "ACK_MODE_CHNG_FAILED"  # of the first
    assert (session.mode, session.fee) == ("STANDBY", "SFE_OFF")
    assert [tm.header.subtype for tm in came if tm.header.type == 1] == [1, 3, 8, 7]


@pytest.mark.verifies("ASW-25")
@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(COMMANDS), st.sampled_from([0.125, 1.0, 8.0])), max_size=7)
)
def test_any_sequence_follows_the_table(steps: list[tuple[str, float]]) -> None:
    """The model is LEGAL and that science needs a FEE that has had its time."""
    session = Session()
    mode, ready = "PRIME", False
    for name, seconds in steps:
        came = session.send(name, seconds=seconds)
        goal = LEGAL.get((name, mode))
        if goal == "SCIENCE" and not ready:
            assert "ACK_WR_FEE_M" in session.failures(came)
        elif goal is None:
            assert "ACK_WR_IASW_M" in session.failures(came)
        else:
            mode = goal
        assert session.mode == mode
        waited = seconds >= 8
        ready = mode == "PRE_SCIENCE" and (ready or waited or session.fee == "SFE_STANDBY")


def test_cycles_may_be_left_out_on_the_way_to_science() -> None:
    """The same telemetry, cycle by cycle or in any grouping."""

    def run(step: float) -> list[bytes]:
        session = Session()
        for name in WAY["SCIENCE"]:
            session.bed.send(name)
            for _ in range(round(8 / step)):
                session.bed.run(step)
        return session.bed.take()

    assert run(0.125) == run(8)
