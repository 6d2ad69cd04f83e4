# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""Where the packets of a run come from: a recording, or the built-in scene."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Protocol

from fsw_emu.cli.files import read_file
from fsw_emu.cli.progress import Progress
from fsw_emu.core import Core
from fsw_emu.dpu.science.readout import Batch
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets.capture import PREFIX_BYTES
from fsw_emu.packets.fault import Fault, FaultLog
from fsw_emu.packets.framings.gresb import Flags
from fsw_emu.packets.recording import RecordingReader
from fsw_emu.packets.spacewire import SpwPacket
from fsw_emu.provenance import Input
from fsw_emu.scene import Scene


class Packets(Protocol):
    """Where packets come from."""

    name: str

    @property
    def faults(self) -> FaultLog[str]:
        """What was wrong with them, known when all are taken."""


class Source(Packets, Protocol):
    """What a run begins with."""

    kind: str  # recording, or which scene
    seed: int | None
    parameters: dict[str, Any]  # of the scene and the front end
    inputs: list[Input]  # files read, known when all batches are taken

    def batches(self) -> Iterator[Batch]:
        """The packets in stretches, in order."""


class RecordingSource:
    """A FEE byte stream in a file, plain or gzipped; read in pieces."""

    def __init__(
        self,
        path: Path,
        *,
        flags: Flags = "either",
        prefix_bytes: int = PREFIX_BYTES,
    ) -> None:
        self._reader = RecordingReader(flags=flags, prefix_bytes=prefix_bytes)
        self.name = path.name
        self.kind = "recording"
        self.seed: int | None = None
        self.parameters: dict[str, Any] = {}
        self.inputs: list[Input] = []
        self.faults: FaultLog[str] = FaultLog()
        self._path = path

    def batches(self) -> Iterator[Batch]:
        reader = self._reader
        broken: list[Fault] = []
        try:
            for chunk in read_file(self._path, broken, self.inputs):
                yield from self._batch(reader.feed(chunk))
            reader.finish()
        except ValueError as error:
            raise ValueError(f"{self._path}: {error}") from error
        for fault in (*broken, *reader.faults):
            self.faults.append(str(fault))
        self.faults.not_listed += reader.faults.not_listed

    def _batch(self, packets: list[SpwPacket]) -> Iterator[Batch]:
        good = []
        for packet in packets:
            if packet.eep or packet.truncated:
                what = "error end of packet" if packet.eep else "cut by the bridge"
                self.faults.append(f"byte {packet.offset}: packet discarded: {what}")
            else:
                good.append(packet.data)
        if good:
            yield Batch.of(good)


class SceneSource:
    """The built-in scene seen by the emulated front-end electronics."""

    def __init__(
        self,
        core: Core,
        scene: Scene,
        *,
        frames: int,
        image: str | None,
        nodes: tuple[str, ...],
        settings: FrontEndSettings,
        name: str,
    ) -> None:
        self.name = name
        self.kind: str = scene.kind
        self.seed: int | None = scene.seed
        self.parameters = {
            "scene": scene.parameters,
            "seed": scene.seed,
            "period_s": scene.period_s,
            "frames": frames,
            "image": image,
            "front_end": settings,
        }
        self.inputs: list[Input] = []
        self.faults: FaultLog[str] = FaultLog()  # a scene has none
        self.front_end = FrontEnd(core, settings)
        self._scene = scene
        self._frames = frames
        self._image = image
        self._nodes = nodes

    def batches(self) -> Iterator[Batch]:
        with Progress(self.name, self._frames, "frame") as progress:
            for index in range(self._frames):
                yield Batch.of(self._readout(index))
                progress.add(1)

    def _readout(self, index: int) -> list[bytes]:
        if self._image == "ff":
            ccd: Literal[2, 4] = 2 if index % 2 == 0 else 4
            return self.front_end.full_frame_readout(self._scene.full_frame(index, ccd), ccd)
        if self._image == "uv":
            frames = self._scene.uv_frames(index)
        else:
            frames = self._scene.node_frames(index)
        selected = {node: frames[node] for node in self._nodes}
        if self._image:
            return self.front_end.image_readout(selected)
        return self.front_end.event_readout(selected)
