# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""One check as it runs: enabled or not, nominal, suspected, failed."""

from __future__ import annotations

from fsw_emu.dpu.fdir.checks import Check
from fsw_emu.dpu.fdir.look import Fee, Finding, Look, Report, Science
from fsw_emu.dpu.onboard import Onboard


class Monitor:
    """Its state and counters are items of the data pool.

    SFD_OFF while all checks are (FdGlbEnable), SFD_DISABLED while this one is (ExtEn is of the
    ground, IntEn of the application). Else SFD_NOMINAL until a look is bad, then SFD_SUSPECTED:
    Cnt counts bad looks one after the other, a good one ends the suspicion, CntThr of them make
    it SFD_FAILED, which stays until the check is disabled. SpCnt counts suspicions. The states
    are those of MIB v1.8.1, what leads from one to another is ASSUMED.
    """

    def __init__(self, onboard: Onboard, check: Check, fee: Fee, science: Science) -> None:
        self.check = check
        self._onboard = onboard
        self._look = Look(onboard, fee, science)
        states = onboard.table.enumerations["FdCheckState"]
        self._labels = {value: name for name, value in states.items()}
        self._states = states
        name = f"FdCheck{check.items}"
        self._cnt, self._thr, self._suspicions = f"{name}Cnt", f"{name}CntThr", f"{name}SpCnt"
        self._external, self._internal, self._state = f"{name}ExtEn", f"{name}IntEn", f"{name}State"
        self._period: int = onboard.table.assumed["fdir"]["periods"].get(check.items, 1)
        self._in_scope: bool | None = None
        self._stamp = 0

    @property
    def state(self) -> str:
        return self._labels[self._onboard.pool[self._state]]

    def cycle(self) -> bool:
        """Look, if it is time; whether it has failed by that."""
        self._follow_scope()
        rest = self._rest()
        if rest is not None:
            if self.state != rest:
                self._enter(rest)
            return False
        if self.state in ("SFD_OFF", "SFD_DISABLED"):
            self.begin()
        if self.state == "SFD_FAILED" or not self._is_time():
            return False
        return self._judge(self._check())

    def due(self) -> int | None:
        """As of a service."""
        if self._in_scope is not self._is_in_scope():
            return 1
        rest = self._rest()
        if rest is not None:
            return None if self.state == rest else 1
        if self.state in ("SFD_OFF", "SFD_DISABLED"):
            return 1
        if self.state == "SFD_FAILED":
            return None
        match self.check.sampling:
            case "period":
                return self._period - self._onboard.cycle % self._period
            case "cycle":
                return 1 if self.state == "SFD_SUSPECTED" or self._check().bad else None
            case _:
                return None if self._stamped() == self._stamp else 1

    def begin(self) -> None:
        """Nothing is suspected, and nothing remembered."""
        self._look.memory.clear()
        self._stamp = self._stamped()
        self._enter("SFD_NOMINAL")

    def _follow_scope(self) -> None:
        in_scope = self._is_in_scope()
        if in_scope is not self._in_scope:
            self._in_scope = in_scope
            self._onboard.pool[self._internal] = int(in_scope)

    def _is_in_scope(self) -> bool:
        match self.check.scope:
            case "always":
                return True
            case "FEE on":
                return self._look.fee_answers
            case "science":
                return self._look.in_science

    def _rest(self) -> str | None:
        """The state in which nothing is looked at, if it is to be in one."""
        pool = self._onboard.pool
        if not pool["FdGlbEnable"]:
            return "SFD_OFF"
        return None if pool[self._external] and pool[self._internal] else "SFD_DISABLED"

    def _is_time(self) -> bool:
        match self.check.sampling:
            case "period":
                return self._onboard.cycle % self._period == 0
            case "cycle":
                return True
            case _:
                last, self._stamp = self._stamp, self._stamped()
                return last != self._stamp

    def _stamped(self) -> int:
        """Changes with what there is to look at."""
        if self.check.sampling == "housekeeping":
            return self._onboard.pool["FeeHkLastUpdt"]
        return self._look.science.n_frames if self.check.sampling == "frame" else 0

    def _check(self) -> Finding:
        return self.check.look(self._look)

    def _judge(self, finding: Finding) -> bool:
        self._report(finding.notes)
        pool = self._onboard.pool
        if not finding.bad:
            if self.state == "SFD_SUSPECTED":
                self._enter("SFD_NOMINAL")
            return False
        if self.state == "SFD_NOMINAL":
            self._enter("SFD_SUSPECTED")
            pool.add(self._suspicions)
            self._report(finding.suspected)
        if pool.add(self._cnt) < pool[self._thr]:
            return False
        pool[self._state] = self._states["SFD_FAILED"]
        number = self._onboard.table.value("Fid", self.check.id)
        self._report((Report("EVT_FD_FAILED", {"FdChkId": number}), *finding.failed))
        return True

    def _enter(self, state: str) -> None:
        self._onboard.pool[self._state] = self._states[state]
        self._onboard.pool[self._cnt] = 0

    def _report(self, reports: tuple[Report, ...]) -> None:
        for each in reports:
            self._onboard.events.report(each.event, **each.values)
