# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""``fsw-emu board``: an emulated board at the end of a link, its memory reached by RMAP."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsw_emu.core import TargetError
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.rmap import Status
from fsw_emu.packets.spacewire import BOARD_ADDRESS, BOARD_KEY, Item, SpwPacket

if TYPE_CHECKING:
    from fsw_emu.targets.emulated import Emulator
    from hil.serve import DeviceServer

EXAMPLE = """\
example, in two terminals:
  fsw-emu board --link gresb-server://127.0.0.1:1234
  pytest --target rmap:gresb://127.0.0.1:1234 tests/props

The board is an emulated LEON3 that serves the request ring (docs/suites.md); RMAP commands read
and write its memory. Ctrl-C ends it.
"""
#: the processor, which waits busily, is stopped after so long without a command
DOZE_NS = 1_000_000_000


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "board",
        usage="fsw-emu board --link ADDRESS [options]",
        help="an emulated processor board at the end of a link",
        description="Run an emulated LEON3 whose memory is read and written by RMAP.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("--link", required=True, metavar="ADDRESS", help="as in docs/links.md")
    parser.add_argument(
        "--target", default="leon3", metavar="T", help="leon3 or elf:PATH; default leon3"
    )
    parser.add_argument(
        "--address",
        type=_byte,
        default=BOARD_ADDRESS,
        metavar="A",
        help=f"logical address; default {BOARD_ADDRESS:#04x}",
    )
    parser.add_argument(
        "--key",
        type=_byte,
        default=BOARD_KEY,
        metavar="K",
        help=f"RMAP key; default {BOARD_KEY:#04x}",
    )


def _byte(text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 <= value <= 255:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 0..255")
    return value


class BoardMemory:
    """The memory of an emulated processor, as an RMAP target sees it: words are never torn."""

    def __init__(self, emulator: Emulator) -> None:
        self._memory = emulator.memory

    def allows(self, address: int, size: int, *, write: bool) -> bool:  # noqa: ARG002
        """Whether all of it is memory."""
        start, end = self._memory.base, self._memory.base + self._memory.size
        return start <= address and address + size <= end

    def read(self, address: int, size: int) -> bytes:
        if size == 4 and not address & 3:
            return self._memory.read_word(address).to_bytes(4, "big")
        return self._memory.read(address, size)

    def write(self, address: int, data: bytes) -> None:
        if len(data) == 4 and not address & 3:
            self._memory.write_word(address, int.from_bytes(data, "big"))
        else:
            self._memory.write(address, data)

    def note_command(self, status: Status) -> None:
        """Nothing tells it."""


class Board:
    """The Device: commands in, replies out; the processor runs while commands come."""

    def __init__(self, emulator: Emulator, target: RmapTarget) -> None:
        self.target = target
        self._emulator = emulator
        self._look_ns: int | None = None  # when to see whether commands still come
        self._last_ns = 0

    def received(self, items: Sequence[Item], now_ns: int) -> Sequence[Item]:
        self._last_ns = now_ns
        if self._look_ns is None:
            self._emulator.wake()
            self._look_ns = now_ns + DOZE_NS
        answers = [
            self.target.received(item.data, item.eep)
            for item in items
            if isinstance(item, SpwPacket)
        ]
        return [SpwPacket(answer) for answer in answers if answer is not None]

    def due_ns(self) -> int | None:
        return self._look_ns

    def produce(self, now_ns: int) -> Sequence[Item]:
        """Nothing, but TargetGone when the emulator has ended."""
        self._emulator.check()
        if now_ns - self._last_ns >= DOZE_NS:
            self.link_down()
        else:
            self._look_ns = self._last_ns + DOZE_NS
        return []

    def link_up(self) -> None:
        """Nothing to do before a command comes."""

    def link_down(self) -> None:
        """Nobody is there to wait for the processor."""
        self._look_ns = None
        self._emulator.rest()


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    from fsw_emu.cli.files import describe
    from fsw_emu.cli.rig import run_rig

    try:
        return run_rig(lambda stop: _serve(args, stop))
    except (OSError, ValueError, TargetError) as error:
        print(f"fsw-emu board: {describe(error)}", file=sys.stderr)
    return 2


def _program(target: str) -> Path:
    from fsw_emu.targets import flight_program

    kind, _, path = target.partition(":")
    if target == "leon3":
        return flight_program()
    if kind != "elf" or not path:
        raise ValueError(f"--target {target}: leon3 or elf:PATH")
    return Path(path)


async def _serve(args: argparse.Namespace, stop: asyncio.Event) -> int:
    from fsw_emu.cli.rig import serve
    from fsw_emu.targets.emulated import Emulator
    from fsw_emu.targets.program import Program
    from hil.serve import DeviceServer

    with contextlib.closing(Emulator(Program(_program(args.target)))) as emulator:
        target = RmapTarget(BoardMemory(emulator), address=args.address, key=args.key)
        board = Board(emulator, target)
        server = DeviceServer(board)
        await serve("board", args.link, server, lambda: _status(board, server), stop)
    return 0


def _status(board: Board, server: DeviceServer) -> str:
    target = board.target
    refused = target.statuses.total() - target.statuses[Status.OK]
    link = "a link" if server.link else f"no link {server.closed_because}"
    return (
        f"{target.statuses.total()} commands, {refused} refused, "
        f"{target.discarded.total()} packets discarded, {link}"
    )
