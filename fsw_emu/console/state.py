# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What the console knows: telemetry packets in, sections of plain values out. Neither I/O nor
clock; as large after a year as after a minute."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import Any

from fsw_emu.console.engineering import Engineering
from fsw_emu.console.housekeeping import Latest
from fsw_emu.console.science import Product, Science
from fsw_emu.console.verification import CommandLog
from fsw_emu.interface.fields import Field, FieldError, unpack
from fsw_emu.interface.table import Event, Interface, Report
from fsw_emu.packets.ccsds import COUNT_MODULO
from fsw_emu.packets.pus import Tm, read_tm

SECTIONS = ("link", "modes", "housekeeping", "events", "commands", "faults", "science")
#: events of each severity that are kept, the newest: many of one kind push out none of another
MOST_EVENTS = 100
#: sources of sequence counts that are told apart: more are counted together with the last
MOST_SOURCES = 64

_NS_PER_MS = 1_000_000
#: of packets: those of the table that are missing, come again, are damaged, are none, are not in it
_COUNTED = (
    *("packets", "bytes", "missing", "repeated", "bad_crc", "unreadable", "unknown"),
    "framing",
)
_SERVICE_1, _SERVICE_3, _SERVICE_5, _SERVICE_13 = 1, 3, 5, 13
#: what a mode is read from: fields of housekeeping and of events
_MODES = {
    "iaswState": "application",
    "DestIaswSt": "application",
    "feeState": "fee",
    "DestFeeSt": "fee",
    "rseState": "door",
    "algoTtc1State": "heater CCD",
    "algoTtc2State": "heater FEE",
    "sdu0State": "transfer 0",
    "sdu1State": "transfer 1",
    "ProcNomSciNode": "science procedure",
}
#: counters of housekeeping that tell of faults and of telecommands
_COUNTERS = (
    *("ErrCnt", "EDACSingleFaults", "EDACDoubleFaults", "NOfTcAcc", "NOfTcTerm"),
    *("NOfAccFailedTc", "NOfStartFailedTc", "NOfTermFailedTc", "ceCounter"),
    *("Core0Load", "Core1Load", "SpW0BytesIn", "SpW0BytesOut", "SpW1BytesIn", "SpW1BytesOut"),
)


