# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Large data transfers (PUS service 13): telemetry packets to compression entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fsw_emu.core import Core, CoreError, LdtReceiver
from fsw_emu.ground.incomplete import Hole, IncompleteTransfer, incomplete
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
_NO_FIRST = "a part without a first one: with its header and metadata an entity is lost"
_PART_AT = 5  # where a part begins in its source data


@dataclass(frozen=True)
class Transfer:
    """An SDU; position and count are those of its first packet. ``holes`` tell what is missing of
    one that can be used without it."""

    data: bytes
    sdu_id: int
    position: int
    count: int
    holes: tuple[Hole, ...] = ()


class TransferReader:
    """Puts the parts of transfers together, each SDU id by itself.

    A lost or unreadable part ends its transfer: the fault tells where and how much had come,
    the parts that follow are passed over in silence, the next first part begins anew. But of an
    entity of packets that each can be read alone, all parts are kept that come, and it is given
    out with holes, which are no faults here: whoever reads it tells what they cost. Parts that come
    again are reported and change nothing. A transfer of one part is whole as soon as the size in
    its entity's header says so; one whose size disagrees is not given out.
    """

    def __init__(self, core: Core, *, room: int = MAX_BYTES) -> None:
        self.faults: FaultLog[Fault] = FaultLog()
        self._receivers = {sdu: _Sdu(core, sdu, room, self.faults) for sdu in SDU_IDS}

    def push(self, received: Received) -> list[Transfer]:
        """Take one telemetry packet, of any service; return the transfers that it ends."""
        header, data = received.tm.header, received.tm.data
        if header.type != SERVICE or header.subtype not in (FIRST, INTERMEDIATE, LAST, ABORT):
            return []
        if not data or data[0] not in self._receivers:
            what = f"unknown SDU id {data[0]}" if data else "no source data"
            self.faults.append(Fault(received.position, "transfer", what))
            return []
        return self._receivers[data[0]].push(received)

    def finish(self, position: int) -> list[Transfer]:
        """The stream has ended, after so many bytes: transfers under way are faults. Those of
        which something can be used."""
        ended = (sdu.give_up("the telemetry ends", position) for sdu in self._receivers.values())
        return [transfer for transfer in ended if transfer is not None]


class _Sdu:
    """The transfers of one SDU id."""

    def __init__(self, core: Core, sdu_id: int, room: int, faults: list[Fault]) -> None:
        self._faults = faults
        self._sdu_id = sdu_id
        self._core = core
        self._room = room
        self._receiver: LdtReceiver | None = None  # made when it is needed: it is large
        self._incomplete: IncompleteTransfer | None = None
        self._state: Literal["idle", "under way", "incomplete", "lost"] = "idle"
        self._position = 0
        self._count = 0
        self._part = 1  # bytes of the first part

    @property
    def receiver(self) -> LdtReceiver:
        if self._receiver is None:
            self._receiver = self._core.ldt_receiver(self._sdu_id, self._room)
        return self._receiver

    def push(self, received: Received) -> list[Transfer]:
        subtype = received.tm.header.subtype
        before: Transfer | None = None
        if subtype == FIRST:
            before = self.give_up("another one begins", received.position)
            self._position = received.position
            self._count = received.tm.primary.count
            self._part = max(len(received.tm.data) - _PART_AT, 1)
            self._state = "under way"
        elif self._state == "lost":
            self._state = "idle" if subtype in (LAST, ABORT) else "lost"
            return []
        elif self._state == "idle":
            what = "an abort of nothing" if subtype == ABORT else _NO_FIRST
            self._fault(received.position, what)
            self._state = "idle" if subtype in (LAST, ABORT) else "lost"
            return []
        now = self._late_part(received) if self._state == "incomplete" else self._part_of(received)
        return [transfer for transfer in (before, now) if transfer is not None]

    def _part_of(self, received: Received) -> Transfer | None:
        """A part of a transfer that is whole so far."""
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
            if subtype != FIRST and self._goes_on():
                return self._late_part(received)
            cause = f"part {number} instead of {expected}" if jumped else str(error)
            ended = self.give_up(cause, received.position)
            self._state = "idle" if subtype in (LAST, ABORT) else "lost"
            return ended
        if event == _ABORTED:
            self._abort(received)
            return None
        if event == _COMPLETE:
            return self._complete(self.receiver.data())
        if subtype == FIRST and self._is_whole(self.receiver.data()):
            return self._complete(self.receiver.end())
        return None

    def _goes_on(self) -> bool:
        """Whether the transfer under way can be used without a part; then it is incomplete."""
        if self._state == "under way":
            self._incomplete = incomplete(self.receiver.data(), self._part, self._room)
            if self._incomplete is not None:
                self._state = "incomplete"
                self.receiver.end()
        return self._state == "incomplete"

    def _late_part(self, received: Received) -> Transfer | None:
        """A part of a transfer that is not whole."""
        of, subtype = self._incomplete, received.tm.header.subtype
        assert of is not None  # noqa: S101  (the state says so)
        if subtype == ABORT:
            self._abort(received)
            return None
        number = int.from_bytes(received.tm.data[1:3], "big")
        if not of.place(received.tm.data):
            self._fault(received.position, f"part {number} again, or of another size")
        return self._end_incomplete() if subtype == LAST else None

    def _abort(self, received: Received) -> None:
        reason = int.from_bytes(received.tm.data[2:4], "big")
        self._fault(received.position, f"aborted, reason {reason}, {self._so_far()}")
        self._state, self._incomplete = "idle", None

    def _end_incomplete(self) -> Transfer:
        of, self._incomplete = self._incomplete, None
        assert of is not None  # noqa: S101  (the state says so)
        self._state = "idle"
        return Transfer(of.data, self._sdu_id, self._position, self._count, of.holes)

    def _complete(self, data: bytes) -> Transfer | None:
        self._state = "idle"
        if self._is_whole(data):
            return Transfer(data, self._sdu_id, self._position, self._count)
        claimed = entity_bytes(data) if len(data) >= HEADER_BYTES else f"at least {HEADER_BYTES}"
        self._fault(self._position, f"an entity of {len(data)} bytes, its header says {claimed}")
        return None

    def _is_whole(self, data: bytes) -> bool:
        return len(data) >= HEADER_BYTES and entity_bytes(data) == len(data)

    def give_up(self, cause: str, position: int) -> Transfer | None:
        """End the transfer under way, if there is one; what can be used of it."""
        ended = None
        if self._state in ("under way", "incomplete"):
            if self._goes_on():
                ended = self._end_incomplete()
            else:
                self._fault(position, f"{cause}: transfer given up, {self._so_far()}")
                self.receiver.end()
        self._state = "idle"
        return ended

    def _so_far(self) -> str:
        size = self.receiver.size
        if self._incomplete is not None:
            size = self._incomplete.n_came
        return f"{size} bytes had come since byte {self._position}"

    def _fault(self, position: int, what: str) -> None:
        self._faults.append(Fault(position, f"transfer of SDU {self._sdu_id}", what))
