# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What comes over one link of a bridge goes on over the other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import carriers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.around import LinkAround
from hil.bridge import Bridge
from hil.faults.injection import Injector
from hil.faults.link import FaultyLink
from hil.faults.plan import read_plan
from hil.link import HIGH_WATER_BYTES, Link
from hil.transports.loop import pair

packets = st.builds(SpwPacket, st.binary(max_size=30), st.booleans())
items_ = st.lists(st.one_of(packets, st.builds(TimeCode, st.integers(0, 63))), max_size=30)


class Peer:
    """One end outside the bridge."""

    def __init__(self, link: Link) -> None:
        self.items: list[Item] = []
        self.reasons: list[str] = []
        self.link = link
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        self.items += items

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 10))


async def turns(count: int = 6) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def joined(side: Any) -> Peer:
    inside, outside = pair()
    side.attach(inside)
    return Peer(outside)


@given(items_, items_)
def test_all_goes_on_both_ways(there: list[Item], back: list[Item]) -> None:
    async def main() -> None:
        bridge = Bridge()
        a, b = joined(bridge.a), joined(bridge.b)
        a.link.send(there)
        b.link.send(back)
        await turns()
        assert (b.items, a.items) == (there, back)
        packets = sum(isinstance(item, SpwPacket) for item in there)
        assert bridge.a.counters.received.packets == packets == bridge.b.counters.sent.packets
        await bridge.close()
        assert a.reasons == b.reasons == ["the bridge ends"]

    run(main())


def test_a_side_that_is_down_costs_packets_and_is_told() -> None:
    async def main() -> None:
        bridge = Bridge()
        a = joined(bridge.a)
        a.link.send([SpwPacket(b"1"), TimeCode(1)])
        await turns()
        b = joined(bridge.b)
        a.link.send([SpwPacket(b"2")])
        await turns()
        await b.link.close("b goes")
        a.link.send([SpwPacket(b"3")])
        await turns()
        again = joined(bridge.b)
        a.link.send([SpwPacket(b"4")])
        await turns()
        assert (b.items, again.items) == ([SpwPacket(b"2")], [SpwPacket(b"4")])
        assert (bridge.a.undelivered, bridge.b.links, bridge.b.last_reason) == (3, 2, "b goes")
        assert bridge.b.counters.sent.packets == 2
        await bridge.close()

    run(main())


def test_a_peer_that_comes_again_takes_the_place_of_its_old_link() -> None:
    async def main() -> None:
        bridge = Bridge()
        a, b = joined(bridge.a), joined(bridge.b)
        b.link.send([SpwPacket(b"0")])
        await turns()
        again = joined(bridge.b)
        await turns()
        a.link.send([SpwPacket(b"1")])
        again.link.send([SpwPacket(b"2")])
        await turns()
        assert (b.reasons, again.items) == (["another link took its place"], [SpwPacket(b"1")])
        assert (len(a.items), bridge.b.counters.received.packets) == (2, 2)
        await bridge.close()

    run(main())


def test_a_slow_side_holds_the_other() -> None:
    async def main() -> None:
        bridge = Bridge()
        a, b = joined(bridge.a), joined(bridge.b)
        b.link.hold(True)
        sent = 0

        async def flood() -> None:
            nonlocal sent
            while sent < 200:
                a.link.send([SpwPacket(bytes(1 << 16))])
                sent += 1
                await a.link.drain()
                await asyncio.sleep(0)

        flooding = asyncio.create_task(flood())
        await turns(300)
        assert sent << 16 <= 3 * HIGH_WATER_BYTES, "what waits in the middle is bounded"
        b.link.hold(False)
        await flooding
        await turns(300)
        assert len(b.items) == 200
        await bridge.close()

    run(main())


def test_faults_go_on_after_a_reconnection() -> None:
    async def main() -> None:
        plan = read_plan("[[fault]]\nkind = 'disconnect'\non = {every = 2}\ndirection = 'a-to-b'")
        injector = Injector(plan, start_ns=0)
        bridge = Bridge(around_b=lambda link: FaultyLink(link, injector))
        a, b = joined(bridge.a), joined(bridge.b)
        for _ in range(3):
            a.link.send([SpwPacket(b"1"), SpwPacket(b"2")])
            await turns()
            assert b.reasons == ["injected disconnect"]
            b = joined(bridge.b)
        assert (injector.counts["disconnect"], bridge.b.links) == (3, 4)
        assert bridge.b.counters.sent.packets == 3
        await bridge.close()

    run(main())


@pytest.mark.parametrize("small", [SpwPacket(b""), TimeCode(1)], ids=["packet", "time-code"])
def test_what_has_no_data_is_held_as_well(small: Item) -> None:
    async def main() -> None:
        bridge = Bridge()
        a, b = joined(bridge.a), joined(bridge.b)
        b.link.hold(True)
        for _ in range(40):
            a.link.send([small] * 1000)
            await turns()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(a.link.drain(), 0.01)
        b.link.hold(False)
        await a.link.drain()
        await bridge.close()

    run(main())


class SlowToClose(LinkAround):
    async def close(self, reason: str = "closed") -> None:
        await super().close(reason)
        await turns()


def test_what_comes_while_it_ends_was_not_for_a_side_that_is_down() -> None:
    async def main() -> None:
        bridge = Bridge(around_a=SlowToClose)
        a, b = joined(bridge.a), joined(bridge.b)
        closing = asyncio.create_task(bridge.close())
        while not a.reasons:
            await asyncio.sleep(0)
        b.link.send([SpwPacket(b"late")])
        await closing
        assert b.reasons == ["the bridge ends"]
        assert bridge.b.undelivered == 0

    run(main())


@pytest.mark.parametrize("carrier", carriers.STREAMS[:2], ids=str)
def test_a_peer_that_closes_while_much_is_sent_to_it(carrier: carriers.Carrier) -> None:
    """Nothing goes wrong beside it."""

    async def main() -> None:
        async with carriers.connected(carrier) as sides:
            sides["client"].link.send(carriers.packets(carrier, 40 << 20))
            await sides["server"].sink.until(1)
            await sides["server"].link.close()
            await sides["client"].sink.end()

    carriers.run(main())
