# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard application behind links: raw bytes of the wire, several clients, a late host."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import struct
from pathlib import Path

import pytest
from egse_peers import (
    ANSWERED,
    PTP,
    TEST,
    Station,
    answers,
    connect,
    line_from,
    packet_from,
    port_of,
    prefixed_from,
    run,
    served,
    services,
)

from fsw_emu.cli import egse_server
from fsw_emu.cli.egse_server import EgseServer
from fsw_emu.cli.keeper import Keeper
from fsw_emu.packets.spacewire import SpwPacket
from hil import stream
from hil.ports import open_link


@pytest.mark.parametrize("booted", [False, True])
def test_a_connection_test_from_the_first_moment(booted: bool) -> None:
    """Telecommand's identification and sequence are in both reports; destination is its source."""

    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0", speed=1, booted=booted) as (_, at):
            reader, writer = await connect(at[0])
            writer.write(TEST)
            accepted, answer, ended = found = await answers(reader)
            assert services(found) == ANSWERED
            assert accepted[18:22] == ended[18:22] == TEST[:4]
            assert {packet[9] for packet in found} == {0}
            assert {packet[:2] for packet in found} == {b"\x09\x41"}
            assert len(answer) == 20
            writer.close()

    run(main)


def test_telemetry_and_telecommand_ports_apart() -> None:
    async def main() -> None:
        server = "pus-tcp-server://127.0.0.1:0?connections=2"
        async with served(server) as (_, at):
            telemetry, writer = await connect(at[0])
            _, telecommands = await connect(at[0], 1)
            telecommands.write(TEST)
            assert services(await answers(telemetry)) == ANSWERED
            telecommands.close()
            writer.close()

    run(main)


def test_lines_of_the_payload_module_simulator() -> None:
    async def main() -> None:
        async with served("plm-server://127.0.0.1:0") as (_, at):
            reader, writer = await connect(at[0])
            writer.write(b"tc PUS_TC " + TEST.hex(" ").encode() + b"\r\n")
            echo = b""
            while not echo.startswith(b"TM PUS_TC"):
                echo = await reader.readuntil(b"\r\n")
            assert echo.split()[2] == TEST.hex().upper().encode()
            assert services(await answers(reader, read=line_from)) == ANSWERED
            writer.close()

    run(main)


def test_packets_of_ptp_over_spw_tcp() -> None:
    """Another protocol and a reserved byte are counted, and answered by nothing."""

    async def main() -> None:
        async with served("spw-tcp-server://127.0.0.1:0") as (server, at):
            reader, writer = await connect(at[0])
            rmap = bytes.fromhex("fe0140d1500000000000000000000000")
            writer.write(rmap + b"\xfe\x02\x01\0" + TEST + PTP + TEST)
            assert services(await answers(reader, read=prefixed_from)) == ANSWERED
            assert server.counts.commands == 1
            assert server.counts.strange >= 1
            writer.close()

    run(main)


@pytest.mark.parametrize("scheme", ["gresb", "ssdtp2"])
def test_bridges(scheme: str) -> None:
    """Through this project's own clients, whose framings have judges of their own."""

    async def main() -> None:
        async with served(f"{scheme}-server://127.0.0.1:0") as (_, at):
            station = Station()
            link = await open_link(at[0].replace("-server", ""))
            link.attach(station)
            link.send([SpwPacket(PTP + TEST)])
            assert services(await station.answers()) == ANSWERED
            await link.close()

    run(main)


@pytest.mark.verifies("ASW-29")
def test_all_get_all_telemetry_and_any_may_command() -> None:
    """Over ports of two kinds."""

    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0", "plm-server://127.0.0.1:0") as (
            server,
            at,
        ):
            one, first = await connect(at[0])
            two, second = await connect(at[0])
            lines, third = await connect(at[1])
            while len(server.clients) < 3:
                await asyncio.sleep(0.01)
            for writer in (first, second):
                writer.write(TEST)
                assert services(await answers(one)) == ANSWERED
                assert services(await answers(two)) == ANSWERED
                assert services(await answers(lines, read=line_from)) == ANSWERED
            assert server.counts.commands == 2
            for writer in (first, second, third):
                writer.close()

    run(main)


