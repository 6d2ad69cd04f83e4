# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard application in the host's time: late cycles, and time-codes of a link."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence

import pytest
from egse_peers import run
from virtual_time import VirtualLoop

from fsw_emu.cli.egse_server import EgseServer
from fsw_emu.dpu.dpu import Dpu
from fsw_emu.packets.pus import SmileTime
from fsw_emu.packets.spacewire import TimeCode
from fsw_emu.world.world import World


def overruns(server: EgseServer) -> list[list[tuple[int, int]]]:
    """Thread and size of each event of a late cycle, as they are sent."""
    found: list[list[tuple[int, int]]] = []

    def watch(what: str, came: Sequence[bytes]) -> None:
        sizes = [
            struct.unpack_from(">HH", packet, 22)
            for packet in came
            if what == "tm" and packet[7] == 5 and packet[18:20] == (817).to_bytes(2, "big")
        ]
        if sizes:
            found.append(sizes)

    server.watchers.append(watch)
    return found


def late_by(ms: int, *, booted: bool) -> tuple[EgseServer, list[list[tuple[int, int]]], int]:
    """A second of the host in which the third cycle takes so long; the server, the events, the
    cycles that were made."""
    server = EgseServer(Dpu(World(noise_lsb=0.0), booted=booted))
    events = overruns(server)
    cycle = server.dpu.cycle

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)

        def slow() -> None:
            cycle()
            if server.dpu.world.cycle == 3:
                loop.now_ns += ms * 1_000_000

        server.dpu.cycle = slow  # type: ignore[method-assign]
        running = asyncio.create_task(server.run())
        await asyncio.sleep(1.01)
        running.cancel()

    run(main, VirtualLoop)
    return server, events, server.dpu.world.cycle


@pytest.mark.verifies("ASW-30")
def test_a_late_cycle_is_an_event_and_the_next_are_caught_up() -> None:
    """The third began at 375 ms and ended at 755: 255 late for the next, which is then 130 late,
    and the one after it 5."""
    server, events, cycles = late_by(380, booted=True)
    assert events == [[(1, 255)], [(1, 130)], [(1, 5)]]
    assert (server.counts.late, cycles) == (3, 8)
    assert server.counts.worst_late_s == pytest.approx(0.255)


def test_one_that_fits_its_cycle_is_none() -> None:
    server, events, cycles = late_by(124, booted=True)
    assert (server.counts.late, events, cycles) == (0, [], 8)


def test_the_boot_software_has_no_such_event() -> None:
    server, events, _ = late_by(200, booted=False)
    assert (server.counts.late, events) == (1, [])


def test_time_codes_of_a_link_set_the_clock() -> None:
    """At the moment when they come, within the cycle; those with flags are none."""
    server = EgseServer(Dpu(World(noise_lsb=0.0, time_codes=False)), follows_link=True)
    clock = server.dpu.world.clock

    async def main() -> None:
        running = asyncio.create_task(server.run())
        await asyncio.sleep(0.3)
        clock.set_pending(SmileTime(1000, 0))
        server.time_code(TimeCode(5, flags=1))
        assert clock.pending is not None
        server.time_code(TimeCode(6))
        assert clock.pending is None
        await asyncio.sleep(0.21)
        running.cancel()

    run(main, VirtualLoop)
    assert server.dpu.world.cycle == 4  # begun at 500 ms, 200 after the time-code
    assert clock.time(server.dpu.world.now_ns) == SmileTime(1000, 200_000)
    assert clock.sync(server.dpu.world.now_ns) == 5
    assert server.counts.time_codes == 1


def test_time_codes_of_a_link_are_left_where_the_clock_has_its_own() -> None:
    server = EgseServer(Dpu(World(noise_lsb=0.0)))
    server.dpu.world.clock.set_pending(SmileTime(1000, 0))
    server.time_code(TimeCode(6))
    assert server.dpu.world.clock.pending is not None
