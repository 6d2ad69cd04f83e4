# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The five recovery procedures (MIB v1.8.1, REP_*); what they command is ASSUMED from the names."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

from fsw_emu.dpu.onboard import Onboard

#: goes on once a cycle; whether science goes on again
Steps = Generator[None, None, bool]

STOP, SAFE, FEE_OFF, END_SCIENCE = "IaModeContrSwOff", "safe", "fee off", "end science"
PREPARE, START_SCIENCE = "IaModePreSci", "IaModeStrtSci"


class Change(Protocol):
    """A change of the mode on its way."""

    @property
    def running(self) -> bool: ...


class Modes(Protocol):
    """Modes of the application. Changes are named as in modes.toml."""

    @property
    def state(self) -> str: ...

    def refusal(self, on: str, stage: str = "start", /) -> str | None:
        """Why a change cannot be; None: it can."""

    def request(self, on: str, /) -> Change:
        """Begin a change, in place of one that goes on."""


class Recovery:
    """One procedure at a time: a new one takes the place of one that goes on.

    Returns to science are tried RpRetrySciNMax times, RpRetrySciDelay cycles after science ended;
    they are counted until science has lasted [fdir] settled cycles. ``safe`` is called when the
    FEE is off, the door closed and the mode SAFE: it resets to the boot software.
    """

    def __init__(self, onboard: Onboard, modes: Modes, *, safe: Callable[[], None]) -> None:
        self._onboard = onboard
        self._modes = modes
        self._safe = safe
        self._settled = onboard.table.assumed["fdir"]["settled"]
        self._tries = 0
        self._steps: Steps | None = None
        self._returned: Callable[[], None] = _nothing
        self._procedures: dict[str, Callable[[], Steps]] = {
            "REP_FEE_OFF": lambda: self._leave(FEE_OFF),
            "REP_TERM_SCI": lambda: self._leave(END_SCIENCE),
            "REP_GOTO_SAFE": self._go_to_safe,
            "REP_RET_SCI_W": lambda: self._return(END_SCIENCE),
            "REP_RET_SCI_C": lambda: self._return(FEE_OFF),
        }

    @property
    def running(self) -> bool:
        return self._steps is not None

    def start(self, fid: str, kind: int, returned: Callable[[], None]) -> None:
        """Begin a procedure by its number, for a check that has failed; none for another number.
        ``returned``: called when science goes on again."""
        procedure = self._procedures.get(self._onboard.table.label("Rid", kind))
        if procedure is None:
            return
        check = self._onboard.table.value("Fid", fid)
        self._onboard.events.report("EVT_RP_STARTED", FdChkId=check, RecProcId=kind)
        self._steps, self._returned = procedure(), returned

    def cycle(self) -> None:
        """Go on."""
        if self._steps is None:
            return
        try:
            next(self._steps)
        except StopIteration as end:
            self._steps = None
            if end.value:
                self._returned()

    def _change(self, on: str) -> Generator[None, None, bool]:
        """A change of the mode to its end; whether it was begun."""
        if self._modes.refusal(on) is not None or self._modes.refusal(on, "termination"):
            return False
        change = self._modes.request(on)
        while change.running:
            yield
        return True

    def _leave(self, on: str) -> Steps:
        """Switch the FEE off or end science, if there is any."""
        yield from self._change(on)
        return False

    def _go_to_safe(self) -> Steps:
        yield from self._change(STOP)
        if (yield from self._change(SAFE)):
            self._safe()
        return False

    def _return(self, how: str) -> Steps:
        """End science, warm or with the FEE off, and begin it again; it stays ended when that
        failed too often, or when somebody else changed the mode meanwhile."""
        pool = self._onboard.pool
        if self._modes.state != "SIA_SCIENCE":
            return False
        if pool["iaswStateCnt"] >= self._settled:
            self._tries = 0
        yield from self._change(how)
        left = "SIA_PRE_SCIENCE" if how == END_SCIENCE else "SIA_STANDBY"
        while self._tries < pool["RpRetrySciNMax"]:
            self._tries += 1
            for _ in range(pool["RpRetrySciDelay"]):
                yield
            if self._modes.state != left:
                return False
            if left == "SIA_STANDBY":
                yield from self._change(PREPARE)
            if self._modes.state == "SIA_PRE_SCIENCE":
                yield from self._change(START_SCIENCE)
            if self._modes.state == "SIA_SCIENCE":
                return True
            if left == "SIA_STANDBY":
                yield from self._change(FEE_OFF)
        return False


def _nothing() -> None:
    pass
