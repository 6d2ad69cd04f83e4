# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Unit, FEE and world together: science as the chain alone has it, faults that a scenario asks
for, and the same telemetry however time is grouped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from fsw_emu.core import default_core
from fsw_emu.dpu.observation import settings_of
from fsw_emu.dpu.science.chain import ScienceChain
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets.pus import read_tm
from fsw_emu.testbed.fee import EmulatedFee
from fsw_emu.testbed.testbed import NoFee, Testbed
from fsw_emu.world.scenario import Scenario, read_scenario
from fsw_emu.world.world import World

FRAME_S = 2


def observing(
    *, scenario: Scenario | None = None, n_frames: int = 3, draws: bool = True, **options: Any
) -> Testbed:
    """In SCIENCE, its first frame begun."""
    bed = Testbed(
        world=World(noise_lsb=0.0, scenario=scenario), booted=True, draws=draws, **options
    )
    pool = bed.dpu.onboard.pool
    pool["FdGlbEnable"] = 0  # what faults lead to is of another test
    pool["FRMintSyncPeriod"], pool["sdpGroupMembers"] = FRAME_S * 1000, n_frames
    bed.world.door.place(1.0, bed.world.cycle)
    bed.send("ProcStrRseStatus")
    bed.run(1)
    for name in ("IaModeGotoStby", "IaModePreSci", "IaModeStrtSci"):
        bed.send(name)
        state = {"IaModePreSci": ("feeState", 7), "IaModeStrtSci": ("feeState", 4)}.get(name)
        assert state is None or bed.until(lambda s=state: pool[s[0]] == s[1], within=8)
        bed.run(0.25)
    bed.take()
    return bed


def port(bed: Testbed) -> Any:
    return bed.dpu.software.instrument.port  # type: ignore[union-attr]


def observation(bed: Testbed) -> Any:
    return bed.dpu.software.instrument.observation  # type: ignore[union-attr]


def entities(packets: Sequence[bytes]) -> list[bytes]:
    """Transfers of service 13, put together."""
    made: list[bytes] = []
    for packet in packets:
        tm = read_tm(packet)
        if tm.header.type == 13 and tm.header.subtype <= 3:
            made = [*made, b""] if tm.header.subtype == 1 else made
            made[-1] += tm.data[5:]
    return made


def test_science_is_that_of_the_chain_fed_with_the_same_packets() -> None:
    """Entities, byte for byte, but for the time of their frames, which the chain is told."""
    bed = observing()
    fed: list[Batch] = []
    settings = observation(bed).chain._settings
    bed.send("IaModeStpSci")
    bed.run(3)
    bed.take()
    feed = observation(bed).feed
    object.__setattr__(port(bed), "_on_data", lambda batch: (fed.append(batch), feed(batch)))
    settings_then: list[Any] = []
    begin = observation(bed).begin
    observation(bed).begin = lambda: (begin(), settings_then.append(settings_of(bed.dpu.onboard)))
    counter = bed.dpu.onboard.pool["ceCounter"]
    bed.send("IaModeStrtSci")
    bed.run(5 * FRAME_S)
    bed.send("IaModeStpSci")
    bed.run(5)
    came = entities(bed.take())
    alone: list[Entity] = []
    assert settings_then[0].frame_period_ms == settings.frame_period_ms == FRAME_S * 1000
    chain = ScienceChain(default_core(), settings_then[0], alone.append, counter=counter)
    for batch in fed:
        chain.feed(batch)
    chain.finish()
    assert came == [each.data for each in alone]
    assert len(came) == 2
    assert chain.counts.events_kept > 0


def test_events_are_those_of_the_frames_that_were_seen() -> None:
    """The oracle: the front end and the chain, fed with the scene's frames without any link."""
    bed = observing(draws=False, n_frames=2)
    came: list[Entity] = []
    observation(bed)._deliver = came.append
    bed.run(2 * FRAME_S)
    seen, settings = bed.sky, settings_of(bed.dpu.onboard)
    front_end = FrontEnd(
        default_core(),
        FrontEndSettings(threshold=25, event_limit=0xFFFFFF, full_sun_threshold=10_000),
    )
    alone: list[Entity] = []
    chain = ScienceChain(default_core(), settings, alone.append)
    for index in range(2):
        for stretch in front_end.event_stretches(seen.node_frames(index)):
            chain.feed(Batch.of(stretch))
    assert [each.science for each in came] == [each.science for each in alone]
    assert (len(came), came[0].header.members) == (1, 2)


def fault(text: str) -> Scenario:
    return read_scenario(f'title = "one fault"\n[[at]]\nt_s = 20\n{text}')


def seen_after(text: str, *, seconds: float = 16, **options: Any) -> Testbed:
    bed = observing(scenario=fault(text), **options)
    assert bed.world.cycle < 160
    bed.run(20 - bed.world.cycle / 8 + seconds)
    return bed


