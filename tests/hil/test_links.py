# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The contract of links, held against every transport."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from carriers import CARRIERS, STREAMS, Carrier, Sink, client_address, connected, packets, run
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.lab.watch import WatchedLink
from hil.link import Link, LinkClosed
from hil.ports import open_link, open_port
from hil.record import Recorder

OTHER = {"server": "client", "client": "server"}
every = pytest.mark.parametrize("carrier", CARRIERS, ids=str)
every_stream = pytest.mark.parametrize("carrier", STREAMS, ids=str)
both_ways = pytest.mark.parametrize("to", OTHER)
MIB = 1 << 20


@st.composite
def traffic(draw: st.DrawFn) -> tuple[Carrier, list[tuple[str, list[Item]]]]:
    """A transport and what is sent over it: to whom, in how many stretches."""
    carrier = draw(st.sampled_from(CARRIERS))
    sizes = st.integers(0, 40) | st.integers(0, 2000) | st.integers(0, 70_000)
    items = st.one_of(
        st.builds(SpwPacket, sizes.map(carrier.packet), st.booleans()),
        st.builds(SpwPacket, st.binary(max_size=7)),
        st.builds(TimeCode, st.integers(0, 63), st.integers(0, 3)),
    )
    stretches = st.tuples(st.sampled_from(["server", "client"]), st.lists(items, max_size=6))
    return carrier, draw(st.lists(stretches, max_size=8))


@pytest.mark.verifies("LINK-1")
@given(traffic())
def test_what_is_carried_arrives_in_order_and_the_rest_is_refused(
    drawn: tuple[Carrier, list[tuple[str, list[Item]]]],
) -> None:
    carrier, stretches = drawn

    async def main() -> None:
        async with connected(carrier) as sides:
            sent: dict[str, list[Item]] = {"server": [], "client": []}
            refused = dict.fromkeys(sent, 0)
            for to, items in stretches:
                sides[OTHER[to]].link.send(items)
                carried = [item for item in items if carrier.carries(item, to)]
                assert [item for item in items if sides[OTHER[to]].link.carries(item)] == carried
                sent[to] += carried
                refused[to] += len(items) - len(carried)
            for to, expected in sent.items():
                assert await sides[to].sink.until(len(expected)) == expected
                received = sides[to].link.counters.received
                out = sides[OTHER[to]].link.counters.sent
                assert out.refused == refused[to]
                out.refused = 0
                assert received == out
                assert received.packets + received.time_codes == len(expected)
                assert received.eeps == sum(getattr(item, "eep", 0) for item in expected)

    run(main())


@pytest.mark.verifies("LINK-1", "REC-6")
@every
def test_what_is_refused_is_not_told_as_sent(tmp_path: Path, carrier: Carrier) -> None:
    """A recording and whoever watches have what crosses."""
    items = [TimeCode(5), SpwPacket(carrier.packet(50), eep=True), SpwPacket(b""),
             SpwPacket(carrier.packet(50))]  # fmt: skip
    carried = [item for item in items if carrier.carries(item, "server")]

    async def main() -> None:
        async with connected(carrier) as sides:
            link = sides["client"].link
            recorder = Recorder(tmp_path / "link.pcapng")
            watched, seen = WatchedLink("dut", recorder.tap(link)), list[Item]()
            watched.watchers.append(lambda _link, _direction, some: seen.extend(some))
            watched.send(items)
            recorder.close()
            assert await sides["server"].sink.until(len(carried)) == seen == carried
            assert recorder.n_recorded == len(carried)
            assert watched.counters.sent == link.counters.sent

    run(main())


@pytest.mark.verifies("A54")
@every
@both_ways
def test_packets_of_any_size(carrier: Carrier, to: str) -> None:
    most = min(carrier.most, 0xFFFFFF)
    sizes = [*range(carrier.least, carrier.least + 5), 778, 4096, 65_536, most]
    sent = [SpwPacket(carrier.packet(size)) for size in sizes if carrier.least <= size <= most]
    beyond = [SpwPacket(bytes(size)) for size in (carrier.least - 1, carrier.most + 1)
              if 0 <= size <= 0x1000000]  # fmt: skip

    async def main() -> None:
        async with connected(carrier) as sides:
            sides[OTHER[to]].link.send([*beyond, *sent])
            got = await sides[to].sink.until(len(sent))
            assert got == sent
            assert [len(p.data) for p in sent if isinstance(p, SpwPacket)][-1] == most
            assert sides[OTHER[to]].link.counters.sent.refused == len(beyond)

    run(main())


@every
@both_ways
def test_who_drains_sends_any_amount(carrier: Carrier, to: str) -> None:
    stretch = packets(carrier, 64 << 10)

    async def main() -> None:
        async with connected(carrier) as sides:
            link = sides[OTHER[to]].link
            for _ in range(32):
                link.send(stretch)
                await link.drain()
            got = await sides[to].sink.until(32 * len(stretch))
            assert got == 32 * stretch

    run(main())


@every
def test_who_holds_makes_the_peer_wait(carrier: Carrier) -> None:
    stretch = packets(carrier, MIB)

    async def main() -> None:
        async with connected(carrier) as sides:
            link, sink = sides["client"].link, sides["server"].sink
            sides["server"].link.hold(True)
            sides["server"].link.hold(True)
            count = 0
            for _ in range(40):  # what the system buffers, and more
                link.send(stretch)
                count += len(stretch)
                try:
                    await asyncio.wait_for(link.drain(), 0.05)
                except TimeoutError:
                    break
            else:
                pytest.fail("drain does not wait")
            assert len(sink.items) == 0
            sides["server"].link.hold(False)
            await link.drain()
            assert len(await sink.until(count)) == count

    run(main())


