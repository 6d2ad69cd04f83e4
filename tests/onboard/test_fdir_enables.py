# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Each of the enables keeps all of failure detection, or of recovery, from happening."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fdir_faults import FAULTS, Fault, Session

#: those that need no frame, and can be at once
TOGETHER = [fault for fault in FAULTS if not fault.science or fault.items == "Res"]
#: those that do
FRAMES = ("IncSciDat", "FeeAnoEvt", "FeeFullSun", "FeeComErr")
IN_FRAMES = [fault for fault in FAULTS if fault.items in FRAMES]
ALL_OFF = [
    (["FdGlbEnable"], "SFD_OFF"),
    ([f"FdCheck{fault.items}ExtEn" for fault in FAULTS], "SFD_DISABLED"),
    ([f"FdCheck{fault.items}IntEn" for fault in FAULTS], "SFD_DISABLED"),
    (["RpGlbEnable"], "SFD_FAILED"),
    ([f"Rp{fault.items}ExtEn" for fault in FAULTS], "SFD_FAILED"),
    ([f"Rp{fault.items}IntEn" for fault in FAULTS], "SFD_FAILED"),
]


@pytest.mark.parametrize(("off", "state"), ALL_OFF)
def test_each_enable_keeps_all_of_it_from_happening(off: Sequence[str], state: str) -> None:
    nothing_happens(TOGETHER, off, state, for_s=130.0)


@pytest.mark.parametrize(("off", "state"), ALL_OFF[::3])
def test_and_in_frames(off: Sequence[str], state: str) -> None:
    nothing_happens(IN_FRAMES, off, state, for_s=13.0)


def nothing_happens(
    faults: Sequence[Fault], off: Sequence[str], state: str, *, for_s: float
) -> None:
    session = Session(science=faults is IN_FRAMES)
    mode = session.mode
    for item in off:
        session.pool[item] = 0
    for fault in faults:
        session.begin(fault)
        session.pool[f"FdCheck{fault.items}CntThr"] = 1
    session.bed.run(for_s)
    told = session.told()
    assert {session.state(fault.items) for fault in faults} == {state}
    failed = [fault.fid for fault in faults if session.state(fault.items) == "SFD_FAILED"]
    assert told.count("EVT_FD_FAILED") >= len(failed)
    assert ("EVT_FD_FAILED" in told) is (state == "SFD_FAILED")
    assert "EVT_RP_STARTED" not in told
    assert session.mode == mode
