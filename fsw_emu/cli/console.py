# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu console``: telemetry live, telecommands by name; in a browser or in the terminal."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fsw_emu.archive.archive import Archive
    from fsw_emu.console.session import Session

EXAMPLE = """\
examples:
  fsw-emu console --demo                          an emulated unit, nothing else needed
  fsw-emu console --egse pus-tcp://127.0.0.1:5570 --archive session.sqlite
  fsw-emu console --egse pus-tcp://10.0.0.7:5570 --terminal

The page needs aiohttp (pip install fsw-emu[console]), the terminal nothing. Ends with Ctrl-C.
Exit: 0 fine, 2 wrong use.
"""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "console",
        help="telemetry live and telecommands by name, in a browser or the terminal",
        description="Connect to a data processing unit, emulated or behind an EGSE, show what it "
        "reports, send it telecommands.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--egse",
        default="pus-tcp://127.0.0.1:5570",
        metavar="ADDRESS",
        help="link to the unit, as in docs/links.md; default pus-tcp://127.0.0.1:5570",
    )
    where.add_argument("--demo", action="store_true", help="run an emulated unit in this process")
    parser.add_argument("--port", type=port, default=8080, help="of the page; default 8080")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="where the page is served; default 127.0.0.1. Others than this machine's loopback let "
        "everybody who reaches it send telecommands",
    )
    parser.add_argument(
        "--archive", type=Path, metavar="FILE", help="keep all telemetry and telecommands"
    )
    parser.add_argument(
        "--terminal", action="store_true", help="show it here instead of serving a page"
    )


def port(text: str) -> int:
    """The type of --port."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Do the job; the exit code."""
    from fsw_emu.archive.store import ArchiveError
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.rig import run_rig
    from hil.address import parse

    if not args.terminal:
        try:
            import aiohttp  # noqa: F401
        except ImportError:
            print(
                "fsw-emu console: the page needs aiohttp: pip install fsw-emu[console], or use "
                "--terminal",
                file=sys.stderr,
            )
            return 2
    try:
        if not args.demo and parse(args.egse).server:
            raise ValueError(f"{args.egse}: the console is a client")
        return run_rig(lambda stop: _console(args, stop))
    except (ArchiveError, OSError, ValueError) as error:
        print(f"fsw-emu console: {describe(error)}", file=sys.stderr)
    except ExceptionGroup as group:
        print(f"fsw-emu console: {describe(group.exceptions[0])}", file=sys.stderr)
    return 2


async def _console(args: argparse.Namespace, stop: asyncio.Event) -> int:
    from fsw_emu.archive.archive import Archive
    from fsw_emu.console.session import Session
    from fsw_emu.core import default_core
    from fsw_emu.interface.table import load

    async with contextlib.AsyncExitStack() as stack:
        archive: Archive | None = None
        if args.archive is not None:
            archive = stack.enter_context(Archive.open(args.archive))
        address = args.egse
        if args.demo:
            from fsw_emu.console.demo import ADDRESS, demo

            address = ADDRESS
            stack.push_async_callback(_ended, asyncio.create_task(demo()))
            await asyncio.sleep(0)  # it listens then
        session = Session(load(), default_core(), address=address, archive=archive)
        running = asyncio.create_task(session.run())
        running.add_done_callback(lambda _: stop.set())
        stack.push_async_callback(_ended, running)
        if args.terminal:
            from fsw_emu.console.terminal import show

            stack.push_async_callback(_ended, asyncio.create_task(show(session.state, sys.stdout)))
        else:
            await _serve(args, session, stack)
        await stop.wait()
    return 0


async def _serve(
    args: argparse.Namespace, session: Session, stack: contextlib.AsyncExitStack
) -> None:
    from fsw_emu.console.server import serve

    runner, address = await serve(session, host=args.host, port=args.port)
    stack.push_async_callback(runner.cleanup)
    if args.host.strip("[]") not in ("localhost", "127.0.0.1", "::1"):
        print(
            f"fsw-emu console: whoever reaches {args.host} can send telecommands", file=sys.stderr
        )
    print(f"console: {address}", flush=True)


async def _ended(task: asyncio.Task[None]) -> None:
    """End a task; what ended it before is raised."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
