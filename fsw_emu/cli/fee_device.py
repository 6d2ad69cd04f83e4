# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""The device that a command line of ``fee`` asks for, and the files it sees."""

from __future__ import annotations

import argparse
import contextlib
import gzip
import importlib
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from fsw_emu.cli.fee import start_code
from fsw_emu.cli.setup import fill_in
from fsw_emu.core import default_core
from fsw_emu.fee.device import FeeDevice
from fsw_emu.fee.front_end import FrontEndSettings
from fsw_emu.fee.housekeeping import Housekeeping
from fsw_emu.fee.memory import FeeMemory
from fsw_emu.fee.readouts import Readouts
from fsw_emu.fee.sources import CCDS, FULL_FRAME, Image, Seen, Stills, again_and_again
from fsw_emu.fee.target import RmapTarget
from fsw_emu.packets.fee import NODES
from fsw_emu.packets.recording import RecordingReader

_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 18


def device_of(args: argparse.Namespace) -> FeeDevice:
    """The FEE as the command line wants it. ValueError, OSError: a file that is none."""
    fill_in(args)
    memory = FeeMemory()
    for name, value in args.registers:
        memory.set(name, value)
    rows, cols = map(int, args.uv_shape.split("x"))
    recording = None
    seen: Seen = Stills({}, uv_shape=(rows, cols))
    if args.scene is not None:
        seen = SceneSeen(args, (rows, cols), partial(memory.get, "int_sync_period"))
    elif args.frames is not None:
        images = load_images(args.frames)
        seen = stills = _named(args.frames, lambda: Stills(images, uv_shape=(rows, cols)))
        for node, frame in stills.node_frames(0).items():
            memory.load_frame(node, frame)
    elif args.recording is not None:
        packets = partial(recorded_packets, args.recording, args)
        _named(args.recording, lambda: next(again_and_again(packets)))
        recording = again_and_again(packets)
    readouts = Readouts(
        default_core(),
        memory,
        seen,
        readings=_readings(args),
        recording=recording,
        uv_shape=(rows, cols),
    )
    device = FeeDevice(
        memory,
        RmapTarget(memory),
        Housekeeping(memory),
        readouts,
        trap_pumping=args.trap_pump_codes,
    )
    now_ns = time.monotonic_ns()
    for name, seconds in args.error_flags:
        device.raise_flag(name, now_ns + round(seconds * 1e9))
    start = start_code(args)
    if start is not None:
        memory.set("ccd_mode_config", start)
        device.execute(start, now_ns)
    return device


def _readings(args: argparse.Namespace) -> FrontEndSettings:
    return FrontEndSettings(
        threshold=0,  # registers say it
        window_order=args.window_order,
        pixel_order=args.pixel_order,
        data_len=args.data_len,
        threshold_equality=args.threshold_equality,
        threshold_registers=args.threshold_registers,
        background_set=args.background_set,
        sequence_after_hk=args.sequence_after_hk,
        event_hk=args.event_hk,
        end_marker=args.end_marker,
    )


class SceneSeen:
    """The built-in scene, made in a thread: a full frame takes a second, in which commands are
    answered. A frame collects for the int_sync_period that is set when it is asked for."""

    def __init__(
        self, args: argparse.Namespace, uv_shape: tuple[int, int], period_ms: Callable[[], int]
    ) -> None:
        from fsw_emu.scene import Scene

        self._period_ms = period_ms
        self._thread = ThreadPoolExecutor(1)
        self._index = -1
        self._made: dict[tuple[Any, ...], Future[Any]] = {}  # of this index
        self._scene = lru_cache(maxsize=1)(
            lambda ms: Scene(
                args.scene,
                seed=args.seed,
                frame_period_s=max(ms, 1) / 1000,
                uv_shape=uv_shape,
                overflow=args.overflow,
            )
        )

    def node_frames(self, index: int) -> Mapping[str, Image] | None:
        return cast("Mapping[str, Image] | None", self._ask("node_frames", index))

    def uv_frames(self, index: int) -> Mapping[str, Image] | None:
        return cast("Mapping[str, Image] | None", self._ask("uv_frames", index))

    def full_frame(self, index: int, ccd: int) -> Image | None:
        return cast("Image | None", self._ask("full_frame", index, ccd))

    def _ask(self, method: str, index: int, *ccd: int) -> Any:
        """The result of a method of the scene, or None until it is there."""
        if index != self._index:
            self._index, self._made = index, {}
        made = self._made.get((method, *ccd))
        if made is None:
            made = self._thread.submit(self._make, self._period_ms(), method, index, *ccd)
            self._made[method, *ccd] = made
        return made.result() if made.done() else None

    def _make(self, period_ms: int, method: str, *arguments: int) -> Any:
        return getattr(self._scene(period_ms), method)(*arguments)


def load_images(path: Path) -> dict[str, Image]:
    """Images by node or CCD, from arrays or extensions of these names; a bare array is one
    frame of each node, or all four, or several times four. ValueError, OSError."""
    try:
        if path.suffix not in (".npy", ".npz"):
            return _from_fits(path)
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return _of_nodes(loaded) if isinstance(loaded, np.ndarray) else dict(loaded)
    except OSError as error:
        if error.strerror:
            raise
        raise ValueError(f"{path}: {error}") from error
    except (ValueError, EOFError, AttributeError, MemoryError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: {error}") from error


def _of_nodes(array: Any) -> dict[str, Image]:
    if array.shape == FULL_FRAME:
        return dict.fromkeys(CCDS, array)
    if array.ndim == 2:
        return dict.fromkeys(NODES, array)
    if array.ndim not in (3, 4) or array.shape[-3] != len(NODES):
        raise ValueError(f"an array of {array.shape}, not of {len(NODES)} nodes")
    return {node: array[..., i, :, :] for i, node in enumerate(NODES)}


def _from_fits(path: Path) -> dict[str, Image]:
    """Extensions with the name of a node or a CCD; F and E of the ground's full frame."""
    fits = importlib.import_module("astropy.io.fits")
    images: dict[str, Image] = {}
    with fits.open(path, memmap=False) as hdus:
        for hdu in hdus:
            if hdu.name in NODES + CCDS and hdu.data is not None:
                images[hdu.name] = np.asarray(hdu.data, hdu.data.dtype.newbyteorder("="))
        if "F" in hdus and "E" in hdus:
            full = np.empty(FULL_FRAME, np.uint16)
            full[:, 0::2], full[:, 1::2] = hdus["F"].data, hdus["E"].data
            images[f"CCD{hdus['F'].header.get('CCD', 2)}"] = full
    if not images:
        raise ValueError(f"no extension named {', '.join(NODES + CCDS)}")
    return images


def recorded_packets(path: Path, args: argparse.Namespace) -> Iterator[bytes]:
    """Packets of a recording, plain or gzipped, but those with an error end or cut; up to where
    a gzip stream breaks off."""
    reader = RecordingReader(flags=args.gresb_flags, prefix_bytes=int(args.pcap_prefix))
    with path.open("rb") as raw, contextlib.suppress(EOFError, gzip.BadGzipFile, zlib.error):
        zipped = raw.peek(len(_GZIP_MAGIC)).startswith(_GZIP_MAGIC)
        with gzip.open(raw) if zipped else raw as file:
            while chunk := file.read1(_CHUNK_BYTES):
                for packet in reader.feed(chunk):
                    if not (packet.eep or packet.truncated):
                        yield packet.data


def _named(path: Path, made: Callable[[], Any]) -> Any:
    """What is made of a file; ValueErrors say which."""
    try:
        return made()
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: {error}") from error
