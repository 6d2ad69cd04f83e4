# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The RMAP initiator against a target that is memory and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_target import TinyTarget, crc8, run, with_crc

from fsw_emu.packets.spacewire import SpwPacket, TimeCode
from hil.link import Link
from hil.ports import open_port
from hil.rmap.initiator import Initiator, RmapError, Target
from hil.rmap.quirks import Quirks
from hil.rmap.transactions import Identifiers, Latencies
from hil.transports import loop


def connected(peer: Target | None = None, **options: Any) -> tuple[Initiator, TinyTarget]:
    ours, theirs = loop.pair()
    initiator = Initiator(peer, **{"timeout_s": 5.0, **options})
    ours.attach(initiator)
    initiator.connect(ours)
    return initiator, TinyTarget(theirs)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(0, 300), st.integers(0, 300)),
        st.tuples(st.just("write"), st.integers(0, 300), st.binary(max_size=300)),
        st.tuples(st.just("unanswered"), st.integers(0, 300), st.binary(max_size=300)),
        st.tuples(st.just("rmw"), st.integers(0, 300), st.binary(min_size=2, max_size=8)),
    ),
    max_size=20,
)


@pytest.mark.verifies("DPU-6")
@given(steps, st.integers(1, 40), st.integers(1, 64))
def test_memory_is_that_of_a_model(steps: list[Any], most: int, outstanding: int) -> None:
    """Any sequence of transactions, in pieces of any size."""

    async def main() -> None:
        peer = Target(max_data_bytes=most, path=b"\x03", reply_address=b"\x01\x02")
        initiator, target = connected(peer, outstanding=outstanding)
        model = bytearray(1 << 16)
        for what, address, argument in steps:
            if what == "read":
                got = await initiator.read(address, argument)
                assert got == model[address : address + argument]
            elif what == "rmw":
                n = len(argument) // 2
                data, mask = argument[:n], argument[n : 2 * n]
                before = bytes(model[address : address + n])
                assert await initiator.read_modify_write(address, data, mask) == before
                new = (b & ~m & 0xFF | d & m for b, d, m in zip(before, data, mask, strict=True))
                model[address : address + n] = bytes(new)
            else:
                await initiator.write(address, argument, ack=what == "write")
                model[address : address + len(argument)] = argument
        await initiator.read(0, 1)
        assert target.memory == model
        assert not initiator.counts.failed
        assert not initiator.counts.without_effect

    run(main)


@pytest.mark.verifies("DPU-1")
def test_commands_are_those_of_the_public_vectors() -> None:
    """As two independent implementations write them (facts of the link)."""

    async def main() -> None:
        initiator, target = connected()
        for _ in range(7):
            await initiator.write(0, b"", ack=False)
        await initiator.read(0, 4)
        await initiator.read(0, 4)
        await initiator.write(0x14, bytes.fromhex("f1800000"))
        assert target.commands[-3].hex() == "51014cd15000070000000000000004" + "67"
        assert target.commands[-1].hex() == "51016cd150000900000000140000042a" + "f180000011"
        await initiator.write(0x14, bytes.fromhex("f1800000"), verify=True)
        assert target.commands[-1].hex()[4:8] == "7cd1"

    run(main)


@pytest.mark.verifies("DPU-2")
@given(st.integers(1, 64), st.integers(0, 200))
def test_never_more_under_way_than_allowed(outstanding: int, n: int) -> None:
    """Further commands wait, and go in order; identifiers under way are all different."""

    async def main() -> None:
        initiator, target = connected(outstanding=outstanding)
        held: list[bytes] = []
        target.answer = lambda reply: held.append(reply) or []  # type: ignore[func-returns-value]
        reads = [asyncio.ensure_future(initiator.read(4 * i, 4)) for i in range(n)]
        most = 0
        while not all(read.done() for read in reads):
            await asyncio.sleep(0)
            most = max(most, len(held))
            assert len({reply[5:7] for reply in held}) == len(held)
            if len(held) == min(outstanding, n - sum(read.done() for read in reads)):
                target.link.send([SpwPacket(reply) for reply in reversed(held)])
                held.clear()
        assert most == min(outstanding, n)
        addresses = [int.from_bytes(command[8:12], "big") for command in target.commands]
        assert addresses == [4 * i for i in range(n)]

    run(main)


@pytest.mark.parametrize(
    ("status", "cause"), [(1, "general error"), (3, "invalid key"), (10, "not authorised"),
                          (12, "invalid target address"), (77, "status 77")],
)  # fmt: skip
def test_a_status_is_an_error_by_its_name(status: int, cause: str) -> None:
    async def main() -> None:
        initiator, target = connected()
        target.status = status
        for transaction in (
            initiator.read(0, 4),
            initiator.write(0, b"abcd", repeatable=True),
            initiator.read_modify_write(0, b"a", b"b"),
        ):
            with pytest.raises(RmapError, match=cause) as told:
                await transaction
            assert (told.value.cause, told.value.status) == (cause, status)
        assert initiator.counts.failed == {cause: 3}
        assert initiator.counts.repeated == 0

    run(main)