FAULTS: dict[str, tuple[str, Callable[[Testbed], bool]]] = {
    "no replies": (
        'act = "fee.rmap_timeout"',
        lambda bed: port(bed).errors["time-out"] >= 2 and bed.link.lost >= 2,
    ),
    "link down": (
        'act = "fee.link_down"',
        lambda bed: port(bed).errors["time-out"] >= 2,
    ),
    "bad status": (
        'act = "fee.rmap_error"\nstatus = 3',
        lambda bed: port(bed).errors["status"] >= 2,
    ),
    "housekeeping that is stuck": (
        'act = "fee.hk"\nfield = "ccd2_ts_a"\nraw = 4242',
        lambda bed: bed.dpu.onboard.pool["FRMHKccd2TsA"] == 4242,
    ),
    "lost packets": (
        'act = "fee.drop"\npackets = "event"\nshare = 0.5',
        lambda bed: observation(bed).chain.counts.incomplete_frames >= 3 and bed.link.lost > 10,
    ),
    "damaged packets": (
        'act = "fee.corrupt"\nshare = 0.5',
        lambda bed: len(observation(bed).chain.faults) > 10,
    ),
    "no housekeeping": (
        'act = "fee.no_hk"',
        lambda bed: observation(bed).chain.splitter.n_hk <= 8,
    ),
    "errors of its memory": (
        'act = "fee.ecc"\nrate = 5.0',
        lambda bed: bool(bed.dpu.onboard.pool["FRMHKerrorFlags"] & 1 << 5),
    ),
    "the Sun": (
        'act = "sky.sun"',
        lambda bed: bed.dpu.onboard.pool["FRMHKccd2EPixFullSun"] == 0xFFFF,
    ),
    "a burst": (
        'act = "fee.burst"\nrate = 2000.0',
        lambda bed: bed.dpu.onboard.pool["LastFrameEvtCount"] > 1500,
    ),
}


@pytest.mark.parametrize(("text", "so"), FAULTS.values(), ids=FAULTS)
def test_what_a_scenario_asks_for_is_seen_on_board(text: str, so: Callable[..., bool]) -> None:
    assert so(seen_after(text))


def test_without_faults_nothing_is_counted() -> None:
    bed = seen_after('act = "sky.swcx"\nrate = 5.0')
    assert (not port(bed).errors, bed.link.lost) == (True, 0)
    assert not observation(bed).chain.faults
    assert not [
        check for name, (_, check) in FAULTS.items() if check(bed) and name != "no housekeeping"
    ]


def test_frozen_housekeeping_stands_still() -> None:
    bed = seen_after('act = "fee.frozen"')
    before = port(bed).housekeeping
    bed.run(20)
    assert port(bed).housekeeping == before
    bed.world.act("fee.frozen", on=False)
    bed.run(20)
    assert port(bed).housekeeping != before


def test_a_link_that_comes_back_goes_on() -> None:
    bed = seen_after('act = "fee.link_down"')
    bed.world.act("fee.link_down", on=False)
    frames = observation(bed).chain.counts.frames
    bed.run(4 * FRAME_S)
    assert observation(bed).chain.counts.frames >= frames + 3


def test_nothing_at_the_other_end() -> None:
    bed = Testbed(fee=NoFee(), booted=True)
    bed.send("IaModeGotoStby")
    bed.run(1)
    bed.send("IaModePreSci")
    bed.run(10)
    failures = [tm for tm in map(read_tm, bed.take()) if tm.header.subtype == 8]
    assert len(failures) == 1


def test_power_makes_the_fee_as_after_a_reset() -> None:
    bed = observing()
    assert isinstance(bed.fee, EmulatedFee)
    assert bed.fee.memory.get("event_detection") == 1
    bed.send("IaModeStpSci")
    bed.run(3)
    bed.send("IaModeGotoStby")
    bed.run(3)
    assert (bed.world.fee_on, bed.link.due_ns()) == (False, None)
    bed.send("IaModeStrtMan")
    bed.run(5)
    assert bed.fee.memory.get("event_detection") == 0


@pytest.mark.parametrize("step", [0.125, 0.5, 1.625])
def test_any_grouping_of_time_gives_the_same_telemetry(step: float) -> None:
    def run(step: float) -> list[bytes]:
        bed = observing()
        for _ in range(round(13 / step)):
            bed.run(step)
        return [*bed.take(), bed.world.cycle.to_bytes(4, "big")]

    assert run(step) == run(13)


def test_windows_and_frames_agree_in_their_rates() -> None:
    """Within 5 standard errors; the room of the scene tests more."""
    counts = []
    for draws in (True, False):
        bed = observing(draws=draws, n_frames=500)
        bed.run(5 * FRAME_S)
        counts.append(sum(observation(bed).chain.counts.events_in.values()))
    assert abs(counts[0] - counts[1]) < 5 * np.sqrt(sum(counts))


def test_boot_then_science() -> None:
    bed = Testbed()
    bed.send("DBS_TC_BOOT_IASW")
    assert bed.until(lambda: bed.dpu.onboard.software == "IASW", within=10)
    bed.send("AreYouAlive", ack=0b1001)
    bed.run(0.125)
    seen = [(tm.header.type, tm.header.subtype) for tm in map(read_tm, bed.take())]
    assert seen[-3:] == [(1, 1), (17, 2), (1, 7)]


def test_until_says_whether_it_came_so() -> None:
    bed = Testbed(booted=True)
    assert not bed.until(lambda: False, within=2)
    assert bed.world.cycle == 16
    assert bed.until(lambda: bed.world.cycle >= 20, within=60)
    with pytest.raises(ValueError, match="time"):
        bed.run(-1)


def test_a_reset_takes_the_fees_power() -> None:
    bed = observing()
    bed.send("ResetDpuSafe")
    bed.run(0.5)
    assert bed.dpu.onboard.software == "DBS"
    assert (bed.world.fee_on, bed.link.due_ns()) == (False, None)
