# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A device on links: answers, readouts, pacing, and links that come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from fee_peer import Peer
from fee_rig import MS, Bench, noise, write_command
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.core import Core
from fsw_emu.fee.sources import Stills
from fsw_emu.packets.fee_registers import FIELDS
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.serve import DeviceServer, line_bits
from hil.transports.loop import pair

FTP, FT, IMMEDIATE_ON = 1, 3, 8


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 10))


@asynccontextmanager
async def serving(device: Any, **options: Any) -> Any:
    """A function that connects one more peer to the device."""
    server = DeviceServer(device, **options)
    peers: list[Peer] = []

    def connect() -> Peer:
        ours, theirs = pair()
        server.attach(ours)
        peers.append(Peer(theirs))
        return peers[-1]

    running = asyncio.create_task(server.run())
    try:
        yield connect
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        for peer in peers:
            await peer.link.close()


@pytest.mark.parametrize("rate", [None, 50e6, 1e6])
def test_a_readout_is_the_same_at_any_rate(core: Core, rate: float | None) -> None:
    expected = Bench(core, Stills(noise()), ccd_mode2_config=3).readout(FT, readout_node_sel=1)
    bench = Bench(core, Stills(noise()), readout_node_sel=1)

    async def main() -> None:
        async with serving(bench.device, rate_bits_s=rate) as connect:
            peer = connect()
            await peer.execute(FT)
            await peer.until(lambda: len(peer.data) == len(expected))
            assert [p[162:] for p in peer.data[:1]] + peer.data[1:] == [b"", *expected[1:]]

    run(main())


def test_syncs_repeat_until_immediate_on(core: Core) -> None:
    bench = Bench(core, digitise_en=0, sync_sel=1, int_sync_period=2)

    async def main() -> None:
        async with serving(bench.device) as connect:
            peer = connect()
            await peer.execute(FTP)
            await peer.until(lambda: len(peer.data) >= 3)
            await peer.execute(IMMEDIATE_ON)
            assert bench.device.due_ns() is None
            sent = len(peer.data)
            peer.link.send([TimeCode(5)])
            assert await peer.read("timecode_from_spw") == 5
            assert len(peer.data) == sent
            assert [p[7] for p in peer.data] == list(range(1, sent + 1))

    run(main())


def test_the_state_outlives_links(core: Core) -> None:
    """Registers stay; what was going on waits for the next link and goes on there."""
    bench = Bench(core, Stills(noise()))

    async def main() -> None:
        async with serving(bench.device, rate_bits_s=20e6) as connect:
            peer = connect()
            await peer.ask(write_command("packet_size", 522))
            assert await peer.read("spw_link_running") == 1
            await peer.execute(FT)
            await peer.until(lambda: len(peer.data) > 1)
            await peer.link.close()
            assert bench.memory.get("spw_link_running") == 0
            other = connect()
            assert await other.read("packet_size") == 522
            assert await other.read("spw_link_running") == 1
            assert await other.read("error_flag_spw_link_disconnect_error") == 1
            await other.until(lambda: bench.device.due_ns() is None)
            sequence = [int.from_bytes(p[8:10], "big") for p in other.data]
            assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))
            assert other.data[-1][5] & 0x80
            assert not other.data[0][5] & 3

    run(main())


@pytest.mark.verifies("FEEREG-8")
def test_error_flags_are_set_and_cleared(core: Core) -> None:
    """All at once, and again after a while; clearing leaves those of the link."""
    flags = [name for name in FIELDS if name.startswith("error_flag_")]
    bench = Bench(core)

    async def told(peer: Peer) -> list[int]:
        return [await peer.read(name) for name in flags]

    async def main() -> None:
        async with serving(bench.device) as connect:
            peer = connect()
            assert await told(peer) == [0] * len(flags)
            for name in flags:
                bench.device.raise_flag(name.removeprefix("error_flag_"))
            assert await told(peer) == [1] * len(flags)
            await peer.ask(write_command("clear_error_flag", 1))
            assert await told(peer) == ["_spw_link_" in name for name in flags]
            soon_ns = time.monotonic_ns() + 20 * MS
            bench.device.raise_flag("ext_sdram_edac_corr_err_error", soon_ns)
            while not await peer.read("error_flag_ext_sdram_edac_corr_err_error"):
                await asyncio.sleep(0.005)
            assert time.monotonic_ns() >= soon_ns

    run(main())


