# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A lab that runs: its links, quirks that are shown and borne, faults, times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_target import crc8, run

from fsw_emu.cli.lab_nodes import build_node
from fsw_emu.fee.device import FeeDevice
from fsw_emu.packets.capture import CaptureReader
from fsw_emu.packets.pcapng import PcapngReader
from fsw_emu.packets.ptp import read_ptp
from fsw_emu.packets.pus import read_tm
from fsw_emu.packets.rmap import ReadCommand, Status, read_command
from fsw_emu.packets.spacewire import (
    CCSDS_PTP,
    FEE_DATA,
    RMAP,
    SpwPacket,
    TimeCode,
)
from fsw_emu.targets.host import host_library
from fsw_emu.targets.library import LibraryCore
from hil.faults.plan import Plan, Rule
from hil.lab.file import LabError, read_lab
from hil.lab.lab import Lab, open_lab
from hil.lab.loop_thread import LoopThread, run_in
from hil.lab.timing import Limits, Timing
from hil.lab.watch import WatchedLink
from hil.link import LinkClosed
from hil.rmap.initiator import RmapError
from hil.rmap.quirks import Quirks
from hil.transports.loop import pair

FEE = '[node.fee]\nis = "emulated"\noptions = { rate = "max" }\n'
DPU = '[node.dpu]\nis = "emulated"\noptions = {}\n[link.science]\njoins = ["tests", "dpu"]\n'
#: register 0, 4 bytes, transaction 7
READ = bytes.fromhex("51014cd1500007000000000000000467")


@asynccontextmanager
async def lab_of(folder: Path, text: str = FEE) -> AsyncIterator[Lab]:
    path = folder / "lab.toml"
    path.write_text(text)
    lab = await open_lab(read_lab(path), build_node)
    try:
        yield lab
    finally:
        await lab.close()


quirks = st.builds(
    Quirks,
    status_is_key=st.booleans(),
    read_data_crc=st.booleans(),
    read_extra_bytes=st.integers(0, 3),
    max_read_bytes=st.none() | st.integers(1, 4).map(lambda n: 4 * n),
)


@settings(max_examples=15)
@given(quirks=quirks, value=st.integers(0, 0xFFFF))
def test_quirks_are_shown_and_borne(
    tmp_path_factory: pytest.TempPathFactory, quirks: Quirks, value: int
) -> None:
    given = [
        f"status_is_key = {str(quirks.status_is_key).lower()}",
        f"read_data_crc = {str(quirks.read_data_crc).lower()}",
        f"read_extra_bytes = {quirks.read_extra_bytes}",
    ]
    if quirks.max_read_bytes is not None:
        given.append(f"max_read_bytes = {quirks.max_read_bytes}")

    async def main() -> None:
        text = f"{FEE}quirks = {{ {', '.join(given)} }}\n"
        async with lab_of(tmp_path_factory.mktemp("quirks"), text) as lab:
            await lab.fee.write(vend=value)
            assert (await lab.fee.read_all())["vend"] == value
            data = await lab.fee.initiator.read(0, 32)
            assert int.from_bytes(data[:2], "big") == value
            was = await lab.fee.initiator.read_modify_write(0, b"\0\0\0\5", b"\0\0\0\7")
            assert was == data[:4]

    run(main)


@pytest.mark.parametrize(
    ("quirk", "status", "size"),
    [("", 0, 17), ("status_is_key = true", 0xD1, 17), ("read_data_crc = false", 0, 16),
     ("read_extra_bytes = 2", 0, 19)],
)  # fmt: skip
def test_a_reply_as_it_crosses_the_link(tmp_path: Path, quirk: str, status: int, size: int) -> None:
    async def main() -> None:
        async with lab_of(tmp_path, f"{FEE}quirks = {{ {quirk} }}\n") as lab:
            lab.unit().send(SpwPacket(READ))
            answer = await lab.unit().packet(protocol=RMAP)
            assert isinstance(answer, SpwPacket)
            assert answer.data[:7] == bytes.fromhex("50010c") + bytes([status, 0x51, 0, 7])
            assert crc8(answer.data[:12]) == 0
            assert len(answer.data) == size

    run(main)


def test_a_target_that_refuses_long_reads(tmp_path: Path) -> None:
    async def main() -> None:
        text = f"{FEE}quirks = {{ max_read_bytes = 4 }}\n"
        async with lab_of(tmp_path, text) as lab:
            lab.fee.initiator.target = type(lab.fee.initiator.target)()  # does not know
            with pytest.raises(RmapError, match=r"(?i)not.authorised"):
                await lab.fee.initiator.read(0, 8)
            assert len(await lab.fee.initiator.read(0, 4)) == 4

    run(main)


def test_a_link_is_opened_anew(tmp_path: Path) -> None:
    async def main() -> None:
        async with lab_of(tmp_path) as lab:
            await lab.fee.write(vend=7)
            cut = Plan((Rule("disconnect", ("command",), number=1),))
            with lab.faults("fee", cut) as injected, pytest.raises(RmapError):
                await lab.fee.read("vend")
            assert injected.counts == {"disconnect": 1}
            with pytest.raises(LinkClosed):
                await lab.unit().packet(protocol=FEE_DATA)
            await lab.begin(lambda *_: None)
            assert await lab.fee.read("vend") == 7
            await lab.reconnect("fee")
            assert await lab.fee.read("vend") == 7

    run(main)


