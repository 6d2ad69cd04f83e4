# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The RMAP target of the FEE: packets in, replies out (ECSS-E-ST-50-52C; SPEC.md section 14)."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from fsw_emu.packets.rmap import Command, Discarded, Status, read_command
from fsw_emu.packets.spacewire import FEE_ADDRESS

KEY = 0xD1
#: ASSUMED A56
MAX_DATA_BYTES = 4096
#: lengths that a read-modify-write may have, data and mask together (ECSS-E-ST-50-52C)
_RMW_LENGTHS = (0, 2, 4, 6, 8)


class TargetMemory(Protocol):
    """What commands are carried out on: FeeMemory, or a board's."""

    def allows(self, address: int, size: int, *, write: bool) -> bool: ...

    def read(self, address: int, size: int) -> bytes: ...

    def write(self, address: int, data: bytes) -> None: ...

    def note_command(self, status: Status) -> None: ...


class RmapTarget:
    """Carries commands out on a memory, and counts what it did with every packet.

    Nothing is written unless all of a command is good, verified or not.
    """

    def __init__(
        self,
        memory: TargetMemory,
        *,
        address: int = FEE_ADDRESS,
        key: int = KEY,
        max_data_bytes: int = MAX_DATA_BYTES,
    ) -> None:
        self._memory = memory
        self._address = address
        self._key = key
        self._max_data_bytes = max_data_bytes
        self.statuses: Counter[Status] = Counter()  # of commands, answered or not
        self.replies = 0
        self.discarded: Counter[str] = Counter()  # packets dropped without a word, by cause

    def received(self, packet: bytes, eep: bool) -> bytes | None:
        """What goes back for a packet, with its end marker told; None for nothing."""
        got = read_command(packet, eep=eep)
        if isinstance(got, Discarded):
            self.discarded[got.why] += 1
            return None
        command, data = got.command, b""
        status = got.error if got.error is Status.UNUSED_COMMAND else self._refusal(command)
        if status is Status.OK:
            status = got.error
        if status is Status.OK:
            data = self._carry_out(command)
        self.statuses[status] += 1
        self._memory.note_command(status)
        if not command.instruction.reply:
            return None
        self.replies += 1
        return command.answer(status, data).to_bytes()

    def _refusal(self, command: Command) -> Status:
        """What its header alone speaks against a command; OK for nothing."""
        instruction, size = command.instruction, command.length
        if command.key != self._key:
            return Status.INVALID_KEY
        if command.target != self._address:
            return Status.INVALID_TARGET_ADDRESS
        if command.extended or not instruction.increment:
            return Status.NOT_AUTHORISED
        if instruction.verify and not instruction.write:
            if size not in _RMW_LENGTHS:
                return Status.RMW_LENGTH
            size //= 2
        if size > self._max_data_bytes:
            verified = instruction.write and instruction.verify
            return Status.VERIFY_BUFFER_OVERRUN if verified else Status.NOT_AUTHORISED
        writes = instruction.write or instruction.verify
        allowed = self._memory.allows(command.address, size, write=writes)
        return Status.OK if allowed else Status.NOT_AUTHORISED

    def _carry_out(self, command: Command) -> bytes:
        """Do what a good command asks for; the data of its reply."""
        address, data = command.address, command.data
        if command.instruction.write:
            self._memory.write(address, data)
            return b""
        if not command.instruction.verify:
            return self._memory.read(address, command.length)
        size = command.length // 2
        old = self._memory.read(address, size)
        new = (
            mask & value | ~mask & 0xFF & was
            for value, mask, was in zip(data[:size], data[size:], old, strict=True)
        )
        self._memory.write(address, bytes(new))
        return old
