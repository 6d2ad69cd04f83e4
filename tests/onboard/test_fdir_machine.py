# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One check as it runs, against a model of its own; limits; service 191."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.core import default_core
from fsw_emu.dpu.fdir.checks import CHECKS, Check
from fsw_emu.dpu.fdir.limits import OWN, TELESCOPE, fee_channel
from fsw_emu.dpu.fdir.look import Finding, Report
from fsw_emu.dpu.fdir.monitor import Monitor
from fsw_emu.dpu.fdir.recovery import Recovery
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm, read_tm
from fsw_emu.world.world import World

TABLE = load()
CYCLE_ITEMS = ("Cnt", "CntThr", "ExtEn", "IntEn", "SpCnt", "State")


def no_reset(kind: str) -> None:
    raise AssertionError(kind)


def onboard() -> Onboard:
    return Onboard(TABLE, World(noise_lsb=0.0), default_core(), "IASW", no_reset)


def names(packets: Sequence[bytes]) -> list[str]:
    told = [read_tm(packet) for packet in packets]
    return [name_of(tm) for tm in told if tm.header.type == 5]


def name_of(tm: Tm) -> str:
    return TABLE.events_by_id[int.from_bytes(tm.data[:2], "big")].name


@dataclass
class Link:
    """A FEE as a check sees it."""

    errors: Counter[str] = field(default_factory=Counter)
    housekeeping: bytes = b""
    n_frames: int = 0
    n_incorrect: int = 0


@dataclass
class Model:
    """What the description of the machine says, written down another way: state by letter."""

    state: str = "O"
    count: int = 0
    suspicions: int = 0

    def step(self, *, everything: bool, this: bool, bad: bool, threshold: int) -> bool:
        """One look; whether it fails by that."""
        if not everything or not this:
            self.state, self.count = ("O" if not everything else "D"), 0
            return False
        if self.state in "OD":
            self.state = "N"
        if self.state == "F":
            return False
        if not bad:
            self.state, self.count = "N", 0
            return False
        self.suspicions += self.state == "N"
        self.count += 1
        self.state = "F" if self.count >= threshold else "S"
        return self.state == "F"


STATES = {
    "O": "SFD_OFF",
    "D": "SFD_DISABLED",
    "N": "SFD_NOMINAL",
    "S": "SFD_SUSPECTED",
    "F": "SFD_FAILED",
}
SAMPLES = st.fixed_dictionaries(
    {
        "everything": st.sampled_from([True] * 9 + [False]),
        "external": st.sampled_from([True] * 9 + [False]),
        "internal": st.sampled_from([True] * 9 + [False]),
        "bad": st.booleans(),
        "threshold": st.sampled_from([0, 1, 2, 2, 3, 3, 4]),
    }
)


@pytest.mark.verifies("ASW-27")
@given(st.lists(SAMPLES, max_size=40))
def test_the_machine_is_that_of_the_model(samples: Sequence[Mapping[str, Any]]) -> None:
    unit, model, bad = onboard(), Model(), [False]
    check = Check(
        "FDC_DPU_RES", "Res", "", "", "always", "cycle",
        lambda _: Finding(bad[0], suspected=(Report("EVT_SYNC_LOSS"),)),
    )  # fmt: skip
    monitor = Monitor(unit, check, Link(), Link())
    pool = unit.pool
    monitor.cycle()  # IntEn is the application's first, and the ground's until it changes
    model.step(everything=True, this=True, bad=False, threshold=1)
    for sample in samples:
        pool["FdGlbEnable"], bad[0] = int(sample["everything"]), sample["bad"]
        pool["FdCheckResExtEn"], pool["FdCheckResIntEn"] = sample["external"], sample["internal"]
        pool["FdCheckResCntThr"] = sample["threshold"]
        due, before = monitor.due(), (model.state, model.count)
        failed = model.step(
            everything=sample["everything"],
            this=sample["external"] and sample["internal"],
            bad=sample["bad"],
            threshold=sample["threshold"],
        )
        assert monitor.cycle() is failed
        assert monitor.state == STATES[model.state]
        assert pool["FdCheckResSpCnt"] == model.suspicions
        assert pool["FdCheckResCnt"] == model.count
        if due is None:
            assert (model.state, model.count) == before
        told = names(unit.downlink.take())
        assert told.count("EVT_FD_FAILED") == failed
        assert told.count("EVT_SYNC_LOSS") == (before[0] in "NOD" and model.state in "SF")