@pytest.mark.parametrize("name", ["edac", "error_flag_spw_link_parity_error", ""])
def test_other_error_flags_are_refused(core: Core, name: str) -> None:
    with pytest.raises(ValueError, match="is no error flag"):
        Bench(core).device.raise_flag(name)


def test_a_peer_that_does_not_read_is_waited_for(core: Core) -> None:
    """Commands are answered meanwhile, and nothing of a readout is lost."""
    bench = Bench(core, Stills(noise()), packet_size=65534, readout_node_sel=4)

    async def main() -> None:
        async with serving(bench.device) as connect:
            peer = connect()
            await peer.ask(write_command("ccd_mode_config", FT, 1 << 28))
            peer.link.send([SpwPacket(write_command("execute_op", 1))])
            peer.link.hold(True)
            for _ in range(200):
                await asyncio.sleep(0)
            assert bench.device.due_ns() is not None
            peer.link.hold(False)
            await peer.until(lambda: bench.device.due_ns() is None)
            assert sum(len(p) - 10 for p in peer.data[1:]) == 2 * 3791 * 2255

    run(main())


def test_answers_go_to_the_link_that_asked(core: Core) -> None:
    bench = Bench(core, Stills(noise()), readout_node_sel=1)

    async def main() -> None:
        async with serving(bench.device) as connect:
            one, two = connect(), connect()
            await one.execute(FT)
            await two.until(lambda: bench.device.due_ns() is None)
            assert (len(one.replies), len(two.replies)) == (2, 0)
            assert not one.data
            assert two.data
            await one.link.close()
            assert bench.memory.get("spw_link_running") == 1

    run(main())


def test_garbage_is_counted_and_nothing_else(core: Core) -> None:
    bench = Bench(core)

    async def main() -> None:
        async with serving(bench.device) as connect:
            peer = connect()
            good = write_command("packet_size", 90)
            peer.link.send([SpwPacket(b""), SpwPacket(b"\x51\x01"), SpwPacket(good, eep=True),
                            SpwPacket(b"\x51\xf0" + bytes(20)), TimeCode(3, 2)])  # fmt: skip
            await peer.until(lambda: len(peer.replies) == 1)
            assert peer.replies[0][3] == 7  # the one with an error end
            assert await peer.read("timecode_from_spw") == 0
            assert await peer.read("packet_size") == 778

    run(main())


class Metronome:
    """A device that knows nothing of links: one packet when it is asked, late or not."""

    def __init__(self) -> None:
        self.due: int | None = None

    def received(self, items: Sequence[Item], now_ns: int) -> Sequence[Item]:
        self.due = now_ns + 2 * MS
        return items

    def due_ns(self) -> int | None:
        return self.due

    def produce(self, now_ns: int) -> Sequence[Item]:
        assert self.due is not None
        assert now_ns >= self.due
        self.due = None
        return [SpwPacket(b"tick")]


def test_any_device_can_be_served() -> None:
    async def main() -> None:
        async with serving(Metronome()) as connect:
            peer = connect()
            for n in (1, 2):
                peer.link.send([TimeCode(n)])
                await peer.until(lambda n=n: len(peer.items) == 2 * n)
            assert peer.items == [TimeCode(1), SpwPacket(b"tick"), TimeCode(2), SpwPacket(b"tick")]

    run(main())


@pytest.mark.verifies("FEEMODE-20")
@given(sizes=st.lists(st.integers(0, 2000)), time_codes=st.integers(0, 9))
def test_bits_on_the_line(sizes: list[int], time_codes: int) -> None:
    """Ten a byte, four an end marker, fourteen a time-code."""
    items: list[Item] = [SpwPacket(bytes(size)) for size in sizes]
    items += [TimeCode(0)] * time_codes
    assert line_bits(items) == sum(10 * size + 4 for size in sizes) + 14 * time_codes


@pytest.mark.parametrize("turns", range(5))
def test_it_ends_even_as_its_link_does(core: Core, turns: int) -> None:
    """While it waits for a sync, the link is lost and it is cancelled, at almost one time."""
    bench = Bench(core, digitise_en=0, sync_sel=1, int_sync_period=100_000)

    async def main() -> None:
        ours, theirs = pair()
        server = DeviceServer(bench.device)
        server.attach(ours)
        peer = Peer(theirs)
        running = asyncio.create_task(server.run())
        await peer.execute(FTP)
        await peer.until(lambda: len(peer.data) == 1)
        await asyncio.sleep(0.001)
        await theirs.close()
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running], timeout=1)
        assert running.cancelled()

    run(main())
