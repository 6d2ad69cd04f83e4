# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu bridge`` as it is used: two ports, faults, a recording, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fsw_emu.cli.main import main
from fsw_emu.packets.fee import FeeHeader
from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.link import Link, LinkClosed
from hil.ports import open_link, open_port

PLAN = """
[[fault]]
kind = "duplicate"
direction = "a-to-b"
on = {number = 2}

[[fault]]
kind = "disconnect"
direction = "a-to-b"
on = {number = 4}
"""


class Peer:
    def __init__(self, link: Link) -> None:
        self.items: list[Item] = []
        self.reasons: list[str] = []
        self.came = asyncio.Event()
        self.link = link
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        self.items += items
        self.came.set()

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)

    async def until(self, count: int) -> list[Item]:
        while len(self.items) < count:
            self.came.clear()
            await self.came.wait()
        return self.items


def fee(sequence: int) -> SpwPacket:
    return SpwPacket(FeeHeader(0x50, 0xF0, 4, 3, False, 1, 0, 0, 0, sequence).to_bytes() + b"1234")


READ = bytes.fromhex("51014cd1500007000000000000000467")


async def between(folder: Path) -> tuple[str, int | None]:
    """Two peers around the command; what it told at its end, and its exit code."""
    options = ("--faults", "plan.toml", "--seed", "9", "--log", "log", "--record", "both.pcapng")
    where = "gresb-server://127.0.0.1:0", "spw-tcp-server://127.0.0.1:0"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fsw_emu.cli.main", "bridge", *where, *options),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode().split()
        a_to, b_to = (address.replace("-server", "") for address in (first[0], first[2]))
        a = Peer(await open_link(a_to))
        peers: list[Peer] = []

        def attach(link: Link) -> None:
            peers.append(Peer(link))
            link.send([SpwPacket(READ)])

        b = await open_port(b_to, attach, reconnect=True)
        await a.until(1)  # both links are up
        a.link.send([fee(0), TimeCode(5), *map(fee, range(1, 5))])
        assert await a.until(2) == [SpwPacket(READ)] * 2
        process.send_signal(signal.SIGINT)
        told = (await process.stdout.read()).decode()
        await process.wait()
        await b.close()
        await a.link.close()
    finally:
        if process.returncode is None:
            process.kill()
    return told, process.returncode


def test_between_two_peers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.toml").write_text(PLAN)
    told, code = asyncio.run(asyncio.wait_for(between(tmp_path), 20))
    assert code == 0
    assert told.splitlines() == [
        "a: 5 packets came, 1 time-codes; 2 and 0 sent; 1 links",
        "b: 2 packets came, 0 time-codes; 4 and 0 sent; 2 links",
        "b: 1 items that this link cannot carry",
        "faults: 2 (disconnect 1, duplicate 1); 2 items lost with the link",
    ]
    assert main(["show", str(tmp_path / "both.pcapng")]) == 0
    assert capsys.readouterr().out.count("\n") == 6 + 4 + 4  # a in, b out, the reads
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(each["kind"], each["seed"]) for each in log] == [("duplicate", 9), ("disconnect", 9)]


def test_servers_are_opened_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before the other side is up would be dropped."""
    opened = []

    async def open_one(address: str, *_: object, **__: object) -> None:
        opened.append(address)
        raise OSError

    monkeypatch.setattr("hil.ports.open_port", open_one)
    assert main(["bridge", "gresb-server://:0", "gresb://127.0.0.1"]) == 2
    assert opened == ["gresb://127.0.0.1"]


async def taken_over(folder: Path) -> str:
    """A peer that comes again while its old link still stands, one that sends to the end."""
    where = "gresb-server://127.0.0.1:0", "gresb-server://127.0.0.1:0"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fsw_emu.cli.main", "bridge", *where),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode().split()
        a_to, b_to = (address.replace("-server", "") for address in (first[0], first[2]))
        a, old, new = [Peer(await open_link(address)) for address in (a_to, b_to, b_to)]
        while not a.items:  # the bridge may not have taken it yet
            new.link.send([fee(1)])
            await asyncio.sleep(0.01)
        assert list(old.reasons) == ["the peer closed the connection before it sent anything"]
        a.link.send([fee(2)])
        await new.until(1)
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(LinkClosed):
            while True:
                a.link.send([fee(3)] * 100)
                await a.link.drain()
        told = (await process.stdout.read()).decode()
        await process.wait()
        await asyncio.gather(a.link.close(), new.link.close())
    finally:
        if process.returncode is None:
            process.kill()
    return told


def test_a_peer_that_comes_again_is_taken_and_the_end_drops_nothing(tmp_path: Path) -> None:
    told = asyncio.run(asyncio.wait_for(taken_over(tmp_path), 20)).splitlines()
    assert told[-1].startswith("b: ")
    assert any(line.endswith("2 links") for line in told)
    assert not [line for line in told if line.startswith("a: ") and "down" in line]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("a", "b"), "a"),
        (("gresb://127.0.0.1:1", "gresb://127.0.0.1:1"), "127.0.0.1:1"),
        (("loop:a", "loop:b", "--faults", "none.toml"), "none.toml: No such file"),
        (("loop:a", "loop:b", "--seed", "3"), "--seed and --log belong to --faults"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: tuple[str, ...],
    what: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hil.ports.PATIENCE_S", 0)
    assert main(["bridge", *arguments]) == 2
    told = capsys.readouterr().err
    assert what in told
    assert told.count("\n") == 1
