# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The peer of RMAP round trips: asyncio alone, 20 bytes there and back between two processes, with
nothing read in them. Usage: bench_echo.py [-h] [--echo]
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time

from figures import Row

SECONDS = 2.0
MESSAGE = bytes(20)  # a command to read 4 bytes, framed


class Echo(asyncio.BufferedProtocol):
    """Sends back what comes, until the time is over."""

    def __init__(self, until: float | None = None) -> None:
        self.n_bytes = 0
        self.over = asyncio.get_running_loop().create_future()
        self._until = until
        self._buffer = bytearray(1 << 16)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.n_bytes += nbytes
        if self._until is None or time.perf_counter() < self._until:
            self.transport.write(bytes(self._buffer[:nbytes]))
        elif not self.over.done():
            self.over.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        if not self.over.done():
            self.over.set_result(None)


async def echo() -> None:
    """The other process: tells its port, and serves one client."""
    made: asyncio.Future[Echo] = asyncio.get_running_loop().create_future()

    def one() -> Echo:
        made.set_result(Echo())
        return made.result()

    server = await asyncio.get_running_loop().create_server(one, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await (await made).over


async def _ask(port: int) -> Row:
    until = time.perf_counter() + SECONDS
    transport, asked = await asyncio.get_running_loop().create_connection(
        lambda: Echo(until), "127.0.0.1", port
    )
    transport.write(MESSAGE)
    start = time.perf_counter()
    await asked.over
    rate = asked.n_bytes / len(MESSAGE) / (time.perf_counter() - start)
    transport.close()
    return Row("asyncio alone, 1 under way", rate, "/s")


def peer() -> Row:
    """Its round trips a second, one at a time."""
    command = [sys.executable, __file__, "--echo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        return asyncio.run(_ask(int(process.stdout.readline())))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    if parser.parse_args().echo:
        asyncio.run(echo())
        return 0
    row = peer()
    print(f"{row.what:30} {row.value:10.0f} {row.unit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
