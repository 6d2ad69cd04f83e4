# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard application with front-end electronics at the other end of a link."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from egse_peers import run

from fsw_emu.cli.egse_server import EgseServer
from fsw_emu.cli.fee_peer import FeePeer
from fsw_emu.packets.pus import build_tc
from fsw_emu.packets.spacewire import FEE_DATA, Item, SpwPacket
from fsw_emu.testbed.fee import EmulatedFee
from fsw_emu.testbed.testbed import Testbed
from hil.link import Link
from hil.ports import open_link, open_port


class Electronics:
    """A FEE in this process, behind a link."""

    def __init__(self) -> None:
        self.testbed = Testbed()
        self.commands = 0

    def attach(self, link: Link) -> None:
        self.link = link
        link.attach(self)
        self.testbed.fee.power(True, 0)

    def received(self, items: Sequence[Item]) -> None:
        self.commands += len(items)
        answers = self.testbed.fee.received(items, 0)
        if answers:
            self.link.send(answers)

    def closed(self, reason: str) -> None:
        pass


@contextlib.asynccontextmanager
async def rig() -> AsyncIterator[tuple[EgseServer, FeePeer, Electronics]]:
    peer, electronics = FeePeer(), Electronics()
    unit = Testbed(fee=peer, booted=True)
    port = await open_port("gresb-server://127.0.0.1:0", electronics.attach)
    link = await open_link(port.address.replace("-server", ""))
    peer.attach(link)
    server = EgseServer(unit.dpu, fee=unit.link)
    yield server, peer, electronics
    await link.close()
    await port.close()


async def cycles(server: EgseServer, n: int) -> None:
    """So many, with time for the link between them."""
    for _ in range(n):
        server.cycle()
        await asyncio.sleep(0.01)


def test_the_application_sets_up_electronics_behind_a_link() -> None:
    async def main() -> None:
        async with rig() as (server, _, electronics):
            table = server.dpu.table
            for name in ("IaModeGotoStby", "IaModePreSci"):
                command = table.telecommands[name]
                packet = build_tc(
                    apid=table.apid, count=0, type=command.type, subtype=command.subtype
                )
                server.receive([packet])
                await cycles(server, 120)
            fee = electronics.testbed.fee
            assert isinstance(fee, EmulatedFee)
            assert electronics.commands > 10
            pool = server.dpu.onboard.pool
            assert table.label("IaswState", pool["iaswState"]) == "SIA_PRE_SCIENCE"
            assert server.dpu.world.fee_on

    run(main)


def test_what_it_sends_too_fast_waits_on_its_side() -> None:
    async def main() -> None:
        async with rig() as (_, peer, electronics):
            packet = SpwPacket(b"\x50" + bytes([FEE_DATA]) + bytes(776))
            for _ in range(40):
                electronics.link.send([packet] * 1000)
            await asyncio.sleep(0.3)
            waits = 0
            while peer.due_ns() is not None:
                waits = max(waits, len(peer._data))
                while peer.due_ns() is not None:
                    peer.produce(0)
                await asyncio.sleep(0.05)
            assert 1000 < waits < 4000

    run(main)


def test_without_a_link_what_goes_there_is_lost() -> None:
    peer = FeePeer()
    assert peer.received([SpwPacket(b"\x51\x01")], 0) == []
    assert peer.lost == 1
    assert peer.due_ns() is None
