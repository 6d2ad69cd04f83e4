# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""When failure detection says nothing: faults that go in time, a good world."""

from __future__ import annotations

from fdir_faults import FAULTS, Fault, Session, by_fault

from fsw_emu.testbed.testbed import NoFee, Testbed
from fsw_emu.world.scenario import shipped


@by_fault
def test_a_fault_that_goes_in_time_is_forgotten(fault: Fault) -> None:
    session = Session(science=fault.science)
    session.pool[f"FdCheck{fault.items}CntThr"] = 500
    session.begin(fault)
    session.until(fault.items, "SFD_SUSPECTED", fault.within_s)
    session.end(fault)
    session.until(fault.items, "SFD_NOMINAL", 300.0)
    assert session.pool[f"FdCheck{fault.items}Cnt"] == 0
    assert session.pool[f"FdCheck{fault.items}SpCnt"] == 1
    assert not {"EVT_FD_FAILED", "EVT_RP_STARTED", *fault.failed} & set(session.told())


def suspicions(session: Session) -> dict[str, int]:
    return {fault.fid: session.pool[f"FdCheck{fault.items}SpCnt"] for fault in FAULTS}


def test_nothing_is_suspected_in_science() -> None:
    session = Session(science=True)
    session.bed.run(60)
    assert not any(suspicions(session).values())
    assert {session.state(fault.items) for fault in FAULTS} == {"SFD_NOMINAL"}
    assert not session.told()


def test_nothing_is_suspected_for_an_hour() -> None:
    session = Session(science=False)
    session.bed.run(3600.0)
    assert not any(suspicions(session).values())
    assert session.told() == []


def test_nothing_is_suspected_near_the_earth() -> None:
    """Without a FEE: temperatures, supply, resources, memory."""
    bed = Testbed(scenario=shipped("quiet_orbit"), fee=NoFee(), booted=True)
    bed.run(2 * 3600.0)
    pool = bed.dpu.onboard.pool
    assert not any(pool[f"FdCheck{fault.items}SpCnt"] for fault in FAULTS)
