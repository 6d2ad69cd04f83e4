# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The front-end electronics as a device behind a link: RMAP commands, time-codes and time in,
replies and readouts out. Rules: SPEC.md section 14."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fsw_emu.fee.housekeeping import Housekeeping
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.readouts import Readouts
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.fee_modes import TRAP_PUMPING, Mode, TrapPumpCodes
from fsw_emu.packets.fee_registers import FIELDS
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode

#: how often housekeeping is measured while nothing is read out
MEASURE_NS = 100_000_000
#: when what the CCDs see is asked for again
RETRY_NS = 5_000_000
NS_PER_MS = 1_000_000

_IDLE = frozenset({Mode.ON, Mode.STANDBY})
_READS_OUT = frozenset({Mode.FTP, Mode.FT, Mode.FF, Mode.FF_SIMULATION, Mode.EVENT_SIMULATION})


class FeeDevice:
    """The modes of the FEE; ``target`` answers RMAP on ``memory``.

    ``mode`` is what runs, ``frames`` counts readouts begun, ``aborted`` those left in the
    middle, ``missed_syncs`` the syncs that came while a readout was still going on.
    """

    def __init__(
        self,
        memory: FeeMemory,
        target: RmapTarget,
        housekeeping: Housekeeping,
        readouts: Readouts,
        *,
        trap_pumping: TrapPumpCodes = "library",
    ) -> None:
        self.mode: int = Mode.ON
        self.frames = self.aborted = self.missed_syncs = self.unknown_modes = 0
        self._memory = memory
        self._target = target
        self._housekeeping = housekeeping
        self._readouts = readouts
        self._reads_out = _READS_OUT | set(TRAP_PUMPING[trap_pumping])
        self._stretches: Iterator[list[bytes]] | None = None  # of the readout that goes on
        self._next: int | None = None  # the mode that waits for its end
        self._external = False
        self._period_ns: int | None = None
        self._start_ns: int | None = None  # of the next readout
        self._retry_ns = 0  # not before
        self._measured_ns: int | None = None
        self._flags: list[tuple[int, str]] = []  # to be raised, and when [ns]
        self._link_is_up = False

    def received(self, items: Sequence[Item], now_ns: int) -> list[Item]:
        """Take what has come; the replies."""
        self._measure(now_ns)
        replies: list[Item] = []
        for item in items:
            if isinstance(item, TimeCode):
                self._time_code(item, now_ns)
                continue
            reply = self._target.received(item.data, item.eep)
            if reply is not None:
                replies.append(SpwPacket(reply))
            if self._memory.take_execute():
                self.execute(self._memory.get("ccd_mode_config"), now_ns)
        return replies

    def due_ns(self) -> int | None:
        """When the readout that goes on or the next one has something to send."""
        return None if self._start_ns is None else max(self._start_ns, self._retry_ns)

    def produce(self, now_ns: int) -> list[Item]:
        """The next stretch of the readout that goes on or begins now."""
        return [SpwPacket(packet) for packet in self.stretch(now_ns)]

    def stretch(self, now_ns: int) -> list[bytes]:
        """The same, packets alone."""
        due_ns = self.due_ns()
        if due_ns is None or now_ns < due_ns:
            return []
        if self._stretches is None:
            self._measure(now_ns)
            self._stretches = self._readouts.begin(self.mode)
            if self._stretches is None:
                self._retry_ns = now_ns + RETRY_NS
                return []
            self.frames += 1
        for stretch in self._stretches:
            return stretch
        self._stretches = None
        self._ended(now_ns)
        return []

    def link_up(self) -> None:
        """The link runs."""
        self._link_is_up = True
        self._housekeeping.link_up()

    def link_down(self) -> None:
        """The link was lost; what has been started goes on."""
        self._link_is_up = False
        self._housekeeping.link_down("disconnect")

    def raise_flag(self, name: str, at_ns: int = 0) -> None:
        """Set the error flag of a register ``error_flag_NAME``, at once or when the time has come.
        ValueError for no such flag."""
        register = f"error_flag_{name}"
        if register not in FIELDS:
            raise ValueError(f"{name!r} is no error flag")
        self._flags = sorted([*self._flags, (at_ns, register)])

    def execute(self, mode: int, now_ns: int) -> None:
        """What writing ``execute_op`` does with a mode. A readout that goes on is finished first,
        but for the two commands that end it."""
        if mode in (Mode.IMMEDIATE_ON, Mode.SOFT_RESET):
            self.aborted += self._stretches is not None
            self._stretches = self._next = None
            if mode == Mode.SOFT_RESET:
                self._reset()
            self._enter(Mode.ON, now_ns)
        elif mode not in self._reads_out and mode not in _IDLE:
            self.unknown_modes += 1
        elif self._stretches is not None:
            self._next = mode
        else:
            self._enter(mode, now_ns)

    def _enter(self, mode: int, now_ns: int) -> None:
        """A mode begins; how it is synchronised is settled here."""
        get = self._memory.get
        self.mode = mode
        self._memory.set("fpga_op_mode", mode)
        self._external = bool(get("use_pwr_sync"))
        self._period_ns = get("int_sync_period") * NS_PER_MS if get("sync_sel") else None
        waits = mode in _IDLE or self._external
        self._start_ns = None if waits else now_ns

    def _ended(self, now_ns: int) -> None:
        """A readout is over: what waits for it, the next sync, or On."""
        if self._next is not None:
            mode, self._next = self._next, None
            self._enter(mode, now_ns)
        elif self._external:
            self._start_ns = None
        elif self._period_ns is None:
            self._enter(Mode.ON, now_ns)
        else:
            self._start_ns = self._next_sync(now_ns)

    def _next_sync(self, now_ns: int) -> int:
        """The first sync that is not over yet; those that were are missed."""
        began = self._start_ns or 0
        if not self._period_ns:
            return now_ns
        missed = max(0, -(-(now_ns - began) // self._period_ns) - 1)
        self.missed_syncs += missed
        return began + (missed + 1) * self._period_ns

    def _time_code(self, code: TimeCode, now_ns: int) -> None:
        if code.flags:
            return
        ticks = code.follows(TimeCode.of(self._memory.get("timecode_from_spw")))
        self._housekeeping.time_code(code)
        if not (ticks and self._external and self.mode in self._reads_out):
            return
        if self._start_ns is None:
            self._start_ns = now_ns
        else:
            self.missed_syncs += 1

    def _reset(self) -> None:
        self._memory.reset()
        self._readouts.restart()
        self._measured_ns = None
        if self._link_is_up:
            self._housekeeping.link_up()

    def _measure(self, now_ns: int) -> None:
        while self._flags and self._flags[0][0] <= now_ns:
            self._memory.set(self._flags.pop(0)[1], 1)
        if self._measured_ns is None or now_ns - self._measured_ns >= MEASURE_NS:
            self._housekeeping.update(now_ns)
            self._measured_ns = now_ns
