"""Where the packets of a run come from: a recording, or the built-in scene."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from fsw_emu.cli.progress import Progress
from fsw_emu.core import Core
from fsw_emu.dpu.readout import Batch
from fsw_emu.fee.front_end import FrontEnd, FrontEndSettings
from fsw_emu.packets.recording import RecordingReader
from fsw_emu.scene import Scene

CHUNK_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"


class Source(Protocol):
    """Something that packets come from."""

    name: str

    def batches(self) -> Iterator[Batch]:
        """The packets in stretches, in order."""

    @property
    def faults(self) -> list[str]:
        """What was wrong with it, known when all batches are taken."""


class RecordingSource:
    """A FEE byte stream in a file, plain or gzipped; read in pieces."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.faults: list[str] = []
        self._path = path

    def batches(self) -> Iterator[Batch]:
        reader = RecordingReader()
        size = self._path.stat().st_size
        with self._path.open("rb") as raw, Progress(self.name, size, "B") as progress:
            zipped = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            at = 0
            with gzip.open(raw) if zipped else raw as stream:
                while chunk := self._read(stream):
                    yield from self._batch(reader.feed(chunk))
                    progress.add(raw.tell() - at)
                    at = raw.tell()
        try:
            reader.finish()
        except ValueError as error:
            raise ValueError(f"{self._path}: {error}") from error
        self.faults += [str(fault) for fault in reader.faults]

    def _read(self, stream: object) -> bytes:
        """The next piece; what follows a broken gzip stream is lost, and said so."""
        try:
            piece: bytes = stream.read(CHUNK_BYTES)  # type: ignore[attr-defined]
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self.faults.append(f"{self._path.name}: gzip stream is broken: {error}")
            return b""
        return piece

    def _batch(self, packets: list) -> Iterator[Batch]:  # type: ignore[type-arg]
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

    faults: list[str] = []  # noqa: RUF012  (a scene has none, ever)

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
            ccd = 2 if index % 2 == 0 else 4
            return self.front_end.full_frame_readout(self._scene.full_frame(index, ccd), ccd)
        if self._image == "uv":
            frames = self._scene.uv_frames(index)
        else:
            frames = self._scene.node_frames(index)
        selected = {node: frames[node] for node in self._nodes}
        if self._image:
            return self.front_end.image_readout(selected)
        return self.front_end.event_readout(selected)
