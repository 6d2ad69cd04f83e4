# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Every check provoked by a fault of the emulated world, and what is done about it."""

from __future__ import annotations

import pytest
from fdir_faults import CYCLE_S, TABLE, Fault, Session, by_fault


@pytest.mark.verifies("ASW-27")
@by_fault
def test_each_fault_is_suspected_then_failed_and_recovered(fault: Fault) -> None:
    session = Session(science=fault.science)
    session.begin(fault)
    session.until(fault.items, "SFD_SUSPECTED", fault.within_s)
    pool, items = session.pool, fault.items
    assert pool[f"FdCheck{items}Cnt"] == pool[f"FdCheck{items}SpCnt"] == 1
    assert set(fault.suspected) <= set(session.told())
    assert "EVT_FD_FAILED" not in session.told()

    counts = [1]
    threshold = pool[f"FdCheck{items}CntThr"]
    for _ in range(round(fault.within_s / CYCLE_S)):
        session.bed.run(CYCLE_S)
        counts += [pool[f"FdCheck{items}Cnt"]] * (pool[f"FdCheck{items}Cnt"] != counts[-1])
        if session.state(items) == "SFD_FAILED":
            break
        assert pool[f"FdCheck{items}Cnt"] < threshold
    assert counts == list(range(1, threshold + 1))
    told = session.told()
    assert told.count("EVT_FD_FAILED") == told.count("EVT_RP_STARTED") == 1
    assert set(fault.failed) <= set(told)
    number, kind = TABLE.value("Fid", fault.fid), TABLE.value("Rid", fault.recovery)
    assert session.values("EVT_FD_FAILED")["FdChkId"] == number
    started = session.values("EVT_RP_STARTED")
    assert (started["FdChkId"], started["RecProcId"]) == (number, kind)
    if fault.recovery == "REP_GOTO_SAFE":
        assert session.bed.until(lambda: session.bed.dpu.onboard.software == "DBS", within=90.0)
        assert not session.bed.world.fee_on
        assert session.bed.world.door.opening(session.bed.world.cycle) == 0
        return
    session.end(fault)
    session.bed.run(30)
    assert session.mode == fault.mode
    off = fault.recovery == "REP_FEE_OFF"
    assert session.bed.world.fee_on is not off
    if fault.recovery in ("REP_RET_SCI_W", "REP_RET_SCI_C") and fault.science:
        assert session.state(items) == "SFD_NOMINAL"
    elif items in ("Ttm", "Res", "DpuErrCor", "DoorOp"):
        assert session.state(items) == "SFD_FAILED"  # until the ground has seen it
