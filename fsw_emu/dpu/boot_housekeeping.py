# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 3 of the boot software: three fixed reports, on request and by period."""

from __future__ import annotations

from collections.abc import Mapping

from fsw_emu.dpu.acquisition import ADC_ITEMS, psu
from fsw_emu.dpu.boot_records import BootRecords
from fsw_emu.dpu.boot_status import BootStatus
from fsw_emu.dpu.commands import Command, Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.interface.fields import Value
from fsw_emu.world.door import Shutter
from fsw_emu.world.fpga import STATUS

#: of the four destinations whose sequence counts DBS_HK tells (MIB v1.8.1)
DESTINATIONS = (0x00, 0x20, 0x30, 0x40)
#: how the two reports name a bit of the shutter's status
SHUTTER_BITS = {
    Shutter.ELECTRONICS_HOT: "RSE_ELEC_TOO_HOT",
    Shutter.MOTOR_HOT: "RSE_MOTOR_TOO_HOT",
    Shutter.EMERGENCY: "RSE_EMERGENCY",
    Shutter.OPENING: "RSE_OPENING",
    Shutter.CLOSING: "RSE_CLOSING",
    Shutter.OPEN: "RSE_DOOR_OPEN",
    Shutter.CLOSED: "RSE_DOOR_CLOSED",
}
_U8, _U32 = 0xFF, 0xFFFFFFFF


