# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Cycles that are left out change nothing of failure detection."""

from __future__ import annotations

from collections.abc import Sequence

from fdir_faults import FAULTS, TABLE, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.world.acts import Act, make_act
from fsw_emu.world.scenario import Scenario
from fsw_emu.world.world import World

CHANNELS = st.sampled_from(["P3V3", "TEMP1", "TEMP_CCD", "I_HEATER", "PSU_TEMP"])
DEEDS = st.one_of(
    st.tuples(
        st.just("adc.override"),
        st.fixed_dictionaries(
            {
                "channel": CHANNELS,
                "raw": st.sampled_from([0, 8800, 11200, 16383]),
                "on": st.booleans(),
            }
        ),
    ),
    st.tuples(
        st.just("dpu.free_pages"), st.fixed_dictionaries({"pages": st.sampled_from([9, 20000])})
    ),
    st.tuples(
        st.just("dpu.sdp_time"), st.fixed_dictionaries({"us": st.sampled_from([10, 200_000])})
    ),
    st.tuples(
        st.just("edac.upsets"),
        st.fixed_dictionaries(
            {
                "rate": st.sampled_from([0.0, 30.0]),
                "start": st.just(0x60000000),
                "bytes": st.just(1 << 21),
            }
        ),
    ),
)
ACTS = st.lists(st.tuples(st.integers(1, 700), DEEDS), max_size=8)


@given(ACTS, st.lists(st.integers(1, 300), min_size=1, max_size=6))
@settings(max_examples=15, deadline=None)
def test_grouping_of_cycles_changes_no_telemetry(
    acts: Sequence[tuple[int, tuple[str, dict[str, object]]]], groups: Sequence[int]
) -> None:
    made = sorted((make_act(at, *deed) for at, deed in acts), key=when)

    def unit() -> Dpu:
        dpu = Dpu(World(scenario=Scenario("any", tuple(made))), booted=True)
        dpu.onboard.pool["RpDpuHkKind"] = 2  # a reset would end it all
        return dpu

    one_by_one, grouped = unit(), unit()
    for _ in range(sum(groups)):
        one_by_one.cycle()
    for n_cycles in groups:
        grouped.run(n_cycles)
    assert one_by_one.take_telemetry() == grouped.take_telemetry()
    for item in TABLE.pool:
        if item.startswith(("FdCheck", "DpuCce")):
            assert one_by_one.onboard.pool.raw(item) == grouped.onboard.pool.raw(item)


def when(act: Act) -> int:
    return act.cycle


def test_grouping_of_cycles_changes_no_telemetry_with_a_fee() -> None:
    def told(step_s: float) -> list[bytes]:
        session = Session(science=False)
        for fault in FAULTS:
            if fault.items in ("FeeComErr", "FeeLimit", "FeeErrCor"):
                session.begin(fault)
        session.pool["RpFeeLimitKind"] = session.pool["RpFeeComErrKind"] = 2
        for _ in range(round(80 / step_s)):
            session.bed.run(step_s)
        return session.bed.take()

    assert told(0.125) == told(40.0)
