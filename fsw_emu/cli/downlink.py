# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where a run's telemetry goes, and the proof that it comes back whole."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any

from fsw_emu.atomic import atomic_file, write_atomic
from fsw_emu.core import CompressionEntity
from fsw_emu.dpu.entity import Entity
from fsw_emu.dpu.settings import Settings
from fsw_emu.packets.ce import ce_filename


class Downlink:
    """Writes telemetry packets and entities as they come; tm.bin appears when it is whole."""

    def __init__(self, out: Path, settings: Settings) -> None:
        self._out = out
        self._settings = settings
        self._stack = contextlib.ExitStack()
        self._tm: Any = None
        self.digests: list[bytes] = []  # of each entity and its science data
        self.n_packets = self.bytes_tm = self.bytes_ce = 0
        self.files: list[str] = []
        (out / "ce").mkdir(exist_ok=True)

    def __enter__(self) -> Downlink:
        self._tm = self._stack.enter_context(atomic_file(self._out / "tm.bin"))
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._stack.__exit__(*error)

    def send(self, entity: Entity) -> None:
        """One entity goes down."""
        header = entity.header
        first = int.from_bytes(entity.packets[0][2:4], "big") & 0x3FFF
        name = ce_filename(
            obsid=header.obsid,
            counter=header.counter,
            coarse=header.coarse,
            fine_us=header.fine_us,
            packet_count=first,
            product=header.product,
        )
        write_atomic(self._out / "ce" / name, entity.data)
        self.files.append(f"ce/{name}")
        self.digests.append(_digest(entity.data, entity.science))
        for packet in entity.packets:
            self._tm.write(packet)
            self.bytes_tm += len(packet)
        self.n_packets += len(entity.packets)
        self.bytes_ce += len(entity.data)


def _digest(entity: bytes, science: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(entity).digest() + science).digest()


class LosslessCheck:
    """Compares what the ground recovered with what was sent, byte for byte."""

    def __init__(self, sent: list[bytes]) -> None:
        self._sent = sent
        self._received: list[bytes] = []

    def on_entity(self, data: bytes, entity: CompressionEntity) -> None:
        """One entity has arrived."""
        self._received.append(_digest(data, entity.science))

    @property
    def lossless(self) -> bool:
        return self._received == self._sent
