# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The thirteen checks (MIB v1.8.1, FDC_*): a row and a small function each.

Names of items and events are those of the database; what a check looks at and when is ASSUMED
from them.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from fsw_emu.dpu.fdir.limits import FEE_CCDS, OWN, TELESCOPE, Channel, fee_channel, judged
from fsw_emu.dpu.fdir.look import GOOD, Finding, Look, Report
from fsw_emu.interface.table import Interface

#: when there is something to look at: the application writes FdCheck*IntEn when that changes
Scope = Literal["always", "FEE on", "science"]
#: in every cycle, in cycles that are multiples of a period, at each housekeeping, at each frame
Sampling = Literal["cycle", "period", "housekeeping", "frame"]

_U16 = 0xFFFF
#: the counter of the FEE has 12 bits; that of the memory 16. Both stay at their ends
_FEE_COUNTER_END, _DPU_COUNTER_END = 0xFFF, _U16
_CYCLE_MS = 125
#: kinds of errors on the link to the FEE, as its port counts them
COMMUNICATION = ("status", "damaged", "unexpected", "discarded", "eep")
TIME_OUT = "time-out"


@dataclass(frozen=True)
class Check:
    """``id``: in the enumeration Fid; ``items``: its data-pool items are FdCheck + this + Cnt,
    CntThr, ExtEn, IntEn, SpCnt, State, and Rp + this + ExtEn, IntEn, Kind. ``watches``, ``limit``:
    in words; ``suspected``, ``failed``: events that go with it beside EVT_FD_FAILED."""

    id: str
    items: str
    watches: str
    limit: str
    scope: Scope
    sampling: Sampling
    look: Callable[[Look], Finding]
    suspected: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def telescope_temperature(look: Look) -> Finding:
    """CCDs and FEE, by the converter; the CCDs by the FEE too, when it is on."""
    channels = [*TELESCOPE]
    if look.fee_answers:
        channels += (fee_channel(name) for name in FEE_CCDS)
    return judged(look, channels, look.pool["FdCheckTtmCntThr"])


def incorrect_science(look: Look) -> Finding:
    """Packets that were wrong or missing since the last frame."""
    now = look.science.n_incorrect
    return Finding(now > look.before("incorrect", now))


def fee_communication(look: Look) -> Finding:
    """Replies with an error, damaged or not asked for, since the last look."""
    now = sum(look.fee.errors.get(kind, 0) for kind in COMMUNICATION)
    return Finding(now > look.before("errors", now))


def fee_time_out(look: Look) -> Finding:
    """Commands without a reply since the last look, or no frame for longer than their period."""
    now = look.fee.errors.get(TIME_OUT, 0)
    return Finding(now > look.before("errors", now) or _is_frame_late(look))


def _is_frame_late(look: Look) -> bool:
    """Frames come by themselves, in science with syncs of the FEE's own."""
    pool, cycle = look.pool, look.onboard.cycle
    n_frames = look.science.n_frames
    if look.before("frames", n_frames) != n_frames or not (look.in_science and pool["FRMsyncSel"]):
        look.memory["frame cycle"] = cycle
    since_ms = (cycle - look.memory.setdefault("frame cycle", cycle)) * _CYCLE_MS
    return since_ms > pool["FRMintSyncPeriod"] + pool["DataPktTimeOutTol"]


def fee_alive(look: Look) -> Finding:
    """No housekeeping since the last look; or the same, while frames are counted in it."""
    checksum = crc_hqx(look.fee.housekeeping, _U16)
    last = look.before("checksum", checksum)
    updated = look.pool["FeeHkLastUpdt"]
    first = "updated" not in look.memory
    came = look.before("updated", updated) != updated
    look.pool["FeeAliveChksm"] = checksum
    stands = checksum == last and look.fee_reads_out
    bad = not first and (stands or not came)
    return Finding(bad, failed=(Report("EVT_FEE_NOT_ALIVE"),))


def fee_anomaly(look: Look) -> Finding:
    """More events in the last frame than may be."""
    count, most = look.pool["LastFrameEvtCount"], look.pool["eventPacketLimit"]
    values = {"LastFrameEvtCount": count, "eventPacketLimit": most}
    return Finding(
        count > most,
        suspected=(Report("EVT_FEE_ANOMALY", values),),
        failed=(Report("EVT_FEE_ANO_FAIL"),),
    )


