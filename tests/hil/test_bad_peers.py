# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Peers that send what is no packet, end in the middle of one, say nothing, or do not read."""

from __future__ import annotations

import asyncio
import contextlib
from binascii import crc_hqx
from collections.abc import AsyncIterator

import pytest
from carriers import CARRIERS, STREAMS, Carrier, Side, run
from hypothesis import given
from hypothesis import strategies as st

import hil.stream_ports
from hil.ports import open_port

every_stream = pytest.mark.parametrize("carrier", STREAMS, ids=str)
by_scheme = {str(carrier): carrier for carrier in CARRIERS}


@contextlib.asynccontextmanager
async def raw_client(carrier: Carrier) -> AsyncIterator[tuple[Side, list[asyncio.StreamWriter]]]:
    """A server, and the writers of a peer that speaks bytes."""
    side = Side()
    side.port = await open_port(carrier.server, side.attach)
    host, port = side.port.address.partition("//")[2].partition("?")[0].split(":")
    base, _, link = port.partition("/")
    offsets = (1, 0) if "connections=2" in carrier.server else (0,)
    if link:
        offsets = (2 * int(link), 2 * int(link) + 1)
    writers = [(await asyncio.open_connection(host, int(base) + o))[1] for o in offsets]
    await side.until(1)
    try:
        yield side, writers
    finally:
        for writer in writers:
            writer.close()
        await side.port.close()


@given(st.sampled_from(STREAMS), st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_counted_or_close_the_link(carrier: Carrier, chunks: list[bytes]) -> None:
    async def main() -> None:
        async with raw_client(carrier) as (side, writers):
            for chunk in chunks:
                writers[0].write(chunk)
                await asyncio.sleep(0)
            for writer in writers:
                with contextlib.suppress(ConnectionError):
                    writer.write_eof()
            assert await side.sink.end()
            assert len(side.sink.reasons) == 1
            assert side.link.counters.received.packets == sum(
                hasattr(item, "data") for item in side.sink.items
            )

    run(main())


@pytest.mark.parametrize(
    ("scheme", "begun"),
    [
        ("gresb", "00"),
        ("gresb", "00000005aabbccdd"),
        ("gresb/5", "00ffffff"),
        ("ssdtp2", "00000000"),
        ("ssdtp2", "000000000000000000000005aabb"),
        ("ssdtp2", "020000000000000000000001aa"),
        ("spw-tcp", "50f0"),
        ("spw-tcp", "50f00003000000000000aa"),
        ("pus-tcp", "094cc001000d10"),
        ("plm", "746320"),
    ],
)
@pytest.mark.verifies("LINK-5")
def test_half_a_packet_at_the_end_is_a_fault(scheme: str, begun: str) -> None:
    async def main() -> None:
        async with raw_client(by_scheme[scheme]) as (side, writers):
            writers[0].write(bytes.fromhex(begun))
            for writer in writers:
                writer.write_eof()
            assert await side.sink.end() == "the peer closed the connection"
            assert side.sink.items == []
            assert side.link.counters.faults == 1

    run(main())


@pytest.mark.parametrize(
    ("scheme", "header"),
    [
        ("ssdtp2", "0000" + "ff" * 10),  # 10^24 bytes
        ("ssdtp2", "020000000000000040000000"),
        ("ssdtp2", "770000000000000000000000"),
        ("spw-tcp", "50ee"),
    ],
)
def test_sizes_and_protocols_that_cannot_be_close_the_link(scheme: str, header: str) -> None:
    async def main() -> None:
        async with raw_client(by_scheme[scheme]) as (side, writers):
            writers[0].write(bytes.fromhex(header))
            assert (await side.sink.end()).startswith("byte 0: ")

    run(main())


@every_stream
def test_a_peer_that_stays_silent_takes_nothing(carrier: Carrier) -> None:
    async def main() -> None:
        async with raw_client(carrier) as (side, _):
            assert side.sink.items == side.sink.reasons == []
            assert side.link.counters.faults == 0

    run(main())


def test_a_second_connection_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a link over two, one alone is given up, and keeps others out only so long."""
    monkeypatch.setattr(hil.stream_ports, "_SECOND_S", 0.01)

    async def main() -> None:
        server = await open_port("gresb-server://127.0.0.1:0/0", lambda _: pytest.fail("a link"))
        host, port = server.address.split("//")[1].removesuffix("/0").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        await server.close()

    run(main())


def test_answers_that_nobody_reads_close_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Echoes of telecommands wait for the peer as all else does."""
    monkeypatch.setattr("hil.stream.MAX_BACKLOG_BYTES", 1 << 20)

    async def main() -> None:
        async with raw_client(by_scheme["plm"]) as (side, writers):
            packet = b"\x19\x4c\xc0\x01\x01\xf1\x11\x11\x01\x00" + bytes(492)
            packet += crc_hqx(packet, 0xFFFF).to_bytes(2, "big")
            lines = 100 * (b"tc PUS_TC " + packet.hex().encode() + b"\r\n")
            for _ in range(1000):
                if side.sink.reasons:
                    break
                with contextlib.suppress(ConnectionError):
                    writers[0].write(lines)
                    await writers[0].drain()
            assert await side.sink.end() == "the peer does not read"

    run(main())