@pytest.mark.verifies("LINK-4")
@every
def test_a_peer_that_does_not_read_is_cut_off(carrier: Carrier) -> None:
    stretch = packets(carrier, MIB)

    async def main() -> None:
        async with connected(carrier) as sides:
            sides["server"].link.hold(True)
            link = sides["client"].link
            for _ in range(200):
                if link.closed_because is not None:
                    break
                link.send(stretch)
            with pytest.raises(LinkClosed, match="does not read"):
                link.send(stretch)
            assert await sides["client"].sink.end() == "the peer does not read"
            assert list(sides["client"].port.links) == []

    run(main())


@every
@both_ways
def test_closing_sends_what_waits_and_is_told_once(carrier: Carrier, to: str) -> None:
    sent = packets(carrier, 300_000)

    async def main() -> None:
        async with connected(carrier) as sides:
            link = sides[OTHER[to]].link
            link.send(sent)
            await asyncio.gather(link.close("enough"), link.close("again"))
            await link.close()
            assert await sides[to].sink.end()
            assert sides[to].sink.items == sent
            assert sides[OTHER[to]].sink.reasons == ["enough"]
            assert link.closed_because == "enough"
            for side in sides.values():
                assert list(side.port.links) == []
                with pytest.raises(LinkClosed, match=side.link.closed_because):
                    side.link.send(sent)
                with pytest.raises(LinkClosed):
                    await side.link.drain()
                late = Sink()
                side.link.attach(late)
                assert await late.end() == side.link.closed_because
                assert len(side.sink.reasons) == 1

    run(main())


@every
@both_ways
def test_nothing_is_read_before_there_is_a_receiver(carrier: Carrier, to: str) -> None:
    async def main() -> None:
        links: dict[str, list[Link]] = {"server": [], "client": []}
        server = await open_port(carrier.server, links["server"].append)
        client = await open_port(client_address(carrier, server), links["client"].append)
        while not links["server"]:
            await asyncio.sleep(0.001)
        sent = packets(carrier, 10_000)
        links[OTHER[to]][0].send(sent)
        await asyncio.sleep(0.01)
        sink = Sink()
        links[to][0].attach(sink)
        assert await sink.until(len(sent)) == sent
        links[OTHER[to]][0].attach(Sink())
        await client.close()
        await server.close()

    run(main())


@every
def test_a_client_comes_back(carrier: Carrier) -> None:
    sent = packets(carrier, 1000)

    async def main() -> None:
        async with connected(carrier, reconnect=True) as sides:
            for times in range(1, 4):
                side = sides["server" if times % 2 else "client"]  # who hangs up
                await side.link.close()
                await sides["server"].until(times + 1)
                await sides["client"].until(times + 1)
                sides["client"].link.send(sent)
                assert await sides["server"].sink.until(len(sent)) == sent
            await sides["client"].port.close()
            assert all(len(s.reasons) == 1 for s in sides["client"].sinks)
            assert len(sides["client"].links) == 4

    run(main())


@every
def test_a_client_finds_a_server_that_comes_back(carrier: Carrier) -> None:
    async def main() -> None:
        async with connected(carrier, reconnect=True) as sides:
            server, client = sides["server"], sides["client"]
            await server.port.close()
            assert await client.sink.end()
            await asyncio.sleep(0.1)  # it tries meanwhile
            server.port = await open_port(server.port.address, server.attach)
            await server.until(2)
            await client.until(2)
            sent = packets(carrier, 1000)
            client.link.send(sent)
            assert await server.sink.until(len(sent)) == sent

    run(main())


@every
def test_a_patient_client_waits_for_its_server(carrier: Carrier) -> None:
    async def main() -> None:
        free = await open_port(carrier.server, lambda _: None)
        await free.close()
        client = asyncio.create_task(open_link(client_address(carrier, free), patient=True))
        await asyncio.sleep(0.01)
        assert not client.done()
        link = await open_link(free.address)
        await (await client).close()
        await link.close()

    run(main())


@pytest.mark.verifies("LINK-3")
@every
def test_a_client_too_many_is_refused(carrier: Carrier) -> None:
    sent = packets(carrier, 1000)

    async def main() -> None:
        async with connected(carrier) as sides:
            sink = Sink()
            address = client_address(carrier, sides["server"].port)
            try:
                port = await open_port(address, lambda link: link.attach(sink))
            except ConnectionRefusedError:
                assert not carrier.stream
            else:
                assert "before it sent anything" in await sink.end()
                await port.close()
            assert sides["server"].port.refused >= 1
            sides["client"].link.send(sent)
            assert await sides["server"].sink.until(len(sent)) == sent

    run(main())


@every
def test_one_link_alone(carrier: Carrier) -> None:
    async def main() -> None:
        free = await open_port(carrier.server, lambda _: None)
        await free.close()
        server = asyncio.create_task(open_link(free.address))
        await asyncio.sleep(0.01)
        client = await open_link(client_address(carrier, free))
        link = await server
        sinks = [Sink(), Sink()]
        link.attach(sinks[0])
        client.attach(sinks[1])
        if carrier.stream:
            with pytest.raises(OSError, match="Connect call failed"):
                await open_link(client.address)
        await client.close()
        assert await sinks[0].end()
        assert await sinks[1].end() == "closed"
        await link.close()

    run(main())


@pytest.mark.verifies("LINK-3")
@every_stream
def test_servers_are_reached_from_this_machine_only(carrier: Carrier) -> None:
    async def main() -> None:
        port = await open_port(carrier.server.replace("127.0.0.1", ""), lambda _: None)
        assert "//127.0.0.1:" in port.address
        assert ":0" not in port.address
        await port.close()

    run(main())