def fee_limits(look: Look) -> Finding:
    """All that the FEE measures but the CCDs' temperatures."""
    return judged(look, _fee_channels(look.onboard.table), look.pool["FdCheckFeeLimitCntThr"])


def dpu_limits(look: Look) -> Finding:
    """Voltages, currents and temperatures of the unit."""
    return judged(look, OWN, look.pool["FdCheckDpuHkCntThr"])


def dpu_resources(look: Look) -> Finding:
    """Time and memory. Deadlines: iaswDeadline in ms, sdpDeadline in us (ASSUMED)."""
    pool, has = look.pool, look.world.resources
    reasons = {
        "IASW_EXEC": has.iasw_us > pool["iaswDeadline"] * 1000,
        "SDP_EXEC": has.sdp_us > pool["sdpDeadline"],
        "FREE_PAGE_MIN": has.free_pages < pool["NumFreePagesMin"],
        "MEM_ALLOC_FAIL": has.alloc_fails,
    }
    numbers = look.onboard.table.enumerations["ResErrReason"]
    failed = (
        Report("EVT_RES_ERR", {"ResErrReason": numbers[reason]})
        for reason, bad in reasons.items()
        if bad
    )
    return Finding(any(reasons.values()), failed=tuple(failed))


def door_operation(look: Look) -> Finding:
    """The door did not come to its end in time; whoever drives it tells so."""
    unknown = look.onboard.table.value("RseDoorOperation", "UNKNOWN")
    return Finding(look.pool["rseDoorOperation"] == unknown)


def full_sun(look: Look) -> Finding:
    """Bright pixels of any node."""
    items = [f"FRMHKccd{ccd}{side}PixFullSun" for ccd in (2, 4) for side in "EF"]
    values = {item: look.pool[item] for item in items}
    most = look.pool["SunPixThreshold"]
    return Finding(
        max(values.values()) > most,
        suspected=(Report("EVT_FULL_SUN", {**values, "SunPixThreshold": most}),),
        failed=(Report("EVT_FULL_SUN_FAIL"),),
    )


def fee_corrections(look: Look) -> Finding:
    """What the FEE corrected in its memory."""
    return _corrections(look, "Fee", look.pool["FRMHKcmicCorr"], _FEE_COUNTER_END)


def dpu_corrections(look: Look) -> Finding:
    """What was corrected in the unit's memory."""
    look.pool["DpuCceCounter"] = look.world.edac.single_faults
    return _corrections(look, "Dpu", look.world.edac.single_faults, _DPU_COUNTER_END)


def _corrections(look: Look, unit: str, count: int, end: int) -> Finding:
    """Too many since the last look, or a counter at its end. One that went back began anew."""
    last, most = look.before("count", count), look.pool[f"{unit}CceRateThr"]
    rate = count - last if count >= last else count
    look.pool[f"{unit}CceValOld"], look.pool[f"{unit}CceRate"] = count, rate
    saturated, fast = count >= end, rate > most
    failed = []
    if saturated:
        failed.append(Report(f"EVT_{unit.upper()}_EC_SAT"))
    if fast:
        values = {f"{unit}CceRate": rate, f"{unit}CceRateThr": most}
        failed.append(Report(f"EVT_{unit.upper()}_EC_RATE", values))
    return Finding(True, failed=tuple(failed)) if failed else GOOD


@cache
def _names(ids: tuple[str, ...]) -> tuple[Channel, ...]:
    return tuple(fee_channel(name) for name in ids if name not in FEE_CCDS)


def _fee_channels(table: Interface) -> tuple[Channel, ...]:
    return _names(tuple(table.enumerations["ValId"]))


