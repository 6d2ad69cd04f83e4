# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A lab that runs: nodes of a lab file on their links."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fsw_emu.packets.pcap import Direction
from fsw_emu.packets.spacewire import RMAP, Item, SpwPacket
from hil.faults.injection import Injection, Injector
from hil.faults.link import FaultyLink
from hil.faults.plan import Plan, read_plan
from hil.fee.proxy import FeeProxy
from hil.lab.file import TESTS, End, Joint, LabError, LabFile, LabNode
from hil.lab.loop_thread import run_in
from hil.lab.watch import RECEIVE_S, WatchedLink
from hil.link import Link
from hil.ports import open_link
from hil.record import Recorder
from hil.rmap.initiator import Initiator
from hil.rmap.quirks import Quirks
from hil.rmap.quirky import QuirkyLink
from hil.rmap.transactions import Target
from hil.transports.loop import pair

Result = TypeVar("Result")


class Emulated(Protocol):
    """An emulated node, to be put on its links."""

    def attach(self, port: str, link: Link) -> None:
        """Take a link at one of its ends."""

    async def close(self) -> None:
        """End what it does, over its links yet; others close them."""


#: makes an emulated node of its entry in a lab file; ValueError for options that cannot be,
#: OSError for files
Build = Callable[[LabNode, LabFile], Emulated]
#: told of a fault: the name of the link, and what it was
Report = Callable[[str, Injection], None]


@dataclass(frozen=True)
class Unit:
    """A node as the tests meet it: its links to them, by its ends."""

    node: LabNode
    links: Mapping[str, WatchedLink]

    def send(self, *items: Item, port: str = "") -> None:
        """To one of its ends. LinkClosed."""
        self.links[port].send(items)

    async def receive(self, port: str = "", *, timeout_s: float = RECEIVE_S) -> Item:
        """The next that it sent from one of its ends. TimeoutError, LinkClosed."""
        return await self.links[port].receive(timeout_s=timeout_s)

    async def packet(
        self, port: str = "", *, protocol: int | None = None, timeout_s: float = RECEIVE_S
    ) -> SpwPacket:
        """The next packet, or the next of a protocol. TimeoutError, LinkClosed."""
        return await self.links[port].packet(protocol=protocol, timeout_s=timeout_s)