@pytest.mark.verifies("DPU-5")
def test_only_what_may_be_sent_twice_is() -> None:
    async def main() -> None:
        initiator, target = connected(retries=2, timeout_s=0.05)
        target.silent = 2
        assert await initiator.read(0, 4) == bytes(4)
        target.silent = 2
        await initiator.write(0, b"abcd", repeatable=True)
        assert initiator.counts.repeated == 4
        target.silent = 3
        with pytest.raises(RmapError, match="timeout"):
            await initiator.read(0, 4)
        for transaction in (
            initiator.write(0, b"abcd"),
            initiator.read_modify_write(0, b"a", b"b"),
        ):
            target.silent = 1
            with pytest.raises(RmapError, match="timeout"):
                await transaction
        assert initiator.counts.repeated == 6

    run(main)


@pytest.mark.verifies("DPU-4")
def test_replies_without_effect_are_counted_by_cause() -> None:
    async def main() -> None:
        initiator, target = connected(retries=0, timeout_s=0.05)

        async def read_with(replies: Any) -> None:
            target.answer = replies
            await initiator.read(0, 4)
            await asyncio.sleep(0.001)

        await read_with(lambda reply: [reply, reply])
        assert initiator.counts.without_effect == {"duplicate": 1}
        await read_with(lambda reply: [with_crc(reply[:5] + b"\x99\x99" + reply[7:11]), reply])
        assert initiator.counts.without_effect["stray"] == 1
        for wrong in ("00010c", "500108"):
            start = bytes.fromhex(wrong)
            await read_with(
                lambda reply, start=start: [with_crc(start + reply[3:11]) + reply[12:], reply]
            )
        other = lambda reply: [with_crc(reply[:4] + b"\x52" + reply[5:11]) + reply[12:], reply]  # noqa: E731
        await read_with(other)
        assert initiator.counts.without_effect["mismatched"] == 2
        assert sum(initiator.counts.discarded.values()) == 1  # its first byte is a path address
        await read_with(lambda reply: [reply[:8], bytes(3), b"P\xf0" + bytes(9), reply])
        assert sum(initiator.counts.discarded.values()) == 4
        target.link.send([TimeCode(1)])
        late: list[bytes] = []
        target.answer = lambda reply: late.append(reply) or []  # type: ignore[func-returns-value]
        with pytest.raises(RmapError, match="timeout"):
            await initiator.read(0, 4)
        target.link.send([SpwPacket(late[0]), SpwPacket(late[0])])
        await read_with(lambda reply: [reply])
        assert initiator.counts.without_effect["late"] == 1
        assert initiator.counts.without_effect["duplicate"] == 2
        assert initiator.counts.discarded["time-code"] == 1

    run(main)


@pytest.mark.verifies("DPU-4", "DPU-5")
@pytest.mark.parametrize("bend", ["crc", "short", "long", "eep"])
def test_a_damaged_reply_is_asked_for_again(bend: str) -> None:
    async def main() -> None:
        initiator, target = connected()
        target.memory[:4] = b"data"
        bent = {
            "crc": lambda r: r[:-1] + bytes([r[-1] ^ 1]),
            "short": lambda r: r[:-2],
            "long": lambda r: r + b"\0",
            "eep": lambda r: r,
        }[bend]

        def once(reply: bytes) -> list[bytes]:
            target.answer = lambda reply: [reply]
            target.link.send([SpwPacket(bent(reply), eep=bend == "eep")])
            return []

        target.answer = once
        assert await initiator.read(0, 4) == b"data"
        assert initiator.counts.without_effect == {"damaged": 1}
        target.answer = once
        with pytest.raises(RmapError, match="damaged"):
            await initiator.read_modify_write(0, b"a", b"a")

    run(main)


@pytest.mark.verifies("DPU-4")
def test_another_length_than_asked_for_is_refused() -> None:
    async def main() -> None:
        initiator, target = connected()
        target.answer = lambda r: [with_crc(r[:8] + b"\0\0\x02") + with_crc(b"ab")]
        with pytest.raises(RmapError, match="wrong length"):
            await initiator.read(0, 4)

    run(main)


def test_a_closed_link_fails_all_and_the_next_one_goes_on() -> None:
    async def main() -> None:
        initiator, target = connected(outstanding=2)
        target.silent = 10
        reads = [asyncio.ensure_future(initiator.read(0, 4)) for _ in range(5)]
        await asyncio.sleep(0)
        await target.link.close("gone")
        for error in await asyncio.gather(*reads, return_exceptions=True):
            assert isinstance(error, RmapError)
            assert error.cause == "link closed"
        with pytest.raises(RmapError, match=r"read at 0x0 \(gone\): link closed"):
            await initiator.read(0, 4)
        with pytest.raises(RmapError, match="gone"):
            await initiator.write(0, b"1", ack=False)
        ours, theirs = loop.pair()
        ours.attach(initiator)
        initiator.connect(ours)
        TinyTarget(theirs)
        assert await initiator.read(0, 4) == bytes(4)

    run(main)


