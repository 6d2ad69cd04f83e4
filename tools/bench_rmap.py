# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measure the DPU's side of a link between two processes, through GRESB.

Round trips: 4-byte reads of the emulated FEE, both sides with the eager loop, beside bare ones of
asyncio alone. Streams: a process writes packets that it prepared as fast as they are taken; they
end in the science chain and its telemetry. Usage: bench_rmap.py [-h] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bench_echo import peer
from figures import Row, tell

from fsw_emu.cli.downlink import Downlink
from fsw_emu.cli.dpu_session import Asked, Session
from fsw_emu.core import default_core
from fsw_emu.dpu.science.settings import FilterSettings, Settings
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.fee.sources import FULL_FRAME
from fsw_emu.packets.framings.gresb import build
from fsw_emu.scene import NODES
from hil.eager import eager_loop
from hil.ports import open_link
from hil.rmap.initiator import Initiator
from hil.rmap.transactions import LATENCIES

FRAME_COUNTER = 0x784
PEDESTAL = 300
#: a series of round trips
SECONDS = 3.0
#: reads a second by how many are under way
BARS = {1: 8_000, 16: 25_000}


async def round_trips(address: str, outstanding: int) -> list[Row]:
    """4-byte reads, so many at one time."""
    link = await open_link(address)
    initiator = Initiator(outstanding=outstanding)
    link.attach(initiator)
    initiator.connect(link)
    stop = time.perf_counter() + SECONDS

    async def read() -> int:
        n = 0
        while time.perf_counter() < stop:
            await initiator.read(FRAME_COUNTER, 4)
            n += 1
        return n

    used = _cpu_s()
    start = time.perf_counter()
    n = sum(await asyncio.gather(*(read() for _ in range(outstanding))))
    elapsed = time.perf_counter() - start
    used = _cpu_s() - used
    await link.close()
    latency = initiator.latency()
    return [
        Row(f"RMAP reads, {outstanding} under way", n / elapsed, "/s", BARS[outstanding]),
        Row(f"  p50 of the last {LATENCIES:,}", latency.p50_us, "us"),
        Row("  p99 of them", latency.p99_us, "us", 500 if outstanding == 1 else None),
        Row("  processor", used / n * 1e6, "us"),
    ]


async def stream(kind: str) -> list[Row]:
    """Packets of a sender into the science chain; all of it timed until the last entity."""
    sender = [sys.executable, __file__, "--send", kind]
    with subprocess.Popen(sender, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        n_packets, n_bytes, port = map(int, process.stdout.readline().split())
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(filter=FilterSettings(pedestal=PEDESTAL))
            downlink = Downlink(Path(folder), settings, default_core())
            asked = Asked(f"gresb://127.0.0.1:{port}")
            session = Session(asked, default_core(), settings, downlink)
            used = _cpu_s()
            start = time.perf_counter()
            with downlink, contextlib.redirect_stdout(None), contextlib.redirect_stderr(None):
                await session.run(asyncio.Event())
                received = time.perf_counter() - start
            used = _cpu_s() - used
    told = session.told()["reception"]
    assert told["packets"] == n_packets
    assert told["bytes"] == n_bytes
    assert not told["missing"]
    assert not session.chain.faults, session.chain.faults[0]
    what = {"ft": "rows to the chain, 778 B", "events": "events to the chain, 64 B"}
    return [
        Row(
            what.get(kind, "a full frame to the chain"), received, "s", 3 if kind == "ff" else None
        ),
        Row("  packets", n_packets / received, "/s", 150_000 if kind == "events" else None),
        Row("  data", 8e-6 * n_bytes / received, "Mbit/s", 200 if kind == "ft" else None),
        Row("  processor, telemetry included", used / n_packets * 1e6, "us"),
    ]


def prepared(kind: str) -> Iterator[list[bytes]]:
    """Readouts to send, somewhat more than the numbers ask for."""
    rng = np.random.default_rng(1)
    core = default_core()
    noise = rng.normal(PEDESTAL, 5, (639, 384)).astype(np.uint16)
    if kind == "ff":
        front = FrontEnd(core, FrontEndSettings(threshold=50))
        pixels = rng.normal(PEDESTAL, 5, FULL_FRAME).astype(np.uint16)
        yield front.full_frame_readout(pixels, 2)
        return
    if kind == "ft":
        front = FrontEnd(core, FrontEndSettings(threshold=50))
        for _ in range(38):
            yield front.image_readout(dict.fromkeys(NODES, noise))
        return
    noise[3:-3:9, 3:-3:9] += 150
    front = FrontEnd(core, FrontEndSettings(threshold=50, wandering_mask=False))
    for _ in range(39):
        yield front.event_readout(dict.fromkeys(NODES, noise))


def send(kind: str) -> None:
    """The sender's process: tells packets, bytes and port, and sends to who connects."""
    packets = [packet for readout in prepared(kind) for packet in readout]
    data = b"".join(map(build, packets))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        print(len(packets), sum(map(len, packets)), port, flush=True)
        connection, _ = server.accept()
        with connection:
            connection.sendall(data)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def bench_dpu(rows: list[Row]) -> None:
    """Round trips with the emulated FEE, and what the chain takes."""
    fee = [sys.executable, "-m", "fsw_emu.cli.main", "fee", "--link", "gresb-server://127.0.0.1:0"]
    fee += ["--eager"]
    with subprocess.Popen(fee, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("fee: ").strip().replace("-server", "")
        for outstanding in (1, 16):
            with asyncio.Runner(loop_factory=eager_loop) as runner:
                rows += runner.run(round_trips(address, outstanding))
        rows.append(peer())
        process.terminate()
    for kind in ("ft", "events", "ff"):
        rows += asyncio.run(stream(kind))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--send", choices=["ft", "events", "ff"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.send:
        send(args.send)
        return 0
    rows: list[Row] = []
    bench_dpu(rows)
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
