# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Large data transfers (PUS service 13): telemetry packets to compression entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fsw_emu.core import Core, CoreError, LdtReceiver
from fsw_emu.ground.telemetry import Received
from fsw_emu.packets.ce import HEADER_BYTES, entity_bytes
from fsw_emu.packets.fault import Fault, FaultLog

SERVICE = 13
FIRST, INTERMEDIATE, LAST, ABORT = 1, 2, 3, 4

#: 1 for ED, FT and UV products, 2 for full frames
SDU_IDS = (1, 2)

#: most bytes of a transfer: 65,535 parts of 861
MAX_BYTES = 65535 * 861

_COMPLETE, _ABORTED = 1, 2


@dataclass(frozen=True)
class Transfer:
    """A whole SDU; position and count are those of its first packet."""

    data: bytes
    sdu_id: int
    position: int
    count: int


class TransferReader:
    """Puts the parts of transfers together, each SDU id by itself.

    A lost or unreadable part ends its transfer: the fault tells where and how much had come,
    the parts that follow are passed over in silence, the next first part begins anew. Parts
    that come again are reported and change nothing. A transfer of one part is whole as soon
    as the size in its entity's header says so; one whose size disagrees is not given out.
    """

    def __init__(self, core: Core, *, room: int = MAX_BYTES) -> None:
        self.faults: FaultLog[Fault] = FaultLog()
        self._receivers = {sdu: _Sdu(core, sdu, room, self.faults) for sdu in SDU_IDS}

    def push(self, received: Received) -> Transfer | None:
        """Take one telemetry packet, of any service; return the transfer it completes."""
        header, data = received.tm.header, received.tm.data
        if header.type != SERVICE or header.subtype not in (FIRST, INTERMEDIATE, LAST, ABORT):
            return None
        if not data or data[0] not in self._receivers:
            what = f"unknown SDU id {data[0]}" if data else "no source data"
            self.faults.append(Fault(received.position, "transfer", what))
            return None
        return self._receivers[data[0]].push(received)

    def finish(self, position: int) -> None:
        """The stream has ended, after so many bytes: transfers under way are faults."""
        for receiver in self._receivers.values():
            receiver.give_up("the telemetry ends", position)


class _Sdu:
    """The transfers of one SDU id."""

    def __init__(self, core: Core, sdu_id: int, room: int, faults: list[Fault]) -> None:
        self._faults = faults
        self._sdu_id = sdu_id
        self._core = core
        self._room = room
        self._receiver: LdtReceiver | None = None  # made when it is needed: it is large
        self._state: Literal["idle", "under way", "lost"] = "idle"
        self._position = 0
        self._count = 0

    @property
    def receiver(self) -> LdtReceiver:
        if self._receiver is None:
            self._receiver = self._core.ldt_receiver(self._sdu_id, self._room)
        return self._receiver

    def push(self, received: Received) -> Transfer | None:
        subtype = received.tm.header.subtype
        if subtype == FIRST:
            self.give_up("another one begins", received.position)
            self._position = received.position
            self._count = received.tm.primary.count
            self._state = "under way"
        elif self._state == "lost":
            self._state = "idle" if subtype in (LAST, ABORT) else "lost"
            return None
        elif self._state == "idle":
            what = "an abort of nothing" if subtype == ABORT else "a part without a first one"
            self._fault(received.position, what)
            self._state = "idle" if subtype in (LAST, ABORT) else "lost"
            return None
        return self._part(received)

    def _part(self, received: Received) -> Transfer | None:
        subtype, source = received.tm.header.subtype, received.tm.data
        number = int.from_bytes(source[1:3], "big")
        if subtype in (INTERMEDIATE, LAST) and number <= self.receiver.number:
            self._fault(received.position, f"part {number} again")
            return None
        try:
            event = self.receiver.push(subtype, source)
        except CoreError as error:
            expected = self.receiver.number + 1
            jumped = subtype != ABORT and number != expected
            cause = f"part {number} instead of {expected}" if jumped else str(error)
            self.give_up(cause, received.position)
            self._state = "idle" if subtype in (LAST, ABORT) else "lost"
            return None
        if event == _ABORTED:
            reason = int.from_bytes(source[2:4], "big")
            self._fault(received.position, f"aborted, reason {reason}, {self._so_far()}")
            self._state = "idle"
            return None
        if event == _COMPLETE:
            return self._complete(self.receiver.data())
        if subtype == FIRST and self._is_whole(self.receiver.data()):
            return self._complete(self.receiver.end())
        return None

    def _complete(self, data: bytes) -> Transfer | None:
        self._state = "idle"
        if self._is_whole(data):
            return Transfer(data, self._sdu_id, self._position, self._count)
        claimed = entity_bytes(data) if len(data) >= HEADER_BYTES else f"at least {HEADER_BYTES}"
        self._fault(self._position, f"an entity of {len(data)} bytes, its header says {claimed}")
        return None

    def _is_whole(self, data: bytes) -> bool:
        return len(data) >= HEADER_BYTES and entity_bytes(data) == len(data)

    def give_up(self, cause: str, position: int) -> None:
        """End the transfer under way, if there is one."""
        if self._state == "under way":
            self._fault(position, f"{cause}: transfer given up, {self._so_far()}")
            self.receiver.end()
        self._state = "idle"

    def _so_far(self) -> str:
        return f"{self.receiver.size} bytes had come since byte {self._position}"

    def _fault(self, position: int, what: str) -> None:
        self._faults.append(Fault(position, f"transfer of SDU {self._sdu_id}", what))
