# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A data processing unit in virtual time, and telecommands for it by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fsw_emu.dpu.dpu import Dpu
from fsw_emu.interface.fields import unpack
from fsw_emu.packets.pus import Tm, build_tc, read_tm
from fsw_emu.world.world import World


@dataclass
class Rig:
    """A unit, and what came from it: ``seen`` is all telemetry, in order."""

    dpu: Dpu
    seen: list[Tm] = field(default_factory=list)
    count: int = 0

    def packet(self, name: str, *, ack: int = 0b1111, source: int = 0, **values: Any) -> bytes:
        """A telecommand of the table."""
        command = self.dpu.table.telecommands[name]
        data = self.dpu.table.telecommand_data(name, values, checked=False)
        self.count = (self.count + 1) % (1 << 14)
        return build_tc(
            apid=self.dpu.table.apid,
            count=self.count,
            type=command.type,
            subtype=command.subtype,
            ack=ack,
            source=source,
            data=data,
        )

    def send(self, name: str, *, cycles: int = 1, **values: Any) -> list[Tm]:
        """Send a telecommand, let cycles pass; what came."""
        return self.put(self.packet(name, **values), cycles=cycles)

    def put(self, packet: bytes, *, cycles: int = 1) -> list[Tm]:
        """The same with any packet."""
        self.dpu.receive(packet)
        return self.run(cycles)

    def run(self, cycles: int) -> list[Tm]:
        """Let cycles pass, one by one; what came."""
        for _ in range(cycles):
            self.dpu.cycle()
        return self.take()

    def take(self) -> list[Tm]:
        new = [read_tm(packet) for packet in self.dpu.take_telemetry()]
        self.seen += new
        return new

    def failure(self, came: Sequence[Tm]) -> str:
        """The name of the one failure among reports; empty for none."""
        names = {failure.code: name for name, failure in self.dpu.table.failures.items()}
        codes = [
            int.from_bytes(tm.data[4:6], "big")
            for tm in came
            if tm.header.type == 1 and tm.header.subtype in (2, 4, 8)
        ]
        assert len(codes) <= 1, codes
        return names[codes[0]] if codes else ""

    def events(self, came: Sequence[Tm] | None = None) -> list[str]:
        """The names of events, in order; of all that were seen where none are given."""
        table = self.dpu.table
        return [
            table.events_by_id[int.from_bytes(tm.data[:2], "big")].name
            for tm in (self.seen if came is None else came)
            if tm.header.type == 5
        ]

    def values(self, report: str, tm: Tm) -> dict[str, Any]:
        """The fields of a report of the table."""
        return unpack(self.dpu.table.reports[report].fields, tm.data)


Rigs = Callable[..., Rig]


@pytest.fixture
def boot_rig() -> Rig:
    """In the boot software; what it says when it starts has been taken."""
    rig = Rig(Dpu(World(noise_lsb=0.0)))
    rig.take()
    rig.seen.clear()
    return rig


@pytest.fixture
def rig() -> Rig:
    """In the application; what it says when it starts has been taken."""
    rig = Rig(Dpu(World(noise_lsb=0.0), booted=True))
    rig.take()
    return rig


def types(came: Sequence[Tm]) -> list[tuple[int, int]]:
    """Service and subtype of each."""
    return [(tm.header.type, tm.header.subtype) for tm in came]
