# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu bridge``: between two nodes, to look at what they say and to spoil it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from hil.bridge import Bridge, Side
    from hil.faults.injection import Injector
    from hil.faults.plan import Plan
    from hil.link import Port

EXAMPLE = """\
examples:
  fsw-emu bridge gresb-server://127.0.0.1:1234 gresb://192.168.1.20
  fsw-emu bridge spw-tcp-server://:5570 gresb://fee:1234 --faults plan.toml --log faults.jsonl
  fsw-emu bridge gresb-server://:0 ssdtp2://fee --record both.pcapng

A plan of faults is described in docs/faults.md. Ends with Ctrl-C and tells then what crossed.
Exit: 0 fine, 2 wrong use.
"""


def add_parser(commands: Any) -> None:
    """Add the command to a parser's sub-commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "bridge",
        help="pass all between two links, with faults and a recording",
        description="Join two links of any transports: packets and time-codes, both ways.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("a", metavar="A", help="address of one link, as gresb://HOST:PORT")
    parser.add_argument("b", metavar="B", help="address of the other; faults fall on it")
    parser.add_argument("--faults", type=Path, metavar="FILE.toml", help="a plan of faults")
    parser.add_argument("--seed", type=int, metavar="N", help="instead of the plan's")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="each fault that was injected, as a line of JSON"
    )
    parser.add_argument(
        "--record", type=Path, metavar="FILE.pcapng", help="what crosses both links"
    )


def run(args: argparse.Namespace) -> int:
    """Do the job; the exit code."""
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.rig import run_rig
    from hil.faults.plan import Plan, read_plan

    try:
        if args.faults is None and (args.seed is not None or args.log is not None):
            raise ValueError("--seed and --log belong to --faults")
        files = [each.resolve() for each in (args.faults, args.log, args.record) if each]
        if len(set(files)) < len(files):
            raise ValueError("--faults, --log and --record are different files")
        plan = Plan()
        if args.faults is not None:
            try:
                plan = read_plan(args.faults.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ValueError(f"{args.faults}: {error}") from None
        return run_rig(lambda stop: _bridge(args, plan, stop))
    except (OSError, ValueError) as error:
        print(f"fsw-emu bridge: {describe(error)}", file=sys.stderr)
    return 2


async def _bridge(args: argparse.Namespace, plan: Plan, stop: asyncio.Event) -> int:
    from fsw_emu.cli.rig import status_line, unless
    from hil.address import parse
    from hil.bridge import Bridge
    from hil.faults.injection import Injector
    from hil.faults.link import FaultyLink, JsonLines
    from hil.link import Link
    from hil.ports import open_port
    from hil.record import Recorder

    async with contextlib.AsyncExitStack() as stack:
        log = None
        if args.log is not None:
            file = args.log.open("w", encoding="utf-8")
            stack.callback(_close, file)
            log = JsonLines(file)
        injector = Injector(plan, start_ns=time.monotonic_ns(), seed=args.seed, log=log)
        recorder = None
        if args.record is not None:
            recorder = Recorder(args.record, failed=_warn)
            stack.callback(recorder.close)

        def recorded(link: Link, name: str) -> Link:
            return link if recorder is None else recorder.tap(link, name)

        bridge = Bridge(
            around_a=lambda link: recorded(link, "a"),
            around_b=lambda link: FaultyLink(recorded(link, "b"), injector),
        )
        both = (args.a, bridge.a), (args.b, bridge.b)
        addresses = ["", ""]
        ports: list[Port] = []
        stack.push_async_callback(_end, bridge, ports)
        # servers last: whoever comes finds the other side open
        for i in sorted((0, 1), key=lambda i: parse(both[i][0]).server):
            address, side = both[i]
            # a peer that comes again takes the place of its old link, which may not know yet
            opening = open_port(address, side.attach, clients=2, reconnect=True, patient=True)
            port = await unless(stop, opening)
            ports.append(port)
            addresses[i] = port.address
        print(*addresses, sep=" <-> ", flush=True)
        line = _Line(bridge, injector)
        async with status_line(line.text):
            await stop.wait()
    _tell(bridge, injector)
    if log is not None and log.error is not None:
        _warn(log.error)
    broken = [kept for kept in (log, recorder) if kept is not None and kept.error is not None]
    return 1 if broken else 0


def _warn(what: str) -> None:
    print(f"fsw-emu bridge: {what}", file=sys.stderr)


async def _end(bridge: Bridge, ports: Sequence[Port]) -> None:
    """No further links, nothing more is taken, and what waits is sent."""
    for port in ports:
        await port.stop()
    await bridge.close()
    for port in ports:
        await port.close()


def _close(file: TextIO) -> None:
    with contextlib.suppress(OSError):  # a full disk was told
        file.close()


class _Line:
    """The live line: what crossed since it was drawn last."""

    def __init__(self, bridge: Bridge, injector: Injector) -> None:
        self._bridge, self._injector = bridge, injector
        self._last = (time.monotonic(), 0, 0)

    def text(self) -> str:
        a, b = self._bridge.a.counters.received, self._bridge.b.counters.received
        now = (time.monotonic(), a.packets + b.packets, a.bytes + b.bytes)
        (then, packets, size), self._last = self._last, now
        since = max(now[0] - then, 1e-3)
        return (
            f"{_up(self._bridge.a)} <-> {_up(self._bridge.b)}  "
            f"{a.packets:,} + {b.packets:,} packets  {(now[1] - packets) / since:,.0f}/s  "
            f"{(now[2] - size) * 8e-6 / since:.1f} Mbit/s  "
            f"{self._injector.counts.total():,} faults"
        )


def _up(side: Side) -> str:
    return "up" if side.link is not None else "down"


def _tell(bridge: Bridge, injector: Injector) -> None:
    """What crossed and what did not."""
    for name, side in (("a", bridge.a), ("b", bridge.b)):
        counters = side.counters
        came, sent = counters.received, counters.sent
        print(
            f"{name}: {came.packets:,} packets came, {came.time_codes:,} time-codes; "
            f"{sent.packets:,} and {sent.time_codes:,} sent; {side.links} links"
        )
        for number, what in (
            (counters.faults, "faults of the framing"),
            (sent.refused, "items that this link cannot carry"),
            (side.undelivered, "items came while the other side was down"),
        ):
            if number:
                print(f"{name}: {number:,} {what}")
    if injector.plan.rules:
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(injector.counts.items()))
        lost = f"; {injector.lost:,} items lost with the link" if injector.lost else ""
        print(f"faults: {injector.counts.total():,} ({kinds or 'none'}){lost}")
