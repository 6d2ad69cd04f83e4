# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard clock against rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.packets.pus import SmileTime
from fsw_emu.world.clock import OnboardClock, Oscillator

S = 1_000_000_000
ZERO = SmileTime(0, 0)
times = st.builds(SmileTime, st.integers(0, 2**31), st.integers(0, 999_999))
drifts = st.integers(-500_000, 500_000)
moments = st.lists(st.integers(0, 10**6 * S), min_size=1, max_size=20).map(sorted)


def clock(start: SmileTime = ZERO, *, drift_ppb: int = 0) -> OnboardClock:
    return OnboardClock(start, oscillator=Oscillator(drift_ppb, period_s=1, lost_after_s=5))


def us(time: SmileTime) -> int:
    return time.coarse * 10**6 + time.fine_us


@given(times, drifts, moments)
def test_time_is_the_start_and_what_passed(start: SmileTime, ppb: int, when: list[int]) -> None:
    """Within the microsecond that a time is cut to, and the nanosecond of the drift; it grows."""
    one = clock(start, drift_ppb=ppb)
    shown = [one.time(ns) for ns in when]
    assert shown == sorted(shown)
    for ns, time in zip(when, shown, strict=True):
        exact = us(start) + Fraction(ns) * (S + ppb) / S / 1000
        assert -Fraction(1, 1000) <= exact - us(time) < 1 + Fraction(1, 1000)


@given(times, times, drifts, st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_pending_time_is_the_time_at_the_next_time_code(
    start: SmileTime, told: SmileTime, ppb: int, now_ns: int, later_ns: int
) -> None:
    one, never_told = clock(start, drift_ppb=ppb), clock(start, drift_ppb=ppb)
    one.set_pending(told)
    assert one.time(now_ns) == never_told.time(now_ns)
    assert one.sync(now_ns) == 0
    one.time_code(now_ns)
    assert one.pending is None
    assert one.time(now_ns) == told
    assert one.time(now_ns + later_ns) == clock(told, drift_ppb=ppb).time(later_ns)
    assert one.sync(now_ns) == 5


def test_the_last_pending_time_counts() -> None:
    one = clock()
    one.set_pending(SmileTime(5, 0))
    one.set_pending(SmileTime(9, 1))
    one.time_code(S)
    assert one.time(S) == SmileTime(9, 1)


@pytest.mark.parametrize("time", [(-1, 0), (2**32, 0), (0, 1_000_000), (0, -1)])
def test_what_is_no_time_is_refused(time: tuple[int, int]) -> None:
    one = clock()
    with pytest.raises(ValueError, match="no onboard time"):
        one.set_pending(SmileTime(*time))
    assert one.pending is None


def test_synchronisation_is_lost_and_only_a_setting_brings_it_back() -> None:
    one = clock()
    one.time_code(S)
    assert one.sync(S) == 0, "nothing was set"
    one.set_pending(SmileTime(100, 0))
    one.time_code(2 * S)
    assert one.lost_ns == 7 * S
    assert (one.sync(7 * S - 1), one.sync(7 * S)) == (5, 0)
    one.time_code(8 * S)
    assert one.sync(8 * S) == 0
    one.set_pending(SmileTime(200, 0))
    one.time_code(9 * S)
    assert one.sync(9 * S) == 5


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_missed_time_codes_are_counted(gaps_s: list[int]) -> None:
    """A gap of n seconds lost n - 1 of them, whether or not anybody asks meanwhile."""
    asked, silent = clock(), clock()
    now = 0
    for one in (asked, silent):
        one.time_code(0)
    for gap in gaps_s:
        before = asked.missed(now)
        for s in range(gap + 1):
            assert asked.missed(now + s * S + S // 2 - 1) == before + max(s - 1, 0)
        now += gap * S
        for one in (asked, silent):
            one.time_code(now)
    assert asked.missed(now) == silent.missed(now) == sum(gaps_s) - len(gaps_s)


@given(st.integers(1, 200), st.integers(0, 300), st.booleans())
def test_regular_time_codes_are_as_many_single_ones(n: int, rest_ns: int, told: bool) -> None:
    single, many = clock(drift_ppb=3000), clock(drift_ppb=3000)
    for one in (single, many):
        one.time_code(0)
        if told:
            one.set_pending(SmileTime(77, 5))
    for i in range(1, n + 1):
        single.time_code(i * S)
    many.time_codes(S, n * S)
    for now in (n * S, n * S + rest_ns * S // 10):
        for asked in (OnboardClock.time, OnboardClock.sync, OnboardClock.missed):
            assert asked(single, now) == asked(many, now)


@given(drifts, drifts, st.integers(0, 10**13), st.integers(0, 10**13))
def test_another_drift_starts_from_where_the_time_is(
    before: int, after: int, now_ns: int, later_ns: int
) -> None:
    one = clock(drift_ppb=before)
    there = one.time(now_ns)
    one.drift(after, now_ns)
    assert one.time(now_ns) == there
    passed = Fraction(later_ns) * (S + after) / S / 1000
    assert abs(us(one.time(now_ns + later_ns)) - us(there) - passed) < 2


def test_time_wraps_as_its_field_does() -> None:
    assert clock(SmileTime(2**32 - 1, 999_999)).time(1000) == SmileTime(0, 0)


def test_a_time_set_by_boot_software_is_not_synchronised() -> None:
    one = clock()
    one.set_pending(SmileTime(50, 0))
    one.time_code(S)
    one.set_now(SmileTime(3, 4), 2 * S)
    assert (one.time(2 * S), one.sync(2 * S)) == (SmileTime(3, 4), 0)