def test_each_check_is_a_row_and_has_its_items_and_events() -> None:
    ids = [TABLE.value("Fid", check.id) for check in CHECKS]
    assert ids == list(range(1, 14))
    for check in CHECKS:
        for item in CYCLE_ITEMS:
            assert f"FdCheck{check.items}{item}" in TABLE.pool
        for item in ("ExtEn", "IntEn", "Kind"):
            assert f"Rp{check.items}{item}" in TABLE.pool
        assert TABLE.pool[f"Rp{check.items}Kind"].default in TABLE.enumerations["Rid"].values()
        for event in (*check.suspected, *check.failed):
            assert event in TABLE.events
        assert (check.items in TABLE.assumed["fdir"]["periods"]) == (check.sampling == "period")


def test_every_channel_has_one_check_and_limits_in_their_order() -> None:
    fee = [fee_channel(name) for name in TABLE.enumerations["ValId"]]
    own = {channel.id for channel in (*OWN, *TELESCOPE)}
    assert own == set(TABLE.enumerations["AdcValId"])
    assert len(own) == len(OWN) + len(TELESCOPE)
    limits = [item for channel in fee for item in channel.limits]
    assert len(limits) == len(set(limits)) == 156
    for channel in (*OWN, *TELESCOPE, *fee):
        low, high, lowest, highest = (TABLE.pool[item].default for item in channel.limits)
        assert isinstance(lowest, int)
        assert 0 < lowest < low < high < highest  # type: ignore[operator]  # integers all
        assert channel.item in TABLE.pool


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.id))
def test_service_191_enables_and_disables_one(rig: Any, check: Check) -> None:
    rig.run(1)
    for command, item, on, off in (
        ("FdCheck", f"FdCheck{check.items}ExtEn", "ACK_FID_ENB", "ACK_FID_DIS"),
        ("FdRecov", f"Rp{check.items}ExtEn", "ACK_RID_ENB", "ACK_RID_DIS"),
    ):
        pool = rig.dpu.onboard.pool
        assert rig.failure(rig.send(f"{command}Enb", FdChkId=check.id)) == on
        assert rig.failure(rig.send(f"{command}Dis", FdChkId=check.id)) == ""
        assert pool[item] == 0
        assert rig.failure(rig.send(f"{command}Dis", FdChkId=check.id)) == off
        assert rig.failure(rig.send(f"{command}Enb", FdChkId=check.id)) == ""
        assert pool[item] == 1


@pytest.mark.parametrize("command", ["FdCheckEnb", "FdCheckDis", "FdRecovEnb", "FdRecovDis"])
@pytest.mark.parametrize("number", [0, 14, 0xFFFF])
def test_service_191_knows_no_other_check(rig: Any, command: str, number: int) -> None:
    before = [rig.dpu.onboard.pool.raw(f"FdCheck{check.items}ExtEn") for check in CHECKS]
    assert rig.failure(rig.send(command, FdChkId=number)) == "ACK_ILL_FID"
    assert before == [rig.dpu.onboard.pool.raw(f"FdCheck{each.items}ExtEn") for each in CHECKS]


def test_service_191_enables_and_disables_all(rig: Any) -> None:
    pool = rig.dpu.onboard.pool
    for command, item in (("FdCheck", "FdGlbEnable"), ("FdRecov", "RpGlbEnable")):
        for word, value in (("Dis", 0), ("Dis", 0), ("Enb", 1), ("Enb", 1)):
            assert rig.failure(rig.send(f"{command}{word}Glob")) == ""
            assert pool[item] == value
            if item == "FdGlbEnable":
                states = {pool[f"FdCheck{check.items}State"] for check in CHECKS}
                assert (states == {TABLE.value("FdCheckState", "SFD_OFF")}) is not bool(value)


#: what each change leads to, and from where
GOALS: Mapping[str, tuple[str, Sequence[str] | None]] = {
    "IaModeContrSwOff": ("SIA_STOP", None),
    "safe": ("SIA_SAFE", None),
    "fee off": ("SIA_STANDBY", ("SIA_SCIENCE", "SIA_PRE_SCIENCE", "SIA_FEE_OFFLINE")),
    "end science": ("SIA_PRE_SCIENCE", ("SIA_SCIENCE",)),
    "IaModePreSci": ("SIA_PRE_SCIENCE", ("SIA_STANDBY",)),
    "IaModeStrtSci": ("SIA_SCIENCE", ("SIA_PRE_SCIENCE",)),
}


@dataclass
class Done:
    running: bool = False


