# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where a run's telemetry goes, and the proof that it comes back whole."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from fsw_emu.atomic import atomic_file, write_atomic
from fsw_emu.core import CompressionEntity, Core
from fsw_emu.dpu.science.entity import Entity
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.packets import look
from fsw_emu.packets.ccsds import COUNT_MODULO
from fsw_emu.packets.ce import PRODUCTS, ce_filename, coder_name, near_lossless
from fsw_emu.packets.pus import SmileTime, build_tm


class Downlink:
    """Writes telemetry packets and entities as they come; tm.bin appears when it is whole.

    core: decodes entities whose pixels may be off, to tell by how much they are.
    """

    def __init__(self, out: Path, settings: Settings, core: Core) -> None:
        self._out = out
        self._settings = settings
        self._core = core
        self._stack = contextlib.ExitStack()
        self._tm: Any = None
        self.digests: list[bytes] = []  # of each entity and the science data that are to come of it
        self.largest_error = 0  # [ADU]
        self.n_near_lossless = 0  # entities whose pixels may be off
        self.coders: dict[str, str] = {}  # that did the work, by product
        self.n_packets = self.bytes_tm = self.bytes_ce = 0
        self._n_looks = 0  # packets of quick looks and alarms
        self.files: list[str] = []
        self._sizes: dict[str, list[int]] = {}  # science data and entities [bytes] by product
        (out / "ce").mkdir(exist_ok=True)

    @property
    def ratios(self) -> dict[str, float]:
        """Compression ratio by product: of science data to whole entities."""
        return {name: round(before / after, 4) for name, (before, after) in self._sizes.items()}

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
        self.digests.append(_digest(entity.data, self._to_come(entity)))
        for packet in entity.packets:
            self._tm.write(packet)
            self.bytes_tm += len(packet)
        self.n_packets += len(entity.packets)
        self.bytes_ce += len(entity.data)
        coder = coder_name(header.key)
        named = self.coders.setdefault(PRODUCTS[header.product], coder)
        if coder not in named.split(" or "):
            self.coders[PRODUCTS[header.product]] = f"{named} or {coder}"
        sizes = self._sizes.setdefault(PRODUCTS[header.product], [0, 0])
        sizes[0] += len(entity.science)
        sizes[1] += len(entity.data)

    def look(self, start_us: int, product: bytes) -> None:
        """The quick look of a frame goes down, an alarm before it."""
        if product[1] & look.ALARM_FLAGS:
            self._put_look(start_us, look.ALARM, product[: look.ALARM_BYTES])
        self._put_look(start_us, look.LOOK, product)

    def _put_look(self, start_us: int, subtype: int, data: bytes) -> None:
        packet = build_tm(
            apid=look.APID, count=self._n_looks % COUNT_MODULO, type=look.SERVICE, subtype=subtype,
            time=SmileTime(*divmod(start_us, 1_000_000)), destination=look.DESTINATION, data=data,
        )  # fmt: skip
        self._tm.write(packet)
        self._n_looks += 1
        self.n_packets += 1
        self.bytes_tm += len(packet)

    def _to_come(self, entity: Entity) -> bytes:
        """The science data that the ground will get: what went in, unless pixels may be off."""
        if not near_lossless(entity.header.key):
            return entity.science
        self.n_near_lossless += 1
        decoded = self._core.ce_unpack(entity.data).science
        before, after = (np.frombuffer(data, ">u2") for data in (entity.science, decoded))
        error = int(np.max(np.maximum(before, after) - np.minimum(before, after), initial=0))
        self.largest_error = max(self.largest_error, error)
        return decoded


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
