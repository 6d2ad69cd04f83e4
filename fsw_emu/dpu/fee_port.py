# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The link to the FEE as the application sees it: RMAP commands out, replies and packets in.

No I/O and no clock: what came is taken in the next cycle, time-outs count cycles (MIB v1.8.1,
RmapTimeOut, RmapMaxNmbOfPackets, FeePollPcktsPerCycle, FeeHkPer; their defaults are ASSUMED, and
that a cycle takes and sends one packet at least).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fsw_emu.dpu import fee_items
from fsw_emu.dpu.commands import Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.packets import rmap
from fsw_emu.packets.fee import HEADER_BYTES, HOUSEKEEPING
from fsw_emu.packets.fee_registers import HOUSEKEEPING_START, WORD_BYTES
from fsw_emu.packets.spacewire import DPU_ADDRESS, FEE_ADDRESS, FEE_DATA, Item, SpwPacket, TimeCode

KEY = 0xD1  # of the FEE (public FEE library)
MAX_OUTSTANDING = 64  # transmit descriptors of the onboard SpaceWire core

#: whole packets of the FEE may come many at a time
Received = Item | Batch


@dataclass
class Access:
    """One RMAP command: a write of ``data``, or a read of ``size`` bytes. ``outcome``: None while
    it is under way, "" when it went well, else what failed."""

    address: int
    size: int
    data: bytes | None = None
    outcome: str | None = None


class Request:
    """Accesses that belong together, carried out in order."""

    def __init__(self, accesses: Sequence[Access]) -> None:
        self.accesses = accesses

    @property
    def running(self) -> bool:
        return any(access.outcome is None for access in self.accesses)

    @property
    def failure(self) -> str | None:
        """The first thing that failed."""
        return next((access.outcome for access in self.accesses if access.outcome), None)

    def wait(self) -> Generator[None, None, str | None]:
        """Until all of it has ended; what failed."""
        while self.running:
            yield
        return self.failure


@dataclass(frozen=True)
class _Sent:
    access: Access
    cycle: int


