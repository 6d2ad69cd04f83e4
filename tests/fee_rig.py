# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""An emulated FEE on a test's bench: its clock is a number, its link a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw_emu.core import Core
from fsw_emu.fee.device import FeeDevice
from fsw_emu.fee.front_end import FrontEndSettings
from fsw_emu.fee.housekeeping import Housekeeping
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.readouts import Readouts
from fsw_emu.fee.sources import Seen, Stills
from fsw_emu.fee.target import RmapTarget
from fsw_emu.model.fee import read_header
from fsw_emu.packets.fee_registers import FIELDS
from fsw_emu.packets.rmap import WRITE, Command
from fsw_emu.packets.spacewire import DPU_ADDRESS, FEE_ADDRESS, SpwPacket, TimeCode

NODES = ("E2", "F2", "E4", "F4")
DATA, EVENT, HK, MASK = range(4)
KEY = 0xD1
MS = 1_000_000


def noise(seed: int = 1) -> dict[str, NDArray[np.uint16]]:
    """Frames of noise of a few ADU on a pedestal, and a bright pixel a node."""
    rng = np.random.default_rng(seed)
    frames = {node: rng.integers(495, 505, (639, 384), dtype=np.uint16) for node in NODES}
    for i, frame in enumerate(frames.values()):
        frame[100 + i, 50] = 900
    return frames


def write_command(name: str, value: int, word: int = 0, transaction: int = 1) -> bytes:
    """The RMAP packet that writes a field into a word."""
    field = FIELDS[name]
    command = Command(
        instruction=WRITE,
        target=FEE_ADDRESS,
        initiator=DPU_ADDRESS,
        key=KEY,
        transaction=transaction,
        address=field.address,
        length=4,
        data=field.put(word, value).to_bytes(4, "big"),
    )
    return command.to_bytes()


class Bench:
    """A FEE; ``device`` and ``memory`` are its own, ``now_ns`` its time."""

    def __init__(
        self,
        core: Core,
        seen: Seen | None = None,
        *,
        recording: Iterator[list[bytes]] | None = None,
        readings: dict[str, Any] | None = None,
        **registers: int,
    ) -> None:
        self.now_ns = 0
        self.memory = FeeMemory()
        self.readouts = Readouts(
            core,
            self.memory,
            seen or Stills({}),
            readings=FrontEndSettings(threshold=0, **(readings or {})),
            recording=recording,
        )
        target, housekeeping = RmapTarget(self.memory), Housekeeping(self.memory)
        self.device = FeeDevice(self.memory, target, housekeeping, self.readouts)
        self.put(**registers)

    def put(self, **registers: int) -> None:
        for name, value in registers.items():
            self.memory.set(name, value)

    def command(self, name: str, value: int) -> None:
        """Write one field of its word by RMAP; the command must go well."""
        word = int.from_bytes(self.memory.read(FIELDS[name].address, 4), "big")
        packet = SpwPacket(write_command(name, value, word))
        (reply,) = self.device.received([packet], self.now_ns)
        assert isinstance(reply, SpwPacket)
        assert reply.data[3] == 0

    def execute(self, mode: int) -> None:
        """As a DPU does it."""
        self.command("ccd_mode_config", mode)
        self.command("execute_op", 1)

    def tick(self, count: int) -> None:
        assert not self.device.received([TimeCode(count)], self.now_ns)

    def stretch(self) -> list[bytes]:
        """What it sends now, at most one stretch."""
        sent = self.device.produce(self.now_ns)
        return [item.data for item in sent if isinstance(item, SpwPacket)]

    def sent(self) -> list[bytes]:
        """All that it sends without time passing."""
        packets = []
        while (due := self.device.due_ns()) is not None and due <= self.now_ns:
            packets += self.stretch()
        return packets

    def readout(self, mode: int, **registers: int) -> list[bytes]:
        """The packets of one mode that is executed now."""
        self.put(**registers)
        self.execute(mode)
        return self.sent()


def headers(packets: list[bytes]) -> list[dict[str, int]]:
    return [read_header(packet) for packet in packets]


def node_of(header: dict[str, int]) -> str:
    return "FE"[header["side"]] + "24"[header["ccd"]]
