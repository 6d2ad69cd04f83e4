# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What ``fsw-emu scene`` writes: frames one by one, the truth of all of them, a picture."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from fsw_emu.console import picture
from fsw_emu.ground.images import focal_plane
from fsw_emu.packets.fee import NODES
from fsw_emu.scene.detailed import DetailedScene
from fsw_emu.scene.exposure import Exposure

SHAPE = (4, 639, 384)
#: of files in an archive, so that the same scene gives the same bytes
DATE = (1980, 1, 1, 0, 0, 0)
#: samples so far above the median of their node are counted: not noise, nor most of the tracks
SHOWN_ADU, BRIGHT_ADU = 25, 500
#: samples that share a count, and pixels of the picture that show it, on a side
BLOCK, ZOOM = 6, 3


class FrameWriter:
    """A NumPy archive with one array, ``frames`` (n, 4, 639, 384), of which no more than one
    frame is in memory."""

    def __init__(self, file: BinaryIO, n_frames: int) -> None:
        self._archive = zipfile.ZipFile(file, "w")
        self._member = self._archive.open(
            zipfile.ZipInfo("frames.npy", DATE), "w", force_zip64=True
        )
        header = {"descr": "<u2", "fortran_order": False, "shape": (n_frames, *SHAPE)}
        np.lib.format.write_array_header_1_0(self._member, header)

    def add(self, frames: NDArray[np.uint16]) -> None:
        """One readout."""
        self._member.write(frames.astype("<u2", copy=False).tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._member.close()
        self._archive.close()


class Truth:
    """Photons, tracks, hot and leaking pixels of all readouts, and what each was like."""

    def __init__(self, scene: DetailedScene) -> None:
        self._scene = scene
        names = ("photons", "tracks", "hot", "leaking")
        self._tables: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
        self._conditions: list[tuple[float, ...]] = []

    def add(self, exposure: Exposure) -> None:
        """One readout."""
        for name, tables in self._tables.items():
            tables.append(getattr(exposure, name))
        now = self._scene.conditions(exposure.index)
        self._conditions.append(tuple(asdict(now).values()))

    def write(self, file: BinaryIO) -> None:
        """A NumPy archive: photons, tracks, hot, leaking, and for each the readout it is of;
        conditions of the readouts; parameters and seed as JSON."""
        arrays: dict[str, NDArray[Any]] = {}
        for name, tables in self._tables.items():
            arrays[name] = np.concatenate(tables)
            counts = [len(table) for table in tables]
            arrays[f"{name}_frame"] = np.repeat(np.arange(len(tables), dtype=np.uint32), counts)
        names = ("time_s", "pressure_npa", "temperature_c", "dose_krad")
        kind = np.dtype([(name, "f8") for name in names])
        arrays["conditions"] = np.array(self._conditions, kind)
        told = {"seed": self._scene.seed, "parameters": asdict(self._scene.parameters)}
        arrays["parameters"] = np.array(json.dumps(told))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in arrays.items():
                member = zipfile.ZipInfo(f"{name}.npy", DATE)
                member.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(member, "w", force_zip64=True) as out:
                    np.lib.format.write_array(out, array, allow_pickle=False)


class Preview:
    """The focal plane as the sky is seen: counts of samples above the noise, of all readouts."""

    def __init__(self) -> None:
        self._counts = np.zeros(SHAPE, np.uint32)

    def add(self, frames: NDArray[np.uint16]) -> None:
        """One readout."""
        median = np.median(frames[:, ::4, ::4], axis=(1, 2), keepdims=True)
        above = frames - median
        self._counts += (above >= SHOWN_ADU) & (above <= BRIGHT_ADU)

    def png(self) -> bytes:
        """A PNG file."""
        plane = focal_plane(dict(zip(NODES, self._counts, strict=True)))
        rows, cols = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
        blocks = plane[: rows * BLOCK].reshape(rows, BLOCK, cols, BLOCK).sum(axis=(1, 3))
        levels = picture.counts(blocks)
        return picture.png(levels.repeat(ZOOM, 0).repeat(ZOOM, 1), picture.GLOW)