def test_who_is_cancelled_leaves_no_trace() -> None:
    async def main() -> None:
        initiator, target = connected(outstanding=1)
        read = asyncio.ensure_future(initiator.read(0, 4))
        waiting = asyncio.ensure_future(initiator.read(4, 4))
        await asyncio.sleep(0)
        read.cancel()
        waiting.cancel()
        assert await initiator.read(8, 4) == bytes(4)
        assert [command[11] for command in target.commands] == [0, 8]

    run(main)


@pytest.mark.verifies("DPU-3")
def test_identifiers_under_way_or_overdue_are_left_out() -> None:
    """The counter goes round; one whose reply may still come is not used."""
    identifiers = Identifiers()
    under_way, overdue = identifiers.take(), identifiers.take()
    identifiers.overdue(overdue)
    for _ in range((1 << 16) - 2):
        identifiers.answered(identifiers.take())
    assert identifiers.take() not in (under_way, overdue)
    assert identifiers.unexpected(overdue) == "late"
    assert identifiers.unexpected(overdue) == "duplicate"
    for _ in range(1 << 16):  # never all of them, however many are overdue
        identifiers.overdue(identifiers.take())


@pytest.mark.verifies("DPU-7")
@pytest.mark.parametrize("extra", [0, 1, 3])
@pytest.mark.parametrize("data_crc", [True, False])
@pytest.mark.parametrize("status_is_key", [True, False])
def test_quirks_are_borne_with(extra: int, data_crc: bool, status_is_key: bool) -> None:
    """A target that speaks so is read and written, and its damaged replies are still told."""

    async def main() -> None:
        quirks = Quirks(status_is_key, data_crc, extra, 4)
        initiator, target = connected(Target(quirks=quirks), retries=0)
        if status_is_key:
            target.status = 0xD1
        target.memory[:16] = range(16)

        def bent(reply: bytes) -> list[bytes]:
            if reply[2] & 0x20:
                return [reply]
            data = bytes(target.memory[:4]) if status_is_key else reply[12:-1]
            head = with_crc(reply[:8] + len(data).to_bytes(3, "big"))
            return [head + data + bytes([crc8(data)] * data_crc) + bytes(extra)]

        target.answer = bent
        n = 4 if status_is_key else 16
        assert await initiator.read(0, n) == bytes(range(n))
        assert len(target.commands) == n // 4
        if not status_is_key:
            await initiator.write(0, bytes(8))
            assert not any(target.memory[:8])
        target.answer = lambda reply: [bent(reply)[0][: -1 - extra]]
        with pytest.raises(RmapError):
            await initiator.read(0, 4)

    run(main)


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=30))
def test_any_bytes_are_counted(packets: list[tuple[bytes, bool]]) -> None:
    async def main() -> None:
        initiator, _ = connected()
        initiator.received([SpwPacket(data, eep) for data, eep in packets])
        counts = initiator.counts
        seen = sum(counts.discarded.values()) + sum(counts.without_effect.values())
        assert seen == len(packets)

    run(main)


def test_options_that_cannot_be() -> None:
    for options in ({"outstanding": 0}, {"outstanding": 65}, {"timeout_s": 0}):
        with pytest.raises(ValueError, match=r"commands|limit"):
            Initiator(**options)

    async def main() -> None:
        initiator, _ = connected()
        for transaction in (initiator.read(1 << 32, 4), initiator.read(-4, 4)):
            with pytest.raises(ValueError, match="fit"):
                await transaction
        with pytest.raises(ValueError, match="mask"):
            await initiator.read_modify_write(0, b"a", b"")
        assert await initiator.read(0, 4) == bytes(4)

    run(main)


@given(st.lists(st.integers(0, 10**9), max_size=300))
def test_latencies_are_samples(samples_ns: list[int]) -> None:
    latencies = Latencies()
    for sample in samples_ns:
        latencies.add(sample)
    told = latencies.summary()
    expected = np.percentile(samples_ns or [0], [50, 99, 100], method="inverted_cdf") / 1e3
    assert [told.p50_us, told.p99_us, told.max_us] == pytest.approx(list(expected))


def test_latency_is_told() -> None:
    async def main() -> None:
        initiator, _ = connected()
        assert initiator.latency().max_us == 0
        for _ in range(50):
            await initiator.read(0, 4)
        latency = initiator.latency()
        assert 0 < latency.p50_us <= latency.p99_us <= latency.max_us

    run(main)


def test_a_link_that_comes_again_at_once_is_not_taken_for_the_old_one() -> None:
    async def main() -> None:
        initiator, targets = Initiator(timeout_s=5), []

        def attach(link: Link) -> None:
            link.attach(initiator)
            initiator.connect(link)

        server = await open_port("loop:again", lambda link: targets.append(TinyTarget(link)))
        client = await open_port("loop:again", attach, reconnect=True)
        for cut in (client, server):
            await cut.links[0].close("cut")
            while not client.links:
                await asyncio.sleep(0)
            assert await initiator.read(0, 4) == bytes(4)
        assert server.refused == 0
        await asyncio.gather(client.close(), server.close())

    run(main)