@pytest.mark.parametrize(
    ("kind", "value"), [("stall", 600_000), ("delay", 600_000), ("reorder", 9)]
)
def test_faults_end_with_their_block(tmp_path: Path, kind: str, value: int) -> None:
    """What they held back comes, and what is asked for next is answered."""

    async def main() -> None:
        async with lab_of(tmp_path) as lab:
            for direction in ("a-to-b", "b-to-a"):
                await lab.begin(lambda *_: None)
                rule = Rule(kind, ("command", "reply"), direction, number=1, value=value)  # type: ignore[arg-type]
                with lab.faults("fee", Plan((rule,))) as injected:
                    lab.unit().send(SpwPacket(READ))
                    with pytest.raises(TimeoutError):
                        await lab.unit().packet(protocol=RMAP, timeout_s=0.01)
                assert (injected.counts, injected.lost) == ({kind: 1}, 0)
                await lab.unit().packet(protocol=RMAP)
                await lab.fee.read("vend")

    run(main)


def test_faults_of_the_file_begin_anew_with_each_test(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text("[[fault]]\nkind = 'duplicate'\nchance = 0.3\n")
    link = '[link.fee]\njoins = ["tests", "fee"]\nfaults = "plan.toml"\n'
    seen: dict[int, list[list[object]]] = {}

    async def main(seed: int) -> None:
        async with lab_of(tmp_path, f"seed = {seed}\n{FEE}{link}") as lab:
            for _ in range(2):
                found: list[object] = []
                await lab.begin(lambda link, each, f=found: f.append((link, each.item, each.seed)))
                for _ in range(20):
                    await lab.fee.read("vend")
                seen.setdefault(seed, []).append(found)

    for seed in (1, 2):
        run(lambda seed=seed: main(seed))  # type: ignore[misc]
    assert seen[1][0] == seen[1][1]
    assert seen[1][0]
    assert seen[1] != seen[2]


@pytest.mark.parametrize("quirks", ["", "status_is_key = true, read_data_crc = false"])
def test_telemetry_of_a_dpu_behind_a_fee(tmp_path: Path, quirks: str) -> None:
    """Both emulated, joined to each other; the tests take what comes down. The DPU bears with the
    FEE."""
    registers = "event_detection = 1, ccd_mode2_config = 2, readout_node_sel = 15, digitise_en = 1"
    text = f"""
[node.fee]
is = "emulated"
options = {{ scene = "quiet", rate = "max" }}
quirks = {{ {quirks} }}
[node.dpu]
is = "emulated"
options = {{ group = 1, set = {{ {registers}, ccd2_e_pix_threshold = 100 }}, start = "ft" }}
[link.science]
joins = ["fee", "dpu"]
[link.telemetry]
joins = ["dpu.telemetry", "tests"]
"""

    async def main() -> None:
        async with lab_of(tmp_path, text) as lab:
            item = await lab.unit("dpu").packet("telemetry", protocol=CCSDS_PTP)
            assert isinstance(item, SpwPacket)
            assert read_tm(read_ptp(item.data).space_packet).header.type == 13
            assert lab.links["science"].counters.sent.packets > 10

    run(main)


def test_the_dpu_runs_on_its_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core is that of the option, and ends with the lab."""
    closed: list[str] = []
    monkeypatch.setattr(LibraryCore, "close", lambda core: closed.append(core.name))
    target = f"lib:{host_library()}"

    async def main() -> None:
        text = DPU.replace("{}", f'{{ target = "{target}" }}')
        async with lab_of(tmp_path, text) as lab:
            lab.unit().send(SpwPacket(READ))
            assert not closed
        assert closed == [target]

    run(main)


def test_what_goes_wrong_in_a_node_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that its FEE refuses, a node that ends; the lab closes all the same."""
    told: list[str] = []

    def tell(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        told.append(f"{context['message']}: {context.get('exception')}")

    async def refused() -> None:
        asyncio.get_running_loop().set_exception_handler(tell)
        text = DPU.replace("{}", "{ set = { vend = 7 } }")
        async with lab_of(tmp_path, text) as lab:
            read = read_command((await lab.unit().packet(protocol=RMAP)).data, eep=False)
            assert isinstance(read, ReadCommand)
            answer = read.command.answer(Status.GENERAL_ERROR)
            lab.unit().send(SpwPacket(answer.to_bytes()))
            await asyncio.sleep(0.01)

    async def ended() -> None:
        asyncio.get_running_loop().set_exception_handler(tell)
        async with lab_of(tmp_path):
            await asyncio.sleep(0.01)

    run(refused)
    assert told == ["node dpu: command: read at 0x0: general error: None"]
    told.clear()
    monkeypatch.setattr(FeeDevice, "due_ns", lambda _: 1 // 0)
    run(ended)
    assert told == ["node fee has ended: integer division or modulo by zero"]


def test_all_links_are_recorded(tmp_path: Path) -> None:
    async def main() -> None:
        async with lab_of(tmp_path, f'record = "all.pcapng"\n{FEE}') as lab:
            await lab.fee.write(vend=7)
            await lab.reconnect("fee")
            await lab.fee.read("vend")

    run(main)
    packets = CaptureReader(PcapngReader()).feed((tmp_path / "all.pcapng").read_bytes())
    assert len(packets) == 6  # read back and write, reconnect, read


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """With its node; and nothing stays open."""
    for text, said in (
        (FEE.replace('"max"', '"fast"'), "node.fee: .*invalid choice: 'fast'"),
        (FEE.replace("rate", "rato"), "options.rato is unknown; did you mean 'rate'"),
        (DPU.replace("{}", '{ target = "lib:/none.so" }'), "node.dpu: .*/none.so"),
        (DPU.replace("{}", '{ target = "moon" }'), "node.dpu: no such target: 'moon'"),
        (DPU.replace("{}", "{ quirk = {} }"), "node.dpu: options.quirk is unknown"),
        (FEE.replace('"emulated"', '"gresb://127.0.0.1:1"'), "node.fee: gresb://127.0.0.1:1: "),
        (FEE.replace('"emulated"', '"carrier://pigeon"'), "node.fee: carrier://pigeon: "),
        (FEE.replace('"emulated"', '"gresb-server://:0"'), "gresb-server://:0: a port is needed"),
        (
            "time_limit_s = 0.1\n" + FEE.replace('"emulated"', '"loop:nobody"'),
            "nobody at loop:nobody within 0.1 s",
        ),
    ):

        async def main(text: str = text, said: str = said) -> None:
            with pytest.raises(LabError, match=said) as caught:
                async with lab_of(tmp_path, text):
                    pass
            assert "\n" not in str(caught.value)

        run(main)


@given(items=st.lists(st.tuples(st.sampled_from([1, 0xF0]), st.binary(max_size=9)), max_size=20))
def test_what_came_can_be_asked_for(items: list[tuple[int, bytes]]) -> None:
    async def main() -> None:
        near, far = pair()
        link = WatchedLink("fee", near)
        seen: list[object] = []
        link.watchers.append(lambda _, direction, some: seen.extend((direction, i) for i in some))
        packets = [SpwPacket(bytes([0x50, protocol]) + data) for protocol, data in items]
        far.send(packets)
        while len(seen) < len(packets):
            await asyncio.sleep(0)
        for packet in packets:
            if packet.data[1] == FEE_DATA:
                assert await link.packet(protocol=FEE_DATA) == packet
        with pytest.raises(TimeoutError):
            await link.packet(protocol=FEE_DATA, timeout_s=0.001)
        link.send([TimeCode(3)])
        assert seen == [*(("in", each) for each in packets), ("out", TimeCode(3))]
        await link.close()
        with pytest.raises(LinkClosed):
            await link.receive()

    run(main)


def test_what_nobody_asks_for_does_not_make_memory_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.lab.watch.MAX_KEPT_BYTES", 1000)

    async def main() -> None:
        near, far = pair()
        link = WatchedLink("fee", near)
        far.send([SpwPacket(bytes([n]) * 100) for n in range(10)])
        assert await link.receive() == SpwPacket(bytes([4]) * 100)
        assert link.lost == 4
        await link.close()

    run(main)


@given(samples=st.lists(st.floats(1e-6, 10), min_size=1, max_size=300))
def test_percentiles_are_samples(samples: list[float]) -> None:
    timing = Timing()
    for sample in samples:
        timing.add(sample)
    stats = timing.stats()
    expected = np.percentile(np.array(samples) * 1e3, [50, 99, 100], method="inverted_cdf")
    assert [stats.p50_ms, stats.p99_ms, stats.max_ms] == pytest.approx(list(expected))
    assert stats.count == len(samples)
    assert stats.beyond(Limits(max_ms=stats.max_ms)) == []
    assert len(stats.beyond(Limits(p50_ms=stats.p50_ms * 0.99, max_ms=stats.max_ms * 0.99))) == 2


def test_limits_are_limits() -> None:
    for wrong in ({}, {"max_ms": 0}, {"p99_ms": float("nan")}):
        with pytest.raises(ValueError, match="a limit is"):
            Limits(**wrong)


def test_a_loop_in_a_thread() -> None:
    thread = LoopThread()
    try:
        with pytest.raises(TimeoutError, match=r"not done within 0\.01 s"):
            run_in(thread.loop, asyncio.sleep(5), 0.01)
        with pytest.raises(TimeoutError, match="of its own"):
            run_in(thread.loop, _raises(TimeoutError("of its own")), 5)
        thread.loop.call_soon_threadsafe(lambda: 1 // 0)
        run_in(thread.loop, asyncio.sleep(0), 5)
        assert len(thread.errors) == 1
        assert "ZeroDivisionError" in thread.errors[0]
    finally:
        thread.stop()


async def _raises(error: Exception) -> None:
    raise error
