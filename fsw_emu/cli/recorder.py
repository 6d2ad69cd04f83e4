# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The FEE packets that a run saw, kept as a pcapng capture."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from fsw_emu.atomic import atomic_file
from fsw_emu.cli.setup import EPOCH
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.dpu.science.settings import Settings
from fsw_emu.packets import pcapng
from fsw_emu.packets.capture import framed

_EPOCH_US = int(EPOCH.timestamp()) * 1_000_000
_FEE_PROTOCOL = 0xF0
_HEADER_BYTES = 10


class FrameClock:
    """The emulated time: a packet has the start of its frame (A11). Frames are told apart by the
    FEE's frame counter, which is 16 bit; a packet that is late, or none of the FEE's, has the
    time that was reached."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._frame = 0
        self._counter: int | None = None

    def time_ns(self, packet: bytes) -> int:
        if len(packet) >= _HEADER_BYTES and packet[1] == _FEE_PROTOCOL:
            counter = int.from_bytes(packet[6:8], "big")
            if self._counter is None:
                self._counter = counter
            elif 0 < (counter - self._counter & 0xFFFF) < 0x8000:
                self._counter = counter
                self._frame += 1
        return (_EPOCH_US + self._settings.start_us(self._frame)) * 1000


def recorded(
    batches: Iterator[Batch], path: Path, settings: Settings, comment: Callable[[], str]
) -> Generator[Batch, None, None]:
    """The same batches, each kept in the file at path, which is there after the last one.

    comment: what the file says of itself, of the same length whenever it is asked. OSError.
    """
    clock = FrameClock(settings)
    with atomic_file(path) as file:
        beginning = pcapng.section_header(comment())
        file.write(beginning + pcapng.interface())
        for batch in batches:
            for offset, length in zip(batch.offsets.tolist(), batch.lengths.tolist(), strict=True):
                packet = batch.buffer[offset : offset + length]
                file.write(pcapng.packet(framed(packet), time_ns=clock.time_ns(packet)))
            yield batch
        ending = pcapng.section_header(comment())  # what was read is known by now
        if len(ending) != len(beginning):
            raise ValueError(f"{path}: its comment has another length at the end")
        file.seek(0)
        file.write(ending)
