# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Service 13: large data down and up (MIB v1.8.1).

Items sdu0... of the data pool are those of SDU 1, which carries events, frames and stacks, and
sdu1... those of SDU 2, full frames (ASSUMED). Entities go down by themselves, in their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from fsw_emu.dpu.commands import Check, Command, Handler
from fsw_emu.dpu.onboard import Onboard
from fsw_emu.dpu.science.entity import SDU_FRAMES, SDU_FULL_FRAME, Entity
from fsw_emu.packets.pus import TM_HEADER_BYTES
from fsw_emu.world.memory import Full, MemoryId, OutOfRange

SERVICE = 13
SDUS = (SDU_FRAMES, SDU_FULL_FRAME)
_SUBTYPE_AT = 8  # within a telemetry packet
_PART_AT = 5  # the data part within the source data: SDU, number, length
_NUMBER_MOST, _PEC_BYTES = 0xFFFF, 2


class Sdu:
    """One service data unit: a transfer down or up, never both. ``uploaded``: the last that came
    up whole."""

    def __init__(self, onboard: Onboard, identifier: int) -> None:
        self.identifier = identifier
        self.uploaded = b""
        self._onboard = onboard
        self._assumed = onboard.table.assumed["large_data"]
        self._prefix = f"sdu{identifier - 1}"
        self._waiting: deque[list[tuple[int, bytes]]] = deque()  # transfers: subtype, source data
        self._waiting_bytes = 0
        self._sent = 0  # packets of the first of them
        self._held = False  # until it is started again
        self._up = bytearray()
        self._next = 0  # number of the part that comes next
        self.enter("SDU_INACTIVE")

    @property
    def state(self) -> str:
        return self._onboard.table.label("SduState", self._onboard.pool[f"{self._prefix}State"])

    @property
    def waits(self) -> bool:
        """Whether there is something to send down."""
        return bool(self._waiting)

    @property
    def sends(self) -> bool:
        """Whether the next cycle sends something."""
        rate = self._onboard.pool[f"{self._prefix}PcktRate"]
        return bool(self.waits and rate and not self._held and self.state != "SDU_UP_TRANSFER")

    def enter(self, state: str) -> None:
        self._set("State", self._onboard.table.value("SduState", state))
        self._set("StateCnt", 0)

    def put(self, packets: list[bytes]) -> None:
        """One more transfer, as telemetry packets whose headers are not ours."""
        parts = [(p[_SUBTYPE_AT], p[TM_HEADER_BYTES:-_PEC_BYTES]) for p in packets]
        size = _size(parts)
        if self._waiting_bytes + size > self._assumed["most_bytes"]:
            self._onboard.events.report("EVT_SDP_NOMEM", StepNmb=0, DebugVal=0)
            return
        self._waiting.append(parts)
        self._waiting_bytes += size

    def cycle(self) -> None:
        """Send as many packets as a cycle may."""
        self._onboard.pool.add(f"{self._prefix}StateCnt")
        left = self._onboard.pool[f"{self._prefix}PcktRate"]
        while left > 0 and self.sends:
            if self.state == "SDU_INACTIVE":
                self._begin()
            left -= self._send(left)

    def skipped(self, n_cycles: int) -> None:
        self._onboard.pool.add(f"{self._prefix}StateCnt", n_cycles)

    def start_down(self) -> None:
        """Send what waits, from its beginning."""
        self._held = False

    def abort_down(self) -> None:
        """Break off; the transfer is kept, and nothing goes down until it is started again."""
        self._held = True
        self._sent = 0
        self.enter("SDU_INACTIVE")
        values = {"SduId": self.identifier, "ReasonCode": self._assumed["reason_commanded"]}
        self._onboard.downlink.report("DownAbortRep", values)

    def up(self, command: Command) -> None:
        """A part of a transfer up. One that does not follow ends it."""
        if command.name == "UpFirst":
            self.enter("SDU_UP_TRANSFER")
            self._up.clear()
            self._next = 1
            self._set("Size", 0)
        data = command.octets("SduDataPart")
        if command["SduSeqNmb"] != self._next:
            self._abort_up("reason_sequence")
            return
        if len(self._up) + len(data) > self._assumed["most_up_bytes"]:
            self._abort_up("reason_memory")
            return
        self._up += data
        self._next = self._next + 1 & _NUMBER_MOST
        self._set("Size", len(self._up))
        if command.name == "UpLast":
            self._arrived()

    def _arrived(self) -> None:
        """Keep it; where sdu...Addr is not 0, in RAM as well."""
        address = self._onboard.pool[f"{self._prefix}Addr"]
        if address:
            try:
                self._onboard.world.memory.write(MemoryId.RAM, address, bytes(self._up))
            except (OutOfRange, Full):
                self._abort_up("reason_memory")
                return
        self.uploaded = bytes(self._up)
        self.enter("SDU_INACTIVE")

    def _abort_up(self, reason: str) -> None:
        self._up.clear()
        self.enter("SDU_INACTIVE")
        values = {"SduId": self.identifier, "ReasonCode": self._assumed[reason]}
        self._onboard.downlink.report("UpAbortRep", values)

    def _begin(self) -> None:
        size = _size(self._waiting[0])
        self.enter("SDU_DOWN_TRANSFER")
        for name, value in (
            ("Size", size),
            ("DownTransferSize", size),
            ("RemSize", size),
            ("BlockCnt", 0),
        ):
            self._set(name, value)

    def _send(self, most: int) -> int:
        """Up to so many packets of the first transfer; how many there were."""
        transfer = self._waiting[0]
        some = transfer[self._sent : self._sent + most]
        for subtype, data in some:
            self._onboard.downlink.put(SERVICE, subtype, data)
            self._onboard.pool.add(f"{self._prefix}BlockCnt")
        self._sent += len(some)
        left = self._onboard.pool[f"{self._prefix}RemSize"] - _size(some)
        self._set("RemSize", max(left, 0))
        if self._sent == len(transfer):
            self._waiting.popleft()
            self._waiting_bytes -= _size(transfer)
            self._sent = 0
            self.enter("SDU_INACTIVE")
        return len(some)

    def _set(self, name: str, value: int) -> None:
        self._onboard.pool[f"{self._prefix}{name}"] = value


