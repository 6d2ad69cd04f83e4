# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A link over TCP: a byte stream with a framing, on one connection or on one each way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import cast

from fsw_emu.packets.framing import Framing, FramingLost
from fsw_emu.packets.spacewire import Item
from hil.link import HIGH_WATER_BYTES, MAX_BACKLOG_BYTES, Link, LinkClosed, Receiver

#: what is sent in one turn of the event loop goes out together, in writes of about this size
_WRITE_BYTES = 1 << 16
#: most that is read at once
_READ_BYTES = 1 << 18
#: what waits when a link is closed has so long to go out, and the peer to close as well [s]
_CLOSE_S = 1.0
#: a silent peer is asked whether it lives: after, every [s], so often
_KEEPALIVE = (10, 5, 3)

#: one end's framing of one connection, given where it notes what the peer does
MakeFraming = Callable[[Counter[str]], Framing]


class Connection(asyncio.BufferedProtocol):
    """A TCP connection that a link reads, or writes, or both. Reads nothing before it has one.

    It reads into a buffer of its own: to get and shrink one for each read, as other protocols
    do, takes more time than all else of a short packet.
    """

    def __init__(self, made: Callable[[Connection], None]) -> None:
        self._made = made
        self._buffer = bytearray(_READ_BYTES)
        self._view = memoryview(self._buffer)
        self.transport: asyncio.Transport
        self.link: StreamLink | None = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.pause_reading()
        self.transport.set_write_buffer_limits(HIGH_WATER_BYTES - 1, HIGH_WATER_BYTES // 2)
        peer: socket.socket = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in zip(
            (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT), _KEEPALIVE, strict=True
        ):
            peer.setsockopt(socket.IPPROTO_TCP, option, value)
        self._made(self)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.link is not None:
            self.link.take(self, bytes(self._view[:nbytes]))

    def eof_received(self) -> bool:
        return self.link is not None and self.link.ended(self)

    def pause_writing(self) -> None:
        if self.link is not None:
            self.link.writable.clear()

    def resume_writing(self) -> None:
        if self.link is not None:
            self.link.writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if self.link is not None:
            self.link.connection_lost(error)


class StreamLink(Link):
    """One end of a link over TCP.

    reading, writing: its connections, or the same one twice. gone: called once it is down.
    """

    def __init__(
        self,
        address: str,
        framing: MakeFraming,
        reading: Connection,
        writing: Connection,
        gone: Callable[[StreamLink], None],
    ) -> None:
        super().__init__(address)
        self._framing = framing(self.counters.notes)
        self.writable = asyncio.Event()
        self.writable.set()
        self._reading, self._writing = reading, writing
        self._connections = (reading,) if reading is writing else (reading, writing)
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._held = False
        self._heard = False  # anything
        self._taking = False  # what is sent meanwhile goes out at its end
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._flushing: asyncio.Handle | None = None
        self._limit: asyncio.TimerHandle | None = None  # of closing
        self._down = asyncio.Event()
        reading.link = writing.link = self

    def attach(self, receiver: Receiver) -> None:
        super().attach(receiver)
        if self._down.is_set():
            self._loop.call_soon(self._tell)
        self._read_or_wait()

    def carries(self, item: Item) -> bool:
        return self._framing.carries(item)

    def send(self, items: Sequence[Item]) -> None:
        if self.closed_because is not None:
            raise LinkClosed(self.closed_because)
        try:
            data = self._framing.build(items)
        except ValueError:
            carried = [item for item in items if self.carries(item)]
            self.counters.sent.refused += len(items) - len(carried)
            data, items = self._framing.build(carried), carried
        self.counters.sent.add(items)
        self._queue(data)

    async def drain(self) -> None:
        self._flush()
        await asyncio.sleep(0)  # who sends much lets others work
        await self.writable.wait()
        if self.closed_because is not None:
            raise LinkClosed(self.closed_because)

    def hold(self, held: bool) -> None:
        self._held = held
        self._read_or_wait()

    async def close(self, reason: str = "closed") -> None:
        self.end(reason)
        await self._down.wait()

    def take(self, connection: Connection, data: bytes) -> None:
        """Bytes of the peer."""
        if self.closed_because is not None:
            return
        if connection is not self._reading:
            self.counters.notes["bytes against the direction of their connection"] += len(data)
            return
        self._taking = self._heard = True
        try:
            self._take(data)
        finally:
            self._taking = False
            self._flush()

    def _take(self, data: bytes) -> None:
        lost = None
        try:
            items: Sequence[Item] = self._framing.feed(data)
        except FramingLost as error:
            items, lost = error.items, str(error)
        self._count_faults()
        if answers := self._framing.answers():
            self._queue(answers)
        self._hand_on(items)
        if lost is not None:
            self.end(lost)

    def _take_rest(self) -> None:
        """No more bytes of the peer come."""
        self._hand_on(self._framing.flush())

    def _hand_on(self, items: Sequence[Item]) -> None:
        if items and self._receiver is not None:
            self.counters.received.add(items)
            self._receiver.received(items)

    def ended(self, connection: Connection) -> bool:
        """The peer closed one of its connections; whether to leave it open: until all has come on
        the one that is read."""
        if self.closed_because is not None:
            return False
        reason = "the peer closed the connection"
        if not self._heard:  # as a server does that has its client
            reason += " before it sent anything"
        if connection is self._reading:
            self._take_rest()
            self.end(reason)
            self._close()
            return False
        self._limit = self._loop.call_later(_CLOSE_S, self.end, reason)
        return True

    def end(self, reason: str) -> None:
        """Begin to close: what waits is sent, and what comes is left out until the peer closes as
        well. To close with bytes unread would break the connection, with what was sent in it."""
        if self.closed_because is not None:
            return
        self._flush()
        self._set_down(reason)
        for connection in self._connections:
            with contextlib.suppress(OSError):  # the peer is gone, as will be noticed
                connection.transport.write_eof()
            connection.transport.resume_reading()

    def _set_down(self, reason: str) -> None:
        self.closed_because = reason
        self.writable.set()
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self._loop.call_later(_CLOSE_S, self._abort)

    def _break(self, reason: str) -> None:
        """Close without another byte."""
        if self.closed_because is None:
            self._set_down(reason)
        self._abort()

    def connection_lost(self, error: Exception | None) -> None:
        """One of its connections is down."""
        if self.closed_because is None:
            self._take_rest()
        self._break("the connection broke" if error is None else _words(error))
        if not (self._reading.lost and self._writing.lost):
            return
        if self._limit is not None:
            self._limit.cancel()
        if self._flushing is not None:
            self._flushing.cancel()
        self._framing.finish()
        self._count_faults()
        self._down.set()
        self._gone(self)
        self._tell()

    def _tell(self) -> None:
        if self._receiver is not None and self.closed_because is not None:
            self._receiver.closed(self.closed_because)

    def _read_or_wait(self) -> None:
        if self.closed_because is not None:
            return
        for connection in self._connections:
            if self._held or self._receiver is None:
                connection.transport.pause_reading()
            else:
                connection.transport.resume_reading()

    def _queue(self, data: bytes) -> None:
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _WRITE_BYTES:
            self._flush()
        elif self._flushing is None and not self._taking:
            self._flushing = self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        if not self._waiting or self.closed_because is not None:
            return
        transport = self._writing.transport
        transport.write(self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting))
        self._waiting.clear()
        self._waiting_bytes = 0
        if transport.get_write_buffer_size() > MAX_BACKLOG_BYTES:
            self._break("the peer does not read")

    def _count_faults(self) -> None:
        self.counters.faults = len(self._framing.faults) + self._framing.faults.not_listed

    def _close(self) -> None:
        for connection in self._connections:
            connection.transport.close()

    def _abort(self) -> None:
        for connection in self._connections:
            if not connection.lost:  # asyncio would tell it a second time
                connection.transport.abort()


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
