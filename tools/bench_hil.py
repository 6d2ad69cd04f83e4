# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measure links between two processes beside their peers in the same run.
Usage: bench_hil.py [-h] [--json FILE]

Who sends is a process of its own, who receives is this one. Processor time is that of this
process: what the machine does besides is in the rates, not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_rmap import bench_dpu
from figures import Row, tell

from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.link import Link
from hil.ports import open_link, open_port

STRETCH_BYTES = 1 << 16
LIMIT_S = 120

Rows = list[Row]


def event_packet() -> bytes:
    """64 bytes of the FEE: one event."""
    return bytes.fromhex("50f000360321000100020014000a") + bytes(50)


def data_packet() -> bytes:
    """778 bytes of the FEE: one row of a node."""
    return bytes.fromhex("50f003000300000100020000") + bytes(766)


def pus_packet() -> bytes:
    """A PTP packet with the longest telemetry packet; its checksum is right."""
    from binascii import crc_hqx

    packet = bytes.fromhex("094cc001036f1003190000000000000000") + bytes(867)
    return bytes.fromhex("fe020000") + packet + crc_hqx(packet, 0xFFFF).to_bytes(2, "big")


PACKETS: dict[str, Callable[[], bytes]] = {
    "64 B": event_packet,
    "778 B": data_packet,
    "890 B": pus_packet,
}
#: packets a second and Mbit/s that GRESB has to reach
BARS: dict[tuple[str, str], tuple[float | None, float | None]] = {
    ("gresb", "64 B"): (150_000, None),
    ("gresb", "778 B"): (None, 200),
}


@dataclass(frozen=True)
class Stream:
    """What one way gave: packets, their bytes, time, processor time of who received [s]."""

    packets: int
    bytes: int
    seconds: float
    processor_s: float


class Counting:
    """A receiver that counts, and keeps no packet."""

    def __init__(self, count: int) -> None:
        self._left = count
        self.start: tuple[float, float] | None = None
        self.bytes = 0
        self.done = asyncio.get_running_loop().create_future()

    def received(self, items: Sequence[Item]) -> None:
        if self.start is None:
            self.start = time.perf_counter(), time.process_time()
        for item in items:
            if isinstance(item, SpwPacket):
                self.bytes += len(item.data)
        self._left -= len(items)
        if self._left <= 0 and not self.done.done():
            self.done.set_result((time.perf_counter(), time.process_time()))

    def closed(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(reason))


async def send(address: str, kind: str, count: int) -> None:
    """The other process: send so many packets, as fast as they go."""
    packet = SpwPacket(PACKETS[kind]())
    link = await open_link(address)
    link.attach(Nothing())
    stretch = [packet] * max(1, STRETCH_BYTES // len(packet.data))
    while count > 0:
        link.send(stretch[:count])
        count -= len(stretch)
        await link.drain()
    await link.close()


class Nothing:
    """A receiver that is told nothing of interest."""

    def received(self, items: Sequence[Item]) -> None:
        pass

    def closed(self, reason: str) -> None:
        pass


async def stream(server: str, kind: str, count: int) -> Stream:
    """Packets from another process over one transport."""
    counting = Counting(count)

    def attach(link: Link) -> None:
        link.attach(counting)

    port = await open_port(server, attach)
    address = port.address.replace("-server", "")
    sender = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--send", address, kind, str(count)
    )
    try:
        seconds, processor = await asyncio.wait_for(counting.done, LIMIT_S)
    finally:
        await port.close()
        await sender.wait()
    assert counting.start is not None
    return Stream(count, counting.bytes, seconds - counting.start[0], processor - counting.start[1])


async def with_stream_reader(kind: str, count: int) -> Stream:
    """The peer: GRESB framing read as asyncio's own streams suggest."""
    done: asyncio.Future[Stream] = asyncio.get_running_loop().create_future()

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size, packets = 0, 0
        start = time.perf_counter(), time.process_time()
        while packets < count:
            header = await reader.readexactly(4)
            data = await reader.readexactly(int.from_bytes(header[1:], "big"))
            size += len(data)
            packets += 1
        taken = time.perf_counter() - start[0], time.process_time() - start[1]
        writer.close()
        done.set_result(Stream(packets, size, *taken))

    server = await asyncio.start_server(read, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--send", f"gresb://127.0.0.1:{port}", kind, str(count)
    )
    try:
        return await asyncio.wait_for(done, LIMIT_S)
    finally:
        server.close()
        await sender.wait()


def add(rows: Rows, name: str, kind: str, took: Stream) -> None:
    """Rates and processor time of one stream."""
    packets, megabits = BARS.get((name, kind), (None, None))
    what = f"{name}, {kind}"
    rows.append(Row(what, took.packets / took.seconds, "packets/s", packets))
    rows.append(Row("  data", 8e-6 * took.bytes / took.seconds, "Mbit/s", megabits))
    rows.append(Row("  processor", 1e6 * took.processor_s / took.packets, "us/packet"))


def bench_streams(rows: Rows) -> None:
    """One way, between two processes."""
    for kind, count in (("64 B", 400_000), ("778 B", 200_000)):
        took = asyncio.run(stream("gresb-server://127.0.0.1:0", kind, count))
        add(rows, "gresb", kind, took)
        peer = asyncio.run(with_stream_reader(kind, count))
        add(rows, "  asyncio streams", kind, peer)
        rows.append(Row("  ratio", peer.processor_s / took.processor_s, "", 1.0))
    for name, kind, count in (
        ("gresb/0", "778 B", 200_000),
        ("ssdtp2", "778 B", 200_000),
        ("spw-tcp", "778 B", 200_000),
        ("pus-tcp", "890 B", 100_000),
        ("plm", "890 B", 50_000),
    ):
        scheme, _, path = name.partition("/")
        server = f"{scheme}-server://127.0.0.1:0" + (f"/{path}" if path else "")
        add(rows, name, kind, asyncio.run(stream(server, kind, count)))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--send", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.send:
        address, kind, count = args.send
        asyncio.run(send(address, kind, int(count)))
        return 0
    rows: Rows = []
    for bench in (bench_streams, bench_dpu):
        bench(rows)
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
