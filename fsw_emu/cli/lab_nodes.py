# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Emulated nodes of a lab, made of the options that their commands have."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import re
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import fsw_emu.targets
from fsw_emu.cli import dpu, fee
from fsw_emu.cli.downlink import Downlink
from fsw_emu.cli.dpu_session import Asked, Session, Telemetry
from fsw_emu.cli.fee_device import device_of
from fsw_emu.cli.setup import UsageError, fill_in, settings_of
from fsw_emu.core import TargetError, default_core
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.packets.fault import FaultLog
from fsw_emu.targets.library import LibraryCore
from hil.lab.file import End, LabFile, LabNode
from hil.lab.lab import Emulated
from hil.link import Link
from hil.rmap.transactions import Target
from hil.serve import DeviceServer

#: options that name a file, which a lab file tells from where it is
_FILES = ("frames", "recording", "bad_pixels")
_COMMANDS = {"fee": fee, "dpu": dpu}
#: what a command asks for and a lab settles
_SETTLED = {"fee": ("--link", "loop:lab"), "dpu": ("--link", "loop:lab", "--out", ".")}


def build_node(node: LabNode, file: LabFile) -> Emulated:
    """An emulated node; files that its options name are beside the lab file. ValueError, OSError.
    Within an event loop, whose exception handler is told what goes wrong in the node."""
    args = _arguments(node.name, node.options, file.path.parent)
    if node.name == "dpu":
        return _Dpu(args, Target(quirks=file.quirks_met_by(End(node.name))))
    rate = None if args.rate == "max" else float(args.rate) * fee.MBIT
    return _Fee(DeviceServer(device_of(args), rate_bits_s=rate))


def check_node(node: LabNode, file: Path) -> None:
    """Whether an emulated node's options in a lab file are those of its command. ValueError."""
    try:
        _arguments(node.name, node.options, file.parent)
    except ValueError as error:
        raise ValueError(f"{file}: node.{node.name}: {error}") from None


class _Fee:
    """The emulated FEE."""

    def __init__(self, server: DeviceServer) -> None:
        self._server = server
        self._running = _task("fee", server.run())

    def attach(self, _: str, link: Link) -> None:
        self._server.attach(link)

    async def close(self) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])


class _Dpu:
    """The onboard chain; its telemetry goes to a link and nowhere else."""

    def __init__(self, args: argparse.Namespace, target: Target) -> None:
        registers = dict(args.registers)
        start = fee.start_code(args)
        asked = Asked("the lab", "the lab", registers, start, reconnect=True, fee=target)
        try:
            dpu.check(args, registers)
            fill_in(args)
            settings = settings_of(args, default_core())
            self._core = fsw_emu.targets.open(args.target)
        except (UsageError, TargetError) as error:
            raise ValueError(str(error)) from None
        self._session = Session(asked, self._core, settings, _NoFiles())
        self._session.telemetry = _Telemetry()
        self._session.faults = _Faults()
        self._processing = _task("dpu", self._session.process())

    def attach(self, port: str, link: Link) -> None:
        (self._session.telemetry if port else self._session).attach(link)

    async def close(self) -> None:
        await self._session.end()
        await asyncio.wait([self._processing])
        if isinstance(self._core, LibraryCore):
            self._core.close()


def _task(node: str, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """What a node does all the time; it is told if that breaks off."""
    task = asyncio.create_task(coroutine)
    task.add_done_callback(lambda _: _ended(node, task))
    return task


def _ended(node: str, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _tell({"message": f"node {node} has ended", "exception": error})


def _tell(what: dict[str, Any]) -> None:
    asyncio.get_running_loop().call_exception_handler(what)


class _Faults(FaultLog[str]):
    """Commands that failed; whoever runs the lab is told."""

    def append(self, fault: str) -> None:
        super().append(fault)
        _tell({"message": f"node dpu: {fault}"})


class _Telemetry(Telemetry):
    """A link that is closed is the lab's own doing."""

    def closed(self, _: str) -> None:
        self.links = [link for link in self.links if link.closed_because is None]


class _NoFiles(Downlink):
    """Takes entities whose packets a link has."""

    def __init__(self) -> None:
        self.digests = []

    def send(self, _: Entity) -> None:
        pass


class _Parser(argparse.ArgumentParser):
    """Wrong options are a ValueError."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _arguments(name: str, options: Mapping[str, Any], folder: Path) -> argparse.Namespace:
    """Options as the command line of ``fsw-emu NAME`` has them. ValueError."""
    parser = _Parser(prog="fsw-emu", allow_abbrev=False)
    commands = parser.add_subparsers()
    _COMMANDS[name].add_parser(commands)
    known = set(re.findall(r"--([a-z][\w-]*)", commands.choices[name].format_help()))
    known -= {"help", *(flag.removeprefix("--") for flag in _SETTLED[name])}
    known -= {"quirk"}  # the FEE has them in the lab file
    for key in options:
        if key.replace("_", "-") not in known:
            close = difflib.get_close_matches(key, [each.replace("-", "_") for each in known], 1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; see fsw-emu {name} --help"
            raise ValueError(f"options.{key} is unknown{hint}")
    return parser.parse_args([name, *_SETTLED[name], *_words(options, folder)])


def _words(options: Mapping[str, Any], folder: Path) -> Iterator[str]:
    for key, value in options.items():
        flag = f"--{key.replace('_', '-')}"
        if key in _FILES:
            value = folder / str(value)
        if isinstance(value, dict):
            yield from (f"{flag}={name}={int(number)}" for name, number in value.items())
        elif value is True:
            yield flag
        elif value is not False:
            yield f"{flag}={value}"
