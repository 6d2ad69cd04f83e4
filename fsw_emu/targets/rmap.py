# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The memory of a board at the other end of a SpaceWire link, read and written by RMAP, and the
core that serves the request ring there.

``LINK`` is ``gresb://HOST[:PORT]``, ``ssdtp2://HOST[:PORT]`` or ``spw-tcp://HOST[:PORT]``, with
options behind a question mark: ``target``, ``initiator`` (logical addresses) and ``key``.
"""

from __future__ import annotations

import socket
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from fsw_emu.core import TargetError
from fsw_emu.packets import rmap
from fsw_emu.packets.framing import Framing, FramingLost
from fsw_emu.packets.framings.gresb import Host
from fsw_emu.packets.framings.spw_tcp import SpwTcp
from fsw_emu.packets.framings.ssdtp2 import Ssdtp2Client
from fsw_emu.packets.rmap import Command, Discarded, Instruction, Status
from fsw_emu.packets.spacewire import BOARD_ADDRESS, BOARD_KEY, Item, SpwPacket
from fsw_emu.targets._library import headers, load
from fsw_emu.targets.remote import RemoteLibrary
from fsw_emu.targets.ring import Ring, TargetGone, TargetSilent

INITIATOR = 0x20
#: of one command; longer reads and writes go in pieces
MAX_DATA_BYTES = 4096
#: commands under way at once
MAX_OUTSTANDING = 32

_FRAMINGS: dict[str, tuple[Callable[[], Framing], int]] = {
    "gresb": (Host, 1234),
    "ssdtp2": (Ssdtp2Client, 10030),
    "spw-tcp": (SpwTcp, 1234),
}


@dataclass(frozen=True)
class _Link:
    """A link's address in its parts."""

    framing: Callable[[], Framing]
    host: str
    port: int
    target: int
    initiator: int
    key: int


def parse(link: str) -> _Link:
    """ValueError for what is no address of a link that a client can use here."""
    try:
        parts = urlsplit(link)
        framing, default = _FRAMINGS[parts.scheme]
        host, port = parts.hostname or "127.0.0.1", parts.port or default
        pairs = parse_qsl(parts.query, strict_parsing=True) if parts.query else []
        options = {name: int(value, 0) for name, value in pairs}
        if parts.path or not all(0 <= value <= 255 for value in options.values()):
            raise ValueError
    except (KeyError, ValueError):
        schemes = ", ".join(f"{scheme}://HOST[:PORT]" for scheme in _FRAMINGS)
        raise ValueError(f"rmap:{link}: the link is one of {schemes}") from None
    if strange := options.keys() - {"target", "initiator", "key"}:
        raise ValueError(f"rmap:{link}: no option {min(strange)}")
    nodes = {"target": BOARD_ADDRESS, "initiator": INITIATOR, "key": BOARD_KEY} | options
    return _Link(framing, host, port, **nodes)


@dataclass(frozen=True)
class _Asked:
    """A command under way; into: where the data of a read go."""

    command: Command
    into: memoryview | None


