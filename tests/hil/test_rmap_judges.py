# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Both ends of RMAP against other libraries: a transcript of plato-spw, of a sibling mission with
the same addresses and key; pyspw_rmap, a client, before our FEE."""

from __future__ import annotations

import asyncio
import datetime
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from pyspw_rmap import SpwRmapTCPNode, TargetNode
from tiny_target import run

from fsw_emu.core import default_core
from fsw_emu.fee.device import FeeDevice
from fsw_emu.fee.front_end import FrontEndSettings
from fsw_emu.fee.housekeeping import Housekeeping
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.readouts import Readouts
from fsw_emu.fee.sources import Stills
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.link import Link
from hil.ports import open_port
from hil.rmap.initiator import Initiator
from hil.serve import DeviceServer
from hil.transports import loop

VECTORS = Path(__file__).parent.parent / "vectors/rmap_plato_spw.json"


class Transcript:
    """Replies that were made once, to commands that have to be the same."""

    def __init__(self, link: Link, transactions: list[dict[str, str]]) -> None:
        self.left = [tuple(map(bytes.fromhex, t.values())) for t in transactions]
        self._link = link
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        for item in items:
            command, reply = self.left.pop(0)
            assert isinstance(item, SpwPacket)
            assert item.data == command
            self._link.send([SpwPacket(reply)])

    def closed(self, reason: str) -> None:
        pass


@pytest.mark.verifies("DPU-1")
def test_a_transcript_of_plato_spw() -> None:
    """It took these commands apart once, over a memory, and made the replies. It is not live: it
    has packets but no target, and imports a whole mission's test equipment, with its databases."""

    async def main() -> None:
        transactions = json.loads(VECTORS.read_text())["transactions"]
        ours, theirs = loop.pair()
        initiator = Initiator(timeout_s=1)
        ours.attach(initiator)
        initiator.connect(ours)
        target = Transcript(theirs, transactions)
        memory = bytearray(1 << 16)
        for each in transactions:
            command = bytes.fromhex(each["command"])
            address, size = int.from_bytes(command[8:12]), int.from_bytes(command[12:15])
            if command[2] & 0x20:
                data = command[16:-1]
                await initiator.write(address, data, verify=bool(command[2] & 0x10))
                memory[address : address + size] = data
            else:
                assert await initiator.read(address, size) == memory[address : address + size]
        assert not target.left
        assert initiator.counts.done == len(transactions)

    run(main)


def test_pyspw_rmap_before_our_fee() -> None:
    """It writes with the key 0, verified, from address 0xFE; a FEE with another key refuses it."""

    async def main() -> None:
        memory = FeeMemory()
        readouts = Readouts(
            default_core(), memory, Stills({}), readings=FrontEndSettings(threshold=0)
        )
        for key in (0, 0xD1):
            target = RmapTarget(memory, key=key)
            device = FeeDevice(memory, target, Housekeeping(memory), readouts)
            server = DeviceServer(device)
            port = await open_port("ssdtp2-server://127.0.0.1:0", server.attach)
            number = port.address.rsplit(":", 1)[1]
            await asyncio.to_thread(_refused if key else _client, number, memory)
            await port.close()

    run(main)


def _client(port: str, memory: FeeMemory) -> None:
    limit = datetime.timedelta(seconds=5)
    node = SpwRmapTCPNode("127.0.0.1", port)
    node.connect()
    fee = TargetNode(0x51, [3, 4], [5, 6, 7])
    for n in range(1, 20):
        node.write(fee, 0x58, list(range(n, n + 4)), limit)
        assert memory.get("ccd2_f_pix_threshold") == n << 8 | n + 1
        assert node.read(fee, 0x58, 4, limit) == list(range(n, n + 4))
    frame = [n * n & 0xFF for n in range(4096)]
    node.write(fee, 0x801800, frame, limit)
    assert node.read(fee, 0x801800, 4096, limit) == frame
    assert len(node.read(fee, 0x700, 152, limit)) == 152
    with pytest.raises(RuntimeError):
        node.write(fee, 0x700, [0, 0, 0, 0], limit)
    node.disconnect()


def _refused(port: str, memory: FeeMemory) -> None:
    node = SpwRmapTCPNode("127.0.0.1", port)
    node.connect()
    with pytest.raises(RuntimeError, match="key"):
        node.write(TargetNode(0x51, [], []), 0x58, [0] * 4, datetime.timedelta(seconds=5))
    assert memory.get("ccd2_f_pix_threshold")
    node.disconnect()