class State:
    """``versions`` counts up with each change of a section."""

    def __init__(self, table: Interface, *, address: str = "") -> None:
        self.versions: Counter[str] = Counter(dict.fromkeys(SECTIONS, 1))
        self.science = Science()
        self._table = table
        self._reports = _by_type(table)
        self._engineering = Engineering(table)
        self._latest = Latest(table, self._engineering)
        self._commands = CommandLog(table)
        self._link: dict[str, Any] = {
            "address": address, "up": False, "why": "not connected yet", "links": 0,
            **dict.fromkeys(_COUNTED, 0), "time": None, "sync": None, "received_ms": None,
        }  # fmt: skip
        self._newest: Tm | None = None
        self._services: Counter[int] = Counter()  # at most 256
        self._last: dict[tuple[int, int], Tm] = {}
        self._modes: dict[str, str | None] = {"software": None}
        self._procedures: dict[str, dict[str, str]] = {}
        self._checks: dict[str, str] = {}
        self._recoveries: OrderedDict[str, str] = OrderedDict()
        self._counters: dict[str, int] = {}
        self._events: dict[int, deque[dict[str, Any]]] = {
            severity: deque(maxlen=MOST_EVENTS) for severity in (1, 2, 3, 4)
        }
        self._severities: Counter[int] = Counter(dict.fromkeys((1, 2, 3, 4), 0))

    def link_up(self) -> None:
        """There is a link."""
        self._link |= {"up": True, "why": "", "links": self._link["links"] + 1}
        self.versions["link"] += 1

    def link_down(self, why: str) -> None:
        """There is none."""
        self._link |= {"up": False, "why": why}
        self.versions["link"] += 1

    def framing(self, faults: int) -> None:
        """What links met between packets, all of them together."""
        if faults != self._link["framing"]:
            self._link["framing"] = faults
            self.versions["link"] += 1

    def sent(self, name: str, packet: bytes, now_ns: int) -> None:
        """A telecommand went out."""
        self._commands.sent(name, packet, now_ns // _NS_PER_MS)
        self.versions["commands"] += 1

    def product(self, product: Product) -> None:
        """An entity was decoded."""
        self.science.add(product)
        self.versions["science"] += 1

    def science_fault(self) -> None:
        """A transfer was given up."""
        self.science.fault()
        self.versions["science"] += 1

    def telemetry(self, packet: bytes, now_ns: int) -> Tm | None:
        """A packet as it came; read, unless it is none or damaged."""
        self._link["received_ms"] = now_ns // _NS_PER_MS
        self.versions["link"] += 1
        try:
            tm = read_tm(packet)
        except ValueError:
            self._link["unreadable"] += 1
            return None
        self._link["packets"] += 1
        self._link["bytes"] += len(packet)
        if not tm.pec_ok or tm.primary.telecommand:
            self._link["bad_crc" if not tm.pec_ok else "unreadable"] += 1
            return None
        self._follow(tm)
        self._newest = tm
        self._services[tm.header.type] += 1
        self._take(tm, now_ns)
        return tm

    def _follow(self, tm: Tm) -> None:
        """Sequence counts go by APID and destination."""
        source = tm.primary.apid, tm.header.destination
        if source not in self._last and len(self._last) >= MOST_SOURCES:
            return
        last = self._last.get(source)
        self._last[source] = tm
        if last is None:
            return
        step = (tm.primary.count - last.primary.count) % COUNT_MODULO
        if step == 0 or step > COUNT_MODULO // 2:
            self._link["repeated"] += 1
        else:
            self._link["missing"] += step - 1

    def _take(self, tm: Tm, now_ns: int) -> None:
        header = tm.header
        if header.type == _SERVICE_5:
            self._event(tm)
        elif (header.type, header.subtype) == (3, 25):
            values = self._latest.report(tm.data, _time(tm))
            self.versions["housekeeping"] += 1
            sid = int.from_bytes(tm.data[:2], "big")
            self._software("DBS" if _is_boot(self._table, sid) else "IASW")
            self._housekeeping(values)
        elif (report := self._report(tm)) is not None:
            try:
                values = unpack(report.fields, tm.data)
            except FieldError:
                self._link["unknown"] += 1
                return
            self._other(report, values, now_ns)
        elif header.type != _SERVICE_13:
            self._link["unknown"] += 1

    def _report(self, tm: Tm) -> Report | None:
        found = self._reports.get((tm.header.type, tm.header.subtype), {})
        return found.get(int.from_bytes(tm.data[:2], "big")) or found.get(None)

    def _other(self, report: Report, values: Mapping[str, Any], now_ns: int) -> None:
        if report.type == _SERVICE_1:
            self._commands.report(report.subtype, values, now_ns // _NS_PER_MS)
            self.versions["commands"] += 1
        elif report.name == "RepStructHkRep":
            self._latest.structure(values["SidNoCal"], values["ParamId"])
        elif report.name.startswith("ParamValueRep"):
            self._engineering.learn(values)

    def _software(self, now: str) -> None:
        """Which one runs; the modes of the application end with it."""
        if self._modes["software"] == now:
            return
        self._modes = {"software": now}
        self._procedures.clear()
        if now == "DBS":
            self._modes["application"] = "SAFE"
            self._checks.clear()
        self.versions["modes"] += 1
        self.versions["faults"] += 1

    def _housekeeping(self, values: Mapping[str, Any]) -> None:
        self._mode_fields(values)
        for name, value in values.items():
            if name.startswith("FdCheck") and name.endswith("State"):
                state = self._table.label("FdCheckState", value).removeprefix("SFD_")
                self._checks[name.removeprefix("FdCheck").removesuffix("State")] = state
            elif name in _COUNTERS:
                self._counters[name] = value
        self.versions["faults"] += 1

    def _mode_fields(self, values: Mapping[str, Any]) -> None:
        enumerations = {"application": "IaswState", "fee": "FeeState", "door": "RseState"}
        enumerations["science procedure"] = "ProcNomSciNode"
        for name, value in values.items():
            if (mode := _MODES.get(name)) is None:
                continue
            kind = "SduState" if mode.startswith("transfer") else "AlgoState"
            label = self._table.label(enumerations.get(mode, kind), value)
            label = label.partition("_")[2] or label
            if self._modes.get(mode) != label:
                self._modes[mode] = label
                self.versions["modes"] += 1

    def _event(self, tm: Tm) -> None:
        severity = tm.header.subtype
        if severity not in self._severities:
            self._link["unknown"] += 1
            return
        number = int.from_bytes(tm.data[:2], "big")
        event = self._table.events_by_id.get(number)
        self._severities[severity] += 1
        text = tm.data[2:].hex(" ")
        if event is not None:
            try:
                values = unpack(event.fields, tm.data[2:])
            except FieldError:
                event = None
            else:
                text = self._parameters(event.fields, values)
                self._told(event, values)
        self._events[severity].append(
            {
                "id": sum(self._severities.values()),
                "time": _time(tm),
                "severity": severity,
                "name": event.name if event else f"event {number}",
                "text": text,
            }
        )
        self.versions["events"] += 1

    def _parameters(self, fields: Sequence[Field], values: Mapping[str, Any]) -> str:
        named = [field for field in fields if not field.is_spare]
        shown = (self._engineering.parameter(each, values) for each in named)
        return ", ".join(f"{field.name} {text}" for field, text in zip(named, shown, strict=True))

    def _told(self, event: Event, values: Mapping[str, Any]) -> None:
        """What an event says of the state."""
        if event.name in ("EVT_INIT_SUCC", "EVT_PR_BOOT_REP"):
            self._modes["software"] = None  # also from one application to the next
            self._software("IASW" if event.name == "EVT_INIT_SUCC" else "DBS")
        self._mode_fields(values)
        if event.name in ("EVT_SC_PR_STRT", "EVT_SC_PR_END"):
            name = self._table.label("ProcId", values["ProcId"])
            runs = event.name == "EVT_SC_PR_STRT"
            code = values.get("ProcTermCode", 0)
            self._procedures[name] = {"state": "running" if runs else "ended", "code": str(code)}
            while len(self._procedures) > len(self._table.enumerations["ProcId"]):
                self._procedures.pop(next(iter(self._procedures)))
            self.versions["modes"] += 1
        elif event.name == "EVT_RP_STARTED":
            check = self._table.label("Fid", values["FdChkId"])
            self._recoveries[check] = self._table.label("Rid", values["RecProcId"])
            self._recoveries.move_to_end(check)
            while len(self._recoveries) > len(self._table.enumerations["Fid"]):
                self._recoveries.popitem(last=False)
            self.versions["faults"] += 1

    def section(self, name: str) -> Any:
        """One section, of values that JSON has. KeyError."""
        return {
            "link": self._link_section,
            "modes": lambda: {"modes": dict(self._modes), "procedures": dict(self._procedures)},
            "housekeeping": self._latest.snapshot,
            "events": self._events_section,
            "commands": self._commands.snapshot,
            "faults": lambda: {
                "checks": dict(self._checks),
                "recoveries": dict(self._recoveries),
                "counters": dict(self._counters),
            },
            "science": self.science.snapshot,
        }[name]()

    def snapshot(self) -> dict[str, Any]:
        """All sections."""
        return {name: self.section(name) for name in SECTIONS}

    def _link_section(self) -> dict[str, Any]:
        services = {str(type_): n for type_, n in sorted(self._services.items())}
        newest = self._newest
        return {
            **self._link,
            "time": None if newest is None else _time(newest),
            "sync": None if newest is None else newest.header.sync,
            "services": services,
        }

    def _events_section(self) -> dict[str, Any]:
        every = (event for kept in self._events.values() for event in kept)
        return {
            "counts": {str(severity): n for severity, n in self._severities.items()},
            "newest": sorted(every, key=lambda event: -event["id"]),
        }


def _time(tm: Tm) -> str:
    """Onboard time, ISO 8601 UTC, to the millisecond; digits that no time has are told raw."""
    time = tm.header.time
    return f"{time.iso()[:-4]}Z" if time.fine_us < 1_000_000 else f"{time.coarse} s"


def _is_boot(table: Interface, sid: int) -> bool:
    report = table.reports.get(table.label("Sid", sid))
    return report is not None and report.of == "DBS"


def _by_type(table: Interface) -> dict[tuple[int, int], dict[int | None, Report]]:
    found: dict[tuple[int, int], dict[int | None, Report]] = {}
    for report in table.reports.values():
        found.setdefault((report.type, report.subtype), {})[report.key] = report
    return found