CHECKS: Sequence[Check] = (
    Check(
        "FDC_TS_TEMP", "Ttm",
        "temperatures of CCDs and FEE", "`TEMP_CCD*Limit`, `TEMP_FEE*Limit`, `CCD*_TS_*`",
        "always", "period", telescope_temperature,
        ("EVT_CCD_TEMP_WARN", "EVT_FEE_TEMP_WARN", "EVT_FEE_PARAM_WARN"),
        ("EVT_CCD_TEMP_FAIL", "EVT_FEE_TEMP_FAIL", "EVT_FEE_CCD_TEMP_FAIL"),
    ),
    Check(
        "FDC_INCORR_SD", "IncSciDat",
        "science packets that are wrong or missing", "none in a frame",
        "science", "frame", incorrect_science,
    ),
    Check(
        "FDC_FEE_COMM", "FeeComErr",
        "replies of the FEE with errors", "none in a period",
        "FEE on", "period", fee_communication,
    ),
    Check(
        "FDC_FEE_TO", "FeeTimeOut",
        "commands without a reply, frames that do not come",
        "`RmapTimeOut`; `FRMintSyncPeriod` + `DataPktTimeOutTol`",
        "FEE on", "period", fee_time_out,
    ),
    Check(
        "FDC_FEE_ALIVE", "FeeAlive",
        "housekeeping of the FEE: that it comes, and moves with frames", "in each period",
        "FEE on", "period", fee_alive,
        failed=("EVT_FEE_NOT_ALIVE",),
    ),
    Check(
        "FDC_FEE_ANOM", "FeeAnoEvt",
        "events in a frame", "`eventPacketLimit`",
        "science", "frame", fee_anomaly,
        ("EVT_FEE_ANOMALY",), ("EVT_FEE_ANO_FAIL",),
    ),
    Check(
        "FDC_FEE_OOL", "FeeLimit",
        "voltages and temperatures that the FEE measures", "`*_LL`, `*_UL`",
        "FEE on", "housekeeping", fee_limits,
        ("EVT_FEE_PARAM_WARN",), ("EVT_FEE_PARAM_OOL",),
    ),
    Check(
        "FDC_DPU_OOL", "DpuHk",
        "voltages, currents and temperatures of the unit", "`*AlarmLowerLimit`, `*AlarmUpperLimit`",
        "always", "period", dpu_limits,
        (
            "EVT_DPU_VOLT_WARN", "EVT_DPU_TEMP_WARN", "EVT_DPU_PERM_WARN",
            "EVT_PSU_CURR_WARN", "EVT_PSU_TEMP_WARN", "EVT_PSU_PERM_WARN",
            "EVT_DPU_VOLT_FAIL", "EVT_DPU_TEMP_FAIL",
            "EVT_PSU_CURR_FAIL", "EVT_PSU_TEMP_FAIL",
        ),
        ("EVT_DPU_PERM_FAIL", "EVT_PSU_PERM_FAIL"),
    ),
    Check(
        "FDC_DPU_RES", "Res",
        "time in a cycle, free pages, memory that is refused",
        "`iaswDeadline`, `sdpDeadline`, `NumFreePagesMin`",
        "always", "cycle", dpu_resources,
        failed=("EVT_RES_ERR",),
    ),
    Check(
        "FDC_DOOR_OPER", "DoorOp",
        "motions of the door that do not end", "`rseMaxCycOpening`, `rseMaxCycClosing`",
        "always", "cycle", door_operation,
        ("EVT_DOOR_OPER_TO", "EVT_RSE_CLOSE_TO"),
    ),
    Check(
        "FDC_FULL_SUN", "FeeFullSun",
        "bright pixels in a frame", "`SunPixThreshold`",
        "FEE on", "housekeeping", full_sun,
        ("EVT_FULL_SUN",), ("EVT_FULL_SUN_FAIL",),
    ),
    Check(
        "FDC_FEE_ECC", "FeeErrCor",
        "errors corrected in the FEE's memory", "`FeeCceRateThr` in a period; counter at its end",
        "FEE on", "period", fee_corrections,
        failed=("EVT_FEE_EC_SAT", "EVT_FEE_EC_RATE"),
    ),
    Check(
        "FDC_DPU_ECC", "DpuErrCor",
        "errors corrected in the unit's memory", "`DpuCceRateThr` in a period; counter at its end",
        "always", "period", dpu_corrections,
        failed=("EVT_DPU_EC_SAT", "EVT_DPU_EC_RATE"),
    ),
)  # fmt: skip