class FeePort:
    """Reads and writes registers; hands packets of readouts to ``on_data``.

    ``errors`` counts by kind: "time-out", "status", "damaged", "unexpected", "discarded", "eep",
    "overrun" (packets dropped, the oldest first, because more came than is held).
    ``housekeeping``: the last that the FEE told, read or sent with a frame.
    """

    def __init__(self, onboard: Onboard, on_data: Callable[[Batch], None]) -> None:
        self.errors: Counter[str] = Counter()
        self.polling = False  # housekeeping is read every FeeHkPer cycles
        self.housekeeping = b""
        self._onboard = onboard
        self._on_data = on_data
        self._most_held = onboard.table.assumed["fee_port"]["most_held"]
        self._inbox: deque[Received] = deque()
        self._held = 0  # packets in it
        self._waiting: deque[Access] = deque()
        self._pending: dict[int, _Sent] = {}
        self._out: list[Item] = []
        self._last = MAX_OUTSTANDING - 1  # transaction identifier
        self._poll = Request(())

    # What the rest of the application asks for.

    def write(self, addresses: Iterable[int], values: Mapping[str, int] | None = None) -> Request:
        """Write words, by address, from the data pool, with these values of items in their place.
        execute_op goes out only when it is among these values."""
        given = values or {}
        accesses = []
        for address in addresses:
            items = {name: self._value(name) for name in fee_items.items_at(address)}
            items |= {name: given[name] for name in items.keys() & given.keys()}
            word = fee_items.word_of(address, items)
            accesses.append(Access(address, WORD_BYTES, word.to_bytes(WORD_BYTES, "big")))
        return self._ask(accesses)

    def set_up(self) -> Request:
        """Write all configuration as the data pool has it."""
        return self.write(fee_items.SET_UP)

    def execute(self, mode: int) -> Request:
        """Write a mode, then execute_op, which starts it."""
        words = (fee_items.ITEMS[fee_items.MODE].address, fee_items.EXECUTE_ADDRESS)
        return self.write(words, {fee_items.MODE: mode, fee_items.EXECUTE_OP: 1})

    def read(self, address: int, size: int) -> Request:
        """Read bytes; what they say of items goes into the data pool."""
        return self._ask([Access(address, size)])

    def read_words(self, addresses: Iterable[int]) -> Request:
        """Read words, one by one."""
        return self._ask([Access(address, WORD_BYTES) for address in addresses])

    def read_housekeeping(self) -> Request:
        """Read all that the FEE measures."""
        return self.read(HOUSEKEEPING_START, fee_items.HOUSEKEEPING_BYTES)

    def abandon(self) -> None:
        """Nothing is waited for any longer; what came is thrown away."""
        for access in (*(sent.access for sent in self._pending.values()), *self._waiting):
            access.outcome = "abandoned"
        self._pending.clear()
        self._waiting.clear()
        self._inbox.clear()
        self._held = 0

    # The link.

    def received(self, items: Sequence[Received]) -> None:
        """What came over the link; it is looked at in the next cycle."""
        for item in items:
            self._inbox.append(item)
            self._held += _packets(item)
        while self._held > self._most_held and len(self._inbox) > 1:
            dropped = _packets(self._inbox.popleft())
            self._held -= dropped
            self.errors["overrun"] += dropped

    def take(self) -> list[Item]:
        """What goes out, in order."""
        out, self._out = self._out, []
        return out

    # As a service.

    def handlers(self) -> Mapping[str, Handler]:
        return {}

    def cycle(self) -> None:
        """Take what came, give up what is overdue, send what waits."""
        self._take_received()
        self._expire()
        pool = self._onboard.pool
        period = pool["FeeHkPer"]
        due = self.polling and period and self._onboard.cycle % period == 0
        if due and not self._poll.running:
            self._poll = self.read_housekeeping()
        for _ in range(max(pool["RmapMaxNmbOfPackets"], 1)):
            if not self._waiting or len(self._pending) >= MAX_OUTSTANDING:
                break
            self._send(self._waiting.popleft())

    def due(self) -> int | None:
        if self._inbox or self._waiting:
            return 1
        pool, cycle = self._onboard.pool, self._onboard.cycle
        ahead = [sent.cycle + pool["RmapTimeOut"] - cycle for sent in self._pending.values()]
        if self.polling and (period := pool["FeeHkPer"]):
            ahead.append(period - cycle % period)
        return max(min(ahead), 1) if ahead else None

    def skipped(self, n_cycles: int) -> None:
        pass

    # Inside.

    def _value(self, name: str) -> int:
        return 0 if name == fee_items.EXECUTE_OP else self._onboard.pool[name]

    def _ask(self, accesses: Sequence[Access]) -> Request:
        self._waiting.extend(accesses)
        return Request(accesses)

    def _send(self, access: Access) -> None:
        identifier = (self._last + 1) % MAX_OUTSTANDING
        while identifier in self._pending:
            identifier = (identifier + 1) % MAX_OUTSTANDING
        self._last = identifier
        command = rmap.Command(
            rmap.READ if access.data is None else rmap.WRITE,
            FEE_ADDRESS,
            DPU_ADDRESS,
            KEY,
            identifier,
            access.address,
            access.size,
            access.data or b"",
        ).to_bytes()
        self._pending[identifier] = _Sent(access, self._onboard.cycle)
        self._onboard.pool.add("SpW1BytesOut", len(command))
        self._out.append(SpwPacket(command))

    def _expire(self) -> None:
        last = self._onboard.cycle - self._onboard.pool["RmapTimeOut"]
        for identifier, sent in tuple(self._pending.items()):
            if sent.cycle <= last:
                del self._pending[identifier]
                self._fail(sent.access, "time-out")

    def _fail(self, access: Access, kind: str) -> None:
        self.errors[kind] += 1
        access.outcome = kind

    def _take_received(self) -> None:
        left = max(self._onboard.pool["FeePollPcktsPerCycle"], 1)
        data: list[Batch] = []
        packets: list[bytes] = []  # of readouts, since the last of them
        n_bytes = 0
        while self._inbox and left > 0:
            item = self._inbox.popleft()
            size = _packets(item)
            self._held -= size
            left -= size
            if isinstance(item, Batch):
                if packets:
                    data.append(Batch.of(packets))
                    packets = []
                n_bytes += len(item.buffer)
                data.append(item)
            elif isinstance(item, SpwPacket):
                n_bytes += len(item.data)
                if self._is_data(item):
                    packets.append(item.data)
        if packets:
            data.append(Batch.of(packets))
        if data:
            self._data(Batch.joined(data))
        if n_bytes:
            self._onboard.pool.add("SpW1BytesIn", n_bytes)

    def _is_data(self, packet: SpwPacket) -> bool:
        """Whether it is of a readout; a reply is taken here."""
        if packet.eep:
            self.errors["eep"] += 1
            return False
        if packet.data[1:2] == bytes([FEE_DATA]):
            return True
        self._reply(packet.data)
        return False

    def _data(self, batch: Batch) -> None:
        """Packets of readouts: housekeeping among them is looked at, all of them go on."""
        view = np.frombuffer(batch.buffer, np.uint8)
        long = np.flatnonzero(batch.lengths > HEADER_BYTES)
        types = view[batch.offsets[long].astype(np.intp) + 5] & 3
        for i in long[types == HOUSEKEEPING].tolist():
            start, size = int(batch.offsets[i]), int(batch.lengths[i])
            self._measured(HOUSEKEEPING_START, batch.buffer[start + HEADER_BYTES : start + size])
        self._on_data(batch)

    def _reply(self, data: bytes) -> None:
        read = rmap.read_reply(data)
        if isinstance(read, rmap.Discarded):
            self.errors["discarded"] += 1
            return
        reply = read.reply
        sent = self._pending.get(reply.transaction)
        if sent is None or reply.instruction.write != (sent.access.data is not None):
            self.errors["unexpected"] += 1
            return
        del self._pending[reply.transaction]
        access = sent.access
        if reply.status:
            self._fail(access, "status")
        elif read.problem or (access.data is None and len(reply.data) != access.size):
            self._fail(access, "damaged")
        else:
            access.outcome = ""
            self._measured(access.address, reply.data)

    def _measured(self, address: int, data: bytes) -> None:
        """What registers say goes into the data pool."""
        pool = self._onboard.pool
        for name, value in fee_items.items_in(address, data):
            pool[name] = value & pool.item(name).type.most
        if address == HOUSEKEEPING_START and len(data) >= fee_items.HOUSEKEEPING_BYTES:
            self.housekeeping = data[: fee_items.HOUSEKEEPING_BYTES]
            pool["FeeHkLastUpdt"] = self._onboard.cycle & 0xFFFFFFFF
            pool["ActFeeSt"] = pool["FRMHKfpgaOpMode"]


def _packets(item: Received) -> int:
    if isinstance(item, TimeCode):
        return 0
    return len(item.lengths) if isinstance(item, Batch) else 1