class LargeData:
    """Both of them."""

    def __init__(self, onboard: Onboard) -> None:
        self.sdus: Mapping[int, Sdu] = {each: Sdu(onboard, each) for each in SDUS}

    def deliver(self, entity: Entity) -> None:
        """An entity that is ready to go down."""
        product_is_full = entity.packets[0][TM_HEADER_BYTES] == SDU_FULL_FRAME
        self.sdus[SDU_FULL_FRAME if product_is_full else SDU_FRAMES].put(entity.packets)

    def handlers(self) -> Mapping[str, Handler]:
        up = Handler(run=self._up, start=self._in("SDU_UP_TRANSFER"), accept=self._known)
        first = Handler(run=self._up, start=self._in("SDU_INACTIVE"), accept=self._known)
        return {
            "StartDown": Handler(run=self._start, start=self._may_start, accept=self._known),
            "DownAbort": Handler(
                run=self._abort, start=self._in("SDU_DOWN_TRANSFER"), accept=self._known
            ),
            "UpFirst": first,
            "UpInter": up,
            "UpLast": up,
        }

    def cycle(self) -> None:
        for sdu in self.sdus.values():
            sdu.cycle()

    def due(self) -> int | None:
        return 1 if any(sdu.sends for sdu in self.sdus.values()) else None

    def skipped(self, n_cycles: int) -> None:
        for sdu in self.sdus.values():
            sdu.skipped(n_cycles)

    def _known(self, command: Command) -> str | None:
        return None if command["SduId"] in self.sdus else "ACK_ILL_SDUID"

    def _in(self, state: str) -> Check:
        def check(command: Command) -> str | None:
            return None if self.sdus[command["SduId"]].state == state else "ACK_WR_SDU_M"

        return check

    def _may_start(self, command: Command) -> str | None:
        sdu = self.sdus[command["SduId"]]
        if sdu.state != "SDU_INACTIVE":
            return "ACK_WR_SDU_M"
        return None if sdu.waits else "ACK_SDU_NO_MEM"

    def _start(self, command: Command) -> None:
        self.sdus[command["SduId"]].start_down()

    def _abort(self, command: Command) -> None:
        self.sdus[command["SduId"]].abort_down()

    def _up(self, command: Command) -> None:
        self.sdus[command["SduId"]].up(command)


def _size(parts: list[tuple[int, bytes]]) -> int:
    return sum(len(data) - _PART_AT for _, data in parts)
