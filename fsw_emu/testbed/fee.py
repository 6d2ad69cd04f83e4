# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What stands at the other end of the FEE's link: anything of this protocol, or the emulated
electronics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fsw_emu.core import Core
from fsw_emu.dpu.fee_port import Received
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.fee.device import FeeDevice
from fsw_emu.fee.front_end import FrontEndSettings
from fsw_emu.fee.housekeeping import Housekeeping
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.readouts import Readouts
from fsw_emu.fee.sources import Seen
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.fee_registers import FIELDS, HOUSEKEEPING_START, WORD_BYTES
from fsw_emu.packets.spacewire import Item


class Fee(Protocol):
    """Times are ns of one clock that never goes back. But for ``power`` and what is wrong with it,
    nothing is called while it has no power."""

    def power(self, on: bool, now_ns: int) -> None:
        """It gets power, and is as after a reset; or it loses it."""

    def received(self, items: Sequence[Item], now_ns: int) -> Sequence[Item]:
        """Take what has come; the replies."""

    def due_ns(self) -> int | None:
        """When it has something to send by itself; None: never, as things are."""

    def produce(self, now_ns: int) -> Sequence[Received]:
        """A stretch of what is due."""

    def link(self, up: bool) -> None:
        """The link was lost, or runs again."""

    def stick(self, field: str, value: int | None) -> None:
        """A register of housekeeping tells this value; None: what is measured."""

    def freeze(self, on: bool) -> None:
        """Housekeeping stands still, or moves again."""

    def raise_flag(self, name: str) -> None:
        """An error flag, by its register without ``error_flag_``."""


class TellingMemory(FeeMemory):
    """Registers whose housekeeping tells what faults make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck: dict[str, int] = {}
        self._frozen: bytes | None = None

    def freeze(self, on: bool) -> None:
        self._frozen = super().housekeeping() if on else None

    def housekeeping(self) -> bytes:
        told = super().housekeeping() if self._frozen is None else self._frozen
        if not self.stuck:
            return told
        changed = bytearray(told)
        for name, value in self.stuck.items():
            field = FIELDS[name]
            at = field.address - HOUSEKEEPING_START
            word = int.from_bytes(changed[at : at + WORD_BYTES], "big")
            changed[at : at + WORD_BYTES] = field.put(word, value).to_bytes(WORD_BYTES, "big")
        return bytes(changed)

    def read(self, address: int, size: int) -> bytes:
        data = super().read(address, size)
        at = address - HOUSEKEEPING_START
        told = self.housekeeping()
        return told[at : at + size] if 0 <= at <= len(told) - size else data


class EmulatedFee:
    """The emulated electronics; ``memory`` is theirs."""

    def __init__(self, core: Core, seen: Seen, *, seed: int = 0) -> None:
        self.memory = TellingMemory()
        self._core = core
        self._seen = seen
        self._seed = seed
        self._frozen = False
        self._frames = 0  # before the last reset
        self._device = self._made()

    @property
    def n_frames(self) -> int:
        """Readouts that it has begun since it was made."""
        return self._frames + self._device.frames

    def power(self, on: bool, now_ns: int) -> None:
        del now_ns
        if on:
            stuck = self.memory.stuck
            self.memory = TellingMemory()
            self.memory.stuck = stuck
            self._frames = self.n_frames
            self._device = self._made()
            self._device.link_up()
            self.memory.freeze(self._frozen)

    def received(self, items: Sequence[Item], now_ns: int) -> Sequence[Item]:
        return self._device.received(items, now_ns)

    def due_ns(self) -> int | None:
        return self._device.due_ns()

    def produce(self, now_ns: int) -> Sequence[Received]:
        packets = self._device.stretch(now_ns)
        return [Batch.of(packets)] if packets else []

    def link(self, up: bool) -> None:
        if up:
            self._device.link_up()
        else:
            self._device.link_down()

    def stick(self, field: str, value: int | None) -> None:
        if value is None:
            self.memory.stuck.pop(field, None)
        else:
            self.memory.stuck[field] = value

    def freeze(self, on: bool) -> None:
        self._frozen = on
        self.memory.freeze(on)

    def raise_flag(self, name: str) -> None:
        self._device.raise_flag(name)

    def _made(self) -> FeeDevice:
        memory = self.memory
        readings = FrontEndSettings(threshold=0)  # registers say it
        return FeeDevice(
            memory,
            RmapTarget(memory),
            Housekeeping(memory, seed=self._seed),
            Readouts(self._core, memory, self._seen, readings=readings),
        )
