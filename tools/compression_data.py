# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""What compression is measured on, and how small it can become: no command, see
bench_compression.py.

Limits are order-0 entropies of what is left when all that is known beforehand is taken off: no
coder without a better prediction comes below.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import compression_sets as sets
import numpy as np
from numpy.typing import NDArray

from fsw_emu.packets.recording import RecordingReader
from fsw_emu.packets.spacewire import SpwPacket
from fsw_emu.scene import Scene

SHARED = Path(__file__).resolve().parents[2] / "shared/data/fee_recordings"
EVENT_BYTES = 64
#: pixels of a window by class: the centre, its sides, its corners, those around
_CENTRE, _SIDES, _CORNERS = (12,), (7, 11, 13, 17), (6, 8, 16, 18)
_OUTER = tuple(sorted(set(range(25)) - {*_CENTRE, *_SIDES, *_CORNERS}))


def frame_sets() -> Iterator[tuple[str, NDArray[np.uint16]]]:
    """Names and stacks of four frames besides the synthetic ones: scenes, and the four nodes that
    the simulator was given."""
    for kind in ("quiet", "storm"):
        scene = Scene(kind, seed=1)
        yield kind, np.stack([scene.node_frames(i)["E2"] for i in range(4)])
    recorded = SHARED / "evsim_seed1_frames.npz"
    if recorded.exists():
        with np.load(recorded) as nodes:
            yield "simulator", np.stack([nodes[name] for name in sorted(nodes)])


def event_sets() -> Iterator[tuple[str, bytes]]:
    """Names and event packets of 64 bytes, back to back."""
    yield "noise 5", sets.event_packets()
    for name, file in (
        ("simulator", "evsim_seed1"),
        ("its sky", "ft_event_detection_10_frames"),
    ):
        path = SHARED / f"{file}.gresb.gz"
        if path.exists():
            yield name, _recorded_events(path)


def _recorded_events(path: Path) -> bytes:
    items = RecordingReader().feed(gzip.decompress(path.read_bytes()))
    packets = (item.data for item in items if isinstance(item, SpwPacket))
    return b"".join(data for data in packets if len(data) == EVENT_BYTES)


def entropy(values: NDArray[Any]) -> float:
    """Bits of a value if each is coded by itself."""
    counts = np.unique(values, return_counts=True)[1]
    return float(np.log2(values.size) - (counts * np.log2(counts)).sum() / values.size)


def noise_limit(sigma: float) -> float:
    """Bits of a sample of rounded normal noise and of nothing else."""
    return float(np.log2(sigma * np.sqrt(2 * np.pi * np.e)))


def frame_limit(stack: NDArray[np.uint16]) -> float:
    """Bits a sample, where the level of each column and of each row of a frame were known."""
    bits = []
    for frame in stack.astype(np.float64):
        flat = frame - _level(frame, axis=0)
        flat -= _level(flat, axis=1)
        bits.append(entropy(np.rint(flat)))
    return float(np.mean(bits))


def _level(frame: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Means that events do not drag."""
    middle = np.median(frame, axis=axis, keepdims=True)
    off = frame - middle
    most = 4 * np.median(np.abs(off)) + 1
    return np.asarray(middle + np.clip(off, -most, most).mean(axis=axis, keepdims=True))


def event_limit(packets: bytes) -> float:
    """Bytes an event: pixels by class and gaps between positions; headers cost nothing."""
    words = np.frombuffer(packets, ">u2").reshape(-1, EVENT_BYTES // 2).astype(np.int64)
    pixels = words[:, -25:]
    bits = sum(len(k) * entropy(pixels[:, k]) for k in (_CENTRE, _SIDES, _CORNERS, _OUTER))
    gaps = np.diff(words[:, 6] * sets.COLS + words[:, 5])
    return float(bits + entropy(gaps[gaps > 0])) / 8


def housekeeping_limit(packets: list[bytes]) -> float:
    """Bytes a packet: differences of each word to the packet before; the checksum as it is."""
    words = np.frombuffer(b"".join(packets), ">u2").reshape(len(packets), -1).astype(np.int64)
    return (sum(entropy(np.diff(word)) for word in words[:, :-1].T) + 16) / 8