@dataclass
class Machine:
    """Modes that follow at once, with a start of science that may fail."""

    unit: Onboard
    fails: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        return TABLE.label("IaswState", self.unit.pool["iaswState"])

    def refusal(self, on: str, stage: str = "start", /) -> str | None:  # noqa: ARG002
        sources = GOALS[on][1]
        return None if sources is None or self.state in sources else "ACK_WR_IASW_M"

    def request(self, on: str, /) -> Done:
        assert self.refusal(on) is None
        self.asked.append(on)
        if on == "IaModeStrtSci" and self.fails:
            self.fails -= 1
        else:
            self.unit.pool["iaswState"] = TABLE.value("IaswState", GOALS[on][0])
        return Done()


WARM = ["end science", "IaModeStrtSci"]
COLD = ["fee off", "IaModePreSci", "IaModeStrtSci"]
AGAIN = ["fee off", "IaModePreSci", "IaModeStrtSci"]


@pytest.mark.parametrize(
    ("kind", "fails", "asked", "state", "back"),
    [
        ("REP_FEE_OFF", 0, ["fee off"], "SIA_STANDBY", 0),
        ("REP_TERM_SCI", 0, ["end science"], "SIA_PRE_SCIENCE", 0),
        ("REP_GOTO_SAFE", 0, ["IaModeContrSwOff", "safe"], "SIA_SAFE", 0),
        ("REP_RET_SCI_W", 0, WARM, "SIA_SCIENCE", 1),
        ("REP_RET_SCI_W", 2, [*WARM, WARM[1], WARM[1]], "SIA_SCIENCE", 1),
        ("REP_RET_SCI_W", 3, [*WARM, WARM[1], WARM[1]], "SIA_PRE_SCIENCE", 0),
        ("REP_RET_SCI_C", 0, COLD, "SIA_SCIENCE", 1),
        ("REP_RET_SCI_C", 1, [*COLD, *AGAIN], "SIA_SCIENCE", 1),
        ("REP_RET_SCI_C", 9, [*COLD, *AGAIN, *AGAIN, "fee off"], "SIA_STANDBY", 0),
    ],
)
def test_recoveries(kind: str, fails: int, asked: list[str], state: str, back: int) -> None:
    unit = onboard()
    modes, resets, returns = Machine(unit, fails), list[int](), list[int]()
    unit.pool["iaswState"] = TABLE.value("IaswState", "SIA_SCIENCE")
    unit.pool["RpRetrySciDelay"] = 5
    recovery = Recovery(unit, modes, safe=lambda: resets.append(1))
    recovery.start("FDC_FEE_COMM", TABLE.value("Rid", kind), lambda: returns.append(1))
    n_cycles = 0
    while recovery.running:
        recovery.cycle()
        n_cycles += 1
    assert modes.asked == asked
    assert modes.state == state
    assert (len(resets), len(returns)) == (kind == "REP_GOTO_SAFE", back)
    assert n_cycles == 1 + 5 * asked.count("IaModeStrtSci")
    assert names(unit.downlink.take()) == ["EVT_RP_STARTED"]


def test_returns_are_counted_until_science_has_lasted() -> None:
    unit = onboard()
    modes = Machine(unit)
    recovery = Recovery(unit, modes, safe=lambda: None)
    unit.pool["iaswState"] = TABLE.value("IaswState", "SIA_SCIENCE")
    unit.pool["RpRetrySciDelay"], unit.pool["RpRetrySciNMax"] = 0, 2

    def again() -> str:
        unit.pool["iaswState"] = TABLE.value("IaswState", "SIA_SCIENCE")
        recovery.start("FDC_INCORR_SD", 4, lambda: None)
        recovery.cycle()
        return modes.state

    assert [again(), again(), again()] == ["SIA_SCIENCE", "SIA_SCIENCE", "SIA_PRE_SCIENCE"]
    unit.pool["iaswStateCnt"] = TABLE.assumed["fdir"]["settled"]
    assert again() == "SIA_SCIENCE"


def test_a_return_gives_way_to_who_changes_the_mode() -> None:
    unit = onboard()
    modes = Machine(unit)
    recovery = Recovery(unit, modes, safe=lambda: None)
    unit.pool["iaswState"] = TABLE.value("IaswState", "SIA_SCIENCE")
    recovery.start("FDC_INCORR_SD", 4, lambda: None)
    recovery.cycle()
    unit.pool["iaswState"] = TABLE.value("IaswState", "SIA_STOP")
    for _ in range(200):
        recovery.cycle()
    assert modes.asked == ["end science"]
    recovery.start("FDC_INCORR_SD", 0, lambda: None)  # no such procedure
    assert not recovery.running
