# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Measure the onboard application: telecommands accepted and verified, telemetry out, quiet time.
Usage: bench_onboard.py [-h] [--json FILE]

Over TCP the unit is a process of its own, and the client is this one.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

from figures import Row, tell

from fsw_emu.cli.egse_server import EgseServer
from fsw_emu.dpu.dpu import Dpu
from fsw_emu.packets.pus import build_tc
from fsw_emu.world.world import World
from hil.ports import open_port

CYCLE_S = 0.125
#: telecommands in a cycle at 3,000 a second
PER_CYCLE = 375
#: telecommands under way over TCP: what the queue of a cycle takes
WINDOW = 500
#: telemetry reports made in one turn
STRETCH = 100
SECONDS = 5.0
BAR_TC, BAR_TM = 3_000, 10_000

Rows = list[Row]


def tests(count: int) -> list[bytes]:
    """Connection tests that ask for acceptance and completion."""
    return [build_tc(apid=321, count=i & 0x3FFF, type=17, subtype=1) for i in range(count)]


def bench_in_process(rows: Rows) -> None:
    """Virtual time, the usual number in each cycle."""
    dpu, packets = Dpu(World(), booted=True), tests(PER_CYCLE)
    dpu.take_telemetry()
    sent = verified = 0
    start = time.perf_counter()
    while (seconds := time.perf_counter() - start) < SECONDS:
        for packet in packets:
            dpu.receive(packet)
        dpu.cycle()
        sent += len(packets)
        verified += sum(tm[7:9] == b"\x01\x07" for tm in dpu.take_telemetry())
    assert verified == sent
    rows.append(Row("telecommands, in process", sent / seconds, "/s", BAR_TC))


def bench_quiet(rows: Rows) -> None:
    """An hour with housekeeping alone."""
    dpu, n = Dpu(World(), booted=True), 0
    start = time.perf_counter()
    for _ in range(60):
        dpu.run(60 * 8)
        n += len(dpu.take_telemetry())
    seconds = time.perf_counter() - start
    rows.append(Row("a quiet hour of virtual time", seconds, "s"))
    rows.append(Row("  packets in it", n, ""))


class Unit:
    """A unit in another process, and the bytes of a connection to it."""

    def __init__(self, *command: str) -> None:
        argv = [sys.executable, *command]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE)  # noqa: S603  (its own)
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline().rpartition(b":")[2])
        self.socket = socket.create_connection(("127.0.0.1", port))
        self._rest = bytearray()

    def read(self) -> list[bytes]:
        """Packets, at least one."""
        found: list[bytes] = []
        while not found:
            self._rest += self.socket.recv(1 << 18)
            at = 0
            while at + 6 <= len(self._rest):
                end = at + 7 + (self._rest[at + 4] << 8 | self._rest[at + 5])
                if end > len(self._rest):
                    break
                found.append(bytes(self._rest[at:end]))
                at = end
            del self._rest[:at]
        return found

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait()


def bench_tcp(rows: Rows) -> None:
    """Real time: at most a queue of them under way, each of them verified."""
    unit = Unit("-m", "fsw_emu.cli.main", "dpu", "--booted", "--egse", "pus-tcp-server://:0")
    packets, sent_at = tests(1 << 14), deque[float]()
    sent = done = refused = 0
    delays: list[float] = []
    start = time.perf_counter()
    while (now := time.perf_counter()) - start < SECONDS:
        if more := WINDOW - (sent - done):
            stretch = [packets[i & 0x3FFF] for i in range(sent, sent + more)]
            unit.socket.sendall(b"".join(stretch))
            sent_at.extend([now] * more)
            sent += more
        for packet in unit.read():
            if packet[7:9] == b"\x01\x07":
                done += 1
                delays.append(time.perf_counter() - sent_at.popleft())
            refused += packet[7:9] == b"\x01\x02"
    assert not refused
    unit.close()
    rows.append(Row("telecommands, TCP, real time", done / SECONDS, "/s", BAR_TC))
    rows.append(Row("  to completion, median", 1e3 * sorted(delays)[len(delays) // 2], "ms"))


async def serve(size: int) -> None:
    """The other process: reports of one size as fast as they are taken."""
    server = EgseServer(Dpu(World(), booted=True))
    port = await open_port("pus-tcp-server://:0", server.attach)
    print(port.address, flush=True)
    downlink = server.dpu.onboard.downlink
    while not server.clients:
        await asyncio.sleep(0.01)
    while server.clients:
        for _ in range(STRETCH):
            downlink.put(3, 25, bytes(size - 20))
        server.send()
        for link in server.clients:
            try:
                await link.drain()
            except ConnectionError:
                return


def bench_telemetry(rows: Rows) -> None:
    """Made, framed, sent, and read on the other side."""
    for size in (130, 886):
        unit = Unit(__file__, "--serve", str(size))
        packets = 0
        start = time.perf_counter()
        while (seconds := time.perf_counter() - start) < SECONDS:
            packets += len(unit.read())
        unit.close()
        what = f"telemetry of {size} B, TCP"
        rows.append(Row(what, packets / seconds, "packets/s", BAR_TM))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(serve(args.serve))
        return 0
    rows: Rows = []
    for bench in (bench_in_process, bench_tcp, bench_telemetry, bench_quiet):
        bench(rows)
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
