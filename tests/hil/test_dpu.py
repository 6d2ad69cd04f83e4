# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The onboard chain behind a FEE, in one process and in two."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tiny_target import TinyTarget, run

from fsw_emu.cli.downlink import Downlink
from fsw_emu.cli.dpu_session import Asked, Session
from fsw_emu.cli.main import build_parser, main
from fsw_emu.core import default_core
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.packets.fee_modes import Mode
from fsw_emu.packets.spacewire import PTP_PREFIX, Item, SpwPacket
from hil.fee.proxy import FeeProxy
from hil.link import Link
from hil.ports import open_link, open_port
from hil.rmap.initiator import Initiator
from hil.stream import StreamLink

HOLD_S = 60


@pytest.fixture(scope="module")
def fee() -> Iterator[str]:
    """A FEE in a process of its own; its address for clients."""
    command = [sys.executable, "-m", "fsw_emu.cli.main", "fee", "--rate", "max",
               "--link", "gresb-server://127.0.0.1:0", "--scene", "storm"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("fee: ").strip()
        yield address.replace("-server", "")
        process.send_signal(signal.SIGINT)
        assert process.wait(HOLD_S) == 0


def dpu(out: Path, link: str, *options: str) -> tuple[int, dict[str, Any]]:
    code = main(["dpu", "--link", link, "--out", str(out), *options])
    return code, json.loads((out / "summary.json").read_text())


@pytest.mark.verifies("DPU-14")
def test_events_of_a_fee_go_down(fee: str, tmp_path: Path) -> None:
    """Registers are set, a mode is started; every frame is whole, products are run's."""
    code, summary = dpu(
        tmp_path, fee, "--set", "event_detection=1", "--set", "sync_sel=1",
        "--set", "int_sync_period=200", "--start", "ft", "--frames", "3",
    )  # fmt: skip
    assert code == 0
    assert summary["lossless"]
    assert not summary["faults"]
    assert summary["frames"] >= 3
    assert sum(summary["events_in"].values()) > 0
    reception = summary["reception"]
    assert (reception["missing"], reception["refused"], reception["links"]) == (0, {}, 1)
    assert reception["packets"] == summary["packets"]
    assert summary["rmap"]["failed"] == {}
    assert main(["verify", str(tmp_path)]) == 0

    async def left() -> None:
        link = await open_link(fee)
        initiator = Initiator()
        link.attach(initiator)
        initiator.connect(link)
        assert await FeeProxy(initiator).read("fpga_op_mode") == Mode.ON
        await link.close()

    run(left)


def test_an_image_of_some_nodes(fee: str, tmp_path: Path) -> None:
    """The chain expects the nodes that the FEE is told to read out."""
    code, summary = dpu(
        tmp_path, fee, "--set", "readout_node_sel=6", "--set", "event_detection=0",
        "--set", "sync_sel=0", "--start", "ft", "--frames", "1",
    )  # fmt: skip
    assert code == 0
    assert (summary["images"], summary["missing_rows"]) == (1, 0)


@contextlib.contextmanager
def in_another_process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A dpu; none is left behind."""
    command = [sys.executable, "-m", "fsw_emu.cli.main", "dpu", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    """What it tells next, for clients."""
    assert process.stdout is not None
    return process.stdout.readline().partition(": ")[2].strip().replace("-server", "")


@pytest.mark.verifies("DPU-13")
def test_a_session_that_is_interrupted_ends_whole(tmp_path: Path) -> None:
    """It listens; a FEE comes, sends half a frame, goes, comes again; telemetry goes to whoever
    is there. SIGINT ends it, and all that came is in the products."""

    async def links(process: subprocess.Popen[str], telemetry: str, address: str) -> None:
        station = Station(await open_link(telemetry))
        for frame in (1, 2):
            link = await open_link(address)
            Station(link)
            link.send([SpwPacket(each) for each in event_frame(frame)][: None if frame > 1 else 9])
            await link.drain()
            await asyncio.sleep(0.2)
            if frame == 1:
                await link.close()
                await asyncio.sleep(0.2)
        process.send_signal(signal.SIGINT)
        while station.link.closed_because is None:
            await asyncio.sleep(0.01)
        sent.extend(item.data.removeprefix(PTP_PREFIX) for item in station.items)
        await link.close()

    sent: list[bytes] = []
    with in_another_process(
        "--link", "spw-tcp-server://127.0.0.1:0", "--telemetry", "pus-tcp-server://127.0.0.1:0",
        "--reconnect", "--out", str(tmp_path), "--pedestal", "300",
    ) as process:  # fmt: skip
        telemetry, address = address_of(process), address_of(process)
        run(lambda: links(process, telemetry, address))
        process.communicate(timeout=HOLD_S)
    assert process.returncode == 1  # half a frame is a fault
    assert b"".join(sent) == (tmp_path / "tm.bin").read_bytes()
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["frames"], summary["incomplete_frames"]) == (2, 1)
    assert summary["lossless"]
    assert summary["reception"]["links"] == 2
    assert summary["telemetry"]["packets"] > 0


def test_links_that_are_closed_leave_their_counts_alone(tmp_path: Path) -> None:
    """A link has a large buffer, and a FEE may come again for months."""
    asked = Asked("gresb-server://127.0.0.1:0", reconnect=True)
    core = default_core()
    session = Session(asked, core, Settings(), Downlink(tmp_path, Settings(), core))

    def links() -> int:
        gc.collect()
        return sum(type(each) is StreamLink for each in gc.get_objects())

    def faults() -> int:
        n: int = session.told()["reception"]["framing_faults"]
        return n

    async def come_and_go() -> None:
        out, stop = io.StringIO(), asyncio.Event()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            running = asyncio.create_task(session.run(stop))
            while not out.getvalue():
                await asyncio.sleep(0.001)
            port = int(out.getvalue().rpartition(":")[2])
            for n in range(5):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"\0\0\0\x05half")
                writer.close()
                while faults() == n or session.initiator.connected:
                    await asyncio.sleep(0.001)
            assert links() == before
            stop.set()
            await running

    before = links()
    run(come_and_go)
    assert session.told()["reception"]["links"] == faults() == 5


class Station:
    """Takes all that comes."""

    def __init__(self, link: Link) -> None:
        self.items: list[SpwPacket] = []
        self.link = link
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        self.items += [item for item in items if isinstance(item, SpwPacket)]

    def closed(self, reason: str) -> None:
        pass


def event_frame(counter: int) -> list[bytes]:
    """Housekeeping, an event for each node, empty last-flagged packets, as on the wire."""
    frame = []

    def add(kind: int, payload: bytes, node: int = 0, last: bool = False) -> None:
        field = 3 << 8 | last << 7 | node << 4 | kind
        head = b"\x50\xf0" + len(payload).to_bytes(2) + field.to_bytes(2)
        frame.append(head + counter.to_bytes(2) + len(frame).to_bytes(2) + payload)

    add(2, bytes(152), last=True)
    for node in (2, 0, 3, 1):
        pixels = [100] * 25
        pixels[12] = 500
        add(1, b"\0\x0a\0\x14" + b"".join(p.to_bytes(2) for p in pixels), node)
        add(1, bytes(54), node, last=True)
    add(1, bytes(54), 0, last=True)
    return frame


def scripted(
    fee: Callable[[Link], Coroutine[Any, Any, None]], out: Path, *options: str
) -> tuple[int, str]:
    """A dpu in another process before a FEE that does as it is told here."""
    told: list[str] = []

    async def session() -> None:
        came: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        port = await open_port("gresb-server://127.0.0.1:0", came.set_result)
        address = port.address.replace("-server", "")
        with in_another_process("--link", address, "--out", str(out), *options) as process:
            async with asyncio.timeout(HOLD_S):
                await fee(await came)
            told.append((await asyncio.to_thread(process.communicate, timeout=HOLD_S))[1])
        told.append(str(process.returncode))
        await port.close()

    asyncio.run(session())
    return int(told[1]), told[0]


def test_a_fee_that_goes_away_ends_the_session(tmp_path: Path) -> None:
    """It is a fault if more frames were asked for."""

    async def fee(link: Link) -> None:
        Station(link)
        link.send([SpwPacket(each) for each in event_frame(0)])
        await link.close("done")

    code, errors = scripted(fee, tmp_path, "--pedestal", "300", "--frames", "5")
    assert "the FEE is gone: the peer closed" in errors
    assert code == 1
    assert json.loads((tmp_path / "summary.json").read_text())["frames"] == 1


def test_a_recording_is_a_link_too(tmp_path: Path) -> None:
    """Its packets give what they gave to run, and its end is no fault."""
    scene = ("--scene", "storm", "--frames", "2", "--record", "fee.pcapng")
    assert main(["run", "--out", str(tmp_path / "run"), *scene]) == 0
    code, summary = dpu(tmp_path / "dpu", f"pcap:{tmp_path / 'run/fee.pcapng'}")
    assert code == 0
    before = json.loads((tmp_path / "run/summary.json").read_text())
    for name in ("frames", "packets", "events_in", "wandering_masks"):
        assert summary[name] == before[name]


def test_a_fee_that_does_not_answer_is_told(tmp_path: Path) -> None:
    async def fee(link: Link) -> None:
        station = Station(link)
        while link.closed_because is None:
            await asyncio.sleep(0.01)
        assert station.items

    code, errors = scripted(fee, tmp_path, "--set", "vstart=1", "--for", "8")
    assert code == 1
    assert "command: read at 0x0: timeout" in errors


@pytest.mark.verifies("DPU-7")
def test_a_fee_with_quirks_is_commanded(tmp_path: Path) -> None:
    async def fee(link: Link) -> None:
        target = TinyTarget(link)
        target.answer = lambda reply: [reply + bytes(2) if len(reply) > 8 else reply]
        while len(target.commands) < 2 and link.closed_because is None:
            await asyncio.sleep(0.01)
        await link.close("done")
        assert target.memory[2] == 1

    code, errors = scripted(fee, tmp_path, "--set", "vstart=256", "--quirk", "read_extra_bytes=2")
    assert (code, "command" in errors) == (0, False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--link", "gresb://127.0.0.1:1"], "127.0.0.1:1: "),
        (["--link", "nothing"], "nothing"),
        (["--link", "loop:a", "--frames", "0"], "--frames 0"),
        (["--link", "loop:a", "--for", "-1"], "--for -1"),
        (["--link", "loop:a", "--telemetry", "x://y"], "x://y"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    options: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hil.ports.PATIENCE_S", 0)
    assert main(["dpu", "--out", str(tmp_path), *options]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("fsw-emu dpu: ")
    assert words in errors
    assert errors.count("\n") == 1


def test_commands_are_checked_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for wrong in ("nothing=1", "event_detection=2", "frame_counter=1", "vstart"):
        with pytest.raises(SystemExit):
            build_parser().parse_args(["dpu", "--link", "x", "--out", "y", "--set", wrong])
        assert "--set" in capsys.readouterr().err
    for wrong in ("key=1", "status_is_key", "status_is_key=1", "read_extra_bytes=-1", "="):
        with pytest.raises(SystemExit):
            build_parser().parse_args(["dpu", "--link", "x", "--out", "y", "--quirk", wrong])
        assert "--quirk" in capsys.readouterr().err
