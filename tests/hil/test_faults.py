# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A faulty link is an ordinary one that suffers from its plan."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw_emu.packets.spacewire import Item, SpwPacket, TimeCode
from hil.faults.injection import Injector
from hil.faults.link import FaultyLink, JsonLines
from hil.faults.plan import CLASSES, KINDS, Plan, Rule, read_plan
from hil.link import MAX_BACKLOG_BYTES, Link, LinkClosed
from hil.transports.loop import pair

packets = st.builds(SpwPacket, st.binary(max_size=30), st.booleans())
items_ = st.lists(st.one_of(packets, st.builds(TimeCode, st.integers(0, 63))), max_size=30)


class Taker:
    """A receiver that keeps all."""

    def __init__(self, link: Link) -> None:
        self.items: list[Item] = []
        self.reasons: list[str] = []
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        assert items
        self.items += items

    def closed(self, reason: str) -> None:
        self.reasons.append(reason)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, 10))


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Rig:
    """a holds the faulty link, b is its peer; the clock is ours, timers are the loop's."""

    def __init__(self, plan: Plan | str) -> None:
        self.now_ns = 0
        plan = read_plan(plan) if isinstance(plan, str) else plan
        self.log = io.StringIO()
        self.injector = Injector(plan, start_ns=0, log=JsonLines(self.log))
        self.inner, self.peer = pair()
        self.link = FaultyLink(self.inner, self.injector, clock=lambda: self.now_ns)
        self.a, self.b = Taker(self.link), Taker(self.peer)


@given(items_, items_)
def test_an_empty_plan_changes_nothing(there: list[Item], back: list[Item]) -> None:
    async def main() -> None:
        rig = Rig("")
        rig.link.send(there)
        rig.peer.send(back)
        await rig.link.drain()
        await turns()
        assert (rig.b.items, rig.a.items) == (there, back)
        await rig.link.close("enough")
        await rig.link.close("again")
        assert (rig.a.reasons, rig.b.reasons) == (["enough"], ["enough"])

    run(main())


@given(
    st.lists(st.sampled_from(sorted(KINDS)), max_size=3),
    st.lists(st.tuples(st.booleans(), items_), max_size=6),
)
def test_nothing_raises_whatever_the_plan(
    kinds: list[str], stretches: list[tuple[bool, list[Item]]]
) -> None:
    async def main() -> None:
        rules = (Rule(kind, KINDS[kind], chance=0.3, value=2, size_bytes=5) for kind in kinds)
        rig = Rig(Plan(tuple(rules)))
        for there, items in stretches:
            link = rig.link if there else rig.peer
            if link.closed_because is None:
                link.send(items)
            rig.now_ns += 1_500_000
            await turns()
        await asyncio.sleep(0.003)
        await rig.link.close()
        await turns()
        assert len(rig.a.reasons) == len(rig.b.reasons) == 1
        log = [json.loads(line) for line in rig.log.getvalue().splitlines()]
        assert rig.injector.counts.total() == len(log)
        assert all(entry["kind"] in kinds and entry["seed"] == 1 for entry in log)

    run(main())


def test_directions() -> None:
    async def main() -> None:
        rig = Rig("[[fault]]\nkind = 'drop'\ndirection = 'b-to-a'\non = {number = 2}")
        rig.link.send([SpwPacket(b"there")] * 3)
        rig.peer.send([SpwPacket(b"back")] * 3)
        await turns()
        assert (len(rig.b.items), len(rig.a.items)) == (3, 2)
        (entry,) = map(json.loads, rig.log.getvalue().splitlines())
        assert entry == {
            "time_ns": 0, "direction": "b-to-a", "item": 2, "kind": "drop", "fault": 1, "seed": 1
        }  # fmt: skip

    run(main())


STALL = "[[fault]]\nkind = 'stall'\nms = 20\non = {number = 2}\ndirection = "


def test_a_stalled_peer_lets_drain_wait() -> None:
    async def main() -> None:
        rig = Rig(STALL + "'a-to-b'")
        large = SpwPacket(bytes(1 << 19))
        rig.link.send([large] * 4)
        await turns()
        assert len(rig.b.items) == 1
        draining = asyncio.create_task(rig.link.drain())
        await turns()
        assert not draining.done()
        rig.now_ns = 20_000_000
        await draining
        await turns()
        assert len(rig.b.items) == 4

    run(main())