class BootHousekeeping:
    """A period is in cycles, 0 is none; a new one begins when it is set. Reports by period go to
    destination 0, those on request to who asked (ASSUMED, all of it)."""

    def __init__(self, onboard: Onboard, records: BootRecords, status: BootStatus) -> None:
        self._onboard = onboard
        self._records = records
        self._status = status
        table = onboard.table
        self._assumed = table.assumed["boot"]
        self._most = table.assumed["housekeeping"]["most_period"]
        self._reports = {
            report.key: report.name
            for report in table.reports.values()
            if report.of == "DBS" and report.key is not None and report.type == 3
        }
        self._periods = {sid: self._assumed["periods"][name] for sid, name in self._reports.items()}
        self._counts = dict.fromkeys(self._reports, 0)

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "DBS_TC_REQUEST_HK": Handler(self._request),
            "DBS_TC_SET_HKREP_FREQ": Handler(self._set, accept=self._good_period),
        }

    def cycle(self) -> None:
        """Count, and report what is due."""
        self._records.look()
        for sid, period in self._periods.items():
            self._counts[sid] += 1
            if period and self._counts[sid] >= period:
                self._counts[sid] = 0
                self._report(sid)

    def due(self) -> int | None:
        """Until the next report."""
        return min(
            (max(period - self._counts[sid], 1) for sid, period in self._periods.items() if period),
            default=None,
        )

    def skipped(self, n_cycles: int) -> None:
        """Count them."""
        for sid in self._counts:
            self._counts[sid] += n_cycles

    def _good_period(self, command: Command) -> str | None:
        return None if command["HK_REP_PER"] <= self._most else "ACK_ILL_PER"

    def _request(self, command: Command) -> None:
        self._report(command["HK_REP_SID"], destination=command.tc.source)

    def _set(self, command: Command) -> None:
        sid = command["HK_REP_SID"]
        self._periods[sid], self._counts[sid] = command["HK_REP_PER"], 0

    def _report(self, sid: int, *, destination: int = 0) -> None:
        name = self._reports[sid]
        values: dict[str, Value] = {"HK_REP_ID": sid}
        if name == "DBS_HK":
            values |= {**self._status.fields(), **self._records.fields(), **self._own()}
            values |= {**self._rse(), **self._shutter("HK_"), **self._psu("HK_"), **self._machine()}
        elif name == "DBS_ESSENTIAL_HK":
            values |= self._essential()
        else:
            values |= self._errors(name)
        fields = {field.name for field in self._onboard.table.reports[name].fields}
        known = {field: value for field, value in values.items() if field in fields}
        self._onboard.downlink.report(name, known, destination=destination)

    def _essential(self) -> dict[str, Value]:
        pool = self._onboard.pool
        adc: dict[str, Value] = {
            f"HK_ADC_{'REF' if channel.name == 'REF_2V5' else channel.name}": pool[item]
            for channel, item in ADC_ITEMS.items()
        }
        return {
            **adc,
            **self._shutter("HK_ESS_"),
            **self._psu("HK_ESS_"),
            "HK_DPU_MODE_ESS": pool["DpuMode"],
            "HK_DPU_UNIT_ESS": pool["DpuUnit"],
            "HK_ERR_CNT": pool["ErrCnt"],
            "HK_ERR_LAST_EVENT_ID_ESS": pool["ErrLastEventId"],
        }

    def _errors(self, report: str) -> dict[str, Value]:
        counts = self._onboard.events.counts
        prefix = "ERRCNT_"
        return {
            field.name: counts[f"EVT_{field.name.removeprefix(prefix)}"] & _U8
            for field in self._onboard.table.reports[report].fields
            if field.name.startswith(prefix)
        }

    def _shutter(self, prefix: str) -> dict[str, Value]:
        status = self._onboard.pool["RseShutSts"]
        return {f"{prefix}{name}": int(bool(status & bit)) for bit, name in SHUTTER_BITS.items()}

    def _psu(self, prefix: str) -> dict[str, Value]:
        said = psu(self._onboard.world)
        return {f"{prefix}PSU_{name}": int(is_so) for name, is_so in said.items()}

    def _rse(self) -> dict[str, Value]:
        pool, set_ = self._onboard.pool, self._onboard.world.door.parameters
        return {
            "HK_RSE_SW_VERSION": pool["RseFpgaFwRevNmb"],
            "HK_RSE_MOTOR_TEMP": pool["RseMotorTemp"],
            "HK_RSE_ELEC_TEMP": pool["RseElecTemp"],
            "HK_RSE_STEPS_DONE_L": pool["RsePerformedSteps"] & _U8,
            "HK_RSE_STEPS_DONE_H": pool["RsePerformedSteps"] >> 8,
            "HK_RSE_PROC_STS": pool["RseProcSts"],
            "HK_RSE_MOTOR_CUR": set_.motor_curr,
            "HK_RSE_TIME_CTRL": set_.settling_time,
            "HK_RSE_DUTY_CTRL": set_.chop_duty_cyc,
            "HK_RSE_MAX_MOTOR_TEMP": set_.max_motor_temp,
            "HK_MAX_RSE_ELEC_TEMP": set_.max_elec_temp,
            "HK_RSE_MAX_STEPS_L": set_.max_steps & _U8,
            "HK_RSE_MAX_STEPS_H": set_.max_steps >> 8,
            "HK_RSE_CONFIG": set_.rse_config,
            "HK_RSE_MAX_CUR": set_.max_motor_curr,
            "HK_RSE_MAX_STEPS_EMERGENCY_L": set_.emergency_steps & _U8,
            "HK_RSE_MAX_STEPS_EMERGENCY_H": set_.emergency_steps >> 8,
            "HK_RSE_LAST_FAIL_ADDR": 0,
            "HK_RSE_LAST_ERR_RESP": 0,
            "HK_RSE_LAST_ERR_TIMESTAMP": 0,
            "HK_RSE_LAST_ERR_SYNC": 0,
        }

    def _own(self) -> dict[str, Value]:
        """Buffers are empty at the end of a cycle: their ends alone move (ASSUMED)."""
        sent, received = self._onboard.downlink.n_packets, self._records.n_received
        counts: dict[str, Value] = {
            f"SEQ_APID_141_DEST_{at:02X}": self._onboard.downlink.count(at) & _U8
            for at in DESTINATIONS
        }
        periods = {name: self._periods[sid] for sid, name in self._reports.items()}
        return {
            **counts,
            "SENDBUF_OUT": sent & _U8,
            "SENDBUF_NUM": 0,
            "SENDBUF_IN": sent & _U8,
            "CMDBUF_OUT": received & _U8,
            "CMDBBUF_NUM": 0,
            "CMDBBUF_IN": received & _U8,
            "HK_PERIOD_DBS": periods["DBS_HK"],
            "HK_PERIOD_ESS": periods["DBS_ESSENTIAL_HK"],
            "HK_PERIOD_EXT": periods["DBS_EXTENDED_HK"],
            "125MS_TICK": self._onboard.cycle & _U32,
        }

    def _machine(self) -> dict[str, Value]:
        """The emulated processor has no registers: they are 0."""
        world = self._onboard.world
        heaters = (world.heaters.volts(loop) > world.heaters.law.low_v for loop in (1, 2))
        return {
            "HK_NX_STATUS": world.fpga.read(STATUS) & 0xFFFF,
            "HK_PSU_HEAT_STS": sum(is_on << n for n, is_on in enumerate(heaters)),
            "GR712RC_CCR": 0,
            "GR712RC_MSR": 0,
            "LOOP_TIME": self._assumed["loop_us"],
            "MAX_LOOP_TIME": self._assumed["loop_us"],
            "WDOG_TIME": self._assumed["watchdog_us"],
            "ADC_PERIOD": self._assumed["adc_period"],
            "AHB_SCRUB_ADDR": world.edac.position,
            "MEM_SCRUB_TIME": self._assumed["scrub_us"],
        }
