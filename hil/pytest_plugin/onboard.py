# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures of the onboard application: a unit in virtual time, an EGSE on it or over a link."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from fsw_emu.egse.client import Egse
from fsw_emu.egse.lines import LinkLine, VirtualLine
from fsw_emu.packets.pus import SmileTime
from fsw_emu.testbed.testbed import NoFee, Testbed
from fsw_emu.world.numbers import CYCLES_PER_S
from fsw_emu.world.scenario import BadScenario, Scenario, read_scenario, shipped
from fsw_emu.world.world import World
from hil.ports import open_link

MARKER, EMULATED = "onboard", "emulated"
_RUNNER = pytest.StashKey[asyncio.Runner]()


class OnTestbed:
    """A unit with its electronics, in virtual time."""

    def __init__(self, testbed: Testbed) -> None:
        self._testbed = testbed

    def receive(self, packet: bytes) -> None:
        """A telecommand."""
        self._testbed.dpu.receive(packet)

    def run(self, n_cycles: int, *, to_telemetry: bool = False) -> int:
        """As of fsw_emu.dpu.dpu.Dpu."""
        dpu = self._testbed.dpu
        start, made = dpu.world.cycle, dpu.onboard.downlink.n_packets

        def has_made() -> bool:
            return to_telemetry and dpu.onboard.downlink.n_packets != made

        self._testbed.until(has_made, within=n_cycles / CYCLES_PER_S)
        return dpu.world.cycle - start

    def take_telemetry(self) -> Sequence[bytes]:
        """What was made since the last call."""
        return self._testbed.take()


def make_testbed(item: pytest.Item) -> Testbed:
    """What a test asks for by its marker; UsageError."""
    marker = item.get_closest_marker(MARKER)
    asked = dict(marker.kwargs) if marker else {}
    booted, fee = asked.pop("booted", True), asked.pop("fee", None)
    scenario, start = asked.pop("scenario", None), asked.pop("start", None)
    if fee not in (None, EMULATED):
        raise pytest.UsageError(f"{item.nodeid}: marker {MARKER}: fee is {EMULATED!r} or none")
    try:
        world = World(
            scenario=None if scenario is None else _scenario(scenario, item.path.parent),
            start=None if start is None else SmileTime.from_iso(start),
            **asked,
        )
    except (TypeError, ValueError, OSError) as error:
        raise pytest.UsageError(f"{item.nodeid}: marker {MARKER}: {error}") from None
    return Testbed(world=world, booted=booted, fee=None if fee else NoFee())


def _scenario(name: str, folder: Path) -> Scenario:
    """One of the package's, or a file beside the test."""
    try:
        return shipped(name)
    except BadScenario:
        return read_scenario((folder / name).read_text("utf-8"), name=name)


def on_testbed(testbed: Testbed) -> Egse:
    """In virtual time."""
    table = testbed.dpu.table
    line = VirtualLine(OnTestbed(testbed), cycle_s=table.cycle_ms / 1000)
    return Egse(line, table=table)


def over_link(item: pytest.Item, address: str) -> Iterator[Egse]:
    """In real time; the test runs in the event loop of the link."""
    with asyncio.Runner() as runner:
        item.stash[_RUNNER] = runner
        link = runner.run(open_link(address, patient=True))
        try:
            yield runner.run(_egse(LinkLine(link)))
        finally:
            runner.run(link.close())
            del item.stash[_RUNNER]


async def _egse(line: LinkLine) -> Egse:
    return Egse(line)


def call(item: pytest.Function) -> bool | None:
    """Await a test that awaits; of a property, each example."""
    function = item.obj
    if (handle := getattr(function, "hypothesis", None)) is not None:
        handle.inner_test = _awaited(item, handle.inner_test)
        return None
    if not inspect.iscoroutinefunction(function):
        return None
    asked = inspect.signature(function).parameters.keys() & item.funcargs.keys()
    _awaited(item, function)(**{name: item.funcargs[name] for name in asked})
    return True


def _awaited(item: pytest.Item, function: Callable[..., Any]) -> Callable[..., Any]:
    if not inspect.iscoroutinefunction(function):
        return function

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        runner = item.stash.get(_RUNNER, None)
        if runner is not None:
            return runner.run(function(*args, **kwargs))
        return asyncio.run(function(*args, **kwargs))

    return run