class RmapMemory:
    """The Memory of a board. Its target carries commands out one after the other: writes are not
    waited for until something is read, and no read gives anything unless all before went well.

    TargetGone when the link ends, TargetSilent when no reply comes within timeout_s, TargetError
    for a command that is refused.
    """

    def __init__(self, link: str, *, timeout_s: float = 5.0) -> None:
        parts = parse(link)
        self.link = link
        self._nodes = (parts.target, parts.initiator, parts.key)
        self._timeout_s = timeout_s
        self._framing = parts.framing()
        self._out: list[Item] = []
        self._under_way: dict[int, _Asked] = {}  # by transaction
        self._transaction = 0
        self._wrong: TargetError | None = None
        try:
            self._socket = socket.create_connection((parts.host, parts.port), timeout_s)
        except OSError as error:
            raise TargetGone(f"{link}: {error.strerror or error}") from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.close = weakref.finalize(self, self._socket.close)

    def read(self, address: int, size: int) -> bytes:
        return self.read_each([(address, size)])[0]

    def read_each(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        found = [bytearray(size) for _, size in places]
        for (address, size), data in zip(places, found, strict=True):
            for at in range(0, size, MAX_DATA_BYTES):
                part = memoryview(data)[at : at + MAX_DATA_BYTES]
                self._ask(rmap.READ, address + at, len(part), into=part)
        self._settle()
        return [bytes(data) for data in found]

    def write(self, address: int, data: bytes) -> None:
        for at in range(0, len(data), MAX_DATA_BYTES):
            part = data[at : at + MAX_DATA_BYTES]
            self._ask(rmap.WRITE, address + at, len(part), part)

    def read_word(self, address: int) -> int:
        return int.from_bytes(self.read(address, 4), "big")

    def write_word(self, address: int, value: int) -> None:
        self._ask(rmap.WRITE_VERIFIED, address, 4, value.to_bytes(4, "big"))
        self._send()

    def _ask(
        self,
        instruction: Instruction,
        address: int,
        length: int,
        data: bytes = b"",
        into: memoryview | None = None,
    ) -> None:
        if len(self._under_way) >= MAX_OUTSTANDING:
            self._settle(MAX_OUTSTANDING // 2)
        self._transaction = self._transaction + 1 & 0xFFFF
        target, initiator, key = self._nodes
        try:
            command = Command(
                instruction, target, initiator, key, self._transaction, address, length, data
            )
            self._out.append(SpwPacket(command.to_bytes()))
        except ValueError as error:
            raise TargetError(f"{self.link}: {error}") from None
        self._under_way[self._transaction] = _Asked(command, into)

    def _settle(self, left: int = 0) -> None:
        """Wait until no more than so many commands are under way."""
        self._send()
        deadline = time.monotonic() + self._timeout_s
        while len(self._under_way) > left:
            before = len(self._under_way)
            for item in self._receive(deadline):
                if isinstance(item, SpwPacket):
                    self._take(item)
            if len(self._under_way) < before:
                deadline = time.monotonic() + self._timeout_s
        wrong, self._wrong = self._wrong, None
        if wrong is not None:
            raise wrong

    def _send(self) -> None:
        out, self._out = self._out, []
        if not out:
            return
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(self._framing.build(out))
        except TimeoutError:
            raise TargetSilent(f"{self.link}: takes nothing for {self._timeout_s:g} s") from None
        except OSError as error:
            raise TargetGone(f"{self.link}: {error.strerror or error}") from None

    def _receive(self, deadline: float) -> list[Item]:
        try:
            self._socket.settimeout(max(deadline - time.monotonic(), 1e-3))
            data = self._socket.recv(1 << 18)
            if not data:
                raise TargetGone(f"{self.link}: the peer closed the connection")
            return self._framing.feed(data)
        except TimeoutError:
            first = next(iter(self._under_way.values())).command
            what = f"{_words(first)}: no reply within {self._timeout_s:g} s"
            raise TargetSilent(f"{self.link}: {what}") from None
        except FramingLost as lost:
            raise TargetError(f"{self.link}: {lost}") from None
        except OSError as error:
            raise TargetGone(f"{self.link}: {error.strerror or error}") from None

    def _take(self, packet: SpwPacket) -> None:
        """A reply to something that is under way; anything else is none of ours."""
        read = rmap.read_reply(packet.data, eep=packet.eep)
        if isinstance(read, Discarded):
            return
        reply = read.reply
        asked = self._under_way.pop(reply.transaction, None)
        if asked is None:
            return
        into, what = asked.into, ""
        if reply.status:
            known = reply.status in Status.__members__.values()
            what = Status(reply.status).name if known else f"status {reply.status}"
        elif read.problem or reply.instruction != asked.command.instruction:
            what = read.problem or "a reply to something else"
        elif into is not None and len(reply.data) != len(into):
            what = f"{len(reply.data)} bytes came"
        elif into is not None:
            into[:] = reply.data
        if what and self._wrong is None:
            said = what.lower().replace("_", " ")
            self._wrong = TargetError(f"{self.link}: {_words(asked.command)}: {said}")


def _words(command: Command) -> str:
    kind = "write" if command.instruction.write else "read"
    return f"{kind} of {command.length} bytes at {command.address:#010x}"


def rmap_library(link: str, *, timeout_s: float = 30.0) -> RemoteLibrary:
    """The functions of the core on the board at the other end of a link. ValueError for an
    address that is none, TargetError where the board does not answer."""
    memory = RmapMemory(link)
    try:
        ring = Ring(memory, give_up=memory.close, timeout_s=timeout_s)
    except TargetError:
        memory.close()
        raise
    return RemoteLibrary(*load(None), headers(), ring, close=memory.close)
