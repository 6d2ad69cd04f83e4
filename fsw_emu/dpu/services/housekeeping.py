# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 3: housekeeping reports, defined, enabled, timed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fsw_emu.dpu.commands import Check, Command, Handler
from fsw_emu.dpu.downlink import Downlink
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.pool import DataPool
from fsw_emu.interface.fields import Values
from fsw_emu.interface.table import Interface, PoolItem, Report
from fsw_emu.packets.pus import TM_MAX_BYTES, TM_MIN_BYTES

SID_BYTES = 2
#: of the items of a report
MOST_BYTES = TM_MAX_BYTES - TM_MIN_BYTES - SID_BYTES


class Housekeeping:
    """Reports of items of the data pool, each sampled when it is made, to destination 0 (ASSUMED).

    The definitions are items of the data pool themselves. An enabled report goes out when as many
    cycles as its period have passed since the last; right away when it has just been enabled; once
    only with period 0; what was counted stays when the period is changed (ASSUMED, all of it). The
    predefined ones are enabled from the start, and cannot be deleted (ASSUMED).
    """

    def __init__(self, onboard: Onboard) -> None:
        self._table: Interface = onboard.table
        self._pool: DataPool = onboard.pool
        self._downlink: Downlink = onboard.downlink
        self._assumed = onboard.table.assumed["housekeeping"]
        self._list = ReportList(onboard.pool, onboard.table)
        self._reports = {
            sid: self._table.reports[self._table.label("Sid", sid)]
            for sid in self._table.enumerations["Sid"].values()
        }
        predefined = [report for report in self._reports.values() if report.of == "IASW"]
        self._kind = predefined[0].type, predefined[0].subtype
        for slot, report in enumerate(predefined):
            self._predefine(slot, report)

    def _predefine(self, slot: int, report: Report) -> None:
        assert report.key is not None  # noqa: S101  (reports of housekeeping have one)
        items = [self._table.pool[field.name].id for field in report.fields[1:]]
        self._list.define(slot, report.key, self._assumed["periods"][report.name], items)
        self._list.set("RdlEnabledList", slot, 1)

    def handlers(self) -> Mapping[str, Handler]:
        known = self._known
        return {
            "CreHk": Handler(self._create, self._has_room, self._can_be_made),
            "DelHk": Handler(self._delete, known, self._can_be_deleted),
            "EnbHk": Handler(self._enable, known, self._sid),
            "DisHk": Handler(self._disable, known, self._sid),
            "RepStructHk": Handler(self._structure, known, self._sid),
            "ModHkPeriod": Handler(self._period, known, _all(self._sid, self._good_period)),
        }

    def cycle(self) -> None:
        """Count, and report what is due."""
        for slot, count, period in self._list.enabled():
            if count + 1 < period:
                self._list.set("rdlCycCntList", slot, count + 1)
                continue
            self._list.set("rdlCycCntList", slot, 0)
            self._report(slot)
            if not period:
                self._list.set("RdlEnabledList", slot, 0)

    def due(self) -> int | None:
        """Until the next report."""
        return min(
            (max(period - count, 1) for _, count, period in self._list.enabled()), default=None
        )

    def skipped(self, n_cycles: int) -> None:
        """Count them."""
        for slot, count, _ in self._list.enabled():
            self._list.set("rdlCycCntList", slot, count + n_cycles)

    def _report(self, slot: int) -> None:
        """What does not fit, after the definition was overwritten, is left out."""
        data, end = bytearray(self._list.get("RdlSidList", slot).to_bytes(SID_BYTES, "big")), 0
        for item in self._list.items(slot):
            end += item.type.bits // 8
            if end > MOST_BYTES:
                break
            data += self._pool.raw(item.name).to_bytes(item.type.bits // 8, "big")
        self._downlink.put(*self._kind, bytes(data))

    def _sid(self, command: Command) -> str | None:
        return None if 0 < command["SidNoCal"] <= self._list.most_sid else "ACK_ILL_SID"

    def _good_period(self, command: Command) -> str | None:
        return None if command["Period"] <= self._assumed["most_period"] else "ACK_ILL_PER"

    def _can_be_made(self, command: Command) -> str | None:
        report = self._reports.get(command["SidNoCal"])
        if report is not None and report.of == "DBS":
            return "ACK_ILL_SID"
        failure = self._sid(command) or self._good_period(command)
        if failure is not None:
            return failure
        items = [self._table.pool_by_id.get(each) for each in command.several("ParamId")]
        if len(items) > self._list.most_items:
            return "ACK_ILL_NDI"
        if None in items:
            return "ACK_ILL_DID"
        size = sum(item.type.bits // 8 for item in items if item)
        return None if size <= MOST_BYTES else "ACK_ILL_DSIZE"

    def _can_be_deleted(self, command: Command) -> str | None:
        return "ACK_ILL_SID" if command["SidNoCal"] in self._reports else self._sid(command)

    def _has_room(self, command: Command) -> str | None:
        if self._list.find(command["SidNoCal"]) is not None:
            return "ACK_SID_IN_USE"
        return "ACK_RDL_NO_SLOT" if self._list.free() is None else None

    def _known(self, command: Command) -> str | None:
        return "ACK_SID_NOT_USED" if self._list.find(command["SidNoCal"]) is None else None

    def _slot(self, command: Command) -> int:
        slot = self._list.find(command["SidNoCal"])
        assert slot is not None  # noqa: S101  (checked at the start)
        return slot

    def _create(self, command: Command) -> None:
        slot = self._list.free()
        assert slot is not None  # noqa: S101  (checked at the start)
        items = command.several("ParamId")
        self._list.define(slot, command["SidNoCal"], command["Period"], items)

    def _delete(self, command: Command) -> None:
        self._list.release(self._slot(command))

    def _enable(self, command: Command) -> None:
        slot = self._slot(command)
        if not self._list.get("RdlEnabledList", slot):
            self._list.set("RdlEnabledList", slot, 1)
            self._list.set("rdlCycCntList", slot, self._list.get("RdlPeriodList", slot))

    def _disable(self, command: Command) -> None:
        self._list.set("RdlEnabledList", self._slot(command), 0)

    def _period(self, command: Command) -> None:
        self._list.set("RdlPeriodList", self._slot(command), command["Period"])

    def _structure(self, command: Command) -> None:
        slot = self._slot(command)
        values: Values = {
            "SidNoCal": command["SidNoCal"],
            "Period": self._list.get("RdlPeriodList", slot),
            "ParamId": [item.id for item in self._list.items(slot)],
        }
        self._downlink.report("RepStructHkRep", values, destination=command.tc.source)


class ReportList:
    """The definitions as the data pool holds them: slots, each with items up to the first 0, or to
    the end (ASSUMED). They may have been overwritten: what names no item is left out."""

    def __init__(self, pool: DataPool, table: Interface) -> None:
        self._pool = pool
        self._table = table
        self._n_slots = pool.item("isRdlFree").n_elements
        self.most_items = pool.item("RdlDataItemList_0").n_elements
        sid = pool.item("RdlSidList").element
        assert sid is not None  # noqa: S101  (an array)
        self.most_sid = sid.most
        for slot in range(self._n_slots):
            self.set("isRdlFree", slot, 1)

    def get(self, name: str, slot: int) -> int:
        value = self._pool.element(name, slot)
        assert isinstance(value, int)  # noqa: S101  (all lists are of integers)
        return value

    def set(self, name: str, slot: int, value: int) -> None:
        self._pool.set_element(name, slot, value)

    def find(self, sid: int) -> int | None:
        """The slot of a report; None: it is not defined."""
        used = (slot for slot in range(self._n_slots) if not self.get("isRdlFree", slot))
        return next((slot for slot in used if self.get("RdlSidList", slot) == sid), None)

    def free(self) -> int | None:
        """A slot that is free; None: there is none."""
        return next((n for n in range(self._n_slots) if self.get("isRdlFree", n)), None)

    def enabled(self) -> Sequence[tuple[int, int, int]]:
        """Slot, cycles since the last report, and period of each report that is enabled."""
        return [
            (slot, self.get("rdlCycCntList", slot), self.get("RdlPeriodList", slot))
            for slot in range(self._n_slots)
            if not self.get("isRdlFree", slot) and self.get("RdlEnabledList", slot)
        ]

    def items(self, slot: int) -> Sequence[PoolItem]:
        found = []
        for number in self._pool.elements(f"RdlDataItemList_{slot}"):
            if not number:
                break
            assert isinstance(number, int)  # noqa: S101
            item = self._table.pool_by_id.get(number)
            if item is not None:
                found.append(item)
        return found

    def define(self, slot: int, sid: int, period: int, items: Sequence[int]) -> None:
        """Disabled at first."""
        self.release(slot)
        for n, item in enumerate(items):
            self.set(f"RdlDataItemList_{slot}", n, item)
        for name, value in (("isRdlFree", 0), ("RdlSidList", sid), ("RdlPeriodList", period)):
            self.set(name, slot, value)

    def release(self, slot: int) -> None:
        for n in range(self.most_items):
            self.set(f"RdlDataItemList_{slot}", n, 0)
        for name in ("RdlSidList", "RdlPeriodList", "RdlEnabledList", "rdlCycCntList"):
            self.set(name, slot, 0)
        self.set("isRdlFree", slot, 1)


def _all(*checks: Check) -> Check:
    """The first failure."""

    def check(command: Command) -> str | None:
        return next((failure for each in checks if (failure := each(command))), None)

    return check