def test_a_stalled_peer_cannot_make_memory_grow() -> None:
    async def main() -> None:
        rig = Rig(STALL + "'a-to-b'")
        large = SpwPacket(bytes(MAX_BACKLOG_BYTES // 4))
        rig.link.send([large] * 6)
        with pytest.raises(LinkClosed, match="does not read"):
            rig.link.send([large])
        await turns()
        assert rig.a.reasons == rig.b.reasons == ["the peer does not read"]

    run(main())


def test_a_stall_of_what_comes_holds_the_peer() -> None:
    async def main() -> None:
        rig = Rig(STALL + "'b-to-a'")
        for _ in range(6):
            rig.peer.send([SpwPacket(bytes(1 << 19))])
            await turns(2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rig.peer.drain(), 0.01)
        assert len(rig.a.items) == 1
        rig.now_ns = 20_000_000
        await rig.peer.drain()
        await turns()
        assert len(rig.a.items) == 6

    run(main())


def test_what_is_released_while_the_receiver_holds_waits_for_it() -> None:
    async def main() -> None:
        rig = Rig("[[fault]]\nkind = 'delay'\nms = 1\non = {packet = 'other', number = 1}")
        rig.peer.send([SpwPacket(b"late"), SpwPacket(b"on time")])
        await turns()
        rig.link.hold(True)
        rig.now_ns = 1_000_000
        await asyncio.sleep(0.01)
        assert rig.a.items == [SpwPacket(b"on time")]
        rig.link.hold(False)
        assert rig.a.items == [SpwPacket(b"on time"), SpwPacket(b"late")]

    run(main())


def test_what_is_due_first_comes_first() -> None:
    async def main() -> None:
        rig = Rig(
            "[[fault]]\nkind = 'delay'\nms = 60_000\non = {number = 1}\n"
            "[[fault]]\nkind = 'delay'\nms = 1\non = {number = 2}"
        )
        rig.link.send([SpwPacket(b"a minute")])
        rig.link.send([SpwPacket(b"soon")])
        rig.now_ns = 1_000_000
        await asyncio.sleep(0.01)
        assert rig.b.items == [SpwPacket(b"soon")]
        await rig.link.close()

    run(main())


def test_a_disconnect_and_the_next_link() -> None:
    """The plan goes on where it was."""

    async def main() -> None:
        rig = Rig("[[fault]]\nkind = 'disconnect'\non = {every = 3}\ndirection = 'a-to-b'")
        rig.link.send([SpwPacket(b"1"), SpwPacket(b"2"), SpwPacket(b"3"), SpwPacket(b"4")])
        with pytest.raises(LinkClosed, match="injected disconnect"):
            rig.link.send([SpwPacket(b"5")])
        with pytest.raises(LinkClosed):
            await rig.link.drain()
        await rig.link.close()
        assert rig.b.items == [SpwPacket(b"1"), SpwPacket(b"2")]
        assert rig.a.reasons == rig.b.reasons == ["injected disconnect"]
        inner, peer = pair()
        link = FaultyLink(inner, rig.injector, clock=lambda: 0)
        taker = Taker(peer)
        link.send([SpwPacket(b"6")] * 3)
        await turns()
        assert len(taker.items) == 2
        assert (rig.injector.counts["disconnect"], rig.injector.lost) == (2, 3)

    run(main())


def test_an_orderly_end_lets_go_what_was_held_back() -> None:
    async def main() -> None:
        plan = Plan((Rule("reorder", CLASSES, value=50),))
        rig = Rig(plan)
        rig.link.send([SpwPacket(b"1"), TimeCode(3)])
        rig.peer.send([SpwPacket(b"2")])
        await turns()
        await rig.link.close()
        assert rig.b.items == [SpwPacket(b"1"), TimeCode(3)]
        other = Rig(plan)
        other.peer.send([SpwPacket(b"2")])
        await turns()
        await other.peer.close("gone")
        assert (other.a.items, other.a.reasons) == ([SpwPacket(b"2")], ["gone"])

    run(main())


HOLDERS = {"reorder": 2, "delay": 60_000, "stall": 600_000}


@given(
    st.lists(st.sampled_from(sorted(HOLDERS)), max_size=3),
    st.lists(st.tuples(st.booleans(), items_), max_size=6),
    st.booleans(),
)
def test_what_was_held_back_goes_on_when_faults_are_over(
    kinds: list[str], stretches: list[tuple[bool, list[Item]]], held: bool
) -> None:
    """All of it, and what is sent then behind it; nothing is counted as lost."""

    async def main() -> None:
        rules = (Rule(kind, KINDS[kind], chance=0.3, value=HOLDERS[kind]) for kind in kinds)
        rig = Rig(Plan(tuple(rules)))
        rig.link.hold(held)
        there = [item for way, items in stretches if way for item in items]
        back = [item for way, items in stretches if not way for item in items]
        for way, items in stretches:
            (rig.link if way else rig.peer).send(items)
            await turns()
        rig.link.release_all()
        rig.inner.attach(rig.a)
        rig.inner.hold(False)
        rig.peer.send([TimeCode(7)])
        await rig.peer.drain()
        await turns()
        assert sorted(rig.b.items, key=repr) == sorted(there, key=repr)
        assert sorted(rig.a.items[:-1], key=repr) == sorted(back, key=repr)
        assert rig.a.items[-1] == TimeCode(7)
        assert rig.injector.lost == 0

    run(main())


def test_babbling_comes_in_stretches() -> None:
    """Whole stretches of it would be gigabytes."""

    async def main() -> None:
        plan = "[[fault]]\nkind = 'babble'\npackets = 64\nbytes = 1024"
        rig = Rig(plan)
        with pytest.raises(LinkClosed, match="does not read"):
            rig.link.send([SpwPacket(b"1")] * 4000)
        await turns()

    run(main())


def test_a_full_disk_ends_the_log_and_not_the_link() -> None:
    plan = read_plan("[[fault]]\nkind = 'drop'")
    with Path("/dev/full").open("w", buffering=1) as file:
        log = JsonLines(file)
        way = Injector(plan, start_ns=0, log=log).a_to_b
        assert list(way.feed([SpwPacket(b"1"), SpwPacket(b"2")], 0)) == []
        assert log.error == "/dev/full: No space left on device; the log ends here"
        with contextlib.suppress(OSError):
            file.close()


@pytest.mark.parametrize("small", [SpwPacket(b""), TimeCode(1)], ids=["packet", "time-code"])
def test_what_has_no_data_takes_memory_as_well(small: Item) -> None:
    async def main() -> None:
        rig = Rig(STALL + "'a-to-b'")
        rig.link.send([SpwPacket(b"1"), SpwPacket(b"2")])
        for _ in range(60):
            rig.link.send([small] * 256)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rig.link.drain(), 0.01)
        await rig.link.close()

    run(main())
