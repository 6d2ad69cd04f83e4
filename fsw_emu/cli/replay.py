# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu replay``: what a recording has of one side of a link, sent to the other."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from fsw_emu.cli.files import describe, read_file
from fsw_emu.cli.rig import run_rig, status_line, unless
from fsw_emu.packets.capture import Recorded
from fsw_emu.packets.fault import Fault
from fsw_emu.packets.recording import RecordingReader
from hil.link import Link, LinkClosed
from hil.ports import open_link
from hil.replay import Comparison, Player

EXAMPLE = """\
example:
  fsw-emu replay fee.gresb.gz --link gresb://127.0.0.1:1234 --speed max
  fsw-emu replay link.pcapng --send out --check --link gresb://127.0.0.1:1234

A recording tells what its recorder received (in) and sent (out); what has no direction counts as
received. The first plays the peer to a unit, the second the unit to the peer.
Exit: 0 fine, 1 faults in the recording, other answers or a lost link, 2 wrong use.
"""

_OTHER = {"in": "out", "out": "in"}
_LISTED = 10


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "replay",
        help="send a recording over a link",
        description="Send what a recording has of one side of a link to the other side.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="GRESB stream, pcap or pcapng")
    parser.add_argument("--link", required=True, metavar="ADDRESS", help="SCHEME://HOST:PORT")
    parser.add_argument(
        "--send", choices=("in", "out", "all"), default="in", help="what is sent (default: in)"
    )
    parser.add_argument(
        "--interface", metavar="NAME", help="of the links in it (default: the first)"
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="recorded|max|N",
        help="N times as fast as recorded (default: recorded)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare what comes back with what the recording has of the other side",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=1.0,
        metavar="S",
        help="with --check: how long no answer may come at the end (default: 1)",
    )
    parser.set_defaults(run=run)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = 1.0 if text == "recorded" else float(text)
    except ValueError:
        speed = 0
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no speed")
    return speed


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    try:
        if args.check and args.send == "all":
            raise ValueError("--check compares one side with the other: --send in or out")
        return run_rig(lambda stop: _replay(args, stop))
    except LinkClosed as error:
        print(f"fsw-emu replay: {args.link}: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"fsw-emu replay: {describe(error, args.file)}", file=sys.stderr)
        return 2


class _Recording:
    """The items of a file that went one way over one link. One reading of it."""

    def __init__(self, path: Path, way: str, interface: str | None) -> None:
        self.n_elsewhere = 0  # of other links
        self.faults: list[Fault] = []
        self._path = path
        self._way = way
        self._interface = interface

    def items(self) -> Generator[Recorded, None, None]:
        """OSError, ValueError."""
        reader = RecordingReader()
        for chunk in read_file(self._path, self.faults, progress=False):
            yield from filter(self._wanted, reader.read(chunk))
        reader.finish()
        self.faults += reader.faults

    def _wanted(self, one: Recorded) -> bool:
        if self._interface is None:
            self._interface = one.interface
        if one.interface != self._interface:
            self.n_elsewhere += 1
            return False
        return self._way in ("all", one.direction or "in")


async def _replay(args: argparse.Namespace, stop: asyncio.Event) -> int:
    recording = _Recording(args.file, args.send, args.interface)
    answers = _Recording(args.file, _OTHER.get(args.send, ""), args.interface)
    changed = asyncio.Event()
    expected = answers.items() if args.check else iter(())
    with closing(recording.items()) as items:
        first = next(items, None)  # before the link: a file that is none is no use
        if first is None:
            raise ValueError(f"nothing in it was {'sent' if args.send == 'out' else 'received'}")
        comparison = Comparison(expected, changed=changed.set)
        try:
            link = await unless(stop, open_link(args.link, patient=True))
        except (OSError, ValueError) as error:
            print(f"fsw-emu replay: {error}", file=sys.stderr)
            return 2
        link.attach(comparison)
        player = Player(link, speed=args.speed)
        try:
            async with status_line(lambda: _status(player, link)):
                await player.play(itertools.chain([first], items), stop)
                if args.check:
                    await _settle(comparison, changed, stop, args.wait)
        finally:
            await link.close()
            _tell(player, link, recording)
    if args.check:
        comparison.finish()
        return max(_tell_differences(comparison), _code(recording, stop))
    return _code(recording, stop)


async def _settle(
    comparison: Comparison, changed: asyncio.Event, stop: asyncio.Event, wait_s: float
) -> None:
    """Wait for the last answers."""
    while not comparison.complete and comparison.ended is None and not stop.is_set():
        changed.clear()
        try:
            await asyncio.wait_for(changed.wait(), wait_s)
        except TimeoutError:
            return


def _status(player: Player, link: Link) -> str:
    return (
        f"sent {player.n_sent:,} packets and time-codes, {player.n_bytes:,} bytes; "
        f"received {link.counters.received.packets:,} packets"
    )


def _tell(player: Player, link: Link, recording: _Recording) -> None:
    print(_status(player, link))
    refused = link.counters.sent.refused
    if refused:
        print(f"{refused:,} of them refused: the link cannot carry them")
    if recording.n_elsewhere:
        print(f"{recording.n_elsewhere:,} of other links left out: see --interface")
    for fault in recording.faults:
        print(f"fault at {fault}")


def _tell_differences(comparison: Comparison) -> int:
    for fault in comparison.faults[:_LISTED]:
        print(f"fault at {fault}")
    n_more = len(comparison.faults) + comparison.faults.not_listed - _LISTED
    if n_more > 0:
        print(f"... and {n_more:,} more")
    print(
        f"answers: {comparison.n_equal:,} as recorded, {comparison.n_missing:,} missing, "
        f"{comparison.n_unexpected:,} unexpected"
    )
    return 1 if comparison.faults else 0


def _code(recording: _Recording, stop: asyncio.Event) -> int:
    if stop.is_set():
        return 130
    return 1 if recording.faults else 0
