# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 9: time by telecommand and time-code, and its loss."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.table import load
from fsw_emu.packets.pus import Tm, build_tc, read_tm
from fsw_emu.world.acts import make_act
from fsw_emu.world.scenario import Scenario
from fsw_emu.world.world import World

TABLE = load()
SECONDS = st.integers(0, 2**32 - 1)


def update(seconds: int, fine: int) -> bytes:
    data = seconds.to_bytes(4, "big") + fine.to_bytes(3, "big") + b"\0"
    return build_tc(apid=321, count=1, ack=0, type=9, subtype=128, data=data)


def ping(dpu: Dpu) -> Tm:
    """A packet that is made now."""
    dpu.take_telemetry()
    dpu.onboard.downlink.put(17, 2, b"")
    return read_tm(dpu.take_telemetry()[-1])


@pytest.mark.verifies("ASW-15")
@given(
    booted=st.booleans(), seconds=SECONDS, fine=st.integers(0, 2**24 - 1), wait=st.integers(0, 9)
)
@settings(max_examples=40, deadline=None)
def test_the_next_time_code_sets_the_time(booted: bool, seconds: int, fine: int, wait: int) -> None:
    dpu = Dpu(World(noise_lsb=0.0), booted=booted)
    for _ in range(wait):
        dpu.cycle()
    dpu.take_telemetry()
    dpu.receive(update(seconds, fine))
    if fine >= 1_000_000:
        failed = read_tm(dpu.take_telemetry()[0])
        assert failed.data[4:6] == TABLE.failures["ACK_NOT_IMPL"].code.to_bytes(2, "big")
        return
    before = ping(dpu).header
    begun = wait + 1  # the cycle in which it is executed
    dpu.run((begun // 8 + 1) * 8 - wait)
    after = ping(dpu).header
    assert (before.sync, after.sync) == (0, 5)
    assert (after.time.coarse, after.time.fine_us) == (seconds, fine)
    pool = dpu.onboard.pool
    assert (pool["CucCoarseTime"], pool["CucFineTime"]) == (seconds, fine)
    assert pool["CucNotSynchronized"] == 0


def events(dpu: Dpu) -> list[int]:
    return [
        int.from_bytes(tm.data[:2], "big")
        for tm in map(read_tm, dpu.take_telemetry())
        if tm.header.type == 5
    ]


def lost(start: int, seconds: int) -> Scenario:
    acts = (make_act(start, "timecode.lost", {}), make_act(start + 8 * seconds, *_AGAIN))
    return Scenario("no time-codes", acts=acts)


_AGAIN: tuple[str, dict[str, Any]] = ("timecode.lost", {"on": False})


@pytest.mark.verifies("ASW-15")
@pytest.mark.parametrize(("seconds", "told"), [(3, []), (6, [804])])
@pytest.mark.parametrize("skipping", [True, False])
def test_five_time_codes_may_fail(seconds: int, told: list[int], skipping: bool) -> None:
    """Then the time is doubted, once, and only a new setting mends it."""
    dpu = Dpu(World(noise_lsb=0.0, scenario=lost(100, seconds)), booted=True)
    dpu.receive(update(1000, 0))
    dpu.take_telemetry()
    for n_cycles in (96, 8 * seconds + 16):
        if skipping:
            dpu.run(n_cycles)
        else:
            for _ in range(n_cycles):
                dpu.cycle()
    assert events(dpu) == told
    missed = dpu.onboard.pool["CucMissedTimeSyncCnt"]
    assert missed == seconds
    assert dpu.onboard.pool["CucNotSynchronized"] == bool(told)
    dpu.receive(update(2000, 0))
    dpu.run(9)
    assert dpu.onboard.pool["CucNotSynchronized"] == 0
    assert events(dpu) == []


def test_the_boot_software_does_not_tell(boot_rig: Any) -> None:
    boot_rig.put(update(1000, 0), cycles=16)
    boot_rig.dpu.world.act("timecode.lost")
    assert 804 not in [int.from_bytes(tm.data[:2], "big") for tm in boot_rig.run(80)]
    assert ping(boot_rig.dpu).header.sync == 0
