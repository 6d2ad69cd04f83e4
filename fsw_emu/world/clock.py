# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard clock: a free-running oscillator that time messages and time-codes set."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fsw_emu.packets.pus import SYNCHRONISED, SmileTime
from fsw_emu.world.numbers import assumed

UNSYNCHRONISED = 0
_S_NS = 1_000_000_000
_END_NS = (1 << 32) * _S_NS  # of the coarse time


@dataclass(frozen=True)
class Oscillator:
    """drift_ppb: how much too fast it is [1e-9], negative when slow. period_s: a time-code comes
    that often. lost_after_s: without one for that long the time is no longer synchronised."""

    drift_ppb: int
    period_s: int
    lost_after_s: int

    @classmethod
    def nominal(cls) -> Oscillator:
        """ASSUMED."""
        return cls(**assumed("clock"))


class OnboardClock:
    """Onboard time as a function of ns that never run backwards, from 0 at power-on.

    Between settings the time only grows; a setting may move it either way. Arguments named
    now_ns are not before those of earlier calls, save where only the time is asked.
    """

    def __init__(self, start: SmileTime, *, oscillator: Oscillator | None = None) -> None:
        self.oscillator = oscillator or Oscillator.nominal()
        self._set_ns, self._base_ns = 0, _ns(start)
        self._pending: SmileTime | None = None
        self._last_ns: int | None = None  # when the last time-code came
        self._synchronised = False  # by the last time-code
        self._missed = 0

    @property
    def pending(self) -> SmileTime | None:
        """What the next time-code sets."""
        return self._pending

    def time(self, now_ns: int) -> SmileTime:
        """Onboard time; it wraps after 2**32 s as the field does."""
        coarse, rest = divmod((self._base_ns + self._passed(now_ns)) % _END_NS, _S_NS)
        return SmileTime(coarse, rest // 1000)

    def set_pending(self, time: SmileTime) -> None:
        """TC(9,128): what it will be at the next time-code. A later one replaces it.

        ValueError for what is no time."""
        if not (0 <= time.coarse < 1 << 32 and 0 <= time.fine_us < 1_000_000):
            raise ValueError(f"{time.coarse} s and {time.fine_us} us are no onboard time")
        self._pending = time

    def set_now(self, time: SmileTime, now_ns: int) -> None:
        """Set at once, unsynchronised: what boot software leaves behind."""
        self._set_ns, self._base_ns, self._synchronised = now_ns, _ns(time), False

    def drift(self, ppb: int, now_ns: int) -> None:
        """The oscillator runs otherwise from now on."""
        self._base_ns += self._passed(now_ns)
        self._set_ns, self.oscillator = now_ns, replace(self.oscillator, drift_ppb=ppb)

    def time_code(self, now_ns: int) -> None:
        """A SpaceWire time-code came: a pending time is the time now."""
        self.time_codes(now_ns, now_ns)

    def time_codes(self, first_ns: int, last_ns: int) -> None:
        """One a period from the first to the last, as that many calls of time_code would."""
        self._missed = self.missed(first_ns)
        self._synchronised = self.synchronised(first_ns)  # once lost, only a setting brings it back
        self._last_ns = last_ns
        if self._pending is None:
            return
        self._set_ns, self._base_ns = first_ns, _ns(self._pending)
        self._pending, self._synchronised = None, True

    def synchronised(self, now_ns: int) -> bool:
        """Whether a time was set by a time-code, and they still come."""
        lost_ns = self.lost_ns
        return lost_ns is not None and now_ns < lost_ns

    def sync(self, now_ns: int) -> int:
        """The sync byte of telemetry (MIB v1.8.1): 5 synchronised, 0 not."""
        return SYNCHRONISED if self.synchronised(now_ns) else UNSYNCHRONISED

    @property
    def lost_ns(self) -> int | None:
        """When the time stops being synchronised unless time-codes come; None: it is not."""
        if self._last_ns is None or not self._synchronised:
            return None
        return self._last_ns + self.oscillator.lost_after_s * _S_NS

    def missed(self, now_ns: int) -> int:
        """Time-codes that did not come since the first one: half a period late is missed."""
        if self._last_ns is None:
            return self._missed
        period_ns = self.oscillator.period_s * _S_NS
        late_ns = now_ns - self._last_ns - period_ns // 2
        return self._missed + max(late_ns // period_ns, 0)

    def _passed(self, now_ns: int) -> int:
        passed = now_ns - self._set_ns
        return passed + passed * self.oscillator.drift_ppb // _S_NS


def _ns(time: SmileTime) -> int:
    return time.coarse * _S_NS + time.fine_us * 1000