class Lab:
    """Open it with :func:`open_lab`. Its methods are called within its event loop, but
    ``run``, ``unit`` and ``fee``."""

    def __init__(self, file: LabFile) -> None:
        self.file = file
        self.links: dict[str, WatchedLink] = {}
        self._loop = asyncio.get_running_loop()
        self._nodes: dict[str, Emulated] = {}
        self._initiators: dict[str, Initiator] = {}  # by link
        self._recorder: Recorder | None = None
        self._injected: Report = lambda *_: None

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run it in the lab's event loop, from another thread. TimeoutError after the lab's time
        limit."""
        return run_in(self._loop, coroutine, self.file.time_limit_s)

    def unit(self, name: str | None = None) -> Unit:
        """A node by its name, or the one under test."""
        node = self.file.nodes[name or self.file.dut]
        links = {
            end.port: self.links[joint.name]
            for joint in self.file.links.values()
            for end in joint.ends
            if end.node == node.name and End(TESTS) in joint.ends
        }
        return Unit(node, links)

    @functools.cached_property
    def fee(self) -> FeeProxy:
        """Registers and memory of the FEE that is joined to the tests. LabError for none."""
        unit = self.unit("fee" if "fee" in self.file.nodes else None)
        if "" not in unit.links:
            raise LabError(f"{self.file.path}: no link joins {unit.node.name} and the tests")
        proxy = FeeProxy(Initiator(Target(quirks=unit.node.quirks)))
        self._initiators[unit.links[""].name] = proxy.initiator
        self._speak(unit.links[""])
        return proxy

    @contextlib.contextmanager
    def faults(self, link: str, plan: Plan | Path) -> Iterator[Injector]:
        """Faults on a link within the block: a is the lab's side, b its peer. ValueError, OSError
        for a plan that is none."""
        if isinstance(plan, Path):
            plan = read_plan(plan.read_text("utf-8"))
        injector = self._inject(link, plan)
        try:
            yield injector
        finally:
            self._restore(link)

    async def begin(self, injected: Report) -> None:
        """Begin a test: links that are down are opened again, what came is forgotten, the plans of
        the file begin anew. injected: told of each fault from now on. LabError."""
        self._injected = injected
        for name, link in self.links.items():
            if link.closed_because is not None:
                await self.reconnect(name)
            self._restore(name)
            link.forget()

    async def reconnect(self, link: str) -> None:
        """Open a link anew. LabError."""
        await self.links[link].close("opened anew")
        await self._join(self.file.links[link])
        self._speak(self.links[link])

    async def start(self, build: Build) -> None:
        """Make the nodes, open the links. LabError, OSError."""
        for node in self.file.nodes.values():
            if node.emulated:
                try:
                    self._nodes[node.name] = build(node, self.file)
                except (ValueError, OSError) as error:
                    raise LabError(f"{self.file.path}: node.{node.name}: {error}") from error
        if self.file.record is not None:
            try:
                self._recorder = Recorder(self.file.record, comment=self.file.path.name)
            except OSError as error:
                raise LabError(f"{self.file.path}: record: {error}") from error
        for joint in self.file.links.values():
            await self._join(joint)

    async def close(self) -> None:
        """Close the links and end the nodes. Closing twice is once."""
        for node in self._nodes.values():
            await node.close()
        self._nodes.clear()
        for link in self.links.values():
            await link.close("the lab is closed")
        if self._recorder is not None:
            self._recorder.close()

    async def _join(self, joint: Joint) -> None:
        """The tests' end is watched, or the first that is ours."""
        here, there = joint.ends
        if self._address(here) is not None or there.node == TESTS:
            here, there = there, here
        address = self._address(there)
        if address is None:
            near, far = pair(f"loop:{joint.name}")
            self._put(there, far)
        else:
            near = await self._opened(there, address)
        if joint.name in self.links:
            self.links[joint.name].renew(near)
        else:
            link = self.links[joint.name] = WatchedLink(joint.name, near)
            if self._recorder is not None:
                link.watchers.append(self._record)
        self._put(here, self.links[joint.name])

    def _record(self, link: WatchedLink, direction: Direction, items: Sequence[Item]) -> None:
        if self._recorder is not None:
            self._recorder.add(items, direction, link.name)

    def _address(self, end: End) -> str | None:
        """Of a real node; None for one of ours."""
        return None if end.node == TESTS else self.file.nodes[end.node].addresses.get(end.port)

    def _put(self, end: End, link: Link) -> None:
        if end.node == TESTS:
            return
        quirks = self.file.nodes[end.node].quirks
        if not end.port and quirks != Quirks():
            link = QuirkyLink(link, quirks)
        self._nodes[end.node].attach(end.port, link)

    async def _opened(self, end: End, address: str) -> Link:
        limit = self.file.time_limit_s
        where = f"{self.file.path}: node.{end}"
        try:
            return await asyncio.wait_for(open_link(address), limit)
        except TimeoutError:
            raise LabError(f"{where}: nobody at {address} within {limit:g} s") from None
        except (ValueError, OSError) as error:
            raise LabError(f"{where}: {address}: {error}") from error

    def _speak(self, link: WatchedLink) -> None:
        """Let the initiator of a link, if it has one, go on over it."""
        if (initiator := self._initiators.get(link.name)) is not None:
            link.attach(_Replies(initiator))
            initiator.connect(link)

    def _inject(self, name: str, plan: Plan) -> Injector:
        injector = Injector(
            plan,
            start_ns=time.monotonic_ns(),
            seed=self.file.seed,
            log=lambda injection: self._injected(name, injection),
        )
        self.links[name].wrap(lambda link: FaultyLink(link, injector))
        return injector

    def _restore(self, name: str) -> None:
        """The faults of the file on a link, and no others."""
        self.links[name].unwrap()
        if (plan := self.file.links[name].faults) is not None:
            self._inject(name, plan)


class _Replies:
    """Hands RMAP to the initiator, and nothing else."""

    def __init__(self, initiator: Initiator) -> None:
        self._initiator = initiator

    def received(self, items: Sequence[Item]) -> None:
        replies = [i for i in items if isinstance(i, SpwPacket) and i.data[1:2] == bytes([RMAP])]
        if replies:
            self._initiator.received(replies)

    def closed(self, reason: str) -> None:
        self._initiator.closed(reason)


async def open_lab(file: LabFile, build: Build) -> Lab:
    """A lab with all its nodes and links. LabError for what cannot be opened; nothing stays open
    then."""
    lab = Lab(file)
    try:
        await lab.start(build)
    except BaseException:
        await lab.close()
        raise
    return lab
