# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The initiator's side of RMAP (ECSS-E-ST-50-52C): transactions with one target over a link.

Up to 64 commands are under way at one time, further ones wait in order. Replies are matched by
transaction identifier, instruction, addresses and length; what matches nothing is counted by its
cause and otherwise without effect. An identifier whose reply is overdue is not used again before
the reply has come or 10 s have passed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from time import perf_counter_ns

from fsw_emu.packets import rmap
from fsw_emu.packets.rmap import Command, Discarded, Instruction, Reply, Status
from fsw_emu.packets.spacewire import Item, SpwPacket
from hil.link import Link, LinkClosed
from hil.rmap.transactions import (
    DAMAGED,
    MISMATCHED,
    Counts,
    Identifiers,
    Latencies,
    Latency,
    RmapError,
    Target,
    Transaction,
)

__all__ = ["MAX_OUTSTANDING", "Initiator", "Latency", "RmapError", "Target"]

#: commands under way: transmit descriptors of the onboard SpaceWire core
MAX_OUTSTANDING = 64
#: the command came damaged, so that nothing else stands against sending it once more
_DAMAGED_UNDERWAY = (Status.INVALID_DATA_CRC, Status.EARLY_EOP, Status.TOO_MUCH_DATA, Status.EEP)


class Initiator:
    """One initiator of one target. Attach it to a link, and to the next one if that closes."""

    def __init__(
        self,
        target: Target | None = None,
        *,
        timeout_s: float = 0.5,
        retries: int = 2,
        outstanding: int = MAX_OUTSTANDING,
    ) -> None:
        """timeout_s: how long a reply may take. retries: how often a read, or a write that is
        told to be repeatable, is sent once more when its reply does not come or a packet came
        damaged. outstanding: 1..64 commands under way."""
        if not 1 <= outstanding <= MAX_OUTSTANDING:
            raise ValueError(f"{outstanding} commands outstanding: 1..{MAX_OUTSTANDING}")
        if timeout_s <= 0:
            raise ValueError(f"a time limit of {timeout_s} s")
        self.target = target or Target()
        self.counts = Counts()
        self._timeout_ns = round(timeout_s * 1e9)
        self._retries = retries
        self._outstanding = outstanding
        self._link: Link | None = None
        self._closed_because = "not connected"
        self._pending: dict[int, Transaction] = {}  # by identifier, in the order they were sent
        self._waiting: deque[Transaction] = deque()
        self._identifiers = Identifiers()
        self._timer: asyncio.TimerHandle | None = None
        self._latencies = Latencies()

    def connect(self, link: Link) -> None:
        """Send over this link from now on; its receiver hands over what comes."""
        self._link = link
        self._send_waiting()

    @property
    def connected(self) -> bool:
        return self._link is not None

    async def read(self, address: int, size: int) -> bytes:
        """``size`` bytes from ``address`` on. RmapError."""
        quirk = self.target.quirks.max_read_bytes
        most = min(self.target.max_data_bytes, quirk or self.target.max_data_bytes)
        if size <= most:
            return await self._begin(rmap.READ, address, size, b"", self._retries)
        return b"".join(
            await self._in_turn(
                self._begin(rmap.READ, address + at, min(most, size - at), b"", self._retries)
                for at in range(0, size, most)
            )
        )

    async def write(
        self,
        address: int,
        data: bytes,
        *,
        verify: bool = False,
        ack: bool = True,
        repeatable: bool = False,
    ) -> None:
        """Write ``data`` from ``address`` on; without ``ack`` nothing tells whether it arrived.

        verify: the target checks the data before it writes. repeatable: writing twice does what
        writing once does, so that it may be sent once more. RmapError.
        """
        instruction = Instruction(write=True, verify=verify, reply=ack, increment=True)
        tries = self._retries if repeatable else 0
        most = self.target.max_data_bytes
        if ack and len(data) <= most:
            await self._begin(instruction, address, len(data), data, tries)
            return
        pieces = ((at, data[at : at + most]) for at in range(0, max(len(data), 1), most))
        if ack:
            await self._in_turn(
                self._begin(instruction, address + at, len(piece), piece, tries)
                for at, piece in pieces
            )
            return
        for at, piece in pieces:
            await self._send_unanswered(instruction, address + at, piece)

    async def read_modify_write(self, address: int, data: bytes, mask: bytes) -> bytes:
        """Set the bits of ``mask`` to those of ``data``, 1 to 4 bytes each; what was there
        before. It is never repeated. RmapError."""
        if len(data) != len(mask):
            raise ValueError(f"{len(data)} bytes of data, {len(mask)} of mask")
        both = data + mask
        return await self._begin(rmap.READ_MODIFY_WRITE, address, len(both), both, 0)

    def latency(self) -> Latency:
        """How long replies took."""
        return self._latencies.summary()

    # What the link's receiver is called with.

    def received(self, items: Sequence[Item]) -> None:
        """Take replies; what is none is counted."""
        for item in items:
            if isinstance(item, SpwPacket):
                self._take(item)
            else:
                self.counts.discarded["time-code"] += 1
        if self._waiting:
            self._send_waiting()

    def closed(self, reason: str) -> None:
        """All that is under way or waits fails; later calls too, until the next link."""
        self._link, self._closed_because = None, reason
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        failed = [*self._pending.values(), *self._waiting]
        for identifier in self._pending:
            self._identifiers.overdue(identifier)
        self._pending.clear()
        self._waiting.clear()
        for transaction in failed:
            self._fail(transaction, "link closed")

    # Transactions.

    def _begin(
        self, instruction: Instruction, address: int, length: int, data: bytes, tries: int
    ) -> asyncio.Future[bytes]:
        """Send a command, now or in its turn; what its reply brings."""
        future = asyncio.get_running_loop().create_future()
        transaction = Transaction(instruction, address, length, data, future, tries)
        if self._link is None:
            self._fail(transaction, "link closed")
        elif self._waiting or len(self._pending) >= self._outstanding:
            self._waiting.append(transaction)
        else:
            self._send(self._link, transaction)
        return future

    async def _in_turn(self, begun: Iterator[asyncio.Future[bytes]]) -> list[bytes]:
        """Run transactions, a window of them at one time."""
        window: deque[asyncio.Future[bytes]] = deque()
        results = []
        try:
            for future in begun:
                window.append(future)
                if len(window) >= self._outstanding:
                    results.append(await window[0])
                    window.popleft()
            while window:
                results.append(await window[0])
                window.popleft()
        finally:
            for future in window:
                if not future.cancel() and not future.cancelled():
                    future.exception()  # the first failure is the one that is raised
        return results

    def _send(self, link: Link, transaction: Transaction) -> None:
        identifier = self._identifiers.take()
        try:
            packet = self._packet(transaction, identifier)
        except ValueError as error:
            self._identifiers.free(identifier)
            transaction.future.set_exception(error)
            return
        self._pending[identifier] = transaction
        transaction.sent_ns = perf_counter_ns()
        if self._timer is None:
            self._set_timer()
        try:  # noqa: SIM105  (a context manager takes longer than all this)
            link.send((packet,))
        except LinkClosed:
            pass  # closed() is called

    def _packet(self, transaction: Transaction, identifier: int) -> SpwPacket:
        target = self.target
        command = Command(
            transaction.instruction, target.address, target.initiator, target.key, identifier,
            transaction.address, transaction.length, transaction.data, 0, target.reply_address,
            target.path,
        )  # fmt: skip
        return SpwPacket(command.to_bytes())

    def _send_waiting(self) -> None:
        waiting = self._waiting
        while waiting and self._link is not None and len(self._pending) < self._outstanding:
            transaction = waiting.popleft()
            if not transaction.future.cancelled():
                self._send(self._link, transaction)

    async def _send_unanswered(self, instruction: Instruction, address: int, data: bytes) -> None:
        future = asyncio.get_running_loop().create_future()
        transaction = Transaction(instruction, address, len(data), data, future, 0)
        if self._link is None:
            raise self._error("link closed", transaction)
        identifier = self._identifiers.take()
        self._identifiers.free(identifier)
        try:
            self._link.send((self._packet(transaction, identifier),))
            self.counts.unanswered += 1
            await self._link.drain()
        except LinkClosed as error:
            raise self._error("link closed", transaction) from error

    def _take(self, packet: SpwPacket) -> None:
        now = perf_counter_ns()
        quirks, data = self.target.quirks, packet.data
        if quirks.read_extra_bytes or not quirks.read_data_crc:
            data = rmap.straightened(
                data, data_crc=quirks.read_data_crc, extra_bytes=quirks.read_extra_bytes
            )
        read = rmap.read_reply(data, eep=packet.eep)
        if isinstance(read, Discarded):
            self.counts.discarded[read.why] += 1
            return
        reply = read.reply
        identifier = reply.transaction
        transaction = self._pending.get(identifier)
        if transaction is None:
            self.counts.without_effect[self._identifiers.unexpected(identifier)] += 1
        elif not self._matches(reply, transaction):
            self.counts.without_effect[MISMATCHED] += 1
        else:
            del self._pending[identifier]
            self._identifiers.answered(identifier)
            self._latencies.add(now - transaction.sent_ns)
            self._conclude(transaction, reply, read.problem)

    def _matches(self, reply: Reply, transaction: Transaction) -> bool:
        target = self.target
        return (
            reply.instruction == transaction.instruction
            and reply.initiator == target.initiator
            and reply.target == target.address
            and reply.address_words == -(-len(target.reply_address) // 4)
        )

    def _conclude(self, transaction: Transaction, reply: Reply, problem: str) -> None:
        """Give the caller what its reply says, or send the command once more."""
        status = reply.status
        if status == self.target.key and self.target.quirks.status_is_key:
            status = Status.OK
        if status != Status.OK:
            self._again(transaction, _name(status), status, again=status in _DAMAGED_UNDERWAY)
        elif problem:
            self.counts.without_effect[DAMAGED] += 1
            self._again(transaction, DAMAGED, status)
        elif len(reply.data) != transaction.reply_bytes:
            self._fail(transaction, "wrong length", status)
        else:
            self.counts.done += 1
            if not transaction.future.done():  # its caller may have been cancelled
                transaction.future.set_result(reply.data)

    def _again(
        self, transaction: Transaction, cause: str, status: int | None, *, again: bool = True
    ) -> None:
        if not (again and transaction.tries) or self._link is None or transaction.future.done():
            self._fail(transaction, cause, status)
            return
        transaction.tries -= 1
        self.counts.repeated += 1
        self._send(self._link, transaction)

    def _fail(self, transaction: Transaction, cause: str, status: int | None = None) -> None:
        self.counts.failed[cause] += 1
        if not transaction.future.done():
            transaction.future.set_exception(self._error(cause, transaction, status))

    def _error(self, cause: str, transaction: Transaction, status: int | None = None) -> RmapError:
        why = "" if self._link is not None else f" ({self._closed_because})"
        return RmapError(cause, f"{transaction}{why}", status=status)

    # Time.

    def _set_timer(self) -> None:
        """For the reply that is due first."""
        first = next(iter(self._pending.values()))
        left_ns = first.sent_ns + self._timeout_ns - perf_counter_ns()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(max(left_ns, 0) / 1e9, self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = perf_counter_ns()
        while self._pending:
            identifier, transaction = next(iter(self._pending.items()))
            if transaction.sent_ns + self._timeout_ns > now:
                break
            del self._pending[identifier]
            self._identifiers.overdue(identifier)
            self._again(transaction, "timeout", None)
        self._send_waiting()
        if self._pending and self._timer is None:
            self._set_timer()


def _name(status: int) -> str:
    try:
        return Status(status).name.lower().replace("_", " ")
    except ValueError:
        return f"status {status}"