def test_a_client_that_vanishes_within_a_packet() -> None:
    """It is forgotten, what it began is no telecommand, others go on."""

    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0") as (server, at):
            reader, writer = await connect(at[0])
            gone = socket.create_connection(("127.0.0.1", port_of(at[0])))
            gone.sendall(TEST + TEST[:7])
            assert services(await answers(reader)) == ANSWERED
            # a reset instead of an end
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            gone.close()
            while len(server.clients) > 1:
                await asyncio.sleep(0.01)
            assert server.counts.commands == 1
            assert server.counts.last_reason
            writer.write(TEST)
            assert services(await answers(reader)) == ANSWERED
            writer.close()

    run(main)


def test_garbage_between_packets() -> None:
    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0") as (server, at):
            reader, writer = await connect(at[0])
            for garbage in (b"\xff" * 100, TEST[1:], bytes(50), b"GET / HTTP/1.1\r\n\r\n"):
                writer.write(garbage + TEST + b"\xff" * 886)  # what it may be taken for ends
                assert services(await answers(reader)) == ANSWERED
            assert server.counts.commands == 4
            assert server.clients[0].counters.faults >= 1
            writer.close()

    run(main)


def test_a_wrong_checksum_is_answered_where_it_is_let_through() -> None:
    """TM(1,2), code 1002; what is no telecommand is left out as ever."""

    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0?pec=any") as (_, at):
            reader, writer = await connect(at[0])
            telemetry = b"\x09" + TEST[1:5] + b"\x0d" + bytes(14)
            writer.write(TEST[:-1] + b"\0" + telemetry + TEST + b"\xff" * 886)
            refused, *found = await answers(reader, 4)
            assert services([refused]) == [(1, 2)]
            assert refused[18:24] == TEST[:4] + (1002).to_bytes(2, "big")
            assert services(found) == ANSWERED
            writer.close()

    run(main)


def reports(server: EgseServer, n: int) -> None:
    """Telemetry of the largest size, as from a memory dump."""
    for _ in range(n):
        server.dpu.onboard.downlink.put(6, 6, bytes(866))
    server.send()


def test_one_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another gets all, and all is in the archive."""
    monkeypatch.setattr(stream, "MAX_BACKLOG_BYTES", 1 << 20)
    sent, archive = 8_000, tmp_path / "session.db"

    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0", speed=1) as (server, at):
            keeper = await Keeper.open(archive)
            server.watchers.append(keeper.watch)
            keeping = asyncio.create_task(keeper.run())
            silent = socket.socket()
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            silent.connect(("127.0.0.1", port_of(at[0])))
            silent.sendall(TEST)
            while not server.counts.commands:
                await asyncio.sleep(0.01)
            reader, writer = await connect(at[0])
            while len(server.clients) < 2:
                await asyncio.sleep(0.01)
            for _ in range(sent // 100):
                reports(server, 100)
                for _ in range(100):
                    while (await packet_from(reader))[7:9] != b"\x06\x06":
                        pass
            assert len(server.clients) == 1
            assert server.counts.last_reason == "the peer does not read"
            writer.close()
            silent.close()
            keeper.end()
            await keeping

    run(main)
    with contextlib.closing(sqlite3.connect(archive)) as file:
        query = "SELECT direction, service, count(*) FROM packet GROUP BY 1, 2"
        counts = {(way, service): n for way, service, n in file.execute(query)}
    assert counts["tm", 6] == sent
    assert counts["tc", 17] == 1
    assert counts["tm", 17] == 1


def test_as_fast_as_possible_waits_for_a_client_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(egse_server, "TAKES_S", 0.2)

    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0", speed=None) as (server, at):
            silent = socket.create_connection(("127.0.0.1", port_of(at[0])))
            while not server.clients:
                await asyncio.sleep(0.01)
            while server.clients:
                reports(server, 500)
                await asyncio.sleep(0)
            before = server.dpu.world.cycle
            await asyncio.sleep(0.1)
            assert server.dpu.world.cycle > before + 8
            silent.close()

    run(main)


def test_more_at_once_than_a_cycle_takes() -> None:
    """What the queue has no room for is refused: each is answered."""
    n = 2_000

    async def main() -> None:
        async with served("pus-tcp-server://127.0.0.1:0", speed=1) as (server, at):
            reader, writer = await connect(at[0])
            writer.write(TEST * n)
            accepted = refused = ended = 0
            while accepted + refused < n or ended < accepted:
                (packet,) = await answers(reader, 1)
                accepted += packet[7:9] == b"\x01\x01"
                refused += packet[7:9] == b"\x01\x02"
                ended += packet[7:9] == b"\x01\x07"
            assert accepted >= 512
            assert server.counts.commands == n
            writer.close()

    run(main)
