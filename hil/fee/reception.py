# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The receiver of a link to the FEE: data packets wait for the science chain, in whole buffers and
after an account of what is missing or wrong; all else goes to the RMAP initiator.

What is refused does not reach the chain, and is missing from its sequence.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.packets.fee import HEADER_BYTES, DataLen
from fsw_emu.packets.spacewire import DPU_ADDRESS, FEE_DATA, Item, SpwPacket
from hil.fee.accounts import HEADER, Accounts
from hil.link import Link, Receiver

#: longest packet of the onboard link: the FEE does not always honour the packet size
MTU_BYTES = 0x4004
#: with more than this waiting the link is held, and let go below half of it
HELD_BYTES = 16 << 20
#: most that one ``take`` gives, but for one packet
STRETCH_BYTES = 1 << 20

_PROTOCOL = bytes([FEE_DATA])
_OBJECT_BYTES = 64  # what a packet takes in memory beside its data


@dataclass(frozen=True)
class Stretch:
    """Packets one after the other, and the length of each [bytes]."""

    buffer: bytes
    lengths: NDArray[np.uint32]


class Reception:
    """Attach it to a link by ``connect``, and to the next one if that closes.

    others: takes what is no FEE data, and is told when the link closes. data_len: what the length
    field counts (SPEC.md, A2). closed: called with the reason when a link closes.
    """

    def __init__(
        self,
        others: Receiver,
        *,
        data_len: DataLen = "payload",
        event_sequence_restarts: bool = False,
        on_closed: Callable[[str], None] | None = None,
    ) -> None:
        self.accounts = Accounts(event_sequence_restarts=event_sequence_restarts)
        self.refused: Counter[str] = Counter()  # packets, by cause
        self.bytes = 0  # taken
        self._others = others
        self._overhead = HEADER_BYTES if data_len == "payload" else 0
        self._on_closed = on_closed
        self._link: Link | None = None
        self._held = False
        self._packets: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._ended = False

    def connect(self, link: Link) -> None:
        """Take what comes over this link from now on."""
        self._link, self._held = link, False
        link.attach(self)

    def received(self, items: Sequence[Item]) -> None:
        packets, others, n_bytes = self._packets, [], 0
        for item in items:
            if item.__class__ is not SpwPacket or item.data[1:2] != _PROTOCOL:
                others.append(item)
            elif item.eep:
                self.refused["eep"] += 1
            elif item.truncated:
                self.refused["cut by the bridge"] += 1
            else:
                packets.append(item.data)
                n_bytes += len(item.data) + _OBJECT_BYTES
        if others:
            self._others.received(others)
        if n_bytes:
            self._waiting_bytes += n_bytes
            self._arrived.set()
            if self._waiting_bytes > HELD_BYTES and not self._held:
                self._hold(True)

    def closed(self, reason: str) -> None:
        self._link = None
        self._others.closed(reason)
        if self._on_closed is not None:
            self._on_closed(reason)

    def end(self) -> None:
        """Nothing more is to come: ``take`` gives what waits, and then None."""
        self._ended = True
        self._arrived.set()

    async def take(self) -> Stretch | None:
        """The next packets that are no fault, waiting for some; None after ``end``."""
        while True:
            while not self._packets:
                if self._ended:
                    self.accounts.close()
                    return None
                self._arrived.clear()
                await self._arrived.wait()
            stretch = self._account(self._next_packets())
            if self._held and self._waiting_bytes < HELD_BYTES // 2:
                self._hold(False)
            if len(stretch.lengths):
                return stretch

    def _next_packets(self) -> list[bytes]:
        waiting = self._packets
        if self._waiting_bytes <= STRETCH_BYTES:
            packets = list(waiting)
            waiting.clear()
            self._waiting_bytes = 0
            return packets
        packets, n_bytes = [], 0
        while waiting and n_bytes < STRETCH_BYTES:
            packets.append(waiting.popleft())
            n_bytes += len(packets[-1]) + _OBJECT_BYTES
        self._waiting_bytes -= n_bytes
        return packets

    def _account(self, packets: list[bytes]) -> Stretch:
        """Refuse what is no packet of the FEE to us, count the rest."""
        lengths = np.fromiter(map(len, packets), np.uint32, len(packets))
        short = lengths < HEADER_BYTES
        if short.any():
            self.refused["short"] += int(short.sum())
            packets, lengths = _chosen(packets, ~short), lengths[~short]
        buffer = b"".join(packets)
        headers = _headers(buffer, lengths)
        refusals = {
            "oversize": lengths > MTU_BYTES,
            "wrong address": headers["address"] != DPU_ADDRESS,
            "wrong length": headers["data_len"] + np.uint32(self._overhead) != lengths,
        }
        bad = np.zeros(len(packets), bool)
        for cause, found in refusals.items():
            if n := int((found & ~bad).sum()):
                self.refused[cause] += n
                bad |= found
        if bad.any():
            packets, lengths, headers = _chosen(packets, ~bad), lengths[~bad], headers[~bad]
            buffer = b"".join(packets)
        if len(packets):
            self.accounts.take(headers)
            self.bytes += len(buffer)
        return Stretch(buffer, lengths)

    def _hold(self, held: bool) -> None:
        self._held = held
        if self._link is not None:
            self._link.hold(held)


def _chosen(packets: list[bytes], which: NDArray[np.bool_]) -> list[bytes]:
    return [packets[i] for i in np.flatnonzero(which).tolist()]


def _headers(buffer: bytes, lengths: NDArray[np.uint32]) -> NDArray[Any]:
    """HEADER records of packets of HEADER_BYTES or more."""
    offsets = np.cumsum(lengths, dtype=np.intp) - lengths
    bytes_of = offsets[:, None] + np.arange(HEADER_BYTES)
    headers: NDArray[Any] = np.frombuffer(buffer, np.uint8)[bytes_of].view(HEADER)[:, 0]
    return headers
