# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Faults of the emulated world, one for each check of failure detection, and a unit to try them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from fsw_emu.interface.fields import unpack
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm, read_tm
from fsw_emu.testbed.testbed import Testbed
from fsw_emu.world.acts import ACTS

TABLE = load()
CYCLE_S = 0.125
OPEN_DOOR = {"ProcId": "RSE_CONFIG_PR", "ProcRseCmdId": 1}


@dataclass(frozen=True)
class Fault:
    """What is wrong in the world, and what the check of these items says and does of it."""

    fid: str
    items: str
    act: str
    arguments: Mapping[str, Any]
    science: bool
    suspected: tuple[str, ...]
    failed: tuple[str, ...]
    recovery: str
    mode: str  # that it ends in
    within_s: float = 60.0

    def __str__(self) -> str:
        return self.fid


def fault(
    fid: str, items: str, act: str, recovery: str, mode: str, *, told: str = "/", **arguments: Any
) -> Fault:
    """told: events when suspected/when failed. s, within: whether in science, and how long."""
    suspected, failed = (tuple(part.split()) for part in told.split("/"))
    science, within_s = arguments.pop("s", False), arguments.pop("within", 60.0)
    return Fault(
        fid, items, act, arguments, science, suspected, failed, recovery, mode, within_s
    )  # fmt: skip


FAULTS = [
    fault(
        "FDC_TS_TEMP", "Ttm", "adc.override", "REP_FEE_OFF", "SIA_STANDBY",
        told="EVT_CCD_TEMP_WARN/EVT_CCD_TEMP_FAIL", channel="TEMP_CCD", raw=10000,
    ),
    fault(
        "FDC_INCORR_SD", "IncSciDat", "fee.corrupt", "REP_RET_SCI_W", "SIA_SCIENCE",
        s=True, share=0.3,
    ),
    fault(
        "FDC_FEE_COMM", "FeeComErr", "fee.rmap_error", "REP_RET_SCI_C", "SIA_SCIENCE",
        s=True, status=10,
    ),
    fault(
        "FDC_FEE_TO", "FeeTimeOut", "fee.rmap_timeout", "REP_RET_SCI_C", "SIA_SCIENCE", s=True
    ),
    fault(
        "FDC_FEE_ALIVE", "FeeAlive", "fee.frozen", "REP_FEE_OFF", "SIA_STANDBY",
        told="/EVT_FEE_NOT_ALIVE", s=True,
    ),
    fault(
        "FDC_FEE_ANOM", "FeeAnoEvt", "fee.burst", "REP_TERM_SCI", "SIA_PRE_SCIENCE",
        told="EVT_FEE_ANOMALY/EVT_FEE_ANO_FAIL", s=True, rate=3000,
    ),
    fault(
        "FDC_FEE_OOL", "FeeLimit", "fee.hk", "REP_FEE_OFF", "SIA_STANDBY",
        told="EVT_FEE_PARAM_WARN/EVT_FEE_PARAM_OOL", field="vccd", raw=60000,
    ),
    fault(
        "FDC_DPU_OOL", "DpuHk", "adc.override", "REP_GOTO_SAFE", "",
        told="EVT_DPU_VOLT_WARN EVT_DPU_VOLT_FAIL/EVT_DPU_PERM_FAIL", channel="P3V3", raw=0,
    ),
    fault(
        "FDC_DPU_RES", "Res", "dpu.free_pages", "REP_TERM_SCI", "SIA_PRE_SCIENCE",
        told="/EVT_RES_ERR", s=True, pages=1023,
    ),
    fault(
        "FDC_DOOR_OPER", "DoorOp", "door.stuck", "REP_TERM_SCI", "SIA_PRE_SCIENCE",
        told="EVT_RSE_CLOSE_TO/", within=120.0,
    ),
    fault(
        "FDC_FULL_SUN", "FeeFullSun", "sky.sun", "REP_GOTO_SAFE", "",
        told="EVT_FULL_SUN/EVT_FULL_SUN_FAIL", s=True,
    ),
    fault(
        "FDC_FEE_ECC", "FeeErrCor", "fee.ecc", "REP_RET_SCI_C", "SIA_PRE_SCIENCE",
        told="/EVT_FEE_EC_RATE", rate=5, within=300.0,
    ),
    fault(
        "FDC_DPU_ECC", "DpuErrCor", "edac.upsets", "REP_TERM_SCI", "SIA_PRE_SCIENCE",
        told="/EVT_DPU_EC_RATE", rate=20, start=0x60300000, bytes=1 << 22, within=300.0,
    ),
]  # fmt: skip
#: for tests of each of them
by_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


class Session:
    """A unit in PRE_SCIENCE with the door open, or in SCIENCE."""

    def __init__(self, *, science: bool) -> None:
        self.bed = Testbed(booted=True)
        self.seen: list[Tm] = []
        self.bed.send("IaModeGotoStby")
        self.bed.send("ProcStrRseConfig", **OPEN_DOOR)
        self.bed.run(70)
        self.bed.send("IaModePreSci")
        self.bed.run(10)
        if science:
            self.bed.send("IaModeStrtSci")
            self.bed.run(9)
        assert self.mode == ("SIA_SCIENCE" if science else "SIA_PRE_SCIENCE")
        assert not {name for name in self.told() if name.startswith(("EVT_FD", "EVT_RP"))}
        self.seen.clear()

    @property
    def pool(self) -> Any:
        return self.bed.dpu.onboard.pool

    @property
    def mode(self) -> str:
        return TABLE.label("IaswState", self.pool["iaswState"])

    def state(self, items: str) -> str:
        return TABLE.label("FdCheckState", self.pool[f"FdCheck{items}State"])

    def begin(self, fault: Fault) -> None:
        self.bed.world.act(fault.act, **fault.arguments)
        if fault.items == "DoorOp":
            self.bed.send("ProcStrRseConfig", ProcId="RSE_CONFIG_PR", ProcRseCmdId=2)

    def end(self, fault: Fault) -> None:
        ends = ACTS[fault.act].ends
        assert ends is not None or fault.act == "dpu.free_pages"
        self.bed.world.act(fault.act, **{**fault.arguments, **(ends or {"pages": 20000})})
        if fault.items == "DoorOp":
            self.bed.send("ProcStrRseConfig", **OPEN_DOOR)

    def until(self, items: str, state: str, within_s: float) -> None:
        assert self.bed.until(lambda: self.state(items) == state, within=within_s), state

    def told(self) -> list[str]:
        """Names of events so far, in order."""
        new = [read_tm(packet) for packet in self.bed.take()]
        self.seen += [tm for tm in new if tm.header.type == 5]
        return [TABLE.events_by_id[int.from_bytes(tm.data[:2], "big")].name for tm in self.seen]

    def values(self, event: str) -> dict[str, Any]:
        """Parameters of the first of this name."""
        at = self.told().index(event)
        return unpack(TABLE.events[event].fields, self.seen[at].data[2:])
